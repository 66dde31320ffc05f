//! A project on the disk, in which `revision` is asked for what has changed.

use std::fs;
use std::path::{Path, PathBuf};

use migratable_cli::Project;
use migratable_core::Schema;
use migratable_core::lock::{self, Lock};
use migratable_syntax::revision::{RevisionFile, parse};
use migratable_tests::Said;
use migratable_tests::in_process::migrate;
use tempfile::TempDir;

use crate::transition::Transition;

/// What `revision` has written for a transition.
pub struct Written {
    /// The schema after, as the lock has it.
    pub after: Schema,
    /// The first revision, from nothing to the models before.
    pub first: RevisionFile,
    /// The second, from there to the models after; none if there is nothing to do.
    pub second: Option<RevisionFile>,
}

/// Writes the revisions of a transition, and holds what `revision` says against what the transition expects; none if it
/// is expected that there is no revision.
pub fn written(transition: &Transition) -> Result<Option<Written>, String> {
    let package = Package::new(transition)?;
    package.models(&transition.before)?;
    let empty: &[&str] = if transition.before.is_empty() { &["--empty"] } else { &[] };
    let said = package.revision(&[&["-m", "first"], empty].concat());
    if said.status != 0 {
        return Err(format!("the models before: {}", said.stderr));
    }
    let first = package.newest()?;
    package.models(&transition.after)?;
    package.asks(transition)?;

    let mut words = vec!["-m", "second"];
    words.extend(transition.answers.iter().filter_map(|answer| answer.split_once(' ')).flat_map(|(a, b)| [a, b]));
    let said = package.revision(&words);
    if !transition.refused.is_empty() {
        return package.is_refused(&said, &transition.refused).map(|()| None);
    }
    if said.status != 0 {
        return Err(said.stderr);
    }
    let lines: Vec<&str> = said.stdout.lines().take_while(|line| !line.starts_with("wrote ")).collect();
    let is_unchanged = said.stdout.starts_with("Nothing changed");
    let found = if is_unchanged { Vec::new() } else { lines };
    if found != transition.operations {
        let lines: Vec<String> = found.iter().map(|line| format!("    {line:?},\n")).collect();
        return Err(format!("operations = [\n{}]", lines.concat()));
    }
    let second = if is_unchanged { None } else { Some(package.newest()?) };
    package.is_settled(transition)?;
    let after = package.lock()?.schema;
    Ok(Some(Written { after, first, second }))
}

/// That the transition has a body for each step that is left open, and for no other.
pub fn steps_are_filled(transition: &Transition, written: &Written) -> Result<(), String> {
    let open = written.second.as_ref().map_or(&[][..], |file| &file.steps);
    let mut open: Vec<&String> = open.iter().collect();
    open.sort();
    let filled: Vec<&String> = transition.fill.keys().collect();
    if open == filled { Ok(()) } else { Err(format!("the open steps are {open:?}")) }
}

struct Package {
    _folder: TempDir,
    root: PathBuf,
}

impl Package {
    fn new(transition: &Transition) -> Result<Package, String> {
        let folder = tempfile::tempdir_in(scratch()).map_err(|error| error.to_string())?;
        let root = folder.path().to_owned();
        let package = Package { _folder: folder, root };
        let dialects: Vec<&str> = transition.dialects.iter().map(|dialect| dialect.name()).collect();
        package.write("app/Cargo.toml", "[package]\nname = \"app\"\n")?;
        package.write(
            "migrations/Cargo.toml",
            &format!(
                "[package]\nname = \"app-migrations\"\n\n[package.metadata.migratable]\ndialects = {dialects:?}\n\
                 models = [\"../app\"]\npost-write-hooks = []\n"
            ),
        )?;
        package.write("migrations/schema.lock", &lock::write(&[], &Schema::default()))?;
        fs::create_dir_all(package.root.join("migrations/versions")).map_err(|error| error.to_string())?;
        Ok(package)
    }

    fn write(&self, path: &str, text: &str) -> Result<(), String> {
        let path = self.root.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| error.to_string())?;
        fs::write(path, text).map_err(|error| error.to_string())
    }

    /// Writes models, each of which derives `Migratable`.
    fn models(&self, models: &str) -> Result<(), String> {
        let mut text = String::new();
        for line in models.lines() {
            let is_item = ["struct ", "enum "].iter().any(|word| line.trim_start().starts_with(word));
            text.push_str(if is_item { "#[derive(Migratable)] " } else { "" });
            text.push_str(line);
            text.push('\n');
        }
        self.write("app/src/lib.rs", &text)
    }

    fn revision(&self, words: &[&str]) -> Said {
        let folder = self.root.join("migrations");
        let project = Project::new(&folder, "app-migrations", "[package]\nname = \"app-migrations\"\n");
        migrate(&project, &self.root, ["revision"].iter().chain(words).copied())
    }

    /// Without answers `revision` asks, and writes nothing.
    fn asks(&self, transition: &Transition) -> Result<(), String> {
        if transition.asks.is_empty() {
            return Ok(());
        }
        let said = self.revision(&[]);
        let flags: Vec<&str> = said.stderr.lines().map(str::trim).filter(|line| line.starts_with("--")).collect();
        if flags != transition.asks {
            return Err(format!("it asks for {flags:#?}\n{}", said.stderr));
        }
        self.is_refused(&said, "")
    }

    /// That nothing was written, for this reason.
    fn is_refused(&self, said: &Said, why: &str) -> Result<(), String> {
        if said.status != 1 || !said.stderr.contains(why) {
            return Err(format!("`{why}` is not the reason: {}{}", said.stdout, said.stderr));
        }
        match self.files()?.len() {
            1 => Ok(()),
            count => Err(format!("{count} revisions are there after a refusal")),
        }
    }

    /// That `revision` finds nothing more, and says of a rename that is declared in the models that it is done.
    fn is_settled(&self, transition: &Transition) -> Result<(), String> {
        let said = self.revision(&[]);
        let is_declared = transition.after.contains("renamed_from");
        let expected = if is_declared {
            said.stderr.contains("remove this `renamed_from`")
        } else {
            said.stdout.starts_with("Nothing changed") && !said.stdout.contains("refreshed")
        };
        if expected { Ok(()) } else { Err(format!("a second time it says {}{}", said.stdout, said.stderr)) }
    }

    fn files(&self) -> Result<Vec<PathBuf>, String> {
        let folder = self.root.join("migrations/versions");
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        Ok(files)
    }

    /// The newest revision file, read.
    fn newest(&self) -> Result<RevisionFile, String> {
        let files = self.files()?;
        let file = files.last().ok_or("there is no revision")?;
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        parse(&text).map_err(|mistakes| format!("{mistakes:?}\n{text}"))
    }

    fn lock(&self) -> Result<Lock, String> {
        let text = fs::read_to_string(self.root.join("migrations/schema.lock")).map_err(|error| error.to_string())?;
        lock::read(&text).map_err(|error| error.to_string())
    }
}

/// A folder in memory where there is one: each file is written through to the disk.
fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}
