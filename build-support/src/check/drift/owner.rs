//! Whose a table of the lock is that the package does not have.

use std::fs;
use std::path::{Path, PathBuf};

use migratable_core::{Model, Schema};
use toml::de::{DeTable, DeValue};

use crate::configuration::Configuration;

/// Tells the tables and enums of a package from those of others.
pub(super) struct Owner<'a> {
    configuration: &'a Configuration,
    package: &'a str,
    others: Option<Others>,
}

/// The other packages with models.
struct Others {
    /// Each with its folder.
    packages: Vec<(String, PathBuf)>,
    /// Whether this package stands first of all.
    is_first: bool,
    /// Whether all of them could be read.
    is_whole: bool,
    /// Their models, read only if it must be known.
    models: Option<Schema>,
}

impl<'a> Owner<'a> {
    pub(super) fn new(configuration: &'a Configuration, package: &'a str) -> Owner<'a> {
        Owner { configuration, package, others: None }
    }

    /// Whether the package answers for something of the lock that it does not have. If it is of no package that there
    /// is, as after a rename of one, all answer for it, unless one of them still has it.
    pub(super) fn is_own(&mut self, model: Option<&Model>, is_in: impl Fn(&Schema) -> bool) -> bool {
        let Owner { configuration, package, .. } = *self;
        if configuration.models.len() <= 1 || model.is_some_and(|model| model.package == package) {
            return true;
        }
        let others = self.others.get_or_insert_with(|| Others::read(configuration, package));
        let Some(model) = model else { return others.is_first };
        if !others.is_whole || others.packages.iter().any(|(name, _)| *name == model.package) {
            return false;
        }
        let has_it = is_in(others.models(configuration));
        others.is_whole && !has_it
    }
}

impl Others {
    fn read(configuration: &Configuration, package: &str) -> Others {
        let named: Vec<_> = configuration.models.iter().map(|folder| (name(folder), folder)).collect();
        let is_first = named.first().is_some_and(|(name, _)| name.as_deref() == Some(package));
        let is_whole = named.iter().all(|(name, _)| name.is_some());
        let packages = named
            .into_iter()
            .filter_map(|(name, folder)| Some((name?, folder.clone())))
            .filter(|(name, _)| name != package)
            .collect();
        Others { packages, is_first, is_whole, models: None }
    }

    fn models(&mut self, configuration: &Configuration) -> &Schema {
        let (packages, is_whole) = (&self.packages, &mut self.is_whole);
        self.models.get_or_insert_with(|| {
            let mut all = Schema::default();
            for (name, folder) in packages {
                let scan = configuration.scan(name, folder, None);
                *is_whole &= scan.is_whole();
                all.tables.extend(scan.schema.tables);
                all.enums.extend(scan.schema.enums);
            }
            all
        })
    }
}

/// The name of the package in a folder.
fn name(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let manifest = DeTable::parse(&text).ok()?.into_inner();
    let DeValue::Table(package) = manifest.get("package")?.get_ref() else { return None };
    match package.get("name")?.get_ref() {
        DeValue::String(name) => Some(name.to_string()),
        _ => None,
    }
}
