//! `history`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::arguments::History;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::revisions::{Revision, Revisions};

/// Lists the revisions, newest first.
pub(crate) fn run(arguments: &History, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let revisions = Revisions::of(project, console)?;
    let range = arguments.rev_range.as_deref();
    let asks = arguments.counts_from_current();
    let current = asks.then(|| super::current::ids(url, project, console)).transpose()?;
    let wanted = match range {
        Some(range) => in_range(&revisions, range, current.as_ref())?,
        None => revisions.graph.order().iter().cloned().collect(),
    };
    let listed: Vec<&Revision> = revisions.all.iter().rev().filter(|it| wanted.contains(&it.id)).collect();
    if arguments.report.json {
        let listed: Vec<Value> = listed.iter().map(|it| revisions.json(it, current.as_ref())).collect();
        console.json(&listed.into());
        return Ok(());
    }
    let current = current.unwrap_or_default();
    for revision in &listed {
        if arguments.verbose {
            console.line(revisions.details(revision, &current));
            console.line("");
        } else {
            console.line(revisions.line(revision, &current));
        }
    }
    if revisions.all.is_empty() {
        console.note("there is no revision yet");
    }
    Ok(())
}

/// The revisions from one to another, both included.
fn in_range(revisions: &Revisions, range: &str, current: Option<&BTreeSet<String>>) -> Outcome<BTreeSet<String>> {
    let (from, to) = range
        .split_once(':')
        .ok_or_else(|| Failure::Usage(format!("`{range}` is no range; the form is `a:b`, `a:` or `:b`")))?;
    let current: Vec<&str> = current.into_iter().flatten().map(String::as_str).collect();
    let graph = &revisions.graph;
    let target = |word: &str| graph.target(word, &current).map_err(|error| Failure::Usage(error.to_string()));
    let start = target(if from.is_empty() { "base" } else { from })?;
    let end = target(if to.is_empty() { "heads" } else { to })?;
    Ok(graph.between(&start, &end))
}
