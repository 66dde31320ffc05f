//! Servers that do not answer, do not let in, do not allow, or go away: one error each, which names the database and no
//! secret.

use std::net::TcpListener;

use migratable::Revision;
use migratable::revision::*;
use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};
use migratable_tests::revisions::revision;

use super::program::{Program, SOUND, USERS};

const SECRET: &str = "s3cret%20word";

fn server(dialect: Dialect) -> Server {
    Server::of(dialect).unwrap()
}

/// A URL of the same server for another database, and for another user if one is given.
fn with(database: &Database<'_>, user: Option<&str>, name: &str) -> String {
    let url = database.url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (own, rest) = rest.split_once('@').map_or((None, rest), |(own, rest)| (Some(own), rest));
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    let user = user.or(own).map(|user| format!("{user}@")).unwrap_or_default();
    format!("{scheme}://{user}{host}/{name}")
}

/// The name of the database in its URL.
fn name(database: &Database<'_>) -> String {
    let url = database.url();
    url.rsplit_once('/').unwrap().1.split('?').next().unwrap().to_owned()
}

/// What a command says of a database that it cannot use: one error, without the password.
fn said(program: &Program<'_>, url: &str, words: &[&str]) -> String {
    let error = program.run(&[&["--database-url", url], words].concat()).expect_err(url);
    for secret in [SECRET, "s3cret word"] {
        assert!(!error.contains(secret), "{error}");
    }
    error
}

const COMMANDS: [&[&str]; 4] = [&["upgrade"], &["current"], &["verify"], &["status"]];

