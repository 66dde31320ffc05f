//! What is set for a database is done, live and in scripts, on every kind of database.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use migratable::{AnyConnection, Backup, Event, Migrator, Observer, Options, Revision, Settings};
use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};

use super::program::{COUNTING, FAILING, HALVING, Program, SOUND, STEPS, WAITING, WAITING_IN_RUST};

const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];

/// Runs a check on an empty database of each dialect.
fn on_each(name: &str, dialects: &[Dialect], check: impl Fn(&Database<'_>, bool)) {
    for &dialect in dialects {
        let server = Server::of(dialect).unwrap();
        let database = server.database(name).unwrap();
        for by_script in [false, true] {
            database.make("").unwrap();
            check(&database, by_script);
        }
    }
}

/// The tables that there are, by the database's own client.
fn tables(database: &Database<'_>) -> Vec<String> {
    let query = match database.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
        Dialect::Postgres => {
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> \
             'information_schema' ORDER BY 1"
        }
        Dialect::Mysql => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"
        }
    };
    let found = database.query(&format!("{query};")).unwrap();
    found.lines().map(|line| line.strip_prefix("public.").unwrap_or(line).to_owned()).collect()
}

#[test]
fn the_history_stands_in_the_table_that_is_set() {
    on_each("history_table", &DIALECTS, |database, by_script| {
        // A word of SQL, in a schema where there are schemas.
        let (keys, table) = match database.dialect() {
            Dialect::Postgres => ("history-table = \"order\"\nhistory-schema = \"audit\"", "audit.order"),
            _ => ("history-table = \"order\"", "order"),
        };
        let program = Program::new(database, &SOUND, keys);
        program.upgrade(by_script, &[]).unwrap();
        let mut expected = vec![table.to_owned(), "users".to_owned()];
        expected.sort();
        assert_eq!(tables(database), expected);
        assert_eq!(program.ok(&["current"]), "a2 (head)\n");
        assert!(program.ok(&["verify"]).starts_with("clean: "), "the history is no difference");
        assert!(program.ok(&["upgrade"]).contains("is up to date, at a2"));
        let error = program.upgrade(true, &[]).unwrap_err();
        assert!(error.contains("the database is not at the base, where this script begins"), "{error}");
        let down = program.ok(&["downgrade", "head:base", "--sql"]);
        if by_script {
            database.run(&down).unwrap()
        } else {
            drop(program.ok(&["downgrade", "base"]))
        }
        assert_eq!(tables(database), [table]);
        program.ok(&["stamp", "head"]);
        assert_eq!(program.ok(&["current"]), "a2 (head)\n");
    });
}

#[test]
fn a_revision_or_all_of_them_are_one_transaction() {
    on_each("transaction", &[Dialect::Sqlite, Dialect::Postgres], |database, by_script| {
        for (key, variable, flag, stays) in [
            ("all", None, None, false),
            ("revision", None, None, true),
            ("all", Some("revision"), None, true),
            ("revision", Some("all"), None, false),
            ("all", Some("all"), Some("revision"), true),
            ("revision", Some("revision"), Some("all"), false),
            ("none", None, None, true),
            ("all", Some("none"), None, true),
            ("all", None, Some("none"), true),
        ] {
            database.make("").unwrap();
            let mut program = Program::new(database, &FAILING, &format!("transaction = \"{key}\""));
            program.variables.extend(variable.map(|value| ("MIGRATABLE_TRANSACTION", value)));
            let words: Vec<&str> = flag.into_iter().flat_map(|value| ["--transaction", value]).collect();
            let error = program.upgrade(by_script, &words).unwrap_err();
            assert!(error.contains("nowhere"), "{error}");
            let expected = if stays { "a2\n" } else { "" };
            assert_eq!(program.ok(&["current"]), expected, "{key} {variable:?} {flag:?}");
        }
    });
}

#[test]
fn a_script_in_parts_stops_where_somebody_has_come_between() {
    let server = Server::of(Dialect::Postgres).unwrap();
    let database = server.database("between").unwrap();
    let program = Program::new(&database, &SOUND, "transaction = \"revision\"");
    let script = program.ok(&["upgrade", "base:head", "--sql"]);
    let between = script.replacen("COMMIT;", "COMMIT; DELETE FROM migratable_revisions;", 1);
    assert!(database.run(&between).unwrap_err().contains("the database is not at a1, where this script begins"));
}

/// What another connection does so that an upgrade waits, and how it says that it waits.
fn hold(database: &Database<'_>) -> AnyConnection {
    let url = database.url();
    let target = url.strip_prefix("sqlite://").unwrap_or(&url);
    let mut holder = AnyConnection::open(database.dialect(), target).unwrap();
    let sql = match database.dialect() {
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        Dialect::Postgres => "BEGIN; LOCK TABLE users",
        Dialect::Mysql => "LOCK TABLES users WRITE",
    };
    holder.batch_execute(sql).unwrap();
    holder
}

