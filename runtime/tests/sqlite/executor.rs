//! Transactions, the history beside what it records, and several processes at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use migratable::diesel::Connection;
use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Direction, Event, Given, Observer, Options, PlannedRevision, Report, Standing, Transaction};

use super::database::{self, Db, Program, down, line, memory, nothing, one, open, run, values};

fn first(op: &mut Operations) {
    op.create_table(table("a").column(column("x", text())));
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

const EACH: Options<'_> = of(Transaction::Revision);
const ALL: Options<'_> = of(Transaction::All);

const fn of(transaction: Transaction) -> Options<'static> {
    let given = Given { arguments: BTreeMap::new(), tag: None };
    Options { transaction, backup: None, strict: false, observer: Observer::NOBODY, given }
}

/// What is told of a call, a line each.
fn told(call: impl FnOnce(Observer<'_>)) -> Vec<String> {
    let lines = RefCell::new(Vec::new());
    call(Observer::new(&|event| {
        lines.borrow_mut().push(match event {
            Event::Begins { direction, revision, number, of, .. } => {
                format!("{direction:?} {revision}, {number} of {of}")
            }
            Event::Progresses { revision, operation, done, of } => format!("{revision} {done}/{of}: {operation}"),
            Event::Ended { revision, message, .. } => format!("{revision} ended: {message}"),
            Event::Committed { revisions } => format!("committed {revisions}"),
            Event::Failed { revision, error } => format!("{revision:?} failed: {}", error.lines().next().unwrap()),
            other => panic!("{other:?}"),
        });
    }));
    lines.into_inner()
}

/// The statements of a revision that is planned.
fn statements(planned: &PlannedRevision) -> Vec<&str> {
    planned.statements.iter().map(|statement| statement.sql.as_str()).collect()
}

#[test]
fn an_observer_is_told_what_happens() {
    let (program, mut db) = (program(), memory());
    let up = told(|observer| drop(program.upgrade_to(&mut db, "head", &Options { observer, ..ALL }).unwrap()));
    assert_eq!(
        up,
        [
            "Upgrade r1, 1 of 3",
            "r1 0/1: create table a (1 column)",
            "r1 ended: a change",
            "Upgrade r2, 2 of 3",
            "r2 0/1: add column a.y (text, nullable)",
            "r2 ended: a change",
            "Upgrade r3, 3 of 3",
            "r3 0/2: insert 1 rows in a",
            "r3 1/2: insert 1 rows in a",
            "r3 ended: a change",
            "committed 3"
        ]
    );
    let down = told(|observer| drop(program.downgrade(&mut db, "r1", &Options { observer, ..EACH }).unwrap()));
    assert_eq!(down[0], "Downgrade r3, 1 of 2");
    assert_eq!(down[3], "Downgrade r2, 2 of 2");
    assert_eq!(down.last().unwrap(), "committed 1");
    assert_eq!(
        told(|observer| drop(program.upgrade_to(&mut db, "r1", &Options { observer, ..EACH }).unwrap())),
        [""; 0]
    );

    let broken = line(&[(first, nothing), (|op| op.execute(sql("nonsense")), nothing)]);
    let mut db = memory();
    let failed = told(|observer| drop(broken.upgrade_to(&mut db, "head", &Options { observer, ..EACH }).unwrap_err()));
    let end = ["committed 1", "Upgrade r2, 2 of 2", "r2 0/2: execute \"nonsense\""];
    assert_eq!(failed[3..6], end);
    assert!(failed[6].starts_with("Some(\"r2\") failed: revision r2 (a change) failed"), "{failed:?}");
}

#[test]
fn up_and_down_to_any_revision_in_each_kind_of_transaction() {
    for options in [EACH, ALL] {
        let (program, mut db) = (program(), memory());
        for (target, expected) in [("r2", "r1,r2"), ("+1", "r1,r2,r3"), ("head", "r1,r2,r3")] {
            program.upgrade_to(&mut db, target, &options).unwrap();
            assert_eq!(one(&mut db, "SELECT revision FROM migratable_revisions ORDER BY ordinal"), expected);
        }
        assert_eq!(program.current(&mut db).unwrap(), ["r3"]);
        for (target, expected) in [("-1", "r1,r2"), ("r1", "r1"), ("base", "")] {
            program.downgrade(&mut db, target, &options).unwrap();
            assert_eq!(one(&mut db, "SELECT revision FROM migratable_revisions ORDER BY ordinal"), expected);
        }
        assert_eq!(values(&mut db, "SELECT name FROM sqlite_master WHERE type = 'table'"), ["migratable_revisions"]);
    }
}

#[test]
fn the_report_says_what_was_done() {
    let (program, mut db) = (program(), memory());
    let report = program.upgrade_to(&mut db, "r2", &ALL).unwrap();
    let ids: Vec<&str> = report.done.iter().map(|done| done.revision.as_str()).collect();
    assert_eq!((ids, report.standing), (vec!["r1", "r2"], Standing::Behind(vec!["r3".into()])));
    assert_eq!(program.upgrade(&mut db).unwrap().standing, Standing::Current);
    let again = program.upgrade(&mut db).unwrap();
    assert!(again.done.is_empty());
    let row = &program.applied(&mut db).unwrap()[0];
    assert_eq!((row.revision.as_str(), row.message.as_str(), row.checksum.as_str()), ("r1", "a change", "v1:r1"));
    assert_eq!(row.tool_version, env!("CARGO_PKG_VERSION"));
    assert_eq!(row.applied_at.len(), "2024-02-29 12:00:00".len());
}

#[test]
fn nothing_to_do_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let program = program();
    program.upgrade(&mut open(&path)).unwrap();
    let before = std::fs::metadata(&path).unwrap().modified().unwrap();
    program.upgrade(&mut open(&path)).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), before);
}

