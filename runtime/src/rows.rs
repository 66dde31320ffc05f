//! What the rows of `map_rows` are made of: the build step generates a `Row` for the table as a revision finds it and one
//! as it leaves it, and these traits for them.

mod generated;

use std::any::Any;
use std::fmt::Debug;

use diesel::backend::Backend;
use diesel::connection::LoadConnection;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::query_builder::{AstPass, QueryFragment, QueryId, SqlQuery};
use diesel::query_dsl::methods::{ExecuteDsl, LoadQuery};
use diesel::result::QueryResult;
use diesel::row::{NamedRow, Row};
use diesel::sql_types::SqlType;
use diesel::{RunQueryDsl, sql_query};
use migratable_core::Dialect;

use crate::any;
use crate::revision::{Error, Result};

/// What Diesel knows of a connection that may be to any kind of database.
pub use crate::any::MultiBackend as AnyBackend;

/// The SQL type of a column that the databases of a package hold in different ways, so that no Rust value fits all of them:
/// it can be compared and joined, and read or written in SQL of each database (`sql_each()`).
#[derive(Clone, Copy, Debug, Default, QueryId, SqlType)]
pub struct DiffersByDatabase;

/// A field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The column.
    pub column: &'static str,
    /// The dialects on which Diesel has no type for it: it is cast to text there, and back.
    pub as_text: &'static [Dialect],
}

/// A row of a table.
pub trait TableRow: Sized + 'static {
    /// Its fields, in the order of the table: all columns but computed ones.
    const FIELDS: &'static [Field];
}

/// A row that is read from a database.
pub trait ReadRow<DB: Backend>: TableRow {
    /// Takes the row from the columns that [`FIELDS`](TableRow::FIELDS) names, in their order.
    ///
    /// # Errors
    /// If a value is none of the field's type.
    fn read<'a>(row: &impl Row<'a, DB>) -> deserialize::Result<Self>;
}

/// A row that is written to a database.
pub trait WriteRow<DB: Backend>: TableRow {
    /// Gives a statement the value of the field at a place.
    ///
    /// # Errors
    /// If the value cannot be sent.
    fn bind<'b>(&'b self, field: usize, out: AstPass<'_, 'b, DB>) -> QueryResult<()>;
}

/// A row as a revision finds it, of which a function makes the row as the revision leaves it.
#[diagnostic::on_unimplemented(
    message = "no `map_rows` of this revision makes `{New}` of `{Self}`",
    note = "the function has the head `fn f(old: before::TABLE::Row) -> Result<after::TABLE::Row>`; in `downgrade`, `after` and `before` change places"
)]
pub trait MapsTo<New: TableRow>: TableRow {
    /// The primary key.
    type Key: PartialEq + Debug;
    /// The fields that the function leaves as they are: each by its name after and before.
    const KEPT: &'static [(&'static str, &'static str)];

    /// The key of this row.
    fn key(&self) -> Self::Key;
    /// The key of the row that the function gave.
    fn key_of(new: &New) -> Self::Key;
    /// A key in words: `id = 5`.
    fn name(key: &Self::Key) -> String;
    /// Converts the rows of a batch, on whichever connection it is; gives how many.
    ///
    /// # Errors
    /// If the function fails, with the row; or the database does.
    fn convert(connection: &mut dyn Any, batch: &Batch, map: &dyn Fn(Self) -> Result<New>) -> Result<u64>;
}

/// The value of a column.
///
/// # Errors
/// If it is none of the type.
pub fn value<'a, ST, T, DB: Backend>(row: &impl Row<'a, DB>, at: usize) -> deserialize::Result<T>
where
    T: FromSql<ST, DB>,
{
    let field = row.get(at).ok_or_else(|| format!("there is no column {at}"))?;
    T::from_nullable_sql(diesel::row::Field::value(&field))
}

/// The error of a value that an enum has not.
pub fn no_value(enumeration: &str, value: &str) -> Box<dyn std::error::Error + Send + Sync> {
    format!("`{value}` is no value of the enum `{enumeration}`").into()
}

/// The error of a place at which a row has no field.
pub fn no_field(field: usize) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(format!("the row has no field {field}").into())
}

/// The connection, if it is of this type.
pub fn connection<C: 'static>(connection: &mut dyn Any) -> Option<&mut C> {
    any::as_taken(connection)
}

/// The error of a connection that is of none of the types that a package means.
///
/// # Errors
/// Always.
pub fn no_connection() -> Result<u64> {
    Err(Error::new("the rows are those of another kind of database than this connection's"))
}

/// Some rows of a table, and where what becomes of them is written.
pub struct Batch {
    pub(crate) dialect: Dialect,
    /// Reads the rows, with the fields of the row before.
    pub(crate) select: String,
    /// The table.
    pub(crate) table: String,
    /// The columns that are written.
    pub(crate) writes: Vec<Target>,
    /// Assignments of columns to themselves.
    pub(crate) keeps: Vec<String>,
    /// The columns of the key.
    pub(crate) key: Vec<Target>,
}

/// A column that is written, or found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The field of the row after that has the value.
    pub(crate) field: usize,
    /// The column, quoted.
    pub(crate) column: String,
    /// The type to which the value is cast, if it is not sent as what it is.
    pub(crate) cast: Option<String>,
}

/// The most values that one statement of PostgreSQL takes (PostgreSQL documentation, Appendix K: query parameters).
const MOST_VALUES: usize = 65_535;

