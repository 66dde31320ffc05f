//! Rows that stand in the way, and rows that are filled.

use migratable::revision::*;
use migratable::{Cause, Error, OffendingRows};
use migratable_core::ColumnType;

use super::database::{Program, Throwaway, down, line, nothing, one, run, throwaway, values};
use super::reader;

fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(table("users").column(column("id", bigint()).identity(identity())).primary_key("pk_users", ["id"]));
    op.create_table(
        table("posts")
            .column(column("id", bigint()).identity(identity()))
            .column(column("user_id", bigint()).nullable())
            .column(column("title", varchar(40)).nullable())
            .column(column("mood", enumeration("mood")).nullable())
            .column(column("seen", timestamp()).nullable())
            .primary_key("pk_posts", ["id"]),
    );
    op.create_table(table("pairs").column(column("a", varchar(9))).column(column("b", varchar(9)).nullable()));
}

const ROWS: &str = "INSERT INTO users VALUES (1), (2);
                    INSERT INTO posts VALUES (1, 1, 'x', 'sad', '2001-01-01 10:00'), (2, 9, 'x', NULL, NULL),
                                             (3, NULL, NULL, 'happy', NULL);
                    INSERT INTO pairs VALUES ('k', '1'), ('k', '1'), ('l', NULL), ('l', NULL);";

fn filled(program: &Program) -> Throwaway {
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    db
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
            "title = 'x' in 2 rows",
            "are not unique in title",
        ),
        (
            |op| op.create_index("pairs", index("ix_pairs").on("a").on("b").unique()),
            "create unique index ix_pairs on pairs",
            2,
            "a = 'k', b = '1' in 2 rows",
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
            "has no equal as ENUM('happy')",
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
            "that has no equal as INT",
        ),
        (
            |op| {
                op.alter_column("posts", "title").set_type(enumeration("mood"));
            },
            "alter column posts.title: type enum(mood)",
            2,
            "id = 1, title = 'x'",
            "that has no equal as ENUM('happy', 'sad')",
        ),
        (
            |op| {
                op.alter_column("posts", "seen").set_type(date());
            },
            "alter column posts.seen: type date",
            1,
            "id = 1, seen = '2001-01-01 10:00:00.000000'",
            "that has no equal as DATE",
        ),
        (
            |op| op.create_primary_key("pairs", primary_key("pk_pairs", ["a"])),
            "create primary key pk_pairs on pairs (a)",
            4,
            "a = 'k' in 2 rows",
            "are not unique in a",
        ),
    ];
    for (change, operation, count, example, problem) in cases {
        let program = line(&[(base, nothing), (change, nothing)]);
        let mut db = filled(&program);
        let before = reader::schema(&mut db);
        let error = program.upgrade(&mut db).unwrap_err();
        let text = error.to_string();
        let (operations, rows) = offending(error);
        assert_eq!((operations, rows.count), (vec![operation.to_owned()], count), "{text}");
        assert_eq!(rows.examples[0], example, "{text}");
        assert!(rows.problem.contains(problem), "{text}");
        assert!(text.contains("Nothing was changed"), "{text}");
        assert_eq!(reader::schema(&mut db), before, "{operation}");
        assert_eq!(one(&mut db, "SELECT revision FROM migratable_revisions"), "r1");
    }
}

#[test]
fn a_value_that_would_be_another_stands_in_the_way() {
    type Type = fn() -> ColumnType;
    // The types, a value that stays, and one that does not.
    let cases: [(Type, Type, &str, &str); 15] = [
        (text, || numeric(8, 2), "'1.230'", "'1.239'"),
        (text, || numeric(8, 2), "'999999.99'", "'1000000'"),
        (text, double, "'0.1'", "'0.12345678901234567891'"),
        (text, real, "'0.1'", "'0.123456789'"),
        (text, date, "'2001-01-01'", "'2001-01-01 10:00'"),
        (text, time, "'10:00'", "'2001-01-01 10:00'"),
        (timestamp, time, "NULL", "'2001-01-01 10:00'"),
        (date, time, "NULL", "'2001-01-01'"),
        (double, real, "0.1", "0.123456789"),
        (double, real, "1234567", "16777217"),
        (bigint, double, "9007199254740992", "9007199254740993"),
        (bigint, real, "16777216", "16777217"),
        (|| numeric(20, 2), double, "1234567.25", "123456789012345678.25"),
        (|| numeric(20, 2), real, "0.1", "1234567.89"),
        (text, || enumeration("mood"), "'happy'", "'Happy'"),
    ];
    thread_local! {
        static TYPES: std::cell::Cell<(Type, Type)> = const { std::cell::Cell::new((text, text)) };
    }
    let program = line(&[
        (
            |op| {
                op.create_enum("mood", ["happy", "sad"]);
                op.create_table(table("t").column(column("c", TYPES.get().0()).nullable()));
            },
            nothing,
        ),
        (
            |op| {
                op.alter_column("t", "c").set_type(TYPES.get().1());
            },
            nothing,
        ),
    ]);
    for (from, to, stays, changes) in cases {
        TYPES.set((from, to));
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(&mut db, &format!("INSERT INTO t VALUES ({stays}), ({changes})"));
        let what = format!("{stays} and {changes}");
        let (_, rows) = offending(program.upgrade(&mut db).expect_err(&what));
        assert_eq!(rows.count, 1, "{what}");
        let value = changes.trim_matches('\'');
        assert!(rows.examples[0].contains(value), "{what}: {}", rows.examples[0]);
        run(&mut db, &format!("DELETE FROM t WHERE c IS NOT NULL; INSERT INTO t VALUES ({stays})"));
        program.upgrade(&mut db).unwrap_or_else(|error| panic!("{stays}: {error}"));
    }
}

