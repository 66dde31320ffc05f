//! The history beside what it records, what a failure leaves, and several processes at once.

use std::time::Duration;

use migratable::diesel::Connection;
use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Dialect, Direction, Error, Options, PlannedRevision, Standing, Transaction};

use super::database::{Db, Program, connect, down, line, nothing, one, run, throwaway};
use super::pairs::client;
use super::reader;

fn first(op: &mut Operations) {
    op.create_table(table("a").column(column("x", varchar(20))));
}

fn second(op: &mut Operations) {
    op.add_column("a", column("y", text()).nullable());
}

fn third(op: &mut Operations) {
    op.bulk_insert("a", ["x"], [[value("seed")]]);
}

fn program() -> Program {
    line(&[(first, |op| op.drop_table("a")), (second, |op| op.drop_column("a", "y")), (third, nothing)])
}

const HISTORY: &str = "SELECT revision FROM migratable_revisions ORDER BY ordinal";

/// The statements of a revision that is planned.
fn statements(planned: &PlannedRevision) -> Vec<&str> {
    planned.statements.iter().map(|statement| statement.sql.as_str()).collect()
}

#[test]
fn up_and_down_to_any_revision_in_each_kind_of_transaction() {
    for transaction in [Transaction::All, Transaction::Revision] {
        let options = Options { transaction, ..Options::default() };
        let (program, mut db) = (program(), throwaway());
        for (target, expected) in [("r2", "r1,r2"), ("+1", "r1,r2,r3"), ("head", "r1,r2,r3")] {
            program.upgrade_to(&mut db, target, &options).unwrap();
            assert_eq!(one(&mut db, HISTORY), expected);
        }
        assert_eq!(program.upgrade(&mut db).unwrap().standing, Standing::Current);
        let row = &program.applied(&mut db).unwrap()[0];
        assert_eq!((row.revision.as_str(), row.message.as_str(), row.ordinal), ("r1", "it's a \\ change", 1));
        assert_eq!(row.applied_at.len(), "2024-02-29 12:00:00".len());
        for (target, expected) in [("-1", "r1,r2"), ("r1", "r1"), ("base", "")] {
            program.downgrade(&mut db, target, &options).unwrap();
            assert_eq!(one(&mut db, HISTORY), expected);
        }
    }
}

#[test]
fn a_failure_says_what_stays() {
    fn fails(db: &mut Db) -> Result<()> {
        db.batch_execute("INSERT INTO a (x) VALUES ('gone again')")?;
        "x".parse::<i32>()?;
        Ok(())
    }
    type Change = fn(&mut Operations);
    let cases: [(Change, &str, &str, bool); 5] = [
        (|op| op.execute(sql("INSERT INTO nowhere VALUES (1)")), "execute", "nowhere' doesn't exist", false),
        (|op| op.run(fails), "run fails", "invalid digit found in string", false),
        (|op| op.backfill("a", "x", sql("nothing_of_the_kind")), "fill a.x", "Unknown column", false),
        (
            |op| {
                op.add_column("a", column("z", integer()).nullable());
                op.backfill("a", "x", sql("nothing_of_the_kind"));
            },
            "fill a.x",
            "Unknown column",
            false,
        ),
        (
            |op| {
                op.add_column("a", column("z", integer()).nullable());
                op.execute(sql("UPDATE a SET x = nothing_of_the_kind"));
            },
            "execute",
            "Unknown column",
            true,
        ),
    ];
    for (change, operation, reason, stays) in cases {
        let program = line(&[(first, nothing), (second, nothing), (change, nothing)]);
        let mut db = throwaway();
        let error = program.upgrade(&mut db).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("revision r3") && text.contains(operation) && text.contains(reason), "{text}");
        assert!(text.to_lowercase().contains("done before it, and kept: r1, r2"), "{text}");
        assert_eq!(text.contains("What the revision did before this stays"), stays, "{text}");
        assert_eq!(one(&mut db, HISTORY), "r1,r2");
        assert_eq!(one(&mut db, "SELECT COUNT(*) FROM a"), "0", "{operation}");
    }
}

