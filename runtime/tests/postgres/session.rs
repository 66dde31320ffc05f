//! The connection while revisions run on it, and what is left of it behind them.

use migratable::diesel::connection::{Connection, SimpleConnection};
use migratable::revision::*;
use migratable::{Error, Options, Standing, Transaction};

use super::database::{Db, Program, Throwaway, connect, line, nothing, run, values};

fn base(op: &mut Operations) {
    op.create_table(table("a").column(column("id", integer())).column(column("x", text())).primary_key("pk_a", ["id"]));
    op.create_table(
        table("b")
            .column(column("id", integer()))
            .column(column("a_id", integer()).nullable())
            .foreign_key(foreign_key("fk_b", ["a_id"]).references("a", ["id"]).deferred()),
    );
}

fn settings(db: &mut Db) -> Vec<String> {
    let names =
        ["TimeZone", "standard_conforming_strings", "default_transaction_isolation", "search_path", "lc_messages"];
    names.map(|name| values(db, &format!("SELECT current_setting('{name}')")).join("")).to_vec()
}

#[test]
fn settings_are_as_they_were_and_failures_leave_nothing() {
    let program = line(&[(base, nothing), (|op| op.execute(sql("INSERT INTO nowhere VALUES (1)")), nothing)]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    run(&mut db, "SET TimeZone = 'Asia/Tokyo'; SET default_transaction_isolation = 'repeatable read'");
    run(&mut db, "SET lc_messages = 'C.UTF-8'");
    let before = settings(&mut db);
    let together = Options { transaction: Transaction::All, ..Options::default() };
    let error = program.upgrade_to(&mut db, "head", &together).unwrap_err().to_string();
    assert!(error.contains("relation \"nowhere\" does not exist") && error.contains("Nothing was changed"), "{error}");
    assert_eq!(settings(&mut db), before);
    assert_eq!(values(&mut db, "SELECT relname FROM pg_class WHERE relname IN ('a', 'migratable_revisions')").len(), 0);
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    assert_eq!(settings(&mut db), before);
    let utc = "SELECT now() AT TIME ZONE 'UTC' - applied_at < '1 minute' FROM migratable_revisions";
    assert_eq!(values(&mut db, utc), ["true"]);
    let applied = program.applied(&mut db).unwrap();
    assert_eq!(applied[0].applied_at.len(), "2026-01-01 00:00:00".len());
}

#[test]
fn the_server_speaks_english_meanwhile_if_the_user_may_say_so() {
    fn base(op: &mut Operations) {
        op.execute(sql("CREATE TABLE spoken AS SELECT current_setting('lc_messages') AS language"));
    }
    let throwaway = Throwaway::new();
    let role = throwaway.name.clone();
    run(&mut throwaway.connect(), &format!("CREATE ROLE {role}; GRANT CREATE ON SCHEMA public TO {role}"));
    for (role, expected) in [(None, "C"), (Some(&role), "C.UTF-8")] {
        let mut db = throwaway.connect();
        run(&mut db, "DROP TABLE IF EXISTS spoken, migratable_revisions; SET lc_messages = 'C.UTF-8'");
        role.iter().for_each(|role| run(&mut db, &format!("SET ROLE {role}")));
        line(&[(base, nothing)]).upgrade(&mut db).unwrap();
        assert_eq!(values(&mut db, "SELECT language FROM spoken"), [expected]);
        assert_eq!(settings(&mut db)[4], "C.UTF-8");
    }
    run(&mut throwaway.connect(), &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_connection_in_a_transaction_is_refused() {
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    db.begin_test_transaction().unwrap();
    let error = line(&[(base, nothing)]).upgrade(&mut db).unwrap_err();
    assert!(matches!(error, Error::InTransaction { .. }), "{error}");
}

#[test]
fn a_transaction_that_sql_has_begun_is_refused_and_nothing_of_it_is_kept() {
    let program = line(&[(base, nothing), (|op| op.create_enum("e", ["x"]), nothing)]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "BEGIN; CREATE TABLE of_the_application (x integer)");
    let error = program.upgrade(&mut db).unwrap_err();
    assert!(matches!(error, Error::InTransaction { .. }), "{error}");
    run(&mut db, "COMMIT");
    assert_eq!(values(&mut db, "SELECT to_regclass('of_the_application')"), ["NULL"]);
    program.upgrade(&mut db).unwrap();
}

#[test]
fn a_commit_that_nobody_answers_may_have_been_done() {
    let program = line(&[(base, nothing), (|op| op.create_enum("e", ["x"]), nothing)]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(
        &mut db,
        "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER leaves AFTER INSERT ON migratable_revisions DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION leave()",
    );
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("whether this was done is not known"), "{error}");
    assert!(!error.contains("Nothing was changed"), "{error}");
    let mut db = throwaway.connect();
    run(&mut db, "DROP TRIGGER leaves ON migratable_revisions");
    program.upgrade(&mut db).unwrap();
}

#[test]
fn a_history_is_not_hidden_by_an_empty_one_in_a_schema_that_came_later() {
    let program = line(&[(base, nothing), (|op| op.create_enum("e", ["x"]), nothing)]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "CREATE SCHEMA later; SET search_path = later, public");
    let script = program.upgrade_sql(migratable::Dialect::Postgres, "r1:head").unwrap();
    let script = format!("SET search_path = later, public; {script}");
    for error in [program.upgrade(&mut db).unwrap_err().to_string(), throwaway.psql(&script).unwrap_err()] {
        assert!(error.contains("the history of this database is in the schema public"), "{error}");
        assert!(error.contains("would be made in the schema later"), "{error}");
    }
    assert_eq!(values(&mut db, "SELECT to_regclass('later.migratable_revisions')"), ["NULL"]);
    run(&mut db, "SET search_path = public, later");
    assert_eq!(program.upgrade(&mut db).unwrap().done.len(), 1);
}

#[test]
fn two_who_make_the_history_at_once_make_it_once() {
    let program = line(&[(base, nothing)]);
    for _ in 0..5 {
        let throwaway = Throwaway::new();
        let all = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let (url, all, program) = (&throwaway.url, &all, program.clone());
                scope.spawn(move || {
                    let mut db = connect(url);
                    all.wait();
                    program.ensure_history(&mut db).unwrap();
                });
            }
        });
    }
}

