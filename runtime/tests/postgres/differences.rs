//! Scripts that turn one database into another, where databases and their clients are not as usual.

use diesel::connection::SimpleConnection;
use migratable::Settings;
use migratable::inspect::{Losses, inspect, script};
use migratable_core::Dialect;
use migratable_core::diff::{Answers, diff};

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
fn a_key_gets_numbers_behind_those_that_are_there_from_a_sequence_of_many() {
    let there = Throwaway::new();
    run(
        &mut there.connect(),
        "CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);
         CREATE SEQUENCE d_id_seq START 30; CREATE TABLE d (id bigint);
         INSERT INTO a VALUES (4), (9); INSERT INTO b VALUES (-1), (6); INSERT INTO d VALUES (7)",
    );
    turn_into(
        &there,
        "CREATE SEQUENCE shared; CREATE TABLE a (id int PRIMARY KEY DEFAULT nextval('shared'));
         CREATE TABLE b (id int PRIMARY KEY DEFAULT nextval('shared')); CREATE TABLE d (id bigserial)",
    );
    assert_eq!(values(&mut there.connect(), "INSERT INTO b DEFAULT VALUES RETURNING id"), ["10"]);
    assert_eq!(values(&mut there.connect(), "INSERT INTO d DEFAULT VALUES RETURNING id"), ["30"]);
}

#[test]
fn a_sequence_that_goes_to_another_column_does_not_begin_again() {
    const FROM: &str = "CREATE SEQUENCE numbers; CREATE TABLE a (x text DEFAULT 'N' || nextval('numbers'), z integer);
                        CREATE TABLE b (y text); ALTER SEQUENCE numbers OWNED BY a.x;
                        INSERT INTO a (z) VALUES (1), (2), (3)";
    const OWNED: &str = "CREATE SEQUENCE numbers; CREATE TABLE b (y text DEFAULT 'N' || nextval('numbers'));
                         ALTER SEQUENCE numbers OWNED BY b.y;";
    for to in ["CREATE TABLE a (x text, z integer)", "CREATE TABLE a (z integer)", ""] {
        let there = Throwaway::new();
        run(&mut there.connect(), FROM);
        turn_into(&there, &format!("{OWNED} {to}"));
        assert_eq!(values(&mut there.connect(), "INSERT INTO b DEFAULT VALUES RETURNING y"), ["N4"], "{to}");
    }
}

#[test]
fn a_text_by_another_name_needs_no_cast() {
    let there = Throwaway::new();
    run(&mut there.connect(), "CREATE TABLE t (x bpchar, d date); INSERT INTO t VALUES ('7', '2024-01-02')");
    turn_into(&there, "CREATE TABLE t (x integer, d bpchar)");
    assert_eq!(values(&mut there.connect(), "SELECT x || ' ' || d FROM t"), ["7 2024-01-02"]);
}

#[test]
fn a_cast_that_is_missing_was_to_be_given_in_a_revision() {
    let (there, other) = (Throwaway::new(), Throwaway::new());
    run(
        &mut there.connect(),
        "CREATE TABLE a (id int PRIMARY KEY, born uuid); INSERT INTO a VALUES (1, gen_random_uuid())",
    );
    run(&mut other.connect(), "CREATE TABLE a (id int PRIMARY KEY, born date)");
    let wanted = inspect(&mut other.connect()).unwrap();
    let error = turn(&there, &wanted, &[]).unwrap_err();
    assert!(error.contains("no cast from uuid to date") && error.contains("`--drop a.born`"), "{error}");
    assert!(!error.contains(".using("), "{error}");
    // What it says can be typed.
    let start = error.find("ALTER TABLE").unwrap();
    let by_hand = error[start..error.find(", and compare again").unwrap()].replace("(…)", "('2020-02-02'::date)");
    run(&mut there.connect(), &by_hand);
    turn(&there, &wanted, &[]).unwrap();
    assert_eq!(values(&mut there.connect(), "SELECT born FROM a"), ["2020-02-02"]);
}

#[test]
fn a_column_without_values_had_no_way_to_a_type_without_a_cast() {
    let there = Throwaway::new();
    run(&mut there.connect(), "CREATE TABLE a (id int PRIMARY KEY, born uuid); INSERT INTO a VALUES (1, NULL)");
    turn_into(&there, "CREATE TABLE a (id int PRIMARY KEY, born date)");
    assert_eq!(values(&mut there.connect(), "SELECT id::text FROM a WHERE born IS NULL"), ["1"]);
}

