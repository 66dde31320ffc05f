//! Columns that are filled batch by batch.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use migratable::revision::*;
use migratable::{Event, Observer, Options, Settings};

use super::{PEOPLE, expected, filling, first, inhabited, people, person, second};
use crate::database::{assert_is, line, nothing, replay, run, values};
use crate::shared::{MYSQL, each};

fn filled(op: &mut Operations) {
    op.add_column("people", column("whole", varchar(70)).nullable());
    op.backfill("people", "whole", sql(each("first || last", "first || last", "concat(first, last)")));
    op.alter_column("people", "whole").not_null();
}

#[test]
fn a_fill_goes_batch_by_batch_too() {
    const PAUSE: Duration = Duration::from_millis(20);
    for size in [1_000, 5] {
        let settings = Settings::default().with_batch_size(size).with_batch_pause(PAUSE);
        let program = line(&[(first, nothing), (filled, |op| op.drop_column("people", "whole"))]);
        let program = program.with_settings(settings);
        let (_stays, mut db, other) = inhabited(&program);
        let (other, batch) = (RefCell::new(other), Cell::new(0_u32));
        let observe = |event: &Event<'_>| {
            if let Event::Rows { .. } = event {
                let mut other = other.borrow_mut();
                match batch.replace(batch.get() + 1) {
                    1 => run(&mut other, "UPDATE people SET first = 'g' WHERE id = 2"),
                    2 => run(&mut other, &person(-1, "1")),
                    3 => run(&mut other, "UPDATE people SET whole = 'own' WHERE id = 3"),
                    _ => {}
                }
            }
        };
        let options = Options { observer: Observer::new(&observe), ..Options::default() };
        let begun = Instant::now();
        program.upgrade_to(&mut db, "head", &options).unwrap();
        assert!(begun.elapsed() >= PAUSE * batch.get().saturating_sub(1), "it pauses between batches");
        let wanted = if size == 5 { ["f-1l-1", "f1l1", "gl2", "own"] } else { ["f1l1", "f2l2", "f3l3", "f4l4"] };
        assert_eq!(values(&mut db, "SELECT whole FROM people ORDER BY id")[..4], wanted);
        assert_is(&mut db, &replay(&program, &[]), "filled");
        assert_eq!(batch.get() > 3, size == 5);
    }
}

fn several(op: &mut Operations) {
    op.add_column("pets", column("name", varchar(30)).nullable());
    op.backfill("pets", "name", sql("'pet'"));
    op.alter_column("pets", "name").not_null();
    op.execute(sql("UPDATE people SET first = 'g' WHERE id = 2"));
    second(op);
    op.backfill("pets", "name", sql("'dog'"));
}

#[test]
fn several_tables_are_worked_on_in_one_revision_in_the_order_that_it_names() {
    for size in [1_000, 5] {
        let program = filling(several, size);
        let (_stays, mut db, other) = inhabited(&program);
        let (other, batch) = (RefCell::new(other), Cell::new(0));
        let observe = |event: &Event<'_>| {
            if let Event::Rows { .. } = event
                && batch.replace(batch.get() + 1) % 3 == 2
            {
                run(&mut other.borrow_mut(), "UPDATE people SET note = 'n' WHERE id = 5");
            }
        };
        let options = Options { observer: Observer::new(&observe), ..Options::default() };
        program.upgrade_to(&mut db, "head", &options).unwrap();
        let mut wanted: Vec<String> = (1..=PEOPLE).map(expected).collect();
        wanted[1] = "2|g l2|40|e2!|-".to_owned();
        if size == 5 || MYSQL {
            wanted[4] = "5|f5 l5|40|e5!|n".to_owned();
        }
        assert_eq!(people(&mut db), wanted, "{size}");
        assert_eq!(values(&mut db, "SELECT DISTINCT name FROM pets"), ["dog"]);
        assert_is(&mut db, &replay(&program, &[]), "several");
    }
}

#[test]
fn what_others_set_themselves_in_a_new_column_stays() {
    let program = filling(filled, 5);
    let (_stays, mut db, other) = inhabited(&program);
    let (other, batch) = (RefCell::new(other), Cell::new(0));
    let observe = |event: &Event<'_>| {
        if let Event::Rows { .. } = event
            && batch.replace(batch.get() + 1) == 0
        {
            let mut other = other.borrow_mut();
            run(&mut other, "UPDATE people SET whole = 'own' WHERE id IN (2, 20)");
            run(&mut other, &person(-3, "1"));
            run(
                &mut other,
                "INSERT INTO people (id, first, last, age, email, whole) VALUES (77, '', '', '', '', 'new')",
            );
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    program.upgrade_to(&mut db, "head", &options).unwrap();
    let found = values(&mut db, "SELECT whole FROM people WHERE id IN (-3, 1, 2, 20, 77) ORDER BY id");
    assert_eq!(found, ["f-3l-3", "f1l1", "own", "own", "new"]);
}

#[test]
fn a_new_row_that_is_changed_behind_its_batch_is_filled_again() {
    let program = filling(filled, 5);
    let (_stays, mut db, other) = inhabited(&program);
    let other = RefCell::new(other);
    let observe = |event: &Event<'_>| {
        let mut other = other.borrow_mut();
        match event {
            Event::Rows { done: 5, .. } => run(&mut other, &person(77, "1")),
            Event::Rows { done: 24, .. } => run(&mut other, "UPDATE people SET first = 'g' WHERE id = 77"),
            _ => {}
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    program.upgrade_to(&mut db, "head", &options).unwrap();
    assert_eq!(values(&mut db, "SELECT whole FROM people WHERE id = 77"), ["gl77"]);
}
