use migratable_core::{ColumnType, Dialect};

use super::{good, messages, post, scan_of};

/// The type of the field `x` on PostgreSQL, which holds every portable type.
fn type_of(field: &str, around: &str) -> (String, bool) {
    let scan = good(&(post("", &format!("x: {field},")) + around), &[Dialect::Postgres]);
    let table = &scan.schema.tables[&"posts".into()];
    let column = table.find("x").unwrap();
    (column.column_type.to_string(), column.nullable)
}

#[test]
fn rust_types_are_column_types() {
    for (rust, column) in [
        ("i16", "smallint"),
        ("i32", "integer"),
        ("i64", "bigint"),
        ("f32", "real"),
        ("f64", "double"),
        ("bool", "boolean"),
        ("String", "text"),
        ("std::string::String", "text"),
        ("Vec<u8>", "binary"),
        ("::std::vec::Vec<u8>", "binary"),
        ("Vec<String>", "text[]"),
        ("Vec<Option<i32>>", "integer[]"),
        ("chrono::NaiveDate", "date"),
        ("chrono::NaiveTime", "time"),
        ("chrono::NaiveDateTime", "timestamp"),
        ("NaiveDateTime", "timestamp"),
        ("chrono::naive::NaiveDateTime", "timestamp"),
        ("chrono::DateTime<chrono::Utc>", "timestamptz"),
        ("DateTime<Utc>", "timestamptz"),
        ("chrono::Duration", "interval"),
        ("chrono::TimeDelta", "interval"),
        ("time::Date", "date"),
        ("time::Time", "time"),
        ("time::PrimitiveDateTime", "timestamp"),
        ("time::OffsetDateTime", "timestamptz"),
        ("uuid::Uuid", "uuid"),
        ("Uuid", "uuid"),
        ("serde_json::Value", "json"),
        ("Value", "json"),
        ("bigdecimal::BigDecimal", "numeric"),
        ("rust_decimal::Decimal", "numeric"),
        ("ipnetwork::IpNetwork", "inet"),
    ] {
        assert_eq!(type_of(rust, ""), (column.to_owned(), false), "{rust}");
        for option in ["Option", "std::option::Option", "core::option::Option"] {
            assert_eq!(type_of(&format!("{option}<{rust}>"), ""), (column.to_owned(), true), "{option}<{rust}>");
        }
    }
}

#[test]
fn names_are_followed_through_use_aliases_newtypes_and_enums() {
    for (rust, around, column) in [
        ("Id", "type Id = i64;", "bigint"),
        ("Id", "type Id = UserId; #[derive(Migratable)] struct UserId(i32);", "integer"),
        ("Maybe", "type Maybe = Option<String>;", "text"),
        ("Stamp", "use chrono::NaiveDateTime as Stamp;", "timestamp"),
        ("Value", "use serde_json::Value;", "json"),
        ("Value", "use serde_json::{self, Value};", "json"),
        ("json::Value", "use serde_json as json;", "json"),
        ("Date", "use time::*;", "date"),
        ("clock::Instant", "mod clock { pub type Instant = chrono::NaiveDateTime; }", "timestamp"),
        ("self::clock::Instant", "mod clock { use chrono::*; pub type Instant = NaiveTime; }", "time"),
        ("crate::clock::Instant", "mod clock { pub type Instant = super::Id; } type Id = i16;", "smallint"),
        ("app::Id", "type Id = i64;", "bigint"),
        ("Status", "#[derive(Debug, Migratable)] enum Status { Draft }", "enum(status)"),
        ("Status", "#[derive(migratable::Migratable)] #[migratable(rename = \"s\")] enum Status { A }", "enum(s)"),
        ("r#type", "#[derive(Migratable)] struct r#type(String);", "text"),
        ("String", "use crate::inner::String; mod inner { pub type String = i64; }", "bigint"),
        ("Uuid", "#[derive(Migratable)] struct Uuid(String);", "text"),
        ("Name", "#[derive(Migratable)] #[migratable(type = \"varchar(40)\")] struct Name(String);", "varchar(40)"),
        ("Name", "#[derive(Migratable)] #[diesel(sql_type = diesel::sql_types::Text)] struct Name(Inner);", "text"),
        ("Level", "#[derive(Migratable)] #[diesel(sql_type = Integer)] enum Level { Low }", "integer"),
        // A re-export leads to the definition.
        ("crate::Id", "pub use types::Id; mod types { pub type Id = i32; }", "integer"),
    ] {
        assert_eq!(type_of(rust, around).0, column, "{rust} {around}");
    }
}

