//! `verify`.

use migratable::Unfinished;
use migratable::inspect::{in_place, inspect_scratch_like};
use migratable_core::Operation;
use migratable_core::diff::{Answers, diff};
use migratable_core::shell;
use serde_json::{Value, json};

use super::copies::{self, Became, Task};
use super::movement::at;
use super::unfinished;
use crate::arguments::Verify;
use crate::console::Console;
use crate::database::{Database, Foreign, migrator};
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::revisions::operation_json;

/// What the comparison of a database has found.
struct Compared {
    /// Where the database is.
    current: Vec<String>,
    /// The revision that it is in the middle of; what that has done is among the differences.
    unfinished: Option<Unfinished>,
    /// What was done to it besides its revisions.
    differences: Vec<Operation>,
    /// What is not looked at.
    not_managed: Vec<String>,
}

/// Compares a live database with the schema that its revision stands for; or each of many.
pub(crate) fn run(arguments: &Verify, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let scratch = arguments.scratch_url.as_deref();
    let scratch = scratch.map(|url| Database::of(Some(url), project, console)).transpose()?;
    let compared = |database: &Database| compared(database, scratch.as_ref(), project);
    if let Some(databases) = copies::asked(&arguments.copies, url, project, console)? {
        let task = Task {
            words: [("clean", ""), ("changed", "")],
            again: "run this again",
            run: &|database| compared(database).map(became),
        };
        return task.run(&databases, &arguments.copies, arguments.report, console);
    }
    let database = Database::of(url, project, console)?;
    let found = compared(&database)?;
    let Compared { current, unfinished, differences, not_managed } = &found;
    let at = at(current);
    if arguments.report.json {
        let mut json = found.json();
        json["database"] = database.shown().into();
        console.json(&json);
    } else if found.is_clean() {
        console.line(format_args!("clean: {} is what {at} makes of it", database.shown()));
    } else {
        console.line(format_args!("{} is not what {at} makes of it. What was done to it besides:", database.shown()));
        differences.iter().for_each(|difference| console.line(format_args!("  {difference}")));
        if let ([revision], None) = (&current[..], unfinished) {
            let words = format!("diff --from {} --to {revision} --sql", shell::word(&database.shown()));
            console.note(format_args!("What takes it back, as SQL: {}", project.command(&words)));
        }
    }
    if let Some(it) = unfinished {
        let among = if differences.is_empty() { "" } else { "; what it has done is among the differences" };
        console.note(format_args!("{} was {}{among}", it.revision, unfinished::text(it, project)));
    }
    for object in not_managed.iter().filter(|_| !arguments.report.json) {
        console.note(format_args!("not managed, and not looked at: {object}"));
    }
    if found.is_clean() { Ok(()) } else { Err(Failure::Said(1)) }
}

fn compared(database: &Database, scratch: Option<&Database>, project: &Project) -> Outcome<Compared> {
    if !database.exists() {
        return Err(Failure::of_database(format!("{} is not there", database.shown())));
    }
    let mut connection = database.open_to_read()?;
    let failure = |error: migratable::Error| database.failure(&error);
    let (current, expected) = migrator(project)?.expected(&mut connection).map_err(failure)?;
    let unfinished = migrator(project)?.status(&mut connection).map_err(failure)?.unfinished;
    let foreign = Foreign::of(project)?;
    let live = database.inspect_open(&mut connection, &foreign)?.without_other_schemas(&expected);
    let expected = match scratch {
        None => foreign.left_out_of(inspect_scratch_like(&mut connection, &expected, &live).map_err(failure)?),
        Some(scratch) => scratch.inspect_scratch(&expected, &live, &foreign)?,
    };
    let (live, expected) = in_place(live.without_column_order(), expected.without_column_order());
    let answers = Answers { allow_loss: true, ..Answers::default() };
    let differences = diff(&expected.schema, &live.schema, &answers).map_err(super::diff::failed)?.upgrade;
    let not_managed = live.not_managed.iter().map(ToString::to_string).collect();
    Ok(Compared { current, unfinished, differences, not_managed })
}

impl Compared {
    /// Whether the database is what its revision makes of it, and in the middle of none.
    fn is_clean(&self) -> bool {
        self.differences.is_empty() && self.unfinished.is_none()
    }

    fn json(&self) -> Value {
        json!({
            "current": self.current,
            "clean": self.is_clean(),
            "unfinished": self.unfinished.as_ref().map(unfinished::json),
            "differences": self.differences.iter().map(operation_json).collect::<Vec<_>>(),
            "not_managed": self.not_managed,
        })
    }
}

/// What became of one of many.
fn became(found: Compared) -> Became {
    let is_bad = !found.is_clean();
    let mut listed: String = found.differences.iter().map(|difference| format!("\n  {difference}")).collect();
    if let Some(it) = &found.unfinished {
        listed.push_str(&format!("\n  {} was stopped in the middle of `{}`", it.revision, it.direction.word()));
    }
    Became {
        word: if is_bad { "changed" } else { "clean" },
        is_bad,
        line: is_bad.then(|| format!("not what {} makes of it:{listed}", at(&found.current))),
        json: found.json(),
    }
}
