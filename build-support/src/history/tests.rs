use std::fs;

use migratable_core::{Schema, lock};

use super::{History, LockProblem, Problem};
use crate::configuration::Configuration;

const USERS: &str =
    "op.create_table(table(\"users\").column(column(\"id\", bigint())).primary_key(\"pk_users\", [\"id\"]));";
const BIO: &str = "op.add_column(\"users\", column(\"bio\", text()).nullable());";

/// A migrations package with these files in `versions/`.
fn project(files: &[(&str, String)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Cargo.toml"), "[package]\nname = \"blog-migrations\"\n").unwrap();
    fs::create_dir(dir.path().join("versions")).unwrap();
    for (name, text) in files {
        fs::write(dir.path().join("versions").join(name), text).unwrap();
    }
    dir
}

fn revision(id: &str, after: &[&str], upgrade: &str, downgrade: &str) -> String {
    format!(
        "//! {id}\nuse migratable::revision::*;\nrevision!(\"{id}\", after = {after:?});\n#[operations]\n\
         pub fn upgrade(op: &mut Operations) {{\n{upgrade}\n}}\n#[operations]\n\
         pub fn downgrade(op: &mut Operations) {{\n{downgrade}\n}}\n"
    )
}

fn history(files: &[(&str, String)]) -> History {
    History::read(&project(files).path().join("versions"))
}

/// All problems, each as `file:line:column: message`.
fn problems(history: &History) -> Vec<String> {
    let all = match history.replay() {
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    };
    let shown = |problem: &Problem| {
        let name = problem.path.file_name().unwrap().to_string_lossy().into_owned();
        format!("{name}:{}:{}: {}", problem.line, problem.column, problem.message)
    };
    all.iter().map(shown).collect()
}

fn assert_problems(files: &[(&str, String)], expected: &[&str]) {
    let found = problems(&history(files));
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\nis not\n{expected}");
    }
}

#[test]
fn what_is_replaced_is_gone_and_has_one_place() {
    let replaces = |id: &str, after: &[&str]| {
        revision(id, after, "", "").replace(&format!("{after:?});"), &format!("{after:?}, replaces = [\"a\"]);"))
    };
    assert_problems(
        &[("1_a_x.rs", revision("a", &[], "", "")), ("2_b_x.rs", replaces("b", &[]))],
        &["2_b_x.rs:3:40: revision b replaces a, which is there"],
    );
    assert_problems(
        &[("2_b_x.rs", replaces("b", &[])), ("3_c_x.rs", replaces("c", &["b"]))],
        &["3_c_x.rs:3:43: revision c replaces a, which is there or replaced by another one"],
    );
}

#[test]
fn a_history_replays_in_its_order_and_not_in_that_of_the_files() {
    let history = history(&[
        ("1_b_bio.rs", revision("b", &["a"], BIO, "op.drop_column(\"users\", \"bio\");")),
        ("2_a_users.rs", revision("a", &[], USERS, "op.drop_table(\"users\");")),
        ("notes.txt", "no revision".to_owned()),
    ]);
    assert!(history.problems.is_empty());
    assert_eq!(history.graph.as_ref().unwrap().order(), ["a", "b"]);
    let schema = history.replay().unwrap().schema;
    assert!(schema.column(&"users".into(), "bio").is_some());
    let before = history.schema_at(&["a".to_owned()]).unwrap();
    assert!(before.column(&"users".into(), "bio").is_none());
    assert_eq!(history.schema_at(&[]).unwrap(), Schema::default());
}

