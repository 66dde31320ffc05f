//! A connection while revisions are run on it.

use diesel::result::QueryResult;

use crate::dialect::Database;
use crate::error::{Error, Stop};
use crate::settings::Settings;

/// A connection in the state that revisions need. It is put back on every way out, a panic in a step included.
pub(crate) struct Session<'a, Db: Database> {
    pub(crate) database: &'a mut Db,
    pub(super) settings: &'a Settings,
    pub(super) before: Db::Session,
}

impl<'a, Db: Database> Session<'a, Db> {
    pub(crate) fn open(database: &'a mut Db, settings: &'a Settings) -> Result<Session<'a, Db>, Error> {
        let before = database.enter(settings)?;
        Ok(Session { database, settings, before })
    }

    /// Begins a transaction. It is rolled back with the end of the session unless it is committed.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        self.database.begin(self.settings, &self.before)
    }

    /// Keeps everybody else who migrates away until the end of the session.
    pub(super) fn hold(&mut self) -> QueryResult<()> {
        self.database.hold(self.settings, &mut self.before)
    }

    /// Why something stopped that cannot be taken back: nobody knows whether it was done if the connection is lost.
    pub(super) fn lost(&mut self, stop: Stop) -> Stop {
        Stop { unknown: self.database.rows("SELECT 1").is_err(), ..stop }
    }

    /// Ends the transaction and keeps what it did.
    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        self.database.commit()
    }
}

pub(crate) fn cannot_begin(source: diesel::result::Error) -> Error {
    Error::Database { doing: "begin a transaction", source }
}

impl<Db: Database> Drop for Session<'_, Db> {
    fn drop(&mut self) {
        self.database.leave(&self.before);
    }
}
