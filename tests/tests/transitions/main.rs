//! Every change that models can make, with rows in all tables, on every database: through `revision`, there, back, and
//! there again.
//!
//! `MIGRATABLE_TRANSITIONS=enums cargo test -p migratable-tests --test transitions postgres` tries those with `enums` in
//! their name.

#![allow(clippy::unwrap_used)]

mod journey;
mod matrix;
mod numbers;
mod package;
mod transition;

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::{env, thread};

use migratable_core::Dialect;
use migratable_tests::databases::client::Server;

use journey::{Traveller, Wrong};
use package::Written;
use transition::Transition;

/// How many transitions are tried at once.
const THREADS: usize = 2;

/// How many lines of what was seen are shown of each, of all transitions and of a few that were asked for.
const LINES: usize = 12;

static FILTER: LazyLock<String> = LazyLock::new(|| env::var("MIGRATABLE_TRANSITIONS").unwrap_or_default());
static TRANSITIONS: LazyLock<Vec<Transition>> = LazyLock::new(|| transition::read(&FILTER).unwrap());
/// What `revision` wrote for each of them.
static WRITTEN: LazyLock<Vec<Result<Option<Written>, String>>> = LazyLock::new(|| {
    let written = |transition: &Transition| {
        package::written(transition).and_then(|written| match &written {
            Some(it) => package::steps_are_filled(transition, it).map(|()| written),
            None => Ok(written),
        })
    };
    let half = TRANSITIONS.len() / 2;
    thread::scope(|scope| {
        let first = scope.spawn(|| TRANSITIONS[..half].iter().map(written).collect::<Vec<_>>());
        let second: Vec<_> = TRANSITIONS[half..].iter().map(written).collect();
        first.join().unwrap().into_iter().chain(second).collect()
    })
});

#[test]
fn revision_writes_what_is_expected_and_finds_nothing_a_second_time() {
    let wrong = TRANSITIONS.iter().zip(WRITTEN.iter());
    let wrong = wrong.filter_map(|(transition, written)| {
        let seen = written.as_ref().err()?.clone();
        Some((transition.name.clone(), Wrong { stage: "revision", seen }))
    });
    assert_none(wrong.collect(), "revisions");
}

#[test]
fn sqlite() {
    all(Dialect::Sqlite);
}

#[test]
fn postgres() {
    all(Dialect::Postgres);
}

#[test]
fn mysql() {
    all(Dialect::Mysql);
}

fn all(dialect: Dialect) {
    let transitions: Vec<(&Transition, &Written)> = TRANSITIONS
        .iter()
        .zip(WRITTEN.iter())
        .filter(|(transition, _)| transition.dialects.contains(&dialect))
        .filter_map(|(transition, written)| Some((transition, written.as_ref().ok()?.as_ref()?)))
        .collect();
    let server = Server::of(dialect).unwrap();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (server, transitions, next, wrong) = (&server, &transitions, &next, &wrong);
            scope.spawn(move || {
                let traveller = Traveller::new(server, thread).unwrap();
                while let Some((transition, written)) = transitions.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(found) = traveller.travel(transition, written) {
                        wrong.lock().unwrap().push((transition.name.clone(), found));
                    }
                }
            });
        }
    });
    assert_none(wrong.into_inner().unwrap(), dialect.name());
}

/// That nothing went wrong; else a line for each transition, and below it what was seen.
fn assert_none(mut wrong: Vec<(String, Wrong)>, what: &str) {
    wrong.sort_by(|a, b| a.0.cmp(&b.0));
    let lines = if FILTER.is_empty() { LINES } else { usize::MAX };
    let mut text = String::new();
    for (name, Wrong { stage, seen }) in &wrong {
        let _ = writeln!(text, "{name}: {stage}");
        for line in seen.lines().take(lines) {
            let _ = writeln!(text, "    {line}");
        }
    }
    assert!(wrong.is_empty(), "{what}: {} of {} went wrong\n{text}", wrong.len(), TRANSITIONS.len());
}
