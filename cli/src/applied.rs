//! Whether a revision that is to change is applied somewhere.

use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;

/// Refuses if the database that is asked for has one of the revisions.
#[cfg(feature = "database")]
pub(crate) fn refuse_if_applied(
    ids: &[String],
    url: Option<&str>,
    project: &Project,
    console: &mut Console<'_>,
) -> Outcome {
    use crate::database::{Database, migrator};
    use crate::failure::Failure;

    let database = match Database::of(url, project, console) {
        Ok(database) if project.migrator().is_some() => database,
        Err(failure) if url.is_some() => return Err(failure),
        _ => return Ok(()),
    };
    let applied =
        migrator(project)?.applied(&mut database.open_to_read()?).map_err(|error| database.failure(&error))?;
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
pub(crate) fn refuse_if_applied(ids: &[String], _: Option<&str>, _: &Project, console: &mut Console<'_>) -> Outcome {
    console.note(format_args!("no database was asked whether it has {} applied", ids.join(", ")));
    Ok(())
}
