//! What a revision does that stands for several: the same, one behind the other, with the functions of their data steps;
//! from the base on and without anything about rows, no more than what makes their schema.

use std::collections::BTreeSet;
use std::fs;

use migratable_build::history::{self, Entry, History};
use migratable_core::diff::{Answers, Plan, diff};
use migratable_core::graph::Graph;
use migratable_core::replay::Replay;
use migratable_core::{Operation, Schema};
use migratable_syntax::revision::{Carried, carry};

use crate::new_file::Place;

/// What every revision file begins with.
const PRELUDE: &str = "use migratable::revision::*;\n";

/// What stands in the file.
pub(super) struct Content {
    /// The operations.
    pub(super) plan: Plan,
    /// The schema before it.
    pub(super) before: Schema,
    /// The schema behind it.
    pub(super) after: Schema,
    uses: Vec<String>,
    functions: Vec<String>,
}

/// Why there is none.
pub(super) enum Problem {
    /// Something in the files.
    Found(Vec<history::Problem>),
    /// Anything else.
    Failed(String),
}

/// What these revisions do together, which stand in their order.
pub(super) fn of(entries: &[&Entry], place: &Place, history: &History, graph: &Graph) -> Result<Content, Problem> {
    let parents = [place.after.clone(), place.depends_on.clone()].concat();
    let last = place.replaces.last().cloned();
    let before = history.schema_at(&parents).map_err(Problem::Found)?;
    let end = [parents.clone(), last.into_iter().collect()].concat();
    let after = history.schema_at(&end).map_err(Problem::Found)?;
    let mut content = Content { plan: Plan::default(), before, after, uses: Vec::new(), functions: Vec::new() };
    let statements = || entries.iter().flat_map(|entry| entry.file.upgrade.iter().chain(&entry.file.downgrade));
    if parents.is_empty()
        && statements().all(|statement| is_about_schema(&statement.operation))
        && let Ok(plan) = diff(&content.before, &content.after, &Answers::default())
    {
        content.plan = plan;
        return Ok(content);
    }
    let maps = |entry: &&&Entry| !entry.file.mappers.is_empty();
    if let Some(entry) = entries.iter().find(maps).filter(|_| entries.len() > 1) {
        return Err(Problem::Failed(format!(
            "{} maps rows from what that revision finds to what it leaves, which nothing between two other schemas can do: \
             squash what stands before it and what stands behind it",
            entry.path.display()
        )));
    }
    content.join(entries, &parents, history, graph)?;
    Ok(content)
}

/// Whether an operation means the same to a new database as the schema that it leads to.
fn is_about_schema(operation: &Operation) -> bool {
    !["run", "execute", "bulk_insert", "irreversible"].contains(&operation.kind())
}

impl Content {
    /// Takes in what the revisions do, one behind the other, each in the names that it was written for.
    fn join(
        &mut self,
        entries: &[&Entry],
        parents: &[String],
        history: &History,
        graph: &Graph,
    ) -> Result<(), Problem> {
        let mut replay = Replay::default();
        for id in graph.in_order(&graph.ancestors(parents.iter().map(String::as_str))) {
            let Some(entry) = history.entry(&id) else { continue };
            let applied = replay.apply(graph, &id, &entry.file.upgrade_operations());
            applied.map_err(|misfit| Problem::Failed(format!("revision {id}: {misfit}")))?;
        }
        let mut taken: BTreeSet<String> = ["upgrade", "downgrade"].map(str::to_owned).into();
        let mut joined = Vec::new();
        for entry in entries {
            let (upgrade, downgrade) = self.carried(entry, &mut taken)?;
            let detour = replay.detour(graph, &entry.file.id, &upgrade);
            let applied = replay.apply(graph, &entry.file.id, &upgrade);
            applied.map_err(|misfit| Problem::Failed(format!("revision {}: {misfit}", entry.file.id)))?;
            self.plan.upgrade.extend(detour.before.into_iter().chain(upgrade).chain(detour.behind));
            joined.push((entry, downgrade));
        }
        if let Some(reason) = entries.iter().find_map(|entry| entry.file.irreversible()) {
            self.plan.downgrade = vec![Operation::Irreversible { reason: reason.to_owned() }];
            return Ok(());
        }
        for (entry, downgrade) in joined.into_iter().rev() {
            let detour = replay.detour(graph, &entry.file.id, &downgrade);
            for operation in detour.before.into_iter().chain(downgrade).chain(detour.behind) {
                let done = operation.apply(&mut replay.schema);
                done.map_err(|error| Problem::Failed(format!("{}: {operation}: {error}", entry.path.display())))?;
                self.plan.downgrade.push(operation);
            }
            replay.forget(graph, &entry.file.id);
        }
        Ok(())
    }

    /// Takes in the functions of a revision, under names that no other has, and gives back its operations.
    fn carried(
        &mut self,
        entry: &Entry,
        taken: &mut BTreeSet<String>,
    ) -> Result<(Vec<Operation>, Vec<Operation>), Problem> {
        let failed = |why: &str| Problem::Failed(format!("{}: {why}", entry.path.display()));
        let text = fs::read_to_string(&entry.path).map_err(|error| failed(&error.to_string()))?;
        let mut carried: Carried = carry(&text).ok_or_else(|| failed("it cannot be read"))?;
        let (mut upgrade, mut downgrade) = (entry.file.upgrade_operations(), entry.file.downgrade_operations());
        for name in carried.names.clone().intersection(taken) {
            let id = &entry.file.id;
            let mut free = (4..=id.len()).map(|digits| format!("{name}_{}", id.get(..digits).unwrap_or(id)));
            let new = free.find(|new| !taken.contains(new) && !carried.names.contains(new));
            let new = new.ok_or_else(|| failed(&format!("`{name}` stands in another revision too; rename it")))?;
            carried.rename(name, &new);
            for operation in upgrade.iter_mut().chain(&mut downgrade) {
                match operation {
                    Operation::Run { step } | Operation::MapRows { step, .. } if step == name => step.clone_from(&new),
                    _ => {}
                }
            }
        }
        taken.extend(carried.names);
        for line in carried.uses {
            if !self.uses.contains(&line) {
                self.uses.push(line);
            }
        }
        if !carried.text.is_empty() {
            self.functions.push(carried.text);
        }
        Ok((upgrade, downgrade))
    }

    /// The text of the file with the functions in it.
    pub(super) fn with_functions(&self, text: &str) -> String {
        let uses: String = self.uses.iter().map(|line| format!("{line}\n")).collect();
        let mut text = text.replacen(PRELUDE, &format!("{PRELUDE}{uses}"), 1);
        for function in &self.functions {
            text.push_str(&format!("\n{function}\n"));
        }
        text
    }
}
