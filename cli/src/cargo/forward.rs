//! Every command but `init`: the `migrate` of the workspace's migrations package runs it.

use std::ffi::OsString;
use std::iter;

use clap::Parser;
use migratable_syntax::paths::plain;

use super::manifest::Manifest;
use super::workspace::{Package, Workspace, cargo};
use crate::arguments::Arguments;
use crate::console::Console;
use crate::definition;
use crate::failure::{Failure, Outcome};

/// The commands that need no database: they run without the revisions, whatever state those are in.
const ON_FILES: [&str; 17] = [
    "revision",
    "migrate",
    "generate",
    "merge",
    "rebase",
    "squash",
    "edit",
    "remove",
    "lock",
    "check",
    "history",
    "heads",
    "branches",
    "show",
    "completions",
    "man",
    "--help",
];

/// Runs a command of `migrate` through cargo.
pub(super) fn forward(package: Option<&str>, words: &[OsString], console: &mut Console<'_>) -> Outcome {
    // A manifest that cannot be read is said in our words, with its place.
    Manifest::find(console.current_dir(), console)?;
    let workspace = Workspace::of(console.current_dir())?;
    let chosen = choose(&workspace, package, console)?;
    let mut command = cargo();
    command.args(["run", "-q", "-p", &chosen.name, "--bin", "migrate"]);
    command.args(features(words));
    let status = command
        .arg("--")
        .args(words)
        .current_dir(console.current_dir())
        .status()
        .map_err(|error| Failure::Failed(format!("cannot run cargo: {error}")))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(2) => Err(Failure::Said(2)),
        // A compile error ends cargo with 101.
        _ => Err(Failure::Said(1)),
    }
}

/// What cargo is told of the features that a command needs.
fn features(words: &[OsString]) -> &'static [&'static str] {
    let on_files =
        |first: &OsString| definition().find_subcommand(first).is_none() || ON_FILES.iter().any(|name| first == name);
    if !words.first().is_none_or(on_files) {
        return &[];
    }
    let typed = Arguments::try_parse_from(iter::once(&OsString::from("migrate")).chain(words));
    match typed {
        Ok(typed) if typed.command.counts_from_current() => &[],
        Ok(typed) if typed.connection.database_url.is_some() => &["--no-default-features", "--features", "database"],
        _ => &["--no-default-features"],
    }
}

fn choose<'a>(workspace: &'a Workspace, package: Option<&str>, console: &Console<'_>) -> Outcome<&'a Package> {
    let all: Vec<&Package> = workspace.migrations().collect();
    if let Some(name) = package {
        return all.iter().find(|it| it.name == name).copied().ok_or_else(|| {
            Failure::Usage(format!("`{name}` is no migrations package of this workspace; there is {}", names(&all)))
        });
    }
    if let [one] = all[..] {
        return Ok(one);
    }
    let here = console.current_dir();
    let app = workspace
        .packages
        .iter()
        .filter(|it| here.starts_with(&it.folder))
        .max_by_key(|it| it.folder.as_os_str().len());
    let meant = app.and_then(|app| {
        let folder = app.migrations.clone().unwrap_or_else(|| plain(&app.folder.join("migrations")));
        all.iter().find(|it| it.folder == folder || it.folder == app.folder).copied()
    });
    match meant {
        Some(meant) => Ok(meant),
        None if all.is_empty() => Err(Failure::Failed(format!(
            "the workspace in {} has no migrations package; make one: cargo migratable init",
            console.path(&workspace.root)
        ))),
        None => Err(Failure::Usage(format!(
            "this workspace has several migrations packages, name one: cargo migratable --package NAME …; there is {}",
            names(&all)
        ))),
    }
}

fn names(packages: &[&Package]) -> String {
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_on_files_run_without_the_revisions() {
        let files = &["--no-default-features"][..];
        let database = &["--no-default-features", "--features", "database"][..];
        for (typed, expected) in [
            ("revision -m x", files),
            ("history", files),
            ("history -i", &[]),
            ("history -r current:", &[]),
            ("history --rev-range=-2:head", &[]),
            ("history -r 3f2a:head-1", files),
            ("show", files),
            ("show current", &[]),
            ("edit -1", &[]),
            ("rebase", files),
            ("rebase --database-url sqlite://app.db", database),
            ("squash base:head", files),
            ("man", files),
            ("list-templates", files),
            ("revision --nonsense", files),
            ("upgrade --nonsense", &[]),
            ("upgrade", &[]),
            ("status", &[]),
        ] {
            let words: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
            assert_eq!(features(&words), expected, "{typed}");
        }
    }
}
