//! `revision`: from changed models to a file and a lock.

use serde_json::Value;

use crate::project::{Blog, assert_says};

fn user(fields: &str) -> String {
    format!("#[derive(Migratable)]\npub struct User {{\n    pub id: i64,\n{fields}}}\n")
}

/// A project whose models had these fields when the last revision was written.
fn with(fields: &str) -> Blog {
    let blog = Blog::new(&user(fields));
    blog.ok(&["revision", "-m", "users", "--rev-id", "aa0000000001"]);
    blog
}

#[test]
fn a_change_becomes_a_revision_and_a_lock() {
    let blog = with("");
    blog.models(&user("    pub bio: Option<String>,\n"));

    let ran = blog.run(&["revision", "-m", "Add a bio!", "--rev-id", "3f2a9c41d0b7"]);

    assert_eq!(ran.status, 0, "{}", ran.err);
    let file = blog.file("3f2a9c41d0b7_add_a_bio.rs");
    assert_eq!(ran.out, format!("add column users.bio (text, nullable)\nwrote {file}\n"));
    assert_says(&ran.err, &["cargo run -p blog-migrations --bin migrate -- upgrade"]);
    assert_says(
        &blog.read(&file),
        &[
            "//! Add a bio!\n",
            "revision!(\"3f2a9c41d0b7\", after = [\"aa0000000001\"]);",
            "op.add_column(\"users\", column(\"bio\", text()).nullable());",
            "op.drop_column(\"users\", \"bio\");",
        ],
    );
    let name = file.rsplit('/').next().unwrap();
    let digits: Vec<usize> = name.split('_').take(2).map(str::len).collect();
    assert_eq!(digits, [8, 6], "{name}");
    let lock = blog.lock();
    assert_eq!(lock.heads, ["3f2a9c41d0b7"]);
    assert!(lock.is_intact() && lock.schema.column(&"users".into(), "bio").is_some());
    assert_eq!(lock.schema.tables[&"users".into()].model.as_ref().map(|it| it.package.as_str()), Some("blog"));
    assert_eq!(blog.files().len(), 2, "nothing is left beside: {:?}", blog.files());
    assert_says(
        &blog.fails(2, &["revision", "--empty", "--rev-id", "3f2a9c41d0b7"]),
        &["a revision of that id already"],
    );
}

#[test]
fn files_and_messages_are_as_the_configuration_says() {
    let blog = Blog::new(&user(""));
    let manifest = blog.read("migrations/Cargo.toml");
    blog.write(
        "migrations/Cargo.toml",
        &format!("{manifest}file-name = \"{{id}}-{{slug}}\"\nmessage = \"blog: {{message}}\"\n"),
    );
    blog.ok(&["revision", "-m", "Add users!", "--rev-id", "aa0000000001"]);
    assert_eq!(blog.files(), ["aa0000000001-add_users.rs"]);
    assert!(blog.read("migrations/versions/aa0000000001-add_users.rs").starts_with("//! blog: Add users!\n"));
    blog.ok(&["revision", "--empty", "-m", "?", "--rev-id", "bb0000000002"]);
    assert_eq!(blog.files(), ["aa0000000001-add_users.rs", "bb0000000002.rs"]);
    assert_says(&blog.ok(&["history"]), &["bb0000000002", "blog: ?", "aa0000000001", "blog: Add users!"]);
    blog.ok(&["check"]);
}

