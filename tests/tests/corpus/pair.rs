//! The pairs of the corpus: hand-written SQL before and after, in `tests/corpus/<dialect>/*.toml`, or in another folder
//! that is built like it.

use std::fs;
use std::ops::Deref;
use std::path::Path;

use migratable_core::Dialect;
use migratable_tests::checkout;
use toml::de::{DeTable, DeValue};

/// Two databases that are to be turned into each other.
#[derive(Default)]
pub struct Pair {
    /// The file, without `.toml`, and the name in it: `columns/add nullable`.
    pub name: String,
    /// SQL for the database before.
    pub from: String,
    /// SQL for the database after.
    pub to: String,
    /// Answers to `--rename` on the way there.
    pub rename: Vec<String>,
    /// What is dropped on the way back, where something else takes its name again: `--drop`.
    pub drop_back: Vec<String>,
    /// The kinds of operation that lead there, in order; an empty list if the two differ only in spelling. A pair of another
    /// folder need not say them.
    pub operations: Option<Vec<String>>,
    /// Rows for tables that generic ones do not fit.
    pub rows: String,
    /// What the comparison must mention as not managed.
    pub not_managed: Vec<String>,
    /// Why no script is written there, in words of the refusal.
    pub refused: String,
}

impl Pair {
    /// Whether a script for which no loss is allowed may be another one than the one for which it is.
    pub fn may_lose(&self) -> bool {
        let loses = |it: &String| matches!(it.as_str(), "alter_column" | "drop_enum_value");
        self.operations.as_ref().is_none_or(|operations| operations.iter().any(loses))
    }
}

/// The pairs of a dialect whose name has this text in it: those of a folder, or of the corpus.
pub fn read(folder: Option<&Path>, dialect: Dialect, filter: &str) -> Result<Vec<Pair>, String> {
    let corpus = checkout().join("tests/corpus");
    let needed = if folder.is_none() { &["name", "from", "to", "operations"][..] } else { &["name", "from", "to"] };
    let folder = folder.unwrap_or(&corpus).join(dialect.name());
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut pairs = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|it| it == "toml")) {
        pairs.extend(read_file(file, needed).map_err(|error| format!("{}: {error}", file.display()))?);
    }
    pairs.retain(|pair| pair.name.contains(filter));
    Ok(pairs)
}

fn read_file(file: &Path, needed: &[&str]) -> Result<Vec<Pair>, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let table = DeTable::parse(&text).map_err(|error| error.to_string())?;
    let theme = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let pairs = table.get_ref().get("pair").ok_or("there is no [[pair]]")?;
    let DeValue::Array(pairs) = pairs.get_ref() else { return Err("`pair` is written [[pair]]".to_owned()) };
    pairs.iter().map(|pair| read_pair(&theme, pair.get_ref(), needed)).collect()
}

fn read_pair(theme: &str, value: &DeValue<'_>, needed: &[&str]) -> Result<Pair, String> {
    let DeValue::Table(table) = value else { return Err("`pair` is written [[pair]]".to_owned()) };
    let mut pair = Pair::default();
    for (key, value) in table {
        let value = value.get_ref();
        match key.get_ref().as_ref() {
            "name" => pair.name = format!("{theme}/{}", text(value)?),
            "from" => pair.from = text(value)?,
            "to" => pair.to = text(value)?,
            "rows" => pair.rows = text(value)?,
            "rename" => pair.rename = texts(value)?,
            "drop_back" => pair.drop_back = texts(value)?,
            "operations" => pair.operations = Some(texts(value)?),
            "not_managed" => pair.not_managed = texts(value)?,
            "refused" => pair.refused = text(value)?,
            other => return Err(format!("`{other}` is no key of a pair")),
        }
    }
    match needed.iter().find(|key| !table.contains_key(**key)) {
        Some(missing) => Err(format!("a pair ({}) has no `{missing}`", pair.name)),
        None => Ok(pair),
    }
}

fn text(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.deref().to_owned()),
        other => Err(format!("{other:?} is no text")),
    }
}

fn texts(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    match value {
        DeValue::Array(values) => values.iter().map(|value| text(value.get_ref())).collect(),
        other => Err(format!("{other:?} is no list")),
    }
}
