//! How far work on rows has come that is done batch by batch, as it stands in the journal.

use migratable_core::{Dialect, TableName};

use crate::batches::Key;
use crate::dialect::literal_for;

/// How far work on the rows of a table has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The table.
    pub(crate) table: TableName,
    /// The last key that is done.
    pub(crate) after: Option<Key>,
    /// How many rows are done.
    pub(crate) rows: u64,
    /// Whether what stands in the column may be what it was filled with before the fill was mended.
    pub(crate) overwrites: bool,
}

/// The table whose rows are worked on, in the journal.
pub(super) fn works_on(table: &TableName, dialect: Dialect) -> String {
    format!("rows_of = {}", literal_for(dialect, &table.to_string()))
}

/// What stands between the values of a key in the journal.
const BETWEEN: char = '\u{1}';
/// What stands before the key where the column is overwritten.
const OVERWRITES: char = '\u{2}';

impl Progress {
    /// Nothing is done of a table yet.
    pub(crate) fn of(table: &TableName) -> Progress {
        Progress { table: table.clone(), after: None, rows: 0, overwrites: false }
    }

    pub(super) fn read(after: Option<String>, rows: Option<String>, table: Option<&TableName>) -> Option<Progress> {
        let after = after?;
        let key = after.trim_start_matches(OVERWRITES);
        Some(Progress {
            after: (!key.is_empty()).then(|| key.split(BETWEEN).map(unescaped).collect()),
            rows: rows.and_then(|it| it.parse().ok()).unwrap_or_default(),
            overwrites: key.len() < after.len(),
            table: table?.clone(),
        })
    }

    /// The values of its columns in the journal. The table stays there: what stands beside it is taken away later.
    pub(super) fn sets(progress: Option<&Progress>, dialect: Dialect) -> String {
        let Some(progress) = progress else { return "done_key = NULL, done_rows = 0".to_owned() };
        let values: Vec<String> = progress.after.iter().flatten().map(|it| escaped(it)).collect();
        let overwrites = if progress.overwrites { OVERWRITES.to_string() } else { String::new() };
        let key = literal_for(dialect, &(overwrites + &values.join(&BETWEEN.to_string())));
        format!("done_key = {key}, done_rows = {}, {}", progress.rows, works_on(&progress.table, dialect))
    }
}

fn escaped(value: &str) -> String {
    value.replace('~', "~0").replace(BETWEEN, "~1").replace(OVERWRITES, "~2")
}

fn unescaped(value: &str) -> String {
    value.replace("~2", &OVERWRITES.to_string()).replace("~1", &BETWEEN.to_string()).replace("~0", "~")
}
