//! How models differ from the lock, said at the place in the models where it shows.

use super::Answers;
use crate::operation::column_facts;
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

/// Every difference between the lock and the models. The answers are the renames that the models declare.
pub fn drift(lock: &Schema, models: &Schema, answers: &Answers) -> Vec<Drift> {
    let mut found = Vec::new();
    let renamed = renamed(lock, models, answers, &mut found);
    let lock = renamed.as_ref().unwrap_or(lock);
    for (name, model) in &models.tables {
        let mut add = |place: Place, message: String| found.push(Drift { table: name.clone(), place, message });
        match lock.tables.get(name) {
            None => add(Place::Table, format!("the table `{name}` is new: schema.lock does not have it")),
            Some(locked) if table_text(locked) != table_text(model) => table(locked, model, &mut add),
            Some(_) => {}
        }
    }
    for name in lock.tables.keys() {
        if !models.tables.contains_key(name) {
            let message = format!("schema.lock has the table `{name}`, and no model has it any more");
            found.push(Drift { table: name.clone(), place: Place::DroppedTable, message });
        }
    }
    let nowhere = TableName::plain("");
    for (name, model) in &models.enums {
        let message = match lock.enums.get(name) {
            None => format!("the enum `{name}` is new: schema.lock does not have it"),
            Some(locked) if locked.values != model.values => format!(
                "schema.lock has the enum `{name}` as {}, the model as {}",
                locked.values.join(", "),
                model.values.join(", ")
            ),
            Some(_) => continue,
        };
        found.push(Drift { table: nowhere.clone(), place: Place::Enum(name.clone()), message });
    }
    for name in lock.enums.keys().filter(|name| !models.enums.contains_key(*name)) {
        let message = format!("schema.lock has the enum `{name}`, and no model has it any more");
        found.push(Drift { table: nowhere.clone(), place: Place::DroppedEnum(name.clone()), message });
    }
    found
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
            found.push(Drift { table: to.clone(), place: Place::Table, message });
        }
    }
    for rename in &answers.column_renames {
        let (table, from, to) = (answers.name_after(&rename.table), &rename.from, &rename.to);
        let operation = Operation::RenameColumn { table: table.clone(), from: from.clone(), to: to.clone() };
        if models.column(&table, to).is_some() && operation.apply(&mut renamed).is_ok() {
            let message = format!("schema.lock has `{table}.{from}`, which this field renames to `{to}`");
            found.push(Drift { table, place: Place::Column(to.clone()), message });
        }
    }
    Some(renamed)
}

fn table(locked: &Table, model: &Table, add: &mut impl FnMut(Place, String)) {
    let name = &model.name;
    for column in &model.columns {
        let place = || Place::Column(column.name.clone());
        match locked.find(&column.name) {
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
    for column in locked.columns.iter().filter(|column| model.find(&column.name).is_none()) {
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
    constraints(locked, model, add);
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

/// A constraint or index: what it is called, what it says, and the column that it belongs to if it is only one.
type Fact = (String, String, Option<String>);

fn constraints(locked: &Table, model: &Table, add: &mut impl FnMut(Place, String)) {
    let (before, after) = (facts(locked), facts(model));
    let place = |column: &Option<String>| match column {
        Some(column) if model.find(column).is_some() => Place::Column(column.clone()),
        _ => Place::Table,
    };
    for (name, says, column) in &after {
        match before.iter().find(|(other, ..)| other == name) {
            None => add(place(column), format!("{says} is new: schema.lock does not have it")),
            Some((_, lock, _)) if lock != says => {
                add(place(column), format!("`{name}` differs: schema.lock has {lock}, the model has {says}"));
            }
            Some(_) => {}
        }
    }
    for (name, says, column) in &before {
        if !after.iter().any(|(other, ..)| other == name) {
            add(place(column), format!("schema.lock has {says}, and the model does not have it any more"));
        }
    }
}

fn facts(table: &Table) -> Vec<Fact> {
    let only = |columns: &[String]| match columns {
        [column] => Some(column.clone()),
        _ => None,
    };
    let mut facts: Vec<Fact> = Vec::new();
    if let Some(key) = &table.primary_key {
        let says = format!("the primary key `{}` ({})", key.name, key.columns.join(", "));
        facts.push((key.name.clone(), says, only(&key.columns)));
    }
    for unique in &table.uniques {
        let says = format!("the unique `{}` ({})", unique.name, unique.columns.join(", "));
        facts.push((unique.name.clone(), says, only(&unique.columns)));
    }
    for index in &table.indexes {
        let mut text = String::new();
        crate::canonical::write_index(&mut text, index);
        let says: Vec<&str> = text.lines().skip(1).collect();
        let columns: Vec<String> =
            index.parts.iter().filter_map(|part| part.column_name().map(str::to_owned)).collect();
        let column = if columns.len() == index.parts.len() { only(&columns) } else { None };
        facts.push((index.name.clone(), format!("the index `{}` ({})", index.name, says.join(", ")), column));
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
        facts.push((key.name.clone(), says, only(&key.columns)));
    }
    for check in &table.checks {
        let mentioned = check.expression.mentioned(table.columns.iter().map(|it| it.name.as_str()));
        let column = if let [column] = mentioned.as_slice() { Some((*column).to_owned()) } else { None };
        let says = format!("the check `{}`: {}", check.name, crate::canonical::sql(&check.expression));
        facts.push((check.name.clone(), says, column));
    }
    facts
}
