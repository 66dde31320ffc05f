//! What must hold of the rows behind a change: what is unique, what is checked, and what refers to something.

use std::collections::BTreeSet;

use migratable_core::{Dialect, ForeignKey, Table, TableName};

use super::super::foreseen::Foreseen;
use super::super::verify::Rows;
use super::Planner;
use super::flush::Keys;
use crate::dialect::Verify;

/// A table before and behind a change, with the columns whose values are equal behind it where they were before.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) before: &'a Table,
    pub(super) after: &'a Table,
    pub(super) kept: &'a BTreeSet<String>,
    /// Whether all rows stay, and others come.
    pub(super) grows: bool,
}

impl Change<'_> {
    /// What is unique behind the change, and was not for sure before.
    pub(super) fn uniques(&self, rows: &Rows<'_>) -> Vec<Verify> {
        let uniques = self.after.uniques.iter();
        let mut columns: Vec<Vec<String>> = uniques.map(|unique| unique.columns.clone()).collect();
        columns.extend(self.after.primary_key.iter().map(|key| key.columns.clone()));
        for index in self.after.indexes.iter().filter(|index| index.unique) {
            columns.extend(index.parts.iter().map(|it| it.column_name().map(str::to_owned)).collect::<Option<_>>());
        }
        columns.retain(|columns: &Vec<String>| !(self.keeps(columns) && self.before.is_unique(columns)));
        columns.iter().map(|columns| rows.duplicates(columns)).collect()
    }

    /// What is checked behind the change, and was not for sure before.
    pub(super) fn checks(&self, rows: &Rows<'_>) -> Vec<Verify> {
        let mut looks = Vec::new();
        for check in self.after.checks.iter().filter(|check| !check.native.has("not_enforced")) {
            let columns = check.expression.mentioned(self.after.columns.iter().map(|it| it.name.as_str()));
            let held = self.before.checks.iter().any(|other| other.expression == check.expression);
            if held && columns.iter().all(|column| self.kept.contains(*column)) {
                continue;
            }
            let condition = check.expression.text(Dialect::Mysql);
            looks.extend(condition.map(|condition| rows.condition(&check.name, condition, &columns)));
        }
        looks
    }

    fn keeps(&self, columns: &[String]) -> bool {
        columns.iter().all(|column| self.kept.contains(column))
    }

    /// Whether the table referred to what a key refers to already, by the same values.
    fn refers(&self, key: &ForeignKey) -> bool {
        let same = |other: &ForeignKey| {
            (&other.table, &other.columns, &other.references) == (&key.table, &key.columns, &key.references)
        };
        self.keeps(&key.columns) && self.before.foreign_keys.iter().any(same)
    }
}

impl Planner<'_> {
    /// Looks for rows that refer to nothing behind changes, in all tables; each comes with the table whose change may
    /// leave it so.
    pub(super) fn orphans(&self, changes: &[Change<'_>], rows: &Foreseen) -> Vec<(TableName, Verify)> {
        let change = |table: &TableName| changes.iter().find(|it| it.after.name == *table);
        let mut looks = Vec::new();
        for table in self.schema.tables.values().filter(|table| !rows.is_empty(&table.name)) {
            let rows = Rows { table, foreseen: rows };
            for key in &table.foreign_keys {
                let parent_stays =
                    change(&key.table).is_none_or(|parent| parent.grows || parent.keeps(&key.references));
                match change(&table.name) {
                    Some(own) if !own.refers(key) => looks.push((table.name.clone(), rows.orphans(key))),
                    _ if !parent_stays => looks.push((key.table.clone(), rows.orphans(key))),
                    _ => {}
                }
            }
        }
        looks
    }

    /// Looks for rows that refer to nothing as it is before changes, although a key would not let them: it was not heeded
    /// when they came, and it is when the key is made anew. Those are left out that a change may leave so.
    pub(super) fn orphans_of_old(
        &self,
        changes: &[Change<'_>],
        made: &Keys,
        rows: &Foreseen,
    ) -> Vec<(TableName, Verify)> {
        let change = |table: &TableName| changes.iter().find(|it| it.after.name == *table);
        let mut looks = Vec::new();
        for (name, keys) in made.iter().filter(|(name, _)| !self.new_tables.contains(*name)) {
            let own = change(name);
            let Some(table) = own.map(|it| it.before).or_else(|| self.schema.tables.get(name)) else { continue };
            let stays = |key: &&ForeignKey| {
                own.is_none_or(|own| own.refers(key)) && change(&key.table).is_none_or(|it| it.keeps(&key.references))
            };
            let rows = Rows { table, foreseen: rows };
            looks.extend(keys.iter().filter(stays).map(|key| (name.clone(), rows.orphans(key))));
        }
        looks
    }
}
