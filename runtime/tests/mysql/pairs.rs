//! Databases made by hand, turned into each other and back through the server's own client.

mod columns;
mod keys;
mod tables;

use std::io::Write;
use std::process::{Command, Stdio};

use migratable::Settings;
use migratable::inspect::{Inspected, Losses, inspect, script};
use migratable_core::Dialect;
use migratable_core::diff::{Answers, ColumnRename, diff};

use super::database::{Db, Throwaway, run, server, throwaway, values};
use super::reader::{assert_same, schema};

/// Two databases, each with its rows.
pub struct Pair {
    pub name: &'static str,
    pub a: &'static str,
    pub b: &'static str,
    /// A query, and what it gives after the way from A to B and before it; empty where nothing is kept.
    pub kept: &'static str,
}

fn made(sql: &str) -> Throwaway {
    let mut db = throwaway();
    run(&mut db, sql);
    db
}

fn read(db: &mut Db, what: &str) -> Inspected {
    inspect(db).unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// The script from one database to another, empty if they are equal.
fn difference(from: &Inspected, to: &Inspected, what: &str) -> String {
    let answers = Answers { allow_loss: true, ..Answers::default() };
    let plan = diff(&from.schema, &to.schema, &answers).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    if plan.upgrade.is_empty() {
        return String::new();
    }
    script(Dialect::Mysql, from, to, &plan.upgrade, Losses::Allowed, &Settings::USUAL)
        .unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// Runs a script by the client, as a user would.
pub fn client(database: &str, sql: &str) -> Result<(), String> {
    let (user, host, port) = server();
    let mut client = Command::new("mariadb");
    client.args(["--user", &user, "--host", &host, "--port", &port]).arg(database);
    let mut child = client.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the mariadb client");
    child.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn tables(db: &mut Db) -> Vec<String> {
    let base = "table_schema = DATABASE() AND table_type = 'BASE TABLE'";
    values(db, &format!("SELECT table_name FROM information_schema.tables WHERE {base}"))
}

fn counts(db: &mut Db, tables: &[String]) -> Vec<String> {
    let count = |table: &String| values(db, &format!("SELECT COUNT(*) FROM `{}`", table.replace('`', "``")))[0].clone();
    tables.iter().map(count).collect()
}

fn turn(from: &mut Throwaway, to: &mut Throwaway, what: &str) {
    let (before, after) = (read(from, what), read(to, what));
    let sql = difference(&before, &after, what);
    assert!(!sql.is_empty(), "{what}: no difference was found");
    let mut kept = tables(to);
    let there = tables(from);
    kept.retain(|table| there.contains(table));
    let rows = counts(from, &kept);
    client(&from.name, &sql).unwrap_or_else(|error| panic!("{what}: {error}\n{sql}"));
    assert_same(from, to, &format!("{what}\n{sql}"));
    let again = difference(&read(from, what), &after, what);
    assert!(again.is_empty(), "{what}: a second difference\n{sql}\n--\n{again}");
    assert_eq!(counts(from, &kept), rows, "{what}: rows\n{sql}");
}

fn check(pair: &Pair) {
    let (mut a, mut b) = (made(pair.a), made(pair.b));
    let kept = |db: &mut Db| if pair.kept.is_empty() { Vec::new() } else { values(db, pair.kept) };
    let before = kept(&mut a);
    turn(&mut a, &mut b, &format!("{}, there", pair.name));
    assert_eq!(kept(&mut a), before, "{}", pair.name);
    let mut first = made(pair.a);
    turn(&mut a, &mut first, &format!("{}, back", pair.name));
    turn(&mut b, &mut first, &format!("{}, from the other side", pair.name));
}

fn check_all(pairs: &[Pair]) {
    let bad: Vec<&str> =
        pairs.iter().filter(|pair| std::panic::catch_unwind(|| check(pair)).is_err()).map(|pair| pair.name).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn columns_turn_into_each_other() {
    check_all(columns::PAIRS);
}

#[test]
fn keys_turn_into_each_other() {
    check_all(keys::PAIRS);
}

#[test]
fn tables_turn_into_each_other() {
    check_all(tables::PAIRS);
}

#[test]
fn spelling_is_no_difference() {
    for (a, b) in [
        (
            "CREATE TABLE t (a bool DEFAULT true, b int DEFAULT 1)",
            "CREATE TABLE t (a tinyint(1) DEFAULT 1, b integer DEFAULT '1')",
        ),
        (
            "CREATE TABLE t (a datetime DEFAULT now(), b varchar(9) DEFAULT \"x\")",
            "CREATE TABLE t (a datetime DEFAULT CURRENT_TIMESTAMP, b VARCHAR(9) DEFAULT 'x')",
        ),
        ("CREATE TABLE t (a int, CHECK (a>0 and a<9))", "CREATE TABLE t (a int, CHECK ((a > 0) AND (a < 9)))"),
        (
            "CREATE TABLE t (a json)",
            "CREATE TABLE t (a longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin CHECK (json_valid(a)))",
        ),
        // The check of a column keeps its name when the column gets another one.
        (
            "CREATE TABLE t (a json, b int); ALTER TABLE t RENAME COLUMN a TO c, RENAME COLUMN b TO a",
            "CREATE TABLE t (c json, a int)",
        ),
        ("CREATE TABLE t (a int, b int AS (a+1))", "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)"),
        ("CREATE TABLE t (a decimal(5,2) DEFAULT 2.5)", "CREATE TABLE t (a numeric(5,2) DEFAULT 2.50)"),
    ] {
        let (mut a, mut b) = (made(a), made(b));
        assert_eq!(difference(&read(&mut a, "a"), &read(&mut b, "b"), "spelling"), "", "{}", schema(&mut a));
    }
}

#[test]
fn what_no_schema_holds_is_named_and_left_alone() {
    let mut db = made(
        "CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a FROM t; CREATE SEQUENCE s; \
         CREATE TABLE old (a int) WITH SYSTEM VERSIONING; CREATE TABLE p (a int) PARTITION BY HASH (a) PARTITIONS 2; \
         CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1; CREATE PROCEDURE q() SELECT 1; \
         CREATE FUNCTION f() RETURNS int RETURN 1; CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    );
    let found = read(&mut db, "not managed");
    let named: Vec<String> = found.not_managed.iter().map(ToString::to_string).collect();
    assert_eq!(
        named,
        [
            "event e",
            "function f",
            "partitions p of p",
            "procedure q",
            "sequence s",
            "system-versioned table old",
            "trigger g of t",
            "view v"
        ]
    );
    let mut plain = made("CREATE TABLE p (a int); CREATE TABLE t (a int)");
    let sql = difference(&found, &read(&mut plain, "plain"), "not managed");
    client(&db.name, &sql).unwrap();
    assert_eq!(values(&mut db, "SELECT COUNT(*) FROM information_schema.views WHERE table_schema = DATABASE()"), ["1"]);
}

#[test]
fn a_session_that_shows_tables_otherwise_reads_the_same() {
    let mut db = made(
        "CREATE TABLE p (id int PRIMARY KEY); \
         CREATE TABLE posts (id int PRIMARY KEY, p int, KEY by_p (p) USING HASH, \
         CONSTRAINT of_p FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE)",
    );
    let before = read(&mut db, "usual");
    for other in ["sql_mode = 'ANSI_QUOTES'", "sql_mode = 'ORACLE'", "sql_quote_show_create = 0"] {
        run(&mut db, &format!("SET SESSION {other}"));
        let mode = values(&mut db, "SELECT @@sql_mode");
        assert_eq!(difference(&read(&mut db, other), &before, other), "", "{other}");
        assert_eq!(values(&mut db, "SELECT @@sql_mode"), mode);
    }
}

#[test]
fn what_is_renamed_keeps_its_rows_and_all_that_mentions_it() {
    let mut a = made(
        "CREATE TABLE p (id int PRIMARY KEY); \
         CREATE TABLE posts (id int PRIMARY KEY, title varchar(20) DEFAULT 'x', p int, CHECK (length(title) > 0), \
         loud varchar(20) AS (ucase(title)) VIRTUAL, KEY by_title (title), FOREIGN KEY (p) REFERENCES p (id)); \
         INSERT INTO p VALUES (1); INSERT INTO posts (id, title, p) VALUES (1, 'one', 1)",
    );
    let mut b = made(
        "CREATE TABLE p (id int PRIMARY KEY); \
         CREATE TABLE notes (id int PRIMARY KEY, p int, `head line` varchar(40) DEFAULT 'x', \
         CHECK (length(`head line`) > 0), loud varchar(20) AS (ucase(`head line`)) VIRTUAL, \
         KEY by_title (`head line`), FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)",
    );
    let (before, after) = (read(&mut a, "a"), read(&mut b, "b"));
    let column = ColumnRename { table: "notes".into(), from: "title".to_owned(), to: "head line".to_owned() };
    let answers = Answers {
        table_renames: vec![("posts".into(), "notes".into())],
        column_renames: vec![column],
        ..Answers::default()
    };
    let plan = diff(&before.schema, &after.schema, &answers).unwrap();
    let sql = script(Dialect::Mysql, &before, &after, &plan.upgrade, Losses::Allowed, &Settings::USUAL).unwrap();
    client(&a.name, &sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    assert_same(&mut a, &mut b, &sql);
    assert_eq!(values(&mut a, "SELECT CONCAT(`head line`, loud, p) FROM notes"), ["oneONE1"]);
    assert_eq!(difference(&read(&mut a, "again"), &after, "again"), "");
}

#[test]
fn three_hundred_tables_are_read_by_a_handful_of_queries_and_one_each() {
    let mut db = throwaway();
    for at in 0..300 {
        let key = if at == 0 { String::new() } else { format!(", FOREIGN KEY (p) REFERENCES t{} (id)", at - 1) };
        run(&mut db, &format!("CREATE TABLE t{at} (id int PRIMARY KEY, p int, a varchar(9), CHECK (p > 0){key})"));
    }
    let questions = |db: &mut Db| -> u32 {
        let asked = "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Questions'";
        values(db, asked)[0].parse().unwrap()
    };
    let before = questions(&mut db);
    let found = read(&mut db, "large");
    assert_eq!(found.schema.tables.len(), 300);
    assert!(questions(&mut db) - before < 360, "{}", questions(&mut db) - before);
}

/// Each file holds two databases, with `-- =>` between them.
#[test]
fn pairs_in_files_turn_into_each_other() {
    let folder = std::env::var("MIGRATABLE_MYSQL_CORPUS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mysql/corpus").to_owned());
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let mut pairs = Vec::new();
    for file in &files {
        let text: &'static str = std::fs::read_to_string(file).unwrap().leak();
        let (a, b) = text.split_once("-- =>").unwrap_or_else(|| panic!("{}: no second database", file.display()));
        pairs.push(Pair { name: file.display().to_string().leak(), a, b, kept: "" });
    }
    check_all(&pairs);
}
