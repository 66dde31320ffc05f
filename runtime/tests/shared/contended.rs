//! Batches in whose way others stand; on SQLite whoever writes is alone.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use migratable::{Event, Observer, Options};

use crate::database::{run, two};
use crate::shared::batches::{PEOPLE, expected, fill, people, program};

#[test]
fn a_batch_that_others_stand_in_the_way_of_is_tried_again() {
    let program = program(5);
    let settings = program.settings().clone().with_lock_timeout(Duration::from_millis(300));
    let program = program.with_settings(settings);
    let (_stays, mut db, other) = two();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    fill(&mut db);
    let (other, batch, retried) = (RefCell::new(other), Cell::new(0), Cell::new(0));
    let observe = |event: &Event<'_>| match event {
        Event::Rows { .. } if batch.replace(batch.get() + 1) == 1 => {
            run(&mut other.borrow_mut(), "START TRANSACTION; UPDATE people SET note = 'held' WHERE id = 13");
        }
        Event::Retries { .. } => {
            retried.set(retried.get() + 1);
            run(&mut other.borrow_mut(), "COMMIT");
        }
        _ => {}
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    program.upgrade_to(&mut db, "head", &options).unwrap();
    assert_eq!(retried.get(), 1);
    let mut wanted: Vec<String> = (1..=PEOPLE).map(expected).collect();
    wanted[12] = "13|f13 l13|40|e13!|held".to_owned();
    assert_eq!(people(&mut db), wanted);
}
