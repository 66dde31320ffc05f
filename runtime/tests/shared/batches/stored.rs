//! What becomes of that which others store in a column while it is filled, and of rows that are filled from others.

use migratable::Settings;
use migratable::revision::*;

use super::{PEOPLE, beside, first, inhabited, person};
use crate::database::{assert_is, line, nothing, replay, run, values};
use crate::shared::programs::Record;

/// The default comes behind the fill, as `revision` writes it.
fn default_behind(op: &mut Operations) {
    op.add_column("people", column("n", bigint()).nullable());
    op.add_column("people", column("m", bigint()).nullable());
    op.backfill("people", "m", sql("id"));
    op.backfill("people", "n", sql("id + 1000"));
    op.alter_column("people", "n").not_null().default(0);
}

fn default_before(op: &mut Operations) {
    op.add_column("people", column("n", bigint()).nullable().default(0));
    op.backfill("people", "n", sql("id + 1000"));
    op.alter_column("people", "n").not_null();
}

fn default_meanwhile(op: &mut Operations) {
    op.add_column("people", column("n", bigint()).nullable());
    op.alter_column("people", "n").default(0);
    op.backfill("people", "n", sql("id + 1000"));
}

fn there(op: &mut Operations) {
    op.add_column("people", column("n", bigint()).default(0));
}

fn overwritten(op: &mut Operations) {
    op.backfill("people", "n", sql("id + 1000"));
}

fn overwritten_in_part(op: &mut Operations) {
    op.backfill_where("people", "n", sql("id + 1000"), sql("n < 1000"));
}

#[test]
fn what_others_store_stays_in_a_column_that_is_new_and_has_no_default_and_in_no_other() {
    for (name, before, change, stays) in [
        ("default behind", nothing as Record, default_behind as Record, true),
        ("default before", nothing, default_before, false),
        ("default meanwhile", nothing, default_meanwhile, false),
        ("there", there, overwritten, false),
        ("there, in part", there, overwritten_in_part, false),
    ] {
        let program = line(&[(first, nothing), (before, nothing), (change, nothing)]);
        let program = program.with_settings(Settings::default().with_batch_size(5));
        let (_stays, mut db, mut other) = inhabited(&program);
        program.upgrade_to(&mut db, "r2", &migratable::Options::default()).unwrap();
        let mut is_there = false;
        let batches = beside::upgrade(&program, &mut db, &mut other, |_, other| {
            // The other column is filled before.
            if is_there || values(other, "SELECT id FROM people WHERE n > 1000").is_empty() {
                return;
            }
            is_there = true;
            // Behind the place that is reached, and before it; by those who do not know the column, and by those who do.
            for (id, own) in [(-1, 77), (-2, 78)] {
                run(other, &format!("{}; {}", person(id, "1"), person(own, "1")));
            }
            for (id, own) in [(-3, 80), (-4, 81)] {
                for id in [id, own] {
                    let values = format!("({id}, '', '', '', 'e{id}', 7)");
                    run(other, &format!("INSERT INTO people (id, first, last, age, email, n) VALUES {values}"));
                }
            }
            run(other, "UPDATE people SET n = 7 WHERE id IN (2, 20)");
        });
        assert!(is_there && batches.unwrap() > 5);
        let own: &[i64] = if stays { &[-4, -3, 2, 20, 80, 81] } else { &[] };
        let ids = [-4, -3, -2, -1].into_iter().chain(1..=PEOPLE).chain([77, 78, 80, 81]);
        let expected: Vec<String> = ids.map(|id| if own.contains(&id) { 7 } else { id + 1000 }.to_string()).collect();
        assert_eq!(values(&mut db, "SELECT n FROM people ORDER BY id"), expected, "{name}");
        assert_is(&mut db, &replay(&program, &[]), name);
    }
}

fn pets_have_names(op: &mut Operations) {
    op.add_column("pets", column("name", varchar(30)).nullable());
    op.add_column("people", column("vip", bigint()).default(0));
}

fn from_others(op: &mut Operations) {
    op.add_column("people", column("pet", varchar(30)).nullable());
    op.backfill("people", "pet", sql("(SELECT max(name) FROM pets WHERE owner_id = people.id)"));
}

fn from_others_in_part(op: &mut Operations) {
    op.add_column("people", column("pet", varchar(30)).nullable());
    let pet = sql("(SELECT max(name) FROM pets WHERE owner_id = people.id)");
    op.backfill_where("people", "pet", pet, sql("first <> 'f4'"));
}

fn where_others(op: &mut Operations) {
    op.backfill_where("people", "vip", sql("1"), sql("id IN (SELECT owner_id FROM pets WHERE name = 'rex')"));
}

fn from_others_where_empty(op: &mut Operations) {
    op.add_column("people", column("pet", varchar(30)).nullable());
    let pet = sql("(SELECT max(name) FROM pets WHERE owner_id = people.id)");
    op.backfill_where("people", "pet", pet, sql("pet IS NULL"));
}

#[test]
fn a_value_that_comes_from_other_rows_is_what_they_say_in_the_end() {
    for (change, in_batches, filled, expected) in [
        (from_others as Record, true, "pet", ["rex", "REX", "NULL", "rex"]),
        (from_others_in_part, true, "pet", ["rex", "REX", "NULL", "NULL"]),
        // A row that was filled would not tell whether it is to be filled again.
        (where_others, false, "vip", ["1", "1", "1", "1"]),
        (from_others_where_empty, false, "pet", ["rex", "rex", "rex", "rex"]),
    ] {
        let program = line(&[(first, nothing), (pets_have_names, nothing), (change, nothing)]);
        let program = program.with_settings(Settings::default().with_batch_size(5));
        let (_stays, mut db, mut other) = inhabited(&program);
        program.upgrade_to(&mut db, "r2", &migratable::Options::default()).unwrap();
        run(&mut db, "UPDATE pets SET name = 'rex'");
        let batches = beside::upgrade(&program, &mut db, &mut other, |batch, other| {
            if batch == 1 {
                run(other, "UPDATE pets SET name = 'REX' WHERE id = 2; DELETE FROM pets WHERE id = 3");
            }
        });
        assert_eq!(batches.unwrap() > 3, in_batches, "{filled}");
        assert_eq!(values(&mut db, &format!("SELECT {filled} FROM people ORDER BY id"))[..4], expected);
        assert_is(&mut db, &replay(&program, &[]), "from others");
    }
}
