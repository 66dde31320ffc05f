//! The journal of a revision that was begun, while others come and while it cannot be written.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Event, Observer, Options};

use super::database::{Program, Throwaway, connect, line, nothing, one, run, throwaway};

fn first(op: &mut Operations) {
    op.create_table(table("users").column(column("id", bigint())).column(column("name", varchar(60))));
    op.bulk_insert("users", ["id", "name"], [[value(1), value("ann")], [value(2), value("bob")]]);
}

fn second(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
    op.create_table(table("notes").column(column("id", bigint())));
    op.create_table(table("tags").column(column("id", bigint())));
}

fn program() -> Program {
    line(&[(first, |op| op.drop_table("users")), (second, nothing)])
}

/// Upgrades, and is killed when the piece of that number of `r2` begins; something may be done then.
fn killed_at(db: &mut Throwaway, piece: usize, at_the_first: &dyn Fn()) {
    let observe = |event: &Event<'_>| match event {
        Event::Progresses { revision: "r2", done: 0, .. } => at_the_first(),
        Event::Progresses { revision: "r2", done, .. } => assert!(*done < piece, "killed"),
        _ => {}
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    let killed = catch_unwind(AssertUnwindSafe(|| program().upgrade_to(db, "head", &options).map(drop)));
    assert!(killed.is_err());
}

#[test]
fn a_deployer_that_waited_leaves_the_journal_of_the_one_before() {
    let mut db = throwaway();
    program().upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    let (url, waits) = (db.url.clone(), Cell::new(None));
    let waiting = format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{}' AND info LIKE 'SELECT GET\\_LOCK%'",
        db.name
    );
    killed_at(&mut db, 1, &|| {
        let there = url.clone();
        let back = move || program().downgrade(&mut connect(&there), "base", &Options::default()).map(drop);
        waits.set(Some(std::thread::spawn(move || back().unwrap_err().to_string())));
        let (mut other, begun) = (connect(&url), Instant::now());
        while one(&mut other, &waiting) == "0" {
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody waits");
        }
    });
    let said = waits.take().unwrap().join().unwrap();
    assert!(said.contains("r2") && said.contains("nothing can go the other way before"), "{said}");
    assert_eq!(program().status(&mut db).unwrap().unfinished.map(|it| it.revision), Some("r2".to_owned()));
    assert_eq!(program().upgrade(&mut db).unwrap().resumed, ["r2"]);
}

/// A database at `r1` with a journal that is empty, and a trigger on it.
#[test]
fn a_change_that_was_killed_is_done_though_others_changed_the_same_table_since() {
    let mut db = throwaway();
    program().upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    let mut reader = connect(&db.url);
    run(&mut reader, "BEGIN; SELECT * FROM users");
    let url = db.url.clone();
    let upgrading = std::thread::spawn(move || program().upgrade(&mut connect(&url)).unwrap_err().to_string());
    let waiting = format!(
        "SELECT id FROM information_schema.processlist WHERE db = '{}' AND info LIKE 'ALTER TABLE%' AND state LIKE \
         '%metadata lock%'",
        db.name
    );
    let begun = Instant::now();
    let id = loop {
        match one(&mut db, &waiting) {
            none if none.is_empty() => assert!(begun.elapsed() < Duration::from_secs(30), "nobody waits"),
            id => break id,
        }
    };
    run(&mut db, &format!("KILL {id}"));
    upgrading.join().unwrap();
    run(&mut reader, "ROLLBACK");
    run(&mut db, "CREATE INDEX theirs ON users (name)");
    assert_eq!(program().upgrade(&mut db).unwrap().resumed, ["r2"]);
    assert_eq!(one(&mut db, "SELECT COUNT(*) FROM users WHERE bio IS NULL"), "2");
}

fn with_trigger(trigger: &str) -> Throwaway {
    let (mut model, mut db) = (throwaway(), throwaway());
    killed_at(&mut model, 1, &|| {});
    program().upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    let journal = format!("CREATE TABLE migratable_journal LIKE {}.migratable_journal", model.name);
    run(&mut db, &format!("{journal}; CREATE TRIGGER stands_in_the_way {trigger}"));
    db
}

#[test]
fn a_journal_that_could_not_be_begun_at_once_is_begun_by_the_next_try() {
    let once = "BEFORE INSERT ON migratable_journal FOR EACH ROW IF @tried IS NULL THEN SET @tried = 1; \
                SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Lock wait timeout exceeded'; END IF";
    let mut db = with_trigger(once);
    killed_at(&mut db, 2, &|| {});
    assert_eq!(program().status(&mut db).unwrap().unfinished.map(|it| it.done), Some(2));
    program().upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT COUNT(bio) FROM users"), "0");
}

#[test]
fn rows_whose_change_could_not_be_noted_at_once_are_changed_once() {
    let once = "BEFORE UPDATE ON migratable_journal FOR EACH ROW IF NEW.piece > OLD.piece AND @tried IS NULL THEN \
                SET @tried = 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Lock wait timeout exceeded'; END IF";
    let mut db = with_trigger(once);
    let shout: fn(&mut Operations) = |op| op.execute(sql("UPDATE users SET name = CONCAT(name, '!')"));
    line(&[(first, nothing), (shout, nothing)]).upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT name FROM users ORDER BY id"), "ann!,bob!");
}

#[test]
fn a_change_that_is_done_and_could_not_be_noted_is_not_done_again() {
    for message in ["Lock wait timeout exceeded", "the disk is full"] {
        for before in ["DO 0", "ALTER TABLE users ADD SYSTEM VERSIONING; SET system_versioning_alter_history = KEEP"] {
            let behind = format!(
                "BEFORE UPDATE ON migratable_journal FOR EACH ROW IF NEW.piece > OLD.piece THEN \
                 SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'; END IF"
            );
            let mut db = with_trigger(&behind);
            run(&mut db, before);
            let error = program().upgrade(&mut db).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
            assert!(error.contains("What the revision did before this stays"), "{error}");
            run(&mut db, "DROP TRIGGER stands_in_the_way");
            assert_eq!(program().upgrade(&mut db).unwrap().resumed, ["r2"], "{before}");
            assert_eq!(one(&mut db, "SELECT COUNT(bio) FROM users"), "0");
            assert!(db.batch_execute("SELECT * FROM migratable_journal").is_err());
        }
    }
}
