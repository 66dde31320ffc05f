//! Two databases of hand-written SQL, and the script that turns one into the other.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use migratable::Settings;
use migratable::inspect::{self, Inspected, Losses};
use migratable_core::diff::{Answers, diff};
use migratable_core::{Dialect, Operation};

use super::database::{Db, memory, one, open, run, values};
use super::reader::assert_same;

fn inspect(db: &mut Db) -> Inspected {
    inspect::inspect(db).unwrap()
}

fn answers(flags: &[&str]) -> Answers {
    let mut answers = Answers { allow_loss: true, ..Answers::default() };
    for flag in flags {
        match flag.split_once(' ').unwrap() {
            ("rename", text) => answers.rename(text).unwrap(),
            ("drop", text) => answers.drop(text),
            ("default", text) => answers.fill(text).unwrap(),
            (other, _) => panic!("{other}"),
        }
    }
    answers
}

fn plan(from: &mut Db, to: &mut Db, flags: &[&str]) -> (Inspected, Inspected, Vec<Operation>) {
    let (from, to) = (inspect(from), inspect(to));
    let plan = diff(&from.schema, &to.schema, &answers(flags)).unwrap_or_else(|error| panic!("{error:?}"));
    (from, to, plan.upgrade)
}

fn script(from: &mut Db, to: &mut Db, flags: &[&str]) -> String {
    let (from, to, operations) = plan(from, to, flags);
    inspect::script(Dialect::Sqlite, &from, &to, &operations, Losses::Refused, &Settings::USUAL).unwrap()
}

/// Runs a script with the shell, foreign keys on, and gives back what it says when it fails.
fn shell(path: &Path, script: &str) -> Result<(), String> {
    let mut shell = Command::new("sqlite3");
    shell.args(["-cmd", "PRAGMA foreign_keys = ON"]).arg(path).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = shell.spawn().expect("these tests need the `sqlite3` shell");
    // A shell that stops at an error does not read to the end.
    let _ = child.stdin.take().unwrap().write_all(script.as_bytes());
    let output = child.wait_with_output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

struct Changed {
    db: Db,
    script: String,
    _folder: tempfile::TempDir,
}

/// Makes a database with rows, turns it into another, and compares it with a fresh one.
fn change(from: &str, rows: &str, to: &str, flags: &[&str]) -> Changed {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let mut db = open(&path);
    run(&mut db, from);
    run(&mut db, rows);
    let mut wanted = memory();
    run(&mut wanted, to);
    let script = script(&mut db, &mut wanted, flags);
    shell(&path, &script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    let (_, _, left) = plan(&mut db, &mut wanted, &[]);
    assert_eq!(left, [], "{script}");
    Changed { db, script, _folder: folder }
}

#[test]
fn what_is_only_spelled_otherwise_is_no_difference() {
    for (one, other) in [
        (
            "CREATE TABLE t (a VARCHAR(20), b DOUBLE PRECISION)",
            "CREATE TABLE t (a varchar ( 20 ), b double\n  precision)",
        ),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)",
            "CREATE TABLE t (\"id\" INTEGER, PRIMARY KEY (\"id\" AUTOINCREMENT))",
        ),
        ("CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a)", "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a ASC)"),
        (
            "CREATE TABLE t (a TEXT COLLATE NOCASE, UNIQUE (a)); CREATE INDEX i ON t (a)",
            "CREATE TABLE t (a TEXT COLLATE nocase, UNIQUE (a COLLATE NoCase)); CREATE INDEX i ON t (a COLLATE nocase)",
        ),
        ("CREATE TABLE t (a INT CHECK (a > 0) CHECK (a > 0))", "CREATE TABLE t (a INT CHECK (A>0))"),
        ("CREATE TABLE T (A INT, b INT AS (a + 1) VIRTUAL)", "CREATE TABLE t (a INT, B INT AS (A + 1))"),
        (
            "CREATE TABLE t (a REFERENCES p DEFERRABLE)",
            "CREATE TABLE t (a REFERENCES p DEFERRABLE INITIALLY IMMEDIATE)",
        ),
        ("CREATE TABLE t (a TEXT DEFAULT 'x')", "CREATE TABLE t (a TEXT DEFAULT ('x') NULL)"),
    ] {
        let (mut from, mut to) = (memory(), memory());
        run(&mut from, one);
        run(&mut to, other);
        assert_eq!(plan(&mut from, &mut to, &[]).2, [], "{one}\n{other}");
        assert_eq!(plan(&mut to, &mut from, &[]).2, [], "{other}\n{one}");
    }
}

