//! What the manifests say about a project: `[package.metadata.migratable]`.

use std::fs;
use std::path::{Path, PathBuf};

use migratable_core::{Dialect, names};
use migratable_syntax::paths::plain;
use toml::de::{DeTable, DeValue};

/// The configuration of a migrations package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The folder of the migrations package.
    pub dir: PathBuf,
    /// Its name.
    pub package: String,
    /// The databases that the project means.
    pub dialects: Vec<Dialect>,
    /// The URL of the database, if none is given otherwise.
    pub database_url: Option<String>,
    /// The folders of the packages with models.
    pub models: Vec<PathBuf>,
}

const KEYS: [&str; 3] = ["dialects", "database-url", "models"];

impl Configuration {
    /// Reads the configuration of the migrations package in a folder.
    ///
    /// # Errors
    /// A message with file, line and column.
    pub fn read(dir: &Path) -> Result<Configuration, String> {
        let manifest = Manifest::read(dir)?;
        let parsed = manifest.parse()?;
        let Some(package) = text(&parsed, &["package", "name"]) else {
            return Err(format!("{}: there is no [package] with a name", manifest.path.display()));
        };
        let mut configuration = Configuration {
            dir: dir.to_path_buf(),
            package,
            dialects: vec![Dialect::Sqlite],
            database_url: None,
            models: Vec::new(),
        };
        let section = table(&parsed, &["package", "metadata", "migratable"]);
        for (key, value) in section.into_iter().flat_map(|section| section.iter()) {
            let wrong = |message: &str| manifest.wrong(value.span().start, message);
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("dialects", DeValue::Array(items)) => {
                    configuration.dialects = items
                        .iter()
                        .map(|item| match item.get_ref() {
                            DeValue::String(name) => Dialect::from_name(name)
                                .ok_or_else(|| manifest.wrong(item.span().start, &unknown("dialect", name, &DIALECTS))),
                            _ => Err(manifest.wrong(item.span().start, "a dialect is a text: \"sqlite\"")),
                        })
                        .collect::<Result<_, _>>()?;
                }
                ("database-url", DeValue::String(url)) => configuration.database_url = Some(url.to_string()),
                ("models", DeValue::Array(items)) => {
                    configuration.models = items
                        .iter()
                        .map(|item| match item.get_ref() {
                            DeValue::String(path) => Ok(plain(&dir.join(path.as_ref()))),
                            _ => Err(manifest.wrong(item.span().start, "a folder is a text: \"../app\"")),
                        })
                        .collect::<Result<_, _>>()?;
                }
                ("dialects" | "models", _) => return Err(wrong("a list of texts belongs here: [\"…\"]")),
                ("database-url", _) => return Err(wrong("a text belongs here: \"sqlite://app.db\"")),
                (other, _) => return Err(manifest.wrong(key.span().start, &unknown("key", other, &KEYS))),
            }
        }
        if configuration.dialects.is_empty() {
            configuration.dialects.push(Dialect::Sqlite);
        }
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

    /// Finds the migrations package of an app: where the app's manifest says, else in `migrations/` beside it. `None`
    /// if there is none.
    ///
    /// # Errors
    /// A message with file, line and column.
    pub fn of_app(app: &Path) -> Result<Option<Configuration>, String> {
        let manifest = Manifest::read(app)?;
        let parsed = manifest.parse()?;
        let section = table(&parsed, &["package", "metadata", "migratable"]);
        let mut named = None;
        for (key, value) in section.into_iter().flat_map(|section| section.iter()) {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("migrations", DeValue::String(path)) => {
                    let dir = plain(&app.join(path.as_ref()));
                    if !dir.join("Cargo.toml").is_file() {
                        let message = format!("there is no package in {}", dir.display());
                        return Err(manifest.wrong(value.span().start, &message));
                    }
                    named = Some(dir);
                }
                ("migrations", _) => {
                    return Err(manifest.wrong(value.span().start, "a folder is a text: \"../migrations\""));
                }
                (other, _) => return Err(manifest.wrong(key.span().start, &unknown("key", other, &["migrations"]))),
            }
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

    /// The part that a bare binary needs, as TOML.
    pub fn embedded(&self) -> String {
        let dialects: Vec<String> = self.dialects.iter().map(|it| format!("\"{}\"", it.name())).collect();
        let mut text = format!("dialects = [{}]\n", dialects.join(", "));
        if let Some(url) = &self.database_url {
            text.push_str(&format!("database-url = {url:?}\n"));
        }
        text
    }
}

const DIALECTS: [&str; 3] = ["sqlite", "postgres", "mysql"];

/// A Cargo.toml.
struct Manifest {
    path: PathBuf,
    text: String,
}

impl Manifest {
    fn read(dir: &Path) -> Result<Manifest, String> {
        let path = dir.join("Cargo.toml");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Manifest { path, text }),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    fn parse(&self) -> Result<DeTable<'_>, String> {
        DeTable::parse(&self.text)
            .map(toml::Spanned::into_inner)
            .map_err(|error| self.wrong(error.span().map_or(0, |span| span.start), error.message()))
    }

    fn wrong(&self, at: usize, message: &str) -> String {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
        format!("{}:{line}:{column}: {message}", self.path.display())
    }
}

fn value<'v, 'a>(table: &'v DeTable<'a>, path: &[&str]) -> Option<&'v DeValue<'a>> {
    let (first, rest) = path.split_first()?;
    let found = table.get(*first)?.get_ref();
    match (rest, found) {
        ([], found) => Some(found),
        (rest, DeValue::Table(inner)) => value(inner, rest),
        _ => None,
    }
}

fn table<'v, 'a>(root: &'v DeTable<'a>, path: &[&str]) -> Option<&'v DeTable<'a>> {
    match value(root, path)? {
        DeValue::Table(found) => Some(found),
        _ => None,
    }
}

fn text(root: &DeTable<'_>, path: &[&str]) -> Option<String> {
    match value(root, path)? {
        DeValue::String(found) => Some(found.to_string()),
        _ => None,
    }
}

/// A message about a name that is not known, with the one that is probably meant.
fn unknown(kind: &str, name: &str, known: &[&str]) -> String {
    let near = names::nearest(name, known.iter().copied());
    let near = near.map_or(String::new(), |near| format!("; is it `{near}`?"));
    format!("there is no {kind} `{name}`{near} ({} can stand here)", known.join(", "))
}

#[cfg(test)]
mod tests {
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
             database-url = \"sqlite://app.db\"\nmodels = [\"../app\", \".\"]\n",
        );
        let found = Configuration::read(dir.path()).unwrap();
        assert_eq!(found.package, "app-migrations");
        assert_eq!(found.dialects, [Dialect::Sqlite, Dialect::Postgres]);
        assert_eq!(found.database_url.as_deref(), Some("sqlite://app.db"));
        assert_eq!(found.models, [dir.path().parent().unwrap().join("app"), dir.path().to_path_buf()]);
    }

    #[test]
    fn mistakes_are_found_where_they_stand() {
        for (section, expected) in [
            ("dialect = []", "Cargo.toml:4:1: there is no key `dialect`; is it `dialects`?"),
            ("dialects = [\"sqlit\"]", "Cargo.toml:4:13: there is no dialect `sqlit`; is it `sqlite`?"),
            ("database-url = 1", "Cargo.toml:4:16: a text belongs here"),
            ("models = ", "Cargo.toml:4:"),
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
}
