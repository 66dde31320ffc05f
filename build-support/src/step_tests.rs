//! The tests that `revision` writes beside the data steps of a revision, as far as it knows what rows look like.

use migratable_core::diff::{Hole, Plan};
use migratable_core::{Column, ColumnType, Dialect, Operation, Schema, Table, TableName};

use crate::diesel_schema::{TableIdentifiers, sql_type};

/// The tests of a plan that leads from one schema to another; nothing if it has no data step.
pub fn write(plan: &Plan, before: &Schema, after: &Schema, dialects: &[Dialect]) -> String {
    let writer = Writer { plan, before, after, dialects };
    let holes = plan.holes.iter().map(|Hole { step, table, column, .. }| writer.test(step, table, column, true));
    let backfills = plan.upgrade.iter().filter_map(|operation| match operation {
        Operation::Backfill { table, column, .. } => {
            let name = format!("backfill_{}_{column}", table.name);
            let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
            Some(writer.test(&name.chars().map(plain).collect::<String>(), table, column, false))
        }
        _ => None,
    });
    let tests: Vec<String> = holes.chain(backfills).flatten().collect();
    if tests.is_empty() {
        return String::new();
    }
    format!("\n#[cfg(test)]\nmod tests {{\n    use super::testing::*;\n\n{}}}\n", tests.join("\n"))
}

struct Writer<'a> {
    plan: &'a Plan,
    before: &'a Schema,
    after: &'a Schema,
    dialects: &'a [Dialect],
}

/// The statements that put rows in tables, and the tables that have one already.
#[derive(Default)]
struct Rows {
    text: String,
    made: Vec<TableName>,
}

