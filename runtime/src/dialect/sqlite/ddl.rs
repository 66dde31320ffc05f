//! CREATE TABLE and CREATE INDEX in SQLite's words.

use std::collections::BTreeMap;

use migratable_core::{
    Action, Column, ColumnType, Deferrable, Enum, ForeignKey, Generated, Index, IndexPart, IndexTarget, Naming, Table,
    TableName,
};

use super::types::{self, sql_text};
use crate::dialect::literal;

/// A name in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Some names in double quotes, with commas between them.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// What a table has that no model says, though a revision may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) strict: bool,
    pub(super) without_rowid: bool,
    pub(super) autoincrement: bool,
    /// The type names of columns of a STRICT table.
    pub(super) declared: BTreeMap<String, String>,
}

impl Form {
    /// The options of tables that revisions set.
    pub(super) const STRICT: &str = "strict";
    pub(super) const WITHOUT_ROWID: &str = "without_rowid";

    /// What revisions say of a table.
    pub(super) fn of(table: &Table) -> Form {
        let has = |option| table.native.has(option);
        Form { strict: has(Form::STRICT), without_rowid: has(Form::WITHOUT_ROWID), ..Form::default() }
    }
}

/// The column by which the rows are numbered: the one that is another name of the rowid.
pub(super) fn rowid_alias(table: &Table) -> Option<&Column> {
    match table.primary_key.as_ref()?.columns.as_slice() {
        [only] => table.find(only).filter(|column| column.identity.is_some()),
        _ => None,
    }
}

/// Refuses numbers that SQLite cannot give. In the middle of a revision a table may have such a column, between one
/// primary key and the next.
pub(super) fn check_numbers(table: &Table) -> Result<(), String> {
    match table.columns.iter().find(|column| column.identity.is_some() && rowid_alias(table) != Some(*column)) {
        Some(column) => Err(format!(
            "SQLite numbers rows only by a primary key of one integer column, which `{}.{}` is not",
            table.name, column.name
        )),
        None => Ok(()),
    }
}

/// The checks that a schema holds as an enum: the name of the check and the condition.
pub(super) fn enum_check(
    table: &TableName,
    column: &Column,
    enums: &BTreeMap<String, Enum>,
) -> Option<(String, String)> {
    let ColumnType::Enum(name) = &column.column_type else { return None };
    let values: Vec<String> = enums.get(name)?.values.iter().map(|value| literal(value)).collect();
    Some((Naming::enum_check(table, &column.name), format!("{} IN ({})", quoted(&column.name), values.join(", "))))
}

/// CREATE TABLE, under a name that may be another for the time being.
pub(super) fn create_table(
    table: &Table,
    enums: &BTreeMap<String, Enum>,
    name: &str,
    form: &Form,
) -> Result<String, String> {
    if let Some(schema) = &table.name.schema {
        return Err(format!("SQLite has no schemas: `{}` cannot stand in `{schema}` there", table.name.name));
    }
    let mut lines = Vec::new();
    for column in &table.columns {
        lines.push(define(table, column, enums, form)?);
    }
    if let Some(key) = table.primary_key.as_ref().filter(|_| rowid_alias(table).is_none()) {
        lines.push(format!("CONSTRAINT {} PRIMARY KEY ({})", quoted(&key.name), list(&key.columns)));
    }
    for unique in &table.uniques {
        lines.push(format!("CONSTRAINT {} UNIQUE ({})", quoted(&unique.name), list(&unique.columns)));
    }
    for check in &table.checks {
        let condition = sql_text(&check.expression, &format!("the check `{}`", check.name))?;
        lines.push(format!("CONSTRAINT {} CHECK ({condition})", quoted(&check.name)));
    }
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    let mut options = Vec::new();
    if form.strict {
        options.push("STRICT");
    }
    if form.without_rowid && table.primary_key.is_some() {
        options.push("WITHOUT ROWID");
    }
    let options = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    Ok(format!("CREATE TABLE {} (\n    {}\n){options}", quoted(name), lines.join(",\n    ")))
}

