//! `diff` and `verify`.

use std::collections::BTreeMap;

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{AnyConnection, Revision};
use migratable_cli::{Migrator, Project};
use migratable_core::{Dialect, Sql};
use serde_json::Value;

use crate::database::{A, B, CONFIGURATION, program, revision};
use crate::project::{Blog, Ran, assert_says, run};

fn said(blog: &Blog, arguments: &[&str]) -> Ran {
    run(&program(blog, 2, CONFIGURATION), &blog.root, &BTreeMap::new(), None, arguments)
}

fn ok(blog: &Blog, arguments: &[&str]) -> String {
    let ran = said(blog, arguments);
    assert_eq!(ran.status, 0, "{arguments:?}\n{}{}", ran.out, ran.err);
    ran.out
}

fn execute(blog: &Blog, file: &str, sql: &str) {
    let path = blog.path(file);
    AnyConnection::open(Dialect::Sqlite, path.to_str().unwrap()).unwrap().batch_execute(sql).unwrap();
}

#[test]
fn a_database_that_somebody_else_has_changed_is_found_out() {
    let blog = Blog::new("");
    let users =
        r#"    op.create_table(table("users").column(column("id", bigint())).primary_key("pk_users", ["id"]));"#;
    blog.revision(A, &[], users, "    op.drop_table(\"users\");");
    let bio = "    op.add_column(\"users\", column(\"bio\", text()).nullable());";
    blog.revision(B, &[A], bio, "    op.drop_column(\"users\", \"bio\");");
    // A misspelt URL is not clean, and makes no file.
    let nowhere = said(&blog, &["verify", "--database-url", "sqlite://typo.db"]);
    assert_eq!((nowhere.status, blog.path("typo.db").exists()), (1, false), "{}", nowhere.out);
    assert_says(&nowhere.err, &["typo.db is not there"]);
    ok(&blog, &["upgrade"]);
    assert_says(&ok(&blog, &["verify"]), &["clean: ", &format!("is what {B} makes of it")]);

    execute(&blog, "blog.db", "CREATE INDEX by_hand ON users (bio); CREATE VIEW v AS SELECT id FROM users");
    let ran = said(&blog, &["verify"]);
    assert_eq!(ran.status, 1, "{}{}", ran.out, ran.err);
    assert_says(&ran.out, &["is not what bb0000000002 makes of it", "  create index by_hand on users"]);
    assert_says(&ran.err, &["diff --from sqlite://", "--to bb0000000002 --sql", "not looked at: view v"]);
    let report: Value = serde_json::from_str(&said(&blog, &["verify", "--json"]).out).unwrap();
    assert_eq!(report["clean"], false);
    assert_eq!(report["differences"][0]["operation"], "create_index");
    assert_eq!(report["not_managed"][0], "view v");

    let url = format!("sqlite://{}", blog.path("blog.db").display());
    let script = ok(&blog, &["diff", "--from", &url, "--to", B, "--sql"]);
    assert_says(&script, &["DROP INDEX \"by_hand\";"]);
    execute(&blog, "blog.db", &script.lines().filter(|line| !line.starts_with('.')).collect::<Vec<_>>().join("\n"));
    ok(&blog, &["verify"]);
    assert_eq!(ok(&blog, &["diff", "--from", &url, "--to", B]), "");
}

fn users(op: &mut Operations) {
    op.create_table(table("users").column(column("id", bigint())).primary_key("pk_users", ["id"]));
}

/// Says that it makes a column and an index of it.
fn by_hand(op: &mut Operations, sql: Sql) {
    op.execute_as(sql, |op| {
        op.add_column("users", column("bio", text()).nullable());
        op.create_index("users", index("ix_users_bio").on("bio"));
    });
}

fn both(op: &mut Operations) {
    by_hand(op, sql("ALTER TABLE users ADD bio TEXT; CREATE INDEX ix_users_bio ON users (bio)"));
}

fn only_one(op: &mut Operations) {
    by_hand(op, sql("ALTER TABLE users ADD bio TEXT"));
}

fn nothing(_: &mut Operations) {}

