//! Many copies of one database, each moved, or shown how it would be.

use migratable::{Backup, Direction, Observer, Options, Report, Standing};
use serde_json::{Value, json};

use super::{Movement, at, planned};
use crate::commands::copies::{Became, Task};
use crate::console::Console;
use crate::database::{Database, Migrator};
use crate::failure::{Failure, Outcome};
use crate::project::Project;

const DONE: &str = "done";
const DUE: &str = "due";
const UNTOUCHED: &str = "untouched";

impl Movement<'_> {
    /// Moves each of them, or shows how it would be moved.
    pub(super) fn of_each(&self, databases: &[Database], project: &Project, console: &mut Console<'_>) -> Outcome {
        let migrator = self.migrator(project)?;
        let backup = self.backup(console);
        if let Some(Backup::To(path)) = backup.as_ref().filter(|_| databases.len() > 1)
            && !path.is_dir()
        {
            let path = console.path(path);
            return Err(Failure::Usage(format!("--backup={path}: there are several databases; name a folder")));
        }
        let run = |database: &Database| match self.how.dry_run {
            true => self.plan_of_copy(database, &migrator),
            false => self.move_copy(database, &migrator, backup.clone()),
        };
        let first = if self.how.dry_run { DUE } else { DONE };
        let task = Task {
            words: [(first, ""), (UNTOUCHED, " (nothing was to be done)")],
            again: "run this again: it does only what is not done",
            run: &run,
        };
        task.run(databases, self.copies, self.how.report, console)
    }

    fn move_copy(&self, database: &Database, migrator: &Migrator, backup: Option<Backup>) -> Outcome<Became> {
        let mut connection = self.open(database)?;
        let failure = |error| database.failure(&error);
        let options = Options { backup, ..self.options(Observer::NOBODY) };
        let report = match self.direction {
            Direction::Upgrade => migrator.upgrade_to(&mut connection, self.target, &options),
            Direction::Downgrade => migrator.downgrade(&mut connection, self.target, &options),
        };
        let report = report.map_err(|error| self.failure(&error, migrator, &mut connection, database))?;
        if let Standing::Ahead(unknown) = report.standing {
            return Err(failure(migratable::Error::Ahead { unknown }));
        }
        let current = &report.current;
        let done: Vec<&str> = report.done.iter().map(|done| done.revision.as_str()).collect();
        let is_idle = done.is_empty() && report.taken_over.is_empty();
        Ok(Became {
            word: if is_idle { UNTOUCHED } else { DONE },
            is_bad: false,
            line: (!is_idle).then(|| summary(&report, current)),
            json: json!({
                "done": done,
                "taken_over": report.taken_over,
                "resumed": report.resumed,
                "backup": report.backup,
                "current": current,
            }),
        })
    }

    fn plan_of_copy(&self, database: &Database, migrator: &Migrator) -> Outcome<Became> {
        let plan = migrator
            .plan(&mut database.open_to_read()?, self.target, self.direction)
            .map_err(|error| database.failure(&error))?;
        let ids: Vec<&str> = plan.iter().map(|revision| revision.revision.as_str()).collect();
        let revisions: Vec<Value> = plan.iter().map(planned).collect();
        Ok(Became {
            word: if ids.is_empty() { UNTOUCHED } else { DUE },
            is_bad: false,
            line: (!ids.is_empty()).then(|| ids.join(", ")),
            json: json!({ "revisions": revisions }),
        })
    }
}

/// What was done with a copy, in a line.
fn summary(report: &Report, current: &[String]) -> String {
    let counted = |count: usize| format!("{count} revision{}", if count == 1 { "" } else { "s" });
    let milliseconds: u128 = report.done.iter().map(|done| done.duration.as_millis()).sum();
    let over = match &report.taken_over[..] {
        [] => String::new(),
        ids => format!("took over {}, ", ids.join(", ")),
    };
    let kept = report.backup.as_ref().map_or(String::new(), |file| format!("; as it was before in {}", file.display()));
    format!("{over}{}, at {} ({milliseconds} ms){kept}", counted(report.done.len()), at(current))
}
