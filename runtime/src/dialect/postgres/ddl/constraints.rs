//! Keys, uniques, checks, exclusion constraints and foreign keys.

use migratable_core::{Action, Check, Deferrable, ForeignKey, Native, PrimaryKey, TableName, Unique};

use super::super::types::sql_text;
use super::{check_name, list, qualified, quoted};

fn constraint(name: &str) -> Result<String, String> {
    check_name(name)?;
    Ok(format!("CONSTRAINT {}", quoted(name)))
}

/// What stands behind the columns of a key or unique: INCLUDE, storage parameters, DEFERRABLE.
fn behind(native: &Native) -> String {
    let mut sql = String::new();
    if let Some(columns) = native.get("include") {
        sql.push_str(&format!(" INCLUDE ({columns})"));
    }
    if let Some(parameters) = native.get("storage_parameters") {
        sql.push_str(&format!(" WITH ({parameters})"));
    }
    match native.get("deferrable") {
        Some("deferred") => sql.push_str(" DEFERRABLE INITIALLY DEFERRED"),
        Some(_) => sql.push_str(" DEFERRABLE"),
        None => {}
    }
    sql
}

pub(in super::super) fn primary_key(key: &PrimaryKey) -> Result<String, String> {
    Ok(format!("{} PRIMARY KEY ({}){}", constraint(&key.name)?, list(&key.columns), behind(&key.native)))
}

pub(in super::super) fn unique(unique: &Unique) -> Result<String, String> {
    let nulls = if unique.native.has("nulls_not_distinct") { " NULLS NOT DISTINCT" } else { "" };
    let name = constraint(&unique.name)?;
    Ok(format!("{name} UNIQUE{nulls} ({}){}", list(&unique.columns), behind(&unique.native)))
}

pub(in super::super) fn check(check: &Check) -> Result<String, String> {
    let name = constraint(&check.name)?;
    let condition = sql_text(&check.expression, &format!("the check `{}`", check.name))?;
    if check.native.has("exclusion") {
        return Ok(format!("{name} {condition}"));
    }
    let no_inherit = if check.native.has("no_inherit") { " NO INHERIT" } else { "" };
    let not_valid = if check.native.has("not_valid") { " NOT VALID" } else { "" };
    Ok(format!("{name} CHECK ({condition}){no_inherit}{not_valid}"))
}

pub(in super::super) fn foreign_key(key: &ForeignKey) -> Result<String, String> {
    let mut sql = format!(
        "{} FOREIGN KEY ({}) REFERENCES {} ({})",
        constraint(&key.name)?,
        list(&key.columns),
        qualified(&key.table),
        list(&key.references)
    );
    if key.native.has("match_full") {
        sql.push_str(" MATCH FULL");
    }
    if key.on_update != Action::NoAction {
        sql.push_str(&format!(" ON UPDATE {}", key.on_update.sql()));
    }
    if key.on_delete != Action::NoAction {
        sql.push_str(&format!(" ON DELETE {}", key.on_delete.sql()));
        if let Some(columns) = key.native.get("set_columns") {
            sql.push_str(&format!(" ({columns})"));
        }
    }
    sql.push_str(match key.deferrable {
        Deferrable::No => "",
        Deferrable::Immediate => " DEFERRABLE",
        Deferrable::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    });
    if key.native.has("not_valid") {
        sql.push_str(" NOT VALID");
    }
    Ok(sql)
}

pub(in super::super) fn add_constraint(table: &TableName, constraint: &str) -> String {
    format!("ALTER TABLE {} ADD {constraint}", qualified(table))
}

pub(in super::super) fn drop_constraint(table: &TableName, name: &str) -> String {
    format!("ALTER TABLE {} DROP CONSTRAINT {}", qualified(table), quoted(name))
}
