//! SQL that somebody wrote is done once, whatever it holds, whenever it fails or is killed, and whatever others do then.

use std::cell::Cell;
use std::time::{Duration, Instant};

use migratable::revision::*;
use migratable::{Error, Options, Settings};

use super::database::{Db, Program, Throwaway, connect, line, nothing, one, run, throwaway, two};

fn first(op: &mut Operations) {
    op.create_table(table("users").column(column("id", bigint())).column(column("name", varchar(60))));
    op.bulk_insert("users", ["id", "name"], [[value(1), value("ann")], [value(2), value("bob")]]);
}

const NAMES: &str = "SELECT name FROM users ORDER BY name";

fn refused(outcome: Result<migratable::Report, Error>, why: &str) {
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("r2") && error.contains(why), "{error}");
}

/// A program whose second revision is this SQL, each a statement of its own.
fn program(written: &'static [&'static str]) -> Program {
    thread_local!(static WRITTEN: Cell<&'static [&'static str]> = const { Cell::new(&[]) });
    WRITTEN.set(written);
    line(&[(first, nothing), (|op| WRITTEN.get().iter().for_each(|text| op.execute(sql(text))), nothing)])
}

/// A database where the server has ended the connection in the middle of a statement of `r2` that sleeps.
fn killed(written: &'static [&'static str]) -> Throwaway {
    let mut db = throwaway();
    program(written).upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    let url = db.url.clone();
    let run_there = std::thread::spawn(move || program(written).upgrade(&mut connect(&url)).unwrap_err().to_string());
    let sleeping = format!(
        "SELECT id FROM information_schema.processlist WHERE db = '{}' AND info LIKE '%SLEEP(%' AND id <> \
         CONNECTION_ID() AND state LIKE 'User sleep%'",
        db.name
    );
    let begun = Instant::now();
    let id = loop {
        match one(&mut db, &sleeping) {
            none if none.is_empty() => assert!(begun.elapsed() < Duration::from_secs(30), "nothing sleeps"),
            id => break id,
        }
    };
    run(&mut db, &format!("KILL {id}"));
    let said = run_there.join().unwrap();
    assert!(said.contains("whether this was done is not known") && !said.contains("Nothing was changed"), "{said}");
    db
}

#[test]
fn rows_that_were_changed_before_a_failure_are_not_changed_again_whatever_words_did_it() {
    let cases: [(bool, &'static [&'static str]); 6] = [
        (false, &["UPDATE users SET name = CONCAT(name, ' := TEMPORARY INTO @x')", "UPDATE nowhere SET id = 1"]),
        (true, &["UPDATE users SET name = CONCAT(name, '!'), id = (@n := id)", "UPDATE nowhere SET id = 1"]),
        (false, &["/* why */ UPDATE users SET name = CONCAT(name, '!')", "UPDATE nowhere SET id = 1"]),
        (false, &["# why\nUPDATE users SET name = CONCAT(name, '!')", "UPDATE nowhere SET id = 1"]),
        (
            true,
            &[
                "PREPARE shout FROM 'UPDATE users SET name = CONCAT(name, ''!'')'",
                "EXECUTE shout",
                "UPDATE nowhere SET id = 1",
            ],
        ),
        (
            true,
            &[
                "CREATE TABLE numbered AS SELECT @n := id AS id, '!' AS mark FROM users",
                "UPDATE users SET name = CONCAT(name, (SELECT MIN(mark) FROM numbered))",
                "UPDATE nowhere SET id = 1",
            ],
        ),
    ];
    for (sets, written) in cases {
        let mut db = throwaway();
        let error = program(written).upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("What the revision did before this stays"), "{written:?}: {error}");
        let changed = one(&mut db, NAMES);
        assert_ne!(changed, "ann,bob", "{written:?}");
        run(&mut db, "CREATE VIEW nowhere AS SELECT * FROM users");
        match program(written).upgrade(&mut db) {
            Ok(report) if !sets => assert_eq!(report.resumed, ["r2"]),
            // What it has set is gone with the session.
            again => refused(again, "sets something for the session, which is over"),
        }
        assert_eq!(one(&mut db, NAMES), changed, "{written:?}");
    }
}

