//! PostgreSQL that speaks another language, to a user who may not change that: what others stand in the way of is tried
//! again as in English.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;

use diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{AnyConnection, Revision};
use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};
use migratable_tests::revisions::revision;

use super::pooler::{message, startup};
use super::program::Program;

fn two_tables(op: &mut Operations) {
    for name in ["users", "posts"] {
        op.create_table(table(name).column(column("id", bigint())).primary_key(&format!("pk_{name}"), ["id"]));
    }
}

fn no_tables(op: &mut Operations) {
    op.drop_table("posts");
    op.drop_table("users");
}

fn two_columns(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
    op.add_column("posts", column("title", text()).nullable());
}

fn no_columns(op: &mut Operations) {
    op.drop_column("posts", "title");
    op.drop_column("users", "bio");
}

static REVISIONS: [Revision; 2] =
    [revision("l1", &[], two_tables, no_tables), revision("l2", &["l1"], two_columns, no_columns)];

/// What the server says, and what arrives.
const GERMAN: [(&str, &str); 3] = [
    ("POSIX", "de_DE"),
    ("canceling statement due to lock timeout", "Anweisung abgebrochen: lange gesperrt"),
    ("deadlock detected", "Verklemmung"),
];

/// A message in German. It stays as long as it was, so that its length stands in it still.
fn in_german(mut message: Vec<u8>) -> Vec<u8> {
    for (english, german) in GERMAN {
        let german = format!("{german:<0$}", english.len());
        while let Some(at) = message.windows(english.len()).position(|it| it == english.as_bytes()) {
            message[at..at + english.len()].copy_from_slice(german.as_bytes());
        }
    }
    message
}

/// Stands before a server, whose messages it translates. Gives back its port.
fn translator(server: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let talk = move |mut client: TcpStream| -> io::Result<()> {
        let mut server = TcpStream::connect(&server)?;
        io::Write::write_all(&mut server, &startup(&mut client)?)?;
        let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || {
            while let Ok((_, message)) = message(&mut from) {
                if io::Write::write_all(&mut to, &in_german(message)).is_err() {
                    break;
                }
            }
        });
        io::copy(&mut client, &mut server)?;
        server.shutdown(std::net::Shutdown::Both)
    };
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let talk = talk.clone();
            // It ends with the client.
            thread::spawn(move || drop(talk(client)));
        }
    });
    port
}

/// Has a table, and when somebody waits for it wants what that one has; or only goes then.
fn stand_in_the_way(database: &Database<'_>, wants: &str) -> thread::JoinHandle<()> {
    let mut holder = AnyConnection::open(Dialect::Postgres, &database.url()).unwrap();
    // It is never the one that is stopped for a deadlock.
    holder.batch_execute("SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE posts").unwrap();
    let waits_for_us = "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks JOIN pg_class ON pg_class.oid = relation \
                        WHERE NOT granted AND relname = 'posts') LOOP PERFORM pg_sleep(0.01); END LOOP; END $$";
    let then = format!("{waits_for_us}; {wants}; COMMIT");
    thread::spawn(move || holder.batch_execute(&then).unwrap())
}

#[test]
fn who_may_not_change_the_language_was_never_tried_again_but_in_english() {
    let server = Server::of(Dialect::Postgres).unwrap();
    let database = server.database("german").unwrap();
    let role = database.name().to_owned();
    database.run(&format!("CREATE ROLE {role} LOGIN; ALTER ROLE {role} SET lc_messages = 'POSIX';")).unwrap();
    let url = database.url();
    let (front, name) = url.rsplit_once('/').unwrap();
    let address = front.rsplit_once('@').unwrap().1;
    let in_english = format!("postgres://{role}@{address}/{name}?sslmode=disable&gssencmode=disable");
    let port = translator(address.to_owned());
    let in_german = format!("postgres://{role}@127.0.0.1:{port}/{name}?sslmode=disable&gssencmode=disable");
    for (wants, words, english, german) in [
        ("LOCK TABLE users", &[][..], GERMAN[2].0, GERMAN[2].1),
        ("SELECT pg_sleep(0.4)", &["--lock-timeout", "200ms"], GERMAN[1].0, GERMAN[1].1),
    ] {
        for (url, said) in [(&in_english, english), (&in_german, german)] {
            database.make(&format!("GRANT ALL ON SCHEMA public TO {role};")).unwrap();
            let program = Program::new(&database, &REVISIONS, "");
            let upgrade = |words: &[&str]| program.said(&[&["--database-url", url, "upgrade"], words].concat());
            upgrade(&["l1"]).unwrap();
            let holder = stand_in_the_way(&database, wants);
            let error = upgrade(&[words, &["--retries", "0"]].concat()).unwrap_err();
            assert!(error.contains(said), "{wants} {said}: {error}");
            holder.join().unwrap();
            assert_eq!(program.ok(&["current"]), "l1\n", "{wants} {said}");

            let holder = stand_in_the_way(&database, wants);
            let (_, told) = upgrade(words).unwrap_or_else(|error| panic!("{wants} {said}: {error}"));
            assert!(told.contains("l2 is tried again in 200 ms, 1 of 3") && told.contains(said), "{told}");
            holder.join().unwrap();
            program.ok(&["verify"]);
        }
    }
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role};")).unwrap();
}
