//! How upgrades and downgrades are asked for: branches, scripts, what data steps are given.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use migratable::revision::*;
use migratable_cli::{Migrator, Project};
use serde_json::Value;

use crate::database::{CONFIGURATION, revision};
use crate::project::{Blog, Ran, assert_says, run};

const A: &str = "aa0000000001";
const B: &str = "bb0000000002";
const C: &str = "cc0000000003";

fn trunk(op: &mut Operations) {
    op.create_table(table("greetings").column(column("text", text()).nullable()));
}

fn no_trunk(op: &mut Operations) {
    op.drop_table("greetings");
}

fn one(op: &mut Operations) {
    op.add_column("greetings", column("one", text()).nullable());
}

fn not_one(op: &mut Operations) {
    op.drop_column("greetings", "one");
}

fn other(op: &mut Operations) {
    op.add_column("greetings", column("other", text()).nullable());
}

fn not_other(op: &mut Operations) {
    op.drop_column("greetings", "other");
}

fn greet(op: &mut Operations) {
    op.run(say);
}

fn nothing(_: &mut Operations) {}

pub fn say(db: &mut migratable::AnyConnection) -> Result<()> {
    use migratable::diesel::connection::SimpleConnection;

    let text = format!("{:?} {:?} {:?}", argument("who"), argument("empty"), tag()).replace('"', "");
    Ok(db.batch_execute(&format!("INSERT INTO greetings (text) VALUES ('{text}')"))?)
}

/// Two branches behind one base.
static BRANCHES: [migratable::Revision; 3] = [
    revision(A, &[], "trunk", trunk, no_trunk),
    revision(B, &[A], "one", one, not_one),
    revision(C, &[A], "other", other, not_other),
];

/// A revision with a data step.
static STEP: [migratable::Revision; 2] =
    [revision(A, &[], "trunk", trunk, no_trunk), revision(B, &[A], "greet", greet, nothing)];

/// The same after somebody has edited the step.
static EDITED_STEP: [migratable::Revision; 2] = {
    let mut edited = [revision(A, &[], "trunk", trunk, no_trunk), revision(B, &[A], "greet", greet, nothing)];
    edited[1].steps_checksum = Some("v1:edited");
    edited
};

/// A revision that fails on the way there, and one that fails on the way back.
static FAILING: [migratable::Revision; 3] = [
    revision(A, &[], "trunk", trunk, fails),
    revision(B, &[A], "one", one, not_one),
    revision(C, &[B], "fails", fails, nothing),
];

/// A revision that fails behind another change.
static FAILING_LATE: [migratable::Revision; 2] =
    [revision(A, &[], "trunk", trunk, fails), revision(B, &[A], "fails", fails_late, nothing)];

fn fails_late(op: &mut Operations) {
    one(op);
    fails(op);
}

fn fails(op: &mut Operations) {
    op.execute(sql("this is no SQL"));
}

fn project(blog: &Blog, revisions: &'static [migratable::Revision]) -> Project {
    Project::new(blog.path("migrations"), "blog-migrations", CONFIGURATION).with_migrator(Migrator::new(revisions))
}

fn at(blog: &Blog, typed: Option<&str>, revisions: &'static [migratable::Revision], arguments: &[&str]) -> Ran {
    run(&project(blog, revisions), Path::new(&blog.root), &BTreeMap::new(), typed, arguments)
}

fn ok(blog: &Blog, revisions: &'static [migratable::Revision], arguments: &[&str]) -> String {
    let ran = at(blog, None, revisions, arguments);
    assert_eq!(ran.status, 0, "{arguments:?}\n{}{}", ran.out, ran.err);
    ran.out
}

