//! Two revisions, `a` and `b`, whose operations a test sets, on any database.

use std::cell::RefCell;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use migratable::revision::Operations;
use migratable::{Database, Migrator, Revision};
use migratable_core::Operation;

type Pair = [Vec<Operation>; 2];

thread_local! {
    static UP: RefCell<Pair> = const { RefCell::new([Vec::new(), Vec::new()]) };
    static DOWN: RefCell<Pair> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// The revisions, whose operations are those of the thread.
static REVISIONS: [Revision; 2] = [
    Revision {
        id: "a00000000000",
        after: &[],
        depends_on: &[],
        labels: &[],
        message: "a",
        file: "a.rs",
        checksum: "v1:a",
        steps_checksum: None,
        upgrade: |op| record(op, &UP.with_borrow(|it| it[0].clone())),
        downgrade: |op| record(op, &DOWN.with_borrow(|it| it[0].clone())),
    },
    Revision {
        id: "b00000000000",
        after: &["a00000000000"],
        depends_on: &[],
        labels: &[],
        message: "b",
        file: "b.rs",
        checksum: "v1:b",
        steps_checksum: None,
        upgrade: |op| record(op, &UP.with_borrow(|it| it[1].clone())),
        downgrade: |op| record(op, &DOWN.with_borrow(|it| it[1].clone())),
    },
];

fn record(op: &mut Operations, operations: &[Operation]) {
    op.operations.extend_from_slice(operations);
}

/// What the upgrades of the two revisions do, on this thread.
pub fn set_upgrades(operations: Pair) {
    UP.set(operations);
}

/// What the downgrades of the two revisions do, on this thread.
pub fn set_downgrades(operations: Pair) {
    DOWN.set(operations);
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
