//! Which database is meant, and the connection to it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use migratable::inspect::{Inspected, inspect, inspect_scratch_like};
use migratable::{AnyConnection, HistoryTable};
use migratable_core::{Dialect, Schema, TableName};

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::settings::environment;
use crate::url;

/// The connection that commands work on.
pub type Db = AnyConnection;

/// The revisions that a `migrate` was compiled with.
pub type Migrator = migratable::Migrator<Db>;

/// The database that a command works on.
#[derive(Clone)]
pub(crate) struct Database {
    url: String,
    /// Its dialect.
    pub(crate) dialect: Dialect,
    /// Where its URL comes from, if not from the configuration.
    pub(crate) from: Option<String>,
    /// The one schema of it that is meant, if not the usual ones.
    schema: Option<String>,
}

impl Database {
    /// The database that is asked for: by `--database-url`, DATABASE_URL, a `.env` file from the current folder
    /// upwards, or the configuration, in this order.
    pub(crate) fn of(asked: Option<&str>, project: &Project, console: &Console<'_>) -> Outcome<Database> {
        let here = console.current_dir();
        let variable = match project.database() {
            Some(name) => format!("{}_DATABASE_URL", name.to_uppercase()),
            None => "DATABASE_URL".to_owned(),
        };
        let (url, from) = if let Some(url) = asked {
            (url::anchored(url, here), Some("--database-url".to_owned()))
        } else if let Some((url, source)) = environment(&variable, console)? {
            (url::anchored(&url, source.folder(console)), Some(source.shown(&variable, console)))
        } else if let Some(url) = project.configuration()?.database_url.as_deref() {
            (url::anchored(url, &home(project, here)), None)
        } else {
            let section = project.database().map_or(String::new(), |name| format!(".databases.{name}"));
            return Err(Failure::Usage(format!(
                "no database is named: give --database-url, set {variable} or put it in a .env file, or write \
                 `database-url` in [package.metadata.migratable{section}] of the migrations package"
            )));
        };
        Database::checked(url, from, project)
    }

    /// The database of a URL; a relative file is taken from a folder.
    pub(crate) fn named(url: &str, folder: &Path, project: &Project) -> Outcome<Database> {
        Database::checked(url::anchored(url, folder), None, project)
    }

    fn checked(url: String, from: Option<String>, project: &Project) -> Outcome<Database> {
        let dialect = url::dialect(&url).map_err(Failure::Usage)?;
        if !Db::DIALECTS.contains(&dialect) {
            return Err(Failure::Usage(format!(
                "`{}` means {dialect}, which this `migrate` was built without: turn on the feature `{}` of `migratable` \
                 in the Cargo.toml of {}, or by `--features {}` if that package has a feature of this name",
                url::shown(&url),
                dialect.name(),
                project.package(),
                dialect.name(),
            )));
        }
        Ok(Database { url, dialect, from, schema: None })
    }

    /// The URL as anybody may see it.
    pub(crate) fn shown(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{} schema {schema}", url::shown(&self.url)),
            None => url::shown(&self.url),
        }
    }

    /// The same database with one of its schemas, and nothing else, in sight.
    pub(crate) fn with_schema(&self, schema: String) -> Database {
        Database { schema: Some(schema), ..self.clone() }
    }

    /// Its schemas whose names are like a pattern of SQL, in order.
    pub(crate) fn schemas_like(&self, pattern: &str) -> Outcome<Vec<String>> {
        let found = migratable::inspect::schemas_like(&mut self.open()?, pattern);
        found.map_err(|error| self.failure(&error))
    }

    /// The database's file, if it has one.
    fn file(&self) -> Option<PathBuf> {
        url::sqlite_file(&self.url).map(|(file, _)| url::decoded(file))
    }

    /// Whether there is a database at all; else every command that only looks sees an empty one.
    pub(crate) fn exists(&self) -> bool {
        self.file().is_none_or(|file| file.exists())
    }

    /// Opens it, and makes its file if that is not there.
    pub(crate) fn open(&self) -> Outcome<Db> {
        let opened = AnyConnection::open(self.dialect, &self.target());
        let mut connection = opened.map_err(|error| {
            let why = self
                .file()
                .and_then(|file| unusable(&file))
                .or_else(|| url::misread(&self.url).filter(|_| self.dialect == Dialect::Postgres).map(str::to_owned))
                .unwrap_or_else(|| url::hushed(&error.to_string(), &self.url));
            Failure::of_database(format!("cannot open {}: {why}", self.shown()))
        })?;
        if let Some(schema) = &self.schema {
            migratable::inspect::use_schema(&mut connection, schema).map_err(|error| self.failure(&error))?;
        }
        Ok(connection)
    }

    /// The URL in the form that the database's own library takes.
    fn target(&self) -> String {
        match self.dialect {
            Dialect::Sqlite => match url::sqlite_file(&self.url) {
                None => ":memory:".to_owned(),
                Some((file, None)) => format!("file:{file}"),
                Some((file, Some(query))) => format!("file:{file}?{query}"),
            },
            Dialect::Postgres => self.url.clone(),
            Dialect::Mysql => match self.url.split_once(':') {
                Some((_, rest)) => format!("mysql:{rest}"),
                None => self.url.clone(),
            },
        }
    }

    /// A SQLite database in memory.
    pub(crate) fn in_memory() -> Database {
        Database { url: "sqlite::memory:".to_owned(), dialect: Dialect::Sqlite, from: None, schema: None }
    }

    /// Reads all that it holds, what is not ours aside.
    pub(crate) fn inspect(&self, foreign: &Foreign) -> Outcome<Inspected> {
        self.inspect_open(&mut self.open()?, foreign)
    }

    /// The same by a connection that is open.
    pub(crate) fn inspect_open(&self, connection: &mut Db, foreign: &Foreign) -> Outcome<Inspected> {
        inspect(connection).map(|found| foreign.left_out_of(found)).map_err(|error| self.failure(&error))
    }

    /// Makes a schema in a scratch space of it and reads it in the same way, to be compared with another database.
    pub(crate) fn inspect_scratch(&self, schema: &Schema, like: &Inspected, foreign: &Foreign) -> Outcome<Inspected> {
        let made = inspect_scratch_like(&mut self.open()?, schema, like);
        made.map(|found| foreign.left_out_of(found)).map_err(|error| self.failure(&error))
    }

    /// Opens it to look at it, and makes nothing.
    pub(crate) fn open_to_read(&self) -> Outcome<Db> {
        if self.exists() {
            return self.open();
        }
        Database::in_memory().open()
    }

    /// An error of the runtime, with the database in front.
    pub(crate) fn failure(&self, error: &migratable::Error) -> Failure {
        match error {
            migratable::Error::Database { .. }
            | migratable::Error::Failed(_)
            | migratable::Error::Ahead { .. }
            | migratable::Error::Backup { .. } => {
                Failure::Refused { code: error.code(), message: format!("{}: {error}", self.shown()) }
            }
            error => Failure::of(error),
        }
    }
}

