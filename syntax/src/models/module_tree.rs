//! The files of a package, found by following `mod` from its roots, whatever `cfg` says.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::ScanError;
use super::cache::{Stamp, Stored, StoredResults, text_hash};
use super::source::{self, Facts, Module, Source};
use crate::paths::plain;

/// A file of the package.
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) module: Vec<String>,
    /// The root through which it was found, counted from 0; that of the library comes first.
    pub(super) root: usize,
    /// Whether a module on the way to it may be left out of a build.
    pub(super) is_conditional: bool,
    pub(super) stamp: Stamp,
    pub(super) text_hash: u64,
    pub(super) facts: Facts,
    /// What an earlier run found in the same text.
    pub(super) stored: Option<StoredResults>,
    source: RefCell<Option<Rc<Source>>>,
}

impl SourceFile {
    /// The parsed text.
    pub(super) fn source(&self, package: &str) -> Rc<Source> {
        let mut source = self.source.borrow_mut();
        let parsed = source.get_or_insert_with(|| {
            let text = fs::read_to_string(&self.path).unwrap_or_default();
            Rc::new(source::parse(&text, &self.path, &self.module, package).1)
        });
        Rc::clone(parsed)
    }
}

/// The files of a package.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) files: Vec<SourceFile>,
    /// Mistakes that no file holds: roots and modules that are not there.
    pub(super) errors: Vec<ScanError>,
    /// The folders in which modules stand.
    pub(super) folders: Vec<PathBuf>,
}

/// Follows the modules of the package in a folder.
pub(super) fn walk(package: &str, manifest_dir: &Path, stored: &Stored) -> Tree {
    let mut walk = Walk { package, stored, seen: HashSet::new(), root: 0, tree: Tree::default() };
    let manifest = manifest_dir.join("Cargo.toml");
    let roots = roots(manifest_dir, &fs::read_to_string(&manifest).unwrap_or_default());
    if roots.is_empty() {
        let message = "this package has no src/lib.rs and no src/main.rs, so its models cannot be read".to_owned();
        walk.tree.errors.push(fatal(&manifest, 1, 1, message));
    }
    for (number, root) in roots.into_iter().enumerate() {
        walk.root = number;
        walk.file(root, Vec::new(), true, false);
    }
    let mut tree = walk.tree;
    tree.folders = folders(manifest_dir, &tree.files);
    tree
}

fn fatal(file: &Path, line: usize, column: usize, message: String) -> ScanError {
    ScanError { file: file.to_owned(), line, column, message, fatal: true, item: None, field: None }
}

struct Walk<'w> {
    package: &'w str,
    stored: &'w Stored,
    seen: HashSet<PathBuf>,
    /// The root whose modules are being followed.
    root: usize,
    tree: Tree,
}

