//! Other processes that use the file meanwhile.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use migratable::revision::*;
use migratable::{Options, Settings, Transaction};

use super::database::{Program, line, nothing, open, run, values};

fn base(op: &mut Operations) {
    op.create_table(table("a").column(column("x", text())));
    op.bulk_insert("a", ["x"], [[value("kept")]]);
}

fn made_anew(op: &mut Operations) {
    op.alter_column("a", "x").nullable();
    op.add_column("a", column("y", integer()).nullable());
}

fn added(op: &mut Operations) {
    op.create_table(table("b").column(column("x", text())));
}

fn program() -> Program {
    line(&[(base, nothing), (made_anew, nothing), (added, nothing)])
}

/// Another process that has done something on the file, and goes on when it is told.
struct Other(Child);

impl Other {
    fn holding(path: &Path, sql: &str) -> Other {
        let mut shell = Command::new("sqlite3")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("sqlite3: {error}; ./test installs it"));
        writeln!(shell.stdin.as_mut().unwrap(), "{sql}\nSELECT 'held';").unwrap();
        let said = BufReader::new(shell.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(said.into_iter().any(|line| line == "held"), "{sql}");
        Other(shell)
    }

    fn is_named_in(&self, error: &str) -> bool {
        error.contains(&format!("database is locked by process {} (sqlite3): somebody else", self.0.id()))
    }

    fn lets_go(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

fn patient(milliseconds: u64) -> Program {
    program().with_settings(Settings::default().with_lock_timeout(Duration::from_millis(milliseconds)))
}

#[test]
fn a_process_that_writes_is_named() {
    for mode in ["delete", "wal"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let mut db = open(&path);
        run(&mut db, &format!("PRAGMA journal_mode = {mode}"));
        program().upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        let other = Other::holding(&path, "BEGIN IMMEDIATE; INSERT INTO a VALUES ('theirs');");
        let error = patient(50).upgrade(&mut db).unwrap_err().to_string();
        assert!(other.is_named_in(&error), "{mode}: {error}");
        assert_eq!(program().current(&mut db).unwrap(), ["r1"]);
        other.lets_go();
        program().upgrade(&mut db).unwrap();
    }
}

#[test]
fn a_process_that_reads_for_long_is_waited_for_and_named_where_it_is_in_the_way() {
    let reads = "BEGIN; SELECT count(*) FROM a;";
    for transaction in [Transaction::All, Transaction::Revision, Transaction::None] {
        let options = Options { transaction, ..Options::default() };
        for mode in ["delete", "truncate", "wal"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("app.db");
            let mut db = open(&path);
            run(&mut db, &format!("PRAGMA journal_mode = {mode}"));
            program().upgrade_to(&mut db, "r1", &options).unwrap();
            let what = format!("{transaction:?} {mode}");
            if mode != "wal" {
                let other = Other::holding(&path, reads);
                let error = patient(50).upgrade_to(&mut db, "head", &options).unwrap_err().to_string();
                assert!(other.is_named_in(&error), "{what}: {error}");
                assert_eq!(program().current(&mut db).unwrap(), ["r1"], "{what}");
                assert_eq!(values(&mut db, "SELECT name FROM pragma_table_info('a')"), ["x"], "{what}");
                other.lets_go();
            }
            let other = Other::holding(&path, reads);
            // With a write-ahead log it is in nobody's way, and sees what was there.
            let ends = (mode != "wal").then(|| {
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(200));
                    other.lets_go();
                })
            });
            let report = program().upgrade_to(&mut db, "head", &options).unwrap();
            assert_eq!(report.done.len(), 2, "{what}");
            assert_eq!(values(&mut db, "SELECT x FROM a"), ["kept"], "{what}");
            ends.into_iter().for_each(|ends| ends.join().unwrap());
        }
    }
}
