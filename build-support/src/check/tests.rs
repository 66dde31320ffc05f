use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use migratable_core::{Dialect, Schema, lock};
use migratable_syntax::findings::{ModelFindings, PackageFindings, Place, models_file, read_models, read_package};
use tempfile::TempDir;

use super::*;

const MODELS: &str = "\
#[derive(Migratable)]
pub struct User {
    pub id: i64,
    pub name: String,
}
#[derive(Migratable)]
pub enum Status {
    Draft,
}
";

/// An app beside its migrations, as a build script sees it.
struct App {
    folder: TempDir,
    surroundings: Surroundings,
}

impl App {
    /// An app with these models, migrated.
    fn new(models: &str) -> App {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            manifest_dir: folder.path().join("app"),
            out_dir: folder.path().join("target/out"),
            package: "app".to_owned(),
            warn: false,
            release: false,
            packaged: false,
            features: BTreeSet::new(),
        };
        let app = App { folder, surroundings };
        app.write("app/Cargo.toml", "[package]\nname = \"app\"\n[dependencies]\ndiesel = \"2.3\"\n");
        app.write("app/src/main.rs", "mod models;\nmigratable::schema!();\n");
        app.write("app/src/models.rs", models);
        app.write("app/migrations/Cargo.toml", "[package]\nname = \"app-migrations\"\n");
        app.lock();
        app
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Another time than before, also where the clock of the file system is coarse.
        let later = fs::metadata(&path).and_then(|it| it.modified()).ok().map(|time| time + Duration::from_secs(1));
        fs::write(&path, text).unwrap();
        if let Some(later) = later {
            fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        }
    }

    /// Writes the lock that the models of now give.
    fn lock(&self) {
        let scan = models::scan("app", &self.path("app"), &[Dialect::Sqlite], None);
        self.write("app/migrations/schema.lock", &lock::write(&[], &scan.schema));
    }

    /// The same with a table that no model has.
    fn lock_with_a_dropped_table(&self) {
        let mut schema = models::scan("app", &self.path("app"), &[Dialect::Sqlite], None).schema;
        let mut dropped = schema.tables.values().next().unwrap().clone();
        dropped.name = "dropped".into();
        schema.tables.insert(dropped.name.clone(), dropped);
        self.write("app/migrations/schema.lock", &lock::write(&[], &schema));
    }

    /// Says which packages have models.
    fn configure(&self, models: &str) {
        let metadata = format!("[package.metadata.migratable]\nmodels = {models}\n");
        self.write("app/migrations/Cargo.toml", &format!("[package]\nname = \"app-migrations\"\n{metadata}"));
    }

    /// Adds another package with models.
    fn with_shop(&self, models: &str) {
        self.write("shop/Cargo.toml", "[package]\nname = \"shop\"\n");
        self.write("shop/src/lib.rs", models);
        self.configure("[\"..\", \"../../shop\"]");
    }

    fn run(&self) -> Vec<String> {
        run(&self.surroundings)
    }

    fn output(&self, file: &str) -> String {
        fs::read_to_string(self.path("target/out/migratable").join(file)).unwrap()
    }

    fn package(&self) -> PackageFindings {
        read_package(&self.output(PACKAGE))
    }

    fn model(&self, name: &str, file: &str) -> Vec<ModelFindings> {
        read_models(&self.output(&models_file(&self.path("app"), &self.path("app").join(file))), name)
    }

    /// Everything that is reported: where, and what.
    fn findings(&self) -> Vec<(String, String)> {
        self.run();
        let mut found: Vec<(String, String)> =
            self.package().findings.into_iter().map(|it| ("package".to_owned(), it.message)).collect();
        for entry in fs::read_dir(self.path("target/out/migratable/models")).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            let names: BTreeSet<&str> =
                text.lines().filter_map(|it| it.strip_prefix("model\t")?.split('\t').next()).collect();
            for (name, finding) in names
                .iter()
                .flat_map(|name| read_models(&text, name))
                .flat_map(|it| it.findings.into_iter().map(move |finding| (it.name.clone(), finding)))
            {
                let place = match finding.place {
                    Place::Field(field) => format!("{name}.{field}"),
                    _ => name,
                };
                found.push((place, finding.message));
            }
        }
        found.sort();
        found
    }

    /// Where something is reported: by a model, by `schema!()`, or by cargo itself.
    fn places(&self) -> Vec<String> {
        let mut places: Vec<String> = self.findings().into_iter().map(|(place, _)| place).collect();
        places.extend(self.run().iter().filter(|line| line.starts_with("error=")).map(|_| "cargo".to_owned()));
        places
    }
}

