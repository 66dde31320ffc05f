//! Several databases in one project: each with its own models, revisions, lock, history and URL.

use std::collections::BTreeMap;

use migratable::revision::*;
use migratable_cli::{Migrator, Project};
use migratable_core::lock;
use serde_json::Value;

use crate::database::revision;
use crate::project::{Blog, Ran, assert_says, run};

const CONFIGURATION: &str = "[package]\nname = \"blog-migrations\"\n\n[package.metadata.migratable]\n\
    database-url = \"sqlite://blog.db\"\n\n[package.metadata.migratable.databases.audit]\n\
    database-url = \"sqlite://audit.db\"\nhistory-table = \"audit_history\"\n";

const MODELS: &str = "\
#[derive(Migratable)]
pub struct User {
    pub id: i64,
}

#[derive(Migratable)]
#[migratable(database = \"audit\", table = \"users\")]
pub struct Event {
    pub id: i64,
    pub of: Kind,
}

#[derive(Migratable)]
pub enum Kind {
    Login,
}
";

fn create_users(op: &mut Operations) {
    op.create_table(table("users").column(column("id", bigint())).primary_key("pk_users", ["id"]));
}

fn create_events(op: &mut Operations) {
    op.create_table(table("events").column(column("id", bigint())).primary_key("pk_events", ["id"]));
}

static USERS: [migratable::Revision; 1] =
    [revision("aa0000000001", &[], "users", create_users, |op| op.drop_table("users"))];
static EVENTS: [migratable::Revision; 1] =
    [revision("ee0000000001", &[], "events", create_events, |op| op.drop_table("events"))];
static NAMED: [(&str, &[migratable::Revision]); 1] = [("audit", &EVENTS)];

fn blog() -> Blog {
    let blog = Blog::new(MODELS);
    blog.write("migrations/Cargo.toml", CONFIGURATION);
    blog.write("migrations/audit/schema.lock", &lock::write(&[], &migratable_core::Schema::default()));
    blog
}

fn typed(blog: &Blog, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let project = Project::new(blog.path("migrations"), "blog-migrations", CONFIGURATION)
        .with_migrator(Migrator::new(&USERS))
        .with_databases(&NAMED);
    let variables: BTreeMap<String, String> =
        variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    run(&project, &blog.root, &variables, None, arguments)
}

fn ok(blog: &Blog, arguments: &[&str]) -> String {
    let ran = typed(blog, &[], arguments);
    assert_eq!(ran.status, 0, "{arguments:?}\n{}{}", ran.out, ran.err);
    ran.out
}

fn fails(blog: &Blog, status: u8, arguments: &[&str]) -> String {
    let ran = typed(blog, &[], arguments);
    assert_eq!(ran.status, status, "{arguments:?}\n{}{}", ran.out, ran.err);
    ran.err
}

#[test]
fn each_database_has_its_own_revisions_and_lock() {
    let blog = blog();
    let before = fails(&blog, 1, &["check", "--database", "audit"]);
    assert_eq!(before, "");
    let out = ok(&blog, &["revision", "-m", "first"]);
    assert_says(&out, &["[default]\n", "create table users (1 column)", "[audit]\n", "create table users (2 columns)"]);
    assert_eq!((blog.files().len(), blog.names("migrations/audit/versions").len()), (1, 1));
    assert_eq!(ok(&blog, &["check"]).matches("clean: ").count(), 2);
    let locked = |file: &str| lock::read(&blog.read(file)).unwrap().schema;
    let (own, audit) = (locked("migrations/schema.lock"), locked("migrations/audit/schema.lock"));
    assert!(own.enums.is_empty() && audit.enums.contains_key("kind"), "an enum is of the database that uses it");

    blog.models(&MODELS.replace("    pub of: Kind,\n", "    pub of: Kind,\n    pub note: Option<String>,\n"));
    let said: Value = {
        let ran = typed(&blog, &[], &["check", "--json"]);
        assert_eq!(ran.status, 1);
        serde_json::from_str(&ran.out).unwrap()
    };
    assert_eq!((&said["default"]["clean"], &said["audit"]["clean"]), (&true.into(), &false.into()));
    let mends = said["audit"]["findings"][0].to_string();
    assert!(mends.contains("users.note") && mends.contains("--database audit"), "{mends}");
    let out = ok(&blog, &["revision", "-m", "second"]);
    assert_says(&out, &["[default]\nNothing changed", "[audit]\nadd column users.note"]);
    assert_eq!((blog.files().len(), blog.names("migrations/audit/versions").len()), (1, 2));
    assert_says(&ok(&blog, &["heads"]), &["[default]", "first", "[audit]", "second"]);

    assert_says(&ok(&blog, &["remove", "--database", "audit"]), &["second"]);
    ok(&blog, &["lock", "--database", "default"]);
    assert_says(
        &fails(&blog, 2, &["show", "aa00"]),
        &["there are several databases, and a revision is of one of them: say which by --database (default, audit)"],
    );
    assert_says(&ok(&blog, &["show", "head", "--database", "audit"]), &["first"]);
    assert_says(&ok(&blog, &["show"]), &["[default]", "first", "[audit]", "first"]);
    for words in [
        &["revision", "--empty"][..],
        &["revision", "--drop", "users.id"],
        &["upgrade", "aa00"],
        &["upgrade", "--sql"],
        &["upgrade", "--each-url", "tenants.txt"],
        &["current", "--each-url", "tenants.txt"],
        &["verify", "--each-schema", "tenant_%"],
        &["stamp", "head"],
        &["merge"],
        &["diff", "--from", "lock", "--to", "models"],
        &["current", "--database-url", "sqlite://x.db"],
    ] {
        assert_says(&fails(&blog, 2, words), &["there are several databases, and ", "--database (default, audit)"]);
    }
    assert_says(&fails(&blog, 2, &["check", "--database", "adit"]), &["no database `adit`; is it `audit`?"]);
}

