//! What `upgrade` and `downgrade` share: running, showing and printing what leads from one revision to another.

use std::cell::RefCell;

use migratable::{Direction, Event, Observer, Options, PlannedRevision, Report, Standing, Transaction};
use migratable_core::Dialect;
use serde_json::{Value, json};

use crate::arguments::movement::{self, Move};
use crate::console::Console;
use crate::database::{Database, Migrator, migrator};
use crate::failure::{Failure, Outcome};
use crate::project::Project;

/// A movement of a database.
pub(super) struct Movement<'a> {
    /// The direction.
    pub(super) direction: Direction,
    /// Where to.
    pub(super) target: &'a str,
    /// How.
    pub(super) how: Move,
}

impl Movement<'_> {
    /// Makes it, or shows it, or prints it.
    pub(super) fn run(&self, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
        if self.how.sql {
            return self.print_sql(url, project, console);
        }
        let database = Database::of(url, project, console)?;
        if self.target.contains(':') {
            return Err(Failure::Usage(format!("`{}` is a range, which only --sql takes", self.target)));
        }
        if self.how.dry_run {
            return self.show(&database, project, console);
        }
        let migrator = self.migrator(project)?;
        let mut connection = match self.direction {
            Direction::Upgrade => database.open()?,
            Direction::Downgrade => database.open_to_read()?,
        };
        let told = RefCell::new(&mut *console);
        let observe = |event: &Event<'_>| told.borrow_mut().progress(progress(event));
        let options = Options { strict: self.how.strict, observer: Observer::new(&observe), ..Options::default() };
        let report = match self.direction {
            Direction::Upgrade => migrator.upgrade_to(&mut connection, self.target, &options),
            Direction::Downgrade => migrator.downgrade(&mut connection, self.target, &options),
        };
        console.progress("");
        let report = report.map_err(|error| database.failure(&error))?;
        let current = migrator.current(&mut connection).map_err(|error| database.failure(&error))?;
        self.report(&report, &current, &database, console);
        match report.standing {
            Standing::Ahead(unknown) => Err(database.failure(&migratable::Error::Ahead { unknown })),
            Standing::Current | Standing::Behind(_) => Ok(()),
        }
    }

    fn migrator(&self, project: &Project) -> Outcome<Migrator> {
        let migrator = migrator(project)?.clone();
        let transaction = match self.how.transaction {
            None => return Ok(migrator),
            Some(movement::Transaction::All) => Transaction::All,
            Some(movement::Transaction::Revision) => Transaction::Revision,
        };
        let settings = migrator.settings().clone().with_transaction(transaction);
        Ok(migrator.with_settings(settings))
    }

    fn report(&self, report: &Report, current: &[String], database: &Database, console: &mut Console<'_>) {
        let (standing, pending, unknown) = match &report.standing {
            Standing::Current => ("current", &[][..], &[][..]),
            Standing::Ahead(unknown) => ("ahead", &[][..], &unknown[..]),
            Standing::Behind(pending) => ("behind", &pending[..], &[][..]),
        };
        if self.how.report.json {
            let done: Vec<Value> = report
                .done
                .iter()
                .map(|done| {
                    json!({
                        "revision": done.revision,
                        "message": done.message,
                        "milliseconds": u64::try_from(done.duration.as_millis()).unwrap_or(u64::MAX),
                    })
                })
                .collect();
            console.json(&json!({
                "database": database.shown(),
                "direction": word(self.direction),
                "done": done,
                "current": current,
                "standing": standing,
                "pending": pending,
                "unknown": unknown,
            }));
        } else {
            let verb = match self.direction {
                Direction::Upgrade => "applied",
                Direction::Downgrade => "took back",
            };
            for done in &report.done {
                console.line(format_args!(
                    "{verb} {} {} ({} ms)",
                    done.revision,
                    done.message,
                    done.duration.as_millis()
                ));
            }
            let at = if current.is_empty() { "the base".to_owned() } else { current.join(", ") };
            let database = database.shown();
            match (&report.standing, self.direction) {
                (Standing::Ahead(_), _) => {}
                (Standing::Current, Direction::Upgrade) if report.done.is_empty() => {
                    console.line(format_args!("{database} is up to date, at {at}"));
                }
                _ if report.done.is_empty() => console.line(format_args!("nothing to do: {database} is at {at}")),
                _ => console.line(format_args!("{database} is at {at}")),
            }
        }
    }

    fn show(&self, database: &Database, project: &Project, console: &mut Console<'_>) -> Outcome {
        let plan = migrator(project)?
            .plan(&mut database.open_to_read()?, self.target, self.direction)
            .map_err(|error| database.failure(&error))?;
        if self.how.report.json {
            let revisions: Vec<Value> = plan.iter().map(planned).collect();
            console.json(&json!({
                "database": database.shown(),
                "direction": word(self.direction),
                "dry_run": true,
                "revisions": revisions,
            }));
            return Ok(());
        }
        if plan.is_empty() {
            console.line(format_args!("nothing to do on {}", database.shown()));
        }
        for revision in &plan {
            console.line(format_args!("{} {}", revision.revision, revision.message));
            for operation in &revision.operations {
                console.line(format_args!("  {operation}"));
            }
            for statement in &revision.statements {
                console.line(format_args!("    {}", statement.replace('\n', "\n    ")));
            }
        }
        Ok(())
    }

    fn print_sql(&self, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
        // A script needs no database; one that is named anyway says the dialect.
        let dialect = match url {
            Some(_) => Database::of(url, project, console)?.dialect,
            None => Database::of(None, project, console).map_or(Dialect::Sqlite, |database| database.dialect),
        };
        let migrator = self.migrator(project)?;
        let script = match self.direction {
            Direction::Upgrade => migrator.upgrade_sql(dialect, self.target),
            Direction::Downgrade => migrator.downgrade_sql(dialect, self.target),
        };
        let script = script.map_err(|error| match error {
            migratable::Error::Resolve(_) | migratable::Error::Range { .. } => Failure::Usage(error.to_string()),
            other => Failure::Failed(other.to_string()),
        })?;
        if self.how.report.json {
            console.json(&json!({ "direction": word(self.direction), "dialect": dialect.name(), "sql": script }));
        } else {
            console.line(script.trim_end());
        }
        Ok(())
    }
}

/// What is being done, in a line.
fn progress(event: &Event<'_>) -> String {
    match event {
        Event::Begins { revision, message, number, of, .. } => format!("{number}/{of} {revision} {message}"),
        Event::Progresses { revision, operation, done, of } => {
            let line = format!("{revision} {}/{of} {operation}", done + 1);
            line.replace('\n', " ").chars().take(100).collect()
        }
        _ => String::new(),
    }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Upgrade => "upgrade",
        Direction::Downgrade => "downgrade",
    }
}

fn planned(revision: &PlannedRevision) -> Value {
    json!({
        "revision": revision.revision,
        "message": revision.message,
        "operations": revision.operations,
        "statements": revision.statements,
    })
}
