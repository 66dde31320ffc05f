//! References, and the indexes that they need.

use std::cell::RefCell;

use migratable::revision::*;
use migratable_core::{Operation, Schema};

use super::database::{down, line, nothing, run, throwaway, values};
use super::fresh::fresh;
use super::reader::assert_same;

thread_local! {
    static CHANGE: RefCell<Vec<Operation>> = const { RefCell::new(Vec::new()) };
}

fn base(op: &mut Operations) {
    for name in ["users", "people"] {
        let made = table(name).column(column("id", bigint())).column(column("part", bigint()));
        op.create_table(made.primary_key(&format!("pk_{name}"), ["id", "part"]));
    }
    let posts = table("posts").column(column("user_id", bigint())).column(column("part", bigint()));
    op.create_table(posts.foreign_key(foreign_key("fk_m", ["user_id"]).references("users", ["id"])));
}

#[test]
fn another_reference_from_a_column_named_its_index_in_another_way_than_a_fresh_database() {
    let one = |name: &str| foreign_key(name, ["user_id"]).references("people", ["id"]);
    let two = |name: &str| foreign_key(name, ["user_id", "part"]).references("people", ["id", "part"]);
    for key in [one("fk_a"), one("fk_z"), two("fk_a"), two("fk_z")] {
        let what = format!("{} of {:?}", key.name, key.columns);
        let create = Operation::CreateForeignKey { table: "posts".into(), foreign_key: key.clone() };
        CHANGE.set(vec![create]);
        let program = line(&[
            (base, nothing),
            (
                |op| CHANGE.with_borrow(|it| op.operations.extend(it.iter().cloned())),
                |op| CHANGE.with_borrow(|it| op.drop_foreign_key("posts", &name_of(&it[0]))),
            ),
        ]);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(
            &mut db,
            "INSERT INTO users VALUES (1, 2); INSERT INTO people VALUES (1, 2); INSERT INTO posts VALUES (1, 2)",
        );
        program.upgrade(&mut db).unwrap();

        let mut schema = Schema::default();
        let mut operations = Operations::default();
        base(&mut operations);
        operations.operations.iter().for_each(|operation| operation.apply(&mut schema).unwrap());
        let before = schema.clone();
        // As models list it: it stands before the one that was there.
        schema.tables.get_mut(&"posts".into()).unwrap().foreign_keys.insert(0, key);
        assert_same(&mut db, &mut fresh(&schema), &what);
        down(&program, &mut db, "r1").unwrap();
        assert_same(&mut db, &mut fresh(&before), &format!("back from {what}"));
        assert_eq!(values(&mut db, "SELECT user_id + part FROM posts"), ["3"], "{what}");
    }
}

fn name_of(operation: &Operation) -> String {
    match operation {
        Operation::CreateForeignKey { foreign_key, .. } => foreign_key.name.clone(),
        other => panic!("{other}"),
    }
}
