//! What must happen to make one schema of another.
//!
//! Nothing about identity is guessed: a column or table that goes beside one that comes is a [`Question`] until an
//! [`Answers`] settles it. The plan is made on a working copy that every operation is applied to at once, so that each
//! phase sees what the ones before it left.

mod answers;
mod casts;
mod columns;
mod constraints;
mod downgrade;
mod drift;
mod enums;
mod neutral;
mod planner;
mod questions;
mod renames;
mod spelling;
#[cfg(test)]
mod tests;
mod widening;

pub use answers::{Answers, ColumnRename, Drop};
pub(crate) use constraints::dependants;

pub use casts::{Uncastable, uncastable};
pub use drift::{Drift, Place, drift};
pub use enums::set_aside;
pub use questions::{Question, QuestionKind};
pub use spelling::aligned;
pub use widening::holds_every_value_of;

use crate::{Operation, Schema, TableName};

/// The operations that make one schema of another, and those that lead back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// There.
    pub upgrade: Vec<Operation>,
    /// And back.
    pub downgrade: Vec<Operation>,
    /// The steps in them whose body only a person can write.
    pub holes: Vec<Hole>,
    /// What the way back does not bring back.
    pub losses: Vec<Loss>,
}

/// A data step without a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The name of its function, which the plan runs.
    pub step: String,
    /// The table that it concerns.
    pub table: TableName,
    /// The column that it concerns.
    pub column: String,
    /// The value of the column's enum that it replaces, if that is what it is for.
    pub value: Option<String>,
    /// Why a person must decide, in a sentence.
    pub reason: String,
}

/// Something that a downgrade does not bring back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The index of the operation in the downgrade.
    pub at: usize,
    /// What is lost, in a sentence.
    pub note: String,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffError {
    /// Something must be answered first.
    Questions(Vec<Question>),
    /// Some answers fit nothing; a sentence for each, which says what there is.
    Answers(Vec<String>),
    /// The change cannot be put into operations; a sentence that says why.
    Impossible(String),
}

/// Plans what makes `before` into `after`.
///
/// # Errors
/// If something must be answered first, or an answer fits nothing.
///
/// ```
/// use migratable_core::{Schema, builder::*, diff::{Answers, diff}};
///
/// let before = Schema::default();
/// let mut after = Schema::default();
/// let users = table("users").column(column("id", bigint()));
/// after.tables.insert(users.name.clone(), users);
/// let plan = diff(&before, &after, &Answers::default()).unwrap();
/// assert_eq!(plan.upgrade[0].to_string(), "create table users (1 column)");
/// assert_eq!(plan.downgrade[0].to_string(), "drop table users");
/// ```
pub fn diff(before: &Schema, after: &Schema, answers: &Answers) -> Result<Plan, DiffError> {
    let aligned = aligned(before, after, answers);
    let after = aligned.as_ref().unwrap_or(after);
    let answers = answers.checked(before, after).map_err(DiffError::Answers)?;
    let questions = questions::open(before, after, &answers);
    if !questions.is_empty() && !answers.allow_loss {
        return Err(DiffError::Questions(questions));
    }
    planner::plan(before, after, &answers)
}
