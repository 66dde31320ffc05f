//! The transitions: models before and after, in `tests/transitions/<theme>.toml`.

use std::collections::BTreeMap;
use std::fs;

use migratable_core::Dialect;
use migratable_tests::checkout;
use toml::de::{DeTable, DeValue};

/// Models that become other models.
#[derive(Clone, Debug, Default)]
pub struct Transition {
    /// The file, without `.toml`, and the name in it: `columns/add nullable`.
    pub name: String,
    /// The kind of change, a row of the matrix.
    pub kind: String,
    /// What stands on the column or table that changes, a column of the matrix.
    pub situation: String,
    /// The models before, as Rust. Every struct and enum derives `Migratable`, which is left out.
    pub before: String,
    /// The models after.
    pub after: String,
    /// What `revision` is answered: `--rename a.b=a.c`.
    pub answers: Vec<String>,
    /// The flags that `revision` asks for if it is answered nothing.
    pub asks: Vec<String>,
    /// Which part of Alembic's list of what autogenerate does not detect it is about.
    pub alembic: String,
    /// The bodies of the steps that are left open, as SQL, by their names.
    pub fill: BTreeMap<String, String>,
    /// The operations, in the words of `revision`; none if only the spelling differs.
    pub operations: Vec<String>,
    /// Rows for the database before, where generic ones do not fit.
    pub rows: String,
    /// What `revision` refuses the change with.
    pub refused: String,
    /// What `upgrade` refuses to go on with, for the rows that are there.
    pub stopped: String,
    /// What `downgrade` refuses to go on with, for the rows that are there.
    pub stopped_back: String,
    /// The columns whose values change on the way there.
    pub changed: Vec<String>,
    /// The columns, or tables, whose values are others after the way there and back.
    pub lost: Vec<String>,
    /// What is done to the rows between the way there and the way back, as SQL.
    pub then: String,
    /// A row that leaves a column out which the database numbers, as SQL, by the column: it gets a number behind those
    /// that are there, before, after the way there, after the way back, and there again.
    pub next: BTreeMap<String, String>,
    /// The values of columns after the way there.
    pub sees: BTreeMap<String, Vec<String>>,
    /// The values of columns after the way there and back.
    pub sees_back: BTreeMap<String, Vec<String>>,
    /// The databases that it is for.
    pub dialects: Vec<Dialect>,
    /// Why it is not for the others.
    pub why: String,
}

impl Transition {
    /// The renames among the answers.
    pub fn renames(&self) -> Vec<String> {
        let given = self.answers.iter().filter_map(|answer| answer.strip_prefix("--rename "));
        given.map(str::to_owned).collect()
    }
}

/// All transitions whose name has this text in it.
pub fn read(filter: &str) -> Result<Vec<Transition>, String> {
    let mut transitions = Vec::new();
    for (theme, text) in themes()? {
        let file = |error: String| format!("{theme}.toml: {error}");
        let table = DeTable::parse(&text).map_err(|error| file(error.to_string()))?;
        let Some(DeValue::Array(list)) = table.get_ref().get("transition").map(|list| list.get_ref()) else { continue };
        for value in list.iter() {
            transitions.push(transition(&theme, value.get_ref()).map_err(file)?);
        }
    }
    let mut names = std::collections::BTreeSet::new();
    if let Some(twice) = transitions.iter().find(|it| !names.insert(&it.name)) {
        return Err(format!("two transitions are called {}", twice.name));
    }
    transitions.retain(|transition| transition.name.contains(filter));
    Ok(transitions)
}

/// The files of the folder, by their names without `.toml`.
fn themes() -> Result<Vec<(String, String)>, String> {
    let folder = checkout().join("tests/transitions");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok((file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), text))
    };
    files.iter().map(read).collect()
}

fn transition(theme: &str, value: &DeValue<'_>) -> Result<Transition, String> {
    let DeValue::Table(table) = value else { return Err("`transition` is written [[transition]]".to_owned()) };
    let mut it = Transition { dialects: Dialect::ALL.to_vec(), ..Transition::default() };
    for (key, value) in table {
        let value = value.get_ref();
        match key.get_ref().as_ref() {
            "name" => it.name = format!("{theme}/{}", text(value)?),
            "kind" => it.kind = text(value)?,
            "situation" => it.situation = text(value)?,
            "before" => it.before = text(value)?,
            "after" => it.after = text(value)?,
            "answers" => it.answers = texts(value)?,
            "asks" => it.asks = texts(value)?,
            "alembic" => it.alembic = text(value)?,
            "fill" => it.fill = by_name(value, text)?,
            "operations" => it.operations = texts(value)?,
            "rows" => it.rows = text(value)?,
            "refused" => it.refused = text(value)?,
            "stopped" => it.stopped = text(value)?,
            "stopped_back" => it.stopped_back = text(value)?,
            "changed" => it.changed = texts(value)?,
            "lost" => it.lost = texts(value)?,
            "then" => it.then = text(value)?,
            "next" => it.next = by_name(value, text)?,
            "sees" => it.sees = by_name(value, texts)?,
            "sees_back" => it.sees_back = by_name(value, texts)?,
            "dialects" => it.dialects = dialects(value)?,
            "why" => it.why = text(value)?,
            other => return Err(format!("`{other}` is no key of a transition")),
        }
    }
    match ["name", "kind", "situation", "after"].into_iter().find(|key| !table.contains_key(*key)) {
        Some(missing) => Err(format!("a transition ({}) has no `{missing}`", it.name)),
        None if it.dialects.len() < Dialect::ALL.len() && it.why.is_empty() => {
            Err(format!("{} does not say why it is not for every database", it.name))
        }
        None => Ok(it),
    }
}

/// A list of dialects.
pub fn dialects(value: &DeValue<'_>) -> Result<Vec<Dialect>, String> {
    let dialect = |name: &String| Dialect::from_name(name).ok_or_else(|| format!("`{name}` is no dialect"));
    texts(value)?.iter().map(dialect).collect()
}

/// A text.
pub fn text(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        other => Err(format!("{other:?} is no text")),
    }
}

/// A list of texts.
pub fn texts(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    match value {
        DeValue::Array(values) => values.iter().map(|value| text(value.get_ref())).collect(),
        other => Err(format!("{other:?} is no list")),
    }
}

fn by_name<T>(
    value: &DeValue<'_>,
    read: impl Fn(&DeValue<'_>) -> Result<T, String>,
) -> Result<BTreeMap<String, T>, String> {
    match value {
        DeValue::Table(table) => {
            table.iter().map(|(key, value)| Ok((key.get_ref().to_string(), read(value.get_ref())?))).collect()
        }
        other => Err(format!("{other:?} is no table")),
    }
}
