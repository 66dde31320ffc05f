use std::fs;
use std::time::Duration;

use super::*;

fn project(manifest: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    dir
}

#[test]
fn a_migrations_package_says_what_it_is_for() {
    let dir = project(
        "[package]\nname = \"app-migrations\"\n\n[package.metadata.migratable]\ndialects = [\"sqlite\", \"postgres\"]\n\
         database-url = \"sqlite://app.db\"\nmodels = [\"../app\", \".\"]\nhistory-table = \"revisions\"\n\
         history-schema = \"audit\"\nexclude = [\"legacy_*\"]\ntransaction = \"all\"\nlock-timeout = \"500ms\"\n\
         statement-timeout = \"5 min\"\nfile-name = \"{id}-{slug}\"\nmessage = \"[{year}] {message}\"\n\
         post-write-hooks = [\"rustfmt --edition 2024 {file}\"]\n",
    );
    let found = Configuration::read(dir.path()).unwrap();
    assert_eq!(found.package, "app-migrations");
    assert_eq!(found.dialects, [Dialect::Sqlite, Dialect::Postgres]);
    assert_eq!(found.database_url.as_deref(), Some("sqlite://app.db"));
    assert_eq!(found.models, [dir.path().parent().unwrap().join("app"), dir.path().to_path_buf()]);
    assert_eq!((found.history_table.as_deref(), found.history_schema.as_deref()), (Some("revisions"), Some("audit")));
    assert_eq!((found.exclude.as_slice(), found.transaction), (&["legacy_*".to_owned()][..], Some(Transaction::All)));
    assert_eq!(found.lock_timeout, Some(Duration::from_millis(500)));
    assert_eq!(found.statement_timeout, Some(Duration::from_secs(300)));
    let filled = |template: Template| template.fill(str::to_uppercase);
    assert_eq!((filled(found.file_name()), filled(found.message())), ("ID-SLUG".into(), "[YEAR] MESSAGE".into()));
    assert_eq!(found.post_write_hooks.as_ref().unwrap()[0], ["rustfmt", "--edition", "2024", "{file}"]);
    assert_eq!((found.lines["dialects"], found.lines["models"], found.lines["message"]), (5, 7, 15));
    let text = fs::read_to_string(dir.path().join("Cargo.toml")).unwrap();
    assert_eq!(Configuration::of_text(dir.path(), &text), Ok(found));
}

#[test]
fn mistakes_are_found_where_they_stand() {
    for (section, expected) in [
        ("dialect = []", "Cargo.toml:4:1: there is no key `dialect`; is it `dialects`?"),
        ("dialects = [\"sqlit\"]", "Cargo.toml:4:13: there is no dialect `sqlit`; is it `sqlite`?"),
        ("dialects = \"sqlite\"", "Cargo.toml:4:12: a list of texts belongs here: [\"sqlite\"]"),
        ("database-url = 1", "Cargo.toml:4:16: a text belongs here: \"sqlite://app.db\""),
        ("models = ", "Cargo.toml:4:"),
        ("models = [1]", "Cargo.toml:4:11: a text belongs here: \"../app\""),
        ("history-table = \"A b\"", "Cargo.toml:4:17: a name of a-z, 0-9 and _ belongs here"),
        ("transaction = \"al\"", "Cargo.toml:4:15: there is no transaction mode `al`; is it `all`?"),
        ("lock-timeout = \"30\"", "Cargo.toml:4:16: a time belongs here: \"500ms\""),
        ("lock-timeout = \"0s\"", "Cargo.toml:4:16: a time belongs here: \"500ms\""),
        ("file-name = \"{slug}\"", "Cargo.toml:4:13: `{id}` must stand in it"),
        ("file-name = \"{id}_{slag}\"", "Cargo.toml:4:13: there is no place `slag`; is it `slug`?"),
        ("file-name = \"{id}{slug}\"", "Cargo.toml:4:13: `{id}` must stand apart"),
        ("file-name = \"r{id}_{slug}\"", "Cargo.toml:4:13: `{id}` must stand apart"),
        ("file-name = \"{id\"", "Cargo.toml:4:13: a `{` has no `}` behind it"),
        ("file-name = \"../{id}\"", "Cargo.toml:4:13: `../` cannot stand in the name of a file"),
        ("message = \"x\"", "Cargo.toml:4:11: `{message}` must stand in it"),
        ("post-write-hooks = [\" \"]", "Cargo.toml:4:21: a command belongs here: \"rustfmt {file}\""),
        ("history-schema = \"audit\"", "Cargo.toml:4:18: only PostgreSQL has schemas, and `dialects` says sqlite"),
        (
            "statement-timeout = \"1s\"",
            "Cargo.toml:4:21: SQLite has no limit for statements, and `dialects` says sqlite",
        ),
        ("transaction = \"all\"\ndialects = [\"mysql\"]", "Cargo.toml:4:15: MySQL takes no change of a table back"),
    ] {
        let dir = project(&format!("[package]\nname = \"x\"\n[package.metadata.migratable]\n{section}\n"));
        let error = Configuration::read(dir.path()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn an_app_finds_its_migrations() {
    let dir = project("[package]\nname = \"app\"\n");
    assert_eq!(Configuration::of_app(dir.path()), Ok(None));
    fs::create_dir(dir.path().join("migrations")).unwrap();
    fs::write(dir.path().join("migrations/Cargo.toml"), "[package]\nname = \"app-migrations\"\n").unwrap();
    let found = Configuration::of_app(dir.path()).unwrap().unwrap();
    assert_eq!((found.package.as_str(), found.models), ("app-migrations", vec![dir.path().to_path_buf()]));
}
