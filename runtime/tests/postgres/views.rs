//! Views and triggers over tables that change.

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;

use super::database::{Db, Throwaway, down, line, nothing, run, values};

fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(
        table("a")
            .column(column("id", integer()).identity(identity()))
            .column(column("x", varchar(10)))
            .column(column("mood", enumeration("mood")).default("sad"))
            .primary_key("pk_a", ["id"]),
    );
}

#[test]
fn views_and_triggers_survive_and_steps_see_them() {
    fn reads(db: &mut Db) -> Result<()> {
        db.batch_execute("INSERT INTO a (x) SELECT x || '!' FROM v")?;
        Ok(())
    }
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.alter_column("a", "x").set_type(text());
                op.run(reads);
                op.add_enum_value("mood", "angry");
                op.rename_column("a", "x", "name");
            },
            |op| {
                op.rename_column("a", "name", "x");
                op.drop_enum_value("mood", "angry");
                op.alter_column("a", "x").set_type(varchar(10));
            },
        ),
    ]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(
        &mut db,
        "CREATE VIEW v AS SELECT x, mood FROM a;
         CREATE VIEW w AS SELECT x FROM v;
         CREATE TABLE log (x text);
         CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN INSERT INTO log VALUES (''seen''); RETURN NEW; END';
         CREATE TRIGGER logs AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION logs();
         INSERT INTO a (x) VALUES ('one')",
    );
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT x FROM w ORDER BY x"), ["one", "one!"]);
    assert_eq!(values(&mut db, "SELECT x FROM log"), ["seen", "seen"]);
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(values(&mut db, "SELECT x || mood FROM v ORDER BY x"), ["onesad", "one!sad"]);
    assert_eq!(values(&mut db, "SELECT proname FROM pg_proc WHERE proname ~ '^migratable'").len(), 0);
}

#[test]
fn a_column_that_a_view_needs_is_not_dropped() {
    let program = line(&[(base, nothing), (|op| op.drop_column("a", "x"), nothing)]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "CREATE VIEW v AS SELECT x FROM a");
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("other objects depend on it") && error.contains("Nothing was changed"), "{error}");
}

#[test]
fn a_view_keeps_the_defaults_of_its_columns() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.alter_column("a", "x").set_type(text());
            },
            nothing,
        ),
    ]);
    let throwaway = Throwaway::new();
    let mut db = throwaway.connect();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "CREATE VIEW v AS SELECT x, id AS \"The id\" FROM a; ALTER VIEW v ALTER x SET DEFAULT 'it''s'");
    run(&mut db, "ALTER VIEW v ALTER \"The id\" SET DEFAULT 7");
    program.upgrade(&mut db).unwrap();
    run(&mut db, "INSERT INTO v DEFAULT VALUES");
    assert_eq!(values(&mut db, "SELECT id || x FROM a"), ["7it's"]);
}
