//! What the commands share that print a script for the database's own client.

use migratable_core::Dialect;
use serde_json::Value;

use crate::arguments::Report;
use crate::arguments::movement::ScriptDialect;
use crate::console::Console;
use crate::database::Database;
use crate::failure::Outcome;
use crate::project::Project;

/// The dialect that is asked for. A script needs no database; one that is named anyway says the dialect.
pub(super) fn dialect(
    asked: ScriptDialect,
    url: Option<&str>,
    project: &Project,
    console: &Console<'_>,
) -> Outcome<Dialect> {
    match (asked.dialect, url) {
        (Some(dialect), _) => Ok(dialect),
        (None, Some(_)) => Ok(Database::of(url, project, console)?.dialect),
        (None, None) => Ok(Database::of(None, project, console).map_or(Dialect::Sqlite, |database| database.dialect)),
    }
}

/// Prints it; as JSON with further facts.
pub(super) fn print(script: &str, dialect: Dialect, mut facts: Value, report: Report, console: &mut Console<'_>) {
    if report.json {
        facts["dialect"] = dialect.name().into();
        facts["sql"] = script.into();
        console.json(&facts);
    } else {
        console.line(script.trim_end());
    }
}