#[test]
fn models_like_the_lock_give_no_findings_and_a_schema() {
    let app = App::new(MODELS);
    assert_eq!(app.findings(), []);
    assert_eq!(app.package().diesel.as_deref(), Some("diesel"));
    assert!(app.output(SCHEMA).contains("users (id) {"), "{}", app.output(SCHEMA));
    let user = &app.model("User", "src/models.rs")[0];
    assert_eq!((user.line, user.table.as_deref()), (None, Some("users")));
    let columns: Vec<_> = user.columns.iter().map(|it| (it.name.as_str(), it.column_type.as_str())).collect();
    assert_eq!(columns, [("id", "bigint"), ("name", "text")]);
    assert!(user.columns.iter().all(|it| it.asserted && !it.nullable && it.field == it.name));
}

#[test]
fn each_difference_stands_at_its_place() {
    for (what, from, to, places) in [
        ("a new field", "name: String,", "name: String,\n    pub bio: String,", &["User.bio"][..]),
        ("another type", "name: String", "name: i32", &["User.name"]),
        ("a field that is gone", "    pub name: String,\n", "", &["User"]),
        ("an attribute of the struct", "pub struct User", "#[migratable(comment = \"x\")]\npub struct User", &["User"]),
        ("a new variant", "Draft,", "Draft,\n    Done,", &["Status"]),
        ("a struct that is gone", "#[derive(Migratable)]\npub struct", "pub struct", &["package"]),
        ("several", "name: String", "name: i32,\n    pub bio: String", &["User.bio", "User.name"]),
        ("an unknown type", "name: String", "name: Strng", &["User.name"]),
    ] {
        let app = App::new(MODELS);
        app.write("app/src/models.rs", &MODELS.replace(from, to));
        let found = app.findings();
        assert_eq!(found.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(), places, "{what}: {found:?}");
        if what != "an unknown type" {
            let command = "help: run `cargo run -p app-migrations --bin migrate -- revision -m \"…\"`";
            assert!(found.iter().all(|(_, message)| message.ends_with(command)), "{what}: {found:?}");
        }
        app.lock();
        if what != "an unknown type" {
            assert_eq!(app.findings(), [], "{what}");
        }
    }
}

#[test]
fn a_change_is_seen_by_what_was_kept_of_the_run_before() {
    let app = App::new(MODELS);
    assert_eq!(app.findings(), []);
    assert!(app.path("target/out/migratable/lock.cache").exists());
    app.write("app/src/models.rs", &MODELS.replace("name", "nick"));
    let expected = "the column users.name is gone: is it renamed to users.nick, or dropped?\nhelp: run `cargo run -p \
                    app-migrations --bin migrate -- revision -m \"…\"` with `--rename users.name=users.nick` or `--drop \
                    users.name`";
    assert_eq!(app.findings(), [("User.nick".to_owned(), expected.to_owned())]);
    app.write("app/src/models.rs", MODELS);
    assert_eq!(app.findings(), []);
    app.write("app/migrations/schema.lock", &lock::write(&[], &Schema::default()));
    assert_eq!(app.findings().len(), 2);
}

