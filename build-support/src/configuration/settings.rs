//! The keys that say how a database is migrated.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use migratable_core::names::unknown;
use migratable_core::{Dialect, Naming, Template};

use super::manifest::Value;

/// What is set for a database; what is not is as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The dialects that its revisions are for.
    pub dialects: Vec<Dialect>,
    /// Its URL, if none is given otherwise.
    pub database_url: Option<String>,
    /// The table that records which revisions are applied.
    pub history_table: Option<String>,
    /// The schema of that table.
    pub history_schema: Option<String>,
    /// The tables that are not ours, as patterns with `*`.
    pub exclude: Vec<String>,
    /// What is one transaction.
    pub transaction: Option<Transaction>,
    /// How long it is waited for others who hold a lock.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may take.
    pub statement_timeout: Option<Duration>,
    /// How often it is tried again when others hold a lock for too long.
    pub retries: Option<u32>,
    /// How many rows are one batch of a data step.
    pub batch_size: Option<u64>,
    /// How long it is waited between two batches.
    pub batch_pause: Option<Duration>,
    /// Whether a SQLite database is copied before anything is changed.
    pub backup: Option<bool>,
    /// How constraints and indexes are named that no model names.
    pub naming: Naming,
    /// How the file of a new revision is named.
    file_name: Option<Template>,
    /// What becomes of the message of a new revision.
    message: Option<Template>,
    /// The commands that are run on each new file, each as its words; `{file}` stands for the file.
    pub post_write_hooks: Option<Vec<Vec<String>>>,
    /// The line of the Cargo.toml in which a key is set.
    pub lines: BTreeMap<&'static str, usize>,
}

/// What is one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// All revisions of an upgrade or a downgrade.
    All,
    /// Each revision.
    Revision,
    /// Each part of a revision.
    None,
}

/// Every key.
pub const KEYS: [&str; 16] = [
    "dialects",
    "database-url",
    "history-table",
    "history-schema",
    "exclude",
    "transaction",
    "lock-timeout",
    "statement-timeout",
    "retries",
    "batch-size",
    "batch-pause",
    "backup",
    "naming",
    "file-name",
    "message",
    "post-write-hooks",
];

/// The keys that the environment and the command line know.
const ASKED: [&str; 6] = ["transaction", "lock-timeout", "statement-timeout", "retries", "batch-size", "batch-pause"];

const DIALECTS: [&str; 3] = ["sqlite", "postgres", "mysql"];
const TRANSACTIONS: [&str; 3] = ["all", "revision", "none"];

/// The table of the history if none is set.
const USUAL_HISTORY_TABLE: &str = "migratable_revisions";
/// What is run on a new file if nothing else is set, where it is there.
pub const USUAL_HOOK: [&str; 4] = ["rustfmt", "--edition", "2024", "{file}"];
/// How files are named if nothing else is set.
const USUAL_FILE_NAME: &str = "{year}{month}{day}_{hour}{minute}{second}_{id}_{slug}";
/// What can stand in the name of a file.
const FILE_NAME: [&str; 8] = ["year", "month", "day", "hour", "minute", "second", "id", "slug"];
/// What a message is if nothing else is set.
const USUAL_MESSAGE: &str = "{message}";
/// What can stand in a message.
const MESSAGE: [&str; 5] = ["year", "month", "day", "id", "message"];

