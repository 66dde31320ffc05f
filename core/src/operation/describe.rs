//! Operations in a line.

use std::fmt;

use crate::column::SqlDisplay;
use crate::{
    Action, Column, ColumnChange, Conversion, Deferrable, ForeignKey, Index, IndexPart, IndexTarget, Native, Nulls,
    Operation,
};

/// What a column is, in a few words: `text, nullable, default "x"`.
pub fn column_facts(column: &Column) -> String {
    let mut facts = vec![column.column_type.to_string()];
    facts.push(if column.nullable { "nullable" } else { "not null" }.to_owned());
    facts.extend(column.default.as_ref().map(|default| format!("default {default}")));
    facts.extend(column.identity.as_ref().map(|_| "numbered by the database".to_owned()));
    facts.extend(
        column
            .generated
            .as_ref()
            .map(|it| format!("{} {}", if it.stored { "stored" } else { "virtual" }, SqlDisplay(&it.expression))),
    );
    facts.extend(column.collation.as_ref().map(|it| format!("collate {it}")));
    facts.extend(column.comment.as_ref().map(|it| format!("comment {it:?}")));
    facts.join(", ")
}

/// What a change of a column does, fact by fact.
fn change_facts(change: &ColumnChange) -> String {
    let mut facts = Vec::new();
    facts.extend(change.column_type.as_ref().map(|it| format!("type {it}")));
    facts.extend(change.nullable.map(|it| if it { "nullable" } else { "not null" }.to_owned()));
    facts.extend(change.default.as_ref().map(|it| match it {
        Some(default) => format!("default {default}"),
        None => "no default".to_owned(),
    }));
    facts.extend(change.identity.as_ref().map(|it| match it {
        Some(_) => "numbered by the database".to_owned(),
        None => "not numbered by the database".to_owned(),
    }));
    facts.extend(change.generated.as_ref().map(|it| match it {
        Some(it) => format!("{} {}", if it.stored { "stored" } else { "virtual" }, SqlDisplay(&it.expression)),
        None => "not generated".to_owned(),
    }));
    facts.extend(change.collation.as_ref().map(|it| format!("collate {}", it.as_deref().unwrap_or("by default"))));
    facts.extend(
        change.native.as_ref().map(|it| if it.is_empty() { "without options".to_owned() } else { it.to_string() }),
    );
    facts.extend(change.comment.as_ref().map(|it| match it {
        Some(comment) => format!("comment {comment:?}"),
        None => "no comment".to_owned(),
    }));
    facts.join(", ")
}

/// What an index covers: `(name, age desc) including city where "age > 1"`.
fn index_facts(index: &Index) -> String {
    let part = |part: &IndexPart| {
        let target = match &part.target {
            IndexTarget::Column(name) => name.clone(),
            IndexTarget::Expression(sql) => SqlDisplay(sql).to_string(),
        };
        let nulls = match part.nulls {
            Some(Nulls::First) => " nulls first",
            Some(Nulls::Last) => " nulls last",
            None => "",
        };
        format!("{target}{}{}{nulls}", native_facts(&part.native), if part.descending { " desc" } else { "" })
    };
    let mut facts = format!("({})", index.parts.iter().map(part).collect::<Vec<_>>().join(", "));
    if let Some(method) = &index.method {
        facts.push_str(&format!(" using {method}"));
    }
    if !index.include.is_empty() {
        facts.push_str(&format!(" including {}", index.include.join(", ")));
    }
    if let Some(predicate) = &index.predicate {
        facts.push_str(&format!(" where {}", SqlDisplay(predicate)));
    }
    facts + &native_facts(&index.native)
}

/// What only the dialect knows, behind a space, if there is something.
fn native_facts(native: &Native) -> String {
    if native.is_empty() { String::new() } else { format!(" {native}") }
}