#[test]
fn files_are_written_only_when_they_change_and_removed_with_their_model() {
    let app = App::new(MODELS);
    app.run();
    let written = |file: &str| fs::metadata(app.path("target/out/migratable").join(file)).unwrap().modified().unwrap();
    let models = models_file(&app.path("app"), &app.path("app/src/models.rs"));
    let before = [PACKAGE, SCHEMA, &models].map(written);
    std::thread::sleep(Duration::from_millis(20));
    app.run();
    assert_eq!([PACKAGE, SCHEMA, &models].map(written), before);
    app.write("app/src/models.rs", "");
    app.run();
    assert!(!app.path("target/out/migratable").join(&models).exists());
}

#[test]
fn what_has_no_model_stands_at_schema_else_at_the_first_model_else_nowhere() {
    let app = App::new(MODELS);
    app.write("app/src/models.rs", "");
    assert!(app.findings().iter().all(|(place, _)| place == "package"));
    app.write("app/src/main.rs", "mod models; // migratable::schema!();\n");
    app.write("app/src/models.rs", &MODELS[..MODELS.find("#[derive(Migratable)]\npub enum").unwrap()]);
    assert_eq!(app.findings().iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(), ["User"]);
    app.write("app/src/models.rs", "");
    let lines = app.run();
    let errors: Vec<_> = lines.iter().filter(|line| line.starts_with("error=")).collect();
    assert_eq!(errors.len(), 2, "{lines:?}");
    assert!(errors[0].contains("the table `users`, and no model has it any more; help: run"), "{errors:?}");
}

#[test]
fn what_has_no_model_stands_where_every_build_sees_it() {
    let user = &MODELS[..MODELS.find("#[derive(Migratable)]\npub enum").unwrap()];
    let tag = "#[derive(Migratable)]\npub struct Tag { id: i64 }\n";
    let schema = "migratable::schema!();\n";
    let cfg = "#[cfg(unix)]\n";
    let behind_its_cfg = format!("#![cfg(unix)]\n{user}");
    let derived_behind_cfg = user.replace("#[derive(Migratable)]", "#[cfg_attr(unix, derive(Migratable))]");
    for (what, main, models, expected) in [
        ("a call", format!("mod models;\n{schema}"), user, "package"),
        ("a call in a module", format!("mod models;\nmod db {{ {schema} }}"), user, "package"),
        ("a call behind cfg", format!("mod models;\n{cfg}{schema}"), user, "User"),
        ("a call in a module behind cfg", format!("mod models;\n{cfg}mod db {{ {schema} }}"), user, "User"),
        ("a model behind cfg", "mod models;\n".to_owned(), &format!("{cfg}{user}{tag}"), "Tag"),
        ("a file behind cfg", format!("{cfg}mod models;\n{tag}"), user, "Tag"),
        ("a file behind its own cfg", format!("mod models;\n{tag}"), &behind_its_cfg, "Tag"),
        ("a derive behind cfg", format!("mod models;\n{tag}"), &derived_behind_cfg, "Tag"),
        ("everything behind cfg", format!("{cfg}mod models;\n{cfg}{schema}"), user, "cargo"),
        ("a call of another crate", "mod models;\nother::schema!();\n".to_owned(), user, "User"),
        ("a call with arguments", "mod models;\nschema!(a);\n".to_owned(), user, "User"),
    ] {
        let app = App::new(user);
        app.write("app/src/main.rs", &main);
        app.write("app/src/models.rs", models);
        app.lock_with_a_dropped_table();
        for _ in 0..2 {
            // The second time by what was kept of the first.
            assert_eq!(app.places(), [expected], "{what}");
        }
    }
    // The library is compiled with every binary, so it comes first.
    let app = App::new(user);
    app.write("app/src/lib.rs", tag);
    app.lock_with_a_dropped_table();
    assert_eq!(app.places(), ["Tag"]);
}

#[test]
fn a_file_that_cannot_be_read_makes_no_table_look_dropped() {
    let app = App::new(MODELS);
    app.write("app/src/models.rs", "#[derive(Migratable)]\npub struct User {");
    let found = app.findings();
    assert!(app.package().incomplete);
    assert!(found.iter().all(|(_, message)| message.starts_with("src/models.rs:")), "{found:?}");
    assert!(!found.is_empty());
}

