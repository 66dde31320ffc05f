//! Changes of columns.

use migratable::revision::*;
use migratable_core::Column;

use super::super::{MYSQL, each};
use super::{Case, short_text};
use crate::database::COLLATION;

/// A computed text; MariaDB computes no column that is NOT NULL.
fn upper() -> Column {
    let upper = column("upper", short_text()).generated(stored(sql("upper(name)")));
    if MYSQL { upper.nullable() } else { upper }
}

pub const CASES: &[Case] = &[
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
        after: (
            each(
                "SELECT seen > '2020' AND length(seen) = 19 FROM users",
                "SELECT (seen > '2020-01-01')::int FROM users",
                "SELECT seen > '2020-01-01' AND LENGTH(seen) = 26 FROM users",
            ),
            "1 1",
        ),
    },
    Case {
        name: "a column whose default is an expression, with a collation",
        up: |op| op.add_column("users", column("tag", text()).default(sql("lower('T') || abs(-2)")).collate(COLLATION)),
        down: |op| op.drop_column("users", "tag"),
        after: (
            each("SELECT tag = 'T2' FROM users", "SELECT (tag = 't2')::int FROM users", "SELECT tag = 'T2' FROM users"),
            "1 1",
        ),
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
            op.add_column("users", upper());
            op.add_column("users", column("twice", integer()).nullable().generated(computed(sql("age * 2"))));
        },
        down: |op| {
            op.drop_column("users", "twice");
            op.drop_column("users", "upper");
        },
        after: ("SELECT concat_ws('-', upper, twice) FROM users", "ANN-60 BOB"),
    },
    Case {
        name: "a virtual column alone",
        up: |op| op.add_column("users", column("twice", integer()).nullable().generated(computed(sql("age * 2")))),
        down: |op| op.drop_column("users", "twice"),
        after: ("SELECT twice FROM users", "60 NULL"),
    },
    Case {
        name: "a computed column that becomes a plain one",
        up: |op| {
            op.add_column("users", upper());
            op.execute(sql("UPDATE users SET name = 'eve' WHERE name = 'bob'"));
            op.alter_column("users", "upper").drop_generated();
        },
        down: |op| op.drop_column("users", "upper"),
        after: ("SELECT upper FROM users ORDER BY id", "ANN EVE"),
    },
    Case {
        name: "a dropped column",
        up: |op| op.drop_column("posts", "title"),
        down: |op| op.add_column("posts", column("title", short_text())),
        after: ("SELECT concat(id, '-', user_id) FROM posts ORDER BY id", "1-5 2-1"),
    },
    Case {
        name: "a renamed column, with names and texts that follow",
        up: |op| op.rename_column("users", "age", "years"),
        down: |op| op.rename_column("users", "years", "age"),
        after: ("SELECT coalesce(years, 0) FROM users", "30 0"),
    },
    Case {
        name: "a column that others are computed from, renamed to a reserved word",
        up: |op| {
            op.add_column("users", column("twice", integer()).nullable().generated(stored(sql("age * 2"))));
            op.rename_column("users", "age", "order");
            op.alter_column("users", "twice").comment("of the order");
            op.alter_column("users", "score").default("9");
        },
        down: |op| {
            op.alter_column("users", "score").default("7");
            op.rename_column("users", "order", "age");
            op.drop_column("users", "twice");
        },
        after: ("SELECT twice FROM users", "60 NULL"),
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
        after: ("SELECT concat(name, score) FROM users", "7ann 8bob"),
    },
    Case {
        name: "a new type, converted",
        up: |op| {
            op.alter_column("users", "score").set_type(integer()).default(7);
        },
        down: |op| {
            op.alter_column("users", "score").set_type(short_text()).default("7");
        },
        after: (
            each(
                "SELECT typeof(score) || score FROM users",
                "SELECT pg_typeof(score) || score::text FROM users",
                "SELECT score + 1 FROM users",
            ),
            each("integer7 integer8", "integer7 integer8", "8 9"),
        ),
    },
    Case {
        name: "a new type, by an expression",
        up: |op| {
            op.alter_column("users", "name").set_type(integer()).using(sql("length(name) + id"));
        },
        down: |op| {
            op.alter_column("users", "name").set_type(varchar(40));
        },
        after: (
            each(
                "SELECT typeof(name) || name FROM users",
                "SELECT pg_typeof(name) || name::text FROM users",
                "SELECT name + 1 FROM users",
            ),
            each("integer4 integer8", "integer4 integer8", "5 9"),
        ),
    },
    Case {
        name: "text that becomes json, binary where there is such",
        up: |op| {
            op.alter_column("users", "score").set_type(if MYSQL { json() } else { jsonb() }).drop_default();
        },
        down: |op| {
            op.alter_column("users", "score").set_type(short_text()).default("7");
        },
        after: (
            each(
                "SELECT typeof(score) || json(score) FROM users",
                "SELECT pg_typeof(score) || score::text FROM users",
                "SELECT JSON_TYPE(score) FROM users",
            ),
            each("blob7 blob8", "jsonb7 jsonb8", "INTEGER INTEGER"),
        ),
    },
    Case {
        name: "a column added as nullable and made NOT NULL by its default",
        up: |op| {
            op.add_column("users", column("rank", integer()).nullable());
            op.alter_column("users", "rank").not_null().default(2);
        },
        down: |op| op.drop_column("users", "rank"),
        after: ("SELECT rank FROM users", "2 2"),
    },
    Case {
        name: "a default for the rows that are there only",
        up: |op| {
            op.add_column("users", column("rank", integer()).default(2));
            op.alter_column("users", "rank").drop_default();
        },
        down: |op| op.drop_column("users", "rank"),
        after: ("SELECT rank FROM users", "2 2"),
    },
    Case {
        name: "a text that becomes an enum",
        up: |op| {
            op.alter_column("posts", "title")
                .set_type(enumeration("mood"))
                .using(sql("CASE title WHEN 'first' THEN 'sad' ELSE 'happy' END"));
        },
        down: |op| {
            op.alter_column("posts", "title").set_type(short_text());
        },
        after: ("SELECT title FROM posts", "sad happy"),
    },
    Case {
        name: "nullability, default and collation",
        up: |op| {
            op.alter_column("users", "name").nullable().default("nobody").collate(COLLATION);
        },
        down: |op| {
            op.alter_column("users", "name").not_null().drop_default().drop_collate();
        },
        after: (
            each(
                "SELECT name = 'ANN' FROM users",
                "SELECT (name = 'ann')::int FROM users ORDER BY id",
                "SELECT name = 'ANN' FROM users",
            ),
            "1 0",
        ),
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
        after: ("SELECT age FROM users ORDER BY id", "30 50"),
    },
];
