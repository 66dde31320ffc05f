//! Statements that are in no transaction: CONCURRENTLY.

use std::cell::Cell;
use std::sync::mpsc;
use std::time::Duration;

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Direction, Error, Event, Migrator, Observer, Options, Settings, Transaction};

use super::database::{Db, Program, Throwaway, connect, line, nothing, one, run, throwaway, values};
use super::shared::programs::Record;

fn first(op: &mut Operations) {
    op.create_table(table("t").column(column("a", integer())));
    op.bulk_insert("t", ["a"], [[value(1)], [value(2)]]);
}

fn count(db: &mut Db) -> Result<()> {
    Ok(db.batch_execute("UPDATE t SET a = a + 10")?)
}

const CREATE: &str = "CREATE UNIQUE INDEX CONCURRENTLY uq_t_a ON t (a)";

fn second(op: &mut Operations) {
    op.run(count);
    op.execute(sql(CREATE));
    op.run(count);
    op.execute(sql("CREATE TYPE mood AS ENUM ('sad')"));
    op.execute(sql("ALTER TYPE mood ADD VALUE 'happy'"));
    op.execute(sql("CREATE TABLE moods AS SELECT 'happy'::mood AS mood"));
}

fn back(op: &mut Operations) {
    op.execute(sql("DROP INDEX CONCURRENTLY uq_t_a"));
    op.execute(sql("DROP TABLE moods"));
    op.execute(sql("DROP TYPE mood"));
}

fn retyped_to_bigint(op: &mut Operations) {
    op.alter_column("t", "a").set_type(bigint());
}

fn retyped_to_text(op: &mut Operations) {
    op.alter_column("t", "a").set_type(text());
}

fn program() -> Program {
    line(&[(first, nothing), (second, back)])
}

fn valid(db: &mut Db) -> Vec<String> {
    values(db, "SELECT indisvalid::text FROM pg_index WHERE indexrelid = to_regclass('uq_t_a')")
}

/// What the revisions have done to `a`, and what is left of the journal.
fn assert_whole(db: &mut Db, what: &str) {
    assert_eq!(values(db, "SELECT a FROM t ORDER BY a"), ["21", "22"], "{what}");
    assert_eq!(valid(db), ["true"], "{what}");
    assert_eq!(values(db, "SELECT mood FROM moods"), ["happy"], "{what}");
    assert_eq!(one(db, "SELECT count(*) FROM pg_class WHERE relname = 'migratable_journal'"), "0", "{what}");
}

#[test]
fn what_no_transaction_holds_is_done_between_two() {
    let mut db = throwaway();
    program().upgrade(&mut db).unwrap();
    assert_whole(&mut db, "up");
    program().downgrade(&mut db, "-1", &Options::default()).unwrap();
    assert!(valid(&mut db).is_empty());
    run(&mut db, "UPDATE t SET a = a - 20");
    program().upgrade(&mut db).unwrap();
    assert_whole(&mut db, "up again");
    let locks = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database \
                 WHERE locktype = 'advisory' AND datname = current_database()";
    assert_eq!(one(&mut db, locks), "0");
}

#[test]
fn a_script_ends_its_transaction_before_what_no_transaction_holds() {
    fn plain(op: &mut Operations) {
        op.execute(sql("UPDATE t SET a = a + 1"));
        op.execute(sql("CREATE UNIQUE INDEX CONCURRENTLY uq_t_a ON t (a)"));
        op.execute(sql("CREATE INDEX CONCURRENTLY ix_t_a ON t (a)"));
    }
    let program = line(&[(first, nothing), (plain, nothing), (|op| op.drop_table("t"), nothing)]);
    for idempotent in [false, true] {
        let db = throwaway();
        let options = migratable::ScriptOptions { idempotent };
        let script = program.script(migratable::Dialect::Postgres, "r2", Direction::Upgrade, &options).unwrap().sql;
        db.psql(&script).unwrap_or_else(|error| panic!("{error}\n{script}"));
        assert_eq!(valid(&mut db.connect()), ["true"]);
        assert_eq!(program.status(&mut db.connect()).unwrap().current, ["r2"]);
        if idempotent {
            db.psql(&script).unwrap();
            assert_eq!(values(&mut db.connect(), "SELECT a FROM t ORDER BY a"), ["2", "3"]);
        }
    }
}