#[test]
fn a_lock_that_cannot_be_relied_on_is_one_error_with_the_command_that_mends_it() {
    let good = |app: &App| fs::read_to_string(app.path("app/migrations/schema.lock")).unwrap();
    type Break = fn(&str) -> String;
    let cases: [(&str, Break); 3] = [
        ("conflict", |lock| format!("<<<<<<< ours\n{lock}")),
        ("changed by hand", |lock| lock.replace("\"bigint\"", "\"integer\"")),
        ("version 99", |lock| lock.replace("version = 1", "version = 99")),
    ];
    for (expected, broken) in cases {
        let app = App::new(MODELS);
        app.write("app/migrations/schema.lock", &broken(&good(&app)));
        app.write("app/src/models.rs", &MODELS.replace("name", "nick"));
        let found = app.findings();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "package");
        assert!(found[0].1.contains(expected), "{found:?}");
        if expected != "version 99" {
            assert!(found[0].1.contains("cargo run -p app-migrations --no-default-features"), "{found:?}");
        }
    }
    let app = App::new(MODELS);
    fs::remove_file(app.path("app/migrations/schema.lock")).unwrap();
    assert!(app.findings()[0].1.contains("schema.lock is missing"), "{:?}", app.findings());
}

#[test]
fn exploring_makes_warnings_except_in_a_release() {
    let mut app = App::new(MODELS);
    app.surroundings.warn = true;
    app.write("app/src/models.rs", &MODELS.replace("name: String", "name: i32"));
    app.run();
    assert!(app.model("User", "src/models.rs")[0].findings[0].warning);
    app.surroundings.release = true;
    let found = app.findings();
    assert!(!app.model("User", "src/models.rs")[0].findings[0].warning);
    assert!(found.iter().any(|(_, message)| message.contains("MIGRATABLE=warn is for exploring")), "{found:?}");
}

#[test]
fn tables_of_other_packages_are_theirs() {
    let app = App::new(MODELS);
    let text = app.path("app/migrations/schema.lock");
    let mut found = lock::read(&fs::read_to_string(&text).unwrap()).unwrap().schema;
    let mut other = found.tables.values().next().unwrap().clone();
    other.name = "orders".into();
    other.model.as_mut().unwrap().package = "shop".to_owned();
    found.tables.insert(other.name.clone(), other);
    app.write("app/migrations/schema.lock", &lock::write(&[], &found));
    // No other package has models: nobody else can have it.
    assert_eq!(app.findings().len(), 1);
    app.with_shop("");
    assert_eq!(app.findings(), []);
    // A package that is no more, such as the old name of one: whoever has it now is asked.
    app.write("app/Cargo.toml", "[package]\nname = \"app\"\n");
    app.write("shop/Cargo.toml", "[package]\nname = \"store\"\n");
    assert_eq!(app.findings().len(), 1);
    app.with_shop("#[derive(Migratable)]\npub struct Order { id: i64 }\n");
    app.write("shop/Cargo.toml", "[package]\nname = \"store\"\n");
    assert_eq!(app.findings(), []);
}

#[test]
fn what_a_renamed_package_had_is_still_its_own() {
    for with_shop in [false, true] {
        let mut app = App::new(MODELS);
        if with_shop {
            app.with_shop("");
        }
        app.write("app/Cargo.toml", "[package]\nname = \"site\"\n");
        app.surroundings.package = "site".to_owned();
        assert_eq!(app.findings(), []);
        app.write("app/src/models.rs", "");
        let found = app.findings();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().any(|(_, message)| message.contains("`users`, and no model has it any more")));
    }
}