#[test]
fn counters_rowids_and_references_go_along() {
    let from = "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
                CREATE TABLE c (p_id INTEGER NOT NULL REFERENCES p (id) ON DELETE CASCADE, b TEXT)";
    let to = "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL);
              CREATE TABLE c (p_id INTEGER NOT NULL REFERENCES p (id) ON DELETE CASCADE, b TEXT CHECK (b <> 'z'))";
    let rows = "INSERT INTO p VALUES (5, NULL), (9, 'x'); DELETE FROM p WHERE id = 9;
                INSERT INTO c (rowid, p_id, b) VALUES (40, 5, 'y'), (70, 5, NULL)";
    let mut changed = change(from, rows, to, &[]);
    assert_same(
        &mut changed.db,
        &mut {
            let mut fresh = memory();
            run(&mut fresh, to);
            fresh
        },
        "both made anew",
    );
    assert_eq!(values(&mut changed.db, "SELECT rowid || b FROM c"), ["40y", "NULL"]);
    assert_eq!(one(&mut changed.db, "SELECT seq FROM sqlite_sequence WHERE name = 'p'"), "9");
    assert_eq!(values(&mut changed.db, "SELECT id || '.' || a FROM p"), ["5."]);
    assert_eq!(one(&mut changed.db, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'migratable%'"), "0");
}

#[test]
fn the_text_of_a_table_made_anew_is_the_wanted_one() {
    let to = "CREATE TABLE Mixed ( -- the table\n  \"a\"   TEXT NOT NULL /* so */, [b] INT\n)";
    let mut changed = change("CREATE TABLE mixed (a TEXT, b INT)", "", to, &[]);
    assert_eq!(values(&mut changed.db, "SELECT sql FROM sqlite_master"), [to]);
}

#[test]
fn what_is_added_behind_the_last_copies_no_rows() {
    let changed = change(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT /* last */)",
        "INSERT INTO t VALUES (1, 'x')",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b VARCHAR(3) DEFAULT 'it''s', c INT); CREATE INDEX i ON t (b)",
        &[],
    );
    assert!(
        changed.script.contains("ALTER TABLE \"t\" ADD COLUMN b VARCHAR(3) DEFAULT 'it''s';"),
        "{}",
        changed.script
    );
    assert!(!changed.script.contains("INSERT OR ABORT"), "{}", changed.script);
}

#[test]
fn views_and_triggers_survive_and_follow_renames() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
                CREATE TABLE log (line TEXT);
                CREATE VIEW v AS SELECT a FROM t;
                CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END";
    let to = "CREATE TABLE u (id INTEGER PRIMARY KEY, b TEXT NOT NULL); CREATE TABLE log (line TEXT)";
    let flags = ["rename t=u", "rename u.a=u.b"];
    let mut changed = change(from, "INSERT INTO t VALUES (1, 'x')", to, &flags);
    run(&mut changed.db, "INSERT INTO u (b) VALUES ('y')");
    assert_eq!(values(&mut changed.db, "SELECT * FROM v"), ["x", "y"]);
    assert_eq!(values(&mut changed.db, "SELECT line FROM log"), ["x", "y"]);
}

#[test]
fn what_did_not_work_before_does_not_stop_a_rename() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
                CREATE TABLE log (line TEXT);
                CREATE VIEW v AS SELECT a FROM t;
                CREATE VIEW bad AS SELECT b FROM nowhere;
                CREATE VIEW worse AS SELECT b FROM bad;
                CREATE TRIGGER bad_ii INSTEAD OF INSERT ON bad BEGIN SELECT 1; END;
                CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;
                CREATE TRIGGER log_ad AFTER DELETE ON log BEGIN DELETE FROM nowhere; END";
    let to = "CREATE TABLE u (id INTEGER PRIMARY KEY, b TEXT NOT NULL); CREATE TABLE log (line TEXT)";
    let mut changed = change(from, "INSERT INTO t VALUES (1, 'x')", to, &["rename t=u", "rename u.a=u.b"]);
    run(&mut changed.db, "INSERT INTO u (b) VALUES ('y')");
    assert_eq!(values(&mut changed.db, "SELECT * FROM v"), ["x", "y"]);
    assert_eq!(values(&mut changed.db, "SELECT line FROM log"), ["x", "y"]);
    let there = "SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger') ORDER BY name";
    assert_eq!(one(&mut changed.db, there), "bad,bad_ii,log_ad,tr,v,worse");
}

