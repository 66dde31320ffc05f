//! Rows that stand in the way, and rows that are filled.

mod refused;

use migratable::revision::*;
use migratable::{Cause, Error, OffendingRows};
use migratable_core::Column;

use super::changes::short_text;
use super::programs::{Program, Record, down, line, nothing, run, values};
use super::{MYSQL, each};
use crate::database::{Db, throwaway};

pub fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(table("users").column(column("id", bigint()).identity(identity())).primary_key("pk_users", ["id"]));
    op.create_table(
        table("posts")
            .column(column("id", bigint()).identity(identity()))
            .column(column("user_id", bigint()).nullable())
            .column(column("title", short_text()).nullable())
            .column(column("mood", enumeration("mood")).nullable())
            .primary_key("pk_posts", ["id"]),
    );
    op.create_table(table("pairs").column(column("a", short_text())).column(column("b", short_text()).nullable()));
}

const ROWS: &str = "INSERT INTO users VALUES (1), (2);
                    INSERT INTO posts VALUES (1, 1, 'x', 'sad'), (2, 9, 'x', NULL), (3, NULL, NULL, 'happy');
                    INSERT INTO pairs VALUES ('k', '1'), ('k', '1'), ('l', NULL), ('l', NULL);";

/// Brings a database to the first revision and fills it.
pub fn fill(program: &Program, db: &mut Db) {
    program.upgrade_to(db, "r1", &Default::default()).unwrap();
    run(db, ROWS);
}

pub fn offending(error: Error) -> (Vec<String>, OffendingRows) {
    match error {
        Error::Failed(failure) => match failure.cause {
            Cause::Rows(rows) => (failure.operations, *rows),
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
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
    run(&mut db, "INSERT INTO users VALUES (1)");
    let titles =
        each("(1, 1, ' 12'), (2, NULL, '3.0')", "(1, 1, ' 12'), (2, NULL, '3')", "(1, 1, '12'), (2, NULL, '-3')");
    run(&mut db, &format!("INSERT INTO posts (id, user_id, title) VALUES {titles}"));
    program.upgrade(&mut db).unwrap();
    let numbers = each(
        "SELECT typeof(title) || title FROM posts",
        "SELECT pg_typeof(title) || title::text FROM posts",
        "SELECT title + 1 FROM posts",
    );
    assert_eq!(values(&mut db, numbers).join(" "), each("integer12 integer3", "integer12 integer3", "13 -2"));
}

/// Columns that a downgrade has to fill.
fn columns_that_come_back() -> Vec<Column> {
    vec![
        column("number", integer()),
        column("ratio", double()),
        column("name", text()),
        column("email", short_text()),
        column("active", boolean()),
        column("day", date()),
        column("moment", timestamp()),
        if MYSQL { column("special", timestamptz()) } else { column("special", uuid()) },
        column("object", if MYSQL { json() } else { jsonb() }),
        column("bytes", binary()),
        column("mood", enumeration("mood")),
    ]
}

#[test]
fn a_downgrade_fills_what_nobody_knows_any_more() {
    let make: Record = |op| {
        op.create_enum("mood", ["happy", "sad"]);
        let start = table("t").column(column("id", bigint()).identity(identity())).primary_key("pk_t", ["id"]);
        let all = columns_that_come_back().into_iter().fold(start, |table, column| table.column(column));
        op.create_table(all.column(column("late", integer())).unique("uq_t_email", ["email"]));
    };
    let forget: Record = |op| {
        op.drop_unique("t", "uq_t_email");
        for column in columns_that_come_back() {
            op.drop_column("t", &column.name);
        }
        op.alter_column("t", "late").nullable();
    };
    let come_back: Record = |op| {
        op.alter_column("t", "late").not_null();
        for column in columns_that_come_back() {
            op.add_column("t", column);
        }
        op.create_unique("t", unique("uq_t_email", ["email"]));
    };
    let program = line(&[(make, nothing), (forget, come_back)]);
    let mut db = throwaway();
    program.upgrade(&mut db).unwrap();
    run(&mut db, "INSERT INTO t (id, late) VALUES (3, 5), (4, NULL)");
    down(&program, &mut db, "-1").unwrap();
    let row = each(
        "SELECT concat_ws('|', number, ratio, name, email, active, day, moment, special, json(object), hex(bytes), mood, late) FROM t",
        "SELECT concat_ws('|', number, ratio, name, email, active, day, moment, special, object, encode(bytes, 'hex'), mood, late) FROM t",
        "SELECT CONCAT_WS('|', number, ratio, name, email, active, day, moment, special, object, HEX(bytes), mood, late) FROM t",
    );
    let expected = each(
        "0|0.0||3|0|1970-01-01|1970-01-01 00:00:00|00000000-0000-0000-0000-000000000000|null||happy|5\n\
         0|0.0||4|0|1970-01-01|1970-01-01 00:00:00|00000000-0000-0000-0000-000000000000|null||happy|0",
        "0|0||1|f|1970-01-01|1970-01-01 00:00:00|00000000-0000-0000-0000-000000000000|null||happy|5\n\
         0|0||2|f|1970-01-01|1970-01-01 00:00:00|00000000-0000-0000-0000-000000000000|null||happy|0",
        "0|0||1|0|1970-01-01|1970-01-01 00:00:00.000000|1970-01-01 00:00:01.000000|null||happy|5\n\
         0|0||2|0|1970-01-01|1970-01-01 00:00:00.000000|1970-01-01 00:00:01.000000|null||happy|0",
    );
    assert_eq!(values(&mut db, row).join("\n"), expected);
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
