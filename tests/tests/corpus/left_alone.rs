//! A table that is something else in the other database, which no schema can hold: it stays as it is, with its rows.

use migratable_core::Dialect::{self, Mysql, Postgres, Sqlite};
use migratable_tests::databases::client::Server;
use migratable_tests::databases::comparison::diff;

/// How `a` is made in the other database.
const CASES: &[(Dialect, &str)] = &[
    (Sqlite, "CREATE VIEW a AS SELECT 1 AS id;"),
    (Sqlite, "CREATE VIRTUAL TABLE a USING fts5 (id);"),
    (Postgres, "CREATE VIEW a AS SELECT 1 AS id;"),
    (Postgres, "CREATE MATERIALIZED VIEW a AS SELECT 1 AS id;"),
    (Postgres, "CREATE TABLE a (id integer) PARTITION BY HASH (id);"),
    (Postgres, "CREATE TABLE other (id integer); CREATE TABLE a () INHERITS (other);"),
    (Mysql, "CREATE VIEW a AS SELECT 1 AS id;"),
    (Mysql, "CREATE TABLE a (id INTEGER PRIMARY KEY) WITH SYSTEM VERSIONING;"),
];

#[test]
fn a_table_that_is_something_else_in_the_other_database_keeps_its_rows() {
    for (dialect, otherwise) in CASES {
        let server = Server::of(*dialect).unwrap();
        let (here, there) = (server.database("here").unwrap(), server.database("there").unwrap());
        here.make("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (7);")
            .unwrap();
        there.make(&format!("CREATE TABLE b (id INTEGER PRIMARY KEY, n INTEGER); {otherwise}")).unwrap();
        for (from, to) in [(&here, &there), (&there, &here)] {
            let said = diff(from, to, &[], &["--sql", "--allow-loss"]).unwrap();
            assert!(said.err.contains(": table a\n"), "{otherwise}\n{}", said.err);
            from.run(&said.out).unwrap();
            let again = diff(from, to, &[], &["--sql", "--allow-loss"]).unwrap();
            assert_eq!(again.out, "", "{otherwise}");
            assert_eq!(here.query("SELECT id FROM a;").unwrap().trim(), "7", "{otherwise}");
        }
    }
}

#[test]
fn an_enum_of_a_table_that_is_left_alone_stays() {
    let server = Server::of(Postgres).unwrap();
    let (here, there) = (server.database("plain").unwrap(), server.database("partitioned").unwrap());
    here.make("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE a (m mood); CREATE TABLE b (n integer);").unwrap();
    there.make("CREATE TABLE a (m text) PARTITION BY HASH (m); CREATE TABLE b (n bigint);").unwrap();
    let said = diff(&here, &there, &[], &["--sql", "--allow-loss"]).unwrap();
    here.run(&said.out).unwrap();
    assert!(!said.out.contains("mood"), "{}", said.out);
}
