//! What views and triggers need of tables. They are not managed, do not follow renames, and are made by the server
//! whether they work or not.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Operation, Schema, TableName};

use super::introspect::DependentRow;
use crate::dialect::tokens::{Kind, Token, tokens, without_mysql_spelling};
use crate::dialect::unmanaged;
use crate::inspect::{Inspected, Need, NotManaged};
use crate::plan::Refusal;

/// What one of them needs of the tables of a schema.
pub(super) fn needs(row: DependentRow, schema: &Schema) -> Vec<Need> {
    let text = without_mysql_spelling(&row.text);
    let read: Vec<Token<'_>> = tokens(&text).collect();
    let with = row.table.map(TableName::plain);
    let owners = match &with {
        Some(table) => ["new", "old"].map(|row| (row.to_owned(), table.clone())).into(),
        None => tables_of_view(&read, schema),
    };
    let by = NotManaged { kind: row.kind, name: row.name, table: with.clone() }.to_string();
    let names = read.windows(3).filter(|it| is_name(&it[0]) && it[1].is_symbol(".") && is_name(&it[2]));
    let columns = names.filter_map(|it| {
        let table = owners.get(&it[0].unquoted().to_lowercase())?;
        let name = it[2].unquoted().to_lowercase();
        let column = schema.table(table)?.columns.iter().find(|it| it.name.to_lowercase() == name)?;
        Some((table.clone(), column.name.clone()))
    });
    let columns: BTreeSet<(TableName, String)> = columns.collect();
    let need = |(of, column)| Need { of, column: Some(column), by: by.clone(), with: with.clone() };
    columns.into_iter().map(need).collect()
}

fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Word | Kind::Quoted)
}

/// The tables that a view reads, by what they are called there. The server writes every name in backticks, and an alias
/// right behind its table.
fn tables_of_view(read: &[Token<'_>], schema: &Schema) -> BTreeMap<String, TableName> {
    let plain = schema.tables.keys().map(|table| (table.name.to_lowercase(), table.clone()));
    let mut tables: BTreeMap<String, TableName> = plain.collect();
    let aliases = read.windows(2).filter(|it| it.iter().all(|it| it.kind == Kind::Quoted)).filter_map(|it| {
        let table = tables.get(&it[0].unquoted().to_lowercase())?;
        Some((it[1].unquoted().to_lowercase(), table.clone()))
    });
    let aliases: Vec<_> = aliases.collect();
    tables.extend(aliases);
    tables
}

/// Refuses the first operation by which something goes, or gets another name, that one of them needs.
pub(super) fn refuse(before: &Inspected, operations: &[Operation]) -> Result<(), Refusal> {
    let goes =
        |table: &TableName| operations.iter().any(|it| matches!(it, Operation::DropTable { table: it } if it == table));
    let comes = |of: &TableName, name: &str| {
        let added =
            |it: &Operation| matches!(it, Operation::AddColumn { table, column } if table == of && column.name == name);
        operations.iter().any(added)
    };
    let mut needs = before.needs.clone();
    for (at, operation) in operations.iter().enumerate() {
        let of_column = |table: &TableName, column: &str| {
            let need = needs.iter().find(|it| it.of == *table && it.column.as_deref() == Some(column));
            need.map(|need| (need, format!("{table}.{column}")))
        };
        let found = match operation {
            Operation::DropColumn { table, column } if !comes(table, column) => of_column(table, column),
            Operation::RenameColumn { table, from, to } if !from.eq_ignore_ascii_case(to) => of_column(table, from),
            // Triggers go, and are renamed, with their table.
            Operation::DropTable { table } | Operation::RenameTable { from: table, .. } => {
                let rests = |it: &&Need| it.of == *table && it.with.is_none();
                needs.iter().find(rests).map(|need| (need, table.to_string()))
            }
            _ => None,
        };
        if let Some((need, what)) = found.filter(|(need, _)| !need.with.as_ref().is_some_and(goes)) {
            return Err(Refusal { operation: at, message: unmanaged::needs(&need.by, &what) });
        }
        unmanaged::follow(&mut needs, operation);
    }
    Ok(())
}
