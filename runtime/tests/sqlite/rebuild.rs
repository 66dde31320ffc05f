//! Tables that are made anew: as seldom as can be, and without harm to those around.

use migratable::revision::*;
use migratable::{Dialect, Direction, Options, Transaction};

use super::database::{self, client, line, memory, one, run, values};
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

#[test]
fn an_option_of_a_table_that_a_revision_sets_is_not_only_in_the_schema() {
    fn pairs(op: &mut Operations) {
        let pairs = table("pairs").column(column("a", varchar(9))).column(column("b", integer()));
        op.create_table(pairs.primary_key("pk_pairs", ["a"]));
    }
    fn set(op: &mut Operations) {
        op.set_table_option("pairs", "strict", "true");
        op.set_table_option("pairs", "without_rowid", "true");
    }
    fn take(op: &mut Operations) {
        op.set_table_option("pairs", "strict", "");
        op.set_table_option("pairs", "without_rowid", "");
    }
    fn made_with(op: &mut Operations) {
        pairs(op);
        set(op);
    }
    fn grow(op: &mut Operations) {
        op.add_column("pairs", column("c", varchar(3)).nullable());
    }
    fn fill_and_grow(op: &mut Operations) {
        set(op);
        op.execute(sql("UPDATE pairs SET b = 4"));
        grow(op);
    }
    const LOOSE: [&str; 3] = ["00", "a VARCHAR(9), b INTEGER", "x 3"];
    const STRICT: [&str; 3] = ["11", "a TEXT, b INTEGER", "x 3"];
    for (first, second, expected) in [
        (pairs as fn(&mut Operations), set as fn(&mut Operations), STRICT),
        (made_with, database::nothing, STRICT),
        (made_with, take, LOOSE),
        (made_with, grow, ["11", "a TEXT, b INTEGER, c TEXT", "x 3"]),
        (pairs, fill_and_grow, ["11", "a TEXT, b INTEGER, c TEXT", "x 4"]),
    ] {
        let program = line(&[(first, database::nothing), (second, database::nothing)]);
        let script = program.upgrade_sql(Dialect::Sqlite, "r1:r2").unwrap();
        for is_script in [false, true] {
            let mut db = memory();
            program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
            run(&mut db, "INSERT INTO pairs VALUES ('x', 3)");
            match is_script {
                true => client(&mut db, &script).unwrap(),
                false => drop(program.upgrade(&mut db).unwrap()),
            }
            let found = [
                "SELECT wr || strict FROM pragma_table_list('pairs')",
                "SELECT group_concat(name || ' ' || type, ', ') FROM pragma_table_info('pairs')",
                "SELECT a || ' ' || b FROM pairs",
            ];
            assert_eq!(found.map(|query| one(&mut db, query)), expected, "{script}");
        }
    }
}

#[test]
fn a_table_goes_with_the_references_to_it_also_where_each_change_is_a_transaction() {
    fn refers(op: &mut Operations) {
        base(op);
        op.create_table(table("roles").column(column("id", bigint())).primary_key("pk_roles", ["id"]));
        op.bulk_insert("roles", ["id"], [[value(1)]]);
        op.add_column("users", column("role_id", bigint()).nullable());
        op.create_foreign_key("users", foreign_key("fk_users_role_id", ["role_id"]).references("roles", ["id"]));
    }
    fn parts(op: &mut Operations) {
        op.drop_foreign_key("users", "fk_users_role_id");
        op.drop_table("roles");
    }
    let program = line(&[(refers, database::nothing), (parts, database::nothing)]);
    for transaction in [Transaction::All, Transaction::Revision, Transaction::None] {
        let mut db = memory();
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(&mut db, &format!("{ROWS}; UPDATE users SET role_id = 1"));
        let options = Options { transaction, ..Options::default() };
        program.upgrade_to(&mut db, "head", &options).unwrap();
        assert_eq!(values(&mut db, "SELECT DISTINCT role_id FROM users"), ["1"], "{transaction:?}");
        assert_eq!(one(&mut db, "SELECT count(*) FROM sqlite_master WHERE name = 'roles'"), "0", "{transaction:?}");
    }
}

#[test]
fn a_number_that_becomes_the_key_of_a_strict_table_is_not_numbered_by_the_database() {
    fn pairs(op: &mut Operations) {
        let pairs = table("pairs").column(column("a", varchar(9))).column(column("b", bigint()));
        op.create_table(pairs.primary_key("pk_pairs", ["a"]));
        op.set_table_option("pairs", "strict", "true");
    }
    fn key(op: &mut Operations) {
        op.drop_primary_key("pairs", "pk_pairs");
        op.create_primary_key("pairs", primary_key("pk_pairs", ["b"]));
    }
    let program = line(&[(pairs, database::nothing), (key, database::nothing)]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "INSERT INTO pairs VALUES ('x', 3)");
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT type FROM pragma_table_info('pairs') WHERE name = 'b'"), "INT");
    assert_eq!(one(&mut db, "SELECT a || b FROM pairs"), "x3");
}
