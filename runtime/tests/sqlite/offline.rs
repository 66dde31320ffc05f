//! Scripts for the `sqlite3` shell.

use std::path::Path;
use std::process::{Command, Stdio};

use migratable::revision::*;
use migratable::{Dialect, Options};

use super::database::{Db, down, fresh, line, memory, nothing, one, open, replay, run, values};
use super::quoted::program;
use super::reader::assert_same;

/// Runs a script with the shell. Gives back what it says when it fails; `None` if there is no shell on this machine.
fn shell(path: &Path, script: &str) -> Option<std::result::Result<(), String>> {
    let mut shell = Command::new("sqlite3").arg(path).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()?;
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), script.as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    Some(if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) })
}

type Ran = std::result::Result<(Db, tempfile::TempDir), String>;

/// Runs a script on a copy of a database. Gives back the copy and its folder, or what the shell says when it fails; `None` if there is
/// no shell on this machine.
pub fn on_a_copy(db: &mut Db, script: &str) -> Option<Ran> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.db");
    run(db, &format!("VACUUM INTO '{}'", path.display()));
    let before = std::fs::read(&path).unwrap();
    let ran = shell(&path, script)?;
    if ran.is_err() {
        assert!(std::fs::read(&path).unwrap() == before, "a script that stopped has written");
    }
    Some(ran.map(|()| (open(&path), folder)))
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

/// Asserts that a script stops for this reason. That it has written nothing is seen where it is run.
#[track_caller]
fn assert_stops(ran: Ran, reason: &str, what: &str) {
    match ran {
        Ok(_) => panic!("it does not stop: {what}"),
        Err(said) => assert!(said.contains(&format!("CHECK constraint failed: {reason}")), "{what}: {said}"),
    }
}

#[test]
fn a_script_that_fails_takes_everything_back() {
    let program = program();
    let lost = "users has something that this script would lose";
    for (change, reason) in [
        ("INSERT INTO users (name) VALUES ('x'), ('x')", "rows of users are not unique in name"),
        ("CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END", lost),
        ("PRAGMA foreign_keys = OFF; INSERT INTO posts VALUES (1, 77)", "a reference points nowhere"),
        ("CREATE TABLE migratable_guard (x); ALTER TABLE users ADD COLUMN more", lost),
    ] {
        let mut db = memory();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(&mut db, change);
        let Some(ran) = on_a_copy(&mut db, &program.upgrade_sql(Dialect::Sqlite, "r1:r2").unwrap()) else { return };
        assert_stops(ran, reason, change);
    }
}

#[test]
fn a_script_stops_in_a_database_that_is_not_where_it_begins() {
    let program = program();
    let up = |range: &str| program.upgrade_sql(Dialect::Sqlite, range).unwrap();
    let down = |range: &str| program.downgrade_sql(Dialect::Sqlite, range).unwrap();
    let forget = "DELETE FROM migratable_revisions WHERE revision = ";
    for (at, change, script, begins_at) in [
        ("base", String::new(), up("r1:head"), "r1"),
        ("base", "DROP TABLE migratable_revisions".into(), up("r2:r3"), "r2"),
        ("r1", String::new(), up("head"), "the base"),
        ("r1", String::new(), up("r2:"), "r2"),
        ("r2", String::new(), up("r1:r2"), "r1"),
        ("r2", format!("{forget} 'r1'"), up("r2:r3"), "r2"),
        ("r1", "UPDATE migratable_revisions SET revision = 'r0'".into(), up("r1:r2"), "r1"),
        ("r1", "INSERT INTO migratable_revisions SELECT 'r0', 0, '', '', '', '', 0, ''".into(), up("r1:r2"), "r1"),
        ("r2", String::new(), down("r3:r1"), "r3"),
        ("r3", String::new(), down("r2:r1"), "r2"),
        ("base", "DROP TABLE migratable_revisions".into(), down("head:base"), "r3"),
    ] {
        let mut db = memory();
        program.upgrade(&mut db).unwrap();
        program.downgrade(&mut db, at, &Options::default()).unwrap();
        run(&mut db, &change);
        let Some(ran) = on_a_copy(&mut db, &script) else { return };
        let reason = format!("the database is not at {begins_at}, where this script begins");
        assert_stops(ran, &reason, &format!("at {at}; {change}"));
    }
}

