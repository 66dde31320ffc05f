//! Tests of data steps: a database at the revision before, rows, the revision, and back again.
//!
//! They stand in the file of the revision, in a module that is not part of what it does:
//!
//! ```text
//! #[cfg(test)]
//! mod tests {
//!     use super::testing::*; // the tables `before` and `after` this revision, and Diesel's prelude
//!
//!     #[test]
//!     fn every_user_has_a_bio() {
//!         each_database(|revision, db| {
//!             diesel::insert_into(before::users::table).values(before::users::username.eq("ada")).execute(db)?;
//!             revision.upgrade(db)?;
//!             assert_eq!(after::users::table.select(after::users::bio).load::<String>(db)?, [""]);
//!             revision.downgrade(db)?;
//!             Ok(())
//!         });
//!     }
//! }
//! ```
//!
//! SQLite's databases are in memory. Those of a server are made beside the one that `MIGRATABLE_POSTGRES_URL` or
//! `MIGRATABLE_MYSQL_URL` names, and dropped behind the test; the user must have the right to make databases.

mod throwaway;

use std::error::Error;

use diesel::ConnectionError;
use migratable_core::{Dialect, TableName};

use crate::any::AnyConnection;
use crate::dialect::Database;
use crate::executor::Options;
use crate::migrator::{Direction, Migrator, Revision};
use throwaway::Throwaway;

/// The variable by which a dialect that this build has not fails a test.
const EVERY_DIALECT: &str = "MIGRATABLE_TEST_EVERY_DIALECT";

/// What a test gives back: any error ends it.
pub type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// A connection that tests can open.
pub trait Open: Database {
    /// The dialects that it may be of in this build.
    const DIALECTS: &'static [Dialect];

    /// Connects to a database of one of them.
    ///
    /// # Errors
    /// If the connection cannot be made.
    fn open(dialect: Dialect, url: &str) -> std::result::Result<Self, ConnectionError>;
}

impl Open for AnyConnection {
    const DIALECTS: &'static [Dialect] = AnyConnection::DIALECTS;

    fn open(dialect: Dialect, url: &str) -> std::result::Result<AnyConnection, ConnectionError> {
        AnyConnection::open(dialect, url)
    }
}

/// The connection inside of an `AnyConnection`, which knows how each is opened.
macro_rules! open_one {
    ($feature:literal, $connection:ty, $variant:ident) => {
        #[cfg(feature = $feature)]
        impl Open for $connection {
            const DIALECTS: &'static [Dialect] = &[Dialect::$variant];

            fn open(_: Dialect, url: &str) -> std::result::Result<$connection, ConnectionError> {
                match AnyConnection::open(Dialect::$variant, url)? {
                    AnyConnection::$variant(inside) => Ok(inside),
                    #[allow(unreachable_patterns)]
                    _ => Err(ConnectionError::BadConnection("it is of another kind".to_owned())),
                }
            }
        }
    };
}

open_one!("sqlite", diesel::SqliteConnection, Sqlite);
open_one!("postgres", diesel::PgConnection, Postgres);
open_one!("mysql", diesel::MysqlConnection, Mysql);

/// A revision that is tested.
pub struct Tested<'a, Db> {
    migrator: Migrator<Db>,
    id: &'static str,
    options: &'a Options<'a>,
}

impl<Db: Open> Tested<'_, Db> {
    /// Applies the revision.
    ///
    /// # Errors
    /// If it fails.
    pub fn upgrade(&self, db: &mut Db) -> Result {
        self.upgrade_with(db, self.options)
    }

    /// Takes the revision back.
    ///
    /// # Errors
    /// If it fails, or cannot be taken back.
    pub fn downgrade(&self, db: &mut Db) -> Result {
        self.downgrade_with(db, self.options)
    }

    /// Applies the revision, with what is given to its data steps.
    ///
    /// # Errors
    /// If it fails.
    pub fn upgrade_with(&self, db: &mut Db, options: &Options<'_>) -> Result {
        self.migrator.upgrade_to(db, self.id, options)?;
        Ok(())
    }

    /// Takes the revision back, with what is given to its data steps.
    ///
    /// # Errors
    /// If it fails, or cannot be taken back.
    pub fn downgrade_with(&self, db: &mut Db, options: &Options<'_>) -> Result {
        self.migrator.downgrade(db, &format!("{}@base", self.id), options)?;
        Ok(())
    }

    /// A table that would not stand in the database of the test. What PostgreSQL calls a schema is on MySQL another
    /// database, which others use.
    fn elsewhere(&self, dialect: Dialect) -> Option<TableName> {
        let revisions = self.migrator.revisions().iter().filter(|_| dialect == Dialect::Mysql);
        let operations = revisions.flat_map(|it| it.operations(Direction::Upgrade));
        operations.filter_map(|it| it.table().cloned()).find(|it| it.schema.is_some())
    }

    /// Brings an empty database to where the revision begins.
    fn begin(&self, db: &mut Db) -> Result {
        let revision = self.migrator.revisions().iter().find(|it| it.id == self.id);
        let Revision { after, depends_on, .. } = revision.ok_or("the revisions of this package cannot be run")?;
        for before in after.iter().chain(*depends_on) {
            self.migrator.upgrade_to(db, before, self.options)?;
        }
        Ok(())
    }
}

/// Runs a test on a database of each dialect that is meant, which stands where a revision begins. The generated
/// `each_database` of a revision calls this.
///
/// A dialect that this build has not is left out, unless `MIGRATABLE_TEST_EVERY_DIALECT` is set.
///
/// # Panics
/// If the test fails on one of them, there is no server for one that this build has, or one is left out that may not be.
#[track_caller]
pub fn each_database<Db: Open>(
    migrator: Migrator<Db>,
    id: &'static str,
    meant: &[Dialect],
    test: impl Fn(&Tested<'_, Db>, &mut Db) -> Result,
) {
    each_database_with(migrator, id, meant, &Options::default(), test);
}

/// The same with options for every revision that is run: the one that is tested, unless the test gives it others, and those
/// before it.
///
/// # Panics
/// As [`each_database`].
#[track_caller]
pub fn each_database_with<Db: Open>(
    migrator: Migrator<Db>,
    id: &'static str,
    meant: &[Dialect],
    options: &Options<'_>,
    test: impl Fn(&Tested<'_, Db>, &mut Db) -> Result,
) {
    let settings = crate::Settings { backup: None, ..migrator.settings().clone() };
    let revision = Tested { migrator: migrator.with_settings(settings), id, options };
    for dialect in meant {
        if !Db::DIALECTS.contains(dialect) {
            let skipped = format!("not on {dialect}: this build is without its feature `{}`", dialect.name());
            let is_failure = std::env::var_os(EVERY_DIALECT).is_some_and(|it| !it.is_empty());
            assert!(!is_failure, "{skipped}, and {EVERY_DIALECT} asks for every dialect");
            eprintln!("{skipped}");
            continue;
        }
        eprintln!("on {dialect}");
        if let Err(error) = run(*dialect, &revision, &test) {
            panic!("on {dialect}: {error}");
        }
    }
}

fn run<Db: Open>(
    dialect: Dialect,
    revision: &Tested<'_, Db>,
    test: &impl Fn(&Tested<'_, Db>, &mut Db) -> Result,
) -> Result {
    if let Some(table) = revision.elsewhere(dialect) {
        return Err(format!("`{table}` is of another database of the server, which no test may change: on {dialect} this cannot be tested").into());
    }
    let throwaway = Throwaway::<Db>::make(dialect)?;
    let mut db = throwaway.connect()?;
    revision.begin(&mut db)?;
    test(revision, &mut db)
}
