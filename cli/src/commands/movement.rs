//! What `upgrade` and `downgrade` share: running, showing and printing what leads from one revision to another.

mod copies;

use std::cell::RefCell;
use std::time::Duration;

use migratable::{
    Backup, Direction, Event, Given, Observer, Options, PlannedRevision, PlannedStatement, Report, Resumed,
    RevisionScript, ScriptOptions, Standing, Transaction,
};
use migratable_core::graph::ResolveError;
use migratable_core::shell;
use serde_json::{Value, json};

use super::{copies as of_copies, script};
use crate::arguments::Copies;
use crate::arguments::movement::{self, Move};
use crate::console::Console;
use crate::database::{Database, Db, Migrator, migrator};
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::prompt;

/// A movement of a database.
pub(super) struct Movement<'a> {
    /// The direction.
    pub(super) direction: Direction,
    /// Where to.
    pub(super) target: &'a str,
    /// How.
    pub(super) how: &'a Move,
    /// Of which copies, if not of one database.
    pub(super) copies: &'a Copies,
}

impl Movement<'_> {
    /// Makes it, or shows it, or prints it.
    pub(super) fn run(&self, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
        if self.how.sql {
            return self.print_script(url, project, console);
        }
        if self.target.contains(':') {
            return Err(Failure::Usage(format!("`{}` is a range, which only --sql takes", self.target)));
        }
        if let Some(databases) = of_copies::asked(self.copies, url, project, console)? {
            return self.of_each(&databases, project, console);
        }
        let database = Database::of(url, project, console)?;
        if self.how.dry_run {
            return self.show(&database, project, console);
        }
        let migrator = self.migrator(project)?;
        let mut connection = self.open(&database)?;
        let backup = self.backup(console);
        let told = RefCell::new(&mut *console);
        let observe = |event: &Event<'_>| tell(event, &mut told.borrow_mut());
        let options = Options { backup, ..self.options(Observer::new(&observe)) };
        let mut run = |target: &str| match self.direction {
            Direction::Upgrade => migrator.upgrade_to(&mut connection, target, &options),
            Direction::Downgrade => migrator.downgrade(&mut connection, target, &options),
        };
        let report = match run(self.target) {
            Err(migratable::Error::Resolve(ResolveError::ManyCurrent { steps, ids }))
                if told.borrow().is_interactive() =>
            {
                let named = migrator.revisions().iter().filter(|it| ids.iter().any(|id| id == it.id));
                let (ids, lines): (Vec<&str>, Vec<String>) =
                    named.map(|it| (it.id, format!("{} {}   ({}@{steps})", it.id, it.message, it.id))).unzip();
                let chosen = {
                    let mut console = told.borrow_mut();
                    console.note(format_args!(
                        "{} is at several revisions. Which one moves by `{steps}`?",
                        database.shown()
                    ));
                    prompt::one_of(&lines, &mut console)?
                };
                run(&format!("{}@{steps}", ids[chosen]))
            }
            report => report,
        };
        console.progress("");
        let report = report.map_err(|error| self.failure(&error, &migrator, &mut connection, &database))?;
        let ahead = match &report.standing {
            Standing::Ahead(unknown) => Some(database.failure(&migratable::Error::Ahead { unknown: unknown.clone() })),
            Standing::Current | Standing::Behind(_) => None,
        };
        self.report(&report, ahead.as_ref(), &database, console);
        if report.done.is_empty() && report.taken_over.is_empty() {
            self.hint_at_other_way(&migrator, &report.current, project, console);
        }
        match ahead {
            // The report is all that is printed as JSON.
            Some(failure) if self.how.report.json => {
                console.note(format_args!("error: {}", failure.message().unwrap_or_default()));
                Err(Failure::Said(failure.status()))
            }
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// Says which command leads to the target, where this one does not.
    fn hint_at_other_way(&self, migrator: &Migrator, current: &[String], project: &Project, console: &mut Console<'_>) {
        let current: Vec<&str> = current.iter().map(String::as_str).collect();
        let Ok(graph) = migrator.graph() else { return };
        let Ok(target) = graph.target(self.target, &current) else { return };
        let applied = graph.ancestors(current);
        let (other, path) = match self.direction {
            Direction::Upgrade => (Direction::Downgrade, graph.downgrade_path(&applied, &target)),
            Direction::Downgrade => (Direction::Upgrade, graph.upgrade_path(&applied, &target)),
        };
        if !path.is_empty() {
            let command = project.command(&format!("{} {}", other.word(), shell::word(self.target)));
            console.note(format_args!("`{}` lies in the other direction: {command}", self.target));
        }
    }

    /// Opens a database; where something is to be taken back, none is made.
    fn open(&self, database: &Database) -> Outcome<Db> {
        match self.direction {
            Direction::Upgrade => database.open(),
            Direction::Downgrade => database.open_to_read(),
        }
    }

    fn failure(
        &self,
        error: &migratable::Error,
        migrator: &Migrator,
        connection: &mut Db,
        database: &Database,
    ) -> Failure {
        match error {
            migratable::Error::Resolve(ResolveError::TooFar { .. })
                if self.direction == Direction::Downgrade
                    && migrator.current(connection).is_ok_and(|current| current.is_empty()) =>
            {
                Failure::Usage(format!("{} is at the base: there is nothing to take back", database.shown()))
            }
            error => database.failure(error),
        }
    }

    fn options<'o>(&self, observer: Observer<'o>) -> Options<'o> {
        let given = Given { arguments: self.how.x.iter().cloned().collect(), tag: self.how.tag.clone() };
        Options { strict: self.how.strict, observer, given, ..Options::default() }
    }

    /// Where a copy of the database goes, if one is asked for.
    fn backup(&self, console: &Console<'_>) -> Option<Backup> {
        let file = self.how.backup.as_ref()?;
        Some(file.as_ref().map_or(Backup::Beside, |file| Backup::To(console.current_dir().join(file))))
    }

    /// The revisions, with the transactions that are asked for.
    fn migrator(&self, project: &Project) -> Outcome<Migrator> {
        let migrator = migrator(project)?.clone();
        let transaction = match self.how.transaction {
            None => return Ok(migrator),
            Some(movement::Transaction::All) => Transaction::All,
            Some(movement::Transaction::Revision) => Transaction::Revision,
            Some(movement::Transaction::None) => Transaction::None,
        };
        let settings = migrator.settings().clone().with_transaction(transaction);
        Ok(migrator.with_settings(settings))
    }

    fn report(&self, report: &Report, failure: Option<&Failure>, database: &Database, console: &mut Console<'_>) {
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
            let mut json = json!({
                "database": database.shown(),
                "direction": self.direction.word(),
                "done": done,
                "taken_over": report.taken_over,
                "resumed": report.resumed,
                "backup": report.backup,
                "current": report.current,
                "standing": standing,
                "pending": pending,
                "unknown": unknown,
            });
            if let Some(failure) = failure {
                json["error"] = json!({ "code": failure.code(), "message": failure.message() });
            }
            console.json(&json);
        } else {
            let verb = match self.direction {
                Direction::Upgrade => "applied",
                Direction::Downgrade => "took back",
            };
            for id in &report.taken_over {
                console.line(format_args!("took over {id} for the revisions for which it stands; nothing was run"));
            }
            for id in &report.resumed {
                console.line(format_args!("went on with {id}, which had been stopped in the middle"));
            }
            for done in &report.done {
                console.line(format_args!(
                    "{verb} {} {} ({} ms)",
                    done.revision,
                    done.message,
                    done.duration.as_millis()
                ));
            }
            let at = at(&report.current);
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
        let plan = self
            .migrator(project)?
            .plan(&mut database.open_to_read()?, self.target, self.direction)
            .map_err(|error| database.failure(&error))?;
        if self.how.report.json {
            let revisions: Vec<Value> = plan.iter().map(planned).collect();
            console.json(&json!({
                "database": database.shown(),
                "direction": self.direction.word(),
                "dry_run": true,
                "revisions": revisions,
            }));
            return Ok(());
        }
        if plan.is_empty() {
            console.line(format_args!("nothing to do on {}", database.shown()));
        }
        for revision in &plan {
            let resumes = revision.resumes.map_or(String::new(), |Resumed { done, of }| {
                format!(" (stopped in the middle: goes on behind {done} of {of} parts)")
            });
            console.line(format_args!("{} {}{resumes}", revision.revision, revision.message));
            for operation in &revision.operations {
                console.line(format_args!("  {operation}"));
            }
            for statement in &revision.statements {
                console.line(format_args!("    -- {}", statement.impact));
                console.line(format_args!("    {}", statement.sql.replace('\n', "\n    ")));
            }
        }
        Ok(())
    }

    fn print_script(&self, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
        let dialect = script::dialect(self.how.dialect, url, project, console)?;
        let options = ScriptOptions { idempotent: self.how.idempotent };
        let written = self.migrator(project)?.script(dialect, self.target, self.direction, &options);
        let RevisionScript { sql, stops, .. } = written.map_err(|error| Failure::of(&error))?;
        let stops_at: Vec<Value> = stops
            .iter()
            .map(|stop| json!({ "revision": stop.revision, "step": stop.step, "message": stop.message }))
            .collect();
        let facts = json!({ "direction": self.direction.word(), "stops": stops_at });
        script::print(&sql, dialect, facts, self.how.report, console);
        for stop in &stops {
            console.note(format_args!("the script stops: {}", stop.message));
        }
        // An idempotent script has the whole range in it all the same.
        if stops.is_empty() || self.how.idempotent { Ok(()) } else { Err(Failure::Said(1)) }
    }
}

