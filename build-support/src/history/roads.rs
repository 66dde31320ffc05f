//! Whether branches can be joined: a database at the head of one runs the others behind it, and whichever road it takes
//! must end in the same schema.

use std::collections::BTreeSet;

use migratable_core::graph::Graph;
use migratable_core::replay::{Misfit, Replay, mentions};
use migratable_core::{ApplyError, Operation, Schema, TableName, fingerprint};
use migratable_syntax::revision::Statement;

use super::difference::differences;
use super::{Entry, History, Problem};

/// Where a road ends.
#[derive(Clone, Debug)]
pub struct End {
    /// The head whose branch comes last on it, if one does.
    pub last: Option<String>,
    /// The schema.
    pub schema: Schema,
}

/// An operation of one branch that another branch leaves no room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The revision that does not fit behind the other one.
    pub revision: String,
    /// Which operation of its upgrade.
    pub operation: Option<usize>,
    /// The revision of the other branch that stands in its way.
    pub other: String,
    /// Which operation of the other's upgrade.
    pub other_operation: Option<usize>,
    /// Why not.
    pub message: String,
}

impl History {
    /// The ends of all roads to some heads: from none of the branches, from the head of each, and with each last.
    ///
    /// # Errors
    /// What does not fit behind the revisions of another branch.
    pub fn roads(&self, heads: &[String]) -> Result<Vec<End>, Vec<Conflict>> {
        let Some(graph) = &self.graph else { return Ok(Vec::new()) };
        let all = graph.ancestors(heads.iter().map(String::as_str));
        let mut roads: Vec<(Option<String>, Vec<&Entry>)> = vec![(None, self.road(graph, &all, &BTreeSet::new()))];
        for head in heads {
            roads.push((None, self.road(graph, &all, &graph.ancestors([head.as_str()]))));
            let others = heads.iter().filter(|other| *other != head).map(String::as_str);
            roads.push((Some(head.clone()), self.road(graph, &all, &graph.ancestors(others))));
        }
        let (mut ends, mut conflicts) = (Vec::new(), Vec::new());
        for (last, road) in roads {
            match self.walked(graph, &road) {
                Ok(schema) => ends.push(End { last, schema }),
                Err(conflict) if conflicts.iter().any(|it: &Conflict| it.is_same(&conflict)) => {}
                Err(conflict) => conflicts.push(conflict),
            }
        }
        if conflicts.is_empty() { Ok(ends) } else { Err(conflicts) }
    }

    /// All of some revisions, those in front first.
    fn road(&self, graph: &Graph, all: &BTreeSet<String>, front: &BTreeSet<String>) -> Vec<&Entry> {
        let part = |first: bool| graph.order().iter().filter(move |id| front.contains(*id) == first);
        let ids = part(true).chain(part(false)).filter(|id| all.contains(*id));
        ids.filter_map(|id| self.entry(id)).collect()
    }

    /// The schema at the end of a road.
    fn walked(&self, graph: &Graph, road: &[&Entry]) -> Result<Schema, Conflict> {
        let mut replay = Replay::default();
        for (at, entry) in road.iter().enumerate() {
            let others = || {
                let own = graph.ancestors([entry.file.id.as_str()]);
                road[..at].iter().filter(move |it| !own.contains(&it.file.id)).copied().collect::<Vec<_>>()
            };
            if replay.has_others(graph, &entry.file.id)
                && let Some(misfit) = self.step_without_column(graph, entry, &replay)
            {
                return Err(conflict(entry, &misfit, &others()));
            }
            let applied = replay.apply(graph, &entry.file.id, &entry.file.upgrade_operations());
            applied.map_err(|misfit| conflict(entry, &misfit, &others()))?;
        }
        Ok(replay.schema)
    }

    /// A step of a revision that names what its branch has and another one has dropped.
    fn step_without_column(&self, graph: &Graph, entry: &Entry, replay: &Replay) -> Option<Misfit> {
        let is_run = |it: &Statement| matches!(it.operation, Operation::Run { .. } | Operation::MapRows { .. });
        let place = entry.file.upgrade.iter().position(is_run)?;
        let file = &entry.file;
        let parents: Vec<String> = file.after.iter().chain(&file.depends_on).cloned().collect();
        let own = self.schema_at(&parents).ok()?;
        let mut met = replay.schema.clone();
        for rename in &replay.detour(graph, &file.id, &file.upgrade_operations()).before {
            rename.apply(&mut met).ok()?;
        }
        let named = |name: &str| file.words.contains(name);
        let gone = own.tables.values().filter(|table| named(&table.name.name)).find_map(|table| {
            let Some(found) = met.table(&table.name) else { return Some(table.name.to_string()) };
            let columns = table.columns.iter().filter(|column| named(&column.name));
            let mut gone = columns.filter(|column| found.find(&column.name).is_none());
            gone.next().map(|column| format!("{}.{}", table.name, column.name))
        })?;
        let operation = file.upgrade[place].operation.clone();
        let message = format!("its step names `{gone}`, which is not there any more");
        let subject = gone.rsplit('.').next().unwrap_or(&gone).to_owned();
        Some(Misfit { place: Some(place), operation, error: ApplyError { message, subject } })
    }

