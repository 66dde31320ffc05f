//! The commands that show revisions.

use serde_json::Value;

use crate::project::{Blog, assert_says};

const A: &str = "aa0000000001";
const B: &str = "bb0000000002";
const C: &str = "cc0000000003";
const D: &str = "dd0000000004";

/// A base with two branches that come together again.
fn diamond() -> Blog {
    let blog = Blog::new("");
    let users =
        "op.create_table(table(\"users\").column(column(\"id\", bigint())).primary_key(\"pk_users\", [\"id\"]));";
    blog.revision(A, &[], users, "op.drop_table(\"users\");");
    blog.revision(B, &[A], "op.add_column(\"users\", column(\"b\", text()));", "op.drop_column(\"users\", \"b\");");
    blog.revision(C, &[A], "op.add_column(\"users\", column(\"c\", text()));", "op.drop_column(\"users\", \"c\");");
    blog.revision(D, &[B, C], "", "");
    blog
}

#[test]
fn history_is_newest_first_with_what_follows_what() {
    let blog = diamond();
    assert_eq!(
        blog.ok(&["history"]),
        format!(
            "{B}, {C} -> {D} (head, merge), revision {D}\n{A} -> {C}, revision {C}\n{A} -> {B}, revision {B}\n\
             base -> {A} (branch point), revision {A}\n"
        )
    );
    assert_says(
        &blog.ok(&["history", "-v"]),
        &["file: migrations/versions/20250101_000000_dd", "upgrade: nothing", "add column users.c (text, not null)"],
    );
}

#[test]
fn history_takes_ranges() {
    let blog = diamond();
    let ids = |range: &str| -> Vec<String> {
        let listed: Value = serde_json::from_str(&blog.ok(&["history", "--json", "-r", range])).unwrap();
        let ids = listed.as_array().unwrap().iter();
        ids.map(|revision| revision["revision"].as_str().unwrap()[..1].to_owned()).collect()
    };
    for (range, expected) in
        [("base:head", "dcba"), (":bb", "ba"), ("bb:", "dcb"), ("cc:dd", "dcb"), ("aa:aa", "a"), ("head-1:", "dcb")]
    {
        let mut found = ids(range);
        found.sort_by(|a, b| b.cmp(a));
        assert_eq!(found.concat(), expected, "{range}");
    }
}

#[test]
fn heads_branches_and_show_say_what_they_are_for() {
    let blog = diamond();
    assert_eq!(blog.ok(&["heads"]), format!("{B}, {C} -> {D} (head, merge), revision {D}\n"));
    assert_eq!(blog.ok(&["branches"]), format!("base -> {A} (branch point), revision {A}\n"));
    assert_says(
        &blog.ok(&["show", "bb"]),
        &[
            &format!("{A} -> {B}, revision {B}\n"),
            "file: migrations/versions/20250101_000000_bb",
            "upgrade:\n    add column users.b",
            "downgrade:\n    drop column users.b",
        ],
    );
    let shown: Value = serde_json::from_str(&blog.ok(&["show", "head", "--json"])).unwrap();
    assert_eq!((shown["revision"].as_str(), shown["head"].as_bool()), (Some(D), Some(true)));
    let shown: Value = serde_json::from_str(&blog.ok(&["show", "aa", "--json"])).unwrap();
    assert_eq!(shown["upgrade"][0]["operation"], "create_table");
    assert_eq!(shown["upgrade"][0]["table"], "users");
    assert_says(&blog.fails(2, &["show", "base"]), &["`base` is no revision"]);
    blog.revision("aa0000000009", &[D], "", "");
    assert_says(&blog.fails(2, &["show", "aa"]), &["`aa` may be any of aa0000000001, aa0000000009"]);
}

#[test]
fn without_revisions_there_is_nothing_to_list() {
    let blog = Blog::new("");
    for command in ["history", "heads", "branches"] {
        assert_eq!(blog.ok(&[command]), "");
        assert_eq!(blog.ok(&[command, "--json"]), "[]\n");
    }
    assert_says(&blog.fails(1, &["show", "head"]), &["there is no revision yet"]);
}