/// A column as it stands in CREATE TABLE and ADD COLUMN.
pub(super) fn define(
    table: &Table,
    column: &Column,
    enums: &BTreeMap<String, Enum>,
    form: &Form,
) -> Result<String, String> {
    let mut sql = format!("{} {}", quoted(&column.name), type_name(table, column, form)?);
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    if let (Some(identity), Some(key)) = (&column.identity, &table.primary_key)
        && rowid_alias(table) == Some(column)
    {
        sql.push_str(&format!(" CONSTRAINT {} PRIMARY KEY", quoted(&key.name)));
        if identity.always || identity.start.is_some() || form.autoincrement {
            sql.push_str(" AUTOINCREMENT");
        }
    }
    if let Some(default) = types::default(column)? {
        sql.push_str(" DEFAULT ");
        sql.push_str(&default.as_default());
    }
    if let Some(collation) = &column.collation {
        sql.push_str(" COLLATE ");
        sql.push_str(&quoted(collation));
    }
    if let Some(Generated { expression, stored }) = &column.generated {
        let expression = sql_text(expression, &format!("the expression of `{}`", column.name))?;
        let kind = if *stored { "STORED" } else { "VIRTUAL" };
        sql.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {kind}"));
    }
    if let Some((name, condition)) = enum_check(&table.name, column, enums) {
        sql.push_str(&format!(" CONSTRAINT {} CHECK ({condition})", quoted(&name)));
    }
    Ok(sql)
}

fn type_name(table: &Table, column: &Column, form: &Form) -> Result<String, String> {
    // Only a column of exactly this type can be another name of the rowid.
    const ALIAS: &str = "INTEGER";
    if rowid_alias(table) == Some(column) {
        return Ok(ALIAS.to_owned());
    }
    if let Some(declared) = form.declared.get(&column.name) {
        return Ok(declared.clone());
    }
    let name = match types::storage(&column.column_type) {
        Some(storage) if form.strict => storage.strict().to_owned(),
        None if form.strict => "ANY".to_owned(),
        _ => types::name(&column.column_type)?,
    };
    let only_key = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.as_str()]);
    Ok(if only_key && name.eq_ignore_ascii_case(ALIAS) { "INT".to_owned() } else { name })
}

fn foreign_key(key: &ForeignKey) -> String {
    let mut sql = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        quoted(&key.name),
        list(&key.columns),
        quoted(&key.table.name),
        list(&key.references)
    );
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if action != Action::NoAction {
            sql.push_str(&format!(" ON {event} {}", action.sql()));
        }
    }
    sql.push_str(match key.deferrable {
        Deferrable::No => "",
        Deferrable::Immediate => " DEFERRABLE INITIALLY IMMEDIATE",
        Deferrable::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    });
    sql
}

/// CREATE INDEX. Access methods, included columns and the place of NULLs change no result and are left out.
pub(super) fn create_index(table: &str, index: &Index) -> Result<String, String> {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let parts: Vec<String> = index.parts.iter().map(|part| index_part(index, part)).collect::<Result<_, _>>()?;
    let mut sql = format!("CREATE {unique}INDEX {} ON {} ({})", quoted(&index.name), quoted(table), parts.join(", "));
    if let Some(predicate) = &index.predicate {
        sql.push_str(" WHERE ");
        sql.push_str(sql_text(predicate, &format!("the condition of the index `{}`", index.name))?);
    }
    Ok(sql)
}

fn index_part(index: &Index, part: &IndexPart) -> Result<String, String> {
    let target = expression(index, part)?;
    Ok(if part.descending { format!("{target} DESC") } else { target })
}

/// What a part of an index orders by.
pub(super) fn expression(index: &Index, part: &IndexPart) -> Result<String, String> {
    Ok(match &part.target {
        IndexTarget::Column(name) => quoted(name),
        IndexTarget::Expression(sql) => {
            format!("({})", sql_text(sql, &format!("an expression of the index `{}`", index.name))?)
        }
    })
}

/// The statements that make a table with its indexes.
pub(super) fn create_all(table: &Table, enums: &BTreeMap<String, Enum>) -> Result<Vec<String>, String> {
    let mut statements = vec![create_table(table, enums, &table.name.name, &Form::of(table))?];
    statements.extend(first_number(table, &table.name.name));
    for index in &table.indexes {
        statements.push(create_index(&table.name.name, index)?);
    }
    Ok(statements)
}

/// Makes the numbers of an empty table begin where its model says.
pub(super) fn first_number(table: &Table, name: &str) -> Option<String> {
    let start = rowid_alias(table)?.identity.as_ref()?.start?;
    Some(format!("INSERT INTO sqlite_sequence (name, seq) VALUES ({}, {})", literal(name), start - 1))
}
