//! Random pairs of schemas on SQLite: fill A with rows, migrate to B, compare with a fresh B, go back, compare with A.

#![allow(clippy::unwrap_used)]

mod random {
    pub mod draw;
    pub mod models;
    pub mod servers;

    use super::{answered, plans};
}

use std::cell::RefCell;
use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use migratable::{Cause, Error, Options};
use migratable_core::diff::{Answers, DiffError, Plan, Uncastable, diff, uncastable};
use migratable_core::{Dialect, Schema};
use migratable_tests::databases::client::Server;
use migratable_tests::reader;
use migratable_tests::recorded::{connect, migrator, set_downgrades, set_upgrades};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use random::draw;
use random::models::Twice;
use random::servers::{Tally, Traveller};

/// Plans from nothing to A and from A to B; every question is answered by a rename if `rename` says so, every hole by
/// an expression that differs from row to row.
fn plans(a: &Schema, b: &Schema, rename: &[bool]) -> (Plan, Plan) {
    let first = diff(&Schema::default(), a, &Answers::default()).unwrap();
    (first, answered(a, b, rename).0)
}

/// The plan from A to B, and the answers that it takes as words of the command line.
fn answered(a: &Schema, b: &Schema, rename: &[bool]) -> (Plan, Vec<String>) {
    let mut answers = Answers::default();
    let mut words = Vec::new();
    let mut say = |flag: &str, text: String| words.extend([flag.to_owned(), text]);
    let mut choices = rename.iter().copied().chain(std::iter::repeat(false));
    for _ in 0..200 {
        match diff(a, b, &answers) {
            Err(DiffError::Questions(questions)) => {
                let question = &questions[0];
                match question.candidates.first().filter(|_| choices.next() == Some(true)) {
                    Some(candidate) => {
                        let renamed = format!("{}={candidate}", question.gone);
                        answers.rename(&renamed).unwrap();
                        say("--rename", renamed);
                    }
                    None => {
                        answers.drop(&question.gone);
                        say("--drop", question.gone.to_string());
                    }
                }
            }
            Err(error) => panic!("{error:?}\nfrom {a:#?}\nto {b:#?}\nwith {answers:#?}"),
            Ok(plan) => match plan.holes.first() {
                None => match uncastable(a, &plan.upgrade).into_iter().next() {
                    None => return (plan, words),
                    Some(Uncastable { table, column, .. }) => {
                        let fill = draw::fill(b, a, &table, &column);
                        say("--default", format!("{table}.{column}={fill}"));
                        answers.fills.insert((table, column), fill);
                    }
                },
                Some(hole) => {
                    let fill = draw::fill(b, a, &hole.table, &hole.column);
                    say("--default", format!("{}.{}={fill}", hole.table, hole.column));
                    answers.fills.insert((hole.table.clone(), hole.column.clone()), fill);
                }
            },
        }
    }
    panic!("the questions do not end");
}

/// What happened to a pair.
enum Outcome {
    /// It went there and back.
    Done,
    /// Rows stood in the way, and nothing was changed.
    Refused,
}

fn try_pair(a: &Schema, b: &Schema, rename: &[bool], kinds: &mut BTreeMap<&'static str, usize>) -> Outcome {
    let (first, second) = plans(a, b, rename);
    for operation in first.upgrade.iter().chain(&second.upgrade).chain(&second.downgrade) {
        *kinds.entry(operation.kind()).or_default() += 1;
    }
    set_upgrades([first.upgrade.clone(), second.upgrade.clone()]);
    set_downgrades([first.downgrade.clone(), second.downgrade.clone()]);
    let context = || format!("upgrade {:#?}\ndowngrade {:#?}", second.upgrade, second.downgrade);

    let mut db = connect();
    migrator().upgrade_to(&mut db, "a0", &Options::default()).unwrap();
    draw::insert_rows(&mut db, a);
    let (schema_a, rows_a) = (reader::schema(&mut db), reader::rows(&mut db));
    match migrator().upgrade(&mut db) {
        Ok(_) => {}
        Err(Error::Failed(failure)) if matches!(failure.cause, Cause::Rows(_)) => {
            assert_eq!(reader::schema(&mut db), schema_a, "a refused upgrade changed something");
            assert_eq!(reader::rows(&mut db), rows_a, "a refused upgrade changed rows");
            return Outcome::Refused;
        }
        Err(error) => panic!("{error}\n{}", context()),
    }
    let rows_b = reader::rows(&mut db);

    let from_scratch = diff(&Schema::default(), b, &Answers::default()).unwrap();
    set_upgrades([from_scratch.upgrade, Vec::new()]);
    let mut fresh = connect();
    migrator().upgrade(&mut fresh).unwrap();
    assert_eq!(reader::schema(&mut db), reader::schema(&mut fresh), "not what a fresh database has\n{}", context());
    draw::check_kept(&second.upgrade, &rows_a, &rows_b);

    set_upgrades([first.upgrade, second.upgrade.clone()]);
    match migrator().downgrade(&mut db, "a0", &Options::default()) {
        Ok(_) => {}
        Err(Error::Failed(failure)) if matches!(failure.cause, Cause::Rows(_)) => return Outcome::Refused,
        Err(error) => panic!("{error}\n{}", context()),
    }
    assert_eq!(reader::schema(&mut db), schema_a, "the way back leads elsewhere\n{}", context());
    draw::check_kept(&second.downgrade, &rows_b, &reader::rows(&mut db));
    db.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    migrator().downgrade(&mut db, "base", &Options::default()).unwrap();
    Outcome::Done
}

