//! The transactions that Diesel counts on a connection, alike in every dialect.

use std::num::NonZeroU32;

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};

/// How many are open, one inside of the other.
pub(super) fn depth<C>(database: &mut C) -> u32
where
    C: Connection<TransactionManager = AnsiTransactionManager>,
{
    let status = AnsiTransactionManager::transaction_manager_status_mut(database);
    status.transaction_depth().ok().flatten().map_or(0, NonZeroU32::get)
}

/// Rolls back everything that is open: a step that panics may have left transactions inside of ours.
pub(super) fn rollback<C>(database: &mut C)
where
    C: Connection<TransactionManager = AnsiTransactionManager>,
{
    rollback_to(database, 0);
}

/// Rolls back what a step has left open inside of its transaction, and says whether there was anything.
pub(super) fn rollback_inner<C>(database: &mut C) -> bool
where
    C: Connection<TransactionManager = AnsiTransactionManager>,
{
    let left_open = depth(database) > 1;
    rollback_to(database, 1);
    left_open
}

fn rollback_to<C>(database: &mut C, kept: u32)
where
    C: Connection<TransactionManager = AnsiTransactionManager>,
{
    while depth(database) > kept && AnsiTransactionManager::rollback_transaction(database).is_ok() {}
}
