//! Renames: done in the database at once, with the names that the tool made following.

use std::collections::BTreeMap;

use migratable_core::{Operation, Table, TableName};

use super::super::ddl::{self, quoted, table_name};
use super::{Planned, Planner};

impl Planner<'_> {
    pub(super) fn rename_table(&mut self, operation: &Operation, from: &TableName, to: &TableName) -> Planned {
        self.flush()?;
        let before = self.schema.tables.clone();
        self.apply(operation)?;
        ddl::check_names(&self.table(to)?)?;
        let mut rows = self.foresight.rows();
        let query = rows.query(&Table { name: from.clone(), ..self.table(to)? }, &unchanged(&self.table(to)?, None));
        rows.drop(from);
        rows.set(to, query, &[]);
        self.foresight.become_rows(rows);
        self.statement(format!("RENAME TABLE {} TO {}", table_name(from), table_name(to)));
        if self.noticed.remove(from) {
            self.noticed.insert(to.clone());
        }
        self.follow_server_names(from, to)?;
        self.follow_names(&before, Some((from, to)))
    }

    /// The server renames foreign keys whose names it has made from the table's itself.
    fn follow_server_names(&mut self, from: &TableName, to: &TableName) -> Planned {
        let moved = std::mem::take(&mut self.aliases).into_iter().map(|((table, key), name)| {
            let table = if table == *from { to.clone() } else { table };
            ((table, key), name)
        });
        self.aliases = moved.collect();
        for key in self.table(to)?.foreign_keys {
            let entry = (to.clone(), key.name);
            let now = self.aliases.get(&entry).unwrap_or(&entry.1);
            if let Some(number) = now.strip_prefix(&format!("{}_ibfk_", from.name)) {
                let name = format!("{}_ibfk_{number}", to.name);
                self.aliases.insert(entry, name);
            }
        }
        Ok(())
    }

    pub(super) fn rename_column(&mut self, operation: &Operation, table: &TableName, from: &str, to: &str) -> Planned {
        self.flush()?;
        let before = self.schema.tables.clone();
        self.apply(operation)?;
        let after = self.table(table)?;
        ddl::check_names(&after)?;
        let alter = format!("ALTER TABLE {}", table_name(table));
        let column = after.find(to).ok_or_else(|| format!("there is no column `{table}.{to}` at this step"))?;
        let rename = match self.flavour.renames_columns() {
            true => format!("RENAME COLUMN {} TO {}", quoted(from), quoted(to)),
            false => {
                format!("CHANGE COLUMN {} {}", quoted(from), self.words(&self.schema.enums).column(&after, column)?)
            }
        };
        let checks: Vec<&migratable_core::Check> = match self.flavour.follows_renames() {
            true => Vec::new(),
            false => after.checks.iter().filter(|check| check.expression.mentions(to)).collect(),
        };
        let old_names = before.get(table).map(|it| it.checks.as_slice()).unwrap_or_default();
        let mut clauses = Vec::new();
        for check in &checks {
            let at = after.checks.iter().position(|it| it == *check).unwrap_or_default();
            clauses.extend(old_names.get(at).map(|old| format!("DROP CONSTRAINT {}", quoted(&old.name))));
        }
        if !clauses.is_empty() {
            self.statement(format!("{alter} {}", clauses.join(", ")));
        }
        let mut rows = self.foresight.rows();
        let query = rows.query(before.get(table).unwrap_or(&after), &unchanged(&after, Some((from, to))));
        rows.set(table, query, &[]);
        self.foresight.become_rows(rows);
        self.statement(format!("{alter} {rename}"));
        let words = self.words(&self.schema.enums);
        let added: Vec<String> =
            checks.iter().map(|check| words.check(check).map(|sql| format!("ADD {sql}"))).collect::<Result<_, _>>()?;
        let remade: Vec<String> = checks.iter().map(|check| check.name.clone()).collect();
        if !added.is_empty() {
            self.statement(format!("{alter} {}", added.join(", ")));
        }
        self.follow_names(&before, None)?;
        if let Some(before) = self.waiting(table).and_then(|at| self.pending[at].before.as_mut()) {
            for check in before.checks.iter_mut().zip(&after.checks).filter(|(_, it)| remade.contains(&it.name)) {
                check.0.name.clone_from(&check.1.name);
            }
        }
        Ok(())
    }

    /// Lets the names that the tool made follow a rename.
    fn follow_names(
        &mut self,
        before: &BTreeMap<TableName, Table>,
        moved: Option<(&TableName, &TableName)>,
    ) -> Planned {
        let tables: Vec<Table> = self.schema.tables.values().cloned().collect();
        for after in tables {
            let old_name = moved.filter(|(_, to)| **to == after.name).map_or(&after.name, |(from, _)| from);
            let Some(old) = before.get(old_name).filter(|old| **old != after) else { continue };
            let in_database = with_names_of(&after, old);
            if in_database != after {
                self.gather(&in_database);
            }
        }
        Ok(())
    }
}

/// The columns of a table with their values as they are, but that one has another name.
fn unchanged(table: &Table, renamed: Option<(&str, &str)>) -> Vec<(String, String)> {
    let value = |name: &str| quoted(renamed.filter(|(_, to)| *to == name).map_or(name, |(from, _)| from));
    table.columns.iter().map(|column| (column.name.clone(), value(&column.name))).collect()
}

/// A table whose keys and constraints have the names that they have in another, in the same places.
fn with_names_of(table: &Table, other: &Table) -> Table {
    let mut named = table.clone();
    named.names_mut().zip(other.names()).for_each(|(name, of)| of.clone_into(name));
    named
}
