//! One revision in the place of several, and branches with labels, in whole projects: written by `migrate`, compiled by
//! cargo, run on databases that were there before.

#![allow(clippy::unwrap_used)]

use migratable_tests::{Project, Said};

const MAIN: &str = "mod models;\n\nmigratable::schema!();\n\nfn main() {}\n";

fn user(fields: &str) -> String {
    format!("use migratable::Migratable;\n\n#[derive(Migratable)]\npub struct User {{\n    pub id: i64,\n{fields}}}\n")
}

/// A project with these models.
fn project(name: &str, models: &str) -> Project {
    let project = Project::new(name);
    project.write("src/main.rs", MAIN);
    project.write("src/models.rs", models);
    project
}

/// `migrate` on a SQLite file of the project.
fn on(project: &Project, file: &str, words: &[&str]) -> Said {
    project.migrate(&[&["--database-url", &format!("sqlite://{file}")], words].concat())
}

fn sqlite(project: &Project, file: &str, sql: &str) -> String {
    let said = std::process::Command::new("sqlite3").arg(project.path().join(file)).arg(sql).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn old_databases_are_taken_over_by_one_revision_and_new_ones_run_it() {
    let project = project("squashed", &user("    pub name: String,\n"));
    project.migrate_files(&["revision", "-m", "users", "--rev-id", "aa0000000001"]).ok();
    for file in ["old.db", "middle.db"] {
        on(&project, file, &["upgrade"]).ok();
        sqlite(&project, file, "INSERT INTO users (id, name) VALUES (7, 'Ada')");
    }
    project.write("src/models.rs", &user("    pub name: String,\n    pub bio: String,\n"));
    project.migrate_files(&["revision", "-m", "bio", "--rev-id", "bb0000000002"]).ok();
    let file = project.newest_revision();
    let hole = project.read(&file);
    let (head, _) = hole.split_once("    use fill_users_bio::*;").unwrap();
    project.write(
        &file,
        &format!(
            "{head}    use fill_users_bio::*;\n    diesel::update(users::table).set(users::bio.eq(users::name.nullable())).execute(db)?;\n    Ok(())\n}}\n"
        ),
    );
    project.write("src/models.rs", &user("    pub name: String,\n    pub bio: String,\n    pub age: Option<i32>,\n"));
    project.migrate_files(&["revision", "-m", "age", "--rev-id", "cc0000000003"]).ok();
    on(&project, "old.db", &["upgrade"]).ok();
    let rows = "SELECT id, name, bio, age IS NULL FROM users";
    assert_eq!(sqlite(&project, "old.db", rows), "7|Ada|Ada|1");
    let old = project.revisions();

    project.migrate_files(&["squash", ":head", "-m", "as it began", "--rev-id", "dd0000000004"]).ok();
    assert_eq!(project.revisions().len(), 1);
    assert!(old.iter().all(|file| !file.exists()), "the files that it stands for are gone");
    assert!(project.errors().is_empty());

    let said = on(&project, "old.db", &["upgrade"]).ok();
    assert!(said.stdout.contains("took over dd0000000004"), "{said:?}");
    assert!(!said.stdout.contains("applied"), "{said:?}");
    on(&project, "new.db", &["upgrade"]).ok();
    let history = "SELECT group_concat(revision) FROM migratable_revisions";
    for file in ["old.db", "new.db"] {
        assert_eq!(sqlite(&project, file, history), "dd0000000004", "{file}");
        on(&project, file, &["verify"]).ok();
    }
    assert_eq!(sqlite(&project, "old.db", rows), "7|Ada|Ada|1");
    let refused = on(&project, "middle.db", &["upgrade"]).failed(1);
    assert!(refused.stderr.contains("it lacks bb0000000002, cc0000000003"), "{}", refused.stderr);
    assert_eq!(sqlite(&project, "middle.db", "SELECT id, name FROM users"), "7|Ada");
    on(&project, "old.db", &["downgrade", "base"]).ok();
    on(&project, "old.db", &["upgrade"]).ok();

    // All databases have it: it stands for nothing any more.
    let file = project.newest_revision();
    let text = project.read(&file);
    let (begin, rest) = text.split_once("replaces = [").unwrap();
    let (_, end) = rest.split_once(']').unwrap();
    project.write(&file, &format!("{}{end}", begin.trim_end().trim_end_matches(',')));
    project.migrate_files(&["lock"]).ok();
    for file in ["old.db", "new.db"] {
        let said = on(&project, file, &["upgrade"]).ok();
        assert!(said.stdout.contains("is up to date, at dd0000000004"), "{said:?}");
    }
    project.migrate(&["check"]).ok();
}

#[test]
fn the_revisions_of_one_of_several_databases_are_squashed() {
    let event = "\n#[derive(Migratable)]\n#[migratable(database = \"audit\")]\npub struct Event {\n    pub id: i64,\n";
    let models = |more: &str| format!("{}{event}{more}}}\n", user(""));
    let project = project("squashed-two", &models(""));
    let manifest = project.read("migrations/Cargo.toml");
    project.write(
        "migrations/Cargo.toml",
        &manifest.replace(
            "[package.metadata.migratable]\n",
            "[package.metadata.migratable.databases.audit]\ndatabase-url = \"sqlite://audit.db\"\n\n\
             [package.metadata.migratable]\n",
        ),
    );
    project.migrate_files(&["lock"]).ok();
    project.migrate_files(&["revision", "-m", "first"]).ok();
    project.write("src/models.rs", &models("    pub what: Option<String>,\n"));
    project.migrate_files(&["revision", "-m", "second"]).ok();
    project.migrate(&["upgrade"]).ok();
    sqlite(&project, "audit.db", "INSERT INTO events (id, what) VALUES (1, 'login')");

    let refused = project.migrate_files(&["squash", "base:head"]).failed(2);
    assert!(refused.stderr.contains("--database (default, audit)"), "{}", refused.stderr);
    let squashed =
        project.migrate_files(&["squash", "base:head", "--database", "audit", "--rev-id", "ee0000000009"]).ok();
    assert!(squashed.stdout.contains("ee0000000009 stands for "), "{squashed:?}");
    assert_eq!(project.revisions().len(), 1, "the other database has its revision");
    let said = project.migrate(&["upgrade"]).ok();
    assert!(said.stdout.contains("took over ee0000000009"), "{said:?}");
    assert_eq!(sqlite(&project, "audit.db", "SELECT id, what FROM events"), "1|login");
    let verified = project.migrate(&["verify"]).ok();
    assert_eq!(verified.stdout.matches("clean: ").count(), 2, "{verified:?}");
    on(&project, "new.db", &["upgrade", "--database", "audit"]).ok();
    assert!(project.errors().is_empty());
}

#[test]
fn branches_with_labels_live_beside_one_another() {
    let item = "\n#[derive(Migratable)]\npub struct Item {\n    pub id: i64,\n}\n";
    let project = project("labelled", &user(""));
    project.migrate_files(&["revision", "-m", "users", "--branch-label", "blog", "--rev-id", "aa0000000001"]).ok();
    project.write("src/models.rs", &(user("") + item));
    let place = ["--head", "base", "--branch-label", "shop", "--rev-id", "bb0000000002"];
    project.migrate_files(&[&["revision", "-m", "items"], &place[..]].concat()).ok();
    project.write("src/models.rs", &(user("    pub bio: Option<String>,\n") + item));
    let refused = project.migrate_files(&["revision", "-m", "bio"]).failed(2);
    assert!(refused.stderr.contains("--head"), "{}", refused.stderr);
    project.migrate_files(&["revision", "-m", "bio", "--head", "blog@head", "--rev-id", "cc0000000003"]).ok();
    assert!(project.errors().is_empty());
    let heads = project.migrate_files(&["heads"]).ok().stdout;
    assert!(heads.contains("bb0000000002") && heads.contains("cc0000000003"), "{heads}");

    let at = |expected: &[&str]| {
        let current = project.migrate(&["current"]).ok().stdout;
        let ids: Vec<&str> = current.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(ids, expected);
    };
    project.migrate(&["upgrade", "shop@head"]).ok();
    at(&["bb0000000002"]);
    project.migrate(&["upgrade", "blog@+1"]).ok();
    at(&["aa0000000001", "bb0000000002"]);
    project.sqlite("INSERT INTO users (id) VALUES (7); INSERT INTO items (id) VALUES (8)");
    project.migrate(&["upgrade", "blog@head"]).ok();
    at(&["bb0000000002", "cc0000000003"]);
    project.migrate(&["verify"]).ok();
    project.migrate(&["downgrade", "shop@base"]).ok();
    at(&["cc0000000003"]);
    assert_eq!(project.sqlite("SELECT id, bio IS NULL FROM users"), "7|1");
    project.migrate(&["verify"]).ok();
    project.migrate(&["upgrade", "heads"]).ok();
    project.migrate(&["downgrade", "blog@-1"]).ok();
    at(&["aa0000000001", "bb0000000002"]);
    assert_eq!(project.sqlite("SELECT count(*) FROM users"), "1");
    project.migrate(&["upgrade", "heads"]).ok();
    project.migrate(&["check"]).ok();
}
