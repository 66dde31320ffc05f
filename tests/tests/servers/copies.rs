//! Many copies of one database, upgraded by one command: one that fails stops no other, and the next run does the rest.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use diesel::connection::SimpleConnection;
use migratable::AnyConnection;
use migratable_core::Dialect;
use migratable_tests::databases::client::Server;
use serde_json::Value;

use super::program::{Program, SOUND};

const FILES: usize = 1000;
const SCHEMAS: usize = 200;
const FEW_SCHEMAS: usize = 20;
const BROKEN: usize = 7;

fn open(path: &Path) -> AnyConnection {
    AnyConnection::open(Dialect::Sqlite, path.to_str().unwrap()).unwrap()
}

/// The report of a run, whatever it ended with.
fn report(ran: Result<String, String>) -> Value {
    let text = ran.unwrap_or_else(|said| said);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn counts(report: &Value) -> [u64; 3] {
    counted(report, ["done", "failed", "untouched"])
}

fn counted(report: &Value, words: [&str; 3]) -> [u64; 3] {
    words.map(|word| report[word].as_u64().unwrap_or_else(|| panic!("no {word} in {report:#}")))
}

/// What every command on many copies says of them, at the first revision and at the last, one of them changed by hand:
/// `change` makes that of its number, `mend` takes it back.
fn everything_on_each(run: impl Fn(&[&str]) -> Result<String, String>, count: u64, change: impl Fn(), mend: impl Fn()) {
    let json = |words: &[&str]| report(run(&[words, &["--jobs", "4", "--json"]].concat()));
    let said = |words: &[&str]| run(&[words, &["--jobs", "3"]].concat()).unwrap_or_else(|said| said);
    const DUE: [&str; 3] = ["due", "failed", "untouched"];
    const STANDS: [&str; 3] = ["current", "failed", "behind"];
    const VERIFIED: [&str; 3] = ["clean", "failed", "changed"];

    let planned = json(&["upgrade", "--dry-run"]);
    assert_eq!(counted(&planned, DUE), [count, 0, 0]);
    assert_eq!(planned["copies"][0]["revisions"][1]["revision"], "a2");
    assert_eq!(counts(&json(&["upgrade", "a1"])), [count, 0, 0]);
    assert_eq!(counted(&json(&["upgrade", "a1", "--dry-run"]), DUE), [0, 0, count]);
    assert_eq!(counted(&json(&["current"]), STANDS), [0, 0, count]);
    assert!(run(&["current"]).is_ok() && run(&["current", "--check-heads"]).is_err());
    assert!(said(&["current", "-v"]).contains(": a1 a change\n"));
    assert_eq!(counts(&json(&["upgrade"])), [count, 0, 0]);
    assert_eq!(counted(&json(&["current", "--check-heads"]), STANDS), [count, 0, 0]);
    assert!(run(&["current", "--check-heads"]).unwrap().contains(": a2 (head)\n"));

    assert_eq!(counted(&json(&["verify"]), VERIFIED), [count, 0, 0]);
    change();
    let found = json(&["verify"]);
    assert_eq!(counted(&found, VERIFIED), [count - 1, 0, 1]);
    let changed = &found["copies"][BROKEN];
    assert_eq!((&changed["outcome"], &changed["current"][0]), (&"changed".into(), &"a2".into()));
    assert_eq!(changed["differences"][0]["operation"], "drop_column", "{changed:#}");
    let text = said(&["verify"]);
    assert!(text.contains(": not what a2 makes of it:\n  drop column users.bio\n"), "{text}");
    assert!(text.contains(&format!("{} clean, 0 failed, 1 changed", count - 1)), "{text}");

    assert_eq!(counted(&json(&["downgrade", "a1", "--dry-run"]), DUE), [count, 0, 0]);
    let back = json(&["downgrade", "a1"]);
    assert_eq!(counts(&back), [count - 1, 1, 0], "{back:#}");
    assert_eq!(back["copies"][0]["done"][0], "a2");
    mend();
    assert_eq!(counts(&json(&["downgrade", "a1"])), [1, 0, count - 1], "the next run does only the rest");
    let text = said(&["downgrade"]);
    assert!(
        text.contains(": 1 revision, at the base (") && text.contains(&format!("{count} done, 0 failed")),
        "{text}"
    );
    let at_the_base = json(&["downgrade", "-1"]);
    assert_eq!(counts(&at_the_base), [0, count, 0]);
    assert!(
        at_the_base["copies"][0]["error"]["message"].as_str().unwrap().contains("is at the base"),
        "{at_the_base:#}"
    );
}

#[test]
fn every_command_works_on_many_files() {
    let server = Server::of(Dialect::Sqlite).unwrap();
    let database = server.database("each").unwrap();
    let program = Program::new(&database, &SOUND, "");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenants.txt");
    fs::write(&file, (0..12).map(|at| format!("sqlite://{at}.db\n")).collect::<String>()).unwrap();
    let change = |sql: &str| open(&folder.path().join(format!("{BROKEN}.db"))).batch_execute(sql).unwrap();
    everything_on_each(
        |words| program.run(&[words, &["--each-url", file.to_str().unwrap()]].concat()),
        12,
        || change("ALTER TABLE users DROP COLUMN bio"),
        || change("ALTER TABLE users ADD COLUMN bio TEXT"),
    );
    fs::remove_file(folder.path().join("3.db")).unwrap();
    let missing = program.run(&["verify", "--each-url", file.to_str().unwrap()]).unwrap_err();
    assert!(missing.contains("3.db is not there") && missing.contains("11 clean, 1 failed, 0 changed"), "{missing}");
}

#[test]
fn every_command_works_on_many_schemas() {
    let server = Server::of(Dialect::Postgres).unwrap();
    let database = server.database("each").unwrap();
    let program = Program::new(&database, &SOUND, "");
    let schemas: String = (0..FEW_SCHEMAS).map(|at| format!("CREATE SCHEMA \"tenant_{at:03}\"; ")).collect();
    database.make(&schemas).unwrap();
    everything_on_each(
        |words| program.migrate(&[words, &["--each-schema", "tenant_%"]].concat()),
        FEW_SCHEMAS as u64,
        || database.run(&format!("ALTER TABLE tenant_{BROKEN:03}.users DROP COLUMN bio;")).unwrap(),
        || database.run(&format!("ALTER TABLE tenant_{BROKEN:03}.users ADD COLUMN bio TEXT;")).unwrap(),
    );
}

#[test]
fn every_command_works_on_many_databases_of_a_server() {
    let server = Server::of(Dialect::Mysql).unwrap();
    let databases: Vec<_> = (0..BROKEN + 1).map(|at| server.database(&format!("each{at}")).unwrap()).collect();
    databases.iter().for_each(|database| database.make("").unwrap());
    let program = Program::new(&databases[0], &SOUND, "");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenants.txt");
    fs::write(&file, databases.iter().map(|database| format!("{}\n", database.url())).collect::<String>()).unwrap();
    everything_on_each(
        |words| program.run(&[words, &["--each-url", file.to_str().unwrap()]].concat()),
        databases.len() as u64,
        || databases[BROKEN].run("ALTER TABLE users DROP COLUMN bio;").unwrap(),
        || databases[BROKEN].run("ALTER TABLE users ADD COLUMN bio TEXT;").unwrap(),
    );
}

fn times(folder: &Path) -> Vec<SystemTime> {
    (0..FILES).map(|at| fs::metadata(folder.join(format!("{at}.db"))).unwrap().modified().unwrap()).collect()
}

#[test]
fn many_files_are_upgraded_and_the_next_run_does_only_the_rest() {
    let server = Server::of(Dialect::Sqlite).unwrap();
    let database = server.database("copies").unwrap();
    let program = Program::new(&database, &SOUND, "");
    let folder = tempfile::tempdir().unwrap();
    let path = |at: usize| folder.path().join(format!("{at}.db"));
    let list: String = (0..FILES).map(|at| format!("sqlite://{at}.db\n")).collect();
    let file = folder.path().join("tenants.txt");
    fs::write(&file, format!("# all tenants\n\n{list}")).unwrap();
    let file = file.to_str().unwrap();

    // All of them with a row at the first revision, one changed by hand.
    let first = report(program.run(&["upgrade", "a1", "--each-url", file, "--jobs", "4", "--json"]));
    assert_eq!(counts(&first), [FILES as u64, 0, 0]);
    (0..FILES).for_each(|at| open(&path(at)).batch_execute(&format!("INSERT INTO users VALUES ({at})")).unwrap());
    open(&path(BROKEN)).batch_execute("ALTER TABLE users ADD COLUMN bio TEXT").unwrap();

    let said = program.run(&["upgrade", "--each-url", file, "--jobs", "4"]).unwrap_err();
    let counted = format!("{FILES} copies: {} done, 1 failed, 0 untouched", FILES - 1);
    assert!(said.contains(&counted), "{said}");
    let broken = path(BROKEN).display().to_string();
    assert!(said.contains(&format!("failed: sqlite://{broken}: ")) && said.contains("bio"), "{said}");
    assert!(said.contains(&format!("What failed:\n  sqlite://{broken}\n")), "{said}");

    open(&path(BROKEN)).batch_execute("ALTER TABLE users DROP COLUMN bio").unwrap();
    let before = times(folder.path());
    let rest = report(program.run(&["upgrade", "--each-url", file, "--jobs", "4", "--json"]));
    assert_eq!(counts(&rest), [1, 0, FILES as u64 - 1]);
    let copies = rest["copies"].as_array().unwrap();
    for (at, (copy, before)) in copies.iter().zip(before).enumerate() {
        assert_eq!(copy["database"], format!("sqlite://{}", path(at).display()), "in the order of the file");
        assert_eq!(copy["current"][0], "a2");
        let (outcome, touched) = (&copy["outcome"], fs::metadata(path(at)).unwrap().modified().unwrap() != before);
        assert_eq!((outcome.as_str(), touched), (Some(if at == BROKEN { "done" } else { "untouched" }), at == BROKEN));
        let row =
            format!("CREATE TEMP TABLE t (x CHECK (x = {at})); INSERT INTO t SELECT id FROM users WHERE bio IS NULL");
        open(&path(at)).batch_execute(&row).unwrap();
    }
}

#[test]
fn a_list_with_a_mistake_in_it_changes_nothing() {
    let server = Server::of(Dialect::Sqlite).unwrap();
    let database = server.database("lists").unwrap();
    let program = Program::new(&database, &SOUND, "history-table = \"ours\"");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenants.txt");
    for (text, expected) in [
        ("sqlite://a.db\noracle://b\n", "tenants.txt:2: `oracle://b` is no database URL"),
        ("sqlite://a.db\n\nsqlite://a.db\n", "tenants.txt:3: sqlite://"),
        ("# nothing\n", "has no URL in it"),
    ] {
        fs::write(&file, text).unwrap();
        let error = program.run(&["upgrade", "--each-url", file.to_str().unwrap()]).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(!folder.path().join("a.db").exists());
    }
    let error = program.run(&["upgrade", "--each-url", "/nowhere/x"]).unwrap_err();
    assert!(error.contains("cannot read /nowhere/x: "), "{error}");
    let error = program.migrate(&["upgrade", "--each-schema", "t%"]).unwrap_err();
    assert!(error.contains("--each-schema is for PostgreSQL"), "{error}");
}

#[test]
fn schemas_are_upgraded_each_with_a_history_of_its_own() {
    let server = Server::of(Dialect::Postgres).unwrap();
    let database = server.database("schemas").unwrap();
    let program = Program::new(&database, &SOUND, "");
    let schemas: String = (0..SCHEMAS).map(|at| format!("CREATE SCHEMA \"tenant_{at:03}\"; ")).collect();
    database.make(&format!("{schemas} CREATE SCHEMA other;")).unwrap();
    let each = |words: &[&str]| {
        program.migrate(&[&["upgrade", "--each-schema", "tenant_%", "--jobs", "4", "--json"], words].concat())
    };
    program.ok(&["upgrade"]);
    assert_eq!(
        counts(&report(each(&["a1"]))),
        [SCHEMAS as u64, 0, 0],
        "the history of another schema is none of theirs"
    );
    let rows: String = (0..SCHEMAS).map(|at| format!("INSERT INTO tenant_{at:03}.users VALUES ({at});\n")).collect();
    database.run(&format!("{rows} ALTER TABLE tenant_{BROKEN:03}.users ADD COLUMN bio TEXT;")).unwrap();

    let ran = report(each(&[]));
    assert_eq!(counts(&ran), [SCHEMAS as u64 - 1, 1, 0]);
    let failed = &ran["copies"][BROKEN];
    assert_eq!(failed["database"], format!("{} schema tenant_{BROKEN:03}", database.url()));
    assert_eq!(failed["error"]["code"], "statement");
    assert!(failed["error"]["message"].as_str().unwrap().contains("\"bio\""), "{failed}");

    database.run(&format!("ALTER TABLE tenant_{BROKEN:03}.users DROP COLUMN bio;")).unwrap();
    let rest = report(each(&[]));
    assert_eq!(counts(&rest), [1, 0, SCHEMAS as u64 - 1]);
    assert_eq!(rest["copies"][BROKEN]["outcome"], "done");
    let sum: Vec<String> =
        (0..SCHEMAS).map(|at| format!("(SELECT count(bio) * 1000 + sum(id) FROM tenant_{at:03}.users)")).collect();
    let expected: usize = (0..SCHEMAS).sum();
    assert_eq!(database.query(&format!("SELECT {};", sum.join(" + "))).unwrap(), format!("{expected}\n"));
    assert_eq!(database.query("SELECT to_regclass('other.users') IS NULL;").unwrap(), "t\n");
    // The schemas of the tenants are no drift of this one, and no script drops them.
    assert!(program.ok(&["verify"]).starts_with("clean: "));
    let url = database.url();
    assert_eq!(program.ok(&["diff", "--from", &url, "--to", "head", "--sql"]), "");
    let error = program.migrate(&["upgrade", "--each-schema", "nobody%"]).unwrap_err();
    assert!(error.contains("is like `nobody%`"), "{error}");

    let together = Program::new(&database, &SOUND, "history-schema = \"audit\"");
    let error = together.migrate(&["upgrade", "--each-schema", "tenant_%"]).unwrap_err();
    assert!(error.contains("`history-schema` puts all of them in audit"), "{error}");
}