#[test]
fn a_script_from_the_base_runs_with_an_empty_history_as_with_none() {
    let program = program();
    for (target, change) in [("r1", ""), ("base", "DROP TABLE migratable_revisions"), ("base", "")] {
        let mut db = memory();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        down(&program, &mut db, "base").unwrap();
        run(&mut db, change);
        let Some(ran) = on_a_copy(&mut db, &program.upgrade_sql(Dialect::Sqlite, target).unwrap()) else { return };
        let expected = if target == "base" { "0" } else { "1" };
        assert_eq!(
            one(&mut ran.unwrap().0, "SELECT count(*) FROM migratable_revisions"),
            expected,
            "{target}, {change}"
        );
    }
}

#[test]
fn a_script_stops_before_it_loses_what_the_program_would_keep_or_refuse() {
    let program = line(&[
        (
            |op| {
                op.create_table(
                    table("p").column(column("id", bigint()).identity(identity())).primary_key("pk_p", ["id"]),
                );
                op.create_table(
                    table("checked")
                        .column(column("id", bigint()).identity(identity()))
                        .column(column("a", bigint()).nullable())
                        .column(column("b", text()).nullable().collate("NOCASE"))
                        .primary_key("pk_checked", ["id"])
                        .unique("uq_checked_b_a", ["b", "a"])
                        .check("ck_checked_a", sql("a <> 7 /* CHECK */")),
                );
            },
            nothing,
        ),
        (
            |op| {
                op.alter_column("checked", "b").default("x");
            },
            nothing,
        ),
    ]);
    let made = "CREATE TABLE checked (id INTEGER NOT NULL PRIMARY KEY, a BIGINT, b TEXT COLLATE NOCASE, \
                UNIQUE (b, a), CHECK (a <> 7))";
    let with = |from: &str, to: &str| format!("DROP TABLE checked; {}", made.replacen(from, to, 1));
    for (change, stops) in [
        (String::new(), false),
        (with("", ""), false),
        (with("checked", "Checked"), false),
        (with(" PRIMARY KEY", " PRIMARY KEY AUTOINCREMENT"), true),
        (with("a BIGINT", "a BIGINT REFERENCES p (id)"), true),
        (with("a BIGINT", "a BIGINT UNIQUE"), true),
        (with("a BIGINT", "a BIGINT CHECK (a > 0)"), true),
        (with("a BIGINT", "a BIGINT COLLATE RTRIM"), true),
        (with("a BIGINT", "a BIGINT, c TEXT"), true),
        (format!("{}; CREATE TRIGGER t AFTER INSERT ON checked BEGIN SELECT 1; END", with("checked", "Checked")), true),
        ("CREATE INDEX ix_by_hand ON checked (a)".into(), true),
        (format!("{} STRICT", with("a BIGINT", "a INTEGER")), true),
        (format!("{} WITHOUT ROWID", with("", "")), true),
    ] {
        let mut db = memory();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(
            &mut db,
            &format!("{change}; INSERT INTO p VALUES (1); INSERT INTO checked (id, a, b) VALUES (3, 1, 'kept')"),
        );
        let Some(ran) = on_a_copy(&mut db, &program.upgrade_sql(Dialect::Sqlite, "r1:r2").unwrap()) else { return };
        match stops {
            true => assert_stops(ran, "checked has something that this script would lose", &change),
            false => assert_eq!(values(&mut ran.expect(&change).0, "SELECT id || a || b FROM checked"), ["31kept"]),
        }
    }
}

