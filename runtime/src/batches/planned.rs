//! Work on rows in the plan of a revision.

use std::rc::Rc;

use migratable_core::{Operation, Sql, TableName};

use super::{Batches, RowWork, RowsOf, sources};
use crate::dialect::Work;
use crate::dialect::statement::{Statement, without_mysql_spelling};

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
    /// A condition for the rows that have another value.
    pub(crate) differs: String,
    /// Whether the type of the column gives a value to rows that have none: a domain with a default does.
    pub(crate) has_value_by_type: bool,
}

impl Fill<'_> {
    /// The fill, if it can be done again for a row: not if it reads what it writes, or if other rows than that one say
    /// whether it is filled.
    fn batches(&self, before: &[Operation]) -> Option<Batches> {
        let Fill { rows: RowsOf { table, sql, key, quoted }, column, value, predicate, .. } = self;
        if key.is_empty() || value.mentions(column) || table.is_key(column) || self.condition.is_some_and(reads_rows) {
            return None;
        }
        let reads_others = reads_rows(&self.statement);
        if reads_others && predicate.is_some_and(|it| it.mentions(column)) {
            return None;
        }
        let is_unset = !reads_others && !self.has_value_by_type && self.is_unset(before);
        let of = RowWork::Fill {
            column: quoted(column),
            statement: self.statement.clone(),
            predicate: self.condition.map(str::to_owned),
            differs: reads_others.then(|| self.differs.clone()),
            is_unset,
        };
        let sources = sources(table, *quoted, |name| is_unset && name == *column);
        Some(Batches { table: table.name.clone(), sql: sql.clone(), key: key.clone(), sources, of })
    }

    /// Whether the column is NULL in every row in which nobody else has set it: it was added so, and nothing that may
    /// write to it stands between.
    fn is_unset(&self, before: &[Operation]) -> bool {
        let is_it = |table: &TableName, column: &str| *table == self.rows.table.name && column == self.column;
        let others = |it: &Operation| matches!(it, Operation::Backfill { table, column, .. } if !is_it(table, column));
        let said = before.iter().rev().take_while(|it| !it.is_data() || others(it)).find_map(|it| match it {
            Operation::AddColumn { table, column } if is_it(table, &column.name) => {
                let is_given =
                    column.default_value().is_some() || column.identity.is_some() || column.generated.is_some();
                Some(column.nullable && !is_given)
            }
            Operation::AlterColumn { table, column, change } if is_it(table, column) && change.default.is_some() => {
                Some(false)
            }
            _ => None,
        });
        said.unwrap_or(false)
    }
}

/// Whether SQL reads rows of tables, its own row aside.
fn reads_rows(sql: &str) -> bool {
    // `#` begins a comment on MySQL alone.
    [sql, &without_mysql_spelling(sql)]
        .into_iter()
        .any(|sql| Statement::all(sql).iter().any(|it| it.has("SELECT") || it.has("TABLE")))
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
