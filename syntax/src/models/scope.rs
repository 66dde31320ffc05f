//! The names that a module knows, and where they lead: through `use`, `self`, `super`, `crate` and the package's name.

use std::collections::{BTreeMap, BTreeSet};

use syn::ext::IdentExt;
use syn::{Ident, UseTree};

use super::rust_type::{Origin, TypePath};

/// The names that a module knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) module: Vec<String>,
    package: String,
    imports: BTreeMap<String, Vec<String>>,
    /// Whole modules brought in.
    globs: Vec<Vec<String>>,
    /// The items and modules that it defines.
    pub(super) own: BTreeSet<String>,
}

impl Scope {
    pub(super) fn new(module: Vec<String>, package: &str) -> Scope {
        Scope { module, package: package.replace('-', "_"), ..Scope::default() }
    }

    /// The path of a name that this module defines.
    pub(super) fn own_path(&self, name: &str) -> TypePath {
        TypePath { origin: Origin::Crate, segments: [self.module.clone(), vec![name.to_owned()]].concat() }
    }

    /// Where a path written in this module leads.
    pub(super) fn follow(&self, segments: Vec<String>) -> TypePath {
        self.follow_from(segments, 0)
    }

    fn follow_from(&self, mut segments: Vec<String>, depth: usize) -> TypePath {
        let inside = |segments: Vec<String>| TypePath { origin: Origin::Crate, segments };
        let Some(first) = segments.first().cloned() else { return TypePath { origin: Origin::Bare, segments } };
        match first.as_str() {
            "crate" => return inside(segments.split_off(1)),
            "self" => return inside([self.module.clone(), segments.split_off(1)].concat()),
            "super" => {
                let up = segments.iter().take_while(|segment| *segment == "super").count();
                let kept = self.module.len().saturating_sub(up);
                return inside([self.module[..kept].to_vec(), segments.split_off(up)].concat());
            }
            _ => {}
        }
        if self.own.contains(&first) {
            return inside([self.module.clone(), segments].concat());
        }
        if let Some(import) = self.imports.get(&first)
            && depth < 8
        {
            let path = [import.clone(), segments.split_off(1)].concat();
            // `use chrono;` names itself.
            if path.first() == Some(&first) && !matches!(first.as_str(), "crate" | "self" | "super") {
                return self.outside(path);
            }
            return self.follow_from(path, depth + 1);
        }
        if segments.len() == 1 {
            let known = |crate_name: &str| {
                let path = TypePath { origin: Origin::Outside, segments: vec![crate_name.to_owned(), first.clone()] };
                path.column_type().is_some()
            };
            if let Some(glob) = self.globs.iter().find(|glob| glob.first().is_some_and(|it| known(it))) {
                return TypePath { origin: Origin::Outside, segments: vec![glob[0].clone(), first] };
            }
            return TypePath { origin: Origin::Bare, segments };
        }
        self.outside(segments)
    }

    fn outside(&self, mut segments: Vec<String>) -> TypePath {
        if segments.len() > 1 && segments[0] == self.package {
            return TypePath { origin: Origin::Crate, segments: segments.split_off(1) };
        }
        TypePath { origin: Origin::Outside, segments }
    }

    /// Takes in a `use`.
    pub(super) fn import(&mut self, tree: &UseTree, prefix: &[String]) {
        let with = |ident: &Ident| [prefix, &[ident.unraw().to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident)),
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = prefix.last() {
                    self.imports.insert(last.clone(), prefix.to_vec());
                }
            }
            UseTree::Name(name) => {
                self.imports.insert(name.ident.unraw().to_string(), with(&name.ident));
            }
            UseTree::Rename(rename) => {
                let path = if rename.ident == "self" { prefix.to_vec() } else { with(&rename.ident) };
                self.imports.insert(rename.rename.unraw().to_string(), path);
            }
            UseTree::Glob(_) => self.globs.push(prefix.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, prefix)),
        }
    }
}
