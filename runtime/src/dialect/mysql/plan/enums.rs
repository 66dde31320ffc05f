//! Enums: each column restates the values of its own.

use std::collections::BTreeSet;

use migratable_core::{Column, ColumnType, ForeignKey, Operation, Table, TableName};

use super::super::ddl::{self, quoted, table_name};
use super::super::types::text;
use super::{Planned, Planner};

impl Planner<'_> {
    fn users(&self, name: &str) -> Vec<(TableName, String)> {
        self.schema.users_of(name).map(|(table, column)| (table.clone(), column.name.clone())).collect()
    }

    /// The columns take the new list when their tables are altered.
    pub(super) fn enum_values(&mut self, operation: &Operation, name: &str) -> Planned {
        let tables: BTreeSet<TableName> = self.users(name).into_iter().map(|(table, _)| table).collect();
        for table in tables {
            let before = self.table(&table)?;
            self.gather(&before);
        }
        self.apply(operation)
    }

    /// A table as it is made now. Where two values of an enum may be one to the collation, and one of them goes further
    /// on, its columns are texts until then.
    pub(super) fn with_passing_texts(&self, mut table: Table) -> Table {
        for column in &mut table.columns {
            let ColumnType::Enum(name) = &column.column_type else { continue };
            let values = self.schema.enums.get(name).map(|it| it.values.as_slice()).unwrap_or_default();
            let clashes = |gone: &String| {
                values.contains(gone) && values.iter().any(|value| value != gone && may_be_one(value, gone))
            };
            let mut later = self.operations.iter().skip(self.at);
            if later
                .any(|it| matches!(it, Operation::DropEnumValue { name: of, value } if of == name && clashes(value)))
            {
                column.column_type = text_for(values);
            }
        }
        table
    }

    /// The columns take both names, the rows take the new one, and the columns give up the old one. Names that may be
    /// one to the collation cannot stand in one list: the columns are texts meanwhile. Foreign keys on the columns are
    /// dropped and added again.
    pub(super) fn rename_enum_value(&mut self, operation: &Operation, name: &str, from: &str, to: &str) -> Planned {
        self.flush()?;
        self.apply(operation)?;
        let mut both = self.schema.enums.clone();
        if let Some(values) = both.get_mut(name).map(|it| &mut it.values) {
            values.push(from.to_owned());
        }
        let values = both.get(name).map(|it| it.values.as_slice()).unwrap_or_default();
        let text_type = may_be_one(from, to).then(|| text_for(values));
        let keys = self.keys_on(&self.users(name));
        for (table, key) in &keys {
            self.statement(format!("ALTER TABLE {} {}", table_name(table), self.drop_foreign_key(table, key)));
        }
        for (table, column) in self.users(name) {
            let table = self.table(&table)?;
            let Some(column) = table.find(&column).filter(|it| it.column_type == ColumnType::Enum(name.to_owned()))
            else {
                continue;
            };
            let modify =
                |definition: String| format!("ALTER TABLE {} MODIFY COLUMN {definition}", table_name(&table.name));
            let meanwhile = text_type.clone().unwrap_or_else(|| column.column_type.clone());
            let meanwhile = Column { column_type: meanwhile, ..column.clone() };
            let wide = modify(self.words(&both).column(&table, &meanwhile)?);
            let narrow = modify(self.words(&self.schema.enums).column(&table, column)?);
            let place = quoted(&column.name);
            let rows =
                format!("UPDATE {} SET {place} = {} WHERE {place} = {}", table_name(&table.name), text(to), text(from));
            let renamed = format!("IF({place} = {}, {}, {place})", text(from), text(to));
            let mut foreseen = self.foresight.rows();
            foreseen.update(&table, &column.name, &renamed)?;
            self.foresight.become_rows(foreseen);
            for sql in [wide, rows, narrow] {
                self.statement(sql);
            }
        }
        for (table, key) in &keys {
            self.statement(format!("ALTER TABLE {} ADD {}", table_name(table), ddl::foreign_key(key)?));
        }
        Ok(())
    }

    /// The foreign keys that have one of these columns at either end.
    fn keys_on(&self, columns: &[(TableName, String)]) -> Vec<(TableName, ForeignKey)> {
        let has = |table: &TableName, names: &[String]| {
            columns.iter().any(|(of, column)| of == table && names.contains(column))
        };
        let all = self.schema.tables.values().flat_map(|table| table.foreign_keys.iter().map(|key| (&table.name, key)));
        let on = all.filter(|(table, key)| has(table, &key.columns) || has(&key.table, &key.references));
        on.map(|(table, key)| (table.clone(), key.clone())).collect()
    }
}

/// Whether some collation takes two values for one.
fn may_be_one(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase() || !a.is_ascii() || !b.is_ascii()
}

/// The text that holds each of some values.
fn text_for(values: &[String]) -> ColumnType {
    let longest = values.iter().map(|value| value.chars().count()).max().unwrap_or_default();
    u32::try_from(longest).map_or(ColumnType::Text, ColumnType::Varchar)
}