#[test]
fn it_is_waited_for_others_as_long_as_is_set() {
    on_each("lock_timeout", &DIALECTS, |database, by_script| {
        for (key, variable, flag) in
            [("200ms", None, None), ("1h", Some("200ms"), None), ("1h", Some("1h"), Some("200ms"))]
        {
            database.make("").unwrap();
            let mut program = Program::new(database, &SOUND, &format!("lock-timeout = \"{key}\""));
            program.variables.extend(variable.map(|value| ("MIGRATABLE_LOCK_TIMEOUT", value)));
            let words: Vec<&str> = flag.into_iter().flat_map(|value| ["--lock-timeout", value]).collect();
            program.ok(&["upgrade", "a1"]);
            let holder = hold(database);
            let begun = Instant::now();
            let range = if by_script { &["upgrade", "a1:head", "--sql"][..] } else { &["upgrade"][..] };
            let ran = program.migrate(&[range, &words].concat());
            let error = if by_script { database.run(&ran.unwrap()) } else { ran.map(drop) }.unwrap_err();
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
            let said = match database.dialect() {
                Dialect::Sqlite => "database is locked",
                Dialect::Postgres => "lock timeout",
                Dialect::Mysql => "Lock wait timeout exceeded",
            };
            assert!(error.contains(said), "{error}");
            drop(holder);
            program.ok(&["upgrade"]);
        }
    });
}

#[test]
fn what_others_hold_for_too_long_is_tried_again() {
    for (dialect, timeout, held) in [(Dialect::Postgres, "100ms", 500), (Dialect::Mysql, "1s", 1_500)] {
        let server = Server::of(dialect).unwrap();
        let database = server.database("retries").unwrap();
        let url = database.url();
        for (keys, words, succeeds) in [
            ("", &[][..], true),
            ("retries = 0", &[], false),
            ("retries = 0", &["--retries", "9"], true),
            ("retries = 9", &["--retries", "0"], false),
        ] {
            database.make("").unwrap();
            let program = Program::new(&database, &SOUND, keys);
            program.ok(&["upgrade", "a1"]);
            database.run("INSERT INTO users (id) VALUES (1);").unwrap();
            let holder = hold(&database);
            let ends = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(held));
                drop(holder);
            });
            let all = [&["--database-url", &url, "--lock-timeout", timeout, "upgrade"], words].concat();
            let ended = program.said(&all);
            match (ended, succeeds) {
                (Ok((out, err)), true) => {
                    assert!(out.contains("applied a2"), "{out}");
                    assert!(err.contains("a2 is tried again in 200 ms, 1 of "), "{err}");
                }
                (Err(error), false) => assert!(error.contains("timeout") && !error.contains("tried again"), "{error}"),
                (ended, _) => panic!("{dialect} {keys} {words:?}: {ended:?}"),
            }
            ends.join().unwrap();
            program.ok(&["upgrade"]);
            assert_eq!(program.ok(&["current"]), "a2 (head)\n");
            program.ok(&["verify"]);
        }
    }
}

