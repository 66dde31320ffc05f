//! The text form of operations, over which checksums are taken.

use crate::canonical::{
    Form, column_type, default_value, identity, line, list, literal, quoted, sql, write_column, write_enum,
    write_foreign_key, write_index, write_table,
};
use crate::{ColumnChange, Generated, Operation, hash};

/// The checksum of a revision's operations: `v1:` and sixteen hexadecimal digits.
///
/// It does not change for what a newer version adds and the revision does not use; golden tests pin it.
pub fn checksum(upgrade: &[Operation], downgrade: &[Operation]) -> String {
    let text = format!("upgrade\n{}downgrade\n{}", canonical(upgrade), canonical(downgrade));
    format!("v1:{}", hash::hex(&text, 16))
}

/// The text form of some operations; facts that have their default value are left out.
pub fn canonical(operations: &[Operation]) -> String {
    let mut out = String::new();
    for operation in operations {
        out.push_str(operation.kind());
        out.push('\n');
        write(&mut out, operation);
        out.push_str(".\n");
    }
    out
}

fn write(out: &mut String, operation: &Operation) {
    if let (Some(table), false) = (operation.table(), matches!(operation, Operation::CreateTable(_))) {
        line(out, "table", &quoted(&table.to_string()));
    }
    match operation {
        Operation::CreateTable(table) => write_table(out, table, Form::Ordered),
        Operation::DropTable { .. } => {}
        Operation::RenameTable { to, .. } => line(out, "to", &quoted(&to.to_string())),
        Operation::AddColumn { column, .. } => write_column(out, column),
        Operation::DropColumn { column, .. } => line(out, "column", &quoted(column)),
        Operation::RenameColumn { from, to, .. }
        | Operation::RenameIndex { from, to, .. }
        | Operation::RenameConstraint { from, to, .. }
        | Operation::RenameEnumValue { from, to, .. } => {
            if let Operation::RenameEnumValue { name, .. } = operation {
                line(out, "name", &quoted(name));
            }
            line(out, "from", &quoted(from));
            line(out, "to", &quoted(to));
        }
        Operation::AlterColumn { column, change, .. } => {
            line(out, "column", &quoted(column));
            write_change(out, change);
        }
        Operation::CreateIndex { index, .. } => write_index(out, index),
        Operation::CreateUnique { unique, .. } => {
            line(out, "name", &quoted(&unique.name));
            line(out, "columns", &list(&unique.columns));
        }
        Operation::CreateCheck { check, .. } => {
            line(out, "name", &quoted(&check.name));
            line(out, "expression", &sql(&check.expression));
        }
        Operation::CreateForeignKey { foreign_key, .. } => write_foreign_key(out, foreign_key),
        Operation::CreatePrimaryKey { primary_key, .. } => {
            line(out, "name", &quoted(&primary_key.name));
            line(out, "columns", &list(&primary_key.columns));
        }
        Operation::DropIndex { name, .. }
        | Operation::DropUnique { name, .. }
        | Operation::DropCheck { name, .. }
        | Operation::DropForeignKey { name, .. }
        | Operation::DropPrimaryKey { name, .. }
        | Operation::DropEnum { name } => line(out, "name", &quoted(name)),
        Operation::CreateEnum(enumeration) => write_enum(out, enumeration, Form::Ordered),
        Operation::AddEnumValue { name, value, before } => {
            line(out, "name", &quoted(name));
            line(out, "value", &quoted(value));
            if let Some(before) = before {
                line(out, "before", &quoted(before));
            }
        }
        Operation::DropEnumValue { name, value } => {
            line(out, "name", &quoted(name));
            line(out, "value", &quoted(value));
        }
        Operation::SetTableComment { comment, .. } => {
            line(out, "comment", &quoted(comment.as_deref().unwrap_or_default()));
        }
        Operation::SetTableOption { option, value, .. } => {
            line(out, "option", &quoted(option));
            line(out, "value", &quoted(value.as_deref().unwrap_or_default()));
        }
        Operation::BulkInsert { columns, rows, .. } => {
            line(out, "columns", &list(columns));
            for row in rows {
                let values: Vec<String> = row.iter().map(literal).collect();
                line(out, "row", &format!("[{}]", values.join(", ")));
            }
        }
        Operation::Backfill { column, value, predicate, .. } => {
            line(out, "column", &quoted(column));
            line(out, "value", &sql(value));
            if let Some(predicate) = predicate {
                line(out, "where", &sql(predicate));
            }
        }
        Operation::Execute { sql: text, effect } => {
            line(out, "sql", &sql(text));
            if !effect.is_empty() {
                out.push_str("effect\n");
                out.push_str(&canonical(effect));
            }
        }
        // What the function keeps is a fact of its body, which has a checksum of its own.
        Operation::Run { step } | Operation::MapRows { step, .. } => line(out, "step", &quoted(step)),
        Operation::Convert(it) | Operation::ConvertLast(it) => line(out, "step", &quoted(&it.step)),
        Operation::Irreversible { reason } => line(out, "reason", &quoted(reason)),
    }
}

fn write_change(out: &mut String, change: &ColumnChange) {
    const NONE: &str = "none";
    if let Some(it) = &change.column_type {
        line(out, "type", &column_type(it));
    }
    if let Some(using) = &change.using {
        line(out, "using", &sql(using));
    }
    if let Some(nullable) = change.nullable {
        line(out, "nullable", &nullable.to_string());
    }
    if let Some(default) = &change.default {
        line(out, "default", &default.as_ref().map_or(NONE.to_owned(), default_value));
    }
    if let Some(it) = &change.identity {
        line(out, "identity", &it.as_ref().map_or(NONE.to_owned(), identity));
    }
    match &change.generated {
        None => {}
        Some(None) => line(out, "generated", NONE),
        Some(Some(Generated { expression, stored })) => {
            line(out, if *stored { "stored" } else { "virtual" }, &sql(expression));
        }
    }
    for (key, fact) in [("collate", &change.collation), ("comment", &change.comment)] {
        if let Some(value) = fact {
            line(out, key, &value.as_ref().map_or(NONE.to_owned(), |value| quoted(value)));
        }
    }
}
