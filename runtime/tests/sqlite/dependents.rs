//! What stands around a table that is made anew: triggers, views, and what no model says.

use migratable::revision::*;

use super::database::{down, line, memory, nothing, one, run, values};

fn base(op: &mut Operations) {
    op.create_table(
        table("users")
            .column(column("id", bigint()).identity(identity().always()))
            .column(column("name", text()))
            .column(column("bio", text()).nullable())
            .primary_key("pk_users", ["id"])
            .index(index("ix_users_name").on("name")),
    );
    op.create_table(table("log").column(column("line", text())));
}

fn rebuild(op: &mut Operations) {
    op.alter_column("users", "name").nullable();
}

fn undo(op: &mut Operations) {
    op.alter_column("users", "name").not_null();
}

#[test]
fn triggers_views_and_indexes_of_others_survive_and_work() {
    let program = line(&[(base, nothing), (rebuild, undo)]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(
        &mut db,
        "CREATE TRIGGER logs AFTER INSERT ON users BEGIN INSERT INTO log VALUES ('new ' || new.name); END;
         CREATE TRIGGER \"on log\" AFTER INSERT ON log BEGIN UPDATE users SET bio = 'seen'; END;
         CREATE VIEW names AS SELECT name FROM users;
         CREATE INDEX mine ON users (bio DESC) WHERE bio IS NOT NULL;
         INSERT INTO users (name) VALUES ('ann');",
    );
    for round in 0..2 {
        program.upgrade(&mut db).unwrap();
        run(&mut db, "INSERT INTO users (name) VALUES ('bob')");
        assert_eq!(one(&mut db, "SELECT count(*) FROM log"), (2 + round).to_string());
        assert_eq!(values(&mut db, "SELECT DISTINCT bio FROM users"), ["seen"]);
        assert_eq!(one(&mut db, "SELECT count(*) FROM names"), (2 + round).to_string());
        assert_eq!(one(&mut db, "SELECT \"desc\" FROM pragma_index_xinfo('mine') WHERE key"), "1");
        down(&program, &mut db, "r1").unwrap();
    }
    assert_eq!(
        values(&mut db, "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name"),
        ["logs", "names", "on log"]
    );
}

#[test]
fn numbers_strict_and_without_rowid_survive() {
    let program = line(&[
        (
            |op| {
                base(op);
                op.create_table(
                    table("pairs")
                        .column(column("a", text()))
                        .column(column("b", integer()))
                        .primary_key("pk_pairs", ["a"]),
                );
            },
            nothing,
        ),
        (
            |op| {
                rebuild(op);
                op.alter_column("pairs", "b").nullable().set_type(text());
                op.add_column("pairs", column("c", varchar(3)).nullable());
            },
            nothing,
        ),
        (|op| op.add_column("pairs", column("d", timestamp()).nullable()), nothing),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(
        &mut db,
        "DROP TABLE pairs;
         CREATE TABLE pairs (a TEXT NOT NULL CONSTRAINT pk_pairs PRIMARY KEY, b INT NOT NULL) STRICT, WITHOUT ROWID;
         INSERT INTO pairs VALUES ('x', 3);
         INSERT INTO users (id, name) VALUES (90, 'ann'); DELETE FROM users;",
    );
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT wr || strict FROM pragma_table_list('pairs')"), "11");
    assert_eq!(values(&mut db, "SELECT type FROM pragma_table_info('pairs')"), ["TEXT", "TEXT", "TEXT", "TEXT"]);
    assert_eq!(values(&mut db, "SELECT b FROM pairs"), ["3"]);
    run(&mut db, "INSERT INTO users (name) VALUES ('bob')");
    assert_eq!(one(&mut db, "SELECT id FROM users"), "91", "the number of a deleted row does not come again");
}

#[test]
fn autoincrement_that_no_model_asks_for_is_kept() {
    let program = line(&[
        (
            |op| {
                op.create_table(
                    table("t")
                        .column(column("id", integer()).identity(identity()))
                        .column(column("a", text()))
                        .primary_key("pk_t", ["id"]),
                )
            },
            nothing,
        ),
        (
            |op| {
                op.alter_column("t", "a").nullable();
            },
            nothing,
        ),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(
        &mut db,
        "DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL);
         INSERT INTO t VALUES (5, 'x'), (9, 'y'); DELETE FROM t WHERE id = 9",
    );
    program.upgrade(&mut db).unwrap();
    run(&mut db, "INSERT INTO t (a) VALUES ('z')");
    assert_eq!(values(&mut db, "SELECT id FROM t"), ["5", "10"]);
}

#[test]
fn a_view_or_trigger_that_would_stop_working_is_named_and_nothing_is_lost() {
    for (made, expected) in [
        ("CREATE VIEW bios AS SELECT id, bio FROM users", "the view `bios` would no longer work: no such column: bio"),
        (
            "CREATE TRIGGER keep AFTER UPDATE ON users BEGIN INSERT INTO log VALUES (old.bio); END",
            "the trigger `keep` would no longer work: no such column: old.bio",
        ),
        (
            "CREATE TRIGGER far AFTER DELETE ON log BEGIN DELETE FROM users WHERE bio = ''; END",
            "the trigger `far` would no longer work: no such column: bio",
        ),
    ] {
        let program = line(&[
            (base, nothing),
            (
                |op| {
                    op.drop_column("users", "bio");
                    op.alter_column("users", "name").nullable();
                },
                nothing,
            ),
        ]);
        let mut db = memory();
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(
            &mut db,
            "INSERT INTO users (name, bio) VALUES ('ann', 'hello'); CREATE VIEW broken AS SELECT * FROM nowhere",
        );
        run(&mut db, made);
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(values(&mut db, "SELECT bio FROM users"), ["hello"]);
    }
}

#[test]
fn a_dropped_table_that_a_view_uses_is_refused_by_name() {
    let program = line(&[(base, nothing), (|op| op.drop_table("log"), nothing)]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "INSERT INTO log VALUES ('x'); CREATE VIEW lines AS SELECT * FROM log");
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("the view `lines` would no longer work: no such table: main.log"), "{error}");
    assert_eq!(values(&mut db, "SELECT line FROM lines"), ["x"]);
}

#[test]
fn a_dropped_column_that_a_view_uses_is_refused_by_name() {
    let program = line(&[(base, nothing), (|op| op.drop_column("users", "bio"), nothing)]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "CREATE VIEW bios AS SELECT id, bio FROM users");
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("error in view bios after drop column: no such column: bio"), "{error}");
    assert!(error.contains("ALTER TABLE \"users\" DROP COLUMN \"bio\""), "{error}");
}

#[test]
fn renames_carry_views_and_triggers_along() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.rename_table("users", "people");
                op.rename_column("people", "name", "full name");
            },
            nothing,
        ),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(
        &mut db,
        "CREATE VIEW names AS SELECT name FROM users;
         CREATE TRIGGER logs AFTER INSERT ON users BEGIN INSERT INTO log VALUES ('new ' || new.name); END",
    );
    program.upgrade(&mut db).unwrap();
    run(&mut db, "INSERT INTO people (\"full name\") VALUES ('ann')");
    assert_eq!(values(&mut db, "SELECT * FROM names"), ["ann"]);
    assert_eq!(values(&mut db, "SELECT line FROM log"), ["new ann"]);
}