/// A database where `r2` was stopped in its unique index, which is there and invalid.
fn stopped() -> Throwaway {
    let mut db = throwaway();
    program().upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "UPDATE t SET a = 1");
    let error = program().upgrade(&mut db).unwrap_err();
    let Error::Failed(failure) = error else { panic!("{error}") };
    assert!(failure.stays, "{failure}");
    assert!(failure.to_string().contains("CREATE UNIQUE INDEX CONCURRENTLY"), "{failure}");
    assert!(valid(&mut db).is_empty(), "an invalid index is taken away at once");
    // As after a kill, where nobody could do that.
    run(&mut db, "UPDATE migratable_journal SET catalogue = 'begun'");
    let left = db.batch_execute("CREATE UNIQUE INDEX CONCURRENTLY uq_t_a ON t (a)");
    assert!(left.is_err() && valid(&mut db) == ["false"]);
    run(&mut db, "UPDATE t SET a = CASE ctid WHEN (SELECT min(ctid) FROM t) THEN 11 ELSE 12 END");
    db
}

/// What a plan says is to be done.
fn left(db: &mut Db) -> Vec<String> {
    let planned = program().plan(db, "head", Direction::Upgrade).unwrap().remove(0);
    planned.statements.into_iter().map(|it| it.sql).collect()
}

#[test]
fn an_index_that_was_left_invalid_is_made_anew() {
    let mut db = stopped();
    assert_eq!(left(&mut db)[..2], ["DROP INDEX CONCURRENTLY uq_t_a", CREATE]);
    assert_eq!(program().upgrade(&mut db).unwrap().resumed, ["r2"]);
    assert_whole(&mut db, "invalid");
}

#[test]
fn an_index_that_was_made_before_the_kill_is_not_made_again() {
    let mut db = stopped();
    run(&mut db, "DROP INDEX uq_t_a");
    run(&mut db, "CREATE UNIQUE INDEX uq_t_a ON t (a)");
    assert!(!left(&mut db).contains(&CREATE.to_owned()));
    assert_eq!(program().upgrade(&mut db).unwrap().resumed, ["r2"]);
    assert_whole(&mut db, "made");
}

#[test]
fn what_no_catalogue_tells_is_left_to_a_person() {
    fn names_none(op: &mut Operations) {
        op.execute(sql("CREATE UNIQUE INDEX CONCURRENTLY ON t (a)"));
    }
    let program = line(&[(first, nothing), (names_none, nothing)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "UPDATE t SET a = 1");
    let again = |db: &mut Db| program.upgrade(db).unwrap_err().to_string();
    assert!(again(&mut db).contains("could not create unique index"));
    assert!(again(&mut db).contains("could not create unique index"), "it was refused, and may be tried again");
    run(&mut db, "UPDATE migratable_journal SET catalogue = 'begun'");
    let error = again(&mut db);
    assert!(error.contains("does not tell") && error.contains("`repair`"), "{error}");
    let error = program.plan(&mut db, "head", Direction::Upgrade).unwrap_err().to_string();
    assert!(error.contains("does not tell") && error.contains("`repair`"), "{error}");
}

#[test]
fn nobody_comes_between_two_transactions_of_a_revision_and_who_waits_holds_nothing_up() {
    let mut db = throwaway();
    let db_url = db.url.clone();
    let (begun, wait) = mpsc::channel();
    std::thread::scope(|scope| {
        let second = db.connect();
        let waits = scope.spawn(move || {
            let mut second = second;
            wait.recv().unwrap();
            program().upgrade(&mut second).unwrap()
        });
        let observe = |event: &Event<'_>| {
            if let Event::Committed { revisions: 0 } = event {
                // The other one asks for the lock while the index is made.
                let _ = begun.send(());
                std::thread::sleep(Duration::from_millis(50));
                let settings = Settings::default().with_lock_timeout(Duration::from_millis(30));
                let impatient: Program = Migrator::new(program().revisions()).with_settings(settings);
                let error = impatient.upgrade(&mut connect(&db_url)).unwrap_err().to_string();
                assert!(error.contains("another process migrates this database, process"), "{error}");
            }
        };
        let options = Options { observer: Observer::new(&observe), ..Options::default() };
        let report = program().upgrade_to(&mut db, "head", &options).unwrap();
        assert_eq!(report.done.len(), 2);
        assert_eq!(waits.join().unwrap().done, []);
    });
    assert_whole(&mut db, "two");
}

#[test]
fn a_statement_that_was_refused_is_not_taken_for_done_because_another_index_has_its_name() {
    fn unique(op: &mut Operations) {
        op.execute(sql("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)"));
    }
    let program = line(&[(first, nothing), (unique, nothing)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "CREATE INDEX ix ON t (a)");
    for _ in 0..2 {
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("relation \"ix\" already exists"), "{error}");
    }
    run(&mut db, "DROP INDEX ix");
    program.upgrade(&mut db).unwrap();
}

