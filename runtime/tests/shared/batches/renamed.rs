//! Rows of a table that another branch calls otherwise by now.

use std::cell::Cell;

use migratable::revision::*;
use migratable::{Event, Observer, Options, Settings};

use super::{PEOPLE, back, first, inhabited, nothing, revision, second};
use crate::database::{Program, values};
use crate::shared::MYSQL;

fn renamed(op: &mut Operations) {
    op.rename_table("people", "folks");
}

fn named_back(op: &mut Operations) {
    op.rename_table("folks", "people");
}

#[test]
fn nobody_meets_a_table_by_the_name_that_another_branch_has_taken_from_it() {
    let revisions = vec![
        revision("r1", &[], first, nothing),
        revision("renamed", &["r1"], renamed, named_back),
        revision("r2", &["r1"], second, back),
    ];
    let program = Program::new(Vec::leak(revisions)).with_settings(Settings::default().with_batch_size(5));
    let (_stays, mut db, _) = inhabited(&program);
    program.upgrade_to(&mut db, "renamed", &Options::default()).unwrap();
    let batches = Cell::new(0);
    let observe = |event: &Event<'_>| batches.set(batches.get() + u32::from(matches!(event, Event::Rows { .. })));
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    program.upgrade_to(&mut db, "heads", &options).unwrap();
    let names: Vec<String> = (1..=PEOPLE).map(|id| format!("f{id} l{id}")).collect();
    assert_eq!(values(&mut db, "SELECT name FROM folks ORDER BY id"), names);
    // Several transactions would show the other name meanwhile; there is no other way on MySQL.
    assert_eq!(batches.get() > 0, MYSQL);
}
