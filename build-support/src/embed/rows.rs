//! The rows of `map_rows`: for each revision that maps some, `before` and `after` with the tables as it finds and leaves
//! them, and how the ones are converted into the others.

mod mapping;
mod side;
#[cfg(test)]
mod tests;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use crate::configuration::Configuration;
use crate::diesel_schema::enums;
use crate::history::{Entry, Problem, Rows};
use mapping::{Mapping, mappings};
use side::{Side, Unheld};
use types::Types;

/// What is generated for the revisions that map rows, by their identifiers.
pub(super) struct RowModules<'a> {
    configuration: &'a Configuration,
    features: &'a BTreeSet<String>,
    texts: BTreeMap<String, String>,
    /// What is wrong with the functions that map rows.
    pub(super) problems: Vec<Problem>,
}

impl<'a> RowModules<'a> {
    pub(super) fn new(configuration: &'a Configuration, features: &'a BTreeSet<String>) -> RowModules<'a> {
        RowModules { configuration, features, texts: BTreeMap::new(), problems: Vec::new() }
    }

    /// What a revision takes in; nothing if it maps no rows.
    pub(super) fn text(&self, id: &str) -> &str {
        self.texts.get(id).map_or("", String::as_str)
    }

    /// Notes a revision, if it maps rows.
    pub(super) fn add(&mut self, rows: &Rows<'_>) {
        let file = &rows.entry.file;
        if file.mappers.is_empty() {
            return;
        }
        let upgrades = mappings("upgrade", &file.upgrade);
        let downgrades = mappings("downgrade", &file.downgrade);
        let mut before = Side::new("before", rows.before, file.test_words.is_some());
        let mut after = Side::new("after", rows.after, file.test_words.is_some());
        for mapping in &upgrades {
            before.uses(&mapping.from).read = true;
            after.uses(&mapping.to).written = true;
        }
        for mapping in &downgrades {
            after.uses(&mapping.from).read = true;
            before.uses(&mapping.to).written = true;
        }
        before.enums = enums::rust_names(&before.tables());
        after.enums = enums::rust_names(&after.tables());
        let types = Types { dialects: &self.configuration.dialects, features: self.features };
        let mut out = String::new();
        before.write(&mut out, None, &types);
        after.write(&mut out, Some(&before), &types);
        for (mappings, from, to) in [(&upgrades, &before, &after), (&downgrades, &after, &before)] {
            let mut written = BTreeSet::new();
            for mapping in mappings {
                self.problems.extend(self.problem(rows.entry, mapping, from, to, &types));
                // A table that is mapped twice is an error already.
                if written.insert((&mapping.from, &mapping.to)) {
                    mapping.write(&mut out, from, to, &types);
                }
            }
        }
        self.texts.insert(file.id.clone(), out);
    }

    /// What is wrong with a function that maps rows, or with what it would need.
    fn problem(
        &self,
        entry: &Entry,
        mapping: &Mapping<'_>,
        from: &Side<'_>,
        to: &Side<'_>,
        types: &Types<'_>,
    ) -> Option<Problem> {
        let head = entry.file.mappers.iter().find(|it| it.name == mapping.step)?;
        let (old, new) = (from.path(&mapping.from), to.path(&mapping.to));
        let message = if head.from.join("::") != old || head.to.join("::") != new {
            format!(
                "the head of `{0}` must be `fn {0}(old: {old}) -> Result<{new}>`: it gets each row of `{1}` as the \
                 revision finds it and gives it as the revision leaves it",
                mapping.step, mapping.from
            )
        } else {
            let sides = [(from, &mapping.from), (to, &mapping.to)];
            let (column, why) = sides.iter().find_map(|(side, table)| side.unheld(table, types))?;
            match why {
                Unheld::WithoutFeature(feature) => format!(
                    "`{}.{column}` is of a type that a row holds by the crate {feature}: turn on the feature `{feature}` of \
                     `migratable` in {}: `migratable = {{ .., features = [\"{feature}\"] }}`",
                    mapping.from,
                    self.configuration.dir.join("Cargo.toml").display()
                ),
                Unheld::Bytes(dialect) => format!(
                    "`{}.{column}` is bytes on {dialect} and something else on another database of this package: no type of \
                     Rust holds both, and as text the bytes would be lost; use `op.run` with SQL for each database",
                    mapping.from
                ),
            }
        };
        let located = mapping.statement.located(mapping.function, mapping.step, message);
        Some(Problem::located(entry.path.clone(), located))
    }
}
