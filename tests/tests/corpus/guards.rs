//! Rows that stand in the way of a script: it stops at them before anything is changed for good.

use migratable_core::Dialect::{self, Mysql, Postgres, Sqlite};
use migratable_tests::databases::client::Server;
use migratable_tests::databases::comparison::diff;
use migratable_tests::databases::reader;
use migratable_tests::databases::rows::{self, Renames};

mod mysql;

/// A change that some rows do not fit.
struct Guard {
    name: &'static str,
    dialects: &'static [Dialect],
    from: &'static str,
    to: &'static str,
    /// Rows that fit.
    fit: &'static str,
    /// One more that does not.
    offends: &'static str,
    says: &'static str,
    /// Whether `--allow-loss` takes it along.
    converts: bool,
}

const ALL: &[Dialect] = &[Sqlite, Postgres, Mysql];
const SERVERS: &[Dialect] = &[Postgres, Mysql];
const NO_EQUAL: &str = "rows of t hold something in `v` that has no equal as";

const GUARDS: &[Guard] = &[
    Guard {
        name: "a shorter text",
        dialects: SERVERS,
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20));",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(3));",
        fit: "INSERT INTO t VALUES (1, 'abc'), (2, NULL);",
        offends: "INSERT INTO t VALUES (3, 'abcd');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "fewer digits",
        dialects: SERVERS,
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v NUMERIC(10, 3) NOT NULL);",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v NUMERIC(10, 1) NOT NULL);",
        fit: "INSERT INTO t VALUES (1, 12.5);",
        offends: "INSERT INTO t VALUES (2, 12.375);",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a day without its time",
        dialects: &[Postgres],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v TIMESTAMP);",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v DATE);",
        fit: "INSERT INTO t VALUES (1, '2024-02-29 00:00:00');",
        offends: "INSERT INTO t VALUES (2, '2024-02-29 12:30:00');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a day without its time",
        dialects: &[Mysql],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v DATETIME);",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v DATE);",
        fit: "INSERT INTO t VALUES (1, '2024-02-29 00:00:00');",
        offends: "INSERT INTO t VALUES (2, '2024-02-29 12:30:00');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a text with more digits than the number",
        dialects: SERVERS,
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20));",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v DECIMAL(10, 2));",
        fit: "INSERT INTO t VALUES (1, '12.5'), (2, NULL), (3, '7');",
        offends: "INSERT INTO t VALUES (4, '12.1250001');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a text that is read as another number",
        dialects: &[Sqlite],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);",
        fit: "INSERT INTO t VALUES (1, '12'), (2, NULL), (3, 'no number');",
        offends: "INSERT INTO t VALUES (4, '007');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a text that a strict number cannot be",
        dialects: &[Sqlite],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT) STRICT;",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER) STRICT;",
        fit: "INSERT INTO t VALUES (1, '12'), (2, NULL);",
        offends: "INSERT INTO t VALUES (3, 'twelve');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a value that an enum gives up",
        dialects: &[Postgres],
        from: "CREATE TYPE mood AS ENUM ('good', 'bad', 'odd'); CREATE TABLE t (id INTEGER PRIMARY KEY, v mood);",
        to: "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE t (id INTEGER PRIMARY KEY, v mood);",
        fit: "INSERT INTO t VALUES (1, 'good'), (2, NULL);",
        offends: "INSERT INTO t VALUES (3, 'odd');",
        says: "rows of t hold",
        converts: true,
    },
    Guard {
        name: "a value that an enum gives up, in an array",
        dialects: &[Postgres],
        from: "CREATE TYPE mood AS ENUM ('good', 'bad', 'odd'); CREATE TABLE t (id INTEGER PRIMARY KEY, v mood[]);",
        to: "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE t (id INTEGER PRIMARY KEY, v mood[]);",
        fit: "INSERT INTO t VALUES (1, '{good,NULL}'), (2, NULL);",
        offends: "INSERT INTO t VALUES (3, '{bad,odd}');",
        says: "rows of t hold",
        converts: true,
    },
    Guard {
        name: "a value that an enum gives up",
        dialects: &[Mysql],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v ENUM ('good', 'bad', 'odd'));",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v ENUM ('good', 'bad'));",
        fit: "INSERT INTO t VALUES (1, 'good'), (2, NULL);",
        offends: "INSERT INTO t VALUES (3, 'odd');",
        says: "rows of t hold",
        converts: true,
    },
    Guard {
        name: "a required reference to a table that is new",
        dialects: SERVERS,
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY);",
        to: "CREATE TABLE owners (id INTEGER PRIMARY KEY);
             CREATE TABLE t (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL,
                             CONSTRAINT fk_owner FOREIGN KEY (owner) REFERENCES owners (id));",
        fit: "",
        offends: "INSERT INTO t VALUES (1);",
        says: "rows of t would refer by owner to owners, which is new and holds no rows",
        converts: false,
    },
    Guard {
        name: "a required reference to a table that is new",
        dialects: &[Sqlite],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY);",
        to: "CREATE TABLE owners (id INTEGER PRIMARY KEY);
             CREATE TABLE t (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL,
                             CONSTRAINT fk_owner FOREIGN KEY (owner) REFERENCES owners (id));",
        fit: "",
        offends: "INSERT INTO t VALUES (1);",
        says: "rows of t would refer by owner to owners, which is new and holds no rows",
        converts: true,
    },
    Guard {
        name: "a reference of a column that is there to a table that is new",
        dialects: SERVERS,
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, owner INTEGER);",
        to: "CREATE TABLE owners (id INTEGER PRIMARY KEY);
             CREATE TABLE t (id INTEGER PRIMARY KEY, owner INTEGER, more INTEGER,
                             CONSTRAINT fk_owner FOREIGN KEY (owner) REFERENCES owners (id));",
        fit: "INSERT INTO t VALUES (1, NULL);",
        offends: "INSERT INTO t VALUES (2, 5);",
        says: "rows of t would refer by owner to owners, which is new and holds no rows",
        converts: false,
    },
    Guard {
        name: "a domain that takes nothing which is known",
        dialects: &[Postgres],
        from: "CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]{2}$'); CREATE TABLE t (id INTEGER PRIMARY KEY);",
        to: "CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]{2}$');
             CREATE TABLE t (id INTEGER PRIMARY KEY, v code NOT NULL);",
        fit: "",
        offends: "INSERT INTO t VALUES (1);",
        says: "rows of t need a value in the new column `v` that the domain code takes, and none is known",
        converts: false,
    },
    Guard {
        name: "rows that are not unique",
        dialects: &[Mysql],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); CREATE TABLE a (id INTEGER PRIMARY KEY);",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, CONSTRAINT uq UNIQUE (v));
             CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);",
        fit: "INSERT INTO t VALUES (1, 1), (2, NULL), (3, NULL);",
        offends: "INSERT INTO t VALUES (4, 1);",
        says: "rows of t are not unique in v",
        converts: false,
    },
    Guard {
        name: "rows that a check does not let pass",
        dialects: &[Mysql],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); CREATE TABLE a (id INTEGER PRIMARY KEY);",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, CONSTRAINT positive CHECK (v > 0));
             CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);",
        fit: "INSERT INTO t VALUES (1, 1), (2, NULL);",
        offends: "INSERT INTO t VALUES (3, 0);",
        says: "rows of t do not meet the check `positive`",
        converts: false,
    },
    Guard {
        name: "rows that refer to nothing",
        dialects: &[Mysql],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); CREATE TABLE a (id INTEGER PRIMARY KEY);",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, CONSTRAINT fk FOREIGN KEY (v) REFERENCES a (id));",
        fit: "INSERT INTO a VALUES (1); INSERT INTO t VALUES (1, 1), (2, NULL);",
        offends: "INSERT INTO t VALUES (3, 2);",
        says: "rows of t refer by v to rows of `a` that are not there",
        converts: false,
    },
    Guard {
        name: "rows that refer to nothing already, by a key whose both ends change",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, CONSTRAINT fk FOREIGN KEY (v) REFERENCES a (id));",
        to: "CREATE TABLE a (id BIGINT PRIMARY KEY);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v BIGINT, CONSTRAINT fk FOREIGN KEY (v) REFERENCES a (id));",
        fit: "INSERT INTO a VALUES (1); INSERT INTO t VALUES (1, 1), (2, NULL);",
        offends: "SET foreign_key_checks = 0; INSERT INTO t VALUES (3, 2); SET foreign_key_checks = 1;",
        says: "rows of t refer by v to rows of `a` that are not there",
        converts: false,
    },
    Guard {
        name: "a default that is computed from NULL",
        dialects: &[Mysql],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); CREATE TABLE a (id INTEGER PRIMARY KEY);",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, twice INTEGER NOT NULL DEFAULT (v * 2));",
        fit: "INSERT INTO t VALUES (1, 1);",
        offends: "INSERT INTO t VALUES (2, NULL);",
        says: "rows of t would have NULL in `twice`, which is to be NOT NULL",
        converts: false,
    },
    Guard {
        name: "texts that are no number, time or day",
        dialects: &[Mysql],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20), w VARCHAR(20) NOT NULL, x VARCHAR(20) NOT NULL);",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, w DATE NOT NULL, x DECIMAL(4, 1) NOT NULL);",
        fit: "INSERT INTO t VALUES (1, '12', '2024-02-29', '7'), (2, NULL, '2024-02-29', '12.5');",
        offends: "INSERT INTO t VALUES (3, 'a1', 'never', '123456');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a number that is too large",
        dialects: &[Mysql],
        from: "CREATE TABLE t (id INTEGER PRIMARY KEY, v BIGINT NOT NULL);",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER NOT NULL);",
        fit: "INSERT INTO t VALUES (1, 12);",
        offends: "INSERT INTO t VALUES (3, 3000000000);",
        says: NO_EQUAL,
        converts: true,
    },
];