#[test]
fn values_that_are_given_are_looked_at_before_anything_changes() {
    type Change = fn(&mut Operations);
    let cases: [(Change, &str); 2] = [
        (
            |op| {
                op.alter_column("posts", "title")
                    .set_type(integer())
                    .not_null()
                    .using(sql("NULLIF(CHAR_LENGTH(title), 1)"));
            },
            "would have NULL in `title`",
        ),
        (
            |op| {
                op.alter_column("posts", "title").set_type(integer()).using(sql("CHAR_LENGTH(title)"));
                op.create_unique("posts", unique("uq_posts_title", ["title"]));
            },
            "are not unique in title",
        ),
    ];
    for (change, problem) in cases {
        let program = line(&[(base, nothing), (change, nothing)]);
        let mut db = filled(&program);
        let before = reader::schema(&mut db);
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains(problem) && error.contains("Nothing was changed"), "{error}");
        assert_eq!(reader::schema(&mut db), before);
        run(&mut db, "UPDATE posts SET title = REPEAT('x', id + 1)");
        program.upgrade(&mut db).unwrap();
        assert_eq!(values(&mut db, "SELECT title FROM posts"), ["2", "3", "4"]);
    }
}

#[test]
fn a_change_that_failed_is_done_again() {
    fn keyed(op: &mut Operations) {
        base(op);
        op.create_foreign_key("posts", foreign_key("fk_p", ["user_id"]).references("users", ["id"]));
    }
    let program = line(&[
        (keyed, nothing),
        (
            |op| {
                op.alter_column("posts", "user_id").set_type(integer()).using(sql("user_id / (user_id <> 9)"));
                op.drop_foreign_key("posts", "fk_p");
            },
            nothing,
        ),
    ]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "INSERT INTO users VALUES (1), (9); INSERT INTO posts (user_id) VALUES (1), (9)");
    program.upgrade(&mut db).unwrap_err();
    let key = "SELECT constraint_name FROM information_schema.referential_constraints \
               WHERE constraint_schema = DATABASE()";
    assert_eq!(one(&mut db, key), "fk_p");
    run(&mut db, "UPDATE posts SET user_id = NULL WHERE user_id = 9");
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT user_id FROM posts"), ["1", "NULL"]);
    let left = "SELECT COUNT(*) FROM information_schema.columns \
                WHERE table_schema = DATABASE() AND column_name LIKE 'migratable%new%'";
    assert_eq!(one(&mut db, left), "0");
}

#[test]
fn rows_are_looked_at_before_a_rename_is_made_for_good() {
    type Change = fn(&mut Operations);
    let renames: [Change; 2] =
        [|op| op.rename_table("pairs", "couples"), |op| op.rename_column("posts", "seen", "seen_at")];
    for rename in renames {
        thread_local! {
            static RENAME: std::cell::Cell<Change> = const { std::cell::Cell::new(nothing) };
        }
        RENAME.set(rename);
        let program = line(&[
            (base, nothing),
            (
                |op| {
                    RENAME.get()(op);
                    op.alter_column("posts", "title").not_null();
                },
                nothing,
            ),
        ]);
        let mut db = filled(&program);
        let before = reader::schema(&mut db);
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("have NULL in `title`") && error.contains("Nothing was changed"), "{error}");
        assert_eq!(reader::schema(&mut db), before);
        run(&mut db, "UPDATE posts SET title = 'y' WHERE title IS NULL");
        program.upgrade(&mut db).unwrap();
    }
}

