//! `current`.

use std::collections::BTreeSet;

use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;

#[cfg(feature = "database")]
mod of_database {
    use migratable_core::graph::Graph;
    use serde_json::json;

    use super::*;
    use crate::arguments::Current;
    use crate::database::{Database, migrator};
    use crate::failure::Failure;

    /// Shows at which revision the database is.
    pub(crate) fn run(arguments: &Current, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
        let database = Database::of(url, project, console)?;
        let migrator = migrator(project)?;
        let status = migrator.status(&mut database.open_to_read()?).map_err(|error| database.failure(&error))?;
        let graph: Graph = migrator.graph().map_err(|error| database.failure(&error))?;
        let heads = graph.heads();
        let is_missing = |head: &str| status.pending.iter().any(|id| id == head);
        let is_behind = arguments.check_heads && heads.iter().any(|head| is_missing(head));
        let checked = || if is_behind { Err(Failure::Said(1)) } else { Ok(()) };
        if arguments.report.json {
            console.json(&json!({
                "database": database.shown(),
                "current": status.current,
                "heads": heads,
                "pending": status.pending,
                "unknown": status.unknown,
            }));
            return checked();
        }
        for id in &status.current {
            let mark = if heads.contains(&id.as_str()) { " (head)" } else { "" };
            console.line(format_args!("{id}{mark}"));
            let revision = migrator.revisions().iter().find(|it| it.id == id).filter(|_| arguments.verbose);
            if let Some(revision) = revision {
                let after = if revision.after.is_empty() { "base".to_owned() } else { revision.after.join(", ") };
                let file = project.revision_file(revision.file, console);
                console.line(format_args!("  message: {}\n  file: {file}\n  after: {after}", revision.message));
            }
        }
        if !database.exists() {
            console.note(format_args!("{} is not there yet", database.shown()));
        } else if status.current.is_empty() {
            console.note(format_args!("{} is at the base: no revision is applied", database.shown()));
        }
        for id in &status.unknown {
            console.note(format_args!("{id} is applied too, and this `migrate` does not know it"));
        }
        if arguments.check_heads {
            for head in heads.iter().filter(|head| is_missing(head)) {
                console
                    .note(format_args!("error: the head {head} is not applied: {}", project.command("upgrade heads")));
            }
        }
        checked()
    }

    /// The revisions at which the database is.
    pub(crate) fn ids(url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome<BTreeSet<String>> {
        let database = Database::of(url, project, console)?;
        let current = migrator(project)?.current(&mut database.open_to_read()?);
        Ok(current.map_err(|error| database.failure(&error))?.into_iter().collect())
    }
}

#[cfg(feature = "database")]
pub(crate) use of_database::{ids, run};

/// The revisions at which the database is.
#[cfg(not(feature = "database"))]
pub(crate) fn ids(_: Option<&str>, project: &Project, _: &mut Console<'_>) -> Outcome<BTreeSet<String>> {
    Err(super::needs_database(project, "current"))
}
