//! SQL that is written by hand: with what it does to the schema, and for some databases only.

use migratable::Direction;
use migratable::revision::*;

use super::each;
use super::programs::{Program, Record, down, line, nothing, one, replay, run, values};
use crate::database::{DIALECT, Throwaway, assert_is, throwaway};

fn posts(op: &mut Operations) {
    op.create_table(
        table("posts")
            .column(column("id", bigint()).identity(identity()))
            .column(column("title", varchar(50)))
            .primary_key("pk_posts", ["id"]),
    );
}

const ROWS: &str = "INSERT INTO posts (id, title) VALUES (1, 'first'), (2, 'second')";

/// Posts with two rows, one revision further on; with the change that is tried as the next.
fn migrated(up: Record, back: Record) -> (Program, Throwaway) {
    let (program, mut db) = (line(&[(posts, nothing), (up, back)]), throwaway());
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    (program, db)
}

/// An index made by hand; the table that it stands on is made anew on SQLite right behind it.
fn by_hand(op: &mut Operations) {
    op.execute_as(sql("CREATE INDEX ix_posts_title ON posts (title)"), |op| {
        op.create_index("posts", index("ix_posts_title").on("title"));
    });
    op.alter_column("posts", "title").nullable();
    op.execute_as(sql("ALTER TABLE posts ADD COLUMN note VARCHAR(20)"), |op| {
        op.add_column("posts", column("note", varchar(20)).nullable());
    });
    op.backfill("posts", "note", sql("'new'"));
}

fn by_hand_and_back(op: &mut Operations) {
    op.drop_column("posts", "note");
    op.alter_column("posts", "title").not_null();
    op.execute_as(
        sql_each()
            .sqlite("DROP INDEX ix_posts_title")
            .postgres("DROP INDEX ix_posts_title")
            .mysql("DROP INDEX ix_posts_title ON posts"),
        |op| {
            op.drop_index("posts", "ix_posts_title");
        },
    );
}

#[test]
fn what_it_does_is_part_of_the_schema_there_and_back() {
    let (program, mut db) = migrated(by_hand, by_hand_and_back);
    let back = program.revisions()[1].operations(Direction::Downgrade);
    for round in ["first", "second"] {
        program.upgrade(&mut db).unwrap_or_else(|error| panic!("{round}: {error}"));
        assert_is(&mut db, &replay(&program, &[]), &format!("up, {round}"));

        assert_eq!(one(&mut db, "SELECT note FROM posts WHERE title = 'second'"), "new");
        down(&program, &mut db, "r1").unwrap_or_else(|error| panic!("{round}: {error}"));
        assert_is(&mut db, &replay(&program, &back), &format!("back, {round}"));
        assert_eq!(values(&mut db, "SELECT title FROM posts ORDER BY id"), ["first", "second"], "{round}");
    }
}

#[test]
fn a_later_revision_that_makes_the_table_anew_keeps_what_it_made() {
    fn checked(op: &mut Operations) {
        op.create_check("posts", check("ck_posts_title", sql("title <> ''")));
    }
    let program = line(&[(posts, nothing), (by_hand, nothing), (checked, nothing)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    program.upgrade_to(&mut db, "r2", &Default::default()).unwrap();
    program.upgrade(&mut db).unwrap();
    assert_is(&mut db, &replay(&program, &[]), "behind a check");
    assert_eq!(values(&mut db, "SELECT title FROM posts ORDER BY id"), ["first", "second"]);
}

#[test]
fn a_statement_for_one_database_is_run_on_that_one_only() {
    fn say(op: &mut Operations) {
        op.execute(sql_each().sqlite("UPDATE posts SET title = 'sqlite' WHERE id = 1"));
        op.execute(sql_each().postgres("UPDATE posts SET title = 'postgres' WHERE id = 1"));
        op.execute(sql_each().mysql("UPDATE posts SET title = 'mysql' WHERE id = 1"));
        op.execute(sql_each().postgres("UPDATE posts SET title = 'only here' WHERE id = 2"));
    }
    let (program, mut db) = migrated(say, nothing);
    program.upgrade(&mut db).unwrap();
    assert_is(&mut db, &replay(&program, &[]), "the schema stays");
    let titles = values(&mut db, "SELECT title FROM posts ORDER BY id");
    assert_eq!(titles, [DIALECT.name(), each("second", "only here", "second")]);
    down(&program, &mut db, "r1").unwrap();
}

#[test]
fn an_effect_without_a_statement_is_refused_before_anything_is_changed() {
    fn elsewhere(op: &mut Operations) {
        op.alter_column("posts", "title").nullable();
        let add = "ALTER TABLE posts ADD COLUMN note VARCHAR(20)";
        let sql = match DIALECT {
            migratable::Dialect::Postgres => sql_each().mysql(add),
            _ => sql_each().postgres(add),
        };
        op.execute_as(sql, |op| op.add_column("posts", column("note", varchar(20)).nullable()));
    }
    let (program, mut db) = migrated(elsewhere, nothing);
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    let name = each("SQLite", "PostgreSQL", "MySQL");
    assert!(error.contains(&format!("a statement with an effect has no SQL for {name}")), "{error}");
    assert_eq!(program.current(&mut db).unwrap(), ["r1"]);
    assert_is(&mut db, &replay(&line(&[(posts, nothing)]), &[]), "refused");
    assert_eq!(values(&mut db, "SELECT title FROM posts ORDER BY id"), ["first", "second"]);
}

#[test]
fn an_empty_statement_is_refused_before_anything_is_changed() {
    fn empty(op: &mut Operations) {
        op.alter_column("posts", "title").nullable();
        op.execute(sql(" "));
    }
    let (program, mut db) = migrated(empty, nothing);
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("a statement without a word"), "{error}");
    assert_eq!(program.current(&mut db).unwrap(), ["r1"]);
    assert_is(&mut db, &replay(&line(&[(posts, nothing)]), &[]), "refused");
}
