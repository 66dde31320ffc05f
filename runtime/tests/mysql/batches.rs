//! What others may do while a table becomes what a revision says, where no lock outlives a change of a table.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Event, Observer, Options, RepairOptions, TablesAre};

use crate::database::{Db, Program, one, run};
use crate::shared::batches::repaired::beside;
use crate::shared::batches::{filling, inhabited, people, person, program};

#[test]
fn nobody_else_writes_between_the_last_batch_and_the_change_of_the_table() {
    let program = program(5);
    let (_stays, mut db, other) = inhabited(&program);
    let (other, refused) = (RefCell::new(other), RefCell::new(Vec::new()));
    let observe = |event: &Event<'_>| {
        if let Event::Progresses { operation, .. } = event
            && operation.contains("drop column")
        {
            let mut other = other.borrow_mut();
            for statement in [person(77, "1"), "UPDATE people SET age = '7' WHERE id = 7".to_owned()] {
                refused.borrow_mut().push(other.batch_execute(&statement).unwrap_err().to_string());
            }
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    program.upgrade_to(&mut db, "head", &options).unwrap();
    let refused = refused.borrow();
    assert!(refused.len() >= 2, "{refused:?}");
    assert!(refused.iter().all(|it| it == "people is being migrated: try again in a moment"), "{refused:?}");
    assert_eq!(people(&mut db).len(), 23);
    // Behind it, they write again, also on the connection of the tool itself.
    for db in [&mut db, &mut *other.borrow_mut()] {
        run(db, "UPDATE people SET age = age + 1 WHERE id = 7");
    }
    assert_eq!(one(&mut db, "SELECT CAST(age AS char) FROM people WHERE id = 7"), "42");
    assert_eq!(
        one(
            &mut db,
            "SELECT CAST(count(*) AS char) FROM information_schema.triggers WHERE trigger_schema = database()"
        ),
        "0"
    );
}

#[test]
fn a_table_that_cannot_become_what_the_revision_says_is_free_to_be_written_to() {
    fn unique(op: &mut Operations) {
        // Nothing is foreseen behind it.
        op.execute(sql("DO 0"));
        op.add_column("people", column("group_id", bigint()).nullable());
        op.backfill("people", "group_id", sql("length(first)"));
        op.create_unique("people", unique_of());
    }
    fn unique_of() -> migratable_core::Unique {
        migratable::revision::unique("uq_people_group_id", ["group_id"])
    }
    let program = filling(unique, 5);
    let (_stays, mut db, mut other) = inhabited(&program);
    for _ in 0..2 {
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("uq_people_group_id") || error.contains("group_id"), "{error}");
        run(&mut other, "UPDATE people SET note = 'free' WHERE id = 4");
    }
    run(&mut other, "DELETE FROM pets; DELETE FROM people WHERE id > 1; UPDATE people SET first = 'longer'");
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT CAST(group_id AS char) FROM people"), "6");
}

#[test]
fn what_a_person_stores_where_a_fill_gave_nothing_stays() {
    fn some(op: &mut Operations) {
        // Nothing is foreseen behind it.
        op.execute(sql("DO 0"));
        op.add_column("people", column("n", bigint()).nullable());
        op.backfill("people", "n", sql("CASE WHEN id <> 13 THEN length(first) END"));
        op.alter_column("people", "n").not_null();
    }
    let program = filling(some, 5);
    let (_stays, mut db, mut other) = inhabited(&program);
    program.upgrade(&mut db).unwrap_err();
    run(&mut other, "UPDATE people SET n = 77 WHERE id = 13; UPDATE people SET first = 'longer' WHERE id IN (3, 13)");
    run(&mut other, "UPDATE people SET n = 77 WHERE id = 13");
    program.upgrade(&mut db).unwrap_err();
    run(&mut other, "UPDATE people SET n = 78 WHERE id = 13");
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT GROUP_CONCAT(n ORDER BY id) FROM people WHERE id IN (3, 13)"), "6,78");
    assert_eq!(one(&mut db, "SELECT CAST(count(*) AS char) FROM people WHERE n IS NULL"), "0");
}

