//! The generated index of the revisions.

use std::path::{Path, PathBuf};
use std::time::Duration;

use migratable_core::Dialect;

use crate::configuration::Configuration;
use crate::history::{Entry, History};

/// The name of the file.
pub(super) const FILE: &str = "revisions.rs";

/// The index of the revisions of every database. All modules stand at its top level, where editors find them.
pub(super) struct Index {
    modules: String,
    databases: String,
    named: Vec<String>,
}

impl Index {
    pub(super) fn new(configuration: &Configuration) -> Index {
        let mut modules = String::new();
        if !configuration.has_dependency("diesel") {
            // Diesel's macros look for a crate of that name.
            modules.push_str("extern crate migratable;\nextern crate migratable as diesel;\n\n");
        }
        Index { modules, databases: String::new(), named: Vec::new() }
    }

    /// Adds the revisions of a database. If not all is sound, nothing is run, and the modules stand only for their
    /// errors.
    pub(super) fn add(
        &mut self,
        configuration: &Configuration,
        history: &History,
        entries: &[&Entry],
        unread: &[&PathBuf],
        is_sound: bool,
    ) {
        let connection = match configuration.dialects.as_slice() {
            [Dialect::Postgres] => "diesel::PgConnection",
            [Dialect::Mysql] => "diesel::MysqlConnection",
            [Dialect::Sqlite] | [] => "diesel::SqliteConnection",
            _ => "AnyConnection",
        };
        for entry in entries {
            module(&mut self.modules, &module_of(&entry.file.id), &entry.path);
        }
        for path in unread {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            let name: String = super::stem(path).chars().map(plain).collect();
            let of = configuration.database.as_ref().map_or(String::new(), |name| format!("{name}_"));
            module(&mut self.modules, &format!("unread_{of}{name}"), path);
        }
        let order = history.graph.iter().flat_map(|graph| graph.order()).filter(|_| is_sound);
        let entries = order.filter_map(|id| history.entry(id));
        let settings = settings(configuration);
        match &configuration.database {
            None => {
                let revisions: String = entries.map(|entry| revision(entry, "")).collect();
                self.databases.push_str(&database(connection, &revisions, &settings));
            }
            Some(name) => {
                let revisions: String = entries.map(|entry| revision(entry, "super::")).collect();
                let text = database(connection, &revisions, &settings);
                self.databases.push_str(&format!("/// The database `{name}`.\npub mod {name} {{\n{text}}}\n\n"));
                self.named.push(name.clone());
            }
        }
    }

    pub(super) fn text(&self) -> String {
        let named: String = self.named.iter().map(|name| format!("({name:?}, {name}::REVISIONS), ")).collect();
        format!("{}{}{}", self.modules, self.databases, databases(&named))
    }
}

/// The index of a package of which nothing is known.
pub(super) fn empty() -> String {
    database("diesel::SqliteConnection", "", "") + &databases("")
}

fn database(connection: &str, revisions: &str, settings: &str) -> String {
    format!(
        "/// The connection that the revisions run on.\npub type Db = ::migratable::{connection};\n\n\
         /// The revisions, each behind all that it follows.\n\
         pub static REVISIONS: &[::migratable::Revision] = &[\n{revisions}];\n\n\
         /// Brings databases to these revisions.\n\
         pub fn migrator() -> ::migratable::Migrator<Db> {{\n    ::migratable::Migrator::new(REVISIONS){settings}\n}}\n\n"
    )
}

fn databases(named: &str) -> String {
    format!(
        "/// The databases that have a name, with their revisions.\n\
         pub static DATABASES: &[(&str, &[::migratable::Revision])] = &[{named}];\n"
    )
}

/// The call that hands on what is set, for the application too; nothing if all is as usual.
fn settings(configuration: &Configuration) -> String {
    let duration = |timeout: Duration| format!("::core::time::Duration::from_millis({})", timeout.as_millis());
    let mut calls = String::new();
    let mut call = |name: &str, argument: &str| calls.push_str(&format!("\n            .{name}({argument})"));
    if configuration.history_table.is_some() || configuration.history_schema.is_some() {
        call(
            "with_history",
            &format!(
                "::migratable::HistoryTable::new({:?}, {:?})",
                configuration.history_schema, configuration.history_table
            ),
        );
    }
    if let Some(transaction) = configuration.transaction {
        call("with_transaction", &format!("::migratable::Transaction::{transaction:?}"));
    }
    if let Some(timeout) = configuration.lock_timeout {
        call("with_lock_timeout", &duration(timeout));
    }
    if let Some(timeout) = configuration.statement_timeout {
        call("with_statement_timeout", &duration(timeout));
    }
    if let Some(rows) = configuration.batch_size {
        call("with_batch_size", &rows.to_string());
    }
    if let Some(pause) = configuration.batch_pause {
        call("with_batch_pause", &duration(pause));
    }
    if let Some(retries) = configuration.retries {
        call("with_retries", &retries.to_string());
    }
    if configuration.backup == Some(true) {
        call("with_backup", "::migratable::Backup::Beside");
    }
    match calls.is_empty() {
        true => calls,
        false => format!(".with_settings(\n        ::migratable::Settings::default(){calls},\n    )"),
    }
}

/// The module of a revision.
pub(super) fn module_of(id: &str) -> String {
    format!("r{id}")
}

fn module(out: &mut String, name: &str, path: &Path) {
    out.push_str(&format!("#[path = {:?}]\n#[allow(missing_docs)]\npub mod {name};\n\n", path.display().to_string()));
}

/// A revision; `above` leads to the module of its file.
fn revision(entry: &Entry, above: &str) -> String {
    let file = &entry.file;
    let module = format!("{above}{}", module_of(&file.id));
    let transaction = file.transaction.map_or("::core::option::Option::None".to_owned(), |it| {
        format!("::core::option::Option::Some(::migratable::Transaction::{it:?})")
    });
    format!(
        "    ::migratable::Revision {{\n        id: {:?},\n        after: &{:?},\n        depends_on: &{:?},\n        \
         labels: &{:?},\n        replaces: &{:?},\n        message: {:?},\n        file: {:?},\n        checksum: {:?},\n        \
         steps_checksum: {:?},\n        transaction: {transaction},\n        upgrade: {module}::upgrade,\n        downgrade: {module}::downgrade,\n    }},\n",
        file.id,
        file.after,
        file.depends_on,
        file.labels,
        file.replaces,
        file.message,
        entry.file_name(),
        file.checksum(),
        file.steps_checksum,
    )
}
