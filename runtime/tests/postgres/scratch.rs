//! The scratch space: what it is read from leaves nothing, and needs a right.

use migratable::inspect::{inspect, inspect_scratch};
use migratable::revision::*;

use super::database::{Throwaway, assert_is, assert_same, line, nothing, replay, run, values};

fn base(op: &mut Operations) {
    op.create_enum("auth.mood", ["happy", "sad"]);
    op.create_table(
        table("auth.users")
            .column(column("id", bigint()).identity(identity().start(5)))
            .column(column("name", varchar(10)).default("x"))
            .column(column("mood", enumeration("auth.mood")).default("happy"))
            .column(column("all", array(enumeration("auth.mood"))).nullable())
            .column(column("made", timestamptz()).default(now()))
            .primary_key("pk_users", ["id"])
            .check("ck_name", sql("name IN ('x', 'y') AND mood <> 'sad'")),
    );
    op.create_table(
        table("posts")
            .column(column("id", integer()).identity(identity().always().increment(2)))
            .column(column("user_id", bigint()))
            .column(column("twice", bigint()).nullable().generated(computed(sql("user_id * 2"))))
            .primary_key("pk_posts", ["id"])
            .index(index("ix").on(desc("user_id")).filter(sql("user_id BETWEEN 1 AND 5 AND id > 0")))
            .foreign_key(foreign_key("fk", ["user_id"]).references("auth.users", ["id"])),
    );
}

#[test]
fn what_was_made_is_what_is_expected_and_nothing_is_left() {
    let program = line(&[(base, nothing)]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    let empty = inspect_scratch(&mut db, &replay(&program, &[])).unwrap();
    assert_eq!(values(&mut db, "SELECT nspname FROM pg_namespace WHERE nspname ~ 'scratch|auth'").len(), 0);
    program.upgrade(&mut db).unwrap();
    assert_is(&mut db, &replay(&program, &[]), "beside the tables themselves");
    assert_same(&inspect(&mut db).unwrap(), &empty, "before there were any");
    run(&mut db, "ALTER TABLE auth.users ALTER name SET DEFAULT 'y'");
    assert_ne!(inspect(&mut db).unwrap().schema, empty.schema);
}

#[test]
fn the_default_schema_may_be_any() {
    let program = line(&[(base, nothing)]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    run(&mut db, "CREATE SCHEMA \"My App\"; SET search_path = \"My App\"");
    program.upgrade(&mut db).unwrap();
    assert_is(&mut db, &replay(&program, &[]), "another default schema");
    assert_eq!(values(&mut db, "SELECT current_schema()"), ["My App"]);
}

#[test]
fn a_schema_of_somebody_else_is_in_nobodys_way() {
    let program = line(&[(base, nothing)]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    run(&mut db, "CREATE SCHEMA migratable_scratch; CREATE TABLE migratable_scratch.users (x int)");
    let expected = inspect_scratch(&mut db, &replay(&program, &[])).unwrap();
    assert_eq!(expected.schema.tables.len(), 2);
    assert_eq!(values(&mut db, "SELECT nspname FROM pg_namespace WHERE nspname ~ 'scratch'"), ["migratable_scratch"]);
}

#[test]
fn a_user_who_may_make_no_schema_is_told_what_is_missing() {
    let throwaway = Throwaway::new();
    let role = format!("migratable_test_{}", std::process::id());
    let mut db = throwaway.connect();
    run(&mut db, &format!("CREATE ROLE {role}; SET ROLE {role}"));
    let error = inspect_scratch(&mut db, &replay(&line(&[(base, nothing)]), &[])).unwrap_err().to_string();
    run(&mut db, &format!("RESET ROLE; DROP ROLE {role}"));
    for part in ["permission denied", "GRANT CREATE ON DATABASE", "--scratch-url"] {
        assert!(error.contains(part), "{error}");
    }
}
