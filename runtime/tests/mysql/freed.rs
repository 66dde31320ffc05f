//! Locks that somebody's SQL frees, the one that keeps deployers apart among them.

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;

use super::database::{Db, line, nothing, one, run, throwaway};

fn first(op: &mut Operations) {
    op.create_table(table("a").column(column("x", integer())));
}

#[test]
fn a_step_that_frees_the_lock_is_refused_and_taken_back() {
    fn frees(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("INSERT INTO a VALUES (1); DO RELEASE_ALL_LOCKS()")?)
    }
    fn frees_its_own(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("DO GET_LOCK('own', 1); INSERT INTO a VALUES (1); DO RELEASE_LOCK('own')")?)
    }
    type Change = fn(&mut Operations);
    let changes: [(Change, Option<&str>, &str); 6] = [
        (|op| op.run(frees), Some("the step `frees` freed the lock"), "0"),
        (|op| op.run(frees_its_own), None, "1"),
        (|op| op.execute(sql("DO RELEASE_ALL_LOCKS()")), Some("a statement freed the lock"), "0"),
        (|op| op.execute(sql("INSERT INTO a SELECT RELEASE_ALL_LOCKS()")), Some("a statement freed the lock"), "0"),
        (|op| op.execute(sql("DO RELEASE_LOCK(@migratable_lock)")), Some("a statement freed the lock"), "0"),
        (|op| op.execute(sql("INSERT INTO a VALUES (1)")), None, "1"),
    ];
    for (change, refused, rows) in changes {
        let mut db = throwaway();
        let program = line(&[(first, nothing), (change, nothing)]);
        match (program.upgrade(&mut db), refused) {
            (Ok(_), None) => {}
            (Err(error), Some(refused)) => {
                assert_eq!(error.code(), "refused");
                let error = error.to_string();
                for part in [refused, "RELEASE_ALL_LOCKS()", "free no other locks than its own"] {
                    assert!(error.contains(part), "{error}");
                }
            }
            (done, _) => panic!("{refused:?}: {done:?}"),
        }
        assert_eq!(one(&mut db, "SELECT COUNT(*) FROM a"), rows, "{refused:?}");
        let is_free = "SELECT IS_FREE_LOCK(CONCAT('migratable ', MD5(DATABASE())))";
        assert_eq!(one(&mut db, is_free), "1", "{refused:?}: the lock is left");
    }
}

#[test]
fn who_came_in_meanwhile_is_waited_for() {
    fn frees(db: &mut Db) -> Result<()> {
        let lock = "CONCAT('migratable ', MD5(DATABASE()))";
        run(db, "INSERT INTO a VALUES (1); DO RELEASE_ALL_LOCKS()");
        let other = one(db, "SELECT DATABASE()");
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut other = super::database::connect(&super::database::url(&other));
            run(&mut other, &format!("DO GET_LOCK({lock}, 9)"));
            tell.send(()).unwrap();
            // It can write to what the step has written to as soon as that is taken back.
            run(&mut other, "DELETE FROM a; CREATE TABLE of_the_other (x INTEGER)");
            run(&mut other, &format!("DO RELEASE_LOCK({lock})"));
        });
        told.recv().unwrap();
        Ok(())
    }
    let mut db = throwaway();
    let program = line(&[(first, nothing), (|op| op.run(frees), nothing)]);
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("freed the lock"), "{error}");
    assert_eq!(one(&mut db, "SELECT COUNT(*) FROM of_the_other"), "0");
}