#[test]
fn sql_by_hand_that_does_not_do_what_it_says_is_found_out() {
    static HONEST: [Revision; 2] = [revision(A, &[], "users", users, nothing), revision(B, &[A], "bio", both, nothing)];
    static LYING: [Revision; 2] =
        [revision(A, &[], "users", users, nothing), revision(B, &[A], "bio", only_one, nothing)];
    for (revisions, status, expected) in [(&HONEST, 0, "clean: "), (&LYING, 1, "  drop index ix_users_bio of users")] {
        let blog = Blog::new("");
        let said = |words: &[&str]| {
            let project = Project::new(blog.path("migrations"), "blog-migrations", CONFIGURATION);
            let project = project.with_migrator(Migrator::new(revisions));
            run(&project, &blog.root, &BTreeMap::new(), None, words)
        };
        assert_eq!(said(&["upgrade"]).status, 0);
        let ran = said(&["verify"]);
        assert_eq!(ran.status, status, "{}{}", ran.out, ran.err);
        assert_says(&ran.out, &[expected]);
    }
}

#[test]
fn any_two_schemas_are_compared() {
    let blog = Blog::new("");
    blog.revision(A, &[], "", "");
    blog.revision(B, &[A], "", "");
    execute(&blog, "a.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)");
    execute(&blog, "b.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)");
    for (from, to, expected) in [
        ("sqlite://a.db", "sqlite://a.db", ""),
        ("sqlite://a.db", "sqlite://b.db", "add column t.b (text, nullable)\n"),
        ("sqlite://b.db", "sqlite://a.db", "drop column t.b\n"),
        ("base", "base", ""),
        ("base", "sqlite://a.db", "create table t (2 columns)\n"),
        ("sqlite://a.db", "base", "drop table t\n"),
    ] {
        assert_eq!(ok(&blog, &["diff", "--from", from, "--to", to]), expected, "{from} to {to}");
    }
    let report: Value = serde_json::from_str(&ok(
        &blog,
        &["diff", "--from", "sqlite://a.db", "--to", "sqlite://b.db", "--json", "--sql"],
    ))
    .unwrap();
    assert_eq!((&report["equal"], &report["operations"][0]["operation"]), (&false.into(), &"add_column".into()));
    assert!(report["sql"].as_str().unwrap().contains("ADD COLUMN"));
}

#[test]
fn what_may_be_a_rename_is_asked() {
    let blog = Blog::new("");
    execute(&blog, "a.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, nick TEXT)");
    execute(&blog, "b.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)");
    let words = ["diff", "--from", "sqlite://a.db", "--to", "sqlite://b.db"];
    let with = |more: &[&str]| said(&blog, &[&words, more].concat());
    let open = with(&[]);
    assert_eq!((open.status, open.out.as_str()), (1, ""), "{}", open.err);
    assert_says(&open.err, &["is it renamed to t.name, or dropped?", "--rename t.nick=t.name", "--drop t.nick"]);
    assert_eq!(with(&["--rename", "t.nick=t.name"]).out, "rename column t.nick to name\n");
    let dropped = "add column t.name (text, nullable)\ndrop column t.nick\n";
    assert_eq!(with(&["--drop", "t.nick"]).out, dropped);
    let lossy = with(&["--allow-loss"]);
    assert_eq!(lossy.out, dropped);
    assert_says(&lossy.err, &["is it renamed to t.name, or dropped? Taken as dropped; else: --rename t.nick=t.name"]);
    let wrong = with(&["--rename", "t.nix=t.name"]);
    assert_eq!(wrong.status, 1, "{}", wrong.err);
    assert_says(&wrong.err, &["there is id, nick"]);
}

#[test]
fn a_side_that_is_nothing_is_one_clear_error() {
    let blog = Blog::new("");
    ok(&blog, &["upgrade"]);
    for (side, status, expected) in [
        ("sqlite://nowhere.db", 1, "nowhere.db is not there"),
        ("current", 2, "depends on where a database stands"),
        ("+1", 2, "depends on where a database stands"),
        ("nonsense", 2, "no revision is called `nonsense`"),
    ] {
        let ran = said(&blog, &["diff", &format!("--from={side}"), "--to", "base", "--sql"]);
        assert_eq!((ran.status, ran.out.as_str()), (status, ""), "{side}: {}", ran.err);
        assert_says(&ran.err, &[expected]);
    }
    assert!(!blog.path("nowhere.db").exists());
}
