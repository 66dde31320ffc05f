//! Keys, uniques, checks, exclusion constraints and foreign keys.

use migratable_core::{Action, Check, Deferrable, ForeignKey, Native, PrimaryKey, TableName, Unique};

use super::super::types::sql_text;
use super::{check_name, in_tablespace, list, qualified, quoted};

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
    if native.has("tablespace") {
        sql.push_str(&format!(" USING INDEX{}", in_tablespace(native)));
    }
    match native.get("deferrable") {
        Some("deferred") => sql.push_str(" DEFERRABLE INITIALLY DEFERRED"),
        Some(_) => sql.push_str(" DEFERRABLE"),
        None => {}
    }
    sql
}

/// The columns of a key or unique.
fn keyed(columns: &[String], native: &Native) -> String {
    format!("{}{}", list(columns), if native.has("period") { " WITHOUT OVERLAPS" } else { "" })
}

/// The columns at one end of a foreign key.
fn end(columns: &[String], native: &Native) -> String {
    match columns.split_last() {
        Some((period, others)) if native.has("period") => {
            let others = others.iter().map(|it| format!("{}, ", quoted(it))).collect::<String>();
            format!("{others}PERIOD {}", quoted(period))
        }
        _ => list(columns),
    }
}

/// Whether rows need not meet a check or a reference.
fn proof(native: &Native) -> &'static str {
    match native.get("not_valid") {
        Some("not enforced") => " NOT ENFORCED",
        Some(_) => " NOT VALID",
        None => "",
    }
}

pub(in super::super) fn primary_key(key: &PrimaryKey) -> Result<String, String> {
    let name = constraint(&key.name)?;
    Ok(format!("{name} PRIMARY KEY ({}){}", keyed(&key.columns, &key.native), behind(&key.native)))
}

pub(in super::super) fn unique(unique: &Unique) -> Result<String, String> {
    let nulls = if unique.native.has("nulls_not_distinct") { " NULLS NOT DISTINCT" } else { "" };
    let name = constraint(&unique.name)?;
    Ok(format!("{name} UNIQUE{nulls} ({}){}", keyed(&unique.columns, &unique.native), behind(&unique.native)))
}

pub(in super::super) fn check(check: &Check) -> Result<String, String> {
    let name = constraint(&check.name)?;
    let condition = sql_text(&check.expression, &format!("the check `{}`", check.name))?;
    if check.native.has("exclusion") {
        return Ok(format!("{name} {condition}"));
    }
    let no_inherit = if check.native.has("no_inherit") { " NO INHERIT" } else { "" };
    Ok(format!("{name} CHECK ({condition}){no_inherit}{}", proof(&check.native)))
}

pub(in super::super) fn foreign_key(key: &ForeignKey) -> Result<String, String> {
    let mut sql = format!(
        "{} FOREIGN KEY ({}) REFERENCES {} ({})",
        constraint(&key.name)?,
        end(&key.columns, &key.native),
        qualified(&key.table),
        end(&key.references, &key.native)
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
    sql.push_str(proof(&key.native));
    Ok(sql)
}

pub(in super::super) fn add_constraint(table: &TableName, constraint: &str) -> String {
    format!("ALTER TABLE {} ADD {constraint}", qualified(table))
}

pub(in super::super) fn drop_constraint(table: &TableName, name: &str) -> String {
    format!("ALTER TABLE {} DROP CONSTRAINT {}", qualified(table), quoted(name))
}
