//! The commands that speak to a database.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use migratable::revision::*;
use migratable_cli::{Migrator, Project};
use serde_json::Value;

use super::movement::sqlite;
use crate::project::{Blog, Ran, assert_says, run};

pub const A: &str = "aa0000000001";
pub const B: &str = "bb0000000002";

fn create_users(op: &mut Operations) {
    op.create_table(table("users").column(column("id", bigint())).primary_key("pk_users", ["id"]));
}

fn drop_users(op: &mut Operations) {
    op.drop_table("users");
}

fn add_bio(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
}

fn drop_bio(op: &mut Operations) {
    op.drop_column("users", "bio");
}

pub const fn revision(
    id: &'static str,
    after: &'static [&'static str],
    message: &'static str,
    upgrade: fn(&mut Operations),
    downgrade: fn(&mut Operations),
) -> migratable::Revision {
    migratable::Revision {
        id,
        after,
        depends_on: &[],
        labels: &[],
        replaces: &[],
        message,
        file: "some_file.rs",
        checksum: id,
        steps_checksum: None,
        transaction: None,
        upgrade,
        downgrade,
    }
}

static REVISIONS: [migratable::Revision; 2] =
    [revision(A, &[], "users", create_users, drop_users), revision(B, &[A], "add a bio", add_bio, drop_bio)];

/// A program with the first of the revisions, or with both.
pub fn program(blog: &Blog, revisions: usize, configuration: &str) -> Project {
    Project::new(blog.path("migrations"), "blog-migrations", configuration)
        .with_migrator(Migrator::new(&REVISIONS[..revisions]))
}

pub const CONFIGURATION: &str = "[package]\nname = \"blog-migrations\"\n\n[package.metadata.migratable]\n\
     dialects = [\"sqlite\"]\ndatabase-url = \"sqlite://blog.db\"\n";

fn at(blog: &Blog, folder: &Path, arguments: &[&str]) -> Ran {
    run(&program(blog, 2, CONFIGURATION), folder, &BTreeMap::new(), None, arguments)
}

fn ok(blog: &Blog, arguments: &[&str]) -> String {
    let ran = at(blog, &blog.root, arguments);
    assert_eq!(ran.status, 0, "{arguments:?}\n{}{}", ran.out, ran.err);
    ran.out
}

fn json(blog: &Blog, arguments: &[&str]) -> Value {
    serde_json::from_str(&ok(blog, arguments)).unwrap()
}

#[test]
fn up_and_down_and_up_to_date() {
    let blog = Blog::new("");
    let url = format!("sqlite://{}", blog.path("blog.db").display());

    let up = ok(&blog, &["upgrade"]);
    let again = ok(&blog, &["upgrade"]);
    let down = ok(&blog, &["downgrade"]);
    let base = ok(&blog, &["downgrade", "base"]);
    let nothing = ok(&blog, &["downgrade", "base"]);

    assert_says(
        &up,
        &["applied aa0000000001 users (", "applied bb0000000002 add a bio (", &format!("{url} is at {B}\n")],
    );
    assert_eq!(again, format!("{url} is up to date, at {B}\n"));
    assert_says(&down, &["took back bb0000000002 add a bio (", &format!("{url} is at {A}\n")]);
    assert_says(&base, &["took back aa0000000001 users (", &format!("{url} is at the base\n")]);
    assert_eq!(nothing, format!("nothing to do: {url} is at the base\n"));
    let up = json(&blog, &["upgrade", "+1", "--json"]);
    assert_eq!((up["done"][0]["revision"].as_str(), up["standing"].as_str()), (Some(A), Some("behind")));
    assert_eq!(up["pending"][0], B);
    let ran = at(&blog, &blog.root, &["downgrade", "-2"]);
    assert_eq!(ran.status, 2, "{}", ran.err);
    assert_says(&ran.err, &["error: `-2` goes further than there are revisions"]);
}

