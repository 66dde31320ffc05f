//! The rows that a revision maps, as the modules are that are generated for a project.

use std::any::Any;

use migratable::diesel::backend::Backend;
use migratable::diesel::deserialize::{self, FromSql};
use migratable::diesel::query_builder::AstPass;
use migratable::diesel::result::QueryResult;
use migratable::diesel::row::Row;
use migratable::diesel::serialize::ToSql;
use migratable::diesel::sql_types::{BigInt, HasSqlType, Text};
use migratable::diesel::{MysqlConnection, PgConnection, SqliteConnection};
use migratable::revision::Result;
use migratable::rows::{self, Batch, Field, MapsTo, ReadRow, TableRow, WriteRow};

pub fn find_initial(old: Town) -> Result<TownWithInitial> {
    let initial = old.name.chars().take(1).collect();
    Ok(TownWithInitial { id: old.id, name: old.name.to_uppercase(), initial })
}

pub fn lose_initial(old: TownWithInitial) -> Result<Town> {
    let rest = old.name.chars().skip(1).collect::<String>().to_lowercase();
    Ok(Town { id: old.id, name: old.initial + &rest })
}

/// A town, as the revision that maps it finds it.
pub struct Town {
    id: i64,
    name: String,
}

/// A town, as that revision leaves it.
pub struct TownWithInitial {
    id: i64,
    name: String,
    initial: String,
}

impl TableRow for Town {
    const FIELDS: &'static [Field] = &[field("id"), field("name")];
}

impl TableRow for TownWithInitial {
    const FIELDS: &'static [Field] = &[field("id"), field("name"), field("initial")];
}

const fn field(column: &'static str) -> Field {
    Field { column, as_text: &[] }
}

impl<DB: Backend> ReadRow<DB> for Town
where
    i64: FromSql<BigInt, DB>,
    String: FromSql<Text, DB>,
{
    fn read<'a>(row: &impl Row<'a, DB>) -> deserialize::Result<Town> {
        Ok(Town { id: rows::value::<BigInt, _, DB>(row, 0)?, name: rows::value::<Text, _, DB>(row, 1)? })
    }
}

impl<DB: Backend> ReadRow<DB> for TownWithInitial
where
    i64: FromSql<BigInt, DB>,
    String: FromSql<Text, DB>,
{
    fn read<'a>(row: &impl Row<'a, DB>) -> deserialize::Result<TownWithInitial> {
        let (id, name) = (rows::value::<BigInt, _, DB>(row, 0)?, rows::value::<Text, _, DB>(row, 1)?);
        Ok(TownWithInitial { id, name, initial: rows::value::<Text, _, DB>(row, 2)? })
    }
}

impl<DB: Backend + HasSqlType<BigInt> + HasSqlType<Text>> WriteRow<DB> for Town
where
    i64: ToSql<BigInt, DB>,
    String: ToSql<Text, DB>,
{
    fn bind<'b>(&'b self, field: usize, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match field {
            0 => out.push_bind_param::<BigInt, _>(&self.id),
            _ => out.push_bind_param::<Text, _>(&self.name),
        }
    }
}

impl<DB: Backend + HasSqlType<BigInt> + HasSqlType<Text>> WriteRow<DB> for TownWithInitial
where
    i64: ToSql<BigInt, DB>,
    String: ToSql<Text, DB>,
{
    fn bind<'b>(&'b self, field: usize, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match field {
            0 => out.push_bind_param::<BigInt, _>(&self.id),
            1 => out.push_bind_param::<Text, _>(&self.name),
            _ => out.push_bind_param::<Text, _>(&self.initial),
        }
    }
}

macro_rules! maps {
    ($old:ident to $new:ident) => {
        impl MapsTo<$new> for $old {
            type Key = i64;
            const KEPT: &'static [(&'static str, &'static str)] = &[("id", "id")];

            fn key(&self) -> i64 {
                self.id
            }

            fn key_of(new: &$new) -> i64 {
                new.id
            }

            fn name(key: &i64) -> String {
                format!("id = {key}")
            }

            fn convert(connection: &mut dyn Any, batch: &Batch, map: &dyn Fn($old) -> Result<$new>) -> Result<u64> {
                if let Some(connection) = rows::connection::<SqliteConnection>(connection) {
                    return rows::convert(connection, batch, map);
                }
                if let Some(connection) = rows::connection::<PgConnection>(connection) {
                    return rows::convert(connection, batch, map);
                }
                match rows::connection::<MysqlConnection>(connection) {
                    Some(connection) => rows::convert(connection, batch, map),
                    None => rows::no_connection(),
                }
            }
        }
    };
}

maps!(Town to TownWithInitial);
maps!(TownWithInitial to Town);
