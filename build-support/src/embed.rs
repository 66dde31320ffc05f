//! The build script of a migrations package.
//!
//! It leaves in `OUT_DIR/migratable/` what the macros of the package take in: the index of the revisions, the typed
//! tables of each data step, and what is wrong, for the macros to report where it stands.

mod index;
mod outputs;
mod rows;
mod steps;
mod tested;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use migratable_syntax::findings::{self, Finding, Place};
use migratable_syntax::revision::{HEADER, Located};

use crate::configuration::Configuration;
use crate::history::{History, LockProblem, Problem, ProblemPlace, Seen};
use crate::manifest::{self, Manifest};
use index::Index;
use outputs::Outputs;
use rows::RowModules;
use steps::Steps;
use tested::Tested;

/// Takes the revisions in `versions/` into the migrations package; to be called in its `build.rs`.
///
/// It never fails because of a revision: what is wrong becomes an error of the compiler, at its place.
pub fn embed_migrations() {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from);
    let (Some(dir), Some(out_dir)) = (variable("CARGO_MANIFEST_DIR"), variable("OUT_DIR")) else {
        println!("cargo::error=embed_migrations() can only be called in a build script");
        return;
    };
    for path in watched(&dir, &out_dir) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let outputs = embed(&dir, env::var_os("CARGO_FEATURE_REVISIONS").is_some());
    if let Err(error) = outputs.save(&out_dir.join(findings::FOLDER)) {
        println!("cargo::error={error}");
    }
}

/// What a change must run the build script again.
fn watched(dir: &Path, out_dir: &Path) -> Vec<PathBuf> {
    let mut watched = vec![dir.join("Cargo.toml")];
    watched.extend(Manifest::read(dir, &manifest::enabled_features()).workspace);
    let databases = Configuration::read(dir).map(|it| it.each()).unwrap_or_default();
    let files = databases.iter().map(|it| (it.versions(), it.lock()));
    let usual = databases.is_empty().then(|| (dir.join("versions"), dir.join("schema.lock")));
    for (versions, lock) in files.chain(usual) {
        watch(versions, lock, dir, out_dir, &mut watched);
    }
    watched
}

/// The same for the files of a database.
fn watch(versions: PathBuf, lock: PathBuf, dir: &Path, out_dir: &Path, watched: &mut Vec<PathBuf>) {
    let holds_target = out_dir.starts_with(dir) || dir.join("target").exists();
    if versions.exists() && lock.exists() {
        watched.extend([versions, lock]);
    } else if !holds_target {
        // A path that is not there would run the script each time; the folder shows when it comes.
        watched.push(dir.to_path_buf());
    } else {
        // Nothing compiles without a lock, and the first revision changes it.
        watched.push(lock);
        watched.extend(versions.exists().then_some(versions));
    }
}

/// What the macros need of the package in a folder.
fn embed(dir: &Path, with_revisions: bool) -> Outputs {
    let mut outputs = Outputs::default();
    // All of it: `migrate` says of a value in which line of which file it stands, also without the sources.
    outputs.add("configuration.toml", fs::read_to_string(dir.join("Cargo.toml")).unwrap_or_default());
    let configuration = match Configuration::read(dir) {
        Ok(configuration) => configuration,
        Err(message) => {
            outputs.add(findings::PACKAGE, findings::write(&[error(Place::Item, message)]));
            outputs.add(index::FILE, index::empty());
            return outputs;
        }
    };
    if with_revisions {
        let manifest = Manifest::read(dir, &manifest::enabled_features());
        let mut package = Vec::new();
        let mut index = Index::new(&configuration);
        let mut files = BTreeMap::new();
        for database in configuration.each() {
            revisions(&database, &manifest, &mut files, &mut index, &mut package, &mut outputs);
        }
        outputs.add(index::FILE, index.text());
        outputs.add(findings::PACKAGE, findings::write(&package));
    }
    outputs
}

