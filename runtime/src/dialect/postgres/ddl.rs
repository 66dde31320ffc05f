//! CREATE TABLE and all that belongs to it in PostgreSQL's words.

mod constraints;
mod indexes;

use migratable_core::{Check, Column, Enum, Native, Table, TableName};

pub(super) use self::constraints::{add_constraint, check, drop_constraint, foreign_key, primary_key, unique};
pub(super) use self::indexes::{create_index, expression};

use super::numbers;
use super::types::{self, sql_text};
use crate::dialect::literal;

/// PostgreSQL cuts longer names without a word.
const LONGEST_NAME: usize = 63;

/// A name in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Some names in double quotes, with commas between them.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// The name of a table or type with that of its schema.
pub(super) fn qualified(name: &TableName) -> String {
    in_schema_of(name, &name.name)
}

/// The name of something that stands in the schema of a table.
pub(super) fn in_schema_of(table: &TableName, name: &str) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(name)),
        None => quoted(name),
    }
}

/// Refuses a name that the database would cut.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if name.len() <= LONGEST_NAME {
        return Ok(());
    }
    Err(format!("PostgreSQL cuts names behind {LONGEST_NAME} bytes: give `{name}` a shorter one"))
}

/// A block of PL/pgSQL, in quotes that nothing in it can end.
pub(super) fn block(body: &str) -> String {
    let mut tag = "$migratable$".to_owned();
    while body.contains(&tag) {
        tag.insert(1, '_');
    }
    format!("DO {tag} {body} {tag}")
}

/// Makes a schema where it is missing. A user who may not make one may still use it.
pub(super) fn create_schema(name: &TableName) -> Option<String> {
    let schema = name.schema.as_ref()?;
    let (name, text) = (quoted(schema), literal(&quoted(schema)));
    Some(block(&format!("BEGIN IF to_regnamespace({text}) IS NULL THEN CREATE SCHEMA {name}; END IF; END")))
}

/// The statements that make a table with all that it holds.
pub(super) fn create_all(table: &Table) -> Result<Vec<String>, String> {
    let mut statements: Vec<String> = create_schema(&table.name).into_iter().collect();
    for column in &table.columns {
        statements.extend(numbers::create_free_sequence(column));
        statements.extend(numbers::create_sequence(&table.name, column)?);
    }
    statements.push(create_table(table)?);
    for column in &table.columns {
        statements.extend(numbers::settle_sequence(&table.name, column));
        statements.extend(column_extras(&table.name, column, &Native::default()));
        statements.extend(column.comment.as_ref().map(|_| comment_on_column(&table.name, column)));
    }
    statements.extend(table.comment.as_ref().map(|_| comment_on_table(&table.name, &table.comment)));
    if let Some(key) = &table.primary_key {
        statements.extend(comment_on_constraint(&table.name, &key.name, &key.native));
    }
    for unique in &table.uniques {
        statements.extend(comment_on_constraint(&table.name, &unique.name, &unique.native));
    }
    for index in &table.indexes {
        statements.extend(create_index(&table.name, index)?);
    }
    for check in table.checks.iter().filter(|it| stands_alone(it)) {
        statements.push(add_constraint(&table.name, &self::check(check)?));
    }
    for check in &table.checks {
        statements.extend(comment_on_constraint(&table.name, &check.name, &check.native));
    }
    for key in &table.foreign_keys {
        statements.push(add_constraint(&table.name, &foreign_key(key)?));
        statements.extend(comment_on_constraint(&table.name, &key.name, &key.native));
    }
    statements.extend(table.native.iter().filter_map(|(option, value)| later_option(table, option, Some(value))));
    Ok(statements)
}

/// A check that CREATE TABLE would make valid, or that needs what is made behind it.
fn stands_alone(check: &Check) -> bool {
    check.native.has("not_valid") || check.native.has("exclusion")
}

