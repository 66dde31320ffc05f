//! What stands in the way behind other changes of the same revision is found before anything is changed.

use std::cell::Cell;

use migratable::revision::*;

use super::database::{down, line, nothing, one, run, values};
use super::{conversions, reader};

type Change = fn(&mut Operations);

thread_local! {
    static CHANGE: Cell<[Change; 2]> = const { Cell::new([nothing, nothing]) };
}

/// Every row of every table.
const ROWS: &str = "SELECT CONCAT_WS(' ', 'user', id) FROM users \
                    UNION ALL SELECT CONCAT_WS(' ', 'post', id, user_id, title, mood, seen) FROM posts \
                    UNION ALL SELECT CONCAT_WS(' ', 'pair', a, b) FROM pairs";

#[test]
fn a_refusal_behind_a_rename_a_filling_or_a_conversion_had_left_the_revision_half_done() {
    // The change, what stands in its way, and what of the rows is to be done about it.
    let cases: [(Change, &str, &str); 15] = [
        (
            |op| {
                op.rename_column("posts", "title", "name");
                op.alter_column("posts", "name").not_null();
            },
            "have NULL in `name`",
            "UPDATE posts SET title = 'y' WHERE title IS NULL",
        ),
        (
            |op| {
                op.rename_table("posts", "articles");
                op.create_unique("articles", unique("uq_articles_title", ["title"]));
            },
            "are not unique in title",
            "UPDATE posts SET title = id",
        ),
        (
            |op| {
                op.add_column("posts", column("slug", varchar(40)).nullable());
                op.backfill("posts", "slug", sql("LOWER(title)"));
                op.alter_column("posts", "slug").not_null();
            },
            "have NULL in `slug`",
            "UPDATE posts SET title = 'y' WHERE title IS NULL",
        ),
        (
            |op| {
                op.add_column("posts", column("slug", varchar(40)).nullable());
                op.backfill_where("posts", "slug", sql("LOWER(title)"), sql("title IS NOT NULL"));
                op.create_unique("posts", unique("uq_posts_slug", ["slug"]));
            },
            "are not unique in slug",
            "UPDATE posts SET title = 'Y' WHERE id = 2",
        ),
        (
            |op| {
                op.create_unique("posts", unique("uq_posts_title", ["title"]));
                op.backfill("posts", "title", sql("COALESCE(title, 'x')"));
            },
            "are not unique in title",
            "UPDATE posts SET title = id WHERE id > 1",
        ),
        (
            |op| {
                op.add_column("posts", column("writer", bigint()).nullable());
                op.backfill("posts", "writer", sql("user_id * 10"));
                op.create_foreign_key("posts", foreign_key("fk_w", ["writer"]).references("users", ["id"]));
            },
            "refer by writer to rows of `users` that are not there",
            "INSERT INTO users VALUES (10), (90)",
        ),
        (
            |op| {
                op.alter_column("pairs", "b").set_type(bigint());
                op.create_foreign_key("pairs", foreign_key("fk_b", ["b"]).references("users", ["id"]));
            },
            "refer by b to rows of `users` that are not there",
            "INSERT INTO users VALUES (7)",
        ),
        (
            |op| {
                op.alter_column("pairs", "b").set_type(bigint()).using(sql("b + 70"));
                op.create_check("pairs", check("ck_pairs_b", sql("b < 75")));
            },
            "do not meet the check `ck_pairs_b`",
            "UPDATE pairs SET b = 1",
        ),
        (
            |op| {
                op.rename_table("users", "people");
                op.backfill("posts", "user_id", sql("(SELECT MAX(id) FROM people) + COALESCE(user_id, 9)"));
                op.create_foreign_key("posts", foreign_key("fk_p", ["user_id"]).references("people", ["id"]));
            },
            "refer by user_id to rows of `people` that are not there",
            "UPDATE posts SET user_id = 0; INSERT INTO users VALUES (91)",
        ),
        (
            |op| {
                op.create_table(table("groups").column(column("id", bigint())).primary_key("pk_groups", ["id"]));
                op.bulk_insert("groups", ["id"], [[value(1)], [value(2)]]);
                op.create_foreign_key("posts", foreign_key("fk_g", ["user_id"]).references("groups", ["id"]));
            },
            "refer by user_id to rows of `groups` that are not there",
            "UPDATE posts SET user_id = 2",
        ),
        (
            |op| {
                op.create_table(table("groups").column(column("id", bigint())).primary_key("pk_groups", ["id"]));
                op.add_column("posts", column("group_id", bigint()).default(1));
                op.create_foreign_key("posts", foreign_key("fk_g", ["group_id"]).references("groups", ["id"]));
            },
            "would refer by group_id to groups, which is new and holds no rows",
            "DELETE FROM posts",
        ),
        (
            |op| {
                op.rename_column("posts", "title", "name");
                op.bulk_insert("posts", ["name"], [[value("x")], [value("z")]]);
                op.create_unique("posts", unique("uq_posts_name", ["name"]));
            },
            "are not unique in name",
            "UPDATE posts SET title = id",
        ),
        (
            |op| {
                op.rename_column("posts", "title", "name");
                op.add_column("posts", column("short", varchar(1)).nullable().generated(stored(sql("LEFT(name, 1)"))));
                op.create_unique("posts", unique("uq_posts_short", ["short"]));
            },
            "are not unique in short",
            "UPDATE posts SET title = id",
        ),
        (
            |op| {
                op.rename_enum_value("mood", "sad", "blue");
                op.drop_enum_value("mood", "blue");
            },
            "hold something in `mood` that has no equal as ENUM('happy')",
            "UPDATE posts SET mood = 'happy'",
        ),
        (
            |op| {
                op.rename_column("posts", "title", "name");
                op.alter_column("posts", "name").set_type(integer()).using(sql("name"));
            },
            "would have something in `name` that INT does not hold",
            "UPDATE posts SET title = id",
        ),
    ];
    for (at, (change, problem, mend)) in cases.into_iter().enumerate() {
        CHANGE.set([change, nothing]);
        let program = line(&[(conversions::base, nothing), (|op| CHANGE.get()[0](op), nothing)]);
        let mut db = conversions::filled(&program);
        run(&mut db, "UPDATE pairs SET b = 7 WHERE b IS NULL");
        let before = (reader::schema(&mut db), values(&mut db, ROWS));
        let error = program.upgrade(&mut db).expect_err(problem).to_string();
        assert!(error.contains(problem) && error.contains("Nothing was changed"), "{at}: {error}");
        assert_eq!((reader::schema(&mut db), values(&mut db, ROWS)), before, "{at}: {problem}");
        assert_eq!(
            one(
                &mut db,
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'migratable_journal'"
            ),
            "0",
            "{at}: {problem}"
        );
        run(&mut db, mend);
        program.upgrade(&mut db).unwrap_or_else(|error| panic!("{at}: {error}"));
    }
}

