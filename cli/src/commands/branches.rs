//! `branches`.

use crate::arguments::Listing;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;
use crate::revisions::Revisions;

/// Lists the revisions that more than one follows.
pub(crate) fn run(arguments: &Listing, project: &Project, console: &mut Console<'_>) -> Outcome {
    let revisions = Revisions::of(project, console)?;
    let order = revisions.graph.order().iter().map(String::as_str);
    let branches: Vec<&str> = order.filter(|id| revisions.graph.children(id).len() > 1).collect();
    super::listing::print(&revisions, &branches, arguments, console);
    Ok(())
}
