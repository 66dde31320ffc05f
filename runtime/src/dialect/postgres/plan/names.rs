//! Names that something takes over from what is only dropped later.
//!
//! Tables, indexes and sequences share their names, and the rows of a table are a type of its name.

use migratable_core::{Column, Operation, TableName};

use super::super::ddl::{in_schema_of, qualified, quoted};
use super::super::numbers;
use super::Planner;

impl Planner<'_> {
    /// Gives what has the name of a table to come another name, under which it is dropped.
    pub(super) fn free_name(&mut self, name: &TableName) {
        let text = name.to_string();
        let is_dropped = |it: &Operation| matches!(it, Operation::DropEnum { name } if *name == text);
        if self.schema.enums.contains_key(&text) && self.operations[self.at..].iter().any(is_dropped) {
            let passing = self.passing_name();
            self.statement(format!("ALTER TYPE {} RENAME TO {}", qualified(name), quoted(&passing)));
            self.renamed_enums.insert(text, passing);
        }
        self.free_sequence(name);
    }

    /// Gives the sequence of this name that goes with a column another one.
    pub(super) fn free_sequence(&mut self, name: &TableName) {
        let passing = self.passing_name();
        let mut renamed = None;
        for table in self.schema.tables.values_mut() {
            let of = table.name.clone();
            let has = |it: &&mut Column| numbers::own_sequence(&of, it).as_ref() == Some(name);
            for column in table.columns.iter_mut().filter(has) {
                let word = if column.identity.is_some() { "sequence" } else { "own_sequence" };
                column.native.set(word, Some(&passing));
                renamed = Some(format!("ALTER SEQUENCE {} RENAME TO {}", qualified(name), quoted(&passing)));
            }
        }
        self.statements(renamed);
    }

    fn passing_name(&self) -> String {
        format!("migratable_old_{}", self.planned.pieces.len())
    }

    /// The name by which an enum is dropped.
    pub(super) fn last_name(&mut self, name: &str) -> String {
        let own = TableName::parse(name);
        match self.renamed_enums.remove(name) {
            Some(passing) => in_schema_of(&own, &passing),
            None => qualified(&own),
        }
    }
}