#[test]
fn a_domain_that_the_first_part_made_does_not_change_the_plan_of_the_rest() {
    fn made(op: &mut Operations) {
        op.execute(sql("CREATE DOMAIN short AS text DEFAULT 'x' CHECK (length(VALUE) < 3)"));
        op.add_column("t", column("b", native(sql("short"))).nullable());
        op.execute(sql("CREATE UNIQUE INDEX CONCURRENTLY uq_t_a ON t (a)"));
        op.alter_column("t", "b").set_type(native(sql("varchar(9)")));
    }
    let program = line(&[(first, nothing), (made, nothing)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "UPDATE t SET a = 1");
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("could not create unique index"), "{error}");
    run(&mut db, "UPDATE t SET a = 2 WHERE ctid = (SELECT min(ctid) FROM t)");
    assert_eq!(program.upgrade(&mut db).unwrap().resumed, ["r2"]);
    assert_eq!(values(&mut db, "SELECT b FROM t"), ["x", "x"]);
}

#[test]
fn an_invalid_index_of_somebody_else_is_not_dropped() {
    let create: fn(&mut Operations) = |op| op.execute(sql("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)"));
    let if_missing: fn(&mut Operations) = |op| op.execute(sql("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON t (a)"));
    for (change, said) in [(create, "relation \"ix\" already exists"), (if_missing, "such as an invalid index")] {
        let program = line(&[(first, nothing), (change, nothing)]);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(
            &mut db,
            "CREATE INDEX ix ON t (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix'::regclass",
        );
        let theirs = one(&mut db, "SELECT 'ix'::regclass::oid::text");
        for _ in 0..2 {
            let error = program.upgrade(&mut db).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            assert_eq!(one(&mut db, "SELECT 'ix'::regclass::oid::text"), theirs);
        }
        run(&mut db, "DROP INDEX ix");
        program.upgrade(&mut db).unwrap();
        assert_eq!(one(&mut db, "SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'ix'::regclass"), "true");
    }
}

#[test]
fn a_script_that_stopped_between_two_transactions_is_gone_on_with_by_upgrade() {
    fn plain(op: &mut Operations) {
        op.execute(sql("UPDATE t SET a = a * 2"));
        op.execute(sql("CREATE UNIQUE INDEX CONCURRENTLY uq_t_a ON t (a)"));
        op.execute(sql("UPDATE t SET a = a + 10"));
    }
    let program = line(&[(first, nothing), (plain, nothing)]);
    for idempotent in [false, true] {
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        let options = migratable::ScriptOptions { idempotent };
        let direction = Direction::Upgrade;
        let script = program.script(migratable::Dialect::Postgres, "r1:r2", direction, &options).unwrap().sql;
        run(&mut db, "UPDATE t SET a = 1");
        assert!(db.psql(&script).unwrap_err().contains("could not create unique index"));
        let again = db.psql(&script).unwrap_err();
        assert!(again.contains("a revision was stopped in the middle of its work"), "{again}");
        assert_eq!(values(&mut db, "SELECT a FROM t"), ["2", "2"]);
        run(&mut db, "UPDATE t SET a = CASE ctid WHEN (SELECT min(ctid) FROM t) THEN 2 ELSE 4 END");
        assert_eq!(program.upgrade(&mut db).unwrap().resumed, ["r2"]);
        assert_eq!(values(&mut db, "SELECT a FROM t ORDER BY a"), ["12", "14"]);
        assert_eq!(valid(&mut db), ["true"]);
    }
}