/// Where a database is, in words.
pub(super) fn at(current: &[String]) -> String {
    if current.is_empty() { "the base".to_owned() } else { current.join(", ") }
}

/// Says what happens: what is tried again, where a copy of the database is, and to somebody at the terminal what is being done.
fn tell(event: &Event<'_>, console: &mut Console<'_>) {
    match event {
        Event::Rows { .. } => console.report_progress(progress(event)),
        _ => console.progress(progress(event)),
    }
    match event {
        Event::BackedUp { file } => {
            let file = console.path(file);
            console.note(format_args!("the database as it was before is in {file}"));
        }
        Event::Retries { revision, error, number, of, pause } => {
            let why = error.lines().nth(1).unwrap_or(error);
            let pause = pause.as_millis();
            console.note(format_args!("{revision} is tried again in {pause} ms, {number} of {of}: {why}"));
        }
        _ => {}
    }
}

/// What is being done, in a line.
fn progress(event: &Event<'_>) -> String {
    match event {
        Event::TookOver { revision, .. } => format!("{revision} takes over"),
        Event::Begins { revision, message, number, of, .. } => format!("{number}/{of} {revision} {message}"),
        Event::Progresses { revision, operation, done, of } => {
            let line = format!("{revision} {}/{of} {operation}", done + 1);
            line.replace('\n', " ").chars().take(100).collect()
        }
        Event::Rows { revision, table, done, of, since, duration } => {
            format!("{revision} {table}: {}", rows(*done, *of, *since, *duration))
        }
        _ => String::new(),
    }
}