#[test]
fn sql_by_hand_does_to_the_schema_what_it_says() {
    let by_hand = |sql: &str, effect: &str| format!("op.execute_as(sql(\"{sql}\"), |op| {{ {effect} }});");
    let up = by_hand("ALTER TABLE users ADD bio text", BIO);
    let down = by_hand("ALTER TABLE users DROP bio", "op.drop_column(\"users\", \"bio\");");
    let files = |up: &str| {
        [
            ("1_a_x.rs", revision("a", &[], USERS, "op.drop_table(\"users\");")),
            ("2_b_x.rs", revision("b", &["a"], up, &down)),
        ]
    };
    let schema = history(&files(&up)).replay().unwrap().schema;
    assert!(schema.column(&"users".into(), "bio").is_some());
    assert_problems(&files("op.execute(sql(\"ALTER TABLE users ADD bio text\"));"), &["2_b_x.rs:10:"]);
    assert_problems(&files(&up.replace("ALTER TABLE users ADD bio text", " ")), &["2_b_x.rs:6:"]);
}

#[test]
fn no_folder_is_no_revisions() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::read(&dir.path().join("versions"));
    assert!(history.problems.is_empty() && history.revisions.is_empty());
    assert_eq!(history.replay().unwrap().schema, Schema::default());
}

#[test]
fn operations_that_do_not_fit_are_found_at_their_name() {
    assert_problems(
        &[
            ("1_a_x.rs", revision("a", &[], USERS, "op.drop_table(\"user\");")),
            (
                "2_b_x.rs",
                revision("b", &["a"], "op.run(step);\n op.drop_column(\"users\", \"boi\");", "") + "fn step() {}",
            ),
            ("3_c_x.rs", revision("c", &["b"], "op.drop_table(\"nothing\");", "")),
        ],
        &[
            "1_a_x.rs:10:15: there is no table `user` at this step; is it `users`?",
            "2_b_x.rs:7:26: there is no column `users.boi` at this step",
        ],
    );
}

#[test]
fn seed_rows_that_do_not_fit_are_found_at_the_value() {
    let table = "op.create_table(table(\"roles\").column(column(\"id\", bigint()).identity(identity())).column(column(\
                 \"name\", varchar(4))).column(column(\"age\", integer()).nullable()).column(column(\"ok\", \
                 boolean()).default(true)).primary_key(\"pk_roles\", [\"id\"]));\n";
    for (insert, expected) in [
        (
            "[\"name\", \"age\"], [[value(\"name\"), null()], [value(‹\"admin\"), value(3)]]",
            "`roles.name` is varchar(4)",
        ),
        ("[\"name\", \"age\"], [[value(\"name\"), value(‹-4000000000i64)]]", "`roles.age` is integer"),
        ("[\"name\"], [[‹null()]]", "`roles.name` is NOT NULL"),
        (
            "[\"name\", \"ok\"], [[value(\"a\"), value(‹1)]]",
            "`roles.ok` is boolean: `true` or `false` belongs here, not 1",
        ),
        ("[‹\"nam\"], [[value(\"a\")]]", "there is no column `roles.nam`"),
        ("[\"age\"], [[value(1)]]", "rows of `roles` need a value for `name`"),
    ] {
        let call = format!("op.bulk_insert(\"roles\", {insert});");
        let column = call.find('‹').unwrap_or("op.bulk_insert(".len()) + 1;
        let file = revision("a", &[], &format!("{table}{}", call.replace('‹', "")), "op.drop_table(\"roles\");");
        assert_problems(&[("1_a_x.rs", file)], &[&format!("1_a_x.rs:7:{column}: {expected}")]);
    }
}

