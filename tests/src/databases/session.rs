//! A connection that stays open and runs scripts as a client does, without a process for each of them.

use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::mysql::{Mysql, MysqlValue};
use diesel::pg::{Pg, PgValue};
use diesel::row::{Field, NamedRow};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{RunQueryDsl, sql_query};
use migratable::AnyConnection;
use migratable_core::Dialect;

/// With foreign keys, and without waiting for the disk: nothing here outlives its test.
pub(super) const SQLITE_SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF";

/// An open connection.
pub struct Session {
    /// The connection, also for the product.
    pub connection: AnyConnection,
}

impl Session {
    /// Connects.
    ///
    /// # Errors
    /// With what the database said.
    pub fn open(dialect: Dialect, url: &str) -> Result<Session, String> {
        let connection = AnyConnection::open(dialect, url).map_err(|error| error.to_string())?;
        let mut session = Session { connection };
        match dialect {
            Dialect::Sqlite => session.run(SQLITE_SETTINGS)?,
            Dialect::Postgres => session.run("SET synchronous_commit = off")?,
            Dialect::Mysql => {}
        }
        Ok(session)
    }

    /// Runs a script.
    ///
    /// # Errors
    /// With what the database said.
    pub fn run(&mut self, script: &str) -> Result<(), String> {
        self.connection.batch_execute(script).map_err(|error| error.to_string())
    }

    /// Runs the queries of a script, each of which ends with its line, and gives back a line for each row. All values
    /// are texts.
    ///
    /// # Errors
    /// With what the database said.
    pub fn query(&mut self, script: &str) -> Result<String, String> {
        let mut lines = String::new();
        let queries = script.split(";\n").map(|query| query.trim().trim_end_matches(';'));
        for query in queries.filter(|query| !query.is_empty()) {
            let rows = self.rows(query).map_err(|error| format!("{error}: {query}"))?;
            rows.iter().for_each(|row| {
                lines.push_str(row);
                lines.push('\n');
            });
        }
        Ok(lines)
    }

    fn rows(&mut self, query: &str) -> Result<Vec<String>, diesel::result::Error> {
        let query = sql_query(query);
        let rows: Vec<Row> = match &mut self.connection {
            AnyConnection::Sqlite(connection) => query.load::<Row>(connection as &mut SqliteConnection)?,
            AnyConnection::Postgres(connection) => query.load(connection)?,
            AnyConnection::Mysql(connection) => query.load(connection)?,
        };
        Ok(rows.into_iter().map(|row| row.0).collect())
    }
}

/// The values of a row with a tab between.
struct Row(String);

/// The row of a backend, by how it gives out a text.
macro_rules! row_of {
    ($backend:ty, $text:expr) => {
        impl QueryableByName<$backend> for Row {
            fn build<'a>(row: &impl NamedRow<'a, $backend>) -> deserialize::Result<Row> {
                let mut values = Vec::new();
                for at in 0..row.field_count() {
                    let field = diesel::row::Row::get(row, at);
                    values.push(match field.as_ref().and_then(|field| field.value()) {
                        Some(value) => $text(value)?,
                        None => "NULL".to_owned(),
                    });
                }
                Ok(Row(values.join("\t")))
            }
        }
    };
}

row_of!(Sqlite, <String as FromSql<Text, Sqlite>>::from_sql);
row_of!(Pg, |value: PgValue<'_>| String::from_utf8(value.as_bytes().to_vec()));
row_of!(Mysql, |value: MysqlValue<'_>| String::from_utf8(value.as_bytes().to_vec()));