#[test]
fn rows_get_what_an_answer_says() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, n TEXT)";
    let to = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, n INTEGER, b TEXT NOT NULL)";
    let flags = ["default t.a='none'", "default t.b=upper(a)", "default t.n=length(n)"];
    let mut changed = change(from, "INSERT INTO t VALUES (1, 'x', 'abc'), (2, NULL, 'd')", to, &flags);
    assert_eq!(values(&mut changed.db, "SELECT a || n || b FROM t WHERE id = 1"), ["x3X"]);
    assert_eq!(values(&mut changed.db, "SELECT a || n FROM t WHERE id = 2"), ["none1"]);
}

#[test]
fn a_column_that_is_dropped_and_made_anew_begins_empty() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)";
    let to = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)";
    let mut changed = change(from, "INSERT INTO t VALUES (1, '7')", to, &["drop t.a"]);
    assert_eq!(values(&mut changed.db, "SELECT a FROM t"), ["NULL"]);
}

#[test]
fn what_is_renamed_takes_the_place_of_what_is_dropped() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT UNIQUE);
                CREATE TABLE t_new (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT);
                CREATE TABLE c (t_id INTEGER REFERENCES t_new (id)); CREATE INDEX i ON t_new (x)";
    let rows = "INSERT INTO t VALUES (1, 'old', 'kept'); INSERT INTO t_new VALUES (7, 'new'); INSERT INTO c VALUES (7)";
    let to = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT);
              CREATE TABLE c (t_id INTEGER REFERENCES t (id)); CREATE INDEX i ON t (x)";
    let mut changed = change(from, rows, to, &["rename t_new=t", "drop t"]);
    assert_eq!(values(&mut changed.db, "SELECT id || x FROM t"), ["7new"]);
    assert_eq!(one(&mut changed.db, "SELECT seq FROM sqlite_sequence"), "7");
    assert_eq!(one(&mut changed.db, "SELECT count(*) FROM pragma_foreign_key_check"), "0");

    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT UNIQUE);
                CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END";
    let to = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE)";
    let rows = "INSERT INTO t VALUES (1, 'old', 'kept')";
    let mut changed = change(from, rows, to, &["rename t.b=t.a", "drop t.a"]);
    assert_eq!(values(&mut changed.db, "SELECT a FROM t"), ["kept"]);
    assert_eq!(one(&mut changed.db, "SELECT name FROM sqlite_master WHERE type = 'trigger'"), "tr");
}

#[test]
fn rows_that_stand_in_the_way_take_everything_back() {
    let parents = "CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT UNIQUE);";
    for (from, rows, to, expected) in [
        ("CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (1)", "CREATE TABLE t (a INT UNIQUE)", "UNIQUE"),
        ("CREATE TABLE t (a INT)", "INSERT INTO t VALUES (-1)", "CREATE TABLE t (a INT CHECK (a > 0))", "CHECK"),
        (
            &format!("{parents} CREATE TABLE c (p TEXT)"),
            "INSERT INTO c VALUES ('nowhere')",
            &format!("{parents} CREATE TABLE c (p TEXT REFERENCES p (code))"),
            "points nowhere",
        ),
        (
            "CREATE TABLE t (a INT)",
            "INSERT INTO t VALUES (1), (1)",
            "CREATE TABLE t (a INT UNIQUE ON CONFLICT IGNORE)",
            "UNIQUE",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let (mut db, mut wanted) = (open(&path), memory());
        run(&mut db, from);
        run(&mut db, rows);
        run(&mut wanted, to);
        let before = inspect(&mut db);
        let error = shell(&path, &script(&mut db, &mut wanted, &[])).expect_err(to);
        assert!(error.contains(expected), "{error}");
        assert_eq!(inspect(&mut db), before, "{to}");
    }
}

#[test]
fn references_that_pointed_nowhere_before_do_not_stop_it() {
    let from = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INT REFERENCES p (id), a TEXT)";
    let to = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INT REFERENCES p (id), a TEXT NOT NULL)";
    let rows = "PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (99, 'x')";
    let mut changed = change(from, rows, to, &[]);
    assert_eq!(values(&mut changed.db, "SELECT p FROM c"), ["99"]);
}

