//! What changes in the package that has the models, and in the root of its workspace.

use std::fs;
use std::path::Path;

use toml_edit::{Array, Item, Value};

use super::changes::Changes;
use super::manifest::Manifest;
use super::source::Source;
use super::workspace::{Package, Workspace, covers, relative};
use crate::console::Console;
use crate::failure::Outcome;

/// Packages whose types may stand in models; `migratable` has a feature of each name.
const FIELD_TYPES: [&str; 7] = ["chrono", "time", "uuid", "serde_json", "bigdecimal", "rust_decimal", "ipnetwork"];

/// The `build.rs` of an app that has none.
const BUILD: &str = "fn main() {\n    migratable_build::check_models();\n}\n";

/// The features of `migratable` that an app needs for the packages that it uses.
fn features(app: &Manifest) -> Vec<&'static str> {
    FIELD_TYPES.into_iter().filter(|package| app.depends_on("dependencies", package)).collect()
}

/// Those that the rows of its revisions need; times are so common that their crate is always among them.
pub(super) fn row_features(app: &Manifest) -> Vec<&'static str> {
    let mut features = features(app);
    features.retain(|package| *package != "rust_decimal");
    if !features.contains(&"chrono") && !features.contains(&"time") {
        features.insert(0, "chrono");
    }
    features
}

/// Adds what the derive and the check need. Gives back advice about what is left to do by hand.
pub(super) fn plan_dependencies(app: &mut Manifest, source: &Source, console: &Console<'_>) -> Outcome<Vec<String>> {
    let mut advice = Vec::new();
    let wanted = features(app);
    if app.depends_on("dependencies", "migratable") {
        let missing = missing_features(app, &wanted);
        if !missing.is_empty() {
            advice.push(format!(
                "{}: the dependency `migratable` lacks features for types that you use: add {}",
                console.path(&app.path),
                missing.join(", ")
            ));
        }
    } else {
        let mut dependency = source.dependency("migratable", app.folder());
        dependency.insert("default-features", false.into());
        if !wanted.is_empty() {
            dependency.insert("features", Value::Array(wanted.into_iter().collect::<Array>()));
        }
        app.add_dependency("dependencies", "migratable", dependency)?;
    }
    let build = source.dependency("migratable-build", app.folder());
    app.add_dependency("build-dependencies", "migratable-build", build)?;
    if !app.depends_on("dependencies", "diesel") {
        advice.push(
            "`migratable::schema!()` gives the tables of your models to Diesel, which this package does not use yet:\n  \
             cargo add diesel --no-default-features --features sqlite\n  \
             cargo add libsqlite3-sys --features bundled"
                .to_owned(),
        );
    }
    Ok(advice)
}

fn missing_features<'a>(app: &Manifest, wanted: &[&'a str]) -> Vec<&'a str> {
    let listed = |name: &str| {
        let features = app.get(&["dependencies", "migratable", "features"]).and_then(Item::as_array);
        features.is_some_and(|it| it.iter().any(|feature| feature.as_str() == Some(name)))
    };
    // A dependency of the workspace has its features elsewhere.
    if app.get(&["dependencies", "migratable", "workspace"]).is_some() {
        return Vec::new();
    }
    wanted.iter().copied().filter(|name| !listed(name)).collect()
}

/// Plans the build script; gives back advice if there is another one already.
pub(super) fn plan_build_script(app: &Manifest, changes: &mut Changes, console: &Console<'_>) -> Option<String> {
    const LINE: &str = "migratable_build::check_models();";
    let named = app.get(&["package", "build"]);
    if named.and_then(Item::as_bool) == Some(false) {
        return Some(format!(
            "{} says `build = false`: take that out and call `{LINE}` in `main` of build.rs, which makes the build refuse models that no revision follows",
            console.path(&app.path)
        ));
    }
    let file = named.and_then(Item::as_str).unwrap_or("build.rs");
    let path = app.folder().join(file);
    if changes.create(path.clone(), BUILD.to_owned()) {
        return None;
    }
    let checks = fs::read_to_string(&path).is_ok_and(|text| text.contains("check_models"));
    (!checks).then(|| {
        format!("{} is yours and stays as it is; add this line to its `main`:\n    {LINE}", console.path(&path))
    })
}

/// Says where the migrations are, if they are not beside the manifest.
pub(super) fn plan_place(app: &mut Manifest, migrations: &Path) -> Outcome {
    let place = relative(app.folder(), migrations);
    if place == "migrations" {
        Ok(())
    } else {
        app.set(&["package", "metadata", "migratable"], "migrations", place.as_str())
    }
}

/// Makes the migrations package a member that `cargo run --bin migrate` finds.
pub(super) fn plan_membership(root: &mut Manifest, workspace_root: &Path, migrations: &Path) -> Outcome {
    let folder = relative(workspace_root, migrations);
    let covered = root
        .get(&["workspace", "members"])
        .and_then(Item::as_array)
        .is_some_and(|members| members.iter().filter_map(Value::as_str).any(|pattern| covers(pattern, &folder)));
    if !covered {
        root.add_to_list(&["workspace"], "members", &folder)?;
    }
    let defaults = root.get(&["workspace", "default-members"]).and_then(Item::as_array);
    let covered = defaults
        .is_some_and(|members| members.iter().filter_map(Value::as_str).any(|pattern| covers(pattern, &folder)));
    match (defaults.is_some(), root.package().is_some()) {
        // Without a list, the members of a workspace that is no package itself are all meant.
        (false, false) => Ok(()),
        (false, true) => {
            root.add_to_list(&["workspace"], "default-members", ".")?;
            root.add_to_list(&["workspace"], "default-members", &folder)
        }
        (true, _) if covered => Ok(()),
        (true, _) => root.add_to_list(&["workspace"], "default-members", &folder),
    }
}

/// The package and the binary that `cargo run` runs and would no longer find among two: that of the root package, else
/// the only one of the workspace.
pub(super) fn runs_by_default(workspace: &Workspace) -> Option<(&Package, &str)> {
    let apps = || workspace.packages.iter().filter(|package| !package.is_migrations);
    let found = workspace.package_in(&workspace.root).or_else(|| {
        let mut with_binaries = apps().filter(|package| !package.binaries.is_empty());
        with_binaries.next().filter(|_| with_binaries.next().is_none())
    })?;
    match &found.binaries[..] {
        [binary] if !found.has_default_run && !found.is_migrations => Some((found, binary)),
        _ => None,
    }
}
