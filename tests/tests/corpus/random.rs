//! Pairs of databases drawn at random: the same way there and back as those of the corpus.

mod draw;
mod words;

use std::cell::RefCell;

use migratable_core::Dialect;
use migratable_tests::databases::client::Server;
use migratable_tests::drawn::Draws;
use proptest::test_runner::TestCaseError;

use crate::journey::{Haste, Start, Traveller, Wrong, is_stopped};
use crate::pair::Pair;

/// What became of the pairs.
#[derive(Debug, Default)]
struct Tally {
    there_and_back: usize,
    /// Rows stood in the way there, and nothing was changed.
    refused: usize,
    /// They did where no loss was allowed.
    refused_carefully: usize,
    refused_back: usize,
}

/// What a statement says where rows do not fit: of a column that becomes unique and whose rows have all got the same value,
/// of a text that is no number. It is taken back with the whole script; on MySQL nothing is, and every script looks first.
const ROWS: [&str; 6] = [
    "UNIQUE constraint failed",
    "CHECK constraint failed",
    "could not create unique index",
    "could not create exclusion constraint",
    "invalid input syntax",
    "violates check constraint",
];

fn is_for_rows(wrong: &Wrong, stage: &str, dialect: Dialect) -> bool {
    let said = wrong.seen.split("\nby:\n").next().unwrap_or_default();
    let is_taken_back = dialect != Dialect::Mysql && ROWS.iter().any(|it| said.contains(it));
    wrong.stage == stage && (is_taken_back || is_stopped(said))
}

fn travel(traveller: &Traveller<'_>, pair: &Pair, dialect: Dialect, tally: &mut Tally) -> Result<(), Wrong> {
    let mut start = traveller.start(pair)?;
    let script = traveller.script_there(pair)?;
    match traveller.carefully(pair, &mut start, &script) {
        Ok(()) => {}
        Err(wrong) if is_for_rows(&wrong, "careful script", dialect) => {
            is_unchanged(traveller, &start, &wrong)?;
            tally.refused_carefully += 1;
        }
        Err(wrong) => return Err(wrong),
    }
    match traveller.there(pair, &start, &script) {
        Ok(()) => {}
        Err(wrong) if is_for_rows(&wrong, "script", dialect) => {
            is_unchanged(traveller, &start, &wrong)?;
            tally.refused += 1;
            return Ok(());
        }
        Err(wrong) => return Err(wrong),
    }
    match traveller.back(pair, &start) {
        Ok(()) => tally.there_and_back += 1,
        Err(wrong) if is_for_rows(&wrong, "script back", dialect) => tally.refused_back += 1,
        Err(wrong) => return Err(wrong),
    }
    Ok(())
}

/// Whether a script that went wrong has changed nothing.
fn is_unchanged(traveller: &Traveller<'_>, start: &Start, wrong: &Wrong) -> Result<(), Wrong> {
    let changed =
        |seen| Wrong { pair: wrong.pair.clone(), stage: "unchanged", seen: format!("{seen}\n{}", wrong.seen) };
    traveller.is_unchanged(start).map_err(changed)
}

fn random_pairs(dialect: Dialect, usual: u32) {
    let draws = Draws::asked(usual);
    let server = Server::of(dialect).unwrap();
    let traveller = Traveller::new(&server, usize::MAX, Haste::Quick).unwrap();
    let words = words::of(dialect);
    let tally = RefCell::new(Tally::default());
    let result = draws.each(&(draw::database(words), draw::database(words)), 1000, |(from, to)| {
        let (from, to) = (from.sql(words), to.sql(words));
        let pair = Pair { name: "random".to_owned(), from, to, ..Pair::default() };
        travel(&traveller, &pair, dialect, &mut tally.borrow_mut()).map_err(|Wrong { stage, seen, .. }| {
            TestCaseError::fail(format!("{stage}\nfrom:\n{}\nto:\n{}\n{seen}", pair.from, pair.to))
        })
    });
    let tally = tally.into_inner();
    println!("{} pairs on {dialect}: {tally:?}", draws.cases);
    result.unwrap_or_else(|failed| panic!("{failed}"));
    let few = draws.cases as usize / 3;
    assert!(!draws.are_many || tally.there_and_back > few, "{tally:?}: too few of {} went there and back", draws.cases);
}

#[test]
fn random_pairs_on_sqlite() {
    random_pairs(Dialect::Sqlite, 150);
}

#[test]
fn random_pairs_on_postgres() {
    random_pairs(Dialect::Postgres, 30);
}

#[test]
fn random_pairs_on_mysql() {
    random_pairs(Dialect::Mysql, 30);
}
