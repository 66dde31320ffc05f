//! Scripts for `psql`.

use migratable::inspect::{Inspected, Losses, script};
use migratable::revision::*;
use migratable::{Dialect, Direction, Settings};

use super::database::{Throwaway, assert_is, line, nothing, replay, run, values};
use super::quoted::program;

#[test]
fn a_script_does_what_the_program_does() {
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    throwaway.psql(&program().upgrade_sql(Dialect::Postgres, "r1").unwrap()).unwrap();
    run(&mut db, "INSERT INTO users (mood) VALUES ('happy'); INSERT INTO posts (user_id) VALUES (1)");
    throwaway.psql(&program().upgrade_sql(Dialect::Postgres, "r1:head").unwrap()).unwrap();
    assert_is(&mut db, &replay(&program(), &[]), "upgrade");
    assert_eq!(values(&mut db, "SELECT \"full name\" FROM users ORDER BY id"), ["it's; \\ -- \"fine\"!", "a;b"]);
    assert!(program().ensure_current(&mut db).is_ok());
    throwaway.psql(&program().downgrade_sql(Dialect::Postgres, "head:base").unwrap()).unwrap();
    assert_is(&mut db, &migratable_core::Schema::default(), "downgrade");
    assert_eq!(program().current(&mut db).unwrap(), Vec::<String>::new());
}

#[test]
fn a_script_stops_where_rows_would_lose_something() {
    let program = line(&[
        (|op| op.create_table(table("a").column(column("x", double()))), nothing),
        (
            |op| {
                op.alter_column("a", "x").set_type(integer());
            },
            nothing,
        ),
    ]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    throwaway.psql(&program.upgrade_sql(Dialect::Postgres, "r1").unwrap()).unwrap();
    run(&mut db, "INSERT INTO a VALUES (1.5)");
    let error = throwaway.psql(&program.upgrade_sql(Dialect::Postgres, "r1:r2").unwrap()).unwrap_err();
    assert!(error.contains("rows of a hold something in `x` that has no equal as integer"), "{error}");
    assert_eq!(values(&mut db, "SELECT x FROM a"), ["1.5"]);
    run(&mut db, "UPDATE a SET x = 2");
    throwaway.psql(&program.upgrade_sql(Dialect::Postgres, "r1:r2").unwrap()).unwrap();
    assert_eq!(values(&mut db, "SELECT x FROM a"), ["2"]);
}

#[test]
fn a_guard_ends_where_it_ends_whatever_the_names_are() {
    let program = line(&[
        (|op| op.create_table(table("a$migratable$b").column(column("x\r;:x", integer()).nullable())), nothing),
        (
            |op| {
                op.alter_column("a$migratable$b", "x\r;:x").not_null();
            },
            nothing,
        ),
    ]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    throwaway.psql(&program.upgrade_sql(Dialect::Postgres, "r1").unwrap()).unwrap();
    run(&mut db, "INSERT INTO \"a$migratable$b\" VALUES (NULL)");
    let rest = program.upgrade_sql(Dialect::Postgres, "r1:r2").unwrap();
    let error = throwaway.psql(&rest).unwrap_err();
    assert!(error.contains("rows of a$migratable$b"), "{error}");
    run(&mut db, "DELETE FROM \"a$migratable$b\"");
    throwaway.psql(&rest).unwrap();
}

#[test]
fn a_script_makes_views_again() {
    let program = line(&[
        (|op| op.create_table(table("a").column(column("x", integer())).column(column("y", integer()))), nothing),
        (
            |op| {
                op.alter_column("a", "x").set_type(bigint());
            },
            |op| {
                op.alter_column("a", "x").set_type(integer());
            },
        ),
    ]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    throwaway.psql(&program.upgrade_sql(Dialect::Postgres, "r1").unwrap()).unwrap();
    run(&mut db, "CREATE VIEW v AS SELECT x FROM a; INSERT INTO a VALUES (7, 8)");
    let kind = "SELECT v.x || ' ' || pg_typeof(v.x) FROM v";
    throwaway.psql(&program.upgrade_sql(Dialect::Postgres, "r1:r2").unwrap()).unwrap();
    assert_eq!(values(&mut db, kind), ["7 bigint"]);
    throwaway.psql(&program.downgrade_sql(Dialect::Postgres, "r2:r1").unwrap()).unwrap();
    assert_eq!(values(&mut db, kind), ["7 integer"]);

    let plain = |count| {
        let mut schema = migratable_core::Schema::default();
        let revisions = program.revisions().iter().take(count);
        revisions.flat_map(|it| it.operations(Direction::Upgrade)).for_each(|it| it.apply(&mut schema).unwrap());
        Inspected { schema, ..Inspected::default() }
    };
    let operations = program.revisions()[1].operations(Direction::Upgrade);
    throwaway
        .psql(&script(Dialect::Postgres, &plain(1), &plain(2), &operations, Losses::Refused, &Settings::USUAL).unwrap())
        .unwrap();
    assert_eq!(values(&mut db, kind), ["7 bigint"]);
}
