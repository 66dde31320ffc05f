//! Columns that the server sets to the time of an update, whether the schema says so or somebody made them by hand.

use std::collections::BTreeSet;

use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;
use migratable_core::{Operation, Table, TableName};

use super::ddl::quoted;
use crate::dialect::Connection;

/// What stands between a table and its column in a note.
const COLUMN: char = '\u{2}';

/// Such columns, by their tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clocks(BTreeSet<(TableName, String)>);

impl Clocks {
    /// Asks the database.
    pub(super) fn ask(database: &mut MysqlConnection) -> QueryResult<Clocks> {
        let rows = database.rows(
            "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS \
             WHERE TABLE_SCHEMA = DATABASE() AND EXTRA LIKE '%on update%'",
        )?;
        let clock = |row: Vec<Option<String>>| {
            let mut names = row.into_iter().flatten();
            Some((TableName::plain(names.next()?), names.next()?))
        };
        Ok(Clocks(rows.into_iter().filter_map(clock).collect()))
    }

    /// Each in a line.
    pub(super) fn note(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|(table, column)| format!("{}{COLUMN}{column}", table.name))
    }

    /// Takes in such a line, if it is one.
    pub(super) fn read(&mut self, line: &str) -> bool {
        let Some((table, column)) = line.split_once(COLUMN) else { return false };
        self.0.insert((TableName::plain(table), column.to_owned()))
    }

    /// Follows an operation.
    pub(super) fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::DropTable { table } => self.0.retain(|(of, _)| of != table),
            Operation::DropColumn { table, column } => drop(self.0.remove(&(table.clone(), column.clone()))),
            Operation::RenameTable { from, to } => {
                let all = std::mem::take(&mut self.0).into_iter();
                self.0 = all.map(|(of, column)| (if of == *from { to.clone() } else { of }, column)).collect();
            }
            Operation::RenameColumn { table, from, to } if self.0.remove(&(table.clone(), from.clone())) => {
                self.0.insert((table.clone(), to.clone()));
            }
            _ => {}
        }
    }

    /// Assignments of an UPDATE that leave them alone, unless it writes to one.
    pub(super) fn kept(&self, table: &Table, written: Option<&str>) -> Vec<String> {
        let own = table.columns.iter().filter(|column| column.native.has("on_update")).map(|it| it.name.as_str());
        let found = self.0.iter().filter(|(of, _)| *of == table.name).map(|(_, column)| column.as_str());
        let all: BTreeSet<&str> = own.chain(found).filter(|name| Some(*name) != written).collect();
        all.into_iter().map(|name| format!("{0} = {0}", quoted(name))).collect()
    }
}