#[test]
fn a_step_that_ends_the_transaction_is_noticed() {
    fn commits(db: &mut Db) -> Result<()> {
        db.batch_execute("COMMIT; BEGIN")?;
        Ok(())
    }
    fn swallows(db: &mut Db) -> Result<()> {
        let _ = db.batch_execute("SELECT 1 / 0");
        Ok(())
    }
    let expected = [
        (line(&[(base, nothing), (|op| op.run(commits), nothing)]), "ended the transaction by COMMIT"),
        (line(&[(base, nothing), (|op| op.run(swallows), nothing)]), "current transaction is aborted"),
        (line(&[(base, nothing), (|op| op.execute(sql("COMMIT")), nothing)]), "ended the transaction by COMMIT"),
    ];
    for (program, reason) in expected {
        let throwaway = Throwaway::new();
        let error = program.upgrade(&mut throwaway.connect()).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        let may_have_stayed = reason.contains("COMMIT");
        assert_eq!(error.contains("may have stayed"), may_have_stayed, "{error}");
        assert!(!(may_have_stayed && error.contains("Nothing was changed")), "{error}");
    }
}

#[test]
fn deferred_references_are_checked_before_a_table_changes() {
    fn orphan(db: &mut Db) -> Result<()> {
        db.batch_execute("INSERT INTO b VALUES (1, 9)")?;
        Ok(())
    }
    fn pair(db: &mut Db) -> Result<()> {
        db.batch_execute("INSERT INTO b VALUES (1, 9); INSERT INTO a VALUES (9, 'x')")?;
        Ok(())
    }
    let change: fn(&mut Operations) = |op| {
        op.run(pair);
        op.run(pair_again);
        op.add_column("b", column("n", integer()).default(1));
    };
    fn pair_again(db: &mut Db) -> Result<()> {
        db.batch_execute("INSERT INTO b VALUES (2, 8); INSERT INTO a VALUES (8, 'y')")?;
        Ok(())
    }
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    line(&[(base, nothing), (change, nothing)]).upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT n FROM b"), ["1", "1"]);
    let throwaway = Throwaway::new();
    let program = line(&[(base, nothing), (|op| op.run(orphan), nothing)]);
    let error = program.upgrade(&mut throwaway.connect()).unwrap_err().to_string();
    assert!(error.contains("violates foreign key constraint") && error.contains("fk_b"), "{error}");
}

#[test]
fn deployers_that_come_together_share_the_work() {
    fn slow(db: &mut Db) -> Result<()> {
        db.batch_execute("SELECT pg_sleep(0.2)")?;
        Ok(())
    }
    fn program() -> Program {
        line(&[(base, nothing), (|op| op.run(slow), nothing), (|op| op.create_enum("e", ["x"]), nothing)])
    }
    for transaction in [Transaction::All, Transaction::Revision] {
        let throwaway = Throwaway::new();
        let done: usize = std::thread::scope(|scope| {
            let url = &throwaway.url;
            let deployer = || {
                let mut db = connect(url);
                let options = Options { transaction, ..Options::default() };
                let report = program().upgrade_to(&mut db, "head", &options).unwrap();
                assert_eq!(report.standing, Standing::Current);
                report.done.len()
            };
            let all: Vec<_> = (0..3).map(|_| scope.spawn(deployer)).collect();
            all.into_iter().map(|it| it.join().unwrap()).sum()
        });
        assert_eq!(done, 3);
    }
}
