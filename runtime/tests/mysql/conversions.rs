//! Values that a change would make others, and what is looked at before something is done for good.

use migratable::revision::*;
use migratable_core::ColumnType;

use super::database::{Program, Throwaway, down, line, nothing, one, run, throwaway, values};
use super::reader;
use super::shared::rows::offending;

pub fn base(op: &mut Operations) {
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

pub fn filled(program: &Program) -> Throwaway {
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    db
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
    let left = "SELECT COUNT(*) FROM information_schema.columns \
                WHERE table_schema = DATABASE() AND column_name LIKE 'migratable%new%'";
    assert_eq!(one(&mut db, left), "0");
    let key = "SELECT constraint_name FROM information_schema.referential_constraints \
               WHERE constraint_schema = DATABASE()";
    assert_eq!(one(&mut db, key), "fk_p");
    run(&mut db, "UPDATE posts SET user_id = NULL WHERE user_id = 9");
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT user_id FROM posts"), ["1", "NULL"]);
    assert_eq!(one(&mut db, left), "0");
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
fn a_value_of_an_enum_that_came_beside_another_in_case_only_failed() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.add_enum_value("mood", "Sad");
                op.backfill_where("posts", "mood", sql("'Sad'"), sql("mood = 'sad'"));
                op.drop_enum_value("mood", "sad");
            },
            |op| {
                op.add_enum_value("mood", "sad");
                op.backfill_where("posts", "mood", sql("'sad'"), sql("mood = 'Sad'"));
                op.drop_enum_value("mood", "Sad");
            },
        ),
    ]);
    for collation in ["utf8mb4_general_ci", "utf8mb4_bin"] {
        let mut db = throwaway();
        run(&mut db, &format!("ALTER DATABASE COLLATE {collation}"));
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(&mut db, ROWS);
        let before = reader::schema(&mut db);
        program.upgrade(&mut db).unwrap();
        assert_eq!(values(&mut db, "SELECT mood FROM posts"), ["Sad", "NULL", "happy"], "{collation}");
        assert!(reader::schema(&mut db).contains("enum('happy','Sad')"), "{collation}");
        down(&program, &mut db, "r1").unwrap();
        assert_eq!(values(&mut db, "SELECT mood FROM posts"), ["sad", "NULL", "happy"], "{collation}");
        assert_eq!(reader::schema(&mut db), before, "{collation}");
    }
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
