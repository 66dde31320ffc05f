//! Databases at the base and at the head of either branch come to one schema, although one branch renames what the other
//! uses, by operation and in a data step.

use migratable::diesel::{RunQueryDsl, sql_query};
use migratable::revision::*;
use migratable::{Migrator, Options, Revision};

use super::programs::{Program, nothing, one, revision, run};
use crate::database::{Db, assert_is, throwaway};

fn users(op: &mut Operations) {
    let columns = [column("id", bigint()), column("name", varchar(50))];
    op.create_table(
        columns.into_iter().fold(table("users"), |table, it| table.column(it)).primary_key("pk_users", ["id"]),
    );
}

fn drop_users(op: &mut Operations) {
    op.drop_table("users");
}

/// One branch gives two things new names.
fn rename(op: &mut Operations) {
    op.rename_column("users", "name", "full_name");
    op.rename_table("users", "people");
}

fn rename_back(op: &mut Operations) {
    op.rename_table("people", "users");
    op.rename_column("users", "full_name", "name");
}

/// The other uses them by their old names.
fn initial(op: &mut Operations) {
    op.create_index("users", index("ix_users_name").on("name"));
    op.add_column("users", column("initial", varchar(1)).nullable());
    op.run(fill);
    op.alter_column("users", "name").set_type(varchar(80));
}

fn initial_back(op: &mut Operations) {
    op.alter_column("users", "name").set_type(varchar(50));
    op.drop_column("users", "initial");
    op.drop_index("users", "ix_users_name");
}

fn fill(db: &mut Db) -> Result<()> {
    sql_query("UPDATE users SET initial = substr(name, 1, 1)").execute(db)?;
    Ok(())
}

/// The base, the two branches in one or the other order, and what joins them.
fn all() -> [Revision; 4] {
    [
        revision("base", &[], users, drop_users),
        revision("rename", &["base"], rename, rename_back),
        revision("initial", &["base"], initial, initial_back),
        revision("merge", &["rename", "initial"], nothing, nothing),
    ]
}

/// A program of some of the revisions, in this order.
fn program(order: &[usize]) -> Program {
    let mut revisions: Vec<Option<Revision>> = all().into_iter().map(Some).collect();
    let chosen: Vec<Revision> = order.iter().map(|&at| revisions[at].take().unwrap()).collect();
    Migrator::new(chosen.leak())
}

#[test]
fn every_road_ends_in_one_schema_with_every_row() {
    for whole in [&[0, 1, 2, 3][..], &[0, 2, 1, 3]] {
        for start in [&[][..], &[0], &[0, 1], &[0, 2]] {
            let mut db = throwaway();
            program(&[0]).upgrade(&mut db).unwrap();
            run(&mut db, "INSERT INTO users (id, name) VALUES (1, 'Ada'), (2, 'Grace')");
            if start.is_empty() {
                program(&[0]).downgrade(&mut db, "base", &Options::default()).unwrap();
            } else {
                program(start).upgrade(&mut db).unwrap();
            }
            let program = program(whole);
            program.upgrade(&mut db).unwrap();
            let expected = program.expected(&mut db).unwrap().1;
            assert_is(&mut db, &expected, &format!("{whole:?} from {start:?}"));
            if !start.is_empty() {
                let rows = one(&mut db, "SELECT concat_ws(' ', id, full_name, initial) FROM people ORDER BY id");
                assert_eq!(rows, "1 Ada A,2 Grace G", "{whole:?} from {start:?}");
            }
            program.downgrade(&mut db, "base", &Options::default()).unwrap();
            assert_eq!(one(&mut db, "SELECT count(*) FROM migratable_revisions"), "0");
        }
    }
}
