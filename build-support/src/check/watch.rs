//! What cargo must watch, so that the build script runs again when something has changed and not otherwise.

use std::path::{Path, PathBuf};

use migratable_syntax::models::Scan;

use super::manifest::Manifest;
use super::{Surroundings, holds_target};
use crate::configuration::Configuration;

/// The lines for cargo. A path that does not exist would make it run the build script every time.
pub(super) fn lines(
    surroundings: &Surroundings,
    scan: &Scan,
    configuration: Option<&Configuration>,
    manifest: &Manifest,
) -> Vec<String> {
    let Surroundings { manifest_dir, out_dir, .. } = surroundings;
    let mut folders: Vec<PathBuf> =
        scan.folders.iter().filter(|it| it.is_dir() && !holds_target(it, out_dir)).cloned().collect();
    // A folder is watched with all that it holds.
    folders.sort();
    folders.dedup_by(|inner, outer| inner.starts_with(&*outer));
    let mut files: Vec<PathBuf> = scan.files.clone();
    files.push(manifest_dir.join("Cargo.toml"));
    files.extend(manifest.workspace.clone());
    if let Some(configuration) = configuration {
        files.push(configuration.dir.join("Cargo.toml"));
        let lock = configuration.lock();
        if lock.is_file() {
            files.push(lock);
        } else if configuration.dir.is_dir() && !holds_target(&configuration.dir, out_dir) {
            folders.push(configuration.dir.clone());
        }
    }
    let inside = |file: &Path| folders.iter().any(|folder| file.starts_with(folder));
    files.retain(|file| file.is_file() && !inside(file));
    files.sort();
    files.dedup();
    let paths = folders.iter().chain(&files).map(|path| format!("rerun-if-changed={}", path.display()));
    paths.chain(["MIGRATABLE", "DOCS_RS"].map(|name| format!("rerun-if-env-changed={name}"))).collect()
}