#[test]
fn what_a_step_or_a_rename_changes_is_looked_at_behind_it() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.rename_column("posts", "title", "name");
                op.backfill("posts", "name", sql("CONCAT('t', id)"));
                op.alter_column("posts", "name").not_null();
                op.create_unique("posts", unique("uq_posts_name", ["name"]));
            },
            nothing,
        ),
    ]);
    let mut db = filled(&program);
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT name FROM posts"), ["t1", "t2", "t3"]);
}

#[test]
fn a_value_of_an_enum_is_renamed_in_case_only() {
    for collation in ["utf8mb4_general_ci", "utf8mb4_bin"] {
        let program = line(&[
            (base, nothing),
            (|op| op.rename_enum_value("mood", "sad", "Sad"), |op| op.rename_enum_value("mood", "Sad", "sad")),
        ]);
        let mut db = throwaway();
        run(&mut db, &format!("ALTER DATABASE COLLATE {collation}"));
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(&mut db, ROWS);
        program.upgrade(&mut db).unwrap();
        assert_eq!(values(&mut db, "SELECT mood FROM posts"), ["Sad", "NULL", "happy"], "{collation}");
        down(&program, &mut db, "r1").unwrap();
        assert_eq!(values(&mut db, "SELECT mood FROM posts"), ["sad", "NULL", "happy"], "{collation}");
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
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(
        &mut db,
        "INSERT INTO users VALUES (1); INSERT INTO posts (id, user_id, title) VALUES (1, 1, '12'), (2, NULL, '-3')",
    );
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT title + 1 FROM posts"), ["13", "-2"]);
}

#[test]
fn a_downgrade_fills_what_nobody_knows_any_more() {
    let program = line(&[
        (
            |op| {
                op.create_enum("mood", ["happy", "sad"]);
                op.create_table(
                    table("t")
                        .column(column("id", bigint()).identity(identity()))
                        .column(column("number", integer()))
                        .column(column("ratio", double()))
                        .column(column("name", text()))
                        .column(column("email", varchar(40)))
                        .column(column("active", boolean()))
                        .column(column("day", date()))
                        .column(column("moment", timestamp()))
                        .column(column("instant", timestamptz()))
                        .column(column("object", json()))
                        .column(column("bytes", binary()))
                        .column(column("mood", enumeration("mood")))
                        .column(column("late", integer()))
                        .primary_key("pk_t", ["id"])
                        .unique("uq_t_email", ["email"]),
                );
            },
            nothing,
        ),
        (
            |op| {
                op.drop_unique("t", "uq_t_email");
                for name in [
                    "number", "ratio", "name", "email", "active", "day", "moment", "instant", "object", "bytes", "mood",
                ] {
                    op.drop_column("t", name);
                }
                op.alter_column("t", "late").nullable();
            },
            |op| {
                op.alter_column("t", "late").not_null();
                op.add_column("t", column("number", integer()));
                op.add_column("t", column("ratio", double()));
                op.add_column("t", column("name", text()));
                op.add_column("t", column("email", varchar(40)));
                op.add_column("t", column("active", boolean()));
                op.add_column("t", column("day", date()));
                op.add_column("t", column("moment", timestamp()));
                op.add_column("t", column("instant", timestamptz()));
                op.add_column("t", column("object", json()));
                op.add_column("t", column("bytes", binary()));
                op.add_column("t", column("mood", enumeration("mood")));
                op.create_unique("t", unique("uq_t_email", ["email"]));
            },
        ),
    ]);
    let mut db = throwaway();
    program.upgrade(&mut db).unwrap();
    run(&mut db, "INSERT INTO t (id, late) VALUES (3, 5), (4, NULL)");
    down(&program, &mut db, "-1").unwrap();
    let row = "SELECT CONCAT_WS('|', number, ratio, name, email, active, day, moment, instant, object, HEX(bytes), mood, late) FROM t";
    assert_eq!(
        values(&mut db, row),
        [
            "0|0||1|0|1970-01-01|1970-01-01 00:00:00.000000|1970-01-01 00:00:01.000000|null||happy|5",
            "0|0||2|0|1970-01-01|1970-01-01 00:00:00.000000|1970-01-01 00:00:01.000000|null||happy|0",
        ]
    );
}

#[test]
fn seed_rows_stay_on_the_way_back() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.bulk_insert("users", ["id"], [[value(7)], [value(8)]]);
                op.bulk_insert(
                    "posts",
                    ["id", "title", "mood"],
                    [[value(1), value("it's \\ \n"), null()], [value(2), null(), value("sad")]],
                );
            },
            nothing,
        ),
    ]);
    let mut db = throwaway();
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT title FROM posts"), ["it's \\ \n", "NULL"]);
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(values(&mut db, "SELECT id FROM users"), ["7", "8"]);
}