#[test]
fn a_server_that_is_down_is_named() {
    for (dialect, scheme) in [(Dialect::Postgres, "postgres"), (Dialect::Mysql, "mysql")] {
        let server = server(dialect);
        let database = server.database("down").unwrap();
        let program = Program::new(&database, &SOUND, "");
        let url = format!("{scheme}://ada:{SECRET}@127.0.0.1:1/shop");
        for words in COMMANDS {
            let error = said(&program, &url, words);
            assert!(error.contains("127.0.0.1") && error.contains("shop"), "{words:?}: {error}");
        }
        let to = database.url();
        let error = said(&program, &to, &["diff", "--from", &url, "--to", &to]);
        assert!(error.contains("127.0.0.1:1/shop"), "{error}");
    }
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_without_end() {
    // It is connected to by the operating system, and never greets.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    for (dialect, scheme, expected) in
        [(Dialect::Postgres, "postgres", "timeout expired"), (Dialect::Mysql, "mysql", "has not answered within 2 s")]
    {
        let server = server(dialect);
        let database = server.database("silent").unwrap();
        let program = Program::new(&database, &SOUND, "");
        let url = format!("{scheme}://ada:{SECRET}@127.0.0.1:{port}/shop?connect_timeout=2");
        let error = said(&program, &url, &["current"]);
        assert!(error.contains(expected) && error.contains(&format!("127.0.0.1:{port}/shop")), "{error}");
    }
}

#[test]
fn a_user_who_is_not_let_in_is_told_so() {
    for (dialect, create, drop, expected) in [
        (
            Dialect::Postgres,
            "CREATE ROLE migratable_shut NOLOGIN",
            "DROP ROLE IF EXISTS migratable_shut",
            "migratable_shut",
        ),
        (
            Dialect::Mysql,
            "CREATE USER migratable_shut IDENTIFIED BY 'another'",
            "DROP USER IF EXISTS migratable_shut",
            "Access denied for user 'migratable_shut'",
        ),
    ] {
        let server = server(dialect);
        let database = server.database("shut").unwrap();
        database.run(&format!("{drop};\n{create};")).unwrap();
        let program = Program::new(&database, &SOUND, "");
        let url = with(&database, Some(&format!("migratable_shut:{SECRET}")), &name(&database));
        for words in COMMANDS {
            let error = said(&program, &url, words);
            assert!(error.contains(expected) && error.contains(&name(&database)), "{words:?}: {error}");
        }
        database.run(&format!("{drop};")).unwrap();
    }
}

#[test]
fn a_database_that_is_not_there_is_named() {
    for dialect in [Dialect::Postgres, Dialect::Mysql] {
        let server = server(dialect);
        let database = server.database("there").unwrap();
        let program = Program::new(&database, &SOUND, "");
        let error = said(&program, &with(&database, None, "migratable_nowhere"), &["upgrade"]);
        assert!(error.contains("migratable_nowhere"), "{error}");
    }
}

#[test]
fn a_user_who_may_not_create_is_told_so_and_nothing_is_done() {
    for (dialect, prepare, clean, expected) in [
        (
            Dialect::Postgres,
            "DROP ROLE IF EXISTS migratable_reader; CREATE ROLE migratable_reader LOGIN PASSWORD 's3cret word';
             REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
            "DROP OWNED BY migratable_reader; DROP ROLE migratable_reader;",
            "permission denied",
        ),
        (
            Dialect::Mysql,
            "DROP USER IF EXISTS migratable_reader; CREATE USER migratable_reader IDENTIFIED BY 's3cret word';
             GRANT SELECT ON DATABASE_NAME.* TO migratable_reader;",
            "DROP USER migratable_reader;",
            "command denied to user 'migratable_reader'",
        ),
    ] {
        let server = server(dialect);
        let database = server.database("reader").unwrap();
        database.run(&prepare.replace("DATABASE_NAME", &name(&database))).unwrap();
        let program = Program::new(&database, &SOUND, "");
        let url = with(&database, Some(&format!("migratable_reader:{SECRET}")), &name(&database));
        let error = said(&program, &url, &["upgrade"]);
        assert!(error.contains(expected) && error.contains(&name(&database)), "{error}");
        let tables =
            "SELECT count(*) FROM information_schema.tables WHERE table_name IN ('users', 'migratable_revisions')
                      AND (table_schema = 'public' OR table_schema = 'DATABASE_NAME')";
        let found = database.query(&format!("{};", tables.replace("DATABASE_NAME", &name(&database)))).unwrap();
        assert_eq!(found.trim(), "0");

        // Who may read but not make a scratch space is told of the option that helps.
        program.ok(&["upgrade"]);
        if dialect == Dialect::Mysql {
            let error = said(&program, &url, &["verify"]);
            assert!(error.contains("--scratch-url"), "{error}");
            let own = database.url();
            let said = program.run(&["--database-url", &url, "verify", "--scratch-url", &own]);
            assert!(said.unwrap().starts_with("clean: "));
        }
        database.run(clean).unwrap();
    }
}

fn leave(op: &mut Operations) {
    op.execute(
        sql_each()
            .postgres("DO $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$")
            .mysql("KILL CONNECTION_ID()"),
    );
}

fn nothing(_: &mut Operations) {}

static LEAVING: [Revision; 2] = [USERS, revision("g2", &["a1"], leave, nothing)];

#[test]
fn a_server_that_goes_away_in_the_middle_leaves_whole_revisions() {
    for dialect in [Dialect::Postgres, Dialect::Mysql] {
        let server = server(dialect);
        let database = server.database("away").unwrap();
        database.make("").unwrap();
        let program = Program::new(&database, &LEAVING, "");
        let error = program.migrate(&["upgrade"]).unwrap_err();
        assert!(error.contains("g2") && error.contains("_away"), "{dialect}: {error}");
        assert!(program.ok(&["current"]).starts_with("a1"), "{dialect}");
        // Once it is back, and the revision is mended, the rest is done.
        let mended = Program::new(&database, &SOUND, "");
        if dialect == Dialect::Mysql {
            let error = mended.migrate(&["upgrade"]).unwrap_err();
            assert!(error.contains("g2 was begun by `upgrade` and did not come to its end"), "{error}");
            mended.ok(&["repair", "g2", "--not-applied", "--reason", "the server went away before it did anything"]);
        }
        assert!(mended.ok(&["upgrade"]).contains("a2"), "{dialect}");
    }
}

fn snowman(op: &mut Operations) {
    op.create_table(
        table("users")
            .column(column("name", text()).default("\u{2603}"))
            .column(column("id", bigint()))
            .primary_key("pk_users", ["id"]),
    );
}

static SNOWMAN: [Revision; 1] = [revision("s1", &[], snowman, nothing)];

#[test]
fn what_the_encoding_of_a_database_cannot_hold_is_said_by_the_server() {
    let server = server(Dialect::Postgres);
    let database = server.database("latin").unwrap();
    let latin = format!("{}_1", name(&database));
    let drop = format!("DROP DATABASE IF EXISTS {latin};");
    database.run(&drop).unwrap();
    database
        .run(&format!("CREATE DATABASE {latin} ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C';"))
        .unwrap();
    let program = Program::new(&database, &SNOWMAN, "");
    let url = with(&database, None, &latin);
    let error = said(&program, &url, &["upgrade"]);
    assert!(error.contains("LATIN1") && error.contains("s1"), "{error}");
    assert_eq!(program.run(&["--database-url", &url, "current"]).unwrap().trim(), "");
    database.run(&drop).unwrap();
}

#[test]
fn names_and_passwords_of_any_characters_go_into_a_url_percent_encoded() {
    for (dialect, create, drop) in [
        (Dialect::Postgres, "CREATE DATABASE \"NAME\";", "DROP DATABASE IF EXISTS \"NAME\";"),
        (Dialect::Mysql, "CREATE DATABASE `NAME`;", "DROP DATABASE IF EXISTS `NAME`;"),
    ] {
        let server = server(dialect);
        let database = server.database("odd").unwrap();
        let odd = format!("{} a/b?c#d%e \u{fc}", name(&database));
        database.run(&drop.replace("NAME", &odd)).unwrap();
        database.run(&create.replace("NAME", &odd)).unwrap();
        let encoded = odd
            .replace('%', "%25")
            .replace(' ', "%20")
            .replace('/', "%2F")
            .replace('?', "%3F")
            .replace('#', "%23")
            .replace('\u{fc}', "%C3%BC");
        let url = with(&database, None, &encoded);
        let program = Program::new(&database, &SOUND, "");
        for words in [&["upgrade"][..], &["verify"], &["downgrade", "base"]] {
            program
                .run(&[&["--database-url", &url], words].concat())
                .unwrap_or_else(|said| panic!("{words:?}: {said}"));
        }
        database.run(&drop.replace("NAME", &odd)).unwrap();
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let server = server(Dialect::Mysql);
    let database = server.database("broken").unwrap();
    database
        .make("CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT id FROM t; DROP TABLE t; CREATE TABLE u (id INTEGER);")
        .unwrap();
    let wanted = server.database("whole").unwrap();
    wanted.make("CREATE TABLE u (id INTEGER);").unwrap();
    let program = Program::new(&database, &SOUND, "");
    let (from, to) = (database.url(), wanted.url());
    // A view without its table is left alone, as every view is.
    let said = program.run(&["--database-url", &from, "diff", "--from", &from, "--to", &to]);
    assert_eq!(said.as_deref(), Ok(""), "{said:?}");
}
