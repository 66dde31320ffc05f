//! Rows that stand in the way, and rows that are filled.

use migratable::revision::*;
use migratable::{Cause, Error, OffendingRows};

use super::database::{Db, Program, down, line, memory, nothing, one, run, values};
use super::reader;

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

fn filled(program: &Program) -> Db {
    let mut db = memory();
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
            "a = 'k', b = '1' in the rows with rowid = 1; rowid = 2",
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
            "do not meet the check `ck_posts_mood`",
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
            "that has no equal as INTEGER",
        ),
        (
            |op| {
                op.alter_column("posts", "title").set_type(enumeration("mood"));
            },
            "alter column posts.title: type enum(mood)",
            2,
            "id = 1, title = 'x'",
            "do not meet the check `ck_posts_title`",
        ),
        (
            |op| op.create_primary_key("pairs", primary_key("pk_pairs", ["a"])),
            "create primary key pk_pairs on pairs (a)",
            4,
            "a = 'k' in the rows with rowid = 1; rowid = 2",
            "are not unique in a",
        ),
    ];
    for (change, operation, count, example, problem) in cases {
        let program = line(&[
            (base, nothing),
            (|op| op.add_column("users", column("early", text()).nullable()), nothing),
            (change, nothing),
        ]);
        let mut db = filled(&program);
        let before = reader::schema(&mut db);
        let error = program.upgrade(&mut db).unwrap_err();
        let text = error.to_string();
        let (operations, rows) = offending(error);
        assert_eq!((operations, rows.count), (vec![operation.to_owned()], count), "{text}");
        assert_eq!(rows.examples[0], example, "{text}");
        assert!(rows.problem.contains(problem), "{text}");
        assert!(text.contains("revision r3 (a change) failed") && text.contains("Nothing was changed"), "{text}");
        assert_eq!(reader::schema(&mut db), before, "{operation}");
        assert_eq!(one(&mut db, "SELECT revision FROM migratable_revisions"), "r1");
        assert_eq!(one(&mut db, "SELECT foreign_keys FROM pragma_foreign_keys"), "1");
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
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "INSERT INTO users VALUES (1); INSERT INTO posts VALUES (1, 1, ' 12', NULL), (2, NULL, '3.0', NULL)");
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT typeof(title) || title FROM posts"), ["integer12", "integer3"]);
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
                        .column(column("email", text()))
                        .column(column("active", boolean()))
                        .column(column("day", date()))
                        .column(column("moment", timestamp()))
                        .column(column("uuid", uuid()))
                        .column(column("object", jsonb()))
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
                for name in
                    ["number", "ratio", "name", "email", "active", "day", "moment", "uuid", "object", "bytes", "mood"]
                {
                    op.drop_column("t", name);
                }
                op.alter_column("t", "late").nullable();
            },
            |op| {
                op.alter_column("t", "late").not_null();
                op.add_column("t", column("number", integer()));
                op.add_column("t", column("ratio", double()));
                op.add_column("t", column("name", text()));
                op.add_column("t", column("email", text()));
                op.add_column("t", column("active", boolean()));
                op.add_column("t", column("day", date()));
                op.add_column("t", column("moment", timestamp()));
                op.add_column("t", column("uuid", uuid()));
                op.add_column("t", column("object", jsonb()));
                op.add_column("t", column("bytes", binary()));
                op.add_column("t", column("mood", enumeration("mood")));
                op.create_unique("t", unique("uq_t_email", ["email"]));
            },
        ),
    ]);
    let mut db = memory();
    program.upgrade(&mut db).unwrap();
    run(&mut db, "INSERT INTO t (id, late) VALUES (3, 5), (4, NULL)");
    down(&program, &mut db, "-1").unwrap();
    let row = "SELECT number || '|' || ratio || '|' || name || '|' || email || '|' || active || '|' || day || '|' || moment \
               || '|' || uuid || '|' || json(object) || '|' || hex(bytes) || '|' || mood || '|' || late FROM t";
    assert_eq!(
        values(&mut db, row),
        [
            "0|0.0||3|0|1970-01-01|1970-01-01 00:00:00|00000000-0000-0000-0000-000000000000|null||happy|5",
            "0|0.0||4|0|1970-01-01|1970-01-01 00:00:00|00000000-0000-0000-0000-000000000000|null||happy|0",
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
                    [[value(1), value("it's"), null()], [value(2), null(), value("sad")]],
                );
            },
            nothing,
        ),
    ]);
    let mut db = memory();
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT title FROM posts"), ["it's", "NULL"]);
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(values(&mut db, "SELECT id FROM users"), ["7", "8"]);
}

#[test]
fn a_step_that_leaves_orphans_is_named_with_them() {
    fn forget(db: &mut Db) -> Result<()> {
        use migratable::diesel::connection::SimpleConnection;
        db.batch_execute("DELETE FROM users WHERE id = 1")?;
        Ok(())
    }
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.create_foreign_key(
                    "posts",
                    foreign_key("fk_p", ["user_id"]).references("users", ["id"]).on_delete(cascade()),
                )
            },
            nothing,
        ),
        (|op| op.run(forget), nothing),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "INSERT INTO users VALUES (1); INSERT INTO posts VALUES (4, 1, 'x', NULL)");
    let (operations, rows) = offending(program.upgrade(&mut db).unwrap_err());
    assert_eq!(operations, ["run forget"]);
    assert_eq!((rows.table.as_str(), rows.count), ("posts", 1));
    assert_eq!(rows.examples, ["posts rowid 4 refers by user_id to users"]);
    assert_eq!(values(&mut db, "SELECT id FROM users"), ["1"]);
}

#[test]
fn a_text_that_a_number_cannot_give_back_stands_in_the_way() {
    type Change = fn(&mut Operations);
    let cases: [(Change, &[&str], &[&str]); 2] = [
        (
            |op| {
                op.alter_column("posts", "title").set_type(integer());
            },
            &["007", "9007199254740993.5", "1e3"],
            &["7", "-12", "3.00", " 4"],
        ),
        (
            |op| {
                op.alter_column("posts", "title").set_type(numeric(30, 2));
            },
            &["12345678901234567890.12", "007"],
            &["1.50", "10.00", "0.1", "-3", "9007199254740993"],
        ),
    ];
    for (change, refused, taken) in cases {
        let program = line(&[(base, nothing), (change, nothing)]);
        for (text, fits) in refused.iter().map(|it| (it, false)).chain(taken.iter().map(|it| (it, true))) {
            let mut db = memory();
            program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
            run(&mut db, &format!("INSERT INTO posts (title) VALUES ('{text}')"));
            let done = program.upgrade(&mut db);
            assert_eq!(done.is_ok(), fits, "{text}");
        }
    }
}
