//! The differences between the models of a package and the lock, at the cost of the tables that differ.

mod owner;

use std::collections::BTreeSet;

use migratable_core::diff::{self, Answers, Drift, Place};
use migratable_core::{Schema, TableName, table_text};
use migratable_syntax::models::Scan;

use self::owner::Owner;
use super::locked::Locked;
use crate::configuration::Configuration;

/// What a comparison of the models with the lock has found.
pub(super) struct Found {
    /// The differences.
    pub(super) drift: Vec<Drift>,
    /// The renames that are done. They only warn: right behind a good revision the app must build.
    pub(super) done: Vec<Drift>,
}

/// Finds the differences. Nothing is said about what other packages have.
///
/// # Errors
/// If the lock cannot be read a second time.
pub(super) fn find(
    configuration: &Configuration,
    package: &str,
    scan: &Scan,
    locked: &Locked,
) -> Result<Found, String> {
    let mut owner = Owner::new(configuration, package);
    let answers = Answers {
        table_renames: scan.table_renames.clone(),
        column_renames: scan.column_renames.clone(),
        ..Answers::default()
    };
    let mut models = Schema::default();
    let mut wanted: BTreeSet<&TableName> = answers.table_renames.iter().map(|(from, _)| from).collect();
    for (name, table) in &scan.schema.tables {
        let same = locked.table(name).is_some_and(|locked| locked.text == table_text(table));
        let renamed = answers.table_renames.iter().any(|(_, to)| to == name)
            || answers.column_renames.iter().any(|rename| rename.table == *name);
        if !same || renamed {
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
        if gone(name) && owner.is_own(table.model.as_ref(), |others| others.tables.contains_key(name)) {
            wanted.insert(name);
        }
    }
    let mut lock = Schema { tables: locked.parse(&wanted)?, ..Schema::default() };
    for (name, enumeration) in &locked.enums {
        let dropped = !scan.schema.enums.contains_key(name)
            && owner.is_own(enumeration.model.as_ref(), |others| others.enums.contains_key(name));
        if dropped || models.enums.contains_key(name) {
            lock.enums.insert(name.clone(), enumeration.clone());
        }
    }
    let drift = diff::drift(&lock, &models, &answers, scan.is_whole());
    let done = done_renames(&lock, locked, &answers);
    Ok(Found { drift, done })
}

/// The renames that the lock has already: one that stayed would rename again what comes under the old name some day.
fn done_renames(lock: &Schema, locked: &Locked, answers: &Answers) -> Vec<Drift> {
    let mut found = Vec::new();
    let mut done = |table: &TableName, place: Place, attribute: &str, gone: String| {
        let message = format!(
            "`renamed_from = {attribute:?}` is done: schema.lock has no `{gone}` any more; remove the attribute"
        );
        found.push(Drift::new(table.clone(), place, message));
    };
    for (from, to) in &answers.table_renames {
        if locked.table(from).is_none() && locked.table(to).is_some() {
            let written = if from.schema == to.schema { from.name.clone() } else { from.to_string() };
            done(to, Place::Table, &written, from.to_string());
        }
    }
    for rename in &answers.column_renames {
        let mut names = answers.table_renames.iter().filter(|(_, to)| *to == rename.table).map(|(from, _)| from);
        let before = names.find_map(|from| lock.tables.get(from)).or_else(|| lock.tables.get(&rename.table));
        let has = |column: &str| before.is_some_and(|table| table.find(column).is_some());
        if !has(&rename.from) && has(&rename.to) {
            let gone = format!("{}.{}", rename.table, rename.from);
            done(&rename.table, Place::Column(rename.to.clone()), &rename.from, gone);
        }
    }
    found
}