#[test]
fn a_type_and_a_function_are_made_behind_the_enum_that_they_need() {
    let there = Throwaway::new();
    run(&mut there.connect(), "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)");
    turn_into(
        &there,
        "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TYPE visit AS (day date, how mood); \
         CREATE FUNCTION is_good(mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 = 'good' $$; \
         CREATE TABLE a (id int PRIMARY KEY, visits visit[], m mood CHECK (is_good(m)))",
    );
    assert_eq!(values(&mut there.connect(), "SELECT id::text FROM a WHERE visits IS NULL"), ["1"]);
}

#[test]
fn a_check_of_a_domain_that_was_never_validated_was_no_sql() {
    let there = Throwaway::new();
    run(&mut there.connect(), "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)");
    turn_into(
        &there,
        "CREATE DOMAIN pos AS int; ALTER DOMAIN pos ADD CONSTRAINT is_pos CHECK (VALUE > 0) NOT VALID; \
         CREATE TABLE a (id int PRIMARY KEY, n pos)",
    );
    let error = there.connect().batch_execute("UPDATE a SET n = -1").unwrap_err().to_string();
    assert!(error.contains("is_pos"), "{error}");
}

#[test]
fn many_tables_that_refer_to_each_other_are_logged_without_a_long_search() {
    let there = Throwaway::new();
    let tables = |unlogged: &str| -> String {
        let table = |at: usize| match at {
            0 => format!("CREATE {unlogged} TABLE t0 (id int PRIMARY KEY);"),
            _ => format!(
                "CREATE {unlogged} TABLE t{at} (id int PRIMARY KEY, a int REFERENCES t{0}, b int REFERENCES t{0});",
                at - 1
            ),
        };
        (0..40).map(table).collect()
    };
    run(&mut there.connect(), &tables("UNLOGGED"));
    turn_into(&there, &tables(""));
    turn_into(&there, &tables("UNLOGGED"));
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

#[test]
fn a_view_keeps_what_is_granted_on_its_columns() {
    let there = Throwaway::new();
    let mut db = there.connect();
    let role = format!("migratable_view_grants_{}", std::process::id());
    run(&mut db, &format!("CREATE ROLE {role}; CREATE TABLE a (x int); CREATE VIEW v AS SELECT x FROM a"));
    run(&mut db, &format!("GRANT SELECT (x) ON v TO {role} WITH GRANT OPTION"));
    let granted = "SELECT attacl FROM pg_attribute WHERE attrelid = 'v'::regclass AND attname = 'x'";
    let before = values(&mut db, granted);
    turn_into(&there, "CREATE TABLE a (x bigint)");
    let after = values(&mut db, granted);
    run(&mut db, &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(after, before);
}

#[test]
fn tables_and_indexes_stand_where_they_are_wanted_and_what_is_made_again_where_it_stood() {
    let space = format!("migratable_space_{}", std::process::id());
    let (there, other, server) = (Throwaway::new(), Throwaway::new(), Throwaway::new());
    let mut outside = server.connect();
    run(&mut outside, "SET allow_in_place_tablespaces = on");
    run(&mut outside, &format!("CREATE TABLESPACE {space} LOCATION ''"));
    let made = |at: &str, key: &str| {
        format!(
            "CREATE TABLE a (id int, x text, CONSTRAINT pk PRIMARY KEY (id) {key}) {at};
             CREATE UNIQUE INDEX ix ON a (lower(x)) {at}"
        )
    };
    let (at, key) = (format!("TABLESPACE {space}"), format!("USING INDEX TABLESPACE {space}"));
    let view = format!("CREATE MATERIALIZED VIEW m {at} AS SELECT x FROM a; CREATE INDEX im ON m (x) {at}");
    run(&mut there.connect(), &format!("{}; INSERT INTO a VALUES (1, 'one'); {view}", made("", "")));
    let placed = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class \
                  WHERE reltablespace <> 0 AND relnamespace = 'public'::regnamespace";
    let mut seen = Vec::new();
    for (at, key, type_name) in [(&*at, &*key, "text"), (&at, &key, "varchar(9)"), ("", "", "varchar(9)")] {
        run(&mut other.connect(), "DROP TABLE IF EXISTS a");
        run(&mut other.connect(), &made(at, key).replace("x text", &format!("x {type_name}")));
        let turned = turn(&there, &inspect(&mut other.connect()).unwrap(), &[]);
        seen.push(turned.map(|()| values(&mut there.connect(), placed).join("")));
    }
    drop((there, other));
    run(&mut outside, &format!("DROP TABLESPACE {space}"));
    let wanted = ["a im ix m pk", "a im ix m pk", "im m"].map(|it| Ok(it.to_owned()));
    assert_eq!(seen, wanted);
}

#[test]
fn what_rests_on_a_column_is_set_aside_where_it_is_left_out_of_the_comparison() {
    for sql in [
        "CREATE SCHEMA reporting; CREATE VIEW reporting.v AS SELECT x FROM a",
        "CREATE VIEW legacy_v AS SELECT x FROM a",
    ] {
        let (there, other) = (Throwaway::new(), Throwaway::new());
        run(&mut there.connect(), &format!("CREATE TABLE a (x int); INSERT INTO a VALUES (7); {sql}"));
        run(&mut other.connect(), "CREATE TABLE a (x bigint)");
        let wanted = inspect(&mut other.connect()).unwrap();
        let found = inspect(&mut there.connect()).unwrap().without_other_schemas(&wanted.schema);
        let found = found.without_tables(|table| table.name.starts_with("legacy_"));
        assert!(found.not_managed.is_empty(), "{:?}", found.not_managed);
        let operations = diff(&found.schema, &wanted.schema, &Answers::default()).unwrap().upgrade;
        let script = script(Dialect::Postgres, &found, &wanted, &operations, Losses::Refused, &Settings::USUAL);
        there.psql(&script.unwrap()).unwrap();
    }
}

#[test]
fn a_sequence_stays_that_another_column_takes_numbers_from() {
    let there = Throwaway::new();
    let mut db = there.connect();
    let user = "CREATE TABLE b (id int DEFAULT nextval('a_n_seq'))";
    run(&mut db, &format!("CREATE TABLE a (n serial, m int); {user}; INSERT INTO a (m) VALUES (1), (2)"));
    turn_into(&there, &format!("CREATE SEQUENCE a_n_seq AS integer; {user}; CREATE TABLE a (n int NOT NULL, m int)"));
    run(&mut db, "INSERT INTO b DEFAULT VALUES");
    turn_into(&there, &format!("CREATE SEQUENCE a_n_seq AS integer; {user}"));
    run(&mut db, "INSERT INTO b DEFAULT VALUES");
    assert_eq!(values(&mut db, "SELECT id FROM b ORDER BY id"), ["3", "4"]);
}

/// A type with all that may stand on one: a comment, privileges, a function, a policy and a trigger.
const MOOD: &str = "CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE TABLE a (m mood DEFAULT 'sad')";

#[test]
fn a_value_that_nothing_uses_is_added_to_its_type() {
    let there = Throwaway::new();
    let mut db = there.connect();
    run(&mut db, MOOD);
    run(
        &mut db,
        "INSERT INTO a VALUES ('happy'), ('sad');
         CREATE FUNCTION f(m mood) RETURNS boolean LANGUAGE sql AS 'SELECT true';
         CREATE POLICY p ON a USING (m = 'happy');
         CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW WHEN (NEW.m = 'sad') EXECUTE FUNCTION g();
         COMMENT ON TYPE mood IS 'how it is'",
    );
    turn_into(
        &there,
        "CREATE TYPE mood AS ENUM ('it''s', 'happy', 'so', 'so so', 'sad', 'angry');
         CREATE TABLE a (m mood DEFAULT 'sad', other mood)",
    );
    assert_eq!(values(&mut db, "SELECT m FROM a WHERE f(m) ORDER BY m"), ["happy", "sad"]);
    assert_eq!(values(&mut db, "SELECT obj_description('mood'::regtype, 'pg_type')"), ["how it is"]);
}

#[test]
fn a_value_that_something_uses_comes_with_a_new_type_of_the_same_owner() {
    let there = Throwaway::new();
    let mut db = there.connect();
    let role = format!("migratable_owner_{}", std::process::id());
    run(&mut db, MOOD);
    run(
        &mut db,
        &format!(
            "CREATE ROLE {role}; ALTER TYPE mood OWNER TO {role}; COMMENT ON TYPE mood IS 'how''s it';
             REVOKE ALL ON TYPE mood FROM PUBLIC; GRANT USAGE ON TYPE mood TO postgres WITH GRANT OPTION"
        ),
    );
    let what = "SELECT format('%s %s %s', typowner, typacl, obj_description(oid, 'pg_type')) FROM pg_type WHERE typname = 'mood'";
    let before = values(&mut db, what);
    let mut after = Vec::new();
    for uses in [
        "CREATE TABLE a (m mood DEFAULT 'angry')",
        "CREATE TABLE a (m mood DEFAULT 'sad', CHECK (m <> 'it''s'))",
        "CREATE TABLE a (m mood DEFAULT 'sad', n mood[] DEFAULT '{angry}')",
    ] {
        let values_there =
            if after.len() % 2 == 0 { "'happy', 'sad', 'angry', 'it''s'" } else { "'it''s', 'happy', 'sad'" };
        turn_into(&there, &format!("CREATE TYPE mood AS ENUM ({values_there}); {uses}"));
        after.push(values(&mut db, what));
    }
    run(&mut db, &format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}"));
    assert!(after.iter().all(|it| *it == before), "{after:?} {before:?}");
}
