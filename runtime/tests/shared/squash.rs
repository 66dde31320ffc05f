//! One revision that stands for several, on databases that have all, none or some of them.

use std::cell::RefCell;

use migratable::revision::*;
use migratable::{Error, Event, Migrator, Observer, Options, StampOptions, Standing, Transaction};

use super::programs::{Program, Record, down, one, revision, run};
use crate::database::{DIALECT, Db, assert_is, client, throwaway};

const USERS: (Record, Record) = (
    |op| op.create_table(table("users").column(column("id", bigint())).primary_key("pk_users", ["id"])),
    |op| op.drop_table("users"),
);
const NAME: (Record, Record) =
    (|op| op.add_column("users", column("name", varchar(20)).default("x")), |op| op.drop_column("users", "name"));
const BIO: (Record, Record) =
    (|op| op.add_column("users", column("bio", varchar(20)).nullable()), |op| op.drop_column("users", "bio"));
const AGE: (Record, Record) =
    (|op| op.add_column("users", column("age", integer()).nullable()), |op| op.drop_column("users", "age"));

/// The line as it was.
fn old() -> Program {
    let [users, name, bio, age] = [USERS, NAME, BIO, AGE];
    let revisions = vec![
        revision("r1", &[], users.0, users.1),
        revision("r2", &["r1"], name.0, name.1),
        revision("r3", &["r2"], bio.0, bio.1),
        revision("r4", &["r3"], age.0, age.1),
    ];
    Migrator::new(revisions.leak())
}

/// The line with `s` for `r2` and `r3`.
fn new() -> Program {
    let both: Record = |op| {
        (NAME.0)(op);
        (BIO.0)(op);
    };
    let back: Record = |op| {
        (BIO.1)(op);
        (NAME.1)(op);
    };
    let mut squashed = revision("s", &["r1"], both, back);
    squashed.replaces = &["r2", "r3"];
    let revisions = vec![revision("r1", &[], USERS.0, USERS.1), squashed, revision("r4", &["s"], AGE.0, AGE.1)];
    Migrator::new(revisions.leak())
}

fn history(db: &mut Db) -> String {
    one(db, "SELECT revision FROM migratable_revisions ORDER BY ordinal")
}

#[test]
fn databases_come_to_the_head_wherever_they_are_but_in_the_middle() {
    for start in ["base", "r1", "r3", "r4"] {
        let mut db = throwaway();
        if start != "base" {
            old().upgrade_to(&mut db, start, &Options::default()).unwrap();
            run(&mut db, "INSERT INTO users (id) VALUES (7)");
        }
        let is_taken_over = ["r3", "r4"].contains(&start);
        assert_eq!(new().status(&mut db).unwrap().halfway, None);
        match new().ensure_current(&mut db) {
            Ok(standing) => assert!(start == "r4" && standing == Standing::Current, "{start}: {standing:?}"),
            Err(error) => assert!(start != "r4" && matches!(error, Error::Behind { .. }), "{start}: {error}"),
        }
        let report = new().upgrade(&mut db).unwrap();
        assert_eq!(report.taken_over.concat(), if is_taken_over { "s" } else { "" }, "{start}");
        assert_eq!(report.done.iter().any(|done| done.revision == "s"), !is_taken_over, "{start}");
        assert_eq!(history(&mut db), "r1,s,r4", "{start}");
        let expected = new().expected(&mut db).unwrap().1;
        assert_is(&mut db, &expected, start);
        if start != "base" {
            assert_eq!(one(&mut db, "SELECT concat_ws(' ', id, name) FROM users"), "7 x", "{start}");
        }
        assert!(new().upgrade(&mut db).unwrap().taken_over.is_empty());
        down(&new(), &mut db, "r1").unwrap();
        assert_eq!(history(&mut db), "r1", "{start}");
        down(&new(), &mut db, "base").unwrap();
    }
}

#[test]
fn a_database_in_the_middle_is_told_what_to_do_and_stays_as_it_is() {
    let mut db = throwaway();
    old().upgrade_to(&mut db, "r2", &Options::default()).unwrap();
    let expected =
        "revision s stands for 2 others, and this database is in the middle of them: it lacks r3. Upgrade it to r3";
    let errors = [
        new().upgrade(&mut db).unwrap_err(),
        new().ensure_current(&mut db).unwrap_err(),
        down(&new(), &mut db, "base").unwrap_err(),
        new().stamp(&mut db, &["head"], &StampOptions::default()).unwrap_err(),
    ];
    for error in errors {
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    assert!(new().status(&mut db).unwrap().halfway.unwrap().starts_with(expected));
    assert_eq!(history(&mut db), "r1,r2");
    old().upgrade_to(&mut db, "r3", &Options::default()).unwrap();
    new().upgrade(&mut db).unwrap();
    assert_eq!(history(&mut db), "r1,s,r4");
}

#[test]
fn a_takeover_told_nobody() {
    for (start, expected) in [
        ("r3", "s for r2, r3; r4 begins; r4 ended; committed 1"),
        ("r4", "s for r2, r3; committed 0"),
        ("r1", "s begins; s ended; committed 1; r4 begins; r4 ended; committed 1"),
    ] {
        let mut db = throwaway();
        old().upgrade_to(&mut db, start, &Options::default()).unwrap();
        let told = RefCell::new(Vec::new());
        let observe = |event: &Event<'_>| {
            told.borrow_mut().extend(match event {
                Event::TookOver { revision, replaces } => Some(format!("{revision} for {}", replaces.join(", "))),
                Event::Begins { revision, .. } => Some(format!("{revision} begins")),
                Event::Ended { revision, .. } => Some(format!("{revision} ended")),
                Event::Committed { revisions } => Some(format!("committed {revisions}")),
                _ => None,
            });
        };
        let options =
            Options { observer: Observer::new(&observe), transaction: Transaction::Revision, ..Options::default() };
        new().upgrade_to(&mut db, "head", &options).unwrap();
        assert_eq!(told.into_inner().join("; "), expected, "{start}");
    }
}

#[test]
fn a_database_that_is_only_to_go_back_is_taken_over_too() {
    let mut db = throwaway();
    old().upgrade(&mut db).unwrap();
    let report = down(&new(), &mut db, "-1").unwrap();
    assert_eq!(report.taken_over, ["s"]);
    assert_eq!(history(&mut db), "r1,s");
    let mut db = throwaway();
    old().upgrade(&mut db).unwrap();
    new().stamp(&mut db, &["r1"], &StampOptions::default()).unwrap();
    assert_eq!(history(&mut db), "r1");
}

#[test]
fn a_script_takes_a_database_over() {
    let scripts = [
        new().upgrade_sql(DIALECT, "s:head").unwrap(),
        new()
            .script(
                DIALECT,
                "base:head",
                migratable::Direction::Upgrade,
                &migratable::ScriptOptions { idempotent: true },
            )
            .unwrap()
            .sql,
    ];
    for script in scripts {
        let mut db = throwaway();
        old().upgrade_to(&mut db, "r3", &Options::default()).unwrap();
        client(&mut db, &script).unwrap();
        assert_eq!(history(&mut db), "r1,s,r4");
        assert!(new().upgrade(&mut db).unwrap().done.is_empty());
        let mut db = throwaway();
        old().upgrade_to(&mut db, "r2", &Options::default()).unwrap();
        client(&mut db, &script).unwrap_err();
        assert_eq!(history(&mut db), "r1,r2");
    }
}
