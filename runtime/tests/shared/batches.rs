//! Work on rows batch by batch, while others write.

pub mod beside;
mod filled;
mod keys;
mod mended;
mod noted;
mod planned;
mod renamed;
pub mod repaired;
mod stored;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

use migratable::diesel::connection::Connection;
use migratable::diesel::deserialize;
use migratable::diesel::query_builder::AstPass;
use migratable::diesel::result::QueryResult;
use migratable::diesel::row::Row;
use migratable::diesel::sql_types::{BigInt, Integer, Nullable, Text};
use migratable::revision::*;
use migratable::rows::{self, Batch, Field, MapsTo, ReadRow, TableRow, WriteRow, value};
use migratable::{Direction, Event, Observer, Options, Revision, Settings};

use crate::database::{Db, assert_is, line, nothing, one, replay, run, two, values};
use crate::shared::programs::{Program, Record, down, revision};
use crate::shared::{MYSQL, each};

type Backend = <Db as Connection>::Backend;

/// How many people there are.
pub const PEOPLE: i64 = 23;

/// A person before.
struct Before {
    id: i64,
    first: String,
    last: String,
    age: String,
    email: String,
    note: Option<String>,
}

/// A person after.
struct After {
    id: i64,
    age: i32,
    email: String,
    note: Option<String>,
    name: String,
    nick: Option<String>,
}

macro_rules! row {
    ($row:ident { $($field:ident: $rust:ty => $sql:ty,)* }) => {
        impl TableRow for $row {
            const FIELDS: &'static [Field] = &[$(Field { column: stringify!($field), as_text: &[] }),*];
        }

        impl ReadRow<Backend> for $row {
            fn read<'a>(row: &impl Row<'a, Backend>) -> deserialize::Result<$row> {
                let mut at = 0..;
                Ok($row { $($field: value::<$sql, $rust, Backend>(row, at.next().unwrap())?),* })
            }
        }

        impl WriteRow<Backend> for $row {
            fn bind<'b>(&'b self, field: usize, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
                match $row::FIELDS[field].column {
                    $(stringify!($field) => out.push_bind_param::<$sql, $rust>(&self.$field),)*
                    _ => Ok(()),
                }
            }
        }
    };
}

row!(Before {
    id: i64 => BigInt,
    first: String => Text,
    last: String => Text,
    age: String => Text,
    email: String => Text,
    note: Option<String> => Nullable<Text>,
});

row!(After {
    id: i64 => BigInt,
    age: i32 => Integer,
    email: String => Text,
    note: Option<String> => Nullable<Text>,
    name: String => Text,
    nick: Option<String> => Nullable<Text>,
});

macro_rules! maps {
    ($old:ident => $new:ident, $kept:expr) => {
        impl MapsTo<$new> for $old {
            type Key = i64;
            const KEPT: &'static [(&'static str, &'static str)] = $kept;

            fn key(&self) -> i64 {
                self.id
            }

            fn key_of(new: &$new) -> i64 {
                new.id
            }

            fn name(key: &i64) -> String {
                format!("id = {key}")
            }

            fn convert(connection: &mut dyn Any, batch: &Batch, map: &dyn Fn($old) -> Result<$new>) -> Result<u64> {
                match rows::connection::<Db>(connection) {
                    Some(connection) => rows::convert(connection, batch, map),
                    None => rows::no_connection(),
                }
            }
        }
    };
}

maps!(Before => After, &[("id", "id"), ("note", "note")]);
maps!(After => Before, &[("id", "id"), ("note", "note")]);

thread_local! {
    /// How often each was mapped.
    static MAPPED: RefCell<std::collections::BTreeMap<i64, u32>> = RefCell::default();
    /// The person at whom the function fails.
    static FAILS_AT: Cell<i64> = const { Cell::new(0) };
}

fn join(old: Before) -> Result<After> {
    if old.id == FAILS_AT.get() {
        return Err("nobody knows this age".into());
    }
    MAPPED.with_borrow_mut(|mapped| *mapped.entry(old.id).or_default() += 1);
    let age = old.age.parse()?;
    let name = format!("{} {}", old.first, old.last);
    Ok(After { id: old.id, age, email: old.email.to_lowercase() + "!", note: old.note, name, nick: None })
}

