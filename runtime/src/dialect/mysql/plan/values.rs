//! The values that rows get where a change leaves them without.

use std::collections::BTreeMap;

use migratable_core::{Column, Table};

use super::super::convert;
use super::super::ddl::{quoted, table_name};
use super::super::types;
use super::super::verify::Rows;
use super::{Pending, Planned, Planner};
use crate::dialect::Verify;

/// What the rows of a table need before it changes.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) values: BTreeMap<String, String>,
    pub(super) in_place_of_null: BTreeMap<String, String>,
    pub(super) demands: Vec<Verify>,
}

impl Planner<'_> {
    /// Finds what the rows need, and which must not be there.
    pub(super) fn needs(&self, pending: &Pending, before: &Table, after: &Table) -> Planned<Needs> {
        let mut needs = Needs { values: pending.values.clone(), ..Needs::default() };
        let rows = Rows { table: before, dropped: &pending.dropped };
        for column in &after.columns {
            match before.find(&column.name).filter(|it| !pending.dropped.contains(&it.name)) {
                Some(old) => self.for_changed(pending, (before, after), (old, column), &rows, &mut needs)?,
                None => self.for_new(before, after, column, &rows, &mut needs)?,
            }
        }
        Ok(needs)
    }

    fn for_new(&self, before: &Table, after: &Table, column: &Column, rows: &Rows<'_>, needs: &mut Needs) -> Planned {
        let default = types::default(column)?;
        if needs.values.get(&column.name) == default.as_ref() {
            needs.values.remove(&column.name);
        }
        let given = default.is_some() || column.nullable || column.generated.is_some() || column.identity.is_some();
        if given || needs.values.contains_key(&column.name) {
            return Ok(());
        }
        if self.mode.fills() {
            needs.values.insert(column.name.clone(), self.neutral(before, after, column)?);
        } else {
            needs.demands.push(rows.none(&after.name, &column.name));
        }
        Ok(())
    }

    fn for_changed(
        &self,
        pending: &Pending,
        (before, after): (&Table, &Table),
        (old, new): (&Column, &Column),
        rows: &Rows<'_>,
        needs: &mut Needs,
    ) -> Planned {
        if new.generated.is_some() {
            needs.values.remove(&new.name);
            return Ok(());
        }
        let (was, is) = (self.words(&pending.enums).type_name(old)?, self.words(&self.schema.enums).type_name(new)?);
        let place = quoted(&old.name);
        if was != is && !needs.values.contains_key(&new.name) {
            let conversion = convert::between(&was, &is);
            if let Some(value) = conversion.value(&place, self.mode.is_difference()) {
                let filled = self.mode.is_difference() && !new.nullable && !old.nullable;
                let value = if filled { format!("COALESCE({value}, {})", types::neutral(&is)) } else { value };
                needs.values.insert(new.name.clone(), value);
            }
            if let Some(offends) = conversion.offends(&place).filter(|_| self.mode.refuses_losses()) {
                needs.demands.push(rows.unlike(&new.name, &is, &offends));
            }
        }
        let tightened = old.nullable && !new.nullable && new.identity.is_none();
        if tightened && !self.mode.fills() && !needs.values.contains_key(&new.name) {
            needs.demands.push(rows.null(&new.name));
        } else if tightened && self.mode.fills() {
            let value = match types::default(new)? {
                Some(default) if !is_unique(after, &new.name) => default,
                _ => self.neutral(before, after, new)?,
            };
            let given = needs.values.get(&new.name).cloned();
            if value.starts_with("(SELECT") {
                // What it refers to may hold no row.
                needs.demands.push(rows.null_given(&new.name, &format!("COALESCE({place}, {value})")));
            }
            if was == is && given.is_none() && old.generated.is_none() {
                needs.in_place_of_null.insert(new.name.clone(), value);
            } else {
                let given = given.unwrap_or(place);
                needs.values.insert(new.name.clone(), format!("COALESCE({given}, {value})"));
            }
        }
        Ok(())
    }

    /// A value for rows of which nothing is known: a row that exists where it refers to one, a value of its own where
    /// values must differ, else the type's zero.
    fn neutral(&self, before: &Table, after: &Table, column: &Column) -> Planned<String> {
        let name = self.words(&self.schema.enums).type_name(column)?;
        let reference = after.foreign_keys.iter().find_map(|key| {
            let at = key.columns.iter().position(|it| *it == column.name)?;
            Some((key, key.references.get(at)?))
        });
        Ok(match reference {
            Some((key, target)) if key.table == after.name && before.find(target).is_some() => quoted(target),
            Some((key, target)) if !self.new_tables.contains(&key.table) => {
                format!("(SELECT MIN({}) FROM {})", quoted(target), table_name(&key.table))
            }
            _ if is_unique(after, &column.name) => types::distinct(&name),
            _ => types::neutral(&name),
        })
    }
}

/// Whether two rows may not be equal in something that the column is part of.
fn is_unique(table: &Table, column: &str) -> bool {
    table.is_key(column)
        || table.uniques.iter().any(|it| it.columns.iter().any(|name| name == column))
        || table.indexes.iter().any(|it| it.unique && it.mentions(column))
}
