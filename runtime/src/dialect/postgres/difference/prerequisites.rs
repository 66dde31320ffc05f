//! What is not managed, only the other database has, and tables need that are made or changed: it is made for them.

use std::collections::BTreeMap;

use migratable_core::{Operation, TableName};

use crate::inspect::{Inspected, Prerequisite};

/// Those that are still to be made, by kind and name.
pub(super) struct Prerequisites<'a>(BTreeMap<&'a str, &'a Prerequisite>);

impl<'a> Prerequisites<'a> {
    /// All that only the other database has.
    pub(super) fn missing(before: &Inspected, after: &'a Inspected) -> Prerequisites<'a> {
        let all = after.prerequisites.iter().filter(|(name, _)| !before.prerequisites.contains_key(*name));
        Prerequisites(all.map(|(name, it)| (name.as_str(), it)).collect())
    }

    /// Takes those that an operation needs, each behind those that it needs itself.
    pub(super) fn take(&mut self, operation: &Operation) -> Vec<(&'a str, &'a Prerequisite)> {
        let mut taken = Vec::new();
        if let Some(table) = brings_to(operation) {
            let used = |it: &&Prerequisite| it.users.contains(table);
            let names: Vec<&str> = self.0.iter().filter(|(_, it)| used(it)).map(|(name, _)| *name).collect();
            names.into_iter().for_each(|name| self.take_with_needs(name, &mut taken));
        }
        taken
    }

    fn take_with_needs(&mut self, name: &str, taken: &mut Vec<(&'a str, &'a Prerequisite)>) {
        if let Some((name, it)) = self.0.remove_entry(name) {
            it.needs.iter().for_each(|need| self.take_with_needs(need, taken));
            taken.push((name, it));
        }
    }
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
