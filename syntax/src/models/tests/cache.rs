use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{SQLITE, messages, package, write};
use crate::models::{Scan, scan};

/// Gives every file an old time, as files have that nobody is editing.
fn age(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            age(&entry.path());
        } else if entry.path().extension().is_some_and(|it| it == "rs") {
            let file = fs::File::options().write(true).open(entry.path()).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(100)).unwrap();
        }
    }
}

const FILES: &[(&str, &str)] = &[
    ("src/lib.rs", "mod user; mod post; mod kinds; mod part;"),
    ("src/user.rs", "#[derive(Migratable)] pub struct User { id: i64, name: String, #[diesel(embed)] p: Part }"),
    ("src/part.rs", "pub struct Part { a: i64 }"),
    (
        "src/post.rs",
        "#[derive(Migratable)] #[migratable(index(id desc), check(sql(sqlite = \"id > 0\")))] pub struct Post { id: \
         i64, #[migratable(references = User, default = 3)] user_id: Id, status: Status, #[migratable(renamed_from = \
         \"o\")] n: Option<i64> }",
    ),
    ("src/kinds.rs", "pub type Id = i64; #[derive(Migratable)] pub enum Status { A, B }"),
];

/// Edits, each with what the scan must show afterwards.
const EDITS: &[(&str, &str, &str)] = &[
    ("src/kinds.rs", "pub type Id = i32; #[derive(Migratable)] pub enum Status { A, B }", "user_id integer"),
    ("src/kinds.rs", "pub type Id = i64; #[derive(Migratable)] pub enum Status { A, B, C }", "A B C"),
    (
        "src/kinds.rs",
        "pub type Id = i64; #[derive(Migratable)] #[migratable(rename = \"s\")] pub enum Status { A }",
        "status enum(s)",
    ),
    ("src/user.rs", "#[derive(Migratable)] #[migratable(table = \"people\")] pub struct User { id: i64 }", "-> people"),
    ("src/part.rs", "pub struct Part { b: bool }", "b boolean"),
    (
        "src/post.rs",
        "use crate::user::User; #[derive(Migratable)] pub struct Post { #[diesel(embed)] u: User }",
        "name text",
    ),
    ("src/lib.rs", "mod user; mod post; mod kinds;", "not in the modules"),
    ("src/user.rs", "pub struct User", "fatal"),
    ("src/kinds.rs", "pub type Id = u32; #[derive(Migratable)] pub enum Status { A, B }", "u32"),
];

fn shown(scan: &Scan) -> String {
    let mut shown = messages(scan);
    for table in scan.schema.tables.values() {
        for column in &table.columns {
            shown += &format!("\n{} {} {}", table.name, column.name, column.column_type);
        }
        for key in &table.foreign_keys {
            shown += &format!("\n{} -> {}", table.name, key.table);
        }
    }
    for enumeration in scan.schema.enums.values() {
        shown += &format!("\n{}", enumeration.values.join(" ").to_uppercase());
    }
    if scan.errors.iter().any(|error| error.fatal) {
        shown += "\nfatal";
    }
    shown
}

#[test]
fn a_scan_with_a_cache_is_the_scan_without_one_after_every_edit() {
    for (path, text, expected) in EDITS {
        let folder = package(FILES);
        age(folder.path());
        let cache = folder.path().join("cache");
        let first = scan("app", folder.path(), SQLITE, Some(&cache));
        let files: Vec<_> = [&first].iter().map(|it| it.files.clone()).collect();
        assert!(first.errors.is_empty() && cache.is_file(), "{}", messages(&first));
        assert_eq!(scan("app", folder.path(), SQLITE, Some(&cache)), first, "unchanged");
        let written = fs::read(&cache).unwrap();

        write(folder.path(), path, text);
        let edited = scan("app", folder.path(), SQLITE, Some(&cache));
        assert_eq!(edited, scan("app", folder.path(), SQLITE, None), "{path}");
        assert!(shown(&edited).contains(expected), "{path}: {}", shown(&edited));
        assert_ne!(fs::read(&cache).unwrap(), written);

        let (_, before) = FILES.iter().find(|(name, _)| name == path).unwrap();
        write(folder.path(), path, before);
        assert_eq!(scan("app", folder.path(), SQLITE, Some(&cache)), first, "{path} back");
        assert_eq!(files[0], first.files);
    }
}

#[test]
fn an_edit_that_keeps_time_and_length_is_seen_while_the_time_is_young() {
    let folder = package(&[("src/lib.rs", "#[derive(Migratable)] struct A { id: i64 }")]);
    let cache = folder.path().join("cache");
    let path = folder.path().join("src/lib.rs");
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    scan("app", folder.path(), SQLITE, Some(&cache));
    write(folder.path(), "src/lib.rs", "#[derive(Migratable)] struct A { id: i32 }");
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    assert!(shown(&scan("app", folder.path(), SQLITE, Some(&cache))).contains("as id integer"));
}

#[test]
fn a_file_that_is_only_touched_is_not_parsed_again() {
    let folder = package(FILES);
    age(folder.path());
    let cache = folder.path().join("cache");
    let first = scan("app", folder.path(), SQLITE, Some(&cache));
    let (path, text) = FILES[1];
    write(folder.path(), path, text);
    assert_eq!(scan("app", folder.path(), SQLITE, Some(&cache)), first);
}

#[test]
fn a_damaged_cache_is_ignored() {
    let folder = package(FILES);
    age(folder.path());
    let cache = folder.path().join("cache");
    let first = scan("app", folder.path(), SQLITE, Some(&cache));
    let good = fs::read(&cache).unwrap();
    for at in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        fs::write(&cache, &bad).unwrap();
        assert_eq!(scan("app", folder.path(), SQLITE, Some(&cache)), first, "byte {at}");
        fs::write(&cache, &good[..at]).unwrap();
        assert_eq!(scan("app", folder.path(), SQLITE, Some(&cache)), first, "cut at {at}");
    }
    assert_eq!(scan("app", folder.path(), SQLITE, Some(&folder.path().join("no/such/folder"))), first);
}

#[test]
fn a_cache_is_good_for_one_package_and_its_dialects() {
    let folder = package(&[("src/lib.rs", "#[derive(Migratable)] struct A { id: i64, x: uuid::Uuid }")]);
    age(folder.path());
    let cache = folder.path().join("cache");
    let postgres = &[migratable_core::Dialect::Postgres];
    assert!(scan("app", folder.path(), postgres, Some(&cache)).errors.is_empty());
    assert_eq!(scan("app", folder.path(), SQLITE, Some(&cache)).errors.len(), 1);
    let other = scan("other", folder.path(), postgres, Some(&cache));
    assert_eq!(other.schema.tables.values().next().unwrap().model.as_ref().unwrap().package, "other");
}
