//! `stamp`.

use std::collections::BTreeSet;

use migratable::{Options, Revision};
use serde_json::json;

use crate::arguments::Stamp;
use crate::console::Console;
use crate::database::{Database, Db, Migrator, migrator};
use crate::failure::Outcome;
use crate::project::Project;

/// Records revisions as applied without running anything.
pub(crate) fn run(arguments: &Stamp, url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome {
    let database = Database::of(url, project, console)?;
    let stamper = without_operations(migrator(project)?);
    let mut connection = database.open()?;
    let current = stamp(&stamper, &mut connection, &arguments.revisions).map_err(|error| database.failure(&error))?;
    if arguments.report.json {
        console.json(&json!({ "database": database.shown(), "current": current }));
    } else {
        let at = if current.is_empty() { "the base".to_owned() } else { current.join(", ") };
        console.line(format_args!("{} is recorded at {at}; nothing was run", database.shown()));
    }
    Ok(())
}

/// The same revisions, doing nothing: running them only writes the history, with every check that it is written with.
fn without_operations(migrator: &Migrator) -> Migrator {
    let still = migrator.revisions().iter().map(|it| Revision { upgrade: |_| {}, downgrade: |_| {}, ..*it });
    Migrator::new(Box::leak(still.collect()))
}

/// Moves the history of a database to some revisions. Gives back where it is then.
fn stamp(stamper: &Migrator, database: &mut Db, words: &[String]) -> Result<Vec<String>, migratable::Error> {
    let graph = stamper.graph()?;
    let status = stamper.status(database)?;
    let current: Vec<&str> = status.current.iter().map(String::as_str).collect();
    let mut targets = BTreeSet::new();
    for word in words {
        targets.extend(graph.resolve(word, &current)?);
    }
    let applied: BTreeSet<String> = status.applied.into_iter().map(|row| row.revision).collect();
    let wanted = graph.ancestors(targets.iter().map(String::as_str));
    let surplus: BTreeSet<String> = applied.difference(&wanted).cloned().collect();
    if !surplus.is_empty() {
        let one = targets.first().filter(|_| targets.len() == 1).filter(|target| {
            let path = graph.downgrade_path(&applied, std::slice::from_ref(target));
            path.len() == surplus.len() && path.iter().all(|id| surplus.contains(id))
        });
        stamper.downgrade(database, one.map_or("base", String::as_str), &Options::default())?;
    }
    for target in &targets {
        stamper.upgrade_to(database, target, &Options::default())?;
    }
    stamper.current(database)
}
