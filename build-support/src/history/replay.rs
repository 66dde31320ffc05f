//! The schema that the revisions give.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::graph::{Graph, Node};
use migratable_core::operation::conversion::{self, Misplaced};
use migratable_core::replay::{Detour, Misfit, Replay as Replayed};
use migratable_core::{Operation, Schema, TableName};
use migratable_syntax::revision::{Located, Statement};

use super::difference::differences;
use super::{Entry, History, Problem};

/// What the revisions give when they are applied one behind the other.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// The schema at the heads.
    pub schema: Schema,
}

/// A data step, at the moment at which it runs.
pub(crate) struct Step<'a> {
    pub(crate) entry: &'a Entry,
    /// `upgrade` or `downgrade`.
    pub(crate) function: &'static str,
    pub(crate) statement: &'a Statement,
    /// The name of the function that is run.
    pub(crate) name: &'a str,
    /// The schema that it meets.
    pub(crate) schema: &'a Schema,
}

/// A revision that maps rows or has tests, with the schemas between which it stands.
pub(crate) struct Rows<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) before: &'a Schema,
    pub(crate) after: &'a Schema,
}

/// What a walk shows.
pub(crate) enum Seen<'a> {
    Step(Step<'a>),
    Rows(Rows<'a>),
}

/// How far a replay came.
pub(crate) struct Walk {
    pub(crate) replay: Replayed,
    pub(crate) problems: Vec<Problem>,
    /// The revisions whose operations were applied, up to the first that did not fit.
    pub(crate) reached: BTreeSet<String>,
    /// The schemas of branches whose last revision was replayed beside others: what it would be without those.
    own: BTreeMap<String, Schema>,
}

impl History {
    /// Applies all revisions in order, and checks of each that its downgrade gives back the schema before it.
    ///
    /// # Errors
    /// The operations that do not fit, and the downgrades that lead elsewhere; also if the files could not all be read.
    pub fn replay(&self) -> Result<Replay, Vec<Problem>> {
        let walk = self.walk(&mut |_| {});
        if !self.problems.is_empty() {
            return Err(self.problems.iter().cloned().chain(walk.problems).collect());
        }
        if walk.problems.is_empty() { Ok(Replay { schema: walk.replay.schema }) } else { Err(walk.problems) }
    }

    /// The schema of a database that stands at some revisions: they and all that must be applied before them.
    ///
    /// # Errors
    /// The operations that do not fit.
    pub fn schema_at(&self, ids: &[String]) -> Result<Schema, Vec<Problem>> {
        let mut replay = Replayed::default();
        let Some(graph) = &self.graph else { return Err(self.problems.clone()) };
        let applied = graph.ancestors(ids.iter().map(String::as_str));
        for entry in graph.in_order(&applied).iter().filter_map(|id| self.entry(id)) {
            let applied = replay.apply(graph, &entry.file.id, &entry.file.upgrade_operations());
            applied.map_err(|misfit| vec![misfitting(entry, &misfit)])?;
        }
        Ok(replay.schema)
    }

    /// Applies all revisions in order, as far as they fit, and shows every data step. What follows a revision that does
    /// not fit, or one that is missing, is left out.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(Seen<'_>)) -> Walk {
        let mut walk =
            Walk { replay: Replayed::default(), problems: Vec::new(), reached: BTreeSet::new(), own: BTreeMap::new() };
        let mut whole: BTreeSet<&str> = BTreeSet::new();
        let Some(graph) = self.sound_graph() else { return walk };
        for entry in graph.order().iter().filter_map(|id| self.entry(id)) {
            let parents = entry.file.after.iter().chain(&entry.file.depends_on);
            if !parents.map(String::as_str).all(|parent| whole.contains(parent)) {
                guess(entry, walk.replay.schema.clone(), visit);
                continue;
            }
            walk.reached.insert(entry.file.id.clone());
            let fits = if walk.replay.has_others(&graph, &entry.file.id) {
                walk.beside_others(self, &graph, entry, visit)
            } else {
                walk.revision(&graph, entry, visit)
            };
            if fits {
                whole.insert(&entry.file.id);
            }
            if fits && entry.file.after.len() > 1 {
                walk.problems.extend(self.conflicts_of(&graph, entry));
            }
        }
        walk
    }

    /// What follows what; if that is no graph, without what is wrong in it.
    fn sound_graph(&self) -> Option<Graph> {
        if let Some(graph) = &self.graph {
            return Some(graph.clone());
        }
        let mut entries: BTreeMap<&str, &Entry> = BTreeMap::new();
        for entry in &self.revisions {
            entries.entry(&entry.file.id).or_insert(entry);
        }
        let known = |ids: &[String]| ids.iter().filter(|id| entries.contains_key(id.as_str())).cloned().collect();
        let nodes = self.revisions.iter().filter(|entry| entries[entry.file.id.as_str()].path == entry.path);
        let nodes = nodes.map(|entry| Node {
            id: entry.file.id.clone(),
            after: known(&entry.file.after),
            depends_on: known(&entry.file.depends_on),
            ..Node::default()
        });
        Graph::new(nodes.collect()).ok()
    }
}

