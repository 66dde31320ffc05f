//! A fill that fails at a row, and is mended.

use std::panic::{AssertUnwindSafe, catch_unwind};

use migratable::revision::*;
use migratable::{Direction, Revision};

use super::{PEOPLE, beside, filling, first, inhabited};
use crate::database::{Db, Program, assert_is, nothing, one, replay, run, values};
use crate::shared::programs::{Record, revision};
use crate::shared::{MYSQL, each};

/// Where a name is too long, the database refuses the row. SQLite takes any text, and finds a number too large.
fn whole(op: &mut Operations) {
    let overflow = "CASE WHEN length(first) > 9 THEN abs(-9223372036854775807 - 1 + 0 * id) ELSE first || last END";
    op.add_column("people", column("whole", varchar(10)).nullable());
    op.backfill("people", "whole", sql(each(overflow, "first || last", "concat(first, last)")));
    op.alter_column("people", "whole").not_null();
}

fn shorter(op: &mut Operations) {
    op.add_column("people", column("whole", varchar(10)).nullable());
    op.backfill("people", "whole", sql("substr(last, 1, 9)"));
    op.alter_column("people", "whole").not_null();
}

fn shorter_and_more(op: &mut Operations) {
    shorter(op);
    op.add_column("people", column("more", varchar(10)).nullable());
}

fn shorter_and_fewer(op: &mut Operations) {
    op.add_column("people", column("whole", varchar(10)).nullable());
    op.backfill_where("people", "whole", sql("substr(last, 1, 9)"), sql("id > 9"));
    op.alter_column("people", "whole").not_null();
}

fn wrong(op: &mut Operations) {
    op.add_column("people", column("whole", varchar(10)).nullable());
    op.backfill("people", "whole", sql("no_such_column"));
}

/// The program with another second revision.
fn edited(program: &Program, upgrade: Record) -> Program {
    edited_to("v1:edited", program, upgrade)
}

fn edited_to(checksum: &'static str, program: &Program, upgrade: Record) -> Program {
    let second = Revision { checksum, ..revision("r2", &["r1"], upgrade, nothing) };
    let revisions = vec![revision("r1", &[], first, nothing), second];
    Program::new(revisions.leak()).with_settings(program.settings().clone())
}

fn long_name(db: &mut Db) {
    run(db, "UPDATE people SET first = 'one that is much too long' WHERE id = 13");
}

/// Makes the row of person 13 one that is refused: by its name, or where that is foreseen, by a trigger.
fn spoil(db: &mut Db) {
    match MYSQL {
        false => long_name(db),
        true => run(
            db,
            "CREATE TRIGGER refuses BEFORE UPDATE ON people FOR EACH ROW IF NEW.id = 13 THEN SIGNAL SQLSTATE '45001' SET \
             MESSAGE_TEXT = 'not this one'; END IF",
        ),
    }
}

#[test]
fn a_row_that_cannot_be_filled_is_named_and_the_fill_is_mended() {
    for size in [1_000, 5] {
        let program = filling(whole, size);
        let (_stays, mut db, mut other) = inhabited(&program);
        spoil(&mut db);
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("the row with id = 13: "), "{error}");
        if size == 5 {
            assert_eq!(one(&mut db, "SELECT count(*) FROM people WHERE whole IS NOT NULL"), "12");
        }
        for other_edit in [shorter_and_more, shorter_and_fewer].map(|it| edited(&program, it)) {
            if size == 5 || MYSQL {
                let refused = other_edit.upgrade(&mut db).unwrap_err().to_string();
                assert!(refused.contains("edited since it was begun"), "{refused}");
            }
        }
        if MYSQL {
            run(&mut db, "DROP TRIGGER refuses");
        }
        let mended = edited(&program, shorter);
        mended.plan(&mut db, "head", Direction::Upgrade).unwrap();
        // What is done anew is resumed like anything else.
        let stopped = catch_unwind(AssertUnwindSafe(|| {
            beside::upgrade(&mended, &mut db, &mut other, |batch, _| assert_ne!(batch, 1, "stop here"))
        }));
        assert_eq!(stopped.is_err(), size == 5 || MYSQL);
        mended.upgrade(&mut db).unwrap();
        let expected: Vec<String> = (1..=PEOPLE).map(|id| format!("l{id}")).collect();
        assert_eq!(values(&mut db, "SELECT whole FROM people ORDER BY id"), expected, "{size}");
        assert_is(&mut db, &replay(&mended, &[]), "mended");
        let recorded = "SELECT checksum FROM migratable_revisions WHERE revision = 'r2'";
        assert_eq!(one(&mut db, recorded), "v1:edited");
    }
}

#[test]
fn a_fill_is_mended_too_when_the_rows_are_done_and_something_behind_it_fails() {
    let program = filling(
        |op| {
            op.add_column("people", column("whole", varchar(10)).nullable());
            op.backfill("people", "whole", sql("CASE WHEN id <> 13 THEN 'w' END"));
            op.alter_column("people", "whole").not_null();
        },
        5,
    );
    let (_stays, mut db, _) = inhabited(&program);
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(!error.contains("the row with"), "{error}");
    let mended = edited(&program, shorter);
    mended.upgrade(&mut db).unwrap();
    let expected: Vec<String> = (1..=PEOPLE).map(|id| format!("l{id}")).collect();
    assert_eq!(values(&mut db, "SELECT whole FROM people ORDER BY id"), expected);
    assert_is(&mut db, &replay(&mended, &[]), "mended");
}

#[test]
fn a_fill_that_was_mended_wrongly_is_mended_again_and_leaves_nothing_of_before() {
    fn half(op: &mut Operations) {
        op.add_column("people", column("whole", varchar(10)).nullable());
        op.backfill("people", "whole", sql("CASE WHEN id < 13 THEN 'half' ELSE no_such_function(id) END"));
        op.alter_column("people", "whole").not_null();
    }
    let program = filling(whole, 5);
    let (_stays, mut db, _) = inhabited(&program);
    spoil(&mut db);
    program.upgrade(&mut db).unwrap_err();
    let error = edited_to("v1:half", &program, half).upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("no_such_function"), "{error}");
    if MYSQL {
        run(&mut db, "DROP TRIGGER refuses");
    }
    edited(&program, shorter).upgrade(&mut db).unwrap();
    let expected: Vec<String> = (1..=PEOPLE).map(|id| format!("l{id}")).collect();
    assert_eq!(values(&mut db, "SELECT whole FROM people ORDER BY id"), expected);
}

#[test]
fn a_fill_that_is_wrong_whatever_the_rows_are_names_none() {
    for size in [1_000, 5] {
        let program = filling(wrong, size);
        let (_stays, mut db, _) = inhabited(&program);
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("no_such_column") && !error.contains("the row with"), "{error}");
    }
}

#[test]
fn a_noted_row_that_cannot_be_filled_is_named() {
    let program = filling(whole, 5);
    let (_stays, mut db, mut other) = inhabited(&program);
    let error = beside::upgrade(&program, &mut db, &mut other, |batch, other| {
        if batch == 3 {
            run(other, "UPDATE people SET last = 'm' WHERE id < 9");
            long_name(other);
        }
    });
    let error = error.unwrap_err().to_string();
    assert!(error.contains("the row with id = 13: "), "{error}");
}
