//! Many who migrate one database at the same time, also while somebody writes to it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use migratable::AnyConnection;
use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};

use super::subject::{WAYS, Way, said};

const PROCESSES: usize = 32;

/// Upgrades by many processes, of which none fails. Gives back what each of them has applied.
fn upgrade(way: Way, database: &Database<'_>) -> Vec<String> {
    let start = || {
        // More at a time than are written meanwhile.
        let mut migrate = way.migrate(&database.url(), &["upgrade", "--batch-size", "100"]);
        migrate.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..PROCESSES).map(|_| start()).collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let mut applied = Vec::new();
    for output in &outputs {
        assert!(output.status.success(), "{}: {}", database.dialect(), said(output));
        let text = String::from_utf8_lossy(&output.stdout);
        let words = text.lines().filter_map(|line| line.strip_prefix("applied "));
        applied.extend(words.map(|line| line.split(' ').next().unwrap().to_owned()));
    }
    applied
}

/// Each revision behind the first ones was applied by exactly one, and no lock is left: the next has nothing to wait for.
fn assert_once(way: Way, database: &Database<'_>, first: usize, mut applied: Vec<String>) {
    let recorded = database.query("SELECT revision FROM migratable_revisions ORDER BY ordinal").unwrap();
    applied.sort();
    let mut expected: Vec<&str> = recorded.lines().skip(first).collect();
    expected.sort();
    assert_eq!(applied, expected, "{}: each exactly once", database.dialect());
    way.ok(&database.url(), &["verify"]);
    way.ok(&database.url(), &["--lock-timeout", "1s", "downgrade", "-1"]);
}

/// An empty database, on which they come together.
fn on(dialect: Dialect) {
    let server = Server::of(dialect).unwrap();
    for way in [WAYS[0], WAYS[2]] {
        let database = server.database("at_once").unwrap();
        database.make("").unwrap();
        let applied = upgrade(way, &database);
        assert_once(way, &database, 0, applied);
    }
}

/// Writes cities until it is told to end, whatever they are called just then. Gives back how many.
fn write(dialect: Dialect, url: &str, ends: &AtomicBool) -> usize {
    let target = url.strip_prefix("sqlite://").unwrap_or(url);
    let mut connection = AnyConnection::open(dialect, target).unwrap();
    if dialect == Dialect::Sqlite {
        connection.batch_execute("PRAGMA busy_timeout = 60000").unwrap();
    }
    let mut written = 0;
    while !ends.load(Ordering::Relaxed) {
        // Behind the numbers that the revisions give themselves.
        let (id, name) = (100 + written, format!("w{written}"));
        let ways = [
            format!("INSERT INTO cities (id, name) VALUES ({id}, '{name}')"),
            format!("INSERT INTO towns (id, name) VALUES ({id}, '{name}')"),
            format!("INSERT INTO towns (id, name, initial) VALUES ({id}, '{name}', 'w')"),
        ];
        let was_written = ways.iter().any(|sql| match connection.batch_execute(sql) {
            Ok(()) => true,
            Err(error) => {
                let error = error.to_string();
                assert!(!error.to_lowercase().contains("deadlock") && !error.contains("locked"), "{sql}: {error}");
                false
            }
        });
        written += usize::from(was_written);
        thread::sleep(Duration::from_millis(3));
    }
    written
}

/// A database with rows, to which somebody writes all the time.
fn beside_a_writer(dialect: Dialect) {
    let server = Server::of(dialect).unwrap();
    let database = server.database("in_use").unwrap();
    let way = WAYS[0];
    way.begin(&database);
    let (url, ends) = (database.url(), AtomicBool::new(false));
    let (written, applied) = thread::scope(|scope| {
        let writer = scope.spawn(|| write(dialect, &url, &ends));
        let upgraded = catch_unwind(AssertUnwindSafe(|| upgrade(way, &database)));
        ends.store(true, Ordering::Relaxed);
        (writer.join().unwrap(), upgraded.unwrap())
    });
    assert!(written > 10, "{dialect}: {written}");
    let rows = "SELECT count(*) FROM towns WHERE lower(name) LIKE 'w%' AND lower(initial) = 'w';\n\
                SELECT count(DISTINCT lower(name)) FROM towns WHERE name <> 'Oslo' AND name <> 'OSLO';\n\
                SELECT age FROM people ORDER BY id;";
    // What was written is there, beside the two towns of before; each of the steps made both people one year older.
    let expected = format!("{written}\n{}\n33\n44\n", written + 2);
    assert_eq!(database.query(rows).unwrap(), expected, "{dialect}");
    assert_once(way, &database, 1, applied);
}

#[test]
fn thirty_two_processes_on_sqlite_apply_each_revision_once() {
    on(Dialect::Sqlite);
}

#[test]
fn thirty_two_processes_on_postgresql_apply_each_revision_once() {
    on(Dialect::Postgres);
}

#[test]
fn thirty_two_processes_on_mysql_apply_each_revision_once() {
    on(Dialect::Mysql);
}

#[test]
fn thirty_two_processes_and_a_writer_on_sqlite_lose_no_row() {
    beside_a_writer(Dialect::Sqlite);
}

#[test]
fn thirty_two_processes_and_a_writer_on_postgresql_lose_no_row() {
    beside_a_writer(Dialect::Postgres);
}

#[test]
fn thirty_two_processes_and_a_writer_on_mysql_lose_no_row() {
    beside_a_writer(Dialect::Mysql);
}
