//! How far a revision has come, on a database that takes no change of a table back.
//!
//! The journal is a table of one row: the revision that is being run, and the piece of its work at which it is. It is
//! there as long as a revision is run or unfinished. The row moves on in the transaction of what works on rows. A change of a table is in none: before it the row says what the
//! tables are like, so that after a kill they tell themselves whether it was done; the server does one statement whole
//! or not at all.

use diesel::result::QueryResult;
use migratable_core::Operation;
use migratable_core::hash::hex;

use crate::dialect::{Database, Work, literal_for};
use crate::error::{Error, Stop};
use crate::migrator::{Direction, Revision};
use crate::plan::Piece;
use crate::settings::Settings;

/// A revision that was begun and did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The revision.
    pub revision: String,
    /// Whether it was being applied or taken back.
    pub direction: Direction,
    /// How many pieces of its work were done, or one more.
    pub done: usize,
    /// How many there are.
    pub of: usize,
    /// When it was begun, in UTC.
    pub begun_at: String,
    /// The version of this crate that began it.
    pub tool_version: String,
    /// The checksum of its operations.
    checksum: String,
    /// The digest of the pieces.
    plan: String,
    /// The digest of the tables before the piece that is next, if it is one that changes them.
    catalogue: Option<String>,
}

impl Unfinished {
    /// The word of the command that goes on with it.
    pub fn command(&self) -> &'static str {
        self.direction.word()
    }

    /// The error of a run that cannot go on with it.
    pub(crate) fn refused(&self, why: impl Into<String>) -> Error {
        Error::Unfinished { revision: self.revision.clone(), direction: self.direction, why: why.into() }
    }
}

/// What a piece of work is for the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// It changes nothing.
    Look,
    /// It changes what lasts no longer than the session: what follows may need it.
    Session,
    /// It ends what such a piece has begun.
    EndOfSession,
    /// It changes rows.
    Rows,
    /// It changes a table.
    Table,
    /// It is SQL that somebody wrote, and may be either.
    Written,
    /// It begins a transaction.
    Begin,
    /// It is part of one.
    Inside,
    /// It ends one.
    Commit,
}

