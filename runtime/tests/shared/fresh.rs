//! Databases that are made by nothing but CREATE, and how two of them compare.

use std::cell::RefCell;

use migratable_core::{Operation, Schema, Table};

use crate::database::{Db, Throwaway, throwaway};
use crate::reader::schema;
use crate::shared::programs::{line, nothing};

thread_local! {
    static FRESH: RefCell<Vec<Operation>> = const { RefCell::new(Vec::new()) };
}

/// A database with that schema.
pub fn fresh(schema: &Schema) -> Throwaway {
    let mut left: Vec<_> = schema.tables.values().cloned().collect();
    let mut operations: Vec<Operation> = schema.enums.values().cloned().map(Operation::CreateEnum).collect();
    while !left.is_empty() {
        let names: Vec<_> = left.iter().map(|table| table.name.clone()).collect();
        let ready =
            |table: &Table| table.foreign_keys.iter().all(|it| it.table == table.name || !names.contains(&it.table));
        let at = left.iter().position(ready).expect("no cycles in these tests");
        operations.push(Operation::CreateTable(left.remove(at)));
    }
    FRESH.with_borrow_mut(|it| *it = operations);
    let mut db = throwaway();
    line(&[(|op| FRESH.with_borrow(|it| op.operations.extend(it.iter().cloned())), nothing)]).upgrade(&mut db).unwrap();
    db
}

/// Asserts that two schemas are the same, and says where they differ.
pub fn assert_same(found: &mut Db, expected: &mut Db, what: &str) {
    let (found, expected) = (schema(found), schema(expected));
    let differ = |a: &str, b: &str| {
        a.lines().filter(|line| !b.lines().any(|other| other == *line)).collect::<Vec<_>>().join("\n  ")
    };
    assert!(
        found == expected,
        "{what}\nonly in the database:\n  {}\nonly in the fresh one:\n  {}\n\n{found}\n\n{expected}",
        differ(&found, &expected),
        differ(&expected, &found)
    );
}
