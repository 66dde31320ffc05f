//! The example's history on every database: up with rows, down to the base and up again, `verify` clean at each
//! revision, and the schema read by the database's own tools.

#![allow(clippy::unwrap_used)]

mod servers {
    pub mod bad_input;
    pub mod codes;
    pub mod copies;
    pub mod language;
    pub mod pooler;
    pub mod program;
    pub mod reading;
    pub mod round_trips;
    pub mod secrets;
    pub mod settings;
    pub mod tls;
}

use std::collections::BTreeSet;
use std::ffi::OsString;

use microblog_migrations::{REVISIONS, migrator};
use migratable_cli::{Console, Project};
use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};
use migratable_tests::databases::reader;

const USERS_AND_POSTS: &str = "
INSERT INTO users (id, username, email, location, created_at) VALUES
    (1, 'ada', 'ada@example.org', 'Turin, Italy', '2024-01-02 03:04:05'),
    (2, 'bob', 'bob@example.org', 'Oslo', '2024-02-03 04:05:06'),
    (7, 'o''hara', 'c@example.org', NULL, '2024-03-04 05:06:07');
INSERT INTO posts (id, headline, body, author_id, created_at) VALUES
    (1, 'Hello', 'first words', 1, '2024-01-03 00:00:00'),
    (5, 'Quotes '' \" and %', '', 2, '2024-02-04 00:00:00');
";
const THE_REST: &str = "
INSERT INTO comments (id, post_id, author_id, parent_id, body, created_at) VALUES
    (1, 1, 2, NULL, 'well said', '2024-01-04 00:00:00'),
    (2, 1, 1, 1, 'thank you', '2024-01-05 00:00:00');
INSERT INTO followers (follower_id, followed_id, since) VALUES (1, 2, '2024-01-07 00:00:00');
INSERT INTO tags (id, name) VALUES (1, 'rust'), (4, 'sql');
INSERT INTO post_tags (post_id, tag_id) VALUES (1, 1), (1, 4), (5, 4);
";
/// What no revision changes, in the words of every client.
const KEPT: &str = "
SELECT id, username, email, created_at FROM users ORDER BY id;
SELECT id, body, author_id, created_at FROM posts ORDER BY id;
";
const KEPT_OF_THE_REST: &str = "
SELECT id, post_id, author_id, parent_id, body, created_at FROM comments ORDER BY id;
SELECT follower_id, followed_id, since FROM followers;
SELECT id, name FROM tags ORDER BY id;
SELECT post_id, tag_id FROM post_tags ORDER BY post_id, tag_id;
";

/// Runs `migrate` on a database; what it prints.
fn migrate(database: &Database<'_>, words: &[&str]) -> String {
    let project = Project::new("/nowhere", "microblog-migrations", "[package]\nname = \"microblog-migrations\"\n")
        .with_migrator(migrator());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::new(&mut out, &mut err, std::env::temp_dir());
    let url = database.url();
    let arguments = ["migrate", "--database-url", &url].into_iter().chain(words.iter().copied());
    let outcome = migratable_cli::run(&project, arguments.map(OsString::from), &mut console);
    let (out, err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
    assert_eq!(outcome, Ok(()), "{words:?}: {out}{err}");
    out
}

/// What a database holds, without the places of the columns: one that comes back stands behind the others.
fn held(database: &Database<'_>) -> BTreeSet<String> {
    reader::without_places(reader::read(database).unwrap().managed)
}

fn check(database: &Database<'_>, revision: &str) -> (BTreeSet<String>, String) {
    assert!(migrate(database, &["current"]).starts_with(revision));
    assert!(migrate(database, &["verify"]).starts_with("clean: "), "{revision}");
    let number = REVISIONS.iter().position(|it| it.id == revision).unwrap();
    let kept = if number == 0 { KEPT.to_owned() } else { format!("{KEPT}{KEPT_OF_THE_REST}") };
    (held(database), database.query(&kept).unwrap())
}

fn whole_history(dialect: Dialect) {
    let server = Server::of(dialect).unwrap();
    let database = server.database("history").unwrap();
    database.make("").unwrap();
    let mut seen = Vec::new();
    for (number, revision) in REVISIONS.iter().enumerate() {
        migrate(&database, &["upgrade", "+1"]);
        match number {
            0 => database.run(USERS_AND_POSTS).unwrap(),
            1 => database.run(THE_REST).unwrap(),
            _ => {}
        }
        seen.push((revision.id, check(&database, revision.id)));
        let before = number.checked_sub(1).map_or_else(String::new, |at| seen[at].1.1.clone());
        assert!(seen[number].1.1.starts_with(&before), "{}: rows changed", revision.id);
    }
    let cities = "SELECT username, bio, city, country, role_id FROM users ORDER BY id";
    let found = database.query(cities).unwrap().replace(['|', '\t'], " ");
    assert!(found.starts_with("ada Writes here. Turin Italy 2\nbob Writes here. Oslo"), "{found}");

    for (at, (revision, before)) in seen.iter().enumerate().rev().skip(1) {
        migrate(&database, &["downgrade"]);
        let (held, kept) = check(&database, revision);
        assert_eq!(held, before.0, "below {}", seen[at + 1].0);
        assert_eq!(kept, before.1, "below {}", seen[at + 1].0);
    }
    let locations = database.query("SELECT location FROM users ORDER BY id").unwrap();
    assert!(locations.starts_with("Turin, Italy\nOslo\n"), "{locations}");

    // Up again with the rows that came down.
    migrate(&database, &["upgrade"]);
    assert_eq!(database.query(KEPT).unwrap(), seen[0].1.1);
    assert_eq!(database.query(cities).unwrap().replace(['|', '\t'], " "), found);

    migrate(&database, &["downgrade", "base"]);
    migrate(&database, &["verify"]);
    let left = held(&database);
    let ours = |line: &&String| !line.contains("migratable_revisions") && !line.contains("SCHEMA public");
    assert_eq!(left.iter().find(ours), None, "something is left at the base");
    migrate(&database, &["upgrade"]);
    let (head, last) = seen.last().unwrap();
    assert_eq!(check(&database, head).0, last.0);
    assert!(migrate(&database, &["upgrade"]).contains("up to date"));
}

#[test]
fn the_history_of_the_example_on_sqlite() {
    whole_history(Dialect::Sqlite);
}

#[test]
fn the_history_of_the_example_on_postgres() {
    whole_history(Dialect::Postgres);
}

#[test]
fn the_history_of_the_example_on_mysql() {
    whole_history(Dialect::Mysql);
}
