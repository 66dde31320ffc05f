//! References that point nowhere.

use diesel::sqlite::SqliteConnection;

use super::guard;
use crate::dialect::Connection;
use crate::dialect::EXAMPLES;
use crate::error::{Cause, OffendingRows, Stop};

/// The references for which the table that they refer to has no key: SQLite then looks at none at all. In the middle of
/// a revision a table may be without its key.
const WITHOUT_KEY: &str = "\
WITH reference AS (
    SELECT DISTINCT child.name AS child, part.id AS id, parent.name AS parent
    FROM main.sqlite_master AS child, pragma_foreign_key_list(child.name) AS part, main.sqlite_master AS parent
    WHERE child.type = 'table' AND parent.type = 'table' AND parent.name = part.\"table\" COLLATE NOCASE
)
SELECT 1 FROM reference WHERE NOT EXISTS (
    SELECT 1 FROM (
        SELECT '' AS name, name AS part FROM pragma_table_xinfo(reference.parent) WHERE pk > 0
        UNION ALL SELECT list.name, info.name
        FROM pragma_index_list(reference.parent) AS list, pragma_index_xinfo(list.name) AS info
        WHERE list.\"unique\" AND NOT list.partial AND info.key
    ) AS key
    GROUP BY key.name
    HAVING count(*) = (SELECT count(*) FROM pragma_foreign_key_list(reference.child) WHERE id = reference.id)
    AND count(*) = sum(EXISTS (
        SELECT 1 FROM pragma_foreign_key_list(reference.child) AS part WHERE part.id = reference.id
        AND (part.\"to\" = key.part COLLATE NOCASE OR (part.\"to\" IS NULL AND key.name = ''))
    ))
)";

/// Makes a script stop if a reference points nowhere.
pub(super) fn offline(at_end: bool) -> String {
    let count = "(SELECT count(*) FROM pragma_foreign_key_check)";
    let number = match at_end {
        true => count.to_owned(),
        false => format!("CASE WHEN EXISTS (\n{WITHOUT_KEY}\n) THEN 0 ELSE {count} END"),
    };
    guard("a reference points nowhere", &number)
}

/// Stops if a reference points nowhere.
pub(super) fn check(database: &mut SqliteConnection, at_end: bool) -> Result<(), Stop> {
    let query = format!(
        "SELECT count(*) OVER (), \"table\", rowid, parent, \
         (SELECT group_concat(\"from\", ', ') FROM pragma_foreign_key_list(orphan.\"table\") WHERE id = orphan.fkid) \
         FROM pragma_foreign_key_check AS orphan LIMIT {EXAMPLES}"
    );
    let rows = match database.rows(&query) {
        Err(_) if !at_end && !database.rows(WITHOUT_KEY)?.is_empty() => return Ok(()),
        rows => rows.map_err(|error| Stop::at("PRAGMA foreign_key_check", error))?,
    };
    let text = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let Some(first) = rows.first() else { return Ok(()) };
    let example = |row: &Vec<Option<String>>| {
        let rowid = text(row, 2);
        let place = if rowid.is_empty() { text(row, 1) } else { format!("{} rowid {rowid}", text(row, 1)) };
        format!("{place} refers by {} to {}", text(row, 4), text(row, 3))
    };
    let found = OffendingRows {
        table: text(first, 1),
        problem: "or of other tables refer to rows that are not there".to_owned(),
        count: text(first, 0).parse().unwrap_or(rows.len() as u64),
        examples: rows.iter().map(example).collect(),
        advice: "Delete rows together with those that refer to them: foreign keys are off while revisions run."
            .to_owned(),
    };
    Err(Cause::Rows(Box::new(found)).into())
}
