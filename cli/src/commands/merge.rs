//! `merge`.

use migratable_core::diff::Plan;
use serde_json::json;

use crate::arguments::Merge;
use crate::console::Console;
use crate::failure::Outcome;
use crate::new_file::NewFile;
use crate::project::Project;
use crate::sources::{Sources, problems, refuse, replay};

/// Joins several heads by a revision without operations, and computes the lock anew, whatever git left of it.
pub(crate) fn run(arguments: &Merge, project: &Project, console: &mut Console<'_>) -> Outcome {
    let sources = Sources::open(project, console)?;
    let history = sources.history();
    let (found, graph) = (problems(&history), history.graph.clone());
    let (Some(graph), true) = (graph, found.is_empty()) else { return refuse(&found, console) };
    let schema = match replay(&history) {
        Ok(schema) => sources.dressed(schema),
        Err(found) => return refuse(&found, console),
    };
    let heads: Vec<String> = graph.heads().into_iter().map(str::to_owned).collect();
    let lock = console.path(&sources.configuration.lock());
    if heads.len() < 2 {
        let changed = sources.write_lock(&heads, &schema, console)?;
        if arguments.report.json {
            console.json(&json!({ "revision": null, "after": heads, "lock_changed": changed }));
        } else if changed {
            console
                .line(format_args!("there is one head, nothing to join; {lock} was computed anew from the revisions."));
        } else {
            console.line("there is one head and the lock is what the revisions give; nothing was changed.");
        }
        return Ok(());
    }
    let message = arguments.message.clone().unwrap_or_else(|| format!("merge {}", heads.join(" and ")));
    let file = NewFile::new(arguments.rev_id.as_deref(), &message, &heads, &Plan::default(), &sources, console)?;
    file.check(&schema, &schema)?;
    file.write(&sources, &schema, console)?;
    let path = console.path(&file.path);
    if arguments.report.json {
        console.json(&json!({
            "revision": file.id,
            "file": path,
            "message": message,
            "after": heads,
            "lock_changed": true,
        }));
    } else {
        console.line(format_args!("joined {} in {}", heads.join(" and "), file.id));
        console.line(format_args!("wrote {path}"));
        console.line(format_args!("{lock} was computed anew from the revisions."));
    }
    console.note(format_args!("look whether the models of both sides are in it: {}", project.file_command("check")));
    Ok(())
}