#[test]
fn names_are_as_the_configuration_says_and_another_naming_only_renames() {
    let models = |name: &str, rest: &str| {
        format!(
            "#[derive(Migratable)]\n#[migratable(table = \"{name}\"{rest})]\npub struct User {{\n    pub id: i64,\n    \
             #[migratable(unique)]\n    pub mail: String,\n    #[migratable(references = User, index)]\n    pub boss: \
             Option<i64>,\n    #[migratable(check = \"age > 0\")]\n    pub age: i32,\n    #[migratable(index(name = \
             \"by_age\"))]\n    pub years: i32,\n}}\n"
        )
    };
    let blog = Blog::new(&models("users", ""));
    let manifest = blog.read("migrations/Cargo.toml");
    let naming = |patterns: &str| {
        blog.write("migrations/Cargo.toml", &format!("{manifest}\n[package.metadata.migratable.naming]\n{patterns}"));
    };
    naming(
        "pk = \"{table}_pkey\"\nix = \"{table}_{columns}_idx\"\nuq = \"{table}_{columns}_key\"\n\
         fk = \"{table}_{columns}_fkey\"\nck = \"{table}_{columns}_check\"\n",
    );
    blog.ok(&["revision", "-m", "users", "--rev-id", "aa0000000001"]);
    let names = |blog: &Blog, table: &str| {
        let lock = blog.lock();
        let found = lock.schema.tables[&table.into()].clone();
        let mut names = vec![found.primary_key.unwrap().name];
        names.extend(found.indexes.into_iter().map(|it| it.name));
        names.extend(found.uniques.into_iter().map(|it| it.name));
        names.extend(found.foreign_keys.into_iter().map(|it| it.name));
        names.extend(found.checks.into_iter().map(|it| it.name));
        names.join(" ")
    };
    assert_eq!(
        names(&blog, "users"),
        "users_pkey by_age users_boss_idx users_mail_key users_boss_fkey users_age_check"
    );
    assert_says(&blog.read(&blog.file("aa0000000001")), &["index(\"users_boss_idx\").on(\"boss\")"]);
    blog.ok(&["check"]);

    blog.models(&models("people", ", renamed_from = \"users\""));
    let said = blog.ok(&["revision", "-m", "people", "--rev-id", "bb0000000002"]);
    assert_says(
        &said,
        &["rename table users to people\n", "rename index users_boss_idx of people to people_boss_idx\n"],
    );
    assert_eq!(said.lines().filter(|line| !line.starts_with("rename ")).count(), 1, "{said}");
    blog.models(&models("people", ""));
    assert_eq!(
        names(&blog, "people"),
        "people_pkey by_age people_boss_idx people_mail_key people_boss_fkey people_age_check"
    );
    assert_says(&blog.ok(&["revision"]), &["Nothing changed"]);

    naming("uq = \"unique_{table}_{first_column}\"\n");
    let checked = blog.run(&["check"]);
    assert_eq!(checked.status, 1);
    assert_says(&checked.out, &["the index `ix_people_boss`"]);
    let said = blog.ok(&["revision", "-m", "names", "--rev-id", "cc0000000003"]);
    let expected = [
        "rename index people_boss_idx of people to ix_people_boss",
        "rename constraint people_pkey of people to pk_people",
        "rename constraint people_mail_key of people to unique_people_mail",
        "rename constraint people_boss_fkey of people to fk_people_boss_people",
        "rename constraint people_age_check of people to ck_people_age",
        "wrote",
    ];
    assert!(said.lines().zip(expected).all(|(line, expected)| line.starts_with(expected)), "{said}");
    assert_says(
        &blog.read(&blog.file("cc0000000003")),
        &[
            "op.rename_constraint(\"people\", \"people_mail_key\", \"unique_people_mail\");",
            "op.rename_constraint(\"people\", \"unique_people_mail\", \"people_mail_key\");",
        ],
    );
    blog.ok(&["check"]);
    assert_says(&blog.ok(&["lock"]), &["schema.lock"]);
}

#[test]
fn a_second_time_finds_nothing() {
    let blog = with("    pub bio: Option<String>,\n");
    let before = blog.snapshot();
    for alias in ["revision", "migrate", "generate"] {
        let ran = blog.run(&[alias, "-m", "again"]);
        assert_says(&ran.out, &["Nothing changed"]);
        assert_says(&ran.err, &["filled by hand is written by --empty"]);
    }
    let json: Value = serde_json::from_str(&blog.ok(&["revision", "--json"])).unwrap();
    assert_eq!((json["revision"].is_null(), json["lock_refreshed"].as_bool()), (true, Some(false)));
    assert_eq!(blog.snapshot(), before);
}

#[test]
fn names_and_order_refresh_the_lock_without_a_revision() {
    let blog = with("    pub a: i32,\n    pub b: i32,\n");
    let (files, fingerprint) = (blog.files(), blog.lock().fingerprint);
    blog.models(
        "#[derive(Migratable)]\n#[migratable(table = \"users\")]\npub struct Person {\n    pub id: i64,\n    \
         pub b: i32,\n    pub a: i32,\n}\n",
    );
    let said = blog.ok(&["revision"]);
    assert_says(&said, &["Nothing changed", "migrations/schema.lock was refreshed"]);
    let lock = blog.lock();
    assert_eq!((blog.files(), &lock.fingerprint), (files, &fingerprint));
    let table = &lock.schema.tables[&"users".into()];
    assert_eq!(table.model.as_ref().unwrap().name, "Person");
    assert_eq!(table.columns.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["id", "b", "a"]);
}

