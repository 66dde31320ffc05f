//! The script that turns one database into another.

mod beside;
mod prerequisites;

use std::collections::BTreeMap;

use migratable_core::{Dialect, Generated, Index, IndexTarget, Operation, Schema, Sql, Table, TableName};

use self::prerequisites::Prerequisites;
use super::OFFLINE;
use super::ddl::{qualified, quoted};
use super::plan::{self, Surroundings};
use super::session::CHECK_NOW;
use super::statements;
use super::verify::guard;
use crate::inspect::{Inspected, Losses};
use crate::plan::{Mode, Refusal};
use crate::script::comments;
use crate::settings::Settings;
use crate::stranded::stranded;

/// Writes the script. It is one transaction: whatever fails takes everything back.
pub(super) fn script(
    before: &Inspected,
    after: &Inspected,
    operations: &[Operation],
    losses: Losses,
    settings: &Settings,
) -> Result<String, Refusal> {
    beside::leave_alone(before, after, operations)?;
    let mut order = order(operations);
    log_in_turn(operations, &after.schema, &mut order);
    let mut ordered: Vec<Operation> = order.iter().map(|&at| operations[at].clone()).collect();
    ordered.iter_mut().for_each(|operation| respell(operation, &after.definitions));
    let mut schema = before.schema.clone();
    if !before.definitions.is_empty() {
        schema.tables.values_mut().for_each(|table| respell_table(table, &before.definitions));
    }
    // What was never read from a database may have anything.
    let has_dependents = before.has_dependents || !schema.is_database;
    // What both have is as it is here.
    let domains = after.domains.iter().chain(&before.domains).map(|(name, it)| (name.clone(), it.clone())).collect();
    let free = before.not_managed.iter().filter(|it| it.kind == "sequence");
    let free_sequences = free.map(|it| TableName::parse(&it.name)).collect();
    let surroundings = Surroundings {
        has_dependents,
        domains,
        free_sequences,
        held: before.held.clone(),
        casts: before.casts.union(&after.casts).cloned().collect(),
    };
    let planned = plan::plan(&ordered, &mut schema, Mode::Difference(losses), &surroundings).map_err(|refusal| {
        Refusal { operation: order.get(refusal.operation).copied().unwrap_or_default(), ..refusal }
    })?;
    if planned.pieces.is_empty() {
        return Ok(String::new());
    }
    let mut script = String::from("-- Written by migratable. Whatever fails takes everything back.\n");
    (OFFLINE.before)(settings).iter().chain(&(OFFLINE.begin)(settings)).for_each(|line| push(&mut script, line));
    push(&mut script, &format!("{CHECK_NOW};"));
    for it in stranded(&before.schema, &after.schema, operations) {
        push(&mut script, &format!("{};", guard(&it.message, &it.count(&qualified(&it.table), quoted))));
    }
    let mut prerequisites = Prerequisites::missing(before, after);
    let mut heading = None;
    for piece in &planned.pieces {
        let statements = statements(&piece.work);
        if heading != Some(&piece.operations) {
            for (name, it) in piece.operations.iter().flat_map(|&at| prerequisites.take(&ordered[at])) {
                script.push('\n');
                let heading = format!("{name} is only in the other database, and needed");
                comments(&heading).for_each(|line| push(&mut script, &line));
                it.create.iter().for_each(|sql| push(&mut script, &format!("{sql};")));
            }
            script.push('\n');
            for &at in &piece.operations {
                comments(&ordered[at].to_string()).for_each(|line| push(&mut script, &line));
            }
            heading = Some(&piece.operations);
        }
        statements.iter().for_each(|sql| push(&mut script, &format!("{sql};")));
    }
    push(&mut script, "\nCOMMIT;");
    Ok(script)
}

/// Puts texts in the words in which the server first met them.
fn respell(operation: &mut Operation, sources: &BTreeMap<String, String>) {
    match operation {
        Operation::CreateTable(table) => respell_table(table, sources),
        Operation::CreateCheck { check, .. } => respell_text(&mut check.expression, sources),
        Operation::CreateIndex { index, .. } => respell_index(index, sources),
        Operation::AddColumn { column, .. } => respell_generated(column.generated.as_mut(), sources),
        Operation::AlterColumn { change, .. } => {
            respell_generated(change.generated.as_mut().and_then(Option::as_mut), sources);
        }
        _ => {}
    }
}

