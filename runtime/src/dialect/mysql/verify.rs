//! Rows that stand in the way of a change, found before it is made.

use migratable_core::{ColumnType, ForeignKey, Table, TableName};

use super::ddl::{self, quoted};
use super::foreseen::Foreseen;
use super::types::text;
use crate::dialect::verify::{EXAMPLES, Verify, Violation};

/// The rows of a table, as they are or as they will be.
pub(super) struct Rows<'a> {
    pub(super) table: &'a Table,
    pub(super) foreseen: &'a Foreseen,
}

/// SQL that names a row by its key.
pub(super) fn key(table: &Table) -> String {
    let columns = table.primary_key.iter().flat_map(|key| &key.columns);
    let parts: Vec<String> = columns.map(|name| shown(table, name)).collect();
    match parts.is_empty() {
        true => "NULL".to_owned(),
        false => format!("CONCAT_WS(', ', {})", parts.join(", ")),
    }
}

/// SQL for `name = 'value'`, a number without the quotes.
fn shown(table: &Table, name: &str) -> String {
    use ColumnType::{BigInt, Boolean, Double, Integer, Numeric, Real, SmallInt};
    let value = match table.find(name).map(|column| &column.column_type) {
        Some(SmallInt | Integer | BigInt | Boolean | Numeric(_) | Real | Double) => {
            format!("COALESCE({}, 'NULL')", quoted(name))
        }
        // Texts of two collations could not be put together.
        Some(of_text) if ddl::is_text(of_text) => format!("QUOTE(CONVERT({} USING utf8mb4))", quoted(name)),
        _ => format!("QUOTE({})", quoted(name)),
    };
    format!("CONCAT({}, LEFT({value}, 60))", text(&format!("{name} = ")))
}

impl Rows<'_> {
    /// SQL that names a row by its key and by these columns.
    fn example<'c>(&self, columns: impl IntoIterator<Item = &'c str>) -> String {
        let others = columns.into_iter().filter(|column| !self.table.is_key(column));
        let parts: Vec<String> = std::iter::once(self.foreseen.key(self.table))
            .chain(others.map(|column| shown(self.table, column)))
            .collect();
        format!("COALESCE(NULLIF(CONCAT_WS(', ', {}), ''), 'a row')", parts.join(", "))
    }

    fn verify<'c>(&self, columns: impl IntoIterator<Item = &'c str>, offends: &str, violation: Violation) -> Verify {
        let (from, offends) = self.foreseen.read_by(&self.table.name, offends);
        let query = format!(
            "SELECT CAST(COUNT(*) OVER () AS CHAR), {} FROM {from} WHERE {offends} ORDER BY 2 LIMIT {EXAMPLES}",
            self.example(columns)
        );
        self.look(&query, violation)
    }

    fn look(&self, query: &str, violation: Violation) -> Verify {
        violation.found_by(self.foreseen.with_rows(query), &self.table.name)
    }

    /// Any row at all, where a column has nothing to put in it.
    pub(super) fn none(&self, table: &TableName, column: &str) -> Verify {
        self.verify([], "TRUE", Violation::none(table, column))
    }

    pub(super) fn null(&self, column: &str) -> Verify {
        self.verify([column], &format!("{} IS NULL", quoted(column)), Violation::null(column))
    }

    /// Rows for which a value is to be made that is none.
    pub(super) fn null_given(&self, column: &str, value: &str) -> Verify {
        let problem = format!("would have NULL in `{column}`, which is to be NOT NULL");
        let advice = "Let the SQL that is given for it make a value, as by COALESCE, or change the rows before.";
        self.verify(self.shows(column), &format!("({value}) IS NULL"), Violation::new(problem, advice))
    }

    /// Rows for which a value is to be made that the server does not take.
    pub(super) fn refused(&self, column: &str, type_name: &str, refused: &str) -> Verify {
        let problem = format!("would have something in `{column}` that {type_name} does not hold");
        let advice = "Let the SQL that is given for it make another value, or change the rows before.";
        self.verify(self.shows(column), refused, Violation::new(problem, advice))
    }

    /// The column, if the rows have it to show.
    fn shows<'c>(&self, column: &'c str) -> Option<&'c str> {
        self.table.find(column).map(|_| column)
    }

    /// Values that would be others in the new type.
    pub(super) fn unlike(&self, column: &str, type_name: &str, offends: &str) -> Verify {
        let offends = format!("{} IS NOT NULL AND ({offends})", quoted(column));
        self.verify([column], &offends, Violation::no_equal(column, type_name))
    }

    /// Rows that are equal in these columns.
    pub(super) fn duplicates(&self, columns: &[String]) -> Verify {
        let values: Vec<String> = columns.iter().map(|name| shown(self.table, name)).collect();
        let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        let query = format!(
            "SELECT CAST(SUM(COUNT(*)) OVER () AS CHAR), CONCAT(MIN(CONCAT_WS(', ', {})), ' in ', COUNT(*), ' rows') \
             FROM {} WHERE {} GROUP BY {} HAVING COUNT(*) > 1 ORDER BY 2 LIMIT {EXAMPLES}",
            values.join(", "),
            self.foreseen.from(&self.table.name),
            self.are_set(columns),
            names.join(", ")
        );
        self.look(&query, Violation::duplicates(columns))
    }

    pub(super) fn condition(&self, name: &str, condition: &str, columns: &[&str]) -> Verify {
        self.verify(columns.iter().copied(), &format!("NOT ({condition})"), Violation::check(name))
    }

    /// Rows that refer to nothing.
    pub(super) fn orphans(&self, key: &ForeignKey) -> Verify {
        let columns = key.columns.iter().map(String::as_str);
        let set = self.are_set(&key.columns);
        if self.foreseen.is_empty(&key.table) {
            let by = key.columns.join(", ");
            let problem = format!("would refer by {by} to {}, which is new and holds no rows", key.table);
            let advice = "Let a revision make that table and fill it before another one makes the reference.";
            return self.verify(columns, &set, Violation::new(problem, advice));
        }
        let own = quoted(&self.table.name.name);
        let pairs = key.columns.iter().zip(&key.references);
        let equal =
            pairs.map(|(column, target)| format!("`migratable_parent`.{} = {own}.{}", quoted(target), quoted(column)));
        let query = format!(
            "SELECT CAST(COUNT(*) OVER () AS CHAR), {} FROM {} WHERE {set} AND NOT EXISTS \
             (SELECT 1 FROM {} AS `migratable_parent` WHERE {}) ORDER BY 2 LIMIT {EXAMPLES}",
            self.example(columns),
            self.foreseen.from(&self.table.name),
            self.foreseen.rows(&key.table),
            equal.collect::<Vec<_>>().join(" AND ")
        );
        self.look(&query, Violation::orphans(key))
    }

    /// SQL that is true for rows with something in all of these columns.
    fn are_set(&self, columns: &[String]) -> String {
        let own = quoted(&self.table.name.name);
        let set: Vec<String> = columns.iter().map(|column| format!("{own}.{} IS NOT NULL", quoted(column))).collect();
        set.join(" AND ")
    }
}