#[test]
fn what_is_wrong_with_the_database_of_a_model_is_said_at_its_place() {
    let blog = blog();
    blog.models(&MODELS.replace("\"audit\"", "\"adit\""));
    let said = fails(&blog, 1, &["revision", "-m", "first", "--database", "default"]);
    assert_says(
        &said,
        &["src/lib.rs:7:25", "there is no database \"adit\"; is it \"audit\"? (the configuration names audit)"],
    );
    let across = "#[derive(Migratable)]\n#[migratable(database = \"audit\")]\npub struct Event {\n    pub id: i64,\n    \
                  #[migratable(references = User)]\n    pub user_id: i64,\n}\n#[derive(Migratable)]\npub struct User {\n    \
                  pub id: i64,\n}\n";
    blog.models(across);
    let said = fails(&blog, 1, &["revision", "-m", "first", "--database", "audit"]);
    assert_says(
        &said,
        &[
            "no model has the table `users` with the column `id`",
            "help: a reference leads to a table of the same database",
        ],
    );
}

#[test]
fn every_database_is_moved_or_the_one_that_is_named() {
    let blog = blog();
    let out = ok(&blog, &["upgrade"]);
    assert_says(
        &out,
        &["[default]\n", "applied aa0000000001", "blog.db is at aa", "[audit]\n", "applied ee0000000001"],
    );
    assert!(blog.path("blog.db").exists() && blog.path("audit.db").exists());
    let current: Value = serde_json::from_str(&ok(&blog, &["current", "--json"])).unwrap();
    assert_eq!(current["default"]["current"][0], "aa0000000001");
    assert_eq!(current["audit"]["current"][0], "ee0000000001");
    let shown = ok(&blog, &["status", "-v"]);
    assert_says(
        &shown,
        &[
            "[default]",
            "history-table",
            &format!("{}  (as usual)", migratable::HistoryTable::NAME),
            "[audit]",
            "audit_history  (from migrations/Cargo.toml:9)",
        ],
    );
    assert_eq!(ok(&blog, &["verify"]).matches("clean: ").count(), 2);

    // One that is refused must not have taken the other along.
    let said = fails(&blog, 2, &["downgrade"]);
    assert_says(&said, &["what takes something back is for one", "--database (default, audit)"]);
    assert_says(
        &ok(&blog, &["downgrade", "--database", "audit"]),
        &["took back ee0000000001", "audit.db is at the base"],
    );
    let current = typed(&blog, &[], &["current"]);
    assert_eq!((current.out.as_str(), current.err.contains("[default]")), ("[default]\naa0000000001 (head)\n", false));
    assert_says(&current.err, &["[audit]\n", "audit.db is at the base"]);
    assert_says(&ok(&blog, &["current", "--database", "default"]), &["aa0000000001 (head)"]);
    let elsewhere =
        typed(&blog, &[("AUDIT_DATABASE_URL", "sqlite://other.db"), ("DATABASE_URL", "sqlite://own.db")], &["upgrade"]);
    assert_says(&elsewhere.out, &["own.db is at aa", "other.db is at ee"]);
    ok(&blog, &["upgrade", "--database", "audit", "--database-url", "sqlite://third.db"]);

    // One that cannot be reached stops no other.
    let said = typed(&blog, &[("DATABASE_URL", "sqlite://nowhere/x.db")], &["upgrade"]);
    assert_eq!(said.status, 1);
    assert_says(&said.err, &["error: in the database default: cannot open sqlite://"]);
    assert_says(&said.out, &["[audit]\n", "audit.db is at ee"]);
}
