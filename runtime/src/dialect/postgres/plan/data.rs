//! What works on rows.

use std::rc::Rc;

use migratable_core::{ColumnType, Dialect, Literal, Operation, Table};

use super::super::ddl::{self, qualified, quoted};
use super::super::types::{self, sql_text};
use super::super::{capture, numbers};
use super::{Planned, Planner};
use crate::batches::{Batches, Fill, RowsOf};
use crate::dialect::Work;

impl Planner<'_> {
    pub(super) fn data(&mut self, operation: &Operation) -> Planned {
        self.apply(operation)?;
        match operation {
            Operation::BulkInsert { table, columns, rows } => {
                let table = self.table(table)?;
                for rows in rows.chunks(500) {
                    self.statement(insert(&table, columns, rows)?);
                }
                let numbered = table.columns.iter().filter(|it| columns.contains(&it.name));
                self.statements(numbered.filter_map(|column| numbers::go_on(&table.name, column)));
            }
            Operation::Backfill { table, column, value, predicate } => {
                let found = self.table(table)?;
                let column_type = found.find(column).map_or(ColumnType::Text, |it| it.column_type.clone());
                let text = self::value(&column_type, sql_text(value, "the value")?)?;
                let statement = format!("UPDATE {} SET {} = {text}", qualified(table), quoted(column));
                let condition = predicate.as_ref().map(|it| sql_text(it, "the condition")).transpose()?;
                let differs = format!("{}::text IS DISTINCT FROM ({text})::text", quoted(column));
                let (rows, predicate) = (rows_of(&found), predicate.as_ref());
                let has_value_by_type = self.domain(&column_type).is_some_and(|it| it.has_default);
                let fill = Fill { rows, column, value, predicate, statement, condition, differs, has_value_by_type };
                let work = self.bar.fill(&fill, &self.operations[..self.at]);
                self.planned.add(self.at, work);
            }
            Operation::Convert(it) => {
                let found = self.table(&it.table)?;
                let map = Batches::of_map(it, rows_of(&found), |it| types::name(it).ok());
                self.push(Work::Batches(Rc::new(map)));
            }
            Operation::ConvertLast(it) => {
                let found = self.table(&it.table)?;
                let map = Batches::of_map(it, rows_of(&found), |it| types::name(it).ok());
                let work = self.bar.begins(Rc::new(map));
                self.planned.add(self.at, work);
            }
            Operation::Execute { sql, effect } => match sql.text(Dialect::Postgres) {
                Some(sql) => self.statement(sql.to_owned()),
                // The schema would have what nothing made in the database.
                None if !effect.is_empty() => sql_text(sql, "a statement with an effect").map(drop)?,
                None => {}
            },
            Operation::Run { step } => {
                let step = Work::Step { name: step.clone() };
                self.push(step);
            }
            other => return Err(format!("`{other}` is no data step")),
        }
        Ok(())
    }
}

fn rows_of(table: &Table) -> RowsOf<'_> {
    RowsOf { table, sql: qualified(&table.name), key: capture::key(table), quoted }
}

/// An expression as a value of a type. Texts with a limit are left to the assignment, which refuses what is too long
/// where a cast would cut it.
pub(super) fn value(column_type: &ColumnType, expression: &str) -> Planned<String> {
    Ok(match column_type.on(Dialect::Postgres) {
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => format!("({expression})"),
        other => format!("({expression})::{}", types::name(&other)?),
    })
}

fn insert(table: &Table, columns: &[String], rows: &[Vec<Literal>]) -> Planned<String> {
    let value = |(column, value): (&String, &Literal)| {
        let column_type = table.find(column).map_or(ColumnType::Text, |column| column.column_type.clone());
        types::literal(&column_type, value)
    };
    let row = |row: &Vec<Literal>| {
        let values: Vec<String> = columns.iter().zip(row).map(value).collect::<Result<_, _>>()?;
        Ok(format!("({})", values.join(", ")))
    };
    let rows: Vec<String> = rows.iter().map(row).collect::<Planned<_>>()?;
    let numbered = |it: &String| table.find(it).and_then(|it| it.identity.as_ref()).is_some_and(|it| it.always);
    let overriding = if columns.iter().any(numbered) { " OVERRIDING SYSTEM VALUE" } else { "" };
    Ok(format!(
        "INSERT INTO {} ({}){overriding} VALUES\n    {}",
        qualified(&table.name),
        ddl::list(columns),
        rows.join(",\n    ")
    ))
}
