//! Makes the changes that have been gathered, in an order that the server takes: what refers goes first and comes last.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{ForeignKey, Index, Table, TableName};

use super::super::alter::Alteration;
use super::super::ddl::{self, quoted, table_name};
use super::super::verify::Rows;
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
    fn alteration<'c>(&'c self, planner: &'c Planner<'_>) -> Alteration<'c> {
        Alteration {
            before: &self.before,
            after: &self.after,
            words_before: planner.words(&self.pending.enums),
            words: planner.words(&planner.schema.enums),
            dropped: &self.pending.dropped,
            values: &self.needs.values,
            in_place_of_null: &self.needs.in_place_of_null,
        }
    }
}

/// Foreign keys by the table that they stand in.
type Keys = BTreeMap<TableName, Vec<ForeignKey>>;

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
                created.push((pending.operations, after));
                continue;
            };
            let needs = self.needs(&pending, &before, &after)?;
            ddl::check_names(&after)?;
            changed.push(Changed { pending, before, after, needs });
        }
        let (leave, come) = self.foreign_keys(&changed, &created, &gone)?;
        self.verify(&mut changed, &created);
        let tables = changed.iter().map(|it| &it.after).chain(created.iter().map(|(_, it)| it));
        for table in tables.chain(gone.iter().map(|(_, it)| it)) {
            self.untouched.without_table(&table.name);
        }
        let places = |table: &TableName| -> Vec<usize> {
            let found = changed.iter().find(|it| it.before.name == *table).map(|it| it.pending.operations.clone());
            found.unwrap_or_else(|| vec![self.at])
        };
        let (mut work, mut behind) = (Vec::new(), Vec::new());
        for it in &changed {
            let statements = it.alteration(self).statements()?;
            let at_its_place = |sql| (it.pending.operations.clone(), sql);
            // Where rows may refuse their values, they do it while the foreign keys are still there.
            let filling = if self.mode.fills() { &mut behind } else { &mut work };
            filling.extend(statements.before.into_iter().map(at_its_place));
            behind.extend(statements.alter.into_iter().chain(self.first_number(it)).map(at_its_place));
        }
        for (table, keys) in &leave {
            let drops: Vec<String> = keys.iter().map(|key| self.drop_foreign_key(table, key)).collect();
            work.push((places(table), format!("ALTER TABLE {} {}", table_name(table), drops.join(", "))));
        }
        work.append(&mut behind);
        for (at, (operations, table)) in created.iter().enumerate() {
            let made = |key: &ForeignKey| can_be_made_at_once(key, table, &created[at..]);
            let sql = self.words(&self.schema.enums).create_table(table, made)?;
            work.extend(
                table
                    .name
                    .schema
                    .iter()
                    .map(|schema| (operations.clone(), format!("CREATE DATABASE IF NOT EXISTS {}", quoted(schema)))),
            );
            work.push((operations.clone(), sql));
        }
        for (table, keys) in &come {
            let mut adds = self.own_indexes(table, keys, &changed)?;
            for key in keys {
                adds.push(format!("ADD {}", ddl::foreign_key(key)?));
            }
            work.push((places(table), format!("ALTER TABLE {}\n    {}", table_name(table), adds.join(",\n    "))));
        }
        for (at, table) in &gone {
            work.push((vec![*at], format!("DROP TABLE {}", table_name(&table.name))));
        }
        let pieces = work.into_iter().map(|(operations, sql)| Piece { operations, work: Work::Statement(sql) });
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
        let moves = |table: &TableName, key: &ForeignKey| {
            is_in(&touched, table, &key.columns)
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

    /// What must hold of the rows, asked before anything changes.
    fn verify(&mut self, changed: &mut [Changed], created: &[(Vec<usize>, Table)]) {
        // What a key refers to must be in the database already to be looked at.
        let there: Vec<(TableName, Table)> =
            changed.iter().map(|it| (it.before.name.clone(), it.before.clone())).collect();
        let can_look = |key: &ForeignKey| match there.iter().find(|(name, _)| *name == key.table) {
            Some((_, parent)) => key.references.iter().all(|column| parent.find(column).is_some()),
            None => !created.iter().any(|(_, table)| table.name == key.table),
        };
        for it in changed.iter_mut() {
            let rows = Rows { table: &it.before, dropped: &it.pending.dropped };
            let given = &it.needs.values;
            let kept = |column: &String| rows.has(column) && !given.contains_key(column);
            let mut demands = std::mem::take(&mut it.needs.demands);
            let required = it.after.columns.iter().filter(|column| !column.nullable && column.generated.is_none());
            if !self.mode.fills() {
                demands.extend(required.filter_map(|it| Some(rows.null_given(&it.name, given.get(&it.name)?))));
            }
            let uniques = it.after.uniques.iter();
            let mut columns: Vec<Vec<String>> = uniques.map(|unique| unique.columns.clone()).collect();
            columns.extend(it.after.primary_key.iter().map(|key| key.columns.clone()));
            for index in it.after.indexes.iter().filter(|index| index.unique) {
                columns.extend(index.parts.iter().map(|it| it.column_name().map(str::to_owned)).collect::<Option<_>>());
            }
            columns.retain(|columns: &Vec<String>| {
                let is_known = |column| kept(column) || (!self.mode.fills() && given.contains_key(column));
                let known = columns.iter().all(is_known);
                known && !(columns.iter().all(kept) && it.before.is_unique(columns))
            });
            demands.extend(columns.iter().map(|columns| rows.duplicates(columns, given)));
            for check in it.after.checks.iter().filter(|check| !it.before.checks.contains(check)) {
                let names: Vec<&str> = it.after.columns.iter().map(|it| it.name.as_str()).collect();
                let mentioned = check.expression.mentioned(names);
                let all_kept = mentioned.iter().all(|column| kept(&(*column).to_owned()));
                let moved = it.before.checks.iter().any(|other| other.expression == check.expression);
                if let Some(condition) = check.expression.text(migratable_core::Dialect::Mysql)
                    && all_kept
                    && !moved
                {
                    demands.push(rows.condition(&check.name, condition, &mentioned));
                }
            }
            for key in it.after.foreign_keys.iter().filter(|key| key.columns.iter().all(kept)) {
                let same = |other: &ForeignKey| ForeignKey { name: key.name.clone(), ..other.clone() } == *key;
                if it.before.foreign_keys.iter().any(same) {
                    continue;
                }
                if can_look(key) {
                    demands.push(rows.orphans(key));
                } else if created.iter().any(|(_, table)| table.name == key.table) {
                    demands.push(rows.stranded(key));
                }
            }
            for demand in demands {
                self.untouched.verify(&mut self.planned, it.pending.operations.clone(), demand);
            }
        }
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
