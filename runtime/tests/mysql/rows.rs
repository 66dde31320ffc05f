//! Rows that stand in the way on MySQL alone.

use migratable::revision::*;

use super::database::{down, line, nothing, one, run, throwaway};
use super::shared::changes::short_text;
use super::shared::rows::{base, fill, offending};

#[test]
fn a_time_of_day_that_would_be_lost_stands_in_the_way() {
    let program = line(&[
        (base, nothing),
        (|op| op.add_column("posts", column("seen", timestamp()).nullable()), nothing),
        (
            |op| {
                op.alter_column("posts", "seen").set_type(date());
            },
            nothing,
        ),
    ]);
    let mut db = throwaway();
    fill(&program, &mut db);
    program.upgrade_to(&mut db, "r2", &Default::default()).unwrap();
    run(&mut db, "UPDATE posts SET seen = '2001-01-01 10:00' WHERE id = 1");
    let error = program.upgrade(&mut db).unwrap_err();
    assert!(error.to_string().contains("Nothing was changed"), "{error}");
    let (operations, rows) = offending(error);
    assert_eq!((operations, rows.count), (vec!["alter column posts.seen: type date".to_owned()], 1));
    assert_eq!(rows.examples, ["id = 1, seen = '2001-01-01 10:00:00.000000'"]);
    assert!(rows.problem.contains("that has no equal as DATE"), "{}", rows.problem);
    assert_eq!(one(&mut db, "SELECT revision FROM migratable_revisions ORDER BY ordinal"), "r1,r2");
}

#[test]
fn a_unique_index_of_two_columns_is_named_with_its_rows() {
    let program =
        line(&[(base, nothing), (|op| op.create_index("pairs", index("ix_pairs").on("a").on("b").unique()), nothing)]);
    let mut db = throwaway();
    fill(&program, &mut db);
    let (operations, rows) = offending(program.upgrade(&mut db).unwrap_err());
    assert_eq!((operations, rows.count), (vec!["create unique index ix_pairs on pairs (a, b)".to_owned()], 2));
    assert_eq!(rows.examples[0], "a = 'k', b = '1' in 2 rows");
    assert!(rows.problem.contains("are not unique in a, b"), "{}", rows.problem);
}

#[test]
fn triggers_for_updates_notice_nothing_of_what_fills_columns() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.rename_table("pairs", "couples");
                op.alter_column("couples", "a").set_type(varchar(30));
                op.drop_column("couples", "b");
            },
            |op| {
                op.rename_table("couples", "pairs");
                op.alter_column("pairs", "a").set_type(text());
                op.add_column("pairs", column("b", short_text()));
                op.add_column("pairs", column("n", bigint()));
                op.create_unique("pairs", unique("uq_n", ["n"]));
                op.alter_column("posts", "title").not_null();
                op.alter_column("posts", "user_id").not_null();
            },
        ),
    ]);
    let mut db = throwaway();
    fill(&program, &mut db);
    run(
        &mut db,
        "CREATE TABLE noticed (what TEXT);
         CREATE TRIGGER pairs_change BEFORE UPDATE ON pairs FOR EACH ROW INSERT INTO noticed VALUES ('pairs');
         CREATE TRIGGER posts_change AFTER UPDATE ON posts FOR EACH ROW INSERT INTO noticed VALUES ('posts')",
    );
    program.upgrade(&mut db).unwrap();
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(one(&mut db, "SELECT COUNT(DISTINCT n) FROM pairs WHERE b = ''"), "4");
    assert_eq!(one(&mut db, "SELECT CONCAT(user_id, title) FROM posts ORDER BY id"), "1x,9x,0");
    assert_eq!(one(&mut db, "SELECT COUNT(*) FROM noticed"), "0");
}
