//! The way out of states in which nothing compiles: merge, lock, remove, edit; and what check says about them.

use std::fs;

use serde_json::Value;

use crate::project::{Blog, assert_says};

const A: &str = "aa0000000001";
const B: &str = "bb0000000002";
const C: &str = "cc0000000003";

const USER: &str = "#[derive(Migratable)]\npub struct User {\n    pub id: i64,\n}\n";
const WITH_B: &str = "#[derive(Migratable)]\npub struct User {\n    pub id: i64,\n    pub b: Option<String>,\n}\n";
const WITH_B_AND_C: &str = "#[derive(Migratable)]\npub struct User {\n    pub id: i64,\n    pub c: Option<String>,\n    \
                            pub b: Option<String>,\n}\n";

/// A project with a table and one revision.
fn with_users() -> Blog {
    let blog = Blog::new(USER);
    blog.ok(&["revision", "-m", "users", "--rev-id", A]);
    blog
}

fn add(blog: &Blog, id: &str, after: &[&str], column: &str) {
    blog.revision(
        id,
        after,
        &format!("    op.add_column(\"users\", column(\"{column}\", text()).nullable());"),
        &format!("    op.drop_column(\"users\", \"{column}\");"),
    );
}

/// A project in which two branches have each added a column, and git left its marks in the lock.
fn after_a_git_merge() -> Blog {
    let blog = with_users();
    let base = blog.read("migrations/schema.lock");
    let of = |id: &str, column: &str| {
        add(&blog, id, &[A], column);
        blog.ok(&["lock"]);
        let lock = blog.read("migrations/schema.lock");
        let file = blog.file(id);
        let text = blog.read(&file);
        fs::remove_file(blog.path(&file)).unwrap();
        blog.write("migrations/schema.lock", &base);
        (file, text, lock)
    };
    let (ours, theirs) = (of(B, "b"), of(C, "c"));
    blog.write(&ours.0, &ours.1);
    blog.write(&theirs.0, &theirs.1);
    blog.write("migrations/schema.lock", &format!("<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n", ours.2, theirs.2));
    blog.models(WITH_B_AND_C);
    blog
}

#[test]
fn a_git_merge_is_mended_by_one_command() {
    let blog = after_a_git_merge();
    let broken = blog.run(&["check"]);
    assert_eq!(broken.status, 1);
    let heads = "there are 2 heads, bb0000000002 and cc0000000003: \
                 `cargo run -p blog-migrations --no-default-features --bin migrate -- merge` joins them, or, if no database has run one of the branches yet, \
                 `cargo run -p blog-migrations --no-default-features --bin migrate -- rebase` puts it behind the other";
    assert_says(&broken.out, &[heads]);
    let refused = blog.fails(1, &["revision", "-m", "x"]);
    assert_says(&refused, &["error: there are 2 heads", "-- merge", "-- rebase"]);

    let said = blog.ok(&["merge", "-m", "both sides", "--rev-id", "dd0000000004"]);

    assert_says(
        &said,
        &[&format!("joined {B} and {C} in dd0000000004"), "wrote migrations/versions/", "both_sides.rs"],
    );
    let lock = blog.lock();
    assert_eq!(lock.heads, ["dd0000000004"]);
    let columns: Vec<&str> = lock.schema.tables[&"users".into()].columns.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(columns, ["id", "c", "b"], "in the order of the models");
    assert_eq!(blog.ok(&["check"]), "clean: models, lock and revisions agree\n");
    assert_says(&blog.ok(&["merge"]), &["one head", "nothing was changed"]);
}

