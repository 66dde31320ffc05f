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
