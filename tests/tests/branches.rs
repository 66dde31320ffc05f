//! The morning after a git merge, in a real repository: two branches that each add a revision, of which one renames a
//! column that the other uses. One command mends it, and databases at either head and at the base come along, on every
//! dialect.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use migratable_core::Dialect;
use migratable_tests::Project;
use migratable_tests::databases::client::{Database, Server};

const MAIN: &str = "mod models;\n\nmigratable::schema!();\n\nfn main() {}\n";

fn user(fields: &str) -> String {
    format!("use migratable::Migratable;\n\n#[derive(Migratable)]\npub struct User {{\n    pub id: i64,\n{fields}}}\n")
}

fn git(project: &Project, arguments: &[&str]) -> bool {
    let settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
    let git = Command::new("git").args(settings).args(arguments).current_dir(project.path()).output();
    git.unwrap().status.success()
}

fn commit(project: &Project, message: &str) {
    assert!(git(project, &["add", "-A"]) && git(project, &["commit", "-qm", message]), "{message}");
}

/// The id of the newest revision.
fn newest(project: &Project) -> String {
    let file = project.newest_revision();
    file.split('_').find(|part| part.len() == 12).unwrap().to_owned()
}

fn upgrade(project: &Project, database: &Database<'_>, revision: &str) {
    project.migrate(&["--database-url", &database.url(), "upgrade", revision]).ok();
}

#[test]
fn branches_of_which_one_renames_what_the_other_uses_are_mended_by_one_command() {
    let servers = Dialect::ALL.map(|dialect| Server::of(dialect).unwrap());
    let at = |name: &str| servers.iter().map(|server| server.database(name).unwrap()).collect::<Vec<_>>();
    let (base, bio, renamed) = (at("at_base"), at("at_bio"), at("at_renamed"));
    base.iter().chain(&bio).chain(&renamed).for_each(|database| database.make("").unwrap());
    let rows = |database: &Database<'_>| database.run("INSERT INTO users (id, name) VALUES (1, 'Ada')").unwrap();

    let project = Project::new("teams");
    project.replace(
        "migrations/Cargo.toml",
        "dialects = [\"sqlite\"]",
        "dialects = [\"sqlite\", \"postgres\", \"mysql\"]",
    );
    project.replace(
        "migrations/Cargo.toml",
        "features = [\"sqlite\",",
        "features = [\"sqlite\", \"postgres\", \"mysql\",",
    );
    project.write("src/main.rs", MAIN);
    project.write("src/models.rs", &user("    #[migratable(type = \"varchar(50)\")]\n    pub name: String,\n"));
    project.migrate_files(&["revision", "-m", "users"]).ok();
    let users = newest(&project);
    assert!(git(&project, &["init", "-q"]));
    commit(&project, "users");

    assert!(git(&project, &["checkout", "-qb", "bio"]));
    let with_bio =
        "    #[migratable(type = \"varchar(50)\", index)]\n    pub name: String,\n    pub bio: Option<String>,\n";
    project.write("src/models.rs", &user(with_bio));
    project.migrate_files(&["revision", "-m", "bio"]).ok();
    commit(&project, "bio");
    for database in &base {
        upgrade(&project, database, &users);
        rows(database);
    }
    for database in &bio {
        upgrade(&project, database, "head");
        rows(database);
    }

    assert!(git(&project, &["checkout", "-q", "main"]));
    project.write("src/models.rs", &user("    #[migratable(type = \"varchar(50)\")]\n    pub full_name: String,\n"));
    project.migrate_files(&["revision", "-m", "full name", "--rename", "users.name=users.full_name"]).ok();
    commit(&project, "full name");
    for database in &renamed {
        upgrade(&project, database, &users);
        rows(database);
        upgrade(&project, database, "head");
    }

    assert!(!git(&project, &["merge", "-q", "bio"]), "git sees the conflict at once");
    project.write("src/models.rs", &user(&with_bio.replace("pub name", "pub full_name")));
    for database in &bio {
        let typed = ["rebase", "--database-url", &database.url()];
        let refused = project.migrate_databases(&typed).failed(1);
        assert!(refused.stderr.contains("is applied in"), "{}", refused.stderr);
        let refused = project.migrate_files(&typed).failed(1);
        assert!(refused.stderr.contains("--no-default-features --features database"), "{}", refused.stderr);
    }
    project.migrate_files(&["merge", "-m", "both"]).ok();

    for database in base.iter().chain(&bio).chain(&renamed) {
        upgrade(&project, database, "head");
        project.migrate(&["--database-url", &database.url(), "verify"]).ok();
        let row = database.query("SELECT id, full_name FROM users WHERE bio IS NULL").unwrap();
        assert_eq!(row.replace(['|', '\t'], " ").trim(), "1 Ada", "{}", database.url());
    }
    project.migrate(&["check"]).ok();
}
