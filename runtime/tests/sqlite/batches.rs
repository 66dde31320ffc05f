//! What only SQLite lets a table be while its rows are worked on.

use migratable::Options;

use crate::database::{one, run, two};
use crate::shared::batches::{inhabited, people, program};

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
