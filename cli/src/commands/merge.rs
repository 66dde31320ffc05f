//! `merge`.

mod decisions;

use std::collections::BTreeMap;

use migratable_build::history::History;
use migratable_core::graph::Graph;
use migratable_core::lock;
use serde_json::json;

use super::revision::labels;
use crate::arguments::Merge;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::new_file::{NewFile, Place};
use crate::post_write;
use crate::project::Project;
use crate::revisions::operation_json;
use crate::rewrite::Rewrite;
use crate::sources::{Sources, finding, refuse, replay, sound_graph};
use decisions::Decisions;

/// Joins several heads, and computes the lock anew, whatever git left of it.
pub(crate) fn run(arguments: &Merge, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let sources = Sources::open(project, console)?;
    let history = sources.history();
    let graph = sound_graph(&history, console)?;
    let all: Vec<String> = graph.heads().into_iter().map(str::to_owned).collect();
    if all.len() < 2 {
        named(&arguments.revisions, &graph)?;
        return mend_lock(arguments.report.json, &all, &sources, console);
    }
    let heads = chosen(&arguments.revisions, &graph, &all, project)?;
    let place = Place { after: heads.clone(), labels: labels(&arguments.branch_label, &graph)?, ..Place::default() };
    // What is wrong in one branch alone is no conflict between two.
    for head in &heads {
        if let Err(found) = history.schema_at(std::slice::from_ref(head)) {
            return refuse(&found.iter().map(finding).collect::<Vec<_>>(), console);
        }
    }
    let history_folder = history.versions.clone();
    let decided = Decisions { arguments, url, project, heads: &heads }.take(history, console)?;
    if let Err(found) = replay(&decided.history) {
        return refuse(&found, console);
    }
    let message = arguments.message.clone().unwrap_or_else(|| format!("merge {}", heads.join(" and ")));
    let file = NewFile::new(arguments.rev_id.as_deref(), &message, &place, &decided.plan, &sources, console)?;
    file.check(&decided.before, &decided.schema)?;
    let mut rewrite = Rewrite::new(&sources.configuration.dir);
    for (path, text) in &decided.changes {
        rewrite.write(path, text.clone());
    }
    rewrite.write(&file.path, file.text.clone());
    let rest: Vec<String> = all.iter().filter(|head| !heads.contains(head)).cloned().collect();
    let lock_heads = [rest.clone(), vec![file.id.clone()]].concat();
    let schema = if rest.is_empty() {
        decided.schema.clone()
    } else {
        let mut changes: BTreeMap<_, _> =
            decided.changes.iter().map(|(path, text)| (path.clone(), Some(text.clone()))).collect();
        changes.insert(file.path.clone(), Some(file.text.clone()));
        match replay(&History::changed(&history_folder, &changes)) {
            Ok(schema) => schema,
            Err(found) => return refuse(&found, console),
        }
    };
    let schema = sources.dressed(schema);
    rewrite.write(&sources.configuration.lock(), lock::write(&lock_heads, &schema));
    sources.refuse_newer(console)?;
    rewrite.run(console)?;
    post_write::run(&file.path, &sources, console);

    let path = console.path(&file.path);
    if arguments.report.json {
        console.json(&json!({
            "revision": file.id,
            "file": path,
            "message": message,
            "after": heads,
            "changes": decided.plan.upgrade.iter().map(operation_json).collect::<Vec<_>>(),
            "edited": decided.changes.keys().map(|path| console.path(path)).collect::<Vec<_>>(),
            "lock_changed": true,
        }));
    } else {
        console.line(format_args!("joined {} in {}", heads.join(" and "), file.id));
        for line in decided.taken_out.iter().map(|it| format!("took out {it}")) {
            console.line(console.shortened(&line));
        }
        for operation in &decided.plan.upgrade {
            console.line(operation);
        }
        console.line(format_args!("wrote {path}"));
        let lock = console.path(&sources.configuration.lock());
        console.line(format_args!("{lock} was computed anew from the revisions."));
    }
    for head in &rest {
        console.note(format_args!("{head} stays a head of its own"));
    }
    console.note(format_args!("look whether the models of both sides are in it: {}", project.file_command("check")));
    Ok(())
}

/// The heads that are to be joined: those that are named, else those that are in one branch.
fn chosen(words: &[String], graph: &Graph, all: &[String], project: &Project) -> Outcome<Vec<String>> {
    if words.is_empty() {
        return colliding(graph, |heads| project.file_command(&format!("merge {}", heads.join(" "))));
    }
    let mut chosen = named(words, graph)?;
    if let Some(id) = chosen.iter().find(|id| !all.contains(id)) {
        return Err(Failure::Usage(format!("{id} is no head: the heads are {}", all.join(", "))));
    }
    chosen.sort();
    chosen.dedup();
    if chosen.len() < 2 {
        return Err(Failure::Usage(format!("name at least two heads, or none for all: {}", all.join(", "))));
    }
    Ok(chosen)
}

/// The revisions that words name.
fn named(words: &[String], graph: &Graph) -> Outcome<Vec<String>> {
    let ids: Result<Vec<_>, _> = words.iter().map(|word| graph.resolve(word, &[])).collect();
    Ok(ids.map_err(|error| Failure::Usage(error.to_string()))?.concat())
}

/// The heads that are in one branch; an error with a command for each choice if there is not one such branch.
pub(super) fn colliding(graph: &Graph, command: impl Fn(&[&str]) -> String) -> Outcome<Vec<String>> {
    let branches = graph.colliding_heads();
    let choices =
        |branches: &[Vec<&str>]| branches.iter().map(|heads| format!("\n  {}", command(heads))).collect::<String>();
    match &branches[..] {
        [heads] => Ok(heads.iter().map(|&head| head.to_owned()).collect()),
        [] => Err(Failure::Usage(format!(
            "the heads are in branches of different labels, which may stay apart; name those that are to be one:{}",
            choices(&[graph.heads()])
        ))),
        several => Err(Failure::Usage(format!(
            "several branches have several heads; mend one after the other:{}",
            choices(several)
        ))),
    }
}

/// Computes the lock of a project that has one head.
pub(super) fn mend_lock(as_json: bool, heads: &[String], sources: &Sources, console: &mut Console<'_>) -> Outcome {
    let schema = match replay(&sources.history()) {
        Ok(schema) => sources.dressed(schema),
        Err(found) => return refuse(&found, console),
    };
    let lock = console.path(&sources.configuration.lock());
    let changed = sources.write_lock(heads, &schema, console)?;
    if as_json {
        console.json(&json!({ "revision": null, "after": heads, "lock_changed": changed }));
    } else if changed {
        console.line(format_args!("there is one head, nothing to join; {lock} was computed anew from the revisions."));
    } else {
        console.line("there is one head and the lock is what the revisions give; nothing was changed.");
    }
    Ok(())
}