impl Settings {
    /// Takes in a key. Gives back whether there is one of that name.
    pub(super) fn set(&mut self, key: &str, value: &Value<'_>) -> Result<bool, String> {
        let Some(&name) = KEYS.iter().find(|known| **known == key) else { return Ok(false) };
        match name {
            "dialects" => self.dialects = value.each("sqlite", dialect)?,
            "database-url" => self.database_url = Some(value.text("sqlite://app.db")?.to_owned()),
            "history-table" => self.history_table = Some(value.parsed("schema_history", identifier)?),
            "history-schema" => self.history_schema = Some(value.parsed("audit", identifier)?),
            "exclude" => self.exclude = value.each("legacy_*", |pattern| Ok(pattern.to_owned()))?,
            "transaction" => self.transaction = Some(value.parsed("revision", transaction)?),
            "lock-timeout" => self.lock_timeout = Some(value.parsed("30s", duration)?),
            "statement-timeout" => self.statement_timeout = Some(value.parsed("5min", duration)?),
            "retries" => self.retries = Some(value.number(number)?),
            "batch-size" => self.batch_size = Some(value.number(rows)?),
            "batch-pause" => self.batch_pause = Some(value.parsed("100ms", duration)?),
            "backup" => self.backup = Some(value.flag()?),
            "naming" => {
                for (key, pattern) in value.entries("ix = \"{table}_{columns}_idx\"")? {
                    if !Naming::KEYS.contains(&key) {
                        return Err(pattern.unknown_key(key, &Naming::KEYS));
                    }
                    pattern.parsed("{table}_{columns}", |text| self.naming.set(key, text))?;
                }
            }
            "file-name" => {
                let template = |text: &str| Template::parse(text, &FILE_NAME, "id").and_then(file_name);
                self.file_name = Some(value.parsed("{year}{month}{day}_{id}_{slug}", template)?);
            }
            "message" => {
                let template = |text: &str| Template::parse(text, &MESSAGE, "message");
                self.message = Some(value.parsed("{message}", template)?);
            }
            _ => self.post_write_hooks = Some(value.each("rustfmt --edition 2024 {file}", hook)?),
        }
        self.lines.insert(name, value.line());
        Ok(true)
    }

    /// Takes in a text for a key, as the environment and the command line give it.
    ///
    /// # Errors
    /// A sentence that says what belongs there.
    pub fn set_text(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "transaction" => self.transaction = Some(transaction(value)?),
            "lock-timeout" => self.lock_timeout = Some(duration(value)?),
            "statement-timeout" => self.statement_timeout = Some(duration(value)?),
            "retries" => self.retries = Some(number(value)?),
            "batch-size" => self.batch_size = Some(rows(value)?),
            "batch-pause" => self.batch_pause = Some(duration(value)?),
            _ => return Err(unknown("setting", key, &ASKED)),
        }
        Ok(())
    }

    /// How the file of a new revision is named.
    pub fn file_name(&self) -> Template {
        self.file_name.clone().unwrap_or_else(|| Template::of(USUAL_FILE_NAME).unwrap_or_default())
    }

    /// What becomes of the message of a new revision.
    pub fn message(&self) -> Template {
        self.message.clone().unwrap_or_else(|| Template::of(USUAL_MESSAGE).unwrap_or_default())
    }

    /// What is set for a key, as it is written, else what is usual; none if that is not one value.
    pub fn text(&self, key: &str) -> Option<String> {
        let listed = |list: &[String]| (!list.is_empty()).then(|| list.join(", "));
        match key {
            "dialects" => listed(&self.dialects.iter().map(|dialect| dialect.name().to_owned()).collect::<Vec<_>>()),
            "database-url" => self.database_url.clone(),
            "history-table" => self.history_table.clone().or_else(|| Some(USUAL_HISTORY_TABLE.to_owned())),
            "history-schema" => self.history_schema.clone(),
            "exclude" => listed(&self.exclude),
            "transaction" => self.transaction.map(|it| it.to_string()),
            "lock-timeout" => self.lock_timeout.map(duration_text),
            "statement-timeout" => self.statement_timeout.map(duration_text),
            "retries" => self.retries.map(|it| it.to_string()),
            "batch-size" => self.batch_size.map(|it| it.to_string()),
            "batch-pause" => self.batch_pause.map(duration_text),
            "backup" => self.backup.map(|it| it.to_string()),
            "naming" => {
                listed(&self.naming.patterns().map(|(key, pattern)| format!("{key} = {pattern}")).collect::<Vec<_>>())
            }
            "file-name" => Some(self.file_name().to_string()),
            "message" => Some(self.message().to_string()),
            "post-write-hooks" => match &self.post_write_hooks {
                Some(hooks) => listed(&hooks.iter().map(|words| words.join(" ")).collect::<Vec<_>>()),
                None => Some(USUAL_HOOK.join(" ")),
            },
            _ => None,
        }
    }

    /// Checks that what a key says can be done with one of the dialects.
    pub(super) fn check(&self, key: &str, value: &Value<'_>) -> Result<(), String> {
        match only(key, self) {
            Some((able, lack)) if !self.dialects.iter().any(|dialect| able.contains(dialect)) => {
                let meant: Vec<&str> = self.dialects.iter().map(|dialect| dialect.name()).collect();
                Err(value.wrong(&format!("{lack}, and `dialects` says {}", meant.join(", "))))
            }
            _ => Ok(()),
        }
    }
}

