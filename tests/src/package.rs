//! A project on the disk with models, in which `revision` is asked for what has changed.

use std::fs;
use std::path::{Path, PathBuf};

use migratable_cli::Project;
use migratable_core::lock::{self, Lock};
use migratable_core::{Dialect, Schema};
use tempfile::TempDir;

use crate::Said;
use crate::in_process::migrate;

/// A package with models, and one with their migrations.
pub struct Package {
    _folder: TempDir,
    root: PathBuf,
}

impl Package {
    /// Makes one for these databases, without a model.
    ///
    /// # Errors
    /// With what the disk said.
    pub fn new(dialects: &[Dialect]) -> Result<Package, String> {
        let folder = tempfile::tempdir_in(scratch()).map_err(|error| error.to_string())?;
        let root = folder.path().to_owned();
        let package = Package { _folder: folder, root };
        let dialects: Vec<&str> = dialects.iter().map(|dialect| dialect.name()).collect();
        package.write("app/Cargo.toml", "[package]\nname = \"app\"\n")?;
        package.write(
            "migrations/Cargo.toml",
            &format!(
                "[package]\nname = \"app-migrations\"\n\n[package.metadata.migratable]\ndialects = {dialects:?}\n\
                 models = [\"../app\"]\npost-write-hooks = []\n"
            ),
        )?;
        package.write("migrations/schema.lock", &lock::write(&[], &Schema::default()))?;
        fs::create_dir_all(package.root.join("migrations/versions")).map_err(|error| error.to_string())?;
        Ok(package)
    }

    fn write(&self, path: &str, text: &str) -> Result<(), String> {
        let path = self.root.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| error.to_string())?;
        fs::write(path, text).map_err(|error| error.to_string())
    }

    /// Writes models, each of which derives `Migratable`.
    ///
    /// # Errors
    /// With what the disk said.
    pub fn models(&self, models: &str) -> Result<(), String> {
        let mut text = String::new();
        for line in models.lines() {
            let is_item = ["struct ", "enum "].iter().any(|word| line.trim_start().starts_with(word));
            text.push_str(if is_item { "#[derive(Migratable)] " } else { "" });
            text.push_str(line);
            text.push('\n');
        }
        self.write("app/src/lib.rs", &text)
    }

    /// The folder of the package with the models.
    pub fn app(&self) -> PathBuf {
        self.root.join("app")
    }

    /// Runs `revision`.
    pub fn revision(&self, words: &[&str]) -> Said {
        let folder = self.root.join("migrations");
        let project = Project::new(&folder, "app-migrations", "[package]\nname = \"app-migrations\"\n");
        migrate(&project, &self.root, ["revision"].iter().chain(words).copied())
    }

    /// The files of the revisions, the newest last.
    ///
    /// # Errors
    /// With what the disk said.
    pub fn files(&self) -> Result<Vec<PathBuf>, String> {
        let folder = self.root.join("migrations/versions");
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        Ok(files)
    }

    /// The text of the lock.
    ///
    /// # Errors
    /// With what the disk said.
    pub fn lock_text(&self) -> Result<String, String> {
        fs::read_to_string(self.root.join("migrations/schema.lock")).map_err(|error| error.to_string())
    }

    /// The lock.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn lock(&self) -> Result<Lock, String> {
        lock::read(&self.lock_text()?).map_err(|error| error.to_string())
    }
}

/// A folder in memory where there is one: each file is written through to the disk.
fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}