#[test]
fn grants_of_a_column_that_is_made_anew_stay_where_each_part_is_a_transaction() {
    fn computed(op: &mut Operations) {
        op.add_column("t", column("b", integer()).nullable().generated(stored(sql("a * 2"))));
    }
    let program = line(&[(first, nothing), (computed, nothing), (retyped_to_bigint, nothing)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r2", &Options::default()).unwrap();
    run(&mut db, "GRANT SELECT (b) ON t TO pg_monitor");
    let options = Options { transaction: Transaction::None, ..Options::default() };
    program.upgrade_to(&mut db, "head", &options).unwrap();
    let granted = "SELECT has_column_privilege('pg_monitor', 't', 'b', 'SELECT')::text";
    assert_eq!(one(&mut db, granted), "true");
}

#[test]
fn a_view_that_a_revision_makes_is_known_to_the_next() {
    let program = line(&[
        (first, nothing),
        (|op| op.create_table(table("u").column(column("a", integer()))), nothing),
        (|op| op.execute(sql("CREATE VIEW v AS SELECT a FROM t")), nothing),
        (retyped_to_text, nothing),
    ]);
    let mut db = throwaway();
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT a FROM v ORDER BY a"), ["1", "2"]);
}

#[test]
fn what_is_set_for_a_session_that_is_over_is_not_gone_on_with() {
    fn sets(op: &mut Operations, before: &str) {
        op.execute(sql(before));
        op.execute(sql("CREATE UNIQUE INDEX CONCURRENTLY uq_t_a ON t (a)"));
    }
    for (change, is_over) in [
        ((|op| sets(op, "SET session_replication_role = replica")) as Record, true),
        (|op| sets(op, "SET search_path = public; CREATE TABLE u (a int)"), true),
        (|op| sets(op, "SELECT set_config('search_path', 'public', false)"), true),
        (|op| sets(op, "SELECT set_config('lock_timeout', '7s', true); CREATE TABLE u (a int)"), false),
        (|op| sets(op, "SET lock_timeout = '7s'; CREATE TABLE u (a int); RESET lock_timeout"), false),
        (|op| sets(op, "CREATE TABLE u (a int); SET LOCAL lock_timeout = '7s'"), false),
    ] {
        let program = line(&[(first, nothing), (change, nothing)]);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(&mut db, "UPDATE t SET a = 1");
        let options = Options { transaction: Transaction::None, ..Options::default() };
        program.upgrade_to(&mut db, "head", &options).unwrap_err();
        let error = program.upgrade_to(&mut db, "head", &options).unwrap_err().to_string();
        assert_eq!(error.contains("sets something for the session, which is over"), is_over, "{error}");
    }
}

#[test]
fn what_ends_with_a_transaction_is_refused_in_front_of_its_end() {
    fn before(op: &mut Operations) {
        op.execute(sql("SET LOCAL lock_timeout = '7s'"));
        op.execute(sql("UPDATE t SET a = a + 1"));
        op.execute(sql("CREATE INDEX CONCURRENTLY ix_t_a ON t (a)"));
    }
    fn behind(op: &mut Operations) {
        op.execute(sql("CREATE INDEX CONCURRENTLY ix_t_a ON t (a)"));
        op.execute(sql("SET LOCAL lock_timeout = '7s'"));
        op.execute(sql("ALTER TABLE t ADD waits text DEFAULT current_setting('lock_timeout')"));
    }
    fn together(op: &mut Operations) {
        op.execute(sql(
            "SET LOCAL lock_timeout = '7s'; ALTER TABLE t ADD waits text DEFAULT current_setting('lock_timeout')",
        ));
        op.execute(sql("CREATE INDEX CONCURRENTLY ix_t_a ON t (a)"));
    }
    let cut = |transaction| Options { transaction, ..Options::default() };
    for (change, transaction, is_refused) in [
        (before as fn(&mut Operations), Transaction::Usual, true),
        (behind, Transaction::None, true),
        (behind, Transaction::Usual, false),
        (together, Transaction::None, false),
    ] {
        let program = line(&[(first, nothing), (change, nothing)]);
        let settings = Settings::default().with_transaction(transaction);
        let set = line(&[(first, nothing), (change, nothing)]).with_settings(settings);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        let plan = set.plan(&mut db, "head", Direction::Upgrade);
        let script = set.upgrade_sql(migratable::Dialect::Postgres, "r1:r2");
        let done = program.upgrade_to(&mut db, "head", &cut(transaction));
        if !is_refused {
            drop((plan.unwrap(), script.unwrap(), done.unwrap()));
            assert_eq!(values(&mut db, "SELECT waits FROM t"), ["7s", "7s"]);
            continue;
        }
        for error in [plan.map(drop).unwrap_err(), script.map(drop).unwrap_err(), done.map(drop).unwrap_err()] {
            let text = error.to_string();
            assert!(matches!(error, Error::Plan { .. }) && text.contains("SET LOCAL"), "{text}");
            assert!(text.contains("lasts no longer than its transaction"), "{text}");
        }
        assert_eq!(values(&mut db, "SELECT a FROM t ORDER BY a"), ["1", "2"]);
        assert_eq!(program.status(&mut db).unwrap().unfinished, None);
    }
}

/// Runs something while another transaction has written to tables; and at last lets go of them after a while.
fn while_held<T>(url: &str, tables: &str, milliseconds: u64, act: impl FnOnce() -> T) -> T {
    let mut holder = connect(url);
    run(&mut holder, &format!("BEGIN; LOCK TABLE {tables} IN ROW EXCLUSIVE MODE"));
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(milliseconds));
            drop(holder);
        });
        act()
    })
}

