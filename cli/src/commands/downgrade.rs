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
    // A script knows of no database that is somewhere: back by one is then back by one from the head.
    let target = if how.sql && revision == "-1" { "head:-1" } else { revision };
    Movement { direction: Direction::Downgrade, target, how, copies }.run(url, project, console)
}
