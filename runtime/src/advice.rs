//! What to do about the errors of a database that have nothing to do with what was asked of it.

use std::fmt;

/// What SQLite says of the place that it works in, and what to do then. Diesel tells these errors apart by nothing
/// else.
const OF_SQLITE: [(&str, &str); 7] = [
    ("attempt to write a readonly database", NOT_WRITABLE),
    ("unable to open database file", NOT_WRITABLE),
    ("database or disk is full", "make room on the disk, and run this again"),
    // A full one too: with a write-ahead log there must be room even to read.
    ("disk I/O error", "make room on the disk if it is full, else check the disk, and run this again"),
    ("database is locked", IN_USE),
    ("database table is locked", IN_USE),
    ("file is not a database", "the file holds something else; name another one"),
];

const NOT_WRITABLE: &str = "the file, or the folder in which SQLite keeps its journal beside it, cannot be written to; \
                            make both writable, and run this again";
const IN_USE: &str = "somebody else is writing to it, or reads for long; run this again when they are done";

/// An error as it is shown: with what to do about it, if that is known.
pub(crate) struct Advised<E>(pub(crate) E);

impl<E: fmt::Display> fmt::Display for Advised<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(&text)?;
        match OF_SQLITE.iter().find(|(said, _)| text.contains(said)) {
            Some((_, advice)) => write!(f, ": {advice}"),
            None => Ok(()),
        }
    }
}
