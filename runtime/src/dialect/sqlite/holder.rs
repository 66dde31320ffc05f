//! Who has the lock on the file of a database.

use std::collections::BTreeSet;
use std::fs;

use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;

use super::{introspect, says};
use crate::dialect::said;

/// An error with the processes that it comes from, if it says that the file is locked and the system tells by whom.
pub(super) fn named(database: &mut SqliteConnection, error: DieselError) -> DieselError {
    const LOCKED: &str = "database is locked";
    let file = introspect::file(database).ok().flatten().filter(|_| says(&error, LOCKED));
    let processes = file.map(|file| holders(&file)).unwrap_or_default();
    if processes.is_empty() {
        return error;
    }
    let shown = |pid: &u32| match fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => format!("process {pid} ({})", name.trim_end()),
        Err(_) => format!("process {pid}"),
    };
    let processes: Vec<String> = processes.iter().map(shown).collect();
    said(&format!("{LOCKED} by {}", processes.join(", ")))
}

/// The other processes that have a lock on a file: those that write; if nobody does, those that read and keep others from
/// the end of a transaction by it. With a write-ahead log, whoever writes has a byte of the index of that.
fn holders(file: &str) -> BTreeSet<u32> {
    const WRITES: &str = "120";
    // Only Linux has this.
    let Ok(locks) = fs::read_to_string("/proc/locks") else { return BTreeSet::new() };
    let (main, index) = (place(file), place(&format!("{file}-shm")));
    let (mut writers, mut readers) = (BTreeSet::new(), BTreeSet::new());
    for line in locks.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "POSIX", _, kind, pid, at, start, _] = fields[..] else { continue };
        let (Some(pid), at) = (pid.parse().ok(), Some(at)) else { continue };
        let is_of_index = at == index.as_deref() && start == WRITES;
        if kind == "WRITE" && (is_of_index || at == main.as_deref()) {
            writers.insert(pid);
        } else if at == main.as_deref() && index.is_none() {
            readers.insert(pid);
        }
    }
    let mut found = if writers.is_empty() { readers } else { writers };
    // A process of another container has no number here.
    found.retain(|pid| ![0, std::process::id()].contains(pid));
    found
}

/// A file as the list of locks names it.
#[cfg(target_os = "linux")]
fn place(file: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    let metadata = fs::metadata(file).ok()?;
    let (major, minor) = (rustix::fs::major(metadata.dev()), rustix::fs::minor(metadata.dev()));
    Some(format!("{major:02x}:{minor:02x}:{}", metadata.ino()))
}

#[cfg(not(target_os = "linux"))]
fn place(_: &str) -> Option<String> {
    None
}
