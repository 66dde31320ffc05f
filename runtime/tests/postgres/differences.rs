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
    for name in ["a$migratable$b", "a$_migratable$ $migratable$", "a:b", ":x", "a\rDROP TABLE b;", "a\n\\! false", "a\\q"] {
        let there = Throwaway::new();
        let (table, schema) = (format!("CREATE TABLE \"{name}\""), format!("CREATE SCHEMA \"{name}\""));
        run(&mut there.connect(), &format!("CREATE TABLE b (x int); {table} (x int); INSERT INTO \"{name}\" VALUES (7)"));
        let serial = format!("{schema}; CREATE TABLE b (x int); {table} (x bigserial, \"{name}\" int)");
        turn_into(&there, &format!("{serial}; CREATE TABLE \"{name}\".c (x int)"));
        let next = format!("SELECT nextval(pg_get_serial_sequence('\"{name}\"', 'x'))");
        assert_eq!(values(&mut there.connect(), &next), ["8"], "{name}");
    }
}
