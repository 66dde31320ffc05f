//! Databases that are there for one test.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::result::QueryResult;
use migratable_core::Dialect;
use migratable_core::url::hushed;

use super::{Open, Result};
use crate::dialect::Connection;

/// What the names of these databases begin with.
const PREFIX: &str = "migratable_testing_";

/// An empty database, gone with this value: on a server, also when the test panics. One that a killed test has left is
/// taken away by the next: whoever uses one holds a lock of its name.
pub(super) struct Throwaway<Db: Open> {
    dialect: Dialect,
    url: String,
    /// The session that holds the lock, and the name; none in memory.
    held: Option<(Db, String)>,
}

impl<Db: Open> Throwaway<Db> {
    pub(super) fn make(dialect: Dialect) -> Result<Throwaway<Db>> {
        let variable = match dialect {
            Dialect::Sqlite => return Ok(Throwaway { dialect, url: ":memory:".to_owned(), held: None }),
            Dialect::Postgres => "MIGRATABLE_POSTGRES_URL",
            Dialect::Mysql => "MIGRATABLE_MYSQL_URL",
        };
        let url = std::env::var(variable).map_err(|_| no_server(dialect, variable))?;
        let opened = Db::open(dialect, &url);
        let mut server = opened.map_err(|error| format!("{variable}: {}", hushed(&error.to_string(), &url)))?;
        clear(&mut server, dialect)?;
        let name = new_name();
        take(&mut server, dialect, &name)?;
        server.execute(&format!("CREATE DATABASE {name} {}", options(dialect)))?;
        Ok(Throwaway { dialect, url: with_database(&url, &name), held: Some((server, name)) })
    }

    pub(super) fn connect(&self) -> Result<Db> {
        Ok(Db::open(self.dialect, &self.url).map_err(|error| hushed(&error.to_string(), &self.url))?)
    }
}

impl<Db: Open> Drop for Throwaway<Db> {
    fn drop(&mut self) {
        if let Some((server, name)) = &mut self.held
            && let Err(error) = server.execute(&format!("DROP DATABASE IF EXISTS {name}"))
        {
            eprintln!("the database {name} is left: {error}");
        }
    }
}

fn no_server(dialect: Dialect, variable: &str) -> String {
    let mysql = dialect == Dialect::Mysql;
    let example = if mysql { "mysql://root@127.0.0.1:3306/" } else { "postgres://postgres@127.0.0.1/postgres" };
    format!("{variable} names no server, as in {example}: tests make their databases there, and drop them")
}

fn options(dialect: Dialect) -> &'static str {
    // Who is connected to another template would stand in the way.
    if dialect == Dialect::Mysql { "CHARACTER SET utf8mb4" } else { "TEMPLATE template0" }
}

/// A name that no other test has, on this machine or another that uses the server.
fn new_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{PREFIX}{}_{time}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Takes the lock of a name, if nobody has it.
fn take<C: Connection>(server: &mut C, dialect: Dialect, name: &str) -> QueryResult<bool> {
    let asked = if dialect == Dialect::Mysql {
        format!("SELECT CAST(GET_LOCK('{name}', 0) AS CHAR)")
    } else {
        format!("SELECT pg_try_advisory_lock(hashtextextended('{name}', 0))::integer::text")
    };
    Ok(server.rows(&asked)?.first().and_then(|row| row.first()).is_some_and(|taken| taken.as_deref() == Some("1")))
}

/// Whether somebody in another database of the server holds the lock of a name too: PostgreSQL tells locks apart by the
/// database in which they are taken.
fn is_held_elsewhere<C: Connection>(server: &mut C, dialect: Dialect, name: &str) -> QueryResult<bool> {
    if dialect == Dialect::Mysql {
        return Ok(false);
    }
    let holders = server.rows(&format!(
        "SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid() \
         AND (classid::bigint << 32) | objid::bigint = hashtextextended('{name}', 0)"
    ))?;
    Ok(!holders.is_empty())
}

/// Drops what tests that were killed have left. What cannot be dropped, as it is another user's or somebody looks into it,
/// is no reason for a test to fail.
fn clear<C: Connection>(server: &mut C, dialect: Dialect) -> QueryResult<()> {
    let (names, from, release) = if dialect == Dialect::Mysql {
        ("schema_name", "information_schema.schemata", "RELEASE_LOCK('{name}')")
    } else {
        ("datname", "pg_database", "pg_advisory_unlock(hashtextextended('{name}', 0))")
    };
    let found = server.rows(&format!("SELECT {names} FROM {from} WHERE {names} LIKE '{PREFIX}%'"))?;
    for name in found.into_iter().flatten().flatten() {
        if !take(server, dialect, &name)? {
            continue;
        }
        if !is_held_elsewhere(server, dialect, &name)?
            && let Err(error) = server.execute(&format!("DROP DATABASE IF EXISTS {name}"))
        {
            eprintln!("the database {name} is left: {error}");
        }
        server.rows(&format!("SELECT {}", release.replace("{name}", &name)))?;
    }
    Ok(())
}

/// The URL of another database of the same server.
fn with_database(url: &str, name: &str) -> String {
    let (front, query) =
        url.split_once('?').map_or((url, String::new()), |(front, query)| (front, format!("?{query}")));
    let host = front.find("://").map_or(0, |at| at + 3);
    let end = front[host..].find('/').map_or(front.len(), |at| host + at);
    format!("{}/{name}{query}", &front[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server() {
        for (url, expected) in [
            ("postgres://anna:x@host:5433/blog?sslmode=require", "postgres://anna:x@host:5433/t?sslmode=require"),
            ("postgres:///blog?host=/var/run", "postgres:///t?host=/var/run"),
            ("mysql://root@127.0.0.1:3306/", "mysql://root@127.0.0.1:3306/t"),
            ("mysql://root@127.0.0.1", "mysql://root@127.0.0.1/t"),
        ] {
            assert_eq!(with_database(url, "t"), expected);
        }
    }
}
