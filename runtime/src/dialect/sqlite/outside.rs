//! Statements that SQLite runs in no transaction.

use crate::dialect::statement::Statement;
use crate::dialect::{Boundary, Trace};

/// How a statement stands to transactions: VACUUM "will fail if there is an open transaction", and the mode of the
/// journal cannot change within one.
pub(super) fn boundary(sql: &str) -> Boundary {
    let Some(statement) = Statement::read(sql) else { return Boundary::Inside };
    let begins = |words: &str| statement.clone().takes(words);
    match begins("VACUUM") || begins("PRAGMA") && statement.has("journal_mode") {
        true => Boundary::Outside,
        false => Boundary::Inside,
    }
}

/// What became of such a statement that was begun: it may be done again.
pub(super) fn trace() -> Trace {
    Trace::NotDone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_no_transaction_holds_are_known() {
        for (sql, expected) in [
            ("VACUUM", Boundary::Outside),
            ("-- smaller\nvacuum main;", Boundary::Outside),
            ("PRAGMA journal_mode = wal", Boundary::Outside),
            ("PRAGMA user_version = 3", Boundary::Inside),
            ("SELECT 'VACUUM'", Boundary::Inside),
            ("VACUUM; SELECT 1", Boundary::Inside),
        ] {
            assert_eq!(boundary(sql), expected, "{sql}");
        }
    }
}
