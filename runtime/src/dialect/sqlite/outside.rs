//! Statements that SQLite runs in no transaction.

use super::tokens::tokens;
use crate::dialect::{Boundary, Trace};

/// How a statement stands to transactions: VACUUM "will fail if there is an open transaction", and the mode of the
/// journal cannot change within one.
pub(super) fn boundary(sql: &str) -> Boundary {
    let mut words = tokens(sql);
    let Some(first) = words.next() else { return Boundary::Inside };
    let is_several = words.skip_while(|it| !it.is_symbol(";")).nth(1).is_some();
    let of_journal = || tokens(sql).any(|it| it.is("journal_mode"));
    match () {
        () if is_several => Boundary::Inside,
        () if first.is("VACUUM") || first.is("PRAGMA") && of_journal() => Boundary::Outside,
        () => Boundary::Inside,
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
