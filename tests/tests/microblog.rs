//! The history of the example: what the build reads is what its calls record, and rows survive it there and back.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use microblog_migrations::{REVISIONS, migrator};
use migratable::{AnyConnection, Direction, Options};
use migratable_core::diff::{Answers, diff};
use migratable_core::operation::checksum;
use migratable_core::{Operation, Schema, lock};
use migratable_tests::recorded::{self, set_upgrades};
use migratable_tests::{checkout, reader};

const COMMENTS_TAGS_AND_FOLLOWERS: &str = "39c56fd6bc37";
const TITLE: &str = "47b05a9867ad";
const ROLES: &str = "dd1a2aa4fc26";
const SPLIT: &str = "0d5813c7508d";

type Rows = BTreeMap<String, BTreeMap<String, Vec<String>>>;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The example's revisions run on several databases; here on SQLite.
fn connect() -> AnyConnection {
    AnyConnection::Sqlite(recorded::connect())
}

fn inside(db: &mut AnyConnection) -> &mut SqliteConnection {
    match db {
        AnyConnection::Sqlite(inside) => inside,
        #[allow(unreachable_patterns)]
        _ => panic!("not SQLite"),
    }
}

fn lines(db: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let found: Vec<Line> = sql_query(sql).load(db).unwrap();
    found.into_iter().map(|it| it.line).collect()
}

#[test]
fn what_is_compiled_gives_the_embedded_checksums() {
    assert!(REVISIONS.len() >= 6, "a history worth its name");
    for revision in REVISIONS {
        let up = revision.operations(Direction::Upgrade);
        let down = revision.operations(Direction::Downgrade);
        assert_eq!(checksum(&up, &down), revision.checksum, "{}", revision.file);
    }
}

#[test]
fn what_is_read_is_what_the_compiled_calls_record() {
    let versions = checkout().join("migrations/versions");
    let files: BTreeSet<String> =
        fs::read_dir(&versions).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    let compiled: BTreeSet<String> = REVISIONS.iter().map(|it| it.file.to_owned()).collect();
    assert_eq!(files, compiled);
    for revision in REVISIONS {
        let text = fs::read_to_string(versions.join(revision.file)).unwrap();
        let read = migratable_syntax::revision::parse(&text).unwrap();
        assert_eq!(read.upgrade_operations(), revision.operations(Direction::Upgrade), "{}", revision.file);
        assert_eq!(read.downgrade_operations(), revision.operations(Direction::Downgrade), "{}", revision.file);
        assert_eq!(read.checksum(), revision.checksum, "{}", revision.file);
        assert_eq!(read.steps_checksum.as_deref(), revision.steps_checksum, "{}", revision.file);
        assert_eq!((read.id.as_str(), read.message.as_str()), (revision.id, revision.message));
        assert_eq!(read.after, revision.after, "{}", revision.file);
    }
}

/// The columns that these operations make, drop, rename, fill or change; a table without a column is all of it.
fn named(operations: &[Operation]) -> BTreeSet<(String, Option<String>)> {
    let mut found = BTreeSet::new();
    for operation in operations {
        let Some(table) = operation.table() else { continue };
        let column = |name: &String| (table.name.clone(), Some(name.clone()));
        match operation {
            Operation::AddColumn { column: new, .. } => {
                found.insert(column(&new.name));
            }
            Operation::DropColumn { column: name, .. } | Operation::AlterColumn { column: name, .. } => {
                found.insert(column(name));
            }
            Operation::RenameColumn { from, to, .. } => {
                found.extend([column(from), column(to)]);
            }
            Operation::CreateTable { .. } | Operation::DropTable { .. } | Operation::BulkInsert { .. } => {
                found.insert((table.name.clone(), None));
            }
            _ => {}
        }
    }
    found
}

/// Every value of before that the operations do not name is there after, and every row.
fn check_kept(what: &str, operations: &[Operation], before: &Rows, after: &Rows) {
    let named = named(operations);
    for (table, columns) in before {
        if named.contains(&(table.clone(), None)) {
            continue;
        }
        let now = after.get(table).unwrap_or_else(|| panic!("{what}: the table {table} is gone"));
        for (column, values) in columns {
            if !named.contains(&(table.clone(), Some(column.clone()))) {
                assert_eq!(now.get(column), Some(values), "{what}: {table}.{column}");
            }
        }
        let count = |columns: &BTreeMap<String, Vec<String>>| columns.values().map(Vec::len).max();
        assert_eq!(count(now), count(columns), "{what}: the rows of {table}");
    }
}