/// The tables that are nobody's model: the history, and what the configuration excludes.
pub(crate) struct Foreign {
    history: HistoryTable,
    patterns: Vec<String>,
}

impl Foreign {
    /// Those of a project.
    pub(crate) fn of(project: &Project) -> Outcome<Foreign> {
        let patterns = project.configuration()?.settings.exclude;
        Ok(Foreign { history: project.settings().history.clone(), patterns })
    }

    /// What was read without them.
    pub(crate) fn left_out_of(&self, found: Inspected) -> Inspected {
        let is_excluded = |table: &TableName| self.patterns.iter().any(|pattern| matches(pattern, table));
        found.without_history(&self.history).without_tables(is_excluded)
    }
}

/// Whether a pattern with `*` means a table: by its name in whatever schema, or with its schema before a dot.
fn matches(pattern: &str, table: &TableName) -> bool {
    match (pattern.split_once('.'), &table.schema) {
        (None, _) => glob(pattern, &table.name),
        (Some((schema, name)), Some(of)) => glob(schema, of) && glob(name, &table.name),
        (Some(_), None) => false,
    }
}

/// Whether a text is what a pattern says, in which `*` stands for anything.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(behind) = text.strip_prefix(head) else { return false };
    let ends = behind.char_indices().map(|(at, _)| at).chain([behind.len()]);
    ends.into_iter().any(|at| glob(rest, &behind[at..]))
}

/// Why a file cannot be a database, if the file system knows; SQLite itself only says that it cannot open it.
fn unusable(file: &Path) -> Option<String> {
    if file.is_dir() {
        return Some("it is a folder; name a file in it".to_owned());
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.is_dir()) {
        return Some(format!("there is no folder {}", folder.display()));
    }
    if file.exists() {
        return File::open(file).err().map(|error| format!("the file cannot be read: {error}"));
    }
    match File::create_new(file) {
        Ok(_) => {
            let _ = fs::remove_file(file);
            None
        }
        Err(error) => Some(format!("the file cannot be made: {error}")),
    }
}

/// The revisions that were compiled in.
pub(crate) fn migrator(project: &Project) -> Outcome<&Migrator> {
    project.migrator().ok_or_else(|| {
        Failure::Failed(
            "this `migrate` was built without its revisions: build it with the feature `revisions`".to_owned(),
        )
    })
}

/// The folder that a relative file of the configuration is in: the root of the workspace if we are inside of it, else
/// the current one.
fn home(project: &Project, here: &Path) -> PathBuf {
    let root = project.manifest_dir().ancestors().find(|folder| is_workspace(folder));
    match root.unwrap_or(project.manifest_dir()) {
        root if here.starts_with(root) => root.to_owned(),
        _ => here.to_owned(),
    }
}

fn is_workspace(folder: &Path) -> bool {
    fs::read_to_string(folder.join("Cargo.toml"))
        .is_ok_and(|text| text.lines().any(|line| line.trim_start().starts_with("[workspace")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_tables() {
        for (pattern, table, expected) in [
            ("legacy_*", "legacy_users", true),
            ("legacy_*", "my_legacy_users", false),
            ("*_old", "users_old", true),
            ("*a*b*", "xaxbx", true),
            ("*a*b*", "xbxax", false),
            ("users", "users", true),
            ("users", "audit.users", true),
            ("audit.*", "audit.users", true),
            ("audit.*", "users", false),
            ("*", "größe", true),
        ] {
            assert_eq!(matches(pattern, &TableName::parse(table)), expected, "{pattern} {table}");
        }
    }
}
