//! A copy of a database beside the transaction that is about to change it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::{Connection as _, SimpleConnection};
use diesel::sqlite::SqliteConnection;

use super::introspect;
use crate::advice::Advised;
use crate::backup::Backup;
use crate::dialect::{Connection, literal};
use crate::error::Error;

/// Copies a database as it was before the transaction that is open: nobody else can write meanwhile. By SQLite itself and
/// on a connection of its own: what closes the file in another way lets go of every lock that this process has on it.
pub(super) fn make(database: &mut SqliteConnection, backup: &Backup) -> Result<PathBuf, Error> {
    let reading = |source| Error::Database { doing: "find the file of the database", source };
    let file = introspect::file(database).map_err(reading)?.ok_or_else(|| refused("it is in no file"))?;
    let mut reader = SqliteConnection::establish(&file).map_err(|error| refused(error.to_string()))?;
    let copy = target(&mut reader, Path::new(&file), backup)?;
    let shown = copy.display();
    if copy.exists() {
        return Err(refused(format!("{shown} is there already, and is not written over; name another file")));
    }
    // Processes in two containers may have the same number.
    let part = beside(&copy, &format!(".part-{}-{}", std::process::id(), nanoseconds()));
    drop(File::create_new(&part).map_err(|error| refused(format!("cannot write {shown}: {error}")))?);
    let written = write(&mut reader, Path::new(&file), &part).and_then(|()| {
        // A second name for a file is never made where there is a file already; some file systems have no second names.
        match fs::hard_link(&part, &copy) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => fs::rename(&part, &copy),
            linked => linked,
        }
        .map_err(|error| format!("cannot write {shown}: {error}"))
    });
    // SQLite leaves the journal of a copy that did not come to its end.
    for left in [&part, &beside(&part, "-journal")] {
        drop(fs::remove_file(left));
    }
    written.map_err(refused)?;
    Ok(copy)
}

/// The file that becomes the copy.
fn target(reader: &mut SqliteConnection, file: &Path, backup: &Backup) -> Result<PathBuf, Error> {
    let mut stamped = |file: &Path| -> Result<PathBuf, Error> {
        let rows = reader.rows("SELECT strftime('%Y%m%dT%H%M%SZ', 'now')");
        let rows = rows.map_err(|source| Error::Database { doing: "ask for the time", source })?;
        let time = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        let first = beside(file, &format!(".backup-{time}"));
        let others = (2..).map(|number| beside(&first, &format!("-{number}")));
        Ok(std::iter::once(first.clone()).chain(others).find(|copy| !copy.exists()).unwrap_or_default())
    };
    let copy = match backup {
        Backup::Beside => stamped(file)?,
        Backup::To(folder) if folder.is_dir() => stamped(&folder.join(file.file_name().unwrap_or_default()))?,
        Backup::To(file) => file.clone(),
    };
    std::path::absolute(&copy).map_err(|error| refused(format!("cannot write {}: {error}", copy.display())))
}

/// The part of the time that is less than a second.
fn nanoseconds() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.subsec_nanos())
}

/// A file with something behind its name.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Writes the copy into an empty file, which nobody may read who may not read the database.
fn write(reader: &mut SqliteConnection, file: &Path, part: &Path) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("cannot write {}: {error}", part.display());
    let name = part.to_str().ok_or_else(|| format!("{} is not UTF-8, which SQLite wants", part.display()))?;
    let permissions = fs::metadata(file).map_err(cannot)?.permissions();
    fs::set_permissions(part, permissions).map_err(cannot)?;
    let sql = format!("PRAGMA busy_timeout = 5000; VACUUM INTO {}", literal(name));
    reader.batch_execute(&sql).map_err(|error| Advised(&error).to_string())?;
    File::open(part).and_then(|copy| copy.sync_all()).map_err(cannot)
}

fn refused(why: impl Into<String>) -> Error {
    Error::Backup { why: why.into() }
}