#[test]
fn a_session_is_put_back_on_every_way_out() {
    let state = "SELECT CONCAT_WS('|', @@lc_messages, @@sql_mode, @@foreign_key_checks, @@lock_wait_timeout, \
                 COALESCE(IS_USED_LOCK(CONCAT('migratable ', MD5(DATABASE()))), 'free'))";
    let mut db = throwaway();
    let set = "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', foreign_key_checks = 0, lock_wait_timeout = 77, \
               lc_messages = 'de_DE'";
    run(&mut db, set);
    let before = one(&mut db, state);
    assert!(before.ends_with("|OFF|77|free"), "{before}");
    program().upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, state), before);
    let broken = line(&[(first, nothing), (|op| op.execute(sql("nonsense")), nothing)]);
    let mut other = throwaway();
    run(&mut other, set);
    let error = broken.upgrade(&mut other).unwrap_err().to_string();
    assert!(error.contains("You have an error in your SQL syntax"), "{error}");
    assert_eq!(one(&mut other, state), before);
}

#[test]
fn a_transaction_that_is_open_is_refused() {
    let mut db = throwaway();
    let error = db.transaction::<(), Box<dyn std::error::Error>, _>(|db| Ok(program().upgrade(db).map(drop)?));
    assert!(error.unwrap_err().to_string().contains("MySQL commits it"));
    run(&mut db, "START TRANSACTION");
    assert!(matches!(program().upgrade(&mut db), Err(Error::InTransaction { .. })));
}

#[test]
fn steps_have_a_transaction_and_notice_when_they_leave_it() {
    fn inner(db: &mut Db) -> Result<()> {
        db.transaction(|db| db.batch_execute("UPDATE a SET x = 'filled'"))?;
        Ok(())
    }
    fn alters(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("CREATE TABLE extra (a int)")?)
    }
    let base: fn(&mut Operations) = |op| {
        first(op);
        op.bulk_insert("a", ["x"], [[value("seed")]]);
    };
    let mut db = throwaway();
    line(&[(base, nothing), (|op| op.run(inner), nothing)]).upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT x FROM a"), "filled");
    let mut db = throwaway();
    let error = line(&[(base, nothing), (|op| op.run(alters), nothing)]).upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("ended the transaction"), "{error}");
}

#[test]
fn a_server_may_speak_any_language() {
    fn alters(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("CREATE TABLE extra (a int)")?)
    }
    let program = line(&[(first, nothing), (|op| op.run(alters), nothing)]);
    let mut db = throwaway();
    run(&mut db, "SET lc_messages = 'de_DE'");
    assert_eq!(program.status(&mut db).unwrap().pending, ["r1", "r2"]);
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("ended the transaction"), "{error}");
    assert_eq!(one(&mut db, HISTORY), "r1");
    // A history that cannot be read is not one that is missing.
    run(&mut db, "ALTER TABLE migratable_revisions DROP COLUMN checksum");
    program.status(&mut db).unwrap_err();
}

#[test]
fn a_step_that_turns_to_another_database_is_stopped() {
    fn turns(db: &mut Db) -> Result<()> {
        Ok(db.batch_execute("USE information_schema")?)
    }
    type Change = fn(&mut Operations);
    let changes: [Change; 2] = [|op| op.run(turns), |op| op.execute(sql("use information_schema"))];
    for change in changes {
        let mut db = throwaway();
        let error = line(&[(first, nothing), (change, nothing)]).upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("to another database by USE"), "{error}");
        assert_eq!(one(&mut db, "SELECT DATABASE()"), db.name.clone());
        assert_eq!(one(&mut db, HISTORY), "r1");
        let lock = "SELECT IS_FREE_LOCK(CONCAT('migratable ', MD5(DATABASE())))";
        assert_eq!(one(&mut db, lock), "1");
    }
}