fn create_table(table: &Table) -> Result<String, String> {
    check_name(&table.name.name)?;
    let mut lines = Vec::new();
    for column in &table.columns {
        lines.push(define(&table.name, column)?);
    }
    if let Some(key) = &table.primary_key {
        lines.push(primary_key(key)?);
    }
    for unique in &table.uniques {
        lines.push(self::unique(unique)?);
    }
    for check in table.checks.iter().filter(|it| !stands_alone(it)) {
        lines.push(self::check(check)?);
    }
    let unlogged = if table.native.has("unlogged") { "UNLOGGED " } else { "" };
    let method = table.native.get("access_method").map_or(String::new(), |it| format!(" USING {}", quoted(it)));
    let with = table.native.get("storage_parameters").map_or(String::new(), |it| format!(" WITH ({it})"));
    let lines = if lines.is_empty() { String::new() } else { format!("\n    {}\n", lines.join(",\n    ")) };
    let space = in_tablespace(&table.native);
    Ok(format!("CREATE {unlogged}TABLE {} ({lines}){method}{with}{space}", qualified(&table.name)))
}

/// Where a table or an index stands, if it is not the usual place.
fn in_tablespace(native: &Native) -> String {
    native.get("tablespace").map_or(String::new(), |it| format!(" TABLESPACE {}", quoted(it)))
}

/// A fact of a table that is set behind CREATE TABLE.
fn later_option(table: &Table, option: &str, value: Option<&str>) -> Option<String> {
    matches!(option, "replica_identity" | "row_security" | "clustered")
        .then(|| set_option(&table.name, option, value, None))
        .flatten()
}

/// The statement that changes a fact of a table, if PostgreSQL can.
pub(super) fn set_option(table: &TableName, option: &str, value: Option<&str>, before: Option<&str>) -> Option<String> {
    let table = qualified(table);
    let action = match (option, value) {
        ("unlogged", Some(_)) => "SET UNLOGGED".to_owned(),
        ("unlogged", None) => "SET LOGGED".to_owned(),
        ("access_method", value) => format!("SET ACCESS METHOD {}", quoted(value.unwrap_or("heap"))),
        ("replica_identity", Some(value)) => format!("REPLICA IDENTITY {value}"),
        ("replica_identity", None) => "REPLICA IDENTITY DEFAULT".to_owned(),
        ("clustered", Some(index)) => format!("CLUSTER ON {}", quoted(index)),
        ("clustered", None) => "SET WITHOUT CLUSTER".to_owned(),
        ("row_security", value) => {
            let (enable, force) = match value {
                Some("force") => ("ENABLE", "FORCE"),
                Some(_) => ("ENABLE", "NO FORCE"),
                None => ("DISABLE", "NO FORCE"),
            };
            format!("{enable} ROW LEVEL SECURITY, {force} ROW LEVEL SECURITY")
        }
        ("storage_parameters", value) => return set_parameters("TABLE", &table, before, value),
        ("tablespace", Some(value)) => format!("SET TABLESPACE {}", quoted(value)),
        ("tablespace", None) => {
            return Some(block(&format!(
                "BEGIN EXECUTE format('ALTER TABLE %s SET TABLESPACE %I', {}, (SELECT spcname FROM pg_database \
                 JOIN pg_tablespace s ON s.oid = dattablespace WHERE datname = current_database())); END",
                literal(&table)
            )));
        }
        _ => return None,
    };
    Some(format!("ALTER TABLE {table} {action}"))
}

/// Resets the storage parameters that go and sets those that stand there.
fn set_parameters(kind: &str, name: &str, before: Option<&str>, after: Option<&str>) -> Option<String> {
    let names = |text: Option<&str>| -> Vec<String> {
        let parts = text.unwrap_or_default().split(", ").filter_map(|part| part.split_once('='));
        parts.map(|(name, _)| name.to_owned()).collect()
    };
    let kept = names(after);
    let gone: Vec<String> = names(before).into_iter().filter(|name| !kept.contains(name)).collect();
    let mut actions = Vec::new();
    if !gone.is_empty() {
        actions.push(format!("RESET ({})", gone.join(", ")));
    }
    actions.extend(after.map(|it| format!("SET ({it})")));
    (!actions.is_empty()).then(|| format!("ALTER {kind} {name} {}", actions.join(", ")))
}

/// A column as it stands in CREATE TABLE and ADD COLUMN.
pub(super) fn define(table: &TableName, column: &Column) -> Result<String, String> {
    define_with(table, column, types::default(column)?.as_deref(), column.nullable)
}