#[test]
fn what_others_hold_for_ever_is_tried_as_often_as_is_set() {
    for (dialect, timeout) in [(Dialect::Postgres, 50), (Dialect::Mysql, 1_000)] {
        let server = Server::of(dialect).unwrap();
        let database = server.database("tries").unwrap();
        let tried = |revisions: &'static [Revision]| {
            database.make("").unwrap();
            Program::new(&database, revisions, "").ok(&["upgrade", "a1"]);
            let settings = Settings::default().with_lock_timeout(Duration::from_millis(timeout)).with_retries(2);
            let migrator = Migrator::new(revisions).with_settings(settings);
            let told = RefCell::new(Vec::new());
            let observe = |event: &Event<'_>| {
                if let Event::Retries { revision, number, of, pause, error } = event {
                    assert!(error.contains(" failed"), "{error}");
                    told.borrow_mut().push(format!("{revision} {number}/{of} {}", pause.as_millis()));
                }
            };
            let options = Options { observer: Observer::new(&observe), ..Options::default() };
            let _holder = hold(&database);
            let mut connection = AnyConnection::open(dialect, &database.url()).unwrap();
            let error = migrator.upgrade_to(&mut connection, "+1", &options).unwrap_err();
            assert_eq!(error.code(), "statement", "{error}");
            assert_eq!(migrator.current(&mut connection).unwrap(), ["a1"]);
            told.into_inner()
        };
        assert_eq!(tried(&SOUND), ["a2 1/2 200", "a2 2/2 400"]);
        STEPS.store(0, Ordering::Relaxed);
        // The step is not of the part of the work that MySQL tries again.
        let expected: &[&str] = if dialect == Dialect::Mysql { &["c2 1/2 200", "c2 2/2 400"] } else { &[] };
        assert_eq!(tried(&COUNTING), expected);
        assert_eq!(STEPS.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn who_migrates_the_database_meanwhile_is_named() {
    for (dialect, lock, said) in [
        (
            Dialect::Postgres,
            "SELECT pg_advisory_lock(hashtextextended('public', 7883946363647713634))",
            "another process migrates this database, process ",
        ),
        (
            Dialect::Mysql,
            "DO GET_LOCK(CONCAT('migratable ', MD5(DATABASE())), 1)",
            "it still holds the lock after 1 seconds: connection ",
        ),
    ] {
        let server = Server::of(dialect).unwrap();
        let database = server.database("holder").unwrap();
        let program = Program::new(&database, &SOUND, "");
        let mut holder = AnyConnection::open(dialect, &database.url()).unwrap();
        holder.batch_execute(lock).unwrap();
        let error = program.migrate(&["--lock-timeout", "1s", "upgrade"]).unwrap_err();
        assert!(error.contains(said) && error.contains(" of "), "{error}");
        drop(holder);
        program.ok(&["--lock-timeout", "10s", "upgrade"]);
    }
}

#[test]
fn a_statement_may_take_as_long_as_is_set() {
    on_each("statement_timeout", &[Dialect::Postgres, Dialect::Mysql], |database, by_script| {
        let said = match database.dialect() {
            Dialect::Mysql => "max_statement_time exceeded",
            _ => "statement timeout",
        };
        for (key, variable, flag) in
            [("200ms", None, None), ("1h", Some("200ms"), None), ("1h", Some("1h"), Some("200ms"))]
        {
            database.make("").unwrap();
            let mut program = Program::new(database, &WAITING, &format!("statement-timeout = \"{key}\""));
            program.variables.extend(variable.map(|value| ("MIGRATABLE_STATEMENT_TIMEOUT", value)));
            let words: Vec<&str> = flag.into_iter().flat_map(|value| ["--statement-timeout", value]).collect();
            let begun = Instant::now();
            let error = program.upgrade(by_script, &words).unwrap_err();
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
            assert!(error.contains(said), "{error}");
        }
    });
}

#[test]
fn a_statement_of_a_step_may_take_as_long_as_is_set() {
    for (dialect, said) in [(Dialect::Postgres, "statement timeout"), (Dialect::Mysql, "max_statement_time exceeded")] {
        let server = Server::of(dialect).unwrap();
        let database = server.database("step_timeout").unwrap();
        let program = Program::new(&database, &WAITING_IN_RUST, "");
        let begun = Instant::now();
        let error = program.migrate(&["--statement-timeout", "200ms", "upgrade"]).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(10), "{dialect}: {:?}", begun.elapsed());
        assert!(error.contains("run sleep") && error.contains(said), "{dialect}: {error}");
        assert_eq!(program.ok(&["current"]), "", "{dialect}");
    }
}

#[test]
fn a_server_is_copied_by_its_own_tool() {
    for (dialect, tool) in
        [(Dialect::Postgres, "pg_dump -Fc -f "), (Dialect::Mysql, "mariadb-dump --single-transaction")]
    {
        let server = Server::of(dialect).unwrap();
        let database = server.database("backup").unwrap();
        let program = Program::new(&database, &SOUND, "");
        let error = program.migrate(&["upgrade", "--backup"]).unwrap_err();
        assert!(
            error.contains("is not copied, and nothing was changed: only SQLite") && error.contains(tool),
            "{error}"
        );
        assert_eq!(tables(&database), [""; 0]);
        // What is set for all databases of a program is for SQLite alone.
        let set = Migrator::new(&SOUND).with_settings(Settings::default().with_backup(Backup::Beside));
        let report = set.upgrade(&mut AnyConnection::open(dialect, &database.url()).unwrap()).unwrap();
        assert_eq!((report.done.len(), report.backup), (2, None));
    }
}

#[test]
fn a_revision_that_was_stopped_in_the_middle_is_seen_by_every_command_that_looks() {
    for dialect in DIALECTS {
        seen_in_the_middle(dialect);
    }
}