#[test]
fn rows_whose_change_was_killed_are_changed_when_others_have_changed_something_else_since() {
    let cases: [&'static [&'static str]; 4] = [
        &["UPDATE users SET name = CONCAT(name, '!') WHERE SLEEP(id) = 0"],
        &["/* why */ UPDATE users SET name = CONCAT(name, '!') WHERE SLEEP(id) = 0"],
        &["-- why\nUPDATE users SET name = CONCAT(name, '!') WHERE SLEEP(id) = 0"],
        &[
            "UPDATE users SET name = CONCAT(name, '?'); UPDATE users SET name = REPLACE(name, '?', '!') WHERE SLEEP(id) = 0",
        ],
    ];
    for written in cases {
        let mut db = killed(written);
        assert_eq!(one(&mut db, NAMES), "ann,bob", "{written:?}");
        run(&mut db, "CREATE TABLE somebody_else (id INT)");
        program(written).upgrade(&mut db).unwrap();
        assert_eq!(one(&mut db, NAMES), "ann!,bob!", "{written:?}");
    }
}

#[test]
fn a_change_of_a_table_that_was_killed_is_judged_by_that_table() {
    let written: &'static [&'static str] = &["CREATE TABLE copied AS SELECT SLEEP(id) AS slept FROM users"];
    let is_done = "SELECT COUNT(*) FROM migratable_revisions";
    let mut db = killed(written);
    run(&mut db, "CREATE TABLE somebody_else (id INT)");
    refused(program(written).upgrade(&mut db), "only a person can tell");
    assert_eq!(one(&mut db, is_done), "1");
    run(&mut db, "DROP TABLE somebody_else");
    program(written).upgrade(&mut db).unwrap();
    assert_eq!(one(&mut db, "SELECT COUNT(*) FROM copied"), "2");

    for made in ["TABLE copied (slept INT)", "TABLE copied (slept INT) WITH SYSTEM VERSIONING", "SEQUENCE copied"] {
        let mut db = killed(written);
        run(&mut db, &format!("CREATE {made}; CREATE TABLE somebody_else (id INT)"));
        program(written).upgrade(&mut db).unwrap();
        assert_eq!(one(&mut db, is_done), "2", "{made}");
    }
}

fn values_of(db: &mut Db) -> String {
    one(db, "SELECT GROUP_CONCAT(id ORDER BY id) FROM aside")
}

#[test]
fn rows_of_a_table_without_transactions_are_left_to_a_person_when_their_change_was_stopped() {
    for engine in ["MyISAM", "Aria"] {
        let mut db = throwaway();
        let written: &'static [&'static str] = &["INSERT INTO aside VALUES (2), (1)"];
        program(written).upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(
            &mut db,
            &format!("CREATE TABLE aside (id INT PRIMARY KEY) ENGINE = {engine}; INSERT INTO aside VALUES (1)"),
        );
        let error = program(written).upgrade(&mut db).unwrap_err().to_string();
        assert_eq!(values_of(&mut db), "1,2", "the database keeps what it did before it failed");
        assert!(!error.contains("Nothing was changed"), "{error}");
        refused(program(written).upgrade(&mut db), "only a person can tell");
    }
}

#[test]
fn rows_of_a_table_without_transactions_are_not_written_again_after_a_lock_timeout() {
    let written: &'static [&'static str] = &["INSERT INTO aside SELECT id FROM users ORDER BY id"];
    let settings = Settings::default().with_lock_timeout(Duration::from_secs(1)).with_retries(1);
    let program = program(written).with_settings(settings);
    let (_stays, mut db, mut other) = two();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "CREATE TABLE aside (id INT) ENGINE = MyISAM; ALTER TABLE users ADD PRIMARY KEY (id)");
    run(&mut other, "BEGIN; UPDATE users SET name = 'x' WHERE id = 2");
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert_eq!(values_of(&mut db), "1", "{error}");
    assert!(!error.contains("Nothing was changed"), "{error}");
    run(&mut other, "ROLLBACK");
    refused(program.upgrade(&mut db), "only a person can tell");
}

