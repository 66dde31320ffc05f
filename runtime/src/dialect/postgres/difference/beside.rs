//! What stands beside the tables and is not managed: changes that it does not allow are refused before anything is written.

use migratable_core::{Operation, TableName};

use super::prerequisites::Prerequisites;
use crate::dialect::unmanaged;
use crate::inspect::{Inspected, Need, Prerequisite};
use crate::plan::Refusal;

/// Refuses the first operation that what is not managed stands in the way of.
pub(super) fn leave_alone(before: &Inspected, after: &Inspected, operations: &[Operation]) -> Result<(), Refusal> {
    let mut prerequisites = Prerequisites::missing(before, after);
    let mut needs = before.needs.clone();
    for (operation, at) in operations.iter().zip(0..) {
        let reason =
            taken(before, after, operation).or_else(|| needed(before, &needs, operations, operation)).or_else(|| {
                let made = prerequisites.take(operation);
                clash(before, operations, &made).or_else(|| too_early(operations, at, &made))
            });
        if let Some(message) = reason {
            return Err(Refusal { operation: at, message });
        }
        unmanaged::follow(&mut needs, operation);
    }
    Ok(())
}

/// A table that goes on as something that no schema can hold, or something that is made beside such a one of its name.
fn taken(before: &Inspected, after: &Inspected, operation: &Operation) -> Option<String> {
    let of = |table: &TableName, name: &str| TableName { name: name.to_owned(), ..table.clone() };
    let (name, side, shares) = match operation {
        Operation::CreateTable(table) => (table.name.clone(), before, Shares::All),
        Operation::RenameTable { to, .. } => (to.clone(), before, Shares::All),
        Operation::DropTable { table } => (table.clone(), after, Shares::All),
        Operation::CreateEnum(it) => (TableName::parse(&it.name), before, Shares::Types),
        Operation::CreateIndex { table, index } => (of(table, &index.name), before, Shares::Relations),
        Operation::CreateUnique { table, unique } => (of(table, &unique.name), before, Shares::Relations),
        Operation::CreatePrimaryKey { table, primary_key } => (of(table, &primary_key.name), before, Shares::Relations),
        _ => return None,
    };
    let name = name.to_string();
    let other = side.not_managed.iter().find(|it| it.table.is_none() && it.name == name && shares.with(&it.kind))?;
    Some(format!("`{name}` is a {} in one of the databases, which is not managed: change it by hand", other.kind))
}

/// What has its names together with something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shares {
    Relations,
    Types,
    All,
}

impl Shares {
    fn with(self, kind: &str) -> bool {
        match kind {
            "domain" | "range type" => self != Shares::Relations,
            "sequence" => self != Shares::Types,
            "composite type" => true,
            kind => kind.ends_with("view") || kind.ends_with("table"),
        }
    }
}

/// Something that goes, and that something else rests on.
fn needed(before: &Inspected, needs: &[Need], operations: &[Operation], operation: &Operation) -> Option<String> {
    let goes = |table: &TableName| {
        operations.iter().any(|it| matches!(it, Operation::DropTable { table: gone } if gone == table))
    };
    let mut needs = needs.iter();
    let (what, need) = match operation {
        Operation::DropTable { table } => {
            (table.to_string(), needs.find(|it| it.of == *table && !it.with.as_ref().is_some_and(goes))?)
        }
        Operation::DropColumn { table, column } => {
            (format!("{table}.{column}"), needs.find(|it| it.of == *table && it.column.as_ref() == Some(column))?)
        }
        Operation::DropUnique { table, name } => {
            let index = TableName { name: name.clone(), ..table.clone() };
            (name.clone(), needs.find(|it| it.of == index)?)
        }
        Operation::DropPrimaryKey { table, name } => {
            let index = TableName { name: name.clone(), ..table.clone() };
            let old = before.schema.table(table).and_then(|it| it.primary_key.as_ref());
            let new = operations.iter().find_map(|it| match it {
                Operation::CreatePrimaryKey { table: of, primary_key } if of == table => Some(primary_key),
                _ => None,
            });
            let is_same = new.map(|it| &it.columns) == old.map(|it| &it.columns);
            // A view that groups by the key names columns that only the key lets it name.
            let goes = |it: &Need| new.is_none() || (it.by.starts_with("view ") && !is_same);
            (name.clone(), needs.find(|it| it.of == index && goes(it))?)
        }
        Operation::DropEnum { name } => (name.clone(), needs.find(|it| it.of == TableName::parse(name))?),
        _ => return None,
    };
    Some(unmanaged::needs(&need.by, &what))
}

/// Something that would be made for the operation, where there is something else of its name.
fn clash(before: &Inspected, operations: &[Operation], prerequisites: &[(&str, &Prerequisite)]) -> Option<String> {
    let goes =
        |name: &TableName| operations.iter().any(|it| matches!(it, Operation::DropTable { table } if table == name));
    prerequisites.iter().find_map(|(_, it)| {
        let shares = match it.kind.as_str() {
            "domain" | "range type" => Shares::Types,
            "sequence" => Shares::Relations,
            "composite type" => Shares::All,
            _ => return None,
        };
        let name = it.name.to_string();
        let other = before.not_managed.iter().find(|it| it.table.is_none() && it.name == name && shares.with(&it.kind));
        let kind = match other {
            Some(other) => other.kind.as_str(),
            None if goes(&it.name) => return None,
            None if before.schema.tables.contains_key(&it.name) => "table",
            None if shares != Shares::Relations && before.schema.enums.contains_key(&name) => "enum",
            None => return None,
        };
        Some(format!(
            "`{name}` ({kind}) has the name of a {} of the other database, which is not managed: change it by hand",
            it.kind
        ))
    })
}

/// Something that would be made for the operation, and rests on a table that comes later or on an enum that loses values.
fn too_early(operations: &[Operation], at: usize, prerequisites: &[(&str, &Prerequisite)]) -> Option<String> {
    let comes = |name: &TableName| {
        operations[at..].iter().any(|it| matches!(it, Operation::CreateTable(table) if table.name == *name))
    };
    let changes = |name: &TableName| {
        operations.iter().any(|it| match it {
            Operation::DropEnumValue { name: of, .. } => TableName::parse(of) == *name,
            _ => false,
        })
    };
    prerequisites.iter().find_map(|(shown, it)| {
        let on = it.rests_on.iter().find(|name| comes(name) || changes(name))?;
        Some(format!(
            "the {shown} is only in the other database and not managed, and needs `{on}`, which changes: make it by hand"
        ))
    })
}
