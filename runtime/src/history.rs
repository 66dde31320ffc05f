//! The history table: which revisions a database has, and how that compares with a program.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use migratable_core::Dialect;
use migratable_core::graph::Graph;

use crate::dialect::{Database, literal_for};
use crate::error::Error;
use crate::executor::Session;
use crate::migrator::Revision;

/// SQL that makes the history table where it is missing. The names need no quotes on any database.
pub(crate) const CREATE: &str = "CREATE TABLE IF NOT EXISTS migratable_revisions (
    revision VARCHAR(64) NOT NULL PRIMARY KEY,
    ordinal BIGINT NOT NULL,
    message TEXT NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    steps_checksum VARCHAR(64),
    applied_at TIMESTAMP NOT NULL,
    duration_ms BIGINT NOT NULL,
    tool_version VARCHAR(32) NOT NULL
)";

const READ: &str = "SELECT revision, ordinal, message, checksum, steps_checksum, CAST(applied_at AS CHAR(19)), \
                    duration_ms, tool_version FROM migratable_revisions ORDER BY ordinal";

const READ_CHECKSUMS: &str = "SELECT revision, checksum FROM migratable_revisions";

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
}

/// A history that a program can go on from.
pub(crate) struct Position {
    pub(crate) applied: BTreeSet<String>,
    /// The same in the order in which they were applied.
    pub(crate) order: Vec<String>,
    pub(crate) unknown: Vec<String>,
}

/// Makes the history table where it is missing.
pub(crate) fn create<Db: Database>(database: &mut Db) -> Result<(), Error> {
    let made = database.execute(CREATE);
    made.map_err(|source| Error::Database { doing: "make the history table migratable_revisions", source })
}

/// SQL for the number of the next row.
pub(crate) const NEXT: &str = "(SELECT coalesce(max(ordinal), 0) + 1 FROM migratable_revisions)";

const COLUMNS: &str = "revision, ordinal, message, checksum, steps_checksum, applied_at, duration_ms, tool_version";

/// The row that records a revision. `ordinal` is a number or SQL for one.
pub(crate) fn insert(dialect: Dialect, revision: &Revision, ordinal: &str, duration: Duration) -> String {
    let values = values(dialect, revision, ordinal, duration);
    format!("INSERT INTO migratable_revisions ({COLUMNS}) VALUES ({values})")
}

/// The same where there is no such row yet.
pub(crate) fn insert_missing(dialect: Dialect, revision: &Revision) -> String {
    let values = values(dialect, revision, NEXT, Duration::ZERO);
    let from = if dialect == Dialect::Mysql { " FROM DUAL" } else { "" };
    let id = literal_for(dialect, revision.id);
    format!(
        "INSERT INTO migratable_revisions ({COLUMNS}) SELECT {values}{from} \
         WHERE NOT EXISTS (SELECT 1 FROM migratable_revisions WHERE revision = {id})"
    )
}

fn values(dialect: Dialect, revision: &Revision, ordinal: &str, duration: Duration) -> String {
    let literal = |text: &str| literal_for(dialect, text);
    format!(
        "{}, {ordinal}, {}, {}, {}, CURRENT_TIMESTAMP, {}, {}",
        literal(revision.id),
        literal(revision.message),
        literal(revision.checksum),
        revision.steps_checksum.map_or("NULL".to_owned(), &literal),
        duration.as_millis(),
        literal(env!("CARGO_PKG_VERSION")),
    )
}

/// What takes the row of a revision away.
pub(crate) fn delete(dialect: Dialect, revision: &str) -> String {
    format!("DELETE FROM migratable_revisions WHERE revision = {}", literal_for(dialect, revision))
}

/// Why a script that begins at these revisions stops, and SQL that gives zero where exactly they and all that comes
/// before them are applied.
pub(crate) fn stands_elsewhere(dialect: Dialect, at: &[String], applied: &BTreeSet<String>) -> (String, String) {
    let stops_if = |at: &str| format!("the database is not at {at}, where this script begins");
    if applied.is_empty() {
        return (stops_if("the base"), "(SELECT count(*) FROM migratable_revisions)".to_owned());
    }
    let ids: Vec<String> = applied.iter().map(|id| literal_for(dialect, id)).collect();
    let number = format!(
        "(SELECT abs(count(*) - {}) + count(CASE WHEN revision NOT IN ({}) THEN 1 END) FROM migratable_revisions)",
        ids.len(),
        ids.join(", ")
    );
    (stops_if(&at.join(", ")), number)
}

/// What a database answers a query with; nothing if it has no history table.
fn query<Db: Database>(database: &mut Db, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
    let answer = match database.rows(sql) {
        // A connection that does not wait by itself waits as long as one that migrates.
        Err(error) if database.is_busy(&error) => match Session::open(database) {
            Ok(session) => session.database.rows(sql),
            Err(_) => Err(error),
        },
        answer => answer,
    };
    match answer {
        Ok(rows) => Ok(rows),
        Err(error) if database.is_missing_history(&error) => Ok(Vec::new()),
        Err(source) => Err(Error::Database { doing: "read the history of the database", source }),
    }
}

/// The history, in order.
pub(crate) fn read<Db: Database>(database: &mut Db) -> Result<Vec<Applied>, Error> {
    let rows = query(database, READ)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut values = row.into_iter();
            let mut optional = || values.next().flatten();
            Applied {
                revision: optional().unwrap_or_default(),
                ordinal: optional().and_then(|text| text.parse().ok()).unwrap_or_default(),
                message: optional().unwrap_or_default(),
                checksum: optional().unwrap_or_default(),
                steps_checksum: optional(),
                applied_at: optional().unwrap_or_default(),
                duration: Duration::from_millis(optional().and_then(|text| text.parse().ok()).unwrap_or_default()),
                tool_version: optional().unwrap_or_default(),
            }
        })
        .collect())
}

/// The revisions of the history with their checksums, by one query.
pub(crate) fn read_checksums<Db: Database>(database: &mut Db) -> Result<Vec<(String, String)>, Error> {
    let rows = query(database, READ_CHECKSUMS)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut values = row.into_iter().map(Option::unwrap_or_default);
            (values.next().unwrap_or_default(), values.next().unwrap_or_default())
        })
        .collect())
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
    revisions: &[Revision],
    graph: &Graph,
    rows: &[Applied],
    strict: bool,
) -> Result<Position, Error> {
    let known: HashMap<&str, &Revision> = revisions.iter().map(|revision| (revision.id, revision)).collect();
    let mut position = Position { applied: BTreeSet::new(), order: Vec::new(), unknown: Vec::new() };
    for row in rows {
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
pub(crate) fn status(revisions: &[Revision], graph: &Graph, rows: Vec<Applied>) -> Status {
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
        applied: rows,
    }
}
