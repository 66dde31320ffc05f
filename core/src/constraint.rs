//! Primary keys, uniques, foreign keys and checks.

use std::fmt;

use crate::{Native, Sql, TableName};

/// The primary key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The name of the constraint.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// What only its dialect knows of it.
    pub native: Native,
}

/// A unique constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// The name of the constraint.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// What only its dialect knows of it.
    pub native: Native,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The name of the constraint.
    pub name: String,
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table referred to.
    pub table: TableName,
    /// The columns referred to, as many as there are `columns`. A database may have none: the primary key is meant.
    pub references: Vec<String>,
    /// What happens to the row when the one it refers to is deleted.
    pub on_delete: Action,
    /// What happens to the row when the key it refers to changes.
    pub on_update: Action,
    /// When the reference is checked.
    pub deferrable: Deferrable,
    /// What only its dialect knows of it.
    pub native: Native,
}

/// What a foreign key does when the row it refers to goes or changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// Refuse, at the end of the statement.
    #[default]
    NoAction,
    /// Refuse, at once.
    Restrict,
    /// Follow.
    Cascade,
    /// Set the columns to NULL.
    SetNull,
    /// Set the columns to their defaults.
    SetDefault,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 5] =
        [Action::NoAction, Action::Restrict, Action::Cascade, Action::SetNull, Action::SetDefault];

    /// The name in attributes, revisions and the lock.
    pub const fn name(self) -> &'static str {
        match self {
            Action::NoAction => "no_action",
            Action::Restrict => "restrict",
            Action::Cascade => "cascade",
            Action::SetNull => "set_null",
            Action::SetDefault => "set_default",
        }
    }

    /// The action of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }

    /// The words in SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            Action::NoAction => "NO ACTION",
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// When a foreign key is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deferrable {
    /// With each statement.
    #[default]
    No,
    /// With each statement, unless a transaction asks to wait.
    Immediate,
    /// At the end of the transaction.
    Deferred,
}

/// A check constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name of the constraint.
    pub name: String,
    /// The condition that every row fulfils.
    pub expression: Sql,
    /// What only its dialect knows of it.
    pub native: Native,
}
