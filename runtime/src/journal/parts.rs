//! The journal of a revision in several transactions, where each takes changes of tables back.

use migratable_core::Dialect;
use migratable_core::hash::hex;

use super::{Unfinished, begins, read};
use crate::dialect::{Database, Work, offline};
use crate::error::{Error, Stop};
use crate::migrator::{Direction, Revision};
use crate::plan::Piece;
use crate::settings::Settings;

/// Where a revision is between its transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The piece that is next.
    pub(crate) piece: usize,
    /// Whether it stands outside of transactions and was begun.
    pub(crate) is_begun: bool,
}

/// The journal of such a revision.
pub(crate) struct Parts<'a> {
    settings: &'a Settings,
    table: String,
    revision: &'static str,
    /// What begins it, as soon as a transaction is to end that is not the last one.
    begins: Vec<String>,
    /// Where the journal says that the revision is.
    written: Option<Place>,
}

impl<'a> Parts<'a> {
    /// The journal, and where the work begins, or goes on if it was begun.
    pub(crate) fn open(
        settings: &'a Settings,
        dialect: Dialect,
        (revision, direction): (&'static Revision, Direction),
        pieces: &[Piece],
        facts: Option<&str>,
        begun: Option<&Unfinished>,
    ) -> Result<(Parts<'a>, Place), Stop> {
        let table = settings.history.journal().sql(dialect);
        let texts = pieces.iter().flat_map(|piece| match (&piece.work, offline(dialect)) {
            (Work::Step { name, .. }, _) => vec![name.clone()],
            (work, Some(offline)) => (offline.statements)(work),
            (_, None) => Vec::new(),
        });
        let plan = hex(&texts.collect::<Vec<_>>().join("\n"), 32);
        let mut parts = Parts { settings, table, revision: revision.id, begins: Vec::new(), written: None };
        let place = match begun {
            Some(begun) => {
                begun.is_of(revision, &plan)?;
                let place = Place::of(begun);
                parts.written = Some(place);
                place
            }
            None => {
                parts.begins = begins(&parts.table, dialect, (revision, direction), (&plan, pieces.len()), facts);
                Place { piece: 0, is_begun: false }
            }
        };
        Ok((parts, place))
    }

    /// Writes where the revision is, in the transaction that brought it there.
    pub(crate) fn at<Db: Database>(&mut self, database: &mut Db, place: Place) -> Result<(), Stop> {
        let catalogue = if place.is_begun { "'begun'" } else { "NULL" };
        let moves = format!("UPDATE {} SET piece = {}, catalogue = {catalogue}", self.table, place.piece);
        for sql in std::mem::take(&mut self.begins).into_iter().chain([moves]) {
            database.execute(&sql).map_err(|error| Stop::at(&sql, error))?;
        }
        self.written = Some(place);
        Ok(())
    }

    /// Whether the database is where this process has left it: between two transactions another may go on with the work.
    pub(crate) fn is_own<Db: Database>(&self, database: &mut Db) -> Result<bool, Error> {
        let found = read(database, self.settings)?;
        let found = found.filter(|it| it.revision == self.revision).map(|it| Place::of(&it));
        Ok(found == self.written)
    }

    /// Takes the journal away, in the transaction that writes the history.
    pub(crate) fn end<Db: Database>(&self, database: &mut Db) -> Result<(), Stop> {
        let sql = format!("DROP TABLE {}", self.table);
        match self.written {
            Some(_) => database.execute(&sql).map_err(|error| Stop::at(&sql, error)),
            None => Ok(()),
        }
    }
}

impl Place {
    fn of(begun: &Unfinished) -> Place {
        Place { piece: begun.done, is_begun: begun.catalogue.is_some() }
    }
}
