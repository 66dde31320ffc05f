//! Rows that a revision maps: the errors of the compiler stand in the revision file, and what is written once compiles and
//! runs whatever later revisions do to the table.

#![allow(clippy::unwrap_used)]

use migratable_tests::{Diagnostic, Project, place};

const BEGIN: &str = r#"//! users
use migratable::revision::*;

revision!("aaaaaaaaaaaa", after = []);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.create_enum("state", ["draft", "live", "gone"]);
    op.create_table(
        table("users")
            .column(column("id", bigint()))
            .column(column("first_name", text()))
            .column(column("last_name", text()).nullable())
            .column(column("made", timestamp()))
            .column(column("state", enumeration("state")))
            .primary_key("pk_users", ["id"]),
    );
    op.create_table(table("logs").column(column("line", text())));
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_table("logs");
    op.drop_table("users");
    op.drop_enum("state");
}
"#;

const NAMES: &str = r#"//! one name
use migratable::revision::*;

revision!("bbbbbbbbbbbb", after = ["aaaaaaaaaaaa"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.run(trim);
    op.add_column("users", column("full_name", text()));
    op.drop_column("users", "first_name");
    op.drop_column("users", "last_name");
    op.map_rows("users", join_names);
    op.drop_enum_value("state", "gone");
    op.run(name_the_nameless);
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.add_enum_value("state", "gone");
    op.add_column("users", column("first_name", text()));
    op.add_column("users", column("last_name", text()).nullable());
    op.drop_column("users", "full_name");
    op.map_rows("users", part_names);
}

fn trim(db: &mut Db) -> Result<()> {
    use trim::*;
    diesel::update(users::table).set(users::first_name.eq("Ada")).filter(users::first_name.eq(" Ada")).execute(db)?;
    Ok(())
}

fn name_the_nameless(db: &mut Db) -> Result<()> {
    use name_the_nameless::*;
    diesel::update(users::table).set(users::full_name.eq("Nobody")).filter(users::full_name.eq("")).execute(db)?;
    Ok(())
}

fn join_names(old: before::users::Row) -> Result<after::users::Row> {
    let full_name = match &old.last_name {
        Some(last) => format!("{} {last}", old.first_name),
        None => old.first_name.clone(),
    };
    let state = match old.state {
        before::State::Draft | before::State::Gone => after::State::Draft,
        before::State::Live => after::State::Live,
    };
    Ok(after::users::Row { id: old.id, made: old.made, state, full_name })
}

fn part_names(old: after::users::Row) -> Result<before::users::Row> {
    let (first, last) = match old.full_name.split_once(' ') {
        Some((first, last)) => (first, Some(last.to_owned())),
        None => (old.full_name.as_str(), None),
    };
    let state = match old.state {
        after::State::Draft => before::State::Draft,
        after::State::Live => before::State::Live,
    };
    Ok(before::users::Row { id: old.id, first_name: first.to_owned(), last_name: last, made: old.made, state })
}
"#;

const RENAMED: &str = r#"//! people
use migratable::revision::*;

revision!("cccccccccccc", after = ["bbbbbbbbbbbb"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.rename_table("users", "people");
    op.rename_column("people", "full_name", "name");
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.rename_column("people", "name", "full_name");
    op.rename_table("people", "users");
}
"#;

const FILE: &str = "migrations/versions/20260102_000000_bbbbbbbbbbbb_names.rs";

/// Functions with one mistake each, marked by `‹`.
const MISTAKES: &str = r#"
fn not_there_yet(old: before::users::Row) -> String {
    old.‹full_name
}
fn already_dropped(id: i64) -> Result<after::users::Row> {
    Ok(after::users::Row { id, full_name: String::new(), made: Default::default(), state: after::State::Live, ‹last_name: None })
}
fn of_another_type(old: &before::users::Row) -> i64 {
    ‹old.first_name
}
fn without_a_field(old: before::users::Row) -> Result<after::users::Row> {
    Ok(‹after::users::Row { id: old.id, made: old.made, state: after::State::Live })
}
fn without_a_variant(state: before::State) -> after::State {
    match ‹state {
        before::State::Draft => after::State::Draft,
        before::State::Live => after::State::Live,
    }
}
fn a_value_that_goes(_: ()) -> after::State {
    after::State::‹Gone
}
mod of_the_step {
    use super::trim::*;
    pub fn not_there_yet(db: &mut super::Db) -> migratable::revision::Result<Vec<String>> {
        Ok(users::table.select(users::‹full_name).load(db)?)
    }
    pub fn of_another_type(db: &mut super::Db) -> migratable::revision::Result<usize> {
        Ok(diesel::delete(users::table.filter(users::id.‹eq("1"))).execute(db)?)
    }
}
mod of_the_step_behind {
    use super::name_the_nameless::*;
    pub fn already_dropped(db: &mut super::Db) -> migratable::revision::Result<Vec<String>> {
        Ok(users::table.select(users::‹first_name).load(db)?)
    }
}
"#;

fn checked(project: &Project, text: &str) -> Vec<Diagnostic> {
    project.write(FILE, text);
    project.check(&project.migrations()).into_iter().filter(|it| it.level == "error").collect()
}

/// Asserts that every error stands in the revision, and that one stands at this place and says this.
fn assert_error(errors: &[Diagnostic], at: (u64, u64), expected: &str) {
    assert!(errors.iter().all(|it| it.file.ends_with(FILE)), "{errors:#?}");
    let found = errors.iter().any(|it| (it.line, it.column) == at && it.message.contains(expected));
    assert!(found, "{expected} at {at:?}: {errors:#?}");
}

#[test]
fn rows_are_mapped_by_code_that_the_compiler_checks_for_ever() {
    let project = Project::new("rows");
    project.write("migrations/versions/20260101_000000_aaaaaaaaaaaa_users.rs", BEGIN);
    project.write(FILE, NAMES);
    project.migrate_files(&["lock"]).ok();

    // Every mistake is an error at its place.
    let marked: Vec<(usize, &str)> = MISTAKES.match_indices('‹').collect();
    assert_eq!(marked.len(), 9);
    let plain = format!("{NAMES}{}", MISTAKES.replace('‹', ""));
    let unmarked = |at: usize| NAMES.len() + at - MISTAKES[..at].matches('‹').count() * '‹'.len_utf8();
    let expected = [
        "full_name",
        "last_name",
        "mismatched",
        "missing field `full_name`",
        "Gone",
        "Gone",
        "full_name",
        "&str",
        "first_name",
    ];
    let each_is_found = || {
        let errors = checked(&project, &plain);
        for ((at, _), expected) in marked.iter().zip(expected) {
            let before = &plain[..unmarked(*at)];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
            let errors: Vec<_> = errors.iter().filter(|it| it.line == line as u64).cloned().collect();
            assert_error(&errors, (line as u64, column as u64), expected);
        }
        assert!(errors.iter().all(|it| it.line > NAMES.lines().count() as u64), "{errors:#?}");
    };
    each_is_found();

    // Where the connection may be one of several kinds, too.
    let manifest = project.read("migrations/Cargo.toml");
    for (from, to) in [
        ("dialects = [\"sqlite\"]", "dialects = [\"sqlite\", \"postgres\", \"mysql\"]"),
        ("features = [\"sqlite\",", "features = [\"sqlite\", \"postgres\", \"mysql\","),
    ] {
        project.replace("migrations/Cargo.toml", from, to);
    }
    each_is_found();
    project.write(FILE, NAMES);
    assert_eq!(project.check(&project.migrations()), [], "without a mistake it compiles");
    project.write("migrations/Cargo.toml", &manifest);

    // A body that is still open is one error.
    let start = NAMES.find("    let full_name").unwrap();
    let end = NAMES.find("fn part_names").unwrap();
    let open = format!("{}    hole!(\"which name?\")\n}}\n\n{}", &NAMES[..start], &NAMES[end..]);
    let errors = checked(&project, &open);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_error(&errors, place(&open, "hole!"), "which name?");

    // What cannot stand where it stands is one error too.
    for (from, to, at, expected) in [
        (
            "    op.run(trim);\n    op.add_column(\"users\", column(\"full_name\", text()));\n",
            "    op.add_column(\"users\", column(\"full_name\", text()));\n    op.run(trim);\n",
            "op.run(trim);",
            "stands between the changes of `users`",
        ),
        ("\"users\", join_names", "\"logs\", join_names", "\"logs\"", "has no primary key"),
        (
            "join_names);",
            "join_names);\n    op.map_rows(\"users\", part_names);",
            "\"users\", part_names",
            "mapped twice",
        ),
        ("join_names(old: before", "join_names(old: after", "join_names);", "fn join_names(old: before::users::Row)"),
    ] {
        let text = NAMES.replacen(from, to, 1);
        assert_ne!(text, NAMES);
        assert_error(&checked(&project, &text), place(&text, at), expected);
    }

    // Later revisions change nothing in the file: it is what it was, and runs.
    project.write("migrations/versions/20260103_000000_cccccccccccc_people.rs", RENAMED);
    project.write(FILE, NAMES);
    project.migrate_files(&["lock"]).ok();
    project.migrate(&["upgrade", "aaaaaaaaaaaa"]).ok();
    project.sqlite(
        "INSERT INTO users VALUES (1, ' Ada', 'Lovelace', '2026-01-01 00:00:00', 'gone'), \
         (2, 'Plato', NULL, '2026-01-01 00:00:00.5', 'live')",
    );
    project.migrate(&["upgrade"]).ok();
    let people = "1|Ada Lovelace|2026-01-01 00:00:00|draft\n2|Plato|2026-01-01 00:00:00.5|live";
    assert_eq!(project.sqlite("SELECT id, name, made, state FROM people ORDER BY id"), people);
    project.migrate(&["verify"]).ok();
    project.migrate(&["downgrade", "aaaaaaaaaaaa"]).ok();
    let users = "1|Ada|Lovelace|2026-01-01 00:00:00|draft\n2|Plato||2026-01-01 00:00:00.5|live";
    assert_eq!(project.sqlite("SELECT id, first_name, last_name, made, state FROM users ORDER BY id"), users);
    project.migrate(&["verify"]).ok();
}
