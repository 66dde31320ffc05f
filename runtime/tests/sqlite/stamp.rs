//! Recording where a database stands.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use migratable::diesel::Connection;
use migratable::diesel::connection::InstrumentationEvent;
use migratable::revision::*;
use migratable::{Error, Options, Revision, StampOptions};

use super::database::{Db, Program, line, memory, nothing, one, open, program, revision, run, values};

const KEEP: StampOptions = StampOptions { purge: false };
const PURGE: StampOptions = StampOptions { purge: true };

/// `r1`, then the branches `a1`, `a2` and `b1`, and `m` that joins them; what they do would fail.
fn branches(ids: &[&str]) -> Program {
    let fails: fn(&mut Operations) = |op| op.execute(sql("nonsense"));
    let all: [(&'static str, &'static [&'static str]); 5] =
        [("r1", &[]), ("a1", &["r1"]), ("a2", &["a1"]), ("b1", &["r1"]), ("m", &["a2", "b1"])];
    let wanted = all.into_iter().filter(|(id, _)| ids.contains(id));
    program(wanted.map(|(id, after)| revision(id, after, fails, fails)).collect())
}

const ALL: [&str; 5] = ["r1", "a1", "a2", "b1", "m"];

/// A database with rows and a history of these revisions, in this order.
fn database(history: &[&str]) -> Db {
    let mut db = memory();
    branches(&ALL).stamp(&mut db, &["r1"], &KEEP).unwrap();
    run(
        &mut db,
        "CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (7); DELETE FROM migratable_revisions",
    );
    for (at, id) in history.iter().enumerate() {
        run(
            &mut db,
            &format!(
                "INSERT INTO migratable_revisions VALUES ('{id}', {at}, 'old', 'v1:{id}', NULL, '2020-01-01', 5, '0.0.1')"
            ),
        );
    }
    db
}

fn history(db: &mut Db) -> String {
    one(db, "SELECT revision FROM migratable_revisions ORDER BY ordinal")
}

#[test]
fn the_history_is_of_the_targets_and_what_comes_before_them() {
    let program = branches(&ALL);
    for (before, targets, after, current) in [
        ("", "head", "r1,a1,a2,b1,m", "m"),
        ("", "a2 b1", "r1,a1,a2,b1", "a2 b1"),
        ("", "b1 a1 r1", "r1,a1,b1", "a1 b1"),
        ("", "base", "", ""),
        ("", "+1", "r1", "r1"),
        ("r1 a1", "+1", "r1,a1,a2", "a2"),
        ("r1 a1", "current", "r1,a1", "a1"),
        ("r1 a1", "base b1", "r1,b1", "b1"),
        ("r1 b1 a1 a2 m", "m-1 a1", "r1,b1,a1,a2", "a2 b1"),
        ("r1 b1 a1 a2 m", "a1", "r1,a1", "a1"),
        ("r1 b1 a1 a2 m", "heads", "r1,b1,a1,a2,m", "m"),
        ("r1 b1 a1 a2 m", "base", "", ""),
        ("r1 a2", "a2", "r1,a1,a2", "a2"),
        ("m", "head", "r1,a1,a2,b1,m", "m"),
    ] {
        let mut db = database(&before.split_whitespace().collect::<Vec<_>>());
        let targets: Vec<&str> = targets.split_whitespace().collect();
        let at = program.stamp(&mut db, &targets, &KEEP).unwrap().current.join(" ");
        assert_eq!((at.as_str(), history(&mut db).as_str()), (current, after), "{before}: {targets:?}");
        assert_eq!(program.current(&mut db).unwrap().join(" "), current, "{before}: {targets:?}");
        assert_eq!(values(&mut db, "SELECT id FROM users"), ["7"]);
    }
}

#[test]
fn rows_say_what_is_stamped_and_those_that_stay_are_as_they_were() {
    let first = Revision { message: "it's", steps_checksum: Some("v1:s"), ..revision("a1", &["r1"], nothing, nothing) };
    let program = program(vec![revision("r1", &[], nothing, nothing), first]);
    for (options, kept) in [(KEEP, "old 2020-01-01 5 0.0.1 0"), (PURGE, "a change now 0 now 1")] {
        let mut db = database(&["r1"]);
        program.stamp(&mut db, &["head"], &options).unwrap();
        let rows = program.applied(&mut db).unwrap();
        let at = if rows[0].applied_at == "2020-01-01" { "2020-01-01" } else { "now" };
        let version = if rows[0].tool_version == env!("CARGO_PKG_VERSION") { "now" } else { &rows[0].tool_version };
        let (message, duration) = (&rows[0].message, rows[0].duration.as_millis());
        assert_eq!(format!("{message} {at} {duration} {version} {}", rows[0].ordinal), kept);
        assert_eq!(
            (rows[1].message.as_str(), rows[1].checksum.as_str(), rows[1].steps_checksum.as_deref(), rows[1].ordinal),
            ("it's", "v1:a1", Some("v1:s"), rows[0].ordinal + 1)
        );
        assert!(program.upgrade(&mut db).unwrap().done.is_empty());
    }
}

#[test]
fn what_the_program_does_not_know_or_knows_otherwise_is_forgotten_only_by_purge() {
    let changed = "UPDATE migratable_revisions SET checksum = 'v1:xx' WHERE revision = 'a1'";
    for (applied, change, names) in [
        ("r1 a1 b1", "", "has b1, which this program does not know, and that would be forgotten"),
        ("r1 a1", changed, "has a1, changed after it was applied, and that"),
        (
            "r1 a1 a2 b1",
            changed,
            "has b1, which this program does not know, and a1, changed after it was applied, and that",
        ),
    ] {
        let program = branches(&["r1", "a1", "a2"]);
        for target in ["base", "current", "heads"] {
            let mut db = database(&applied.split(' ').collect::<Vec<_>>());
            run(&mut db, change);
            let before = history(&mut db);

            let error = program.stamp(&mut db, &[target], &KEEP).unwrap_err();

            assert!(matches!(error, Error::Unstampable { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains(names) && text.contains("`stamp --purge`"), "{text}");
            assert_eq!(history(&mut db), before);

            let current = program.current(&mut db).unwrap();
            let at = program.stamp(&mut db, &[target], &PURGE).unwrap().current;

            let expected = match target {
                "base" => Vec::new(),
                "current" => current,
                _ => vec!["a2".to_owned()],
            };
            assert_eq!((program.current(&mut db).unwrap(), at), (expected.clone(), expected), "{applied}: {target}");
            assert!(program.status(&mut db).unwrap().changed.is_empty());
            assert_eq!(values(&mut db, "SELECT id FROM users"), ["7"]);
        }
    }
}

#[test]
fn a_branch_that_was_thrown_away_is_left_by_a_way_that_the_errors_name() {
    let (theirs, mine) = (branches(&["r1", "b1"]), line(&[(nothing, nothing), (nothing, nothing)]));
    let mut db = memory();
    theirs.stamp(&mut db, &["b1"], &KEEP).unwrap();
    let error = mine.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("see `stamp --help`") && !error.contains("--purge"), "{error}");
    mine.stamp(&mut db, &["current"], &PURGE).unwrap();
    let done = mine.upgrade(&mut db).unwrap().done;
    assert_eq!(done.iter().map(|it| it.revision.as_str()).collect::<Vec<_>>(), ["r2"]);
}

#[test]
fn a_stamp_that_fails_changes_nothing() {
    for options in [KEEP, PURGE] {
        let mut db = database(&["r1", "b1"]);
        run(
            &mut db,
            "CREATE TRIGGER no BEFORE INSERT ON migratable_revisions WHEN NEW.revision = 'a2' \
             BEGIN SELECT RAISE(ABORT, 'no'); END",
        );
        let error = branches(&ALL).stamp(&mut db, &["a2"], &options).unwrap_err().to_string();
        assert!(error.contains("could not write the history of the database: no"), "{error}");
        assert_eq!(history(&mut db), "r1,b1");
        assert_eq!(one(&mut db, "SELECT foreign_keys FROM pragma_foreign_keys"), "1");
        run(&mut db, "BEGIN; ROLLBACK");
    }
    let mut db = memory();
    branches(&ALL).stamp(&mut db, &["base"], &PURGE).unwrap();
    assert_eq!(one(&mut db, "SELECT count(*) FROM sqlite_master"), "0", "there was nothing to write");
}

/// Copies a database with its journal: what is left behind by a process that is killed now.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_stamp_that_is_killed_between_two_statements_has_changed_nothing_or_all() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let program = branches(&ALL);
    let mut db = open(&home.join("app.db"));
    program.stamp(&mut db, &["a1", "b1"], &KEEP).unwrap();
    let copies = Arc::new(AtomicUsize::new(0));
    let (counter, from, to) = (copies.clone(), home.clone(), folder.path().to_owned());
    db.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            copy(&from, &to.join(counter.fetch_add(1, Ordering::SeqCst).to_string()));
        }
    });

    program.stamp(&mut db, &["a2"], &PURGE).unwrap();

    let copies = copies.load(Ordering::SeqCst);
    assert!(copies > 8, "{copies}");
    let found: Vec<String> =
        (0..copies).map(|at| history(&mut open(&folder.path().join(at.to_string()).join("app.db")))).collect();
    assert!(found.iter().all(|it| it == "r1,a1,b1" || it == "r1,a1,a2"), "{found:?}");
    assert_eq!((found[0].as_str(), history(&mut db).as_str()), ("r1,a1,b1", "r1,a1,a2"));
}

#[test]
fn a_stamp_sees_what_another_process_has_done_while_it_waited() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let program = line(&[(nothing, nothing), (nothing, nothing), (nothing, nothing)]);
    let mut holder = open(&path);
    program.upgrade_to(&mut holder, "r1", &Options::default()).unwrap();
    run(
        &mut holder,
        "BEGIN IMMEDIATE; INSERT INTO migratable_revisions VALUES ('r2', 2, '', 'v1:r2', NULL, '', 0, '')",
    );
    let mut db = open(&path);
    let waiting = std::thread::spawn(move || program.stamp(&mut db, &["+1"], &KEEP).unwrap());
    std::thread::sleep(std::time::Duration::from_millis(100));
    run(&mut holder, "COMMIT");
    assert_eq!(waiting.join().unwrap().current, ["r3"], "one further than where the other has left it");
}
