//! `migrate` for processes that are killed: with the example's history, or with one that holds every kind of operation.

use std::any::Any;
use std::process::ExitCode;

use migratable::diesel::backend::Backend;
use migratable::diesel::connection::SimpleConnection;
use migratable::diesel::deserialize::{self, FromSql};
use migratable::diesel::query_builder::AstPass;
use migratable::diesel::result::QueryResult;
use migratable::diesel::row::Row;
use migratable::diesel::serialize::ToSql;
use migratable::diesel::sql_types::{BigInt, HasSqlType, Text};
use migratable::diesel::{MysqlConnection, PgConnection, SqliteConnection};
use migratable::revision::*;
use migratable::rows::{self, Batch, Field, MapsTo, ReadRow, TableRow, WriteRow};
use migratable::{AnyConnection, Migrator, Revision};
use migratable_cli::Project;

type Record = fn(&mut Operations);

const fn revision(id: &'static str, after: &'static [&'static str], upgrade: Record, downgrade: Record) -> Revision {
    Revision {
        id,
        after,
        depends_on: &[],
        labels: &[],
        replaces: &[],
        message: "a change",
        file: "x.rs",
        checksum: id,
        steps_checksum: None,
        transaction: None,
        upgrade,
        downgrade,
    }
}

static REVISIONS: [Revision; 5] = [
    revision("aa0000000001", &[], tables, no_tables),
    revision("bb0000000002", &["aa0000000001"], columns, no_columns),
    revision("cc0000000003", &["bb0000000002"], keys, no_keys),
    revision("dd0000000004", &["cc0000000003"], names, no_names),
    revision("ee0000000005", &["dd0000000004"], initials, no_initials),
];

fn tables(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(
        table("cities")
            .column(column("id", bigint()).identity(identity()))
            .column(column("name", varchar(30)))
            .primary_key("pk_cities", ["id"]),
    );
    op.create_table(
        table("users")
            .column(column("id", bigint()).identity(identity()))
            .column(column("name", varchar(30)))
            .column(column("age", varchar(10)).nullable())
            .column(column("mood", enumeration("mood")).default("happy"))
            .primary_key("pk_users", ["id"])
            .unique("uq_users_name", ["name"]),
    );
    op.bulk_insert("cities", ["id", "name"], [[value(1), value("Ulm")], [value(2), value("Bonn")]]);
    op.bulk_insert(
        "users",
        ["id", "name", "age", "mood"],
        [[value(1), value("ann"), value("31"), value("sad")], [value(2), value("bob"), value("42"), value("happy")]],
    );
}

fn no_tables(op: &mut Operations) {
    op.drop_table("users");
    op.drop_table("cities");
    op.drop_enum("mood");
}

fn columns(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
    op.add_column("users", column("city_id", bigint()).nullable());
    op.backfill("users", "city_id", sql("1"));
    op.alter_column("users", "city_id").not_null();
    op.alter_column("users", "age").set_type(integer());
    op.run(one_year_older);
    op.add_enum_value("mood", "calm");
    op.alter_column("users", "mood").default("calm");
    op.execute(sql("UPDATE users SET bio = 'lives'"));
}

fn no_columns(op: &mut Operations) {
    op.alter_column("users", "mood").default("happy");
    op.drop_enum_value("mood", "calm");
    op.run(one_year_younger);
    op.alter_column("users", "age").set_type(varchar(10));
    op.drop_column("users", "city_id");
    op.drop_column("users", "bio");
}

fn keys(op: &mut Operations) {
    op.create_index("users", index("ix_users_city_id").on("city_id"));
    op.create_foreign_key("users", foreign_key("fk_users_city_id_cities", ["city_id"]).references("cities", ["id"]));
    op.create_check("users", check("ck_users_age", sql("age < 200")));
    op.drop_unique("users", "uq_users_name");
    op.create_unique("users", unique("uq_users_name_age", ["name", "age"]));
    op.execute(sql("CREATE VIEW shouting AS SELECT name FROM cities"));
}

fn no_keys(op: &mut Operations) {
    op.execute(sql("DROP VIEW shouting"));
    op.drop_unique("users", "uq_users_name_age");
    op.create_unique("users", unique("uq_users_name", ["name"]));
    op.drop_check("users", "ck_users_age");
    op.drop_foreign_key("users", "fk_users_city_id_cities");
    op.drop_index("users", "ix_users_city_id");
}

fn names(op: &mut Operations) {
    op.rename_column("users", "name", "full_name");
    op.rename_enum_value("mood", "sad", "gloomy");
    op.rename_table("users", "people");
    op.rename_table("cities", "towns");
    op.bulk_insert("towns", ["id", "name"], [[value(7), value("Oslo")]]);
    op.run(one_year_older_people);
}

fn no_names(op: &mut Operations) {
    op.run(one_year_younger_people);
    op.execute(sql("DELETE FROM towns WHERE id = 7"));
    op.rename_table("towns", "cities");
    op.rename_table("people", "users");
    op.rename_enum_value("mood", "gloomy", "sad");
    op.rename_column("users", "full_name", "name");
}

fn initials(op: &mut Operations) {
    op.add_column("towns", column("initial", varchar(1)));
    op.map_rows("towns", find_initial);
    op.create_index("towns", index("ix_towns_initial").on("initial"));
}

fn no_initials(op: &mut Operations) {
    op.drop_index("towns", "ix_towns_initial");
    op.drop_column("towns", "initial");
    op.map_rows("towns", lose_initial);
}

fn find_initial(old: Town) -> Result<TownWithInitial> {
    let initial = old.name.chars().take(1).collect();
    Ok(TownWithInitial { id: old.id, name: old.name.to_uppercase(), initial })
}

fn lose_initial(old: TownWithInitial) -> Result<Town> {
    let rest = old.name.chars().skip(1).collect::<String>().to_lowercase();
    Ok(Town { id: old.id, name: old.initial + &rest })
}

struct Town {
    id: i64,
    name: String,
}

struct TownWithInitial {
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

fn one_year_older(db: &mut AnyConnection) -> Result<()> {
    Ok(db.batch_execute("UPDATE users SET age = age + 1")?)
}

fn one_year_younger(db: &mut AnyConnection) -> Result<()> {
    Ok(db.batch_execute("UPDATE users SET age = age - 1")?)
}

fn one_year_older_people(db: &mut AnyConnection) -> Result<()> {
    Ok(db.batch_execute("UPDATE people SET age = age + 1")?)
}

fn one_year_younger_people(db: &mut AnyConnection) -> Result<()> {
    Ok(db.batch_execute("UPDATE people SET age = age - 1")?)
}

fn main() -> ExitCode {
    let project = Project::new("/nowhere", "every-kind", "[package]\nname = \"every-kind\"\n");
    migratable_cli::main(&match std::env::var("HISTORY").as_deref() {
        Ok("example") => project.with_migrator(microblog_migrations::migrator()),
        _ => project.with_migrator(Migrator::<AnyConnection>::new(&REVISIONS)),
    })
}
