//! Makes the changes that have been gathered, in an order that the server takes: what refers goes first and comes last.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{ForeignKey, Index, Table, TableName};

use super::super::alter::Alteration;
use super::super::ddl::{self, quoted, table_name};
use super::super::verify::Rows;
use super::looks::Change;
use super::values::Needs;
use super::{Pending, Planned, Planner};
use crate::dialect::Work;
use crate::plan::Piece;

/// A table that changes, before and after.
struct Changed {
    pending: Pending,
    before: Table,
    after: Table,
    needs: Needs,
}

impl Changed {
    fn change(&self) -> Change<'_> {
        Change { before: &self.before, after: &self.after, kept: &self.needs.kept, grows: false }
    }

    fn alteration<'c>(&'c self, planner: &'c Planner<'_>) -> Alteration<'c> {
        Alteration {
            before: &self.before,
            after: &self.after,
            words_before: planner.words(&self.pending.enums),
            words: planner.words(&planner.schema.enums),
            dropped: &self.pending.dropped,
            values: &self.needs.values,
            in_place_of_null: &self.needs.in_place_of_null,
            is_lossy: self.needs.is_lossy,
            is_noticed: planner.noticed.contains(&self.before.name),
            clocks: &planner.clocks,
        }
    }
}

/// Foreign keys by the table that they stand in.
pub(super) type Keys = BTreeMap<TableName, Vec<ForeignKey>>;

/// A table that goes, with the place of its operation.
type Gone = (usize, Table);

