//! How models differ from the lock, said at the place in the models where it shows.

use std::collections::BTreeSet;

use super::Answers;
use super::questions::{self, Question, QuestionKind};
use crate::operation::column_facts;
use crate::shell;
use crate::{Column, ColumnChange, Operation, Schema, Table, TableName, table_text};

/// One difference between the lock and the models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The table, by its name in the models; empty for enums.
    pub table: TableName,
    /// What of it differs.
    pub place: Place,
    /// The lock's side and the models' side.
    pub message: String,
    /// The flags of which one must be given with the next revision; none where nothing has to be decided.
    pub answers: Vec<String>,
}

impl Drift {
    /// A difference in which nothing has to be decided.
    pub fn new(table: TableName, place: Place, message: String) -> Drift {
        Drift { table, place, message, answers: Vec::new() }
    }

    /// What has to be added to the command that writes the revision, as the end of a sentence; nothing if nothing has.
    pub fn with_answers(&self) -> String {
        match self.answers.is_empty() {
            true => String::new(),
            false => format!(" with `{}`", self.answers.join("` or `")),
        }
    }
}

/// Where a difference shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the struct.
    Table,
    /// At the field of that column.
    Column(String),
    /// Nowhere: the lock has a table that no model has.
    DroppedTable,
    /// At the enum of that name.
    Enum(String),
    /// Nowhere: the lock has an enum that no model has.
    DroppedEnum(String),
}

/// Every difference between the lock and the models, which may be known only in part: then nothing is said of tables and
/// enums that none of them has. The answers are the renames that the models declare.
///
/// What goes beside something that comes may be the same under another name: that is one question, in the place of what
/// would be said of both and of all that is made of them.
pub fn drift(lock: &Schema, models: &Schema, answers: &Answers, is_whole: bool) -> Vec<Drift> {
    let mut found = Vec::new();
    let renamed = renamed(lock, models, answers, &mut found);
    let lock = renamed.as_ref().unwrap_or(lock);
    let asked = Asked::new(lock, models, is_whole);
    for (name, model) in &models.tables {
        let mut add = |place: Place, message: String| found.push(Drift::new(name.clone(), place, message));
        match lock.tables.get(name) {
            None if asked.has(name.to_string()) => {}
            None => add(Place::Table, format!("the table `{name}` is new: schema.lock does not have it")),
            Some(locked) if table_text(locked) != table_text(model) => table(locked, model, &asked, &mut add),
            Some(_) => {}
        }
    }
    for name in lock.tables.keys() {
        if is_whole && !models.tables.contains_key(name) && !asked.has(name.to_string()) {
            let message = format!("schema.lock has the table `{name}`, and no model has it any more");
            found.push(Drift::new(name.clone(), Place::DroppedTable, message));
        }
    }
    let nowhere = TableName::plain("");
    for (name, model) in &models.enums {
        let message = match lock.enums.get(name) {
            None => format!("the enum `{name}` is new: schema.lock does not have it"),
            Some(locked) if locked.values != model.values && !asked.of_enum(name) => format!(
                "schema.lock has the enum `{name}` as {}, the model as {}",
                locked.values.join(", "),
                model.values.join(", ")
            ),
            Some(_) => continue,
        };
        found.push(Drift::new(nowhere.clone(), Place::Enum(name.clone()), message));
    }
    for name in lock.enums.keys().filter(|name| is_whole && !models.enums.contains_key(*name)) {
        let message = format!("schema.lock has the enum `{name}`, and no model has it any more");
        found.push(Drift::new(nowhere.clone(), Place::DroppedEnum(name.clone()), message));
    }
    found.extend(asked.questions.iter().map(at_its_place));
    found
}

/// A question, at the likeliest of what may be the answer.
fn at_its_place(question: &Question) -> Drift {
    let likeliest = question.candidates.first().map(String::as_str).unwrap_or_default();
    let (owner, own) = likeliest.rsplit_once('.').unwrap_or((likeliest, likeliest));
    let (table, place) = match question.kind {
        QuestionKind::Table => (TableName::parse(likeliest), Place::Table),
        QuestionKind::Column => (TableName::parse(owner), Place::Column(own.to_owned())),
        QuestionKind::Value => (TableName::plain(""), Place::Enum(owner.to_owned())),
    };
    let answers = question.flags().iter().map(|it| shell::flag(it)).collect();
    Drift { answers, ..Drift::new(table, place, question.to_string()) }
}

