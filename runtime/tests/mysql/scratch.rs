//! Expected schemas, made in a scratch database and read as the live one is.

use migratable::inspect::{inspect, inspect_scratch};
use migratable::revision::*;
use migratable_core::diff::{Answers, diff};

use super::database::{down, line, nothing, one, replay, run, throwaway};

fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(
        table("b")
            .column(column("id", bigint()).identity(identity()))
            .column(column("flag", boolean()).default(true))
            .column(column("at", timestamp()).default(now()))
            .column(column("price", numeric(5, 2)).default(decimal("2.5")))
            .column(column("mood", enumeration("mood")).default("sad"))
            .column(column("note", json()).nullable())
            .column(column("twice", bigint()).nullable().generated(computed(sql("price * 2"))))
            .column(column("other", bigint()).nullable())
            .primary_key("pk_b", ["id"])
            .check("ck_b", sql("price > 0 OR flag"))
            .comment("it's"),
    );
    op.create_table(
        table("a")
            .column(column("id", integer()))
            .column(column("b", bigint()).nullable())
            .primary_key("pk_a", ["id"])
            .foreign_key(foreign_key("fk_a", ["b"]).references("b", ["id"]).on_delete(set_null())),
    );
    op.create_foreign_key("b", foreign_key("fk_b", ["other"]).references("b", ["id"]));
}

#[test]
fn a_migrated_database_is_what_its_revisions_say_until_somebody_changes_it() {
    let program = line(&[(base, nothing)]);
    let mut db = throwaway();
    program.upgrade(&mut db).unwrap();
    let expected = inspect_scratch(&mut *db, &replay(&program, &[])).unwrap();
    let live = inspect(&mut *db).unwrap();
    assert_eq!(live.schema, expected.schema);
    run(&mut db, "ALTER TABLE b ADD surprise int");
    let live = inspect(&mut *db).unwrap();
    let plan = diff(&live.schema, &expected.schema, &Answers { allow_loss: true, ..Answers::default() }).unwrap();
    assert_eq!(plan.upgrade[0].to_string(), "drop column b.surprise");
    assert_eq!(one(&mut db, "SELECT DATABASE()"), db.name.clone());
}

#[test]
fn nothing_is_left_of_a_scratch_database_that_could_not_be_made() {
    let program =
        line(&[(|op| op.create_table(table("t").column(column("a", text())).primary_key("pk", ["a"])), nothing)]);
    let mut db = throwaway();
    let mode = one(&mut db, "SELECT @@sql_mode");
    let error = inspect_scratch(&mut *db, &replay(&program, &[])).unwrap_err().to_string();
    assert!(error.contains("key"), "{error}");
    let name = db.name.clone();
    assert_eq!(one(&mut db, "SELECT DATABASE()"), name);
    assert_eq!(one(&mut db, "SELECT @@sql_mode"), mode);
}

#[test]
fn a_scratch_database_that_was_left_goes_and_one_in_use_stays() {
    let mut db = throwaway();
    // Numbers that the server does not give.
    let process = std::process::id();
    let (left, used) = (format!("migratable_scratch_1{process}"), format!("migratable_scratch_2{process}"));
    run(&mut db, &format!("DROP DATABASE IF EXISTS {left}; CREATE DATABASE {left}"));
    run(&mut db, &format!("DO GET_LOCK('{used}', 9); DROP DATABASE IF EXISTS {used}; CREATE DATABASE {used}"));
    inspect_scratch(&mut *throwaway(), &replay(&line(&[(base, nothing)]), &[])).unwrap();
    let there = "SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ";
    assert_eq!(one(&mut db, &format!("{there} ('{left}', '{used}')")), used);
    run(&mut db, &format!("DROP DATABASE {used}; DO RELEASE_ALL_LOCKS()"));
}

#[test]
fn a_text_of_any_length_can_be_unique_on_mariadb() {
    let program = line(&[(
        |op| {
            op.create_table(
                table("users")
                    .column(column("id", bigint()).identity(identity()))
                    .column(column("email", text()))
                    .primary_key("pk_users", ["id"])
                    .unique("uq_users_email", ["email"]),
            );
        },
        |op| op.drop_table("users"),
    )]);
    let mut db = throwaway();
    program.upgrade(&mut db).unwrap();
    let expected = inspect_scratch(&mut *db, &replay(&program, &[])).unwrap();
    assert_eq!(inspect(&mut *db).unwrap().schema, expected.schema);
    down(&program, &mut db, "base").unwrap();
}
