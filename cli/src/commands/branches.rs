//! `branches`.

use crate::arguments::Branches;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;
use crate::revisions::Revisions;

/// Lists the revisions that more than one follows.
pub(crate) fn run(arguments: &Branches, project: &Project, console: &mut Console<'_>) -> Outcome {
    let revisions = Revisions::of(project, console)?;
    super::listing::print(&revisions, &revisions.graph.branch_points(), &arguments.listing, console);
    Ok(())
}
