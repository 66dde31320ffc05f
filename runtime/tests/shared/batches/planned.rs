//! What is shown of work on rows before it is done.

use std::sync::{Arc, Mutex};

use migratable::Direction;
use migratable::diesel::connection::{Connection, InstrumentationEvent};
use migratable::revision::*;

use super::{filling, inhabited, program};
use crate::shared::MYSQL;
use crate::shared::programs::{Program, planned};

/// Runs the last revision; gives what was said of it before, and asserts that all of that was done, in this order.
fn shown_and_done(program: &Program) -> Vec<String> {
    let (_stays, mut db, _) = inhabited(program);
    let shown: Vec<String> =
        planned(program, &mut db, "head", Direction::Upgrade).statements.into_iter().map(|it| it.sql).collect();
    let done = Arc::new(Mutex::new(Vec::new()));
    let noted = done.clone();
    db.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            noted.lock().unwrap().push(query.to_string());
        }
    });
    program.upgrade(&mut db).unwrap();
    let all = done.lock().unwrap();
    let mut done = all.iter();
    for sql in shown.iter().filter(|sql| !sql.starts_with("-- ")) {
        let sql = sql.trim_end_matches(" -- batch by batch");
        assert!(done.any(|it| it.contains(sql)), "{sql} is not done behind what is shown before it:\n{all:#?}");
    }
    shown
}

#[test]
fn what_is_shown_of_mapped_rows_is_what_is_done() {
    for size in [1_000, 5] {
        let shown = shown_and_done(&program(size));
        let says = |text: &str| shown.iter().any(|it| it.contains(text));
        assert!(says("-- maps the rows of people by `join`"), "{shown:#?}");
        let in_batches = size == 5 || MYSQL;
        assert_eq!(says("batch by batch"), in_batches, "{shown:#?}");
        assert_eq!(says("migratable_changed_row"), in_batches, "{shown:#?}");
        assert_eq!(says("migratable_no_new_row"), MYSQL, "{shown:#?}");
    }
}

#[test]
fn what_is_shown_of_a_fill_is_what_is_done() {
    fn fill(op: &mut Operations) {
        op.add_column("people", column("whole", varchar(70)).nullable());
        op.backfill("people", "whole", sql("'whole'"));
        op.alter_column("people", "whole").not_null();
    }
    for size in [1_000, 5] {
        let program = filling(fill, size);
        let shown = shown_and_done(&program);
        let says = |text: &str| shown.iter().any(|it| it.contains(text));
        assert_eq!(says(" -- batch by batch"), size == 5, "{shown:#?}");
        assert_eq!(says("CREATE TRIGGER"), size == 5, "{shown:#?}");
    }
}
