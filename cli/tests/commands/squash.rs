//! One revision in the place of several.

use serde_json::Value;

use crate::project::{Blog, assert_says};

const A: &str = "aa0000000001";
const B: &str = "bb0000000002";
const C: &str = "cc0000000003";
const D: &str = "dd0000000004";
const S: &str = "ff0000000009";

const USERS: [&str; 2] =
    ["    op.create_table(table(\"users\").column(column(\"id\", bigint())));", "    op.drop_table(\"users\");"];
const NAME: [&str; 2] = [
    "    op.add_column(\"users\", column(\"name\", text()).nullable());\n    op.run(fill);",
    "    op.drop_column(\"users\", \"name\");",
];
const BIO: [&str; 2] = [
    "    op.add_column(\"users\", column(\"bio\", text()).nullable());\n    op.run(fill);",
    "    op.run(empty);\n    op.drop_column(\"users\", \"bio\");",
];
const AGE: [&str; 2] =
    ["    op.add_column(\"users\", column(\"age\", integer()).nullable());", "    op.drop_column(\"users\", \"age\");"];
const STEP: &str = "\n/// Fills it.\nfn fill(db: &mut Db) -> Result<()> {\n    use fill::users;\n    help(db)\n}\n";

const TEST: &str = "\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn it_fills() {}\n}\n";

/// Four revisions in a line; the second and the third run a step of one name.
fn blog() -> Blog {
    let blog = Blog::new("");
    blog.revision(A, &[], USERS[0], USERS[1]);
    blog.revision(B, &[A], NAME[0], NAME[1]);
    blog.revision(C, &[B], BIO[0], BIO[1]);
    blog.revision(D, &[C], AGE[0], AGE[1]);
    for (id, more) in [(B, ""), (C, "\nfn empty(db: &mut Db) -> Result<()> {\n    fill(db)\n}\n")] {
        let file = blog.file(id);
        let text = blog.read(&file).replace("::*;\n", "::*;\nuse std::fmt;\n");
        blog.write(&file, &format!("{text}{STEP}{more}{TEST}"));
    }
    blog.ok(&["lock"]);
    blog
}

