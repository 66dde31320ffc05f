//! What is left to do of a revision that was begun.

use std::ops::Range;

use migratable_core::Operation;

use super::{Journal, Parts, Place, Unfinished};
use crate::dialect::{Database, Trace, Work};
use crate::error::Stop;
use crate::migrator::{Direction, Revision};
use crate::plan::Piece;
use crate::settings::Settings;

/// What is left to do.
pub(crate) struct Rest {
    /// The pieces that are to be done.
    pub(crate) pieces: Range<usize>,
    /// Those in front of them that are done again.
    pub(crate) again: Vec<usize>,
    /// Takes back what was done in part.
    pub(crate) undo: Vec<String>,
}

impl Rest {
    /// Nothing was done.
    pub(crate) fn all(pieces: &[Piece]) -> Rest {
        Rest { pieces: 0..pieces.len(), again: Vec::new(), undo: Vec::new() }
    }

    /// What a run would do that goes on now.
    pub(crate) fn of<Db: Database>(
        begun: &Unfinished,
        database: &mut Db,
        settings: &Settings,
        of: (&'static Revision, Direction),
        (pieces, operations): (&[Piece], &[Operation]),
    ) -> Result<Rest, Stop> {
        let all = Rest::all(pieces);
        if !database.is_transactional() {
            let in_batches = pieces.iter().any(|it| it.work.batches().is_some());
            let facts = begun.facts.as_deref();
            let opened = Journal::open(database, settings, of, (pieces, operations), facts, Some(begun), in_batches);
            let (journal, Place { piece: first, .. }) = opened?;
            return Ok(Rest { pieces: first..pieces.len(), again: journal.again(first).collect(), ..all });
        }
        let (_, place) = Parts::open(settings, database.dialect(), of, (pieces, operations), None, Some(begun))?;
        let trace = match pieces.get(place.piece).map(|piece| &piece.work) {
            Some(Work::Statement(sql)) if place.is_begun => database.trace(sql)?.known()?,
            _ => Trace::NotDone,
        };
        let first = place.piece + usize::from(trace == Trace::Done);
        let undo = if let Trace::InPart(undo) = trace { undo } else { Vec::new() };
        Ok(Rest { pieces: first..pieces.len(), undo, ..all })
    }
}
