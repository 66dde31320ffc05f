//! From source text to tables and errors.

mod attributes;
mod cache;
mod dialects;
mod mistakes;
mod module_tree;
mod references;
mod tables;
mod types;

use std::fs;
use std::path::Path;

use migratable_core::{Dialect, Table, table_text};
use tempfile::TempDir;

use super::{Scan, scan};

const SQLITE: &[Dialect] = &[Dialect::Sqlite];

/// A package with these files.
fn package(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[package]\nname = \"app\"\n").unwrap();
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The scan of a package whose only file this is.
fn scan_of(source: &str, dialects: &[Dialect]) -> Scan {
    let folder = package(&[("src/lib.rs", source)]);
    scan("app", folder.path(), dialects, None)
}

/// The scan of a source without mistakes.
fn good(source: &str, dialects: &[Dialect]) -> Scan {
    let scan = scan_of(source, dialects);
    assert!(scan.errors.is_empty(), "{source}\n{}", messages(&scan));
    assert!(scan.is_whole());
    scan
}

fn messages(scan: &Scan) -> String {
    let lines = scan.errors.iter().map(|error| format!("{}:{} {}", error.line, error.column, error.message));
    lines.collect::<Vec<_>>().join("\n")
}

/// The text of a table without empty lines.
fn text(table: &Table) -> String {
    let text = table_text(table);
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// The text of the only table of a source.
fn table_of(source: &str) -> String {
    let scan = good(source, SQLITE);
    assert_eq!(scan.schema.tables.len(), 1, "{source}");
    text(scan.schema.tables.values().next().unwrap())
}

/// A struct `Post` with these lines besides its key.
fn post(attributes: &str, fields: &str) -> String {
    format!("#[derive(Migratable)]\n{attributes}\nstruct Post {{\npub id: i64,\n{fields}\n}}")
}
