//! What the manifests say about a project: `[package.metadata.migratable]`.

mod manifest;
mod settings;
mod template;
#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::path::{Path, PathBuf};

use migratable_core::Dialect;
use migratable_syntax::paths::plain;

use manifest::{Manifest, table, text};
pub use settings::{KEYS, Settings, Transaction};
pub use template::Template;

/// The section of a manifest that is ours.
const SECTION: [&str; 3] = ["package", "metadata", "migratable"];

/// The configuration of a migrations package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The folder of the migrations package.
    pub dir: PathBuf,
    /// Its name.
    pub package: String,
    /// The folders of the packages with models.
    pub models: Vec<PathBuf>,
    /// What is set for the database.
    pub settings: Settings,
}

impl Deref for Configuration {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

impl Configuration {
    /// Reads the configuration of the migrations package in a folder.
    ///
    /// # Errors
    /// A message with file, line and column.
    pub fn read(dir: &Path) -> Result<Configuration, String> {
        let mut configuration = Configuration::of_manifest(&Manifest::read(dir)?, dir)?;
        if configuration.models.is_empty()
            && let Some(parent) = dir.parent()
            && parent.join("Cargo.toml").exists()
            // One that cannot be read is an error: without it, every model would look deleted.
            && Manifest::read(parent)?.parse()?.contains_key("package")
        {
            configuration.models.push(parent.to_path_buf());
        }
        Ok(configuration)
    }

    /// The configuration of the migrations package that was in a folder, by what its manifest said: a bare binary has
    /// no more.
    ///
    /// # Errors
    /// A message with file, line and column.
    pub fn of_text(dir: &Path, manifest: &str) -> Result<Configuration, String> {
        let manifest = Manifest { path: dir.join("Cargo.toml"), text: manifest.to_owned() };
        Configuration::of_manifest(&manifest, dir)
    }

    fn of_manifest(manifest: &Manifest, dir: &Path) -> Result<Configuration, String> {
        let parsed = manifest.parse()?;
        let Some(package) = text(&parsed, &["package", "name"]) else {
            return Err(format!("{}: there is no [package] with a name", manifest.path.display()));
        };
        let mut settings = Settings::default();
        let mut models = Vec::new();
        for (key, value) in manifest.section(&parsed, &SECTION) {
            if key == "models" {
                models = value.each("../app", |path| Ok(plain(&dir.join(path))))?;
                settings.lines.insert("models", value.line());
            } else if !settings.set(key, &value)? {
                return Err(value.unknown_key(key, &[&["models"], &KEYS[..]].concat()));
            }
        }
        if settings.dialects.is_empty() {
            settings.dialects.push(Dialect::Sqlite);
        }
        for (key, value) in manifest.section(&parsed, &SECTION) {
            settings.check(key, &value)?;
        }
        Ok(Configuration { dir: dir.to_path_buf(), package, models, settings })
    }

    /// Finds the migrations package of an app: where the app's manifest says, else in `migrations/` beside it. `None`
    /// if there is none.
    ///
    /// # Errors
    /// A message with file, line and column.
    pub fn of_app(app: &Path) -> Result<Option<Configuration>, String> {
        let manifest = Manifest::read(app)?;
        let parsed = manifest.parse()?;
        let mut named = None;
        for (key, value) in manifest.section(&parsed, &SECTION) {
            if key != "migrations" {
                return Err(value.unknown_key(key, &["migrations"]));
            }
            named = Some(value.parsed("../migrations", |path| {
                let dir = plain(&app.join(path));
                if dir.join("Cargo.toml").is_file() {
                    return Ok(dir);
                }
                Err(format!("there is no package in {}", dir.display()))
            })?);
        }
        if let Some(dir) = named {
            return Configuration::read(&dir).map(Some);
        }
        let dir = app.join("migrations");
        if dir.join("Cargo.toml").is_file() { Configuration::read(&dir).map(Some) } else { Ok(None) }
    }

    /// The folder of the revision files.
    pub fn versions(&self) -> PathBuf {
        self.dir.join("versions")
    }

    /// The lock.
    pub fn lock(&self) -> PathBuf {
        self.dir.join("schema.lock")
    }

    /// How a command is typed, from any folder of the workspace.
    pub fn command(&self, words: &str) -> String {
        format!("cargo run -p {} --bin migrate -- {words}", self.package)
    }

    /// How a command that needs only files is typed, so that it works when the revisions do not compile.
    pub fn file_command(&self, words: &str) -> String {
        format!("cargo run -p {} --no-default-features --bin migrate -- {words}", self.package)
    }

    /// Whether the migrations package depends on a crate of that name.
    pub(crate) fn has_dependency(&self, name: &str) -> bool {
        Manifest::read(&self.dir).is_ok_and(|manifest| {
            manifest.parse().is_ok_and(|it| table(&it, &["dependencies"]).is_some_and(|it| it.contains_key(name)))
        })
    }
}
