//! What pieces of work are for the journal.

use migratable_core::Operation;

use crate::dialect::Work;
use crate::parts::written;
use crate::plan::Piece;

/// What a piece of work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// It changes nothing.
    Look,
    /// It sets what lasts no longer than the session: what follows may need it.
    Session,
    /// It ends what such a piece has begun.
    EndOfSession,
    /// It changes rows.
    Rows,
    /// It changes a table.
    Table,
    /// It is a statement that somebody wrote, which may change anything, whole or not at all.
    Written,
    /// It is SQL that somebody wrote and that may be done in part.
    Halves,
    /// It is SQL that somebody wrote and that sets something for the session.
    WrittenSession,
    /// It can be done again from its beginning, or from where it says itself that it is.
    Again,
    /// It begins a transaction.
    Begin,
    /// It is part of one.
    Inside,
    /// It ends one.
    Commit,
}

/// What each piece is.
pub(super) fn natures(pieces: &[Piece], operations: &[Operation], in_batches: bool) -> Vec<Nature> {
    let mut inside = false;
    let mut natures = Vec::with_capacity(pieces.len());
    for piece in pieces {
        natures.push(match &piece.work {
            Work::Begin => Nature::Begin,
            Work::Commit => Nature::Commit,
            work if work.only_looks() => Nature::Look,
            work if work.batches().is_some() && in_batches => Nature::Again,
            Work::LastBatch(_) | Work::EndBatches(_) => Nature::Look,
            _ if inside => Nature::Inside,
            Work::Statement(sql) => written(piece, operations).map_or_else(|| of_own(sql), of_written),
            _ => Nature::Rows,
        });
        inside = match piece.work {
            Work::Begin => true,
            Work::Commit => false,
            _ => inside,
        };
    }
    natures
}

/// A statement of the tool.
fn of_own(sql: &str) -> Nature {
    match first_word(sql).as_str() {
        "SET" | "PREPARE" => Nature::Session,
        "DEALLOCATE" => Nature::EndOfSession,
        "UPDATE" | "INSERT" | "DELETE" => Nature::Rows,
        _ => Nature::Table,
    }
}

/// SQL that somebody wrote, by the words that begin it; where they do not tell, it is taken for the worse.
fn of_written(sql: &str) -> Nature {
    let upper = sql.to_ascii_uppercase();
    let is_several = upper.trim_end().trim_end_matches(';').contains(';');
    let sets = [":=", "INTO @", "TEMPORARY"].iter().any(|it| upper.contains(it));
    match first_word(sql).as_str() {
        _ if is_several => Nature::Halves,
        "SET" | "USE" | "LOCK" | "UNLOCK" | "PREPARE" | "EXECUTE" | "DEALLOCATE" => Nature::WrittenSession,
        _ if sets => Nature::WrittenSession,
        "UPDATE" | "INSERT" | "DELETE" | "REPLACE" => Nature::Rows,
        // A routine may do anything, and MariaDB drops one after the other.
        "CALL" => Nature::Halves,
        "DROP" if upper.contains(',') => Nature::Halves,
        _ => Nature::Written,
    }
}

fn first_word(sql: &str) -> String {
    let word: String = sql.trim_start().chars().take_while(|c| c.is_ascii_alphabetic()).collect();
    word.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::Nature::{
        Begin, Commit, EndOfSession, Halves, Inside, Look, Rows, Session, Table, Written, WrittenSession,
    };
    use super::*;

    #[test]
    fn pieces_are_told_apart_by_what_they_change() {
        let own = |sql: &str| Piece { operations: vec![0], work: Work::Statement(sql.to_owned()) };
        let written = |sql: &str| Piece { operations: vec![1], work: Work::Statement(sql.to_owned()) };
        let bare = |work| Piece { operations: vec![0], work };
        let operations = [
            Operation::DropTable { table: "t".into() },
            Operation::Execute { sql: migratable_core::Sql::portable("x"), effect: Vec::new() },
        ];
        for (pieces, expected) in [
            (
                vec![own("SET @a = 1"), own("PREPARE a FROM @a"), own("EXECUTE a"), own("DEALLOCATE PREPARE a")],
                vec![Session, Session, Table, EndOfSession],
            ),
            (vec![own("UPDATE t SET a = 1"), own("ALTER TABLE t ADD a INT")], vec![Rows, Table]),
            (
                vec![bare(Work::Begin), own("INSERT INTO t VALUES (1)"), bare(Work::Commit), own("DROP TABLE x")],
                vec![Begin, Inside, Commit, Table],
            ),
            (vec![bare(Work::CheckReferences { at_end: true })], vec![Look]),
            (vec![written("drop table x;"), written("DROP TABLE x, y")], vec![Written, Halves]),
            (vec![written("update t set a = 1"), written("UPDATE t SET a = 1; DROP TABLE x")], vec![Rows, Halves]),
            (vec![written("CALL fix()"), written("CREATE VIEW v AS SELECT 1")], vec![Halves, Written]),
            (
                vec![written(" set @n = 5"), written("CREATE TEMPORARY TABLE t (a INT)"), written("SELECT 1 INTO @a")],
                vec![WrittenSession; 3],
            ),
        ] {
            assert_eq!(natures(&pieces, &operations, false), expected);
        }
    }
}
