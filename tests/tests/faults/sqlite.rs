//! Killed at every call by which SQLite changes its files, in each mode of its journal and each kind of transaction.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use migratable_core::Dialect;
use migratable_tests::databases::client::Server;

use super::subject::{WAYS, Way, said};

const WRITE: &str = "pwrite64";
/// The calls by which files change.
const CALLS: [&str; 5] = [WRITE, "fdatasync", "fsync", "ftruncate", "unlink"];
/// The signal that nothing can catch.
const SIGKILL: i32 = 9;

/// The modes of the journal and the divisions into transactions. The first is the usual one.
const MODES: [(&str, &str); 6] = [
    ("delete", "all"),
    ("wal", "none"),
    ("delete", "none"),
    ("wal", "all"),
    ("delete", "revision"),
    ("wal", "revision"),
];
/// At one in how many calls it is killed in the other modes, unless `MIGRATABLE_FAULTS` asks for all. A prime, so that
/// other calls are met in each.
const SAMPLE: usize = 37;

/// At which calls of a kind it is killed in a mode: the first, and every how many behind it. At all in the usual mode, and
/// at all that end a transaction in the mode that has most of them.
fn calls_of(mode: usize, call: &str) -> (usize, usize) {
    let all = std::env::var("MIGRATABLE_FAULTS").is_ok_and(|it| it == "all");
    match mode {
        other if !all && (other > 1 || other == 1 && call == WRITE) => (1 + 2 * other, SAMPLE),
        _ => (1, 1),
    }
}

/// Runs the way under `strace`, which kills the process as it makes a call for the nth time. Gives back whether it came
/// so far.
fn killed(way: Way, url: &str, call: &str, nth: usize) -> bool {
    let migrate = way.migrate(url, &way.words());
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

/// Kills it at its calls in a mode; gives back how often.
fn in_mode(way: Way, mode: usize) -> usize {
    let (journal_mode, transaction) = MODES[mode];
    let server = Server::of(Dialect::Sqlite).unwrap();
    let begun = server.database("begun").unwrap();
    way.begin(&begun);
    begun.query(&format!("PRAGMA journal_mode = {journal_mode}")).unwrap();
    let database = server.database("killed").unwrap();
    let file = |url: &str| url.trim_start_matches("sqlite://").to_owned();
    let (from, to) = (file(&begun.url()), file(&database.url()));
    let start_again = || {
        for suffix in ["-journal", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{to}{suffix}"));
        }
        fs::copy(&from, &to).unwrap();
    };
    let divided = way.with_transaction(transaction);
    start_again();
    way.ok(&database.url(), &divided.words());
    let expected = way.end(&database);
    let mut count = 0;
    for call in CALLS {
        let (first, every) = calls_of(mode, call);
        for nth in (first..).step_by(every) {
            start_again();
            if !killed(divided, &database.url(), call, nth) {
                break;
            }
            count += 1;
            // In the usual mode: whoever goes on need not know how it was begun.
            way.recover(&database, &expected, &format!("{divided:?} {journal_mode}: {call} {nth}"));
        }
    }
    println!("killed {count} times in {divided:?}, {journal_mode}");
    assert!(count >= if mode < 2 { 30 } else { 1 }, "{divided:?}, {journal_mode}: {count}");
    count
}

#[test]
fn a_process_that_is_killed_at_any_write_loses_nothing() {
    let run = |way: Way| -> usize { (0..MODES.len()).map(|mode| in_mode(way, mode)).sum() };
    let calls: usize = std::thread::scope(|scope| {
        let [up, down, example_up, example_down] = WAYS;
        let halves = [[up, example_up], [down, example_down]];
        let halves = halves.map(|ways| scope.spawn(move || ways.map(run).into_iter().sum::<usize>()));
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    println!("killed {calls} times");
    assert!(calls > 400, "only {calls} calls were found to be killed at");
}
