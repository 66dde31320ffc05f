//! CREATE TABLE and CREATE INDEX, as SQLite keeps their texts, taken apart.

mod constraint;
mod cursor;

pub(super) use constraint::{Constraint, Rule};
pub(super) use cursor::Part;

use std::ops::Range;

use cursor::Cursor;
use migratable_core::Native;

use super::tokens::{Kind, Token};

/// Why a text cannot be taken apart: a sentence.
pub(super) type Parsed<T> = Result<T, String>;

/// What a CREATE TABLE says.
#[derive(Debug)]
pub(super) struct TableText<'a> {
    pub(super) columns: Vec<ColumnText<'a>>,
    pub(super) constraints: Vec<Constraint<'a>>,
    pub(super) strict: bool,
    pub(super) without_rowid: bool,
}

/// What it says of a column. Its keys, references and checks are among the constraints of the table.
#[derive(Debug)]
pub(super) struct ColumnText<'a> {
    pub(super) name: String,
    /// Where its definition begins and ends in the text.
    pub(super) place: Range<usize>,
    pub(super) type_name: String,
    pub(super) not_null: bool,
    pub(super) default: Option<Vec<Token<'a>>>,
    /// The expression, and whether it is stored.
    pub(super) generated: Option<(Vec<Token<'a>>, bool)>,
    pub(super) collation: Option<String>,
    pub(super) native: Native,
}

/// What a CREATE INDEX says.
#[derive(Debug)]
pub(super) struct IndexText<'a> {
    pub(super) unique: bool,
    pub(super) parts: Vec<Part<'a>>,
    pub(super) predicate: Option<Vec<Token<'a>>>,
}

/// Takes a CREATE TABLE apart.
pub(super) fn table(sql: &str) -> Parsed<TableText<'_>> {
    let mut cursor = Cursor::new(sql);
    cursor.expect("CREATE")?;
    cursor.expect("TABLE")?;
    cursor.name()?;
    let mut body = Cursor::over(cursor.group()?);
    let mut table = TableText { columns: Vec::new(), constraints: Vec::new(), strict: false, without_rowid: false };
    while !body.is_at_end() {
        if body.take_symbol(",") {
            continue;
        }
        match body.peek() {
            Some(token) if constraint::begins(token) => table.constraints.push(Constraint::of_table(&mut body)?),
            _ => column(&mut body, &mut table)?,
        }
    }
    while !cursor.is_at_end() {
        match () {
            () if cursor.take("STRICT") => table.strict = true,
            () if cursor.take("WITHOUT") => {
                cursor.expect("ROWID")?;
                table.without_rowid = true;
            }
            () if cursor.take_symbol(",") || cursor.take_symbol(";") => {}
            () => return Err(cursor.unexpected()),
        }
    }
    Ok(table)
}

/// Takes a CREATE INDEX apart.
pub(super) fn index(sql: &str) -> Parsed<IndexText<'_>> {
    let mut cursor = Cursor::new(sql);
    cursor.expect("CREATE")?;
    let unique = cursor.take("UNIQUE");
    cursor.expect("INDEX")?;
    cursor.name()?;
    cursor.expect("ON")?;
    cursor.name()?;
    let parts = cursor.parts()?;
    let predicate = if cursor.take("WHERE") { Some(cursor.rest()) } else { None };
    Ok(IndexText { unique, parts, predicate })
}

/// Takes the definition of a column apart.
fn column<'a>(cursor: &mut Cursor<'a>, table: &mut TableText<'a>) -> Parsed<()> {
    let start = cursor.place();
    let mut column = ColumnText {
        name: cursor.name()?,
        place: start.clone(),
        type_name: type_name(cursor)?,
        not_null: false,
        default: None,
        generated: None,
        collation: None,
        native: Native::default(),
    };
    let mut name = None;
    while cursor.peek().is_some_and(|token| !token.is_symbol(",")) {
        if cursor.take("CONSTRAINT") {
            name = Some(cursor.name()?);
            continue;
        }
        let name = name.take();
        match () {
            () if cursor.take("NOT") => {
                if cursor.peek().is_some_and(|it| it.is("DEFERRABLE")) {
                    constraint::deferrable(cursor)?;
                    continue;
                }
                cursor.expect("NULL")?;
                column.not_null = true;
                column.native.set("not_null", name);
                column.native.set("not_null_on_conflict", cursor.on_conflict()?);
            }
            () if cursor.take("NULL") => drop(cursor.on_conflict()?),
            () if cursor.take("DEFAULT") => {
                column.native.set("default", name);
                column.default = Some(cursor.default()?);
            }
            () if cursor.take("COLLATE") => column.collation = Some(cursor.name()?.to_ascii_uppercase()),
            () if cursor.peek().is_some_and(|it| it.is("GENERATED") || it.is("AS")) => {
                if cursor.take("GENERATED") {
                    cursor.expect("ALWAYS")?;
                }
                cursor.expect("AS")?;
                let expression = cursor.group()?;
                let stored = cursor.take("STORED");
                if !stored {
                    cursor.take("VIRTUAL");
                }
                column.generated = Some((expression, stored));
            }
            () if cursor.peek().is_some_and(|it| it.is("DEFERRABLE")) => {
                let last = table.constraints.last_mut().map(|it| &mut it.rule);
                let Some(Rule::ForeignKey(key)) = last else { return Err(cursor.unexpected()) };
                key.deferrable = constraint::deferrable(cursor)?;
            }
            () => {
                let constraint = Constraint::of_column(cursor, name, &column.name)?;
                table.constraints.push(constraint);
            }
        }
    }
    column.place.end = cursor.place_before().end;
    table.columns.push(column);
    Ok(())
}

/// The words of a type in small letters, with one space between words and none elsewhere.
fn type_name(cursor: &mut Cursor<'_>) -> Parsed<String> {
    const BEHIND: [&str; 12] = [
        "CONSTRAINT",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "REFERENCES",
        "GENERATED",
        "AS",
        "DEFERRABLE",
    ];
    let mut name = String::new();
    while let Some(token) = cursor.peek() {
        if token.is_symbol("(") {
            let arguments: Vec<&str> = cursor.group()?.iter().map(|token| token.text).collect();
            name.push_str(&format!("({})", arguments.concat()));
            break;
        }
        if token.kind == Kind::Symbol || BEHIND.iter().any(|word| token.is(word)) {
            break;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(token.unquoted().trim());
        cursor.advance();
    }
    Ok(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