fn split(new: After) -> Result<Before> {
    let (first, last) = new.name.split_once(' ').ok_or("a name without a space")?;
    let email = new.email.trim_end_matches('!').to_uppercase();
    let (first, last) = (first.to_owned(), last.to_owned());
    Ok(Before { id: new.id, first, last, age: new.age.to_string(), email, note: new.note })
}

pub fn first(op: &mut Operations) {
    op.create_table(
        table("people")
            .column(column("id", bigint()))
            .column(column("first", varchar(30)))
            .column(column("last", varchar(30)))
            .column(column("age", varchar(30)))
            .column(column("email", varchar(60)))
            .column(column("note", varchar(30)).nullable())
            .primary_key("pk_people", ["id"])
            .index(index("ix_people_age").on("age"))
            .unique("uq_people_email", ["email"]),
    );
    op.create_table(
        table("pets")
            .column(column("id", bigint()))
            .column(column("owner_id", bigint()))
            .primary_key("pk_pets", ["id"])
            .foreign_key(foreign_key("fk_pets_owner_id_people", ["owner_id"]).references("people", ["id"])),
    );
}

pub fn second(op: &mut Operations) {
    op.add_column("people", column("name", varchar(70)));
    op.add_column("people", column("nick", varchar(30)).nullable());
    op.drop_column("people", "first");
    op.drop_column("people", "last");
    op.map_rows("people", join);
    op.alter_column("people", "age").set_type(integer());
    op.create_index("people", index("ix_people_name").on("name"));
    op.create_table(table("things").column(column("id", bigint())).primary_key("pk_things", ["id"]));
}

fn back(op: &mut Operations) {
    op.drop_table("things");
    op.drop_index("people", "ix_people_name");
    op.alter_column("people", "age").set_type(varchar(30));
    op.add_column("people", column("first", varchar(30)));
    op.add_column("people", column("last", varchar(30)));
    op.drop_column("people", "nick");
    op.drop_column("people", "name");
    op.map_rows("people", split);
}

pub fn program(size: u64) -> Program {
    of_people(second, back, size)
}

/// A program whose second revision fills something.
pub fn filling(fill: Record, size: u64) -> Program {
    of_people(fill, nothing, size)
}

fn of_people(second: Record, back: Record, size: u64) -> Program {
    line(&[(first, nothing), (second, back)]).with_settings(Settings::default().with_batch_size(size))
}

pub fn fill(db: &mut Db) {
    for id in 1..=PEOPLE {
        run(db, &person(id, "40"));
        run(db, &format!("INSERT INTO pets VALUES ({id}, {id})"));
    }
}

/// Two connections to a database at the first revision of a program, with people in it, and what must stay as long as
/// they are used.
pub fn inhabited(program: &Program) -> (Box<dyn Any>, Db, Db) {
    let (stays, mut db, other) = two();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    fill(&mut db);
    (stays, db, other)
}

pub fn person(id: i64, age: &str) -> String {
    format!("INSERT INTO people (id, first, last, age, email) VALUES ({id}, 'f{id}', 'l{id}', '{age}', 'E{id}')")
}

/// All that is to be seen of the people behind the second revision.
pub fn people(db: &mut Db) -> Vec<String> {
    let text = each("CAST({} AS text)", "CAST({} AS text)", "CAST({} AS char)");
    let [id, age] = ["id", "age"].map(|it| text.replace("{}", it));
    let parts = [id.as_str(), "name", &age, "email", "coalesce(note, '-')"];
    let joined = if MYSQL { format!("concat_ws('|', {})", parts.join(", ")) } else { parts.join(" || '|' || ") };
    values(db, &format!("SELECT {joined} FROM people ORDER BY id"))
}

pub fn expected(id: i64) -> String {
    format!("{id}|f{id} l{id}|40|e{id}!|-")
}