#[test]
fn a_target_in_the_other_direction_is_named_with_the_command_that_leads_to_it() {
    let blog = Blog::new("");
    for (typed, said) in [
        (&["upgrade"][..], ""),
        (
            &["upgrade", "base"],
            "`base` lies in the other direction: cargo run -p blog-migrations --bin migrate -- downgrade base",
        ),
        (&["upgrade", "aa"], "downgrade aa"),
        (&["upgrade", "heads"], ""),
        (&["downgrade", "head"], ""),
        (&["downgrade", "aa"], ""),
        (
            &["downgrade", "bb"],
            "`bb` lies in the other direction: cargo run -p blog-migrations --bin migrate -- upgrade bb",
        ),
        (&["downgrade", "base"], ""),
    ] {
        let ran = at(&blog, &blog.root, typed);
        assert_eq!(ran.status, 0, "{typed:?}: {}", ran.err);
        assert_says(&ran.err, &[said]);
        assert_eq!(ran.err.is_empty(), said.is_empty(), "{typed:?}: {}", ran.err);
    }
    let ran = at(&blog, &blog.root, &["downgrade"]);
    assert_eq!(ran.status, 2);
    assert_says(&ran.err, &["blog.db is at the base: there is nothing to take back"]);
}

#[test]
fn an_edited_revision_is_repaired_with_a_reason() {
    let blog = Blog::new("");
    ok(&blog, &["upgrade"]);
    let edit = "UPDATE migratable_revisions SET checksum = 'other' WHERE revision = 'aa0000000001'";
    sqlite(&blog, edit);
    let refused = at(&blog, &blog.root, &["upgrade"]);
    assert_eq!(refused.status, 1);
    assert_says(
        &refused.err,
        &["revision aa0000000001 was changed after it was applied", "`repair aa0000000001 --reason …`"],
    );
    let refused = at(&blog, &blog.root, &["upgrade", "--json"]);
    let refused: Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(refused["error"]["code"], "changed");
    assert!(refused["error"]["message"].as_str().unwrap().contains("was changed after it was applied"));
    assert_eq!(at(&blog, &blog.root, &["repair", "aa"]).status, 2, "a reason is asked for");

    let repaired = at(&blog, &blog.root, &["repair", "aa", "--reason", "a comment"]);

    assert_says(&repaired.out, &["aa0000000001 is recorded as it is now in sqlite://", "; nothing was run"]);
    assert_says(&repaired.err, &["see whether the tables are so: ", "verify"]);
    assert_says(&ok(&blog, &["upgrade"]), &["is up to date"]);
    let again = at(&blog, &blog.root, &["repair", "aa", "--reason", "a comment"]);
    assert_eq!(again.status, 1);
    assert_says(&again.err, &["nothing was repaired about revision aa0000000001: it was not edited"]);
    for flag in ["--applied", "--not-applied"] {
        let ran = at(&blog, &blog.root, &["repair", "aa", flag, "--reason", "x"]);
        assert_says(&ran.err, &["nothing was repaired about revision aa0000000001: no revision was begun there"]);
    }
    sqlite(&blog, edit);
    assert_eq!(json(&blog, &["repair", "aa", "--reason", "x", "--json"])["repaired"], "checksum");
    assert_eq!(sqlite(&blog, "SELECT reason FROM migratable_repairs"), "a comment\nx\n");
}

#[test]
fn tables_that_are_there_already_may_be_stamped() {
    let blog = Blog::new("");
    ok(&blog, &["upgrade", "aa"]);
    ok(&blog, &["stamp", "base"]);
    let ran = at(&blog, &blog.root, &["upgrade"]);
    assert_eq!(ran.status, 1);
    assert_says(&ran.err, &["already exists", "`stamp aa0000000001` records that"]);
    ok(&blog, &["stamp", A]);
    assert_says(&ok(&blog, &["upgrade"]), &["applied bb0000000002"]);
}

#[test]
fn where_a_database_stands_is_shown_by_every_command_that_tells() {
    let blog = Blog::new("");
    ok(&blog, &["upgrade", "aa"]);
    blog.revision(A, &[], "", "");
    blog.revision(B, &[A], "", "");

    assert_eq!(ok(&blog, &["current"]), format!("{A}\n"));
    assert_says(&ok(&blog, &["current", "-v"]), &[A, "message: users", "file: migrations/versions/some_file.rs"]);
    assert_eq!(json(&blog, &["current", "--json"])["pending"][0], B);
    assert_says(&ok(&blog, &["history", "-i"]), &["(head)", &format!("{A} (current)")]);
    assert_says(&ok(&blog, &["show", "current"]), &[&format!("base -> {A}")]);
    assert_says(&ok(&blog, &["show", "+1"]), &[&format!("{A} -> {B}")]);
    assert_says(
        &ok(&blog, &["status"]),
        &[
            "database  sqlite://",
            "current   aa0000000001 users\n",
            "pending   bb0000000002 add a bio\n",
            "heads     bb",
        ],
    );
    let status = json(&blog, &["status", "--json"]);
    assert_eq!((status["current"][0].as_str(), status["heads"][0].as_str()), (Some(A), Some(B)));
}

