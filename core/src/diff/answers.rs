//! What only a person can say about a change.

use std::collections::BTreeMap;

use crate::names::nearest;
use crate::{Schema, TableName};

/// The answers to what a comparison of two schemas cannot know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Tables that go on under another name: from, to.
    pub table_renames: Vec<(TableName, TableName)>,
    /// Columns that go on under another name.
    pub column_renames: Vec<ColumnRename>,
    /// Enum values that go on under another name: enum, from, to.
    pub value_renames: Vec<(String, String, String)>,
    /// What is really dropped.
    pub drops: Vec<Drop>,
    /// Whether everything that goes is dropped without a question.
    pub allow_loss: bool,
    /// SQL over the row before the change, for the values of a column.
    pub fills: BTreeMap<(TableName, String), String>,
}

/// A column that goes on under another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRename {
    /// The table, by its name before or after.
    pub table: TableName,
    /// The name before.
    pub from: String,
    /// The name after.
    pub to: String,
}

/// Something that is really dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drop {
    /// A table.
    Table(TableName),
    /// A column, or the value of an enum if there is no such table.
    Column(TableName, String),
}

impl Answers {
    /// Settles that one column or table is another, or that it is dropped: the command-line form `a.b=a.c`, `a=b`.
    ///
    /// # Errors
    /// A sentence, if the text has not that form.
    pub fn rename(&mut self, text: &str) -> Result<(), String> {
        let (from, to) = text.split_once('=').ok_or_else(|| no_rename(text))?;
        match (split(from), split(to)) {
            ((_, ""), _) | (_, (_, "")) => return Err(no_rename(text)),
            ((Some(of), from), (Some(table), to)) if of == table || of.contains('.') => {
                self.column_renames.push(ColumnRename { table: table.into(), from: from.into(), to: to.into() });
            }
            _ => self.table_renames.push((from.trim().into(), to.trim().into())),
        }
        Ok(())
    }

    /// Settles that something is dropped: `a.b` or `a`.
    pub fn drop(&mut self, text: &str) {
        self.drops.push(match split(text) {
            (Some(table), column) => Drop::Column(table.into(), column.to_owned()),
            (None, table) => Drop::Table(table.into()),
        });
    }

    /// Settles the values of a column: `a.b=EXPR`.
    ///
    /// # Errors
    /// A sentence, if the text has not that form.
    pub fn fill(&mut self, text: &str) -> Result<(), String> {
        let wrong = || format!("`--default {text}`: the correct form is `--default table.column=SQL`");
        let (place, sql) = text.split_once('=').ok_or_else(wrong)?;
        match split(place) {
            (Some(table), column) if !sql.trim().is_empty() => {
                self.fills.insert((table.into(), column.to_owned()), sql.trim().to_owned());
                Ok(())
            }
            _ => Err(wrong()),
        }
    }

