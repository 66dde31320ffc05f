//! The whole loop in a new project: a model, a revision, an upgrade; a change, the build that refuses it, and back.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use migratable_tests::{Diagnostic, Project, place};

const MODELS: &str = "\
mod models;

migratable::schema!();

fn main() {
    println!(\"{}\", <models::User as migratable::Migratable>::TABLE);
}
";

const USER: &str = "\
use migratable::Migratable;

#[derive(Migratable)]
pub struct User {
    pub id: i64,
    pub name: String,
}
";

fn only(errors: &[Diagnostic]) -> &Diagnostic {
    assert_eq!(errors.len(), 1, "{errors:#?}");
    &errors[0]
}

/// A project with one model, one revision and three rows.
fn with_rows(name: &str) -> Project {
    let project = Project::new(name);
    project.write("src/main.rs", MODELS);
    project.write("src/models.rs", USER);
    project.migrate(&["revision", "-m", "users"]).ok();
    project.migrate(&["upgrade"]).ok();
    project.sqlite("INSERT INTO users (name) VALUES ('ada'), ('grace'), ('edsger')");
    project
}

#[test]
fn a_field_that_nobody_migrated_stops_the_build_at_the_field() {
    let project = Project::new("loop");
    project.write("src/main.rs", MODELS);
    project.write("src/models.rs", USER);

    let errors = project.errors();
    let error = only(&errors);
    assert_eq!((error.file.as_str(), error.line, error.column), ("src/models.rs", 4, 12), "{}", error.rendered);
    assert!(error.message.contains("the table `users` is new"), "{}", error.message);
    assert!(error.message.contains("cargo run -p loop-migrations --bin migrate -- revision -m"), "{}", error.message);

    let said = project.migrate(&["revision", "-m", "users"]).ok();
    assert!(said.stdout.contains("create table users"), "{}", said.stdout);
    assert_eq!(project.errors(), []);
    let again = project.migrate(&["revision", "-m", "again"]).ok();
    assert_eq!(project.revisions().len(), 1, "{}{}", again.stdout, again.stderr);
    project.migrate(&["upgrade"]).ok();
    project.sqlite("INSERT INTO users (name) VALUES ('ada'), ('grace'), ('edsger')");
    assert_eq!(project.cargo(&["run", "-q"]).ok().stdout, "users\n");

    project.replace("src/models.rs", "    pub name: String,\n", "    pub name: String,\n    pub bio: String,\n");
    let errors = project.errors();
    let error = only(&errors);
    let (line, column) = place(&project.read("src/models.rs"), "bio");
    assert_eq!((error.file.as_str(), error.line, error.column), ("src/models.rs", line, column), "{}", error.rendered);
    for part in ["users.bio", "text, not null", "revision -m"] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }

    project.migrate(&["revision", "-m", "bio"]).ok();
    let revision = project.newest_revision();
    let text = project.read(&revision);
    let errors = project.check("loop-migrations");
    assert!(
        errors.iter().any(|it| it.file.ends_with(&revision) && it.message.contains("users.bio")),
        "{errors:#?}\n{text}"
    );
    project.migrate_files(&["remove"]).ok();
    assert_eq!(project.revisions().len(), 1);
    project.migrate(&["revision", "-m", "bio", "--default", "users.bio='unknown'"]).ok();
    assert_eq!(project.errors(), []);
    project.migrate(&["upgrade"]).ok();
    assert_eq!(project.sqlite("SELECT name, bio FROM users"), "ada|unknown\ngrace|unknown\nedsger|unknown");
    project.migrate(&["downgrade"]).ok();
    assert_eq!(project.sqlite("SELECT * FROM users"), "1|ada\n2|grace\n3|edsger");
    project.migrate(&["upgrade"]).ok();
    let nothing = project.migrate(&["upgrade"]).ok();
    assert!(format!("{}{}", nothing.stdout, nothing.stderr).contains("up to date"), "{nothing:?}");
    project.migrate(&["check"]).ok();
}

/// A revision with a body in place of the next hole behind the name of a step.
fn filled(text: &str, step: &str, body: &str) -> String {
    let function = text.find(&format!("fn {step}(")).unwrap_or_else(|| panic!("no step {step} in\n{text}"));
    let start = function + text[function..].find("hole!").unwrap_or_else(|| panic!("no hole in\n{text}"));
    let end = start + text[start..].find(")\n").unwrap_or(0) + 1;
    format!("{}{body}{}", &text[..start], &text[end..])
}

