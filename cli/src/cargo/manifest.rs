//! A Cargo.toml, changed in place: comments and formatting stay.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// A Cargo.toml.
pub(super) struct Manifest {
    /// The file.
    pub(super) path: PathBuf,
    /// Its text as it was read.
    pub(super) text: String,
    /// What it says, and will say.
    pub(super) document: DocumentMut,
    /// What was changed, in words.
    pub(super) changed: Vec<String>,
}

impl Manifest {
    /// Reads the Cargo.toml of a folder.
    pub(super) fn read(folder: &Path, console: &Console<'_>) -> Outcome<Manifest> {
        let path = folder.join("Cargo.toml");
        let text = fs::read_to_string(&path)
            .map_err(|error| Failure::Failed(format!("cannot read {}: {error}", console.path(&path))))?;
        Manifest::parse(path, text, console)
    }

    fn parse(path: PathBuf, text: String, console: &Console<'_>) -> Outcome<Manifest> {
        let document = text.parse::<DocumentMut>().map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let before = text.get(..at).unwrap_or(&text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
            Failure::Failed(format!("{}:{line}:{column}: {}", console.path(&path), error.message().replace('\n', "; ")))
        })?;
        Ok(Manifest { path, text, document, changed: Vec::new() })
    }

    /// The nearest Cargo.toml from a folder upwards.
    pub(super) fn find(folder: &Path, console: &Console<'_>) -> Outcome<Manifest> {
        for folder in folder.ancestors() {
            let path = folder.join("Cargo.toml");
            match fs::read_to_string(&path) {
                Ok(text) => return Manifest::parse(path, text, console),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(Failure::Failed(format!("cannot read {}: {error}", console.path(&path))));
                }
            }
        }
        Err(Failure::Failed(format!(
            "there is no Cargo.toml in {} or above it; make a package first: cargo new blog",
            folder.display()
        )))
    }

    /// The folder that it stands in.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The name of the package, if there is one.
    pub(super) fn package(&self) -> Option<&str> {
        self.document.get("package")?.get("name")?.as_str()
    }

    /// What stands at a path of keys.
    pub(super) fn get(&self, keys: &[&str]) -> Option<&Item> {
        keys.iter().try_fold(self.document.as_item(), |item, key| item.get(key))
    }

    /// Whether a package is among the dependencies of this kind, under its own or another name.
    pub(super) fn depends_on(&self, kind: &str, package: &str) -> bool {
        let among = |table: &dyn TableLike| {
            table.get(kind).and_then(Item::as_table_like).is_some_and(|dependencies| {
                dependencies
                    .iter()
                    .any(|(name, item)| item.get("package").and_then(Item::as_str).unwrap_or(name) == package)
            })
        };
        let targets = self.document.get("target").and_then(Item::as_table_like);
        among(self.document.as_table())
            || targets.is_some_and(|it| it.iter().any(|(_, item)| item.as_table_like().is_some_and(among)))
    }

    /// Adds a dependency, unless it is there.
    pub(super) fn add_dependency(&mut self, kind: &str, package: &str, dependency: InlineTable) -> Outcome {
        if !self.depends_on(kind, package) {
            self.table(&[kind])?.insert(package, Item::Value(Value::InlineTable(dependency)));
            self.changed.push(format!("{kind}: {package}"));
        }
        Ok(())
    }

    /// Sets a value, unless there is one.
    pub(super) fn set(&mut self, keys: &[&str], key: &str, value: impl Into<Value>) -> Outcome {
        if self.get(keys).and_then(|it| it.get(key)).is_none() {
            self.table(keys)?.insert(key, Item::Value(value.into()));
            self.changed.push([keys, &[key]].concat().join("."));
        }
        Ok(())
    }

    /// Adds a text to a list, which is made if it is missing.
    pub(super) fn add_to_list(&mut self, keys: &[&str], key: &str, text: &str) -> Outcome {
        let whole = [keys, &[key]].concat().join(".");
        let path = self.path.clone();
        let item = self.table(keys)?.entry(key).or_insert(Item::Value(Value::Array(Array::new())));
        let Some(list) = item.as_array_mut() else {
            return Err(Failure::Failed(format!("{}: `{whole}` is no list", path.display())));
        };
        if !list.iter().any(|it| it.as_str() == Some(text)) {
            push(list, text);
            self.changed.push(format!("{whole}: {text}"));
        }
        Ok(())
    }

    fn table(&mut self, keys: &[&str]) -> Outcome<&mut dyn TableLike> {
        let wrong = format!("{}: `{}` is no table", self.path.display(), keys.join("."));
        let mut table: &mut dyn TableLike = self.document.as_table_mut();
        for (depth, key) in keys.iter().enumerate() {
            let mut new = Table::new();
            new.set_implicit(depth + 1 < keys.len());
            table = table
                .entry(key)
                .or_insert(Item::Table(new))
                .as_table_like_mut()
                .ok_or_else(|| Failure::Failed(wrong.clone()))?;
        }
        Ok(table)
    }
}

