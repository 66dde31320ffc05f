//! Where a new revision stands: what it follows, what it depends on, which branch begins with it.

use std::path::{Component, PathBuf};

use migratable_core::graph::Graph;
use migratable_syntax::revision::is_label;

use crate::arguments::Revision;
use crate::failure::{Failure, Outcome};
use crate::new_file::Place;
use crate::project::Project;

/// The place that is asked for; behind the head, if nothing else is.
pub(super) fn chosen(arguments: &Revision, graph: &Graph, project: &Project) -> Outcome<Place> {
    Ok(Place {
        after: after(arguments, graph, project)?,
        depends_on: arguments.depends_on.iter().map(|word| one(graph, "--depends-on", word)).collect::<Outcome<_>>()?,
        labels: labels(&arguments.branch_label, graph)?,
        folder: folder(arguments)?,
        ..Place::default()
    })
}

fn after(arguments: &Revision, graph: &Graph, project: &Project) -> Outcome<Vec<String>> {
    let heads: Vec<String> = graph.heads().into_iter().map(str::to_owned).collect();
    let Some(word) = &arguments.head else {
        if heads.len() < 2 {
            return Ok(heads);
        }
        let mut text = "there are several heads; say which it follows:".to_owned();
        for head in &heads {
            text.push_str(&format!(
                "\n  {}",
                project.file_command(&format!("{} --head {head}", super::typed(arguments)))
            ));
        }
        return Err(Failure::Usage(text));
    };
    if word == "base" {
        return Ok(Vec::new());
    }
    let id = one(graph, "--head", word)?;
    if !heads.contains(&id) && !arguments.splice {
        return Err(Failure::Usage(format!(
            "--head {word}: others follow {id} already; the heads are {}. With --splice another branch begins behind it",
            heads.join(", ")
        )));
    }
    Ok(vec![id])
}

/// The one revision that a flag names.
fn one(graph: &Graph, flag: &str, word: &str) -> Outcome<String> {
    let ids = graph.resolve(word, &[]).map_err(|error| Failure::Usage(format!("{flag} {word}: {error}")))?;
    match <[String; 1]>::try_from(ids) {
        Ok([id]) => Ok(id),
        Err(ids) if ids.is_empty() => Err(Failure::Usage(format!("{flag} {word}: that is no revision"))),
        Err(ids) => Err(Failure::Usage(format!("{flag} {word}: these are several: {}", ids.join(", ")))),
    }
}

/// The labels of a branch that is to begin.
pub(crate) fn labels(labels: &[String], graph: &Graph) -> Outcome<Vec<String>> {
    for (at, label) in labels.iter().enumerate() {
        if !is_label(label) {
            return Err(Failure::Usage(format!(
                "--branch-label {label}: a label is made of letters, digits and `_`, and is not `head`, `heads`, `base` or \
                 `current`"
            )));
        }
        let bears = |id: &&String| graph.node(id).is_some_and(|node| node.labels.contains(label));
        if let Some(id) = graph.order().iter().find(bears) {
            return Err(Failure::Usage(format!("--branch-label {label}: the branch that begins at {id} is called so")));
        }
        if labels[..at].contains(label) {
            return Err(Failure::Usage(format!("--branch-label {label}: it is given twice")));
        }
    }
    Ok(labels.to_vec())
}

/// The folder below `versions/`.
fn folder(arguments: &Revision) -> Outcome<PathBuf> {
    let Some(folder) = &arguments.version_path else { return Ok(PathBuf::new()) };
    let is_hidden = |name: &str| name.starts_with('.');
    let is_below =
        folder.components().all(|it| matches!(it, Component::Normal(name) if !is_hidden(&name.to_string_lossy())));
    if is_below {
        return Ok(folder.clone());
    }
    Err(Failure::Usage(format!("--version-path {}: name a folder below `versions/`, as in `shop`", folder.display())))
}