fn insert_users_and_posts(db: &mut AnyConnection) {
    inside(db)
        .batch_execute(
            "INSERT INTO users (id, username, email, location, created_at) VALUES
            (1, 'ada', 'ada@example.org', 'Turin, Italy', '2024-01-02 03:04:05'),
            (2, 'bob', 'bob@example.org', 'Oslo', '2024-02-03 04:05:06'),
            (7, 'o''hara', 'c@example.org', NULL, '2024-03-04 05:06:07');
         INSERT INTO posts (id, headline, body, author_id, created_at) VALUES
            (1, 'Hello', 'first words', 1, '2024-01-03 00:00:00'),
            (5, 'Quotes '' \" and %', '', 2, '2024-02-04 00:00:00');",
        )
        .unwrap();
}

fn insert_the_rest(db: &mut AnyConnection) {
    inside(db)
        .batch_execute(
            "INSERT INTO comments (id, post_id, author_id, parent_id, body, created_at) VALUES
            (1, 1, 2, NULL, 'well said', '2024-01-04 00:00:00'),
            (2, 1, 1, 1, 'thank you', '2024-01-05 00:00:00'),
            (3, 1, 7, 2, 'indeed', '2024-01-06 00:00:00');
         INSERT INTO followers (follower_id, followed_id, since) VALUES
            (1, 2, '2024-01-07 00:00:00'), (2, 1, '2024-01-08 00:00:00'), (7, 1, '2024-01-09 00:00:00');
         INSERT INTO tags (id, name) VALUES (1, 'rust'), (4, 'sqlite');
         INSERT INTO post_tags (post_id, tag_id) VALUES (1, 1), (1, 4), (5, 4);",
        )
        .unwrap();
}

fn check_sound(db: &mut AnyConnection, what: &str) {
    let broken = lines(inside(db), "SELECT \"table\" || ' ' || rowid AS line FROM pragma_foreign_key_check");
    assert!(broken.is_empty(), "{what}: {broken:?}");
    assert_eq!(
        lines(inside(db), "SELECT CAST(foreign_keys AS TEXT) AS line FROM pragma_foreign_keys"),
        ["1"],
        "{what}"
    );
}

fn values<'r>(rows: &'r Rows, table: &str, column: &str) -> Option<&'r Vec<String>> {
    rows.get(table).and_then(|columns| columns.get(column))
}

/// One revision up; the rows before it and after it are compared.
fn up(db: &mut AnyConnection, id: &str) -> Rows {
    let revision = REVISIONS.iter().find(|it| it.id == id).unwrap();
    let before = reader::rows(inside(db));
    migrator().upgrade_to(db, id, &Options::default()).unwrap_or_else(|error| panic!("{id}: {error}"));
    let after = reader::rows(inside(db));
    check_sound(db, id);
    assert_eq!(migrator().current(db).unwrap(), [id]);
    check_kept(id, &revision.operations(Direction::Upgrade), &before, &after);
    match id {
        TITLE => assert_eq!(values(&before, "posts", "headline"), values(&after, "posts", "title")),
        ROLES => {
            assert_eq!(values(&after, "users", "role_id"), Some(&vec!["2".to_owned(); before["users"]["id"].len()]))
        }
        SPLIT if !before["users"]["id"].is_empty() => {
            assert_eq!(after["users"]["city"], ["'Turin'", "'Oslo'", "NULL"]);
            assert_eq!(after["users"]["country"], ["'Italy'", "NULL", "NULL"]);
        }
        _ => {}
    }
    after
}

/// The newest revision down again.
fn down(db: &mut AnyConnection, id: &str) -> Rows {
    let revision = REVISIONS.iter().find(|it| it.id == id).unwrap();
    let before = reader::rows(inside(db));
    migrator().downgrade(db, "-1", &Options::default()).unwrap_or_else(|error| panic!("{id}: {error}"));
    let after = reader::rows(inside(db));
    check_sound(db, id);
    check_kept(id, &revision.operations(Direction::Downgrade), &before, &after);
    match id {
        TITLE => assert_eq!(values(&before, "posts", "title"), values(&after, "posts", "headline")),
        SPLIT => assert_eq!(after["users"]["location"], ["'Turin, Italy'", "'Oslo'", "NULL"]),
        _ => {}
    }
    after
}

