//! Revisions replayed one behind the other, each in the names that it was written for.
//!
//! A revision of one branch knows nothing of what another branch renames. Where it runs behind that other one, the old
//! names are put back for it and taken away again behind it: so it does the same to every database, whichever branch
//! that comes from.

use std::collections::BTreeSet;
use std::fmt;

use crate::graph::Graph;
use crate::operation::canonical;
use crate::{ApplyError, Operation, Schema};

/// The schema that some revisions lead to, and what they renamed on the way.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// The schema.
    pub schema: Schema,
    /// At least the revisions that no other of the replayed ones follows.
    tips: BTreeSet<String>,
    /// The renames that revisions made, as they are among those of the others.
    renames: Vec<(String, Vec<Operation>)>,
}

/// The renames around the operations of a revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detour {
    /// What puts the names back that the revision was written for.
    pub before: Vec<Operation>,
    /// What gives the names of the other branches again.
    pub behind: Vec<Operation>,
}

/// An operation of a revision that does not fit the schema that it meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Which operation of the revision, from 0; `None` for a rename of another branch that does not fit behind it.
    pub place: Option<usize>,
    /// The operation.
    pub operation: Operation,
    /// Why not.
    pub error: ApplyError,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(_) => write!(f, "{}: {}", self.operation, self.error),
            None => write!(f, "another branch does `{}`, and then {}", self.operation, self.error),
        }
    }
}

impl Replay {
    /// Whether there are revisions in it that this one does not follow.
    pub fn has_others(&self, graph: &Graph, id: &str) -> bool {
        let Some(node) = graph.node(id) else { return false };
        let follows = |tip: &String| tip == id || node.after.contains(tip) || node.depends_on.contains(tip);
        !self.tips.iter().all(follows)
    }

    /// The renames around these operations of a revision.
    pub fn detour(&self, graph: &Graph, id: &str, operations: &[Operation]) -> Detour {
        if self.renames.is_empty() || !self.has_others(graph, id) {
            return Detour::default();
        }
        let names = Names::of(operations);
        if !self.renames.iter().flat_map(|(_, renames)| renames).any(|rename| names.need(rename)) {
            return Detour::default();
        }
        let is_own = graph.is_before(id);
        let others = self.renames.iter().filter(|(of, _)| !is_own(of)).flat_map(|(_, renames)| renames);
        let others: Vec<&Operation> = others.collect();
        if !others.iter().any(|rename| names.need(rename)) {
            return Detour::default();
        }
        // What was dropped since, or stands in the way, is left: whoever needs it does not fit then, and is named.
        let mut schema = self.schema.clone();
        let undone = others.iter().rev().filter_map(|rename| inverse(rename));
        let before: Vec<Operation> = undone.filter(|undo| undo.apply(&mut schema).is_ok()).collect();
        let mut own = Vec::new();
        collect(operations, &mut own);
        let behind = before.iter().rev().filter_map(inverse).map(|rename| in_table(rename, &own)).collect();
        Detour { before, behind }
    }

    /// Applies a revision.
    ///
    /// # Errors
    /// The first operation that does not fit. What came before it is then done.
    pub fn apply(&mut self, graph: &Graph, id: &str, operations: &[Operation]) -> Result<(), Box<Misfit>> {
        let misfit =
            |place, operation: &Operation, error| Box::new(Misfit { place, operation: operation.clone(), error });
        let detour = self.detour(graph, id, operations);
        let Detour { before, behind } = &detour;
        for operation in before {
            operation.apply(&mut self.schema).map_err(|error| misfit(None, operation, error))?;
        }
        for (place, operation) in operations.iter().enumerate() {
            operation.apply(&mut self.schema).map_err(|error| misfit(Some(place), operation, error))?;
        }
        for operation in behind {
            operation.apply(&mut self.schema).map_err(|error| misfit(None, operation, error))?;
        }
        self.note(graph, id, operations, &detour);
        Ok(())
    }

    /// Notes that a revision was applied with the renames around it, which the schema shows already.
    pub fn note(&mut self, graph: &Graph, id: &str, operations: &[Operation], detour: &Detour) {
        if let Some(node) = graph.node(id) {
            node.after.iter().chain(&node.depends_on).for_each(|parent| {
                self.tips.remove(parent);
            });
        }
        self.tips.insert(id.to_owned());
        let mut renames = Vec::new();
        collect(operations, &mut renames);
        if !renames.is_empty() {
            let renames = renames.into_iter().map(|rename| in_table(rename, &detour.behind));
            self.renames.push((id.to_owned(), renames.collect()));
        }
    }

