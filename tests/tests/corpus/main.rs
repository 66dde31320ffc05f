//! Databases made by hand-written SQL are turned into each other with rows in every table, by their own clients, and
//! read by nothing of the product.
//!
//! `MIGRATABLE_CORPUS=add cargo test -p migratable-tests --test corpus postgres` tries the pairs with `add` in their name.
//! `MIGRATABLE_CORPUS_FOLDER` names a folder of other pairs, built like `tests/corpus`.

#![allow(clippy::unwrap_used)]

mod conversions;
mod guards;
mod journey;
mod left_alone;
mod pair;
mod random;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};

use migratable_core::Dialect;
use migratable_tests::databases::client::Server;

use journey::{Haste, Traveller, Wrong, travel};

/// How many pairs are tried at once.
const THREADS: usize = 2;

/// How many lines of what was seen are shown, for all pairs and for a few that were asked for.
const LINES: usize = 8;

#[test]
fn sqlite() {
    all_pairs(Dialect::Sqlite);
}

#[test]
fn postgres() {
    all_pairs(Dialect::Postgres);
}

#[test]
fn mysql() {
    all_pairs(Dialect::Mysql);
}

fn all_pairs(dialect: Dialect) {
    let filter = env::var("MIGRATABLE_CORPUS").unwrap_or_default();
    let folder = env::var_os("MIGRATABLE_CORPUS_FOLDER").map(PathBuf::from);
    let pairs = pair::read(folder.as_deref(), dialect, &filter).unwrap();
    let is_all = filter.is_empty() && folder.is_none();
    assert!(!is_all || pairs.len() >= 150, "{} pairs are too few", pairs.len());
    let server = Server::of(dialect).unwrap();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (server, pairs, next, wrong) = (&server, &pairs, &next, &wrong);
            scope.spawn(move || {
                let traveller = Traveller::new(server, thread, Haste::Thorough).unwrap();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(pair) = pairs.get(number) else { break };
                    // Of all on a server a third: each makes its database once more.
                    let is_careful = pair.may_lose() && (!is_all || dialect == Dialect::Sqlite || number % 3 == 0);
                    if let Err(found) = travel(&traveller, pair, is_careful) {
                        wrong.lock().unwrap().push(found);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort_by(|a, b| a.pair.cmp(&b.pair));
    let lines = if is_all { LINES } else { usize::MAX };
    assert!(wrong.is_empty(), "{} of {} {dialect} pairs:\n{}", wrong.len(), pairs.len(), table(&wrong, lines));
}

/// A line for each pair that went wrong, and below it what was seen.
fn table(wrong: &[Wrong], lines: usize) -> String {
    let width = wrong.iter().map(|it| it.pair.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Wrong { pair, stage, seen } in wrong {
        let _ = writeln!(text, "{pair:width$}  {stage}");
        for line in seen.lines().take(lines) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}