    /// The answers in the names of the schemas: value renames told from column renames, tables by their name after.
    ///
    /// # Errors
    /// A sentence for each answer that fits nothing.
    pub(super) fn checked(&self, before: &Schema, after: &Schema) -> Result<Answers, Vec<String>> {
        let mut checked = self.clone();
        let mut wrong = Vec::new();
        let tables = |schema: &Schema| schema.tables.keys().map(ToString::to_string).collect::<Vec<_>>();
        let mut column_renames = self.column_renames.clone();
        checked.table_renames.retain(|(from, to)| {
            let column = self.as_column(from, to, before);
            let is_table = column.is_none();
            column_renames.extend(column);
            is_table
        });
        for (from, to) in &checked.table_renames {
            if !before.tables.contains_key(from) && from.schema.is_some() != to.schema.is_some() {
                wrong.push(no_rename(&format!("{from}={to}")));
            } else if !before.tables.contains_key(from) {
                wrong.push(stale("table", &from.to_string(), &to.to_string(), &tables(before)));
            } else if !after.tables.contains_key(to) {
                wrong.push(format!(
                    "no model has the table `{to}`, to which `{from}` is renamed; {}",
                    there_is(&tables(after))
                ));
            } else if after.tables.contains_key(from)
                && !checked.table_renames.iter().any(|(_, it)| it == from)
                && !after.is_database
            {
                wrong.push(format!("`{from}` is renamed to `{to}`, and a model still has the table `{from}`"));
            }
        }
        // `auth.users=auth.people` may be a table of a database schema.
        for rename in &column_renames {
            if let Some((from, to)) = as_table(rename, before, after) {
                checked.table_renames.push((from, to));
            }
        }
        checked.column_renames.clear();
        for rename in &column_renames {
            if as_table(rename, before, after).is_some() {
                continue;
            }
            let name = rename.table.to_string();
            if let (Some(old), Some(new)) = (before.enums.get(&name), after.enums.get(&name))
                && !before.tables.contains_key(&rename.table)
            {
                let (from, to) = (format!("{name}.{}", rename.from), format!("{name}.{}", rename.to));
                let others = || column_renames.iter().filter(|it| it.table == rename.table);
                if !old.values.contains(&rename.from) {
                    wrong.push(stale("value", &from, &to, &old.values));
                } else if !new.values.contains(&rename.to) {
                    wrong.push(format!(
                        "the enum `{name}` has no value `{to}` in the models, to which `{from}` is renamed; {}",
                        there_is(&new.values)
                    ));
                } else if new.values.contains(&rename.from) && !others().any(|it| it.to == rename.from) {
                    wrong.push(format!("`{from}` is renamed to `{to}`, and the enum still has the value `{from}`"));
                } else {
                    checked.value_renames.push((name, rename.from.clone(), rename.to.clone()));
                }
                continue;
            }
            let table = checked.name_after(&rename.table);
            let (old, new) = (before.tables.get(&checked.name_before(&table)), after.tables.get(&table));
            let (Some(old), Some(new)) = (old, new) else {
                wrong.push(format!(
                    "there is no table or enum `{table}` of which `{}` could be renamed; {}",
                    rename.from,
                    there_is(&owners(before))
                ));
                continue;
            };
            let columns = |table: &crate::Table| table.columns.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
            let (from, to) = (format!("{table}.{}", rename.from), format!("{table}.{}", rename.to));
            let others = || column_renames.iter().filter(|it| checked.name_after(&it.table) == table);
            if old.find(&rename.from).is_none() {
                wrong.push(stale("column", &from, &to, &columns(old)));
            } else if new.find(&rename.to).is_none() {
                wrong.push(format!(
                    "no field has the column `{to}`, to which `{from}` is renamed; {}",
                    there_is(&columns(new))
                ));
            } else if new.find(&rename.from).is_some()
                && !others().any(|it| it.to == rename.from)
                && !checked.is_dropped(&table, &rename.from)
                && !after.is_database
            {
                wrong.push(format!("`{from}` is renamed to `{to}`, and a field still has the column `{from}`"));
            } else {
                checked.column_renames.push(ColumnRename { table, ..rename.clone() });
            }
        }
        for drop in &mut checked.drops {
            match drop {
                Drop::Table(table) if before.tables.contains_key(table) => {}
                Drop::Table(table) => {
                    wrong.push(format!(
                        "`--drop {table}`: schema.lock has no table `{table}`; {}",
                        there_is(&tables(before))
                    ));
                }
                Drop::Column(table, column) => {
                    let name = self.name_before(table);
                    let found = before.column(&name, column).is_some()
                        || before.enums.get(&table.to_string()).is_some_and(|it| it.values.contains(column));
                    if found {
                        *table = self.name_after(&name);
                    } else {
                        let there = before.tables.get(&name).map_or_else(
                            || tables(before),
                            |found| found.columns.iter().map(|it| format!("{table}.{}", it.name)).collect(),
                        );
                        let given = format!("{table}.{column}");
                        let meant = nearest(&given, droppable(before).iter().map(String::as_str))
                            .map_or_else(String::new, |name| format!("is it `{name}`? "));
                        wrong.push(format!(
                            "`--drop {given}`: schema.lock has no such column or enum value; {meant}{}",
                            there_is(&there)
                        ));
                    }
                }
            }
        }
        wrong.extend(checked.taken(before));
        checked.fills.clear();
        for ((table, column), sql) in &self.fills {
            let name = self.name_after(table);
            let old = self.name_before(&name);
            if before.column(&old, column).is_none() && after.column(&name, column).is_none() {
                let there = after.tables.get(&name).map_or_else(
                    || tables(after),
                    |found| found.columns.iter().map(|it| format!("{table}.{}", it.name)).collect(),
                );
                wrong.push(format!("`--default {table}.{column}=…`: there is no such column; {}", there_is(&there)));
            }
            checked.fills.insert((name, column.clone()), sql.clone());
        }
        if wrong.is_empty() { Ok(checked) } else { Err(wrong) }
    }