#[test]
fn two_who_migrate_at_once_do_it_once() {
    let program = program();
    let mut db = throwaway();
    let name = db.name.clone();
    run(&mut db, &format!("DO GET_LOCK(CONCAT('migratable ', MD5('{name}')), 1)"));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (url, program) = (db.url.clone(), program.clone());
            std::thread::spawn(move || program.upgrade(&mut connect(&url)).map(|report| report.done.len()))
        })
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(one(&mut db, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"), "0");
    run(&mut db, "DO RELEASE_ALL_LOCKS()");
    let mut done: Vec<usize> = threads.into_iter().map(|it| it.join().unwrap().unwrap()).collect();
    done.sort_unstable();
    assert_eq!(done, [0, 0, 3]);
    assert_eq!(one(&mut db, HISTORY), "r1,r2,r3");
}

#[test]
fn a_script_does_what_an_upgrade_does() {
    let program = line(&[
        (first, |op| op.drop_table("a")),
        (third, nothing),
        (
            |op| {
                op.alter_column("a", "x").set_type(varchar(8)).default("it's \\");
                op.create_unique("a", unique("uq_a_x", ["x"]));
            },
            |op| {
                op.drop_unique("a", "uq_a_x");
                op.alter_column("a", "x").set_type(varchar(20)).drop_default();
            },
        ),
    ]);
    let (mut by_script, mut by_program) = (throwaway(), throwaway());
    client(&by_script.name, &program.upgrade_sql(Dialect::Mysql, "head").unwrap()).unwrap();
    program.upgrade(&mut by_program).unwrap();
    reader::assert_same(&mut by_script, &mut by_program, "script");
    assert_eq!(program.upgrade(&mut by_script).unwrap().standing, Standing::Current);
    client(&by_script.name, &program.downgrade_sql(Dialect::Mysql, "head:r2").unwrap()).unwrap();
    run(&mut by_script, "INSERT INTO a VALUES ('twice'), ('twice')");
    let again = program.upgrade_sql(Dialect::Mysql, "r2:head").unwrap();
    let error = client(&by_script.name, &again).unwrap_err();
    assert!(error.contains("stopped") && error.contains("are not unique in x"), "{error}");
    assert_eq!(one(&mut by_script, HISTORY), "r1,r2");
    down(&program, &mut by_program, "base").unwrap();
}

#[test]
fn a_script_waits_for_who_migrates_and_holds_the_lock() {
    let is_free = "SELECT IS_FREE_LOCK(CONCAT('migratable ', MD5(DATABASE())))";
    let program = line(&[(
        |op| {
            op.create_table(table("seen").column(column("is_free", integer())));
            op.execute(sql("INSERT INTO seen SELECT IS_FREE_LOCK(CONCAT('migratable ', MD5(DATABASE())))"));
        },
        nothing,
    )]);
    let script = program.upgrade_sql(Dialect::Mysql, "head").unwrap();
    let mut db = throwaway();
    run(&mut db, "DO GET_LOCK(CONCAT('migratable ', MD5(DATABASE())), 1)");
    let error = client(&db.name, &script.replace(", 60)", ", 1)")).unwrap_err();
    assert!(error.contains("another process migrates this database"), "{error}");
    run(&mut db, "DO RELEASE_ALL_LOCKS()");
    client(&db.name, &script).unwrap();
    assert_eq!(one(&mut db, "SELECT is_free FROM seen"), "0");
    assert_eq!(one(&mut db, is_free), "1");
}

#[test]
fn a_plan_shows_the_statements() {
    let mut db = throwaway();
    let plan = program().plan(&mut db, "head", Direction::Upgrade).unwrap();
    assert_eq!(statements(&plan[1]), ["ALTER TABLE `a`\n    ADD COLUMN `y` LONGTEXT NULL"]);
    assert_eq!(one(&mut db, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"), "0");
}

#[test]
fn what_cannot_be_done_is_refused_with_advice() {
    type Change = fn(&mut Operations);
    let cases: [(Change, &str); 6] = [
        (|op| op.create_index("a", index("ix").on(sql("lower(x)"))), "index a generated column instead"),
        (
            |op| op.create_index("a", index("ix").on("x").unique().filter(sql("x > ''"))),
            "make a generated column unique",
        ),
        (|op| op.add_column("a", column("u", uuid())), ".mysql(\"char(36)\")"),
        (|op| op.add_column("a", column("n", integer()).identity(identity())), "only a column that a key begins with"),
        (|op| op.rename_table("a", &"x".repeat(65)), "names of at most 64 characters"),
        (
            |op| {
                op.create_table(table("k").column(column("id", integer())).primary_key("pk", ["id"]));
                op.add_column("a", column("k", integer()).nullable());
                op.create_foreign_key("a", foreign_key("f", ["k"]).references("k", ["id"]).deferred());
            },
            "cannot be deferrable",
        ),
    ];
    for (change, advice) in cases {
        let mut db = throwaway();
        let error = line(&[(first, nothing), (change, nothing)]).upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains(advice) && error.contains("cannot be run"), "{error}");
        assert_eq!(one(&mut db, HISTORY), "r1");
    }
}
