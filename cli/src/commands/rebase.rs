//! `rebase`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use migratable_build::history::History;
use migratable_core::graph::Graph;
use migratable_core::lock;
use migratable_syntax::revision::with_parents;
use serde_json::json;

use super::merge::{colliding, mend_lock};
use crate::applied::refuse_if_applied;
use crate::arguments::Rebase;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::git;
use crate::post_write;
use crate::project::Project;
use crate::revision_name;
use crate::rewrite::Rewrite;
use crate::sources::{Sources, sound_graph};

/// Puts the revisions of the other branches behind those of one's own, and computes the lock anew.
pub(crate) fn run(arguments: &Rebase, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let sources = Sources::open(project, console)?;
    let history = sources.history();
    let graph = sound_graph(&history, console)?;
    let heads: Vec<String> = graph.heads().into_iter().map(str::to_owned).collect();
    if heads.len() < 2 {
        return mend_lock(arguments.report.json, &heads, &sources, console);
    }
    let heads = match &arguments.onto {
        Some(_) => branch_of(&graph, &heads, arguments)?,
        None => colliding(&graph, |heads| project.file_command(&format!("rebase {}", heads[0])))?,
    };
    let mine = mine(arguments, &history, &graph, &heads, project)?;
    let moved = moved(&mine, &heads, &history, &graph, console)?;
    let ids: Vec<String> = moved.iter().map(|it| it.id.clone()).collect();
    refuse_if_applied(&ids, "rebase", url, project, console)?;

    let mut changes: BTreeMap<PathBuf, Option<String>> = BTreeMap::new();
    changes.extend(moved.iter().map(|it| (it.from.clone(), None)));
    changes.extend(moved.iter().map(|it| (it.to.clone(), Some(it.text.clone()))));
    let rebased = History::changed(&history.versions, &changes);
    let schema = match rebased.replay() {
        Ok(replay) => sources.dressed(replay.schema),
        Err(found) => {
            for mut problem in found {
                // They are found in files that are not there yet.
                if let Some(it) = moved.iter().find(|it| it.to == problem.path) {
                    problem.path.clone_from(&it.from);
                }
                console.note(console.shortened(&format!("error: {problem}")));
            }
            console.note(format_args!(
                "the revisions of the other branch do not fit behind {mine}, and nothing was written: edit them there, \
                 or join both as they are: {}",
                project.file_command("merge")
            ));
            return Err(Failure::Said(1));
        }
    };
    let graph = rebased.graph.as_ref().ok_or("the revisions would not hang together; nothing was written")?;
    let heads: Vec<String> = graph.heads().into_iter().map(str::to_owned).collect();

    let mut rewrite = Rewrite::new(&sources.configuration.dir);
    for it in &moved {
        rewrite.write(&it.to, it.text.clone());
        if it.from != it.to {
            rewrite.remove(&it.from);
        }
    }
    rewrite.write(&sources.configuration.lock(), lock::write(&heads, &schema));
    sources.refuse_newer(console)?;
    rewrite.run(console)?;
    moved.iter().for_each(|it| post_write::run(&it.to, &sources, console));

    if arguments.report.json {
        let moved = moved.iter().map(|it| {
            json!({ "revision": it.id, "after": it.after, "file": console.path(&it.to), "was": console.path(&it.from) })
        });
        console.json(&json!({ "onto": mine, "moved": moved.collect::<Vec<_>>(), "heads": heads }));
    } else {
        for it in &moved {
            console.line(format_args!("{} follows {}: {}", it.id, it.after.join(", "), console.path(&it.to)));
        }
        let lock = console.path(&sources.configuration.lock());
        console.line(format_args!("{lock} was computed anew from the revisions."));
    }
    console.note(format_args!(
        "a database that has run {} already refuses this: such branches are joined by `merge`",
        ids.join(", ")
    ));
    Ok(())
}