#[test]
fn a_table_without_a_model_is_of_the_first_package() {
    for (models, expected) in [("[\"..\", \"../../shop\"]", 1), ("[\"../../shop\", \"..\"]", 0)] {
        let app = App::new(MODELS);
        app.with_shop("");
        app.configure(models);
        let text = app.path("app/migrations/schema.lock");
        let mut found = lock::read(&fs::read_to_string(&text).unwrap()).unwrap().schema;
        let mut other = found.tables.values().next().unwrap().clone();
        (other.name, other.model) = ("orders".into(), None);
        found.tables.insert(other.name.clone(), other);
        app.write("app/migrations/schema.lock", &lock::write(&[], &found));
        assert_eq!(app.findings().len(), expected, "{models}");
    }
}

#[test]
fn a_rename_that_is_done_warns_at_its_attribute() {
    let app = App::new(MODELS);
    let renamed = MODELS.replace("    pub name", "    #[migratable(renamed_from = \"nick\")]\n    pub name");
    app.write("app/src/models.rs", &renamed);
    let found = app.findings();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "User.name");
    let expected = "`renamed_from = \"nick\"` is done: schema.lock has no `users.nick` any more; remove the attribute";
    assert!(found[0].1.starts_with(expected), "{found:?}");
    let renamed = MODELS.replace("pub struct", "#[migratable(renamed_from = \"members\")]\npub struct");
    app.write("app/src/models.rs", &renamed);
    let found = app.findings();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "User");
    assert!(found[0].1.contains("schema.lock has no `members` any more; remove the attribute"), "{found:?}");
    // One that is still to be done is none.
    let renamed = MODELS.replace("    pub name", "    #[migratable(renamed_from = \"name\")]\n    pub nick");
    app.write("app/src/models.rs", &renamed);
    let found = app.findings();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("which this field renames to `nick`"), "{found:?}");
}

#[test]
fn a_lock_of_the_same_time_and_length_is_read_again_while_it_is_new_and_a_damaged_cache_is_none() {
    let app = App::new(MODELS);
    let (lock, cache) = (app.path("app/migrations/schema.lock"), app.path("target/out/migratable/lock.cache"));
    let set = |time| fs::File::options().write(true).open(&lock).unwrap().set_modified(time).unwrap();
    let now = std::time::SystemTime::now();
    set(now);
    assert_eq!(app.findings(), []);
    let scan = models::scan("app", &app.path("app"), &[Dialect::Sqlite], None);
    let mut other = scan.schema;
    let column = &mut other.tables.values_mut().next().unwrap().columns[1];
    column.name = "nick".to_owned();
    fs::write(&lock, lock::write(&[], &other)).unwrap();
    set(now);
    assert_eq!(app.findings().len(), 1);
    let whole = fs::read_to_string(&cache).unwrap();
    for length in [0, 5, whole.len() / 2, whole.len() - 1] {
        fs::write(&cache, &whole[..length]).unwrap();
        assert_eq!(app.findings().len(), 1, "{length}");
        assert_eq!(fs::read_to_string(&cache).unwrap().len(), whole.len());
    }
    assert!(
        fs::read_dir(cache.parent().unwrap()).unwrap().all(|it| it
            .unwrap()
            .path()
            .extension()
            .is_none_or(|it| it != "tmp"))
    );
}

#[test]
fn a_packaged_crate_does_without_its_migrations() {
    let mut app = App::new(MODELS);
    fs::remove_dir_all(app.path("app/migrations")).unwrap();
    assert!(app.findings()[0].1.contains("cargo migratable init"));
    app.surroundings.packaged = true;
    assert_eq!(app.findings(), []);
    assert!(app.output(SCHEMA).contains("users (id)"));
}

#[test]
fn models_of_one_name_in_one_file_are_told_apart_by_their_lines() {
    let source = "pub mod a {\n    #[derive(Migratable)]\n    #[migratable(table = \"a\")]\n    pub struct One { id: i64 }\n}\n\
                  pub mod b {\n    #[derive(Migratable)]\n    #[migratable(table = \"b\")]\n    pub struct One { id: i64 }\n}\n";
    let app = App::new(source);
    app.run();
    let found: Vec<_> = app.model("One", "src/models.rs").into_iter().map(|it| (it.line, it.table)).collect();
    assert_eq!(found, [(Some(4), Some("a".to_owned())), (Some(9), Some("b".to_owned()))]);
}