#[test]
fn rows_are_mapped_there_and_back_in_one_go_and_batch_by_batch() {
    for size in [1_000, 5, 1] {
        let program = program(size);
        let (_stays, mut db, _) = inhabited(&program);
        program.upgrade(&mut db).unwrap();
        assert_eq!(people(&mut db), (1..=PEOPLE).map(expected).collect::<Vec<_>>(), "{size}");
        assert_eq!(one(&mut db, "SELECT count(*) FROM pets"), PEOPLE.to_string());
        assert_is(&mut db, &replay(&program, &[]), "there");
        down(&program, &mut db, "-1").unwrap();
        let olds = values(&mut db, "SELECT email FROM people WHERE first = 'f7' AND last = 'l7' AND age = '40'");
        assert_eq!(olds, ["E7"], "{size}");
        program.upgrade(&mut db).unwrap();
        assert_eq!(people(&mut db), (1..=PEOPLE).map(expected).collect::<Vec<_>>(), "{size}");
    }
}

fn shoes(op: &mut Operations) {
    op.add_column("people", column("shoe", integer()).nullable());
}

fn no_shoes(op: &mut Operations) {
    op.drop_column("people", "shoe");
}

#[test]
fn columns_that_another_branch_has_added_stay_as_they_are() {
    for size in [1_000, 5] {
        let revisions = vec![
            revision("r1", &[], first, nothing),
            revision("other", &["r1"], shoes, no_shoes),
            revision("r2", &["r1"], second, back),
        ];
        let program = Program::new(Vec::leak(revisions)).with_settings(Settings::default().with_batch_size(size));
        let (_stays, mut db, _) = two();
        program.upgrade_to(&mut db, "other", &Options::default()).unwrap();
        fill(&mut db);
        run(&mut db, "UPDATE people SET shoe = 30 + id");
        program.upgrade_to(&mut db, "heads", &Options::default()).unwrap();
        assert_eq!(people(&mut db), (1..=PEOPLE).map(expected).collect::<Vec<_>>(), "{size}");
        let kept = "SELECT count(*) FROM people WHERE shoe = 30 + id";
        assert_eq!(one(&mut db, kept), PEOPLE.to_string());
        down(&program, &mut db, "r2@-1").unwrap();
        let name = each("'f' || id", "'f' || id", "concat('f', id)");
        assert_eq!(one(&mut db, &format!("{kept} AND first = {name}")), PEOPLE.to_string());
    }
}

#[test]
fn what_others_write_between_two_batches_is_mapped_too() {
    let program = program(5);
    let (_stays, mut db, mut other) = inhabited(&program);
    // Without pets, which refer to their owners.
    [-9, 30, 31].into_iter().for_each(|id| run(&mut db, &person(id, "40")));
    let batches = beside::upgrade(&program, &mut db, &mut other, |batch, other| match batch {
        // Behind the place that is reached, and before it.
        0 => run(
            other,
            "UPDATE people SET age = '41' WHERE id = 2; UPDATE people SET age = '42', note = 'n' WHERE id = 20",
        ),
        1 => {
            run(other, &format!("DELETE FROM pets WHERE id = 3; DELETE FROM people WHERE id = 3; {}", person(-7, "40")))
        }
        // From before it to behind it, from behind it to before it, and from before it to further on.
        2 => run(
            other,
            "UPDATE people SET id = -30 WHERE id = 30; UPDATE people SET id = 99 WHERE id = -9; UPDATE people SET id = 98 \
             WHERE id = 31",
        ),
        4 => run(other, "UPDATE people SET email = 'X9', note = 'm' WHERE id = 9"),
        _ => {}
    });
    assert!(batches.unwrap() > 5);
    let moved = |id: i64, from: i64| expected(from).replacen(&from.to_string(), &id.to_string(), 1);
    let mut wanted: Vec<String> = [-7].into_iter().chain(1..=PEOPLE).filter(|id| *id != 3).map(expected).collect();
    wanted[2] = "2|f2 l2|41|e2!|-".to_owned();
    wanted[8] = "9|f9 l9|40|x9!|m".to_owned();
    wanted[19] = "20|f20 l20|42|e20!|n".to_owned();
    wanted.insert(0, moved(-30, 30));
    wanted.extend([moved(98, 31), moved(99, -9)]);
    assert_eq!(people(&mut db), wanted);
    assert_is(&mut db, &replay(&program, &[]), "others wrote");
}

