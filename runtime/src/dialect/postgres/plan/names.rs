//! Names that something takes over from what is only dropped later, and sequences that something else uses as well.
//!
//! Tables, indexes and sequences share their names, and the rows of a table are a type of its name.

use migratable_core::{Column, Operation, TableName};

use super::super::ddl::{in_schema_of, qualified, quoted};
use super::super::numbers;
use super::Planner;
use super::columns::alter;

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

    fn free_sequence(&mut self, name: &TableName) {
        let passing = self.passing_name();
        let mut renamed = None;
        for table in self.schema.tables.values_mut().filter(|it| it.name.schema == name.schema) {
            let of = table.name.clone();
            let has =
                |it: &&mut migratable_core::Column| it.identity.is_some() && numbers::sequence(&of, it) == name.name;
            for column in table.columns.iter_mut().filter(has) {
                column.native.set("sequence", Some(&passing));
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

    /// Lets the sequence of a column go that other columns take numbers from: they lose the default that they are to
    /// lose before it goes. Whether it stays, because one of them is to keep it.
    pub(super) fn let_sequence_go(&mut self, table: &TableName, column: &Column) -> bool {
        if column.identity.is_none() {
            return false;
        }
        let own = TableName { name: numbers::sequence(table, column), ..table.clone() };
        let uses = |it: &Column| it.native.get("free_sequence").is_some_and(|free| TableName::parse(free) == own);
        let (mut stays, mut statements) = (false, Vec::new());
        let next = &self.operations[self.at + 1..];
        for user in self.schema.tables.values_mut() {
            let name = user.name.clone();
            for column in user.columns.iter_mut().filter(|it| uses(it)) {
                let changes = |it: &Operation| match it {
                    Operation::AlterColumn { table, column: of, change } => {
                        *table == name && *of == column.name && change.default.is_some()
                    }
                    Operation::DropColumn { table, column: of } => *table == name && *of == column.name,
                    Operation::DropTable { table } => *table == name,
                    _ => false,
                };
                if next.iter().any(changes) {
                    column.default = None;
                    statements.push(alter(&name, &column.name, "DROP DEFAULT"));
                } else {
                    stays = true;
                }
            }
        }
        if stays {
            statements.push(format!("ALTER SEQUENCE {} OWNED BY NONE", qualified(&own)));
        }
        self.statements(statements);
        stays
    }
}
