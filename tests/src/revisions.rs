//! Revisions that are written as Rust functions, for programs of tests.

use migratable::Revision;
use migratable::revision::Operations;

/// What a revision does, or takes back.
pub type Record = fn(&mut Operations);

/// A revision of which only what it does matters.
pub const fn revision(
    id: &'static str,
    after: &'static [&'static str],
    upgrade: Record,
    downgrade: Record,
) -> Revision {
    Revision {
        id,
        after,
        depends_on: &[],
        labels: &[],
        replaces: &[],
        message: "a change",
        file: "some_file.rs",
        checksum: id,
        steps_checksum: None,
        transaction: None,
        upgrade,
        downgrade,
    }
}