#[test]
fn a_lock_is_computed_anew_from_the_revisions() {
    let whole = "migrations/schema.lock was computed anew:\n";
    for (what, broken, found, said) in [
        (
            "conflict",
            &(|text: &str| format!("<<<<<<< a\n{text}=======\n{text}>>>>>>> b\n")) as &dyn Fn(&str) -> String,
            "schema.lock:1:1: git's conflict markers",
            "  it could not be read before\n",
        ),
        (
            "no text",
            &|text| text.replace("heads", "h\0"),
            "schema.lock:2:2: this is not UTF-8",
            "  it could not be read before\n",
        ),
        ("no TOML", &|text| text.replace("heads = ", "heads "), "schema.lock:2:", "  it could not be read before\n"),
        ("missing", &|_| String::new(), "migrations/schema.lock is missing", "  it could not be read before\n"),
        (
            "changed by hand",
            &|text| text.replace("type = \"bigint\"", "type = \"text\""),
            "migrations/schema.lock was changed by hand",
            "  - table users: column: name = \"id\", type = \"text\"",
        ),
        (
            "of another revision",
            &|text| text.replace(A, "ee0000000005"),
            "migrations/schema.lock is of revision ee0000000005, whose file is missing in migrations/versions",
            "  heads: ee0000000005 -> aa0000000001\n",
        ),
    ] {
        let blog = with_users();
        let whole_lock = blog.read("migrations/schema.lock");
        let text = broken(&whole_lock);
        if text.is_empty() {
            fs::remove_file(blog.path("migrations/schema.lock")).unwrap();
        } else {
            let bytes: Vec<u8> = text.bytes().map(|byte| if byte == 0 { 0xff } else { byte }).collect();
            fs::write(blog.path("migrations/schema.lock"), bytes).unwrap();
        }
        let check = blog.run(&["check", "--json"]);
        assert_eq!(check.status, 1, "{what}");
        let json: Value = serde_json::from_str(&check.out).unwrap();
        assert_eq!(
            (json["clean"].as_bool(), json["findings"][0]["kind"].as_str()),
            (Some(false), Some("lock")),
            "{what}"
        );
        assert_says(&blog.run(&["check"]).out, &[found]);

        assert_says(&blog.ok(&["lock"]), &[whole, said]);

        assert_eq!(blog.read("migrations/schema.lock"), whole_lock, "{what}");
        assert_eq!(blog.ok(&["lock"]), "migrations/schema.lock is what the revisions give; nothing was changed.\n");
    }
}

#[test]
fn a_package_that_cannot_be_read_makes_no_table_look_dropped() {
    type Break = fn(&Blog);
    let cases: [(Break, &str); 5] = [
        (|blog| fs::write(blog.path("Cargo.toml"), b"[package]\nname = \"\xff\"").unwrap(), "Cargo.toml: "),
        (|blog| blog.write("Cargo.toml", "[package\n"), "Cargo.toml:1:9: "),
        (|blog| fs::remove_file(blog.path("Cargo.toml")).unwrap(), "migrations/Cargo.toml:1:1: no package with models"),
        (
            |blog| blog.write("Cargo.toml", "[workspace]\n"),
            "migrations/Cargo.toml:1:1: no package with models is known",
        ),
        (
            |blog| fs::write(blog.path("src/lib.rs"), b"// \xff").unwrap(),
            "src/lib.rs:1:1: this file is not valid UTF-8",
        ),
    ];
    for (break_it, expected) in cases {
        let blog = with_users();
        break_it(&blog);
        let before = blog.snapshot();
        assert_says(&blog.fails(1, &["revision", "-m", "x"]), &["error: ", expected]);
        let check = blog.run(&["check"]);
        assert_eq!(check.status, 1, "{expected}");
        assert_says(&(check.out + &check.err), &[expected]);
        assert_eq!(blog.snapshot(), before, "{expected}");
    }
}

#[test]
fn a_lock_of_a_newer_release_stays() {
    let blog = with_users();
    let newer = blog.read("migrations/schema.lock").replace("version = 1", "version = 2");
    blog.write("migrations/schema.lock", &newer);
    for command in ["lock", "merge", "revision"] {
        assert_says(&blog.fails(1, &[command]), &["migrations/schema.lock:", "version 2"]);
        assert_eq!(blog.read("migrations/schema.lock"), newer, "{command}");
    }
}

#[test]
fn an_edit_of_a_revision_is_followed_by_lock() {
    let blog = with_users();
    blog.models(WITH_B);
    blog.ok(&["revision", "-m", "b", "--rev-id", B]);
    let file = blog.file(B);
    blog.write(&file, &blog.read(&file).replace("text()", "varchar(20)"));

    let refused = blog.fails(1, &["revision"]);
    let said = blog.ok(&["lock"]);

    assert_says(&refused, &["error: migrations/schema.lock is not what the revisions give", "-- lock"]);
    assert_says(
        &said,
        &[
            "- table users: column: name = \"b\", type = \"text\", nullable = true",
            "+ table users: column: name = \"b\", type = \"varchar(20)\", nullable = true",
        ],
    );
}

