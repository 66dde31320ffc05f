//! The models of all packages of a project, as their sources have them at this moment.

use std::fs;
use std::path::{Path, PathBuf};

use migratable_build::configuration::Configuration;
use migratable_core::diff::{Answers, Place};
use migratable_core::{Schema, TableName};
use migratable_syntax::models::{ModelKind, ScanError, ScannedModel};
use toml::de::{DeTable, DeValue};

use crate::failure::{Failure, Outcome};
use crate::findings::{Finding, Kind};

/// What all models say.
#[derive(Default)]
pub(crate) struct Models {
    /// The tables and enums.
    pub(crate) schema: Schema,
    /// The renames that the models declare.
    pub(crate) answers: Answers,
    /// What is wrong in them.
    pub(crate) errors: Vec<ScanError>,
    /// Whether every model is in the schema; if not, a table that no model has may still have one.
    pub(crate) is_whole: bool,
    scanned: Vec<ScannedModel>,
}

impl Models {
    /// Reads the models of the packages that the configuration names.
    pub(crate) fn read(configuration: &Configuration) -> Outcome<Models> {
        let mut models = Models { is_whole: true, ..Models::default() };
        let mut scans = Vec::new();
        if configuration.models.is_empty() {
            models.is_whole = false;
            models.errors.push(nowhere(configuration));
        }
        for folder in &configuration.models {
            let package = package_name(folder)?;
            scans.push(configuration.scan(&package, folder, None));
        }
        for scan in &scans {
            models.is_whole &= scan.is_whole();
            models.errors.extend(scan.errors.iter().cloned());
            models.scanned.extend(scan.models.iter().cloned());
            models.answers.table_renames.extend(scan.table_renames.iter().cloned());
            models.answers.column_renames.extend(scan.column_renames.iter().cloned());
        }
        for scan in &mut scans {
            for (name, table) in std::mem::take(&mut scan.schema.tables) {
                if models.schema.tables.contains_key(&name) {
                    models.twice(&ModelKind::Table(name.clone()), &format!("the table `{name}`"));
                }
                models.schema.tables.insert(name, table);
            }
            for (name, enumeration) in std::mem::take(&mut scan.schema.enums) {
                if models.schema.enums.contains_key(&name) {
                    models.twice(&ModelKind::Enum(name.clone()), &format!("the enum `{name}`"));
                }
                models.schema.enums.insert(name, enumeration);
            }
        }
        for scan in &scans {
            models.errors.extend(scan.dangling(&models.schema));
        }
        // Each package has said what it alone knows of.
        let clashes = configuration.naming.clashes(models.schema.tables.values(), &configuration.dialects);
        for clash in clashes.into_iter().filter(|_| scans.len() > 1) {
            let Some(model) = models.scanned.iter().find(|it| it.kind == ModelKind::Table(clash.table.clone())) else {
                continue;
            };
            let error = model.error(clash.message);
            if !models.errors.iter().any(|known| known.file == error.file && known.message == error.message) {
                models.errors.push(error);
            }
        }
        Ok(models)
    }

    /// Reports the last model of some kind as one too many.
    fn twice(&mut self, kind: &ModelKind, what: &str) {
        let mut found = self.scanned.iter().filter(|model| model.kind == *kind);
        let (Some(first), Some(last)) = (found.next(), found.next_back()) else { return };
        self.errors.push(last.error(format!("{what} is that of `{}` in {} already", first.name, first.file.display())));
    }

    /// Whether there is any model.
    pub(crate) fn is_empty(&self) -> bool {
        self.scanned.is_empty()
    }

    /// What is wrong in them.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.errors
            .iter()
            .map(|error| Finding::at(Kind::Model, &error.file, error.line, error.column, error.message.clone()))
            .collect()
    }

    /// Where a part of a table stands in the sources.
    pub(crate) fn place(&self, table: &TableName, place: &Place) -> Option<(PathBuf, usize, usize)> {
        let model = self.scanned.iter().find(|model| match place {
            Place::Enum(name) => model.kind == ModelKind::Enum(name.clone()),
            _ => model.kind == ModelKind::Table(table.clone()),
        })?;
        let field = match place {
            Place::Column(column) => {
                model.fields.iter().find(|field| field.column == *column || field.embed.contains(column))
            }
            _ => None,
        };
        let (line, column) = field.map_or((model.line, model.column), |field| (field.line, field.column_number));
        Some((model.file.clone(), line, column))
    }
}

/// Without a package there are no models, and every table would look as if its model had been deleted.
fn nowhere(configuration: &Configuration) -> ScanError {
    ScanError {
        file: configuration.dir.join("Cargo.toml"),
        line: 1,
        column: 1,
        message: "no package with models is known: name its folder in [package.metadata.migratable], as in \
                  `models = [\"../app\"]`"
            .to_owned(),
        fatal: true,
        item: None,
        field: None,
    }
}

/// The name of the package in a folder.
fn package_name(folder: &Path) -> Outcome<String> {
    let path = folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|error| {
        Failure::Failed(format!("{}: {error}; `models` of the migrations package names its folder", path.display()))
    })?;
    let manifest = DeTable::parse(&text).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    let package = manifest.get_ref().get("package").map(|package| package.get_ref());
    let name = match package {
        Some(DeValue::Table(package)) => package.get("name").map(|name| name.get_ref()),
        _ => None,
    };
    match name {
        Some(DeValue::String(name)) => Ok(name.to_string()),
        _ => Err(Failure::Failed(format!("{}: there is no [package] with a name", path.display()))),
    }
}