    /// Notes that a revision was taken back, which the schema shows already.
    pub fn forget(&mut self, graph: &Graph, id: &str) {
        self.tips.remove(id);
        if let Some(node) = graph.node(id) {
            self.tips.extend(node.after.iter().chain(&node.depends_on).cloned());
        }
        let Some(at) = self.renames.iter().position(|(of, _)| of == id) else { return };
        let (_, gone) = self.renames.remove(at);
        let undone: Vec<Operation> = gone.iter().rev().filter_map(inverse).collect();
        for rename in self.renames[at..].iter_mut().flat_map(|(_, renames)| renames) {
            *rename = in_table(rename.clone(), &undone);
        }
    }
}

/// A rename inside of a table where that has got another name.
fn in_table(mut rename: Operation, renamed: &[Operation]) -> Operation {
    if let Operation::RenameColumn { table, .. }
    | Operation::RenameIndex { table, .. }
    | Operation::RenameConstraint { table, .. } = &mut rename
    {
        for other in renamed {
            match other {
                Operation::RenameTable { from, to } if from == table => table.clone_from(to),
                _ => {}
            }
        }
    }
    rename
}

fn collect(operations: &[Operation], renames: &mut Vec<Operation>) {
    for operation in operations {
        match operation {
            Operation::Execute { effect, .. } => collect(effect, renames),
            rename if inverse(rename).is_some() => renames.push(rename.clone()),
            _ => {}
        }
    }
}

/// What takes a rename back; `None` for any other operation.
fn inverse(operation: &Operation) -> Option<Operation> {
    let inverse = match operation.clone() {
        Operation::RenameTable { from, to } => Operation::RenameTable { from: to, to: from },
        Operation::RenameColumn { table, from, to } => Operation::RenameColumn { table, from: to, to: from },
        Operation::RenameIndex { table, from, to } => Operation::RenameIndex { table, from: to, to: from },
        Operation::RenameConstraint { table, from, to } => Operation::RenameConstraint { table, from: to, to: from },
        Operation::RenameEnumValue { name, from, to } => Operation::RenameEnumValue { name, from: to, to: from },
        _ => return None,
    };
    Some(inverse)
}

/// What some operations name.
struct Names {
    text: String,
    /// Whether there is a function among them, which may name anything.
    is_open: bool,
}

impl Names {
    fn of(operations: &[Operation]) -> Names {
        let is_open = operations.iter().any(|it| matches!(it, Operation::Run { .. } | Operation::MapRows { .. }));
        Names { text: canonical(operations), is_open }
    }

    /// Whether the operations may need what a rename gave another name.
    fn need(&self, rename: &Operation) -> bool {
        let old = match rename {
            Operation::RenameTable { from, .. } => &from.name,
            Operation::RenameColumn { from, .. }
            | Operation::RenameIndex { from, .. }
            | Operation::RenameConstraint { from, .. }
            | Operation::RenameEnumValue { from, .. } => from,
            _ => return false,
        };
        self.is_open || self.has(old)
    }

    /// Whether a name stands there: as a name, or as a word of SQL.
    fn has(&self, name: &str) -> bool {
        let text = &self.text;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let has = |part: &str| part.split(|c| !is_word(c)).any(|word| word == name);
        if text.contains("\\\"") || !name.chars().all(is_word) {
            return has(text) || text.contains(name) && !name.chars().all(is_word);
        }
        // Names and SQL stand in quotes there.
        text.split('"').skip(1).step_by(2).any(has)
    }
}

