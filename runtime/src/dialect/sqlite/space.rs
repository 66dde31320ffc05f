//! Whether there is room on the disk for a table that is made anew.

use std::fs;

use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;

use super::introspect;
use crate::dialect::{Connection, literal};
use crate::error::Stop;

/// Stops if the disk has not as much room as the copy of a table needs at the least.
pub(super) fn check(database: &mut SqliteConnection, table: &str) -> Result<(), Stop> {
    let Some(file) = introspect::file(database)? else { return Ok(()) };
    let Some(room) = room(&file) else { return Ok(()) };
    let page = number(database, "PRAGMA page_size")?;
    let pages = number(database, "PRAGMA page_count")?;
    // To look at the pages of the table costs time.
    if room >= pages.saturating_mul(page) {
        return Ok(());
    }
    // An SQLite of the system may be built without it.
    let size = number(database, &format!("SELECT sum(pgsize) FROM dbstat WHERE name = {}", literal(table)));
    let Ok(size) = size else { return Ok(()) };
    let needed = size.saturating_sub(free(database, &file, page)?);
    if room >= needed {
        return Ok(());
    }
    Err(Stop::refused(format!(
        "the copy of `{table}` needs {}, and the disk of {file} has {}: make room on the disk, and run this again",
        shown(needed),
        shown(room)
    )))
}

/// How much can be written without another block of the disk: to the pages that the file has free. With a write-ahead log
/// all goes there first, over what it holds already.
fn free(database: &mut SqliteConnection, file: &str, page: u64) -> QueryResult<u64> {
    let mode = database.rows("PRAGMA journal_mode")?.into_iter().flatten().flatten().next();
    match mode.as_deref() {
        Some("wal") => Ok(fs::metadata(format!("{file}-wal")).map_or(0, |log| log.len())),
        _ => Ok(number(database, "PRAGMA freelist_count")?.saturating_mul(page)),
    }
}

fn number(database: &mut SqliteConnection, query: &str) -> QueryResult<u64> {
    let rows = database.rows(query)?;
    Ok(rows.into_iter().flatten().flatten().find_map(|text| text.parse().ok()).unwrap_or_default())
}

/// How many bytes can be written to the disk of a file, if the system tells.
#[cfg(unix)]
fn room(file: &str) -> Option<u64> {
    let disk = rustix::fs::statvfs(file).ok()?;
    // What is kept for the administrator is not there for others.
    let blocks = if rustix::process::geteuid().is_root() { disk.f_bfree } else { disk.f_bavail };
    Some(blocks.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn room(_: &str) -> Option<u64> {
    None
}

/// Bytes, as a person reads them.
fn shown(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KB", bytes.div_ceil(1_024)),
        1_048_576..1_073_741_824 => format!("{} MB", bytes.div_ceil(1_048_576)),
        _ => format!("{:.1} GB", bytes as f64 / 1_073_741_824.0),
    }
}