fn seen_in_the_middle(dialect: Dialect) {
    let server = Server::of(dialect).unwrap();
    let database = server.database("halves").unwrap();
    let parts = if dialect == Dialect::Mysql { "" } else { "transaction = \"none\"" };
    let program = Program::new(&database, &HALVING, parts);
    let script = program.ok(&["upgrade", "a1:h2", "--sql"]);
    program.ok(&["upgrade", "a1"]);
    assert!(program.ok(&["current", "--json"]).contains("\"unfinished\": null"));
    program.ok(&["verify"]);
    program.migrate(&["upgrade"]).unwrap_err();

    let current = program.ok(&["current", "--json"]);
    assert!(current.contains("\"revision\": \"h2\"") && current.contains("\"direction\": \"upgrade\""), "{current}");
    let verified = program.migrate(&["verify"]).unwrap_err();
    let said = "h2 was stopped in the middle of `upgrade`, begun at ";
    assert!(verified.contains("add column users.bio") && verified.contains(said), "{verified}");
    assert!(!verified.contains("What takes it back"), "{verified}");
    assert!(verified.contains(": migrate upgrade h2; what it has done is among the differences"), "{verified}");
    let verified = program.migrate(&["verify", "--json"]).unwrap_err();
    assert!(verified.contains("\"clean\": false") && verified.contains("\"revision\": \"h2\""), "{verified}");
    // Taken back by hand, it is still open.
    database.run("ALTER TABLE users DROP COLUMN bio;").unwrap();
    let verified = program.migrate(&["verify"]).unwrap_err();
    assert!(verified.contains(said) && !verified.contains("differences"), "{verified}");

    let before = tables(&database);
    for script in [&script, &program.ok(&["stamp", "h2", "--sql"])] {
        let error = database.run(script).unwrap_err();
        assert!(error.contains("`stopped`") || error.contains("stopped"), "{error}");
        assert_eq!(program.ok(&["current"]), "a1\n");
    }
    assert_eq!(tables(&database), before);
    program.ok(&["repair", "h2", "--not-applied", "--reason", "taken back"]);
    program.ok(&["verify"]);
    let error = database.run(&script).unwrap_err();
    assert!(error.contains("nowhere"), "{error}");
}

#[test]
fn a_dry_run_names_the_locks_of_the_database() {
    for (dialect, said, mode) in [
        (Dialect::Sqlite, "-- the write lock on the whole file\n", "the write lock"),
        (Dialect::Postgres, "-- ACCESS EXCLUSIVE on users\n", "ACCESS EXCLUSIVE"),
        (Dialect::Mysql, "-- metadata lock on users; INSTANT\n", "metadata lock"),
    ] {
        let server = Server::of(dialect).unwrap();
        let database = server.database("dry").unwrap();
        database.make("").unwrap();
        let program = Program::new(&database, &SOUND, "");
        program.ok(&["upgrade", "a1"]);
        let shown = program.ok(&["upgrade", "--dry-run"]);
        assert!(shown.contains(said), "{shown}");
        let shown = program.ok(&["upgrade", "--dry-run", "--json"]);
        assert!(shown.contains(&format!("\"mode\": \"{mode}\"")), "{shown}");
        assert_eq!(program.ok(&["current"]), "a1\n");
    }
}

#[test]
fn tables_that_are_not_ours_are_not_compared() {
    for dialect in DIALECTS {
        let server = Server::of(dialect).unwrap();
        let (database, wanted) = (server.database("exclude").unwrap(), server.database("wanted").unwrap());
        database.make("").unwrap();
        wanted.make("CREATE TABLE old_wiki (id BIGINT PRIMARY KEY);").unwrap();
        let all = Program::new(&database, &SOUND, "");
        let ours = Program::new(&database, &SOUND, "exclude = [\"legacy_*\", \"*_wiki\"]");
        ours.ok(&["upgrade"]);
        database
            .run("CREATE TABLE legacy_users (id BIGINT PRIMARY KEY); CREATE TABLE wiki (id BIGINT PRIMARY KEY);")
            .unwrap();
        database.run("INSERT INTO legacy_users VALUES (1);").unwrap();

        let found = all.migrate(&["verify"]).unwrap_err();
        assert!(found.contains("create table legacy_users") && found.contains("create table wiki"), "{found}");
        let found = ours.migrate(&["verify"]).unwrap_err();
        assert!(!found.contains("legacy_users") && found.contains("create table wiki"), "{found}");
        let against = |program: &Program<'_>, to: &str| {
            program.ok(&["diff", "--from", &database.url(), "--to", to, "--sql", "--allow-loss"])
        };
        assert!(against(&all, &wanted.url()).contains("legacy_users"));
        let script = against(&ours, &wanted.url());
        assert!(!script.contains("legacy_users") && !script.contains("old_wiki"), "{script}");
        database.run(&script).unwrap();
        let left: Vec<String> = tables(&database).into_iter().filter(|name| !name.starts_with("migratable_")).collect();
        assert_eq!(left, ["legacy_users"]);
        // What moves rows has no eye for it.
        ours.ok(&["downgrade", "base", "--dry-run"]);
        assert_eq!(database.query("SELECT count(*) FROM legacy_users;").unwrap(), "1\n");
    }
}