#[test]
fn a_hole_is_filled_with_code_that_the_compiler_checks() {
    let project = with_rows("hole");
    project.replace("src/models.rs", "    pub name: String,\n", "    pub name: String,\n    pub bio: String,\n");
    project.migrate(&["revision", "-m", "bio"]).ok();
    let revision = project.newest_revision();
    let body = "diesel::update(users::table).set(users::bio.eq(users::name.nullable())).execute(db)?;\n    Ok(())";
    let filled = filled(&project.read(&revision), "fill_users_bio", body);
    project.write(&revision, &filled);
    project.migrate(&["upgrade"]).ok();
    assert_eq!(project.sqlite("SELECT bio FROM users"), "ada\ngrace\nedsger");

    project.write(&revision, &filled.replace("users::bio.eq", "users::biography.eq"));
    let errors = project.check("hole-migrations");
    let error = errors.iter().find(|it| it.file.ends_with(&revision)).unwrap_or_else(|| panic!("{errors:#?}"));
    assert!(error.message.contains("biography"), "{}", error.rendered);
}

#[test]
fn a_step_before_a_change_sees_the_type_and_the_values_that_go() {
    let project = Project::new("change");
    project.write("src/main.rs", MODELS);
    let mood = "\n#[derive(Migratable, Clone, Copy)]\npub enum Mood {\n    Calm,\n    Wild,\n}\n";
    let fields = "    pub name: String,\n    pub code: String,\n    pub mood: Mood,\n";
    project.write("src/models.rs", &(USER.replace("    pub name: String,\n", fields) + mood));
    project.migrate(&["revision", "-m", "users"]).ok();
    project.migrate(&["upgrade"]).ok();
    project.sqlite("INSERT INTO users (name, code, mood) VALUES ('ada', '7', 'calm'), ('grace', 'none', 'wild')");

    project.replace("src/models.rs", "pub code: String", "pub code: i32");
    project.replace("src/models.rs", "    Wild,\n", "");
    project.migrate(&["revision", "-m", "codes are numbers, and nobody is wild"]).ok();
    let revision = project.newest_revision();
    let codes = "diesel::update(users::table.filter(users::code.eq(\"none\")))\n        .set(users::code.eq(\"0\"))\n        \
                 .execute(db)?;\n    Ok(())";
    let moods = "diesel::update(users::table.filter(users::mood.eq(\"wild\")))\n        .set(users::mood.eq(\"calm\"))\n        \
                 .execute(db)?;\n    Ok(())";
    let text = filled(&project.read(&revision), "convert_users_code", codes);
    let text = filled(&text, "replace_mood_wild", moods);
    project.write(&revision, &text);
    project.migrate(&["upgrade"]).ok();
    assert_eq!(project.sqlite("SELECT name, code + 1, mood FROM users"), "ada|8|calm\ngrace|1|calm");

    // Before the change the column is a text, whatever it is behind it.
    project.write(&revision, &text.replace(".set(users::code.eq(\"0\"))", ".set(users::code.eq(0))"));
    let errors = project.check("change-migrations");
    assert!(errors.iter().any(|it| it.file.ends_with(&revision)), "{errors:#?}");
}

#[test]
fn a_second_build_without_a_change_runs_nothing() {
    let project = Project::new("fresh");
    project.write("src/main.rs", MODELS);
    project.write("src/models.rs", USER);
    project.migrate(&["revision", "-m", "users"]).ok();
    for package in ["fresh", "fresh-migrations"] {
        project.cargo(&["build", "-p", package]).ok();
        let again = project.cargo(&["build", "-v", "-p", package]).ok();
        assert!(!again.stderr.contains("Running"), "{}", again.stderr);
        assert!(!again.stderr.contains("Dirty"), "{}", again.stderr);
    }
}