/// Converts the rows of a batch.
///
/// # Errors
/// If the function fails, with the row; or the database does.
pub fn convert<C, Old, New>(connection: &mut C, batch: &Batch, map: &dyn Fn(Old) -> Result<New>) -> Result<u64>
where
    C: LoadConnection + 'static,
    Old: ReadRow<C::Backend> + MapsTo<New>,
    New: WriteRow<C::Backend>,
    for<'q> SqlQuery: LoadQuery<'q, C, Read<Old>>,
    for<'q> Update<'q, New>: ExecuteDsl<C>,
{
    let read: Vec<Read<Old>> = sql_query(batch.select.as_str()).load(connection)?;
    let mut rows = Vec::with_capacity(read.len());
    for Read(old) in read {
        let key = old.key();
        let named = |error: Error| Error::new(format!("the row with {}: {error}", Old::name(&key)));
        let new = map(old).map_err(named)?;
        if Old::key_of(&new) != key {
            let other = Old::name(&Old::key_of(&new));
            return Err(named(Error::new(format!("it got another key, {other}; its key must stay as it is"))));
        }
        rows.push(new);
    }
    let values = (batch.writes.len() + batch.key.len()).max(1);
    let at_once = if batch.dialect == Dialect::Postgres { (MOST_VALUES / values).max(1) } else { 1 };
    if !batch.writes.is_empty() {
        let mut written = 0;
        for rows in rows.chunks(at_once) {
            written += Update { batch, rows }.execute(connection)?;
        }
        // On PostgreSQL others may have deleted some of them.
        if batch.dialect != Dialect::Postgres && written != rows.len() {
            let read = rows.len();
            return Err(Error::new(format!(
                "only {written} of {read} rows of {} are found again by their keys, which are not written as this program \
                 writes them; use `op.run(..)`",
                batch.table
            )));
        }
    }
    Ok(rows.len() as u64)
}

/// A row that a query gives.
pub struct Read<R>(R);

impl<DB: Backend, R: ReadRow<DB>> QueryableByName<DB> for Read<R> {
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Read<R>> {
        R::read(row).map(Read)
    }
}

/// Writes rows; more than one only where a table of values can be joined.
pub struct Update<'a, New> {
    batch: &'a Batch,
    rows: &'a [New],
}

impl<New> QueryId for Update<'_, New> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C, New> RunQueryDsl<C> for Update<'_, New> {}

impl<DB: Backend, New: WriteRow<DB>> QueryFragment<DB> for Update<'_, New> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let Batch { table, writes, keeps, key, .. } = self.batch;
        if self.rows.len() > 1 {
            // Each number of rows is another statement.
            out.unsafe_to_cache_prepared();
        }
        // Each row is walked through several times: no text is put together on the way.
        for text in ["UPDATE ", table.as_str(), " SET "] {
            out.push_sql(text);
        }
        if let [row] = self.rows {
            for (at, target) in writes.iter().enumerate() {
                assign(row, comma(at), target, &mut out)?;
            }
            for text in keeps.iter().flat_map(|keep| [", ", keep.as_str()]) {
                out.push_sql(text);
            }
            for (at, target) in key.iter().enumerate() {
                assign(row, if at == 0 { " WHERE " } else { " AND " }, target, &mut out)?;
            }
            return Ok(());
        }
        let names = |prefix: char, count: usize| (0..count).map(move |at| format!("{prefix}{at}"));
        let sets = writes.iter().zip(names('w', writes.len())).map(|(it, name)| format!("{} = v.{name}", it.column));
        out.push_sql(&format!("{} FROM (VALUES ", sets.collect::<Vec<_>>().join(", ")));
        for (at, row) in self.rows.iter().enumerate() {
            out.push_sql(if at == 0 { "(" } else { ", (" });
            for (at, target) in writes.iter().chain(key).enumerate() {
                out.push_sql(comma(at));
                bind(row, target, out.reborrow())?;
            }
            out.push_sql(")");
        }
        let columns: Vec<String> = names('w', writes.len()).chain(names('k', key.len())).collect();
        let found = key.iter().zip(names('k', key.len())).map(|(it, name)| format!("{table}.{} = v.{name}", it.column));
        out.push_sql(&format!(") AS v({}) WHERE {}", columns.join(", "), found.collect::<Vec<_>>().join(" AND ")));
        Ok(())
    }
}

/// Writes a column, `=` and the value behind a word.
fn assign<'b, DB: Backend, New: WriteRow<DB>>(
    row: &'b New,
    word: &str,
    target: &Target,
    out: &mut AstPass<'_, 'b, DB>,
) -> QueryResult<()> {
    for text in [word, target.column.as_str(), " = "] {
        out.push_sql(text);
    }
    bind(row, target, out.reborrow())
}

fn comma(at: usize) -> &'static str {
    if at == 0 { "" } else { ", " }
}

fn bind<'b, DB: Backend, New: WriteRow<DB>>(
    row: &'b New,
    target: &Target,
    mut out: AstPass<'_, 'b, DB>,
) -> QueryResult<()> {
    if target.cast.is_some() {
        out.push_sql("CAST(");
    }
    row.bind(target.field, out.reborrow())?;
    if let Some(to) = &target.cast {
        for text in [" AS ", to.as_str(), ")"] {
            out.push_sql(text);
        }
    }
    Ok(())
}