/// The revisions of a database; `files` are those of the databases before it, by their identifiers.
fn revisions(
    configuration: &Configuration,
    manifest: &Manifest,
    files: &mut BTreeMap<String, PathBuf>,
    index: &mut Index,
    package: &mut Vec<Finding>,
    outputs: &mut Outputs,
) {
    let history = History::read(&configuration.versions());
    let copies = copies(&history, files);
    let mut steps = Steps::new(configuration, manifest.column_limit());
    let mut rows = RowModules::new(configuration, &manifest.features);
    let mut tested = Tested::new(configuration, manifest.column_limit());
    let walk = history.walk(&mut |seen| match seen {
        Seen::Step(step) => steps.add(&step),
        Seen::Rows(of) => {
            rows.add(&of);
            tested.add(&of);
        }
    });
    let of_steps = std::mem::take(&mut steps.problems);
    let found = history.problems.iter().chain(&walk.problems).chain(&of_steps).chain(&rows.problems);
    let mut problems: Vec<&Problem> = found.chain(&copies).collect();
    problems.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
    let is_sound = problems.is_empty();

    let said_before = package.len();
    let mut in_files: BTreeMap<&Path, Vec<Finding>> = BTreeMap::new();
    for problem in &problems {
        let findings = in_files.entry(&problem.path).or_default();
        match &problem.place {
            ProblemPlace::Located(located) => findings.push(finding(problem, located)),
            ProblemPlace::Compiler => {}
            ProblemPlace::Nowhere => package.push(error(Place::Item, problem.to_string())),
        }
    }
    let replayed = is_sound.then_some(&walk.replay.schema);
    if let Err(problem) = LockProblem::check(&configuration.lock(), &history, replayed) {
        package.push(error(Place::Item, problem.message(configuration)));
    }
    let said = package.len() > said_before || in_files.values().any(|findings| !findings.is_empty());
    if let Some(problem) = problems.first().filter(|_| !said) {
        // Nothing is taken in then, and that must not go unnoticed, even if the compiler finds no fault in the files.
        let message = format!("the revisions cannot be taken in\n{problem}");
        package.push(error(Place::Item, message));
    }

    let has_problem =
        |path: &Path| problems.iter().any(|problem| problem.path == path && problem.place != ProblemPlace::Nowhere);
    let mut entries = Vec::new();
    for entry in &history.revisions {
        let first = history.entry(&entry.file.id).is_some_and(|first| first.path == entry.path);
        let is_copy = copies.iter().any(|copy| copy.path == entry.path);
        if first && !is_copy && (walk.reached.contains(&entry.file.id) || has_problem(&entry.path)) {
            entries.push(entry);
        }
    }
    let of_steps: Vec<String> = entries.iter().map(|entry| steps.text(entry)).collect();
    for (entry, mut text) in entries.iter().zip(of_steps) {
        let id = &entry.file.id;
        text.push_str(rows.text(id));
        text.push_str(&tested.text(entry, &mut steps.sharing));
        outputs.add(&format!("{id}.rs"), text);
    }
    for (path, findings) in in_files.iter().filter(|(_, findings)| !findings.is_empty()) {
        outputs.add(&format!("{}.txt", stem(path)), findings::write(findings));
    }
    let unread: Vec<&PathBuf> = history.unread.iter().filter(|path| has_problem(path)).collect();
    index.add(configuration, &history, &entries, &unread, is_sound);
}

/// The revisions whose identifier one of another database has. Each is a module of its identifier, in one package.
fn copies(history: &History, files: &mut BTreeMap<String, PathBuf>) -> Vec<Problem> {
    let mut copies = Vec::new();
    let mut own = BTreeMap::new();
    for entry in &history.revisions {
        let id = &entry.file.id;
        match files.get(id) {
            Some(first) => {
                let message = format!(
                    "has the id `{id}` of {}, which is of another database: a copied revision needs an id and a file \
                     name of its own",
                    first.display()
                );
                copies.push(Problem::nowhere(entry.path.clone(), message));
            }
            None => {
                own.insert(id.clone(), entry.path.clone());
            }
        }
    }
    files.append(&mut own);
    copies
}

fn error(place: Place, message: String) -> Finding {
    Finding { place, message, warning: false }
}

fn finding(problem: &Problem, located: &Located) -> Finding {
    let Located { function, statement, token, line, column, .. } = located;
    let function = function.clone().unwrap_or_else(|| HEADER.to_owned());
    match statement {
        Some(statement) => {
            let place = Place::Token { function, statement: *statement, token: token.unwrap_or_default() };
            error(place, problem.message.clone())
        }
        // `revision!` sees nothing but itself, and so says where in the file it is.
        None if function == HEADER => error(Place::Function(function), format!("{line}:{column}: {}", problem.message)),
        None => error(Place::Function(function), problem.message.clone()),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