#[test]
fn a_run_that_is_stopped_at_any_batch_goes_on_behind_the_last_one() {
    for stop in 0.. {
        let program = program(4);
        let (_stays, mut db, _) = inhabited(&program);
        let batch = Cell::new(0);
        let observe = |event: &Event<'_>| {
            if let Event::Rows { .. } = event {
                assert_ne!(batch.replace(batch.get() + 1), stop, "stop here");
            }
        };
        let options = Options { observer: Observer::new(&observe), ..Options::default() };
        MAPPED.with_borrow_mut(std::collections::BTreeMap::clear);
        let stopped = catch_unwind(AssertUnwindSafe(|| program.upgrade_to(&mut db, "head", &options))).is_err();
        if stopped {
            // What the application does meanwhile is seen although nobody migrates.
            run(&mut db, "UPDATE people SET note = 'while' WHERE id = 1");
            let report = program.upgrade(&mut db).unwrap();
            assert_eq!(report.resumed, ["r2"]);
        }
        let mut wanted: Vec<String> = (1..=PEOPLE).map(expected).collect();
        if stopped {
            wanted[0] = "1|f1 l1|40|e1!|while".to_owned();
        }
        assert_eq!(people(&mut db), wanted, "stopped at {stop}");
        assert_is(&mut db, &replay(&program, &[]), "stopped");
        let twice = MAPPED.with_borrow(|mapped| mapped.values().filter(|it| **it > 1).count());
        assert!(twice <= 1, "mapped twice: {twice}, stopped at {stop}");
        if !stopped {
            assert!(stop > 5);
            return;
        }
    }
}

#[test]
fn a_row_that_cannot_be_mapped_is_named_and_nothing_of_its_batch_is_kept() {
    for size in [1_000, 5] {
        let program = program(size);
        let (_stays, mut db, _) = inhabited(&program);
        FAILS_AT.set(13);
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        FAILS_AT.set(0);
        assert!(error.contains("the row with id = 13: nobody knows this age"), "{error}");
        if size == 5 {
            assert_eq!(one(&mut db, "SELECT count(*) FROM people WHERE name IS NOT NULL"), "10");
        }
        program.upgrade(&mut db).unwrap();
        assert_eq!(people(&mut db), (1..=PEOPLE).map(expected).collect::<Vec<_>>(), "{size}");
    }
}

#[test]
fn a_row_that_the_database_refuses_is_named() {
    for size in [1_000, 5] {
        let program = program(size);
        let (_stays, mut db, _) = inhabited(&program);
        // With one more character it is too long.
        let long = "UPDATE people SET email = repeat('E', 60) WHERE id = 13";
        let refuses =
            "CREATE TRIGGER refuses BEFORE UPDATE ON people WHEN NEW.id = 13 BEGIN SELECT RAISE(ABORT, 'no'); END";
        run(&mut db, each(refuses, long, long));
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("the row with id = 13: "), "{error}");
    }
}

#[test]
fn a_function_that_was_mended_maps_all_rows_anew() {
    let program = program(5);
    let (_stays, mut db, _) = inhabited(&program);
    FAILS_AT.set(13);
    program.upgrade(&mut db).unwrap_err();
    FAILS_AT.set(0);
    let mended: Vec<Revision> = program
        .revisions()
        .iter()
        .map(|it| Revision { steps_checksum: Some("v1:mended"), ..revision(it.id, it.after, it.upgrade, it.downgrade) })
        .collect();
    let mended = Program::new(mended.leak()).with_settings(program.settings().clone());
    MAPPED.with_borrow_mut(std::collections::BTreeMap::clear);
    // A plan changes nothing, the journal neither.
    let journal =
        |db: &mut Db| ["piece", "done_key", "steps"].map(|it| one(db, &format!("SELECT {it} FROM migratable_journal")));
    let before = journal(&mut db);
    mended.plan(&mut db, "head", Direction::Upgrade).unwrap();
    assert_eq!(journal(&mut db), before);
    mended.upgrade(&mut db).unwrap();
    assert_eq!(people(&mut db), (1..=PEOPLE).map(expected).collect::<Vec<_>>());
    assert_eq!(MAPPED.with_borrow(|mapped| mapped.len()), PEOPLE as usize);
}
