//! Scripts for `psql`.

use migratable::Dialect;
use migratable::revision::*;

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
