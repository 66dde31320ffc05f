//! Revisions that fail, and what they leave: nothing.

use migratable::revision::*;
use migratable::{Cause, Error, Options, Transaction};

use super::database::{Db, line, memory, nothing, one, open, program, revision, run, values};
use super::reader;

fn base(op: &mut Operations) {
    op.create_table(table("a").column(column("x", text())));
}

#[test]
fn a_failure_in_the_middle_leaves_database_and_history_as_they_were() {
    fn fails(_: &mut Db) -> Result<()> {
        "x".parse::<i32>()?;
        Ok(())
    }
    type Change = fn(&mut Operations);
    let cases: [(Change, &str, &str); 4] = [
        (
            |op| op.execute(sql("INSERT INTO nowhere VALUES (1)")),
            "execute \"INSERT INTO nowhere VALUES (1)\"",
            "no such table: nowhere",
        ),
        (|op| op.run(fails), "run fails", "invalid digit found in string"),
        (|op| op.backfill("a", "x", sql("nothing_of_the_kind")), "fill a.x", "no such column: nothing_of_the_kind"),
        (
            |op| {
                op.alter_column("a", "x").collate("KLINGON");
            },
            "alter column a.x: collate KLINGON",
            "no such collation sequence: KLINGON",
        ),
    ];
    for (change, operation, reason) in cases {
        let program = line(&[
            (base, nothing),
            (|op| op.create_table(table("b").column(column("x", text()))), nothing),
            (
                |op| {
                    op.add_column("a", column("y", text()).default(now()));
                },
                nothing,
            ),
            (change, nothing),
        ]);
        let mut db = memory();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(&mut db, "INSERT INTO a VALUES ('kept')");
        let before = reader::schema(&mut db);
        let error = program.upgrade(&mut db).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("revision r4 (a change) failed at") && text.contains(operation), "{text}");
        assert!(text.contains(reason) && text.contains("Nothing was changed."), "{text}");
        assert_eq!(reader::schema(&mut db), before);
        assert_eq!(values(&mut db, "SELECT x FROM a"), ["kept"]);
        assert_eq!(values(&mut db, "SELECT revision FROM migratable_revisions"), ["r1"]);

        let each = Options { transaction: Transaction::Revision, ..Options::default() };
        let Err(Error::Failed(failure)) = program.upgrade_to(&mut db, "head", &each) else { panic!("{operation}") };
        let done: Vec<&str> = failure.done.iter().map(|done| done.revision.as_str()).collect();
        assert_eq!(done, ["r2", "r3"]);
        assert!(failure.to_string().contains("done before it, and kept: r2, r3"), "{failure}");
        assert_eq!(values(&mut db, "SELECT revision FROM migratable_revisions"), ["r1", "r2", "r3"]);
    }
}

#[test]
fn a_statement_that_fails_is_shown() {
    let program = line(&[(base, nothing), (|op| op.create_index("a", index("ix").on(sql("random()"))), nothing)]);
    let Err(Error::Failed(failure)) = program.upgrade(&mut memory()) else { panic!() };
    assert_eq!(failure.statement.as_deref(), Some("CREATE INDEX \"ix\" ON \"a\" ((random()))"));
    assert_eq!(failure.operations, ["create index ix on a (\"random()\")"]);
    assert!(matches!(failure.cause, Cause::Database(_)));
}

#[test]
fn an_operation_that_does_not_fit_says_so() {
    let program = line(&[(base, nothing), (|op| op.drop_column("a", "y"), nothing)]);
    let error = program.upgrade(&mut memory()).unwrap_err().to_string();
    assert_eq!(error, "revision r2 cannot be run: drop column a.y: there is no column `a.y` at this step");
}

#[test]
fn revisions_that_do_not_hang_together_say_so() {
    let program = program(vec![revision("r2", &["r1"], nothing, nothing)]);
    let error = program.upgrade(&mut memory()).unwrap_err().to_string();
    assert!(error.contains("revision r2 follows r1, which is not there"), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "This is not a database. ".repeat(100)).unwrap();
    let error = line(&[(base, nothing)]).upgrade(&mut open(&path)).unwrap_err().to_string();
    assert!(error.contains("file is not a database"), "{error}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("This is not"));
}

#[test]
fn a_database_that_cannot_be_written_is_one_clear_error() {
    let mut db = memory();
    let program = line(&[(base, nothing)]);
    run(&mut db, "PRAGMA query_only = ON");
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("attempt to write a readonly database: the file, or the folder"), "{error}");
    run(&mut db, "PRAGMA query_only = OFF");
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT count(*) FROM a"), "0");
}

#[test]
fn a_database_that_somebody_else_writes_to_for_too_long_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let program = line(&[(base, nothing), (|op| op.drop_table("a"), nothing)]);
    program.upgrade_to(&mut open(&path), "r1", &Options::default()).unwrap();
    let (mut writer, mut db) = (open(&path), open(&path));
    run(&mut db, "PRAGMA busy_timeout = 20");
    for held in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        run(&mut writer, held);
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(
            error.contains("database is locked: somebody else is writing to it, or reads for long; run this again"),
            "{held}: {error}"
        );
        run(&mut writer, "COMMIT");
        assert_eq!(program.current(&mut db).unwrap(), ["r1"]);
    }
    program.upgrade(&mut db).unwrap();
}

#[test]
fn a_full_database_changes_nothing() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.alter_column("a", "x").nullable();
            },
            nothing,
        ),
    ]);
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(
        &mut db,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO a SELECT hex(randomblob(50)) FROM n",
    );
    let pages = one(&mut db, "SELECT page_count + 2 FROM pragma_page_count");
    run(&mut db, &format!("PRAGMA max_page_count = {pages}"));
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("database or disk is full: make room on the disk, and run this again"), "{error}");
    assert_eq!(one(&mut db, "SELECT count(*) FROM a"), "2000");
    assert_eq!(one(&mut db, "SELECT foreign_keys FROM pragma_foreign_keys"), "1");
    run(&mut db, "PRAGMA max_page_count = 100000");
    program.upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT count(*) FROM a"), "2000");
}
