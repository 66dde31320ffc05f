//! `cargo migratable init`, on packages and workspaces as people have them.

#![allow(clippy::unwrap_used)]

#[cfg(target_os = "linux")]
mod small_disk;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use migratable_cli::{Console, Failure};
use tempfile::TempDir;

/// The result of a command: what it said on stdout and stderr.
type Said = Result<(String, String), Failure>;

fn files(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    (folder, root)
}

fn run(folder: &Path, arguments: &[&str]) -> Said {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::new(&mut out, &mut err, folder.to_owned());
    let arguments = ["cargo-migratable", "migratable"].iter().chain(arguments).map(OsString::from);
    let outcome = migratable_cli::cargo::run(arguments, &mut console);
    outcome.map(|()| (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap()))
}

fn init(folder: &Path, more: &[&str]) -> Said {
    run(folder, &[&["init"], more].concat())
}

fn failure(said: Said) -> String {
    match said.unwrap_err() {
        Failure::Failed(message) | Failure::Usage(message) | Failure::Refused { message, .. } => message,
        Failure::Said(status) => panic!("ended with {status}"),
    }
}

/// Every file below a folder, with its text.
fn tree(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap()
}

const PACKAGE: &str = "\
# the blog
[package]
name = \"my_blog\"
version = \"0.1.0\"
edition = \"2021\" # for now

