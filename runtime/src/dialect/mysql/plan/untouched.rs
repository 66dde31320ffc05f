//! What a revision has not changed yet: rows that stand in the way there are found before anything is done for good.

use migratable_core::TableName;

use super::super::ddl::quoted;
use crate::dialect::{Verify, Work};
use crate::plan::{Piece, Pieces};

/// The names that the pieces so far have made or changed.
#[derive(Default)]
pub(super) struct Untouched {
    /// Names of tables and columns that no longer mean what they meant at the beginning, as they stand in SQL.
    touched: Vec<String>,
    /// Whether SQL or a step may have changed whatever it likes.
    nothing: bool,
    /// How many pieces have been put to the front.
    in_front: usize,
}

impl Untouched {
    /// A table changes, or comes to be called this.
    pub(super) fn without_table(&mut self, table: &TableName) {
        self.without(&table.name);
    }

    /// A table or column comes to be called this.
    pub(super) fn without(&mut self, name: &str) {
        self.touched.push(quoted(name));
    }

    /// Nobody knows what changes.
    pub(super) fn without_anything(&mut self) {
        self.nothing = true;
    }

    /// Puts a look at the rows as far to the front as it finds the same there.
    pub(super) fn verify(&mut self, planned: &mut Pieces, operations: Vec<usize>, verify: Verify) {
        let sees_change = self.nothing || self.touched.iter().any(|name| verify.query.contains(name));
        let piece = Piece { operations, work: Work::Verify(verify) };
        if sees_change {
            planned.pieces.push(piece);
        } else {
            planned.pieces.insert(self.in_front, piece);
            self.in_front += 1;
        }
    }
}
