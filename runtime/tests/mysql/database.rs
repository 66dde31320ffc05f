//! Databases on a MariaDB or MySQL server.

use std::io::Write;
use std::process::{Command, Stdio};

use migratable::Dialect;
use migratable::diesel::connection::SimpleConnection;
use migratable::diesel::{Connection, MysqlConnection};
use migratable_core::Schema;

pub use super::fresh::fresh;
use super::reader::assert_same;
pub use super::shared::programs::{Program, down, line, nothing, one, replay, run, values};
pub use super::throwaway::{Throwaway, throwaway};

pub type Db = MysqlConnection;
pub const DIALECT: Dialect = Dialect::Mysql;
/// The message of every revision.
pub const MESSAGE: &str = "it's a \\ change";
/// A collation that is not the default.
pub const COLLATION: &str = "utf8mb4_unicode_ci";

/// The user, host and port of the server.
pub fn server() -> (String, String, String) {
    let url = server_url();
    let address = url.rsplit("://").next().unwrap_or_default();
    let (user, place) = address.split_once('@').unwrap_or(("root", address));
    let (host, port) = place.split_once(':').unwrap_or((place, "3306"));
    let user = user.split(':').next().unwrap_or(user);
    (user.to_owned(), host.to_owned(), port.to_owned())
}

/// The server's URL, without a database.
fn server_url() -> String {
    let url = std::env::var("MIGRATABLE_MYSQL_URL").unwrap_or_else(|_| "mysql://root@127.0.0.1:3306/".to_owned());
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let end = url[after_scheme..].find('/').map_or(url.len(), |at| after_scheme + at);
    url[..end].to_owned()
}

pub fn url(database: &str) -> String {
    format!("{}/{database}", server_url())
}

pub fn connect(url: &str) -> Db {
    MysqlConnection::establish(url)
        .unwrap_or_else(|error| panic!("no MySQL or MariaDB answers; set MIGRATABLE_MYSQL_URL: {error}"))
}

/// Makes a database.
pub fn create(name: &str) {
    run(&mut connect(&url("")), &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
}

/// Drops a database. A test that has failed may have left a transaction open there.
pub fn remove(name: &str) {
    let _ = connect(&url("")).batch_execute(&format!("DROP DATABASE IF EXISTS {name}"));
}

/// Runs a script by the database's own client, as a person does.
pub fn client(db: &mut Throwaway, script: &str) -> Result<(), String> {
    let (user, host, port) = server();
    let mut client = Command::new("mariadb")
        .args(["--no-defaults", "--protocol=tcp", "-h", &host, "-P", &port, "-u", &user, &db.name])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let done = client.wait_with_output().unwrap();
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

/// A query that gives the first column of another as text.
pub fn as_texts(query: &str) -> String {
    format!("WITH q(value) AS ({query} LIMIT 100000) SELECT COALESCE(CAST(value AS CHAR), 'NULL') AS value FROM q")
}

/// Asserts that a database is as a schema says.
pub fn assert_is(db: &mut Db, schema: &Schema, what: &str) {
    assert_same(db, &mut fresh(schema), what);
}

/// Two connections to one empty database, and what must stay as long as they are used.
pub fn two() -> (Box<dyn std::any::Any>, Db, Db) {
    let database = throwaway();
    let connections = (connect(&database.url), connect(&database.url));
    (Box::new(database), connections.0, connections.1)
}
