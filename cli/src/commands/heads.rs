//! `heads`.

use crate::arguments::Listing;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;
use crate::revisions::Revisions;

/// Lists the revisions that nothing follows.
pub(crate) fn run(arguments: &Listing, project: &Project, console: &mut Console<'_>) -> Outcome {
    let revisions = Revisions::of(project, console)?;
    let heads: Vec<&str> = revisions.graph.heads();
    super::listing::print(&revisions, &heads, arguments, console);
    Ok(())
}
