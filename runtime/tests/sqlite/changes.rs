//! Each kind of operation, up and down, on tables with rows that refer to one another.

use migratable::Direction;
use migratable::revision::*;

use super::database::{self, Program, down, fresh, line, memory, replay, run, values};
use super::reader::assert_same;

/// Users with a post each; the post refers to its user and dies with it.
pub fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(
        table("users")
            .column(column("id", bigint()).identity(identity()))
            .column(column("name", varchar(40)))
            .column(column("age", integer()).nullable())
            .column(column("score", text()).default("7"))
            .column(column("mood", enumeration("mood")).default("happy"))
            .primary_key("pk_users", ["id"])
            .unique("uq_users_name", ["name"])
            .index(index("ix_users_age").on(desc("age")).filter(sql("age > 0")))
            .check("ck_users_age", sql("age < 200")),
    );
    op.create_table(
        table("posts")
            .column(column("id", bigint()).identity(identity().always()))
            .column(column("user_id", bigint()))
            .column(column("title", text()))
            .primary_key("pk_posts", ["id"])
            .foreign_key(
                foreign_key("fk_posts_user_id_users", ["user_id"]).references("users", ["id"]).on_delete(cascade()),
            ),
    );
}

pub const ROWS: &str =
    "INSERT INTO users (id, name, age, score, mood) VALUES (1, 'ann', 30, '7', 'sad'), (5, 'bob', NULL, '8', 'happy');
                    INSERT INTO posts (user_id, title) VALUES (5, 'first'), (1, 'second');";

struct Case {
    name: &'static str,
    up: fn(&mut Operations),
    down: fn(&mut Operations),
    /// A query and what it gives after the upgrade.
    after: (&'static str, &'static str),
}

