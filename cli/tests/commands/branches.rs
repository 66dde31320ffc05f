//! Two branches that each have a revision: joined, or one put behind the other.

use std::process::Command;

use serde_json::Value;

use crate::project::{Blog, assert_says};

const A: &str = "aa0000000001";
const B: &str = "bb0000000002";
const C: &str = "cc0000000003";
const D: &str = "dd0000000004";

const USERS: [&str; 2] = [
    "    op.create_table(table(\"users\").column(column(\"id\", bigint())).column(column(\"name\", varchar(50))));",
    "    op.drop_table(\"users\");",
];
const BIO: [&str; 2] =
    ["    op.add_column(\"users\", column(\"bio\", text()).nullable());", "    op.drop_column(\"users\", \"bio\");"];
const SHORT_BIO: [&str; 2] = [
    "    op.add_column(\"users\", column(\"age\", integer()).nullable());\n    op.add_column(\"users\", column(\"bio\", \
     varchar(9)).nullable());",
    "    op.drop_column(\"users\", \"bio\");\n    op.drop_column(\"users\", \"age\");",
];
const AGE: [&str; 2] =
    ["    op.add_column(\"users\", column(\"age\", integer()).nullable());", "    op.drop_column(\"users\", \"age\");"];
const RENAME: [&str; 2] = [
    "    op.rename_column(\"users\", \"name\", \"full_name\");",
    "    op.rename_column(\"users\", \"full_name\", \"name\");",
];
const INDEX: [&str; 2] = [
    "    op.create_index(\"users\", index(\"ix_users_name\").on(\"name\"));",
    "    op.drop_index(\"users\", \"ix_users_name\");",
];
const LONGER: [&str; 2] = [
    "    op.alter_column(\"users\", \"name\").set_type(varchar(100));",
    "    op.alter_column(\"users\", \"name\").set_type(varchar(50));",
];
const NULLABLE: [&str; 2] = [
    "    op.alter_column(\"users\", \"name\").set_type(varchar(200)).nullable();",
    "    op.alter_column(\"users\", \"name\").set_type(varchar(50)).not_null();",
];
const DROP: [&str; 2] =
    ["    op.drop_column(\"users\", \"name\");", "    op.add_column(\"users\", column(\"name\", varchar(50)));"];

/// A project with a table and two branches behind it.
fn branched(b: [&str; 2], c: [&str; 2]) -> Blog {
    let blog = Blog::new("");
    blog.revision(A, &[], USERS[0], USERS[1]);
    blog.revision(B, &[A], b[0], b[1]);
    blog.revision(C, &[A], c[0], c[1]);
    blog
}

/// The columns of the table in the lock, with their types.
fn columns(blog: &Blog) -> Vec<String> {
    let lock = blog.lock();
    let (_, table) = lock.schema.tables.iter().next().unwrap();
    table.columns.iter().map(|it| format!("{} {}", it.name, it.column_type)).collect()
}

#[test]
fn a_branch_that_renames_what_the_other_uses_is_joined_as_it_is() {
    for (b, c) in [(RENAME, INDEX), (INDEX, RENAME)] {
        let blog = branched(b, c);
        let said = blog.ok(&["merge", "--rev-id", D]);
        assert_says(&said, &[&format!("joined {B} and {C} in {D}"), "wrote migrations/versions/"]);
        assert_eq!(columns(&blog), ["id bigint", "full_name varchar(50)"]);
        let lock = blog.lock();
        assert_eq!(lock.heads, [D]);
        assert_eq!(lock.schema.tables[&"users".into()].indexes[0].name, "ix_users_full_name");
        assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
        if cfg!(feature = "database") {
            assert_eq!(blog.ok(&["diff", "--from", "lock", "--to", "head"]), "");
        }
    }
}

