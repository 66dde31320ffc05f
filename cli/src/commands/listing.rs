//! What the commands that list some revisions print.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::arguments::listing::Listing;
use crate::console::Console;
use crate::revisions::{Revision, Revisions};

/// Prints some revisions.
pub(super) fn print(revisions: &Revisions, ids: &[&str], arguments: &Listing, console: &mut Console<'_>) {
    let listed: Vec<&Revision> = ids.iter().filter_map(|id| revisions.find(id)).collect();
    if arguments.report.json {
        let listed: Vec<Value> = listed.iter().map(|it| revisions.json(it, None)).collect();
        console.json(&listed.into());
        return;
    }
    for revision in listed {
        console.line(if arguments.verbose {
            revisions.details(revision, &BTreeSet::new())
        } else {
            revisions.line(revision, &BTreeSet::new())
        });
    }
}
