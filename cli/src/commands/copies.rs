//! `upgrade` of many copies of one database: a file of URLs, or the schemas of a PostgreSQL database.

use std::collections::HashMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use migratable::{Options, Report, Standing};
use migratable_core::Dialect;
use serde_json::{Value, json};

use crate::arguments::Upgrade;
use crate::console::Console;
use crate::database::{Database, Migrator};
use crate::failure::{Failure, Outcome};
use crate::project::Project;

/// The copies that are asked for; none if one database is.
pub(super) fn asked(
    arguments: &Upgrade,
    url: Option<&str>,
    project: &Project,
    console: &Console<'_>,
) -> Outcome<Option<Vec<Database>>> {
    match (&arguments.copies.each_url, &arguments.copies.each_schema) {
        (Some(file), _) => of_file(file, project, console).map(Some),
        (None, Some(pattern)) => of_schemas(pattern, &Database::of(url, project, console)?, project).map(Some),
        (None, None) => Ok(None),
    }
}

/// The databases whose URLs stand in a file, one a line; relative files are taken from its folder.
fn of_file(file: &Path, project: &Project, console: &Console<'_>) -> Outcome<Vec<Database>> {
    let path = console.current_dir().join(file);
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::Usage(format!("--each-url: cannot read {}: {error}", console.path(&path))))?;
    let folder = path.parent().unwrap_or(&path);
    let mut databases = Vec::new();
    let mut seen = HashMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |message: String| Failure::Usage(format!("{}:{number}: {message}", console.path(&path)));
        let database = Database::named(line, folder, project).map_err(|failure| match failure {
            Failure::Failed(message) | Failure::Usage(message) => wrong(message),
            said @ Failure::Said(_) => said,
        })?;
        if let Some(first) = seen.insert(database.shown(), number) {
            return Err(wrong(format!("{} stands in line {first} already", database.shown())));
        }
        databases.push(database);
    }
    if databases.is_empty() {
        return Err(Failure::Usage(format!("--each-url: {} has no URL in it", console.path(&path))));
    }
    Ok(databases)
}

/// The schemas of a PostgreSQL database whose names are like a pattern.
fn of_schemas(pattern: &str, database: &Database, project: &Project) -> Outcome<Vec<Database>> {
    if database.dialect != Dialect::Postgres {
        return Err(Failure::Usage(format!(
            "--each-schema is for PostgreSQL, and {} is {}: name its databases by --each-url",
            database.shown(),
            database.dialect
        )));
    }
    if let Some(schema) = &project.settings().history.schema {
        return Err(Failure::Usage(format!(
            "--each-schema: each schema has a history of its own, and `history-schema` puts all of them in {schema}"
        )));
    }
    let schemas = database.schemas_like(pattern)?;
    if schemas.is_empty() {
        let shown = database.shown();
        return Err(Failure::Usage(format!("--each-schema: no schema of {shown} is like `{pattern}`")));
    }
    Ok(schemas.into_iter().map(|schema| database.with_schema(schema)).collect())
}

/// What became of a copy.
struct Copy {
    database: String,
    outcome: Result<(Report, Vec<String>), String>,
}

impl Copy {
    fn word(&self) -> &'static str {
        match &self.outcome {
            Ok((report, _)) if report.done.is_empty() => "untouched",
            Ok(_) => "done",
            Err(_) => "failed",
        }
    }

    fn json(&self) -> Value {
        let (done, current, error) = match &self.outcome {
            Ok((report, current)) => {
                let done = report.done.iter().map(|done| done.revision.clone()).collect();
                (done, current.clone(), None)
            }
            Err(error) => (Vec::new(), Vec::new(), Some(error)),
        };
        json!({
            "database": self.database,
            "outcome": self.word(),
            "done": done,
            "current": current,
            "error": error,
        })
    }
}

/// Upgrades all of them, so many at a time, and says what became of each. What fails stops no other.
pub(super) fn upgrade(
    databases: &[Database],
    arguments: &Upgrade,
    migrator: &Migrator,
    console: &mut Console<'_>,
) -> Outcome {
    let mut copies: Vec<Option<Copy>> = databases.iter().map(|_| None).collect();
    let next = AtomicUsize::new(0);
    let jobs = arguments.copies.jobs.get().min(databases.len());
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..jobs {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((at, database)) = taken(next, databases) {
                    let options = Options { strict: arguments.how.strict, ..Options::default() };
                    let copy = one(database, &arguments.revision, migrator, &options);
                    if sender.send((at, copy)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (finished, (at, copy)) in (1..).zip(receiver) {
            console.progress("");
            if !arguments.how.report.json {
                tell(&copy, console);
            }
            console.progress(format_args!("{finished} of {}", databases.len()));
            copies[at] = Some(copy);
        }
        console.progress("");
    });
    let copies: Vec<Copy> = copies.into_iter().flatten().collect();
    report(&copies, arguments, console)
}

/// The next database that nobody has taken.
fn taken<'a>(next: &AtomicUsize, databases: &'a [Database]) -> Option<(usize, &'a Database)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    databases.get(at).map(|database| (at, database))
}

fn one(database: &Database, target: &str, migrator: &Migrator, options: &Options<'_>) -> Copy {
    let run = || {
        let mut connection = database.open()?;
        let failure = |error| database.failure(&error);
        let report = migrator.upgrade_to(&mut connection, target, options).map_err(failure)?;
        if let Standing::Ahead(unknown) = report.standing {
            return Err(failure(migratable::Error::Ahead { unknown }));
        }
        let current = migrator.current(&mut connection).map_err(failure)?;
        Ok((report, current))
    };
    // A step that panics is a copy that failed; the connection is gone with it.
    let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("a step panicked".into()));
    let outcome = outcome.map_err(|failure: Failure| match failure {
        Failure::Failed(message) | Failure::Usage(message) => message,
        Failure::Said(status) => format!("it ended with {status}"),
    });
    Copy { database: database.shown(), outcome }
}

/// Says of a copy that it was changed, or is not.
fn tell(copy: &Copy, console: &mut Console<'_>) {
    match &copy.outcome {
        Ok((report, _)) if report.done.is_empty() => {}
        Ok((report, current)) => {
            let count = report.done.len();
            let revisions = if count == 1 { "revision" } else { "revisions" };
            let milliseconds: u128 = report.done.iter().map(|done| done.duration.as_millis()).sum();
            let at = current.join(", ");
            console.line(format_args!("{}: {count} {revisions}, at {at} ({milliseconds} ms)", copy.database));
        }
        Err(error) => console.note(format_args!("failed: {}: {error}", copy.database)),
    }
}

fn report(copies: &[Copy], arguments: &Upgrade, console: &mut Console<'_>) -> Outcome {
    let count = |word: &str| copies.iter().filter(|copy| copy.word() == word).count();
    let (done, failed, untouched) = (count("done"), count("failed"), count("untouched"));
    if arguments.how.report.json {
        console.json(&json!({
            "done": done,
            "failed": failed,
            "untouched": untouched,
            "copies": copies.iter().map(Copy::json).collect::<Vec<_>>(),
        }));
    } else {
        console.line(format_args!(
            "{} copies: {done} done, {failed} failed, {untouched} untouched (nothing was to be done)",
            copies.len()
        ));
        if failed > 0 {
            console.note("What failed:");
            for copy in copies.iter().filter(|copy| copy.outcome.is_err()) {
                console.note(format_args!("  {}", copy.database));
            }
            console.note("When it is mended, run this again: it does only what is not done.");
        }
    }
    if failed == 0 { Ok(()) } else { Err(Failure::Said(1)) }
}
