//! Changes that PostgreSQL alone has.

use migratable::revision::*;

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