/// The dialects that can do what a key says, with what the others lack; all of them for most keys.
fn only(key: &str, settings: &Settings) -> Option<(&'static [Dialect], &'static str)> {
    match key {
        "history-schema" => Some((&[Dialect::Postgres], "only PostgreSQL has schemas")),
        "retries" => Some((&[Dialect::Postgres, Dialect::Mysql], "SQLite waits for `lock-timeout` alone")),
        "statement-timeout" => Some((&[Dialect::Postgres, Dialect::Mysql], "SQLite has no limit for statements")),
        "backup" if settings.backup == Some(true) => {
            Some((&[Dialect::Sqlite], "servers are copied by their own tools"))
        }
        "transaction" if settings.transaction == Some(Transaction::All) => {
            Some((&[Dialect::Sqlite, Dialect::Postgres], "MySQL takes no change of a table back"))
        }
        _ => None,
    }
}

fn dialect(name: &str) -> Result<Dialect, String> {
    Dialect::from_name(name).ok_or_else(|| unknown("dialect", name, &DIALECTS))
}

fn transaction(name: &str) -> Result<Transaction, String> {
    match name {
        "all" => Ok(Transaction::All),
        "revision" => Ok(Transaction::Revision),
        "none" => Ok(Transaction::None),
        _ => Err(unknown("transaction mode", name, &TRANSACTIONS)),
    }
}

/// A name that is the same on every database, whatever it does with capitals.
fn identifier(name: &str) -> Result<String, String> {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.len() <= 63;
    if is_plain { Ok(name.to_owned()) } else { Err("a name of a-z, 0-9 and _ belongs here, of 63 at most".to_owned()) }
}

impl fmt::Display for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transaction::All => "all",
            Transaction::Revision => "revision",
            Transaction::None => "none",
        })
    }
}

fn duration_text(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let (unit, name) = [(3_600_000, "h"), (60_000, "min"), (1_000, "s")]
        .into_iter()
        .find(|(unit, _)| milliseconds.is_multiple_of(*unit))
        .unwrap_or((1, "ms"));
    format!("{}{name}", milliseconds / unit)
}

/// `30s`, `500ms`, `5min`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let counted = number.parse::<u32>().ok().map(|number| u64::from(number) * milliseconds);
    match counted.filter(|counted| *counted > 0) {
        Some(counted) => Ok(Duration::from_millis(counted)),
        None => Err("a time belongs here: \"500ms\", \"30s\", \"5min\", \"1h\"".to_owned()),
    }
}

/// A number of times.
fn rows(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|rows| *rows > 0).ok_or_else(|| "a number of rows belongs here: 1000".to_owned())
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "a number belongs here: 3".to_owned())
}

fn file_name(template: Template) -> Result<Template, String> {
    let odd = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let wrong = template.literals().find(|text| text.contains(odd)).map(str::to_owned);
    match wrong {
        Some(text) => Err(format!("`{text}` cannot stand in the name of a file; letters, digits, _, - and . can")),
        None if !template.is_apart("id", &['_', '-', '.']) => {
            Err("`{id}` must stand apart, between _, - or ., so that a file is found by it".to_owned())
        }
        None => Ok(template),
    }
}

/// A command as its words.
fn hook(command: &str) -> Result<Vec<String>, String> {
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() { Err("a command belongs here: \"rustfmt {file}\"".to_owned()) } else { Ok(words) }
}
