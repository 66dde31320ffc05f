use std::fs;
use std::path::Path;

use migratable_syntax::findings::{self, Finding, Place};

use super::outputs::Outputs;
use super::{embed, watched};

const BEGIN: &str = r#"//! begin
use migratable::revision::*;
revision!("aaaaaaaaaaaa", after = []);
#[operations]
pub fn upgrade(op: &mut Operations) {
    op.create_table(table("users").column(column("id", bigint())).primary_key("pk_users", ["id"]));
    op.create_table(table("roles").column(column("id", bigint())).primary_key("pk_roles", ["id"]));
    op.create_table(table("tags").column(column("id", bigint())).primary_key("pk_tags", ["id"]));
}
#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_table("tags");
    op.drop_table("roles");
    op.drop_table("users");
}
"#;

const BIO: &str = r#"//! bio
use migratable::revision::*;
revision!("bbbbbbbbbbbb", after = ["aaaaaaaaaaaa"]);
#[operations]
pub fn upgrade(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
    op.run(fill_bio);
    op.alter_column("users", "bio").not_null();
}
#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_column("users", "bio");
}
fn fill_bio(db: &mut Db) -> Result<()> {
    use fill_bio::{roles, users};
    Ok(())
}
"#;

fn project(bio: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("versions")).unwrap();
    fs::write(dir.path().join("Cargo.toml"), "[package]\nname = \"m\"\n").unwrap();
    fs::write(dir.path().join("versions/1_aaaaaaaaaaaa_begin.rs"), BEGIN).unwrap();
    fs::write(dir.path().join("versions/2_bbbbbbbbbbbb_bio.rs"), bio).unwrap();
    dir
}

fn found(outputs: &Outputs, file: &str) -> Vec<Finding> {
    outputs.files.get(file).map(|text| findings::read(text)).unwrap_or_default()
}

#[test]
fn a_step_gets_the_tables_that_it_can_name_as_they_are_at_that_moment() {
    let outputs = embed(project(BIO).path(), true);
    let tables = &outputs.files["bbbbbbbbbbbb.rs"];
    assert!(tables.contains("pub mod fill_bio {"), "{tables}");
    assert!(tables.contains("bio -> Nullable<Text>"), "{tables}");
    assert!(tables.contains("roles (id)"), "{tables}");
    assert!(!tables.contains("tags (id)"), "{tables}");
    assert_eq!(outputs.files["aaaaaaaaaaaa.rs"], "#[allow(unused_imports)]\nuse super::Db;\n\n");
}

#[test]
fn tests_get_the_tables_as_the_revision_meets_and_leaves_them() {
    let tested = format!("{BIO}#[cfg(test)]\nmod tests {{\n    use super::testing::*;\n    fn a() {{ tags }}\n}}\n");
    let outputs = embed(project(&tested).path(), true);
    let text = &outputs.files["bbbbbbbbbbbb.rs"];
    let module = |name: &str| {
        let start = text.find(&format!("pub mod {name} {{\n")).unwrap_or_else(|| panic!("{name}: {text}"));
        let indent = text[..start].rsplit('\n').next().unwrap_or_default();
        let end = text[start..].find(&format!("\n{indent}}}\n")).unwrap();
        &text[start..start + end]
    };
    assert!(!module("before").contains("bio") && module("after").contains("bio -> Text,"), "{text}");
    assert!(module("before").contains("tags (id)") && module("after").contains("::tables::before::tags;"), "{text}");
    assert!(!module("before").contains("roles") && !module("after").contains("roles"), "{text}");
    assert!(
        text.contains("#[cfg(test)]\n#[allow(missing_docs, dead_code, non_snake_case)]\npub mod tables {"),
        "{text}"
    );
    assert!(module("testing").contains("pub fn each_database_with(options: &::migratable::Options<'_>, "), "{text}");
    assert!(text.contains("#[cfg(test)]\npub use tables::{after, before};"), "{text}");
    assert!(!module("fill_bio").contains("tags (id)"), "what tests name is nothing to the step");
    assert!(module("testing").contains("\"bbbbbbbbbbbb\", &[::migratable::Dialect::Sqlite]"), "{text}");
    let plain = embed(project(BIO).path(), true);
    assert!(text.starts_with(&plain.files["bbbbbbbbbbbb.rs"]), "{text}");
}