    /// A rename of what looks like a table in a schema, if it is one of a column whose table has another name too.
    fn as_column(&self, from: &TableName, to: &TableName, before: &Schema) -> Option<ColumnRename> {
        let (old, table) = (TableName::from(from.schema.as_deref()?), TableName::from(to.schema.as_deref()?));
        let fits = !before.tables.contains_key(from) && self.name_after(&old) == table;
        fits.then(|| ColumnRename { table, from: from.name.clone(), to: to.name.clone() })
    }

    /// Renames onto a name that something else has, which would be dropped unasked.
    fn taken(&self, before: &Schema) -> Vec<String> {
        let mut wrong = Vec::new();
        for (at, (from, to)) in self.table_renames.iter().enumerate() {
            if self.table_renames[..at].iter().any(|(other, target)| other == from || target == to) {
                wrong.push(format!("`{from}` and `{to}` stand in two renames"));
            }
            let moves = self.table_renames.iter().any(|(other, _)| other == to);
            if before.tables.contains_key(to) && !moves && !self.is_table_dropped(to) {
                wrong.push(format!(
                    "`{from}` is renamed to `{to}`, and schema.lock has a table `{to}`: add `--drop {to}` if its rows go"
                ));
            }
        }
        for (at, rename) in self.column_renames.iter().enumerate() {
            let ColumnRename { table, from, to } = rename;
            let others = |it: &&ColumnRename| it.table == *table;
            let mut earlier = self.column_renames[..at].iter().filter(others);
            if earlier.any(|it| it.from == *from || it.to == *to) {
                wrong.push(format!("`{table}.{from}` and `{table}.{to}` stand in two renames"));
            }
            let moves = self.column_renames.iter().filter(others).any(|it| it.from == *to);
            if before.column(&self.name_before(table), to).is_some() && !moves && !self.is_dropped(table, to) {
                wrong.push(format!(
                    "`{table}.{from}` is renamed to `{to}`, and schema.lock has a column `{table}.{to}`: add \
                     `--drop {table}.{to}` if its values go"
                ));
            }
        }
        for (at, (name, from, to)) in self.value_renames.iter().enumerate() {
            let mut earlier = self.value_renames[..at].iter().filter(|(of, _, _)| of == name);
            let moves = self.value_renames.iter().any(|(of, other, _)| of == name && other == to);
            let is_there = before.enums.get(name).is_some_and(|it| it.values.contains(to));
            let why = match earlier.find(|(_, other, target)| other == from || target == to) {
                Some((_, other, target)) if other == from => {
                    format!("`{name}.{from}` is renamed to `{name}.{target}` and to `{name}.{to}`: one of them is new")
                }
                Some((_, other, _)) => merged(before, name, (from, to), &format!("and so is `{name}.{other}`")),
                None if is_there && !moves => {
                    merged(before, name, (from, to), &format!("and schema.lock has a value `{name}.{to}`"))
                }
                None => continue,
            };
            wrong.push(why);
        }
        wrong
    }

