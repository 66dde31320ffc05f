//! `check_models()`: compares the models of a package with `schema.lock` and leaves what it finds in `OUT_DIR`, where
//! `#[derive(Migratable)]` and `schema!()` report it.
//!
//! It never fails a build: an error of a build script has no place in the source and hides every other one.

mod diesel;
mod drift;
mod locked;
mod output;
mod report;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::thread;

use migratable_core::diff::Drift;
use migratable_core::{Dialect, Schema, TableName};
use migratable_syntax::findings::{FOLDER, Finding, PACKAGE, Place, SCHEMA, write_package};
use migratable_syntax::models::{self, Scan, ScanError};

use crate::configuration::Configuration;
use crate::diesel_schema;
use crate::manifest::{self, Manifest};
use locked::Locked;
use output::Output;
use report::Report;

/// Compares the models of the package with its `schema.lock`; to be called in its `build.rs`.
///
/// It never fails because of a difference: each becomes an error of the compiler, at its field.
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
            features: manifest::enabled_features(),
            manifest_dir,
        })
    }
}

/// Does everything, and gives back what to tell cargo.
fn run(surroundings: &Surroundings) -> Vec<String> {
    let Surroundings { manifest_dir, out_dir, .. } = surroundings;
    let mut output = Output::new(out_dir.join(FOLDER));
    let manifest = Manifest::read(manifest_dir, &surroundings.features);
    let mut general = Vec::new();
    if surroundings.warn && surroundings.release {
        general
            .push("MIGRATABLE=warn is for exploring and does not go into a release build\nhelp: unset it".to_owned());
    }
    let configuration = configuration(surroundings, &mut general);
    let databases = configuration.as_ref().map_or(vec![None], |it| it.each().into_iter().map(Some).collect());
    let read: Vec<Database> =
        databases.iter().map(|it| Database::read(it.as_ref(), surroundings, &manifest, &output)).collect();
    let mut schema = String::new();
    let mut all: Option<Report> = None;
    for database in &read {
        let (report, text) = database.report(surroundings, &manifest);
        match &database.configuration.and_then(|it| it.database.as_ref()) {
            Some(name) => schema.push_str(&format!("/// The database `{name}`.\npub mod {name} {{\n{text}}}\n")),
            None => schema.push_str(&text),
        }
        match &mut all {
            Some(all) => all.absorb(report),
            None => all = Some(report),
        }
    }
    // There is always one.
    let (Some(mut report), Some(first)) = (all, read.first()) else { return Vec::new() };
    general.into_iter().for_each(|message| report.package(message));
    report.package.diesel = manifest.diesel.as_ref().map(|diesel| diesel.name.clone());
    report.package.diesel_alias = manifest.needs_alias();
    report.package.enum_types = read.iter().any(|it| diesel_schema::enums_have_types(&it.dialects));
    let unplaced = report.place_package_findings();

    output.write(SCHEMA, &schema);
    output.write(PACKAGE, &write_package(&report.package));
    output.write_models(&report.models());
    let configurations: Vec<&Configuration> = databases.iter().flatten().collect();
    let mut lines = watch::lines(surroundings, &first.scan, &configurations, &manifest);
    lines.extend(unplaced.iter().chain(&output.errors).map(|message| format!("error={}", one_line(message))));
    lines
}

/// One of the databases of a project, as its models and its lock say.
struct Database<'a> {
    configuration: Option<&'a Configuration>,
    dialects: Vec<Dialect>,
    scan: Scan,
    /// None without a configuration.
    locked: Option<Result<Locked, String>>,
}

impl<'a> Database<'a> {
    fn read(
        configuration: Option<&'a Configuration>,
        surroundings: &Surroundings,
        manifest: &Manifest,
        output: &Output,
    ) -> Database<'a> {
        let dialects = configuration.map_or_else(|| manifest.dialects(), |it| it.dialects.clone());
        let database = configuration.and_then(|it| it.database.as_ref());
        let suffix = database.map_or(String::new(), |name| format!(".{name}"));
        let cache = |what: &str| output.path(&format!("{what}{suffix}.cache"));
        let Surroundings { manifest_dir, package, .. } = surroundings;
        // Build scripts are not optimised: what can be done at the same time is.
        let (scan, locked) = thread::scope(|threads| {
            let cached = cache("lock");
            let locked = configuration.map(|it| threads.spawn(move || locked::read(it, &cached)));
            let kept = cache("scan");
            let scan = match configuration {
                Some(configuration) => configuration.scan(package, manifest_dir, Some(&kept)),
                None => models::scan(package, manifest_dir, &dialects, Some(&kept)),
            };
            (scan, locked.map(joined))
        });
        Database { configuration, dialects, scan, locked }
    }

    /// What was found, and the text of the Diesel schema.
    fn report(&'a self, surroundings: &'a Surroundings, manifest: &Manifest) -> (Report<'a>, String) {
        let Database { configuration, dialects, scan, locked } = self;
        let wide = diesel::too_wide(manifest, scan);
        let (compared, schema, mut report) = thread::scope(|threads| {
            let compared = threads.spawn(|| match (configuration, locked) {
                (Some(configuration), Some(Ok(locked))) => compare(configuration, &surroundings.package, scan, locked),
                (_, Some(Err(message))) => Err(message.clone()),
                _ => Ok(Compared::default()),
            });
            let report = Report::new(&surroundings.manifest_dir, scan);
            let schema = diesel::schema(manifest, scan, dialects, &wide);
            (joined(compared), schema, report)
        });
        match compared {
            Ok(compared) => {
                compared.dangling.iter().for_each(|error| report.scan_error(error));
                let warning = surroundings.warn && !surroundings.release;
                compared.drift.iter().for_each(|(drift, message)| report.drift(drift, message, warning));
                compared.done.iter().for_each(|done| report.drift(done, &done.message, true));
            }
            Err(message) => report.package(message),
        }
        scan.errors.iter().for_each(|error| report.scan_error(error));
        for (table, message) in &wide {
            report.table(table, Finding { place: Place::Item, message: message.clone(), warning: false });
        }
        report.package.incomplete = scan.errors.iter().any(|error| error.fatal);
        (report, schema)
    }
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

/// What the lock has to say about the models.
#[derive(Default)]
struct Compared {
    /// References to what nobody has.
    dangling: Vec<ScanError>,
    /// The differences, each with what to say about it.
    drift: Vec<(Drift, String)>,
    /// The attributes that have done their work.
    done: Vec<Drift>,
}

fn compare(configuration: &Configuration, package: &str, scan: &Scan, locked: &Locked) -> Result<Compared, String> {
    let outside: BTreeSet<&TableName> = scan.outside_references.iter().map(|it| &it.table).collect();
    let others = Schema { tables: locked.parse(&outside)?, ..Schema::default() };
    let command = configuration.command("revision -m \"…\"");
    let with_command = |drift: Drift| {
        let message = format!("{}\nhelp: run `{command}`{}", drift.message, drift.with_answers());
        (drift, message)
    };
    let found = drift::find(configuration, package, scan, locked)?;
    let drift = found.drift.into_iter().map(with_command).collect();
    Ok(Compared { dangling: scan.dangling(&others), drift, done: found.done })
}

/// What a thread has computed.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Whether the folder of the build's own output lies in a folder: what is written there would make cargo run the build
/// script again and again.
fn holds_target(folder: &Path, out_dir: &Path) -> bool {
    out_dir.starts_with(folder) || folder.join("target").is_dir() || folder.join("CACHEDIR.TAG").is_file()
}
