//! Tables that wait to be made, or made anew.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Column, Enum, ForeignKey, Operation, Table, TableName};

use super::super::ddl::{self, quoted};
use super::super::demands::{self, Enums};
use super::super::rebuild::{Rebuild, free_rowid};
use super::super::sources::Source;
use super::super::types;
use super::super::verify::Rows;
use super::{Planned, Planner};
use crate::dialect::Work;
use crate::migrator::Direction;
use crate::plan::Piece;

/// A table that waits.
pub(super) struct Pending {
    /// Its name now.
    pub(super) table: TableName,
    /// The table as it is in the database; `None` if it is not there yet.
    pub(super) before: Option<Table>,
    /// The enums when it began to wait.
    enums: BTreeMap<String, Enum>,
    /// Where the values of its columns come from. Computed columns have none.
    pub(super) sources: BTreeMap<String, Source>,
    /// The names that its indexes of the model have had, in the database or in the schema.
    pub(super) own_indexes: BTreeSet<String>,
    /// The places of the operations that are done with it.
    pub(super) operations: Vec<usize>,
}

/// Every column from itself.
pub(super) fn unchanged(table: &Table) -> BTreeMap<String, Source> {
    let columns = table.columns.iter().filter(|column| column.generated.is_none());
    columns.map(|column| (column.name.clone(), Source::Column(column.name.clone()))).collect()
}

impl Pending {
    pub(super) fn create(table: TableName, at: usize) -> Pending {
        Pending {
            table,
            before: None,
            enums: BTreeMap::new(),
            sources: BTreeMap::new(),
            own_indexes: BTreeSet::new(),
            operations: vec![at],
        }
    }

    pub(super) fn rebuild(before: &Table, enums: &BTreeMap<String, Enum>) -> Pending {
        Pending {
            table: before.name.clone(),
            sources: unchanged(before),
            before: Some(before.clone()),
            enums: enums.clone(),
            own_indexes: before.indexes.iter().map(|index| index.name.clone()).collect(),
            operations: Vec::new(),
        }
    }

    /// Whether the table in the database has the column.
    pub(super) fn is_in_database(&self, column: &str) -> bool {
        self.before.as_ref().is_some_and(|table| table.find(column).is_some())
    }

    /// Whether the table in the database refers to another.
    pub(super) fn refers_to(&self, table: &TableName) -> bool {
        self.before.iter().flat_map(|it| &it.foreign_keys).any(|key| key.table == *table)
    }

    /// Follows a table to its new name.
    pub(super) fn follow_table(&mut self, from: &TableName, to: &TableName) {
        let follow = |name: &mut TableName| {
            if name == from {
                name.clone_from(to);
            }
        };
        follow(&mut self.table);
        if let Some(before) = &mut self.before {
            follow(&mut before.name);
            before.foreign_keys.iter_mut().for_each(|key| follow(&mut key.table));
        }
    }

    /// Whether the database would refuse a rename, because it still has a column that is only dropped in the schema, or
    /// because the column itself is no longer the one that is there.
    pub(super) fn would_clash(&self, from: &str, to: &str) -> bool {
        let is_new = |name: &str| matches!(self.sources.get(name), Some(Source::New(_)));
        self.is_in_database(to) || (self.is_in_database(from) && is_new(from))
    }

    /// Follows a column to its new name. Gives back whether the column is in the database.
    pub(super) fn follow_column(&mut self, from: &str, to: &str) -> bool {
        if let Some(source) = self.sources.remove(from) {
            self.sources.insert(to.to_owned(), source);
        }
        let Some(before) = &mut self.before else { return false };
        if before.find(from).is_none() {
            return false;
        }
        self.sources.values_mut().for_each(|source| source.follow(from, to));
        let mut schema = migratable_core::Schema::default();
        let table = before.name.clone();
        schema.tables.insert(table.clone(), before.clone());
        let rename = Operation::RenameColumn { table: table.clone(), from: from.to_owned(), to: to.to_owned() };
        if rename.apply(&mut schema).is_ok()
            && let Some(renamed) = schema.tables.remove(&table)
        {
            *before = renamed;
        }
        true
    }
}

