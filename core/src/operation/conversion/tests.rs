use super::*;
use crate::builder::*;

fn schema() -> Schema {
    let mut list = OperationList::default();
    list.create_enum("mood", ["happy", "sad"]);
    list.create_table(
        table("users")
            .column(column("id", bigint()))
            .column(column("name", text()))
            .column(column("age", text()).nullable())
            .column(column("mood", enumeration("mood")))
            .primary_key("pk_users", ["id"])
            .index(index("ix_users_age").on("age")),
    );
    list.create_table(table("keyless").column(column("a", text())));
    list.create_table(table("other").column(column("id", bigint())).primary_key("pk_other", ["id"]));
    let mut schema = Schema::default();
    list.operations.iter().for_each(|it| it.apply(&mut schema).unwrap());
    schema
}

fn lowered(record: fn(&mut OperationList)) -> Result<Vec<String>, String> {
    let mut list = OperationList::default();
    record(&mut list);
    let before = schema();
    let lowered = lower(&list.operations, &before).map_err(|it| format!("{}: {}", it.at, it.error.message))?;
    // It leads to the same schema as what is written.
    let reach = |operations: &[Operation]| {
        let mut schema = before.clone();
        operations.iter().for_each(|it| it.apply(&mut schema).unwrap_or_else(|error| panic!("{it}: {error}")));
        schema
    };
    assert_eq!(reach(&lowered), reach(&list.operations));
    Ok(lowered.iter().map(ToString::to_string).collect())
}

const KEPT: &[(&str, &str)] = &[("id", "id"), ("name", "name"), ("age", "age"), ("mood", "mood")];

#[test]
fn new_columns_are_written_before_the_old_ones_go() {
    let found = lowered(|op| {
        op.create_table(table("cities").column(column("id", bigint())).primary_key("pk_cities", ["id"]));
        op.add_column("users", column("title", text()));
        op.drop_column("users", "name");
        op.map_rows_named("users", "entitle", KEPT);
        op.create_index("users", index("ix_users_title").on("title"));
        op.run_named("after");
    });
    assert_eq!(
        found.unwrap(),
        [
            "create table cities (1 column)",
            "add column users.title (text, nullable)",
            "map the rows of users by entitle",
            "map the rows of users that were written meanwhile by entitle",
            "alter column users.title: not null",
            "drop column users.name",
            "create index ix_users_title on users (title)",
            "set column_order of table users to id, age, mood, title",
            "run after",
        ]
    );
}

#[test]
fn values_of_another_type_or_that_may_change_stand_beside_the_old_ones_until_all_are_there() {
    let found = lowered(|op| {
        op.map_rows_named("users", "count", &[("id", "id"), ("mood", "mood")]);
        op.drop_index("users", "ix_users_age");
        op.alter_column("users", "age").set_type(integer()).not_null();
        op.create_index("users", index("ix_users_age").on("age"));
    });
    assert_eq!(
        found.unwrap(),
        [
            "add column users.migratable_new_2 (text, nullable)",
            "add column users.migratable_new_3 (integer, nullable)",
            "map the rows of users by count",
            "map the rows of users that were written meanwhile by count",
            "drop index ix_users_age of users",
            "rename column users.name to migratable_old_2",
            "rename column users.age to migratable_old_3",
            "rename column users.migratable_new_2 to name",
            "rename column users.migratable_new_3 to age",
            "alter column users.name: not null",
            "alter column users.age: not null",
            "drop column users.migratable_old_2",
            "drop column users.migratable_old_3",
            "create index ix_users_age on users (age)",
            "set column_order of table users to id, name, age, mood",
        ]
    );
}

#[test]
fn tables_and_columns_may_be_renamed_on_the_way() {
    let found = lowered(|op| {
        op.rename_table("users", "people");
        op.rename_column("people", "name", "full_name");
        op.add_column("people", column("name", text()));
        op.map_rows_named("people", "call", &[("id", "id"), ("full_name", "name"), ("age", "age"), ("mood", "mood")]);
    });
    assert_eq!(
        found.unwrap(),
        [
            "add column users.migratable_new_5 (text, nullable)",
            "map the rows of users by call",
            "map the rows of users that were written meanwhile by call",
            "rename table users to people",
            "rename column people.name to full_name",
            "rename column people.migratable_new_5 to name",
            "alter column people.name: not null",
            "set column_order of table people to id, full_name, age, mood, name",
        ]
    );
}

#[test]
fn a_value_that_goes_is_mapped_away_and_one_that_comes_may_be_mapped_to() {
    let found = lowered(|op| {
        op.add_enum_value("mood", "calm");
        op.map_rows_named("users", "calm_down", KEPT);
        op.drop_enum_value("mood", "sad");
    });
    let found = found.unwrap();
    assert_eq!(found[0], "add value calm to enum mood");
    assert_eq!(found[1], "add column users.migratable_new_4 (text, nullable)");
    assert_eq!(found.last().unwrap(), "drop value sad of enum mood");
}

#[test]
fn what_cannot_be_mapped_is_said_where_it_stands() {
    for (record, expected) in [
        (
            (|op| op.map_rows_named("keyless", "f", &[])) as fn(&mut OperationList),
            "0: the primary key of `keyless` changes",
        ),
        (|op| op.map_rows_named("nowhere", "f", &[]), "0: there is no table `nowhere`"),
        (
            |op| {
                op.create_table(table("new").column(column("id", bigint())).primary_key("pk_new", ["id"]));
                op.map_rows_named("new", "f", &[]);
            },
            "1: `new` is made by this revision and has no rows",
        ),
        (
            |op| {
                op.map_rows_named("users", "f", &[]);
                op.drop_table("users");
            },
            "1: `users` is dropped by this revision",
        ),
        (
            |op| {
                op.map_rows_named("users", "f", &[]);
                op.map_rows_named("users", "g", &[]);
            },
            "1: the rows of `users` are mapped twice",
        ),
        (
            |op| {
                op.drop_column("users", "name");
                op.run_named("step");
                op.map_rows_named("users", "f", &[]);
            },
            "1: `run step` stands between the changes of `users`",
        ),
        (
            |op| {
                op.map_rows_named("users", "f", &[]);
                op.backfill("users", "name", sql("''"));
                op.drop_column("users", "age");
            },
            "1: `fill users.name with \"''\"` stands between the changes of `users`",
        ),
        (
            |op| {
                op.map_rows_named("users", "f", &[]);
                op.rename_enum_value("mood", "sad", "blue");
            },
            "1: renaming a value in the revision that maps the rows",
        ),
        (
            |op| {
                op.drop_enum_value("mood", "sad");
                op.map_rows_named("users", "f", &[]);
            },
            "0: the rows of `users` may hold it until they are mapped: put `map_rows` before this",
        ),
        (
            |op| {
                op.alter_column("users", "id").set_type(integer());
                op.map_rows_named("users", "f", &[]);
            },
            "1: the primary key of `users` changes",
        ),
        (
            |op| {
                op.create_unique("users", unique("uq_users_name", ["name"]));
                op.add_column("other", column("name", text()));
                op.create_foreign_key("other", foreign_key("fk", ["name"]).references("users", ["name"]));
                op.map_rows_named("users", "f", KEPT);
            },
            "2: what it refers to is not unique yet: `create foreign key fk from other (name) to users (name)` stands",
        ),
    ] {
        let error = lowered(record).unwrap_err();
        assert!(error.starts_with(expected), "{error}\nand not\n{expected}");
    }
}