#[test]
fn what_does_not_change_between_two_steps_is_declared_once() {
    let begin = BEGIN
        .replace(
            "op.create_table(table(\"tags\").column(column(\"id\", bigint()))",
            "op.create_enum(\"kind\", [\"a\"]);\n    op.create_table(table(\"tags\").column(column(\"id\", bigint()))\
             .column(column(\"role_id\", bigint())).column(column(\"kind\", enumeration(\"kind\")))\
             .foreign_key(foreign_key(\"fk\", [\"role_id\"]).references(\"roles\", [\"id\"]))",
        )
        .replace("op.drop_table(\"users\");\n", "op.drop_table(\"users\");\n    op.drop_enum(\"kind\");\n");
    assert!(begin.contains("fk") && begin.contains("drop_enum"));
    let bio = BIO.replace("{roles, users}", "{roles, tags, users}");
    let later =
        bio.replace("bbbbbbbbbbbb", "cccccccccccc").replace("aaaaaaaaaaaa", "bbbbbbbbbbbb").replace("bio", "note");
    let dir = project(&bio);
    let manifest = "[package]\nname = \"m\"\n[package.metadata.migratable]\ndialects = [\"postgres\"]\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(dir.path().join("versions/1_aaaaaaaaaaaa_begin.rs"), begin).unwrap();
    fs::write(dir.path().join("versions/3_cccccccccccc_note.rs"), later).unwrap();
    let outputs = embed(dir.path(), true);
    let first = &outputs.files["bbbbbbbbbbbb.rs"];
    for declared in [
        "roles (id)",
        "tags (id)",
        "users (id)",
        "struct Kind",
        "joinable!(tags -> roles",
        "query!(roles, tags, users)",
    ] {
        assert!(first.contains(declared), "{declared}: {first}");
    }
    let second = &outputs.files["cccccccccccc.rs"];
    for taken in ["roles", "tags"] {
        assert!(second.contains(&format!("    pub use super::super::rbbbbbbbbbbbb::fill_bio::{taken};")), "{second}");
    }
    assert!(
        second.contains("        pub use super::super::super::rbbbbbbbbbbbb::fill_bio::sql_types::Kind;"),
        "{second}"
    );
    // The users have got a column.
    assert!(second.contains("users (id)") && second.contains("note -> Nullable<Text>"), "{second}");
    assert!(!second.contains("joinable!"), "{second}");
    assert!(second.contains("query!(roles, users)") && second.contains("query!(tags, users)"), "{second}");
    assert!(!second.contains("query!(roles, tags)"), "{second}");
}

#[test]
fn the_tables_of_tests_are_declared_once() {
    let tests = "#[cfg(test)]\nmod tests {\n    use super::testing::*;\n    fn a() { (roles, users) }\n}\n";
    let bio = format!("{BIO}{tests}");
    let note =
        bio.replace("bbbbbbbbbbbb", "cccccccccccc").replace("aaaaaaaaaaaa", "bbbbbbbbbbbb").replace("bio", "note");
    let dir = project(&bio);
    fs::write(dir.path().join("versions/3_cccccccccccc_note.rs"), note).unwrap();
    let outputs = embed(dir.path(), true);
    let (first, second) = (&outputs.files["bbbbbbbbbbbb.rs"], &outputs.files["cccccccccccc.rs"]);
    // The step has the roles and the users with a bio that may be NULL; the tests bring the users before and after.
    assert_eq!((first.matches("roles (id)").count(), first.matches("users (id)").count()), (1, 3), "{first}");
    let taken = "        pub use super::super::super::rbbbbbbbbbbbb::fill_bio::roles;";
    assert_eq!(first.matches(taken).count(), 2, "{first}");
    assert_eq!((second.matches("roles (id)").count(), second.matches("users (id)").count()), (0, 2), "{second}");
    let before = "pub mod before {\n        pub use super::super::super::rbbbbbbbbbbbb::fill_bio::roles;\n        \
                  pub use super::super::super::rbbbbbbbbbbbb::tables::after::users;\n";
    assert!(second.contains(before), "{second}");
    // A build without tests has no such table to take.
    let step = second.split("#[cfg(test)]").next().unwrap();
    assert!(step.contains("users (id)") && !step.contains("tables::"), "{step}");
}

