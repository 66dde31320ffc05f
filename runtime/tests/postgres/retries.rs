//! What is tried again behind a part of a revision that stays.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Error, Event, Observer, Options, Settings, Transaction};

use super::database::{Db, Program, line, nothing, one, run, two, values};
use super::shared::programs::Record;

fn first(op: &mut Operations) {
    op.create_table(table("t").column(column("a", integer())));
    op.bulk_insert("t", ["a"], [[value(1)], [value(2)]]);
}

/// Three parts: the last is behind a statement that is in no transaction.
fn split(op: &mut Operations) {
    op.execute(sql("INSERT INTO t VALUES (3)"));
    op.execute(sql("CREATE UNIQUE INDEX CONCURRENTLY uq_t_a ON t (a)"));
    op.execute(sql("INSERT INTO t VALUES (4)"));
    op.add_column("t", column("b", integer()).nullable());
}

fn split_with_a_step(op: &mut Operations) {
    op.execute(sql("CREATE UNIQUE INDEX CONCURRENTLY uq_t_a ON t (a)"));
    op.run(ten_more);
    op.add_column("t", column("b", integer()).nullable());
}

fn ten_more(db: &mut Db) -> Result<()> {
    STEPS.set(STEPS.get() + 1);
    Ok(db.batch_execute("UPDATE t SET a = a + 10")?)
}

thread_local!(static STEPS: Cell<u32> = const { Cell::new(0) });

fn in_parts(op: &mut Operations) {
    op.execute(sql("INSERT INTO t VALUES (3)"));
    op.add_column("t", column("c", integer()).nullable());
    op.execute(sql("INSERT INTO t VALUES (4)"));
    op.add_column("t", column("b", integer()).nullable());
}

const CHANGES: [(Record, Transaction); 2] = [(split, Transaction::Usual), (in_parts, Transaction::None)];

/// Upgrades while somebody writes to the table as soon as the column `b` is to be added, and ends when that is tried
/// again so often. Gives back how often it was, and what came of it.
fn upgraded(
    program: &Program,
    db: &mut Db,
    other: &mut Db,
    (transaction, ends): (Transaction, u32),
) -> (u32, Result<Vec<String>, Error>) {
    let settings = Settings::default().with_lock_timeout(Duration::from_millis(100)).with_retries(2);
    let program = program.clone().with_settings(settings);
    let (other, held, retried) = (RefCell::new(other), Cell::new(false), Cell::new(0));
    let observe = |event: &Event<'_>| match event {
        Event::Progresses { operation, .. } if operation.contains("add column t.b") && !held.replace(true) => {
            run(&mut other.borrow_mut(), "BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE");
        }
        Event::Retries { .. } => {
            retried.set(retried.get() + 1);
            assert!(retried.get() < 5, "it does not end");
            if retried.get() == ends {
                run(&mut other.borrow_mut(), "COMMIT");
            }
        }
        _ => {}
    };
    let options = Options { observer: Observer::new(&observe), transaction, ..Options::default() };
    let report = program.upgrade_to(db, "head", &options);
    (retried.get(), report.map(|report| report.resumed))
}

#[test]
fn the_part_in_whose_way_others_stand_is_tried_again_and_those_before_it_are_not() {
    for (change, transaction) in CHANGES {
        let program = line(&[(first, nothing), (change, nothing)]);
        let (_stays, mut db, mut other) = two();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        let (retried, resumed) = upgraded(&program, &mut db, &mut other, (transaction, 1));
        assert_eq!((retried, resumed.unwrap().as_slice()), (1, [].as_slice()), "{transaction:?}");
        assert_eq!(values(&mut db, "SELECT a FROM t ORDER BY a"), ["1", "2", "3", "4"], "{transaction:?}");
        assert_eq!(values(&mut db, "SELECT b FROM t WHERE b IS NOT NULL").len(), 0);
        assert_eq!(one(&mut db, "SELECT count(*) FROM pg_class WHERE relname = 'migratable_journal'"), "0");
    }
}

#[test]
fn a_part_that_runs_rust_is_not_tried_again_and_the_next_run_goes_on_behind_what_stays() {
    let program = line(&[(first, nothing), (split_with_a_step, nothing)]);
    let (_stays, mut db, mut other) = two();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    STEPS.set(0);
    let (retried, failed) = upgraded(&program, &mut db, &mut other, (Transaction::Usual, u32::MAX));
    let error = failed.unwrap_err().to_string();
    assert!(error.contains("due to lock timeout"), "{error}");
    assert_eq!((retried, STEPS.get()), (0, 1));
    run(&mut other, "COMMIT");
    assert_eq!(values(&mut db, "SELECT a FROM t ORDER BY a"), ["1", "2"]);
    let report = program.upgrade(&mut db).unwrap();
    assert_eq!((report.resumed, STEPS.get()), (vec!["r2".to_owned()], 2));
    assert_eq!(values(&mut db, "SELECT a FROM t ORDER BY a"), ["11", "12"]);
    assert_eq!(one(&mut db, "SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'uq_t_a'::regclass"), "true");
}

#[test]
fn behind_a_statement_that_is_in_no_transaction_it_was_tried_again_for_ever() {
    for (change, transaction) in CHANGES {
        let program = line(&[(first, nothing), (change, nothing)]);
        let (_stays, mut db, mut other) = two();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        let (retried, failed) = upgraded(&program, &mut db, &mut other, (transaction, u32::MAX));
        let error = failed.unwrap_err().to_string();
        assert!(error.contains("due to lock timeout"), "{error}");
        assert_eq!(retried, 2, "{transaction:?}");
        run(&mut other, "COMMIT");
        assert_eq!(program.upgrade(&mut db).unwrap().resumed, ["r2"], "{transaction:?}");
        assert_eq!(values(&mut db, "SELECT a FROM t ORDER BY a"), ["1", "2", "3", "4"], "{transaction:?}");
    }
}
