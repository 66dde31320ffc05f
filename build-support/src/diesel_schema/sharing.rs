//! Tables that stand in several modules of one crate: what is the same is declared once, and taken over elsewhere.

use std::collections::{BTreeMap, BTreeSet};

/// What has been declared, and where: by paths from the module in which all revisions stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sharing {
    tables: BTreeMap<String, String>,
    enums: BTreeMap<String, String>,
    enum_values: BTreeMap<String, String>,
    related: BTreeSet<(String, String)>,
    joined: BTreeSet<(String, String)>,
}

impl Sharing {
    /// Where a table stands already; else it stands here from now on.
    pub(super) fn table(&mut self, declaration: String, here: &str) -> Option<String> {
        take(&mut self.tables, declaration, here)
    }

    /// The same for the SQL type of an enum, which its name makes.
    pub(super) fn sql_type(&mut self, name: &str, here: &str) -> Option<String> {
        take(&mut self.enums, name.to_owned(), here)
    }

    /// The same for the values of an enum.
    pub(super) fn enum_values(&mut self, declaration: &str, here: &str) -> Option<String> {
        take(&mut self.enum_values, declaration.to_owned(), here)
    }

    /// Whether two tables are said to stand together somewhere; from now on they are.
    pub(super) fn is_related(&mut self, a: &str, b: &str) -> bool {
        let pair = if a < b { (a, b) } else { (b, a) };
        !self.related.insert((pair.0.to_owned(), pair.1.to_owned()))
    }

    /// Whether it is said somewhere how a table is joined to another one; from now on it is.
    pub(super) fn is_joined(&mut self, child: &str, parent: &str) -> bool {
        !self.joined.insert((child.to_owned(), parent.to_owned()))
    }
}

fn take(places: &mut BTreeMap<String, String>, what: String, here: &str) -> Option<String> {
    match places.get(&what) {
        Some(place) => Some(place.clone()),
        None => {
            places.insert(what, here.to_owned());
            None
        }
    }
}