/// What each piece is.
fn natures(pieces: &[Piece], operations: &[Operation]) -> Vec<Nature> {
    let mut inside = false;
    let mut natures = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let is_written =
            piece.operations.iter().any(|&at| matches!(operations.get(at), Some(Operation::Execute { .. })));
        natures.push(match &piece.work {
            Work::Begin => Nature::Begin,
            Work::Commit => Nature::Commit,
            Work::Verify(_) | Work::CheckReferences { .. } => Nature::Look,
            _ if inside => Nature::Inside,
            Work::Statement(_) if is_written => Nature::Written,
            Work::Statement(sql) => of_statement(sql),
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

fn of_statement(sql: &str) -> Nature {
    match sql.split_whitespace().next().unwrap_or_default() {
        "SET" | "PREPARE" => Nature::Session,
        "DEALLOCATE" => Nature::EndOfSession,
        "UPDATE" | "INSERT" | "DELETE" => Nature::Rows,
        _ => Nature::Table,
    }
}

/// The revision that a database has in the middle of its work; one that takes everything back has none.
pub(crate) fn read<Db: Database>(database: &mut Db, settings: &Settings) -> Result<Option<Unfinished>, Error> {
    if database.is_transactional() {
        return Ok(None);
    }
    let reading = |source| Error::Database { doing: "read the journal of the database", source };
    let (dialect, table) = (database.dialect(), settings.history.journal());
    let is_there = format!(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = {}",
        literal_for(dialect, &table.name)
    );
    if database.rows(&is_there).map_err(reading)?.is_empty() {
        return Ok(None);
    }
    let sql = format!(
        "SELECT revision, direction, piece, pieces, CAST(begun_at AS CHAR(19)), tool_version, checksum, plan, catalogue \
         FROM {}",
        table.sql(dialect)
    );
    let rows = database.rows(&sql).map_err(reading)?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let mut values = row.into_iter();
    let mut text = || values.next().flatten();
    Ok(Some(Unfinished {
        revision: text().unwrap_or_default(),
        direction: if text().as_deref() == Some("downgrade") { Direction::Downgrade } else { Direction::Upgrade },
        done: text().and_then(|it| it.parse().ok()).unwrap_or_default(),
        of: text().and_then(|it| it.parse().ok()).unwrap_or_default(),
        begun_at: text().unwrap_or_default(),
        tool_version: text().unwrap_or_default(),
        checksum: text().unwrap_or_default(),
        plan: text().unwrap_or_default(),
        catalogue: text(),
    }))
}

fn create(table: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (
    revision VARCHAR(64) NOT NULL PRIMARY KEY,
    direction VARCHAR(9) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    plan VARCHAR(64) NOT NULL,
    piece BIGINT NOT NULL,
    pieces BIGINT NOT NULL,
    catalogue VARCHAR(64),
    begun_at TIMESTAMP NOT NULL,
    tool_version VARCHAR(32) NOT NULL
)"
    )
}

/// Forgets what was begun.
pub(crate) fn forget<Db: Database>(database: &mut Db, settings: &Settings) -> QueryResult<()> {
    if database.is_transactional() {
        return Ok(());
    }
    let table = settings.history.journal().sql(database.dialect());
    database.execute(&format!("DROP TABLE IF EXISTS {table}"))
}

/// The journal of a revision that is run.
pub(crate) struct Journal<'a> {
    table: String,
    dialect: migratable_core::Dialect,
    natures: Vec<Nature>,
    pieces: &'a [Piece],
    operations: &'a [Operation],
    /// What begins it, as soon as something else is done than to look at rows.
    begins: Vec<String>,
}

impl<'a> Journal<'a> {
    /// The journal of a revision, and the piece with which its work begins, or goes on if it was begun.
    pub(crate) fn open<Db: Database>(
        database: &mut Db,
        settings: &Settings,
        (revision, direction): (&Revision, Direction),
        (pieces, operations): (&'a [Piece], &'a [Operation]),
        begun: Option<&Unfinished>,
    ) -> Result<(Journal<'a>, usize), Stop> {
        let dialect = database.dialect();
        let table = settings.history.journal().sql(dialect);
        let natures = natures(pieces, operations);
        let mut journal = Journal { table, dialect, natures, pieces, operations, begins: Vec::new() };
        let mut texts = Vec::new();
        for piece in pieces {
            texts.extend(database.preview(&piece.work)?);
        }
        let plan = hex(&texts.join("\n"), 32);
        if let Some(begun) = begun {
            let first = journal.resumes_at(database, begun, revision, &plan)?;
            return Ok((journal, first));
        }
        let values = [
            literal_for(dialect, revision.id),
            literal_for(dialect, direction.word()),
            literal_for(dialect, revision.checksum),
            literal_for(dialect, &plan),
            "0".to_owned(),
            pieces.len().to_string(),
            "CURRENT_TIMESTAMP".to_owned(),
            literal_for(dialect, env!("CARGO_PKG_VERSION")),
        ];
        let begins = format!(
            "INSERT INTO {} (revision, direction, checksum, plan, piece, pieces, begun_at, tool_version) VALUES ({})",
            journal.table,
            values.join(", ")
        );
        journal.begins = vec![create(&journal.table), begins];
        Ok((journal, 0))
    }

    /// The piece with which work that was stopped goes on.
    fn resumes_at<Db: Database>(
        &self,
        database: &mut Db,
        begun: &Unfinished,
        revision: &Revision,
        plan: &str,
    ) -> Result<usize, Stop> {
        if begun.checksum != revision.checksum {
            return Err(Stop::refused(
                "it was edited since it was begun; undo the edit, or bring the tables to where the revision begins or \
                 ends, and record that by `repair`",
            ));
        }
        if begun.plan != plan {
            return Err(Stop::refused(format!(
                "it was begun by version {} of this tool, which does its work in other pieces; go on with that version",
                begun.tool_version
            )));
        }
        let mut first = begun.done;
        if let Some(before) = &begun.catalogue
            && self.catalogue(database, first)? != *before
        {
            if self.may_be_halved(first) {
                return Err(Stop::refused(
                    "it was stopped inside of several statements that were written as one, and only a person can tell \
                     which of them were done; bring the tables to where the revision begins or ends, and record that by \
                     `repair`",
                ));
            }
            first += 1;
        }
        if self.natures.get(first) == Some(&Nature::EndOfSession) {
            first += 1;
        }
        while first > 0 && self.natures[first - 1] == Nature::Session {
            first -= 1;
        }
        Ok(first)
    }

    /// What is to be written before a piece is done.
    pub(crate) fn before<Db: Database>(&mut self, database: &mut Db, piece: usize) -> Result<(), Stop> {
        if self.natures[piece] != Nature::Look {
            for sql in std::mem::take(&mut self.begins) {
                self.write(database, &sql)?;
            }
        }
        match self.natures[piece] {
            Nature::Table => self.at(database, piece, true),
            Nature::Written => {
                self.at(database, piece, true)?;
                Ok(database.begin_rows()?)
            }
            Nature::Rows => Ok(database.begin_rows()?),
            Nature::Commit => self.at(database, piece + 1, false),
            Nature::Look | Nature::Session | Nature::EndOfSession | Nature::Begin | Nature::Inside => Ok(()),
        }
    }

    /// What is to be written when a piece was done.
    pub(crate) fn after<Db: Database>(&self, database: &mut Db, piece: usize) -> Result<(), Stop> {
        match self.natures[piece] {
            Nature::Rows | Nature::Written => {
                self.at(database, piece + 1, false)?;
                database.perform(&Work::Commit)
            }
            _ => Ok(()),
        }
    }

    /// Whether a piece is several statements, of which some may be done where others are not.
    pub(crate) fn may_be_halved(&self, piece: usize) -> bool {
        let is_several = |sql: &str| sql.trim_end().trim_end_matches(';').contains(';');
        self.natures.get(piece) == Some(&Nature::Written)
            && matches!(self.pieces.get(piece), Some(Piece { work: Work::Statement(sql), .. }) if is_several(sql))
    }

    /// Whether a piece leaves something that cannot be taken back.
    pub(crate) fn stays(&self, piece: usize) -> bool {
        !matches!(self.natures[piece], Nature::Look | Nature::Session | Nature::EndOfSession)
    }

    /// The end of the journal, in the transaction that writes the history.
    pub(crate) fn end<Db: Database>(&self, database: &mut Db) -> Result<(), Stop> {
        match self.begins.is_empty() {
            true => self.write(database, &format!("DELETE FROM {}", self.table)),
            false => Ok(()),
        }
    }

    fn at<Db: Database>(&self, database: &mut Db, piece: usize, changes_tables: bool) -> Result<(), Stop> {
        let catalogue = match changes_tables {
            true => literal_for(self.dialect, &self.catalogue(database, piece)?),
            false => "NULL".to_owned(),
        };
        self.write(database, &format!("UPDATE {} SET piece = {piece}, catalogue = {catalogue}", self.table))
    }

    /// A digest of what a piece may change.
    fn catalogue<Db: Database>(&self, database: &mut Db, piece: usize) -> Result<String, Stop> {
        let of = self.pieces.get(piece).map_or(&[][..], |piece| &piece.operations);
        let operations: Vec<&Operation> = of.iter().filter_map(|&at| self.operations.get(at)).collect();
        Ok(hex(&database.catalogue(&operations)?, 32))
    }

    fn write<Db: Database>(&self, database: &mut Db, sql: &str) -> Result<(), Stop> {
        database.execute(sql).map_err(|error| Stop::at(sql, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_apart_by_what_they_change() {
        let piece = |work| Piece { operations: vec![0], work };
        let statement = |sql: &str| piece(Work::Statement(sql.to_owned()));
        let pieces = [
            statement("SET @a = 1"),
            statement("PREPARE a FROM @a"),
            statement("EXECUTE a"),
            statement("DEALLOCATE PREPARE a"),
            statement("UPDATE t SET a = 1"),
            statement("ALTER TABLE t ADD a INT"),
            piece(Work::Begin),
            statement("INSERT INTO t VALUES (1)"),
            piece(Work::Commit),
            Piece { operations: vec![1], work: Work::Statement("DROP TABLE x".to_owned()) },
        ];
        let operations = [
            Operation::DropTable { table: "t".into() },
            Operation::Execute { sql: migratable_core::Sql::portable("DROP TABLE x"), effect: Vec::new() },
        ];
        use Nature::{Begin, Commit, EndOfSession, Inside, Rows, Session, Table, Written};
        let expected = [Session, Session, Table, EndOfSession, Rows, Table, Begin, Inside, Commit, Written];
        assert_eq!(natures(&pieces, &operations), expected);
    }
}
