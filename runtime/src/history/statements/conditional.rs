//! What scripts ask that do only what is not done yet.

use std::collections::BTreeSet;

use super::Statements;
use crate::migrator::Direction;

impl Statements {
    /// Why a script stops that may begin anywhere on its way, and SQL that gives zero where all of `before` is applied and, of
    /// the revisions of the script in the order in which they are applied, none without those in front of it. What the
    /// program does not know is no hindrance where nothing is to be done.
    pub(crate) fn stands_beside(
        &self,
        before: &BTreeSet<String>,
        way: &[&str],
        direction: Direction,
    ) -> (String, String) {
        let literal = |id: &str| self.literal(id);
        let list = |ids: Vec<String>| if ids.is_empty() { "''".to_owned() } else { ids.join(", ") };
        let before_list = list(before.iter().map(|id| literal(id)).collect());
        let way_list = list(way.iter().map(|id| literal(id)).collect());
        let places: String =
            way.iter().enumerate().map(|(at, id)| format!(" WHEN {} THEN {}", literal(id), at + 1)).collect();
        let is_in = |ids: &str| format!("count(CASE WHEN revision IN ({ids}) THEN 1 END)");
        let furthest =
            if way.is_empty() { "0".to_owned() } else { format!("coalesce(max(CASE revision{places} END), 0)") };
        let is_done = match direction {
            Direction::Upgrade => way.len(),
            Direction::Downgrade => 0,
        };
        let number = format!(
            "(SELECT abs({} - {}) + {furthest} - {on_way} + CASE WHEN {on_way} = {is_done} THEN 0 ELSE \
             count(CASE WHEN revision NOT IN ({before_list}, {way_list}) THEN 1 END) END FROM {table})",
            is_in(&before_list),
            before.len(),
            on_way = is_in(&way_list),
            table = self.table,
        );
        ("the database is at no place that this script comes by".to_owned(), number)
    }

    /// SQL that says whether a revision is still to be run.
    pub(crate) fn is_open(&self, revision: &str, direction: Direction) -> String {
        let not = if direction == Direction::Upgrade { "NOT " } else { "" };
        format!("{not}EXISTS (SELECT 1 FROM {} WHERE revision = {})", self.table, self.literal(revision))
    }
}
