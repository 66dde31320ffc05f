//! The revision graph: pure, without files and without databases.

mod edges;
mod error;
mod movement;
mod resolve;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use self::edges::{Edges, ordered, reached};
pub use self::error::GraphError;
pub use self::movement::Target;
pub use self::resolve::ResolveError;

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
