//! `edit`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::Edit;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::revisions::needs_current;
use crate::sources::Sources;

/// Opens a revision in the editor, and looks afterwards whether everything still agrees.
pub(crate) fn run(arguments: &Edit, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let sources = Sources::open(project, console)?;
    let word = arguments.revision.as_str();
    let current = if needs_current(word) { super::current::ids(url, project, console)? } else { BTreeSet::new() };
    let path = path(word, &current, &sources)?;
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| console.variable(name)).ok_or_else(|| {
        Failure::Usage(format!("no editor is named: set VISUAL or EDITOR. The file is {}", console.path(&path)))
    })?;
    open(&editor, &path)?;
    if let Err(found) = sources.standing() {
        for finding in &found {
            let line = finding.line(console);
            console.note(format_args!("warning: {line}"));
        }
    }
    Ok(())
}

/// The file of a revision; when the revisions do not hang together, the one file with that word in its name.
fn path(word: &str, current: &BTreeSet<String>, sources: &Sources) -> Outcome<PathBuf> {
    let history = sources.history();
    if let Some(graph) = &history.graph {
        let current: Vec<&str> = current.iter().map(String::as_str).collect();
        let ids = graph.resolve(word, &current).map_err(|error| Failure::Usage(error.to_string()))?;
        return match ids.iter().find_map(|id| history.entry(id)) {
            Some(entry) => Ok(entry.path.clone()),
            None => Err(Failure::Usage(format!("`{word}` is no revision"))),
        };
    }
    let files = std::fs::read_dir(sources.configuration.versions()).into_iter().flatten().filter_map(Result::ok);
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().contains(word));
    let mut found: Vec<PathBuf> = files.map(|file| file.path()).filter(named).collect();
    match (found.pop(), found.is_empty()) {
        (Some(path), true) => Ok(path),
        _ => Err(Failure::Usage(format!("the revisions do not hang together; name one by its whole id, not `{word}`"))),
    }
}

fn open(editor: &str, path: &Path) -> Outcome {
    let mut words = editor.split_whitespace();
    let status = Command::new(words.next().unwrap_or_default()).args(words).arg(path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Failed(format!("`{editor}` ended with {status}"))),
        Err(error) => Err(Failure::Failed(format!(
            "cannot run `{editor}`: {error}. Name an editor by VISUAL or EDITOR, or open {} yourself",
            path.display()
        ))),
    }
}
