//! `check_models()`: compares the models of a package with `schema.lock` and leaves what it finds in `OUT_DIR`, where
//! `#[derive(Migratable)]` and `schema!()` report it.
//!
//! It never fails a build: an error of a build script has no place in the source and hides every other one.

mod drift;
mod locked;
mod manifest;
mod output;
mod report;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use migratable_core::{Dialect, Schema, TableName};
use migratable_syntax::findings::{FOLDER, Finding, PACKAGE, Place, SCHEMA, write_package};
use migratable_syntax::models::{self, Scan};

use crate::configuration::Configuration;
use crate::diesel_schema;
use locked::Locked;
use manifest::Manifest;
use output::Output;
use report::Report;

/// Compares the models of the package with its `schema.lock`. Called by the package's `build.rs`:
///
/// ```no_run
/// fn main() {
///     migratable_build::check_models();
/// }
/// ```
pub fn check_models() {
    let surroundings = match Surroundings::of_build_script() {
        Ok(surroundings) => surroundings,
        Err(message) => return println!("cargo::error={message}"),
    };
    for line in run(&surroundings) {
        println!("cargo::{line}");
    }
}

/// What cargo says to a build script.
struct Surroundings {
    manifest_dir: PathBuf,
    out_dir: PathBuf,
    package: String,
    /// Differences from the lock are to be warnings.
    warn: bool,
    release: bool,
    /// The package stands on docs.rs, or comes from a registry: alone, without its migrations.
    packaged: bool,
    features: BTreeSet<String>,
}

impl Surroundings {
    fn of_build_script() -> Result<Surroundings, String> {
        let folder = |name: &str| {
            let value = env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
            value.ok_or_else(|| format!("check_models() is for build scripts: cargo does not set {name}"))
        };
        let manifest_dir = folder("CARGO_MANIFEST_DIR")?;
        let beside = |name: &str| manifest_dir.join(name).exists();
        let packaged = env::var_os("DOCS_RS").is_some() || beside("Cargo.toml.orig") || beside(".cargo_vcs_info.json");
        Ok(Surroundings {
            packaged,
            out_dir: folder("OUT_DIR")?,
            package: env::var("CARGO_PKG_NAME").map_err(|error| format!("CARGO_PKG_NAME: {error}"))?,
            warn: env::var("MIGRATABLE").is_ok_and(|value| value == "warn"),
            release: env::var("PROFILE").is_ok_and(|value| value == "release"),
            features: env::vars_os()
                .filter_map(|(name, _)| name.to_str()?.strip_prefix("CARGO_FEATURE_").map(str::to_owned))
                .collect(),
            manifest_dir,
        })
    }
}

/// Does everything, and gives back what to tell cargo.
fn run(surroundings: &Surroundings) -> Vec<String> {
    let Surroundings { manifest_dir, out_dir, package, .. } = surroundings;
    let mut output = Output::new(out_dir.join(FOLDER));
    let manifest = Manifest::read(manifest_dir, &surroundings.features);
    let mut general = Vec::new();
    let configuration = configuration(surroundings, &mut general);
    let dialects = match &configuration {
        Some(configuration) => configuration.dialects.clone(),
        None => manifest.dialects(),
    };
    let cache = output.path("scan.cache");
    let scan = models::scan(package, manifest_dir, &dialects, Some(&cache));
    let locked = configuration.as_ref().map(|it| locked::read(it, &output.path("lock.cache")));

    let mut report = Report::new(manifest_dir, &scan);
    for message in general {
        report.package(message);
    }
    for error in &scan.errors {
        report.scan_error(error);
    }
    if let (Some(configuration), Some(locked)) = (&configuration, &locked) {
        match locked {
            Ok(locked) => compare(surroundings, configuration, &scan, locked, &mut report),
            Err(message) => report.package(message.clone()),
        }
    }
    let schema = diesel(&manifest, &scan, &dialects, &mut report);
    report.package.diesel = manifest.diesel.as_ref().map(|diesel| diesel.name.clone());
    report.package.diesel_alias = manifest.needs_alias();
    report.package.enum_types = diesel_schema::enums_have_types(&dialects);
    report.package.incomplete = scan.errors.iter().any(|error| error.fatal);
    let unplaced = report.place_package_findings(&scan);

    output.write(SCHEMA, &schema);
    output.write_models(&report.models());
    output.write(PACKAGE, &write_package(&report.package));
    let mut lines = watch::lines(surroundings, &scan, configuration.as_ref(), &manifest);
    lines.extend(unplaced.iter().chain(&output.errors).map(|message| format!("error={}", one_line(message))));
    lines
}