#[test]
fn cargo_watches_what_exists_and_never_the_target_folder() {
    let app = App::new(MODELS);
    let watched = |lines: Vec<String>| -> Vec<String> {
        let root = format!("rerun-if-changed={}/", app.folder.path().display());
        lines.iter().filter_map(|line| line.strip_prefix(&root)).map(str::to_owned).collect()
    };
    let lock = "app/migrations/schema.lock";
    let manifests = ["app/Cargo.toml", "app/migrations/Cargo.toml"];
    assert_eq!(watched(app.run()), [&["app/src"][..], &manifests, &[lock]].concat());
    fs::remove_file(app.path(lock)).unwrap();
    assert_eq!(watched(app.run()), ["app/migrations", "app/src", "app/Cargo.toml"]);
    fs::create_dir(app.path("app/migrations/target")).unwrap();
    assert_eq!(watched(app.run()), [&["app/src"][..], &manifests].concat());
    let lines = app.run();
    assert!(lines.contains(&"rerun-if-env-changed=MIGRATABLE".to_owned()), "{lines:?}");
}

#[test]
fn cargo_watches_where_the_migrations_would_show() {
    let app = App::new(MODELS);
    let watched = || -> Vec<String> {
        let root = format!("rerun-if-changed={}/", app.folder.path().display());
        app.run().iter().filter_map(|line| line.strip_prefix(&root)).map(str::to_owned).collect()
    };
    app.write("app/migrations/Cargo.toml", "[package");
    assert_eq!(watched(), ["app/src", "app/Cargo.toml", "app/migrations/Cargo.toml"]);
    fs::remove_file(app.path("app/migrations/Cargo.toml")).unwrap();
    assert_eq!(watched(), ["app/migrations", "app/src", "app/Cargo.toml"]);
    fs::remove_dir_all(app.path("app/migrations")).unwrap();
    assert_eq!(watched(), ["app"]);
    fs::create_dir(app.path("app/target")).unwrap();
    assert_eq!(watched(), ["app/src", "app/Cargo.toml"]);
    let section = "[package.metadata.migratable]\nmigrations = \"../db/migrations\"\n";
    app.write("app/Cargo.toml", &format!("[package]\nname = \"app\"\n{section}"));
    assert_eq!(watched(), ["app/src", "app/Cargo.toml"]);
    fs::create_dir(app.path("db")).unwrap();
    assert_eq!(watched(), ["app/src", "db", "app/Cargo.toml"]);
}

#[test]
fn a_table_that_is_too_wide_for_diesel_names_the_feature() {
    let wide = |columns: usize| {
        let fields: String = (1..columns).map(|at| format!("    pub c{at}: i32,\n")).collect();
        format!("{MODELS}#[derive(Migratable)]\npub struct Wide {{\n    pub id: i64,\n{fields}}}\n")
    };
    for (columns, features, expected) in [
        (32, "[]", None),
        (33, "[]", Some("`64-column-tables`")),
        (33, "[\"64-column-tables\"]", None),
        (64, "[\"128-column-tables\"]", None),
        (65, "[\"huge-tables\"]", Some("`128-column-tables`")),
        (129, "[\"128-column-tables\"]", Some("at most 128")),
    ] {
        let app = App::new(&wide(columns));
        let manifest = format!(
            "[package]\nname = \"app\"\n[dependencies]\ndiesel = {{ version = \"2.3\", features = {features} }}\n"
        );
        app.write("app/Cargo.toml", &manifest);
        let found = app.findings();
        assert_eq!(
            found.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(),
            vec!["Wide"; expected.iter().len()]
        );
        if let Some(expected) = expected {
            assert!(found[0].1.contains(expected), "{found:?}");
        }
        assert_eq!(app.output(SCHEMA).contains("wides (id)"), expected.is_none(), "{columns} {features}");
    }
}

