//! The history table: which revisions a database has, and how that compares with a program.

mod statements;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use migratable_core::graph::Graph;

use crate::dialect::Database;
use crate::error::Error;
use crate::executor::Session;
use crate::journal::{self, Unfinished};
use crate::migrator::Revision;
use crate::settings::{HistoryTable, Settings};
use crate::takeover;

pub(crate) use statements::{Statements, in_transactions};

/// A row of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The revision.
    pub revision: String,
    /// The place in the order in which revisions were applied; later ones have greater numbers.
    pub ordinal: u64,
    /// Its message.
    pub message: String,
    /// The checksum of its operations when it was applied.
    pub checksum: String,
    /// The checksum of its data steps when it was applied.
    pub steps_checksum: Option<String>,
    /// When it was applied, in UTC.
    pub applied_at: String,
    /// How long it took.
    pub duration: Duration,
    /// The version of this crate that applied it.
    pub tool_version: String,
}

/// How a database stands to a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has what the program has.
    Current,
    /// A newer program has applied these revisions, in the order of the history.
    Ahead(Vec<String>),
    /// It lacks these revisions, in order.
    Behind(Vec<String>),
}

/// Where a database stands beside a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The applied revisions that no other applied one follows.
    pub current: Vec<String>,
    /// The history, in order.
    pub applied: Vec<Applied>,
    /// What the database lacks, in order.
    pub pending: Vec<String>,
    /// What the database has and the program does not know.
    pub unknown: Vec<String>,
    /// Revisions that were edited after they were applied.
    pub changed: Vec<String>,
    /// Revisions whose data steps were edited after they were applied.
    pub changed_steps: Vec<String>,
    /// A revision that was begun and did not come to its end, where one is more than one transaction.
    pub unfinished: Option<Unfinished>,
    /// Why the database cannot be taken over, if it has only some of the revisions for which another one stands.
    pub halfway: Option<String>,
}

/// A history that a program can go on from.
pub(crate) struct Position {
    pub(crate) applied: BTreeSet<String>,
    /// The same in the order in which they were applied.
    pub(crate) order: Vec<String>,
    pub(crate) unknown: Vec<String>,
    /// What the history is still to be told: that these are applied in the place of those for which they stand.
    pub(crate) taken_over: Vec<&'static Revision>,
}

/// Makes the history table where it is missing.
pub(crate) fn create<Db: Database>(database: &mut Db, settings: &Settings) -> Result<(), Error> {
    let create = Statements::of(&settings.history, database.dialect()).create().join(";\n");
    database.execute(&create).map_err(|source| Error::Database { doing: "make the history table", source })
}

/// What a database answers a query of one of the tool's own tables with; nothing if it has not that table.
pub(crate) fn query<Db: Database>(
    database: &mut Db,
    settings: &Settings,
    table: &HistoryTable,
    sql: &str,
) -> Result<Vec<Vec<Option<String>>>, Error> {
    let answer = match database.rows(sql) {
        // A connection that does not wait by itself waits as long as one that migrates.
        Err(error) if database.is_busy(&error) => match Session::open(database, settings) {
            Ok(session) => session.database.rows(sql),
            Err(_) => Err(error),
        },
        answer => answer,
    };
    match answer {
        Ok(rows) => Ok(rows),
        Err(error) if database.is_missing_history(&error, table) => Ok(Vec::new()),
        // Another process may have made it between the two.
        Err(source) => {
            database.rows(sql).map_err(|_| Error::Database { doing: "read the history of the database", source })
        }
    }
}

/// The history, in order.
pub(crate) fn read<Db: Database>(database: &mut Db, settings: &Settings) -> Result<Vec<Applied>, Error> {
    Ok(read_rows(database, settings)?.0)
}

/// The history, in order, and the revision that is in the middle of its work: by one query, if there is none.
pub(crate) fn read_all<Db: Database>(
    database: &mut Db,
    settings: &Settings,
) -> Result<(Vec<Applied>, Option<Unfinished>), Error> {
    let (rows, has_journal) = read_rows(database, settings)?;
    // Nothing tells of the journal of the first revision.
    let unfinished = if has_journal || rows.is_empty() { journal::read(database, settings)? } else { None };
    Ok((rows, unfinished))
}

