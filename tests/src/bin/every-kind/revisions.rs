//! What the revisions do, in words that every dialect understands.

use migratable::AnyConnection;
use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;

use super::rows::{find_initial, lose_initial};

pub fn tables(op: &mut Operations) {
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
    op.create_table(
        table("badges")
            .column(column("id", bigint()))
            .column(column("name", varchar(30)))
            .column(column("points", integer()).nullable())
            .column(column("shown", varchar(30)).nullable())
            .primary_key("pk_badges", ["name"]),
    );
    op.bulk_insert("cities", ["id", "name"], [[value(1), value("Ulm")], [value(2), value("Bonn")]]);
    op.bulk_insert(
        "users",
        ["id", "name", "age", "mood"],
        [[value(1), value("ann"), value("31"), value("sad")], [value(2), value("bob"), value("42"), value("happy")]],
    );
    op.bulk_insert(
        "badges",
        ["id", "name", "points"],
        [[value(3), value("gold"), value(9)], [value(5), value("tin"), null()]],
    );
}

pub fn no_tables(op: &mut Operations) {
    op.drop_table("badges");
    op.drop_table("users");
    op.drop_table("cities");
    op.drop_enum("mood");
}

pub fn columns(op: &mut Operations) {
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

pub fn no_columns(op: &mut Operations) {
    op.alter_column("users", "mood").default("happy");
    op.drop_enum_value("mood", "calm");
    op.run(one_year_younger);
    op.alter_column("users", "age").set_type(varchar(10)).using(sql("concat(age, '')"));
    op.drop_column("users", "city_id");
    op.drop_column("users", "bio");
}

pub fn keys(op: &mut Operations) {
    op.create_index("users", index("ix_users_city_id").on("city_id"));
    op.create_foreign_key("users", foreign_key("fk_users_city_id_cities", ["city_id"]).references("cities", ["id"]));
    op.create_check("users", check("ck_users_age", sql("age < 200")));
    op.drop_unique("users", "uq_users_name");
    op.create_unique("users", unique("uq_users_name_age", ["name", "age"]));
    op.execute(sql("CREATE VIEW shouting AS SELECT name FROM cities"));
    op.drop_primary_key("badges", "pk_badges");
    op.create_primary_key("badges", primary_key("pk_badges", ["id"]));
    op.create_enum("level", ["low", "high"]);
    op.create_table(
        table("awards")
            .column(column("badge_id", bigint()))
            .column(column("level", enumeration("level")))
            .primary_key("pk_awards", ["badge_id"]),
    );
}

pub fn no_keys(op: &mut Operations) {
    op.drop_table("awards");
    op.drop_enum("level");
    op.drop_primary_key("badges", "pk_badges");
    op.create_primary_key("badges", primary_key("pk_badges", ["name"]));
    op.execute(sql("DROP VIEW shouting"));
    op.drop_unique("users", "uq_users_name_age");
    op.create_unique("users", unique("uq_users_name", ["name"]));
    op.drop_check("users", "ck_users_age");
    op.drop_foreign_key("users", "fk_users_city_id_cities");
    op.drop_index("users", "ix_users_city_id");
}

pub fn names(op: &mut Operations) {
    op.rename_column("users", "name", "full_name");
    op.rename_enum_value("mood", "sad", "gloomy");
    op.rename_table("users", "people");
    op.rename_table("cities", "towns");
    op.rename_index("people", "ix_people_city_id", "by_town");
    op.rename_constraint("people", "ck_people_age", "sane_age");
    op.bulk_insert("towns", ["id", "name"], [[value(7), value("Oslo")]]);
    op.run(one_year_older_people);
}

pub fn no_names(op: &mut Operations) {
    op.run(one_year_younger_people);
    op.execute(sql("DELETE FROM towns WHERE id = 7"));
    op.rename_constraint("people", "sane_age", "ck_people_age");
    op.rename_index("people", "by_town", "ix_people_city_id");
    op.rename_table("towns", "cities");
    op.rename_table("people", "users");
    op.rename_enum_value("mood", "gloomy", "sad");
    op.rename_column("users", "full_name", "name");
}

pub fn initials(op: &mut Operations) {
    op.add_column("towns", column("initial", varchar(1)));
    op.map_rows("towns", find_initial);
    op.create_index("towns", index("ix_towns_initial").on("initial"));
}

pub fn no_initials(op: &mut Operations) {
    op.drop_index("towns", "ix_towns_initial");
    op.drop_column("towns", "initial");
    op.map_rows("towns", lose_initial);
}

pub fn facts(op: &mut Operations) {
    op.backfill_where("badges", "points", sql("1"), sql("points IS NULL"));
    op.alter_column("badges", "points").default(0).not_null();
    op.alter_column("badges", "id").identity(identity().start(100));
    op.alter_column("badges", "name").comment("how it is called");
    op.alter_column("badges", "shown").generated(stored(sql("upper(name)")));
    op.set_table_comment("badges", "what people win");
}

pub fn no_facts(op: &mut Operations) {
    op.set_table_comment("badges", "");
    op.alter_column("badges", "shown").drop_generated();
    op.alter_column("badges", "name").comment("");
    op.alter_column("badges", "id").drop_identity();
    op.alter_column("badges", "points").drop_default().nullable();
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