#[test]
fn diesel_is_found_under_whatever_name() {
    let workspace = "[workspace]\nmembers = [\"app\"]\n[workspace.dependencies]\n\
                     db = { package = \"diesel\", version = \"2.3\", features = [\"64-column-tables\"] }\n";
    for (dependencies, name, wide) in [
        ("[dependencies]\ndiesel = \"2.3\"\n", Some("diesel"), false),
        ("[dependencies]\n", None, false),
        ("[dependencies]\nmy-db = { package = \"diesel\", version = \"2.3\" }\n", Some("my_db"), false),
        ("[dependencies]\ndb.workspace = true\n", Some("db"), true),
        ("[dependencies]\ndiesel = { package = \"other\", version = \"1\" }\n", None, false),
        ("[target.'cfg(unix)'.dependencies]\ndiesel = \"2.3\"\n", Some("diesel"), false),
        ("[dev-dependencies]\ndiesel = \"2.3\"\n", None, false),
        ("[dependencies]\ndiesel = { version = \"2.3\", optional = true }\n", None, false),
        (
            "[dependencies]\ndiesel = { version = \"2.3\", optional = true }\n[features]\nsql = [\"dep:diesel\"]\n",
            Some("diesel"),
            false,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let app = folder.path().join("app");
        fs::create_dir(&app).unwrap();
        fs::write(folder.path().join("Cargo.toml"), workspace).unwrap();
        fs::write(app.join("Cargo.toml"), format!("[package]\nname = \"app\"\n{dependencies}")).unwrap();
        let manifest = Manifest::read(&app, &BTreeSet::from(["SQL".to_owned()]));
        let diesel = manifest.diesel.as_ref();
        assert_eq!(diesel.map(|it| it.name.as_str()), name, "{dependencies}");
        assert_eq!(diesel.is_some_and(|it| it.has_feature("64-column-tables")), wide, "{dependencies}");
        assert_eq!(manifest.needs_alias(), name.is_some_and(|name| name != "diesel"), "{dependencies}");
    }
}

#[test]
fn names_are_compared_as_the_naming_makes_them() {
    let app = App::new(
        "#[derive(Migratable)]\npub struct User {\n    pub id: i64,\n    #[migratable(index)]\n    pub name: String,\n}\n",
    );
    assert_eq!(app.findings(), []);
    app.write(
        "app/migrations/Cargo.toml",
        "[package]\nname = \"app-migrations\"\n[package.metadata.migratable.naming]\nix = \"{table}_{columns}_idx\"\n",
    );
    let found = app.findings();
    assert!(
        found.iter().any(|(_, it)| it.starts_with("the index `users_name_idx` (on = [\"name\"]) is new")),
        "{found:?}"
    );
    assert_eq!(found.len(), 2, "{found:?}");
    let configuration = Configuration::read(&app.path("app/migrations")).unwrap();
    let scan = configuration.scan("app", &app.path("app"), None);
    app.write("app/migrations/schema.lock", &lock::write(&[], &scan.schema));
    assert_eq!(app.findings(), []);
}

#[test]
fn a_model_does_not_have_the_table_of_the_history() {
    let app = App::new("#[derive(Migratable)]\npub struct Change {\n    pub id: i64,\n}\n");
    let set = |history: &str| {
        let package = "[package]\nname = \"app-migrations\"\n[package.metadata.migratable]\n";
        app.write("app/migrations/Cargo.toml", &format!("{package}dialects = [\"postgres\"]\n{history}"));
        app.findings()
    };
    for (history, refused) in [
        ("history-table = \"changes\"", true),
        ("history-table = \"changes\"\nhistory-schema = \"public\"", true),
        ("history-table = \"changes\"\nhistory-schema = \"audit\"", false),
        ("history-table = \"history\"", false),
    ] {
        let found = set(history);
        assert_eq!(found.len(), usize::from(refused), "{history}: {found:?}");
        for (place, message) in found {
            assert_eq!(place, "Change", "{message}");
            assert!(message.starts_with("`changes` is the table of the history, as `history-table` in "), "{message}");
        }
    }
}