#[test]
fn a_way_back_that_rows_forbid_changes_nothing() {
    CHANGE.set([
        |op| {
            op.rename_column("posts", "title", "name");
            op.alter_column("posts", "name").set_type(text());
            op.drop_column("posts", "user_id");
        },
        |op| {
            op.add_column("posts", column("user_id", bigint()).nullable());
            op.backfill("posts", "user_id", sql("id"));
            op.alter_column("posts", "name").set_type(varchar(40));
            op.rename_column("posts", "name", "title");
        },
    ]);
    let program = line(&[(conversions::base, nothing), (|op| CHANGE.get()[0](op), |op| CHANGE.get()[1](op))]);
    let mut db = conversions::filled(&program);
    program.upgrade(&mut db).unwrap();
    run(&mut db, "UPDATE posts SET name = REPEAT('x', 41) WHERE id = 1");
    let before = reader::schema(&mut db);
    let error = down(&program, &mut db, "r1").unwrap_err().to_string();
    assert!(error.contains("no equal as VARCHAR(40)") && error.contains("Nothing was changed"), "{error}");
    assert_eq!(reader::schema(&mut db), before);
    run(&mut db, "UPDATE posts SET name = 'short' WHERE id = 1");
    down(&program, &mut db, "r1").unwrap();
}

#[test]
fn what_a_step_in_rust_decides_is_looked_at_behind_it() {
    fn number(db: &mut super::database::Db) -> Result<()> {
        use migratable::diesel::connection::SimpleConnection;
        Ok(db.batch_execute("UPDATE posts SET title = id")?)
    }
    CHANGE.set([
        |op| {
            op.run(number);
            op.create_unique("posts", unique("uq_posts_title", ["title"]));
        },
        nothing,
    ]);
    let program = line(&[(conversions::base, nothing), (|op| CHANGE.get()[0](op), nothing)]);
    let mut db = conversions::filled(&program);
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT title FROM posts"), ["1", "2", "3"]);
}

#[test]
fn a_conversion_that_the_server_refuses_left_its_passing_column() {
    CHANGE.set([
        |op| {
            op.alter_column("users", "id").comment("a number");
            op.alter_column("posts", "title").set_type(integer()).using(sql("1 / (id - 2)"));
            op.alter_column("pairs", "b").set_type(integer()).using(sql("1"));
        },
        nothing,
    ]);
    let program = line(&[(conversions::base, nothing), (|op| CHANGE.get()[0](op), nothing)]);
    let mut db = conversions::filled(&program);
    let before = (reader::schema(&mut db), values(&mut db, ROWS));
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("Division by 0") && error.contains("Nothing was changed"), "{error}");
    assert_eq!((reader::schema(&mut db), values(&mut db, ROWS)), before);
    assert_eq!(
        one(
            &mut db,
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'migratable_journal'"
        ),
        "0"
    );
    run(&mut db, "DELETE FROM posts WHERE id = 2");
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT title FROM posts"), ["-1", "1"]);
}
