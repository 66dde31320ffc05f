//! Rows that stand in the way of a change: how they are looked for, and what is said of them. The SQL is the dialects'.

use std::fmt::Display;

use migratable_core::{ForeignKey, TableName};

use super::Connection;
use crate::error::{Cause, OffendingRows, Stop};

/// How many rows are named that stand in the way.
pub(crate) const EXAMPLES: usize = 5;

/// Looks for rows that stand in the way of a change.
pub struct Verify {
    /// The table.
    pub(crate) table: String,
    /// What is wrong with rows that are found, as the end of a sentence: "have NULL in `bio`".
    pub(crate) problem: String,
    /// What to do about it.
    pub(crate) advice: String,
    /// Finds them: in the first column how many there are, in the second what one of them is.
    pub(crate) query: String,
}

impl Verify {
    /// Stops if there are such rows.
    pub(crate) fn perform<C: Connection>(&self, database: &mut C) -> Result<(), Stop> {
        let rows = database.rows(&self.query).map_err(|error| Stop::at(&self.query, error))?;
        let Some(count) = rows.first().and_then(|row| row.first()).cloned().flatten() else { return Ok(()) };
        Err(Cause::Rows(Box::new(OffendingRows {
            table: self.table.clone(),
            problem: self.problem.clone(),
            count: count.parse().unwrap_or(rows.len() as u64),
            examples: rows.into_iter().filter_map(|row| row.into_iter().nth(1).flatten()).collect(),
            advice: self.advice.clone(),
        }))
        .into())
    }
}

/// What is wrong with rows, and what to do about it.
pub(super) struct Violation {
    pub(super) problem: String,
    advice: String,
}

impl Violation {
    pub(super) fn new(problem: impl Into<String>, advice: impl Into<String>) -> Violation {
        Violation { problem: problem.into(), advice: advice.into() }
    }

    /// Any row at all, where a column has nothing to put in it.
    pub(super) fn none(table: &TableName, column: &str) -> Violation {
        Violation::new(
            format!("would have nothing in the new column `{column}`, which is NOT NULL and has no default"),
            format!(
                "Add it as nullable, fill it by `op.run(..)` or `op.backfill(..)`, and then make it NOT NULL; \
                 or let the tool write that: `revision --default {table}.{column}=EXPR`."
            ),
        )
    }

    pub(super) fn null(column: &str) -> Violation {
        Violation::new(
            format!("have NULL in `{column}`, which is to be NOT NULL"),
            "Fill them by `op.run(..)` or `op.backfill_where(..)` before.",
        )
    }

    /// Values that would be others in the new type.
    pub(super) fn no_equal(column: &str, to: impl Display) -> Violation {
        Violation::converted(format!("hold something in `{column}` that has no equal as {to}"))
    }

    /// Values that a conversion would lose, said in a dialect's own words.
    pub(super) fn converted(problem: String) -> Violation {
        Violation::new(problem, "Say by `.using(sql(\"…\"))` what it becomes, or change the rows before.")
    }

    /// Rows that are equal in these columns or expressions.
    pub(super) fn duplicates(columns: &[String]) -> Violation {
        let problem = format!("are not unique in {}", columns.join(", "));
        Violation::new(problem, "Change or delete rows until one of each is left.")
    }

    pub(super) fn check(name: &str) -> Violation {
        Violation::new(format!("do not meet the check `{name}`"), "Change these rows before.")
    }

    /// Rows that refer to nothing.
    pub(super) fn orphans(key: &ForeignKey) -> Violation {
        Violation::new(
            format!("refer by {} to rows of `{}` that are not there", key.columns.join(", "), key.table),
            "Delete these rows, or let them refer to something, before.",
        )
    }

    /// Looks for such rows by a query.
    pub(super) fn found_by(self, query: String, table: impl Display) -> Verify {
        Verify { table: table.to_string(), problem: self.problem, advice: self.advice, query }
    }
}
