//! The revision graph: pure, without files and without databases.

mod movement;
mod resolve;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

pub use movement::Target;
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
    /// Revisions that are gone and for which it stands, in their order.
    pub replaces: Vec<String>,
}

/// The revisions and what follows what.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// In order; everything below names them by their places here.
    nodes: Vec<Node>,
    order: Vec<String>,
    places: HashMap<String, usize>,
    labels: HashMap<String, usize>,
    replaced: HashMap<String, usize>,
    followed: Edges,
    needed: Edges,
}

/// What stands before and behind each revision by one kind of link.
#[derive(Clone, Debug, Default)]
struct Edges {
    before: Vec<Vec<usize>>,
    behind: Vec<Vec<usize>>,
}

impl Edges {
    fn new(nodes: &[Node], parents: impl Fn(&Node) -> Vec<usize>) -> Edges {
        let before: Vec<Vec<usize>> = nodes.iter().map(parents).collect();
        let mut behind = vec![Vec::new(); nodes.len()];
        for (place, parents) in before.iter().enumerate() {
            parents.iter().for_each(|&parent| behind[parent].push(place));
        }
        Edges { before, behind }
    }
}

/// Some places, and all that is reached from them.
fn reached(from: impl IntoIterator<Item = usize>, links: &[Vec<usize>]) -> Vec<bool> {
    let mut found = vec![false; links.len()];
    let mut open: Vec<usize> = from.into_iter().collect();
    while let Some(place) = open.pop() {
        if !std::mem::replace(&mut found[place], true) {
            open.extend(&links[place]);
        }
    }
    found
}

/// Why some revisions are no graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// Two revisions have one identifier.
    Duplicate {
        /// The identifier.
        id: String,
    },
    /// Two revisions have one branch label.
    Label {
        /// The label.
        label: String,
        /// The revisions.
        ids: [String; 2],
    },
    /// A revision is there, or is replaced by another one too, although a revision stands for it.
    Replaced {
        /// The revision.
        id: String,
        /// What stands for it.
        by: String,
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
            GraphError::Label { label, ids: [one, other] } => {
                write!(f, "the label `{label}` stands on {one} and on {other}; a branch has a label of its own")
            }
            GraphError::Replaced { id, by } => {
                write!(f, "revision {by} replaces {id}, which is there or replaced by another one")
            }
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
    /// If two have one identifier or one label, one follows something that is not there, or some follow one another in
    /// a circle.
    pub fn new(given: Vec<Node>) -> Result<Graph, GraphError> {
        let mut places = HashMap::with_capacity(given.len());
        for (place, node) in given.iter().enumerate() {
            if places.insert(node.id.clone(), place).is_some() {
                return Err(GraphError::Duplicate { id: node.id.clone() });
            }
        }
        for node in &given {
            let mut parents = node.after.iter().chain(&node.depends_on);
            if let Some(parent) = parents.find(|parent| !places.contains_key(*parent)) {
                return Err(GraphError::Missing { id: node.id.clone(), parent: parent.clone() });
            }
        }
        let given = ordered(given, &places)?;
        let places: HashMap<String, usize> = given.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect();
        let mut labels: HashMap<String, usize> = HashMap::new();
        for (place, node) in given.iter().enumerate() {
            for label in &node.labels {
                if let Some(other) = labels.insert(label.clone(), place) {
                    let ids = [given[other].id.clone(), node.id.clone()];
                    return Err(GraphError::Label { label: label.clone(), ids });
                }
            }
        }
        let mut replaced = HashMap::new();
        for (place, node) in given.iter().enumerate() {
            for id in &node.replaces {
                if places.contains_key(id) || replaced.insert(id.clone(), place).is_some() {
                    return Err(GraphError::Replaced { id: id.clone(), by: node.id.clone() });
                }
            }
        }
        let followed = Edges::new(&given, |node| node.after.iter().map(|id| places[id]).collect());
        let needed =
            Edges::new(&given, |node| node.after.iter().chain(&node.depends_on).map(|id| places[id]).collect());
        let order = given.iter().map(|node| node.id.clone()).collect();
        Ok(Graph { nodes: given, order, places, labels, replaced, followed, needed })
    }

    /// Every revision, each behind all that it follows.
    pub fn order(&self) -> &[String] {
        &self.order
    }

    /// Some of the revisions, each behind all that it follows. What is no revision is left out.
    pub fn in_order<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Vec<String> {
        let mut places: Vec<usize> = ids.into_iter().filter_map(|id| self.place(id)).collect();
        places.sort_unstable();
        self.ids(places)
    }

    /// The revision of that identifier.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.place(id).map(|place| &self.nodes[place])
    }

    /// The revisions that no other follows.
    pub fn heads(&self) -> Vec<&str> {
        self.which(|place| self.followed.behind[place].is_empty())
    }

    /// The revisions that no other follows, and that none of another branch depends on.
    pub fn heads_nothing_depends_on(&self) -> Vec<&str> {
        self.which(|place| self.needed.behind[place].is_empty())
    }

    /// The heads that share a branch: those behind the same labels, or behind none. Heads that each have labels of their
    /// own before them are branches that are meant to live beside one another.
    pub fn colliding_heads(&self) -> Vec<Vec<&str>> {
        let labelled = self.labelled();
        let mut branches: BTreeMap<&BTreeSet<usize>, Vec<&str>> = BTreeMap::new();
        for head in self.heads() {
            branches.entry(&labelled[self.places[head]]).or_default().push(head);
        }
        branches.into_values().filter(|heads| heads.len() > 1).collect()
    }

    /// The labels of the branches in which each revision is, in the order of the revisions.
    pub fn branch_labels(&self) -> Vec<Vec<&str>> {
        let names = |places: BTreeSet<usize>| {
            places.into_iter().flat_map(|place| &self.nodes[place].labels).map(String::as_str).collect()
        };
        self.labelled().into_iter().map(names).collect()
    }

    /// The revisions with a label that each revision follows, or is.
    fn labelled(&self) -> Vec<BTreeSet<usize>> {
        let mut labelled: Vec<BTreeSet<usize>> = Vec::with_capacity(self.nodes.len());
        for (place, node) in self.nodes.iter().enumerate() {
            let mut own: BTreeSet<usize> =
                self.followed.before[place].iter().flat_map(|&it| &labelled[it]).copied().collect();
            own.extend((!node.labels.is_empty()).then_some(place));
            labelled.push(own);
        }
        labelled
    }

    /// The revisions that several others follow.
    pub fn branch_points(&self) -> Vec<&str> {
        self.which(|place| self.followed.behind[place].len() > 1)
    }

    /// The revisions that follow this one directly.
    pub fn children(&self, id: &str) -> Vec<&str> {
        let behind = self.place(id).map_or(&[][..], |place| &self.followed.behind[place]);
        behind.iter().map(|&place| self.order[place].as_str()).collect()
    }

    /// Some revisions and all that must be applied before them.
    pub fn ancestors<'a>(&self, of: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let found = reached(of.into_iter().filter_map(|id| self.place(id)), &self.needed.before);
        self.order.iter().zip(found).filter(|(_, found)| *found).map(|(id, _)| id.clone()).collect()
    }

    /// Says of a revision whether it is this one or must be applied before it.
    pub fn is_before(&self, id: &str) -> impl Fn(&str) -> bool {
        let found = reached(self.place(id), &self.needed.before);
        move |other| self.place(other).is_some_and(|place| found[place])
    }

    /// Of some applied revisions, those that no other applied one follows: where a database stands.
    pub fn tips(&self, applied: &BTreeSet<String>) -> Vec<&str> {
        let is_applied = self.are(applied);
        let is_tip = |place: usize| is_applied[place] && !self.followed.behind[place].iter().any(|&it| is_applied[it]);
        self.which(is_tip)
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    fn ids(&self, places: impl IntoIterator<Item = usize>) -> Vec<String> {
        places.into_iter().map(|place| self.order[place].clone()).collect()
    }

    fn which(&self, test: impl Fn(usize) -> bool) -> Vec<&str> {
        (0..self.order.len()).filter(|&place| test(place)).map(|place| self.order[place].as_str()).collect()
    }

    /// Of each revision whether it is one of these.
    fn are(&self, ids: &BTreeSet<String>) -> Vec<bool> {
        let mut are = vec![false; self.order.len()];
        ids.iter().filter_map(|id| self.place(id)).for_each(|place| are[place] = true);
        are
    }
}

