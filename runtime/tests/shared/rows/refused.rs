//! Changes that rows refuse.

use migratable::revision::*;
use migratable::{Options, Transaction};
use migratable_core::Index;

use super::super::programs::{Record, line, nothing, one, replay};
use super::super::{MYSQL, each};
use super::{base, fill, offending};
use crate::database::{MESSAGE, assert_is, throwaway};

/// A unique index, on an expression where there are such.
fn unique_index() -> Index {
    let index = index("ix_t").unique();
    if MYSQL { index.on("title") } else { index.on(sql("upper(title)")) }
}

const HISTORY: &str = "SELECT revision FROM migratable_revisions ORDER BY ordinal";

fn early(op: &mut Operations) {
    op.add_column("users", column("early", text()).nullable());
}

#[test]
fn offending_rows_are_counted_and_named_before_anything_changes() {
    // The change, the operation that is blamed, how many rows, one of them, what is said.
    let cases: [(Record, &str, u64, &str, &str); 12] = [
        (
            |op| {
                op.alter_column("posts", "title").not_null();
            },
            "alter column posts.title: not null",
            1,
            "id = 3, title = NULL",
            "have NULL in `title`",
        ),
        (
            |op| op.create_unique("posts", unique("uq_posts_title", ["title"])),
            "create unique uq_posts_title on posts (title)",
            2,
            each(
                "title = 'x' in the rows with id = 1; id = 2",
                "title = 'x' in the rows with id = 1; id = 2",
                "title = 'x' in 2 rows",
            ),
            "are not unique in title",
        ),
        (
            |op| op.create_index("posts", unique_index()),
            each(
                "create unique index ix_t on posts (\"upper(title)\")",
                "create unique index ix_t on posts (\"upper(title)\")",
                "create unique index ix_t on posts (title)",
            ),
            2,
            each(
                "(upper(title)) = 'X' in the rows with id = 1; id = 2",
                "(upper(title)) = 'X' in the rows with id = 1; id = 2",
                "title = 'x' in 2 rows",
            ),
            "are not unique",
        ),
        (
            |op| op.create_unique("pairs", unique("uq_pairs_a_b", ["a", "b"])),
            "create unique uq_pairs_a_b on pairs (a, b)",
            2,
            each(
                "a = 'k', b = '1' in the rows with rowid = 1; rowid = 2",
                "a = 'k', b = '1' in the rows with ctid = (0,1); ctid = (0,2)",
                "a = 'k', b = '1' in 2 rows",
            ),
            "are not unique in a, b",
        ),
        (
            |op| op.create_check("posts", check("ck_posts_id", sql("id < 2"))),
            "create check ck_posts_id on posts: \"id < 2\"",
            2,
            "id = 2",
            "do not meet the check `ck_posts_id`",
        ),
        (
            |op| op.create_foreign_key("posts", foreign_key("fk_p", ["user_id"]).references("users", ["id"])),
            "create foreign key fk_p from posts (user_id) to users (id)",
            1,
            "id = 2, user_id = 9",
            "refer by user_id to rows of `users` that are not there",
        ),
        (
            |op| op.create_foreign_key("posts", foreign_key("fk_p", ["user_id"]).references("posts", ["id"])),
            "create foreign key fk_p from posts (user_id) to posts (id)",
            1,
            "id = 2, user_id = 9",
            "refer by user_id to rows of `posts` that are not there",
        ),
        (
            |op| op.drop_enum_value("mood", "sad"),
            "drop value sad of enum mood",
            1,
            "id = 1, mood = 'sad'",
            each(
                "do not meet the check `ck_posts_mood`",
                "hold 'sad' in `mood`, which will be no value of its type",
                "has no equal as ENUM('happy')",
            ),
        ),
        (
            |op| op.add_column("posts", column("body", text())),
            "add column posts.body (text, not null)",
            3,
            "id = 1",
            "would have nothing in the new column `body`",
        ),
        (
            |op| {
                op.alter_column("posts", "title").set_type(integer());
            },
            "alter column posts.title: type integer",
            2,
            "id = 1, title = 'x'",
            each("that has no equal as INTEGER", "that has no equal as integer", "that has no equal as INT"),
        ),
        (
            |op| {
                op.alter_column("posts", "title").set_type(enumeration("mood"));
            },
            "alter column posts.title: type enum(mood)",
            2,
            "id = 1, title = 'x'",
            each(
                "do not meet the check `ck_posts_title`",
                "hold something in `title` that has no equal as \"mood\"",
                "that has no equal as ENUM('happy', 'sad')",
            ),
        ),
        (
            |op| op.create_primary_key("pairs", primary_key("pk_pairs", ["a"])),
            "create primary key pk_pairs on pairs (a)",
            4,
            each(
                "a = 'k' in the rows with rowid = 1; rowid = 2",
                "a = 'k' in the rows with ctid = (0,1); ctid = (0,2)",
                "a = 'k' in 2 rows",
            ),
            "are not unique in a",
        ),
    ];
    for (change, operation, count, example, problem) in cases {
        let revisions: [(Record, Record); 3] = [(base, nothing), (early, nothing), (change, nothing)];
        let program = line(&revisions);
        let mut db = throwaway();
        fill(&program, &mut db);
        // MySQL commits each change of a table, so what comes before the failure stays there.
        let kept = if MYSQL { 2 } else { 1 };
        program.upgrade_to(&mut db, &format!("r{kept}"), &Default::default()).unwrap();
        let together = Options { transaction: Transaction::All, ..Options::default() };
        let error = program.upgrade_to(&mut db, "head", &together).unwrap_err();
        let text = error.to_string();
        let (operations, rows) = offending(error);
        assert_eq!((operations, rows.count), (vec![operation.to_owned()], count), "{text}");
        assert_eq!(rows.examples[0], example, "{text}");
        assert!(rows.problem.contains(problem), "{text}");
        assert!(
            text.contains(&format!("revision r3 ({MESSAGE}) failed")) && text.contains("Nothing was changed"),
            "{text}"
        );
        assert_is(&mut db, &replay(&line(&revisions[..kept]), &[]), operation);
        assert_eq!(one(&mut db, HISTORY), each("r1", "r1", "r1,r2"));
    }
}