#[test]
fn what_has_the_names_of_the_tool_is_kept() {
    let mine = "CREATE TABLE Migratable_old_t (x TEXT); CREATE TABLE migratable_users (y TEXT);";
    let from = format!("{mine} CREATE TABLE t (a TEXT); CREATE TABLE migratable_revisions (y)");
    let rows = "INSERT INTO t VALUES ('a'); INSERT INTO migratable_old_t VALUES ('x');
                INSERT INTO migratable_users VALUES ('y')";
    let mut changed = change(&from, rows, &format!("{mine} CREATE TABLE t (a TEXT NOT NULL)"), &[]);
    assert_eq!(values(&mut changed.db, "SELECT a || x || y FROM t, migratable_old_t, migratable_users"), ["axy"]);
    let tables = "SELECT name FROM sqlite_master ORDER BY lower(name)";
    assert_eq!(one(&mut changed.db, tables), "Migratable_old_t,migratable_revisions,migratable_users,t");

    let to = "CREATE TABLE T (a TEXT, b TEXT NOT NULL); CREATE TABLE Migratable_old_t (x TEXT)";
    let from = "CREATE TABLE t (a TEXT, b TEXT); CREATE TABLE Migratable_old_t (x TEXT)";
    let rows = "INSERT INTO t VALUES ('a', 'b'); INSERT INTO migratable_old_t VALUES ('x')";
    let mut changed = change(from, rows, to, &["rename t=T"]);
    assert_eq!(values(&mut changed.db, "SELECT a || b || x FROM T, migratable_old_t"), ["abx"]);
}

#[test]
fn values_that_have_no_equal_in_the_new_type_take_everything_back() {
    let strict = "CREATE TABLE t (a INTEGER) STRICT";
    let key = "CREATE TABLE t (a INTEGER PRIMARY KEY)";
    for (from, kept, lost, to, storage) in [
        ("CREATE TABLE t (a TEXT) STRICT", "'7'", "'abc'", strict, "INTEGER"),
        ("CREATE TABLE t (a TEXT) STRICT", "'-7.0'", "'007'", strict, "INTEGER"),
        ("CREATE TABLE t (a REAL) STRICT", "1.0", "1.9", strict, "INTEGER"),
        ("CREATE TABLE t (a BLOB) STRICT", "NULL", "x'37'", strict, "INTEGER"),
        ("CREATE TABLE t (a TEXT)", "'1.50'", "'1,5'", "CREATE TABLE t (a REAL) STRICT", "REAL"),
        ("CREATE TABLE t (a INT)", "3", "9007199254740993", "CREATE TABLE t (a REAL) STRICT", "REAL"),
        ("CREATE TABLE t (a TEXT PRIMARY KEY)", "'7'", "'abc'", key, "INTEGER"),
        ("CREATE TABLE t (a TEXT PRIMARY KEY)", "NULL", "'1x'", key, "INTEGER"),
        ("CREATE TABLE t (a INT PRIMARY KEY)", "7", "1.5", key, "INTEGER"),
    ] {
        let (rows, case) = (format!("INSERT INTO t VALUES ({kept})"), format!("{from}; {to}: {lost}"));
        let mut changed = change(from, &rows, to, &[]);
        let equal = format!("SELECT count(*) FROM t WHERE a = {kept} OR ({kept} IS NULL)");
        assert_eq!(values(&mut changed.db, &equal), ["1"], "{case}");

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let (mut db, mut wanted) = (open(&path), memory());
        run(&mut db, &format!("{from}; {rows}, ({lost})"));
        run(&mut wanted, to);
        let before = (inspect(&mut db), values(&mut db, "SELECT quote(a) FROM t"));
        let error = shell(&path, &script(&mut db, &mut wanted, &[])).expect_err(&case);
        let expected = format!("rows of t hold something in `a` that has no equal as {storage}");
        assert!(error.contains(&expected), "{case}: {error}");
        assert_eq!((inspect(&mut db), values(&mut db, "SELECT quote(a) FROM t")), before, "{case}");
    }
}

