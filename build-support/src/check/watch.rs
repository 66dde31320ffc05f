//! What cargo must watch, so that the build script runs again when something has changed and not otherwise.

use std::fs;
use std::path::{Path, PathBuf};

use migratable_syntax::models::Scan;
use migratable_syntax::paths::plain;
use toml::de::{DeTable, DeValue};

use super::{Surroundings, holds_target};
use crate::configuration::Configuration;
use crate::manifest::Manifest;

/// The lines for cargo. A path that does not exist would make it run the build script every time.
pub(super) fn lines(
    surroundings: &Surroundings,
    scan: &Scan,
    configurations: &[&Configuration],
    manifest: &Manifest,
) -> Vec<String> {
    let Surroundings { manifest_dir, out_dir, .. } = surroundings;
    let mut folders: Vec<PathBuf> =
        scan.folders.iter().filter(|it| it.is_dir() && !holds_target(it, out_dir)).cloned().collect();
    let mut files: Vec<PathBuf> = scan.files.clone();
    files.push(manifest_dir.join("Cargo.toml"));
    files.extend(manifest.workspace.clone());
    for configuration in configurations {
        files.push(configuration.dir.join("Cargo.toml"));
        let lock = configuration.lock();
        if lock.is_file() {
            files.push(lock);
        } else if configuration.dir.is_dir() && !holds_target(&configuration.dir, out_dir) {
            folders.push(configuration.dir.clone());
        }
    }
    if configurations.is_empty() && !surroundings.packaged {
        match migrations_to_come(manifest_dir) {
            folder if folder.is_dir() => folders.extend(Some(folder).filter(|it| !holds_target(it, out_dir))),
            file => files.push(file),
        }
    }
    // A folder is watched with all that it holds.
    folders.sort();
    folders.dedup_by(|inner, outer| inner.starts_with(&*outer));
    let inside = |file: &Path| folders.iter().any(|folder| file.starts_with(folder));
    files.retain(|file| file.is_file() && !inside(file));
    files.sort();
    files.dedup();
    let paths = folders.iter().chain(&files).map(|path| format!("rerun-if-changed={}", path.display()));
    paths.chain(["MIGRATABLE", "DOCS_RS"].map(|name| format!("rerun-if-env-changed={name}"))).collect()
}

/// Where the migrations package of an app would show that is not there or cannot be read: its manifest, or the nearest
/// folder that exists.
fn migrations_to_come(app: &Path) -> PathBuf {
    let named = fs::read_to_string(app.join("Cargo.toml")).ok().and_then(|text| named_migrations(&text));
    let manifest = app.join(named.as_deref().unwrap_or("migrations")).join("Cargo.toml");
    // Without `..`, so that the parents of a path are those of the folder.
    plain(&manifest).ancestors().find(|it| it.exists()).unwrap_or(app).to_path_buf()
}

/// `migrations` in `[package.metadata.migratable]`.
fn named_migrations(manifest: &str) -> Option<String> {
    let parsed = DeTable::parse(manifest).ok()?.into_inner();
    let mut table = &parsed;
    for key in ["package", "metadata", "migratable"] {
        let DeValue::Table(inner) = table.get(key)?.get_ref() else { return None };
        table = inner;
    }
    match table.get("migrations")?.get_ref() {
        DeValue::String(folder) => Some(folder.to_string()),
        _ => None,
    }
}