#[test]
fn a_downgrade_must_give_back_the_schema_before() {
    let base = || ("1_a_x.rs", revision("a", &[], USERS, "op.drop_table(\"users\");"));
    let add = "op.create_index(\"users\", index(\"i\").on(\"id\")); op.alter_column(\"users\", \"id\").comment(\"x\");";
    for (upgrade, downgrade, expected) in [
        (BIO, "", "column users.bio is too much"),
        ("op.drop_table(\"users\");", "", "table users is missing"),
        ("op.rename_table(\"users\", \"people\");", "", "table people is too much; table users is missing"),
        (
            add,
            "",
            "column users.id is `bigint, not null, comment \"x\"` instead of `bigint, not null`; index i of users is too much",
        ),
        ("op.create_enum(\"e\", [\"a\"]);", "", "enum e is too much"),
        ("", "op.set_table_comment(\"users\", \"x\");", "the comment of table users is another one"),
    ] {
        let text = revision("b", &["a"], upgrade, downgrade);
        let message =
            format!("2_b_x.rs:9:8: `downgrade` does not give back the schema before this revision: {expected}");
        assert_problems(&[base(), ("2_b_x.rs", text)], &[&message]);
    }
    let columns = "op.drop_column(\"users\", \"bio\"); op.add_column(\"users\", column(\"bio\", text()).nullable());";
    let in_another_order =
        format!("{columns} op.add_column(\"users\", column(\"c\", text())); op.drop_column(\"users\", \"c\");");
    let bio = revision("b", &["a"], BIO, "op.drop_column(\"users\", \"bio\");");
    assert_problems(&[base(), ("2_b_x.rs", bio), ("3_c_x.rs", revision("c", &["b"], &in_another_order, columns))], &[]);
}

#[test]
fn branches_and_an_empty_merge_replay() {
    let files = [
        ("1_a_x.rs", revision("a", &[], USERS, "op.drop_table(\"users\");")),
        ("2_b_x.rs", revision("b", &["a"], BIO, "op.drop_column(\"users\", \"bio\");")),
        ("3_c_x.rs", revision("c", &["a"], &BIO.replace("bio", "cv"), "op.drop_column(\"users\", \"cv\");")),
        ("4_d_x.rs", revision("d", &["b", "c"], "", "")),
    ];
    assert_problems(&files, &[]);
    assert_eq!(history(&files).graph.unwrap().heads(), ["d"]);
    assert_eq!(history(&files[..3]).graph.unwrap().heads(), ["b", "c"]);
}

