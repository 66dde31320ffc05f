//! `migrate` for processes that are killed: with the example's history, or with one that holds every kind of operation.

use std::process::ExitCode;

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
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

static REVISIONS: [Revision; 4] = [
    revision("aa0000000001", &[], tables, no_tables),
    revision("bb0000000002", &["aa0000000001"], columns, no_columns),
    revision("cc0000000003", &["bb0000000002"], keys, no_keys),
    revision("dd0000000004", &["cc0000000003"], names, no_names),
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
