//! `migrate` with a history for each thing that can stand in its way.

use std::process::ExitCode;

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{AnyConnection, Migrator, Revision};
use migratable_cli::Project;
use migratable_tests::revisions::{Record, revision};

/// A second revision.
const fn second(upgrade: Record) -> [Revision; 2] {
    [USERS, revision("b2", &["a1"], upgrade, nothing)]
}

const USERS: Revision = revision("a1", &[], create_users, drop_users);
const BIO: Revision = revision("a2", &["a1"], add_bio, drop_bio);
const SQUASHED: Revision = Revision { replaces: &["a1", "a2"], ..revision("s1", &[], nothing, nothing) };

static SOUND: [Revision; 2] = [USERS, BIO];
static SOUND_WITH_OTHER_STEPS: [Revision; 2] = [USERS, Revision { steps_checksum: Some("v1:other"), ..BIO }];
static SQUASH: [Revision; 1] = [SQUASHED];
static TORN: [Revision; 1] = [revision("a2", &["a1"], nothing, nothing)];
static BRANCH: [Revision; 2] = second(|op| op.drop_table("users"));
static HALVES: [Revision; 2] = second(|op| {
    add_bio(op);
    op.execute(sql("INSERT INTO nowhere VALUES (1)"));
});
static UNIQUE: [Revision; 2] = second(|op| op.create_unique("users", unique("uq_users_name", ["name"])));
static STATEMENT: [Revision; 2] = second(|op| op.execute(sql("INSERT INTO nowhere VALUES (1)")));
static STEP: [Revision; 2] = second(|op| op.run(fail));
static COMMIT: [Revision; 2] = second(|op| op.run(commit));
static OTHER_COLUMN: [Revision; 2] = second(|op| {
    op.add_column("users", column("title", varchar(30)).nullable());
    op.drop_column("users", "name");
});
static TWICE: [Revision; 2] = second(create_users);
static ONE_WAY: [Revision; 2] = [USERS, revision("b2", &["a1"], add_bio, |op| op.irreversible("the bios are gone"))];
static UNKNOWN_FUNCTION: [Revision; 2] = second(|op| op.create_check("users", check("ck", sql("nowhere(id) > 0"))));
static OTHER_DIALECT: [Revision; 2] = second(|op| op.create_check("users", check("ck", sql_each().sqlite("id > 0"))));
static FILLING: [Revision; 3] = [
    USERS,
    revision(
        "b2",
        &["a1"],
        |op| {
            add_bio(op);
            op.backfill("users", "bio", sql("printf('%0200d', id)"));
        },
        drop_bio,
    ),
    revision("c3", &["a1"], require_name, nothing),
];

fn nothing(_: &mut Operations) {}

fn create_users(op: &mut Operations) {
    op.create_table(
        table("users")
            .column(column("id", bigint()))
            .column(column("name", varchar(30)).nullable())
            .primary_key("pk_users", ["id"]),
    );
}

fn drop_users(op: &mut Operations) {
    op.drop_table("users");
}

fn add_bio(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
}

fn require_name(op: &mut Operations) {
    op.alter_column("users", "name").not_null();
}

fn drop_bio(op: &mut Operations) {
    op.drop_column("users", "bio");
}

fn fail(_: &mut AnyConnection) -> Result<()> {
    Err("the file of names is not there".into())
}

fn commit(db: &mut AnyConnection) -> Result<()> {
    Ok(db.batch_execute("COMMIT")?)
}

fn main() -> ExitCode {
    let revisions: &'static [Revision] = match std::env::var("HISTORY").unwrap_or_default().as_str() {
        "first" => &SOUND[..1],
        "other steps" => &SOUND_WITH_OTHER_STEPS,
        "squashed" => &SQUASH,
        "torn" => &TORN,
        "branch" => &BRANCH,
        "halves" => &HALVES,
        "unique" => &UNIQUE,
        "statement" => &STATEMENT,
        "step" => &STEP,
        "commit" => &COMMIT,
        "other column" => &OTHER_COLUMN,
        "twice" => &TWICE,
        "one way" => &ONE_WAY,
        "unknown function" => &UNKNOWN_FUNCTION,
        "filling" => &FILLING,
        "other dialect" => &OTHER_DIALECT,
        _ => &SOUND,
    };
    let project = Project::new("/nowhere", "refused", "[package]\nname = \"refused\"\n");
    migratable_cli::main(&project.with_migrator(Migrator::<AnyConnection>::new(revisions)))
}
