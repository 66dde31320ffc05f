//! Changes of tables, keys, constraints, indexes and enums.

use migratable::revision::*;
use migratable_core::{ForeignKey, Index};

use super::super::{MYSQL, each};
use super::{Case, by_age, short_text};

/// An index with all that the dialect has.
fn of_every_sort() -> Index {
    let index = index("ix_users_name");
    if MYSQL {
        index.on("name").on(desc("age")).using("btree")
    } else {
        index.on(sql("lower(name)")).on(desc("age")).filter(sql("age IS NOT NULL"))
    }
}

/// A reference that may be checked at the end of the transaction, where there is such.
fn deferred(key: ForeignKey) -> ForeignKey {
    if MYSQL { key } else { key.deferred() }
}

pub const CASES: &[Case] = &[
    Case {
        name: "a table renamed in case only",
        up: |op| op.rename_table("users", "Users"),
        down: |op| op.rename_table("Users", "users"),
        after: (each("SELECT name FROM Users", "SELECT name FROM \"Users\"", "SELECT name FROM Users"), "ann bob"),
    },
    Case {
        name: "a renamed table",
        up: |op| op.rename_table("users", "people"),
        down: |op| op.rename_table("people", "users"),
        after: ("SELECT name FROM people JOIN posts ON user_id = people.id ORDER BY name", "ann bob"),
    },
    Case {
        name: "another name for a key, its references, a unique, a check, and an index",
        up: |op| {
            op.rename_index("users", "ix_users_age", "users_age_idx");
            op.rename_constraint("users", "pk_users", "users_pkey");
            op.rename_constraint("users", "uq_users_name", "users_name_key");
            op.rename_constraint("users", "ck_users_age", "users_age_check");
            op.rename_constraint("posts", "fk_posts_user_id_users", "posts_user_id_fkey");
        },
        down: |op| {
            op.rename_constraint("posts", "posts_user_id_fkey", "fk_posts_user_id_users");
            op.rename_constraint("users", "users_age_check", "ck_users_age");
            op.rename_constraint("users", "users_name_key", "uq_users_name");
            op.rename_constraint("users", "users_pkey", "pk_users");
            op.rename_index("users", "users_age_idx", "ix_users_age");
        },
        after: ("SELECT name FROM users JOIN posts ON user_id = users.id ORDER BY name", "ann bob"),
    },
    Case {
        name: "an index of every sort",
        up: |op| {
            op.create_index("users", of_every_sort());
            op.create_index("posts", index("ix_posts_title").on("title").unique());
        },
        down: |op| {
            op.drop_index("posts", "ix_posts_title");
            op.drop_index("users", "ix_users_name");
        },
        after: (
            each(
                "SELECT name FROM users INDEXED BY ix_users_name WHERE age IS NOT NULL AND lower(name) = 'ann'",
                "SELECT name FROM users WHERE age IS NOT NULL AND lower(name) = 'ann'",
                "SELECT name FROM users FORCE INDEX (ix_users_name) WHERE name = 'ann'",
            ),
            "ann",
        ),
    },
    Case {
        name: "a unique constraint",
        up: |op| op.create_unique("posts", unique("uq_posts_title", ["title"])),
        down: |op| op.drop_unique("posts", "uq_posts_title"),
        after: ("SELECT title FROM posts", "first second"),
    },
    Case {
        name: "a check",
        up: |op| op.create_check("posts", check("ck_posts_title", sql("length(title) > 3"))),
        down: |op| op.drop_check("posts", "ck_posts_title"),
        after: ("SELECT title FROM posts", "first second"),
    },
    Case {
        name: "a foreign key with its column, to the table itself",
        up: |op| {
            op.add_column("users", column("boss", bigint()).nullable());
            op.create_foreign_key(
                "users",
                deferred(
                    foreign_key("fk_users_boss_users", ["boss"])
                        .references("users", ["id"])
                        .on_delete(set_null())
                        .on_update(cascade()),
                ),
            );
        },
        down: |op| {
            op.drop_foreign_key("users", "fk_users_boss_users");
            op.drop_column("users", "boss");
        },
        after: ("SELECT title FROM posts", "first second"),
    },
    Case {
        name: "a primary key of two columns",
        up: |op| {
            op.alter_column("posts", "id").drop_identity();
            op.drop_primary_key("posts", "pk_posts");
            op.create_primary_key("posts", primary_key("pk_posts", ["user_id", "title"]));
        },
        down: |op| {
            op.drop_primary_key("posts", "pk_posts");
            op.create_primary_key("posts", primary_key("pk_posts", ["id"]));
            op.alter_column("posts", "id").identity(identity().always());
        },
        after: ("SELECT concat(id, title) FROM posts ORDER BY id", "1first 2second"),
    },
    Case {
        name: "a key that others refer to, gone and made anew around a step",
        up: |op| {
            op.drop_foreign_key("posts", "fk_posts_user_id_users");
            op.drop_primary_key("users", "pk_users");
            op.backfill("users", "score", sql("score || '!'"));
            op.create_primary_key("users", primary_key("pk_people", ["id"]));
            op.create_foreign_key(
                "posts",
                foreign_key("fk_posts_user_id_users", ["user_id"]).references("users", ["id"]).on_delete(cascade()),
            );
        },
        down: |op| {
            op.drop_foreign_key("posts", "fk_posts_user_id_users");
            op.drop_primary_key("users", "pk_people");
            op.create_primary_key("users", primary_key("pk_users", ["id"]));
            op.create_foreign_key(
                "posts",
                foreign_key("fk_posts_user_id_users", ["user_id"]).references("users", ["id"]).on_delete(cascade()),
            );
        },
        after: ("SELECT score FROM users", "7! 8!"),
    },
    Case {
        name: "a generated key where there was none",
        up: |op| {
            op.create_table(
                table("notes").column(column("body", short_text())).index(index("ix_notes_body").on("body")),
            );
            op.bulk_insert("notes", ["body"], [[value("a")], [value("b")]]);
            op.add_column("notes", column("id", integer()).identity(identity()));
            op.create_primary_key("notes", primary_key("pk_notes", ["id"]));
        },
        down: |op| op.drop_table("notes"),
        after: ("SELECT concat(id, body) FROM notes", "1a 2b"),
    },
    Case {
        name: "enum values added, renamed and dropped",
        up: |op| {
            op.add_enum_value_before("mood", "angry", "sad");
            op.rename_enum_value("mood", "happy", "glad");
        },
        down: |op| {
            op.rename_enum_value("mood", "glad", "happy");
            op.drop_enum_value("mood", "angry");
        },
        after: ("SELECT mood FROM users", "sad glad"),
    },
    Case {
        name: "tables that refer to one another",
        up: |op| {
            op.create_table(
                table("left")
                    .column(column("id", integer()).identity(identity()))
                    .column(column("other", integer()).nullable())
                    .primary_key("pk_left", ["id"]),
            );
            op.create_table(
                table("right")
                    .column(column("id", integer()).identity(identity()))
                    .column(column("other", integer()).nullable())
                    .primary_key("pk_right", ["id"])
                    .foreign_key(foreign_key("fk_right_other_left", ["other"]).references("left", ["id"])),
            );
            op.bulk_insert("left", ["id"], [[value(1)]]);
        },
        down: |op| {
            op.drop_table("right");
            op.drop_table("left");
        },
        after: (each("SELECT id FROM \"left\"", "SELECT id FROM \"left\"", "SELECT id FROM `left`"), "1"),
    },
    Case {
        name: "comments",
        up: |op| {
            op.set_table_comment("users", "people");
            op.alter_column("users", "name").comment("how they are called");
        },
        down: |op| {
            op.set_table_comment("users", "");
            op.alter_column("users", "name").comment("");
        },
        after: ("SELECT name FROM users", "ann bob"),
    },
    Case {
        name: "a column dropped and added anew under its name",
        up: |op| {
            op.drop_column("posts", "title");
            op.add_column("posts", column("title", integer()).default(4));
        },
        down: |op| {
            op.drop_column("posts", "title");
            op.add_column("posts", column("title", short_text()));
        },
        after: ("SELECT title FROM posts", "4 4"),
    },
    Case {
        name: "a rename over a column that goes",
        up: |op| {
            op.drop_check("users", "ck_users_age");
            op.drop_column("users", "score");
            op.rename_column("users", "name", "score");
            op.add_column("users", column("name", integer()).default(1));
            op.alter_column("users", "mood").set_type(short_text());
        },
        down: |op| {
            op.alter_column("users", "mood").set_type(enumeration("mood"));
            op.drop_column("users", "name");
            op.rename_column("users", "score", "name");
            op.add_column("users", column("score", short_text()).default("7"));
            op.create_check("users", check("ck_users_age", sql("age < 200")));
        },
        after: ("SELECT concat(score, name, mood) FROM users", "ann1sad bob1happy"),
    },
    Case {
        name: "everything at once",
        up: |op| {
            op.rename_table("posts", "articles");
            op.rename_column("articles", "title", "heading");
            op.add_column("articles", column("seen", timestamp()).default(now()));
            op.create_check("articles", check("ck_articles_heading", sql("heading <> ''")));
            op.create_index("articles", index("ix_articles_heading").on("heading"));
            op.drop_index("users", "ix_users_age");
            op.alter_column("users", "score").set_type(double()).default(7);
            op.create_table(table("tags").column(column("name", short_text())).primary_key("pk_tags", ["name"]));
        },
        down: |op| {
            op.drop_table("tags");
            op.alter_column("users", "score")
                .set_type(short_text())
                .default("7")
                .using(sql("CAST(score AS INTEGER)").mysql("CAST(score AS SIGNED)"));
            op.create_index("users", by_age());
            op.drop_index("articles", "ix_articles_heading");
            op.drop_check("articles", "ck_articles_heading");
            op.drop_column("articles", "seen");
            op.rename_column("articles", "heading", "title");
            op.rename_table("articles", "posts");
        },
        after: (
            each(
                "SELECT heading || typeof(score) FROM articles JOIN users ON users.id = user_id ORDER BY articles.id",
                "SELECT heading || pg_typeof(score) FROM articles JOIN users ON users.id = user_id ORDER BY articles.id",
                "SELECT CONCAT(heading, score / 2) FROM articles JOIN users ON users.id = user_id ORDER BY articles.id",
            ),
            each("firstreal secondreal", "firstdouble precision seconddouble precision", "first4 second3.5"),
        ),
    },
];