/// The configuration of the migrations; a reason in `errors` if there is none and should be.
fn configuration(surroundings: &Surroundings, errors: &mut Vec<String>) -> Option<Configuration> {
    match Configuration::of_app(&surroundings.manifest_dir) {
        Ok(Some(configuration)) => Some(configuration),
        _ if surroundings.packaged => None,
        Ok(None) => {
            errors.push(
                "there is no migrations package for these models\nhelp: make one with `cargo migratable init`, or say \
                 where it is in Cargo.toml:\n\n    [package.metadata.migratable]\n    migrations = \"../migrations\""
                    .to_owned(),
            );
            None
        }
        Err(message) => {
            errors.push(message);
            None
        }
    }
}

fn compare(
    surroundings: &Surroundings,
    configuration: &Configuration,
    scan: &Scan,
    locked: &Locked,
    report: &mut Report<'_>,
) {
    let outside: BTreeSet<&TableName> = scan.outside_references.iter().map(|it| &it.table).collect();
    let compared = locked.parse(&outside).and_then(|tables| {
        let found = drift::find(configuration, &surroundings.package, scan, locked)?;
        Ok((Schema { tables, ..Schema::default() }, found))
    });
    let (others, found) = match compared {
        Ok(compared) => compared,
        Err(message) => return report.package(message),
    };
    for error in scan.dangling(&others) {
        report.scan_error(&error);
    }
    let command = configuration.command("revision -m \"…\"");
    for drift in &found {
        let message = format!("{}\nhelp: run `{command}`", drift.message);
        report.drift(drift, &message, surroundings.warn && !surroundings.release);
    }
    if surroundings.warn && surroundings.release {
        report.package(
            "MIGRATABLE=warn is for exploring and does not go into a release build\nhelp: unset MIGRATABLE".to_owned(),
        );
    }
}

/// The Diesel schema, without the tables that are too wide for it.
fn diesel(manifest: &Manifest, scan: &Scan, dialects: &[Dialect], report: &mut Report<'_>) -> String {
    let Some(diesel) = &manifest.diesel else {
        return "// This package does not depend on Diesel.\n".to_owned();
    };
    let mut wide: BTreeSet<&TableName> = BTreeSet::new();
    for table in scan.schema.tables.values().filter(|table| table.columns.len() > 32 && table.primary_key.is_some()) {
        let count = table.columns.len();
        let message = match diesel_schema::needed_feature(count) {
            Some(feature) if diesel.has_feature(feature) => continue,
            Some(feature) => format!(
                "the table `{}` has {count} columns, more than Diesel takes without its feature `{feature}`\n\
                 help: turn it on in Cargo.toml: `{} = {{ .., features = [\"{feature}\"] }}`",
                table.name, diesel.key
            ),
            None => format!(
                "the table `{}` has {count} columns, and Diesel takes at most 128\n\
                 help: move some of them to a table of their own",
                table.name
            ),
        };
        report.table(&table.name, Finding { place: Place::Item, message, warning: false });
        wide.insert(&table.name);
    }
    let root = format!("::{}", diesel.name);
    let together = scan
        .models
        .iter()
        .filter_map(|model| match &model.kind {
            models::ModelKind::Table(table) => Some((table, &model.appear_with)),
            _ => None,
        })
        .flat_map(|(table, others)| others.iter().map(move |other| (table.clone(), other.clone())))
        .collect();
    if wide.is_empty() {
        return diesel_schema::write_schema(&scan.schema, dialects, &root, &together);
    }
    let mut fitting: Schema = scan.schema.clone();
    fitting.tables.retain(|name, _| !wide.contains(name));
    diesel_schema::write_schema(&fitting, dialects, &root, &together)
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Whether the folder of the build's own output lies in a folder: what is written there would make cargo run the build
/// script again and again.
fn holds_target(folder: &Path, out_dir: &Path) -> bool {
    out_dir.starts_with(folder) || folder.join("target").is_dir() || folder.join("CACHEDIR.TAG").is_file()
}
