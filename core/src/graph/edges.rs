//! The links between revisions, by their places: what is reached by them, and the order that they ask for.

use std::collections::{BTreeSet, HashMap};

use super::{GraphError, Node};

/// What stands before and behind each revision by one kind of link.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges {
    pub(super) before: Vec<Vec<usize>>,
    pub(super) behind: Vec<Vec<usize>>,
}

impl Edges {
    pub(super) fn new(nodes: &[Node], parents: impl Fn(&Node) -> Vec<usize>) -> Edges {
        let before: Vec<Vec<usize>> = nodes.iter().map(parents).collect();
        let mut behind = vec![Vec::new(); nodes.len()];
        for (place, parents) in before.iter().enumerate() {
            parents.iter().for_each(|&parent| behind[parent].push(place));
        }
        Edges { before, behind }
    }
}

/// Some places, and all that is reached from them.
pub(super) fn reached(from: impl IntoIterator<Item = usize>, links: &[Vec<usize>]) -> Vec<bool> {
    let mut found = vec![false; links.len()];
    let mut open: Vec<usize> = from.into_iter().collect();
    while let Some(place) = open.pop() {
        if !std::mem::replace(&mut found[place], true) {
            open.extend(&links[place]);
        }
    }
    found
}

/// The revisions, each behind all that it follows, which is among them.
pub(super) fn ordered(given: Vec<Node>, places: &HashMap<String, usize>) -> Result<Vec<Node>, GraphError> {
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
