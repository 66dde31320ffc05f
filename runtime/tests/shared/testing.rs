//! The databases that tests of data steps get: each its own, and none is left.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use migratable::revision::*;
use migratable::testing::{each_database, each_database_with};
use migratable::{Given, Options};

use super::shared::MYSQL;
use super::shared::programs::{Program, line, nothing, one, run};
use crate::database::{DIALECT, Db, connect, create, remove, throwaway, url};

const NAME: &str = if MYSQL { "SELECT database()" } else { "SELECT current_database()" };

fn users(op: &mut Operations) {
    op.create_table(table("users").column(column("id", bigint())).primary_key("pk_users", ["id"]));
}

fn bio(op: &mut Operations) {
    op.add_column("users", column("bio", varchar(50)).nullable());
}

fn program() -> Program {
    line(&[(users, |op| op.drop_table("users")), (bio, |op| op.drop_column("users", "bio"))])
}

/// Whether a database is there, as another session sees it.
fn is_there(db: &mut Db, name: &str) -> bool {
    let from = if MYSQL { "information_schema.schemata WHERE schema_name" } else { "pg_database WHERE datname" };
    one(db, &format!("SELECT count(*) FROM {from} = '{name}'")) == "1"
}

/// Takes the lock by which a test says that it uses a database.
fn hold(db: &mut Db, name: &str) {
    match MYSQL {
        true => one(db, &format!("SELECT GET_LOCK('{name}', 0)")),
        false => one(db, &format!("SELECT pg_try_advisory_lock(hashtextextended('{name}', 0))")),
    };
}

#[test]
fn a_test_begins_at_the_revision_before_in_a_database_of_its_own() {
    let mut other = throwaway();
    let seen = RefCell::new(Vec::new());
    each_database(program(), "r2", &[DIALECT], |revision, db: &mut Db| {
        assert_eq!(program().current(db)?, ["r1"]);
        run(db, "INSERT INTO users (id) VALUES (1)");
        revision.upgrade(db)?;
        assert_eq!(one(db, "SELECT bio FROM users"), "NULL");
        revision.downgrade(db)?;
        assert_eq!(program().current(db)?, ["r1"]);
        assert_eq!(one(db, "SELECT id FROM users"), "1");
        seen.borrow_mut().push(one(db, NAME));
        Ok(())
    });
    let seen = seen.into_inner();
    assert!(seen.len() == 1 && seen[0].starts_with("migratable_testing_"), "{seen:?}");
    assert!(!is_there(&mut other, &seen[0]));
}

#[test]
fn a_test_that_fails_leaves_no_database() {
    let mut other = throwaway();
    for panics in [true, false] {
        let name = RefCell::new(String::new());
        let failed = catch_unwind(AssertUnwindSafe(|| {
            each_database(program(), "r2", &[DIALECT], |_, db: &mut Db| {
                *name.borrow_mut() = one(db, NAME);
                assert!(is_there(&mut throwaway(), &name.borrow()));
                if panics { panic!("no") } else { Err("no".into()) }
            });
        }));
        assert!(failed.is_err());
        assert!(!is_there(&mut other, &name.borrow()), "{}", name.borrow());
    }
}

#[test]
fn a_database_that_a_killed_test_has_left_is_dropped_and_one_in_use_is_not() {
    // Another database of the server than the one that makes them: PostgreSQL tells locks apart by that.
    let mut other = throwaway();
    let names = ["left", "used"].map(|it| format!("migratable_testing_{}_{it}", std::process::id()));
    hold(&mut other, &names[1]);
    names.iter().for_each(|name| create(name));

    each_database(program(), "r1", &[DIALECT], |_, _: &mut Db| Ok(()));

    let there = names.each_ref().map(|name| is_there(&mut other, name));
    names.iter().for_each(|name| remove(name));
    assert_eq!(there, [false, true]);
}

#[test]
fn a_database_that_cannot_be_dropped_fails_no_test() {
    let name = format!("migratable_testing_{}_entered", std::process::id());
    create(&name);
    let inside = connect(&url(&name));

    each_database(program(), "r1", &[DIALECT], |_, _: &mut Db| Ok(()));

    let is_left = is_there(&mut throwaway(), &name);
    drop(inside);
    remove(&name);
    assert_eq!(is_left, !MYSQL, "PostgreSQL drops no database that somebody is connected to");
}

#[test]
fn a_test_can_begin_behind_a_revision_that_asks_for_an_argument() {
    fn tenant(db: &mut Db) -> Result<()> {
        let tenant = argument("tenant").ok_or("say which tenant: -x tenant=…")?;
        run(db, &format!("INSERT INTO users (id) VALUES ({tenant})"));
        Ok(())
    }
    fn asking(op: &mut Operations) {
        users(op);
        op.run(tenant);
    }
    let program = || line(&[(asking, |op| op.drop_table("users")), (bio, |op| op.drop_column("users", "bio"))]);
    let failed = catch_unwind(|| each_database(program(), "r2", &[DIALECT], |_, _: &mut Db| Ok(())));
    assert!(failed.unwrap_err().downcast_ref::<String>().is_some_and(|it| it.contains("say which tenant")));

    let given = Given { arguments: [("tenant".to_owned(), "7".to_owned())].into(), tag: None };
    let options = Options { given, ..Options::default() };
    for id in ["r1", "r2"] {
        each_database_with(program(), id, &[DIALECT], &options, |revision, db: &mut Db| {
            revision.upgrade(db)?;
            assert_eq!(one(db, "SELECT id FROM users"), "7");
            Ok(())
        });
    }
}

/// On MySQL that would be a database that others use; on PostgreSQL it is part of the database that is dropped.
#[test]
fn a_table_of_a_named_schema_is_tested_where_it_goes_with_the_database() {
    fn elsewhere(op: &mut Operations) {
        let columns = table("migratable_elsewhere.notes").column(column("id", bigint()));
        op.create_table(columns.primary_key("pk_notes", ["id"]));
    }
    let program = line(&[(elsewhere, |op| op.drop_table("migratable_elsewhere.notes")), (nothing, nothing)]);
    let tested = catch_unwind(AssertUnwindSafe(|| {
        each_database(program, "r2", &[DIALECT], |_, db: &mut Db| {
            run(db, "INSERT INTO migratable_elsewhere.notes (id) VALUES (1)");
            Ok(())
        });
    }));
    let said = tested.err().map(|panic| panic.downcast_ref::<String>().cloned().unwrap_or_default());
    assert_eq!(said.is_some(), MYSQL, "{said:?}");
    assert!(said.is_none_or(|it| it.contains("`migratable_elsewhere.notes` is of another database")));
    assert!(!is_there(&mut throwaway(), "migratable_elsewhere"));
}