fn read_rows<Db: Database>(database: &mut Db, settings: &Settings) -> Result<(Vec<Applied>, bool), Error> {
    let sql = Statements::of(&settings.history, database.dialect()).read(&settings.history.journal());
    let mut has_journal = false;
    let mut applied = |row: Vec<Option<String>>| {
        let mut values = row.into_iter();
        let mut optional = || values.next().flatten();
        let applied = Applied {
            revision: optional().unwrap_or_default(),
            ordinal: optional().and_then(|text| text.parse().ok()).unwrap_or_default(),
            message: optional().unwrap_or_default(),
            checksum: optional().unwrap_or_default(),
            steps_checksum: optional(),
            applied_at: optional().unwrap_or_default(),
            duration: Duration::from_millis(optional().and_then(|text| text.parse().ok()).unwrap_or_default()),
            tool_version: optional().unwrap_or_default(),
        };
        has_journal |= optional().as_deref() == Some("1");
        applied
    };
    let rows = query(database, settings, &settings.history, &sql)?.into_iter().map(&mut applied).collect();
    Ok((rows, has_journal))
}

/// The revisions of the history with their checksums, and whether one of them may be unfinished, by one query.
pub(crate) fn read_checksums<Db: Database>(
    database: &mut Db,
    settings: &Settings,
) -> Result<(Vec<(String, String)>, bool), Error> {
    let sql = Statements::of(&settings.history, database.dialect()).read_checksums(&settings.history.journal());
    let rows = query(database, settings, &settings.history, &sql)?;
    let mut has_journal = false;
    let mut checksums = Vec::with_capacity(rows.len());
    for row in rows {
        let mut values = row.into_iter().map(Option::unwrap_or_default);
        checksums.push((values.next().unwrap_or_default(), values.next().unwrap_or_default()));
        has_journal |= values.next().as_deref() == Some("1");
    }
    Ok((checksums, has_journal))
}

/// Refuses what a newer release has written, a history or a revision that was begun: what it records beside would be lost.
pub(crate) fn written_by_known(rows: &[Applied], begun: Option<&Unfinished>) -> Result<(), Error> {
    let number = |version: &str| -> Option<(u64, u64)> {
        let mut parts = version.split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??))
    };
    let own = number(env!("CARGO_PKG_VERSION"));
    let versions = rows.iter().map(|row| &row.tool_version);
    match versions.chain(begun.map(|it| &it.tool_version)).find(|version| number(version) > own) {
        Some(version) => Err(Error::OlderTool { wrote: version.clone() }),
        None => Ok(()),
    }
}

/// Whether two checksums, which begin with their version, say that something was edited.
fn differ(recorded: &str, compiled: &str) -> bool {
    let version = |checksum: &str| checksum.split_once(':').map(|(version, _)| version.to_owned());
    version(recorded) == version(compiled) && recorded != compiled
}

fn unchanged(revision: &Revision, recorded: &str) -> Result<(), Error> {
    if differ(recorded, revision.checksum) {
        return Err(Error::Changed {
            revision: revision.id.to_owned(),
            recorded: recorded.to_owned(),
            compiled: revision.checksum.to_owned(),
        });
    }
    Ok(())
}

/// The revisions that no other follows.
pub(crate) fn heads(revisions: &[Revision]) -> Vec<String> {
    let followed: HashSet<&str> = revisions.iter().flat_map(|it| it.after.iter().copied()).collect();
    revisions.iter().filter(|it| !followed.contains(it.id)).map(|it| it.id.to_owned()).collect()
}

/// Whether a database with these rows has every revision.
pub(crate) fn ensure_current(revisions: &[Revision], rows: &[(String, String)]) -> Result<Standing, Error> {
    let mut open: HashMap<&str, &str> = rows.iter().map(|(id, checksum)| (id.as_str(), checksum.as_str())).collect();
    let mut pending = Vec::new();
    for revision in revisions {
        match open.remove(revision.id) {
            Some(recorded) => unchanged(revision, recorded)?,
            None => pending.push(revision.id.to_owned()),
        }
    }
    let unknown: Vec<String> =
        rows.iter().filter(|(id, _)| open.contains_key(id.as_str())).map(|(id, _)| id.clone()).collect();
    match (pending.is_empty(), unknown.is_empty()) {
        (true, true) => Ok(Standing::Current),
        (true, false) => Ok(Standing::Ahead(unknown)),
        (false, true) => Err(Error::Behind { pending }),
        (false, false) => Err(Error::Diverged { unknown, pending }),
    }
}