#[test]
fn what_no_transaction_holds_is_tried_again_when_others_hold_a_lock_for_too_long() {
    for statement in [CREATE, "DROP INDEX CONCURRENTLY ix_t_a", "REINDEX TABLE CONCURRENTLY t"] {
        thread_local!(static STATEMENT: Cell<&'static str> = const { Cell::new("") });
        STATEMENT.set(statement);
        let change: fn(&mut Operations) = |op| op.execute(sql(STATEMENT.get()));
        let settings = Settings::default().with_lock_timeout(Duration::from_millis(100)).with_retries(9);
        let program = line(&[(first, nothing), (change, nothing)]).with_settings(settings);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(&mut db, "CREATE INDEX ix_t_a ON t (a)");
        let (tries, url) = (Cell::new(0), db.url.clone());
        let observe = |event: &Event<'_>| tries.set(tries.get() + u32::from(matches!(event, Event::Retries { .. })));
        let options = Options { observer: Observer::new(&observe), ..Options::default() };
        let report = while_held(&url, "t", 500, || program.upgrade_to(&mut db, "head", &options)).unwrap();
        assert!(tries.get() > 0 && report.resumed.is_empty(), "{statement}");
        let expected = match statement {
            CREATE => ["ix_t_a true", "uq_t_a true"].as_slice(),
            "DROP INDEX CONCURRENTLY ix_t_a" => &[],
            _ => &["ix_t_a true"],
        };
        assert_eq!(indexes(&mut db), expected, "{statement}");
    }
}

/// Every index and whether it is valid, those of the tool aside.
fn indexes(db: &mut Db) -> Vec<String> {
    values(
        db,
        "SELECT relname || ' ' || indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
         WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'migratable%' ORDER BY 1",
    )
}

/// The copies of indexes that a REINDEX makes.
fn copies(db: &mut Db) -> Vec<String> {
    values(
        db,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'i' \
         AND relname LIKE '%\\_ccnew'",
    )
}

#[test]
fn what_a_reindex_has_left_is_taken_away() {
    for statement in [
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (VERBOSE) INDEX CONCURRENTLY ix_t_a",
        "REINDEX (CONCURRENTLY) TABLE public.t;",
        "REINDEX SCHEMA CONCURRENTLY public",
        "REINDEX TABLE CONCURRENTLY parts",
    ] {
        thread_local!(static STATEMENT: Cell<&'static str> = const { Cell::new("") });
        STATEMENT.set(statement);
        let change: fn(&mut Operations) = |op| op.execute(sql(STATEMENT.get()));
        let program = line(&[(first, nothing), (change, nothing)]);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(
            &mut db,
            "CREATE INDEX ix_t_a ON t (a); CREATE TABLE parts (a int) PARTITION BY RANGE (a); CREATE INDEX ON parts (a); \
             CREATE TABLE part PARTITION OF parts DEFAULT",
        );
        let whole = indexes(&mut db);
        // Somebody else's.
        run(&mut db, "CREATE SCHEMA other; CREATE TABLE other.u (a int); CREATE INDEX u_ccnew ON other.u (a)");
        let invalid = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'other.u_ccnew'::regclass";
        run(&mut db, invalid);
        let url = db.url.clone();
        let mut second = db.connect();
        let mut holder = db.connect();
        // It waits for whoever may still see what the index does not show.
        run(&mut holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM t");
        let killed = std::thread::scope(|scope| {
            let running = scope.spawn(|| {
                STATEMENT.set(statement);
                program.upgrade(&mut connect(&url)).unwrap_err().to_string()
            });
            while copies(&mut second).is_empty() && !running.is_finished() {
                std::thread::sleep(Duration::from_millis(5));
            }
            run(
                &mut second,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                 AND query LIKE 'REINDEX%'",
            );
            running.join().unwrap()
        });
        drop(holder);
        assert!(killed.contains("The statement was: REINDEX"), "{statement}: {killed}");
        assert!(!copies(&mut db).is_empty(), "{statement}");
        assert_eq!(program.upgrade(&mut db).unwrap().resumed, ["r2"]);
        assert_eq!(copies(&mut db), [""; 0], "{statement}");
        assert_eq!(indexes(&mut db), whole, "{statement}");
        assert_eq!(one(&mut db, "SELECT to_regclass('other.u_ccnew')"), "other.u_ccnew");
    }
}