#[test]
fn rows_that_an_answer_fills_need_no_equal() {
    let from = "CREATE TABLE t (a TEXT) STRICT";
    let to = "CREATE TABLE t (a INTEGER) STRICT";
    let mut changed = change(from, "INSERT INTO t VALUES ('abc'), ('d')", to, &["default t.a=length(a)"]);
    assert_eq!(values(&mut changed.db, "SELECT a FROM t"), ["3", "1"]);
}

#[test]
fn a_name_that_something_else_has_is_refused() {
    let (mut from, mut to) = (memory(), memory());
    run(&mut from, "CREATE TABLE t (a INT); CREATE VIEW u AS SELECT a FROM t");
    run(&mut to, "CREATE TABLE t (a INT); CREATE TABLE u (a INT)");
    let (from, to, operations) = plan(&mut from, &mut to, &[]);
    let error = inspect::script(Dialect::Sqlite, &from, &to, &operations, Losses::Refused, &Settings::USUAL)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "cannot write SQL to create table u (1 column): the database has a view of that name: drop it first"
    );
}

migratable::diesel::define_sql_function! {
    /// Something that the application brings along.
    fn is_good(value: migratable::diesel::sql_types::Integer) -> migratable::diesel::sql_types::Bool;
}

#[test]
fn what_the_application_brings_along_does_not_hide_what_views_need() {
    let with = |sql: &str| {
        let mut db = memory();
        db.register_collation("unicode", str::cmp).unwrap();
        is_good_utils::register_impl(&mut db, |value: i32| value > 0).unwrap();
        run(&mut db, sql);
        db
    };
    let beside = [
        "CREATE TABLE u (n TEXT COLLATE unicode); CREATE INDEX un ON u (n)",
        "CREATE TABLE u (n INTEGER); CREATE INDEX un ON u (is_good(n))",
        "CREATE TABLE u (n INTEGER CHECK (is_good(n)))",
    ];
    for beside in beside {
        let needs = "CREATE VIEW v AS SELECT x.a FROM t AS x";
        let before = &mut with(&format!("{beside}; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); {needs}"));
        for (to, said) in [
            ("CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT)", Some("the view v needs `t.a`")),
            ("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)", None),
            ("CREATE TABLE other (id INTEGER)", Some("the view v needs `t`")),
        ] {
            let (from, to, operations) = plan(before, &mut with(&format!("{beside}; {to}")), &[]);
            let written = inspect::script(Dialect::Sqlite, &from, &to, &operations, Losses::Allowed, &Settings::USUAL);
            let refused = written.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.map_or(refused.is_empty(), |said| refused.contains(said)), "{beside}: {refused}");
        }
    }
}

#[test]
fn a_schema_made_in_memory_reads_as_the_one_that_it_makes() {
    use migratable_core::builder::*;
    let mut schema = migratable_core::Schema::default();
    let users = table("users")
        .column(column("id", bigint()).identity(identity()))
        .column(column("email", varchar(80)).nullable())
        .primary_key("pk_users", ["id"])
        .unique("uq_users_email", ["email"])
        .index(index("ix_users_email").on("email"));
    schema.tables.insert(users.name.clone(), users);
    let mut db = memory();
    let found = inspect::inspect_scratch(&mut db, &schema).unwrap();
    assert_eq!(one(&mut db, "SELECT count(*) FROM sqlite_master"), "0", "nothing of it is left");
    let table = &found.schema.tables[&"users".into()];
    assert_eq!(table.columns.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["id", "email"]);
    assert_eq!(table.uniques[0].name, "uq_users_email");
    assert_eq!(table.indexes[0].name, "ix_users_email");
    for name in ["users", "ix_users_email"] {
        run(&mut db, &found.definitions[name]);
    }
    assert_eq!(inspect(&mut db), found);
}
