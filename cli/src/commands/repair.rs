//! `repair`.

use migratable::{RepairOptions, Repaired, TablesAre};
use serde_json::json;

use crate::arguments::Repair;
use crate::console::Console;
use crate::database::{Database, migrator};
use crate::failure::{Failure, Outcome};
use crate::project::Project;

/// Takes a database for what a person says it is.
pub(crate) fn run(arguments: &Repair, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let migrator = migrator(project)?;
    let database = Database::of(url, project, console)?;
    if !database.exists() {
        return Err(Failure::of_database(format!("{} is not there: there is nothing to repair", database.shown())));
    }
    let tables = match (arguments.applied, arguments.not_applied) {
        (true, _) => Some(TablesAre::After),
        (_, true) => Some(TablesAre::Before),
        _ => None,
    };
    let options = RepairOptions { reason: arguments.reason.clone(), tables };
    let repaired = migrator.repair(&mut database.open()?, &arguments.revision, &options);
    let (id, repaired) = repaired.map_err(|error| database.failure(&error))?;
    if arguments.report.json {
        console.json(&json!({ "database": database.shown(), "revision": id, "repaired": repaired.word() }));
        return Ok(());
    }
    let what = match repaired {
        Repaired::Checksum => "is recorded as it is now",
        Repaired::Applied => "is recorded as applied",
        Repaired::NotApplied => "is recorded as not applied",
    };
    console.line(format_args!("{id} {what} in {}; nothing was run", database.shown()));
    console.note(format_args!("see whether the tables are so: {}", project.command("verify")));
    Ok(())
}
