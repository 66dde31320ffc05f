//! What must be asked before anything may be dropped.

use std::fmt;

use super::Answers;
use crate::names::distance;
use crate::{Column, Schema, Table, TableName};

/// Something that goes beside something that comes: is it the same under another name?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub kind: QuestionKind,
    /// What goes: `posts.title`, `posts`, `post_status.draft`.
    pub gone: String,
    /// What comes and may be it, the likeliest first.
    pub candidates: Vec<String>,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// A table.
    Table,
    /// A column.
    Column,
    /// A value of an enum.
    Value,
}

impl Question {
    /// The command-line flags that answer it: a rename to each candidate, then the drop.
    pub fn flags(&self) -> Vec<String> {
        let mut flags: Vec<String> =
            self.candidates.iter().map(|candidate| format!("--rename {}={candidate}", self.gone)).collect();
        flags.push(format!("--drop {}", self.gone));
        flags
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            QuestionKind::Table => "table",
            QuestionKind::Column => "column",
            QuestionKind::Value => "enum value",
        };
        write!(f, "the {kind} {} is gone: is it renamed to {}, or dropped?", self.gone, self.candidates.join(" or "))
    }
}

/// The questions that the answers leave open.
pub(super) fn open(before: &Schema, after: &Schema, answers: &Answers) -> Vec<Question> {
    let mut questions = Vec::new();
    let renamed_away = |table: &TableName| answers.table_renames.iter().any(|(from, _)| from == table);
    let renamed_to = |table: &TableName| answers.table_renames.iter().any(|(_, to)| to == table);
    let added: Vec<&Table> = after
        .tables
        .values()
        .filter(|table| !renamed_to(&table.name))
        .filter(|table| !before.tables.contains_key(&table.name) || renamed_away(&table.name))
        .collect();
    let gone = before.tables.values().filter(|table| {
        !renamed_away(&table.name)
            && (!after.tables.contains_key(&table.name) || renamed_to(&table.name))
            && !answers.is_table_dropped(&table.name)
    });
    for table in gone {
        let mut candidates: Vec<_> = added.iter().map(|other| (unlike(table, other), other.name.to_string())).collect();
        candidates.sort();
        push(&mut questions, QuestionKind::Table, table.name.to_string(), candidates);
    }
    for table in after.tables.values() {
        let Some(old) = before.tables.get(&answers.name_before(&table.name)) else { continue };
        if renamed_away(&table.name) && !renamed_to(&table.name) {
            continue;
        }
        columns(&mut questions, old, table, answers);
    }
    for (name, new) in &after.enums {
        let Some(old) = before.enums.get(name) else { continue };
        let renames = || answers.value_renames.iter().filter(|(of, _, _)| of == name);
        let added: Vec<&String> =
            new.values.iter().filter(|it| !old.values.contains(it) && !renames().any(|(_, _, to)| to == *it)).collect();
        for value in &old.values {
            let settled = new.values.contains(value)
                || renames().any(|(_, from, _)| from == value)
                || answers.is_dropped(&TableName::plain(name.clone()), value);
            if !settled {
                let mut candidates: Vec<_> =
                    added.iter().map(|other| (distance(value, other), format!("{name}.{other}"))).collect();
                candidates.sort();
                push(&mut questions, QuestionKind::Value, format!("{name}.{value}"), candidates);
            }
        }
    }
    questions
}

fn columns(questions: &mut Vec<Question>, old: &Table, new: &Table, answers: &Answers) {
    let renames = || answers.column_renames.iter().filter(|rename| rename.table == new.name);
    let added: Vec<&Column> = new
        .columns
        .iter()
        .filter(|it| !renames().any(|rename| rename.to == it.name))
        .filter(|it| old.find(&it.name).is_none() || renames().any(|rename| rename.from == it.name))
        .collect();
    for column in &old.columns {
        let settled = (new.find(&column.name).is_some() && !renames().any(|rename| rename.to == column.name))
            || renames().any(|rename| rename.from == column.name)
            || answers.is_dropped(&new.name, &column.name);
        if settled {
            continue;
        }
        let mut candidates: Vec<_> = added
            .iter()
            .map(|other| {
                let unlike = distance(&column.name, &other.name)
                    + if other.column_type == column.column_type { 0 } else { 10 }
                    + if other.nullable == column.nullable { 0 } else { 2 };
                (unlike, format!("{}.{}", new.name, other.name))
            })
            .collect();
        candidates.sort();
        push(questions, QuestionKind::Column, format!("{}.{}", new.name, column.name), candidates);
    }
}

fn push(questions: &mut Vec<Question>, kind: QuestionKind, gone: String, candidates: Vec<(usize, String)>) {
    if !candidates.is_empty() {
        let candidates = candidates.into_iter().map(|(_, name)| name).collect();
        questions.push(Question { kind, gone, candidates });
    }
}

/// How unlike two tables are: the columns that only one of them has.
fn unlike(a: &Table, b: &Table) -> usize {
    let only = |a: &Table, b: &Table| a.columns.iter().filter(|column| b.find(&column.name).is_none()).count();
    only(a, b) + only(b, a)
}
