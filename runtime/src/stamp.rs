//! Recording where a database stands without running anything.

use std::collections::BTreeSet;
use std::time::Duration;

use migratable_core::Dialect;
use migratable_core::graph::Graph;

use crate::dialect::Database;
use crate::error::Error;
use crate::executor::Session;
use crate::history::{self, Statements};
use crate::journal::{self, Unfinished};
use crate::migrator::Migrator;
use crate::plan;
use crate::script::{Script, Taken};
use crate::takeover;

/// How a database is stamped.
#[derive(Clone, Debug, Default)]
pub struct StampOptions {
    /// Empties the history first, with all that this program does not know.
    pub purge: bool,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The revisions at which the database stands.
    pub current: Vec<String>,
    /// A revision that was begun and had not come to its end: that is forgotten, and what it did to the tables is there.
    pub forgotten: Option<Unfinished>,
}

pub(crate) fn run<Db: Database>(
    migrator: &Migrator<Db>,
    database: &mut Db,
    targets: &[&str],
    options: &StampOptions,
) -> Result<Stamped, Error> {
    let graph = migrator.graph()?;
    let settings = migrator.settings();
    let mut session = Session::open(database, settings)?;
    session.begin()?;
    history::create(session.database, settings)?;
    let rows = history::read(session.database, settings)?;
    let unfinished = journal::read(session.database, settings)?;
    history::written_by_known(&rows, unfinished.as_ref())?;
    let (rows, taken_over) = takeover::seen(migrator.revisions(), rows)?;
    let status = history::status(migrator.revisions(), &graph, rows, unfinished);
    let forgets = !(status.unknown.is_empty() && status.changed.is_empty());
    if forgets && !options.purge {
        return Err(Error::Unstampable { unknown: status.unknown, changed: status.changed });
    }
    let applied: BTreeSet<String> = status.applied.iter().map(|row| row.revision.clone()).collect();
    let mut wanted = BTreeSet::new();
    for target in targets {
        wanted.extend(plan::target(&graph, &applied, target)?.revisions);
    }
    let wanted = graph.ancestors(wanted.iter().map(String::as_str));
    let kept = if options.purge { BTreeSet::new() } else { kept(&graph, &applied, &wanted) };

    let rows = Statements::of(&settings.history, session.database.dialect());
    let mut statements: Vec<String> = applied.difference(&kept).map(|revision| rows.delete(revision)).collect();
    let last = status.applied.iter().filter(|row| kept.contains(&row.revision)).map(|row| row.ordinal).max();
    let missing = graph.in_order(wanted.difference(&kept));
    for (ordinal, revision) in (last.unwrap_or(0) + 1..).zip(migrator.find_all(&missing)) {
        statements.push(rows.insert(revision, &ordinal.to_string(), Duration::ZERO));
    }
    let write = |source| Error::Database { doing: "write the history of the database", source };
    if let Some(begun) = &status.unfinished {
        journal::give_up(session.database, settings, begun).map_err(write)?;
    }
    session.database.begin_rows().map_err(write)?;
    if status.unfinished.is_some() {
        journal::clear(session.database, settings).map_err(write)?;
    }
    takeover::write(session.database, settings, &taken_over)?;
    for statement in &statements {
        session.database.execute(statement).map_err(write)?;
    }
    if !statements.is_empty() || !taken_over.is_empty() || status.unfinished.is_some() {
        session.commit().map_err(write)?;
    }
    if status.unfinished.is_some() {
        journal::forget(session.database, settings).map_err(write)?;
    }
    let current = graph.tips(&wanted).into_iter().map(str::to_owned).collect();
    Ok(Stamped { current, forgotten: status.unfinished })
}

/// The same as a script: what is recorded rightly stays as it is.
pub(crate) fn script<Db: Database>(
    migrator: &Migrator<Db>,
    dialect: Dialect,
    targets: &[&str],
    options: &StampOptions,
) -> Result<String, Error> {
    let graph = migrator.graph()?;
    let mut wanted = BTreeSet::new();
    for target in targets {
        wanted.extend(graph.resolve(target, &[])?);
    }
    let wanted = graph.in_order(&graph.ancestors(wanted.iter().map(String::as_str)));
    let mut script = Script::new(dialect, migrator.settings())?;
    let stops_if = "the history has a revision that this script does not know".to_owned();
    let stops = (stops_if, script.history.count_others(graph.order()));
    script.head(Taken::All);
    script.begin((!options.purge).then_some(&stops));
    script.statement(&script.history.delete_others(if options.purge { &[] } else { &wanted }));
    for revision in migrator.find_all(&wanted) {
        script.statement(&script.history.insert_missing(revision));
    }
    script.commit(false, true);
    Ok(script.text())
}

/// Makes the table of the history where it is missing.
pub(crate) fn ensure<Db: Database>(migrator: &Migrator<Db>, database: &mut Db) -> Result<(), Error> {
    let mut session = Session::open(database, migrator.settings())?;
    session.begin()?;
    history::create(session.database, migrator.settings())?;
    session.commit().map_err(|source| Error::Database { doing: "make the history table", source })
}

/// The same as a script.
pub(crate) fn ensure_script<Db: Database>(migrator: &Migrator<Db>, dialect: Dialect) -> Result<String, Error> {
    let mut script = Script::new(dialect, migrator.settings())?;
    script.head(Taken::All);
    script.begin(None);
    script.commit(false, true);
    Ok(script.text())
}

/// The rows that stay: those of wanted revisions, as far as all that comes before them is there. What stands behind a gap
/// is recorded anew, so that the history is in order.
fn kept(graph: &Graph, applied: &BTreeSet<String>, wanted: &BTreeSet<String>) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    for id in graph.in_order(wanted.intersection(applied)) {
        let complete =
            graph.node(&id).is_some_and(|node| node.after.iter().chain(&node.depends_on).all(|it| kept.contains(it)));
        if complete {
            kept.insert(id);
        }
    }
    kept
}
