//! Killed at every call by which SQLite changes its files, in each mode of its journal and each kind of transaction.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use migratable_core::Dialect;
use migratable_tests::databases::client::Server;

use super::subject::{WAYS, Way, said};

/// The calls by which files change.
const CALLS: [&str; 5] = ["pwrite64", "fdatasync", "fsync", "ftruncate", "unlink"];
/// The signal that nothing can catch.
const SIGKILL: i32 = 9;

/// Runs the way under `strace`, which kills the process as it makes a call for the nth time. Gives back whether it came
/// so far.
fn killed(way: Way, url: &str, words: &[&str], call: &str, nth: usize) -> bool {
    let migrate = way.migrate(url, words);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e"]);
    strace.arg(format!("inject={call}:signal=SIGKILL:when={nth}"));
    strace.arg(migrate.get_program()).args(migrate.get_args());
    strace.envs(migrate.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = strace.output().unwrap_or_else(|error| panic!("strace: {error}; ./test installs it"));
    let was_killed = output.status.signal() == Some(SIGKILL) || output.status.code() == Some(128 + SIGKILL);
    assert!(was_killed || output.status.success(), "{call} {nth}: {}", said(&output));
    was_killed
}

/// Kills it at every call; gives back how many there were.
fn at_every_call(way: Way, journal_mode: &str, transaction: &str) -> usize {
    let server = Server::of(Dialect::Sqlite).unwrap();
    let name = |what: &str| format!("{what}_{journal_mode}_{transaction}").replace(' ', "_");
    let begun = server.database(&name("begun")).unwrap();
    way.begin(&begun);
    begun.query(&format!("PRAGMA journal_mode = {journal_mode}")).unwrap();
    let database = server.database(&name("killed")).unwrap();
    let file = |url: &str| url.trim_start_matches("sqlite://").to_owned();
    let (from, to) = (file(&begun.url()), file(&database.url()));
    let start_again = || {
        for suffix in ["-journal", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{to}{suffix}"));
        }
        fs::copy(&from, &to).unwrap();
    };
    let words = [way.words, &["--transaction", transaction]].concat();
    start_again();
    way.ok(&database.url(), &words);
    let expected = way.end(&database);
    let mut calls = 0;
    for call in CALLS {
        for nth in 1.. {
            start_again();
            if !killed(way, &database.url(), &words, call, nth) {
                break;
            }
            calls += 1;
            way.recover(&database, &expected, &format!("{way:?} {journal_mode} {transaction}: {call} {nth}"));
        }
    }
    println!("killed {calls} times in {way:?}, {journal_mode}, {transaction}");
    calls
}

#[test]
fn a_process_that_is_killed_at_any_write_loses_nothing() {
    let modes = [
        ("delete", "all"),
        ("wal", "none"),
        ("delete", "none"),
        ("wal", "all"),
        ("delete", "revision"),
        ("wal", "revision"),
    ];
    // The history of every kind in each mode, the example's in the usual one.
    let count = |way: Way| if way.history == "example" { 1 } else { 2 };
    let all = std::env::var("MIGRATABLE_FAULTS").is_ok_and(|it| it == "all");
    let run = |way: Way| -> usize {
        let modes = if all { &modes[..] } else { &modes[..count(way)] };
        modes.iter().map(|(mode, transaction)| at_every_call(way, mode, transaction)).sum()
    };
    let calls: usize = std::thread::scope(|scope| {
        let [up, down, example_up, example_down] = WAYS;
        let halves = [[up, example_up], [down, example_down]];
        let halves = halves.map(|ways| scope.spawn(move || ways.map(run).into_iter().sum::<usize>()));
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    println!("killed {calls} times");
    assert!(calls > 400, "only {calls} calls were found to be killed at");
}