/// What a foreign key does beside referring: ` on delete cascade deferrable`.
fn reference_facts(key: &ForeignKey) -> String {
    let mut facts = String::new();
    for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        if action != Action::NoAction {
            facts.push_str(&format!(" on {event} {}", action.to_string().replace('_', " ")));
        }
    }
    match key.deferrable {
        Deferrable::No => {}
        Deferrable::Immediate => facts.push_str(" deferrable"),
        Deferrable::Deferred => facts.push_str(" deferred"),
    }
    facts
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::CreateTable(table) => {
                let count = table.columns.len();
                write!(f, "create table {} ({count} column{})", table.name, if count == 1 { "" } else { "s" })
            }
            Operation::DropTable { table } => write!(f, "drop table {table}"),
            Operation::RenameTable { from, to } => write!(f, "rename table {from} to {to}"),
            Operation::AddColumn { table, column } => {
                write!(f, "add column {table}.{} ({})", column.name, column_facts(column))
            }
            Operation::DropColumn { table, column } => write!(f, "drop column {table}.{column}"),
            Operation::RenameColumn { table, from, to } => write!(f, "rename column {table}.{from} to {to}"),
            Operation::AlterColumn { table, column, change } => {
                write!(f, "alter column {table}.{column}: {}", change_facts(change))
            }
            Operation::CreateIndex { table, index } => {
                let unique = if index.unique { "unique " } else { "" };
                write!(f, "create {unique}index {} on {table} {}", index.name, index_facts(index))
            }
            Operation::DropIndex { table, name } => write!(f, "drop index {name} of {table}"),
            Operation::CreateUnique { table, unique } => {
                write!(f, "create unique {} on {table} ({})", unique.name, unique.columns.join(", "))
            }
            Operation::DropUnique { table, name } => write!(f, "drop unique {name} of {table}"),
            Operation::CreateCheck { table, check } => {
                write!(f, "create check {} on {table}: {}", check.name, SqlDisplay(&check.expression))
            }
            Operation::DropCheck { table, name } => write!(f, "drop check {name} of {table}"),
            Operation::CreateForeignKey { table, foreign_key: key } => write!(
                f,
                "create foreign key {} from {table} ({}) to {} ({}){}",
                key.name,
                key.columns.join(", "),
                key.table,
                key.references.join(", "),
                reference_facts(key)
            ),
            Operation::DropForeignKey { table, name } => write!(f, "drop foreign key {name} of {table}"),
            Operation::CreatePrimaryKey { table, primary_key } => {
                write!(f, "create primary key {} on {table} ({})", primary_key.name, primary_key.columns.join(", "))
            }
            Operation::DropPrimaryKey { table, name } => write!(f, "drop primary key {name} of {table}"),
            Operation::RenameIndex { table, from, to } => write!(f, "rename index {from} of {table} to {to}"),
            Operation::RenameConstraint { table, from, to } => write!(f, "rename constraint {from} of {table} to {to}"),
            Operation::CreateEnum(it) => write!(f, "create enum {} ({})", it.name, it.values.join(", ")),
            Operation::DropEnum { name } => write!(f, "drop enum {name}"),
            Operation::AddEnumValue { name, value, before: None } => write!(f, "add value {value} to enum {name}"),
            Operation::AddEnumValue { name, value, before: Some(before) } => {
                write!(f, "add value {value} to enum {name} before {before}")
            }
            Operation::RenameEnumValue { name, from, to } => write!(f, "rename value {from} of enum {name} to {to}"),
            Operation::DropEnumValue { name, value } => write!(f, "drop value {value} of enum {name}"),
            Operation::SetTableComment { table, comment: Some(comment) } => {
                write!(f, "set the comment of table {table} to {comment:?}")
            }
            Operation::SetTableComment { table, comment: None } => write!(f, "take the comment from table {table}"),
            Operation::SetTableOption { table, option, value: Some(value) } => {
                write!(f, "set {option} of table {table} to {value}")
            }
            Operation::SetTableOption { table, option, value: None } => write!(f, "take {option} from table {table}"),
            Operation::BulkInsert { table, rows, .. } => write!(f, "insert {} rows in {table}", rows.len()),
            Operation::Backfill { table, column, value, .. } => {
                write!(f, "fill {table}.{column} with {}", SqlDisplay(value))
            }
            Operation::Execute { sql, .. } => write!(f, "execute {}", SqlDisplay(sql)),
            Operation::Run { step } => write!(f, "run {step}"),
            Operation::MapRows { table, step, .. } => write!(f, "map the rows of {table} by {step}"),
            Operation::Convert(Conversion { table, step, .. }) => write!(f, "map the rows of {table} by {step}"),
            Operation::ConvertLast(Conversion { table, step, .. }) => {
                write!(f, "map the rows of {table} that were written meanwhile by {step}")
            }
            Operation::Irreversible { reason } => write!(f, "cannot be undone: {reason}"),
        }
    }
}
