//! How rows will be behind the changes that are planned, as SQL over the database as it is before them.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::sql::is_reserved;
use migratable_core::{Column, Dialect, Sql, Table, TableName};

use super::ddl::{self, quoted, table_name};
use super::verify;

/// The column that says which row of the database a row is.
const KEY: &str = "`migratable_key`";

/// The tables that will hold something else than they do.
#[derive(Clone, Default)]
pub(super) struct Foreseen {
    tables: BTreeMap<TableName, Rows>,
    /// Each reads the tables of the database and the rows of those before it.
    queries: Vec<String>,
}

#[derive(Clone)]
struct Rows {
    /// What their query is called.
    name: String,
    /// Whether there are none.
    is_empty: bool,
}

impl Foreseen {
    /// Gives SQL that reads foreseen rows their queries.
    pub(super) fn with_rows(&self, sql: &str) -> String {
        let mut read: BTreeSet<usize> = BTreeSet::new();
        for at in (0..self.queries.len()).rev() {
            let name = name(at);
            if sql.contains(&name) || read.iter().any(|&it| self.queries[it].contains(&name)) {
                read.insert(at);
            }
        }
        let queries: Vec<String> = read.iter().map(|&at| format!("{} AS ({})", name(at), self.queries[at])).collect();
        match queries.is_empty() {
            true => sql.to_owned(),
            false => format!("WITH {} {sql}", queries.join(", ")),
        }
    }

    /// A table behind FROM, for SQL that calls it by its name or does not call it at all.
    pub(super) fn from(&self, table: &TableName) -> String {
        format!("{} AS {}", self.rows(table), quoted(&table.name))
    }

    /// What the rows of a table are called.
    pub(super) fn rows(&self, table: &TableName) -> String {
        self.tables.get(table).map_or_else(|| table_name(table), |rows| rows.name.clone())
    }

    /// A table behind FROM, and SQL over its rows that somebody has written.
    pub(super) fn read_by(&self, table: &TableName, sql: &str) -> (String, String) {
        if !has_query(sql) {
            return (self.from(table), sql.to_owned());
        }
        // There a table's name may stand for all of its rows.
        let (quotes, plain): (Vec<_>, Vec<_>) = self
            .tables
            .iter()
            .partition(|(table, _)| table.schema.is_some() || is_reserved(&table.name.to_lowercase()));
        let renames: Vec<(&str, &str)> =
            plain.into_iter().map(|(table, rows)| (table.name.as_str(), rows.name.as_str())).collect();
        let sql = Sql::Portable(sql.to_owned()).renamed(&renames);
        let sql = sql.text(Dialect::Mysql).unwrap_or_default().to_owned();
        let sql = quotes.into_iter().fold(sql, |sql, (table, rows)| sql.replace(&table_name(table), &rows.name));
        (self.rows(table), sql)
    }

    /// SQL that says which row of the database a row of the table is.
    pub(super) fn key(&self, table: &Table) -> String {
        if self.tables.contains_key(&table.name) { KEY.to_owned() } else { verify::key(table) }
    }

    /// A query for the rows of a table, with these values in its columns.
    pub(super) fn query(&self, table: &Table, values: &[(String, String)]) -> String {
        let read = values.iter().map(|(column, value)| (column, self.read_by(&table.name, value)));
        let mut from = self.from(&table.name);
        let mut sql = format!("SELECT {} AS {KEY}", self.key(table));
        for (column, (read, value)) in read {
            sql.push_str(&format!(", {value} AS {}", quoted(column)));
            from = if has_query(&value) { read } else { from };
        }
        format!("{sql} FROM {from}")
    }

    /// A table comes to hold what a query gives, and what is computed from that.
    pub(super) fn set(&mut self, table: &TableName, query: String, computed: &[(String, String)]) {
        self.put(table, query, false);
        for (column, value) in computed {
            let (from, value) = self.read_by(table, value);
            self.put(table, format!("SELECT *, ({value}) AS {} FROM {from}", quoted(column)), false);
        }
    }

    fn put(&mut self, table: &TableName, query: String, is_empty: bool) {
        let name = name(self.queries.len());
        self.queries.push(query);
        self.tables.insert(table.clone(), Rows { name, is_empty });
    }

    /// Rows of a table come to hold another value in a column.
    pub(super) fn update(&mut self, table: &Table, column: &str, value: &str) -> Result<(), String> {
        let values = stored(table).map(|it| match it.name == column {
            true => (it.name.clone(), value.to_owned()),
            false => (it.name.clone(), quoted(&it.name)),
        });
        let query = self.query(table, &values.collect::<Vec<_>>());
        self.set(&table.name, query, &computed(table)?);
        Ok(())
    }

    /// Rows come to a table, each with a value for every column that is not computed.
    pub(super) fn insert(&mut self, table: &Table, rows: &[Vec<String>]) -> Result<(), String> {
        let values: Vec<_> = stored(table).map(|column| (column.name.clone(), quoted(&column.name))).collect();
        let mut query = self.query(table, &values);
        for (at, row) in rows.iter().enumerate() {
            let (_, row) = self.read_by(&table.name, &row.join(", "));
            query.push_str(&format!(" UNION ALL SELECT 'new row {}', {row}", at + 1));
        }
        self.set(&table.name, query, &computed(table)?);
        Ok(())
    }

    /// A table comes that holds no rows.
    pub(super) fn create(&mut self, table: &Table) {
        let columns = table.columns.iter().map(|column| format!(", NULL AS {}", quoted(&column.name)));
        let query = format!("SELECT NULL AS {KEY}{} FROM DUAL WHERE FALSE", columns.collect::<String>());
        self.put(&table.name, query, true);
    }

    /// A table goes.
    pub(super) fn drop(&mut self, table: &TableName) {
        self.tables.remove(table);
    }

    /// Whether a table comes, and holds nothing yet.
    pub(super) fn is_empty(&self, table: &TableName) -> bool {
        self.tables.get(table).is_some_and(|rows| rows.is_empty)
    }
}

/// Whether there is a query inside of SQL.
fn has_query(sql: &str) -> bool {
    sql.split_whitespace().collect::<String>().to_ascii_lowercase().contains("(select")
}

/// What a query is called.
fn name(at: usize) -> String {
    format!("migratable_rows_{at}")
}

/// The columns of a table that are not computed.
pub(super) fn stored(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| column.generated.is_none())
}

fn computed(table: &Table) -> Result<Vec<(String, String)>, String> {
    let columns = table.columns.iter().filter_map(|column| Some((column, column.generated.as_ref()?)));
    columns.map(|(column, it)| Ok((column.name.clone(), ddl::computed(column, it)?.to_owned()))).collect()
}
