//! Keys, uniques, references and checks.

use migratable_core::{Action, Deferrable};

use super::Parsed;
use super::cursor::{Cursor, Part};
use crate::dialect::sqlite::tokens::Token;

/// A constraint.
#[derive(Debug)]
pub(in crate::dialect::sqlite) struct Constraint<'a> {
    pub(in crate::dialect::sqlite) name: Option<String>,
    pub(in crate::dialect::sqlite) rule: Rule<'a>,
    pub(in crate::dialect::sqlite) on_conflict: Option<String>,
}

/// What a constraint demands.
#[derive(Debug)]
pub(in crate::dialect::sqlite) enum Rule<'a> {
    PrimaryKey {
        parts: Vec<Part<'a>>,
        /// Whether it stands at the column.
        inline: bool,
    },
    Unique(Vec<Part<'a>>),
    Check(Vec<Token<'a>>),
    ForeignKey(ForeignKeyText),
}

/// What a foreign key says.
#[derive(Debug, Default)]
pub(in crate::dialect::sqlite) struct ForeignKeyText {
    pub(in crate::dialect::sqlite) columns: Vec<String>,
    pub(in crate::dialect::sqlite) table: String,
    /// Empty if it refers to the primary key, whatever that is.
    pub(in crate::dialect::sqlite) references: Vec<String>,
    pub(in crate::dialect::sqlite) on_delete: Action,
    pub(in crate::dialect::sqlite) on_update: Action,
    pub(in crate::dialect::sqlite) deferrable: Deferrable,
    pub(in crate::dialect::sqlite) matching: Option<String>,
}

/// Whether a constraint of the table begins with it; no column has such a name without quotes.
pub(super) fn begins(token: Token<'_>) -> bool {
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|word| token.is(word))
}

impl<'a> Constraint<'a> {
    /// A constraint that stands behind the columns.
    pub(super) fn of_table(cursor: &mut Cursor<'a>) -> Parsed<Constraint<'a>> {
        let mut name = None;
        while cursor.take("CONSTRAINT") {
            name = Some(cursor.name()?);
        }
        let rule = match () {
            () if cursor.take("PRIMARY") => {
                cursor.expect("KEY")?;
                let parts = cursor.parts()?;
                Rule::PrimaryKey { parts, inline: false }
            }
            () if cursor.take("UNIQUE") => Rule::Unique(cursor.parts()?),
            () if cursor.take("CHECK") => Rule::Check(cursor.group()?),
            () if cursor.take("FOREIGN") => {
                cursor.expect("KEY")?;
                let columns = cursor.names()?;
                Rule::ForeignKey(references(cursor, columns)?)
            }
            () => return Err(format!("{} where a constraint should be", cursor.unexpected())),
        };
        Ok(Constraint { name, rule, on_conflict: cursor.on_conflict()? })
    }

    /// A constraint that stands at a column.
    pub(super) fn of_column(cursor: &mut Cursor<'a>, name: Option<String>, column: &str) -> Parsed<Constraint<'a>> {
        let at_column = |descending, autoincrement| {
            let name = Some(column.to_owned());
            vec![Part { name, target: Vec::new(), collation: None, descending, autoincrement }]
        };
        match () {
            () if cursor.take("PRIMARY") => {
                cursor.expect("KEY")?;
                let descending = cursor.take("DESC");
                if !descending {
                    cursor.take("ASC");
                }
                let on_conflict = cursor.on_conflict()?;
                let parts = at_column(descending, cursor.take("AUTOINCREMENT"));
                let rule = Rule::PrimaryKey { parts, inline: true };
                Ok(Constraint { name, rule, on_conflict })
            }
            () if cursor.take("UNIQUE") => {
                Ok(Constraint { name, rule: Rule::Unique(at_column(false, false)), on_conflict: cursor.on_conflict()? })
            }
            () if cursor.take("CHECK") => {
                Ok(Constraint { name, rule: Rule::Check(cursor.group()?), on_conflict: cursor.on_conflict()? })
            }
            () => {
                let key = references(cursor, vec![column.to_owned()])?;
                Ok(Constraint { name, rule: Rule::ForeignKey(key), on_conflict: None })
            }
        }
    }
}

/// What stands behind the columns of a foreign key.
fn references(cursor: &mut Cursor<'_>, columns: Vec<String>) -> Parsed<ForeignKeyText> {
    cursor.expect("REFERENCES")?;
    let mut key = ForeignKeyText { columns, table: cursor.name()?, ..ForeignKeyText::default() };
    if cursor.peek().is_some_and(|token| token.is_symbol("(")) {
        key.references = cursor.names()?;
    }
    loop {
        match () {
            () if cursor.take("ON") => {
                let event = cursor.name()?.to_ascii_uppercase();
                let action = action(cursor)?;
                match event.as_str() {
                    "DELETE" => key.on_delete = action,
                    "UPDATE" => key.on_update = action,
                    _ => {}
                }
            }
            () if cursor.take("MATCH") => key.matching = Some(cursor.name()?.to_ascii_uppercase()),
            () => break,
        }
    }
    // NOT DEFERRABLE says no more than silence.
    let not = cursor.sees("NOT", "DEFERRABLE") && cursor.take("NOT");
    if cursor.peek().is_some_and(|token| token.is("DEFERRABLE")) {
        let deferrable = deferrable(cursor)?;
        key.deferrable = if not { Deferrable::No } else { deferrable };
    }
    Ok(key)
}

fn action(cursor: &mut Cursor<'_>) -> Parsed<Action> {
    let first = cursor.name()?.to_ascii_uppercase();
    let words = match first.as_str() {
        "SET" | "NO" => format!("{first} {}", cursor.name()?.to_ascii_uppercase()),
        _ => first,
    };
    let found = Action::ALL.into_iter().find(|action| action.sql() == words);
    found.ok_or_else(|| format!("there is `{words}` where an action should be"))
}

/// When a reference is checked; DEFERRABLE comes next.
pub(super) fn deferrable(cursor: &mut Cursor<'_>) -> Parsed<Deferrable> {
    cursor.expect("DEFERRABLE")?;
    let deferred = cursor.take("INITIALLY") && cursor.name()?.eq_ignore_ascii_case("DEFERRED");
    Ok(if deferred { Deferrable::Deferred } else { Deferrable::Immediate })
}
