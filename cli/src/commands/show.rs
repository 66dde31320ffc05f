//! `show`.

use std::collections::BTreeSet;

use crate::arguments::Show;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;
use crate::revisions::{Revisions, needs_current};

/// Shows one revision and what it does.
pub(crate) fn run(arguments: &Show, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let revisions = Revisions::of(project, console)?;
    let word = arguments.revision.as_str();
    let current = if needs_current(word) { super::current::ids(url, project, console)? } else { BTreeSet::new() };
    let current: Vec<&str> = current.iter().map(String::as_str).collect();
    let revision = revisions.one(word, &current)?;
    if arguments.report.json {
        console.json(&revisions.json(revision, None));
    } else {
        console.line(revisions.details(revision, &BTreeSet::new()));
    }
    Ok(())
}
