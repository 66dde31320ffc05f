use std::fs;

use migratable_syntax::findings::{self, Finding, Place};

use super::super::embed;
use super::super::outputs::Outputs;

const BEGIN: &str = r#"//! begin
use migratable::revision::*;
revision!("aaaaaaaaaaaa", after = []);
#[operations]
pub fn upgrade(op: &mut Operations) {
    op.create_enum("user_state", ["new", "in_use", "self"]);
    op.create_table(
        table("users")
            .column(column("id", bigint()))
            .column(column("first", text()))
            .column(column("type", text()).nullable())
            .column(column("state", enumeration("user_state")))
            .column(column("both", text()).generated(stored(sql("first || first"))))
            .primary_key("pk_users", ["id"]),
    );
    op.create_table(table("logs").column(column("at", bigint())));
}
#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_table("logs");
    op.drop_table("users");
    op.drop_enum("user_state");
}
"#;

const NAMES: &str = r#"//! names
use migratable::revision::*;
revision!("bbbbbbbbbbbb", after = ["aaaaaaaaaaaa"]);
#[operations]
pub fn upgrade(op: &mut Operations) {
    op.drop_column("users", "both");
    op.add_column("users", column("name", text()));
    op.drop_column("users", "first");
    op.map_rows("users", join);
    op.rename_table("users", "people");
}
#[operations]
pub fn downgrade(op: &mut Operations) {
    op.rename_table("people", "users");
    op.drop_column("users", "name");
    op.add_column("users", column("first", text()));
    op.map_rows("users", part);
    op.add_column("users", column("both", text()).generated(stored(sql("first || first"))));
}
fn join(old: before::users::Row) -> Result<after::people::Row> {
    Ok(after::people::Row { id: old.id, r#type: old.r#type, state: old.state, name: old.first.to_uppercase() })
}
fn part(old: after::people::Row) -> Result<before::users::Row> {
    Ok(before::users::Row { id: old.id, first: old.name, r#type: None, state: old.state })
}
"#;

fn embedded(names: &str, manifest: &str) -> Outputs {
    embedded_behind(BEGIN, names, manifest)
}

fn embedded_behind(begin: &str, names: &str, manifest: &str) -> Outputs {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("versions")).unwrap();
    fs::write(dir.path().join("Cargo.toml"), format!("[package]\nname = \"m\"\n{manifest}")).unwrap();
    fs::write(dir.path().join("versions/1_aaaaaaaaaaaa_begin.rs"), begin).unwrap();
    fs::write(dir.path().join("versions/2_bbbbbbbbbbbb_names.rs"), names).unwrap();
    embed(dir.path(), true)
}

/// What is said of the second revision.
fn found(outputs: &Outputs) -> Vec<Finding> {
    outputs.files.get("2_bbbbbbbbbbbb_names.txt").map(|text| findings::read(text)).unwrap_or_default()
}

fn generated(outputs: &Outputs) -> String {
    assert_eq!(found(outputs), []);
    outputs.files["bbbbbbbbbbbb.rs"].split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

/// A module of what is generated.
fn module<'t>(text: &'t str, name: &str) -> &'t str {
    text.split(&format!("pub mod {name} {{")).nth(1).unwrap().split("/// The rows as").next().unwrap()
}

#[test]
fn a_row_has_every_column_that_is_written_as_the_revision_finds_and_leaves_it() {
    let text = generated(&embedded(NAMES, ""));
    assert_all(
        module(&text, "before"),
        &[
            "pub enum UserState { New, InUse, Self_, }",
            "::migratable::enum_labels! { UserState \"user_state\"; New = \"new\", InUse = \"in_use\", Self_ = \"self\", }",
            "pub mod users { /// A row of `users`. #[derive(Clone, Debug, PartialEq)] pub struct Row { pub id: i64, \
             pub first: String, pub r#type: ::core::option::Option<String>, pub state: super::UserState, }",
            "Field { column: \"type\", as_text: &[] }",
            "::migratable::read_row! { ::migratable::diesel::sqlite::Sqlite; 0 id: i64 = ::migratable::diesel::sql_types::BigInt, ",
            "::migratable::write_row! { ::migratable::diesel::sqlite::Sqlite; 0 id: i64 = ",
        ],
    );
    assert_all(
        module(&text, "after"),
        &["pub use super::before::UserState;", "pub mod people {", "pub name: String, }"],
    );
    assert_all(
        &text,
        &[
            "impl ::migratable::rows::MapsTo<after::people::Row> for before::users::Row { type Key = (i64,); const KEPT: \
             &'static [(&'static str, &'static str)] = &[(\"id\", \"id\"), (\"type\", \"type\"), (\"state\", \"state\")];",
            "impl ::migratable::rows::MapsTo<before::users::Row> for after::people::Row { type Key = (i64,); const KEPT: \
             &'static [(&'static str, &'static str)] = &[(\"id\", \"id\"), (\"first\", \"name\"), (\"state\", \"state\")];",
        ],
    );
    assert!(!text.contains("pub both"), "{text}");
    assert!(!text.contains("mod join") && !text.contains("mod part"), "{text}");
    assert!(!embedded(NAMES, "").files["aaaaaaaaaaaa.rs"].contains("mod before"));
}

#[test]
fn a_row_is_read_and_written_only_where_it_is_mapped() {
    let once = NAMES.replace("op.map_rows(\"users\", part);", "");
    let once = once.replace("column(\"first\", text())", "column(\"first\", text()).default(\"\")");
    let begin = BEGIN.replace("column(\"first\", text())", "column(\"first\", text()).default(\"\")");
    let text = generated(&embedded_behind(&begin, &once, ""));
    assert!(module(&text, "before").contains("read_row!") && !module(&text, "before").contains("write_row!"));
    assert!(module(&text, "after").contains("write_row!") && !module(&text, "after").contains("read_row!"));
    assert_eq!(text.matches("MapsTo<").count(), 1);
}

#[test]
fn an_enum_that_loses_a_value_is_another_one_afterwards() {
    let names = NAMES.replace(
        "map_rows(\"users\", join);",
        "map_rows(\"users\", join);\n op.drop_enum_value(\"user_state\", \"new\");",
    );
    let names = names.replace(
        "op.rename_table(\"people\", \"users\");",
        "op.rename_table(\"people\", \"users\");\n op.add_enum_value_before(\"user_state\", \"new\", \"in_use\");",
    );
    let text = generated(&embedded(&names, ""));
    assert!(module(&text, "after").contains("pub enum UserState { InUse, Self_, }"), "{text}");
}

#[test]
fn a_database_of_several_kinds_has_rows_that_all_of_them_can_fill() {
    let manifest = "[package.metadata.migratable]\ndialects = [\"sqlite\", \"postgres\", \"mysql\"]\n[dependencies]\nmigratable \
                    = { version = \"1\", features = [\"chrono\", \"uuid\", \"serde_json\"] }\n";
    let columns = ".column(column(\"day\", date()))
            .column(column(\"zoned\", timestamptz()))
            .column(column(\"doc\", json()))
            .column(column(\"u\", native(sql_each().sqlite(\"text\").postgres(\"uuid\").mysql(\"char(36)\"))))
            .column(column(\"list\", native(sql_each().sqlite(\"text\").postgres(\"text[]\").mysql(\"json\"))))
            .column(column(\"place\", native(sql_each().sqlite(\"text\").postgres(\"point\").mysql(\"inet6\"))))
            .column(column(\"key\", native(sql_each().sqlite(\"blob\").postgres(\"bytea\").mysql(\"binary(16)\"))))
            .primary_key(";
    let begin = BEGIN.replacen(".primary_key(", columns, 1);
    let kept = "day: old.day, zoned: old.zoned, doc: old.doc, u: old.u, list: old.list, place: old.place, key: old.key, state:";
    let names = NAMES.replace("state:", kept);
    let text = generated(&embedded_behind(&begin, &names, manifest));
    let before = module(&text, "before");
    assert_all(
        before,
        &[
            "pub day: ::migratable::chrono::NaiveDate,",
            // MySQL has none with a time zone.
            "pub zoned: ::migratable::chrono::NaiveDateTime,",
            "pub doc: ::migratable::serde_json::Value,",
            "pub u: String,",
            "Field { column: \"u\", as_text: &[::migratable::Dialect::Postgres] }",
            "pub list: String,",
            "Field { column: \"list\", as_text: &[::migratable::Dialect::Postgres, ::migratable::Dialect::Mysql] }",
            "pub place: String,",
            "Field { column: \"place\", as_text: &[::migratable::Dialect::Postgres, ::migratable::Dialect::Mysql] }",
            "pub key: ::std::vec::Vec<u8>,",
            "Field { column: \"key\", as_text: &[] }",
            "zoned: ::migratable::chrono::NaiveDateTime = ::migratable::diesel::sql_types::TimestamptzSqlite,",
            "::migratable::on_mysql! {",
        ],
    );
    let manifest = manifest.replace("\"sqlite\", \"postgres\", \"mysql\"", "\"postgres\"");
    let text = generated(&embedded_behind(&begin, &names, &manifest));
    assert_all(
        module(&text, "before"),
        &[
            "pub zoned: ::migratable::chrono::DateTime<::migratable::chrono::Utc>,",
            "pub u: ::migratable::uuid::Uuid,",
            "pub list: ::std::vec::Vec<String>,",
            "list: ::std::vec::Vec<String> = ::migratable::diesel::sql_types::Array<::migratable::diesel::sql_types::Text>,",
        ],
    );
    let text = generated(&embedded_behind(&begin, &names, &manifest.replace("chrono", "time")));
    assert_all(
        module(&text, "before"),
        &["pub day: ::migratable::time::Date,", "pub zoned: ::migratable::time::OffsetDateTime,"],
    );
}

/// As text, bytes that are no text became `?` on MySQL, and rows were not found by them.
#[test]
fn bytes_that_are_no_bytes_elsewhere_are_refused() {
    let manifest = "[package.metadata.migratable]\ndialects = [\"sqlite\", \"mysql\"]\n";
    for (sqlite, mysql, dialect) in
        [("blob", "char(36)", "SQLite"), ("text", "binary(16)", "MySQL"), ("text", "bit(3)", "MySQL")]
    {
        let typed = format!("column(\"first\", native(sql_each().sqlite(\"{sqlite}\").mysql(\"{mysql}\")))");
        let begin = BEGIN.replace("column(\"first\", text())", &typed);
        let said = found(&embedded_behind(&begin, &NAMES.replace("column(\"first\", text())", &typed), manifest));
        assert!(said[0].message.contains(&format!("`users.first` is bytes on {dialect}")), "{said:?}");
    }
}

fn at_step(function: &str, statement: usize) -> Place {
    Place::Token { function: function.to_owned(), statement, token: 6 }
}

#[test]
fn a_type_whose_crate_is_off_says_which_feature_to_turn_on() {
    let begin = BEGIN.replace("column(\"first\", text())", "column(\"first\", timestamp())");
    let names = NAMES.replace("column(\"first\", text())", "column(\"first\", timestamp())");
    let said = found(&embedded_behind(&begin, &names, ""));
    let places: Vec<_> = said.iter().map(|it| it.place.clone()).collect();
    assert_eq!(places, [at_step("upgrade", 3), at_step("downgrade", 3)]);
    assert!(
        said[0].message.contains("`users.first`") && said[0].message.contains("features = [\"chrono\"]"),
        "{said:?}"
    );
    for manifest in [
        "[dependencies]\nmigratable = { version = \"1\", features = [\"chrono\"] }\n",
        "[dependencies]\nmigratable = { version = \"1\", features = [\"time\"] }\n",
        "[dependencies.db]\npackage = \"migratable\"\nversion = \"1\"\nfeatures = [\"chrono\"]\n",
    ] {
        assert_eq!(found(&embedded_behind(&begin, &names, manifest)), [], "{manifest}");
    }
}

#[test]
fn a_function_of_other_rows_is_told_its_head() {
    for (from, to) in [
        ("fn join(old: before::users::Row)", "fn join(old: before::people::Row)"),
        ("fn join(old: before::users::Row)", "fn join(old: after::people::Row)"),
        ("fn join(old: before::users::Row)", "fn join(old: Row)"),
        ("fn join(old: before::users::Row)", "fn join(old: &before::users::Row)"),
        ("-> Result<after::people::Row>", "-> Result<before::users::Row>"),
        ("-> Result<after::people::Row>", "-> Option<after::people::Row>"),
        ("-> Result<after::people::Row>", ""),
    ] {
        assert!(NAMES.contains(from));
        let said = found(&embedded(&NAMES.replace(from, to), ""));
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(said[0].place, at_step("upgrade", 3));
        let head = "must be `fn join(old: before::users::Row) -> Result<after::people::Row>`";
        assert!(said[0].message.contains(head), "{}", said[0].message);
    }
    let pattern = NAMES.replace("join(old: before", "join(before::users::Row { id, .. }: before");
    assert_eq!(found(&embedded(&pattern, "")), []);
}

#[test]
fn what_cannot_stand_beside_it_is_an_error_at_its_place() {
    let step = "fn fill(db: &mut Db) -> Result<()> { Ok(()) }\n";
    for (from, to, place, expected) in [
        (
            "op.map_rows(\"users\", join);",
            "op.map_rows(\"users\", join);\n op.map_rows(\"users\", join);",
            4,
            "mapped twice",
        ),
        (
            "op.drop_column(\"users\", \"first\");",
            "op.run(fill);\n op.drop_column(\"users\", \"first\");",
            2,
            "stands between",
        ),
        ("op.map_rows(\"users\", join);", "op.map_rows(\"logs\", join);", 3, "has no primary key"),
        ("op.map_rows(\"users\", join);", "op.map_rows(\"user\", join);", 3, "is it `users`?"),
    ] {
        assert!(NAMES.contains(from));
        let text = NAMES.replacen(from, to, 1) + step;
        let said = found(&embedded(&text, ""));
        let Some(first) = said.first() else { panic!("{to}") };
        let Place::Token { function, statement, .. } = &first.place else { panic!("{first:?}") };
        assert_eq!((function.as_str(), *statement), ("upgrade", place), "{said:?}");
        assert!(first.message.contains(expected), "{}", first.message);
    }
}
