//! Scripts that turn one database into another, where databases and their clients are not as usual.

use migratable::inspect::inspect;

use super::database::{Throwaway, run, values};
use super::pairs::turn;

/// Turns the first database into one that is made by this SQL.
fn turn_into(there: &Throwaway, sql: &str) {
    let other = Throwaway::new();
    run(&mut other.connect(), sql);
    turn(there, &inspect(&mut other.connect()).unwrap(), &[]).unwrap();
}

#[test]
fn times_are_those_of_utc_wherever_the_client_is() {
    let there = Throwaway::new();
    run(
        &mut there.connect(),
        "CREATE TABLE a (t timestamp);
         INSERT INTO a VALUES ('2020-06-01 12:00');
         DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = ''America/New_York''', current_database()); END $$",
    );
    turn_into(&there, "CREATE TABLE a (t timestamptz)");
    assert_eq!(values(&mut there.connect(), "SELECT t AT TIME ZONE 'UTC' FROM a"), ["2020-06-01 12:00:00"]);
}

#[test]
fn names_end_no_quotes_and_no_comments() {
    for name in
        ["a$migratable$b", "a$_migratable$ $migratable$", "a:b", ":x", "a\rDROP TABLE b;", "a\n\\! false", "a\\q"]
    {
        let there = Throwaway::new();
        let (table, schema) = (format!("CREATE TABLE \"{name}\""), format!("CREATE SCHEMA \"{name}\""));
        run(
            &mut there.connect(),
            &format!("CREATE TABLE b (x int); {table} (x int); INSERT INTO \"{name}\" VALUES (7)"),
        );
        let numbered = format!(
            "{schema}; CREATE TABLE b (x int); {table} (x bigint GENERATED ALWAYS AS IDENTITY, \"{name}\" int)"
        );
        turn_into(&there, &format!("{numbered}; CREATE TABLE \"{name}\".c (x int)"));
        let next = format!("SELECT nextval(pg_get_serial_sequence('\"{name}\"', 'x'))");
        assert_eq!(values(&mut there.connect(), &next), ["8"], "{name}");
    }
}

#[test]
fn a_computed_column_keeps_what_is_granted_on_it() {
    let there = Throwaway::new();
    let mut db = there.connect();
    let role = format!("migratable_grants_{}", std::process::id());
    run(
        &mut db,
        &format!("CREATE ROLE {role}; CREATE TABLE a (x int, \"the sum\" int GENERATED ALWAYS AS (x + 1) STORED)"),
    );
    run(&mut db, &format!("GRANT SELECT (\"the sum\"), INSERT (\"the sum\") ON a TO {role} WITH GRANT OPTION"));
    let granted = "SELECT attacl FROM pg_attribute WHERE attrelid = 'a'::regclass AND attname = 'the sum'";
    let before = values(&mut db, granted);
    turn_into(&there, "CREATE TABLE a (x bigint, \"the sum\" int GENERATED ALWAYS AS (x + 1) STORED)");
    let after = values(&mut db, granted);
    run(&mut db, &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(after, before);
}
