//! Every broken state of a migrations package: what the build says, and the command in it that mends the state although
//! the revisions do not compile.

#![allow(clippy::unwrap_used)]

use migratable_tests::{Diagnostic, Project, place};

const MAIN: &str = "mod models;\n\nmigratable::schema!();\n\nfn main() {}\n";

fn user(fields: &str) -> String {
    format!("use migratable::Migratable;\n\n#[derive(Migratable)]\npub struct User {{\n    pub id: i64,\n{fields}}}\n")
}

fn project(name: &str) -> Project {
    let project = Project::new(name);
    project.write("src/main.rs", MAIN);
    project.write("src/models.rs", &user("    pub name: String,\n"));
    project.migrate_files(&["revision", "-m", "users"]).ok();
    project
}

/// The one error of the migrations package.
fn error(project: &Project) -> Diagnostic {
    let mut errors: Vec<_> =
        project.check(&project.migrations()).into_iter().filter(|it| it.level == "error").collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.remove(0)
}

/// Asserts that the error names the command in the form that works without the revisions, and runs it.
fn mend(project: &Project, error: &Diagnostic, command: &str) {
    let typed = format!("cargo run -p {} --no-default-features --bin migrate -- {command}", project.migrations());
    assert!(error.rendered.contains(&typed), "`{typed}` is not in: {}", error.rendered);
    project.migrate_files(&command.split(' ').collect::<Vec<_>>()).ok();
}

fn is_sound(project: &Project) {
    assert_eq!(project.check(&project.migrations()), []);
    project.migrate(&["check"]).ok();
    project.migrate(&["upgrade"]).ok();
}

#[test]
fn an_operation_that_does_not_fit_is_an_error_at_its_literal() {
    let project = project("wrong");
    project.write("src/models.rs", &user("    pub name: String,\n    pub bio: Option<String>,\n"));
    project.migrate_files(&["revision", "-m", "bio"]).ok();
    let file = project.newest_revision();
    let good = project.read(&file);
    for (from, to, at, message) in [
        ("op.drop_column(\"users\", \"bio\")", "op.drop_column(\"users\", \"boi\")", "\"boi\"", "users.boi"),
        ("op.add_column(\"users\"", "op.add_column(\"user\"", "\"user\"", "`user`"),
        ("op.drop_column(\"users\", \"bio\");", "let name = \"bio\";", "let", "op.run"),
    ] {
        assert!(good.contains(from), "{good}");
        let bad = good.replacen(from, to, 1);
        project.write(&file, &bad);
        let found = project.check("wrong-migrations");
        let (line, column) = place(&bad, at);
        let error = found
            .iter()
            .find(|it| it.message.contains(message) && (it.line, it.column) == (line, column))
            .unwrap_or_else(|| panic!("no `{message}` at {line}:{column} in {found:#?}"));
        assert!(error.file.ends_with(&file), "{}", error.file);
    }
    project.write(&file, &good.replace("op.drop_column(\"users\", \"bio\");", ""));
    let error = error(&project);
    assert!(error.file.ends_with(&file) && error.message.contains("users"), "{}", error.rendered);
    project.write(&file, &good);
    is_sound(&project);
}

#[test]
fn a_hand_edited_lock_is_mended_by_lock() {
    let project = project("edited");
    project.replace("migrations/schema.lock", "type = \"text\"", "type = \"varchar(9)\"");
    let found = error(&project);
    assert!(found.message.contains("schema.lock"), "{}", found.rendered);
    assert!(!project.errors().is_empty(), "the app says it too");
    mend(&project, &found, "lock");
    is_sound(&project);
}

#[test]
fn a_revision_edited_after_the_lock_was_written_is_mended_by_lock() {
    let project = project("changed");
    let file = project.newest_revision();
    project.replace(&file, "column(\"name\", text())", "column(\"name\", varchar(50))");
    let found = error(&project);
    let said = project.migrate_files(&["lock"]).ok();
    assert!(said.stdout.contains("varchar(50)"), "lock prints what changed: {said:?}");
    assert!(found.rendered.contains("-- lock"), "{}", found.rendered);
    assert_eq!(project.check(&project.migrations()), []);
    assert_eq!(project.errors().len(), 1, "the model still says text");
}

#[test]
fn a_missing_revision_file_is_said_and_mended_by_lock() {
    let project = project("missing");
    project.write("src/models.rs", &user("    pub name: String,\n    pub bio: Option<String>,\n"));
    project.migrate_files(&["revision", "-m", "bio"]).ok();
    std::fs::remove_file(project.path().join(project.newest_revision())).unwrap();
    let found = error(&project);
    mend(&project, &found, "lock");
    assert_eq!(project.check(&project.migrations()), []);
    assert_eq!(project.errors().len(), 1, "bio is not migrated any more");
}

#[test]
fn two_heads_and_a_conflicted_lock_are_mended_by_merge() {
    let project = project("heads");
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .current_dir(project.path())
            .output()
            .unwrap();
        done.status.success()
    };
    assert!(git(&["init", "-q"]) && git(&["add", "-A"]) && git(&["commit", "-qm", "start"]));
    assert!(git(&["checkout", "-qb", "bio"]));
    project.write("src/models.rs", &user("    pub name: String,\n    pub bio: Option<String>,\n"));
    project.migrate_files(&["revision", "-m", "bio"]).ok();
    assert!(git(&["add", "-A"]) && git(&["commit", "-qm", "bio"]));
    assert!(git(&["checkout", "-q", "main"]));
    project.write("src/models.rs", &user("    pub name: String,\n    pub age: Option<i32>,\n"));
    project.migrate_files(&["revision", "-m", "age"]).ok();
    assert!(git(&["add", "-A"]) && git(&["commit", "-qm", "age"]));
    assert!(!git(&["merge", "-q", "bio"]), "git sees the conflict at once");
    assert!(project.read("migrations/schema.lock").contains("<<<<<<<"));
    project.write(
        "src/models.rs",
        &user("    pub name: String,\n    pub age: Option<i32>,\n    pub bio: Option<String>,\n"),
    );

    let found = error(&project);
    assert!(found.rendered.contains("--no-default-features --bin migrate -- rebase"), "{}", found.rendered);
    mend(&project, &found, "merge");
    assert_eq!(project.revisions().len(), 4);
    assert_eq!(project.errors(), []);
    is_sound(&project);
    let said = project.migrate(&["heads"]).ok();
    assert_eq!(said.stdout.lines().count(), 1, "{}", said.stdout);
}

#[test]
fn a_lock_that_is_not_there_is_said_and_made_again() {
    let project = project("gone");
    std::fs::remove_file(project.path().join("migrations/schema.lock")).unwrap();
    let found = error(&project);
    mend(&project, &found, "lock");
    is_sound(&project);
}

#[test]
fn a_source_file_that_is_no_rust_drops_no_table() {
    let project = project("syntax");
    project.write("src/models.rs", "pub struct User { id: i64,,, }\n");
    let errors = project.errors();
    assert!(errors.iter().all(|it| !it.message.contains("no model has it")), "{errors:#?}");
    assert!(errors.iter().any(|it| it.file == "src/models.rs" && it.line == 1), "{errors:#?}");
    let said = project.migrate_files(&["revision", "-m", "drop"]).failed(1);
    assert!(said.stderr.contains("src/models.rs:1:"), "{}", said.stderr);
    assert_eq!(project.revisions().len(), 1);
}
