//! Rows that stand in the way on MySQL alone.

use migratable::revision::*;

use super::database::{line, nothing, one, run, throwaway};
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