impl Walk<'_> {
    fn file(&mut self, path: PathBuf, module: Vec<String>, is_mod_rs: bool, is_conditional: bool) {
        let path = plain(&path);
        if !self.seen.insert(path.clone()) {
            return;
        }
        let file = self.load(path, module, is_conditional);
        let modules = file.facts.modules.clone();
        let (path, module) = (file.path.clone(), file.module.clone());
        self.tree.files.push(file);
        for declared in &modules {
            self.declared(&path, &module, is_mod_rs, is_conditional || declared.is_conditional, declared);
        }
    }

    /// Loads a file: from the cache if its time and length, or else its text, are still the same.
    fn load(&self, path: PathBuf, module: Vec<String>, is_conditional: bool) -> SourceFile {
        let stamp = fs::metadata(&path).map(|metadata| Stamp::of(&metadata)).unwrap_or_default();
        let record = self.stored.record(&path, &module);
        let mut file = SourceFile {
            path,
            module,
            root: self.root,
            is_conditional,
            stamp,
            text_hash: 0,
            facts: Facts::default(),
            stored: None,
            source: RefCell::default(),
        };
        if let Some(record) = record.filter(|record| record.is_fresh(stamp))
            && let Some((facts, stored)) = self.stored.decode(record)
        {
            let text_hash = record.text_hash;
            return SourceFile { text_hash, facts, stored: Some(stored), ..file };
        }
        let text = match fs::read_to_string(&file.path) {
            Ok(text) => text,
            Err(error) => {
                file.facts.error = Some(fatal(&file.path, 1, 1, unreadable(&error)));
                return SourceFile { source: RefCell::new(Some(Rc::default())), ..file };
            }
        };
        file.text_hash = text_hash(&text);
        if let Some(record) = record.filter(|record| record.text_hash == file.text_hash)
            && let Some((facts, stored)) = self.stored.decode(record)
        {
            return SourceFile { facts, stored: Some(stored), ..file };
        }
        let (facts, source) = source::parse(&text, &file.path, &file.module, self.package);
        SourceFile { facts, source: RefCell::new(Some(Rc::new(source))), ..file }
    }

    fn declared(&mut self, path: &Path, module: &[String], is_mod_rs: bool, is_conditional: bool, declared: &Module) {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut inside = if is_mod_rs { folder.to_owned() } else { path.with_extension("") };
        for (depth, (name, said)) in declared.around.iter().enumerate() {
            inside = match said {
                Some(said) if depth == 0 => folder.join(said),
                Some(said) => inside.join(said),
                None => inside.join(name),
            };
        }
        let around: Vec<String> = declared.around.iter().map(|(name, _)| name.clone()).collect();
        let module = [module, &around, std::slice::from_ref(&declared.name)].concat();
        let said_from = if declared.around.is_empty() { folder } else { &inside };
        let mut found = Vec::new();
        for said in &declared.paths {
            let path = said_from.join(said);
            if path.is_file() {
                found.push((path, true));
            }
        }
        if !declared.path_is_certain {
            let file = inside.join(format!("{}.rs", declared.name));
            let folder = inside.join(&declared.name).join("mod.rs");
            if file.is_file() {
                found.push((file, false));
            } else if folder.is_file() {
                found.push((folder, true));
            }
        }
        if found.is_empty() && !declared.has_cfg {
            let name = &declared.name;
            let wanted = match declared.paths.first().filter(|_| declared.path_is_certain) {
                Some(said) => format!("{:?}", said_from.join(said).display().to_string()),
                None => format!("\"{0}/{name}.rs\" or \"{0}/{name}/mod.rs\"", inside.display()),
            };
            let message =
                format!("file not found for module `{name}`\nhelp: to create the module `{name}`, create {wanted}");
            self.tree.errors.push(fatal(path, declared.line, declared.column, message));
        }
        for (path, is_mod_rs) in found {
            self.file(path, module.clone(), is_mod_rs, is_conditional);
        }
    }
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "this file is not there".to_owned(),
        std::io::ErrorKind::InvalidData => "this file is not valid UTF-8".to_owned(),
        _ => format!("this file cannot be read: {error}"),
    }
}

/// The crate roots of a package: those that Cargo finds by itself, and those that Cargo.toml names.
fn roots(manifest_dir: &Path, manifest: &str) -> Vec<PathBuf> {
    let mut section = "";
    let mut library = None;
    let mut named = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line.split('#').next().unwrap_or(line).trim();
        } else if let Some(path) = assigned_path(line) {
            match section {
                "[lib]" => library = Some(path),
                "[[bin]]" => named.push(manifest_dir.join(path)),
                _ => {}
            }
        }
    }
    let source = manifest_dir.join("src");
    let mut roots = vec![library.map_or_else(|| source.join("lib.rs"), |path| manifest_dir.join(path))];
    roots.push(source.join("main.rs"));
    let mut binaries: Vec<PathBuf> = fs::read_dir(source.join("bin"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .map(|path| if path.is_dir() { path.join("main.rs") } else { path })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    binaries.sort();
    roots.extend(binaries);
    roots.extend(named);
    roots.retain(|path| path.is_file());
    roots
}

/// The value of `path = "…"`.
fn assigned_path(line: &str) -> Option<&str> {
    let value = line.strip_prefix("path")?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next()
}

/// The folders of the files; of one in another only the outer one, and none that holds `target/`.
fn folders(manifest_dir: &Path, files: &[SourceFile]) -> Vec<PathBuf> {
    let mut folders: Vec<&Path> = files.iter().filter_map(|file| file.path.parent()).collect();
    folders.sort();
    folders.dedup();
    let mut outer: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let holds_target = manifest_dir.starts_with(folder) || folder.join("target").is_dir();
        if !holds_target && folder.is_dir() && !outer.iter().any(|outer| folder.starts_with(outer)) {
            outer.push(folder.to_owned());
        }
    }
    outer
}