[dependencies]
chrono = \"0.4\" # times
diesel = { version = \"2.3\", default-features = false }
";

#[test]
fn a_fresh_package_gets_everything() {
    let (_kept, root) = files(&[("Cargo.toml", PACKAGE), ("src/main.rs", "fn main() {}\n")]);

    let (said, notes) = init(&root, &[]).unwrap();

    assert_eq!(
        read(&root, "Cargo.toml"),
        "\
# the blog
[package]
name = \"my_blog\"
version = \"0.1.0\"
edition = \"2021\" # for now
default-run = \"my_blog\"

[dependencies]
chrono = \"0.4\" # times
diesel = { version = \"2.3\", default-features = false }
migratable = { version = \"0.1.0\", default-features = false, features = [\"chrono\"] }

[build-dependencies]
migratable-build = { version = \"0.1.0\" }

[workspace]
members = [\"migrations\"]
default-members = [\".\", \"migrations\"]
"
    );
    assert_eq!(read(&root, "build.rs"), "fn main() {\n    migratable_build::check_models();\n}\n");
    assert_eq!(
        read(&root, "migrations/Cargo.toml"),
        "\
[package]
name = \"my_blog-migrations\"
description = \"The revisions of my_blog\"
version = \"0.1.0\"
edition = \"2024\"
publish = false

[package.metadata.migratable]
dialects = [\"sqlite\"]
database-url = \"sqlite://my_blog.db\"
models = [\"..\"]

[features]
default = [\"revisions\"]
# The revisions, and the database. Without them the commands that need only files work whatever state the revisions are
# in: cargo run -p my_blog-migrations --no-default-features --bin migrate -- check
revisions = [\"database\"]
# With the database alone they can ask it all the same: --no-default-features --features database
database = [\"dep:migratable\", \"migratable-cli/database\"]

[dependencies]
migratable = { version = \"0.1.0\", default-features = false, features = [\"sqlite\", \"chrono\"], optional = true }
migratable-cli = { version = \"0.1.0\", default-features = false }

[build-dependencies]
migratable-build = { version = \"0.1.0\" }
"
    );
    assert_eq!(read(&root, "migrations/build.rs"), "fn main() {\n    migratable_build::embed_migrations();\n}\n");
    assert_eq!(
        read(&root, "migrations/src/lib.rs"),
        "//! The revisions of my_blog, and what brings a database to them.\n//!\n\
         //! cargo test -p my_blog-migrations runs the tests of their data steps.\n\n\
         #[cfg(feature = \"revisions\")]\nmigratable::revisions!();\n"
    );
    assert_eq!(
        read(&root, "migrations/src/bin/migrate.rs"),
        "//! cargo run -p my_blog-migrations --bin migrate -- --help\n\nmigratable_cli::main!(my_blog_migrations);\n"
    );
    assert_eq!(read(&root, "migrations/versions/.gitkeep"), "");
    let lock = migratable_core::lock::read(&read(&root, "migrations/schema.lock")).unwrap();
    assert!(lock.heads.is_empty() && lock.schema.tables.is_empty() && lock.is_intact());
    assert!(said.contains("migrations/Cargo.toml: created\n"), "{said}");
    assert!(said.contains("cargo run -p my_blog-migrations --bin migrate -- revision -m \"first tables\""), "{said}");
    assert_eq!(notes, "");
}

#[test]
fn a_second_time_changes_nothing() {
    let (_kept, root) = files(&[("Cargo.toml", PACKAGE), ("src/main.rs", "fn main() {}\n")]);
    init(&root, &[]).unwrap();
    let once = tree(&root);

    let (said, _) = init(&root, &["--database-url", "sqlite://other.db"]).unwrap();
    let (from_inside, _) = init(&root.join("migrations"), &[]).unwrap();

    assert_eq!(said, "my_blog is set up already; nothing was changed.\n");
    assert_eq!(from_inside, said);
    assert_eq!(tree(&root), once);
}

#[test]
fn what_is_missing_is_put_back_and_what_is_edited_stays() {
    let (_kept, root) = files(&[("Cargo.toml", PACKAGE), ("src/main.rs", "fn main() {}\n")]);
    init(&root, &[]).unwrap();
    fs::remove_file(root.join("migrations/versions/.gitkeep")).unwrap();
    fs::write(root.join("migrations/src/lib.rs"), "// mine\n").unwrap();

    let (said, _) = init(&root, &[]).unwrap();

    assert!(said.starts_with("migrations/versions/.gitkeep: created\n"), "{said}");
    assert_eq!(read(&root, "migrations/src/lib.rs"), "// mine\n");
}

#[test]
fn a_build_script_is_left_alone() {
    let mine = "fn main() { println!(\"cargo::rerun-if-changed=x\"); }\n";
    for (manifest, script, shown) in [
        (PACKAGE.to_owned(), "build.rs", "build.rs is yours and stays as it is"),
        (PACKAGE.replace("edition", "build = \"make.rs\"\nedition"), "make.rs", "make.rs is yours and stays as it is"),
        (PACKAGE.replace("edition", "build = false\nedition"), "other.rs", "says `build = false`"),
    ] {
        let (_kept, root) = files(&[("Cargo.toml", &manifest), ("src/main.rs", "fn main() {}\n"), (script, mine)]);
        let (_, notes) = init(&root, &[]).unwrap();
        assert!(notes.contains(shown) && notes.contains("migratable_build::check_models();"), "{notes}");
        assert_eq!(read(&root, script), mine);
    }
}

#[test]
fn a_member_of_a_workspace_gets_them_beside_the_root() {
    let (_kept, root) = files(&[
        ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\n    \"crates/*\", # all\n]\n"),
        ("crates/blog/Cargo.toml", "[package]\nname = \"blog\"\nedition = \"2024\"\n"),
        ("crates/blog/src/main.rs", "fn main() {}\n"),
        ("crates/log/Cargo.toml", "[package]\nname = \"log\"\nedition = \"2024\"\n"),
        ("crates/log/src/lib.rs", ""),
    ]);

    let at_root = failure(init(&root, &[]));
    let (said, notes) = init(&root.join("crates/blog/src"), &[]).unwrap();

    assert!(at_root.contains("several packages (blog, log)") && at_root.contains("cd crates/blog"), "{at_root}");
    assert_eq!(
        read(&root, "Cargo.toml"),
        "[workspace]\nresolver = \"2\"\nmembers = [\n    \"crates/*\", # all\n    \"migrations\",\n]\n"
    );
    let app = read(&root, "crates/blog/Cargo.toml");
    assert!(app.contains("[package.metadata.migratable]\nmigrations = \"../../migrations\"\n"), "{app}");
    assert!(app.contains("default-run = \"blog\"\n"), "{app}");
    assert!(read(&root, "migrations/Cargo.toml").contains("models = [\"../crates/blog\"]\n"));
    assert!(said.contains("blog-migrations"), "{said}");
    assert!(notes.contains("cargo add diesel"), "{notes}");
}

#[test]
fn two_apps_of_a_workspace_do_not_share_unasked() {
    let (_kept, root) = files(&[
        ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"a\", \"b\"]\n"),
        ("a/Cargo.toml", "[package]\nname = \"a\"\nedition = \"2024\"\n"),
        ("a/src/main.rs", "fn main() {}\n"),
        ("b/Cargo.toml", "[package]\nname = \"b\"\nedition = \"2024\"\n"),
        ("b/src/main.rs", "fn main() {}\n"),
    ]);
    init(&root.join("a"), &[]).unwrap();

    let refused = failure(init(&root.join("b"), &[]));
    init(&root.join("b"), &["--migrations", "migrations"]).unwrap();

    assert!(refused.contains("add \"../b\" to `models`"), "{refused}");
    assert!(read(&root, "b/migrations/Cargo.toml").contains("name = \"b-migrations\""));
    assert!(!read(&root, "b/Cargo.toml").contains("default-run"), "a workspace with two programs keeps asking which");
    assert!(read(&root, "Cargo.toml").contains("members = [\"a\", \"b\", \"migrations\", \"b/migrations\"]"));
}

#[test]
fn the_only_program_of_a_workspace_keeps_its_cargo_run() {
    let (_kept, root) = files(&[
        ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"models\", \"web\"]\n"),
        ("models/Cargo.toml", "[package]\nname = \"models\"\nedition = \"2024\"\n"),
        ("models/src/lib.rs", ""),
        ("web/Cargo.toml", "[package]\nname = \"web\"\nedition = \"2024\"\n"),
        ("web/src/main.rs", "fn main() {}\n"),
    ]);
    init(&root.join("models"), &[]).unwrap();
    assert!(read(&root, "web/Cargo.toml").contains("default-run = \"web\"\n"));
    assert!(!read(&root, "models/Cargo.toml").contains("default-run"));
}

#[test]
fn a_root_package_keeps_its_cargo_run() {
    let (_kept, root) = files(&[
        ("Cargo.toml", "[package]\nname = \"tool\"\nedition = \"2024\"\n\n[workspace]\nmembers = [\"blog\"]\n"),
        ("src/main.rs", "fn main() {}\n"),
        ("blog/Cargo.toml", "[package]\nname = \"blog\"\nedition = \"2024\"\n"),
        ("blog/src/lib.rs", ""),
    ]);
    init(&root.join("blog"), &[]).unwrap();
    assert_eq!(
        read(&root, "Cargo.toml"),
        "[package]\nname = \"tool\"\nedition = \"2024\"\ndefault-run = \"tool\"\n\n\
         [workspace]\nmembers = [\"blog\", \"migrations\"]\ndefault-members = [\".\", \"migrations\"]\n"
    );
}

#[test]
fn a_checkout_is_depended_on_by_its_path() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (_kept, root) = files(&[("Cargo.toml", PACKAGE), ("src/main.rs", "fn main() {}\n")]);
    init(&root, &["--checkout", checkout.to_str().unwrap()]).unwrap();
    let path = checkout.join("runtime").display().to_string();
    assert!(read(&root, "Cargo.toml").contains(&format!("migratable = {{ path = {path:?}, default-features = false")));
    assert!(read(&root, "migrations/Cargo.toml").contains(&format!("migratable = {{ path = {path:?}, ")));

    let (_kept, root) = files(&[
        ("app/Cargo.toml", PACKAGE),
        ("app/src/main.rs", "fn main() {}\n"),
        ("ours/runtime/Cargo.toml", "[package]\nname = \"migratable\"\n[workspace]\n"),
        ("ours/runtime/src/lib.rs", ""),
        ("ours/cli/Cargo.toml", "[package]\nname = \"migratable-cli\"\n[workspace]\n"),
        ("ours/cli/src/lib.rs", ""),
        ("ours/build-support/Cargo.toml", "[package]\nname = \"migratable-build\"\n[workspace]\n"),
        ("ours/build-support/src/lib.rs", ""),
    ]);
    init(&root.join("app"), &["--checkout", "../ours"]).unwrap();
    assert!(read(&root, "app/Cargo.toml").contains("migratable = { path = \"../ours/runtime\""));
    assert!(read(&root, "app/migrations/Cargo.toml").contains("migratable-cli = { path = \"../../ours/cli\""));
}

#[test]
fn the_url_decides_the_dialect_and_passwords_are_written_nowhere() {
    let (_kept, root) = files(&[("Cargo.toml", PACKAGE), ("src/lib.rs", ""), (".gitignore", "/target\n")]);
    let before = tree(&root);
    let message = failure(init(&root, &["--database-url", "blog.db"]));
    assert!(message.contains("is no database URL"), "{message}");
    assert_eq!(tree(&root), before);
    let (_, notes) = init(&root, &["--database-url", "sqlite://data/blog.db"]).unwrap();
    assert!(read(&root, "migrations/Cargo.toml").contains("database-url = \"sqlite://data/blog.db\"\n"));
    assert!(notes.contains("add the line `data/blog.db*` to .gitignore"), "{notes}");
    for line in ["data/blog.db*", "/data/blog.db", "*.db"] {
        fs::write(root.join(".gitignore"), line).unwrap();
        let (_, notes) = init(&root, &["--database-url", "sqlite://data/blog.db"]).unwrap();
        assert!(!notes.contains(".gitignore"), "{line}: {notes}");
    }

    for (url, dialect) in [
        ("postgres://anna:s3cret@host/blog", "postgres"),
        ("mysql://anna:s3cret@host/blog", "mysql"),
        ("mariadb://anna:s3cret@host/blog", "mysql"),
    ] {
        let (_kept, root) = files(&[("Cargo.toml", PACKAGE), ("src/lib.rs", "")]);
        let (_, notes) = init(&root, &["--database-url", url]).unwrap();
        let manifest = read(&root, "migrations/Cargo.toml");
        assert!(manifest.contains(&format!("dialects = [\"{dialect}\"]\nmodels")), "{manifest}");
        assert!(manifest.contains(&format!("features = [\"{dialect}\", \"chrono\"]")), "{manifest}");
        assert!(notes.contains("has a password in it and was written nowhere"), "{notes}");
        assert!(tree(&root).iter().all(|(_, text)| !text.contains("s3cret")));
    }
}

#[test]
fn on_an_unhappy_day_one_error_and_nothing_written() {
    for (what, given, folder, expected) in [
        ("nothing here", &[("notes.txt", "")][..], "", "there is no Cargo.toml in "),
        ("no TOML", &[("Cargo.toml", "[package]\nname = a\n")], "", "Cargo.toml:2:8: "),
        (
            "a list that is none",
            &[("Cargo.toml", "workspace = 1\n[package]\nname = \"a\"\n"), ("src/lib.rs", "")],
            "",
            "invalid type: integer",
        ),
        ("no target", &[("Cargo.toml", PACKAGE)], "", "no targets specified"),
        (
            "Diesel's migrations",
            &[("Cargo.toml", PACKAGE), ("src/lib.rs", ""), ("migrations/2020-01-01_a/up.sql", "")],
            "",
            "migrations is there already and is no migrations package (2020-01-01_a is in it); name another folder: \
             cargo migratable init --migrations db",
        ),
        (
            "another package",
            &[
                ("Cargo.toml", "[package]\nname = \"a\"\n[workspace]\nmembers = [\"migrations\"]\n"),
                ("src/lib.rs", ""),
                ("migrations/Cargo.toml", "[package]\nname = \"birds\"\n"),
                ("migrations/src/lib.rs", ""),
            ],
            "",
            "migrations is there already and is another package (birds)",
        ),
        (
            "cargo refuses the result",
            &[
                ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"a\", \"b\"]\n"),
                ("a/Cargo.toml", "[package]\nname = \"a\"\n"),
                ("a/src/lib.rs", ""),
                ("b/Cargo.toml", "[package]\nname = \"a-migrations\"\n"),
                ("b/src/lib.rs", ""),
            ],
            "a",
            "two packages named `a-migrations` in this workspace",
        ),
    ] {
        let (_kept, root) = files(given);
        let before = tree(&root);
        let message = failure(init(&root.join(folder), &[]));
        assert!(message.contains(expected), "{what}: {message}");
        assert_eq!(tree(&root), before, "{what}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_stays_as_it_is() {
    let (_kept, root) = files(&[("Cargo.toml", PACKAGE), ("src/main.rs", "fn main() {}\n"), ("db", "a file")]);
    let before = tree(&root);
    let message = failure(init(&root, &["--migrations", "db/below"]));
    assert!(message.contains("cannot write db/below") && message.contains("nothing was changed"), "{message}");
    assert_eq!(tree(&root), before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_or_a_full_disk_stays_as_it_is() {
    small_disk::on_a_small_disk("a_read_only_or_a_full_disk_stays_as_it_is", |disk| {
        // Each is more than one block, so that the disk can fill up in the middle of it.
        let long = format!("{PACKAGE}{}", "# a long manifest\n".repeat(226));
        let (_kept, root) = files(&[("Cargo.toml", &long), ("src/main.rs", "fn main() {}\n")]);
        let before = tree(&root);
        let said = failure(disk.with_read_only(&[&root], &[], || init(&root, &[])));
        assert!(said.starts_with("cannot write ") && said.ends_with(": make its folder writable, and run this again"));
        assert_eq!(tree(&root), before);

        let needed = (0..40).find(|left| {
            let filling = disk.fill(*left);
            let said = init(&root, &[]);
            fs::remove_file(filling).unwrap();
            let is_done = said.is_ok();
            if !is_done {
                let message = failure(said);
                assert!(message.starts_with("cannot write ") && message.contains("make room on the disk"), "{message}");
                assert_eq!(tree(&root), before, "{left} blocks");
                assert!(!root.join("migrations").exists());
            }
            is_done
        });
        assert!(needed.is_some_and(|blocks| blocks > 4), "{needed:?}");
        assert_ne!(tree(&root), before);
    });
}

#[test]
fn a_workspace_without_migrations_says_how_to_get_them() {
    let (_kept, root) = files(&[("Cargo.toml", PACKAGE), ("src/main.rs", "fn main() {}\n")]);
    let message = failure(run(&root, &["upgrade"]));
    assert_eq!(message, "the workspace in . has no migrations package; make one: cargo migratable init");
}
