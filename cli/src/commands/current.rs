//! `current`.

use std::collections::BTreeSet;

use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;

#[cfg(feature = "database")]
mod of_database {
    use migratable::Status;
    use serde_json::{Value, json};

    use super::super::copies::{self, Became, Task};
    use super::super::movement::at;
    use super::super::unfinished;
    use super::*;
    use crate::arguments::Current;
    use crate::database::{Database, migrator};
    use crate::failure::Failure;

    /// Where a database stands.
    struct Stands {
        status: Status,
        heads: Vec<String>,
    }

    impl Stands {
        fn of(database: &Database, project: &Project) -> Outcome<Stands> {
            let migrator = migrator(project)?;
            let failure = |error| database.failure(&error);
            let status = migrator.status(&mut database.open_to_read()?).map_err(failure)?;
            let heads = migrator.graph().map_err(failure)?.heads().into_iter().map(str::to_owned).collect();
            Ok(Stands { status, heads })
        }

        /// The heads that are not applied.
        fn missing(&self) -> impl Iterator<Item = &String> {
            self.heads.iter().filter(|head| self.status.pending.contains(head))
        }

        fn json(&self) -> Value {
            json!({
                "current": self.status.current,
                "heads": self.heads,
                "pending": self.status.pending,
                "unknown": self.status.unknown,
                "unfinished": self.status.unfinished.as_ref().map(unfinished::json),
            })
        }

        /// A revision, with what is to be said of it.
        fn marked(&self, id: &String) -> String {
            format!("{id}{}", if self.heads.contains(id) { " (head)" } else { "" })
        }
    }

    /// Shows at which revision the database is, or each of many.
    pub(crate) fn run(arguments: &Current, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
        if let Some(databases) = copies::asked(&arguments.copies, url, project, console)? {
            let task = Task {
                words: [("current", " (at the head)"), ("behind", "")],
                again: "run this again",
                run: &|database| became(&Stands::of(database, project)?, arguments, project),
            };
            return task.run(&databases, &arguments.copies, arguments.report, console);
        }
        let database = Database::of(url, project, console)?;
        let stands = Stands::of(&database, project)?;
        let status = &stands.status;
        let is_behind = arguments.check_heads && stands.missing().next().is_some();
        let checked = || if is_behind { Err(Failure::Said(1)) } else { Ok(()) };
        if arguments.report.json {
            let mut json = stands.json();
            json["database"] = database.shown().into();
            console.json(&json);
            return checked();
        }
        for id in &status.current {
            console.line(stands.marked(id));
            let revisions = migrator(project)?.revisions();
            let revision = revisions.iter().find(|it| it.id == id).filter(|_| arguments.verbose);
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
        if let Some(it) = &status.unfinished {
            console.note(format_args!("{} was {}", it.revision, unfinished::text(it, project)));
        }
        if arguments.check_heads {
            for head in stands.missing() {
                console
                    .note(format_args!("error: the head {head} is not applied: {}", project.command("upgrade heads")));
            }
        }
        checked()
    }

    /// What is to be said of one of many.
    fn became(stands: &Stands, arguments: &Current, project: &Project) -> Outcome<Became> {
        let is_behind = stands.missing().next().is_some();
        let revisions = migrator(project)?.revisions();
        let message = |id: &String| match revisions.iter().find(|it| it.id == id).filter(|_| arguments.verbose) {
            Some(revision) => format!(" {}", revision.message),
            None => String::new(),
        };
        let current: Vec<String> = stands.status.current.iter().map(|id| stands.marked(id) + &message(id)).collect();
        let unfinished = stands.status.unfinished.as_ref();
        let unfinished = unfinished.map_or(String::new(), |it| {
            format!("; {} was stopped in the middle of `{}`", it.revision, it.direction.word())
        });
        Ok(Became {
            word: if is_behind { "behind" } else { "current" },
            is_bad: is_behind && arguments.check_heads,
            line: Some(at(&current) + &unfinished),
            json: stands.json(),
        })
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
