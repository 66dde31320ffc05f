//! Which server it is. MySQL and MariaDB differ, and so do their versions.

use std::collections::BTreeSet;

use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;
use migratable_core::TableName;

use super::clocks::Clocks;
use crate::dialect::Connection;
use crate::inspect::Inspected;

/// The word by which what is read of a database has the version of its server.
pub(super) const VERSION: &str = "version";

/// A server, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flavour {
    /// Whether it is MariaDB.
    pub(super) mariadb: bool,
    /// Its version.
    pub(super) version: (u32, u32, u32),
}

impl Flavour {
    /// What scripts are written for when there is no server to ask.
    pub(super) const USUAL: Flavour = Flavour { mariadb: true, version: (10, 11, 0) };

    /// The server that a database was read on.
    pub(super) fn of(inspected: &Inspected) -> Flavour {
        inspected.native.get(VERSION).map_or(Flavour::USUAL, Flavour::read)
    }

    /// Reads what `version()` says: `10.11.6-MariaDB-1`, `8.0.36`.
    fn read(text: &str) -> Flavour {
        // Some MariaDB servers put this before their version for clients that know no version above 5.
        let text = text.strip_prefix("5.5.5-").unwrap_or(text);
        let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        Flavour { mariadb: text.to_ascii_lowercase().contains("mariadb"), version: (next(), next(), next()) }
    }

    /// Whether columns can be renamed without being restated.
    pub(super) fn renames_columns(self) -> bool {
        if self.mariadb { self.version >= (10, 5, 2) } else { self.version >= (8, 0, 0) }
    }

    /// Whether a renamed column is followed by checks and generated columns.
    pub(super) fn follows_renames(self) -> bool {
        self.mariadb
    }
}

/// Asks the server what it is.
pub(super) fn ask(database: &mut MysqlConnection) -> QueryResult<Flavour> {
    let rows = database.rows("SELECT version()")?;
    Ok(Flavour::read(&rows.into_iter().flatten().flatten().next().unwrap_or_default()))
}

/// What stands in a database beside what a schema says.
pub struct Surroundings {
    /// The server.
    pub(super) flavour: Flavour,
    /// The tables with triggers that notice updates.
    pub(super) noticed: BTreeSet<TableName>,
    /// The columns that the server sets to the time of an update.
    pub(super) clocks: Clocks,
}

impl Surroundings {
    /// What may change while a revision is run, as a text.
    pub(super) fn note(&self) -> String {
        let lines: Vec<String> =
            self.noticed.iter().map(|table| table.name.clone()).chain(self.clocks.note()).collect();
        lines.join("\n")
    }

    /// What such a text says.
    pub(super) fn noted(note: &str, flavour: Flavour) -> Surroundings {
        let mut noted = Surroundings::none(flavour);
        for line in note.lines() {
            if !noted.clocks.read(line) {
                noted.noticed.insert(TableName::plain(line));
            }
        }
        noted
    }

    /// Where there is nothing but tables.
    pub(super) fn none(flavour: Flavour) -> Surroundings {
        Surroundings { flavour, noticed: BTreeSet::new(), clocks: Clocks::default() }
    }

    /// Asks the database.
    pub(super) fn ask(database: &mut MysqlConnection) -> QueryResult<Surroundings> {
        let rows = database.rows(
            "SELECT DISTINCT EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS \
             WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_MANIPULATION = 'UPDATE'",
        )?;
        let noticed = rows.into_iter().flatten().flatten().map(TableName::plain).collect();
        Ok(Surroundings { flavour: ask(database)?, noticed, clocks: Clocks::ask(database)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_again() {
        let mut there = Surroundings { noticed: ["a".into(), "b".into()].into(), ..Surroundings::none(Flavour::USUAL) };
        assert!(there.clocks.read("b\u{2}at"));
        let read = Surroundings::noted(&there.note(), Flavour::USUAL);
        assert_eq!((read.noticed, read.clocks), (there.noticed, there.clocks));
    }

    #[test]
    fn versions_are_read() {
        for (text, mariadb, version) in [
            ("10.11.19-MariaDB-0+deb12u1", true, (10, 11, 19)),
            ("5.5.5-10.6.1-MariaDB", true, (10, 6, 1)),
            ("8.0.36", false, (8, 0, 36)),
            ("8.4.0-commercial", false, (8, 4, 0)),
        ] {
            assert_eq!(Flavour::read(text), Flavour { mariadb, version }, "{text}");
        }
    }
}
