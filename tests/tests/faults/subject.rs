//! What is migrated, and what it must be at the end.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use migratable_core::Dialect;
use migratable_tests::databases::client::Database;
use migratable_tests::databases::{reader, rows};

const USERS: &str = "INSERT INTO users (id, username, email, location, created_at) VALUES \
                     (1, 'ada', 'ada@example.org', 'Turin, Italy', '2024-01-02 03:04:05'), \
                     (2, 'bob', 'bob@example.org', NULL, '2024-02-03 04:05:06'); \
                     INSERT INTO posts (id, headline, body, author_id, created_at) VALUES \
                     (1, 'Hello', 'first words', 1, '2024-01-03 00:00:00');";

/// A history and a way through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    pub history: &'static str,
    /// Its first revision, behind which rows are written.
    pub first: &'static str,
    /// Where the database is before.
    pub start: &'static str,
    /// What is run and interrupted.
    words: &'static [&'static str],
    /// How it is divided into transactions, if not in the usual way.
    transaction: Option<&'static str>,
}

const UP: Way = Way { history: "every kind", first: "aa", start: "aa", words: &["upgrade"], transaction: None };
const EXAMPLE: Way = Way { history: "example", first: "54de", start: "54de", ..UP };
/// The ways back end where there are still rows to be looked at.
pub const WAYS: [Way; 4] = [
    UP,
    Way { start: "head", words: &["downgrade", "aa"], ..UP },
    EXAMPLE,
    Way { start: "head", words: &["downgrade", "54de"], ..EXAMPLE },
];

/// What a database is: its schema, read by something that is not the product, and every row.
#[derive(Debug, PartialEq, Eq)]
pub struct State {
    schema: BTreeSet<String>,
    rows: Vec<String>,
}

impl Way {
    /// The same, divided in another way.
    pub fn with_transaction(self, transaction: &'static str) -> Way {
        Way { transaction: Some(transaction), ..self }
    }

    /// The words of the command.
    pub fn words(&self) -> Vec<&'static str> {
        let transaction = self.transaction.map(|it| ["--transaction", it]);
        self.words.iter().copied().chain(transaction.into_iter().flatten()).collect()
    }

    /// The process that runs `migrate` on a database.
    pub fn migrate(&self, url: &str, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_every-kind"));
        // Every fill goes row by row, so that it can be killed between two of them.
        command.env("HISTORY", self.history).env("MIGRATABLE_BATCH_SIZE", "1");
        command.args(["--database-url", url]).args(words);
        command
    }

    /// Runs it to its end, which must be a good one.
    pub fn ok(&self, url: &str, words: &[&str]) -> String {
        let output = self.migrate(url, words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Brings an empty database to where the way begins, with rows.
    pub fn begin(&self, database: &Database<'_>) {
        database.make("").unwrap();
        self.ok(&database.url(), &["upgrade", self.first]);
        if self.history == "example" {
            database.run(USERS).unwrap();
        }
        self.ok(&database.url(), &["upgrade", self.start]);
    }

    /// What the database is.
    pub fn state(&self, database: &Database<'_>) -> State {
        // The only rows that are numbered while the process may be killed.
        let numbered = [("roles", "id"), ("users", "role_id")];
        let rows = rows::snapshot(database).unwrap().numbered_anew(numbered[0], &numbered[1..]).lines();
        if database.dialect() == Dialect::Sqlite {
            // In as few calls of the shell as can be: it is asked a thousand times.
            let all =
                "PRAGMA integrity_check;\nSELECT revision FROM migratable_revisions;\n.schema\n.dump sqlite_sequence";
            let all = database.query(all).unwrap();
            // A column that comes back may stand in another place, and be the last.
            let schema = all.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
            return State { schema, rows };
        }
        let held = reader::read(database).unwrap();
        let mut schema = reader::without_places(held.managed);
        // An empty journal may be left, and does no harm.
        schema.retain(|line| !line.starts_with("migratable_"));
        schema.extend(left_behind(database));
        // Triggers and functions of work on rows are gone, too.
        schema.extend(held.others);
        let history = database.query("SELECT revision FROM migratable_revisions ORDER BY ordinal;").unwrap_or_default();
        schema.insert(format!("history {}", history.replace('\n', " ")));
        State { schema, rows }
    }

    /// What it comes to when nothing happens, which is what its revision stands for.
    pub fn end(&self, database: &Database<'_>) -> State {
        self.ok(&database.url(), &["verify"]);
        self.state(database)
    }

    /// Runs the same again on a database on which it was interrupted: it must come to the end that it has without.
    pub fn recover(&self, database: &Database<'_>, expected: &State, what: &str) {
        let again = self.migrate(&database.url(), &self.words()).output().unwrap();
        assert!(again.status.success(), "{what}: {}", said(&again));
        assert_eq!(self.state(database), *expected, "{what}");
        // On SQLite the state is all that is verified.
        if database.dialect() != Dialect::Sqlite {
            self.ok(&database.url(), &["verify"]);
        }
    }
}

/// The tables that the tool has, and the rows of its journal, which stays where it cannot go with what it records.
fn left_behind(database: &Database<'_>) -> Vec<String> {
    let here = if database.dialect() == Dialect::Mysql { "DATABASE()" } else { "current_schema()" };
    let tables = format!(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = {here} AND table_name LIKE 'migratable%' \
         ORDER BY 1;"
    );
    let tables = database.query(&tables).unwrap();
    let line = |table: &str| match table {
        "migratable_journal" => {
            let rows = database.query("SELECT count(*) FROM migratable_journal;").unwrap();
            (rows.trim() != "0").then(|| format!("journal with {rows} rows"))
        }
        table => Some(format!("tool's {table}")),
    };
    tables.lines().map(str::trim).filter_map(line).collect()
}

pub fn said(output: &Output) -> String {
    format!("{}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