#[test]
fn what_is_squashed_does_the_same_one_behind_the_other() {
    let blog = blog();
    let lock = blog.lock();
    let ran = blog.run(&["squash", "bb:cc", "-m", "names", "--rev-id", S]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_says(&ran.out, &[&format!("{S} stands for {B}, {C}\n"), "wrote migrations/versions/", D, "follows it"]);
    assert_says(&ran.err, &[&format!("the tests of {B} are gone"), &format!("the tests of {C} are gone")]);
    assert_says(&ran.err, &[&format!("a database that is at {C} or beyond is taken over"), "take `replaces` out"]);
    assert_eq!(blog.files().len(), 3);
    let text = blog.read(&blog.file(S));
    assert_says(
        &text,
        &[
            "//! names",
            "use std::fmt;",
            "replaces = [\"bb0000000002\", \"cc0000000003\"]",
            "op.add_column(\"users\", column(\"name\"",
            "op.run(fill);",
            "op.add_column(\"users\", column(\"bio\"",
            "op.run(fill_cc00);",
            "op.run(empty);",
            "op.drop_column(\"users\", \"bio\");",
            "op.drop_column(\"users\", \"name\");",
            "/// Fills it.\nfn fill(",
            "use fill::users;",
            "/// Fills it.\nfn fill_cc00(",
            "use fill_cc00::users;",
            "fn empty(",
            "fill_cc00(db)",
        ],
    );
    assert_eq!(text.matches("use std::fmt;").count(), 1);
    assert!(!text.contains("cfg(test)"), "{text}");
    assert_says(&blog.read(&blog.file(D)), &[&format!("after = [\"{S}\"]")]);
    assert_eq!((blog.lock().schema, blog.lock().heads), (lock.schema, lock.heads));
    assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
    assert_says(&blog.ok(&["show", "ff"]), &["replaces: bb0000000002, cc0000000003"]);
    assert_says(&blog.fails(2, &["show", "bb"]), &[&format!("revision {B} is gone: {S} stands for it")]);
    assert_says(&blog.fails(2, &["squash", "ff:dd"]), &[&format!("{S} stands for others itself")]);
    let before = blog.snapshot();
    assert_says(&blog.fails(1, &["remove", "ff"]), &["stands for bb0000000002, cc0000000003, whose files are gone"]);
    assert_eq!(blog.snapshot(), before);
    let file = blog.file(S);
    blog.write(&file, &blog.read(&file).replace("replaces = [\"bb0000000002\", \"cc0000000003\"]", "replaces = []"));
    assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
}

#[test]
fn from_the_base_and_without_rows_the_schema_is_made_at_once() {
    let blog = Blog::new("");
    blog.revision(A, &[], USERS[0], USERS[1]);
    blog.revision(B, &[A], AGE[0], AGE[1]);
    blog.ok(&["lock"]);
    let made: Value = serde_json::from_str(&blog.ok(&["squash", "base:head", "--json", "--rev-id", S])).unwrap();
    assert_eq!((made["revision"].as_str(), made["replaces"].as_array().unwrap().len()), (Some(S), 2));
    let text = blog.read(&blog.file(S));
    assert_says(&text, &["op.create_table(", "column(\"id\"", "column(\"age\"", "op.drop_table(\"users\")"]);
    assert!(!text.contains("add_column"), "{text}");
    assert_eq!((blog.files().len(), blog.lock().heads), (1, vec![S.to_owned()]));
    assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
}

#[test]
fn branches_that_come_together_are_squashed_in_the_names_of_each() {
    let blog = Blog::new("");
    blog.revision(A, &[], USERS[0], USERS[1]);
    let renames = ["op.rename_table(\"users\", \"people\");", "op.rename_table(\"people\", \"users\");"];
    blog.revision(B, &[A], renames[0], renames[1]);
    blog.revision(C, &[A], NAME[0], NAME[1]);
    let file = blog.file(C);
    blog.write(&file, &(blog.read(&file) + STEP));
    blog.revision(D, &[B, C], "", "");
    blog.ok(&["lock"]);
    let lock = blog.lock();
    assert_says(&blog.fails(2, &["squash", "bb:dd"]), &["follows", "which is not in it; choose another range"]);
    blog.ok(&["squash", "aa:dd", "--rev-id", S]);
    assert_eq!(blog.lock().schema, lock.schema);
    assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
}

#[test]
fn what_cannot_be_squashed_is_said_and_stays() {
    let blog = blog();
    blog.revision("ee0000000005", &[B], "", "");
    blog.ok(&["merge", "--rev-id", "ee0000000006"]);
    let before = blog.snapshot();
    for (arguments, expected) in [
        (&["squash", "bb:cc"][..], "ee0000000005 follows bb0000000002, which would be gone"),
        (&["squash", "bb"], "the form is `a:b`, `a:` or `:b`"),
        (&["squash", "bb:bb"], "bb0000000002 alone needs nothing that stands for it"),
        (&["squash", "cc:bb"], "there is no revision in it"),
        (&["squash", "zz:"], "no revision is called `zz`"),
        (&["squash", "aa:bb", "--rev-id", D], "there is a revision of that id already"),
    ] {
        assert_says(&blog.fails(2, arguments), &[expected]);
    }
    assert_eq!(blog.snapshot(), before);
}

#[test]
fn rows_that_are_mapped_stay_in_their_revision_unless_there_are_none() {
    let blog = Blog::new("");
    let users =
        "op.create_table(table(\"users\").column(column(\"id\", bigint())).primary_key(\"pk_users\", [\"id\"]));";
    blog.revision(A, &[], users, USERS[1]);
    let map = "op.add_column(\"users\", column(\"name\", text()));\n    op.map_rows(\"users\", named);";
    blog.revision(B, &[A], map, NAME[1]);
    let file = blog.file(B);
    let named = "\nfn named(old: before::users::Row) -> Result<after::users::Row> {\n    todo!()\n}\n";
    blog.write(&file, &(blog.read(&file) + named));
    blog.revision(C, &[B], AGE[0], AGE[1]);
    blog.ok(&["lock"]);
    let before = blog.snapshot();
    assert_says(&blog.fails(1, &["squash", "bb:cc"]), &["maps rows from what that revision finds to what it leaves"]);
    assert_eq!(blog.snapshot(), before);
    // A new database has no rows to map.
    blog.ok(&["squash", "base:head", "--rev-id", S]);
    assert!(!blog.read(&blog.file(S)).contains("map_rows"));
    assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
}
