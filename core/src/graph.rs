//! The revision graph: pure, without files and without databases.

mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use resolve::ResolveError;

/// A revision, as the graph sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// The identifier.
    pub id: String,
    /// The revisions that it follows; none for a base, several for a merge.
    pub after: Vec<String>,
    /// Revisions of other branches that must be applied before it.
    pub depends_on: Vec<String>,
    /// Names of the branch that begins here.
    pub labels: Vec<String>,
}

/// The revisions and what follows what.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: BTreeMap<String, Node>,
    order: Vec<String>,
}

/// Why some revisions are no graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// Two revisions have one identifier.
    Duplicate {
        /// The identifier.
        id: String,
    },
    /// A revision follows one that is not there.
    Missing {
        /// The revision.
        id: String,
        /// What it follows.
        parent: String,
    },
    /// Some revisions follow one another in a circle.
    Cycle {
        /// The revisions.
        ids: Vec<String>,
    },
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GraphError::Duplicate { id } => write!(f, "two revisions are called {id}"),
            GraphError::Missing { id, parent } => write!(f, "revision {id} follows {parent}, which is not there"),
            GraphError::Cycle { ids } => {
                write!(f, "these revisions follow one another in a circle: {}", ids.join(", "))
            }
        }
    }
}

impl std::error::Error for GraphError {}

impl Graph {
    /// Puts revisions in order: each behind all that it follows, and those that may come in any order as they are
    /// given.
    ///
    /// # Errors
    /// If two have one identifier, one follows something that is not there, or some follow one another in a circle.
    pub fn new(nodes: Vec<Node>) -> Result<Graph, GraphError> {
        let mut places = BTreeMap::new();
        for (place, node) in nodes.iter().enumerate() {
            if places.insert(node.id.clone(), place).is_some() {
                return Err(GraphError::Duplicate { id: node.id.clone() });
            }
        }
        let mut waiting = vec![0; nodes.len()];
        let mut followers = vec![Vec::new(); nodes.len()];
        for (place, node) in nodes.iter().enumerate() {
            for parent in node.after.iter().chain(&node.depends_on) {
                let Some(&at) = places.get(parent) else {
                    return Err(GraphError::Missing { id: node.id.clone(), parent: parent.clone() });
                };
                waiting[place] += 1;
                followers[at].push(place);
            }
        }
        let mut ready: BTreeSet<usize> = (0..nodes.len()).filter(|&place| waiting[place] == 0).collect();
        let mut order = Vec::with_capacity(nodes.len());
        while let Some(place) = ready.pop_first() {
            order.push(nodes[place].id.clone());
            for &follower in &followers[place] {
                waiting[follower] -= 1;
                if waiting[follower] == 0 {
                    ready.insert(follower);
                }
            }
        }
        if order.len() < nodes.len() {
            let ids = nodes.iter().zip(&waiting).filter(|(_, waiting)| **waiting > 0).map(|(node, _)| node.id.clone());
            return Err(GraphError::Cycle { ids: ids.collect() });
        }
        Ok(Graph { nodes: nodes.into_iter().map(|node| (node.id.clone(), node)).collect(), order })
    }

    /// Every revision, each behind all that it follows.
    pub fn order(&self) -> &[String] {
        &self.order
    }

    /// The revision of that identifier.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The revisions that no other follows.
    pub fn heads(&self) -> Vec<&str> {
        let followed: BTreeSet<&str> = self.nodes.values().flat_map(|node| &node.after).map(String::as_str).collect();
        self.order.iter().map(String::as_str).filter(|id| !followed.contains(id)).collect()
    }

    /// The revisions that follow none.
    pub fn bases(&self) -> Vec<&str> {
        self.order.iter().map(String::as_str).filter(|id| self.nodes[*id].after.is_empty()).collect()
    }

    /// The revisions that follow this one directly.
    pub fn children(&self, id: &str) -> Vec<&str> {
        let follows = |other: &&str| self.nodes[*other].after.iter().any(|parent| parent == id);
        self.order.iter().map(String::as_str).filter(follows).collect()
    }

