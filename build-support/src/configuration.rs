//! What the manifests say about a project: `[package.metadata.migratable]`.

mod manifest;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use migratable_core::{Dialect, TableName, names};
use migratable_syntax::models::{self, Databases, Scan};
use migratable_syntax::paths::plain;

use crate::diesel_schema::names::is_keyword;
use manifest::{Manifest, Value, table, text};
pub use settings::{KEYS, Settings, Transaction, USUAL_HOOK};

/// What the database without a name is called on the command line.
pub const DEFAULT: &str = "default";

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
    /// The database that this is about; none for the one without a name.
    pub database: Option<String>,
    /// What is set for the database.
    pub settings: Settings,
    /// The databases that have a name, with what is set for them.
    named: BTreeMap<String, Named>,
    /// The folder of the revision files of this database, and its lock, below `dir`.
    files: Files,
}

/// A database that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    settings: Settings,
    files: Files,
}

/// Where the files of a database stand, below the folder of the migrations package.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Files {
    versions: PathBuf,
    lock: PathBuf,
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
        let mut databases = None;
        for (key, value) in manifest.section(&parsed, &SECTION) {
            if key == "models" {
                models = value.each("../app", |path| Ok(plain(&dir.join(path))))?;
                settings.lines.insert("models", value.line());
            } else if key == "databases" {
                databases = Some(value);
            } else if !settings.set(key, &value)? {
                return Err(value.unknown_key(key, &[&["models", "databases"], &KEYS[..]].concat()));
            }
        }
        if settings.dialects.is_empty() {
            settings.dialects.push(Dialect::Sqlite);
        }
        for (key, value) in manifest.section(&parsed, &SECTION) {
            settings.check(key, &value)?;
        }
        let mut named = BTreeMap::new();
        let example = "[package.metadata.migratable.databases.NAME]";
        for (name, value) in
            databases.iter().map(|it| it.entries(example)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten()
        {
            named.insert(name.to_owned(), Named::read(name, &value, &settings)?);
        }
        let files = Files { versions: "versions".into(), lock: "schema.lock".into() };
        Ok(Configuration { dir: dir.to_path_buf(), package, models, database: None, settings, named, files })
    }

    /// The same for one of the databases; none for the one without a name.
    ///
    /// # Errors
    /// A sentence, if there is no database of that name.
    pub fn of_database(&self, name: Option<&str>) -> Result<Configuration, String> {
        let Some(name) = name.filter(|name| *name != DEFAULT) else { return Ok(self.clone()) };
        let Some(Named { settings, files }) = self.named.get(name).cloned() else {
            let known: Vec<&str> = self.names().collect();
            return Err(names::unknown("database", name, &known));
        };
        Ok(Configuration { database: Some(name.to_owned()), settings, files, ..self.clone() })
    }

    /// All databases, each with what is set for it; the one without a name first.
    pub fn each(&self) -> Vec<Configuration> {
        let named = self.named.iter().map(|(name, Named { settings, files })| Configuration {
            database: Some(name.clone()),
            settings: settings.clone(),
            files: files.clone(),
            ..self.clone()
        });
        std::iter::once(self.clone()).chain(named).collect()
    }

    /// The databases by the names that `--database` takes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(DEFAULT).chain(self.named.keys().map(String::as_str))
    }

    /// Which models are those of this database.
    pub fn databases(&self) -> Databases {
        Databases { names: self.named.keys().cloned().collect(), chosen: self.database.clone() }
    }

    /// Reads the models of a package in a folder, as far as they are of this database; `cache` is a file that keeps what
    /// was read.
    pub fn scan(&self, package: &str, folder: &Path, cache: Option<&Path>) -> Scan {
        let mut scan = models::scan_database(package, folder, &self.dialects, &self.databases(), &self.naming, cache);
        if let Some(table) = scan.schema.tables.keys().find(|table| self.is_history(table)).cloned() {
            let message = format!(
                "`{table}` is the table of the history, as `history-table` in {}/Cargo.toml says: give the model another \
                 one, as in `#[migratable(table = \"{}_2\")]`",
                self.dir.display(),
                table.name
            );
            scan.refuse(&table, message);
        }
        scan
    }

    /// Whether a table would be the one that records what is applied. Those that are the tool's own by their names are
    /// refused as such.
    fn is_history(&self, table: &TableName) -> bool {
        let schema = |name: Option<&str>| name.unwrap_or("public").to_lowercase();
        self.history_table.as_ref().is_some_and(|name| *name == table.name.to_lowercase())
            && schema(self.history_schema.as_deref()) == schema(table.schema.as_deref())
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
        self.dir.join(&self.files.versions)
    }

    /// The lock.
    pub fn lock(&self) -> PathBuf {
        self.dir.join(&self.files.lock)
    }

    /// How a command is typed, from any folder of the workspace.
    pub fn command(&self, words: &str) -> String {
        format!("cargo run -p {} --bin migrate -- {}", self.package, self.of_this(words))
    }

    /// How a command that needs only files is typed, so that it works when the revisions do not compile.
    pub fn file_command(&self, words: &str) -> String {
        format!("cargo run -p {} --no-default-features --bin migrate -- {}", self.package, self.of_this(words))
    }

    /// The words of a command for this database.
    pub fn of_this(&self, words: &str) -> String {
        match &self.database {
            Some(name) => format!("{words} --database {name}"),
            None if !self.named.is_empty() => format!("{words} --database {DEFAULT}"),
            None => words.to_owned(),
        }
    }

    /// Whether the migrations package depends on a crate of that name.
    pub(crate) fn has_dependency(&self, name: &str) -> bool {
        Manifest::read(&self.dir).is_ok_and(|manifest| {
            manifest.parse().is_ok_and(|it| table(&it, &["dependencies"]).is_some_and(|it| it.contains_key(name)))
        })
    }
}

impl Named {
    /// Reads what is set for a database that has a name; what is not is as it is for the one without.
    fn read(name: &str, value: &Value<'_>, shared: &Settings) -> Result<Named, String> {
        let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_plain || name == DEFAULT {
            let what =
                format!("a database is named by a-z, 0-9 and _, and not `{DEFAULT}`, which is the one without a name");
            return Err(value.wrong_key(&what));
        }
        if is_keyword(name) || ["self", "super", "crate", "diesel", "migratable"].contains(&name) {
            let what = format!("a database is a module of its name, which cannot be `{name}`: choose another one");
            return Err(value.wrong_key(&what));
        }
        let mut settings = shared.clone();
        settings.database_url = None;
        settings.lines.remove("database-url");
        let mut files =
            Files { versions: format!("{name}/versions").into(), lock: format!("{name}/schema.lock").into() };
        let entries = value.entries("[package.metadata.migratable.databases.audit]")?;
        for (key, value) in &entries {
            match *key {
                "versions" => files.versions = value.parsed("audit/versions", below)?,
                "lock" => files.lock = value.parsed("audit/schema.lock", below)?,
                key if settings.set(key, value)? => {}
                key => return Err(value.unknown_key(key, &[&["versions", "lock"], &KEYS[..]].concat())),
            }
        }
        for (key, value) in &entries {
            settings.check(key, value)?;
        }
        Ok(Named { settings, files })
    }
}

/// A path below the folder of the migrations package.
fn below(path: &str) -> Result<PathBuf, String> {
    let is_below = Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if is_below && !path.is_empty() {
        return Ok(path.into());
    }
    Err("a path below the folder of this Cargo.toml belongs here".to_owned())
}
