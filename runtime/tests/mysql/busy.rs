//! An application that writes all the while, several rows in one transaction, as rows are worked on.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Event, Observer, Options, Settings};

use crate::database::{Db, Program, connect, line, nothing, one, throwaway, values};
use crate::shared::batches::{first, person, second};

const ROWS: i64 = 300;
const WRITERS: i64 = 3;

/// Writes until it is told to stop, or its columns are gone: to rows of its own, and to others in any order. Gives what
/// its rows hold, and what it was told that it should not be.
fn writes(url: &str, number: i64, stops: &AtomicBool) -> (BTreeMap<i64, String>, Vec<String>) {
    let (mut db, mut chance, mut written, mut errors) = (connect(url), number, BTreeMap::new(), Vec::new());
    let mut any = |below: i64| {
        chance = (chance * 1_103_515_245 + 12_345) % 2_147_483_648;
        (chance >> 8) % below
    };
    for turn in 0.. {
        let own = any(ROWS / WRITERS) * WRITERS + number + 1;
        let value = format!("w{turn}");
        let update = format!("UPDATE people SET first = '{value}' WHERE id = {own}");
        let touch = format!("UPDATE people SET note = 'n{turn}' WHERE id = {}", any(ROWS) + 1);
        let new = 1_000 + turn * WRITERS + number;
        let (key, statements) = match any(3) {
            0 => (own, [update, touch]),
            1 => (own, [touch, update]),
            _ => (new, [touch, person(new, "40").replace(&format!("'f{new}'"), &format!("'{value}'"))]),
        };
        let done = db.batch_execute(&format!("BEGIN; {}; COMMIT", statements.join("; ")));
        let Err(error) = done else {
            written.insert(key, value);
            continue;
        };
        let error = error.to_string();
        db.batch_execute("ROLLBACK").unwrap();
        if stops.load(Ordering::Relaxed) || error.contains("Unknown column") {
            break;
        }
        if !error.contains("is being migrated: try again in a moment") {
            errors.push(error);
        }
    }
    (written, errors)
}

/// Upgrades beside such an application; gives what rows hold that it has written.
fn beside_writers(program: &Program, db: &mut Db, url: &str) -> BTreeMap<i64, String> {
    program.upgrade_to(db, "r1", &Options::default()).unwrap();
    for id in 1..=ROWS {
        db.batch_execute(&person(id, "40")).unwrap();
    }
    let (stops, batches) = (AtomicBool::new(false), Cell::new(0));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let stops = &stops;
                scope.spawn(move || writes(url, number, stops))
            })
            .collect();
        let observe = |event: &Event<'_>| match event {
            Event::Rows { .. } => batches.set(batches.get() + 1),
            // Nobody writes any more.
            Event::Progresses { operation, .. } if operation.contains("not null") => {
                stops.store(true, Ordering::Relaxed)
            }
            _ => {}
        };
        let options = Options { observer: Observer::new(&observe), ..Options::default() };
        let upgraded = program.upgrade_to(db, "head", &options);
        stops.store(true, Ordering::Relaxed);
        upgraded.unwrap();
        assert!(batches.get() > 30);
        let mut all = BTreeMap::new();
        for writer in writers {
            let (written, errors) = writer.join().unwrap();
            assert_eq!(errors, [] as [&str; 0]);
            assert!(written.len() > 30, "{}", written.len());
            all.extend(written);
        }
        all
    })
}

#[test]
fn an_application_that_writes_meets_no_deadlock_and_no_row_of_it_is_forgotten() {
    let program = line(&[(first, nothing), (second, nothing)]).with_settings(Settings::default().with_batch_size(10));
    let mut db = throwaway();
    let url = db.url.clone();
    let written = beside_writers(&program, &mut db, &url);
    let text = "SELECT CONCAT(id, ' ', name) FROM people ORDER BY id";
    let first = |id: i64| written.get(&id).cloned().unwrap_or_else(|| format!("f{id}"));
    let new = written.keys().copied().filter(|id| *id > ROWS);
    let wanted: Vec<String> = (1..=ROWS).chain(new).map(|id| format!("{id} {} l{id}", first(id))).collect();
    assert_eq!(values(&mut db, text), wanted);
}

#[test]
fn an_application_that_writes_meets_no_deadlock_while_a_column_is_filled() {
    fn fill(op: &mut Operations) {
        op.add_column("people", column("whole", varchar(70)).nullable());
        op.backfill("people", "whole", sql("concat(first, last)"));
        op.alter_column("people", "whole").not_null();
    }
    let program = line(&[(first, nothing), (fill, nothing)]).with_settings(Settings::default().with_batch_size(10));
    let mut db = throwaway();
    let url = db.url.clone();
    let written = beside_writers(&program, &mut db, &url);
    assert!(written.len() > 30);
    assert_eq!(one(&mut db, "SELECT id FROM people WHERE NOT whole <=> concat(first, last)"), "");
}

#[test]
fn rows_that_others_hold_while_the_tool_fills_them_are_tried_again() {
    fn numbers(op: &mut Operations) {
        op.create_table(
            table("numbers")
                .column(column("id", bigint()))
                .column(column("number", varchar(9)))
                .column(column("twice", integer()).nullable())
                .primary_key("pk_numbers", ["id"]),
        );
        op.bulk_insert("numbers", ["id", "number"], [[value(1), value("7")], [value(2), value("8")]]);
    }
    fn filled(op: &mut Operations) {
        op.backfill("numbers", "twice", sql("number * 2"));
        op.alter_column("numbers", "number").set_type(integer()).using(sql("number + 0"));
    }
    let settings = Settings::default().with_lock_timeout(Duration::from_secs(1));
    let program = line(&[(numbers, nothing), (filled, nothing)]).with_settings(settings);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    let (other, retries) = (RefCell::new(connect(&db.url)), Cell::new(0));
    let observe = |event: &Event<'_>| match event {
        Event::Progresses { revision: "r2", .. } => {
            other.borrow_mut().batch_execute("ROLLBACK; BEGIN; SELECT * FROM numbers FOR UPDATE").unwrap();
        }
        Event::Retries { .. } => {
            retries.set(retries.get() + 1);
            other.borrow_mut().batch_execute("ROLLBACK").unwrap();
        }
        _ => {}
    };
    program.upgrade_to(&mut db, "head", &Options { observer: Observer::new(&observe), ..Options::default() }).unwrap();
    assert!(retries.get() > 2, "{}", retries.get());
    assert_eq!(values(&mut db, "SELECT CONCAT(number + 1, ' ', twice) FROM numbers"), ["8 14", "9 16"]);
}
