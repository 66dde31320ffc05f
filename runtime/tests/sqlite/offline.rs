//! Scripts for the `sqlite3` shell.

use std::path::Path;
use std::process::{Command, Stdio};

use migratable::revision::*;
use migratable::{Dialect, Options};

use super::database::{Db, Program, down, fresh, line, nothing, one, open, replay, run, values};
use super::reader::assert_same;

fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(
        table("users")
            .column(column("id", bigint()).identity(identity().always()))
            .column(column("name", text()).default("it's; -- \"fine\""))
            .column(column("mood", enumeration("mood")).default("sad"))
            .primary_key("pk_users", ["id"]),
    );
    op.create_table(
        table("posts")
            .column(column("id", bigint()).identity(identity()))
            .column(column("user_id", bigint()))
            .primary_key("pk_posts", ["id"])
            .foreign_key(foreign_key("fk_p", ["user_id"]).references("users", ["id"]).on_delete(cascade())),
    );
}

fn program() -> Program {
    line(&[
        (base, |op| {
            op.drop_table("posts");
            op.drop_table("users");
            op.drop_enum("mood");
        }),
        (
            |op| {
                op.alter_column("users", "name").nullable();
                op.create_unique("users", unique("uq_users_name", ["name"]));
                op.execute(sql("UPDATE users SET name = name || '!' -- loud"));
            },
            |op| {
                op.drop_unique("users", "uq_users_name");
                op.backfill_where("users", "name", sql("''"), sql("name IS NULL"));
                op.alter_column("users", "name").not_null();
            },
        ),
        (
            |op| {
                op.rename_column("users", "name", "full name");
                op.bulk_insert("users", ["full name"], [[value("a;b")]]);
            },
            |op| op.rename_column("users", "full name", "name"),
        ),
    ])
}

/// Runs a script with the shell. Gives back what it says when it fails; `None` if there is no shell on this machine.
fn shell(path: &Path, script: &str) -> Option<std::result::Result<(), String>> {
    let mut shell = Command::new("sqlite3").arg(path).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()?;
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), script.as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    Some(if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) })
}

#[test]
fn scripts_do_what_the_program_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let program = program();
    let Some(ran) = shell(&path, &program.upgrade_sql(Dialect::Sqlite, "r1").unwrap()) else { return };
    ran.unwrap();
    let mut db: Db = open(&path);
    run(
        &mut db,
        "INSERT INTO users (id, name) VALUES (3, 'ann'), (9, 'bob'); INSERT INTO posts VALUES (1, 3); DELETE FROM users WHERE id = 9",
    );
    shell(&path, &program.upgrade_sql(Dialect::Sqlite, "r1:head").unwrap()).unwrap().unwrap();
    assert_same(&mut db, &mut fresh(&replay(&program, &[])), "by script");
    assert_eq!(values(&mut db, "SELECT id || \"full name\" FROM users ORDER BY id"), ["3ann!", "10a;b"]);
    assert_eq!(one(&mut db, "SELECT count(*) FROM posts"), "1");
    assert_eq!(one(&mut db, "SELECT revision FROM migratable_revisions ORDER BY ordinal"), "r1,r2,r3");
    assert!(program.upgrade(&mut db).unwrap().done.is_empty(), "the program goes on from there");
    shell(&path, &program.downgrade_sql(Dialect::Sqlite, "head:r1").unwrap()).unwrap().unwrap();
    assert_eq!(values(&mut db, "SELECT name FROM users"), ["ann!", "a;b"]);
    down(&program, &mut db, "base").unwrap();
}

#[test]
fn a_script_that_fails_takes_everything_back() {
    let program = program();
    for (row, expected) in [
        ("INSERT INTO users (name) VALUES ('x'), ('x')", "CHECK constraint failed: stopped"),
        ("CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END", "CHECK constraint failed: stopped"),
        ("PRAGMA foreign_keys = OFF; INSERT INTO posts VALUES (1, 77)", "CHECK constraint failed: stopped"),
        ("CREATE TABLE migratable_guard (x); ALTER TABLE users ADD COLUMN more", "CHECK constraint failed: stopped"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let mut db = open(&path);
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(&mut db, row);
        let before = super::reader::schema(&mut db);
        let Some(ran) = shell(&path, &program.upgrade_sql(Dialect::Sqlite, "r1:r2").unwrap()) else { return };
        let error = ran.expect_err(row);
        assert!(error.contains(expected), "{error}");
        assert_eq!(super::reader::schema(&mut db), before, "{row}");
        assert_eq!(values(&mut db, "SELECT revision FROM migratable_revisions"), ["r1"]);
    }
}

#[test]
fn a_step_in_rust_stops_the_script() {
    fn fill(_: &mut Db) -> Result<()> {
        Ok(())
    }
    let program = line(&[(base, nothing), (|op| op.run(fill), nothing)]);
    let error = program.upgrade_sql(Dialect::Sqlite, "head").unwrap_err().to_string();
    assert!(error.contains("revision r2 runs the step `fill`"), "{error}");
    assert!(program.upgrade_sql(Dialect::Sqlite, "r1").unwrap().contains("CREATE TABLE \"users\""));
}

#[test]
fn ranges_that_make_no_sense_say_what_is_right() {
    let program = program();
    for (direction, range, expected) in [
        ("down", "r1", "needs both ends, as in `head:base`"),
        ("down", "r1:r3", "`r3` does not come before `r1`"),
        ("up", "r3:r1", "`r1` does not come behind `r3`"),
        ("up", "nonsense", "no revision is called `nonsense`"),
    ] {
        let written = match direction {
            "up" => program.upgrade_sql(Dialect::Sqlite, range),
            _ => program.downgrade_sql(Dialect::Sqlite, range),
        };
        let error = written.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = program.upgrade_sql(Dialect::Postgres, "head").unwrap_err().to_string();
    assert!(error.contains("built without PostgreSQL"), "{error}");
}