#[test]
fn the_newest_revision_is_taken_back() {
    let blog = with_users();
    let before = blog.snapshot();
    blog.models(WITH_B);
    blog.ok(&["revision", "-m", "b", "--rev-id", B]);

    let not_newest = blog.fails(1, &["remove", A]);
    let said = blog.ok(&["remove"]);

    assert_says(&not_newest, &[&format!("revision {A} is not the newest: {B} follows it")]);
    assert_says(&said, &["removed migrations/versions/", "_b.rs; migrations/schema.lock is of aa0000000001 again"]);
    assert_eq!(blog.snapshot(), before);
    blog.ok(&["remove"]);
    assert_eq!(blog.snapshot().len(), 1);
    assert_eq!(blog.lock(), migratable_core::lock::Lock::empty());
    assert_says(&blog.fails(1, &["remove"]), &["there is no revision to remove"]);
}

#[test]
fn a_broken_newest_revision_is_taken_back_too() {
    for broken in [
        "    op.add_column(\"nobody\", column(\"b\", text()));",
        "    op.add_column(\"users\", column(name(), text()));",
        "    let x = 1;",
    ] {
        let blog = with_users();
        let before = blog.snapshot();
        blog.revision(B, &[A], broken, "");
        assert_says(&blog.fails(1, &["revision"]), &[&format!("error: {}:9:", blog.file(B))]);
        blog.ok(&["remove"]);
        assert_eq!(blog.snapshot(), before, "{broken}");
    }
    let blog = with_users();
    let before = blog.snapshot();
    for word in ["head", B, "bb"] {
        blog.write(&format!("migrations/versions/20300101_000000_{B}_broken.rs"), "pub fn upgrade(op {");
        blog.ok(&["remove", word]);
        assert_eq!(blog.snapshot(), before, "{word}");
    }
}

#[test]
fn of_several_heads_the_one_to_remove_is_named() {
    let blog = after_a_git_merge();
    assert_says(&blog.fails(2, &["remove"]), &["there are several heads: bb0000000002, cc0000000003"]);
    assert_says(&blog.fails(2, &["remove", "heads"]), &["one revision goes at a time; name it"]);
    blog.ok(&["remove", "cc"]);
    assert_eq!(blog.lock().heads, [B]);
    blog.models(WITH_B);
    assert_eq!(blog.ok(&["check"]), "clean: models, lock and revisions agree\n");
}

#[cfg(unix)]
#[test]
fn a_revision_is_edited_in_the_editor_that_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let blog = with_users();
    assert_says(&blog.fails(2, &["edit"]), &["set VISUAL or EDITOR. The file is migrations/versions/"]);
    blog.write("editor", "#!/bin/sh\n[ \"$1\" = --wait ] && sed -i 's/bigint/integer/' \"$2\"\n");
    fs::set_permissions(blog.path("editor"), fs::Permissions::from_mode(0o755)).unwrap();
    blog.set("EDITOR", "false");
    blog.set("VISUAL", &format!("{} --wait", blog.path("editor").display()));

    let ran = blog.run(&["edit", "head"]);

    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(blog.read(&blog.file(A)).contains("integer()"));
    assert_says(&ran.err, &["warning: migrations/schema.lock is not what the revisions give", "-- lock"]);
    blog.set("VISUAL", "");
    assert_says(&blog.fails(1, &["edit"]), &["`false` ended with exit status: 1"]);
    blog.set("VISUAL", "no-such-editor");
    let said = ["cannot run `no-such-editor`", "by VISUAL or EDITOR, or open", "migrations/versions/"];
    assert_says(&blog.fails(1, &["edit"]), &said);
}

#[test]
fn check_finds_each_change_at_its_place() {
    let blog = with_users();
    blog.models(WITH_B);
    let ran = blog.run(&["check"]);
    assert_eq!(ran.status, 1);
    let command = "`cargo run -p blog-migrations --no-default-features --bin migrate -- revision -m \"what changed\"`";
    assert_says(&ran.out, &["src/lib.rs:4:9: ", "users", "b", command]);

    blog.models("pub struct User;");
    assert_says(&blog.run(&["check"]).out, &["schema.lock has the table `users`, and no model has it any more"]);

    blog.models("#[derive(Migratable)]\npub struct User {\n    pub id: Missing,\n}\n");
    let ran = blog.run(&["check", "--json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 1, "nothing is claimed about the table: {json}");
    assert_eq!(json["findings"][0]["kind"], "model");
    assert_eq!(
        (json["findings"][0]["file"].as_str(), json["findings"][0]["line"].as_u64()),
        (Some("src/lib.rs"), Some(3))
    );
}
