//! Databases behind, ahead, and with histories that are not this program's.

use migratable::diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use migratable::{Error, Options, Revision, Standing};

use super::database::{Program, down, memory, nothing, one, program, revision, run};

fn revisions(ids: &[&'static str]) -> Vec<Revision> {
    let all: [(&str, &[&'static str]); 5] =
        [("r1", &[]), ("r2", &["r1"]), ("r3", &["r2"]), ("other", &["r2"]), ("r4", &["r3"])];
    let wanted = ids.iter().map(|id| all.iter().find(|(name, _)| name == id).unwrap());
    wanted.map(|(id, after)| revision(id, after, nothing, nothing)).collect()
}

fn of(ids: &[&'static str]) -> Program {
    program(revisions(ids))
}

#[test]
fn behind_current_and_ahead_are_told_apart() {
    let mut db = memory();
    let (old, new) = (of(&["r1", "r2"]), of(&["r1", "r2", "r3", "r4"]));
    let error = old.ensure_current(&mut db).unwrap_err();
    assert!(matches!(&error, Error::Behind { pending } if *pending == ["r1", "r2"]), "{error}");
    assert_eq!(error.to_string(), "the database is behind this program by 2 revisions (r1 to r2): run `upgrade`");
    old.upgrade(&mut db).unwrap();
    assert_eq!(old.ensure_current(&mut db).unwrap(), Standing::Current);
    assert!(matches!(new.ensure_current(&mut db), Err(Error::Behind { pending }) if pending == ["r3", "r4"]));
    new.upgrade(&mut db).unwrap();
    let ahead = Standing::Ahead(vec!["r3".into(), "r4".into()]);
    assert_eq!(old.ensure_current(&mut db).unwrap(), ahead);
    let report = old.upgrade(&mut db).unwrap();
    assert_eq!((report.done.len(), report.standing), (0, ahead));
    let error = down(&old, &mut db, "r1").unwrap_err();
    assert!(matches!(&error, Error::Ahead { unknown } if *unknown == ["r3", "r4"]), "{error}");
    assert_eq!(one(&mut db, "SELECT count(*) FROM migratable_revisions"), "4");
}

#[test]
fn branches_that_do_not_know_each_other_are_named() {
    let mut db = memory();
    of(&["r1", "r2", "other"]).upgrade(&mut db).unwrap();
    let mine = of(&["r1", "r2", "r3"]);
    for error in [mine.ensure_current(&mut db).unwrap_err(), mine.upgrade(&mut db).unwrap_err()] {
        let Error::Diverged { unknown, pending } = &error else { panic!("{error}") };
        assert_eq!((unknown.join(","), pending.join(",")), ("other".into(), "r3".into()));
    }
}

#[test]
fn a_missing_revision_in_the_middle_is_its_own_error() {
    let mut db = memory();
    let program = of(&["r1", "r2", "r3"]);
    program.upgrade(&mut db).unwrap();
    run(&mut db, "DELETE FROM migratable_revisions WHERE revision = 'r2'");
    let error = program.upgrade(&mut db).unwrap_err();
    assert!(matches!(&error, Error::Gap { missing, applied } if *missing == ["r2"] && applied == "r3"), "{error}");
    assert_eq!(
        error.to_string(),
        "the history of the database has r3, but not r2, which must come before it; \
         find out what the tables really are, and record that by `stamp REV`"
    );
}

#[test]
fn an_edited_revision_is_refused_and_an_edited_step_is_reported() {
    let mut db = memory();
    let first = |checksum, steps| Revision { checksum, steps_checksum: steps, ..revision("r1", &[], nothing, nothing) };
    program(vec![first("v1:aa", Some("v1:s"))]).upgrade(&mut db).unwrap();

    let edited = program(vec![first("v1:bb", Some("v1:s")), revision("r2", &["r1"], nothing, nothing)]);
    for error in [
        edited.upgrade(&mut db).unwrap_err(),
        edited.ensure_current(&mut db).unwrap_err(),
        down(&edited, &mut db, "base").unwrap_err(),
    ] {
        let Error::Changed { revision, recorded, compiled } = &error else { panic!("{error}") };
        assert_eq!((revision.as_str(), recorded.as_str(), compiled.as_str()), ("r1", "v1:aa", "v1:bb"));
    }
    assert_eq!(edited.status(&mut db).unwrap().changed, ["r1"]);

    let newer_checksums = program(vec![first("v2:zz", Some("v1:s"))]);
    assert_eq!(newer_checksums.ensure_current(&mut db).unwrap(), Standing::Current);

    let step = program(vec![first("v1:aa", Some("v1:t"))]);
    assert_eq!(step.ensure_current(&mut db).unwrap(), Standing::Current);
    assert_eq!(step.status(&mut db).unwrap().changed_steps, ["r1"]);
    step.upgrade(&mut db).unwrap();
    let strict = Options { strict: true, ..Options::default() };
    let error = step.upgrade_to(&mut db, "head", &strict).unwrap_err();
    assert!(matches!(&error, Error::StepsChanged { revision } if revision == "r1"), "{error}");
}

#[test]
fn status_shows_everything_at_once() {
    let mut db = memory();
    of(&["r1", "r2", "other"]).upgrade(&mut db).unwrap();
    let status = of(&["r1", "r2", "r3"]).status(&mut db).unwrap();
    assert_eq!(status.current, ["r2"]);
    assert_eq!((status.pending, status.unknown), (vec!["r3".to_owned()], vec!["other".to_owned()]));
    assert_eq!(status.applied.len(), 3);
}

thread_local! {
    static QUERIES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[test]
fn ensure_current_is_one_query() {
    set_default_instrumentation(|| {
        Some(Box::new(|event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                QUERIES.set(QUERIES.get() + 1);
            }
        }))
    })
    .unwrap();
    let mut db = memory();
    let program = of(&["r1", "r2", "r3", "r4"]);
    program.upgrade(&mut db).unwrap();
    QUERIES.set(0);
    program.ensure_current(&mut db).unwrap();
    assert_eq!(QUERIES.get(), 1);
}