#[test]
fn what_a_trigger_wrote_to_a_table_without_transactions_is_not_written_again() {
    let written: &'static [&'static str] = &["INSERT INTO noted VALUES (1), (1)"];
    let mut db = throwaway();
    program(written).upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(
        &mut db,
        "CREATE TABLE noted (id INT PRIMARY KEY); CREATE TABLE aside (id INT) ENGINE = MyISAM; CREATE TRIGGER notes AFTER \
         INSERT ON noted FOR EACH ROW INSERT INTO aside VALUES (NEW.id)",
    );
    let error = program(written).upgrade(&mut db).unwrap_err().to_string();
    assert_eq!(values_of(&mut db), "1", "{error}");
    assert!(!error.contains("Nothing was changed"), "{error}");
    refused(program(written).upgrade(&mut db), "only a person can tell");
}

#[test]
fn what_a_step_or_the_tool_did_to_a_table_without_transactions_is_not_done_again() {
    fn writes(db: &mut Db) -> Result<()> {
        run(db, "INSERT INTO aside VALUES (2)");
        Err("stopped".into())
    }
    fn writes_elsewhere(db: &mut Db) -> Result<()> {
        run(db, "UPDATE users SET name = CONCAT(name, '!')");
        Err("stopped".into())
    }
    type Change = fn(&mut Operations);
    let changes: [(Change, &str, bool); 3] = [
        (|op| op.run(writes), "1,2", false),
        (|op| op.run(writes_elsewhere), "1", true),
        (|op| op.bulk_insert("aside", ["id"], [[value(2)], [value(3)]]), "1,2", false),
    ];
    fn aside(op: &mut Operations) {
        op.create_table(table("aside").column(column("id", integer())).primary_key("pk_aside", ["id"]));
    }
    for (change, rows, may_be_repeated) in changes {
        let program = line(&[(first, nothing), (aside, nothing), (change, nothing)]);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r2", &Options::default()).unwrap();
        run(
            &mut db,
            "ALTER TABLE aside ENGINE = MyISAM; INSERT INTO aside VALUES (1); CREATE TRIGGER no BEFORE INSERT ON aside FOR \
             EACH ROW BEGIN IF NEW.id = 3 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF; END",
        );
        for turn in 0..2 {
            let error = program.upgrade(&mut db).unwrap_err().to_string();
            assert_eq!(error.contains("Nothing was changed"), may_be_repeated, "{error}");
            assert_eq!(error.contains("only a person can tell"), turn == 1 && !may_be_repeated, "{error}");
            assert_eq!((values_of(&mut db).as_str(), one(&mut db, NAMES).as_str()), (rows, "ann,bob"));
        }
    }
}

#[test]
fn the_tables_of_the_tool_are_in_transactions_whatever_engine_is_usual() {
    let written: &'static [&'static str] = &["UPDATE users SET name = CONCAT(name, '!') WHERE SLEEP(id) = 0", "DO 0"];
    let mut db = throwaway();
    run(&mut db, "SET SESSION default_storage_engine = MyISAM");
    let engines = "SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = DATABASE() AND \
                   table_name LIKE 'migratable%'";
    program(&["ALTER TABLE users ADD x INT", "UPDATE nowhere SET id = 1"]).upgrade(&mut db).unwrap_err();
    let options = migratable::RepairOptions { reason: "x".to_owned(), tables: Some(migratable::TablesAre::Before) };
    assert_eq!(one(&mut db, engines), "InnoDB", "history and journal");
    program(written).repair(&mut db, "r2", &options).unwrap();
    assert_eq!(one(&mut db, engines), "InnoDB", "history and repairs");
}
