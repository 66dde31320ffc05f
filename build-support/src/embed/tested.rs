//! What the tests in a revision's file take in: the tables as the revision meets them and as it leaves them, and what runs a
//! test on each database. Nothing of it is compiled but for tests.

use std::collections::BTreeMap;

use super::steps::Steps;
use crate::configuration::Configuration;
use crate::history::{Entry, Rows};

/// What is generated for the revisions that have tests, by their identifiers.
#[derive(Default)]
pub(super) struct Tested(BTreeMap<String, String>);

impl Tested {
    /// Notes a revision, if it has tests.
    pub(super) fn add(&mut self, configuration: &Configuration, steps: &Steps<'_>, of: &Rows<'_>) {
        let Rows { entry, before, after } = of;
        let Some(words) = &entry.file.test_words else { return };
        let tables = |schema| indented(&steps.tables_of(entry, words, schema).text);
        let mut out = format!(
            "/// The tables as the revision meets them and as it leaves them.\n#[cfg(test)]\n#[allow(missing_docs, \
             dead_code)]\npub mod tables {{\n    pub mod before {{\n{}    }}\n\n    pub mod after {{\n{}    }}\n}}\n\n",
            tables(before),
            tables(after)
        );
        // The rows that a revision maps stand in the same modules; they take the tables in.
        if entry.file.mappers.is_empty() {
            out.push_str("#[cfg(test)]\npub use tables::{after, before};\n\n");
        }
        out.push_str(&testing(configuration, entry));
        self.0.insert(entry.file.id.clone(), out);
    }

    /// What a revision takes in; nothing if it has no tests.
    pub(super) fn text(&self, id: &str) -> &str {
        self.0.get(id).map_or("", String::as_str)
    }
}

/// What tests begin with.
fn testing(configuration: &Configuration, entry: &Entry) -> String {
    let of = configuration.database.as_ref().map_or(String::new(), |name| format!("{name}::"));
    let dialects = configuration.dialects.iter().map(|it| format!("::migratable::Dialect::{it:?}"));
    format!(
        "/// What tests of the revision are written with.\n#[cfg(test)]\n#[allow(unused_imports)]\npub mod testing {{\n    \
         pub use ::migratable::diesel::prelude::*;\n    pub use super::{{after, before}};\n\n    \
         /// Runs a test on a database of each kind, which stands at the revision before.\n    #[track_caller]\n    \
         pub fn each_database(\n        test: impl Fn(\n            \
         &::migratable::testing::Tested<super::super::{of}Db>,\n            &mut super::super::{of}Db,\n        ) -> \
         ::migratable::testing::Result,\n    ) {{\n        \
         ::migratable::testing::each_database(super::super::{of}migrator(), {:?}, &[{}], test);\n    }}\n}}\n\n",
        entry.file.id,
        dialects.collect::<Vec<_>>().join(", ")
    )
}

fn indented(text: &str) -> String {
    let lines = text.trim_end().lines();
    lines.map(|line| if line.is_empty() { "\n".into() } else { format!("        {line}\n") }).collect()
}
