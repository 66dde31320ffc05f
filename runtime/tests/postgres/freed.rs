//! Locks that somebody's SQL frees, the one that keeps deployers apart among them.

use std::cell::{Cell, RefCell};

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Event, Observer, Options, Report, Standing, Transaction};

use super::database::{Db, Program, line, nothing, one, run, throwaway, values};

/// What a deployer asks for.
const TRY: &str = "SELECT pg_try_advisory_lock(hashtextextended('public', 7883946363647713634))";
const FREE_ALL: &str = "SELECT pg_advisory_unlock_all()";

fn first(op: &mut Operations) {
    op.create_table(table("a").column(column("x", integer())));
}

fn third(op: &mut Operations) {
    op.add_column("a", column("y", integer()).nullable());
}

fn free_all(db: &mut Db) -> Result<()> {
    Ok(db.batch_execute(FREE_ALL)?)
}

/// Upgrades, while another connection tries to come in after each transaction but the last; gives how often it could.
fn beside_another(program: &Program, db: &mut Db, other: Db, transaction: Transaction) -> (Report, [u32; 2]) {
    let (other, tried, came_in) = (RefCell::new(other), Cell::new(0), Cell::new(0));
    let observe = |event: &Event<'_>| {
        if let Event::Committed { .. } = event {
            tried.set(tried.get() + 1);
            came_in.set(came_in.get() + u32::from(one(&mut other.borrow_mut(), TRY) == "true"));
            run(&mut other.borrow_mut(), FREE_ALL);
        }
    };
    let options = Options { transaction, observer: Observer::new(&observe), ..Options::default() };
    let report = program.upgrade_to(db, "head", &options).unwrap();
    (report, [tried.get(), came_in.get()])
}

#[test]
fn nobody_comes_in_when_a_step_has_freed_all_locks() {
    type Change = fn(&mut Operations);
    let second: [(&str, Change, Transaction, u32); 5] = [
        ("Rust", |op| op.run(free_all), Transaction::Usual, 3),
        ("SQL", |op| op.execute(sql(FREE_ALL)), Transaction::Usual, 3),
        (
            "a block of SQL",
            |op| op.execute(sql("DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$")),
            Transaction::Usual,
            3,
        ),
        ("each in a transaction", |op| op.execute(sql(FREE_ALL)), Transaction::None, 3),
        (
            "before what is in none",
            |op| {
                op.execute(sql(FREE_ALL));
                op.execute(sql("CREATE INDEX CONCURRENTLY ix_a_x ON a (x)"));
            },
            Transaction::Usual,
            6,
        ),
    ];
    for (what, second, transaction, transactions) in second {
        let mut db = throwaway();
        let program = line(&[(first, nothing), (second, nothing), (third, nothing)]);
        let other = db.connect();
        let (report, [tried, came_in]) = beside_another(&program, &mut db, other, transaction);
        assert_eq!((report.done.len(), report.standing), (3, Standing::Current), "{what}");
        // Behind the last one everybody may.
        assert_eq!([tried, came_in], [transactions, u32::from(came_in > 0)], "{what}");
        assert_eq!(one(&mut db.connect(), TRY), "true", "{what}: the lock is left");
    }
}

#[test]
fn a_lock_that_a_trigger_has_freed_is_missed_before_anything_is_done() {
    fn second(op: &mut Operations) {
        op.execute(sql("CREATE FUNCTION free_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_advisory_unlock_all(); RETURN NULL; END $$; \
             CREATE TRIGGER frees AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION free_all()"));
        op.bulk_insert("a", ["x"], [[value(1)]]);
    }
    let mut db = throwaway();
    let program = line(&[(first, nothing), (second, nothing), (third, nothing)]);
    let error = program.upgrade(&mut db).unwrap_err();
    assert_eq!(error.code(), "database");
    let error = error.to_string();
    for part in ["freed the lock", "pg_advisory_unlock_all()", "free no other locks than its own", "is whole"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(values(&mut db, "SELECT revision FROM migratable_revisions ORDER BY 1"), ["r1", "r2"]);
    assert_eq!(program.upgrade(&mut db).unwrap().done.len(), 1);
}
