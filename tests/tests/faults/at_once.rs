//! Many who migrate one database at the same time.

use std::process::Stdio;

use migratable_core::Dialect;
use migratable_tests::databases::client::Server;

use super::subject::{WAYS, said};

const PROCESSES: usize = 32;

fn on(dialect: Dialect) {
    let server = Server::of(dialect).unwrap();
    for way in [WAYS[0], WAYS[2]] {
        let database = server.database("at_once").unwrap();
        database.make("").unwrap();
        let start = || {
            let mut migrate = way.migrate(&database.url(), &["upgrade"]);
            migrate.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children: Vec<_> = (0..PROCESSES).map(|_| start()).collect();
        let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let mut applied = Vec::new();
        for output in &outputs {
            assert!(output.status.success(), "{dialect}: {}", said(output));
            let text = String::from_utf8_lossy(&output.stdout);
            let words = text.lines().filter_map(|line| line.strip_prefix("applied "));
            applied.extend(words.map(|line| line.split(' ').next().unwrap().to_owned()));
        }
        let recorded = database.query("SELECT revision FROM migratable_revisions ORDER BY ordinal").unwrap();
        let mut sorted = applied.clone();
        sorted.sort();
        let mut expected: Vec<&str> = recorded.lines().collect();
        expected.sort();
        assert_eq!(sorted, expected, "{dialect}: each exactly once");
        way.ok(&database.url(), &["verify"]);
        // No lock is left: the next has nothing to wait for.
        way.ok(&database.url(), &["--lock-timeout", "1s", "downgrade", "-1"]);
    }
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
