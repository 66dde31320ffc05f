//! A Cargo.toml, and the values in it with their places.

use std::fs;
use std::path::{Path, PathBuf};

use migratable_core::names;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A Cargo.toml.
pub(super) struct Manifest {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Manifest {
    pub(super) fn read(dir: &Path) -> Result<Manifest, String> {
        let path = dir.join("Cargo.toml");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Manifest { path, text }),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    pub(super) fn parse(&self) -> Result<DeTable<'_>, String> {
        DeTable::parse(&self.text)
            .map(Spanned::into_inner)
            .map_err(|error| self.wrong(error.span().map_or(0, |span| span.start), error.message()))
    }

    /// A message about what begins at a byte.
    pub(super) fn wrong(&self, at: usize, message: &str) -> String {
        let before = self.text.get(..at).unwrap_or_default();
        let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
        format!("{}:{}:{column}: {message}", self.path.display(), self.line(at))
    }

    pub(super) fn line(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or_default().matches('\n').count() + 1
    }

    /// The keys of a section, with their values.
    pub(super) fn section<'v>(
        &'v self,
        root: &'v DeTable<'_>,
        path: &[&str],
    ) -> impl Iterator<Item = (&'v str, Value<'v>)> {
        let keys = table(root, path).into_iter().flat_map(|section| section.iter());
        keys.map(|(key, value)| (key.get_ref().as_ref(), Value { manifest: self, key: key.span().start, value }))
    }
}

/// The value of a key.
#[derive(Clone, Copy)]
pub(super) struct Value<'v> {
    manifest: &'v Manifest,
    key: usize,
    value: &'v Spanned<DeValue<'v>>,
}

impl<'v> Value<'v> {
    /// The line that it is set in.
    pub(super) fn line(&self) -> usize {
        self.manifest.line(self.key)
    }

    /// A message about the value.
    pub(super) fn wrong(&self, message: &str) -> String {
        self.manifest.wrong(self.value.span().start, message)
    }

    /// A message about a key that is not known.
    pub(super) fn unknown_key(&self, name: &str, known: &[&str]) -> String {
        self.manifest.wrong(self.key, &names::unknown("key", name, known))
    }

    /// The keys of the table that the value is, with their values; an example shows how it is written.
    pub(super) fn entries(&self, example: &str) -> Result<Vec<(&'v str, Value<'v>)>, String> {
        let DeValue::Table(table) = self.value.get_ref() else {
            return Err(self.wrong(&format!("a table belongs here: {example}")));
        };
        let entry = |(key, value): (&'v Spanned<std::borrow::Cow<'_, str>>, &'v Spanned<DeValue<'v>>)| {
            (key.get_ref().as_ref(), Value { key: key.span().start, value, ..*self })
        };
        Ok(table.iter().map(entry).collect())
    }

    /// A message about the key.
    pub(super) fn wrong_key(&self, message: &str) -> String {
        self.manifest.wrong(self.key, message)
    }

    /// The text that the value is; an example shows how it is written.
    pub(super) fn text(&self, example: &str) -> Result<&'v str, String> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.wrong(&format!("a text belongs here: {example:?}"))),
        }
    }

    /// The number that the value is.
    pub(super) fn number<T>(&self, read: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
        let text = match self.value.get_ref() {
            DeValue::Integer(digits) => digits.as_str(),
            _ => "",
        };
        read(text).map_err(|message| self.wrong(&message))
    }

    /// The true or false that the value is.
    pub(super) fn flag(&self) -> Result<bool, String> {
        match self.value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.wrong("true or false belongs here")),
        }
    }

    /// A text with a meaning; else the message says what is wrong with it.
    pub(super) fn parsed<T>(
        &self,
        example: &str,
        mut parse: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        parse(self.text(example)?).map_err(|message| self.wrong(&message))
    }

    /// A list of texts with a meaning.
    pub(super) fn each<T>(&self, example: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
        let DeValue::Array(items) = self.value.get_ref() else {
            return Err(self.wrong(&format!("a list of texts belongs here: [{example:?}]")));
        };
        items.iter().map(|value| Value { value, ..*self }.parsed(example, &parse)).collect()
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

pub(super) fn table<'v, 'a>(root: &'v DeTable<'a>, path: &[&str]) -> Option<&'v DeTable<'a>> {
    match value(root, path)? {
        DeValue::Table(found) => Some(found),
        _ => None,
    }
}

pub(super) fn text(root: &DeTable<'_>, path: &[&str]) -> Option<String> {
    match value(root, path)? {
        DeValue::String(found) => Some(found.to_string()),
        _ => None,
    }
}