impl Planner<'_> {
    /// Makes everything that waits: first what is new, then what refers to nothing new.
    pub(super) fn flush(&mut self) -> Planned {
        let order = |pending: &Pending| match &pending.before {
            None => 0,
            Some(before) => {
                let now = self.schema.table(&pending.table);
                1 + now.map_or(0, |now| now.foreign_keys.iter().filter(|it| !before.foreign_keys.contains(it)).count())
            }
        };
        let mut waiting: Vec<(usize, Pending)> =
            std::mem::take(&mut self.pending).into_iter().map(|pending| (order(&pending), pending)).collect();
        waiting.sort_by_key(|(order, _)| *order);
        self.pending = waiting.into_iter().map(|(_, pending)| pending).collect();
        while !self.pending.is_empty() {
            self.flush_one(0)?;
        }
        let commits = std::mem::take(&mut self.referred);
        self.planned.add(self.at, (0..commits).map(|_| Work::Commit));
        Ok(())
    }

    /// Makes one of those that wait.
    pub(super) fn flush_one(&mut self, at: usize) -> Planned {
        let pending = self.pending.remove(at);
        let after = self.table(&pending.table)?;
        let Some(before) = &pending.before else {
            for sql in ddl::create_all(&after, &self.schema.enums)? {
                let operations = pending.operations.clone();
                self.planned.pieces.push(Piece { operations, work: Work::Statement(sql) });
            }
            return Ok(());
        };
        let kept_all = after.columns.iter().all(|column| pending.sources.get(&column.name).is_none_or(Source::is_kept));
        if *before == after && kept_all && pending.enums == self.schema.enums && pending.is_idle(self.operations) {
            return Ok(());
        }
        let mut sources = pending.sources.clone();
        for column in &after.columns {
            if let Some(fill @ Source::New(None)) = sources.get_mut(&column.name) {
                *fill = Source::New(self.fill(before, &after, column)?);
            }
        }
        self.demand(&pending, before, &after, &sources)?;
        let mut copy = Vec::new();
        let mut kept = Vec::new();
        for column in after.columns.iter().filter(|column| column.generated.is_none()) {
            let Some(source) = sources.get(&column.name) else { continue };
            if source.is_column(&column.name) {
                kept.push(column.name.clone());
            }
            let value = source.sql(&before.name.name)?.unwrap_or_else(|| "NULL".to_owned());
            copy.push((column.name.clone(), value));
        }
        self.planned.endangers_dependents = true;
        self.planned.endangers_references = true;
        let enums = self.schema.enums.clone();
        // What cannot be written is found here, before anything is run.
        ddl::create_table(&after, &enums, &after.name.name, &ddl::Form::of(&after))?;
        let rebuild = Rebuild {
            before: before.clone(),
            enums_before: pending.enums,
            after,
            enums,
            copy,
            kept,
            own_indexes: pending.own_indexes,
        };
        let work = Work::Rebuild(Box::new(rebuild));
        self.planned.pieces.push(Piece { operations: pending.operations, work });
        Ok(())
    }

    /// What the rows get in a new column that nothing is said about.
    fn fill(&self, before: &Table, after: &Table, column: &Column) -> Planned<Option<String>> {
        let rowid = free_rowid([before]).map(|name| format!("{}.{name}", quoted(&before.name.name)));
        if ddl::rowid_alias(after) == Some(column) {
            return Ok(rowid);
        }
        if let Some(default) = types::default(column)? {
            return Ok(Some(default.sql));
        }
        if column.nullable {
            return Ok(Some("NULL".to_owned()));
        }
        if self.direction == Direction::Upgrade {
            return Ok(None);
        }
        let only = |columns: &[String]| *columns == [column.name.clone()];
        let unique = after.primary_key.iter().any(|it| only(&it.columns))
            || after.uniques.iter().any(|it| only(&it.columns))
            || after
                .indexes
                .iter()
                .any(|it| it.unique && it.parts.len() == 1 && it.parts[0].column_name() == Some(column.name.as_str()));
        let distinct = rowid.filter(|_| unique).and_then(|rowid| types::distinct(&column.column_type, &rowid));
        Ok(Some(distinct.unwrap_or_else(|| types::neutral(&column.column_type, &self.schema.enums))))
    }

    /// Looks for rows that stand in the way.
    fn demand(
        &mut self,
        pending: &Pending,
        before: &Table,
        after: &Table,
        sources: &BTreeMap<String, Source>,
    ) -> Planned {
        let rows = Rows { before, after, sources };
        let enums = Enums { before: &pending.enums, after: &self.schema.enums };
        let reachable = |key: &ForeignKey| {
            key.table == after.name || !self.pending.iter().any(|waiting| waiting.table == key.table)
        };
        for demand in demands::find(&rows, &enums, reachable)? {
            let asked = pending.operations.iter().filter(|&&at| (demand.asked_by)(&self.operations[at]));
            let asked: Vec<usize> = asked.copied().collect();
            let operations = if asked.is_empty() { pending.operations.clone() } else { asked };
            self.planned.pieces.push(Piece { operations, work: Work::Verify(demand.verify) });
        }
        Ok(())
    }
}

impl Pending {
    /// Whether nothing was asked for that leaves no trace in the schema, as a rename in the database does.
    fn is_idle(&self, operations: &[Operation]) -> bool {
        let traceless =
            |at: &usize| matches!(operations[*at], Operation::RenameTable { .. } | Operation::RenameColumn { .. });
        !self.operations.iter().any(traceless)
    }
}
