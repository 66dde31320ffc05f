//! What pieces of work are for the journal.

use migratable_core::Operation;

use crate::dialect::Work;
use crate::dialect::statement::{Statement, without_mysql_spelling};
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
    /// It is a statement that somebody wrote, which may change anything, whole or not at all: rows, in the transaction that
    /// is open, or something else, which ends it first.
    Written,
    /// It is SQL that somebody wrote and that may be done in part.
    Halves,
    /// It is SQL that somebody wrote and that only sets something for the session.
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
            #[cfg(feature = "mysql")]
            Work::Fill { sql, .. } => of_own(sql),
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
    let sql = without_mysql_spelling(sql);
    let mut statements = Statement::all(&sql);
    let (Some(statement), true) = (statements.pop(), statements.is_empty()) else { return Nature::Halves };
    let mut statement = itself(statement);
    let sets = is_setting(statement.clone());
    let mut begins = |words: &[&str]| words.iter().any(|words| statement.takes(words));
    match () {
        () if sets => Nature::WrittenSession,
        () if begins(&["UPDATE", "INSERT", "DELETE", "REPLACE", "WITH", "LOAD DATA", "LOAD XML", "SELECT", "DO"]) => {
            Nature::Rows
        }
        // A routine may do anything, and MariaDB drops one after the other.
        () if begins(&["CALL"]) => Nature::Halves,
        () if begins(&["DROP"]) && statement.parts().len() > 1 => Nature::Halves,
        () => Nature::Written,
    }
}

/// The statement for which MariaDB sets something first.
fn itself(mut statement: Statement<'_>) -> Statement<'_> {
    let goes_on = if statement.takes("SET STATEMENT") { statement.behind("FOR") } else { None };
    goes_on.unwrap_or(statement)
}

/// Whether a statement does nothing else than to set something for the session.
fn is_setting(mut statement: Statement<'_>) -> bool {
    let assigns = statement.assigns();
    let mut begins = |words: &[&str]| words.iter().any(|words| statement.takes(words));
    let is_temporary = ["CREATE TEMPORARY", "CREATE OR REPLACE TEMPORARY", "DROP TEMPORARY"];
    begins(&["SET", "USE", "LOCK", "UNLOCK", "PREPARE", "DEALLOCATE"])
        || begins(&is_temporary)
        || assigns && begins(&["SELECT"])
}

/// Whether SQL that somebody wrote sets something for the session, whatever else it does.
pub(super) fn sets_session(piece: &Piece, operations: &[Operation]) -> bool {
    let Some(sql) = written(piece, operations) else { return false };
    let sql = without_mysql_spelling(sql);
    Statement::all(&sql).into_iter().map(itself).any(|it| !it.makes_routine() && (it.assigns() || is_setting(it)))
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
            (
                vec![
                    written("UPDATE t SET a = (@n := 1)"),
                    written("INSERT INTO t VALUES ('TEMPORARY; INTO @a')"),
                    written("/* why */ UPDATE t SET a = 1"),
                    written("# why\nUPDATE t SET a = 1"),
                    written("WITH x AS (SELECT 1) DELETE FROM t"),
                    written("SET STATEMENT max_statement_time = 9 FOR LOAD DATA INFILE 'x' INTO TABLE t"),
                ],
                vec![Rows; 6],
            ),
            (
                vec![
                    written("EXECUTE change"),
                    written("CREATE TABLE t AS SELECT @n := 1"),
                    written("CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; SET @b = 1; END;"),
                    written("SET STATEMENT max_statement_time = 9 FOR ALTER TABLE t ADD a INT"),
                ],
                vec![Written; 4],
            ),
        ] {
            assert_eq!(natures(&pieces, &operations, false), expected);
        }
        for (sql, expected) in [
            ("SET @n = 5", true),
            ("UPDATE t SET a = (@n := 1)", true),
            ("UPDATE t SET a = 1; SET @n = 5", true),
            ("UPDATE t SET a = ':='", false),
            ("CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; SET @b = 1; END", false),
        ] {
            assert_eq!(sets_session(&written(sql), &operations), expected, "{sql}");
        }
    }
}