/// The heads of the branch of the one that is named; all of them if it has its branch to itself.
fn branch_of(graph: &Graph, all: &[String], arguments: &Rebase) -> Outcome<Vec<String>> {
    let word = arguments.onto.as_deref().unwrap_or_default();
    let ids = graph.resolve(word, &[]).map_err(|error| Failure::Usage(error.to_string()))?;
    let branches = graph.colliding_heads();
    let own = branches.iter().find(|heads| ids.iter().any(|id| heads.contains(&id.as_str())));
    Ok(own.map_or_else(|| all.to_vec(), |heads| heads.iter().map(|&head| head.to_owned()).collect()))
}

/// The head of one's own branch: what is named, else what git says.
fn mine(arguments: &Rebase, history: &History, graph: &Graph, heads: &[String], project: &Project) -> Outcome<String> {
    if let Some(word) = &arguments.onto {
        let ids = graph.resolve(word, &[]).map_err(|error| Failure::Usage(error.to_string()))?;
        return match &ids[..] {
            [id] if heads.contains(id) => Ok(id.clone()),
            _ => Err(Failure::Usage(format!("`{word}` is no head: the heads are {}", heads.join(", ")))),
        };
    }
    let own = git::own_side(&history.versions);
    let is_own = |id: &&String| {
        let name = history.entry(id).map(|entry| entry.file_name());
        own.as_ref().zip(name).is_some_and(|(own, name)| own.contains(&name))
    };
    let found: Vec<&String> = heads.iter().filter(is_own).collect();
    if let [mine] = found[..] {
        return Ok(mine.clone());
    }
    let why = match own {
        None => "git knows of no merge here",
        Some(_) => "git does not tell which of them is yours",
    };
    let mut text = format!("{why}: say behind which head the others go");
    for head in heads {
        let message = history.entry(head).map_or("", |entry| entry.file.message.as_str());
        text.push_str(&format!("\n  {}   {message}", project.file_command(&format!("rebase {head}"))));
    }
    Err(Failure::Usage(text))
}

/// A revision that gets other parents, and perhaps another name.
struct Moved {
    id: String,
    after: Vec<String>,
    from: PathBuf,
    to: PathBuf,
    text: String,
}

/// The revisions of the other branches, one branch behind the other.
fn moved(mine: &str, heads: &[String], history: &History, graph: &Graph, console: &Console<'_>) -> Outcome<Vec<Moved>> {
    let mut placed: BTreeSet<String> = graph.ancestors([mine]);
    let mut names: Vec<String> = history.revisions.iter().map(|entry| entry.file_name()).collect();
    let newest = placed.iter().filter_map(|id| history.entry(id)).map(|entry| entry.file_name()).max();
    let mut top = mine.to_owned();
    let mut moved = Vec::new();
    for head in heads.iter().filter(|head| *head != mine) {
        let branch = graph.ancestors([head.as_str()]);
        let ids = graph.in_order(branch.difference(&placed));
        for entry in ids.iter().filter_map(|id| history.entry(id)) {
            let mut after: Vec<String> = entry.file.after.iter().filter(|it| ids.contains(it)).cloned().collect();
            if after.is_empty() {
                after.push(top.clone());
            }
            let read = fs::read_to_string(&entry.path);
            let text =
                read.map_err(|error| Failure::Failed(format!("cannot read {}: {error}", console.path(&entry.path))))?;
            let text = with_parents(&text, &after, &entry.file.depends_on)
                .ok_or_else(|| format!("{}: its `revision!` cannot be changed", console.path(&entry.path)))?;
            let to = behind(&entry.path, newest.as_deref().unwrap_or_default(), &mut names, console);
            moved.push(Moved { id: entry.file.id.clone(), after, from: entry.path.clone(), to, text });
        }
        placed.extend(branch);
        top = head.to_owned();
    }
    Ok(moved)
}

/// The path of a file with a name that sorts behind those of one's own, if it does not yet, and behind those that were
/// moved before it.
fn behind(path: &Path, newest: &str, names: &mut Vec<String>, console: &Console<'_>) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(rest) = revision_name::without_time(&name) else { return path.to_owned() };
    if name.as_str() > newest && names.iter().max().is_some_and(|last| *last == name) {
        return path.to_owned();
    }
    let time = revision_name::time_behind(console.now(), names.iter().map(String::as_str));
    let name = format!("{}{rest}", revision_name::stamp(time));
    names.push(name.clone());
    path.with_file_name(name)
}