    /// What is wrong with a revision that joins branches: roads to it that do not end in one schema.
    pub(super) fn conflicts_of(&self, graph: &Graph, entry: &Entry) -> Vec<Problem> {
        let file = &entry.file;
        if self.graph.is_none() || self.are_apart(graph, &file.after) {
            return Vec::new();
        }
        let problem = |message: String| {
            let place = file.after.first().unwrap_or(&file.id);
            Problem::located(entry.path.clone(), file.located(place, message))
        };
        let ends = match self.roads(&file.after) {
            Ok(ends) => ends,
            Err(conflicts) => return conflicts.iter().map(|it| problem(self.sentence(it))).collect(),
        };
        let behind = |end: &End| {
            let mut schema = end.schema.clone();
            let done = file.upgrade.iter().try_for_each(|statement| statement.operation.apply(&mut schema));
            done.ok().map(|()| schema)
        };
        let schemas: Vec<Option<Schema>> = ends.iter().map(behind).collect();
        let Some(Some(first)) = schemas.first() else { return Vec::new() };
        for schema in &schemas {
            let Some(schema) = schema else {
                let message = "it does not fit behind every order in which its branches can be applied".to_owned();
                return vec![problem(message)];
            };
            if fingerprint(schema) != fingerprint(first) {
                let list = differences(first, schema).join("; ");
                return vec![problem(format!(
                    "the branches that it joins end in another schema when they are applied in another order: {list}; \
                     set here what is to hold, as by `op.alter_column(..)` with all that differs"
                ))];
            }
        }
        Vec::new()
    }

    /// Whether branches have so little to do with one another that their order does not matter.
    fn are_apart(&self, graph: &Graph, heads: &[String]) -> bool {
        let ancestors: Vec<BTreeSet<String>> = heads.iter().map(|head| graph.ancestors([head.as_str()])).collect();
        let shared = |id: &String| ancestors.iter().filter(|it| it.contains(id)).count() > 1;
        let mut seen: BTreeSet<TableName> = BTreeSet::new();
        for side in &ancestors {
            let mut tables = BTreeSet::new();
            for entry in side.iter().filter(|id| !shared(id)).filter_map(|id| self.entry(id)) {
                for statement in &entry.file.upgrade {
                    if !tables_of(&statement.operation, &mut tables) {
                        return false;
                    }
                }
            }
            if !seen.is_disjoint(&tables) {
                return false;
            }
            seen.extend(tables);
        }
        true
    }

    /// A conflict in a sentence, with both files.
    pub fn sentence(&self, conflict: &Conflict) -> String {
        format!(
            "{} does not fit behind the other branch: {}; compare {}",
            self.place(&conflict.revision, conflict.operation),
            conflict.message,
            self.place(&conflict.other, conflict.other_operation),
        )
    }

    /// An operation of a revision, with its file and line.
    fn place(&self, id: &str, operation: Option<usize>) -> String {
        let Some(entry) = self.entry(id) else { return id.to_owned() };
        match operation.and_then(|at| entry.file.upgrade.get(at)) {
            Some(it) => format!("`{}` ({}:{}:{})", it.operation, entry.path.display(), it.line, it.column),
            None => format!("revision {id} ({})", entry.path.display()),
        }
    }
}

impl Conflict {
    /// Whether another one is between the same two operations, whichever came first.
    fn is_same(&self, other: &Conflict) -> bool {
        let sides = |it: &Conflict| {
            BTreeSet::from([(it.revision.clone(), it.operation), (it.other.clone(), it.other_operation)])
        };
        sides(self) == sides(other)
    }
}

/// A misfit with the revision of another branch that it comes from: the last that mentions what does not fit, else the
/// last that is about the same table.
fn conflict(entry: &Entry, misfit: &Misfit, others: &[&Entry]) -> Conflict {
    let last = |test: &dyn Fn(&Operation) -> bool| {
        others.iter().rev().find_map(|other| {
            let place = other.file.upgrade.iter().rposition(|it| test(&it.operation))?;
            Some((other.file.id.clone(), Some(place)))
        })
    };
    let subject = misfit.error.subject.as_str();
    let table = misfit.operation.table();
    let same_table = |it: &Operation| table.is_some() && it.table() == table;
    let names_it = |it: &Operation| mentions(std::slice::from_ref(it), subject);
    let found = last(&|it| same_table(it) && names_it(it)).or_else(|| last(&names_it)).or_else(|| last(&same_table));
    let (other, other_operation) = found.unwrap_or_else(|| {
        let id = others.last().map_or_else(|| entry.file.id.clone(), |other| other.file.id.clone());
        (id, None)
    });
    let operation = misfit.place.or_else(|| {
        let renames = |it: &Statement| mentions(std::slice::from_ref(&it.operation), subject);
        entry.file.upgrade.iter().position(renames)
    });
    let message = if misfit.place.is_some() { misfit.error.message.clone() } else { misfit.to_string() };
    Conflict { revision: entry.file.id.clone(), operation, other, other_operation, message }
}

/// Collects the tables that an operation has to do with; false if that may be any.
fn tables_of(operation: &Operation, tables: &mut BTreeSet<TableName>) -> bool {
    match operation {
        Operation::CreateTable(table) => tables.extend(table.foreign_keys.iter().map(|key| key.table.clone())),
        Operation::CreateForeignKey { foreign_key, .. } => tables.extend([foreign_key.table.clone()]),
        Operation::DropTable { .. } | Operation::RenameTable { .. } | Operation::RenameColumn { .. } => return false,
        Operation::Execute { effect, .. } => return effect.iter().all(|it| tables_of(it, tables)),
        _ => {}
    }
    tables.extend(operation.table().cloned());
    operation.table().is_some()
}