#[test]
fn a_message_is_made_when_none_is_given() {
    let blog = Blog::new(&user(""));
    blog.ok(&["revision"]);
    blog.models(&user("    pub a: Option<i32>,\n    pub b: Option<i32>,\n"));
    blog.ok(&["revision"]);
    assert!(blog.file("_create_table_users.rs").ends_with(".rs"));
    assert!(blog.file("_add_column_users_a_and_1_more.rs").ends_with(".rs"));
}

#[test]
fn what_is_gone_is_asked_about_and_never_guessed() {
    let blog = with("    pub nick: Option<String>,\n");
    let before = blog.snapshot();
    blog.models(&user("    pub nickname: Option<String>,\n"));

    let refused = blog.fails(1, &["revision", "-m", "it's renamed"]);

    assert_says(
        &refused,
        &[
            "the column users.nick is gone",
            "    --rename users.nick=users.nickname\n    --drop users.nick\n",
            "-- revision -m \"it's renamed\" --rename users.nick=users.nickname",
        ],
    );
    assert_eq!(blog.snapshot(), before);
    for (how, out, err) in [
        (&["--rename", "users.nick=users.nickname"][..], "rename column users.nick to nickname\n", "upgrade"),
        (&["--drop", "users.nick"], "drop column users.nick\n", "warning: drop column users.nick: its values are lost"),
    ] {
        let ran = blog.run(&[&["revision", "-m", "x"], how].concat());
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert_says(&ran.out, &[out]);
        assert_says(&ran.err, &[err]);
        blog.ok(&["remove"]);
        assert_eq!(blog.snapshot(), before);
    }
    let ran = blog.answer("7\n1\n", &["revision", "-m", "x"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_says(&ran.out, &["rename column users.nick to nickname\n"]);
    assert_says(&ran.err, &["1  renamed to users.nickname", "2  dropped", "Which? [1-2]", "Please type a number"]);
    blog.ok(&["remove"]);
    let ran = blog.answer("", &["revision", "-m", "x"]);
    assert_eq!((ran.status, blog.snapshot()), (1, before));
    assert_says(&ran.err, &["not answered; nothing was written"]);
}

#[test]
fn a_rename_that_the_model_declares_needs_no_answer_and_goes_stale() {
    let blog = with("    pub nick: Option<String>,\n");
    let declared = user("    #[migratable(renamed_from = \"nick\")]\n    pub nickname: Option<String>,\n");
    blog.models(&declared);
    let ran = blog.run(&["revision", "-m", "x", "--rename", "users.nick=users.nickname"]);
    assert_eq!(ran.status, 0, "a flag may say it too: {}", ran.err);
    assert_says(&ran.out, &["rename column users.nick to nickname\n"]);

    let before = blog.snapshot();
    let stale = blog.fails(1, &["revision", "-m", "x"]);
    assert_says(&stale, &["error: ", "remove this `renamed_from`"]);
    assert_eq!(blog.snapshot(), before);
    assert_eq!(blog.run(&["check"]).status, 1);
}

#[test]
fn values_that_rows_need_are_given_asked_or_left_open() {
    let blog = with("");
    let before = blog.snapshot();
    blog.models(&user("    pub bio: String,\n"));

    let ran = blog.run(&["revision", "-m", "bio"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let file = blog.file("_bio.rs");
    let text = blog.read(&file);
    let line = text.lines().position(|line| line.contains("hole!")).expect(&text) + 1;
    assert_says(&ran.err, &[&format!("{file}:{line}: "), "-- remove\n", "--default \"users.bio=…\""]);
    let json: Value = {
        blog.ok(&["remove"]);
        serde_json::from_str(&blog.ok(&["revision", "-m", "bio", "--json"])).unwrap()
    };
    assert_eq!(json["holes"][0]["line"].as_u64(), Some(line as u64));
    assert_eq!(json["holes"][0]["column"], "bio");
    let open = "assert_eq!(found, Vec::<String>::new(), \"what becomes of the row?\");";
    assert_says(&text, &["fn fill_users_bio_on_rows() {", ".default_values()", open]);
    blog.ok(&["remove"]);
    assert_eq!(blog.snapshot(), before);

    let ran = blog.run(&["revision", "-m", "bio", "--default", "users.bio='a=b'"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let text = blog.read(&blog.file("_bio.rs"));
    assert!(text.contains("'a=b'") && !text.contains("hole!"), "{text}");
    assert_says(&text, &["fn backfill_users_bio_on_rows() {", "assert_eq!(found.len() as i64, rows);"]);
    blog.ok(&["remove"]);
    blog.ok(&["revision", "-m", "bio", "--no-tests"]);
    let text = blog.read(&blog.file("_bio.rs"));
    assert!(text.contains("hole!") && !text.contains("cfg(test)"), "{text}");
    blog.ok(&["remove"]);

    let ran = blog.answer("''\n", &["revision", "-m", "bio"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let text = blog.read(&blog.file("_bio.rs"));
    assert!(text.contains("''") && !text.contains("hole!"), "{text}");
    blog.ok(&["remove"]);

    let ran = blog.answer("\n", &["revision", "-m", "bio"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(blog.read(&blog.file("_bio.rs")).contains("hole!"));
}

#[test]
fn a_mod_line_that_is_gone_does_not_drop_every_table() {
    let blog = with("");
    let post = "#[derive(Migratable)]\npub struct Post {\n    pub id: i64,\n}\n";
    blog.models(&format!("{}{post}", user("")));
    blog.ok(&["revision", "-m", "posts", "--rev-id", "bb0000000002"]);
    blog.models("// mod models;\n");
    let before = blog.snapshot();

    let said = blog.fails(1, &["revision", "-m", "oops"]);

    assert_says(
        &said,
        &[
            "no model is left, and all tables would be dropped with their rows: posts, users; nothing was written",
            "Is a `mod` line of the models missing?",
            "revision -m oops --drop posts --drop users",
        ],
    );
    assert_says(&blog.fails(1, &["revision", "--drop", "posts"]), &["with their rows: users;"]);
    assert_says(&blog.answer("\n", &["revision"]).err, &["Is that meant? [y/N]", "not meant; nothing was written"]);
    assert_eq!(blog.snapshot(), before);
    assert_eq!(blog.answer("y\n", &["revision", "-m", "all"]).status, 0);
    blog.ok(&["remove"]);
    assert_says(&blog.ok(&["revision", "--drop", "posts", "--drop", "users"]), &["drop table posts"]);
}

#[test]
fn an_attribute_whose_name_is_misspelt_is_named() {
    let blog = Blog::new(&user("    #[migratabel(unique)]\n    pub email: String,\n"));
    let said = "src/lib.rs:4:7: there is no attribute `migratabel`: is it `migratable`?";
    for command in [&["revision", "-m", "x"][..], &["check"]] {
        let ran = blog.run(command);
        assert_eq!(ran.status, 1, "{command:?}");
        assert_says(&format!("{}{}", ran.out, ran.err), &[said]);
    }
}

#[test]
fn a_value_that_is_nearly_the_one_to_drop_is_named() {
    let role = |values: &str| {
        format!("#[derive(Migratable)]\npub enum Role {{ {values} }}\n{}", user("    pub role: Role,\n"))
    };
    let blog = Blog::new(&role("Admin, Member"));
    blog.ok(&["revision", "-m", "users"]);
    blog.models(&role("Member"));
    let said = blog.fails(1, &["revision", "--drop", "Role.admin"]);
    assert_says(&said, &["`--drop Role.admin`: schema.lock has no such column or enum value; is it `role.admin`?"]);
}

#[test]
fn an_empty_revision_is_for_hand_work() {
    let blog = with("");
    let schema = blog.lock().schema;
    let ran = blog.run(&["revision", "--empty", "-m", "fill the search table"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_says(&blog.read(&blog.file("_fill_the_search_table.rs")), &["pub fn upgrade(op: &mut Operations) {}"]);
    assert_eq!(blog.lock().schema, schema);
    assert_says(&blog.ok(&["check"]), &["clean"]);
}

#[test]
fn models_with_errors_are_all_shown_and_nothing_is_written() {
    let blog = with("");
    let before = blog.snapshot();
    blog.write("src/other.rs", "#[derive(Migratable)]\npub struct Post {\n    pub id: Nowhere,\n}\n");
    blog.models(&format!("mod other;\n{}", user("    pub a: Unknown,\n    pub b: Unheard,\n")));
    let said = blog.fails(1, &["revision", "-m", "x"]);
    for place in ["error: src/lib.rs:5:", "error: src/lib.rs:6:", "error: src/other.rs:3:"] {
        assert!(said.contains(place), "{place} is not in\n{said}");
    }
    blog.models("pub struct {");
    assert_says(&blog.fails(1, &["revision", "-m", "x"]), &["error: src/lib.rs:1:"]);
    assert_eq!(blog.snapshot(), before);
}

#[test]
fn names_with_quotes_and_reserved_words_go_all_the_way() {
    let odd = r#"it's "q" \ {} ;-- ü"#;
    let model = |table: &str, more: &str| {
        format!(
            "#[derive(Migratable)]\n#[migratable(table = {table:?})]\npub struct Order {{\n    pub id: i64,\n    \
             #[migratable(unique)]\n    pub r#type: String,\n    #[migratable(column = \"select\", references = Order, \
             index)]\n    pub chosen: Option<i64>,\n{more}}}\n"
        )
    };
    let blog = Blog::new(&model(odd, ""));
    for (models, answer) in [
        (model(odd, ""), ""),
        (model(odd, &format!("    #[migratable(column = {odd:?}, default = {odd:?})]\n    pub odd: String,\n")), ""),
        (model("group", ""), "group"),
    ] {
        blog.models(&models);
        let rename = format!("{odd}={answer}");
        let answers = if answer.is_empty() { vec![] } else { vec!["--rename", &rename] };
        blog.ok(&[&["revision", "-m", odd], &answers[..]].concat());
        assert_eq!(blog.ok(&["check"]), "clean: models, lock and revisions agree\n");
        blog.ok(&["lock"]);
        assert_says(&blog.ok(&["revision"]), &["Nothing changed"]);
    }
    assert_eq!(blog.files().len(), 3);
}

#[test]
fn models_of_several_packages_are_one_schema() {
    let blog = with("");
    blog.write(
        "migrations/Cargo.toml",
        "[package]\nname = \"blog-migrations\"\n[package.metadata.migratable]\nmodels = [\"..\", \"../shop\"]\n",
    );
    blog.write("shop/Cargo.toml", "[package]\nname = \"shop\"\n");
    blog.write("shop/src/lib.rs", "#[derive(Migratable)]\npub struct Order {\n    pub id: i64,\n}\n");
    assert_says(&blog.ok(&["revision", "-m", "shop"]), &["create table orders"]);
    assert_eq!(blog.lock().schema.tables[&"orders".into()].model.as_ref().unwrap().package, "shop");

    blog.write("shop/src/lib.rs", "#[derive(Migratable)]\npub struct User {\n    pub id: i64,\n}\n");
    let said = blog.fails(1, &["revision", "-m", "shop"]);
    assert_says(&said, &["error: shop/src/lib.rs:2:12: the table `users` is that of `User` in src/lib.rs already"]);

    // Indexes share their names over all tables, whichever package they are of.
    let indexed = |name: &str| {
        format!(
            "#[derive(Migratable)]\n#[migratable(index(id, name = \"by_id\"))]\npub struct {name} {{\n    pub id: i64,\n}}\n"
        )
    };
    blog.models(&indexed("User"));
    blog.write("shop/src/lib.rs", &indexed("Visit"));
    let said = blog.fails(1, &["revision", "-m", "shop", "--drop", "orders"]);
    assert_says(&said, &["error: shop/src/lib.rs:3:12: `by_id` is the name of the index of `users` already"]);
    assert_eq!(said.matches("by_id").count(), 1, "{said}");
}

#[test]
fn what_cannot_be_written_leaves_everything_as_it_was() {
    let blog = with("");
    blog.models(&user("    pub bio: Option<String>,\n"));
    let lock = blog.read("migrations/schema.lock");
    let files = blog.files();
    // The place beside the lock in which it is written first is taken by a folder.
    let beside = blog.path(&format!("migrations/.schema.lock.{}.tmp", std::process::id()));
    std::fs::create_dir(&beside).unwrap();

    let said = blog.fails(1, &["revision", "-m", "bio"]);

    assert_says(&said, &["error: cannot write migrations/schema.lock: ", "nothing was changed"]);
    assert_eq!((blog.read("migrations/schema.lock"), blog.files()), (lock, files));
}

#[test]
fn a_change_of_type_that_no_database_makes_asks_what_the_values_become() {
    let blog = with("    pub active: bool,\n");
    blog.models(&user("    pub active: chrono::NaiveDateTime,\n"));
    let before = blog.files();

    let said = blog.fails(1, &["revision"]);

    let asks = "users.active changes from boolean to timestamp";
    assert_says(&said, &[asks, "--default \"users.active=…\""]);
    assert_eq!(blog.files(), before, "nothing is written");
    blog.ok(&["revision", "--default", "users.active='2024-01-01 00:00:00'", "--rev-id", "bb0000000002", "-m", "at"]);
    let text = blog.read(&blog.file("bb0000000002_at.rs"));
    // The way back has a value of its own, and says that it is none that was there.
    assert_eq!(text.matches(".using(").count(), 2, "{text}");
    assert_says(&text, &["every row gets a neutral one"]);
}
