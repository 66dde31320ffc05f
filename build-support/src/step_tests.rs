//! The tests that `revision` writes beside the data steps of a revision, as far as it knows what rows look like.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use migratable_core::diff::{Hole, Plan, set_aside};
use migratable_core::{Column, Dialect, Operation, Schema, Sql, TableName};

use crate::diesel_schema::TableIdentifiers;
use rows::{Rows, identifiers, rust_type};

/// The tests of a plan that leads from one schema to another; nothing if it has no data step.
pub fn write(plan: &Plan, before: &Schema, after: &Schema, dialects: &[Dialect]) -> String {
    let writer = Writer { plan, before, after, dialects };
    let mut names = BTreeSet::new();
    let mut tests = Vec::new();
    for subject in writer.subjects() {
        let mut name = format!("{}_on_rows", subject.step);
        let mut number = 1;
        while !names.insert(name.clone()) {
            number += 1;
            name = format!("{}_on_rows_{number}", subject.step);
        }
        tests.push(writer.test(&name, &subject));
    }
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

/// A data step, and what it is about; the table and the column are named as they are after the revision.
struct Subject<'a> {
    step: String,
    table: &'a TableName,
    column: &'a str,
    /// The value of the column's enum that the rows lose.
    value: Option<String>,
    is_open: bool,
}

impl Writer<'_> {
    /// The data steps that are tested. The tool's own, which give a value of an enum another place, are not.
    fn subjects(&self) -> Vec<Subject<'_>> {
        let holes = self.plan.holes.iter().map(|Hole { step, table, column, value, .. }| Subject {
            step: step.clone(),
            table,
            column,
            value: value.clone(),
            is_open: true,
        });
        let passing = set_aside(&self.plan.upgrade);
        let is_own = |predicate: &Option<Sql>| passing.values().any(|value| mentions(predicate, value));
        let backfills = self.plan.upgrade.iter().filter_map(|operation| match operation {
            Operation::Backfill { table, column, predicate, .. } if !is_own(predicate) => {
                let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
                let step = format!("backfill_{}_{column}", table.name).chars().map(plain).collect();
                let value = self.removed_value(table, column, predicate);
                Some(Subject { step, table, column, value, is_open: false })
            }
            _ => None,
        });
        holes.chain(backfills).collect()
    }

    /// The value of an enum that the revision takes away, if a backfill is for the rows that hold it.
    fn removed_value(&self, table: &TableName, column: &str, predicate: &Option<Sql>) -> Option<String> {
        let (table, column) = self.names_before(table, column);
        let name = self.before.column(&table, &column)?.column_type.enum_name()?;
        let left = self.after.enums.get(name)?;
        let values = self.before.enums.get(name)?.values.iter();
        values.filter(|value| !left.values.contains(value)).find(|value| mentions(predicate, value)).cloned()
    }

    /// The test of a step; one that says what is missing, if no row is known.
    fn test(&self, name: &str, subject: &Subject<'_>) -> String {
        let (head, body) = match self.body(subject) {
            Ok(body) => ("|revision, db|", body),
            Err(reason) => {
                let text = format!("insert a row as it stands before this revision, and look at it after: {reason}");
                let quoted = format!("{text:?}").replace('{', "{{").replace('}', "}}");
                ("|_revision, _db|", format!("            todo!({quoted})\n"))
            }
        };
        format!("    #[test]\n    fn {name}() {{\n        each_database({head} {{\n{body}        }});\n    }}\n")
    }

    /// What a test does. Whether what the step makes of the row is right is for somebody to write down: the test of an
    /// open step fails until then.
    fn body(&self, subject: &Subject<'_>) -> Result<String, String> {
        let Subject { table, column, value, is_open, .. } = subject;
        let (old, old_column) = self.names_before(table, column);
        let gone = |it: &TableName| format!("there is no table `{it}` on both sides of it");
        let met = self.before.table(&old).ok_or_else(|| gone(&old))?;
        let left = self.after.table(table).ok_or_else(|| gone(table))?;
        let mut rows = Rows::new(self.before, self.dialects);
        rows.row(met, value.as_deref().map(|value| (old_column.as_str(), value)))?;
        let of_left = identifiers(left)?;
        let (look, end) = self.look(left.find(column), &of_left, *is_open);
        let met = identifiers(met)?.path;
        Ok(format!(
            "            // A row as it stands before this revision.\n{}            \
             let rows: i64 = before::{met}::table.count().get_result(db)?;\n\n            \
             revision.upgrade(db)?;\n{look}\n            revision.downgrade(db)?;\n            \
             assert_eq!(before::{met}::table.count().get_result::<i64>(db)?, rows);\n            {end}\n",
            rows.text
        ))
    }

    /// How a test looks at the column when the revision has run, and what it gives back.
    fn look(&self, column: Option<&Column>, of: &TableIdentifiers, is_open: bool) -> (String, String) {
        let table = &of.path;
        let named = column.and_then(|column| Some((column, of.column(&column.name)?)));
        let count = format!("            assert_eq!(after::{table}::table.count().get_result::<i64>(db)?, rows);\n");
        let Some((column, name)) = named else { return (count, "Ok(())".to_owned()) };
        let Some(rust) = rust_type(column, self.dialects) else {
            // There is no value to compare with: the test fails by what it gives back.
            let end = match is_open {
                true => format!("Err(\"what becomes of the row in after::{table}::{name}?\".into())"),
                false => "Ok(())".to_owned(),
            };
            return (count, end);
        };
        let asserted = match is_open {
            true => format!("assert_eq!(found, Vec::<{rust}>::new(), \"what becomes of the row?\");"),
            false => "assert_eq!(found.len() as i64, rows); // and what is in them?".to_owned(),
        };
        let look = format!(
            "            let found: Vec<{rust}> = after::{table}::table.select(after::{table}::{name}).load(db)?;\n            \
             {asserted}\n"
        );
        (look, "Ok(())".to_owned())
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
}

/// Whether a condition speaks of a text.
fn mentions(predicate: &Option<Sql>, value: &str) -> bool {
    let quoted = format!("'{}'", value.replace('\'', "''"));
    predicate.iter().flat_map(Sql::texts).any(|text| text.contains(&quoted))
}
