//! The differences between the models of a package and the lock, at the cost of the tables that differ.

use std::collections::BTreeSet;

use migratable_core::diff::{self, Answers, Drift, Place};
use migratable_core::{Model, Schema, TableName, table_text};
use migratable_syntax::models::Scan;

use super::locked::Locked;
use crate::configuration::Configuration;

/// Finds the differences. Nothing is said about what other packages have.
///
/// # Errors
/// If the lock cannot be read a second time.
pub(super) fn find(
    configuration: &Configuration,
    package: &str,
    scan: &Scan,
    locked: &Locked,
) -> Result<Vec<Drift>, String> {
    let alone = configuration.models.len() <= 1;
    let own = |model: Option<&Model>| model.map_or(alone, |model| model.package == package);
    let answers = Answers {
        table_renames: scan.table_renames.clone(),
        column_renames: scan.column_renames.clone(),
        ..Answers::default()
    };
    let mut models = Schema::default();
    let mut wanted: BTreeSet<&TableName> = answers.table_renames.iter().map(|(from, _)| from).collect();
    for (name, table) in &scan.schema.tables {
        let same = locked.table(name).is_some_and(|locked| locked.text == table_text(table));
        if !same || answers.table_renames.iter().any(|(_, to)| to == name) {
            models.tables.insert(name.clone(), table.clone());
            wanted.insert(name);
        }
    }
    for (name, enumeration) in &scan.schema.enums {
        if locked.enums.get(name).is_none_or(|locked| locked.values != enumeration.values) {
            models.enums.insert(name.clone(), enumeration.clone());
        }
    }
    let gone = |name: &TableName| !scan.schema.tables.contains_key(name);
    for (name, table) in locked.tables() {
        if gone(name) && own(table.model.as_ref()) {
            wanted.insert(name);
        }
    }
    let mut lock = Schema { tables: locked.parse(&wanted)?, ..Schema::default() };
    for (name, enumeration) in &locked.enums {
        let dropped = !scan.schema.enums.contains_key(name) && own(enumeration.model.as_ref());
        if dropped || models.enums.contains_key(name) {
            lock.enums.insert(name.clone(), enumeration.clone());
        }
    }
    let mut found = diff::drift(&lock, &models, &answers);
    if !scan.is_whole() {
        found.retain(|drift| !matches!(drift.place, Place::DroppedTable | Place::DroppedEnum(_)));
    }
    Ok(found)
}
