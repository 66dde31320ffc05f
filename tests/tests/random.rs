//! Random pairs of schemas: fill A with rows, migrate to B, compare with a fresh B, go back, compare with A, and there
//! again.

#![allow(clippy::unwrap_used)]

mod random {
    pub mod draw;
    pub mod models;
    pub mod pairs;

    use super::{answered, plans};
}

use std::cell::RefCell;

use migratable_core::diff::{Answers, DiffError, Plan, Uncastable, diff, uncastable};
use migratable_core::{Dialect, Schema};
use migratable_tests::databases::client::Server;
use migratable_tests::drawn::Draws;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use random::draw;
use random::models::Twice;
use random::pairs::{Tally, Traveller};

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

/// Tries so many pairs that go there and back; those that rows stand in the way of come on top.
fn there_and_back(dialect: Dialect, draws: Draws) -> Tally {
    let server = Server::of(dialect).unwrap();
    let traveller = Traveller::new(&server, dialect);
    let tally = RefCell::new(Tally::default());
    let pairs = (draw::schema(), draw::schema(), proptest::collection::vec(any::<bool>(), 12));
    let result = draws.each(&pairs, 200, |(a, b, rename)| {
        match traveller.travel(&a, &b, &rename, &mut tally.borrow_mut()) {
            true => Ok(()),
            // A reference to a table that is new and empty, or a value that the old type does not hold, is refused rightly.
            false => Err(TestCaseError::reject("rows stand in the way")),
        }
    });
    result.unwrap_or_else(|failed| panic!("{failed}"));
    let tally = tally.into_inner();
    println!(
        "{} pairs there and back on {dialect}; {} more were refused for their rows, {} on the way back, and {} of \
         them there again, with nothing done; operations: {:?}",
        draws.cases, tally.refused, tally.refused_back, tally.refused_again, tally.kinds
    );
    tally
}

#[test]
fn random_pairs_on_postgres() {
    there_and_back(Dialect::Postgres, Draws::asked(100));
}

#[test]
fn random_pairs_on_mysql() {
    there_and_back(Dialect::Mysql, Draws::asked(100));
}

#[test]
fn random_pairs_go_there_and_back_with_their_rows() {
    let draws = Draws::asked(1000);
    let Tally { kinds, .. } = there_and_back(Dialect::Sqlite, draws);
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
        assert!(!draws.are_many || kinds.contains_key(kind), "{kind} was never drawn: {kinds:?}");
    }
}

#[test]
fn revision_finds_nothing_a_second_time_in_random_models() {
    let draws = Draws::asked(250);
    let pairs = (draw::schema(), draw::schema(), proptest::collection::vec(any::<bool>(), 12));
    let twice = RefCell::new(Twice::default());
    let result = draws.each(&pairs, 200, |(a, b, rename)| {
        twice.borrow_mut().check(&a, &b, &rename);
        Ok(())
    });
    result.unwrap_or_else(|failed| panic!("{failed}"));
    let Twice { changed, answered } = twice.into_inner();
    let cases = draws.cases as usize;
    println!("{cases} pairs of models: {changed} changed, {answered} with answers");
    let enough = changed * 3 > cases * 2 && answered * 3 > cases;
    assert!(!draws.are_many || enough, "{changed} changed, {answered} answered");
}
