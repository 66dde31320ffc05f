//! The lock as the check needs it: what each table says, and only of those that differ the whole.
//!
//! Parsing a large lock takes longer than everything else together. So the texts that tables are compared by are kept in
//! `OUT_DIR` until the lock changes, beside the places in the lock from which a single table can be parsed.

mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use migratable_core::lock;
use migratable_core::{Enum, Model, Schema, Table, TableName, table_text};

use crate::configuration::Configuration;
use crate::history::{History, LockProblem};

/// A lock that can be relied on.
#[derive(Debug)]
pub(super) struct Locked {
    path: PathBuf,
    /// What stands before the first table or enum.
    head: Range<usize>,
    tables: BTreeMap<TableName, LockedTable>,
    /// The enums.
    pub(super) enums: BTreeMap<String, Enum>,
}

/// A table of the lock.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LockedTable {
    /// What tables are compared by.
    pub(super) text: String,
    /// Where it comes from.
    pub(super) model: Option<Model>,
    /// Where in the lock it stands.
    place: Range<usize>,
}

/// Reads the lock of a migrations package; `cache` is a file of the build's own.
///
/// # Errors
/// What is wrong with it and the command that mends it.
pub(super) fn read(configuration: &Configuration, cache: &Path) -> Result<Locked, String> {
    let path = configuration.lock();
    let key = stored::key(&path);
    if let Some(locked) = key.as_ref().and_then(|key| stored::read(cache, key, &path)) {
        return Ok(locked);
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let Some(locked) = Locked::of(path, &text) else { return Err(problem(configuration)) };
    if let Some(key) = key {
        stored::write(cache, &key, &locked, &text);
    }
    Ok(locked)
}

/// Why the lock cannot be relied on. The revisions are read for it, for the command depends on them.
fn problem(configuration: &Configuration) -> String {
    let history = History::read(&configuration.versions());
    match LockProblem::check(&configuration.lock(), &history, None) {
        Err(problem) => problem.message(configuration),
        Ok(_) => "schema.lock changed while it was read: build again".to_owned(),
    }
}

impl Locked {
    /// Reads a lock, if it is one that `migrate` has written.
    fn of(path: PathBuf, text: &str) -> Option<Locked> {
        let lock = lock::read(text).ok().filter(lock::Lock::is_intact)?;
        let (head, places) = places(text);
        let Schema { tables, enums, .. } = lock.schema;
        let tables = tables
            .into_iter()
            .map(|(name, table)| {
                let place = places.get(&name.to_string()).cloned().unwrap_or(0..0);
                let text = table_text(&table);
                (name, LockedTable { text, model: table.model, place })
            })
            .collect();
        Some(Locked { path, head, tables, enums })
    }

    /// What the lock says of a table.
    pub(super) fn table(&self, name: &TableName) -> Option<&LockedTable> {
        self.tables.get(name)
    }

    /// All tables.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&TableName, &LockedTable)> {
        self.tables.iter()
    }

    /// Some tables as a whole.
    ///
    /// # Errors
    /// If the lock has changed since it was read.
    pub(super) fn parse(&self, wanted: &BTreeSet<&TableName>) -> Result<BTreeMap<TableName, Table>, String> {
        let places: Vec<&Range<usize>> =
            wanted.iter().filter_map(|name| self.tables.get(*name)).map(|table| &table.place).collect();
        if places.is_empty() {
            return Ok(BTreeMap::new());
        }
        let failed = |reason: &dyn std::fmt::Display| format!("{}: {reason}", self.path.display());
        let text = fs::read_to_string(&self.path).map_err(|error| failed(&error))?;
        let mut part = text.get(self.head.clone()).unwrap_or_default().to_owned();
        for place in &places {
            part.push_str(text.get((*place).clone()).unwrap_or_default());
        }
        let found = lock::read(&part).ok().map(|lock| lock.schema.tables);
        let known = |found: &BTreeMap<TableName, Table>| wanted.iter().all(|name| self.has(name, found));
        if let Some(found) = found.filter(known) {
            return Ok(found);
        }
        let mut whole = lock::read(&text).map_err(|error| failed(&error))?.schema.tables;
        whole.retain(|name, _| wanted.contains(name));
        Ok(whole)
    }

    /// Whether a table is among those found, or not to be found at all.
    fn has(&self, name: &TableName, found: &BTreeMap<TableName, Table>) -> bool {
        match self.tables.get(name) {
            Some(locked) => found.get(name).is_some_and(|table| table_text(table) == locked.text),
            None => true,
        }
    }
}

/// Where in the text of a lock the tables stand, by the names that their first lines give, and what comes before all.
fn places(text: &str) -> (Range<usize>, BTreeMap<String, Range<usize>>) {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("[[table]]") || line.starts_with("[[enum]]") {
            starts.push(at);
        }
        at += line.len();
    }
    let head = 0..starts.first().copied().unwrap_or(text.len());
    starts.push(text.len());
    let mut places = BTreeMap::new();
    for pair in starts.windows(2) {
        let place = pair[0]..pair[1];
        let mut lines = text[place.clone()].lines();
        let name = lines.nth(1).and_then(|line| line.strip_prefix("name = \"")).and_then(|it| it.strip_suffix('"'));
        if let Some(name) = name.filter(|_| text[place.clone()].starts_with("[[table]]")) {
            // A name with quotes in it is not found in this spelling: its table is parsed with the whole.
            places.insert(name.to_owned(), place);
        }
    }
    (head, places)
}