impl Planner<'_> {
    pub(super) fn flush(&mut self) -> Planned {
        let (pending, gone) = (std::mem::take(&mut self.pending), std::mem::take(&mut self.gone));
        if pending.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let new = pending.iter().filter(|it| it.before.is_none()).map(|it| it.table.clone());
        self.new_tables = new.collect();
        let (mut changed, mut created) = (Vec::new(), Vec::new());
        for mut pending in pending {
            let after = self.table(&pending.table)?;
            let Some(before) = pending.before.take() else {
                created.push((pending.operations, self.with_passing_texts(after)));
                continue;
            };
            let needs = self.needs(&pending, &before, &after)?;
            ddl::check_names(&after)?;
            changed.push(Changed { pending, before, after: self.with_passing_texts(after), needs });
        }
        let (leave, come) = self.foreign_keys(&changed, &created, &gone)?;
        self.verify(&mut changed, &created, &gone, &come);
        let places = |table: &TableName| -> Vec<usize> {
            let found = changed.iter().find(|it| it.before.name == *table).map(|it| it.pending.operations.clone());
            found.unwrap_or_else(|| vec![self.at])
        };
        let (mut work, mut behind) = (Vec::new(), Vec::new());
        // What makes room can be taken back as long as nothing else was done.
        let is_first = self.planned.pieces.iter().all(|piece| matches!(piece.work, Work::Verify(_)));
        let mut cleared = Vec::new();
        for it in &changed {
            let statements = it.alteration(self).statements()?;
            let at_its_place = |sql| (it.pending.operations.clone(), Work::Statement(sql));
            // Where rows may refuse their values, they do it while the foreign keys are still there.
            let filling = if self.mode.fills() { &mut behind } else { &mut work };
            filling.extend(statements.room.into_iter().map(at_its_place));
            cleared.splice(0..0, statements.clear);
            let undo = if is_first && !self.mode.fills() { cleared.clone() } else { Vec::new() };
            filling.extend(statements.values.map(|sql| (it.pending.operations.clone(), Work::Fill { sql, undo })));
            filling.extend(statements.in_place_of_null.into_iter().map(at_its_place));
            behind.extend(statements.alter.into_iter().chain(self.first_number(it)).map(at_its_place));
        }
        for (table, keys) in &leave {
            let drops: Vec<String> = keys.iter().map(|key| self.drop_foreign_key(table, key)).collect();
            let sql = format!("ALTER TABLE {} {}", table_name(table), drops.join(", "));
            work.push((places(table), Work::Statement(sql)));
        }
        work.append(&mut behind);
        for (at, (operations, table)) in created.iter().enumerate() {
            let made = |key: &ForeignKey| can_be_made_at_once(key, table, &created[at..]);
            let sql = self.words(&self.schema.enums).create_table(table, made)?;
            let schema = table.name.schema.iter();
            let room = schema.map(|schema| format!("CREATE DATABASE IF NOT EXISTS {}", quoted(schema)));
            work.extend(room.chain([sql]).map(|sql| (operations.clone(), Work::Statement(sql))));
        }
        for (table, keys) in &come {
            let mut adds = self.own_indexes(table, keys, &changed)?;
            for key in keys {
                adds.push(format!("ADD {}", ddl::foreign_key(key)?));
            }
            let sql = format!("ALTER TABLE {}\n    {}", table_name(table), adds.join(",\n    "));
            work.push((places(table), Work::Statement(sql)));
        }
        for (at, table) in &gone {
            work.push((vec![*at], Work::Statement(format!("DROP TABLE {}", table_name(&table.name)))));
        }
        let pieces = work.into_iter().map(|(operations, work)| Piece { operations, work });
        self.planned.pieces.extend(pieces);
        Ok(())
    }

    /// Makes anew the indexes that the server may have made for a foreign key itself: when the key is made anew, it
    /// would put one of another name in their place.
    fn own_indexes(&self, table: &TableName, keys: &[ForeignKey], changed: &[Changed]) -> Planned<Vec<String>> {
        if !self.mode.is_difference() {
            return Ok(Vec::new());
        }
        let after = self.table(table)?;
        let before = changed.iter().find(|it| it.after.name == *table).map_or(&after, |it| &it.before);
        let is_own = |index: &&Index| {
            let only =
                |key: &ForeignKey| key.columns.len() == index.parts.len() && ddl::leads_with(index, &key.columns);
            !index.unique && before.indexes.contains(index) && keys.iter().any(only)
        };
        let mut clauses = Vec::new();
        for index in after.indexes.iter().filter(is_own) {
            clauses.push(format!("DROP INDEX {}", quoted(&index.name)));
            clauses.push(format!("ADD {}", self.words(&self.schema.enums).index(index)?));
        }
        Ok(clauses)
    }

    pub(super) fn drop_foreign_key(&self, table: &TableName, key: &ForeignKey) -> String {
        let name = self.aliases.get(&(table.clone(), key.name.clone())).unwrap_or(&key.name);
        format!("DROP FOREIGN KEY {}", quoted(name))
    }

    /// Makes the numbers go on where a changed column says.
    fn first_number(&self, changed: &Changed) -> Option<String> {
        let start = |table: &Table| table.columns.iter().filter_map(|it| it.identity.as_ref()).find_map(|it| it.start);
        let wanted = start(&changed.after).filter(|wanted| start(&changed.before) != Some(*wanted))?;
        Some(format!("ALTER TABLE {} AUTO_INCREMENT={wanted}", table_name(&changed.after.name)))
    }

    /// The foreign keys that are dropped before the tables change, and those that are added behind: what goes and comes,
    /// and what stands on a column or an index that changes.
    fn foreign_keys(
        &self,
        changed: &[Changed],
        created: &[(Vec<usize>, Table)],
        gone: &[Gone],
    ) -> Planned<(Keys, Keys)> {
        let (mut touched, mut shaken) = (BTreeMap::new(), BTreeMap::new());
        for it in changed {
            touched.insert(&it.before.name, it.alteration(self).touched()?);
            shaken.insert(&it.before.name, columns_of_changed_keys(&it.before, &it.after));
        }
        let is_in = |columns_of: &BTreeMap<&TableName, BTreeSet<String>>, table: &TableName, columns: &[String]| {
            columns_of.get(table).is_some_and(|found| columns.iter().any(|column| found.contains(column)))
        };
        // Nothing may refer to a table while it goes to an engine that knows no keys, nor may it refer to another one.
        let changes_engine = |table: &TableName| {
            let engine = |table: &Table| table.native.get("engine").map(str::to_owned);
            changed.iter().any(|it| it.before.name == *table && engine(&it.before) != engine(&it.after))
        };
        let moves = |table: &TableName, key: &ForeignKey| {
            changes_engine(table)
                || changes_engine(&key.table)
                || is_in(&touched, table, &key.columns)
                || is_in(&touched, &key.table, &key.references)
                || is_in(&shaken, &key.table, &key.references)
        };
        let (mut leave, mut come) = (Keys::new(), Keys::new());
        for (name, table) in &self.schema.tables {
            if let Some(at) = created.iter().position(|(_, it)| it.name == *name) {
                let later = table.foreign_keys.iter().filter(|key| !can_be_made_at_once(key, table, &created[at..]));
                extend(&mut come, name, later);
                continue;
            }
            let before = changed.iter().find(|it| it.before.name == *name).map_or(table, |it| &it.before);
            let stays = |key: &&ForeignKey| {
                before.foreign_keys.contains(key) && table.foreign_keys.contains(key) && !moves(name, key)
            };
            extend(&mut leave, name, before.foreign_keys.iter().filter(|key| !stays(key)));
            extend(&mut come, name, table.foreign_keys.iter().filter(|key| !stays(key)));
        }
        // A table that goes takes its keys along, unless what they refer to changes or goes before it.
        for (at, (_, table)) in gone.iter().enumerate() {
            let goes_before = |key: &&ForeignKey| gone[..at].iter().any(|(_, other)| other.name == key.table);
            let keys = table.foreign_keys.iter();
            extend(&mut leave, &table.name, keys.filter(|key| goes_before(key) || moves(&table.name, key)));
        }
        Ok((leave, come))
    }

    /// Foresees the rows behind the changes, and looks for those that must not be among them.
    fn verify(&mut self, changed: &mut [Changed], created: &[(Vec<usize>, Table)], gone: &[Gone], come: &Keys) {
        let before = self.foresight.rows();
        let mut rows = before.clone();
        for it in changed.iter() {
            rows.set(&it.after.name, before.query(&it.before, &it.needs.becomes), &it.needs.computed);
        }
        created.iter().for_each(|(_, table)| rows.create(table));
        gone.iter()
            .filter(|(_, table)| !self.schema.tables.contains_key(&table.name))
            .for_each(|(_, table)| rows.drop(&table.name));
        let mut looks = Vec::new();
        for it in changed.iter_mut() {
            let operations = &it.pending.operations;
            let own = Rows { table: &it.after, foreseen: &rows };
            let mut found = std::mem::take(&mut it.needs.looks);
            let change = it.change();
            found.extend(change.uniques(&own));
            found.extend(change.checks(&own));
            looks.extend(found.into_iter().map(|look| (operations.clone(), look)));
        }
        let changes: Vec<Change<'_>> = changed.iter().map(Changed::change).collect();
        let places = |table: &TableName| {
            changed.iter().find(|it| it.after.name == *table).map_or_else(Vec::new, |it| it.pending.operations.clone())
        };
        let orphans = self.orphans_of_old(&changes, come, &before).into_iter().chain(self.orphans(&changes, &rows));
        looks.extend(orphans.map(|(table, look)| (places(&table), look)));
        for (operations, look) in looks {
            self.foresight.look(&mut self.planned, operations, look);
        }
        self.foresight.become_rows(rows);
    }
}

