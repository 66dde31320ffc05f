//! `upgrade`.

use migratable::Direction;

use super::movement::Movement;
use crate::arguments::Upgrade;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;

/// Brings a database up to a revision.
pub(crate) fn run(arguments: &Upgrade, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let movement = Movement { direction: Direction::Upgrade, target: &arguments.revision, how: &arguments.how };
    movement.run(url, project, console)
}
