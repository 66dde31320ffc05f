//! What a package's Cargo.toml says about Diesel.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use migratable_core::Dialect;
use toml::de::{DeTable, DeValue};

/// Tables of no more columns are left to Diesel's own error: nearly every build has the feature for them on.
pub(crate) const COMMON_COLUMNS: usize = 32;

/// A package's dependencies, as far as they matter here.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    /// Diesel, if the package depends on it.
    pub(crate) diesel: Option<Diesel>,
    /// The features of `migratable` that Cargo.toml turns on.
    pub(crate) features: BTreeSet<String>,
    /// The manifest of the workspace, if it had to be read.
    pub(crate) workspace: Option<PathBuf>,
    roots: Vec<PathBuf>,
}

/// A package's dependency on Diesel.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Diesel {
    /// The name in Cargo.toml.
    pub(crate) key: String,
    /// The name in Rust.
    pub(crate) name: String,
    features: BTreeSet<String>,
}

/// What a manifest says about a dependency.
struct Dependency {
    package: String,
    features: BTreeSet<String>,
    optional: bool,
}

impl Diesel {
    /// Whether Cargo.toml turns a feature on, itself or by one that includes it.
    pub(crate) fn has_feature(&self, feature: &str) -> bool {
        let including: &[&str] = match feature {
            "32-column-tables" => &["default", "large-tables", "64-column-tables", "huge-tables", "128-column-tables"],
            "64-column-tables" => &["huge-tables", "128-column-tables"],
            _ => &[],
        };
        including.iter().chain([&feature]).any(|it| self.features.contains(*it))
    }
}

/// The features of the package whose build script this is, in the spelling of `CARGO_FEATURE_…`.
pub(crate) fn enabled_features() -> BTreeSet<String> {
    env::vars_os().filter_map(|(name, _)| name.to_str()?.strip_prefix("CARGO_FEATURE_").map(str::to_owned)).collect()
}

impl Manifest {
    /// Reads the manifest of a package; `enabled` are its features in the spelling of `CARGO_FEATURE_…`.
    pub(crate) fn read(manifest_dir: &Path, enabled: &BTreeSet<String>) -> Manifest {
        let mut manifest = Manifest { roots: roots(manifest_dir), ..Manifest::default() };
        let Ok(text) = fs::read_to_string(manifest_dir.join("Cargo.toml")) else { return manifest };
        let Ok(parsed) = DeTable::parse(&text) else { return manifest };
        let parsed = parsed.into_inner();
        let targets = table(&parsed, "target").into_iter().flat_map(|targets| targets.iter());
        let targets = targets.filter_map(|(_, target)| as_table(target.get_ref()));
        for dependencies in std::iter::once(&parsed).chain(targets).filter_map(|it| table(it, "dependencies")) {
            for (key, value) in dependencies.iter() {
                let Some(found) = manifest.dependency(manifest_dir, key.get_ref(), value.get_ref()) else { continue };
                if found.optional && !is_enabled(&parsed, key.get_ref(), enabled) {
                    continue;
                }
                if found.package == "migratable" {
                    manifest.features.extend(found.features);
                    manifest.features.extend(turned_on(&parsed, key.get_ref(), enabled));
                } else if manifest.diesel.is_none() {
                    let (key, name) = (key.get_ref().to_string(), key.get_ref().replace('-', "_"));
                    manifest.diesel = Some(Diesel { key, name, features: found.features });
                }
            }
        }
        manifest
    }

    /// How many columns the tables of Diesel may have; Migratable itself turns on so many as are common.
    pub(crate) fn column_limit(&self) -> usize {
        let has = |feature| self.diesel.as_ref().is_some_and(|diesel| diesel.has_feature(feature));
        match () {
            () if has("128-column-tables") => 128,
            () if has("64-column-tables") => 64,
            () => COMMON_COLUMNS,
        }
    }

    /// The dialects by Diesel's features, for a package without its migrations.
    pub(crate) fn dialects(&self) -> Vec<Dialect> {
        let has = |dialect: &Dialect| self.diesel.as_ref().is_some_and(|it| it.features.contains(dialect.name()));
        let found: Vec<Dialect> = Dialect::ALL.into_iter().filter(has).collect();
        if found.is_empty() { vec![Dialect::Sqlite] } else { found }
    }

    /// Whether Diesel has another name in the package, which its `table!` does not know, and the package itself does
    /// not say `extern crate other as diesel`.
    pub(crate) fn needs_alias(&self) -> bool {
        let Some(diesel) = self.diesel.as_ref().filter(|diesel| diesel.name != "diesel") else { return false };
        let said = format!("extern crate {} as diesel", diesel.name);
        !self.roots.iter().any(|root| fs::read_to_string(root).is_ok_and(|text| text.contains(&said)))
    }