#[test]
fn rows_are_not_filled_again_for_the_digits_behind_a_number() {
    fn averages(op: &mut Operations) {
        op.add_column("people", column("exact", numeric(10, 2)).nullable());
        op.add_column("people", column("whole", bigint()).nullable());
        op.backfill("people", "exact", sql("(SELECT avg(id) FROM pets WHERE owner_id = people.id)"));
        op.backfill("people", "whole", sql("(SELECT avg(id) FROM pets WHERE owner_id = people.id)"));
        op.add_column("people", column("several", numeric(10, 2)).nullable());
        op.backfill("people", "several", sql("(SELECT count(*) FROM pets WHERE owner_id = people.id)"));
    }
    let program = filling(averages, 5);
    let (_stays, mut db, _) = inhabited(&program);
    run(
        &mut db,
        "CREATE TABLE seen (id INT); CREATE TRIGGER sees AFTER UPDATE ON people FOR EACH ROW INSERT INTO seen VALUES \
         (NEW.id)",
    );
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT CAST(count(*) AS char) FROM seen"), "69");
    assert_eq!(one(&mut db, "SELECT CAST(exact AS char) FROM people WHERE id = 22"), "22.00");
}

/// Stops an upgrade where others are kept away from the table.
fn stop_behind_the_last_batch(program: &Program, db: &mut Db) {
    let observe = |event: &Event<'_>| {
        let stops = matches!(event, Event::Progresses { operation, .. } if operation.contains("drop column"));
        assert!(!stops, "stop here");
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    catch_unwind(AssertUnwindSafe(|| program.upgrade_to(db, "head", &options))).unwrap_err();
}

#[test]
fn a_revision_that_is_ended_by_hand_keeps_nobody_from_writing() {
    for tables in [TablesAre::After, TablesAre::Before] {
        let program = program(5);
        let (_stays, mut db, mut other) = inhabited(&program);
        stop_behind_the_last_batch(&program, &mut db);
        let update = "UPDATE people SET note = 'free' WHERE id = 4";
        other.batch_execute(update).unwrap_err();

        let options = RepairOptions { reason: "by hand".to_owned(), tables: Some(tables) };
        program.repair(&mut db, "r2", &options).unwrap();

        assert_eq!(beside(&mut db), [] as [&str; 0]);
        run(&mut other, update);
    }
}

#[test]
fn a_row_that_the_last_batch_cannot_map_keeps_nobody_from_writing() {
    let program = program(5);
    let (_stays, mut db, other) = inhabited(&program);
    let (other, maps) = (RefCell::new(other), Cell::new(0));
    let observe = |event: &Event<'_>| {
        // Behind the last pass, and before others are kept away.
        if let Event::Progresses { operation, .. } = event
            && operation.contains("map")
            && maps.replace(maps.get() + 1) == 1
        {
            run(&mut other.borrow_mut(), "UPDATE people SET age = 'many' WHERE id = 4");
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    let error = program.upgrade_to(&mut db, "head", &options).unwrap_err().to_string();
    assert!(error.contains("the row with id = 4"), "{error}");
    run(&mut other.borrow_mut(), "UPDATE people SET age = '44' WHERE id = 4");
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT age FROM people WHERE id = 4"), "44");
}

#[test]
fn what_the_server_sets_at_an_update_stays_as_it_is() {
    fn filled(op: &mut Operations) {
        op.rename_column("people", "note", "remark");
        op.add_column("people", column("whole", varchar(70)).nullable());
        op.backfill("people", "whole", sql("concat(first, last)"));
        op.backfill("people", "remark", sql("concat(remark, '!')"));
    }
    let fills = filling(filled, 5);
    for program in [program(5), fills] {
        let (_stays, mut db, _) = inhabited(&program);
        run(
            &mut db,
            "UPDATE people SET note = 'n'; \
             ALTER TABLE people ADD seen TIMESTAMP NOT NULL DEFAULT '2001-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP",
        );
        program.upgrade(&mut db).unwrap();
        assert_eq!(one(&mut db, "SELECT count(*) FROM people WHERE seen <> '2001-01-01 00:00:00'"), "0");
    }
}

#[test]
fn triggers_of_others_see_that_it_is_the_tool_that_writes() {
    for size in [1_000, 5] {
        let program = program(size);
        let (_stays, mut db, mut other) = inhabited(&program);
        run(
            &mut db,
            "CREATE TABLE seen (by_tool INT); CREATE TRIGGER sees AFTER UPDATE ON people FOR EACH ROW INSERT INTO seen VALUES \
             (@migratable_session IS NOT NULL)",
        );
        program.upgrade(&mut db).unwrap();
        assert_eq!(one(&mut db, "SELECT count(*) FROM seen WHERE by_tool = 0"), "0");
        assert_eq!(one(&mut db, "SELECT count(*) >= 23 FROM seen"), "1");
        for db in [&mut db, &mut other] {
            run(db, "UPDATE people SET note = 'm' WHERE id = 2");
        }
        assert_eq!(one(&mut db, "SELECT count(*) FROM seen WHERE by_tool = 0"), "2");
    }
}