#[test]
fn a_step_sees_what_sql_by_hand_says_that_it_has_done() {
    let add = "op.add_column(\"users\", column(\"bio\", text()).nullable());";
    let by_hand = format!("op.execute_as(sql(\"ALTER TABLE users ADD bio text\"), |op| {{ {add} }});");
    let outputs = embed(project(&BIO.replace(add, &by_hand)).path(), true);
    assert!(outputs.files["bbbbbbbbbbbb.rs"].contains("bio -> Nullable<Text>"));
    let without =
        embed(project(&BIO.replace(add, "op.execute(sql(\"ALTER TABLE users ADD bio text\"));")).path(), true);
    let found = found(&without, "2_bbbbbbbbbbbb_bio.txt");
    assert!(found[0].message.contains("there is no column `users.bio` at this step"), "{found:?}");
}

#[test]
fn the_index_names_all_revisions() {
    let dir = project(BIO);
    let index = embed(dir.path(), true).files.remove("revisions.rs").unwrap();
    assert!(index.contains("upgrade: raaaaaaaaaaaa::upgrade"), "{index}");
    assert!(index.contains("extern crate migratable as diesel;"), "{index}");
    assert!(index.find("raaaaaaaaaaaa::upgrade") < index.find("rbbbbbbbbbbbb::upgrade"));
    let manifest = "[package]\nname = \"m\"\n[dependencies]\ndiesel = \"2\"\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    assert!(!embed(dir.path(), true).files["revisions.rs"].contains("extern crate"));
}

#[test]
fn without_revisions_only_the_configuration_is_left() {
    let outputs = embed(project(BIO).path(), false);
    assert_eq!(outputs.files.keys().collect::<Vec<_>>(), ["configuration.toml"]);
}

#[test]
fn what_is_wrong_in_a_file_is_left_for_its_macros() {
    for (from, to, place, expected) in [
        ("\"bio\");\n}", "&bio);\n}", token("downgrade", 0, 6), "only literals"),
        ("not_null()", "nonull()", token("upgrade", 2, 9), "is it `not_null`?"),
        ("op.drop_column(\"users\", \"bio\");", "", Place::Function("downgrade".into()), "does not give back"),
        ("[\"aaaaaaaaaaaa\"]", "[\"aaaaaaaaaaab\"]", token("revision!", 0, 5), "is it `aaaaaaaaaaaa`?"),
        ("#[operations]\npub fn down", "pub fn down", Place::Function("revision!".into()), "10:8: `#[operations]`"),
    ] {
        let text = BIO.replace(from, to);
        assert_ne!(text, BIO);
        let outputs = embed(project(&text).path(), true);
        let found = found(&outputs, "2_bbbbbbbbbbbb_bio.txt");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].place, place, "{}", found[0].message);
        assert!(found[0].message.contains(expected), "{}", found[0].message);
        let index = &outputs.files["revisions.rs"];
        assert!(index.contains("pub mod rbbbbbbbbbbbb;") && index.contains("= &[\n];"), "{index}");
        assert!(outputs.files["bbbbbbbbbbbb.rs"].contains("pub mod fill_bio {"));
    }
}

fn token(function: &str, statement: usize, token: usize) -> Place {
    Place::Token { function: function.to_owned(), statement, token }
}

#[test]
fn what_is_wrong_with_the_package_is_left_for_it() {
    let dir = project(BIO);
    let package = |dir: &Path| found(&embed(dir, true), findings::PACKAGE);
    assert!(package(dir.path())[0].message.contains("schema.lock is missing"));
    fs::write(dir.path().join("versions/3_bbbbbbbbbbbb_copy.rs"), BIO).unwrap();
    assert!(package(dir.path()).iter().any(|it| it.message.contains("has the id `bbbbbbbbbbbb`")));
    fs::write(dir.path().join("Cargo.toml"), "[package").unwrap();
    let outputs = embed(dir.path(), true);
    assert!(found(&outputs, findings::PACKAGE)[0].message.contains("Cargo.toml:1:"));
    assert!(outputs.files["revisions.rs"].contains("pub fn migrator()"));
}

