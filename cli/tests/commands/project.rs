//! A small project on the disk, and `migrate` run in it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use migratable_cli::{Console, Project};
use migratable_core::lock::{self, Lock};
use tempfile::TempDir;

/// A package `blog` with models in `src/lib.rs` and migrations beside it.
pub struct Blog {
    _folder: TempDir,
    pub root: PathBuf,
    variables: RefCell<BTreeMap<String, String>>,
}

/// What a command did.
pub struct Ran {
    pub status: u8,
    pub out: String,
    pub err: String,
}

impl Blog {
    pub fn new(models: &str) -> Blog {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let blog = Blog { _folder: folder, root, variables: RefCell::default() };
        blog.write("Cargo.toml", "[package]\nname = \"blog\"\n\n[workspace]\nmembers = [\"migrations\"]\n");
        blog.models(models);
        blog.write(
            "migrations/Cargo.toml",
            "[package]\nname = \"blog-migrations\"\n\n[package.metadata.migratable]\ndialects = [\"sqlite\"]\n",
        );
        fs::create_dir_all(blog.path("migrations/versions")).unwrap();
        blog.write("migrations/schema.lock", &lock::write(&[], &migratable_core::Schema::default()));
        blog
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn models(&self, text: &str) {
        self.write("src/lib.rs", text);
    }

    pub fn set(&self, variable: &str, value: &str) {
        self.variables.borrow_mut().insert(variable.to_owned(), value.to_owned());
    }

    pub fn lock(&self) -> Lock {
        lock::read(&self.read("migrations/schema.lock")).unwrap()
    }

    /// The names of the revision files, in order.
    pub fn files(&self) -> Vec<String> {
        self.names("migrations/versions")
    }

    /// What lies in a folder, by name.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The path of the revision with this in its name.
    pub fn file(&self, part: &str) -> String {
        let names = self.files();
        let found = names.iter().find(|name| name.contains(part));
        format!("migrations/versions/{}", found.unwrap_or_else(|| panic!("no {part} in {names:?}")))
    }

    /// A revision written by hand.
    pub fn revision(&self, id: &str, after: &[&str], upgrade: &str, downgrade: &str) {
        let text = format!(
            "//! revision {id}\n\nuse migratable::revision::*;\n\nrevision!(\"{id}\", after = {after:?});\n\n\
             #[operations]\npub fn upgrade(op: &mut Operations) {{\n{upgrade}\n}}\n\n\
             #[operations]\npub fn downgrade(op: &mut Operations) {{\n{downgrade}\n}}\n"
        );
        self.write(&format!("migrations/versions/20250101_000000_{id}_by_hand.rs"), &text);
    }

    pub fn project(&self) -> Project {
        Project::new(self.path("migrations"), "blog-migrations", "[package]\nname = \"blog-migrations\"\n")
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        run(&self.project(), &self.root, &self.variables.borrow(), None, arguments)
    }

    /// Runs a command with somebody at the terminal who types this.
    pub fn answer(&self, typed: &str, arguments: &[&str]) -> Ran {
        run(&self.project(), &self.root, &self.variables.borrow(), Some(typed), arguments)
    }

    /// Runs a command that must end well, and gives back its stdout.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.status, 0, "{arguments:?}\n{}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs a command that must fail with this status, and gives back its stderr.
    pub fn fails(&self, status: u8, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.status, status, "{arguments:?}\n{}{}", ran.out, ran.err);
        ran.err
    }

    /// Every file of the migrations with its text.
    pub fn snapshot(&self) -> Vec<String> {
        let versions = self.files().into_iter().map(|name| self.read(&format!("migrations/versions/{name}")));
        versions.chain([self.read("migrations/schema.lock")]).collect()
    }
}

/// Runs a command of a project in a folder.
pub fn run(
    project: &Project,
    folder: &Path,
    variables: &BTreeMap<String, String>,
    typed: Option<&str>,
    arguments: &[&str],
) -> Ran {
    let (mut out, mut err, mut input) = (Vec::new(), Vec::new(), typed.unwrap_or_default().as_bytes());
    let variable = |name: &str| variables.get(name).cloned();
    let mut console = Console::new(&mut out, &mut err, folder.to_owned()).with_variables(&variable);
    if typed.is_some() {
        console = console.asking(&mut input);
    }
    let words = ["migrate"].iter().chain(arguments).map(OsString::from);
    let outcome = migratable_cli::run(project, words, &mut console);
    let (out, mut err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
    let status = match outcome {
        Ok(()) => 0,
        Err(failure) => {
            if let Some(message) = failure.message() {
                err.push_str(&format!("error: {message}\n"));
            }
            failure.status()
        }
    };
    Ran { status, out, err }
}

/// Asserts that a text has all of these in it, in this order.
#[track_caller]
pub fn assert_says(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => panic!("`{part}` is not in (the rest of)\n{text}"),
        }
    }
}