#[test]
fn the_bare_binary_upgrades_a_database_from_an_empty_folder() {
    let project = with_rows("bare");
    // What is set is compiled in.
    let set = "history-table = \"our_revisions\"\ntransaction = \"revision\"\nlock-timeout = \"5s\"\ndialects =";
    project.replace("migrations/Cargo.toml", "dialects =", set);
    // A name that this makes twice is an error at its model.
    let naming = |pattern: &str| format!("naming.pk = \"{pattern}\"\ntransaction");
    project.replace("migrations/Cargo.toml", "transaction", &naming("{table}"));
    let errors = project.errors();
    let error = only(&errors);
    assert_eq!((error.file.as_str(), error.line, error.column), ("src/models.rs", 4, 12), "{}", error.rendered);
    assert!(error.message.contains("`users` is the name of the table `users` already"), "{}", error.message);
    project.replace("migrations/Cargo.toml", &naming("{table}"), &naming("{table}_key"));
    project.migrate(&["revision", "-m", "names"]).ok();
    assert_eq!(project.errors(), []);
    let empty = tempfile::tempdir().unwrap();
    project.copy_migrate(&empty.path().join("migrate"));
    let run = |arguments: &[&str]| {
        Command::new(empty.path().join("migrate"))
            .args(arguments)
            .current_dir(empty.path())
            .env_remove("DATABASE_URL")
            .output()
            .unwrap()
    };
    let done = run(&["upgrade", "--database-url", "sqlite://other.db"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let tables = Command::new("sqlite3").arg(empty.path().join("other.db")).arg(".tables").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&tables.stdout).trim(), "our_revisions  users");
    let users = Command::new("sqlite3").arg(empty.path().join("other.db")).arg(".schema users").output().unwrap();
    let users = String::from_utf8_lossy(&users.stdout);
    assert!(users.contains("CONSTRAINT \"users_key\" PRIMARY KEY"), "{users}");

    let migrate = empty.path().join("migrate");
    let list = format!("'{0}' history | head -n 1 && '{0}' history | true", migrate.display());
    let listed = Command::new("bash").args(["-o", "pipefail", "-c", &list]).output().unwrap();
    assert!(listed.status.success() && listed.stderr.is_empty(), "{}", String::from_utf8_lossy(&listed.stderr));
    // A variable that is no UTF-8 is not one that is not set: that would be the database of the configuration.
    #[cfg(unix)]
    {
        let url = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"sqlite://\xff.db");
        let mut upgrade = Command::new(&migrate);
        let refused = upgrade.arg("upgrade").current_dir(empty.path()).env("DATABASE_URL", url).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("is not UTF-8"), "{refused:?}");
        assert!(!empty.path().join("app.db").exists());
    }
}

const TWO: &str = "\
use migratable::Migratable;

#[derive(Migratable)]
pub struct User {
    pub id: i64,
}

#[derive(Migratable, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = crate::schema::audit::events)]
#[migratable(database = \"audit\")]
pub struct Event {
    pub id: i64,
    pub what: String,
}
";

#[test]
fn two_databases_have_their_own_locks_revisions_and_upgrades() {
    let project = Project::new("two");
    project.write("src/main.rs", &MODELS.replace("println!", "let _ = schema::audit::events::what;\n    println!"));
    project.write("src/models.rs", TWO);
    let manifest = project.read("migrations/Cargo.toml");
    let section = "\n[package.metadata.migratable.databases.audit]\ndatabase-url = \"sqlite://audit.db\"\n";
    project.write("migrations/Cargo.toml", &format!("{manifest}{section}"));

    project.short(&["lock"]).ok();
    let errors = project.errors();
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(
        messages[0].contains("the table `users` is new") && messages[0].contains("--database default"),
        "{messages:?}"
    );
    assert!(
        messages[1].contains("the table `events` is new") && messages[1].contains("--database audit"),
        "{messages:?}"
    );
    project.migrate_files(&["revision", "-m", "first"]).ok();
    assert_eq!(project.errors(), []);

    let upgraded = project.migrate(&["upgrade"]).ok().stdout;
    assert!(upgraded.contains("app.db is at ") && upgraded.contains("audit.db is at "), "{upgraded}");
    let audit =
        |sql: &str| project.sqlite(&format!("ATTACH '{}' AS audit; {sql}", project.path().join("audit.db").display()));
    assert_eq!(audit("INSERT INTO audit.events VALUES (1, 'login'); SELECT count(*) FROM main.users"), "0");

    project.replace(
        "src/models.rs",
        "    pub what: String,\n",
        "    pub what: String,\n    pub who: Option<String>,\n",
    );
    let errors = project.errors();
    let error = only(&errors);
    let (line, column) = place(&project.read("src/models.rs"), "who");
    assert_eq!((error.file.as_str(), error.line, error.column), ("src/models.rs", line, column), "{}", error.rendered);
    assert!(error.message.contains("revision -m") && error.message.contains("--database audit"), "{}", error.message);
    project.migrate_files(&["revision", "-m", "who", "--database", "audit"]).ok();
    assert_eq!(project.revisions().len(), 1);
    project.migrate(&["upgrade"]).ok();
    assert_eq!(audit("SELECT id, what, who IS NULL FROM audit.events"), "1|login|1");
    project.short(&["downgrade", "--database", "audit"]).ok();
    let behind = project.short(&["history", "-r", "current:", "--database", "audit"]).ok().stdout;
    assert!(behind.lines().count() == 2 && behind.contains("(current), first"), "{behind}");
    assert!(project.short(&["upgarde"]).failed(2).stderr.contains("unrecognized subcommand 'upgarde'"));
    assert_eq!(audit("SELECT * FROM audit.events"), "1|login");
    project.migrate(&["check"]).ok();
}
