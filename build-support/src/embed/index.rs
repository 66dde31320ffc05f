//! The generated index of the revisions.

use std::path::{Path, PathBuf};
use std::time::Duration;

use migratable_core::Dialect;

use crate::configuration::Configuration;
use crate::history::{Entry, History};

/// The name of the file.
pub(super) const FILE: &str = "revisions.rs";

/// The index of these revisions. If not all is sound, nothing is run, and the modules stand only for their errors.
pub(super) fn write(
    configuration: &Configuration,
    history: &History,
    entries: &[&Entry],
    unread: &[&PathBuf],
    is_sound: bool,
) -> String {
    let connection = match configuration.dialects.as_slice() {
        [Dialect::Postgres] => "diesel::PgConnection",
        [Dialect::Mysql] => "diesel::MysqlConnection",
        [Dialect::Sqlite] | [] => "diesel::SqliteConnection",
        _ => "AnyConnection",
    };
    let mut out = String::new();
    if !configuration.has_dependency("diesel") {
        // Diesel's macros look for a crate of that name.
        out.push_str("extern crate migratable;\nextern crate migratable as diesel;\n\n");
    }
    out.push_str(&head(connection));
    for entry in entries {
        module(&mut out, &module_of(&entry.file.id), &entry.path);
    }
    for path in unread {
        let name: String = super::stem(path).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        module(&mut out, &format!("unread_{name}"), path);
    }
    let order = history.graph.iter().flat_map(|graph| graph.order()).filter(|_| is_sound);
    let revisions: String = order.filter_map(|id| history.entry(id)).map(revision).collect();
    out.push_str(&tail(&revisions, &settings(configuration)));
    out
}

/// The index of a package of which nothing is known.
pub(super) fn empty() -> String {
    head("diesel::SqliteConnection") + &tail("", "")
}

fn head(connection: &str) -> String {
    format!("/// The connection that the revisions run on.\npub type Db = ::migratable::{connection};\n\n")
}

fn tail(revisions: &str, settings: &str) -> String {
    format!(
        "/// The revisions, each behind all that it follows.\n\
         pub static REVISIONS: &[::migratable::Revision] = &[\n{revisions}];\n\n\
         /// Brings databases to these revisions.\n\
         pub fn migrator() -> ::migratable::Migrator<Db> {{\n    ::migratable::Migrator::new(REVISIONS){settings}\n}}\n"
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
    match calls.is_empty() {
        true => calls,
        false => format!(".with_settings(\n        ::migratable::Settings::default(){calls},\n    )"),
    }
}

fn module_of(id: &str) -> String {
    format!("r{id}")
}

fn module(out: &mut String, name: &str, path: &Path) {
    out.push_str(&format!("#[path = {:?}]\n#[allow(missing_docs)]\npub mod {name};\n\n", path.display().to_string()));
}

fn revision(entry: &Entry) -> String {
    let file = &entry.file;
    let module = module_of(&file.id);
    format!(
        "    ::migratable::Revision {{\n        id: {:?},\n        after: &{:?},\n        depends_on: &{:?},\n        \
         labels: &{:?},\n        replaces: &{:?},\n        message: {:?},\n        file: {:?},\n        checksum: {:?},\n        \
         steps_checksum: {:?},\n        upgrade: {module}::upgrade,\n        downgrade: {module}::downgrade,\n    }},\n",
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
