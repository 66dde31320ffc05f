//! SQLite on a disk that fills up while rows are worked on batch by batch: when there is room again the same command goes
//! on and finishes, and no row is lost.

use std::fs;
use std::process::{Command, Output};

use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};

use super::small_disk::{SmallDisk, on_a_small_disk};
use super::subject::said;

/// Work on all rows of a table.
struct Work {
    program: &'static str,
    history: &'static str,
    /// Where rows are written, and makes them.
    first: &'static str,
    rows: &'static str,
    /// Where the database is before, and the revision with the work.
    start: &'static str,
    end: &'static str,
}

const FILL: Work = Work {
    program: env!("CARGO_BIN_EXE_refused"),
    history: "filling",
    first: "a1",
    rows: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
           INSERT INTO users (id, name) SELECT i, printf('user %024d', i) FROM n;",
    start: "a1",
    end: "b2",
};

const MAP: Work = Work {
    program: env!("CARGO_BIN_EXE_every-kind"),
    history: "every kind",
    first: "aa",
    rows: "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 6099) \
           INSERT INTO cities (id, name) SELECT i, printf('city %024d', i) FROM n;",
    start: "dd",
    end: "ee",
};

impl Work {
    fn migrate(&self, database: &Database<'_>, words: &[&str]) -> Output {
        let mut command = Command::new(self.program);
        command.env("HISTORY", self.history).env("MIGRATABLE_BATCH_SIZE", "200");
        command.args(["--database-url", &database.url()]).args(words).output().unwrap()
    }

    fn ok(&self, database: &Database<'_>, words: &[&str]) {
        let ran = self.migrate(database, words);
        assert!(ran.status.success(), "{words:?}: {}", said(&ran));
    }

    fn begin(&self, database: &Database<'_>, journal_mode: &str) {
        database.make("").unwrap();
        self.ok(database, &["upgrade", self.first]);
        database.run(self.rows).unwrap();
        self.ok(database, &["upgrade", self.start]);
        database.query(&format!("PRAGMA journal_mode = {journal_mode};")).unwrap();
    }

    /// Fills the disk up but for more and more blocks, until the work is done; gives how often it stopped in the middle of
    /// the batches.
    fn wherever_it_fills_up(&self, disk: &SmallDisk, begun: &Database<'_>, database: &Database<'_>) -> usize {
        let upgrade = ["upgrade", self.end];
        copy(begun, database);
        self.ok(database, &upgrade);
        let expected = state(database);
        let mut in_the_middle = 0;
        let needed = (0..4).chain((4..3000).step_by(13)).find(|&left| {
            copy(begun, database);
            let filling = disk.fill(left);
            let ran = self.migrate(database, &upgrade);
            fs::remove_file(filling).unwrap();
            if ran.status.success() {
                return true;
            }
            let text = said(&ran);
            let errors = text.lines().filter(|line| line.starts_with("error: ")).count();
            assert!(errors == 1 && text.contains("make room on the disk"), "{left}: {text}");
            in_the_middle += usize::from(done_rows(database) > 0);
            self.ok(database, &upgrade);
            assert_eq!(state(database), expected, "{left} blocks");
            self.ok(database, &["verify"]);
            false
        });
        assert!(needed.is_some_and(|blocks| blocks > 0), "{}: {needed:?}", self.history);
        in_the_middle
    }
}

fn file(database: &Database<'_>) -> String {
    database.url().trim_start_matches("sqlite://").to_owned()
}

fn copy(from: &Database<'_>, to: &Database<'_>) {
    for suffix in ["-journal", "-wal", "-shm"] {
        let _ = fs::remove_file(file(to) + suffix);
    }
    fs::copy(file(from), file(to)).unwrap();
}

/// Schema and rows, and what SQLite thinks of the file.
fn state(database: &Database<'_>) -> Vec<String> {
    let all = database.query("PRAGMA integrity_check;\nSELECT revision FROM migratable_revisions;\n.dump").unwrap();
    all.lines().filter(|line| !line.contains("INTO migratable_")).map(str::to_owned).collect()
}

/// How many rows are done of work that was stopped in the middle.
fn done_rows(database: &Database<'_>) -> u64 {
    let found = database.query("SELECT done_rows FROM migratable_journal WHERE done_rows IS NOT NULL;");
    found.ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default()
}

#[test]
fn batches_that_fill_up_the_disk_are_gone_on_with() {
    on_a_small_disk("full_disk::batches_that_fill_up_the_disk_are_gone_on_with", |disk| {
        for work in [FILL, MAP] {
            for mode in ["delete", "wal"] {
                let server = Server::of(Dialect::Sqlite).unwrap();
                let (begun, database) = (server.database("begun").unwrap(), server.database("full").unwrap());
                work.begin(&begun, mode);
                let in_the_middle = work.wherever_it_fills_up(disk, &begun, &database);
                assert!(in_the_middle > 0, "{} {mode}: it never stopped in the middle of the batches", work.history);
            }
        }
    });
}

#[test]
fn a_copy_of_a_database_with_a_write_ahead_log_for_which_there_is_no_room_stops_everything() {
    let name = "full_disk::a_copy_of_a_database_with_a_write_ahead_log_for_which_there_is_no_room_stops_everything";
    on_a_small_disk(name, |disk| {
        let server = Server::of(Dialect::Sqlite).unwrap();
        let database = server.database("copied").unwrap();
        FILL.begin(&database, "wal");
        let before = state(&database);
        let folder = file(&database).rsplit_once('/').unwrap().0.to_owned();
        let copies = || {
            let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.contains(".backup-")).collect::<Vec<_>>()
        };
        for left in [12, 30] {
            let filling = disk.fill(left);
            let ran = FILL.migrate(&database, &["upgrade", "b2", "--backup"]);
            fs::remove_file(filling).unwrap();
            let text = said(&ran);
            assert!(text.contains("is not copied") && text.contains("make room on the disk"), "{left}: {text}");
            assert_eq!(copies(), [""; 0], "{left}");
            assert_eq!(state(&database), before, "{left}");
        }
        FILL.ok(&database, &["upgrade", "b2", "--backup"]);
        assert_eq!(copies().len(), 1);
    });
}

#[test]
fn a_table_of_a_database_with_a_write_ahead_log_is_not_made_anew_where_the_log_has_no_room() {
    let name = "full_disk::a_table_of_a_database_with_a_write_ahead_log_is_not_made_anew_where_the_log_has_no_room";
    on_a_small_disk(name, |disk| {
        let server = Server::of(Dialect::Sqlite).unwrap();
        let database = server.database("anew").unwrap();
        FILL.begin(&database, "wal");
        // The file has as much room for a copy as the table takes, but the copy goes to the log first.
        database.run("CREATE TABLE gone AS SELECT * FROM users; DROP TABLE gone;").unwrap();
        let before = state(&database);
        let filling = disk.fill(30);
        let ran = FILL.migrate(&database, &["upgrade", "c3"]);
        fs::remove_file(filling).unwrap();
        assert!(said(&ran).contains("the copy of `users` needs"), "{}", said(&ran));
        assert_eq!(state(&database), before);
        FILL.ok(&database, &["upgrade", "c3"]);
    });
}