#[test]
fn rows_survive_each_revision_there_and_back() {
    let mut db = connect();
    let mut schemas = vec![reader::schema(inside(&mut db))];
    let mut at = vec![Rows::new()];
    for (number, revision) in REVISIONS.iter().enumerate() {
        up(&mut db, revision.id);
        match revision.id {
            _ if number == 0 => insert_users_and_posts(&mut db),
            COMMENTS_TAGS_AND_FOLLOWERS => insert_the_rest(&mut db),
            _ => {}
        }
        schemas.push(reader::schema(inside(&mut db)));
        at.push(reader::rows(inside(&mut db)));
    }
    assert_eq!(at.last().unwrap()["comments"]["parent_id"], ["NULL", "1", "2"]);

    let locked = lock::read(&fs::read_to_string(checkout().join("migrations/schema.lock")).unwrap()).unwrap();
    let plan = diff(&Schema::default(), &locked.schema, &Answers::default()).unwrap();
    set_upgrades([plan.upgrade, Vec::new()]);
    let mut fresh = recorded::connect();
    recorded::migrator().upgrade(&mut fresh).unwrap();
    assert_eq!(reader::schema(inside(&mut db)), reader::schema(&mut fresh), "the head is not what schema.lock says");

    for (number, revision) in REVISIONS.iter().enumerate().rev() {
        let rows = down(&mut db, revision.id);
        assert_eq!(reader::schema(inside(&mut db)), schemas[number], "below {}", revision.id);
        for (table, columns) in &rows {
            assert_eq!(columns, &at[number][table], "{table} below {}", revision.id);
        }
    }
    assert!(reader::schema(inside(&mut db)).is_empty(), "nothing is left at base");

    for revision in REVISIONS {
        up(&mut db, revision.id);
    }
    assert_eq!(&reader::schema(inside(&mut db)), schemas.last().unwrap());
}

#[test]
fn one_upgrade_brings_old_rows_to_the_head() {
    let mut db = connect();
    migrator().upgrade_to(&mut db, COMMENTS_TAGS_AND_FOLLOWERS, &Options::default()).unwrap();
    insert_users_and_posts(&mut db);
    insert_the_rest(&mut db);
    let before = reader::rows(inside(&mut db));
    migrator().upgrade(&mut db).unwrap();
    check_sound(&mut db, "head");
    let after = reader::rows(inside(&mut db));
    assert_eq!(after["users"]["city"], ["'Turin'", "'Oslo'", "NULL"]);
    assert_eq!(after["users"]["bio"], ["'Writes here.'", "'Writes here.'", "''"]);
    assert_eq!(after["posts"]["status"], ["'draft'", "'draft'"]);
    migrator().downgrade(&mut db, COMMENTS_TAGS_AND_FOLLOWERS, &Options::default()).unwrap();
    check_sound(&mut db, "back");
    assert_eq!(reader::rows(inside(&mut db)), before);
}

/// Notes what the runtime tells `tracing` on one thread: other tests run beside this one.
struct Collector(std::thread::ThreadId, std::sync::Mutex<Vec<String>>);

impl tracing::Subscriber for Collector {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "migratable"
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn event(&self, event: &tracing::Event<'_>) {
        if std::thread::current().id() != self.0 {
            return;
        }
        struct Message(String);
        impl tracing::field::Visit for Message {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!(" {}={value:?}", field.name()));
            }
        }
        let mut message = Message(event.metadata().level().to_string());
        event.record(&mut message);
        self.1.lock().unwrap().push(message.0);
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn the_applications_tracing_is_told_what_is_done() {
    let collector = std::sync::Arc::new(Collector(std::thread::current().id(), std::sync::Mutex::default()));
    // One for the whole process: what a place tells is decided for all threads at once.
    tracing::subscriber::set_global_default(collector.clone()).unwrap();
    migrator().upgrade(&mut connect()).unwrap();
    let told = collector.1.lock().unwrap();
    let first = &REVISIONS[0];
    let begins = format!("begins: {}", first.message);
    assert!(told[0].starts_with("INFO ") && told[0].contains(first.id) && told[0].contains(&begins), "{}", told[0]);
    assert!(told.iter().any(|line| line.starts_with("DEBUG ") && line.contains("create table users")), "{told:?}");
    let ended = told.iter().filter(|line| line.starts_with("INFO ") && line.contains("message=ended: "));
    assert_eq!(ended.count(), REVISIONS.len());
    assert_eq!(told.last().unwrap(), &format!("DEBUG message=committed revisions={}", REVISIONS.len()));
}