#[test]
fn a_column_that_no_revision_made_is_not_lost() {
    let program = line(&[(base, nothing), (rebuild, nothing)]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "ALTER TABLE users ADD COLUMN secret TEXT; INSERT INTO users (name, secret) VALUES ('ann', 's')");
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("`users` has a column `secret` in the database that no revision made"), "{error}");
    assert_eq!(values(&mut db, "SELECT secret FROM users"), ["s"]);
}

#[test]
fn a_table_that_has_the_name_of_the_new_form_is_not_dropped() {
    let program = line(&[(base, nothing), (rebuild, nothing)]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "CREATE TABLE Migratable_new_users (x); INSERT INTO Migratable_new_users VALUES ('mine')");
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("the database has a table Migratable_new_users, and `users` needs this name"), "{error}");
    assert_eq!(one(&mut db, "SELECT x FROM migratable_new_users"), "mine");
    run(&mut db, "ALTER TABLE migratable_new_users RENAME TO mine");
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT x FROM mine"), "mine");
}

#[test]
fn rowids_survive_where_no_key_is_the_rowid() {
    let program = line(&[
        (|op| op.create_table(table("t").column(column("a", text()))), nothing),
        (
            |op| {
                op.alter_column("t", "a").nullable();
            },
            nothing,
        ),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "INSERT INTO t (rowid, a) VALUES (3, 'x'), (-8, 'y')");
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT rowid || a FROM t ORDER BY rowid"), ["-8y", "3x"]);
}
