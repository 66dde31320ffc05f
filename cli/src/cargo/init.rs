//! `cargo migratable init`: sets up migrations for a package.

use std::fs;
use std::path::{Path, PathBuf};

use migratable_core::Dialect;
use migratable_syntax::paths::plain;

use super::Init;
use super::app;
use super::changes::Changes;
use super::manifest::Manifest;
use super::migrations_package::MigrationsPackage;
use super::source::Source;
use super::workspace::{Workspace, relative};
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::url;

/// Sets up migrations for the package in the current folder.
pub(super) fn init(arguments: &Init, console: &mut Console<'_>) -> Outcome {
    let source = Source::new(arguments.checkout.as_deref(), console)?;
    let nearest = Manifest::find(console.current_dir(), console)?;
    let workspace = Workspace::of(nearest.folder())?;
    let mut app = the_app(nearest, &workspace, console)?;
    let name = app.package().unwrap_or_default().to_owned();
    let migrations = place(arguments.migrations.as_deref(), &app, &workspace, console)?;
    let (dialect, url) = database(arguments.database_url.as_deref(), &name)?;

    let mut changes = Changes::default();
    let mut advice = app::plan_dependencies(&mut app, &source, console)?;
    app::plan_place(&mut app, &migrations)?;
    advice.extend(app::plan_build_script(&app, &mut changes, console));
    let mut root = (app.folder() != workspace.root).then(|| Manifest::read(&workspace.root, console)).transpose()?;
    app::plan_membership(root.as_mut().unwrap_or(&mut app), &workspace.root, &migrations)?;
    let mut other = None;
    if let Some((package, binary)) = app::runs_by_default(&workspace) {
        let manifest = match &mut root {
            _ if package.folder == app.folder() => &mut app,
            Some(root) if package.folder == workspace.root => root,
            _ => other.insert(Manifest::read(&package.folder, console)?),
        };
        manifest.set(&["package"], "default-run", binary)?;
    }
    for manifest in [Some(&app), root.as_ref(), other.as_ref()].into_iter().flatten() {
        changes.change(manifest.path.clone(), manifest.text.clone(), manifest.document.to_string(), &manifest.changed);
    }
    let package = match workspace.package_in(&migrations) {
        Some(there) => there.name.clone(),
        None => format!("{name}-migrations"),
    };
    MigrationsPackage {
        folder: &migrations,
        name: &package,
        app: &name,
        models: &relative(&migrations, app.folder()),
        dialect: dialect.name(),
        row_features: &app::row_features(&app),
        database_url: url.as_deref().filter(|url| !url::is_secret(url)),
        source: &source,
    }
    .plan(&mut changes);
    // cargo reads the manifests again: what it does not take was never written.
    changes.write(console, || Workspace::of(app.folder()).map(drop))?;

    if changes.is_empty() {
        console.line(format_args!("{name} is set up already; nothing was changed."));
    }
    changes.report(console);
    advice.extend(url.as_deref().and_then(|url| database_advice(url, &workspace.root, console)));
    for advice in &advice {
        console.note(format_args!("note: {advice}"));
    }
    if !changes.is_empty() {
        next(&package, console);
    }
    Ok(())
}

/// The package that gets migrations: the nearest, or the only one of the workspace.
fn the_app(nearest: Manifest, workspace: &Workspace, console: &Console<'_>) -> Outcome<Manifest> {
    let is_migrations = workspace.package_in(nearest.folder()).is_some_and(|package| package.is_migrations);
    if nearest.package().is_some() && !is_migrations {
        return Ok(nearest);
    }
    let apps: Vec<_> = workspace.packages.iter().filter(|package| !package.is_migrations).collect();
    match &apps[..] {
        [only] => Manifest::read(&only.folder, console),
        [] => Err(Failure::Failed(format!(
            "the workspace in {} has no package that could have models; make one first: cargo new blog",
            console.path(&workspace.root)
        ))),
        several => {
            let names: Vec<&str> = several.iter().map(|package| package.name.as_str()).collect();
            Err(Failure::Usage(format!(
                "this workspace has several packages ({}): go to the folder of the one that has the models, as in `cd {}`, and run it there",
                names.join(", "),
                console.path(&several[0].folder)
            )))
        }
    }
}