#[test]
fn what_makes_no_graph_is_said_for_each_file() {
    assert_problems(
        &[
            ("1_a_x.rs", revision("a", &[], USERS, "op.drop_table(\"users\");")),
            ("2_a_y.rs", revision("a", &[], "", "")),
            ("3_c_x.rs", revision("c", &["a", "dead"], "", "")),
            ("4_e_x.rs", revision("d", &["a"], "", "")),
            ("5_f_x.rs", revision("f", &["f"], "", "")),
        ],
        &[
            "4_e_x.rs:3:11: the name of this file does not hold its id `d`: rename it to",
            "2_a_y.rs:0:0: has the id `a` of 1_a_x.rs",
            "3_c_x.rs:3:30: there is no revision `dead`",
        ],
    );
    assert_problems(
        &[("1_a_x.rs", revision("a", &["b"], "", "")), ("2_b_x.rs", revision("b", &["a"], "", ""))],
        &["versions:0:0: these revisions follow one another in a circle: a, b"],
    );
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other_mistake_and_makes_none() {
    assert_problems(
        &[
            ("1_a_x.rs", "fn broken( {".to_owned()),
            ("2_b_x.rs", revision("b", &["a"], "op.drop_table(name);", "op.drop_table(3);")),
            ("3_c_x.rs", revision("c", &["b"], "", "")),
        ],
        &["1_a_x.rs:1:12: ", "2_b_x.rs:6:15: only literals", "2_b_x.rs:10:15: a text"],
    );
}

#[test]
fn lock_and_revisions_disagree_in_one_way_at_a_time() {
    let dir = project(&[
        ("1_a_x.rs", revision("a", &[], USERS, "op.drop_table(\"users\");")),
        ("2_b_x.rs", revision("b", &["a"], BIO, "op.drop_column(\"users\", \"bio\");")),
    ]);
    let configuration = Configuration::read(dir.path()).unwrap();
    let history = History::read(&configuration.versions());
    let schema = history.replay().unwrap().schema;
    let at = |heads: &[&str], schema: &Schema| {
        lock::write(&heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>(), schema)
    };
    let right = at(&["b"], &schema);
    let edited = right.replacen("type = \"text\"", "type = \"integer\"", 1);
    let before = history.schema_at(&["a".to_owned()]).unwrap();
    for (text, expected, command) in [
        (None, "schema.lock is missing", "lock"),
        (Some(right.clone()), "", ""),
        (Some(right.replace('\n', "\r\n")), "", ""),
        (Some(edited), "schema.lock was changed by hand", "lock"),
        (Some(format!("<<<<<<< a\n{right}")), "schema.lock:1:1: git's conflict markers", "lock"),
        (Some(right.replacen("heads", "h\0", 1)), "schema.lock:2:2: this is not UTF-8", "lock"),
        (Some(right.replace("version = 1", "version = 9")), "schema.lock:4:11: this lock is of version 9", ""),
        (Some(at(&["c"], &schema)), "schema.lock is of revision c, whose file is missing", "lock"),
        (Some(at(&["a"], &before)), "schema.lock is of a, and the newest revision is b", "lock"),
        (Some(at(&["b"], &before)), "in the lock, column users.bio is missing", "lock"),
    ] {
        let path = configuration.lock();
        let _ = fs::remove_file(&path);
        if let Some(text) = text {
            // A byte that stands in no text, where a test above says so.
            let bytes = text.bytes().map(|byte| if byte == 0 { 0xff } else { byte });
            fs::write(&path, bytes.collect::<Vec<_>>()).unwrap();
        }
        match LockProblem::check(&path, &history, Some(&schema)) {
            Ok(lock) => assert_eq!((expected, lock.heads), ("", vec!["b".to_owned()])),
            Err(problem) => {
                let message = problem.message(&configuration);
                assert!(!expected.is_empty() && message.contains(expected), "{message}");
                let typed = format!("cargo run -p blog-migrations --no-default-features --bin migrate -- {command}`");
                assert!(command.is_empty() || message.contains(&typed), "{message}");
            }
        }
    }
}

#[test]
fn several_heads_are_to_be_joined_before_the_lock_is_mended() {
    let dir = project(&[
        ("1_a_x.rs", revision("a", &[], USERS, "op.drop_table(\"users\");")),
        ("2_b_x.rs", revision("b", &["a"], "", "")),
        ("3_c_x.rs", revision("c", &["a"], "", "")),
    ]);
    let configuration = Configuration::read(dir.path()).unwrap();
    let history = History::read(&configuration.versions());
    for text in ["<<<<<<< a", "heads = [\"b\"]"] {
        fs::write(configuration.lock(), text).unwrap();
        let problem = LockProblem::check(&configuration.lock(), &history, None).unwrap_err();
        let message = problem.message(&configuration);
        assert!(message.starts_with("there are 2 heads, b and c: `cargo run"), "{message}");
        assert!(message.contains("-- merge`"), "{message}");
    }
}

/// Two branches behind `users`: `b` and `c`, each in a file of its name.
fn branches(b: [&str; 2], c: [&str; 2], merge: Option<&str>) -> Vec<(&'static str, String)> {
    let users =
        "op.create_table(table(\"users\").column(column(\"id\", bigint())).column(column(\"name\", varchar(50))));";
    let mut files = vec![
        ("1_a_x.rs", revision("a", &[], users, "op.drop_table(\"users\");")),
        ("2_b_x.rs", revision("b", &["a"], b[0], b[1])),
        ("3_c_x.rs", revision("c", &["a"], c[0], c[1])),
    ];
    files.extend(merge.map(|up| ("4_d_x.rs", revision("d", &["b", "c"], up, ""))));
    files
}

const RENAME: [&str; 2] =
    ["op.rename_column(\"users\", \"name\", \"full_name\");", "op.rename_column(\"users\", \"full_name\", \"name\");"];
const INDEX: [&str; 2] = [
    "op.create_index(\"users\", index(\"ix_users_name\").on(\"name\"));",
    "op.drop_index(\"users\", \"ix_users_name\");",
];
const LONGER: [&str; 2] = [
    "op.alter_column(\"users\", \"name\").set_type(varchar(100));",
    "op.alter_column(\"users\", \"name\").set_type(varchar(50));",
];
const LONGEST: [&str; 2] = [
    "op.alter_column(\"users\", \"name\").set_type(varchar(200));",
    "op.alter_column(\"users\", \"name\").set_type(varchar(50));",
];
const DROP: [&str; 2] =
    ["op.drop_column(\"users\", \"name\");", "op.add_column(\"users\", column(\"name\", varchar(50)));"];

#[test]
fn branches_of_which_one_renames_what_the_other_uses_are_joined_as_they_are() {
    for (b, c) in [(RENAME, INDEX), (INDEX, RENAME), (RENAME, LONGER), (LONGER, RENAME)] {
        let history = history(&branches(b, c, Some("")));
        assert_eq!(problems(&history), Vec::<String>::new());
        let schema = history.replay().unwrap().schema;
        assert!(schema.column(&"users".into(), "full_name").is_some());
        let ends = history.roads(&["b".to_owned(), "c".to_owned()]).unwrap();
        assert!(
            ends.iter().all(|end| migratable_core::fingerprint(&end.schema) == migratable_core::fingerprint(&schema))
        );
    }
}

#[test]
fn what_leaves_no_room_for_the_other_branch_is_named_with_both_files() {
    for (b, c, expected) in [
        (BIO_AND_BACK, BIO_AND_BACK, &["add column users.bio", "3_c_x.rs", "exists already", "2_b_x.rs"][..]),
        (DROP, INDEX, &["create index ix_users_name", "3_c_x.rs:6:", "name", "drop column users.name", "2_b_x.rs:6:"]),
        (INDEX, DROP, &["drop column users.name", "3_c_x.rs", "ix_users_name", "create index", "2_b_x.rs"]),
        (RENAME, RENAME, &["rename column users.name", "3_c_x.rs", "2_b_x.rs"]),
    ] {
        let history = history(&branches(b, c, None));
        let conflicts = history.roads(&["b".to_owned(), "c".to_owned()]).unwrap_err();
        let said = history.sentence(&conflicts[0]);
        assert_eq!(conflicts.len(), 1, "{conflicts:#?}");
        for part in expected {
            assert!(said.contains(part), "`{part}` is not in {said}");
        }
    }
}

const BIO_AND_BACK: [&str; 2] = [BIO, "op.drop_column(\"users\", \"bio\");"];

#[test]
fn a_merge_behind_two_changes_of_one_column_must_say_which_holds() {
    let files = branches(LONGER, LONGEST, Some(""));
    assert_problems(&files, &["4_d_x.rs:3:25: the branches that it joins end in another schema"]);
    let files = branches(LONGER, LONGEST, Some(LONGEST[0]));
    assert_problems(&files, &[]);
}

#[test]
fn a_revision_that_cannot_be_taken_back_says_so_alone_in_downgrade() {
    let why = "op.irreversible(\"the bios are gone\");";
    let with = |upgrade: &str, downgrade: &str| {
        let base = revision("a", &[], &format!("{USERS}\n{BIO}"), "op.drop_table(\"users\");");
        [("a.rs", base), ("b.rs", revision("b", &["a"], upgrade, downgrade))]
    };
    let drop = "op.drop_column(\"users\", \"bio\");";

    let history = history(&with(drop, why));
    let replay = history.replay().unwrap();
    assert!(replay.schema.column(&"users".into(), "bio").is_none());
    assert_eq!(history.entry("b").and_then(|entry| entry.file.irreversible()), Some("the bios are gone"));

    assert_problems(&with(drop, &format!("{why}\n{BIO}")), &["b.rs:10:17: `irreversible` stands alone in `downgrade`"]);
    assert_problems(&with(why, ""), &["b.rs:6:17: `irreversible` belongs in `downgrade`"]);
}