#[test]
fn where_the_database_stands_names_a_revision() {
    let blog = Blog::new("");
    blog.revision(A, &[], "", "");
    blog.revision(B, &[A], "", "");
    blog.ok(&["lock"]);
    ok(&blog, &["upgrade", "aa"]);
    let there = BTreeMap::from([("EDITOR".to_owned(), "test -f".to_owned())]);
    let run = |words: &[&str]| run(&program(&blog, 2, CONFIGURATION), &blog.root, &there, None, words);
    assert_says(&run(&["show", "current"]).out, &["aa0000000001", "revision aa0000000001"]);
    assert_says(&run(&["show"]).out, &["bb0000000002 (head)"]);
    assert_eq!(run(&["history", "-r", "current:"]).out.lines().count(), 2);
    assert_eq!(run(&["edit", "current"]).status, 0);
    assert_says(&run(&["edit", "current-2"]).err, &["goes further than there are revisions"]);
}

#[test]
fn looking_makes_no_database() {
    let blog = Blog::new("");
    for arguments in [
        &["current"][..],
        &["status"],
        &["history", "-i"],
        &["upgrade", "--dry-run"],
        &["upgrade", "--sql"],
        &["downgrade", "base"],
    ] {
        ok(&blog, arguments);
        assert!(!blog.path("blog.db").exists(), "{arguments:?}");
    }
    assert_says(&at(&blog, &blog.root, &["current"]).err, &["blog.db is not there yet"]);
}

#[test]
fn plans_and_scripts_are_shown_without_being_run() {
    let blog = Blog::new("");
    let plan = ok(&blog, &["upgrade", "aa", "--dry-run"]);
    assert_says(&plan, &["aa0000000001 users\n", "  create table users (1 column)\n", "CREATE TABLE"]);
    let plan = json(&blog, &["upgrade", "--dry-run", "--json"]);
    assert_eq!(plan["revisions"][1]["revision"], B);
    assert_eq!(
        plan["revisions"][1]["statements"],
        serde_json::json!([{
            "sql": "ALTER TABLE \"users\" ADD COLUMN \"bio\" TEXT",
            "locks": [{ "mode": "the write lock", "on": "the whole file" }],
            "algorithm": null,
            "rewrites": false,
            "rows": { "count": 0, "exact": true },
        }])
    );
    ok(&blog, &["upgrade"]);
    sqlite(&blog, "INSERT INTO users (id) VALUES (1), (2)");
    let expected =
        "\n    -- the write lock on the whole file; rewrites the table; 2 rows\n    ALTER TABLE \"users\" DROP";
    assert_says(&ok(&blog, &["downgrade", "--dry-run"]), &["drop column users.bio", expected]);
    let script = ok(&blog, &["upgrade", "--sql"]);
    assert_says(&script, &["CREATE TABLE", "users", "bio"]);
    let ran = at(&blog, &blog.root, &["downgrade", "aa", "--sql"]);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    assert_says(&ran.err, &["a downgrade needs both ends, as in `head:base`"]);
    let back = ok(&blog, &["downgrade", "head:-1", "--sql"]);
    assert_says(&back, &["bb0000000002"]);
    assert_eq!(ok(&blog, &["downgrade", "--sql"]), back, "from the head");
    assert_eq!(at(&blog, &blog.root, &["upgrade", "aa:bb"]).status, 2, "a range is for --sql");
}

#[test]
fn a_newer_database_stays_as_it_is() {
    let blog = Blog::new("");
    ok(&blog, &["upgrade"]);
    let older = program(&blog, 1, CONFIGURATION);
    let ran = run(&older, &blog.root, &BTreeMap::new(), None, &["upgrade"]);
    assert_eq!(ran.status, 1);
    let said = ["blog.db: the database is ahead: a newer program has applied bb0000000002", "`stamp --help`"];
    assert_says(&ran.err, &said);
    let ran = run(&older, &blog.root, &BTreeMap::new(), None, &["status"]);
    assert_says(&ran.out, &["unknown   bb0000000002\n"]);
}