fn extend<'k>(keys: &mut Keys, table: &TableName, more: impl Iterator<Item = &'k ForeignKey>) {
    let more: Vec<ForeignKey> = more.cloned().collect();
    if !more.is_empty() {
        keys.entry(table.clone()).or_default().extend(more);
    }
}

/// Whether a key of a new table refers to something that stands when the table is made. `open` are the new tables from
/// this one on.
fn can_be_made_at_once(key: &ForeignKey, table: &Table, open: &[(Vec<usize>, Table)]) -> bool {
    key.table == table.name || !open.iter().any(|(_, it)| it.name == key.table)
}

/// The columns of keys and indexes that go or change: what refers to them cannot stay meanwhile.
fn columns_of_changed_keys(before: &Table, after: &Table) -> BTreeSet<String> {
    let mut columns = BTreeSet::new();
    if before.primary_key.as_ref().map(|it| &it.columns) != after.primary_key.as_ref().map(|it| &it.columns) {
        columns.extend(before.primary_key.iter().flat_map(|it| it.columns.clone()));
    }
    let gone = before.uniques.iter().filter(|it| !after.uniques.contains(it));
    columns.extend(gone.flat_map(|it| it.columns.clone()));
    let gone = before.indexes.iter().filter(|it| !after.indexes.contains(it));
    columns.extend(gone.flat_map(|it| it.parts.iter().filter_map(|it| it.column_name().map(str::to_owned))));
    columns
}
