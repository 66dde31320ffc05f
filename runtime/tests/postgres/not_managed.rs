//! What no schema can hold: listed, and left alone.

use migratable::Settings;
use migratable::inspect::{Losses, inspect, script};
use migratable_core::Dialect;
use migratable_core::diff::{Answers, diff};

use super::database::{Throwaway, run};

#[test]
fn what_is_not_managed_is_listed() {
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    run(
        &mut db,
        "CREATE TABLE a (id int PRIMARY KEY);
         CREATE VIEW v AS SELECT id FROM a;
         CREATE SCHEMA other;
         CREATE MATERIALIZED VIEW other.m AS SELECT id FROM a;
         CREATE FUNCTION f(x int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION g();
         CREATE DOMAIN positive AS int CHECK (VALUE > 0);
         CREATE TYPE pair AS (x int, y int);
         CREATE TYPE span AS RANGE (subtype = float8);
         CREATE SEQUENCE free;
         CREATE TABLE part (id int, at date) PARTITION BY RANGE (at);
         CREATE TABLE part1 PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
         CREATE TABLE parent (id int);
         CREATE TABLE child (y int) INHERITS (parent);
         CREATE POLICY pol ON a USING (id > 0);
         CREATE RULE ru AS ON DELETE TO a DO INSTEAD NOTHING;
         CREATE STATISTICS st ON id, (id + 1) FROM a;
         CREATE TABLE migratable_revisions (id int)",
    );
    let found = inspect(&mut db).unwrap();
    let listed: Vec<String> = found.not_managed.iter().map(ToString::to_string).collect();
    assert_eq!(
        listed,
        [
            "composite type pair",
            "domain positive",
            "function f(x integer, text)",
            "function g()",
            "inherited table child",
            "inherited table parent",
            "inherited table part1",
            "materialized view other.m",
            "partitioned table part",
            "policy pol of a",
            "range type span",
            "rule ru of a",
            "sequence free",
            "statistics object st of a",
            "trigger tr of a",
            "view v",
        ]
    );
    assert_eq!(found.schema.tables.keys().map(ToString::to_string).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn what_stands_beside_all_tables_is_listed() {
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    run(
        &mut db,
        "CREATE TYPE pair AS (x int, y int);
         CREATE EXTENSION citext;
         CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
         CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
         CREATE CAST (pair AS text) WITH INOUT;
         CREATE COLLATION code FROM \"C\";
         CREATE CONVERSION latin FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
         CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
         CREATE EVENT TRIGGER event ON sql_drop EXECUTE FUNCTION e();
         CREATE FOREIGN DATA WRAPPER wrapper;
         CREATE SERVER remote FOREIGN DATA WRAPPER wrapper;
         CREATE USER MAPPING FOR PUBLIC SERVER remote;
         CREATE FOREIGN TABLE far (id int) SERVER remote;
         CREATE LANGUAGE other HANDLER plpgsql_call_handler;
         CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
         CREATE OPERATOR FAMILY family USING hash;
         CREATE OPERATOR CLASS class FOR TYPE int USING hash FAMILY family AS OPERATOR 1 =;
         CREATE PUBLICATION public;
         CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE);
         CREATE TEXT SEARCH CONFIGURATION tsc (COPY = simple);
         CREATE TEXT SEARCH DICTIONARY tsd (TEMPLATE = simple);
         CREATE TEXT SEARCH PARSER tsp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
         CREATE TEXT SEARCH TEMPLATE tst (LEXIZE = dsimple_lexize);
         CREATE TRANSFORM FOR int LANGUAGE sql
             (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal))",
    );
    let found = inspect(&mut db).unwrap();
    // A database that something is subscribed to in does not go.
    run(&mut db, "DROP SUBSCRIPTION sub");
    let listed: Vec<String> = found.not_managed.iter().map(ToString::to_string).collect();
    assert_eq!(
        listed,
        [
            "access method heap2",
            "aggregate total(integer)",
            "cast pair AS text",
            "collation code",
            "composite type pair",
            "conversion latin",
            "event trigger event",
            "extension citext",
            "foreign data wrapper wrapper",
            "foreign server remote",
            "foreign table far",
            "function e()",
            "language other",
            "operator ===",
            "operator class class",
            "operator family family",
            "publication public",
            "subscription sub",
            "text search configuration tsc",
            "text search dictionary tsd",
            "text search parser tsp",
            "text search template tst",
            "transform for integer language sql",
            "user mapping for public on remote",
        ]
    );
}

#[test]
fn a_table_is_not_dropped_for_one_that_is_not_managed() {
    let (plain, partitioned) = (Throwaway::new(), Throwaway::new());
    run(&mut plain.connect(), "CREATE TABLE a (id int)");
    run(&mut partitioned.connect(), "CREATE TABLE a (id int) PARTITION BY RANGE (id)");
    let (plain, partitioned) = (inspect(&mut plain.connect()).unwrap(), inspect(&mut partitioned.connect()).unwrap());
    for (before, after) in [(&plain, &partitioned), (&partitioned, &plain)] {
        let answers = Answers { allow_loss: true, ..Answers::default() };
        let plan = diff(&before.schema, &after.schema, &answers).unwrap();
        let error = script(Dialect::Postgres, before, after, &plan.upgrade, Losses::Refused, &Settings::USUAL)
            .unwrap_err()
            .to_string();
        assert!(error.contains("`a` is a partitioned table in one of the databases"), "{error}");
    }
}
