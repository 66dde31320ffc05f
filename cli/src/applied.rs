//! Whether a revision that is to change is applied somewhere.

use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;

/// Refuses if the database that is asked for has one of the revisions, which a command is to change.
#[cfg(feature = "database")]
pub(crate) fn refuse_if_applied(
    ids: &[String],
    _: &str,
    url: Option<&str>,
    project: &Project,
    console: &mut Console<'_>,
) -> Outcome {
    use crate::database::{Database, Migrator};
    use crate::failure::Failure;

    let database = match Database::of(url, project, console) {
        Ok(database) => database,
        Err(failure) if url.is_some() => return Err(failure),
        Err(_) => return Ok(()),
    };
    // The history can be read without the revisions, which need not compile.
    let migrator = Migrator::new(&[]).with_settings(project.settings().clone());
    let applied = migrator.applied(&mut database.open_to_read()?).map_err(|error| database.failure(&error))?;
    if let Some(row) = applied.iter().find(|row| ids.contains(&row.revision)) {
        return Err(Failure::Failed(format!(
            "revision {} is applied in {}: take it back there first: {}",
            row.revision,
            database.shown(),
            project.command("downgrade")
        )));
    }
    Ok(())
}

/// Without a database nobody can be asked; one that has the revision refuses the next upgrade.
#[cfg(not(feature = "database"))]
pub(crate) fn refuse_if_applied(
    ids: &[String],
    command: &str,
    url: Option<&str>,
    project: &Project,
    console: &mut Console<'_>,
) -> Outcome {
    let asks = project.database_command(&format!("{command} --database-url …"));
    if url.is_some() {
        return Err(crate::failure::Failure::Failed(format!(
            "--database-url: this `migrate` was built without databases, and nothing was written; what asks one: {asks}"
        )));
    }
    let ids = ids.join(", ");
    console.note(format_args!("no database was asked whether it has {ids} applied; what asks one: {asks}"));
    Ok(())
}