/// The folder of the migrations package: the one asked for, the one that the app names, or `migrations` beside the app
/// or beside the root of its workspace.
fn place(asked: Option<&Path>, app: &Manifest, workspace: &Workspace, console: &Console<'_>) -> Outcome<PathBuf> {
    let named = workspace.package_in(app.folder()).and_then(|package| package.migrations.clone());
    let beside = app.folder().join("migrations");
    let folder = match (asked, named) {
        (Some(asked), _) => plain(&console.current_dir().join(asked)),
        (None, Some(named)) => named,
        (None, None) if workspace.package_in(&beside).is_some_and(|it| it.is_migrations) => beside,
        (None, None) => workspace.root.join("migrations"),
    };
    let shown = console.path(&folder);
    let elsewhere = "name another folder: cargo migratable init --migrations db";
    if !folder.exists() {
        return Ok(folder);
    }
    let entries = fs::read_dir(&folder).map_err(|error| Failure::Failed(format!("cannot read {shown}: {error}")))?;
    let first = entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned()).min();
    let Some(first) = first else { return Ok(folder) };
    if !folder.join("Cargo.toml").is_file() {
        return Err(Failure::Failed(format!(
            "{shown} is there already and is no migrations package ({first} is in it); {elsewhere}"
        )));
    }
    let there = Manifest::read(&folder, console)?;
    if !there.depends_on("dependencies", "migratable-cli") {
        return Err(Failure::Failed(format!(
            "{shown} is there already and is another package ({}); {elsewhere}",
            there.package().unwrap_or("without a name")
        )));
    }
    let models = there.get(&["package", "metadata", "migratable", "models"]).and_then(toml_edit::Item::as_array);
    let folders: Vec<PathBuf> = match models {
        Some(models) => models.iter().filter_map(|it| Some(plain(&folder.join(it.as_str()?)))).collect(),
        None => folder.parent().map(Path::to_owned).into_iter().collect(),
    };
    if !folders.iter().any(|it| it == app.folder()) {
        let app_from_there = relative(&folder, app.folder());
        return Err(Failure::Failed(format!(
            "{shown} belongs to other packages. For one database, add {app_from_there:?} to `models` in its Cargo.toml; for a database of its own, {elsewhere}"
        )));
    }
    Ok(folder)
}

/// The dialect, and the URL that the configuration gets.
fn database(asked: Option<&str>, app: &str) -> Outcome<(Dialect, Option<String>)> {
    match asked {
        Some(url) => Ok((url::dialect(url).map_err(Failure::Usage)?, Some(url.to_owned()))),
        None => Ok((Dialect::Sqlite, Some(format!("sqlite://{app}.db")))),
    }
}

/// What is to be said about a database URL.
fn database_advice(url: &str, root: &Path, console: &Console<'_>) -> Option<String> {
    if url::is_secret(url) {
        return Some(
            "the URL has a password in it and was written nowhere: put DATABASE_URL=… in a .env file that git ignores"
                .to_owned(),
        );
    }
    let (file, _) = url::sqlite_file(url)?;
    let ignored = fs::read_to_string(root.join(".gitignore")).ok()?;
    let known = Path::new(file).is_absolute()
        || ignored
            .lines()
            .map(|line| line.trim().trim_start_matches('/').trim_end_matches('*'))
            .any(|line| line == file || line == "*.db");
    (!known).then(|| {
        format!("the database is a file: add the line `{file}*` to {}", console.path(&root.join(".gitignore")))
    })
}

/// Says what to do next.
fn next(package: &str, console: &mut Console<'_>) {
    console.line(format_args!(
        "\nNext:\n  \
         1. put #[derive(migratable::Migratable)] on the structs that are tables\n  \
         2. cargo run -p {package} --bin migrate -- revision -m \"first tables\"\n  \
         3. cargo run -p {package} --bin migrate -- upgrade"
    ));
}