/// A column with another default and nullability than its own.
pub(super) fn define_with(
    table: &TableName,
    column: &Column,
    default: Option<&str>,
    nullable: bool,
) -> Result<String, String> {
    check_name(&column.name)?;
    let mut sql = format!("{} {}", quoted(&column.name), types::name(&column.column_type)?);
    if let Some(collation) = &column.collation {
        sql.push_str(&format!(" COLLATE {}", self::collation(collation)));
    }
    if !nullable {
        sql.push_str(" NOT NULL");
    }
    if let Some(default) = default.filter(|_| column.generated.is_none()) {
        sql.push_str(&format!(" DEFAULT {default}"));
    }
    if let Some(generated) = &column.generated {
        let expression = sql_text(&generated.expression, &format!("the expression of `{}`", column.name))?;
        let kind = if column.native.has("virtual") { "VIRTUAL" } else { "STORED" };
        sql.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {kind}"));
    }
    sql.push_str(&numbers::clause(table, column)?);
    Ok(sql)
}

/// A collation, in a schema or not.
pub(super) fn collation(name: &str) -> String {
    qualified(&TableName::parse(name))
}

/// What a column has that stands in no CREATE TABLE, where it differs from what was there.
pub(super) fn column_extras(table: &TableName, column: &Column, before: &Native) -> Vec<String> {
    let alter = format!("ALTER TABLE {} ALTER COLUMN {}", qualified(table), quoted(&column.name));
    let mut statements = Vec::new();
    for (word, value) in before.changes(&column.native) {
        match (word, value) {
            ("storage", value) => {
                let usual = before.get("storage_usual").or_else(|| column.native.get("storage_usual"));
                statements.push(format!("{alter} SET STORAGE {}", value.or(usual).unwrap_or("EXTENDED")));
            }
            ("compression", value) => {
                statements.push(format!("{alter} SET COMPRESSION {}", value.unwrap_or("default")))
            }
            ("statistics", value) => statements.push(format!("{alter} SET STATISTICS {}", value.unwrap_or("-1"))),
            ("options", value) => {
                let names = |text: &str| {
                    let parts = text.split(", ").filter_map(|part| part.split_once('='));
                    parts.map(|(name, _)| name.to_owned()).collect::<Vec<_>>().join(", ")
                };
                statements.extend(before.get("options").map(|old| format!("{alter} RESET ({})", names(old))));
                statements.extend(value.map(|new| format!("{alter} SET ({new})")));
            }
            _ => {}
        }
    }
    statements
}

/// CREATE TYPE of an enum.
pub(super) fn create_enum(enumeration: &Enum) -> Result<String, String> {
    let name = TableName::parse(&enumeration.name);
    check_name(&name.name)?;
    enumeration.values.iter().try_for_each(|value| check_name(value))?;
    let values: Vec<String> = enumeration.values.iter().map(|value| literal(value)).collect();
    Ok(format!("CREATE TYPE {} AS ENUM ({})", qualified(&name), values.join(", ")))
}

fn comment_text(comment: &Option<String>) -> String {
    comment.as_deref().map_or("NULL".to_owned(), literal)
}

pub(super) fn comment_on_table(table: &TableName, comment: &Option<String>) -> String {
    format!("COMMENT ON TABLE {} IS {}", qualified(table), comment_text(comment))
}

pub(super) fn comment_on_column(table: &TableName, column: &Column) -> String {
    let comment = comment_text(&column.comment);
    format!("COMMENT ON COLUMN {}.{} IS {comment}", qualified(table), quoted(&column.name))
}

/// The comments on a constraint and on its index.
pub(super) fn comment_on_constraint(table: &TableName, name: &str, native: &Native) -> Vec<String> {
    let on_constraint = native
        .get("comment")
        .map(|it| format!("COMMENT ON CONSTRAINT {} ON {} IS {}", quoted(name), qualified(table), literal(it)));
    let on_index = native.get("index_comment");
    let on_index = on_index.map(|it| format!("COMMENT ON INDEX {} IS {}", in_schema_of(table, name), literal(it)));
    on_constraint.into_iter().chain(on_index).collect()
}