/// Checks that a history is one that a program can go on from.
pub(crate) fn position(
    revisions: &'static [Revision],
    graph: &Graph,
    rows: Vec<Applied>,
    strict: bool,
) -> Result<Position, Error> {
    let known: HashMap<&str, &Revision> = revisions.iter().map(|revision| (revision.id, revision)).collect();
    let (rows, taken_over) = takeover::seen(revisions, rows)?;
    let mut position = Position { applied: BTreeSet::new(), order: Vec::new(), unknown: Vec::new(), taken_over };
    for row in &rows {
        let Some(revision) = known.get(row.revision.as_str()) else {
            position.unknown.push(row.revision.clone());
            continue;
        };
        unchanged(revision, &row.checksum)?;
        if strict && steps_changed(revision, row) {
            return Err(Error::StepsChanged { revision: row.revision.clone() });
        }
        position.applied.insert(row.revision.clone());
        position.order.push(row.revision.clone());
    }
    if !is_in_order(graph, &position.order) {
        position.order = graph.in_order(&position.applied);
    }
    for id in &position.order {
        let Some(node) = graph.node(id) else { continue };
        let parents = node.after.iter().chain(&node.depends_on);
        let missing: Vec<String> = parents.filter(|parent| !position.applied.contains(*parent)).cloned().collect();
        if !missing.is_empty() {
            return Err(Error::Gap { missing, applied: id.clone() });
        }
    }
    Ok(position)
}

/// Whether each of these revisions stands behind all that it follows, as it does unless somebody wrote the history by
/// hand.
fn is_in_order(graph: &Graph, ids: &[String]) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    ids.iter().all(|id| {
        let parents = graph.node(id).into_iter().flat_map(|node| node.after.iter().chain(&node.depends_on));
        let follows = parents.map(String::as_str).all(|parent| seen.contains(parent));
        seen.insert(id);
        follows
    })
}

fn steps_changed(revision: &Revision, row: &Applied) -> bool {
    match (row.steps_checksum.as_deref(), revision.steps_checksum) {
        (Some(recorded), Some(compiled)) => differ(recorded, compiled),
        (recorded, compiled) => recorded.is_some() != compiled.is_some(),
    }
}

/// Compares a history with a program, whatever it holds.
pub(crate) fn status(
    revisions: &[Revision],
    graph: &Graph,
    rows: Vec<Applied>,
    unfinished: Option<Unfinished>,
) -> Status {
    let (rows, halfway) = match takeover::seen(revisions, rows.clone()) {
        Ok((seen, _)) => (seen, None),
        Err(error) => (rows, Some(error.to_string())),
    };
    let by_id: BTreeMap<&str, &Applied> = rows.iter().map(|row| (row.revision.as_str(), row)).collect();
    let known: BTreeSet<&str> = revisions.iter().map(|revision| revision.id).collect();
    let applied: BTreeSet<String> = rows.iter().map(|row| row.revision.clone()).collect();
    let matching = |test: &dyn Fn(&Revision, &Applied) -> bool| {
        let found = revisions.iter().filter(|it| by_id.get(it.id).is_some_and(|row| test(it, row)));
        found.map(|it| it.id.to_owned()).collect()
    };
    Status {
        current: graph.tips(&applied).into_iter().map(str::to_owned).collect(),
        pending: graph.order().iter().filter(|id| !applied.contains(*id)).cloned().collect(),
        unknown: rows
            .iter()
            .filter(|row| !known.contains(row.revision.as_str()))
            .map(|it| it.revision.clone())
            .collect(),
        changed: matching(&|revision, row| differ(&row.checksum, revision.checksum)),
        changed_steps: matching(&steps_changed),
        unfinished,
        halfway,
        applied: rows,
    }
}