#[test]
fn steps_have_all_of_diesel_and_transactions_inside_of_ours() {
    fn fill(db: &mut Db) -> Result<()> {
        db.transaction(|db| db.batch_execute("UPDATE a SET y = x || '!'"))?;
        let failed: std::result::Result<(), migratable::diesel::result::Error> = db.transaction(|db| {
            db.batch_execute("DELETE FROM a")?;
            Err(migratable::diesel::result::Error::RollbackTransaction)
        });
        assert!(failed.is_err());
        Ok(())
    }
    let program = line(&[(first, nothing), (second, nothing), (third, nothing), (|op| op.run(fill), nothing)]);
    let mut db = memory();
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT y FROM a"), ["seed!"]);
}

#[test]
fn the_history_row_is_in_the_transaction_of_what_it_records() {
    let program = line(&[
        (first, nothing),
        (
            |op| {
                op.execute(sql(
                    "CREATE TRIGGER no BEFORE INSERT ON migratable_revisions BEGIN SELECT RAISE(ABORT, 'no'); END",
                ))
            },
            nothing,
        ),
    ]);
    let mut db = memory();
    for options in [ALL, EACH] {
        let error = program.upgrade_to(&mut db, "head", &options).unwrap_err().to_string();
        assert!(error.contains("revision r2") && error.contains("INSERT INTO migratable_revisions"), "{error}");
    }
    assert_eq!(values(&mut db, "SELECT revision FROM migratable_revisions"), ["r1"], "in a transaction of its own");
    assert_eq!(one(&mut db, "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"), "0");
}

#[test]
fn pragmas_are_as_they_were_on_every_way_out() {
    fn fails(_: &mut Db) -> Result<()> {
        Err("not today".into())
    }
    fn panics(db: &mut Db) -> Result<()> {
        db.transaction::<(), migratable::diesel::result::Error, _>(|_| panic!("oh no")).map_err(Error::from)
    }
    let pragmas = "SELECT foreign_keys || ' ' || legacy_alter_table || ' ' || timeout FROM pragma_foreign_keys, \
                   pragma_legacy_alter_table, pragma_busy_timeout";
    type Change = fn(&mut Operations);
    let ways: [Change; 4] = [second, |op| op.run(fails), |op| op.run(panics), |op| op.execute(sql("nonsense"))];
    for set in [
        "PRAGMA foreign_keys = ON",
        "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; PRAGMA busy_timeout = 70",
    ] {
        for way in ways {
            let mut db = memory();
            run(&mut db, set);
            let before = one(&mut db, pragmas);
            let program = line(&[(first, nothing), (way, nothing)]);
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| program.upgrade(&mut db).is_ok()));
            assert_eq!(one(&mut db, pragmas), before);
            let kept = outcome.is_ok_and(|done| done);
            let tables = one(&mut db, "SELECT count(*) FROM sqlite_master WHERE name IN ('a', 'migratable_revisions')");
            assert_eq!(tables, if kept { "2" } else { "0" });
            db.transaction::<_, migratable::diesel::result::Error, _>(|db| db.batch_execute("SELECT 1")).unwrap();
        }
    }
}

#[test]
fn a_connection_in_a_transaction_is_refused() {
    let mut db = memory();
    db.begin_test_transaction().unwrap();
    let error = program().upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("the connection is in a transaction"), "{error}");
}