fn respell_table(table: &mut Table, sources: &BTreeMap<String, String>) {
    table.columns.iter_mut().for_each(|column| respell_generated(column.generated.as_mut(), sources));
    table.checks.iter_mut().for_each(|check| respell_text(&mut check.expression, sources));
    table.indexes.iter_mut().for_each(|index| respell_index(index, sources));
}

fn respell_index(index: &mut Index, sources: &BTreeMap<String, String>) {
    index.predicate.iter_mut().for_each(|predicate| respell_text(predicate, sources));
    for part in &mut index.parts {
        if let IndexTarget::Expression(sql) = &mut part.target {
            respell_text(sql, sources);
        }
    }
}

fn respell_generated(generated: Option<&mut Generated>, sources: &BTreeMap<String, String>) {
    if let Some(generated) = generated {
        respell_text(&mut generated.expression, sources);
    }
}

fn respell_text(sql: &mut Sql, sources: &BTreeMap<String, String>) {
    if let Some(source) = sql.text(Dialect::Postgres).and_then(|text| sources.get(text)) {
        *sql = Sql::Each(BTreeMap::from([(Dialect::Postgres, source.clone())]));
    }
}

fn push(script: &mut String, line: &str) {
    script.push_str(line);
    script.push('\n');
}

/// The operations with the drops of tables before everything that makes something: names of indexes, constraints and
/// sequences are those of the whole schema, and may go on in other tables.
fn order(operations: &[Operation]) -> Vec<usize> {
    let is_gone = |at: &usize| matches!(operations[*at], Operation::DropTable { .. });
    let first = operations.iter().position(|it| match it {
        Operation::CreateTable(_) | Operation::AddColumn { .. } | Operation::CreateEnum(_) => true,
        Operation::AlterColumn { change, .. } => change.identity.as_ref().is_some_and(Option::is_some),
        _ => false,
    });
    let Some(first) = first else { return (0..operations.len()).collect() };
    let tables = operations.iter().filter_map(|it| match it {
        Operation::DropTable { table } => Some(table),
        _ => None,
    });
    let dropped: Vec<_> = tables.collect();
    let goes = |at: &usize| {
        let of_gone = matches!(&operations[*at], Operation::DropForeignKey { table, .. } if dropped.contains(&table));
        is_gone(at) || of_gone
    };
    let moved = (first..operations.len()).filter(goes);
    let left = (first..operations.len()).filter(|at| !goes(at));
    (0..first).chain(moved).chain(left).collect()
}

/// Puts what turns tables into logged ones and back where the server allows it, before references are made, and in such an
/// order that at no time a logged table refers to one that is not.
fn log_in_turn(operations: &[Operation], schema: &Schema, order: &mut Vec<usize>) {
    let mut depths = BTreeMap::new();
    let mut rank = |at: &usize| match &operations[*at] {
        Operation::SetTableOption { table, option, value } if option == "unlogged" => {
            let depth = depth(schema, table, &mut depths);
            Some(if value.is_some() { -depth } else { depth })
        }
        _ => None,
    };
    let (mut turned, mut others): (Vec<usize>, Vec<usize>) = order.iter().partition(|&at| rank(at).is_some());
    turned.sort_by_cached_key(rank);
    let refers = |at: &usize| matches!(operations[*at], Operation::CreateTable(_) | Operation::CreateForeignKey { .. });
    let place = others.iter().position(refers).unwrap_or(others.len());
    others.splice(place..place, turned);
    *order = others;
}

/// How many tables stand one behind the other where a table refers to.
fn depth<'a>(schema: &'a Schema, table: &'a TableName, known: &mut BTreeMap<&'a TableName, isize>) -> isize {
    if let Some(depth) = known.get(table) {
        return *depth;
    }
    // A table that refers to itself, by whatever way, counts once.
    known.insert(table, 0);
    let keys = schema.table(table).into_iter().flat_map(|it| &it.foreign_keys);
    let depth = keys.map(|key| 1 + depth(schema, &key.table, known)).max().unwrap_or(0);
    known.insert(table, depth);
    depth
}
