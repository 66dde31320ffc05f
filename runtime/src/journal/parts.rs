//! The journal of a revision in several transactions, where each takes changes of tables back.

use migratable_core::{Dialect, Operation};

use super::plan::Plan;
use super::{Progress, Unfinished, begins, is_of, read};
use crate::dialect::statement::Statement;
use crate::dialect::{Database, Work, literal_for, offline};
use crate::error::{Error, Stop};
use crate::migrator::{Direction, Revision};
use crate::parts::written;
use crate::plan::Piece;
use crate::settings::Settings;

/// Where a revision is between its transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The piece that is next.
    pub(crate) piece: usize,
    /// Whether it stands outside of transactions and was begun.
    pub(crate) is_begun: bool,
    /// How far it has come, if it is done batch by batch.
    pub(crate) progress: Option<Progress>,
}

/// The journal of such a revision.
pub(crate) struct Parts<'a> {
    settings: &'a Settings,
    table: String,
    dialect: Dialect,
    revision: &'static Revision,
    plan: Plan,
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
        (pieces, operations): (&[Piece], &[Operation]),
        facts: Option<&str>,
        begun: Option<&Unfinished>,
    ) -> Result<(Parts<'a>, Place), Stop> {
        let table = settings.history.journal().sql(dialect);
        let texts = pieces.iter().map(|piece| match (&piece.work, offline(dialect)) {
            (Work::Step { name }, _) => vec![name.clone()],
            (Work::Batches(batches), _) => vec![batches.digest()],
            (work, Some(offline)) => (offline.statements)(work),
            (_, None) => Vec::new(),
        });
        let plan = Plan::of(pieces, &texts.collect::<Vec<_>>());
        let mut parts = Parts { settings, table, dialect, revision, plan, begins: Vec::new(), written: None };
        let place = match begun {
            Some(begun) => {
                begun.is_of(revision, pieces, &parts.plan)?;
                let place = begun
                    .anew(revision, pieces)
                    .map_or_else(|| Place::of(begun), |(piece, progress)| Place { progress, ..Place::at(piece) });
                if pieces.iter().take(place.piece).any(|piece| sets_session(piece, operations)) {
                    return Err(Stop::refused(super::SESSION_IS_OVER));
                }
                // What the journal says still, whatever is done anew.
                parts.written = Some(Place::of(begun));
                place
            }
            None => {
                let of = (parts.plan.at(0), pieces.len());
                parts.begins = begins(&parts.table, dialect, (revision, direction), of, facts);
                Place::at(0)
            }
        };
        Ok((parts, place))
    }

    /// What writes where the revision is, in the transaction that brought it there.
    pub(crate) fn moves(&mut self, place: Place) -> Vec<String> {
        let catalogue = if place.is_begun { "'begun'" } else { "NULL" };
        let (table, revision, piece) = (&self.table, literal_for(self.dialect, self.revision.id), place.piece);
        let progress = Progress::sets(place.progress.as_ref(), self.dialect);
        let sets = format!("{progress}, {}", is_of(self.revision, self.plan.at(piece), self.dialect));
        let moves =
            format!("UPDATE {table} SET piece = {piece}, catalogue = {catalogue}, {sets} WHERE revision = {revision}");
        self.written = Some(place);
        std::mem::take(&mut self.begins).into_iter().chain([moves]).collect()
    }

    /// Writes where the revision is.
    pub(crate) fn at<Db: Database>(&mut self, database: &mut Db, place: Place) -> Result<(), Stop> {
        self.moves(place).iter().try_for_each(|sql| database.execute(sql).map_err(|error| Stop::at(sql, error)))
    }

    /// SQL for a number that is zero if the journal says what this process has written last.
    pub(crate) fn is_elsewhere(&self) -> Option<String> {
        let Place { piece, is_begun, .. } = self.written.clone()?;
        let (table, revision) = (&self.table, literal_for(self.dialect, self.revision.id));
        let begun = if is_begun { "IS NOT NULL" } else { "IS NULL" };
        Some(format!(
            "(SELECT 1 - count(*) FROM {table} WHERE revision = {revision} AND piece = {piece} AND catalogue {begun})"
        ))
    }

    /// Whether the database is where this process has left it: between two transactions another may go on with the work.
    pub(crate) fn is_own<Db: Database>(&self, database: &mut Db) -> Result<bool, Error> {
        let found = read(database, self.settings)?;
        let found = found.filter(|it| it.revision == self.revision.id).map(|it| Place::of(&it));
        Ok(found == self.written)
    }

    /// What takes the journal away, in the transaction that writes the history.
    pub(crate) fn ends(&self) -> Option<String> {
        self.written.as_ref().map(|_| format!("DROP TABLE {}", self.table))
    }

    /// Takes the journal away.
    pub(crate) fn end<Db: Database>(&self, database: &mut Db) -> Result<(), Stop> {
        match self.ends() {
            Some(sql) => database.execute(&sql).map_err(|error| Stop::at(&sql, error)),
            None => Ok(()),
        }
    }
}

/// Whether somebody wrote SQL that sets something for the session.
fn sets_session(piece: &Piece, operations: &[Operation]) -> bool {
    let Some(sql) = written(piece, operations) else { return false };
    let statements = Statement::all(sql);
    // What stands before it is as it was.
    let first = statements.iter().rposition(|it| it.clone().takes("RESET")).map_or(0, |at| at + 1);
    statements.into_iter().skip(first).any(sets)
}

/// Whether a statement sets something for the session.
fn sets(mut statement: Statement<'_>) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| statement.has(word));
    let is_temporary = has(&["TEMP", "TEMPORARY"]);
    // Those that stay in the database.
    let is_kept = has(&["journal_mode", "user_version", "application_id"]);
    let calls = has(&["set_config"]) && !has(&["true"]) || has(&["INTO"]) && is_temporary;
    let mut takes = |words: &[&str]| words.iter().any(|words| statement.takes(words));
    match () {
        () if takes(&["CREATE"]) => takes(&["TEMP", "TEMPORARY"]),
        () if takes(&["SELECT"]) => calls,
        () if takes(&["PRAGMA"]) => !is_kept,
        // What ends with its transaction.
        () if takes(&["SET LOCAL", "SET TRANSACTION", "SET CONSTRAINTS"]) => false,
        () => takes(&["SET", "LOAD", "PREPARE"]),
    }
}

impl Place {
    /// Before a piece.
    pub(crate) fn at(piece: usize) -> Place {
        Place { piece, is_begun: false, progress: None }
    }

    fn of(begun: &Unfinished) -> Place {
        Place { piece: begun.done, is_begun: begun.catalogue.is_some(), progress: begun.progress.clone() }
    }
}