/// The revisions, each behind all that it follows, which is among them.
fn ordered(given: Vec<Node>, places: &HashMap<String, usize>) -> Result<Vec<Node>, GraphError> {
    let needed = Edges::new(&given, |node| node.after.iter().chain(&node.depends_on).map(|id| places[id]).collect());
    let mut waiting: Vec<usize> = needed.before.iter().map(Vec::len).collect();
    let mut ready: BTreeSet<usize> = (0..given.len()).filter(|&place| waiting[place] == 0).collect();
    let mut order = Vec::with_capacity(given.len());
    while let Some(place) = ready.pop_first() {
        order.push(place);
        for &follower in &needed.behind[place] {
            waiting[follower] -= 1;
            if waiting[follower] == 0 {
                ready.insert(follower);
            }
        }
    }
    if order.len() < given.len() {
        let ids = given.iter().zip(&waiting).filter(|(_, waiting)| **waiting > 0).map(|(node, _)| node.id.clone());
        return Err(GraphError::Cycle { ids: ids.collect() });
    }
    let mut given: Vec<Option<Node>> = given.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|place| given[place].take()).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// `"c: a b"` is a revision `c` behind `a` and `b`; `c@x` bears a label, `c=y z` replaces others.
    pub(crate) fn graph(lines: &[&str]) -> Graph {
        Graph::new(nodes(lines)).unwrap()
    }

    fn nodes(lines: &[&str]) -> Vec<Node> {
        let node = |line: &&str| {
            let (id, after) = line.split_once(':').unwrap();
            let (id, replaces) = id.split_once('=').unwrap_or((id, ""));
            let (id, label) = id.split_once('@').map_or((id, None), |(id, label)| (id, Some(label.to_owned())));
            let after = after.split_whitespace().map(str::to_owned).collect();
            let replaces = replaces.split_whitespace().map(str::to_owned).collect();
            Node { id: id.to_owned(), after, labels: label.into_iter().collect(), replaces, ..Node::default() }
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
    }

    #[test]
    fn paths_run_what_is_needed_and_nothing_else() {
        let graph = graph(&DIAMOND);
        for (applied, targets, expected) in
            [("", "e", "a b c d e"), ("a b", "e", "c d e"), ("a b c d e", "e", ""), ("a", "f", "c f"), ("a", "", "")]
        {
            let target = Target { revisions: list(targets), ..Target::default() };
            assert_eq!(graph.upgrade_path(&set(applied), &target), list(expected), "up {applied} to {targets}");
        }
        for (applied, targets, expected) in [
            ("a b c d e f", "", "f e d c b a"),
            ("a b c d e", "d", "e"),
            ("a b c d e", "b", "e d"),
            ("a b c d e f", "a", "f e d c b"),
            ("a b", "b", ""),
        ] {
            let target = Target { revisions: list(targets), ..Target::default() };
            assert_eq!(graph.downgrade_path(&set(applied), &target), list(expected), "down {applied} to {targets}");
        }
        assert_eq!(graph.tips(&set("a b c")), ["b", "c"]);
    }

    #[test]
    fn what_is_no_graph_says_why() {
        for (lines, expected) in [
            (&["a:", "a:"][..], "two revisions are called a"),
            (&["b: a"], "revision b follows a, which is not there"),
            (&["a: b", "b: a"], "in a circle: a, b"),
            (&["a:", "b=a:"], "revision b replaces a, which is there"),
            (&["b=a:", "c=a:"], "revision c replaces a, which is there or replaced by another one"),
            (&["a@x:", "b@x: a"], "the label `x` stands on a and on b"),
        ] {
            let error = Graph::new(nodes(lines)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    /// A trunk with two branches, and another base that depends on one of them.
    fn branched() -> Graph {
        let mut nodes = nodes(&["a:", "b1@shop: a", "c1: a", "b2: b1", "c2: c1", "n@other:", "n2: n"]);
        nodes[5].depends_on.push("b1".into());
        Graph::new(nodes).unwrap()
    }

    #[test]
    fn a_downgrade_keeps_to_its_branch() {
        let graph = branched();
        for (text, applied, expected) in [
            ("b2@-1", "a b1 b2 c1 c2", "b2"),
            ("b2-2", "a b1 b2 c1 c2 n", "n b2 b1"),
            ("shop@base", "a b1 b2 c1 c2", "b2 b1"),
            ("other@base", "a b1 b2 c1 c2 n n2", "n2 n"),
            ("a", "a b1 b2 c1 c2", "c2 b2 c1 b1"),
            ("base", "a b1 n", "n b1 a"),
            ("-1", "a b1 n n2", "n2"),
        ] {
            let applied = set(applied);
            let tips = graph.tips(&applied);
            let tips = if text == "-1" { vec!["n2"] } else { tips };
            let target = graph.target(text, &tips).unwrap();
            assert_eq!(graph.downgrade_path(&applied, &target).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn ranges_have_both_their_ends_in_them() {
        let graph = branched();
        for (from, to, expected) in [
            ("base", "heads", "a b1 b2 c1 c2 n n2"),
            ("b1", "b2", "b1 b2"),
            ("a", "n2", "a b1 n n2"),
            ("shop@base", "shop@head", "b1 b2"),
            ("other@base", "heads", "n n2"),
            ("b2-1", "b2", "b1 b2"),
            ("b2", "b1", ""),
        ] {
            let [from, to] = [from, to].map(|text| graph.target(text, &[]).unwrap());
            assert_eq!(graph.between(&from, &to), set(expected), "{from:?} {to:?}");
        }
    }

    #[test]
    fn heads_collide_unless_each_has_labels_of_its_own() {
        for (lines, expected) in [
            (&["a:", "b: a", "c: a"][..], "b c"),
            (&["a:", "b: a", "c@x: a"], ""),
            (&["a:", "b: a", "c@x: a", "d: c", "e: c"], "d e"),
            (&["a:", "b: a", "c@x: a", "d: c", "e@y: c"], ""),
            (&["a:", "b@x: a", "c@y: a", "m: b c"], ""),
            (&["a:", "z:"], "a z"),
        ] {
            let found = graph(lines).colliding_heads().concat().join(" ");
            assert_eq!(found, expected, "{lines:?}");
        }
    }

    #[test]
    fn a_head_that_another_branch_depends_on_may_be_left_out() {
        let mut nodes = nodes(&["a:", "b: a", "n:"]);
        nodes[2].depends_on.push("b".into());
        let graph = Graph::new(nodes).unwrap();
        assert_eq!(graph.heads(), ["b", "n"]);
        assert_eq!(graph.heads_nothing_depends_on(), ["n"]);
        assert_eq!(graph.in_order(&set("n b zz a")), ["a", "b", "n"]);
    }
}
