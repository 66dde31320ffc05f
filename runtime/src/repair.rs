//! Taking a database for what a person says it is, where its history and the tables or the program do not agree.

use std::time::Duration;

use crate::dialect::{Database, literal_for};
use crate::error::Error;
use crate::executor::Session;
use crate::history::{self, Statements};
use crate::journal;
use crate::migrator::Migrator;
use crate::settings::Settings;

/// What a person has seen to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairOptions {
    /// Why it is right; kept in the table `migratable_repairs`.
    pub reason: String,
    /// What the tables are now like, if the revision was begun and did not come to its end.
    pub tables: Option<TablesAre>,
}

/// What the tables are like when a revision that was begun is ended by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TablesAre {
    /// As the revision leaves them.
    After,
    /// As the revision finds them.
    Before,
}

/// What was repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repaired {
    /// The history has the checksums of the program's revision now.
    Checksum,
    /// A revision that was begun is applied.
    Applied,
    /// A revision that was begun is not applied.
    NotApplied,
}

impl Repaired {
    /// The word for it in the table of repairs.
    pub fn word(self) -> &'static str {
        match self {
            Repaired::Checksum => "checksum",
            Repaired::Applied => "applied",
            Repaired::NotApplied => "not applied",
        }
    }
}

pub(crate) fn run<Db: Database>(
    migrator: &Migrator<Db>,
    database: &mut Db,
    target: &str,
    options: &RepairOptions,
) -> Result<(String, Repaired), Error> {
    let graph = migrator.graph()?;
    let settings = migrator.settings();
    let write = |source| Error::Database { doing: "write the history of the database", source };
    let mut session = Session::open(database, settings)?;
    session.begin()?;
    history::create(session.database, settings)?;
    let dialect = session.database.dialect();
    let unfinished = journal::read(session.database, settings)?;
    let rows = history::read(session.database, settings)?;
    history::written_by_known(&rows, unfinished.as_ref())?;
    let recorded = rows.clone();
    let status = history::status(migrator.revisions(), &graph, rows, unfinished);
    let named = graph.resolve(target, &status.current.iter().map(String::as_str).collect::<Vec<_>>());
    let unfinished = status.unfinished.filter(|it| match &named {
        Ok(ids) => ids.contains(&it.revision),
        // The program may not know it any more.
        Err(_) => it.revision == target,
    });
    let id = match &unfinished {
        Some(unfinished) => unfinished.revision.clone(),
        None => match named?.as_slice() {
            [id] => id.clone(),
            _ => target.to_owned(),
        },
    };
    let refused = |why: &str| Error::NotRepaired { revision: id.clone(), why: why.to_owned() };
    let revision = migrator.revisions().iter().find(|it| it.id == id);
    // As it stands there: what would be taken over first is another matter.
    let row = recorded.iter().find(|row| row.revision == id);
    let rows = Statements::of(&settings.history, dialect);
    let (statement, repaired) = match (unfinished.is_some(), options.tables) {
        (true, None) => {
            return Err(refused(
                "it was begun and did not come to its end: say what the tables are like now, --applied or --not-applied",
            ));
        }
        (true, Some(TablesAre::Before)) => (row.map(|_| rows.delete(&id)), Repaired::NotApplied),
        (true, Some(TablesAre::After)) => match (revision, row) {
            (Some(revision), Some(_)) => (Some(rows.accept(revision)), Repaired::Applied),
            (Some(revision), None) => {
                (Some(rows.insert(revision, &rows.next_ordinal(), Duration::ZERO)), Repaired::Applied)
            }
            (None, _) => return Err(refused("this program does not know it, and cannot say what it would leave")),
        },
        (false, Some(_)) => return Err(refused("no revision was begun there and left unfinished")),
        (false, None) => match revision {
            Some(revision) if status.changed.contains(&id) || status.changed_steps.contains(&id) => {
                (Some(rows.accept(revision)), Repaired::Checksum)
            }
            _ if row.is_none() => return Err(refused("it is not applied")),
            _ => return Err(refused("it was not edited since it was applied")),
        },
    };
    session.database.execute(&create(settings, dialect)).map_err(write)?;
    if let Some(begun) = &unfinished {
        journal::give_up(session.database, settings, begun).map_err(write)?;
    }
    session.database.begin_rows().map_err(write)?;
    if unfinished.is_some() {
        journal::clear(session.database, settings).map_err(write)?;
    }
    let noted = note(settings, dialect, &id, repaired, &options.reason);
    for sql in statement.into_iter().chain([noted]) {
        session.database.execute(&sql).map_err(write)?;
    }
    session.commit().map_err(write)?;
    if unfinished.is_some() {
        journal::forget(session.database, settings).map_err(write)?;
    }
    Ok((id, repaired))
}

fn create(settings: &Settings, dialect: migratable_core::Dialect) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (
    revision VARCHAR(64) NOT NULL,
    repaired VARCHAR(16) NOT NULL,
    reason TEXT NOT NULL,
    repaired_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    tool_version VARCHAR(32) NOT NULL
){}",
        settings.history.repairs().sql(dialect),
        history::in_transactions(dialect)
    )
}

fn note(settings: &Settings, dialect: migratable_core::Dialect, id: &str, repaired: Repaired, reason: &str) -> String {
    let text = |text: &str| literal_for(dialect, text);
    format!(
        "INSERT INTO {} (revision, repaired, reason, repaired_at, tool_version) \
         VALUES ({}, {}, {}, CURRENT_TIMESTAMP, {})",
        settings.history.repairs().sql(dialect),
        text(id),
        text(repaired.word()),
        text(reason),
        text(env!("CARGO_PKG_VERSION"))
    )
}