#[test]
fn attributes_say_a_type_and_waive_the_assertion() {
    for (attribute, rust, column, nullable) in [
        ("#[migratable(type = \" VarChar ( 140 ) \")]", "Title", "varchar(140)", false),
        ("#[migratable(type = \"jsonb\")]", "Option<Settings>", "jsonb", true),
        ("#[migratable(type(postgres = \"CITEXT\"))]", "String", "sqlite text, postgres citext, mysql text", false),
        ("#[migratable(type(sqlite = \"text\"))]", "String", "text", false),
        ("#[diesel(sql_type = diesel::sql_types::Jsonb)]", "Settings", "jsonb", false),
        ("#[diesel(sql_type = Nullable<Text>)]", "Settings", "text", true),
        ("#[diesel(sql_type = Array<Text>)]", "Tags", "text[]", false),
    ] {
        let scan = good(&post("", &format!("{attribute}\nx: {rust},")), &[Dialect::Postgres]);
        let field = &scan.models[0].fields[1];
        assert_eq!(
            (field.column_type.to_string().as_str(), field.nullable, field.asserted),
            (column, nullable, false),
            "{attribute}"
        );
        assert_eq!(field.rust_type, rust);
    }
    assert!(good(&post("", "x: i32,"), &[Dialect::Postgres]).models[0].fields[1].asserted);
}

#[test]
fn an_attribute_for_one_dialect_leaves_the_others_to_the_rust_type() {
    let source = post("", "#[migratable(type(sqlite = \"text\"))]\nx: ipnetwork::IpNetwork,");
    let scan = good(&source, &[Dialect::Sqlite, Dialect::Postgres]);
    let field = &scan.models[0].fields[1];
    assert_eq!(field.column_type.on(Dialect::Sqlite), ColumnType::Text);
    assert_eq!(field.column_type.on(Dialect::Postgres), ColumnType::Inet);
}

#[test]
fn types_that_are_not_known_ask_for_one() {
    for (rust, around, message) in [
        ("Foo", "", "the column type of `Foo` is not known"),
        ("u32", "", "databases know i16, i32 and i64"),
        ("u8", "", "`u8` has no column type"),
        ("Option<Option<i32>>", "", "an Option in an Option"),
        ("Vec<Vec<i32>>", "", "an array of arrays"),
        ("&'static str", "", "has no column type"),
        ("[u8; 16]", "", "has no column type"),
        ("other::Status", "#[derive(Migratable)] enum Status { A }", "is of another crate"),
        ("Status", "enum Status { A }", "the enum `Status` does not derive `Migratable`"),
        ("Id", "struct Id(i64);", "the newtype `Id` does not derive `Migratable`"),
        ("Address", "struct Address { street: String }", "embed it with `#[diesel(embed)]`"),
        ("Maybe<i32>", "type Maybe<T> = Option<T>;", "has parameters"),
        ("A", "type A = B; type B = A;", "leads back to itself"),
        ("Id", "mod a { pub type Id = i32; } mod b { pub type Id = i64; }", "several types are named `Id`"),
        ("Post", "", "`Post` is a table"),
    ] {
        let scan = scan_of(&(post("", &format!("x: {rust},")) + around), &[Dialect::Postgres]);
        let [error] = scan.errors.as_slice() else { panic!("{rust}: {}", messages(&scan)) };
        assert!(error.message.contains(message), "{rust}: {}", error.message);
        assert!(error.message.contains("#[migratable(type = \"text\")]"), "{}", error.message);
        assert_eq!((error.line, error.column, error.field.as_deref()), (5, 4, Some("x")), "{rust}");
        assert_eq!(scan.lost, ["Post"]);
        assert!(!scan.is_whole());
    }
}

#[test]
fn cfg_does_not_matter_except_for_tests() {
    let source = post("", "#[cfg(feature = \"x\")]\na: i32,\n#[cfg(test)]\nb: i32,\n#[cfg(all(unix, test))]\nc: i32,");
    let names: Vec<String> =
        good(&source, &[Dialect::Sqlite]).models[0].fields.iter().map(|it| it.name.clone()).collect();
    assert_eq!(names, ["id", "a"]);
    let hidden = "#[cfg(test)]\n#[derive(Migratable)]\nstruct Gone { id: i64 }\n#[cfg(test)] mod tests { #[derive(Migratable)] struct Gone { id: i64 } }";
    assert!(good(hidden, &[Dialect::Sqlite]).models.is_empty());
}