/// Adds a text behind the last of a list, laid out as the last is.
fn push(list: &mut Array, text: &str) {
    let mut value = Value::from(text);
    let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
    if let Some(last) = list.iter_mut().last() {
        let decoration = last.decor_mut();
        let prefix = decoration.prefix().and_then(|it| it.as_str()).unwrap_or_default().to_owned();
        let suffix = decoration.suffix().and_then(|it| it.as_str()).unwrap_or_default().to_owned();
        let indent = prefix.rfind('\n').map_or(" ", |at| &prefix[at..]);
        // A comment behind the last one stays behind it.
        let comment = trailing.trim_end().rfind('#').map(|_| trailing.trim_end().to_owned());
        decoration.set_suffix("");
        *value.decor_mut() = toml_edit::Decor::new(comment.clone().unwrap_or_default() + indent, suffix);
        if comment.is_some() {
            list.set_trailing("\n");
        }
    }
    list.push_formatted(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let console = Console::new(&mut out, &mut err, "/".into());
        match Manifest::parse("/app/Cargo.toml".into(), text.to_owned(), &console) {
            Ok(manifest) => manifest,
            Err(failure) => panic!("{failure:?}"),
        }
    }

    #[test]
    fn lists_grow_in_their_own_style() {
        for (before, after) in [
            ("[workspace]\n", "[workspace]\nmembers = [\"m\"]\n"),
            ("[workspace]\nmembers = []\n", "[workspace]\nmembers = [\"m\"]\n"),
            ("[workspace]\nmembers = [\"a\"]\n", "[workspace]\nmembers = [\"a\", \"m\"]\n"),
            ("[workspace]\nmembers = [\"a\", \"m\"]\n", "[workspace]\nmembers = [\"a\", \"m\"]\n"),
            (
                "[workspace]\nmembers = [\n    \"a\",\n    \"b\",\n]\n",
                "[workspace]\nmembers = [\n    \"a\",\n    \"b\",\n    \"m\",\n]\n",
            ),
            (
                "[workspace]\nmembers = [\n    \"a\",\n    \"b\"\n]\n",
                "[workspace]\nmembers = [\n    \"a\",\n    \"b\",\n    \"m\"\n]\n",
            ),
            (
                "[workspace]\nmembers = [\n  \"a\", # first\n  \"b\", # second\n]\n",
                "[workspace]\nmembers = [\n  \"a\", # first\n  \"b\", # second\n  \"m\",\n]\n",
            ),
            ("[package]\nname = \"a\"\n", "[package]\nname = \"a\"\n\n[workspace]\nmembers = [\"m\"]\n"),
        ] {
            let mut changed = manifest(before);
            changed.add_to_list(&["workspace"], "members", "m").unwrap();
            assert_eq!(changed.document.to_string(), after);
        }
    }

    #[test]
    fn dependencies_are_added_once_and_comments_stay() {
        let before =
            "# mine\n[package]\nname = \"a\" # name\n\n[dependencies]\n# the log\nlog = \"0.4\"\n\n[features]\n";
        let mut changed = manifest(before);
        for _ in 0..2 {
            let mut dependency = InlineTable::new();
            dependency.insert("version", "1".into());
            changed.add_dependency("dependencies", "migratable", dependency).unwrap();
        }
        assert_eq!(
            changed.document.to_string(),
            before.replace("log = \"0.4\"\n", "log = \"0.4\"\nmigratable = { version = \"1\" }\n")
        );
        assert_eq!(changed.changed, ["dependencies: migratable"]);
    }

    #[test]
    fn dependencies_are_found_under_other_names_and_for_targets() {
        for text in [
            "[dependencies]\ndiesel = \"2\"",
            "[dependencies.diesel]\nversion = \"2\"",
            "[dependencies]\nd = { package = \"diesel\", version = \"2\" }",
            "[dependencies]\ndiesel.workspace = true",
            "[target.'cfg(unix)'.dependencies]\ndiesel = \"2\"",
        ] {
            assert!(manifest(text).depends_on("dependencies", "diesel"), "{text}");
        }
        assert!(!manifest("[dev-dependencies]\ndiesel = \"2\"").depends_on("dependencies", "diesel"));
    }

    #[test]
    fn what_is_no_toml_is_shown_at_its_place() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let console = Console::new(&mut out, &mut err, "/app".into());
        let text = "[package]\nname = \"a\nversion = 1\n".to_owned();
        let Err(Failure::Failed(message)) = Manifest::parse("/app/Cargo.toml".into(), text, &console) else {
            panic!("read")
        };
        assert!(message.starts_with("Cargo.toml:2:"), "{message}");
    }
}
