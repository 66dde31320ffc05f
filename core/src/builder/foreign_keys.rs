//! Foreign keys and what they do.

use super::owned;
use crate::{Action, Deferrable, ForeignKey, Native, TableName};

/// A foreign key from these columns: `foreign_key("fk_…", ["author_id"]).references("users", ["id"])`.
pub fn foreign_key<const N: usize>(name: &str, columns: [&str; N]) -> ForeignKey {
    ForeignKey {
        name: name.to_owned(),
        columns: owned(&columns),
        table: TableName::plain(""),
        references: Vec::new(),
        on_delete: Action::NoAction,
        on_update: Action::NoAction,
        deferrable: Deferrable::No,
        native: Native::default(),
    }
}

impl ForeignKey {
    /// Sets what it refers to.
    pub fn references<const N: usize>(mut self, table: &str, columns: [&str; N]) -> ForeignKey {
        self.table = table.into();
        self.references = owned(&columns);
        self
    }

    /// Sets what happens when the row referred to is deleted: `cascade()`, `restrict()`, `set_null()`, `set_default()`.
    pub fn on_delete(mut self, action: Action) -> ForeignKey {
        self.on_delete = action;
        self
    }

    /// Sets what happens when the key referred to changes.
    pub fn on_update(mut self, action: Action) -> ForeignKey {
        self.on_update = action;
        self
    }

    /// Checks it at the end of the transaction.
    pub fn deferred(mut self) -> ForeignKey {
        self.deferrable = Deferrable::Deferred;
        self
    }

    /// Checks it with each statement, unless a transaction asks to wait.
    pub fn deferrable(mut self) -> ForeignKey {
        self.deferrable = Deferrable::Immediate;
        self
    }
}

/// Refuse, at the end of the statement.
pub fn no_action() -> Action {
    Action::NoAction
}

/// Refuse, at once.
pub fn restrict() -> Action {
    Action::Restrict
}

/// Follow.
pub fn cascade() -> Action {
    Action::Cascade
}

/// Set the columns to NULL.
pub fn set_null() -> Action {
    Action::SetNull
}

/// Set the columns to their defaults.
pub fn set_default() -> Action {
    Action::SetDefault
}
