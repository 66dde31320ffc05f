//! How the work of a revision is cut into transactions, where a transaction takes changes of tables back.

use std::ops::Range;

use migratable_core::{Dialect, Operation};

use crate::dialect::{Boundary, Work, offline};
use crate::plan::{Piece, Refusal};

/// A part of a revision's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The places of its pieces.
    pub(crate) pieces: Range<usize>,
    /// How it stands to transactions.
    pub(crate) kind: PartKind,
}

/// How a part stands to transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// It is one.
    Inside,
    /// It is one statement that can be in none.
    Outside,
    /// It is work on rows in as many as it takes.
    Batches,
}

/// Cuts the work of a revision: at statements that somebody wrote and that must be in no transaction or end one, and
/// behind each piece that changes something, if every piece is to stand by itself; and around what is done batch by batch.
/// What would be lost there is refused.
pub(crate) fn parts(
    pieces: &[Piece],
    operations: &[Operation],
    each: bool,
    in_batches: bool,
    dialect: Dialect,
) -> Result<Vec<Part>, Refusal> {
    let boundary = offline(dialect).map_or((|_| Boundary::Inside) as fn(&str) -> Boundary, |it| it.boundary);
    let parts = cut(pieces, operations, (each, in_batches), boundary);
    let before_last = parts.split_last().map_or(0..0, |(last, _)| 0..last.pieces.start);
    let is_lost = |piece: &&Piece| {
        offline(dialect).zip(written(piece, operations)).is_some_and(|(it, sql)| (it.ends_with_transaction)(sql))
    };
    match pieces[before_last].iter().find(is_lost).and_then(|piece| piece.operations.first()) {
        None => Ok(parts),
        Some(&operation) => Err(Refusal { operation, message: IS_LOST.to_owned() }),
    }
}

const IS_LOST: &str = "what it does lasts no longer than its transaction, and that ends before the revision does: write \
                       it in one `execute` with the statement that it is for, or put what has a transaction of its own \
                       into another revision";

fn cut(
    pieces: &[Piece],
    operations: &[Operation],
    (each, in_batches): (bool, bool),
    boundary: fn(&str) -> Boundary,
) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut first = 0;
    let mut depth = 0_usize;
    // Behind what changes something, and what looks whether it was right.
    let mut pending = None;
    for (at, piece) in pieces.iter().enumerate() {
        let mut until = |until: usize, kind: PartKind| {
            if first < until {
                parts.push(Part { pieces: first..until, kind });
                first = until;
            }
        };
        match piece.work {
            Work::CheckReferences { .. } if pending == Some(at) => pending = Some(at + 1),
            _ => pending.take().into_iter().for_each(|behind| until(behind, PartKind::Inside)),
        }
        match piece.work {
            Work::Begin => {
                if each && depth == 0 {
                    until(at, PartKind::Inside);
                }
                depth += 1;
            }
            Work::Commit => depth = depth.saturating_sub(1),
            Work::Batches(_) if in_batches => {
                until(at, PartKind::Inside);
                until(at + 1, PartKind::Batches);
                continue;
            }
            _ => {}
        }
        match written(piece, operations).map_or(Boundary::Inside, boundary) {
            Boundary::Outside => {
                until(at, PartKind::Inside);
                until(at + 1, PartKind::Outside);
            }
            Boundary::Last => until(at + 1, PartKind::Inside),
            Boundary::Inside => {
                // What only looks belongs to what comes behind it.
                if each && !piece.work.only_looks() && depth == 0 {
                    pending = Some(at + 1);
                }
            }
        }
    }
    let only_looks = |piece: &Piece| piece.work.only_looks();
    match parts.last_mut() {
        Some(last) if last.kind == PartKind::Inside && pieces[first..].iter().all(only_looks) => {
            last.pieces.end = pieces.len()
        }
        _ if first < pieces.len() => parts.push(Part { pieces: first..pieces.len(), kind: PartKind::Inside }),
        _ => {}
    }
    parts
}

/// Whether a statement among operations must be in no transaction, or end one.
pub(crate) fn has_boundary(operations: &[Operation], dialect: Dialect) -> bool {
    let Some(boundary) = offline(dialect).map(|it| it.boundary) else { return false };
    operations.iter().any(|operation| match operation {
        Operation::Execute { sql, .. } => sql.text(dialect).is_some_and(|sql| boundary(sql) != Boundary::Inside),
        _ => false,
    })
}

/// The statement of a piece, if somebody wrote it.
pub(crate) fn written<'a>(piece: &'a Piece, operations: &[Operation]) -> Option<&'a str> {
    let is_written = piece.operations.iter().any(|&at| matches!(operations.get(at), Some(Operation::Execute { .. })));
    match &piece.work {
        Work::Statement(sql) if is_written => Some(sql),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use migratable_core::Sql;

    use super::*;
    use crate::dialect::Verify;

    #[test]
    fn work_is_cut_where_transactions_end() {
        let own = |sql: &str| Piece { operations: vec![0], work: Work::Statement(sql.to_owned()) };
        let written = |sql: &str| Piece { operations: vec![1], work: Work::Statement(sql.to_owned()) };
        let bare = |work| Piece { operations: vec![0], work };
        let look = || {
            let (table, problem, advice, query) = Default::default();
            bare(Work::Verify(Verify { table, problem, advice, query }))
        };
        let references = || bare(Work::CheckReferences { at_end: false });
        let operations = [
            Operation::DropTable { table: "t".into() },
            Operation::Execute { sql: Sql::portable("x"), effect: Vec::new() },
        ];
        let boundary = |sql: &str| match sql {
            "outside" => Boundary::Outside,
            "last" => Boundary::Last,
            _ => Boundary::Inside,
        };
        let inside = |pieces| Part { pieces, kind: PartKind::Inside };
        let outside = |at: usize| Part { pieces: at..at + 1, kind: PartKind::Outside };
        for (each, pieces, expected) in [
            (false, vec![own("a"), look(), written("b")], vec![inside(0..3)]),
            (false, vec![own("a"), written("outside"), own("b")], vec![inside(0..1), outside(1), inside(2..3)]),
            (false, vec![written("outside"), written("outside")], vec![outside(0), outside(1)]),
            (false, vec![own("outside"), own("b")], vec![inside(0..2)]),
            (false, vec![written("last"), own("b")], vec![inside(0..1), inside(1..2)]),
            (true, vec![look(), own("a"), own("b"), look()], vec![inside(0..2), inside(2..4)]),
            (true, vec![own("a"), references(), own("b"), references()], vec![inside(0..2), inside(2..4)]),
            (true, vec![own("a"), look(), own("b")], vec![inside(0..1), inside(1..3)]),
            (
                true,
                vec![own("a"), bare(Work::Begin), own("b"), own("c"), bare(Work::Commit), own("d")],
                vec![inside(0..1), inside(1..5), inside(5..6)],
            ),
            (true, vec![written("outside"), look()], vec![outside(0), inside(1..2)]),
            (false, Vec::new(), Vec::new()),
        ] {
            assert_eq!(cut(&pieces, &operations, (each, false), boundary), expected, "{each} {}", pieces.len());
        }
    }
}
