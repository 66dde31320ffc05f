//! `ensure-version`.

use serde_json::json;

use super::script;
use crate::arguments::{EnsureVersion, Report};
use crate::console::Console;
use crate::database::{Database, migrator};
use crate::failure::{Failure, Outcome};
use crate::project::Project;

/// Makes the table of the history where it is missing.
pub(crate) fn run(
    arguments: &EnsureVersion,
    url: Option<&str>,
    project: &Project,
    console: &mut Console<'_>,
) -> Outcome {
    let migrator = migrator(project)?;
    if arguments.sql {
        let dialect = script::dialect(arguments.dialect, url, project, console)?;
        let text = migrator.ensure_history_sql(dialect).map_err(|error| Failure::of(&error))?;
        script::print(&text, dialect, json!({}), Report::default(), console);
        return Ok(());
    }
    let database = Database::of(url, project, console)?;
    migrator.ensure_history(&mut database.open()?).map_err(|error| database.failure(&error))?;
    console.line(format_args!("{} has the table of the history", database.shown()));
    Ok(())
}