/// What is asked, and what it is about.
struct Asked {
    questions: Vec<Question>,
    /// All that goes or comes in a question.
    names: BTreeSet<String>,
}

impl Asked {
    fn new(lock: &Schema, models: &Schema, is_whole: bool) -> Asked {
        let mut questions = questions::open(lock, models, &Answers::default());
        questions.retain(|question| is_whole || question.kind != QuestionKind::Table);
        let names = questions.iter().flat_map(|it| it.candidates.iter().chain([&it.gone])).cloned().collect();
        Asked { questions, names }
    }

    fn has(&self, name: String) -> bool {
        self.names.contains(&name)
    }

    fn has_column(&self, table: &TableName, column: &str) -> bool {
        self.has(format!("{table}.{column}"))
    }

    fn of_enum(&self, name: &str) -> bool {
        let is_its = |it: &Question| it.kind == QuestionKind::Value && it.gone.starts_with(&format!("{name}."));
        self.questions.iter().any(is_its)
    }
}

/// The lock with the renames that the models declare already made, each reported; `None` if there are none to make.
fn renamed(lock: &Schema, models: &Schema, answers: &Answers, found: &mut Vec<Drift>) -> Option<Schema> {
    if answers.table_renames.is_empty() && answers.column_renames.is_empty() {
        return None;
    }
    let mut renamed = lock.clone();
    for (from, to) in &answers.table_renames {
        let rename = Operation::RenameTable { from: from.clone(), to: to.clone() };
        if models.tables.contains_key(to) && rename.apply(&mut renamed).is_ok() {
            let message = format!("schema.lock has the table as `{from}`, the model as `{to}`");
            found.push(Drift::new(to.clone(), Place::Table, message));
        }
    }
    for rename in &answers.column_renames {
        let (table, from, to) = (answers.name_after(&rename.table), &rename.from, &rename.to);
        let operation = Operation::RenameColumn { table: table.clone(), from: from.clone(), to: to.clone() };
        if models.column(&table, to).is_some() && operation.apply(&mut renamed).is_ok() {
            let message = format!("schema.lock has `{table}.{from}`, which this field renames to `{to}`");
            found.push(Drift::new(table, Place::Column(to.clone()), message));
        }
    }
    Some(renamed)
}

fn table(locked: &Table, model: &Table, asked: &Asked, add: &mut impl FnMut(Place, String)) {
    let name = &model.name;
    for column in &model.columns {
        let place = || Place::Column(column.name.clone());
        match locked.find(&column.name) {
            None if asked.has_column(name, &column.name) => {}
            None => {
                let facts = column_facts(column);
                add(
                    place(),
                    format!("the column `{name}.{}` ({facts}) is new: schema.lock does not have it", column.name),
                );
            }
            Some(before) => {
                let change = ColumnChange::between(before, column);
                if !change.is_empty() {
                    let (lock, model) = sides(before, column, &change);
                    add(
                        place(),
                        format!("`{name}.{}` differs: schema.lock has {lock}, the model has {model}", column.name),
                    );
                }
            }
        }
    }
    let is_gone = |column: &&Column| model.find(&column.name).is_none() && !asked.has_column(name, &column.name);
    for column in locked.columns.iter().filter(is_gone) {
        let facts = column_facts(column);
        let message =
            format!("schema.lock has the column `{name}.{}` ({facts}), and no field has it any more", column.name);
        add(Place::Table, message);
    }
    if locked.comment != model.comment {
        let said = |comment: &Option<String>| comment.as_ref().map_or("no comment".to_owned(), |it| format!("{it:?}"));
        let (lock, model) = (said(&locked.comment), said(&model.comment));
        add(Place::Table, format!("the comment of `{name}` differs: schema.lock has {lock}, the model has {model}"));
    }
    constraints(locked, model, asked, add);
}

/// What differs of a column, on either side.
fn sides(locked: &Column, model: &Column, change: &ColumnChange) -> (String, String) {
    let mut sides = (Vec::new(), Vec::new());
    let mut say = |locked: String, model: String| {
        sides.0.push(locked);
        sides.1.push(model);
    };
    if change.column_type.is_some() {
        say(locked.column_type.to_string(), model.column_type.to_string());
    }
    let null = |nullable: bool| if nullable { "nullable" } else { "not null" }.to_owned();
    if change.nullable.is_some() {
        say(null(locked.nullable), null(model.nullable));
    }
    if change.default.is_some() {
        let said = |it: &Column| it.default.as_ref().map_or("no default".to_owned(), |it| format!("default {it}"));
        say(said(locked), said(model));
    }
    let known = change.column_type.is_some() || change.nullable.is_some() || change.default.is_some();
    if !known || change.identity.is_some() || change.generated.is_some() {
        return (column_facts(locked), column_facts(model));
    }
    if change.collation.is_some() || change.comment.is_some() {
        return (column_facts(locked), column_facts(model));
    }
    (sides.0.join(", "), sides.1.join(", "))
}