#[test]
fn what_is_set_is_handed_on_to_the_application() {
    let dir = project(BIO);
    let migrator = |keys: &str| {
        let section = "[package.metadata.migratable]\ndialects = [\"postgres\", \"sqlite\"]\n";
        fs::write(dir.path().join("Cargo.toml"), format!("[package]\nname = \"m\"\n{section}{keys}")).unwrap();
        let text = embed(dir.path(), true).files.remove("revisions.rs").unwrap();
        let body = text.split("pub fn migrator() -> ::migratable::Migrator<Db> {").nth(1).unwrap();
        let body = body.split("///").next().unwrap();
        body.split_whitespace().collect::<String>()
    };
    assert_eq!(migrator(""), "::migratable::Migrator::new(REVISIONS)}");
    assert_eq!(
        migrator(
            "history-table = \"h\"\nhistory-schema = \"s\"\ntransaction = \"all\"\nlock-timeout = \"2s\"\n\
             statement-timeout = \"5ms\"\nretries = 2\nbatch-size = 500\nbatch-pause = \"1s\"\nbackup = true\n"
        ),
        "::migratable::Migrator::new(REVISIONS).with_settings(::migratable::Settings::default()\
         .with_history(::migratable::HistoryTable::new(Some(\"s\"),Some(\"h\")))\
         .with_transaction(::migratable::Transaction::All)\
         .with_lock_timeout(::core::time::Duration::from_millis(2000))\
         .with_statement_timeout(::core::time::Duration::from_millis(5))\
         .with_batch_size(500)\
         .with_batch_pause(::core::time::Duration::from_millis(1000))\
         .with_retries(2)\
         .with_backup(::migratable::Backup::Beside),)}"
    );
}

#[test]
fn databases_with_a_name_have_their_revisions_in_a_module_of_that_name() {
    let dir = project(BIO);
    fs::create_dir_all(dir.path().join("audit/versions")).unwrap();
    let event = BEGIN.replace("aaaaaaaaaaaa", "eeeeeeeeeeee");
    fs::write(dir.path().join("audit/versions/1_eeeeeeeeeeee_begin.rs"), event).unwrap();
    let section =
        "[package.metadata.migratable]\n[package.metadata.migratable.databases.audit]\ndialects = [\"postgres\"]\n";
    fs::write(dir.path().join("Cargo.toml"), format!("[package]\nname = \"m\"\n{section}")).unwrap();
    let outputs = embed(dir.path(), true);
    let package: Vec<String> = found(&outputs, findings::PACKAGE).into_iter().map(|it| it.message).collect();
    assert!(package.iter().any(|it| it.contains("lock --database default")), "{package:?}");
    assert!(package.iter().any(|it| it.contains("lock --database audit")), "{package:?}");
    let index = &outputs.files["revisions.rs"];
    let (modules, named) = index.split_once("pub mod audit {").unwrap();
    assert!(modules.contains("pub mod reeeeeeeeeeee;") && !modules.contains("reeeeeeeeeeee::upgrade"), "{index}");
    assert!(named.contains("pub type Db = ::migratable::diesel::PgConnection;"), "{index}");
    assert!(named.contains("upgrade: super::reeeeeeeeeeee::upgrade"), "{index}");
    assert!(
        named.contains("DATABASES: &[(&str, &[::migratable::Revision])] = &[(\"audit\", audit::REVISIONS), ]"),
        "{index}"
    );
    assert!(outputs.files["eeeeeeeeeeee.rs"].starts_with("#[allow(unused_imports)]\nuse super::audit::Db;\n"));
    assert!(outputs.files["bbbbbbbbbbbb.rs"].starts_with("#[allow(unused_imports)]\nuse super::Db;\n"));
}