impl Walk {
    /// Replays a revision; whether `upgrade` fits.
    fn revision(&mut self, graph: &Graph, entry: &Entry, visit: &mut dyn FnMut(Seen<'_>)) -> bool {
        let (file, schema) = (&entry.file, &mut self.replay.schema);
        self.problems.extend(rows(entry, schema, visit));
        let touched = touched(file.upgrade.iter().chain(&file.downgrade).map(|statement| &statement.operation));
        let before = part(schema, &touched);
        if let Err(problem) = apply(entry, "upgrade", &file.upgrade, schema, visit) {
            self.problems.push(problem);
            return false;
        }
        if !entry.upgrade_is_read {
            return false;
        }
        let after = part(schema, &touched);
        let downgraded = apply(entry, "downgrade", &file.downgrade, schema, visit);
        let found = part(schema, &touched);
        put_back(schema, &touched, after);
        self.replay.note(graph, &file.id, &file.upgrade_operations(), &Detour::default());
        self.downgraded(entry, downgraded, &before, &found);
        true
    }

    /// Replays a revision among those of other branches; whether `upgrade` fits. Its steps and its way back are those of
    /// its own branch: it was written without what the others do.
    fn beside_others(
        &mut self,
        history: &History,
        graph: &Graph,
        entry: &Entry,
        visit: &mut dyn FnMut(Seen<'_>),
    ) -> bool {
        let file = &entry.file;
        let parents: Vec<String> = file.after.iter().chain(&file.depends_on).cloned().collect();
        let kept = if let [parent] = &parents[..] { self.own.remove(parent) } else { None };
        let Some(before) = kept.or_else(|| history.schema_at(&parents).ok()) else { return false };
        self.problems.extend(rows(entry, &before, visit));
        let mut own = before.clone();
        if let Err(problem) = apply(entry, "upgrade", &file.upgrade, &mut own, visit) {
            self.problems.push(problem);
            return false;
        }
        if !entry.upgrade_is_read {
            return false;
        }
        let mut found = own.clone();
        let downgraded = apply(entry, "downgrade", &file.downgrade, &mut found, visit);
        self.downgraded(entry, downgraded, &before, &found);
        self.own.insert(file.id.clone(), own);
        let applied = self.replay.apply(graph, &file.id, &file.upgrade_operations());
        match applied {
            Ok(()) => true,
            Err(misfit) => {
                self.problems.push(misfitting(entry, &misfit));
                false
            }
        }
    }

    /// Notes what is wrong with a downgrade.
    fn downgraded(&mut self, entry: &Entry, done: Result<(), Problem>, before: &Schema, found: &Schema) {
        match done {
            Err(problem) => self.problems.push(problem),
            Ok(()) if entry.downgrade_is_read && entry.file.irreversible().is_none() => {
                let differences = differences(before, found);
                if !differences.is_empty() {
                    self.problems.push(wrong_downgrade(entry, &differences));
                }
            }
            Ok(()) => {}
        }
    }
}

/// What is wrong with an operation that does not fit among those of other branches.
pub(super) fn misfitting(entry: &Entry, misfit: &Misfit) -> Problem {
    let located = match misfit.place.and_then(|place| entry.file.upgrade.get(place)) {
        Some(statement) => statement.located("upgrade", &misfit.error.subject, misfit.error.message.clone()),
        None => entry.file.located(&entry.file.id, misfit.to_string()),
    };
    Problem::located(entry.path.clone(), located)
}

fn wrong_downgrade(entry: &Entry, differences: &[String]) -> Problem {
    const SHOWN: usize = 5;
    let mut list = differences[..differences.len().min(SHOWN)].join("; ");
    if differences.len() > SHOWN {
        list.push_str(&format!("; and {} more", differences.len() - SHOWN));
    }
    let (line, column) = entry.file.downgrade_place;
    let located = Located {
        line,
        column,
        message: format!("`downgrade` does not give back the schema before this revision: {list}"),
        function: Some("downgrade".to_owned()),
        statement: None,
        token: None,
    };
    Problem::located(entry.path.clone(), located)
}

/// Shows the data steps of a revision whose schema is not known, as well as it can be told, so that they do not bury
/// what is wrong under errors of their own.
fn guess(entry: &Entry, mut schema: Schema, visit: &mut dyn FnMut(Seen<'_>)) {
    rows(entry, &schema, visit);
    for (function, statements) in [("upgrade", &entry.file.upgrade), ("downgrade", &entry.file.downgrade)] {
        for statement in statements {
            let _ = apply(entry, function, std::slice::from_ref(statement), &mut schema, visit);
        }
    }
}

fn apply(
    entry: &Entry,
    function: &'static str,
    statements: &[Statement],
    schema: &mut Schema,
    visit: &mut dyn FnMut(Seen<'_>),
) -> Result<(), Problem> {
    for statement in statements {
        if let Operation::Irreversible { reason } = &statement.operation
            && let Some(message) = misplaced(function, statements.len())
        {
            return Err(Problem::located(entry.path.clone(), statement.located(function, reason, message.to_owned())));
        }
        if let Operation::Run { step } = &statement.operation {
            visit(Seen::Step(Step { entry, function, statement, name: step, schema }));
        }
        if let Err(error) = statement.operation.apply(schema) {
            let located = statement.located(function, &error.subject, error.message);
            return Err(Problem::located(entry.path.clone(), located));
        }
    }
    Ok(())
}

/// Shows a revision that maps rows or has tests; what cannot stand where it stands beside `map_rows`. That an operation does not fit
/// is not said here.
fn rows(entry: &Entry, before: &Schema, visit: &mut dyn FnMut(Seen<'_>)) -> Vec<Problem> {
    let file = &entry.file;
    if file.mappers.is_empty() && file.test_words.is_none() {
        return Vec::new();
    }
    let (upgrade, downgrade) = (file.upgrade_operations(), file.downgrade_operations());
    let mut after = before.clone();
    let upgraded = all_fit(&upgrade, &mut after);
    let downgraded = upgraded && all_fit(&downgrade, &mut after.clone());
    visit(Seen::Rows(Rows { entry, before, after: &after }));
    if file.mappers.is_empty() {
        return Vec::new();
    }
    let directions = [
        (upgraded, "upgrade", &file.upgrade, &upgrade, before),
        (downgraded, "downgrade", &file.downgrade, &downgrade, &after),
    ];
    let mut problems = Vec::new();
    for (fits, function, statements, operations, schema) in directions {
        let refused = if fits { conversion::lower(operations, schema).err() } else { None };
        if let Some((Misplaced { error, .. }, statement)) =
            refused.and_then(|it| statements.get(it.at).map(|statement| (it, statement)))
        {
            let located = statement.located(function, &error.subject, error.message);
            problems.push(Problem::located(entry.path.clone(), located));
        }
    }
    problems
}

/// Applies operations, also those behind one that does not fit; whether all do.
fn all_fit(operations: &[Operation], schema: &mut Schema) -> bool {
    operations.iter().filter(|operation| operation.apply(schema).is_err()).count() == 0
}

/// What is wrong with an `irreversible` in a function of so many calls.
fn misplaced(function: &str, calls: usize) -> Option<&'static str> {
    match (function, calls) {
        ("downgrade", 1) => None,
        ("downgrade", _) => Some("`irreversible` stands alone in `downgrade`: what is beside it would never be run"),
        _ => Some("`irreversible` belongs in `downgrade`: it says why the revision cannot be taken back"),
    }
}

/// The tables that some operations may change; `None` for all of them.
fn touched<'a>(operations: impl Iterator<Item = &'a Operation>) -> Option<BTreeSet<TableName>> {
    let mut tables = BTreeSet::new();
    for operation in operations {
        match operation {
            // References and values of other tables follow these.
            Operation::RenameTable { .. } | Operation::RenameColumn { .. } | Operation::RenameEnumValue { .. } => {
                return None;
            }
            Operation::Execute { effect, .. } => tables.extend(touched(effect.iter())?),
            other => tables.extend(other.table().cloned()),
        }
    }
    Some(tables)
}

/// A copy of these tables and of all enums.
fn part(schema: &Schema, tables: &Option<BTreeSet<TableName>>) -> Schema {
    let Some(names) = tables else { return schema.clone() };
    let found = names.iter().filter_map(|name| schema.tables.get_key_value(name));
    Schema { tables: found.map(|(name, table)| (name.clone(), table.clone())).collect(), ..schema.clone() }
}

/// Puts tables and enums back as they were.
fn put_back(schema: &mut Schema, tables: &Option<BTreeSet<TableName>>, mut was: Schema) {
    let Some(names) = tables else {
        *schema = was;
        return;
    };
    for name in names {
        match was.tables.remove(name) {
            Some(table) => schema.tables.insert(name.clone(), table),
            None => schema.tables.remove(name),
        };
    }
    schema.enums = was.enums;
}
