//! What works on rows, in transactions of its own.

mod foresee;

use migratable_core::{Dialect, Literal, Operation};

use super::super::ddl::{self, quoted, table_name};
use super::super::types::{self, sql_text};
use super::{Planned, Planner};
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
                let value = sql_text(value, "the value")?;
                let predicate = predicate.as_ref().map(|it| sql_text(it, "the condition")).transpose()?;
                self.foresee_update(&self.table(table)?, column, value, predicate)?;
                let mut sql = format!("UPDATE {} SET {} = ({value})", table_name(table), quoted(column));
                if let Some(predicate) = predicate {
                    sql.push_str(&format!(" WHERE {predicate}"));
                }
                self.statement(sql);
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
}

fn values(row: &[Literal]) -> String {
    format!("({})", row.iter().map(types::literal).collect::<Vec<_>>().join(", "))
}