impl Writer<'_> {
    /// The test of a step about a column, which is named as it is after the revision. Whether what the step makes of the
    /// row is for somebody to write down: the test fails until then.
    fn test(&self, step: &str, table: &TableName, column: &str, open: bool) -> Option<String> {
        let (old, old_column) = self.names_before(table, column);
        let (met, left) = (self.before.table(&old)?, self.after.table(table)?);
        let mut rows = Rows::default();
        self.row(met, &old_column, &mut rows)?;
        let of_met = TableIdentifiers::new(met)?;
        let of_left = TableIdentifiers::new(left)?;
        let (met, left) = (&of_met.path, &of_left.path);
        let found = self.after.column(table, column).and_then(|it| Some((of_left.column(column)?, rust_type(it)?)));
        let look = match found {
            Some((column, rust)) => {
                let asserted = if open {
                    format!("assert_eq!(found, Vec::<{rust}>::new(), \"what becomes of the row?\");")
                } else {
                    "assert_eq!(found.len() as i64, rows); // and what is in them?".to_owned()
                };
                format!(
                    "            let found: Vec<{rust}> = after::{left}::table.select(after::{left}::{column}).load(db)?;\n            \
                     {asserted}\n"
                )
            }
            None => format!("            assert_eq!(after::{left}::table.count().get_result::<i64>(db)?, rows);\n"),
        };
        Some(format!(
            "    #[test]\n    fn {step}_on_rows() {{\n        each_database(|revision, db| {{\n            \
             // A row as it stands before this revision.\n{}            \
             let rows: i64 = before::{met}::table.count().get_result(db)?;\n\n            \
             revision.upgrade(db)?;\n{look}\n            revision.downgrade(db)?;\n            \
             assert_eq!(before::{met}::table.count().get_result::<i64>(db)?, rows);\n            Ok(())\n        \
             }});\n    }}\n",
            rows.text
        ))
    }

    /// What a table and a column are called before the revision.
    fn names_before(&self, table: &TableName, column: &str) -> (TableName, String) {
        let (mut table, mut column) = (table.clone(), column.to_owned());
        for operation in self.plan.upgrade.iter().rev() {
            match operation {
                Operation::RenameColumn { table: of, from, to } if *of == table && *to == column => {
                    column.clone_from(from);
                }
                Operation::RenameTable { from, to } if *to == table => table = from.clone(),
                _ => {}
            }
        }
        (table, column)
    }

    /// Puts a row in a table, and before it in those that it must refer to; `None` if that goes round in circles.
    fn row(&self, table: &Table, wanted: &str, rows: &mut Rows) -> Option<()> {
        if rows.made.contains(&table.name) {
            return Some(());
        }
        rows.made.push(table.name.clone());
        let identifiers = TableIdentifiers::new(table)?;
        let path = &identifiers.path;
        let mut values = Vec::new();
        for column in &table.columns {
            let removed = self.removed_value(column).filter(|_| column.name == wanted);
            if column.fills_itself() && removed.is_none() {
                continue;
            }
            let reference = table.foreign_keys.iter().find(|key| key.columns.contains(&column.name));
            let value = match (removed, reference) {
                (Some(value), _) => self.enumerated(column, &value),
                (None, None) => self.value(column)?,
                (None, Some(key)) if key.table == table.name => return None,
                (None, Some(key)) => {
                    let at = key.columns.iter().position(|it| *it == column.name)?;
                    let referred = self.before.table(&key.table)?;
                    let is_new = !rows.made.contains(&key.table);
                    self.row(referred, "", rows)?;
                    let of = TableIdentifiers::new(referred)?;
                    let (there, it) = (&of.path, of.column(key.references.get(at)?)?);
                    let name = format!("{}_{it}", there.replace("::", "_").replace("r#", ""));
                    let rust = rust_type(referred.find(key.references.get(at)?)?)?;
                    if is_new {
                        let line = format!(
                            "            let {name}: {rust} = before::{there}::table.select(before::{there}::{it}).first(db)?;\n"
                        );
                        rows.text.push_str(&line);
                    }
                    format!("&{name}")
                }
            };
            values.push(format!("before::{path}::{}.eq({value})", identifiers.column(&column.name)?));
        }
        let values = match &values[..] {
            [] => ".default_values()".to_owned(),
            [one] => format!(".values({one})"),
            several => {
                let lines: String = several.iter().map(|it| format!("                    {it},\n")).collect();
                format!(".values((\n{lines}                ))")
            }
        };
        rows.text.push_str(&format!(
            "            diesel::insert_into(before::{path}::table)\n                {values}\n                .execute(db)?;\n"
        ));
        Some(())
    }

    /// The first value of the column's enum that the revision takes away.
    fn removed_value(&self, column: &Column) -> Option<String> {
        let ColumnType::Enum(name) = &column.column_type else { return None };
        let left = self.after.enums.get(name)?;
        self.before.enums.get(name)?.values.iter().find(|value| !left.values.contains(value)).cloned()
    }

    fn enumerated(&self, column: &Column, value: &str) -> String {
        if self.dialects.contains(&Dialect::Postgres) {
            self.sql(column, &format!("'{}'", value.replace('\'', "''")), "before::sql_types")
        } else {
            format!("{value:?}")
        }
    }

    /// A value that the column can hold.
    fn value(&self, column: &Column) -> Option<String> {
        let of_sql = |text: &str| self.sql(column, text, "diesel::sql_types");
        Some(match &column.column_type {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "1".to_owned(),
            ColumnType::Real | ColumnType::Double => "1.0".to_owned(),
            ColumnType::Boolean => "true".to_owned(),
            ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => "\"a\"".to_owned(),
            ColumnType::Binary | ColumnType::Varbinary(_) => "vec![1_u8]".to_owned(),
            ColumnType::Numeric(_) => of_sql("1"),
            ColumnType::Date => of_sql("'2000-01-01'"),
            ColumnType::Time => of_sql("'12:00:00'"),
            ColumnType::Timestamp => of_sql("'2000-01-01 12:00:00'"),
            ColumnType::TimestampTz if self.dialects.contains(&Dialect::Mysql) => of_sql("'2000-01-01 12:00:00'"),
            ColumnType::TimestampTz => of_sql("'2000-01-01 12:00:00+00:00'"),
            ColumnType::Interval => of_sql("'1 day'"),
            ColumnType::Uuid => of_sql("'67e55044-10b1-426f-9247-bb680e5fe0c8'"),
            ColumnType::Json => of_sql("'{}'"),
            ColumnType::Inet => of_sql("'10.0.0.1'"),
            ColumnType::Array(_) => of_sql("'{}'"),
            ColumnType::Enum(name) => self.enumerated(column, self.before.enums.get(name)?.values.first()?),
            ColumnType::Jsonb | ColumnType::Native(_) => return None,
        })
    }

    /// SQL of the column's type, which stands in a module.
    fn sql(&self, column: &Column, text: &str, module: &str) -> String {
        let name = sql_type(&column.column_type, self.dialects);
        let name = match name.strip_prefix("Array<") {
            Some(element) => format!("{module}::Array<{module}::{element}"),
            None => format!("{module}::{name}"),
        };
        let name = if column.nullable { format!("diesel::sql_types::Nullable<{name}>") } else { name };
        format!("diesel::dsl::sql::<{name}>({text:?})")
    }
}

/// The Rust type of a column's values, if no crate is needed for it.
fn rust_type(column: &Column) -> Option<String> {
    let plain = match &column.column_type {
        ColumnType::SmallInt => "i16",
        ColumnType::Integer => "i32",
        ColumnType::BigInt => "i64",
        ColumnType::Real => "f32",
        ColumnType::Double => "f64",
        ColumnType::Boolean => "bool",
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => "String",
        ColumnType::Binary | ColumnType::Varbinary(_) => "Vec<u8>",
        _ => return None,
    };
    Some(if column.nullable { format!("Option<{plain}>") } else { plain.to_owned() })
}
