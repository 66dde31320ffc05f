//! What the tests in a revision's file take in: the tables as the revision meets them and as it leaves them, and what runs a
//! test on each database. Nothing of it is compiled but for tests.

use std::collections::BTreeMap;

use migratable_core::Schema;

use super::index::module_of;
use super::steps::tables_of;
use crate::configuration::Configuration;
use crate::diesel_schema::{Sharing, write_shared_tables};
use crate::history::{Entry, Rows};

/// What is generated for the revisions that have tests.
pub(super) struct Tested<'a> {
    configuration: &'a Configuration,
    /// How many columns a table may have.
    limit: usize,
    /// The tables that each meets, and those that it leaves, by their identifiers.
    sides: BTreeMap<String, [Schema; 2]>,
}

impl<'a> Tested<'a> {
    pub(super) fn new(configuration: &'a Configuration, limit: usize) -> Tested<'a> {
        Tested { configuration, limit, sides: BTreeMap::new() }
    }

    /// Notes a revision, if it has tests.
    pub(super) fn add(&mut self, of: &Rows<'_>) {
        let Rows { entry, before, after } = of;
        if let Some(words) = &entry.file.test_words {
            let sides = [before, after].map(|schema| tables_of(entry, words, schema));
            self.sides.insert(entry.file.id.clone(), sides);
        }
    }

    /// What a revision takes in; nothing if it has no tests. It is made for one revision behind the other: tables that
    /// a step or an earlier one has are not declared again.
    pub(super) fn text(&self, entry: &Entry, sharing: &mut Sharing) -> String {
        let id = &entry.file.id;
        let Some([before, after]) = self.sides.get(id) else { return String::new() };
        let mut tables = |name: &str, schema| {
            let here = format!("{}::tables::{name}", module_of(id));
            indented(&write_shared_tables(schema, &self.configuration.dialects, self.limit, sharing, &here))
        };
        let mut out = format!(
            "/// The tables as the revision meets them and as it leaves them.\n#[cfg(test)]\n#[allow(missing_docs, \
             dead_code, non_snake_case)]\npub mod tables {{\n    pub mod before {{\n{}    }}\n\n    pub mod after {{\n{}    }}\n}}\n\n",
            tables("before", before),
            tables("after", after)
        );
        // The rows that a revision maps stand in the same modules; they take the tables in.
        if entry.file.mappers.is_empty() {
            out.push_str("#[cfg(test)]\npub use tables::{after, before};\n\n");
        }
        out.push_str(&testing(self.configuration, entry));
        out
    }
}

/// What tests begin with.
fn testing(configuration: &Configuration, entry: &Entry) -> String {
    let of = configuration.database.as_ref().map_or(String::new(), |name| format!("{name}::"));
    let dialects = configuration.dialects.iter().map(|it| format!("::migratable::Dialect::{it:?}"));
    let db = format!("super::super::{of}Db");
    let test = format!("impl Fn(&::migratable::testing::Tested<'_, {db}>, &mut {db}) -> ::migratable::testing::Result");
    let given =
        format!("super::super::{of}migrator(), {:?}, &[{}]", entry.file.id, dialects.collect::<Vec<_>>().join(", "));
    format!(
        "/// What tests of the revision are written with.\n#[cfg(test)]\n#[allow(unused_imports)]\npub mod testing {{\n    \
         pub use ::migratable::diesel::prelude::*;\n    pub use super::{{after, before}};\n\n    \
         /// Runs a test on a database of each kind, which stands at the revision before.\n    #[track_caller]\n    \
         pub fn each_database(test: {test}) {{\n        \
         ::migratable::testing::each_database({given}, test);\n    }}\n\n    \
         /// The same with options for all revisions that are run: this one and those before it.\n    #[track_caller]\n    \
         pub fn each_database_with(options: &::migratable::Options<'_>, test: {test}) {{\n        \
         ::migratable::testing::each_database_with({given}, options, test);\n    }}\n}}\n\n"
    )
}

fn indented(text: &str) -> String {
    let lines = text.trim_end().lines();
    lines.map(|line| if line.is_empty() { "\n".into() } else { format!("        {line}\n") }).collect()
}
