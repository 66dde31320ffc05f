//! What works on rows.

use std::rc::Rc;

use migratable_core::{ColumnType, Dialect, Literal, Operation, Table};

use super::super::ddl::{self, quoted};
use super::super::types::{self, sql_text};
use super::super::{capture, outside, tokens};
use super::{Planned, Planner};
use crate::batches::{Batches, Fill, RowsOf};
use crate::dialect::{Boundary, Work};

impl Planner<'_> {
    pub(super) fn data(&mut self, operation: &Operation) -> Planned {
        match operation {
            Operation::BulkInsert { table, columns, rows } => {
                self.apply(operation)?;
                let table = self.table(table)?;
                for rows in rows.chunks(500) {
                    self.statement(insert(&table, columns, rows));
                }
            }
            Operation::Backfill { table, column, value, predicate } => {
                self.apply(operation)?;
                let text = sql_text(value, "the value")?;
                let statement = format!("UPDATE {} SET {} = ({text})", quoted(&table.name), quoted(column));
                let condition = predicate.as_ref().map(|it| sql_text(it, "the condition")).transpose()?;
                let found = self.table(table)?;
                let differs = format!("{} COLLATE BINARY IS NOT ({text})", quoted(column));
                let (rows, predicate) = (rows_of(&found), predicate.as_ref());
                let has_value_by_type = false;
                let fill = Fill { rows, column, value, predicate, statement, condition, differs, has_value_by_type };
                let work = self.bar.fill(&fill, &self.operations[..self.at]);
                self.planned.add(self.at, work);
            }
            Operation::Convert(it) => {
                self.apply(operation)?;
                let found = self.table(&it.table)?;
                let map = Batches::of_map(it, rows_of(&found), |_| None);
                self.push(Work::Batches(Rc::new(map)));
                return Ok(());
            }
            Operation::ConvertLast(it) => {
                let found = self.table(&it.table)?;
                let map = Batches::of_map(it, rows_of(&found), |_| None);
                let work = self.bar.begins(Rc::new(map));
                self.planned.add(self.at, work);
                return Ok(());
            }
            Operation::Execute { sql, effect } => {
                self.apply(operation)?;
                let Some(sql) = sql.text(Dialect::Sqlite) else {
                    // The schema would have what nothing made in the database.
                    return if effect.is_empty() {
                        Ok(())
                    } else {
                        sql_text(sql, "a statement with an effect").map(drop)
                    };
                };
                let ends = tokens::outside_of_transactions(sql);
                if let Some(word) = ends.filter(|_| outside::boundary(sql) == Boundary::Inside) {
                    return Err(format!("{word} cannot stand in a revision, which is part of a transaction"));
                }
                self.planned.endangers_dependents = true;
                self.statement(sql.to_owned());
            }
            Operation::Run { step } => {
                let step = Work::Step { name: step.clone() };
                self.push(step);
            }
            other => return Err(format!("`{other}` is no data step")),
        }
        self.planned.endangers_references = true;
        self.push(Work::CheckReferences { at_end: false });
        Ok(())
    }
}

fn rows_of(table: &Table) -> RowsOf<'_> {
    RowsOf { table, sql: quoted(&table.name.name), key: capture::key(table), quoted }
}

fn insert(table: &Table, columns: &[String], rows: &[Vec<Literal>]) -> String {
    let value = |(column, value): (&String, &Literal)| {
        let column_type = table.find(column).map_or(ColumnType::Text, |column| column.column_type.clone());
        types::literal(&column_type, value).sql
    };
    let row = |row: &Vec<Literal>| {
        let values: Vec<String> = columns.iter().zip(row).map(value).collect();
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!("INSERT INTO {} ({}) VALUES\n    {}", quoted(&table.name.name), ddl::list(columns), rows.join(",\n    "))
}