#[test]
fn stamp_records_and_runs_nothing() {
    let blog = Blog::new("");
    assert_says(&ok(&blog, &["stamp"]), &[&format!("is recorded at {B}; nothing was run")]);
    assert_says(&ok(&blog, &["upgrade"]), &["is up to date"]);
    assert_says(&ok(&blog, &["stamp", "aa"]), &[&format!("is recorded at {A}")]);
    assert_says(&ok(&blog, &["stamp", "base"]), &["is recorded at the base"]);
    assert_says(&ok(&blog, &["upgrade"]), &["applied aa0000000001"]);
    assert_eq!(json(&blog, &["stamp", "-1", "--json"])["current"][0], A);
    assert_eq!(json(&blog, &["stamp", "base", "+1", "--json"])["current"][0], B);
    for (word, status, expected) in [("zz", 2, "no revision is called `zz`"), ("+9", 2, "goes further than there are")]
    {
        let ran = at(&blog, &blog.root, &["stamp", word]);
        assert_eq!(ran.status, status, "{word}");
        assert_says(&ran.err, &[expected]);
    }
}

#[test]
fn a_revision_whose_file_is_gone_is_forgotten_by_stamp_purge() {
    let blog = Blog::new("");
    ok(&blog, &["upgrade"]);
    let without =
        |arguments: &[&str]| run(&program(&blog, 1, CONFIGURATION), &blog.root, &BTreeMap::new(), None, arguments);
    assert_says(&without(&["status"]).out, &["unknown   bb0000000002\n", "`stamp --help`"]);
    assert_says(&without(&["upgrade"]).err, &["if they are gone for good, see `stamp --help`"]);
    assert_says(&without(&["stamp", "--help"]).out, &["migrate stamp --purge current"]);
    let refused = without(&["stamp", "current"]);
    assert_eq!(refused.status, 1);
    assert_says(&refused.err, &["has bb0000000002, which this program does not know", "`stamp --purge`"]);
    assert_eq!(json(&blog, &["current", "--json"])["current"][0], B, "nothing was changed");

    let purged = without(&["stamp", "current", "--purge"]);

    assert_says(&purged.out, &[&format!("is recorded at {A}; nothing was run")]);
    assert_says(&without(&["upgrade"]).out, &["is up to date"]);
    assert_says(&at(&blog, &blog.root, &["upgrade"]).err, &["duplicate column name: bio"]);
}

#[test]
fn the_database_is_the_one_that_is_nearest_to_the_one_who_asks() {
    let blog = Blog::new("");
    blog.write("below/deep/.keep", "");
    let (below, outside) = (blog.path("below/deep"), tempfile::tempdir().unwrap());
    let outside = outside.path().canonicalize().unwrap();
    let env = |name: &str| BTreeMap::from([("DATABASE_URL".to_owned(), name.to_owned())]);
    let both = program(&blog, 2, CONFIGURATION);
    let made = |folder: &Path, variables: &BTreeMap<String, String>, arguments: &[&str], file: &Path| {
        let ran = run(&both, folder, variables, None, &[&["upgrade"], arguments].concat());
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert!(file.is_file(), "{} was not made: {}", file.display(), ran.out);
        fs::remove_file(file).unwrap();
    };
    let none = BTreeMap::new();
    made(&blog.root, &none, &[], &blog.path("blog.db"));
    made(&below, &none, &[], &blog.path("blog.db"));
    made(&outside, &none, &[], &outside.join("blog.db"));
    blog.write(".env", "# mine\nOTHER=1\nDATABASE_URL=\"sqlite://of_env_file.db\"\n");
    made(&below, &none, &[], &blog.path("of_env_file.db"));
    made(&below, &env("sqlite://of_variable.db"), &[], &below.join("of_variable.db"));
    made(&below, &env(""), &[], &blog.path("of_env_file.db"));
    let typed = ["--database-url", "sqlite:my%20own.db"];
    made(&below, &env("sqlite://of_variable.db"), &typed, &below.join("my own.db"));
}

