//! Rows that stand in the way of a change, found before it is made.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{ColumnType, ForeignKey, Table, TableName};

use super::ddl::{quoted, table_name};
use super::types::text;
use crate::dialect::{EXAMPLES, Verify};

/// The rows of a table as they are in the database.
pub(super) struct Rows<'a> {
    pub(super) table: &'a Table,
    /// Columns that go: one of the same name is another.
    pub(super) dropped: &'a BTreeSet<String>,
}

impl Rows<'_> {
    /// Whether the rows have a column to look at.
    pub(super) fn has(&self, column: &str) -> bool {
        self.table.find(column).is_some() && !self.dropped.contains(column)
    }

    /// SQL that names a row by its key and by these columns.
    fn example<'c>(&self, columns: impl IntoIterator<Item = &'c str>) -> String {
        let key = self.table.primary_key.iter().flat_map(|key| key.columns.iter().map(String::as_str));
        let mut named: Vec<&str> = key.collect();
        for column in columns {
            if !named.contains(&column) {
                named.push(column);
            }
        }
        let parts: Vec<String> = named.iter().map(|name| self.shown(name)).collect();
        match parts.is_empty() {
            true => "'a row'".to_owned(),
            false => format!("CONCAT_WS(', ', {})", parts.join(", ")),
        }
    }

    /// SQL for `name = 'value'`, a number without the quotes.
    fn shown(&self, name: &str) -> String {
        use ColumnType::{BigInt, Boolean, Double, Integer, Numeric, Real, SmallInt};
        let column_type = self.table.find(name).map(|column| &column.column_type);
        let is_number = matches!(column_type, Some(SmallInt | Integer | BigInt | Boolean | Numeric(_) | Real | Double));
        let value = match is_number {
            true => format!("COALESCE({}, 'NULL')", quoted(name)),
            false => format!("QUOTE({})", quoted(name)),
        };
        format!("CONCAT({}, LEFT({value}, 60))", text(&format!("{name} = ")))
    }

    fn verify<'c>(
        &self,
        columns: impl IntoIterator<Item = &'c str>,
        offends: &str,
        problem: String,
        advice: &str,
    ) -> Verify {
        let query = format!(
            "SELECT CAST(COUNT(*) OVER () AS CHAR), {} FROM {} WHERE {offends} ORDER BY 2 LIMIT {EXAMPLES}",
            self.example(columns),
            table_name(&self.table.name)
        );
        Verify { table: self.table.name.to_string(), problem, advice: advice.to_owned(), query }
    }

    /// Any row at all, where a column has nothing to put in it.
    pub(super) fn none(&self, table: &TableName, column: &str) -> Verify {
        let advice = format!(
            "Add it as nullable, fill it by `op.run(..)` or `op.backfill(..)`, and then make it NOT NULL; \
             or let the tool write that: `revision --default {table}.{column}=EXPR`."
        );
        let problem = format!("would have nothing in the new column `{column}`, which is NOT NULL and has no default");
        self.verify([], "TRUE", problem, &advice)
    }

    pub(super) fn null(&self, column: &str) -> Verify {
        let problem = format!("have NULL in `{column}`, which is to be NOT NULL");
        let advice = "Fill them by `op.run(..)` or `op.backfill_where(..)` before.";
        self.verify([column], &format!("{} IS NULL", quoted(column)), problem, advice)
    }

    /// Rows for which a value is to be made that is none.
    pub(super) fn null_given(&self, column: &str, value: &str) -> Verify {
        let problem = format!("would have NULL in `{column}`, which is to be NOT NULL");
        let advice = "Let `.using(sql(\"…\"))` give them a value, as by COALESCE, or change the rows before.";
        let shown = self.has(column).then_some(column);
        self.verify(shown, &format!("({value}) IS NULL"), problem, advice)
    }

    /// Values that would be others in the new type.
    pub(super) fn unlike(&self, column: &str, type_name: &str, offends: &str) -> Verify {
        let problem = format!("hold something in `{column}` that has no equal as {type_name}");
        let advice = "Say by `.using(sql(\"…\"))` what it becomes, or change the rows before.";
        self.verify([column], &format!("{} IS NOT NULL AND ({offends})", quoted(column)), problem, advice)
    }

    /// Rows that are equal in these columns, some of which are given other values.
    pub(super) fn duplicates(&self, columns: &[String], given: &BTreeMap<String, String>) -> Verify {
        let value = |name: &String| given.get(name).map_or_else(|| quoted(name), |value| format!("({value})"));
        let shown = |name: &String| match given.contains_key(name) {
            true => format!("CONCAT({}, LEFT(QUOTE({}), 60))", text(&format!("{name} = ")), value(name)),
            false => self.shown(name),
        };
        let values: Vec<String> = columns.iter().map(shown).collect();
        let set: Vec<String> = columns.iter().map(|name| format!("{} IS NOT NULL", value(name))).collect();
        let names: Vec<String> = columns.iter().map(value).collect();
        let query = format!(
            "SELECT CAST(SUM(COUNT(*)) OVER () AS CHAR), CONCAT(MIN(CONCAT_WS(', ', {})), ' in ', COUNT(*), ' rows') \
             FROM {} WHERE {} GROUP BY {} HAVING COUNT(*) > 1 ORDER BY 2 LIMIT {EXAMPLES}",
            values.join(", "),
            table_name(&self.table.name),
            set.join(" AND "),
            names.join(", ")
        );
        Verify {
            table: self.table.name.to_string(),
            problem: format!("are not unique in {}", columns.join(", ")),
            advice: "Change or delete rows until one of each is left.".to_owned(),
            query,
        }
    }

    pub(super) fn condition(&self, name: &str, condition: &str, columns: &[&str]) -> Verify {
        let problem = format!("do not meet the check `{name}`");
        self.verify(columns.iter().copied(), &format!("NOT ({condition})"), problem, "Change these rows before.")
    }

    /// Rows that come to refer to a table that is made together with the key, and so holds no rows.
    pub(super) fn stranded(&self, key: &ForeignKey) -> Verify {
        let set: Vec<String> = key.columns.iter().map(|column| format!("{} IS NOT NULL", quoted(column))).collect();
        let problem = format!("refer by {} to `{}`, which is new and holds no rows", key.columns.join(", "), key.table);
        let advice = "Let a revision make that table and fill it before another one makes the reference.";
        self.verify(key.columns.iter().map(String::as_str), &set.join(" AND "), problem, advice)
    }

    /// Rows that refer to nothing.
    pub(super) fn orphans(&self, key: &ForeignKey) -> Verify {
        let own = table_name(&self.table.name);
        let set = key.columns.iter().map(|column| format!("{own}.{} IS NOT NULL", quoted(column)));
        let pairs = key.columns.iter().zip(&key.references);
        let equal =
            pairs.map(|(column, target)| format!("`migratable_parent`.{} = {own}.{}", quoted(target), quoted(column)));
        let offends = format!(
            "{} AND NOT EXISTS (SELECT 1 FROM {} AS `migratable_parent` WHERE {})",
            set.collect::<Vec<_>>().join(" AND "),
            table_name(&key.table),
            equal.collect::<Vec<_>>().join(" AND ")
        );
        let problem = format!("refer by {} to rows of `{}` that are not there", key.columns.join(", "), key.table);
        let advice = "Delete these rows, or let them refer to something, before.";
        self.verify(key.columns.iter().map(String::as_str), &offends, problem, advice)
    }
}
