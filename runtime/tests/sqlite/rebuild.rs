//! Tables that are made anew: as seldom as can be, and without harm to those around.

use migratable::Direction;
use migratable::revision::*;

use super::database::{self, line, memory, run, values};
use super::shared::changes::{ROWS, base};

#[test]
fn children_of_a_rebuilt_parent_survive_with_foreign_keys_on() {
    let program = line(&[
        (base, database::nothing),
        (
            |op| {
                op.alter_column("users", "name").nullable();
            },
            database::nothing,
        ),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT count(*) FROM posts"), ["2"]);
    run(&mut db, "DELETE FROM users WHERE id = 1");
    assert_eq!(values(&mut db, "SELECT title FROM posts"), ["first"], "the cascade works as before");
}

#[test]
fn several_changes_of_one_table_are_one_rebuild() {
    let program = line(&[
        (base, database::nothing),
        (
            |op| {
                op.add_column("users", column("bio", text()).nullable());
                op.drop_column("users", "score");
                op.alter_column("users", "name").nullable();
                op.create_unique("users", unique("uq_users_bio", ["bio"]));
                op.create_index("users", index("ix_users_name").on("name"));
                op.add_enum_value("mood", "angry");
                op.rename_column("users", "age", "years");
            },
            database::nothing,
        ),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    let planned = program.plan(&mut db, "head", Direction::Upgrade).unwrap();
    let rebuilds = planned[0].statements.iter().filter(|it| it.sql.starts_with("CREATE TABLE")).count();
    assert_eq!(rebuilds, 1, "{:#?}", planned[0].statements);
    assert_eq!(planned[0].operations.len(), 7);
}