    /// Some revisions and all that must be applied before them.
    pub fn ancestors<'a>(&'a self, of: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = of.into_iter().collect();
        while let Some(id) = open.pop() {
            let Some(node) = self.nodes.get(id) else { continue };
            if found.insert(id.to_owned()) {
                open.extend(node.after.iter().chain(&node.depends_on).map(String::as_str));
            }
        }
        found
    }

    /// Some revisions and all that must be taken back with them.
    fn descendants<'a>(&'a self, of: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = of.into_iter().map(str::to_owned).collect();
        for id in &self.order {
            let node = &self.nodes[id];
            if node.after.iter().chain(&node.depends_on).any(|parent| found.contains(parent)) {
                found.insert(id.clone());
            }
        }
        found
    }

    /// Of some applied revisions, those that no other applied one follows: where a database stands.
    pub fn tips(&self, applied: &BTreeSet<String>) -> Vec<&str> {
        let followed: BTreeSet<&str> =
            applied.iter().filter_map(|id| self.nodes.get(id)).flat_map(|it| &it.after).map(String::as_str).collect();
        let is_tip = |id: &&str| applied.contains(*id) && !followed.contains(id);
        self.order.iter().map(String::as_str).filter(is_tip).collect()
    }

    /// What an upgrade to the targets runs, in order.
    pub fn upgrade_path(&self, applied: &BTreeSet<String>, targets: &[String]) -> Vec<String> {
        let wanted = self.ancestors(targets.iter().map(String::as_str));
        self.order.iter().filter(|id| wanted.contains(*id) && !applied.contains(*id)).cloned().collect()
    }

    /// What a downgrade to the targets takes back, newest first: everything that follows them, and for no target at
    /// all everything.
    pub fn downgrade_path(&self, applied: &BTreeSet<String>, targets: &[String]) -> Vec<String> {
        let kept = self.ancestors(targets.iter().map(String::as_str));
        let children = targets.iter().flat_map(|target| self.children(target));
        let undone = if targets.is_empty() {
            self.order.iter().cloned().collect()
        } else {
            self.descendants(children.filter(|id| !kept.contains(*id)))
        };
        self.order.iter().rev().filter(|id| undone.contains(*id) && applied.contains(*id)).cloned().collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// `"c: a b"` is a revision `c` behind `a` and `b`.
    pub(crate) fn graph(lines: &[&str]) -> Graph {
        Graph::new(nodes(lines)).unwrap()
    }

    fn nodes(lines: &[&str]) -> Vec<Node> {
        let node = |line: &&str| {
            let (id, after) = line.split_once(':').unwrap();
            let (id, label) = id.split_once('@').map_or((id, None), |(id, label)| (id, Some(label.to_owned())));
            let after = after.split_whitespace().map(str::to_owned).collect();
            Node { id: id.to_owned(), after, labels: label.into_iter().collect(), ..Node::default() }
        };
        lines.iter().map(node).collect()
    }

    const DIAMOND: [&str; 6] = ["e: d", "d: b c", "b: a", "c: a", "a:", "f: c"];

    fn set(ids: &str) -> BTreeSet<String> {
        ids.split_whitespace().map(str::to_owned).collect()
    }

    fn list(ids: &str) -> Vec<String> {
        ids.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn order_puts_parents_first_and_is_stable() {
        assert_eq!(graph(&DIAMOND).order(), ["a", "b", "c", "d", "e", "f"]);
        assert_eq!(graph(&DIAMOND).heads(), ["e", "f"]);
        assert_eq!(graph(&DIAMOND).bases(), ["a"]);
    }

    #[test]
    fn paths_run_what_is_needed_and_nothing_else() {
        let graph = graph(&DIAMOND);
        for (applied, targets, expected) in
            [("", "e", "a b c d e"), ("a b", "e", "c d e"), ("a b c d e", "e", ""), ("a", "f", "c f"), ("a", "", "")]
        {
            assert_eq!(graph.upgrade_path(&set(applied), &list(targets)), list(expected), "up {applied} to {targets}");
        }
        for (applied, targets, expected) in [
            ("a b c d e f", "", "f e d c b a"),
            ("a b c d e", "d", "e"),
            ("a b c d e", "b", "e d"),
            ("a b c d e f", "a", "f e d c b"),
            ("a b", "b", ""),
        ] {
            assert_eq!(
                graph.downgrade_path(&set(applied), &list(targets)),
                list(expected),
                "down {applied} to {targets}"
            );
        }
        assert_eq!(graph.tips(&set("a b c")), ["b", "c"]);
    }

    #[test]
    fn what_is_no_graph_says_why() {
        for (lines, expected) in [
            (&["a:", "a:"][..], "two revisions are called a"),
            (&["b: a"], "revision b follows a, which is not there"),
            (&["a: b", "b: a"], "in a circle: a, b"),
        ] {
            let error = Graph::new(nodes(lines)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