#[test]
fn scripts_stop_at_rows_before_anything_is_changed() {
    for dialect in ALL {
        let server = Server::of(*dialect).unwrap();
        let (database, wanted) = (server.database("guard").unwrap(), server.database("guard_to").unwrap());
        for guard in GUARDS.iter().chain(mysql::VALUES).filter(|guard| guard.dialects.contains(dialect)) {
            let what = format!("{} on {dialect}", guard.name);
            wanted.make(guard.to).unwrap();
            database.make(&format!("{}\n{}", guard.from, guard.fit)).unwrap();
            let script = diff(&database, &wanted, &[], &["--sql"]).unwrap().out;
            database.run(&script).unwrap_or_else(|said| panic!("{what}: {said}\n{script}"));
            let found = reader::read(&database).unwrap();
            reader::same(&found.managed, &reader::read(&wanted).unwrap().managed).unwrap();

            database.make(&format!("{}\n{}\n{}", guard.from, guard.fit, guard.offends)).unwrap();
            let (held, before) = (reader::read(&database).unwrap(), rows::snapshot(&database).unwrap());
            let said = database.run(&script).expect_err(&what);
            // MySQL has only the failing statement to say it with, at whose line the client stops.
            let place = if *dialect == Mysql { &script } else { &said };
            assert!(place.contains(guard.says), "{what}: {said}\n{script}");
            reader::same(&reader::read(&database).unwrap().managed, &held.managed).unwrap();
            let after = rows::snapshot(&database).unwrap();
            rows::kept(&before, &after, &Renames(&[]), &[]).unwrap_or_else(|changed| panic!("{what}: {changed}"));

            let script = diff(&database, &wanted, &[], &["--sql", "--allow-loss"]).unwrap().out;
            let outcome = database.run(&script);
            assert_eq!(outcome.is_ok(), guard.converts, "{what}: {outcome:?}\n{script}");
        }
    }
}