#[test]
fn a_database_that_is_none_is_one_clear_error() {
    let blog = Blog::new("");
    let unconfigured = program(&blog, 2, "[package]\nname = \"blog-migrations\"\n");
    let ran = run(&unconfigured, &blog.root, &BTreeMap::new(), None, &["upgrade"]);
    assert_eq!(ran.status, 2);
    assert_says(&ran.err, &["no database is named: give --database-url, set DATABASE_URL"]);
    blog.write("text.db", &"this is no database. ".repeat(100));
    blog.write("broken/.env", "DATABASE_URL=\"s3cret\nX");
    let files = blog.names(".");
    let speaks_postgres = migratable::AnyConnection::DIALECTS.contains(&migratable::Dialect::Postgres);
    for (arguments, status, expected) in [
        (&["--database-url", "sqlite://text.db"][..], 1, "text.db: could not"),
        (&["--database-url", "sqlite://text.db"], 1, "file is not a database: the file holds something else"),
        (&["--database-url", "sqlite://no/folder/x.db"], 1, "there is no folder"),
        (&["--database-url", "sqlite://text.db/x.db"], 1, "there is no folder"),
        (&["--database-url", "sqlite://migrations"], 1, "migrations: it is a folder; name a file in it"),
        (&["--database-url", "sqlite://."], 1, "it is a folder"),
        (&["--database-url", "sqlite://x.db?mode=ro"], 1, "x.db?mode=ro: Unable to open the database file"),
        (&["--database-url", "sqlite://a#b.db"], 2, "a#b.db` has a `#` in it, which ends"),
        (&["--database-url", "sqlite://a%00b.db"], 2, "%00 in it, which stands in no name of a file"),
        (&["--database-url", "sqlite://\u{fffd}.db"], 2, "is not UTF-8: write each byte"),
        (
            &["--database-url", "postgres://anna:s3cret@host.invalid/db"],
            if speaks_postgres { 1 } else { 2 },
            if speaks_postgres {
                "cannot open postgres://anna@host.invalid/db"
            } else {
                "turn on the feature `postgres`"
            },
        ),
        (&["--database-url", "nonsense"], 2, "`nonsense` is no database URL"),
    ] {
        let ran = at(&blog, &blog.root, &[&["upgrade"], arguments].concat());
        assert_eq!(ran.status, status, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(expected) && !ran.err.contains("s3cret"), "{arguments:?}: {}", ran.err);
        assert_eq!(ran.err.matches("error: ").count(), 1);
        assert_eq!(blog.names("."), files, "{arguments:?} left something behind");
    }
    blog.write("bytes/.env", "");
    fs::write(blog.path("bytes/.env"), b"DATABASE_URL=sqlite://\xff.db").unwrap();
    let ran = at(&blog, &blog.path("bytes"), &["upgrade"]);
    assert_says(&ran.err, &["error: ", ".env: stream did not contain valid UTF-8"]);
    let ran = at(&blog, &blog.path("broken"), &["upgrade"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains(".env: a line of it cannot be read") && !ran.err.contains("s3cret"), "{}", ran.err);
}

#[test]
fn files_of_any_name_and_an_empty_one_become_databases() {
    let blog = Blog::new("");
    blog.write("empty.db", "");
    for (url, file) in [
        ("sqlite://empty.db", "empty.db"),
        ("sqlite://100% of 'it' \"$x\" \\ ü 😀.db", "100% of 'it' \"$x\" \\ ü 😀.db"),
        ("sqlite://a%23b%3fc.db", "a#b?c.db"),
        ("sqlite://anna:word@host.db", "anna:word@host.db"),
    ] {
        ok(&blog, &["upgrade", "--database-url", url]);
        assert!(fs::read(blog.path(file)).unwrap().starts_with(b"SQLite format 3\0"), "{url}");
        assert_eq!(ok(&blog, &["current", "--database-url", url]), format!("{B} (head)\n"));
    }
}

#[test]
fn a_bare_binary_needs_no_sources() {
    let blog = Blog::new("");
    fs::remove_dir_all(blog.path("migrations")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ran = at(&blog, folder.path(), &["upgrade"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(folder.path().join("blog.db").is_file());
    assert_says(&at(&blog, folder.path(), &["history"]).out, &[&format!("{A} -> {B} (head), add a bio")]);
    assert_says(&at(&blog, folder.path(), &["status"]).out, &["pending   nothing", "sources   none in "]);
    let ran = at(&blog, folder.path(), &["check"]);
    assert_says(&ran.err, &["works on the sources", "there are none in"]);
}

#[test]
fn a_revision_that_is_applied_is_not_removed() {
    let blog = Blog::new("");
    blog.revision(A, &[], "", "");
    blog.ok(&["lock"]);
    ok(&blog, &["upgrade", "aa"]);
    let ran = at(&blog, &blog.root, &["remove"]);
    assert_eq!(ran.status, 1);
    assert_says(&ran.err, &["revision aa0000000001 is applied in sqlite://", "-- downgrade"]);
    ok(&blog, &["downgrade", "base"]);
    ok(&blog, &["remove"]);
    assert!(blog.files().is_empty());
}

#[test]
fn status_shows_every_setting_and_where_it_comes_from() {
    let blog = Blog::new("");
    blog.write(".env", "MIGRATABLE_LOCK_TIMEOUT=2s\n");
    let keys = "exclude = [\"legacy_*\", \"audit.*\"]\ntransaction = \"revision\"\nlock-timeout = \"1min\"\n\
                history-table = \"ours\"\nnaming.ix = \"{table}_{columns}_idx\"\nmessage = \"blog: {message}\"\n";
    let project = program(&blog, 1, &format!("{CONFIGURATION}{keys}"));
    let status = |variables: &[(&str, &str)], words: &[&str]| {
        let variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let ran = run(&project, &blog.root, &variables, None, &[&["status", "-v"], words].concat());
        (ran.status, ran.out + &ran.err)
    };
    let (code, shown) = status(&[], &[]);
    assert_eq!(code, 0, "{shown}");
    let url = format!("sqlite://{}", blog.path("blog.db").display());
    for (key, value, from) in [
        ("models", "-", "as usual"),
        ("dialects", "sqlite", "from migrations/Cargo.toml:5"),
        ("database-url", &url, "from migrations/Cargo.toml:6"),
        ("history-table", "ours", "from migrations/Cargo.toml:10"),
        ("history-schema", "-", "as usual"),
        ("exclude", "legacy_*, audit.*", "from migrations/Cargo.toml:7"),
        ("transaction", "revision", "from migrations/Cargo.toml:8"),
        ("lock-timeout", "2s", "from MIGRATABLE_LOCK_TIMEOUT in .env"),
        ("statement-timeout", "-", "as usual"),
        ("retries", "-", "as usual"),
        ("batch-size", "-", "as usual"),
        ("batch-pause", "-", "as usual"),
        ("backup", "-", "as usual"),
        (
            "naming",
            "pk = pk_{table}, ix = {table}_{columns}_idx, uq = uq_{table}_{columns}, fk = \
             fk_{table}_{columns}_{referred_table}, ck = ck_{table}_{columns}",
            "from migrations/Cargo.toml:11",
        ),
        ("file-name", "{year}{month}{day}_{hour}{minute}{second}_{id}_{slug}", "as usual"),
        ("message", "blog: {message}", "from migrations/Cargo.toml:12"),
        ("post-write-hooks", "rustfmt --edition 2024 {file}", "as usual"),
    ] {
        let mut settings = shown.lines().skip_while(|line| !line.starts_with("settings "));
        let line = settings.find(|line| line.split_whitespace().any(|word| word == key));
        let line = line.unwrap_or_else(|| panic!("no {key} in\n{shown}"));
        assert_says(line, &[key, value, &format!("({from})")]);
    }
    let variables =
        [("MIGRATABLE_LOCK_TIMEOUT", "3s"), ("MIGRATABLE_TRANSACTION", "all"), ("DATABASE_URL", "sqlite://x.db")];
    let (_, shown) = status(&variables, &[]);
    assert_says(
        &shown,
        &["x.db  (from DATABASE_URL)", "all  (from MIGRATABLE_TRANSACTION)", "3s  (from MIGRATABLE_LOCK_TIMEOUT)"],
    );
    let typed =
        ["--lock-timeout", "4s", "--database-url", "sqlite://y.db", "--batch-size", "500", "--batch-pause", "1s"];
    let (_, shown) = status(&variables, &typed);
    let (size, pause) = ("500  (from --batch-size)", "1s  (from --batch-pause)");
    assert_says(&shown, &["y.db  (from --database-url)", "4s  (from --lock-timeout)", size, pause]);
    let (_, json) = status(&variables, &["--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let setting = json["settings"].as_array().unwrap().iter().find(|it| it["key"] == "transaction").unwrap();
    assert_eq!((&setting["value"], &setting["from"]), (&"all".into(), &"MIGRATABLE_TRANSACTION".into()));
    let (code, said) = status(&[], &["--lock-timeout", "soon"]);
    assert_eq!(code, 2);
    assert_says(&said, &["error: --lock-timeout=soon: a time belongs here"]);
}
