//! Rows that stand in the way are found before anything is done for good, as far as it can be known.

use super::super::foreseen::Foreseen;
use crate::dialect::{Verify, Work};
use crate::plan::{Piece, Pieces};

/// What is known of the rows at the place of the plan.
pub(super) struct Foresight {
    /// The rows as they will be, if that is to be known at the beginning of the revision.
    from_beginning: Option<Foreseen>,
    /// How many pieces have been put to the front.
    in_front: usize,
}

impl Foresight {
    pub(super) fn at_beginning() -> Foresight {
        Foresight { from_beginning: Some(Foreseen::default()), in_front: 0 }
    }

    /// The rows as the changes so far have left them: seen from the beginning, else as they stand there by then.
    pub(super) fn rows(&self) -> Foreseen {
        self.from_beginning.clone().unwrap_or_default()
    }

    /// The rows come to be others.
    pub(super) fn become_rows(&mut self, rows: Foreseen) {
        if let Some(known) = &mut self.from_beginning {
            *known = rows;
        }
    }

    /// Nobody knows what becomes of the rows.
    pub(super) fn ends(&mut self) {
        self.from_beginning = None;
    }

    /// Looks at rows that were foreseen from here: at the beginning if they were from there.
    pub(super) fn look(&mut self, planned: &mut Pieces, operations: Vec<usize>, verify: Verify) {
        let piece = Piece { operations, work: Work::Verify(verify) };
        if self.from_beginning.is_some() {
            planned.pieces.insert(self.in_front, piece);
            self.in_front += 1;
        } else {
            planned.pieces.push(piece);
        }
    }
}
