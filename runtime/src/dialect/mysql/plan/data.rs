//! What works on rows, in transactions of its own.

mod foresee;

use std::rc::Rc;

use migratable_core::{ColumnType, Conversion, Dialect, Literal, Operation, Table};

use super::super::capture;
use super::super::ddl::{self, quoted, table_name};
use super::super::types::{self, sql_text};
use super::{Planned, Planner};
use crate::batches::{Batches, Fill, RowWork, RowsOf};
use crate::dialect::Work;

/// How many new rows are foreseen at most.
const FORESEEN_ROWS: usize = 500;

impl Planner<'_> {
    pub(super) fn data(&mut self, operation: &Operation) -> Planned {
        self.apply(operation)?;
        match operation {
            Operation::BulkInsert { table, columns, rows } => {
                // Every look would carry all of them.
                if rows.len() > FORESEEN_ROWS {
                    self.foresight.ends();
                } else {
                    self.foresee_insert(&self.table(table)?, columns, rows)?;
                }
                self.push(Work::Begin);
                for rows in rows.chunks(500) {
                    let into = format!("INSERT INTO {} ({}) VALUES", table_name(table), ddl::list(columns));
                    let rows: Vec<String> = rows.iter().map(|row| values(row)).collect();
                    self.statement(format!("{into}\n    {}", rows.join(",\n    ")));
                }
                self.push(Work::Commit);
            }
            Operation::Backfill { table, column, value, predicate } => {
                let text = sql_text(value, "the value")?;
                let condition = predicate.as_ref().map(|it| sql_text(it, "the condition")).transpose()?;
                let found = self.table(table)?;
                self.foresee_update(&found, column, text, condition)?;
                let sets = [format!("{} = ({text})", quoted(column))];
                let keeps = self.clocks.kept(&found, Some(column));
                let statement = format!("UPDATE {} SET {}", table_name(table), [&sets[..], &keeps].concat().join(", "));
                let differs = differs(column, text, found.find(column).map(|it| &it.column_type));
                let (rows, predicate) = (rows_of(&found), predicate.as_ref());
                let has_value_by_type = false;
                let fill = Fill { rows, column, value, predicate, statement, condition, differs, has_value_by_type };
                let work = self.bar.fill(&fill, &self.operations[..self.at]);
                self.planned.add(self.at, work);
            }
            Operation::Convert(it) => {
                self.foresight.ends();
                let map = self.map(it)?;
                self.push(Work::Batches(Rc::new(map)));
            }
            Operation::ConvertLast(it) => {
                let map = self.map(it)?;
                let work = self.bar.begins(Rc::new(map));
                self.planned.add(self.at, work);
            }
            Operation::Execute { sql, effect } => match sql.text(Dialect::Mysql) {
                Some(sql) => {
                    self.foresight.ends();
                    self.statement(sql.to_owned());
                }
                // The schema would have what nothing made in the database.
                None if !effect.is_empty() => return sql_text(sql, "a statement with an effect").map(drop),
                None => {}
            },
            Operation::Run { step } => {
                self.foresight.ends();
                self.push(Work::Begin);
                self.push(Work::Step { name: step.clone() });
                self.push(Work::Commit);
            }
            other => return Err(format!("`{other}` is no data step")),
        }
        Ok(())
    }

    fn map(&self, conversion: &Conversion) -> Planned<Batches> {
        let found = self.table(&conversion.table)?;
        let mut map = Batches::of_map(conversion, rows_of(&found), |_| None);
        if let RowWork::Map { keeps, .. } = &mut map.of {
            keeps.extend(self.clocks.kept(&found, None));
        }
        Ok(map)
    }
}

fn rows_of(table: &Table) -> RowsOf<'_> {
    RowsOf { table, sql: table_name(&table.name), key: capture::key(table), quoted }
}

/// A condition for the rows whose value is not that of an expression. Byte by byte: a collation takes some texts for the
/// same that are not. But a number is rounded in its column, and written with other digits.
fn differs(column: &str, expression: &str, column_type: Option<&ColumnType>) -> String {
    let digits = match column_type.map(|it| it.on(Dialect::Mysql)) {
        Some(ColumnType::Numeric(Some((precision, scale)))) => Some((precision, scale)),
        Some(ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt) => Some((65, 0)),
        _ => None,
    };
    let column = quoted(column);
    let is_number = digits.map_or(String::new(), |(precision, scale)| {
        format!(" OR {column} <=> CAST(({expression}) AS DECIMAL({precision}, {scale}))")
    });
    format!("NOT (CAST({column} AS BINARY) <=> CAST(({expression}) AS BINARY){is_number})")
}

fn values(row: &[Literal]) -> String {
    format!("({})", row.iter().map(types::literal).collect::<Vec<_>>().join(", "))
}