/// What `sqlite3` says to a query.
pub fn sqlite(blog: &Blog, query: &str) -> String {
    let ran = Command::new("sqlite3").arg(blog.path("blog.db")).arg(query).output().unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn a_downgrade_by_steps_asks_which_branch() {
    let blog = Blog::new("");
    ok(&blog, &BRANCHES, &["upgrade", "heads"]);
    let ran = at(&blog, None, &BRANCHES, &["downgrade"]);
    assert_eq!(ran.status, 2, "{}", ran.err);
    assert_says(
        &ran.err,
        &[&format!("the database is at several revisions, so `-1` may be any of `{B}@-1`, `{C}@-1`")],
    );
    let ran = at(&blog, Some("2\n"), &BRANCHES, &["downgrade"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_says(&ran.err, &["Which one moves by `-1`?", "one   (bb", "other   (cc"]);
    assert_says(&ran.out, &[&format!("took back {C} other")]);
    assert_eq!(ok(&blog, &BRANCHES, &["current"]), format!("{B} (head)\n"));
    ok(&blog, &BRANCHES, &["upgrade", "heads"]);
    assert_says(&ok(&blog, &BRANCHES, &["downgrade", "bb@-1"]), &[&format!("took back {B} one")]);
    let ran = at(&blog, None, &BRANCHES, &["upgrade"]);
    assert_says(&ran.err, &["there are several heads: ", "name one, or `heads` for all"]);
}

#[test]
fn current_fails_where_a_head_is_not_applied_if_that_is_asked() {
    let blog = Blog::new("");
    ok(&blog, &BRANCHES, &["upgrade", "bb"]);
    ok(&blog, &BRANCHES, &["current"]);
    let ran = at(&blog, None, &BRANCHES, &["current", "--check-heads"]);
    assert_eq!((ran.status, ran.out.as_str()), (1, format!("{B} (head)\n").as_str()));
    assert_says(&ran.err, &[&format!("the head {C} is not applied"), "upgrade heads"]);
    assert_eq!(at(&blog, None, &BRANCHES, &["current", "--check-heads", "--json"]).status, 1);
    ok(&blog, &BRANCHES, &["upgrade", "heads"]);
    ok(&blog, &BRANCHES, &["current", "--check-heads"]);
    assert_says(&ok(&blog, &BRANCHES, &["current", "-v"]), &["message: one", &format!("after: {A}")]);
}

#[test]
fn data_steps_are_given_arguments_and_a_tag() {
    let blog = Blog::new("");
    ok(&blog, &STEP, &["upgrade", "aa"]);
    ok(&blog, &STEP, &["upgrade", "-x", "who=Ada=B", "-x", "empty=", "--tag", "spring"]);
    assert_eq!(sqlite(&blog, "SELECT text FROM greetings"), "Some(Ada=B) Some() Some(spring)\n");
    let ran = at(&blog, None, &STEP, &["upgrade", "-x", "who"]);
    assert_eq!(ran.status, 2);
    assert_says(&ran.err, &["the form is key=value"]);
    let ran = at(&blog, None, &STEP, &["upgrade", "--sql"]);
    assert_eq!(ran.status, 1);
    assert_says(&ran.out, &["CREATE TABLE \"greetings\"", "COMMIT;", "runs the step `say`, which is Rust"]);
    let said = format!("the script stops: revision {B} runs the step `say`, which is Rust: let `upgrade {B}` run it");
    assert_says(&ran.err, &[&said]);
    let ran = at(&blog, None, &STEP, &["upgrade", "--sql", "--idempotent", "--json"]);
    assert_eq!(ran.status, 0, "the whole range is in it");
    assert_says(&ran.err, &[&said]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&json["stops"][0]["revision"], &json["stops"][0]["step"]), (&B.into(), &"say".into()));
}

#[test]
fn an_argument_was_lost_on_the_way_to_many_copies() {
    let blog = Blog::new("");
    blog.write("tenants.txt", "sqlite://blog.db\nsqlite://other.db\n");
    ok(&blog, &STEP, &["upgrade", "--each-url", "tenants.txt", "-x", "who=Ada", "--tag", "spring"]);
    assert_eq!(sqlite(&blog, "SELECT text FROM greetings"), "Some(Ada) None Some(spring)\n");
}

#[test]
fn who_waits_at_a_terminal_sees_how_far_it_is() {
    let blog = Blog::new("");
    blog.write("tenants.txt", "sqlite://blog.db\nsqlite://other.db\n");
    let each = at(&blog, Some(""), &STEP, &["upgrade", "--each-url", "tenants.txt"]);
    assert_says(&each.err, &["1 of 2", "2 of 2"]);
    let one = at(&blog, Some(""), &STEP, &["upgrade", "--database-url", "sqlite://third.db"]);
    assert_says(&one.err, &["1/2 aa0000000001", "1/1 create table greetings", "2/2 bb0000000002"]);
    let piped = at(&blog, None, &STEP, &["downgrade", "base", "--each-url", "tenants.txt"]);
    assert_eq!(piped.err, "");
}

#[test]
fn a_script_is_of_the_dialect_that_is_asked_for() {
    let blog = Blog::new("");
    let sql = |arguments: &[&str]| ok(&blog, &BRANCHES, arguments);
    let upgrade = ["upgrade", "bb", "--sql"];
    assert_says(&sql(&upgrade), &[".bail on"]);
    let words = |dialect: &str| match dialect {
        "sqlite" => [".bail on", ".read migratable_part.sql"],
        "postgres" => ["\\set ON_ERROR_STOP on", "\\if :migratable_open"],
        _ => ["SET NAMES utf8mb4", "PREPARE migratable_statement"],
    };
    for dialect in migratable::AnyConnection::DIALECTS {
        let [is, if_open] = words(dialect.name());
        let flags = ["--dialect", dialect.name()];
        let script = sql(&[&upgrade[..], &flags].concat());
        assert_says(&script, &[is]);
        assert!(!script.contains(if_open));
        assert_says(&sql(&[&upgrade[..], &flags, &["--idempotent"]].concat()), &[is, if_open]);
        assert_says(&sql(&[&["downgrade", "bb:base", "--sql", "--idempotent"][..], &flags].concat()), &[if_open]);
        assert_says(&sql(&[&["stamp", "bb", "--sql"][..], &flags].concat()), &[is, "INSERT INTO", A, "INSERT INTO", B]);
        let purge = sql(&[&["stamp", "bb", "--sql", "--purge"][..], &flags].concat());
        assert_says(&purge, &["DELETE FROM migratable_revisions;"]);
        let json: Value =
            serde_json::from_str(&sql(&[&["stamp", "bb", "--sql", "--json"][..], &flags].concat())).unwrap();
        assert_eq!(json["dialect"], dialect.name());
        assert_says(&sql(&[&["ensure-version", "--sql"][..], &flags].concat()), &[is, "CREATE TABLE IF NOT EXISTS"]);
    }
    assert!(!blog.path("blog.db").exists());
    for (arguments, expected) in [
        (&["upgrade", "--dialect", "oracle", "--sql"][..], "the dialects are sqlite, postgres and mysql"),
        (&["upgrade", "--dialect", "sqlite"], "--sql"),
        (&["upgrade", "--idempotent"], "--sql"),
        (&["stamp", "--dialect", "sqlite", "head"], "--sql"),
    ] {
        let ran = at(&blog, None, &BRANCHES, arguments);
        assert_eq!(ran.status, 2, "{arguments:?}");
        assert_says(&ran.err, &[expected]);
    }
}

#[test]
fn the_table_of_the_history_is_made_when_that_is_asked() {
    let blog = Blog::new("");
    assert_says(&ok(&blog, &BRANCHES, &["ensure-version"]), &["has the table of the history"]);
    assert_eq!(sqlite(&blog, "SELECT name FROM sqlite_master WHERE type = 'table'"), "migratable_revisions\n");
}

#[test]
fn an_edited_step_is_refused_if_that_is_asked() {
    let blog = Blog::new("");
    ok(&blog, &EDITED_STEP, &["upgrade"]);
    for command in ["upgrade", "downgrade"] {
        ok(&blog, &STEP, &[command, "current"]);
        let ran = at(&blog, None, &STEP, &[command, "current", "--strict"]);
        assert_eq!(ran.status, 1, "{command}: {}", ran.out);
        assert_says(&ran.err, &["a step of revision", B, "was changed after it was applied"]);
    }
}

#[test]
fn transactions_are_cut_as_it_is_asked() {
    for (cut, left) in [("all", ""), ("revision", "bb")] {
        let blog = Blog::new("");
        assert_eq!(at(&blog, None, &FAILING, &["upgrade", "--transaction", cut]).status, 1);
        let current = ok(&blog, &FAILING, &["current"]);
        assert!(current.starts_with(left) && current.is_empty() == left.is_empty(), "upgrade, {cut}: {current}");
    }
    for (cut, left) in [("all", "bb"), ("revision", "aa")] {
        let blog = Blog::new("");
        ok(&blog, &FAILING, &["upgrade", "bb"]);
        assert_eq!(at(&blog, None, &FAILING, &["downgrade", "base", "--transaction", cut]).status, 1);
        assert!(ok(&blog, &FAILING, &["current"]).starts_with(left), "downgrade, {cut}");
    }
}

#[test]
fn what_a_revision_has_done_in_transactions_of_its_own_stays_and_is_shown() {
    let blog = Blog::new("");
    let ran = at(&blog, None, &FAILING_LATE, &["upgrade", "--transaction", "none"]);
    assert_eq!(ran.status, 1);
    assert_says(&ran.err, &["What the revision did before this stays, and is remembered.", "it goes on from there"]);
    let status = ok(&blog, &FAILING_LATE, &["status"]);
    assert_says(&status, &["unfinished", B]);
    let plan = ok(&blog, &FAILING_LATE, &["upgrade", "--dry-run"]);
    assert_says(&plan, &[B, " (stopped in the middle: goes on behind 1 of 3 parts)\n"]);
    let plan: Value = serde_json::from_str(&ok(&blog, &FAILING_LATE, &["upgrade", "--dry-run", "--json"])).unwrap();
    assert_eq!(plan["revisions"][0]["resumes"], serde_json::json!({ "done": 1, "of": 3 }));
    // Without the option, too: it was begun so.
    let ran = at(&blog, None, &FAILING_LATE, &["upgrade"]);
    assert_says(&ran.err, &["What the revision did before this stays"]);
    let repaired = ok(&blog, &FAILING_LATE, &["repair", "bb", "--not-applied", "--reason", "taken back by hand"]);
    assert_says(&repaired, &[B]);
    assert!(!ok(&blog, &FAILING_LATE, &["status"]).contains("unfinished"));
}

#[test]
fn a_stamp_says_what_was_unfinished_and_is_forgotten() {
    let blog = Blog::new("");
    let begin = || assert_eq!(at(&blog, None, &FAILING_LATE, &["upgrade", "--transaction", "none"]).status, 1);
    begin();
    let stamped = at(&blog, None, &FAILING_LATE, &["stamp", "aa"]);
    assert_eq!(stamped.status, 0);
    assert_says(&stamped.err, &[B, "was stopped in the middle of `upgrade`, 1 of 3 parts done", "verify`"]);
    assert!(!ok(&blog, &FAILING_LATE, &["status"]).contains("unfinished"));
    let again = at(&blog, None, &FAILING_LATE, &["stamp", "aa", "--json"]);
    let json: Value = serde_json::from_str(&again.out).unwrap();
    assert!(json["forgotten"].is_null() && again.err.is_empty(), "{json} {}", again.err);
}

#[test]
fn a_copy_of_the_database_is_made_if_that_is_asked() {
    let blog = Blog::new("");
    ok(&blog, &BRANCHES, &["upgrade", "aa"]);
    let ran = at(&blog, None, &BRANCHES, &["upgrade", "bb", "--backup=before.db", "--json"]);
    assert_eq!(ran.err, "the database as it was before is in before.db\n");
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["backup"], blog.path("before.db").to_str().unwrap());
    let copy = ["current", "--database-url", "sqlite://before.db"];
    assert_eq!(ok(&blog, &BRANCHES, &copy), format!("{A}\n"));
    let ran = at(&blog, None, &BRANCHES, &["downgrade", "aa", "--backup=before.db"]);
    assert_eq!(ran.status, 1);
    assert_says(&ran.err, &["error: sqlite://", "before.db is there already, and is not written over"]);
    let ran = at(&blog, None, &BRANCHES, &["downgrade", "aa", "--backup=before.db", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["error"]["code"], "backup");
    assert_eq!(ok(&blog, &BRANCHES, &["current"]), format!("{B} (head)\n"));
    assert_says(&at(&blog, None, &BRANCHES, &["downgrade", "aa", "--backup"]).err, &["is in blog.db.backup-", "Z\n"]);
    let ran = at(&blog, None, &BRANCHES, &["upgrade", "aa", "--backup"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "nothing was to be done");
    for other in ["--sql", "--dry-run"] {
        assert_eq!(at(&blog, None, &BRANCHES, &["upgrade", "bb", "--backup", other]).status, 2);
    }
    let configured =
        Project::new(blog.path("migrations"), "blog-migrations", &format!("{CONFIGURATION}backup = true\n"))
            .with_migrator(Migrator::new(&BRANCHES));
    let ran = run(&configured, &blog.root, &BTreeMap::new(), None, &["upgrade", "cc", "--json"]);
    assert!(serde_json::from_str::<Value>(&ran.out).unwrap()["backup"].is_string(), "{}{}", ran.out, ran.err);
}

#[test]
fn what_stands_in_the_way_has_a_code_before_a_database_is_open_and_for_each_copy() {
    let blog = Blog::new("");
    blog.write("folder.db/file", "");
    blog.write("tenants.txt", "sqlite://one.db\nsqlite://folder.db\nsqlite://nowhere/two.db\n");
    for command in [&["upgrade"][..], &["current"], &["verify"], &["stamp", "head"], &["status"], &["downgrade"]] {
        let words = [command, &["--json", "--database-url", "sqlite://folder.db"]].concat();
        let ran = at(&blog, None, &FAILING, &words);
        assert_eq!(ran.status, 1, "{command:?}");
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["error"]["code"], "database", "{command:?}");
        assert_says(json["error"]["message"].as_str().unwrap(), &["folder.db: it is a folder"]);
    }
    let ran = at(&blog, None, &FAILING, &["verify", "--json", "--database-url", "sqlite://three.db"]);
    assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["error"]["code"], "database");
    let ran = at(&blog, None, &FAILING, &["upgrade", "--each-url", "tenants.txt", "--json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let codes: Vec<&Value> = json["copies"].as_array().unwrap().iter().map(|copy| &copy["error"]["code"]).collect();
    assert_eq!(codes, ["statement", "database", "database"], "{json:#}");
    let ran = at(&blog, None, &BRANCHES, &["upgrade", "aa", "--each-url", "tenants.txt", "--json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["copies"][0]["error"], Value::Null);
}

#[test]
fn copies_of_many_databases_go_into_one_folder() {
    let blog = Blog::new("");
    blog.write("tenants.txt", "sqlite://one.db\nsqlite://two.db\n");
    let upgrade = ["upgrade", "bb", "--each-url", "tenants.txt"];
    let ran = at(&blog, None, &BRANCHES, &[&upgrade[..], &["--backup=copy.db"]].concat());
    assert_eq!(ran.status, 2);
    assert_says(&ran.err, &["--backup=copy.db: there are several databases; name a folder"]);
    std::fs::create_dir(blog.path("copies")).unwrap();
    let out = ok(&blog, &BRANCHES, &[&upgrade[..], &["--backup=copies"]].concat());
    assert_says(&out, &["; as it was before in ", "copies/one.db.backup-", "copies/two.db.backup-"]);
    assert_eq!(blog.names("copies").len(), 2);
}

#[test]
fn the_expected_schema_is_built_where_it_is_asked() {
    let blog = Blog::new("");
    ok(&blog, &STEP, &["upgrade", "aa"]);
    let scratch = ["--scratch-url", "sqlite://nowhere/scratch.db"];
    for arguments in [&["verify"][..], &["diff", "--from", "sqlite://blog.db", "--to", "lock"]] {
        ok(&blog, &STEP, arguments);
        let ran = at(&blog, None, &STEP, &[arguments, &scratch].concat());
        assert_eq!(ran.status, 1, "{arguments:?}");
        assert_says(&ran.err, &["cannot open sqlite://", "nowhere/scratch.db: there is no folder"]);
    }
}
