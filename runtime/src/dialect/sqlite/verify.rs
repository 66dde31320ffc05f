//! Rows that stand in the way of a change, found before it is made.

use std::collections::BTreeMap;

use migratable_core::diff::holds_every_value_of;
use migratable_core::{Column, ColumnType, Dialect, ForeignKey, Index, Table};

use super::ddl::{self, quoted};
use super::rebuild::free_rowid;
use super::sources::Source;
use super::types::{Storage, sql_text};
use crate::dialect::verify::{EXAMPLES, Verify, Violation};

/// The column of the rows under test that says which row it is.
const KEY: &str = "\"migratable_key\"";

/// Rows of a table as they will be, before they are.
pub(super) struct Rows<'a> {
    /// The table as it is in the database.
    pub(super) before: &'a Table,
    /// The table as it is to be.
    pub(super) after: &'a Table,
    /// Where the values come from; columns that are not there are not looked at.
    pub(super) sources: &'a BTreeMap<String, Source>,
}

impl Rows<'_> {
    fn name(&self) -> &str {
        &self.before.name.name
    }

    /// SQL that says which row it is.
    fn key(&self) -> String {
        let table = quoted(self.name());
        let part =
            |name: &str| format!("'{} = ' || substr(quote({table}.{}), 1, 60)", name.replace('\'', "''"), quoted(name));
        match (&self.before.primary_key, free_rowid([self.before])) {
            (Some(key), _) => key.columns.iter().map(|name| part(name)).collect::<Vec<_>>().join(" || ', ' || "),
            (None, Some(rowid)) => format!("'rowid = ' || {table}.{rowid}"),
            (None, None) => "'a row'".to_owned(),
        }
    }

    /// A subquery with the rows as they will be, and their keys.
    fn rows(&self) -> Result<String, String> {
        let mut columns = vec![format!("{} AS {KEY}", self.key())];
        for (column, source) in self.sources {
            if let Some(sql) = source.sql(self.name())? {
                columns.push(format!("{sql} AS {}", quoted(column)));
            }
        }
        Ok(format!("(SELECT {} FROM {})", columns.join(", "), quoted(self.name())))
    }

    /// The rows under the name of their table, so that conditions may name it.
    fn named_rows(&self) -> Result<String, String> {
        Ok(format!("{} AS {}", self.rows()?, quoted(self.name())))
    }

    /// Names a row by its key and by these columns.
    fn example<'c>(&self, columns: impl IntoIterator<Item = &'c str>) -> String {
        let is_key = |column: &str| self.before.is_key(column);
        let mut sql = KEY.to_owned();
        for column in columns.into_iter().filter(|column| !is_key(column)) {
            sql.push_str(&format!(
                " || ', {} = ' || substr(quote({}), 1, 60)",
                column.replace('\'', "''"),
                quoted(column)
            ));
        }
        sql
    }

    fn verify<'c>(
        &self,
        columns: impl IntoIterator<Item = &'c str>,
        offends: &str,
        violation: Violation,
    ) -> Result<Verify, String> {
        let query = format!(
            "SELECT count(*) OVER (), {} FROM {} WHERE {offends} LIMIT {EXAMPLES}",
            self.example(columns),
            self.named_rows()?
        );
        Ok(violation.found_by(query, self.name()))
    }

    /// Whether the rows have a column to look at.
    pub(super) fn has(&self, column: &str) -> bool {
        self.sources.contains_key(column)
    }

    pub(super) fn all_kept<'c>(&self, columns: impl IntoIterator<Item = &'c String>) -> bool {
        columns.into_iter().all(|column| self.sources.get(column).is_some_and(Source::is_kept))
    }

    /// Any row at all, where a column has nothing to put in it.
    pub(super) fn none(&self, column: &str) -> Result<Verify, String> {
        self.verify([], "true", Violation::none(&self.after.name, column))
    }

    pub(super) fn null(&self, column: &str) -> Result<Verify, String> {
        self.verify([column], &format!("{} IS NULL", quoted(column)), Violation::null(column))
    }

    /// Values that would be others behind the cast that the tool adds.
    pub(super) fn cast(&self, column: &str, source: &Source) -> Result<Option<Verify>, String> {
        let Some((inner, storage)) = source.risky_cast() else { return Ok(None) };
        let Some(raw) = inner.sql(self.name())? else { return Ok(None) };
        let (violation, offends) = no_equal(column, &raw, storage);
        Ok(Some(self.raw(column, &raw, &offends, violation)))
    }

    /// Values that have a time in them which would be lost.
    pub(super) fn time(&self, column: &str, source: &Source) -> Result<Option<Verify>, String> {
        let Some((inner, change)) = source.temporal() else { return Ok(None) };
        let Some(raw) = inner.sql(self.name())? else { return Ok(None) };
        let problem = format!("hold something in `{column}` that is no date, or a time that a date would lose");
        let offends = change.loses(&raw);
        Ok(offends.map(|offends| self.raw(column, &raw, &offends, Violation::converted(problem))))
    }

    /// Values that go on as they are, and that SQLite takes in any column, but whoever reads the new type does not: numbers
    /// out of its range, texts that are longer.
    pub(super) fn beyond(&self, column: &Column, source: &Source) -> Result<Option<Verify>, String> {
        let Some(old) = self.before.columns.iter().find(|it| source.is_column(&it.name)) else { return Ok(None) };
        let Some(raw) = source.sql(self.name())? else { return Ok(None) };
        let (from, to) = (old.column_type.on(Dialect::Sqlite), column.column_type.on(Dialect::Sqlite));
        let outside =
            |least: i64, most: i64| format!("typeof({raw}) = 'integer' AND {raw} NOT BETWEEN {least} AND {most}");
        let offends = match &to {
            _ if holds_every_value_of(&to, &from) => return Ok(None),
            ColumnType::SmallInt => outside(i16::MIN.into(), i16::MAX.into()),
            ColumnType::Integer => outside(i32::MIN.into(), i32::MAX.into()),
            ColumnType::Varchar(length) | ColumnType::Char(length) => format!("length({raw}) > {length}"),
            _ => return Ok(None),
        };
        Ok(Some(self.raw(&column.name, &raw, &offends, Violation::no_equal(&column.name, &to))))
    }

    /// Values that offend as they are before the change.
    fn raw(&self, column: &str, raw: &str, offends: &str, violation: Violation) -> Verify {
        let query = format!(
            "SELECT count(*) OVER (), {} || ', {} = ' || substr(quote({raw}), 1, 60) FROM {} \
             WHERE {raw} IS NOT NULL AND ({offends}) LIMIT {EXAMPLES}",
            self.key(),
            column.replace('\'', "''"),
            quoted(self.name())
        );
        violation.found_by(query, self.name())
    }

    /// Rows that are equal in these expressions.
    pub(super) fn duplicates(
        &self,
        columns: &[String],
        expressions: &[String],
        predicate: Option<&str>,
    ) -> Result<Verify, String> {
        let shown = |at: usize| {
            let name = columns.get(at).map_or("the expression", String::as_str).replace('\'', "''");
            format!("'{name} = ' || substr(quote({}), 1, 60)", expressions[at])
        };
        let values: Vec<String> = (0..expressions.len()).map(shown).collect();
        let mut conditions: Vec<String> = expressions.iter().map(|it| format!("{it} IS NOT NULL")).collect();
        conditions.extend(predicate.map(|it| format!("({it})")));
        let query = format!(
            "SELECT sum(count(*)) OVER (), {} || ' in the rows with ' || substr(group_concat({KEY}, '; '), 1, 200) \
             FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1 LIMIT {EXAMPLES}",
            values.join(" || ', ' || "),
            self.named_rows()?,
            conditions.join(" AND "),
            expressions.join(", ")
        );
        Ok(Violation::duplicates(columns).found_by(query, self.name()))
    }

    /// Rows that a new unique index would not take.
    pub(super) fn index(&self, index: &Index) -> Result<Option<Verify>, String> {
        let mut expressions = Vec::new();
        let mut names = Vec::new();
        for part in &index.parts {
            let sql = ddl::expression(index, part)?;
            names.push(part.column_name().map_or_else(|| sql.clone(), str::to_owned));
            expressions.push(match part.column_name() {
                Some(column) => self.collated(column),
                None => sql,
            });
        }
        let mentioned = self.after.columns.iter().filter(|column| index.mentions(&column.name));
        if !mentioned.map(|column| &column.name).all(|name| self.has(name)) {
            return Ok(None);
        }
        let condition = |sql| sql_text(sql, &format!("the condition of the index `{}`", index.name));
        let predicate = index.predicate.as_ref().map(condition).transpose()?;
        self.duplicates(&names, &expressions, predicate).map(Some)
    }

    fn collated(&self, column: &str) -> String {
        match self.after.find(column).and_then(|it| it.collation.as_ref()) {
            Some(collation) => format!("{} COLLATE {}", quoted(column), quoted(collation)),
            None => quoted(column),
        }
    }

    pub(super) fn unique(&self, columns: &[String]) -> Result<Option<Verify>, String> {
        if !columns.iter().all(|column| self.has(column)) {
            return Ok(None);
        }
        let expressions: Vec<String> = columns.iter().map(|column| self.collated(column)).collect();
        self.duplicates(columns, &expressions, None).map(Some)
    }

    pub(super) fn condition(&self, name: &str, condition: &str, columns: &[&str]) -> Result<Verify, String> {
        self.verify(columns.iter().copied(), &format!("NOT ({condition})"), Violation::check(name))
    }

    /// Rows that refer to nothing.
    pub(super) fn orphans(&self, key: &ForeignKey) -> Result<Option<Verify>, String> {
        if !key.columns.iter().all(|column| self.has(column)) {
            return Ok(None);
        }
        let own = quoted(self.name());
        let parent = if key.table == self.before.name || key.table == self.after.name {
            self.rows()?
        } else {
            quoted(&key.table.name)
        };
        let set = key.columns.iter().map(|column| format!("{own}.{} IS NOT NULL", quoted(column)));
        let equal = key
            .columns
            .iter()
            .zip(&key.references)
            .map(|(column, target)| format!("\"migratable_parent\".{} = {own}.{}", quoted(target), quoted(column)));
        let offends = format!(
            "{} AND NOT EXISTS (SELECT 1 FROM {parent} AS \"migratable_parent\" WHERE {})",
            set.collect::<Vec<_>>().join(" AND "),
            equal.collect::<Vec<_>>().join(" AND ")
        );
        self.verify(key.columns.iter().map(String::as_str), &offends, Violation::orphans(key)).map(Some)
    }
}

/// What is wrong with values that have no equal number, and the condition by which they are found.
pub(super) fn no_equal(column: &str, raw: &str, storage: Storage) -> (Violation, String) {
    let mut offends = format!("NOT CAST({raw} AS {0}) = {raw}", storage.name());
    if matches!(storage, Storage::Integer | Storage::Numeric) {
        // The two are compared as numbers, for which 007 is 7 and digits behind the sixteenth are nothing.
        let plain = format!("trim({raw})");
        offends.push_str(&format!(
            " OR (typeof({raw}) = 'text' AND CAST(CAST({raw} AS {}) AS TEXT) NOT IN ({plain}, \
             CASE WHEN {plain} LIKE '%.%' THEN rtrim(rtrim({plain}, '0'), '.') ELSE {plain} END, {plain} || '.0'))",
            storage.name()
        ));
    }
    (Violation::no_equal(column, storage.name()), offends)
}