const CASES: &[Case] = &[
    Case {
        name: "a nullable column",
        up: |op| op.add_column("users", column("bio", text()).nullable()),
        down: |op| op.drop_column("users", "bio"),
        after: ("SELECT coalesce(bio, 'none') FROM users", "none none"),
    },
    Case {
        name: "a column with a literal default",
        up: |op| op.add_column("users", column("rank", integer()).default(3)),
        down: |op| op.drop_column("users", "rank"),
        after: ("SELECT rank FROM users", "3 3"),
    },
    Case {
        name: "a column whose default is the time",
        up: |op| op.add_column("users", column("seen", timestamp()).default(now())),
        down: |op| op.drop_column("users", "seen"),
        after: ("SELECT seen > '2020' AND length(seen) = 19 FROM users", "1 1"),
    },
    Case {
        name: "a column whose default is an expression, with a collation",
        up: |op| op.add_column("users", column("tag", text()).default(sql("lower('T') || abs(-2)")).collate("NOCASE")),
        down: |op| op.drop_column("users", "tag"),
        after: ("SELECT tag = 'T2' FROM users", "1 1"),
    },
    Case {
        name: "an enum column",
        up: |op| op.add_column("users", column("other", enumeration("mood")).default("sad")),
        down: |op| op.drop_column("users", "other"),
        after: ("SELECT other FROM users", "sad sad"),
    },
    Case {
        name: "computed columns",
        up: |op| {
            op.add_column("users", column("upper", text()).generated(stored(sql("upper(name)"))));
            op.add_column("users", column("twice", integer()).nullable().generated(computed(sql("age * 2"))));
        },
        down: |op| {
            op.drop_column("users", "twice");
            op.drop_column("users", "upper");
        },
        after: ("SELECT upper || coalesce(twice, '-') FROM users", "ANN60 BOB-"),
    },
    Case {
        name: "a virtual column alone",
        up: |op| op.add_column("users", column("twice", integer()).nullable().generated(computed(sql("age * 2")))),
        down: |op| op.drop_column("users", "twice"),
        after: ("SELECT coalesce(twice, '-') FROM users", "60 -"),
    },
    Case {
        name: "a computed column that becomes a plain one",
        up: |op| {
            op.add_column("users", column("upper", text()).generated(stored(sql("upper(name)"))));
            op.execute(sql("UPDATE users SET name = 'eve' WHERE name = 'bob'"));
            op.alter_column("users", "upper").drop_generated();
        },
        down: |op| op.drop_column("users", "upper"),
        after: ("SELECT upper FROM users", "ANN EVE"),
    },
    Case {
        name: "a dropped column",
        up: |op| op.drop_column("posts", "title"),
        down: |op| op.add_column("posts", column("title", text())),
        after: ("SELECT id || '-' || user_id FROM posts", "1-5 2-1"),
    },
    Case {
        name: "a renamed column, with names and texts that follow",
        up: |op| op.rename_column("users", "age", "years"),
        down: |op| op.rename_column("users", "years", "age"),
        after: ("SELECT coalesce(years, 0) FROM users", "30 0"),
    },
    Case {
        name: "a renamed column that another table refers to",
        up: |op| op.rename_column("users", "id", "number"),
        down: |op| op.rename_column("users", "number", "id"),
        after: ("SELECT number FROM users JOIN posts ON user_id = number ORDER BY number", "1 5"),
    },
    Case {
        name: "columns that swap their names",
        up: |op| {
            op.rename_column("users", "name", "x");
            op.rename_column("users", "score", "name");
            op.rename_column("users", "x", "score");
        },
        down: |op| {
            op.rename_column("users", "name", "x");
            op.rename_column("users", "score", "name");
            op.rename_column("users", "x", "score");
        },
        after: ("SELECT name || score FROM users", "7ann 8bob"),
    },
    Case {
        name: "a renamed table",
        up: |op| op.rename_table("users", "people"),
        down: |op| op.rename_table("people", "users"),
        after: ("SELECT name FROM people JOIN posts ON user_id = people.id ORDER BY name", "ann bob"),
    },
    Case {
        name: "a table renamed in case only",
        up: |op| op.rename_table("users", "Users"),
        down: |op| op.rename_table("Users", "users"),
        after: ("SELECT name FROM Users", "ann bob"),
    },
    Case {
        name: "a new type, converted",
        up: |op| {
            op.alter_column("users", "score").set_type(integer()).default(7);
        },
        down: |op| {
            op.alter_column("users", "score").set_type(text()).default("7");
        },
        after: ("SELECT typeof(score) || score FROM users", "integer7 integer8"),
    },
    Case {
        name: "a new type, by an expression",
        up: |op| {
            op.alter_column("users", "name").set_type(integer()).using(sql("length(name) + id"));
        },
        down: |op| {
            op.alter_column("users", "name").set_type(varchar(40));
        },
        after: ("SELECT typeof(name) || name FROM users", "integer4 integer8"),
    },
    Case {
        name: "a text that becomes an enum",
        up: |op| {
            op.alter_column("posts", "title")
                .set_type(enumeration("mood"))
                .using(sql("CASE title WHEN 'first' THEN 'sad' ELSE 'happy' END"));
        },
        down: |op| {
            op.alter_column("posts", "title").set_type(text());
        },
        after: ("SELECT title FROM posts", "sad happy"),
    },
    Case {
        name: "nullability, default and collation",
        up: |op| {
            op.alter_column("users", "name").nullable().default("nobody").collate("NOCASE");
        },
        down: |op| {
            op.alter_column("users", "name").not_null().drop_default().drop_collate();
        },
        after: ("SELECT name = 'ANN' FROM users", "1 0"),
    },
    Case {
        name: "NOT NULL after a step that fills",
        up: |op| {
            op.backfill_where("users", "age", sql("id * 10"), sql("age IS NULL"));
            op.alter_column("users", "age").not_null();
        },
        down: |op| {
            op.alter_column("users", "age").nullable();
        },
        after: ("SELECT age FROM users", "30 50"),
    },
    Case {
        name: "an index of every sort",
        up: |op| {
            op.create_index(
                "users",
                index("ix_users_name").on(sql("lower(name)")).on(desc("age")).filter(sql("age IS NOT NULL")),
            );
            op.create_index("posts", index("ix_posts_title").on("title").unique());
        },
        down: |op| {
            op.drop_index("posts", "ix_posts_title");
            op.drop_index("users", "ix_users_name");
        },
        after: ("SELECT name FROM users INDEXED BY ix_users_name WHERE age IS NOT NULL AND lower(name) = 'ann'", "ann"),
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
                foreign_key("fk_users_boss_users", ["boss"])
                    .references("users", ["id"])
                    .on_delete(set_null())
                    .on_update(cascade())
                    .deferred(),
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
        after: ("SELECT id || title FROM posts", "1first 2second"),
    },
    Case {
        name: "a generated key where there was none",
        up: |op| {
            op.create_table(table("notes").column(column("body", text())).index(index("ix_notes_body").on("body")));
            op.bulk_insert("notes", ["body"], [[value("a")], [value("b")]]);
            op.add_column("notes", column("id", integer()).identity(identity()));
            op.create_primary_key("notes", primary_key("pk_notes", ["id"]));
        },
        down: |op| op.drop_table("notes"),
        after: ("SELECT id || body FROM notes", "1a 2b"),
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
        after: ("SELECT id FROM \"left\"", "1"),
    },
    Case {
        name: "comments, which leave no trace",
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
            op.add_column("posts", column("title", text()));
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
            op.alter_column("users", "mood").set_type(text());
        },
        down: |op| {
            op.alter_column("users", "mood").set_type(enumeration("mood"));
            op.drop_column("users", "name");
            op.rename_column("users", "score", "name");
            op.add_column("users", column("score", text()).default("7"));
            op.create_check("users", check("ck_users_age", sql("age < 200")));
        },
        after: ("SELECT score || name || mood FROM users", "ann1sad bob1happy"),
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
            op.create_table(table("tags").column(column("name", text())).primary_key("pk_tags", ["name"]));
        },
        down: |op| {
            op.drop_table("tags");
            op.alter_column("users", "score").set_type(text()).default("7").using(sql("CAST(score AS INTEGER)"));
            op.create_index("users", index("ix_users_age").on(desc("age")).filter(sql("age > 0")));
            op.drop_index("articles", "ix_articles_heading");
            op.drop_check("articles", "ck_articles_heading");
            op.drop_column("articles", "seen");
            op.rename_column("articles", "heading", "title");
            op.rename_table("articles", "posts");
        },
        after: (
            "SELECT heading || typeof(score) FROM articles JOIN users ON users.id = user_id ORDER BY articles.id",
            "firstreal secondreal",
        ),
    },
];

fn check_case(case: &Case) {
    let program: Program = line(&[(base, database::nothing), (case.up, case.down)]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    let back = program.revisions()[1].operations(Direction::Downgrade);
    for round in ["first", "second"] {
        let what = format!("{}, {round} time", case.name);
        program.upgrade(&mut db).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_same(&mut db, &mut fresh(&replay(&program, &[])), &format!("up: {what}"));
        if round == "first" {
            assert_eq!(values(&mut db, case.after.0).join(" "), case.after.1, "{what}");
        }
        assert_eq!(values(&mut db, "SELECT count(*) FROM pragma_foreign_key_check"), ["0"], "{what}");
        down(&program, &mut db, "r1").unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_same(&mut db, &mut fresh(&replay(&program, &back)), &format!("down: {what}"));
        assert_eq!(values(&mut db, "SELECT id FROM users"), ["1", "5"], "{what}");
        assert_eq!(values(&mut db, "SELECT user_id FROM posts"), ["5", "1"], "{what}");
    }
}

#[test]
fn every_change_goes_up_and_down_and_keeps_the_rows() {
    CASES.iter().for_each(check_case);
}