/// How far the rows of a table are, how fast they go, and how long it takes to the end.
fn rows(done: u64, of: Option<u64>, since: u64, duration: Duration) -> String {
    let rate = since as f64 / duration.as_secs_f64().max(0.001);
    let Some(of) = of.filter(|of| *of > done) else { return format!("{done} rows, {rate:.0} a second") };
    let left = (rate > 0.0).then(|| ((of - done) as f64 / rate).ceil() as u64);
    let left = left.map_or(String::new(), |it| format!(", {}:{:02} left", it / 60, it % 60));
    format!("{done} of about {of} rows, {rate:.0} a second{left}")
}

fn planned(revision: &PlannedRevision) -> Value {
    let statement = |PlannedStatement { sql, impact }: &PlannedStatement| {
        let locks = impact
            .locks
            .as_ref()
            .map(|locks| locks.iter().map(|lock| json!({ "mode": lock.mode, "on": lock.on })).collect::<Vec<_>>());
        json!({
            "sql": sql,
            "locks": locks,
            "algorithm": impact.algorithm,
            "rewrites": impact.rewrites,
            "rows": impact.rows.map(|rows| json!({ "count": rows.count, "exact": rows.exact })),
        })
    };
    json!({
        "revision": revision.revision,
        "message": revision.message,
        "operations": revision.operations,
        "statements": revision.statements.iter().map(statement).collect::<Vec<_>>(),
        "resumes": revision.resumes.map(|Resumed { done, of }| json!({ "done": done, "of": of })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_reported_with_their_rate_and_the_time_left() {
        for (done, of, since, seconds, expected) in [
            (500, Some(2_000), 500, 10.0, "500 of about 2000 rows, 50 a second, 0:30 left"),
            // What an earlier run has done says nothing of the rate.
            (1_500, Some(10_000), 1_000, 10.0, "1500 of about 10000 rows, 100 a second, 1:25 left"),
            (0, Some(10), 0, 0.0, "0 of about 10 rows, 0 a second"),
            // More than there were, since others have added some.
            (12, Some(10), 12, 2.0, "12 rows, 6 a second"),
            (12, None, 12, 2.0, "12 rows, 6 a second"),
        ] {
            assert_eq!(rows(done, of, since, Duration::from_secs_f64(seconds)), expected);
        }
    }
}
