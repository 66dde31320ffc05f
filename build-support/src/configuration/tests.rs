use std::fs;
use std::time::Duration;

use migratable_core::{Naming, Template};

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
         statement-timeout = \"5 min\"\nretries = 5\nbackup = true\nfile-name = \"{id}-{slug}\"\nmessage = \"[{year}] {message}\"\n\
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
    assert_eq!((found.statement_timeout, found.backup), (Some(Duration::from_secs(300)), Some(true)));
    assert_eq!(found.retries, Some(5));
    let filled = |template: Template| template.fill(str::to_uppercase);
    assert_eq!((filled(found.file_name()), filled(found.message())), ("ID-SLUG".into(), "[YEAR] MESSAGE".into()));
    assert_eq!(found.post_write_hooks.as_ref().unwrap()[0], ["rustfmt", "--edition", "2024", "{file}"]);
    assert_eq!((found.lines["dialects"], found.lines["models"], found.lines["message"]), (5, 7, 17));
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
        ("retries = \"3\"", "Cargo.toml:4:11: a number belongs here: 3"),
        ("retries = -1", "Cargo.toml:4:11: a number belongs here: 3"),
        ("batch-size = 0", "Cargo.toml:4:14: a number of rows belongs here: 1000"),
        ("batch-pause = 5", "Cargo.toml:4:15: a text belongs here: \"100ms\""),
        ("backup = \"app.old\"", "Cargo.toml:4:10: true or false belongs here"),
        (
            "backup = true\ndialects = [\"mysql\"]",
            "Cargo.toml:4:10: servers are copied by their own tools, and `dialects` says mysql",
        ),
        ("file-name = \"{slug}\"", "Cargo.toml:4:13: `{id}` must stand in it"),
        ("file-name = \"{id}_{slag}\"", "Cargo.toml:4:13: there is no place `slag`; is it `slug`?"),
        ("file-name = \"{id}{slug}\"", "Cargo.toml:4:13: `{id}` must stand apart"),
        ("file-name = \"r{id}_{slug}\"", "Cargo.toml:4:13: `{id}` must stand apart"),
        ("file-name = \"{id\"", "Cargo.toml:4:13: a `{` has no `}` behind it"),
        ("file-name = \"../{id}\"", "Cargo.toml:4:13: `../` cannot stand in the name of a file"),
        ("naming = \"{table}\"", "Cargo.toml:4:10: a table belongs here: ix = \"{table}_{columns}_idx\""),
        ("naming.idx = \"{table}\"", "Cargo.toml:4:8: there is no key `idx`; is it `ix`?"),
        ("naming.ix = 1", "Cargo.toml:4:13: a text belongs here"),
        ("naming.uq = \"{table}_{column}\"", "Cargo.toml:4:13: there is no place `column`; is it `columns`?"),
        ("naming.ck = \"{columns}\"", "Cargo.toml:4:13: `{table}` must stand in it"),
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

#[test]
fn databases_with_a_name_have_their_own_files_and_share_what_is_set() {
    let dir = project(
        "[package]\nname = \"m\"\n[package.metadata.migratable]\ndatabase-url = \"sqlite://a.db\"\nlock-timeout = \"2s\"\n\
         [package.metadata.migratable.databases.audit]\ndialects = [\"postgres\"]\nhistory-schema = \"h\"\n\
         [package.metadata.migratable.databases.b]\nlock-timeout = \"3s\"\nversions = \"b/files\"\nlock = \"b.lock\"\n",
    );
    let own = Configuration::read(dir.path()).unwrap();
    assert_eq!(own.names().collect::<Vec<_>>(), ["default", "audit", "b"]);
    let found: Vec<_> = own
        .each()
        .into_iter()
        .map(|it| {
            let below = |path: PathBuf| path.strip_prefix(dir.path()).unwrap().display().to_string();
            let seconds = it.lock_timeout.unwrap().as_secs();
            (below(it.versions()), below(it.lock()), it.dialects.clone(), it.database_url.clone(), seconds)
        })
        .collect();
    let row = |versions: &str, lock: &str, dialect, url: Option<&str>, seconds| {
        (versions.to_owned(), lock.to_owned(), vec![dialect], url.map(str::to_owned), seconds)
    };
    let expected = [
        row("versions", "schema.lock", Dialect::Sqlite, Some("sqlite://a.db"), 2),
        row("audit/versions", "audit/schema.lock", Dialect::Postgres, None, 2),
        row("b/files", "b.lock", Dialect::Sqlite, None, 3),
    ];
    assert_eq!(found, expected);
    let audit = own.of_database(Some("audit")).unwrap();
    assert_eq!(audit.command("lock"), "cargo run -p m --bin migrate -- lock --database audit");
    assert_eq!(own.command("lock"), "cargo run -p m --bin migrate -- lock --database default");
    assert_eq!(own.of_database(Some("default")).as_ref(), Ok(&own));
    assert!(own.of_database(Some("adit")).unwrap_err().contains("is it `audit`?"));
}

#[test]
fn a_database_with_a_name_has_the_naming_of_all_with_its_own_patterns() {
    let dir = project(
        "[package]\nname = \"m\"\n[package.metadata.migratable.naming]\nix = \"{table}_{columns}_idx\"\n\
         [package.metadata.migratable.databases.audit.naming]\npk = \"{table}_pkey\"\n",
    );
    let own = Configuration::read(dir.path()).unwrap();
    let mut naming = Naming::default();
    naming.set("ix", "{table}_{columns}_idx").unwrap();
    assert_eq!(own.naming, naming);
    let shown = own.text("naming").unwrap();
    assert!(shown.starts_with("pk = pk_{table}, ix = {table}_{columns}_idx, uq = "), "{shown}");
    naming.set("pk", "{table}_pkey").unwrap();
    assert_eq!(own.of_database(Some("audit")).unwrap().naming, naming);
}

#[test]
fn mistakes_in_databases_are_found_where_they_stand() {
    for (section, expected) in [
        ("databases = 1", "Cargo.toml:4:13: a table belongs here"),
        ("databases.A = {}", "Cargo.toml:4:11: a database is named by a-z, 0-9 and _"),
        ("databases.default = {}", "Cargo.toml:4:11: a database is named by"),
        (
            "databases.a = {}\ndatabases.ref = {}",
            "Cargo.toml:5:11: a database is a module of its name, which cannot be `ref`",
        ),
        ("databases.static = {}", "Cargo.toml:4:11: a database is a module of its name, which cannot be `static`"),
        ("databases.self = {}", "Cargo.toml:4:11: a database is a module of its name, which cannot be `self`"),
        ("databases.diesel = {}", "Cargo.toml:4:11: a database is a module of its name, which cannot be `diesel`"),
        ("databases.a.database-ulr = \"\"", "Cargo.toml:4:13: there is no key `database-ulr`; is it `database-url`?"),
        ("databases.a.versions = \"../x\"", "Cargo.toml:4:24: a path below the folder of this Cargo.toml belongs here"),
        ("databases.a.history-schema = \"x\"", "Cargo.toml:4:30: only PostgreSQL has schemas"),
    ] {
        let dir = project(&format!("[package]\nname = \"x\"\n[package.metadata.migratable]\n{section}\n"));
        let error = Configuration::read(dir.path()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