    /// A dependency, if it is Diesel or Migratable.
    fn dependency(&mut self, manifest_dir: &Path, key: &str, value: &DeValue<'_>) -> Option<Dependency> {
        let mut features = BTreeSet::from(["default".to_owned()]);
        let mut package = key.to_owned();
        let mut optional = false;
        if let Some(details) = as_table(value) {
            if boolean(details, "workspace") == Some(true) {
                let (path, text) = workspace_of(manifest_dir)?;
                let parsed = DeTable::parse(&text).ok()?.into_inner();
                self.workspace = Some(path);
                let shared = table(table(&parsed, "workspace")?, "dependencies")?.get(key)?.get_ref();
                if let Some(shared) = as_table(shared) {
                    details_of(shared, &mut package, &mut features);
                }
                // A member can only add to what the workspace says, or turn the default on again.
                if boolean(details, "default-features") == Some(true) {
                    features.insert("default".to_owned());
                }
                features.extend(texts(details, "features"));
            } else {
                details_of(details, &mut package, &mut features);
            }
            optional = boolean(details, "optional") == Some(true);
        }
        ["diesel", "migratable"].contains(&package.as_str()).then_some(Dependency { package, features, optional })
    }
}

fn details_of(details: &DeTable<'_>, package: &mut String, features: &mut BTreeSet<String>) {
    if let Some(DeValue::String(name)) = details.get("package").map(|it| it.get_ref()) {
        *package = name.to_string();
    }
    let default = boolean(details, "default-features").or_else(|| boolean(details, "default_features"));
    if default == Some(false) {
        features.remove("default");
    }
    features.extend(texts(details, "features"));
}

/// Whether a feature of the package turns an optional dependency on.
fn is_enabled(manifest: &DeTable<'_>, key: &str, enabled: &BTreeSet<String>) -> bool {
    if enabled.contains(&spelled(key)) {
        return true;
    }
    let turns_on = |item: &String| {
        item == key || *item == format!("dep:{key}") || item.strip_prefix(key).is_some_and(|it| it.starts_with('/'))
    };
    included(manifest, enabled).iter().any(turns_on)
}

/// The features of a dependency that those of the package turn on.
fn turned_on(manifest: &DeTable<'_>, key: &str, enabled: &BTreeSet<String>) -> Vec<String> {
    let feature = |item: &String| {
        let rest = item.strip_prefix(key)?;
        rest.strip_prefix('/').or_else(|| rest.strip_prefix("?/")).map(str::to_owned)
    };
    included(manifest, enabled).iter().filter_map(feature).collect()
}

/// What the features of the package that are on include.
fn included(manifest: &DeTable<'_>, enabled: &BTreeSet<String>) -> Vec<String> {
    let features = table(manifest, "features").into_iter().flat_map(|features| features.iter());
    let on = features.filter(|(name, _)| enabled.contains(&spelled(name.get_ref())));
    on.flat_map(|(_, value)| strings(value.get_ref())).collect()
}

/// A feature in the spelling of `CARGO_FEATURE_…`.
fn spelled(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// The manifest of the workspace of a package, with its text.
fn workspace_of(manifest_dir: &Path) -> Option<(PathBuf, String)> {
    manifest_dir.ancestors().find_map(|folder| {
        let path = folder.join("Cargo.toml");
        let text = fs::read_to_string(&path).ok()?;
        let is_root = text.lines().any(|line| line.trim_start().starts_with("[workspace"));
        is_root.then_some((path, text))
    })
}

fn roots(manifest_dir: &Path) -> Vec<PathBuf> {
    ["src/lib.rs", "src/main.rs"].into_iter().map(|root| manifest_dir.join(root)).collect()
}

fn table<'v, 'a>(from: &'v DeTable<'a>, key: &str) -> Option<&'v DeTable<'a>> {
    as_table(from.get(key)?.get_ref())
}

fn as_table<'v, 'a>(value: &'v DeValue<'a>) -> Option<&'v DeTable<'a>> {
    match value {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn boolean(from: &DeTable<'_>, key: &str) -> Option<bool> {
    match from.get(key)?.get_ref() {
        DeValue::Boolean(value) => Some(*value),
        _ => None,
    }
}

fn texts(from: &DeTable<'_>, key: &str) -> Vec<String> {
    from.get(key).map_or_else(Vec::new, |value| strings(value.get_ref()))
}

fn strings(value: &DeValue<'_>) -> Vec<String> {
    let DeValue::Array(items) = value else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| match item.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        })
        .collect()
}
