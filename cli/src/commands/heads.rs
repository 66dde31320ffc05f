//! `heads`.

use crate::arguments::Heads;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;
use crate::revisions::Revisions;

/// Lists the revisions that nothing follows.
pub(crate) fn run(arguments: &Heads, project: &Project, console: &mut Console<'_>) -> Outcome {
    let revisions = Revisions::of(project, console)?;
    let heads = if arguments.resolve_dependencies {
        revisions.graph.heads_nothing_depends_on()
    } else {
        revisions.graph.heads()
    };
    super::listing::print(&revisions, &heads, &arguments.listing, console);
    Ok(())
}
