//! Rows that stand in the way on SQLite alone.

use migratable::revision::*;

use super::database::{Db, line, memory, nothing, run, values};
use super::shared::rows::{base, offending};

#[test]
fn a_step_that_leaves_orphans_is_named_with_them() {
    fn forget(db: &mut Db) -> Result<()> {
        use migratable::diesel::connection::SimpleConnection;
        db.batch_execute("DELETE FROM users WHERE id = 1")?;
        Ok(())
    }
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.create_foreign_key(
                    "posts",
                    foreign_key("fk_p", ["user_id"]).references("users", ["id"]).on_delete(cascade()),
                )
            },
            nothing,
        ),
        (|op| op.run(forget), nothing),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "INSERT INTO users VALUES (1); INSERT INTO posts VALUES (4, 1, 'x', NULL)");
    let (operations, rows) = offending(program.upgrade(&mut db).unwrap_err());
    assert_eq!(operations, ["run forget"]);
    assert_eq!((rows.table.as_str(), rows.count), ("posts", 1));
    assert_eq!(rows.examples, ["posts rowid 4 refers by user_id to users"]);
    assert_eq!(values(&mut db, "SELECT id FROM users"), ["1"]);
}

#[test]
fn a_text_that_a_number_cannot_give_back_stands_in_the_way() {
    type Change = fn(&mut Operations);
    let cases: [(Change, &[&str], &[&str]); 2] = [
        (
            |op| {
                op.alter_column("posts", "title").set_type(integer());
            },
            &["007", "9007199254740993.5", "1e3"],
            &["7", "-12", "3.00", " 4"],
        ),
        (
            |op| {
                op.alter_column("posts", "title").set_type(numeric(30, 2));
            },
            &["12345678901234567890.12", "007"],
            &["1.50", "10.00", "0.1", "-3", "9007199254740993"],
        ),
    ];
    for (change, refused, taken) in cases {
        let program = line(&[(base, nothing), (change, nothing)]);
        for (text, fits) in refused.iter().map(|it| (it, false)).chain(taken.iter().map(|it| (it, true))) {
            let mut db = memory();
            program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
            run(&mut db, &format!("INSERT INTO posts (title) VALUES ('{text}')"));
            let done = program.upgrade(&mut db);
            assert_eq!(done.is_ok(), fits, "{text}");
        }
    }
}
