//! `upgrade`.

use migratable::Direction;

use super::movement::Movement;
use crate::arguments::Upgrade;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;

/// Brings a database up to a revision.
pub(crate) fn run(arguments: &Upgrade, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let Upgrade { revision, copies, how } = arguments;
    Movement { direction: Direction::Upgrade, target: revision, how, copies }.run(url, project, console)
}
