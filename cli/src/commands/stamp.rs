//! `stamp`.

use migratable::{StampOptions, Stamped};
use serde_json::json;

use super::{script, unfinished};
use crate::arguments::Stamp;
use crate::console::Console;
use crate::database::{Database, migrator};
use crate::failure::{Failure, Outcome};
use crate::project::Project;

/// Records revisions as applied without running anything.
pub(crate) fn run(arguments: &Stamp, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let migrator = migrator(project)?;
    let targets: Vec<&str> = arguments.revisions.iter().map(String::as_str).collect();
    let options = StampOptions { purge: arguments.purge };
    if arguments.sql {
        let dialect = script::dialect(arguments.dialect, url, project, console)?;
        let text = migrator.stamp_sql(dialect, &targets, &options).map_err(|error| Failure::of(&error))?;
        script::print(&text, dialect, json!({}), arguments.report, console);
        return Ok(());
    }
    let database = Database::of(url, project, console)?;
    let stamped = migrator.stamp(&mut database.open()?, &targets, &options);
    let Stamped { current, forgotten } = stamped.map_err(|error| database.failure(&error))?;
    if let Some(it) = &forgotten {
        let (revision, word, done, of) = (&it.revision, it.direction.word(), it.done, it.of);
        console.note(format_args!(
            "{revision} was stopped in the middle of `{word}`, {done} of {of} parts done; that is forgotten, and the \
             tables are as it left them: see `{}`",
            project.command("verify")
        ));
    }
    if arguments.report.json {
        console.json(&json!({
            "database": database.shown(),
            "current": current,
            "forgotten": forgotten.as_ref().map(unfinished::json),
        }));
    } else {
        let at = if current.is_empty() { "the base".to_owned() } else { current.join(", ") };
        console.line(format_args!("{} is recorded at {at}; nothing was run", database.shown()));
    }
    Ok(())
}
