//! A revision that says that it cannot be taken back is not, and nothing behind it is either.

use migratable::revision::*;
use migratable::{Direction, Error};

use super::programs::{Program, down, line, one, run};
use crate::database::{DIALECT, throwaway};

fn users(op: &mut Operations) {
    let id = column("id", bigint());
    op.create_table(table("users").column(id).column(column("name", varchar(50))).primary_key("pk_users", ["id"]));
}

fn drop_users(op: &mut Operations) {
    op.drop_table("users");
}

fn forget_names(op: &mut Operations) {
    op.drop_column("users", "name");
}

fn names_are_gone(op: &mut Operations) {
    op.irreversible("the names are gone");
}

fn bio(op: &mut Operations) {
    op.add_column("users", column("bio", varchar(50)).nullable());
}

fn drop_bio(op: &mut Operations) {
    op.drop_column("users", "bio");
}

fn program() -> Program {
    line(&[(users, drop_users), (forget_names, names_are_gone), (bio, drop_bio)])
}

fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    let error = outcome.unwrap_err();
    assert!(
        matches!(&error, Error::Irreversible { revision, reason, .. } if revision == "r2" && reason == "the names are gone"),
        "{error}"
    );
    let said = error.to_string();
    assert!(said.starts_with("revision r2 (") && said.contains("cannot be undone: the names are gone"), "{said}");
}

#[test]
fn a_way_back_over_it_is_refused_before_anything_is_touched() {
    let (program, mut db) = (program(), throwaway());
    program.upgrade(&mut db).unwrap();
    run(&mut db, "INSERT INTO users (id, bio) VALUES (1, 'x')");

    assert_refused(down(&program, &mut db, "base"));
    assert_refused(down(&program, &mut db, "r1"));
    assert_refused(program.plan(&mut db, "r1", Direction::Downgrade));
    assert_refused(program.downgrade_sql(DIALECT, "r3:r1"));

    assert_eq!(program.current(&mut db).unwrap(), ["r3"]);
    assert_eq!(one(&mut db, "SELECT bio FROM users"), "x");
}

#[test]
fn what_stands_behind_it_can_be_taken_back() {
    let (program, mut db) = (program(), throwaway());
    program.upgrade(&mut db).unwrap();
    down(&program, &mut db, "r2").unwrap();
    assert_eq!(program.current(&mut db).unwrap(), ["r2"]);
    assert_refused(down(&program, &mut db, "-1"));
    program.upgrade(&mut db).unwrap();
    assert_eq!(program.current(&mut db).unwrap(), ["r3"]);
}
