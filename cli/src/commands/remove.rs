//! `remove`.

use std::fs;
use std::path::{Path, PathBuf};

use migratable_build::history::History;
use migratable_core::graph::Graph;
use migratable_syntax::whole_file;
use serde_json::json;

use crate::applied::refuse_if_applied;
use crate::arguments::Remove;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::findings::Finding;
use crate::project::Project;
use crate::revision_name;
use crate::sources::{Sources, finding, problems, refuse};

/// Takes back the newest revision: its file goes, and the lock is as it was before it.
pub(crate) fn run(arguments: &Remove, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let sources = Sources::open(project, console)?;
    let history = sources.history();
    let Some(graph) = &history.graph else { return refuse(&problems(&history), console) };
    let removed = chosen(&arguments.revision, &history, graph)?;
    // What is wrong in the file that goes does not matter any more.
    let others: Vec<Finding> = problems(&history).into_iter().filter(|found| !found.is_in(&removed.path)).collect();
    if !others.is_empty() {
        return refuse(&others, console);
    }
    refuse_if_applied(std::slice::from_ref(&removed.id), "remove", url, project, console)?;
    let freed = graph.node(&removed.id).into_iter().flat_map(|node| &node.after).map(String::as_str);
    let freed = freed.filter(|parent| graph.children(parent).len() == 1);
    let heads = graph.heads().into_iter().filter(|head| *head != removed.id).chain(freed);
    let heads = graph.in_order(&heads.map(str::to_owned).collect::<Vec<_>>());
    let schema = match history.schema_at(&heads) {
        Ok(schema) => sources.dressed_as_before(schema),
        Err(problems) => return refuse(&problems.iter().map(finding).collect::<Vec<_>>(), console),
    };

    let lock = sources.configuration.lock();
    let before = sources.lock_text()?;
    sources.write_lock(&heads, &schema, console)?;
    let path = console.path(&removed.path);
    if let Err(error) = fs::remove_file(&removed.path) {
        let _ = whole_file::write_durably(&lock, &before);
        return Err(Failure::Failed(format!("cannot remove {path}: {error}; nothing was changed")));
    }
    remove_empty_folders(&removed.path, &history.versions);
    if arguments.report.json {
        console.json(&json!({ "revision": removed.id, "file": path, "heads": heads }));
    } else {
        let at = if heads.is_empty() { "the base".to_owned() } else { heads.join(", ") };
        console.line(format_args!("removed {path}; {} is of {at} again", console.path(&lock)));
    }
    Ok(())
}

/// Removes the folders below `versions/` in which the file was the last one.
fn remove_empty_folders(file: &Path, versions: &Path) {
    for folder in file.ancestors().skip(1).take_while(|folder| *folder != versions) {
        // One that is not empty stays, and so do those above it.
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// The revision that goes.
struct Chosen {
    id: String,
    path: PathBuf,
}

/// The revision that is meant; nothing may follow it.
fn chosen(word: &str, history: &History, graph: &Graph) -> Outcome<Chosen> {
    if let Some(chosen) = history.unread.iter().find_map(|path| unread(word, path, history)) {
        return Ok(chosen);
    }
    let ids = graph.resolve(word, &[]).map_err(|error| Failure::Usage(error.to_string()))?;
    if ids.len() > 1 {
        return Err(Failure::Usage(format!("`{word}` is {}: one revision goes at a time; name it", ids.join(" and "))));
    }
    let Some(entry) = ids.first().and_then(|id| history.entry(id)) else {
        return Err(Failure::Failed("there is no revision to remove".to_owned()));
    };
    let id = &entry.file.id;
    if !entry.file.replaces.is_empty() {
        return Err(Failure::Failed(format!(
            "revision {id} stands for {}, whose files are gone: without it there would be none of them. What undoes the \
             squash is git, which has the files and the lock as they were",
            entry.file.replaces.join(", ")
        )));
    }
    match graph.children(id)[..] {
        [] => Ok(Chosen { id: id.clone(), path: entry.path.clone() }),
        [child, ..] => Err(Failure::Failed(format!("revision {id} is not the newest: {child} follows it"))),
    }
}

/// A file so broken that not even its id can be read, if it is meant: by the id in its name, or as the last of all.
fn unread(word: &str, path: &Path, history: &History) -> Option<Chosen> {
    let stem = path.file_stem()?.to_string_lossy();
    let id = stem.split(['_', '-', '.']).find(|part| revision_name::is_id(part)).unwrap_or(&stem);
    let is_last = || history.revisions.iter().all(|entry| *entry.path < *path);
    let is_meant = if word == "head" { is_last() } else { !word.is_empty() && id.starts_with(word) };
    is_meant.then(|| Chosen { id: id.to_owned(), path: path.to_owned() })
}
