//! Databases drawn at random, as the SQL that somebody would have written for them.

use std::fmt::Write;

use proptest::option::weighted;
use proptest::prelude::*;

use super::words::{Family, Key, Words};

/// A database.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// The type of all keys that a database numbers, and of what refers to them.
    id: &'static str,
    labels: Vec<&'static str>,
    /// Whether names stand in quotes that need none.
    quoted: bool,
    tables: Vec<Table>,
}

#[derive(Debug, Clone)]
struct Table {
    name: &'static str,
    key: &'static Key,
    columns: Vec<Column>,
    references: Vec<Reference>,
    constraints: Vec<Over>,
    statements: Vec<Over>,
    option: &'static str,
}

#[derive(Debug, Clone)]
struct Column {
    family: &'static Family,
    column_type: &'static str,
    default: Option<&'static str>,
    required: bool,
    extra: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct Reference {
    target: &'static str,
    action: &'static str,
    required: bool,
    style: Style,
}

/// Where a foreign key is written.
#[derive(Debug, Clone, Copy)]
enum Style {
    AtTheColumn,
    InTheTable,
    Named,
}

/// A text over one or two of a table's columns.
#[derive(Debug, Clone)]
struct Over {
    text: &'static str,
    first: usize,
    second: usize,
}

/// One of a list that is not empty; the first is the simplest.
fn one_of<T: Copy + std::fmt::Debug>(list: &'static [T]) -> impl Strategy<Value = T> {
    (0..list.len()).prop_map(move |at| list[at])
}

fn column(family: &'static Family) -> impl Strategy<Value = Column> {
    let default = (any::<bool>(), 0..family.defaults.len().max(1));
    let extra = (weighted(0.2, Just(())), 0..family.extras.len().max(1));
    (one_of(family.types), default, any::<bool>(), extra).prop_map(move |(column_type, default, required, extra)| {
        Column {
            family,
            column_type,
            default: family.defaults.get(default.1).copied().filter(|_| default.0),
            required: required && !family.computed,
            extra: family.extras.get(extra.1).copied().filter(|_| extra.0.is_some()),
        }
    })
}

fn reference(words: &'static Words, target: &'static str) -> impl Strategy<Value = Reference> {
    let style = (0..3_u8).prop_map(|it| match it {
        0 if words.inline_references => Style::AtTheColumn,
        1 => Style::Named,
        _ => Style::InTheTable,
    });
    (one_of(words.actions), any::<bool>(), style).prop_map(move |(action, required, style)| {
        let required = required && !action.contains("SET NULL");
        Reference { target, action, required, style }
    })
}

/// Some of the texts, each once: what it makes has a name that only its columns tell apart.
fn over(texts: &'static [&'static str]) -> impl Strategy<Value = Vec<Over>> {
    some(texts, 0.3, |&text| (0..8_usize, 0..8_usize).prop_map(move |(first, second)| Over { text, first, second }))
}