/// How many pairs are tried.
fn cases(usual: u32) -> u32 {
    std::env::var("MIGRATABLE_RANDOM_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
}

fn on_a_server(dialect: Dialect) {
    let server = Server::of(dialect).unwrap();
    let traveller = Traveller::new(&server, dialect);
    let tally = RefCell::new(Tally::default());
    let cases = cases(200);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let pairs = (draw::schema(), draw::schema(), proptest::collection::vec(any::<bool>(), 12));
    let result = TestRunner::new(config).run(&pairs, |(a, b, rename)| {
        traveller.travel(&a, &b, &rename, &mut tally.borrow_mut());
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let Tally { done, refused, refused_back } = tally.into_inner();
    println!(
        "{cases} pairs on {dialect}: {done} there and back; {refused} were refused for their rows, and {refused_back} on \
         the way back, with nothing done"
    );
    assert!(done * 3 > cases as usize, "only {done} of {cases} pairs went there and back");
}

#[test]
fn random_pairs_on_postgres() {
    on_a_server(Dialect::Postgres);
}

#[test]
fn random_pairs_on_mysql() {
    on_a_server(Dialect::Mysql);
}

#[test]
fn random_pairs_go_there_and_back_with_their_rows() {
    let cases = cases(2000);
    let kinds = RefCell::new(BTreeMap::new());
    let refused = RefCell::new(0);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let pairs = (draw::schema(), draw::schema(), proptest::collection::vec(any::<bool>(), 12));
    let result = runner.run(&pairs, |(a, b, rename)| {
        match try_pair(&a, &b, &rename, &mut kinds.borrow_mut()) {
            Outcome::Done => {}
            Outcome::Refused => *refused.borrow_mut() += 1,
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let (kinds, refused) = (kinds.into_inner(), refused.into_inner());
    println!("{cases} pairs, {refused} refused for their rows; operations: {kinds:?}");
    // A reference to a table that is new and empty, or a value that the old type does not hold, is refused rightly.
    assert!(refused * 3 < cases * 2, "{refused} of {cases} pairs were refused");
    for kind in [
        "create_table",
        "drop_table",
        "rename_table",
        "add_column",
        "drop_column",
        "rename_column",
        "alter_column",
        "create_index",
        "drop_index",
        "create_unique",
        "drop_unique",
        "create_check",
        "drop_check",
        "create_foreign_key",
        "drop_foreign_key",
        "create_primary_key",
        "drop_primary_key",
        "create_enum",
        "drop_enum",
        "add_enum_value",
        "rename_enum_value",
        "drop_enum_value",
        "backfill",
    ] {
        assert!(kinds.contains_key(kind), "{kind} was never drawn: {kinds:?}");
    }
}

#[test]
fn revision_finds_nothing_a_second_time_in_random_models() {
    let cases = cases(500);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let pairs = (draw::schema(), draw::schema(), proptest::collection::vec(any::<bool>(), 12));
    let twice = RefCell::new(Twice::default());
    let result = TestRunner::new(config).run(&pairs, |(a, b, rename)| {
        twice.borrow_mut().check(&a, &b, &rename);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let Twice { changed, answered } = twice.into_inner();
    println!("{cases} pairs of models: {changed} changed, {answered} with answers");
    assert!(
        changed * 3 > cases as usize * 2 && answered * 3 > cases as usize,
        "{changed} changed, {answered} answered"
    );
}