#[test]
fn the_second_of_two_waits_and_finds_nothing_to_do() {
    for transaction in [Transaction::All, Transaction::Revision] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let program = program();
        let mut holder = open(&path);
        run(&mut holder, "BEGIN IMMEDIATE");
        let (sender, receiver) = mpsc::channel();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (path, sender, program) = (path.clone(), sender.clone(), program.clone());
                std::thread::spawn(move || {
                    let mut db = open(&path);
                    sender.send(()).unwrap();
                    let options = Options { transaction, ..Options::default() };
                    program.upgrade_to(&mut db, "head", &options).unwrap()
                })
            })
            .collect();
        threads.iter().for_each(|_| receiver.recv().unwrap());
        std::thread::sleep(Duration::from_millis(50));
        run(&mut holder, "COMMIT");
        let reports: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(reports.iter().map(|report| report.done.len()).sum::<usize>(), 3, "each revision once");
        assert!(reports.iter().all(|report| report.standing == Standing::Current));
        assert_eq!(values(&mut holder, "SELECT x FROM a"), ["seed"]);
    }
}

#[test]
fn of_two_that_take_a_step_from_the_same_place_the_second_finds_nothing_to_do() {
    type Go = fn(&Program, &mut Db) -> Report;
    let steps: [(&str, &str, Go); 2] = [
        ("r2", "DELETE FROM migratable_revisions WHERE revision = 'r2'", |program, db| {
            program.downgrade(db, "-1", &Options::default()).unwrap()
        }),
        ("r1", "INSERT INTO migratable_revisions VALUES ('r2', 2, '', 'v1:r2', NULL, '', 0, '')", |program, db| {
            program.upgrade_to(db, "+1", &Options::default()).unwrap()
        }),
    ];
    for (from, of_the_other, go) in steps {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let program = line(&[(nothing, nothing), (nothing, nothing), (nothing, nothing)]);
        let mut first = open(&path);
        program.upgrade_to(&mut first, from, &Options::default()).unwrap();
        run(&mut first, "BEGIN IMMEDIATE");
        let waiting = std::thread::spawn({
            let mut second = open(&path);
            move || go(&line(&[(nothing, nothing), (nothing, nothing), (nothing, nothing)]), &mut second)
        });
        std::thread::sleep(std::time::Duration::from_millis(200));
        run(&mut first, of_the_other);
        run(&mut first, "COMMIT");
        let (done, there) = (waiting.join().unwrap().done, program.current(&mut first).unwrap());
        assert_eq!((done, there), (Vec::new(), vec![if from == "r2" { "r1" } else { "r2" }.to_owned()]));
    }
}

#[test]
fn a_connection_that_does_not_wait_still_finds_out_where_the_database_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let program = program();
    program.upgrade(&mut open(&path)).unwrap();
    let mut holder = open(&path);
    run(&mut holder, "BEGIN EXCLUSIVE");
    let mut db = open(&path);
    let waiting = std::thread::spawn(move || {
        let standing = program.ensure_current(&mut db).unwrap();
        (standing, one(&mut db, "SELECT timeout FROM pragma_busy_timeout"))
    });
    std::thread::sleep(Duration::from_millis(100));
    run(&mut holder, "COMMIT");
    assert_eq!(waiting.join().unwrap(), (Standing::Current, "0".to_owned()));
}

#[test]
fn branches_are_applied_in_order_and_taken_back_alone() {
    let program = database::program(vec![
        database::revision("r1", &[], first, |op| op.drop_table("a")),
        database::revision(
            "left",
            &["r1"],
            |op| op.create_table(table("b").column(column("x", text()))),
            |op| op.drop_table("b"),
        ),
        database::revision(
            "right",
            &["r1"],
            |op| op.create_table(table("c").column(column("x", text()))),
            |op| op.drop_table("c"),
        ),
    ]);
    let mut db = memory();
    let error = program.upgrade_to(&mut db, "head", &ALL).unwrap_err().to_string();
    assert!(error.contains("several heads: left, right"), "{error}");
    program.upgrade_to(&mut db, "heads", &ALL).unwrap();
    assert_eq!(program.current(&mut db).unwrap(), ["left", "right"]);
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(values(&mut db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name < 'm'"), ["a"]);
}

#[test]
fn the_plan_shows_statements_and_changes_nothing() {
    let (program, mut db) = (program(), memory());
    program.upgrade_to(&mut db, "r1", &ALL).unwrap();
    let planned = program.plan(&mut db, "head", Direction::Upgrade).unwrap();
    assert_eq!(planned[0].operations, ["add column a.y (text, nullable)"]);
    assert_eq!(statements(&planned[0]), ["ALTER TABLE \"a\" ADD COLUMN \"y\" TEXT"]);
    assert_eq!(
        statements(&planned[1]),
        ["INSERT INTO \"a\" (\"x\") VALUES\n    ('seed')", "-- stops if a reference points nowhere"]
    );
    assert_eq!(program.current(&mut db).unwrap(), ["r1"]);
    let back = program.plan(&mut db, "base", Direction::Downgrade).unwrap();
    assert_eq!(statements(&back[0]), ["DROP TABLE \"a\""]);
}