/// Whether a name stands in operations: as a name, or as a word of their SQL.
pub fn mentions(operations: &[Operation], name: &str) -> bool {
    Names::of(operations).has(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{OperationList, bigint, column, table, text};
    use crate::fingerprint;
    use crate::graph::Node;

    /// The schema behind these revisions in this order, or why not. `base` has the tables `users` and `posts`; `one`
    /// and `two` follow it, each in its own branch.
    fn road(order: &[&str], one: fn(&mut OperationList), two: fn(&mut OperationList)) -> Result<Schema, String> {
        let base = |op: &mut OperationList| {
            let users = table("users").column(column("id", bigint())).column(column("name", text()));
            op.create_table(users.primary_key("pk_users", ["id"]));
            op.create_table(table("posts").column(column("id", bigint())).column(column("title", text())));
        };
        let node = |id: &str, after: &[&str]| Node {
            id: id.to_owned(),
            after: after.iter().map(|&it| it.to_owned()).collect(),
            ..Node::default()
        };
        let graph = Graph::new(vec![node("base", &[]), node("one", &["base"]), node("two", &["base"])]).unwrap();
        let mut replay = Replay::default();
        for id in order {
            let mut list = OperationList::default();
            match *id {
                "base" => base(&mut list),
                "one" => one(&mut list),
                _ => two(&mut list),
            }
            replay.apply(&graph, id, &list.operations).map_err(|misfit| format!("{id}: {misfit}"))?;
        }
        Ok(replay.schema)
    }

    #[test]
    fn both_roads_end_in_one_schema_although_one_branch_renames_what_the_other_uses() {
        let index: fn(&mut OperationList) = |op| {
            op.create_index("users", crate::builder::index("ix_users_name").on("name"));
        };
        let alter: fn(&mut OperationList) = |op| {
            op.alter_column("users", "name").nullable();
            op.add_column("users", column("bio", text()).nullable());
        };
        let rename_column: fn(&mut OperationList) = |op| {
            op.rename_column("users", "name", "full_name");
        };
        let rename_both: fn(&mut OperationList) = |op| {
            op.rename_column("users", "name", "full_name");
            op.rename_table("users", "people");
        };
        let alter_and_move: fn(&mut OperationList) = |op| {
            op.alter_column("users", "name").nullable();
            op.rename_table("users", "people");
        };
        let swap: fn(&mut OperationList) = |op| {
            op.rename_table("users", "spare");
            op.rename_table("posts", "users");
            op.rename_table("spare", "posts");
        };
        let rename_key: fn(&mut OperationList) = |op| {
            op.rename_table("users", "people");
            op.rename_constraint("people", "pk_people", "people_pkey");
        };
        for (one, two, has) in [
            (alter, rename_key, ("people", "bio")),
            (index, rename_column, ("users", "full_name")),
            (alter, rename_column, ("users", "full_name")),
            (alter, rename_both, ("people", "full_name")),
            (alter_and_move, rename_column, ("people", "full_name")),
            (alter, swap, ("posts", "bio")),
            (rename_column, swap, ("posts", "full_name")),
        ] {
            let first = road(&["base", "one", "two"], one, two).unwrap();
            let second = road(&["base", "two", "one"], one, two).unwrap();
            assert_eq!(fingerprint(&first), fingerprint(&second));
            assert!(second.column(&has.0.into(), has.1).is_some(), "{second:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let rename: fn(&mut OperationList) = |op| {
            op.rename_column("users", "name", "full_name");
        };
        let other: fn(&mut OperationList) = |op| {
            op.rename_column("users", "name", "nick");
        };
        let takes_its_name: fn(&mut OperationList) = |op| {
            op.add_column("users", column("full_name", text()).nullable());
        };
        let drops: fn(&mut OperationList) = |op| {
            op.drop_column("users", "name");
        };
        for (one, two, expected) in [
            (rename, other, "two: another branch does `rename column users.name to full_name`"),
            (rename, takes_its_name, "two: add column users.full_name"),
            (rename, drops, "two: another branch does `rename column users.name to full_name`"),
            (drops, rename, "two: rename column users.name"),
        ] {
            let said = road(&["base", "one", "two"], one, two).unwrap_err();
            assert!(said.starts_with(expected), "{said}");
        }
    }

    #[test]
    fn only_a_revision_that_may_need_an_old_name_takes_a_detour() {
        let mut replay = Replay::default();
        let node = |id: &str| Node { id: id.to_owned(), ..Node::default() };
        let graph = Graph::new(vec![node("one"), node("two")]).unwrap();
        let mut list = OperationList::default();
        list.create_table(table("users").column(column("name", text())));
        list.rename_column("users", "name", "nick");
        replay.apply(&graph, "one", &list.operations).unwrap();
        let drop = |column: &str| Operation::DropColumn { table: "users".into(), column: column.to_owned() };
        let run = Operation::Run { step: "fill".to_owned() };
        for (operation, renames) in [(drop("name"), 1), (run, 1), (drop("bio"), 0)] {
            assert_eq!(replay.detour(&graph, "two", &[operation]).before.len(), renames);
        }
    }
}