#[test]
fn references_to_a_table_without_its_key_stop_neither_script_nor_program_in_the_middle() {
    let program = line(&[
        (|op| op.execute(sql("CREATE TABLE other (x)")), nothing),
        (|op| op.execute(sql("INSERT INTO other VALUES (1)")), nothing),
        (|op| op.execute(sql("DROP TABLE c")), nothing),
    ]);
    for (tables, goes_on) in [
        ("p (a); CREATE TABLE c (x REFERENCES p (a))", true),
        ("p (a, b, PRIMARY KEY (a, b)); CREATE TABLE c (x REFERENCES p)", true),
        ("p (a, b); CREATE UNIQUE INDEX u ON p (a) WHERE b; CREATE TABLE c (x REFERENCES P (a))", true),
        ("p (a, b); CREATE UNIQUE INDEX u ON p (a, b); CREATE TABLE c (x REFERENCES p (a))", true),
        ("p (a, b); CREATE UNIQUE INDEX u ON p (lower(a)); CREATE TABLE c (x REFERENCES p (a))", true),
        ("p (a UNIQUE); CREATE TABLE c (x REFERENCES p (b))", true),
        ("p (a PRIMARY KEY); CREATE TABLE c (x REFERENCES p (A))", false),
        ("p (a INTEGER PRIMARY KEY); CREATE TABLE c (x REFERENCES P)", false),
        ("p (a, b); CREATE UNIQUE INDEX u ON p (a); CREATE TABLE c (x REFERENCES p (a))", false),
        ("p (a, b, UNIQUE (a, b)); CREATE TABLE c (x, y DEFAULT 2, FOREIGN KEY (x, y) REFERENCES p (b, a))", false),
        ("p (a); CREATE TABLE c (x REFERENCES nowhere (a))", false),
    ] {
        let mut db = memory();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(&mut db, &format!("PRAGMA foreign_keys = OFF; CREATE TABLE {tables}; INSERT INTO c (x) VALUES (1)"));
        let Some(ran) = on_a_copy(&mut db, &program.upgrade_sql(Dialect::Sqlite, "r1:").unwrap()) else { return };
        let program_ran = program.upgrade(&mut db);
        match goes_on {
            true => {
                assert!(program_ran.is_ok(), "{tables}: {program_ran:?}");
                assert_eq!(one(&mut ran.expect(tables).0, "SELECT count(*) FROM other"), "1");
            }
            false => {
                assert!(program_ran.is_err(), "{tables}");
                assert_stops(ran, "a reference points nowhere", tables);
            }
        }
    }
}

#[test]
fn a_key_that_is_made_anew_in_one_revision_is_made_by_a_script_too() {
    let program = line(&[
        (
            |op| {
                op.create_table(
                    table("p").column(column("code", text())).index(index("ix_p_code").on("code").unique()),
                );
                let key = foreign_key("fk_c_code_p", ["code"]).references("p", ["code"]);
                op.create_table(table("c").column(column("code", text())).foreign_key(key.on_delete(cascade())));
            },
            nothing,
        ),
        (
            |op| {
                op.execute(sql("DROP INDEX ix_p_code"));
                op.execute(sql("UPDATE p SET code = upper(code)"));
                op.execute(sql("UPDATE c SET code = upper(code)"));
                op.execute(sql("CREATE UNIQUE INDEX \"ix_p_code\" ON \"p\" (\"code\")"));
            },
            nothing,
        ),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "INSERT INTO p VALUES ('a'), ('b'); INSERT INTO c VALUES ('b'), ('b')");
    let Some(ran) = on_a_copy(&mut db, &program.upgrade_sql(Dialect::Sqlite, "r1:r2").unwrap()) else { return };
    program.upgrade(&mut db).unwrap();
    for db in [&mut db, &mut ran.unwrap().0] {
        assert_same(db, &mut fresh(&replay(&program, &[])), "by program and by script");
        assert_eq!(values(db, "SELECT code FROM c"), ["B", "B"]);
        run(db, "PRAGMA foreign_keys = ON; DELETE FROM p WHERE code = 'B'");
        assert_eq!(one(db, "SELECT count(*) FROM c"), "0", "the cascade works as before");
    }
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
    for dialect in Dialect::ALL.into_iter().filter(|it| !migratable::AnyConnection::DIALECTS.contains(it)) {
        let error = program.upgrade_sql(dialect, "head").unwrap_err().to_string();
        assert!(error.contains(&format!("built without {dialect}")), "{error}");
    }
}