/// Some of what is drawn from a list, in another order.
fn some<T, S>(
    list: &'static [T],
    probability: f64,
    draw: impl Fn(&'static T) -> S,
) -> impl Strategy<Value = Vec<S::Value>>
where
    S: Strategy,
    S::Value: Clone,
{
    let each = |it| weighted(probability, (any::<u8>(), draw(it)));
    list.iter().map(each).collect::<Vec<_>>().prop_map(|drawn| {
        let mut drawn: Vec<_> = drawn.into_iter().flatten().collect();
        drawn.sort_by_key(|(place, _)| *place);
        drawn.into_iter().map(|(_, it)| it).collect()
    })
}

fn table(words: &'static Words, name: &'static str) -> impl Strategy<Value = Table> {
    let columns = some(words.families, 0.4, column);
    let references = some(words.tables, 0.25, move |target| reference(words, target));
    let rest = (over(words.constraints), over(words.statements), one_of(words.options));
    (one_of(words.keys), columns, references, rest).prop_map(
        move |(key, columns, references, (constraints, statements, option))| {
            let option = if key.option.is_empty() { option } else { key.option };
            Table { name, key, columns, references, constraints, statements, option }
        },
    )
}

/// A database of up to four tables that refer to one another and to themselves, some in circles.
pub fn database(words: &'static Words) -> impl Strategy<Value = Drawn> {
    let tables = some(words.tables, 0.6, move |name| table(words, name));
    // The first three, which the rows hold, are in all; no row holds the others.
    let labels = (Just(vec!["good", "it's ok", "wild"]).prop_shuffle(), some(&["tired", "sad"], 0.5, |&it| Just(it)));
    (one_of(words.ids), labels, any::<bool>(), tables).prop_map(|(id, (mut labels, more), quoted, mut tables)| {
        labels.extend(more);
        let names: Vec<&str> = tables.iter().map(|table| table.name).collect();
        tables.iter_mut().for_each(|table| table.references.retain(|it| names.contains(&it.target)));
        Drawn { id, labels, quoted, tables }
    })
}

/// A name that needs no quotes, of one that may.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

impl Drawn {
    /// The SQL that makes it.
    pub fn sql(&self, words: &Words) -> String {
        let mut sql = String::new();
        if !words.labels.is_empty() {
            let labels: Vec<String> = self.labels.iter().map(|it| format!("'{}'", it.replace('\'', "''"))).collect();
            let _ = writeln!(sql, "{}", words.labels.replace("{labels}", &labels.join(", ")));
        }
        let mut behind = String::new();
        for (at, table) in self.tables.iter().enumerate() {
            let is_there = |target: &str| self.tables[..=at].iter().any(|it| it.name == target);
            let mut lines = vec![table.key.columns.replace("{id}", self.id)];
            let mut constraints: Vec<String> = [table.key.constraint].map(str::to_owned).into();
            for column in &table.columns {
                lines.push(self.column(words, column));
            }
            for reference in &table.references {
                let column = format!("{}_id", plain(reference.target));
                let null = if reference.required { " NOT NULL" } else { "" };
                let target = format!("REFERENCES {} (id) {}", self.name(words, reference.target), reference.action);
                let line = format!("{column} {}{null}", self.id);
                match reference.style {
                    Style::AtTheColumn if is_there(reference.target) || words.any_order => {
                        lines.push(format!("{line} {target}"));
                        continue;
                    }
                    _ => lines.push(line),
                }
                let name = match reference.style {
                    Style::Named => format!("CONSTRAINT {}_{column}_fk ", plain(table.name)),
                    _ => String::new(),
                };
                let key = format!("{name}FOREIGN KEY ({column}) {target}");
                if is_there(reference.target) || words.any_order {
                    constraints.push(key);
                } else {
                    let _ = writeln!(behind, "ALTER TABLE {} ADD {key};", self.name(words, table.name));
                }
            }
            constraints.extend(table.constraints.iter().filter_map(|it| self.over(words, table, it)));
            constraints.iter_mut().for_each(|it| *it = it.replace("{t}", &plain(table.name)));
            lines.extend(constraints.into_iter().filter(|it| !it.is_empty()));
            let (name, lines) = (self.name(words, table.name), lines.join(",\n  "));
            let _ = writeln!(sql, "CREATE TABLE {name} (\n  {lines}\n){};", table.option);
            for text in table.statements.iter().filter_map(|it| self.over(words, table, it)) {
                let _ = writeln!(sql, "{text};");
            }
        }
        sql + &behind
    }

    fn column(&self, words: &Words, column: &Column) -> String {
        let name = self.name(words, column.family.name);
        let mut line = format!("{name} {}", column.column_type);
        if let Some(default) = column.default {
            let _ = write!(line, " DEFAULT {default}");
        }
        if column.required {
            line.push_str(" NOT NULL");
        }
        if let Some(extra) = column.extra {
            let _ = write!(line, " {}", extra.replace("{A}", &name));
        }
        line
    }

    /// A text with the names of a table and of its columns in it; none if there are no columns for it.
    fn over(&self, words: &Words, table: &Table, over: &Over) -> Option<String> {
        let stored: Vec<&Column> = table.columns.iter().filter(|it| it.family.in_keys).collect();
        let first = stored.get(over.first % stored.len().max(1))?;
        let second = stored.get(over.second % stored.len())?;
        let part = |column: &Column| column.family.part.replace("{A}", &self.name(words, column.family.name));
        let text = over.text.replace("{T}", &self.name(words, table.name)).replace("{t}", &plain(table.name));
        let text = text.replace("{partA}", &part(first)).replace("{partB}", &part(second));
        if over.text.contains("{partB}") && std::ptr::eq(*first, *second) {
            return None;
        }
        let text = text.replace("{a}", &plain(first.family.name)).replace("{b}", &plain(second.family.name));
        let text = text.replace("{A}", &self.name(words, first.family.name));
        Some(text.replace("{B}", &self.name(words, second.family.name)))
    }

    /// A name in SQL.
    fn name(&self, words: &Words, name: &str) -> String {
        let is_plain = plain(name) == name && !words.reserved.contains(&name);
        if is_plain && !self.quoted { name.to_owned() } else { format!("{0}{name}{0}", words.quote) }
    }
}
