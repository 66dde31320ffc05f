//! Changes that PostgreSQL alone has.

use migratable::revision::*;

use super::database::{down, line, nothing, one, run, throwaway};
use super::shared::changes::{Case, check_cases};

const CASES: &[Case] = &[
    Case {
        name: "a table that moves to another schema",
        up: |op| {
            op.rename_table("posts", "blog.articles");
            op.create_table(table("blog.tags").column(column("id", integer()).identity(identity())));
        },
        down: |op| {
            op.drop_table("blog.tags");
            op.rename_table("blog.articles", "posts");
        },
        after: ("SELECT title FROM blog.articles", "first second"),
    },
    Case {
        name: "an enum whose values change under references, arrays and computed columns",
        up: |op| {
            op.add_column("users", column("moods", array(enumeration("mood"))).default("{sad}"));
            op.add_column("users", column("is_sad", boolean()).nullable().generated(stored(sql("mood = 'sad'"))));
            op.create_index("users", index("ix_users_mood").on("name").filter(sql("mood = 'sad'")));
            op.create_check("users", check("ck_users_mood", sql("mood <> 'sad' OR age > 3")));
            op.add_enum_value("mood", "angry");
        },
        down: |op| {
            op.drop_check("users", "ck_users_mood");
            op.drop_index("users", "ix_users_mood");
            op.drop_column("users", "is_sad");
            op.drop_column("users", "moods");
            op.drop_enum_value("mood", "angry");
        },
        after: ("SELECT name || is_sad || moods::text FROM users ORDER BY id", "anntrue{sad} bobfalse{sad}"),
    },
];

#[test]
fn every_change_goes_up_and_down_and_keeps_the_rows() {
    check_cases(CASES);
}

#[test]
fn an_exclusion_constraint_made_by_hand_stays_when_its_columns_change() {
    fn bookings(op: &mut Operations) {
        op.create_table(
            table("bookings")
                .column(column("id", bigint()).identity(identity()))
                .column(column("room", integer()))
                .column(column("day", date()).nullable())
                .primary_key("pk_bookings", ["id"]),
        );
    }
    fn wider(op: &mut Operations) {
        op.alter_column("bookings", "room").set_type(bigint());
        op.alter_column("bookings", "day").not_null();
        op.rename_column("bookings", "day", "on");
    }
    fn narrower(op: &mut Operations) {
        op.rename_column("bookings", "on", "day");
        op.alter_column("bookings", "day").nullable();
        op.alter_column("bookings", "room").set_type(integer());
    }
    let (program, mut db) = (line(&[(bookings, nothing), (wider, narrower)]), throwaway());
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(
        &mut db,
        "ALTER TABLE bookings ADD CONSTRAINT one_each EXCLUDE USING btree (room WITH =, day WITH =) WHERE (room > 0);
         INSERT INTO bookings (room, day) VALUES (1, '2024-01-01'), (2, '2024-01-01')",
    );
    const SAYS: &str = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'one_each'";
    let before = one(&mut db, SAYS);
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, SAYS), before.replace("day", "\"on\""));
    assert_eq!(one(&mut db, "SELECT count(*) FROM bookings"), "2");
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(one(&mut db, SAYS), before);
}
