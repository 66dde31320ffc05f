//! `downgrade`.

use migratable::Direction;

use super::movement::Movement;
use crate::arguments::Downgrade;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;

/// Takes a database back to a revision.
pub(crate) fn run(arguments: &Downgrade, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let Downgrade { revision, copies, how } = arguments;
    Movement { direction: Direction::Downgrade, target: revision, how, copies }.run(url, project, console)
}