#[test]
fn a_revision_that_is_copied_to_another_database_is_one_error_that_names_both_files() {
    let dir = project(BIO);
    fs::create_dir_all(dir.path().join("audit/versions")).unwrap();
    fs::write(dir.path().join("audit/versions/7_aaaaaaaaaaaa_copy.rs"), BEGIN).unwrap();
    for folder in ["versions", "audit/versions"] {
        fs::write(dir.path().join(folder).join("8_broken.rs"), "fn broken( {").unwrap();
    }
    let section = "[package.metadata.migratable]\n[package.metadata.migratable.databases.audit]\n";
    fs::write(dir.path().join("Cargo.toml"), format!("[package]\nname = \"m\"\n{section}")).unwrap();
    let outputs = embed(dir.path(), true);
    let said = found(&outputs, findings::PACKAGE);
    let said: Vec<&str> = said.iter().map(|it| it.message.as_str()).filter(|it| it.contains("has the id")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    for part in ["audit/versions/7_aaaaaaaaaaaa_copy.rs", "/versions/1_aaaaaaaaaaaa_begin.rs", "`aaaaaaaaaaaa`"] {
        assert!(said[0].contains(part), "{part}: {said:?}");
    }
    let index = &outputs.files["revisions.rs"];
    assert_eq!(index.matches("pub mod raaaaaaaaaaaa;").count(), 1, "{index}");
    assert!(index.contains("pub mod unread_8_broken;") && index.contains("pub mod unread_audit_8_broken;"), "{index}");
    assert!(outputs.files["aaaaaaaaaaaa.rs"].contains("use super::Db;"), "what the first one has stays");
}

#[test]
fn what_a_cfg_would_hide_is_said_by_the_package() {
    let hidden = "#[cfg(any())]\n#[operations]\npub fn upgrade";
    for (from, to, place) in [
        ("//! bio", "#![cfg(any())]\n//! bio", "2_bbbbbbbbbbbb_bio.rs:1:1: "),
        ("#[operations]\npub fn upgrade", hidden, "2_bbbbbbbbbbbb_bio.rs:4:1: "),
        ("revision!(", "#[cfg_attr(all(), cfg(any()))]\nrevision!(", "2_bbbbbbbbbbbb_bio.rs:3:1: "),
    ] {
        let text = BIO.replace(from, to);
        let outputs = embed(project(&text).path(), true);
        let said = found(&outputs, findings::PACKAGE);
        assert!(said.iter().any(|it| it.message.contains(place) && it.message.contains("no `cfg`")), "{said:?}");
    }
}

#[test]
fn nothing_is_left_out_in_silence() {
    let dir = project("fn broken( {");
    let history = crate::history::History::read(&dir.path().join("versions"));
    let schema = history.walk(&mut |_| {}).replay.schema;
    fs::write(dir.path().join("schema.lock"), migratable_core::lock::write(&["aaaaaaaaaaaa".to_owned()], &schema))
        .unwrap();
    let said = found(&embed(dir.path(), true), findings::PACKAGE);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].message.starts_with("the revisions cannot be taken in\n"), "{said:?}");
}

#[test]
fn a_step_that_meets_two_schemas_is_refused() {
    let twice = BIO.replace("not_null();", "not_null();\n    op.run(fill_bio);");
    let found = found(&embed(project(&twice).path(), true), "2_bbbbbbbbbbbb_bio.txt");
    assert_eq!(found[0].place, token("upgrade", 3, 4));
    assert!(found[0].message.contains("runs at two places"), "{}", found[0].message);
}

#[test]
fn files_that_are_right_are_not_written_again_and_old_ones_go() {
    let dir = tempfile::tempdir().unwrap();
    let mut outputs = Outputs::default();
    outputs.add("a.rs", "a".to_owned());
    outputs.add("b.rs", "b".to_owned());
    outputs.save(dir.path()).unwrap();
    let time = || fs::metadata(dir.path().join("a.rs")).unwrap().modified().unwrap();
    let before = time();
    outputs.files.remove("b.rs");
    outputs.save(dir.path()).unwrap();
    assert_eq!(time(), before);
    assert!(!dir.path().join("b.rs").exists());
}

#[test]
fn only_paths_that_are_there_are_watched_and_never_the_target() {
    let dir = project(BIO);
    let path = dir.path();
    let out = Path::new("/elsewhere/out");
    assert_eq!(watched(path, out), [path.join("Cargo.toml"), path.to_path_buf()]);
    fs::write(path.join("schema.lock"), "").unwrap();
    let both = [path.join("Cargo.toml"), path.join("versions"), path.join("schema.lock")];
    assert_eq!(watched(path, out), both);
    assert_eq!(watched(path, &path.join("target/out")), both);
    fs::remove_file(path.join("schema.lock")).unwrap();
    assert!(!watched(path, &path.join("target/out")).contains(&path.to_path_buf()));
}