    /// The name that a table has after the renames.
    pub(super) fn name_after(&self, table: &TableName) -> TableName {
        self.table_renames.iter().find(|(from, _)| from == table).map_or(table, |(_, to)| to).clone()
    }

    /// The name that a table had before the renames.
    pub(super) fn name_before(&self, table: &TableName) -> TableName {
        self.table_renames.iter().find(|(_, to)| to == table).map_or(table, |(from, _)| from).clone()
    }

    /// Whether a column of this table (by its name after) is answered to be dropped.
    pub(super) fn is_dropped(&self, table: &TableName, column: &str) -> bool {
        self.drops.iter().any(|it| matches!(it, Drop::Column(of, name) if of == table && name == column))
    }

    /// Whether a table is answered to be dropped.
    pub(super) fn is_table_dropped(&self, table: &TableName) -> bool {
        self.drops.iter().any(|it| matches!(it, Drop::Table(name) if name == table))
    }

    /// The SQL that gives a column its values, with the names that columns have after the renames.
    pub(super) fn fill_of(&self, table: &TableName, column: &str) -> Option<crate::Sql> {
        let text = self.fills.get(&(table.clone(), column.to_owned()))?;
        let renames: Vec<(&str, &str)> = self
            .column_renames
            .iter()
            .filter(|it| it.table == *table)
            .map(|it| (it.from.as_str(), it.to.as_str()))
            .collect();
        Some(crate::Sql::portable(text).renamed(&renames))
    }
}

/// A rename of what looks like columns, if it is one of tables in a schema of the database.
fn as_table(rename: &ColumnRename, before: &Schema, after: &Schema) -> Option<(TableName, TableName)> {
    let of = |name: &str| TableName { schema: Some(rename.table.name.clone()), name: name.to_owned() };
    let (from, to) = (of(&rename.from), of(&rename.to));
    let fits = rename.table.schema.is_none() && before.tables.contains_key(&from) && after.tables.contains_key(&to);
    fits.then_some((from, to))
}

/// The tables and enums that there are.
fn owners(schema: &Schema) -> Vec<String> {
    schema.tables.keys().map(ToString::to_string).chain(schema.enums.keys().cloned()).collect()
}

/// The columns and enum values that there are.
fn droppable(schema: &Schema) -> Vec<String> {
    let columns =
        schema.tables.values().flat_map(|of| of.columns.iter().map(move |it| format!("{}.{}", of.name, it.name)));
    let values = schema.enums.values().flat_map(|of| of.values.iter().map(move |it| format!("{}.{it}", of.name)));
    columns.chain(values).collect()
}

/// What is said of a value that is renamed to one that its rows would share with others.
fn merged(before: &Schema, name: &str, (from, to): (&str, &str), why: &str) -> String {
    let fill = |(table, column): (&TableName, &crate::Column)| {
        crate::shell::flag(&format!("--default {table}.{}='{to}'", column.name))
    };
    let fills: Vec<String> = before.users_of(name).map(fill).collect();
    format!(
        "`{name}.{from}` is renamed to `{name}.{to}`, {why}: give its rows that value by `--drop {name}.{from} {}` instead",
        fills.join(" ")
    )
}

fn no_rename(text: &str) -> String {
    format!("`--rename {text}`: the correct form is `--rename table.old=table.new` or `--rename old=new`")
}

/// `a.b.c` is the column `c` of the table `a.b`.
fn split(text: &str) -> (Option<&str>, &str) {
    match text.trim().rsplit_once('.') {
        Some((table, column)) => (Some(table), column),
        None => (None, text.trim()),
    }
}

fn stale(kind: &str, from: &str, to: &str, there: &[String]) -> String {
    format!(
        "schema.lock has no {kind} `{from}` that could become `{to}`: remove this `renamed_from` or `--rename` if it \
         is done already; {}",
        there_is(there)
    )
}

fn there_is(names: &[String]) -> String {
    if names.is_empty() { "there is none".to_owned() } else { format!("there is {}", names.join(", ")) }
}
