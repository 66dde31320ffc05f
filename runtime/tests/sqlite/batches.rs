//! What only SQLite lets a table be while its rows are worked on.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use migratable::revision::*;
use migratable::{Event, Observer, Options};

use crate::database::{line, nothing, one, run, two};
use crate::shared::batches::{filling, inhabited, people, program};

#[test]
fn a_trigger_that_touches_rows_does_not_make_them_news_for_ever() {
    let program = program(5);
    let (_stays, mut db, _) = inhabited(&program);
    run(
        &mut db,
        "CREATE TRIGGER touch AFTER UPDATE ON people BEGIN UPDATE people SET note = 'touched' WHERE id = NEW.id; END",
    );
    program.upgrade(&mut db).unwrap();
    assert_eq!(people(&mut db).len(), 23);
    assert_eq!(one(&mut db, "SELECT count(*) FROM people WHERE note = 'touched'"), "23");
}

#[test]
fn a_row_without_a_key_stops_before_anything_is_done() {
    for size in [1_000, 1] {
        let program = program(size);
        let (_stays, mut db, _) = two();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(
            &mut db,
            "PRAGMA foreign_keys = OFF; DROP TABLE people; CREATE TABLE people (id BIGINT PRIMARY KEY, first, last, age, \
             email, note); INSERT INTO people VALUES (NULL, 'a', 'b', '1', 'c', NULL), (7, 'a', 'b', '1', 'd', NULL), \
             (8, 'a', 'b', '1', 'e', NULL)",
        );
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("a row of people has NULL in its primary key"), "{error}");
    }
}

#[test]
fn a_row_that_ends_the_transaction_ends_the_work_and_nothing_stays() {
    fn fill(op: &mut Operations) {
        op.add_column("people", column("whole", varchar(70)).nullable());
        op.backfill("people", "whole", sql("first || last"));
    }
    for size in [1_000, 5] {
        let program = filling(fill, size);
        let (_stays, mut db, _) = inhabited(&program);
        run(
            &mut db,
            "CREATE TRIGGER refuses BEFORE UPDATE ON people WHEN OLD.id = 13 BEGIN SELECT RAISE(ROLLBACK, 'not this one'); \
             END",
        );
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("not this one"), "{error}");
        let there = "SELECT count(*) FROM pragma_table_info('people') WHERE name = 'whole'";
        assert_eq!(one(&mut db, there), if size == 5 { "1" } else { "0" });
        if size == 5 {
            assert!(error.contains("the row with id = 13"), "{error}");
            assert_eq!(one(&mut db, "SELECT count(*) FROM people WHERE whole IS NOT NULL"), "12");
        }
        run(&mut db, "DROP TRIGGER refuses");
        program.upgrade(&mut db).unwrap();
        assert_eq!(one(&mut db, "SELECT count(*) FROM people WHERE whole = first || last"), "23");
    }
}

#[test]
fn how_many_rows_there_are_is_told_of_more_than_a_million_too() {
    let program = line(&[
        (|op| op.create_table(table("t").column(column("id", bigint())).primary_key("pk_t", ["id"])), nothing),
        (
            |op| {
                op.add_column("t", column("n", bigint()).nullable());
                op.backfill("t", "n", sql("id"));
            },
            nothing,
        ),
    ]);
    let (_stays, mut db, _) = two();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(
        &mut db,
        "INSERT INTO t WITH RECURSIVE ids(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids LIMIT 1000003) SELECT id FROM ids",
    );
    let told = Cell::new(None);
    let observe = |event: &Event<'_>| {
        if let Event::Rows { of, .. } = event {
            told.set(*of);
            panic!("that is enough");
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    catch_unwind(AssertUnwindSafe(|| program.upgrade_to(&mut db, "head", &options))).unwrap_err();
    assert_eq!(told.get(), Some(1_000_003));
}
