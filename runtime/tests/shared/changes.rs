//! Each kind of operation, up and down, on tables with rows that refer to one another.

pub mod columns;
pub mod tables;

use migratable::Direction;
use migratable::revision::*;
use migratable_core::{ColumnType, Index};

use super::MYSQL;
use super::programs::{Program, down, line, nothing, replay, run, values};
use crate::database::{assert_is, throwaway};

/// A text that every dialect takes in keys and with defaults.
pub fn short_text() -> ColumnType {
    if MYSQL { varchar(100) } else { text() }
}

/// An index, partial where there are partial indexes.
fn by_age() -> Index {
    let by_age = index("ix_users_age").on(desc("age"));
    if MYSQL { by_age } else { by_age.filter(sql("age > 0")) }
}

/// Users with a post each; the post refers to its user and dies with it.
pub fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(
        table("users")
            .column(column("id", bigint()).identity(identity()))
            .column(column("name", varchar(40)))
            .column(column("age", integer()).nullable())
            .column(column("score", short_text()).default("7"))
            .column(column("mood", enumeration("mood")).default("happy"))
            .primary_key("pk_users", ["id"])
            .unique("uq_users_name", ["name"])
            .index(by_age())
            .check("ck_users_age", sql("age < 200")),
    );
    op.create_table(
        table("posts")
            .column(column("id", bigint()).identity(identity().always()))
            .column(column("user_id", bigint()))
            .column(column("title", short_text()))
            .primary_key("pk_posts", ["id"])
            .foreign_key(
                foreign_key("fk_posts_user_id_users", ["user_id"]).references("users", ["id"]).on_delete(cascade()),
            ),
    );
}

pub const ROWS: &str =
    "INSERT INTO users (id, name, age, score, mood) VALUES (1, 'ann', 30, '7', 'sad'), (5, 'bob', NULL, '8', 'happy');
                    INSERT INTO posts (user_id, title) VALUES (5, 'first'), (1, 'second');";

pub struct Case {
    pub name: &'static str,
    pub up: fn(&mut Operations),
    pub down: fn(&mut Operations),
    /// A query and what it gives after the upgrade.
    pub after: (&'static str, &'static str),
}

fn check_case(case: &Case) {
    let program: Program = line(&[(base, nothing), (case.up, case.down)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    let back = program.revisions()[1].operations(Direction::Downgrade);
    for round in ["first", "second"] {
        let what = format!("{}, {round} time", case.name);
        program.upgrade(&mut db).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_is(&mut db, &replay(&program, &[]), &format!("up: {what}"));
        if round == "first" {
            assert_eq!(values(&mut db, case.after.0).join(" "), case.after.1, "{what}");
        }
        down(&program, &mut db, "r1").unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_is(&mut db, &replay(&program, &back), &format!("down: {what}"));
        assert_eq!(values(&mut db, "SELECT id FROM users ORDER BY id"), ["1", "5"], "{what}");
        assert_eq!(values(&mut db, "SELECT user_id FROM posts ORDER BY id"), ["5", "1"], "{what}");
    }
}

pub fn check_cases(cases: &[Case]) {
    cases.iter().for_each(check_case);
}

#[test]
fn every_change_of_columns_goes_up_and_down_and_keeps_the_rows() {
    check_cases(columns::CASES);
}

#[test]
fn every_change_of_tables_goes_up_and_down_and_keeps_the_rows() {
    check_cases(tables::CASES);
}
