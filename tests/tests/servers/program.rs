//! A small program with some keys in its configuration, and its `migrate` on a database.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{AnyConnection, Migrator, Revision};
use migratable_cli::{Console, Project};
use migratable_core::Dialect;
use migratable_tests::databases::client::Database;
use migratable_tests::revisions::revision;

fn create_users(op: &mut Operations) {
    op.create_table(table("users").column(column("id", bigint())).primary_key("pk_users", ["id"]));
}

fn drop_users(op: &mut Operations) {
    op.drop_table("users");
}

fn add_bio(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
}

fn drop_bio(op: &mut Operations) {
    op.drop_column("users", "bio");
}

fn fail(op: &mut Operations) {
    op.execute(sql("INSERT INTO nowhere VALUES (1)"));
}

fn wait(op: &mut Operations) {
    op.execute(
        sql_each()
            .postgres("DO $$ BEGIN PERFORM pg_sleep(20); END $$")
            .mysql("CREATE TABLE waits AS SELECT SLEEP(20) AS slept"),
    );
}

fn wait_in_rust(op: &mut Operations) {
    op.run(sleep);
}

fn sleep(db: &mut AnyConnection) -> Result<()> {
    let sql = match db.dialect() {
        Dialect::Mysql => "SELECT SLEEP(20)",
        _ => "SELECT pg_sleep(20)",
    };
    Ok(db.batch_execute(sql)?)
}

fn nothing(_: &mut Operations) {}

pub const USERS: Revision = revision("a1", &[], create_users, drop_users);
pub const BIO: Revision = revision("a2", &["a1"], add_bio, drop_bio);

pub static SOUND: [Revision; 2] = [USERS, BIO];
pub static FAILING: [Revision; 3] = [USERS, BIO, revision("a3", &["a2"], fail, nothing)];
/// Two changes, of which the second is refused.
fn half(op: &mut Operations) {
    add_bio(op);
    fail(op);
}

/// How often a step was run.
pub static STEPS: AtomicUsize = AtomicUsize::new(0);

fn count(_: &mut AnyConnection) -> Result<()> {
    STEPS.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

fn count_and_add_bio(op: &mut Operations) {
    op.run(count);
    add_bio(op);
}

pub static COUNTING: [Revision; 2] = [USERS, revision("c2", &["a1"], count_and_add_bio, drop_bio)];
pub static HALVING: [Revision; 2] = [USERS, revision("h2", &["a1"], half, drop_bio)];
pub static WAITING: [Revision; 1] = [revision("w1", &[], wait, nothing)];
pub static WAITING_IN_RUST: [Revision; 1] = [revision("w2", &[], wait_in_rust, nothing)];

/// A `migrate` for a database, as it was built with some keys in the configuration.
pub struct Program<'a> {
    database: &'a Database<'a>,
    project: Project,
    pub variables: BTreeMap<&'static str, &'static str>,
}

impl<'a> Program<'a> {
    pub fn new(database: &'a Database<'a>, revisions: &'static [Revision], keys: &str) -> Program<'a> {
        let configuration = format!(
            "[package]\nname = \"blog-migrations\"\n[package.metadata.migratable]\ndialects = [\"{}\"]\n{keys}\n",
            database.dialect().name()
        );
        let project =
            Project::new("/nowhere", "blog-migrations", &configuration)
                .with_migrator(Migrator::<AnyConnection>::new(revisions));
        Program { database, project, variables: BTreeMap::new() }
    }

    /// What a command prints; else what it says.
    pub fn migrate(&self, words: &[&str]) -> Result<String, String> {
        let url = self.database.url();
        self.run(&[&["--database-url", &url], words].concat())
    }

    /// The same where the words name the database.
    pub fn run(&self, words: &[&str]) -> Result<String, String> {
        self.said(words).map(|(out, _)| out)
    }

    /// What a command prints, and what it says besides.
    pub fn said(&self, words: &[&str]) -> Result<(String, String), String> {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let variable = |name: &str| self.variables.get(name).map(|&value| value.to_owned());
        let outcome = {
            let mut console = Console::new(&mut out, &mut err, std::env::temp_dir()).with_variables(&variable);
            let arguments = ["migrate"].iter().chain(words);
            migratable_cli::run(&self.project, arguments.map(OsString::from), &mut console)
        };
        let (out, err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
        match outcome {
            Ok(()) => Ok((out, err)),
            Err(failure) => Err(failure.message().map_or(out + &err, str::to_owned)),
        }
    }

    pub fn ok(&self, words: &[&str]) -> String {
        let dialect = self.database.dialect();
        self.migrate(words).unwrap_or_else(|error| panic!("{dialect}: {words:?}: {error}"))
    }

    /// Upgrades by `migrate` itself, or by its script and the database's own client.
    pub fn upgrade(&self, by_script: bool, words: &[&str]) -> Result<String, String> {
        if by_script {
            let script = self.ok(&[&["upgrade", "base:head", "--sql"], words].concat());
            return self.database.query(&script).map_err(|error| format!("{error}\n{script}"));
        }
        self.migrate(&[&["upgrade"], words].concat())
    }
}
