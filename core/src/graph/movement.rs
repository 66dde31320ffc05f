//! What a movement of a database runs, and in which order.

use std::collections::BTreeSet;

use super::{Graph, reached};

/// Where a movement leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The revisions to stand at; none is the base.
    pub revisions: Vec<String>,
    /// The revision whose branch the movement keeps to; `None` for all branches.
    pub branch: Option<String>,
    /// Whether the revisions are what the branch begins behind, and no part of it.
    pub(super) is_base: bool,
}

impl Graph {
    /// What an upgrade to a target runs, in order.
    pub fn upgrade_path(&self, applied: &BTreeSet<String>, target: &Target) -> Vec<String> {
        let wanted = reached(self.places_of(&target.revisions), &self.needed.before);
        let is_applied = self.are(applied);
        self.ids((0..self.order.len()).filter(|&place| wanted[place] && !is_applied[place]))
    }

    /// What a downgrade to a target takes back, newest first: everything that follows its revisions in its branch, all
    /// that depends on that, and for no revision at all everything.
    pub fn downgrade_path(&self, applied: &BTreeSet<String>, target: &Target) -> Vec<String> {
        let kept = reached(self.places_of(&target.revisions), &self.needed.before);
        let first: Vec<usize> = if target.revisions.is_empty() {
            (0..self.order.len()).filter(|&place| self.followed.before[place].is_empty()).collect()
        } else {
            let targets = self.places_of(&target.revisions);
            targets.flat_map(|place| self.followed.behind[place].iter().copied()).collect()
        };
        let branch = target.branch.as_deref().and_then(|id| self.place(id)).map(|root| self.lineage(root));
        let first =
            first.into_iter().filter(|&place| !kept[place] && branch.as_ref().is_none_or(|branch| branch[place]));
        let undone = reached(first, &self.needed.behind);
        let is_applied = self.are(applied);
        self.ids((0..self.order.len()).rev().filter(|&place| undone[place] && is_applied[place]))
    }

    /// The revisions from one target to another, both included; a base is no revision.
    pub fn between(&self, from: &Target, to: &Target) -> BTreeSet<String> {
        let mut wanted = reached(self.places_of(&to.revisions), &self.needed.before);
        for (place, before) in reached(self.places_of(&from.revisions), &self.needed.before).into_iter().enumerate() {
            wanted[place] &= !before || !from.is_base && from.revisions.contains(&self.order[place]);
        }
        for target in [from, to] {
            let Some(root) = target.branch.as_deref().and_then(|id| self.place(id)) else { continue };
            let branch = if from.is_base { reached([root], &self.followed.behind) } else { self.lineage(root) };
            wanted.iter_mut().zip(branch).for_each(|(wanted, is_there)| *wanted &= is_there);
        }
        self.order.iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(id, _)| id.clone()).collect()
    }

    /// Of each revision whether it stands before or behind this one, dependencies aside.
    pub(super) fn lineage(&self, of: usize) -> Vec<bool> {
        let before = reached([of], &self.followed.before);
        before.into_iter().zip(reached([of], &self.followed.behind)).map(|(before, behind)| before || behind).collect()
    }

    fn places_of<'a>(&'a self, ids: &'a [String]) -> impl Iterator<Item = usize> + 'a {
        ids.iter().filter_map(|id| self.place(id))
    }
}
