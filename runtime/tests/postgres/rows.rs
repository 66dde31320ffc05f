//! Rows that are filled on the way back.

use migratable::revision::*;

use super::database::{down, line, nothing, run, throwaway, values};
use super::shared::rows::{base, fill};

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
    let mut db = throwaway();
    fill(&program, &mut db);
    run(&mut db, "UPDATE posts SET title = 'y' WHERE title IS NULL");
    program.upgrade(&mut db).unwrap();
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(values(&mut db, "SELECT a || n FROM pairs ORDER BY n"), ["1", "2", "3", "4"]);
    assert_eq!(values(&mut db, "SELECT mood FROM posts ORDER BY id"), ["sad", "happy", "happy"]);
}

#[test]
fn a_column_of_a_domain_comes_back_with_a_value_that_the_domain_takes() {
    let program = line(&[
        (base, nothing),
        (
            |op| op.add_column("pairs", column("c", text()).nullable()),
            |op| {
                op.drop_column("pairs", "c");
                op.add_column("pairs", column("held", native(sql("crate_load"))));
            },
        ),
        (
            |op| op.add_column("pairs", column("d", text()).nullable()),
            |op| {
                op.drop_column("pairs", "d");
                op.add_column("pairs", column("code", native(sql("code"))));
            },
        ),
    ]);
    let mut db = throwaway();
    fill(&program, &mut db);
    run(
        &mut db,
        "CREATE DOMAIN pieces AS integer CHECK (VALUE > 0);
         CREATE DOMAIN crate_load AS pieces NOT NULL CHECK (VALUE >= 12);
         CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]{2}$')",
    );
    program.upgrade(&mut db).unwrap();
    let refused = down(&program, &mut db, "r2").unwrap_err().to_string();
    assert!(refused.contains("need a value in the new column `code` that the domain code takes"), "{refused}");
    assert_eq!(values(&mut db, "SELECT count(*) FROM pairs WHERE d IS NULL"), ["4"]);

    run(&mut db, "DELETE FROM migratable_revisions WHERE revision = 'r3'; ALTER TABLE pairs DROP COLUMN d");
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(values(&mut db, "SELECT held FROM pairs"), ["12", "12", "12", "12"]);
}