/// A constraint or index.
struct Fact {
    name: String,
    says: String,
    /// The columns that it is about.
    columns: Vec<String>,
    /// The field at which it stands, if it is about that column alone.
    field: Option<String>,
    /// Whether it refers to something that may have another name.
    refers_to_asked: bool,
}

fn constraints(locked: &Table, model: &Table, asked: &Asked, add: &mut impl FnMut(Place, String)) {
    let (before, after) = (facts(locked, asked), facts(model, asked));
    let place = |fact: &Fact| match &fact.field {
        Some(column) if model.find(column).is_some() => Place::Column(column.clone()),
        _ => Place::Table,
    };
    let is_asked =
        |fact: &&Fact| fact.refers_to_asked || fact.columns.iter().any(|column| asked.has_column(&model.name, column));
    for fact in after.iter().filter(|fact| !is_asked(fact)) {
        let Fact { name, says, .. } = fact;
        match before.iter().find(|other| other.name == *name) {
            None => add(place(fact), format!("{says} is new: schema.lock does not have it")),
            Some(lock) if lock.says != *says => {
                add(place(fact), format!("`{name}` differs: schema.lock has {}, the model has {says}", lock.says));
            }
            Some(_) => {}
        }
    }
    for fact in before.iter().filter(|fact| !is_asked(fact)) {
        if !after.iter().any(|other| other.name == fact.name) {
            add(place(fact), format!("schema.lock has {}, and the model does not have it any more", fact.says));
        }
    }
}

fn facts(table: &Table, asked: &Asked) -> Vec<Fact> {
    let fact = |name: &str, says: String, columns: Vec<String>| {
        let field = if let [column] = columns.as_slice() { Some(column.clone()) } else { None };
        Fact { name: name.to_owned(), says, columns, field, refers_to_asked: false }
    };
    let mut facts: Vec<Fact> = Vec::new();
    if let Some(key) = &table.primary_key {
        let says = format!("the primary key `{}` ({})", key.name, key.columns.join(", "));
        facts.push(fact(&key.name, says, key.columns.clone()));
    }
    for unique in &table.uniques {
        let says = format!("the unique `{}` ({})", unique.name, unique.columns.join(", "));
        facts.push(fact(&unique.name, says, unique.columns.clone()));
    }
    for index in &table.indexes {
        let mut text = String::new();
        crate::canonical::write_index(&mut text, index);
        let says: Vec<&str> = text.lines().skip(1).collect();
        let columns: Vec<String> =
            index.parts.iter().filter_map(|part| part.column_name().map(str::to_owned)).collect();
        let is_plain = columns.len() == index.parts.len();
        let index = fact(&index.name, format!("the index `{}` ({})", index.name, says.join(", ")), columns);
        facts.push(Fact { field: index.field.filter(|_| is_plain), ..index });
    }
    for key in &table.foreign_keys {
        let mut text = String::new();
        crate::canonical::write_foreign_key(&mut text, key);
        let says: Vec<&str> = text.lines().skip(4).collect();
        let rules = if says.is_empty() { String::new() } else { format!(", {}", says.join(", ")) };
        let says = format!(
            "the foreign key `{}` ({}) to {} ({}){rules}",
            key.name,
            key.columns.join(", "),
            key.table,
            key.references.join(", ")
        );
        let refers_to_asked = asked.has(key.table.to_string())
            || key.references.iter().any(|column| asked.has_column(&key.table, column));
        facts.push(Fact { refers_to_asked, ..fact(&key.name, says, key.columns.clone()) });
    }
    for check in &table.checks {
        let mentioned = check.expression.mentioned(table.columns.iter().map(|it| it.name.as_str()));
        let says = format!("the check `{}`: {}", check.name, crate::canonical::sql(&check.expression));
        facts.push(fact(&check.name, says, mentioned.into_iter().map(str::to_owned).collect()));
    }
    facts
}
