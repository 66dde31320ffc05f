//! `upgrade`.

use migratable::Direction;

use super::copies;
use super::movement::Movement;
use crate::arguments::Upgrade;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;

/// Brings a database up to a revision.
pub(crate) fn run(arguments: &Upgrade, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let movement = Movement { direction: Direction::Upgrade, target: &arguments.revision, how: &arguments.how };
    match copies::asked(arguments, url, project, console)? {
        Some(databases) => copies::upgrade(&databases, arguments, &movement.migrator(project)?, console),
        None => movement.run(url, project, console),
    }
}
