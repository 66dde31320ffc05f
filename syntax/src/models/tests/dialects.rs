use migratable_core::Dialect::{self, Mysql, Postgres, Sqlite};

use super::{good, messages, post, scan_of};

#[test]
fn what_a_dialect_cannot_hold_names_the_attribute_that_solves_it() {
    for (dialect, attributes, field, message, help) in [
        (Sqlite, "", "x: chrono::Duration,", "SQLite has no type for interval", "type(sqlite = \"text\")"),
        (Sqlite, "", "x: ipnetwork::IpNetwork,", "SQLite has no type for inet", "type(sqlite = \"text\")"),
        (Sqlite, "", "x: uuid::Uuid,", "SQLite has no type for uuid", "type(sqlite = \"text\")"),
        (Sqlite, "", "x: Vec<String>,", "SQLite has no type for text[]", "type(sqlite = \"text\")"),
        (Sqlite, "", "#[migratable(type = \"uuid\")] x: String,", "SQLite has no type for uuid", "type(sqlite"),
        (Sqlite, "#[migratable(schema = \"blog\")]", "", "SQLite has no schemas", "table = \"blog_posts\""),
        (Sqlite, "#[migratable(table = \"sqlite_x\")]", "", "SQLite's own", ""),
        (Sqlite, "", "#[migratable(identity)] x: i64,", "only a primary key of one column", "remove `identity`"),
        (Mysql, "", "x: chrono::Duration,", "MySQL has no type for interval", "type(mysql = \"bigint\")"),
        (Mysql, "", "x: uuid::Uuid,", "MySQL has no type for uuid", "type(mysql = \"char(36)\")"),
        (Mysql, "", "x: Vec<i32>,", "MySQL has no type for integer[]", "type(mysql = \"json\")"),
        (
            Mysql,
            "",
            "#[migratable(type = \"jsonb\")] x: Value,",
            "MySQL has no type for jsonb",
            "type(mysql = \"json\")",
        ),
        (Mysql, "", "#[migratable(unique)] x: String,", "MySQL has no unique over", "varchar(255)"),
        (Mysql, "#[migratable(index(\"id + 1\"))]", "", "MariaDB has no index over an expression", "virtual, index"),
        (
            Mysql,
            "#[migratable(index(id, unique, where = \"id > 0\"))]",
            "",
            "no unique index over a part",
            "virtual, unique",
        ),
        (Mysql, "", "#[migratable(references = Post, deferrable)] x: i64,", "remove `deferrable`", ""),
        (
            Mysql,
            "",
            "#[migratable(references = Post, on_delete = set_default, default = 1)] x: i64,",
            "no `set_default`",
            "",
        ),
    ] {
        let source = post(attributes, field);
        let scan = scan_of(&source, &[dialect]);
        let [error] = scan.errors.as_slice() else { panic!("{source}\n{}", messages(&scan)) };
        assert!(error.message.contains(message) && error.message.contains(help), "{source}\n{}", error.message);
        assert_eq!(error.line, if field.is_empty() { 2 } else { 5 }, "{source}");
        assert_eq!(error.field.is_some(), !field.is_empty(), "{source}");
    }
}

#[test]
fn sqlite_numbers_rows_in_one_way_only() {
    for facts in ["always", "start = 2", "increment = 7"] {
        let source = format!("#[derive(Migratable)]\nstruct A {{ #[migratable(identity({facts}))] id: i64 }}");
        assert_eq!(scan_of(&source, &[Sqlite]).errors.len(), 1, "{facts}");
        good(&source, &[Postgres]);
    }
}

#[test]
fn what_nobody_loses_by_is_no_error() {
    let attributes =
        "#[migratable(comment = \"c\", index(x nulls last, using = gin, include(id)), index(x, where = \"x > 0\"))]";
    good(&post(attributes, "#[migratable(comment = \"d\")] x: i64,"), &[Sqlite, Postgres, Mysql]);
    for field in ["x: bigdecimal::BigDecimal,", "x: serde_json::Value,", "x: chrono::DateTime<Utc>,", "x: Status,"] {
        let source = post("", field) + "#[derive(Migratable)] enum Status { A }";
        good(&source, &[Sqlite, Postgres]);
    }
}

#[test]
fn the_default_of_every_dialect_is_no_change() {
    let nulls = |written: &str, dialects: &[Dialect]| {
        let scan = good(&post(&format!("#[migratable(index(id {written}))]"), ""), dialects);
        scan.schema.tables.values().next().unwrap().indexes[0].parts[0].nulls.is_some()
    };
    for (written, sqlite, postgres, both) in [
        ("asc nulls first", false, true, true),
        ("nulls last", true, false, true),
        ("desc nulls last", false, true, true),
        ("desc nulls first", true, false, true),
        ("asc", false, false, false),
    ] {
        let found = [&[Sqlite][..], &[Postgres], &[Sqlite, Postgres]].map(|dialects| nulls(written, dialects));
        assert_eq!(found, [sqlite, postgres, both], "{written}");
    }
}

#[test]
fn sql_has_a_text_for_every_dialect_of_the_project() {
    for field in [
        "#[migratable(default = sql(postgres = \"1\"))]\nx: i64,",
        "#[migratable(check = sql(postgres = \"x > 1\"))]\nx: i64,",
        "#[migratable(generated = sql(postgres = \"id\"))]\nx: i64,",
        "#[migratable(type(postgres = \"citext\"))]\nx: Text,",
    ] {
        let scan = scan_of(&post("", field), &[Sqlite, Postgres]);
        let [error] = scan.errors.as_slice() else { panic!("{field}\n{}", messages(&scan)) };
        assert!(error.message.contains("for SQLite") && error.message.contains("sqlite = "), "{}", error.message);
        assert_eq!(error.line, 5);
        if !field.contains("type(") {
            good(&post("", field), &[Postgres]);
        }
    }
}

#[test]
fn a_type_of_postgresql_takes_no_name_of_a_table() {
    let source = "#[derive(Migratable)] #[migratable(table = \"status\")] struct A { id: i64 }\n#[derive(Migratable)] enum Status { A }";
    good(source, &[Sqlite]);
    let scan = scan_of(source, &[Postgres]);
    assert_eq!((scan.errors[0].line, scan.errors[0].column), (2, 28), "{}", messages(&scan));
}