#[test]
fn changes_of_one_column_are_decided_by_a_flag_or_at_the_terminal() {
    let keep = format!(
        "say which holds, as in:\n  cargo run -p blog-migrations --no-default-features --bin migrate -- merge --keep {B}"
    );
    for (kept, expected) in [(B, "name varchar(100)"), (C, "name varchar(200)")] {
        let blog = branched(LONGER, NULLABLE);
        let before = blog.snapshot();
        let said = blog.fails(1, &["merge"]);
        assert_says(&said, &["the branches change the same", &format!("behind {B} column users.name is"), &keep]);
        assert_eq!(blog.snapshot(), before);

        let said: Value =
            serde_json::from_str(&blog.ok(&["merge", "--keep", &kept[..4], "--rev-id", D, "--json"])).unwrap();
        assert_eq!(said["changes"][0]["operation"], "alter_column");
        assert_eq!(columns(&blog)[1], expected);
        assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
        assert!(blog.read(&blog.file(D)).contains(".set_type("), "{}", blog.read(&blog.file(D)));
    }
    let blog = branched(LONGER, NULLABLE);
    let ran = blog.answer("2\n", &["merge"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_says(&ran.err, &["1  what bb0000000002 says holds   (--keep bb0000000002)", "Which? [1-2]"]);
    assert_eq!(columns(&blog)[1], "name varchar(200)");
}

#[test]
fn what_cannot_both_be_is_named_with_both_files_and_one_side_is_taken_out() {
    for (b, c, message) in [
        (BIO, SHORT_BIO, "the column `users.bio` exists already"),
        (DROP, INDEX, "there is no column `users.name`"),
        (DROP, DROP, "there is no column `users.name`"),
        (RENAME, RENAME, "there is no column `users.name`"),
    ] {
        let blog = branched(b, c);
        let before = blog.snapshot();
        let said = blog.fails(1, &["merge"]);
        let parts = ["error: the branches do not fit together; nothing was written", message, "compare `"];
        assert_says(&said, &parts);
        for part in [&blog.file(B), &blog.file(C), &format!("--keep {B}"), &format!("--keep {C}")] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(blog.snapshot(), before);

        let said = blog.ok(&["merge", "--keep", B]);
        assert_says(&said, &["took out `", &format!("` of {}", blog.file(C))]);
        assert_eq!(blog.read(&blog.file(B)), before[1]);
        assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
    }
    let blog = branched(BIO, SHORT_BIO);
    let ran = blog.answer("1\n", &["merge"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let bio = columns(&blog).into_iter().find(|it| it.starts_with("bio")).unwrap();
    assert!(["bio varchar(9)", "bio text"].contains(&bio.as_str()), "{bio}");
    assert!(columns(&blog).contains(&"age integer".to_owned()), "only what is in the way is taken out");
}

#[test]
fn some_of_the_heads_are_joined_if_they_are_named() {
    let blog = branched(BIO, AGE);
    blog.revision(D, &[A], INDEX[0], INDEX[1]);
    assert_says(&blog.fails(2, &["merge", "aa"]), &["aa0000000001 is no head"]);
    blog.ok(&["merge", "bb", "cc", "--rev-id", "ee0000000005"]);
    assert_eq!(blog.ok(&["heads"]).lines().count(), 2);
    blog.ok(&["merge"]);
    assert_eq!(blog.ok(&["heads"]).lines().count(), 1);
    assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
    assert_says(&blog.ok(&["merge"]), &["there is one head and the lock is what the revisions give"]);
    assert_says(&blog.fails(2, &["merge", "nonsense"]), &["no revision is called `nonsense`"]);
}

fn git(blog: &Blog, arguments: &[&str]) -> bool {
    let settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
    let command = Command::new("git").args(settings).args(arguments).current_dir(&blog.root).output();
    command.unwrap().status.success()
}

/// The two branches as git has them: each on a branch of its name, merged into that of `C`.
fn merged_by_git(blog: &Blog) {
    let (b, c) = (blog.file(B), blog.file(C));
    let c_text = blog.read(&c);
    std::fs::remove_file(blog.path(&c)).unwrap();
    let b_text = blog.read(&b);
    std::fs::remove_file(blog.path(&b)).unwrap();
    assert!(git(blog, &["init", "-q"]) && git(blog, &["add", "-A"]) && git(blog, &["commit", "-qm", "a"]));
    assert!(git(blog, &["checkout", "-qb", "b"]));
    blog.write(&b, &b_text);
    assert!(git(blog, &["add", "-A"]) && git(blog, &["commit", "-qm", "b"]));
    assert!(git(blog, &["checkout", "-q", "main"]));
    blog.write(&c, &c_text);
    assert!(git(blog, &["add", "-A"]) && git(blog, &["commit", "-qm", "c"]));
    assert!(git(blog, &["merge", "-q", "b"]));
}

#[test]
fn git_tells_which_branch_the_other_goes_behind() {
    let blog = branched(BIO, AGE);
    merged_by_git(&blog);
    let (b, c) = (blog.file(B), blog.file(C));

    let said: Value = serde_json::from_str(&blog.ok(&["rebase", "--json"])).unwrap();

    assert_eq!((said["onto"].as_str(), said["heads"][0].as_str()), (Some(C), Some(B)));
    assert_eq!((blog.file(C), blog.path(&b).exists()), (c.clone(), false));
    assert!(blog.file(B) > c && blog.file(B).ends_with(&format!("_{B}_by_hand.rs")), "{}", blog.file(B));
    assert_says(&blog.read(&blog.file(B)), &[&format!("revision!(\"{B}\", after = [\"{C}\"]);")]);
    assert_eq!(blog.lock().heads, [B]);
    assert_says(&blog.ok(&["rebase"]), &["one head", "nothing was changed"]);
}

#[test]
fn a_branch_of_several_revisions_keeps_its_order_behind_the_named_head() {
    let blog = branched(BIO, AGE);
    blog.revision(D, &[C], INDEX[0], INDEX[1]);
    let said = blog.fails(2, &["rebase"]);
    assert_says(&said, &["git knows of no merge here", &format!("rebase {B}"), &format!("rebase {D}")]);
    assert_says(&blog.fails(2, &["rebase", A]), &["is no head"]);

    blog.ok(&["rebase", "bb"]);

    assert!(blog.file(B) < blog.file(C) && blog.file(C) < blog.file(D), "{:?}", blog.files());
    let graph: Vec<String> = blog.ok(&["history"]).lines().map(|line| line[..12].to_owned()).collect();
    assert_eq!(graph.len(), 4);
    assert_says(&blog.ok(&["history"]), &[&format!("{C} -> {D}"), &format!("{B} -> {C}"), &format!("{A} -> {B}")]);
    assert_eq!(blog.lock().heads, [D]);
}

#[test]
fn a_revision_that_does_not_fit_behind_is_named_and_nothing_is_written() {
    let blog = branched(INDEX, RENAME);
    let before = blog.snapshot();
    let said = blog.fails(1, &["rebase", C]);
    let place = format!("error: {}:", blog.file(B));
    assert_says(&said, &[&place, "users.name", "do not fit behind cc0000000003, and nothing was written", "-- merge"]);
    assert_eq!(blog.snapshot(), before);
}

#[test]
fn each_new_file_is_shown_to_the_hooks_and_stays_if_one_fails() {
    let manifest = "[package]\nname = \"blog-migrations\"\n\n[package.metadata.migratable]\npost-write-hooks = ";
    let blog = branched(BIO, AGE);
    blog.write(
        "migrations/Cargo.toml",
        &format!("{manifest}[\"cp {{file}} copied\", \"false {{file}}\", \"no-such {{file}}\"]\n"),
    );
    let ran = blog.run(&["merge", "--rev-id", D]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let file = blog.file(D);
    assert_says(&ran.err, &[&format!("warning: `false {file}` ended with"), &format!("cannot run `no-such {file}`")]);
    assert_eq!(blog.read("migrations/copied"), blog.read(&file));
}

#[test]
fn a_new_file_is_formatted_by_rustfmt_if_nothing_else_is_set() {
    let index = "a_name_so_long_that_the_line_is_one_to_rustfmt_alone";
    let models = format!(
        "#[derive(Migratable)]\npub struct User {{\n    pub id: i64,\n    #[migratable(index(name = \"{index}\"))]\n    pub age: i32,\n}}\n"
    );
    let line = format!("        .index(index(\"{index}\").on(\"age\")),\n");
    let written = |hooks: &str| {
        let blog = Blog::new(&models);
        let manifest = blog.read("migrations/Cargo.toml");
        blog.write("migrations/Cargo.toml", &format!("{manifest}{hooks}"));
        blog.ok(&["revision", "-m", "users", "--rev-id", D]);
        blog.read(&blog.file(D))
    };
    assert!(written("").contains(&line));
    assert!(!written("post-write-hooks = [\"true\"]\n").contains(&line), "nothing else makes it so");
}
