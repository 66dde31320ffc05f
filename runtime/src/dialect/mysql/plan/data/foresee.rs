//! Which rows there will be behind what works on rows, and which of them would not be taken.

use std::collections::BTreeSet;

use migratable_core::{Action, Column, Literal, Table};

use super::super::super::convert;
use super::super::super::ddl::{quoted, table_name};
use super::super::super::foreseen::{self, Foreseen};
use super::super::super::types;
use super::super::super::verify::Rows;
use super::super::looks::Change;
use super::super::{Planned, Planner};
use crate::dialect::Verify;

impl Planner<'_> {
    /// A column comes to hold a value in the rows that meet a condition.
    pub(super) fn foresee_update(
        &mut self,
        table: &Table,
        column: &str,
        value: &str,
        predicate: Option<&str>,
    ) -> Planned {
        let Some(found) = table.find(column) else { return Ok(()) };
        let follows = |action: Action| matches!(action, Action::Cascade | Action::SetNull | Action::SetDefault);
        let mut keys = self.schema.tables.values().flat_map(|table| &table.foreign_keys);
        if keys.any(|key| {
            key.table == table.name && follows(key.on_update) && key.references.iter().any(|it| it == column)
        }) {
            self.foresight.ends();
            return Ok(());
        }
        let value_or = |otherwise: &str| match predicate {
            Some(predicate) => format!("IF({predicate}, ({value}), {otherwise})"),
            None => format!("({value})"),
        };
        let is = self.words(&self.schema.enums).type_name(found)?;
        let before = self.foresight.rows();
        let rows = Rows { table, foreseen: &before };
        let mut looks = Vec::new();
        if !found.nullable {
            looks.push(rows.null_given(column, &value_or(&quoted(column))));
        }
        looks.extend(convert::refused(&value_or("NULL"), &is).map(|refused| rows.refused(column, &is, &refused)));
        let mut after = before.clone();
        after.update(table, column, &convert::stored(&value_or(&quoted(column)), &is))?;
        let kept = foreseen::stored(table).map(|it| it.name.clone()).filter(|name| name != column).collect();
        looks.extend(self.looks_behind(table, &kept, false, &after));
        self.take(looks, after);
        Ok(())
    }

    /// Rows come to a table.
    pub(super) fn foresee_insert(&mut self, table: &Table, columns: &[String], rows: &[Vec<Literal>]) -> Planned {
        let mut values = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let of = |column: &Column| -> Planned<String> {
                let is = self.words(&self.schema.enums).type_name(column)?;
                let given = columns.iter().position(|it| *it == column.name).and_then(|at| row.get(at));
                Ok(match (given, types::default(column)?) {
                    (Some(given), _) => convert::stored(&types::literal(given), &is),
                    (None, Some(default)) => convert::stored(&default, &is),
                    (None, None) if column.identity.is_some() => {
                        let last = format!("SELECT MAX({}) FROM {}", quoted(&column.name), table_name(&table.name));
                        format!("COALESCE(({last}), 0) + {}", at + 1)
                    }
                    (None, None) => "NULL".to_owned(),
                })
            };
            values.push(foreseen::stored(table).map(of).collect::<Planned<Vec<String>>>()?);
        }
        let mut after = self.foresight.rows();
        after.insert(table, &values)?;
        let looks = self.looks_behind(table, &BTreeSet::new(), true, &after);
        self.take(looks, after);
        Ok(())
    }

    /// What must hold of the rows of a table, and of those that refer to it.
    fn looks_behind(&self, table: &Table, kept: &BTreeSet<String>, grows: bool, after: &Foreseen) -> Vec<Verify> {
        let change = Change { before: table, after: table, kept, grows };
        let rows = Rows { table, foreseen: after };
        let orphans = self.orphans(&[change], after).into_iter().map(|(_, look)| look);
        change.uniques(&rows).into_iter().chain(change.checks(&rows)).chain(orphans).collect()
    }

    fn take(&mut self, looks: Vec<Verify>, rows: Foreseen) {
        for look in looks {
            self.foresight.look(&mut self.planned, vec![self.at], look);
        }
        self.foresight.become_rows(rows);
    }
}
