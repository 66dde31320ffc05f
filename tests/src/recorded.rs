//! Two revisions, `a` and `b`, whose operations a test sets, on any database.

use std::cell::RefCell;
use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use migratable::revision::Operations;
use migratable::{AnyConnection, Database, Migrator, Revision};
use migratable_core::Operation;

type Pair = [Vec<Operation>; 2];

thread_local! {
    static UP: RefCell<Pair> = const { RefCell::new([Vec::new(), Vec::new()]) };
    static DOWN: RefCell<Pair> = const { RefCell::new([Vec::new(), Vec::new()]) };
    static STEPS: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// The revisions, whose operations are those of the thread.
static REVISIONS: [Revision; 2] = [
    Revision {
        id: "a00000000000",
        after: &[],
        depends_on: &[],
        labels: &[],
        replaces: &[],
        message: "a",
        file: "a.rs",
        checksum: "v1:a",
        steps_checksum: None,
        transaction: None,
        upgrade: |op| record(op, &UP.with_borrow(|it| it[0].clone())),
        downgrade: |op| record(op, &DOWN.with_borrow(|it| it[0].clone())),
    },
    Revision {
        id: "b00000000000",
        after: &["a00000000000"],
        depends_on: &[],
        labels: &[],
        replaces: &[],
        message: "b",
        file: "b.rs",
        checksum: "v1:b",
        steps_checksum: None,
        transaction: None,
        upgrade: |op| record(op, &UP.with_borrow(|it| it[1].clone())),
        downgrade: |op| record(op, &DOWN.with_borrow(|it| it[1].clone())),
    },
];

fn record(op: &mut Operations, operations: &[Operation]) {
    for operation in operations {
        match operation {
            Operation::Run { step } => {
                let sql = STEPS.with_borrow(|it| it.get(step).cloned().unwrap_or_default());
                op.run(move |db: &mut AnyConnection| Ok(db.batch_execute(&sql)?));
            }
            other => op.operations.push(other.clone()),
        }
    }
}

/// What the upgrades of the two revisions do, on this thread.
pub fn set_upgrades(operations: Pair) {
    UP.set(operations);
}

/// What the downgrades of the two revisions do, on this thread.
pub fn set_downgrades(operations: Pair) {
    DOWN.set(operations);
}

/// The SQL that the steps of the revisions run, on this thread and on an [`AnyConnection`].
pub fn set_steps(steps: BTreeMap<String, String>) {
    STEPS.set(steps);
}

/// A migrator of the two revisions.
pub fn migrator<Db: Database>() -> Migrator<Db> {
    Migrator::new(&REVISIONS)
}

/// A new SQLite database in memory, with foreign keys on.
///
/// # Panics
/// If there is none to be had.
pub fn connect() -> SqliteConnection {
    let mut db = SqliteConnection::establish(":memory:").unwrap_or_else(|error| panic!("{error}"));
    db.batch_execute("PRAGMA foreign_keys = ON").unwrap_or_else(|error| panic!("{error}"));
    db
}
