//! `verify`.

use migratable::inspect::inspect_scratch;
use migratable_core::diff::{Answers, diff};
use serde_json::json;

use crate::arguments::Verify;
use crate::console::Console;
use crate::database::{Database, Foreign, migrator};
use crate::failure::{Failure, Outcome};
use crate::project::{Project, shell_word};
use crate::revisions::operation_json;

/// Compares a live database with the schema that its revision stands for.
pub(crate) fn run(arguments: &Verify, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let database = Database::of(url, project, console)?;
    let migrator = migrator(project)?;
    if !database.exists() {
        return Err(Failure::Failed(format!("{} is not there", database.shown())));
    }
    let mut connection = database.open_to_read()?;
    let failure = |error: migratable::Error| database.failure(&error);
    let (current, expected) = migrator.expected(&mut connection).map_err(failure)?;
    let foreign = Foreign::of(project)?;
    let live = database.inspect_open(&mut connection, &foreign)?.without_other_schemas(&expected);
    let expected = match &arguments.scratch_url {
        None => foreign.left_out_of(inspect_scratch(&mut connection, &expected).map_err(failure)?),
        Some(url) => Database::of(Some(url), project, console)?.inspect_scratch(&expected, &foreign)?,
    };
    let (live, expected) = (live.without_column_order(), expected.without_column_order());
    let answers = Answers { allow_loss: true, ..Answers::default() };
    let differences = match diff(&expected.schema, &live.schema, &answers) {
        Ok(plan) => plan.upgrade,
        Err(error) => return Err(super::diff::failed(error)),
    };
    let at = if current.is_empty() { "the base".to_owned() } else { current.join(", ") };
    if arguments.report.json {
        console.json(&json!({
            "database": database.shown(),
            "current": current,
            "clean": differences.is_empty(),
            "differences": differences.iter().map(operation_json).collect::<Vec<_>>(),
            "not_managed": live.not_managed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
    } else if differences.is_empty() {
        console.line(format_args!("clean: {} is what {at} makes of it", database.shown()));
    } else {
        console.line(format_args!("{} is not what {at} makes of it. What was done to it besides:", database.shown()));
        differences.iter().for_each(|difference| console.line(format_args!("  {difference}")));
        if let [revision] = &current[..] {
            let words = format!("diff --from {} --to {revision} --sql", shell_word(&database.shown()));
            console.note(format_args!("What takes it back, as SQL: {}", project.command(&words)));
        }
    }
    for object in live.not_managed.iter().filter(|_| !arguments.report.json) {
        console.note(format_args!("not managed, and not looked at: {object}"));
    }
    if differences.is_empty() { Ok(()) } else { Err(Failure::Said(1)) }
}
