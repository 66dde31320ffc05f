//! A person says what a database is, and why.

use migratable::inspect::inspect;
use migratable::revision::*;
use migratable::{Error, Options, RepairOptions, Repaired, TablesAre, Transaction};

use super::programs::{line, nothing, one, run};
use crate::database::{Db, throwaway};

fn users(op: &mut Operations) {
    op.create_table(table("users").column(column("id", bigint())).primary_key("pk_users", ["id"]));
}

fn because(reason: &str, tables: Option<TablesAre>) -> RepairOptions {
    RepairOptions { reason: reason.to_owned(), tables }
}

#[test]
fn a_revision_that_was_edited_since_it_was_applied_is_taken_as_it_is() {
    let program = line(&[(users, |op| op.drop_table("users"))]);
    let mut db = throwaway();
    let text = |error: Error| error.to_string();
    assert!(text(program.repair(&mut db, "r1", &because("x", None)).unwrap_err()).contains("it is not applied"));
    program.upgrade(&mut db).unwrap();
    let unedited = program.repair(&mut db, "r1", &because("x", None)).unwrap_err();
    assert!(text(unedited).contains("it was not edited since it was applied"));
    for change in ["checksum = 'v1:other'", "steps_checksum = 'v1:other'"] {
        run(&mut db, &format!("UPDATE migratable_revisions SET {change}"));
        let unfinished = program.repair(&mut db, "r1", &because("x", Some(TablesAre::After))).unwrap_err();
        assert!(text(unfinished).contains("no revision was begun there"));

        let repaired = program.repair(&mut db, "head", &because("only a comment, it's fine", None)).unwrap();

        assert_eq!(repaired, ("r1".to_owned(), Repaired::Checksum));
        let status = program.status(&mut db).unwrap();
        assert!(status.changed.is_empty() && status.changed_steps.is_empty());
    }
    let kept = "SELECT reason FROM migratable_repairs WHERE revision = 'r1' AND repaired = 'checksum'";
    assert_eq!(one(&mut db, kept), "only a comment, it's fine,only a comment, it's fine");
    let own: &mut Db = &mut db;
    let tables = inspect(own).unwrap().schema.tables;
    assert_eq!(tables.keys().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["users"], "the tool's own are no drift");
}

#[test]
fn what_is_no_revision_is_not_repaired() {
    let program = line(&[(users, nothing)]);
    let mut db = throwaway();
    assert!(matches!(program.repair(&mut db, "zz", &because("x", None)), Err(Error::Resolve(_))));
}

#[test]
fn a_history_that_a_newer_release_has_written_is_only_read() {
    let program = line(&[(users, nothing), (|op| op.drop_table("users"), nothing)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, "UPDATE migratable_revisions SET tool_version = '99.1.0'");
    let refused = |error: Error| {
        assert_eq!(error.code(), "older_tool");
        assert!(error.to_string().contains("written by version 99.1.0 of this tool"), "{error}");
    };
    refused(program.upgrade(&mut db).unwrap_err());
    refused(program.downgrade(&mut db, "base", &Default::default()).unwrap_err());
    refused(program.stamp(&mut db, &["head"], &Default::default()).unwrap_err());
    refused(program.repair(&mut db, "r1", &because("x", None)).unwrap_err());
    assert_eq!(program.current(&mut db).unwrap(), ["r1"]);
    run(&mut db, "UPDATE migratable_revisions SET tool_version = '0.0.1'");
    program.upgrade(&mut db).unwrap();
}

#[test]
fn a_revision_that_a_newer_release_has_begun_is_left_to_it() {
    let program = line(&[
        (users, nothing),
        (
            |op| {
                op.create_table(table("other").column(column("id", bigint())).primary_key("pk_other", ["id"]));
                op.execute(sql("INSERT INTO nowhere VALUES (1)"));
            },
            nothing,
        ),
    ]);
    let mut db = throwaway();
    let options = Options { transaction: Transaction::None, ..Options::default() };
    program.upgrade_to(&mut db, "head", &options).unwrap_err();
    run(&mut db, "UPDATE migratable_journal SET tool_version = '99.1.0'");
    for error in [
        program.upgrade(&mut db).unwrap_err(),
        program.stamp(&mut db, &["head"], &Default::default()).unwrap_err(),
        program.repair(&mut db, "r2", &because("x", Some(TablesAre::Before))).unwrap_err(),
    ] {
        assert_eq!(error.code(), "older_tool", "{error}");
    }
    assert_eq!(program.status(&mut db).unwrap().unfinished.unwrap().revision, "r2");
}
