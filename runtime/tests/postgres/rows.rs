//! Rows that stand in the way, and rows that are filled.

use migratable::revision::*;
use migratable::{Cause, Error, OffendingRows, Options, Transaction};

use super::database::{Db, Program, Throwaway, assert_is, down, line, nothing, replay, run, values};

fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(table("users").column(column("id", bigint()).identity(identity())).primary_key("pk_users", ["id"]));
    op.create_table(
        table("posts")
            .column(column("id", bigint()).identity(identity()))
            .column(column("user_id", bigint()).nullable())
            .column(column("title", text()).nullable())
            .column(column("mood", enumeration("mood")).nullable())
            .primary_key("pk_posts", ["id"]),
    );
    op.create_table(table("pairs").column(column("a", text())).column(column("b", text()).nullable()));
}

const ROWS: &str = "INSERT INTO users VALUES (1), (2);
                    INSERT INTO posts VALUES (1, 1, 'x', 'sad'), (2, 9, 'x', NULL), (3, NULL, NULL, 'happy');
                    INSERT INTO pairs VALUES ('k', '1'), ('k', '1'), ('l', NULL), ('l', NULL);";

fn filled(program: &Program) -> (Throwaway, Db) {
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    (throwaway, db)
}

fn offending(error: Error) -> (Vec<String>, OffendingRows) {
    match error {
        Error::Failed(failure) => match failure.cause {
            Cause::Rows(rows) => (failure.operations, *rows),
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    }
}

#[test]
fn offending_rows_are_counted_and_named_before_anything_changes() {
    type Change = fn(&mut Operations);
    // The change, the operation that is blamed, how many rows, one of them, what is said.
    let cases: [(Change, &str, u64, &str, &str); 12] = [
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
            "title = 'x' in the rows with id = 1; id = 2",
            "are not unique in title",
        ),
        (
            |op| op.create_index("posts", index("ix_t").on(sql("upper(title)")).unique()),
            "create unique index ix_t on posts",
            2,
            "(upper(title)) = 'X' in the rows with id = 1; id = 2",
            "are not unique",
        ),
        (
            |op| op.create_unique("pairs", unique("uq_pairs_a_b", ["a", "b"])),
            "create unique uq_pairs_a_b on pairs (a, b)",
            2,
            "a = 'k', b = '1' in the rows with ctid = (0,1); ctid = (0,2)",
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
            "hold 'sad' in `mood`, which will be no value of its type",
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
            "that has no equal as integer",
        ),
        (
            |op| {
                op.alter_column("posts", "title").set_type(enumeration("mood"));
            },
            "alter column posts.title: type enum(mood)",
            2,
            "id = 1, title = 'x'",
            "hold something in `title` that has no equal as \"mood\"",
        ),
        (
            |op| op.create_primary_key("pairs", primary_key("pk_pairs", ["a"])),
            "create primary key pk_pairs on pairs (a)",
            4,
            "a = 'k' in the rows with ctid = (0,1); ctid = (0,2)",
            "are not unique in a",
        ),
    ];
    for (change, operation, count, example, problem) in cases {
        let program = line(&[
            (base, nothing),
            (|op| op.add_column("users", column("early", text()).nullable()), nothing),
            (change, nothing),
        ]);
        let (_throwaway, mut db) = filled(&program);
        let together = Options { transaction: Transaction::All, ..Options::default() };
        let error = program.upgrade_to(&mut db, "head", &together).unwrap_err();
        let text = error.to_string();
        let (operations, rows) = offending(error);
        assert_eq!((operations, rows.count), (vec![operation.to_owned()], count), "{text}");
        assert_eq!(rows.examples[0], example, "{text}");
        assert!(rows.problem.contains(problem), "{text}");
        assert!(text.contains("revision r3 (a change) failed") && text.contains("Nothing was changed"), "{text}");
        assert_is(&mut db, &replay(&line(&[(base, nothing)]), &[]), operation);
        assert_eq!(values(&mut db, "SELECT revision FROM migratable_revisions"), ["r1"]);
    }
}

#[test]
fn what_no_row_contradicts_goes_through() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.add_column("pairs", column("c", text()));
                op.create_unique("pairs", unique("uq_pairs_b", ["b"]));
                op.create_foreign_key("posts", foreign_key("fk_p", ["user_id"]).references("users", ["id"]));
                op.alter_column("posts", "title").set_type(integer());
            },
            nothing,
        ),
    ]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "INSERT INTO users VALUES (1); INSERT INTO posts VALUES (1, 1, ' 12', NULL), (2, NULL, '3', NULL)");
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT pg_typeof(title) || title::text FROM posts"), ["integer12", "integer3"]);
}

#[test]
fn what_comes_back_is_filled_with_neutral_values() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.drop_column("pairs", "a");
                op.add_column("pairs", column("a", text()).nullable());
                op.alter_column("posts", "title").not_null().default("none");
            },
            |op| {
                op.drop_column("pairs", "a");
                op.add_column("pairs", column("a", text()));
                op.add_column("pairs", column("n", bigint()));
                op.create_unique("pairs", unique("uq_n", ["n"]));
                op.alter_column("posts", "mood").not_null();
            },
        ),
    ]);
    let (_throwaway, mut db) = filled(&program);
    run(&mut db, "UPDATE posts SET title = 'y' WHERE title IS NULL");
    program.upgrade(&mut db).unwrap();
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(values(&mut db, "SELECT a || n FROM pairs ORDER BY n"), ["1", "2", "3", "4"]);
    assert_eq!(values(&mut db, "SELECT mood FROM posts ORDER BY id"), ["sad", "happy", "happy"]);
}
