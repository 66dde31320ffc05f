//! What is not managed, only the other database has, and tables need that are made or changed: it is made for them.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Operation, TableName};

use crate::inspect::{Inspected, Prerequisite};

/// Those that are still to be made, by kind and name.
pub(super) struct Prerequisites<'a>(BTreeMap<&'a str, &'a Prerequisite>);

impl<'a> Prerequisites<'a> {
    /// All that only the other database has.
    pub(super) fn missing(before: &Inspected, after: &'a Inspected) -> Prerequisites<'a> {
        let is_missing =
            |(name, it): &(&String, &Prerequisite)| !it.create.is_empty() && !before.prerequisites.contains_key(*name);
        let missing = after.prerequisites.iter().filter(is_missing);
        Prerequisites(missing.map(|(name, it)| (name.as_str(), it)).collect())
    }

    /// Takes those that an operation needs, each behind those that it needs itself.
    pub(super) fn take(&mut self, operation: &Operation) -> Vec<(&'a str, &'a Prerequisite)> {
        let mut taken = Vec::new();
        if let Some(table) = brings_to(operation) {
            self.take_all(|it| it.users.contains(table), &mut taken);
        }
        taken
    }

    fn take_all(&mut self, which: impl Fn(&Prerequisite) -> bool, taken: &mut Vec<(&'a str, &'a Prerequisite)>) {
        let names: Vec<&str> = self.0.iter().filter(|(_, it)| which(it)).map(|(name, _)| *name).collect();
        names.into_iter().for_each(|name| self.take_with_needs(name, taken));
    }

    fn take_with_needs(&mut self, name: &str, taken: &mut Vec<(&'a str, &'a Prerequisite)>) {
        if let Some((name, it)) = self.0.remove_entry(name) {
            it.needs.iter().for_each(|need| self.take_with_needs(need, taken));
            if it.kind == "function" {
                // What it calls is in its text alone.
                let (words, called) = words(&it.create);
                let is_named = |other: &Prerequisite| {
                    let words = if ["function", "extension"].contains(&other.kind.as_str()) { &called } else { &words };
                    !words.is_disjoint(&other.gives)
                };
                self.take_all(is_named, taken);
            }
            taken.push((name, it));
        }
    }
}

/// The words of some SQL as they may be meant, and those that something is called by.
fn words(statements: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut all, mut called) = (BTreeSet::new(), BTreeSet::new());
    for text in statements {
        let is_part = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
        let mut rest = text.as_str();
        while let Some(start) = rest.find(is_part) {
            let length = rest[start..].find(|it| !is_part(it)).unwrap_or(rest.len() - start);
            let (word, behind) = rest[start..].split_at(length);
            let is_called = behind.trim_start_matches('"').trim_start().starts_with('(');
            for word in [word.to_owned(), word.to_lowercase()] {
                called.extend(is_called.then(|| word.clone()));
                all.insert(word);
            }
            rest = behind;
        }
    }
    (all, called)
}

/// The table that an operation brings something to that has a type or an expression.
fn brings_to(operation: &Operation) -> Option<&TableName> {
    match operation {
        Operation::CreateTable(table) => Some(&table.name),
        Operation::AddColumn { table, .. }
        | Operation::AlterColumn { table, .. }
        | Operation::CreateIndex { table, .. }
        | Operation::CreateCheck { table, .. } => Some(table),
        _ => None,
    }
}
