//! Work on rows in the plan of a revision.

use std::rc::Rc;

use migratable_core::{Operation, Sql};

use super::{Batches, RowWork, RowsOf, sources};
use crate::dialect::Work;

/// A column that is filled.
pub(crate) struct Fill<'a> {
    /// The rows.
    pub(crate) rows: RowsOf<'a>,
    /// The column.
    pub(crate) column: &'a str,
    /// The value.
    pub(crate) value: &'a Sql,
    /// Which rows.
    pub(crate) predicate: Option<&'a Sql>,
    /// `UPDATE … SET …`, without a condition.
    pub(crate) statement: String,
    /// The condition, as the dialect has it.
    pub(crate) condition: Option<&'a str>,
}

impl Fill<'_> {
    /// The fill, if it can be done again for a row: not if it reads what it writes.
    fn batches(&self, before: &[Operation]) -> Option<Batches> {
        let Fill { rows: RowsOf { table, sql, key, quoted }, column, value, predicate, .. } = self;
        // Nothing that works on rows stands between the column and this.
        let mut behind_rows = before.iter().rev().take_while(|it| !it.is_data());
        let is_unset = behind_rows.any(|it| {
            matches!(it, Operation::AddColumn { table: of, column: added }
                if *of == table.name && added.name == *column && added.default.is_none())
        });
        if key.is_empty() || value.mentions(column) || table.is_key(column) {
            return None;
        }
        let of = RowWork::Fill {
            column: quoted(column),
            statement: self.statement.clone(),
            predicate: self.condition.map(str::to_owned),
            keeps_new: predicate.is_none_or(|it| !it.mentions(column)),
            is_unset,
        };
        let sources = sources(table, *quoted, |name| name == *column);
        Some(Batches { table: table.name.clone(), sql: sql.clone(), key: key.clone(), sources, of })
    }
}

/// Keeps others away from a table, from the last of its rows until what follows is done to it.
pub(crate) struct Bar {
    /// Whether the end of the transaction lets them again.
    is_transactional: bool,
    /// The rows to which they may not write.
    rows: Option<Rc<Batches>>,
}

impl Bar {
    /// Nobody is kept away.
    pub(crate) fn new(is_transactional: bool) -> Bar {
        Bar { is_transactional, rows: None }
    }

    /// The work of a fill behind some operations.
    pub(crate) fn fill(&mut self, fill: &Fill<'_>, before: &[Operation]) -> Vec<Work> {
        match fill.batches(before) {
            Some(batches) => {
                let batches = Rc::new(batches);
                [vec![Work::Batches(batches.clone())], self.begins(batches)].into_iter().flatten().collect()
            }
            None => {
                let condition = fill.condition.map_or(String::new(), |it| format!(" WHERE {it}"));
                vec![Work::Statement(format!("{}{condition}", fill.statement))]
            }
        }
    }

    /// Keeps others away.
    pub(crate) fn begins(&mut self, batches: Rc<Batches>) -> Vec<Work> {
        self.rows = Some(batches.clone());
        let begin = self.is_transactional.then_some(Work::Begin);
        begin.into_iter().chain([Work::LastBatch(batches)]).collect()
    }

    /// Lets them again.
    pub(crate) fn ends(&mut self) -> Option<Work> {
        let rows = self.rows.take()?;
        Some(if self.is_transactional { Work::Commit } else { Work::EndBatches(rows) })
    }
}
