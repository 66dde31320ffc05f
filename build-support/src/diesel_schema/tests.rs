use std::collections::BTreeSet;

use migratable_core::builder::*;
use migratable_core::{Dialect, ForeignKey, Schema, Sql, Table, TableName};

use super::*;

const SQLITE: &[Dialect] = &[Dialect::Sqlite];

fn schema(tables: impl IntoIterator<Item = Table>) -> Schema {
    let mut schema = Schema::default();
    for table in tables {
        schema.tables.insert(table.name.clone(), table);
    }
    schema
}

fn keyed(mut table: Table, columns: &[&str]) -> Table {
    let columns = columns.iter().map(|&column| column.to_owned()).collect();
    table.primary_key =
        Some(migratable_core::PrimaryKey { name: "pk".to_owned(), columns, native: Default::default() });
    table
}

fn refers(mut table: Table, columns: &[&str], to: &str, references: &[&str]) -> Table {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    table.foreign_keys.push(ForeignKey {
        name: String::new(),
        columns: owned(columns),
        table: to.into(),
        references: owned(references),
        on_delete: Default::default(),
        on_update: Default::default(),
        deferrable: Default::default(),
        native: Default::default(),
    });
    table
}

fn users() -> Table {
    keyed(table("users").column(column("id", bigint())).column(column("name", text()).nullable()), &["id"])
}

fn written(schema: &Schema, dialects: &[Dialect]) -> String {
    write_schema(schema, dialects, "::diesel", &BTreeSet::new())
}

#[test]
fn a_table_is_declared_in_the_order_of_its_columns() {
    let schema = schema([users()]);
    let expected = "\
::diesel::table! {
    use ::diesel::sql_types::*;

    users (id) {
        id -> BigInt,
        name -> Nullable<Text>,
    }
}

";
    assert_eq!(written(&schema, SQLITE), expected);
    let step = write_tables(&schema, &BTreeSet::from(["users".into()]), SQLITE, 32);
    assert_eq!(step, expected.replace("::diesel", "::migratable::diesel"));
}

#[test]
fn names_that_are_no_identifiers_are_kept_in_sql_name() {
    let odd = table("Order Items")
        .column(column("id", bigint()))
        .column(column("type", text()))
        .column(column("self", text()))
        .column(column("first name", text()))
        .column(column("first_name", text()))
        .column(column("2nd", text()))
        .column(column("table", text()))
        .column(column("area_m²", text()))
        .column(column("ⅷ½", text()))
        .column(column("say \"hi\"", text()));
    let declared = written(&schema([keyed(odd, &["id", "type"])]), SQLITE);
    for expected in [
        "#[sql_name = \"Order Items\"]\n    Order_Items (id, r#type) {",
        "        id -> BigInt,\n        r#type -> Text,\n",
        "#[sql_name = \"self\"]\n        self_ -> Text,",
        "#[sql_name = \"first name\"]\n        first_name_ -> Text,",
        "        first_name -> Text,",
        "#[sql_name = \"2nd\"]\n        _2nd -> Text,",
        "#[sql_name = \"table\"]\n        table_ -> Text,",
        "#[sql_name = \"area_m²\"]\n        area_m_ -> Text,",
        "#[sql_name = \"ⅷ½\"]\n        ⅷ_ -> Text,",
        "#[sql_name = \"say \\\"hi\\\"\"]\n        say__hi_ -> Text,",
    ] {
        assert!(declared.contains(expected), "{expected}\n{declared}");
    }
    let same = keyed(table("tags").column(column("tags", text())), &["tags"]);
    assert!(written(&schema([same]), SQLITE).contains("tags (tags_) {\n        #[sql_name = \"tags\"]\n"));
}

#[test]
fn types_are_those_of_the_dialect() {
    for (column_type, sqlite, postgres) in [
        ("smallint", "SmallInt", "SmallInt"),
        ("real", "Float", "Float"),
        ("numeric(10,2)", "Numeric", "Numeric"),
        ("boolean", "Bool", "Bool"),
        ("varchar(140)", "Text", "Text"),
        ("varbinary(16)", "Binary", "Binary"),
        ("timestamp", "Timestamp", "Timestamp"),
        ("timestamptz", "TimestamptzSqlite", "Timestamptz"),
        ("interval", "Text", "Interval"),
        ("uuid", "Text", "Uuid"),
        ("jsonb", "Jsonb", "Jsonb"),
        ("inet", "Text", "Inet"),
        ("text[]", "Array<Text>", "Array<Text>"),
        ("enum(post status)", "Text", "PostStatus"),
    ] {
        let column_type = column_type.parse().unwrap();
        assert_eq!(types::sql_type(&column_type, SQLITE), sqlite);
        assert_eq!(types::sql_type(&column_type, &[Dialect::Postgres]), postgres);
        assert_eq!(types::sql_type(&column_type, &[Dialect::Sqlite, Dialect::Postgres]), postgres);
    }
    for (dialect, words, expected) in [
        (Dialect::Postgres, "timestamp(3)", "Timestamp"),
        (Dialect::Postgres, "timestamp(3) with time zone", "Timestamptz"),
        (Dialect::Postgres, "timestamptz(3)", "Timestamptz"),
        (Dialect::Postgres, "time(3)", "Time"),
        (Dialect::Postgres, "decimal(10, 2)", "Numeric"),
        (Dialect::Postgres, "double precision", "Double"),
        (Dialect::Postgres, "FLOAT(24)", "Float"),
        (Dialect::Postgres, "float", "Double"),
        (Dialect::Postgres, "interval day to second", "Interval"),
        (Dialect::Postgres, "tsvector", "Text"),
        (Dialect::Mysql, "bigint unsigned", "Unsigned<BigInt>"),
        (Dialect::Mysql, "int(10) unsigned zerofill", "Unsigned<Integer>"),
        (Dialect::Mysql, "BIGINT(20)", "BigInt"),
        (Dialect::Mysql, "double(9,2)", "Double"),
        (Dialect::Mysql, "timestamp(3)", "Timestamp"),
        (Dialect::Mysql, "binary(16)", "Binary"),
        (Dialect::Mysql, "year", "Text"),
        (Dialect::Sqlite, "MEDIUMINT", "BigInt"),
    ] {
        let native = migratable_core::ColumnType::Native(Sql::each([(dialect, words)]));
        assert_eq!(types::sql_type(&native, &[dialect]), expected, "{words}");
    }
    let texts = [(Dialect::Sqlite, "varchar(3)"), (Dialect::Postgres, "citext"), (Dialect::Mysql, "mediumblob")];
    let native = migratable_core::ColumnType::Native(Sql::each(texts));
    for (dialect, expected) in [(Dialect::Sqlite, "Text"), (Dialect::Postgres, "Citext"), (Dialect::Mysql, "Binary")] {
        assert_eq!(types::sql_type(&native, &[dialect]), expected);
    }
}

/// PostgreSQL's types were taken, which Diesel has not in a build for SQLite alone.
#[test]
fn what_databases_hold_in_different_ways_is_no_value_in_steps() {
    let both = [Dialect::Sqlite, Dialect::Postgres];
    for (column_type, expected) in [
        ("bigint", "BigInt"),
        ("timestamp", "Timestamp"),
        ("timestamptz", "DiffersByDatabase"),
        ("uuid", "DiffersByDatabase"),
        ("enum(mood)", "Mood"),
    ] {
        let column_type = column_type.parse().unwrap();
        assert_eq!(types::sql_type_in_steps(&column_type, &both), expected);
    }
}

#[test]
fn enums_are_types_on_postgres_and_text_on_sqlite() {
    let posts = keyed(
        table("posts").column(column("id", bigint())).column(column("status", "enum(status)".parse().unwrap())),
        &["id"],
    );
    let mut blog = posts.clone();
    blog.name = TableName { schema: Some("blog".to_owned()), name: "posts".to_owned() };
    let schema = schema([posts, blog]);
    let sqlite = written(&schema, SQLITE);
    assert!(!sqlite.contains("sql_types {") && sqlite.contains("status -> Text"), "{sqlite}");
    let postgres = written(&schema, &[Dialect::Postgres]);
    for expected in [
        "#[diesel(postgres_type(name = \"status\")",
        "pub struct Status;",
        "    use super::sql_types::Status;\n",
        "        use super::super::sql_types::Status;\n",
        "status -> Status,",
        "pub mod blog {\n",
        "        blog.posts (id) {",
        "mod together {\n    use super::posts as posts;\n    use super::blog::posts as blog__posts;\n",
    ] {
        assert!(postgres.contains(expected), "{expected}\n{postgres}");
    }
}

#[test]
fn tables_join_by_a_single_unambiguous_reference_to_the_key() {
    let child = |name: &str| {
        keyed(
            table(name).column(column("id", bigint())).column(column("a", bigint())).column(column("b", integer())),
            &["id"],
        )
    };
    for (what, tables, expected) in [
        ("one", vec![users(), refers(child("posts"), &["a"], "users", &["id"])], true),
        ("to itself", vec![refers(child("posts"), &["a"], "posts", &["id"])], false),
        (
            "two to one table",
            vec![users(), refers(refers(child("posts"), &["a"], "users", &["id"]), &["id"], "users", &["id"])],
            false,
        ),
        (
            "there and back",
            vec![refers(child("pages"), &["a"], "posts", &["id"]), refers(child("posts"), &["a"], "pages", &["id"])],
            false,
        ),
        ("not to the key", vec![users(), refers(child("posts"), &["a"], "users", &["name"])], false),
        ("of another type", vec![users(), refers(child("posts"), &["b"], "users", &["id"])], false),
        ("of two columns", vec![users(), refers(child("posts"), &["a", "b"], "users", &["id", "name"])], false),
        (
            "to a table without a key",
            vec![table("users").column(column("id", bigint())), refers(child("posts"), &["a"], "users", &["id"])],
            false,
        ),
    ] {
        let text = written(&schema(tables), SQLITE);
        assert_eq!(text.contains("::diesel::joinable!(posts -> users (a));"), expected, "{what}\n{text}");
        assert_eq!(text.contains("joinable!"), expected, "{what}\n{text}");
    }
}

#[test]
fn many_tables_appear_together_only_where_they_are_connected() {
    let many = |count: usize| {
        let mut tables = vec![users()];
        for at in 1..count {
            let name = format!("t{at}");
            let plain = table(&name).column(column("id", bigint())).column(column("user_id", bigint()));
            let plain = keyed(plain, &["id"]);
            tables.push(if at == 7 { refers(plain, &["user_id"], "users", &["id"]) } else { plain });
        }
        schema(tables)
    };
    let count = |text: &str| text.matches("allow_tables_to_appear_in_same_query!").count();
    assert_eq!(count(&written(&many(1), SQLITE)), 0);
    assert_eq!(count(&written(&many(100), SQLITE)), 1);
    let text = written(&many(101), SQLITE);
    assert!(text.contains("allow_tables_to_appear_in_same_query!(t7, users);"), "{text}");
    assert_eq!(count(&text), 1);
    let asked = BTreeSet::from([("t1".into(), "t2".into()), ("t2".into(), "t1".into()), ("t1".into(), "gone".into())]);
    assert_eq!(count(&write_schema(&many(101), SQLITE, "::diesel", &asked)), 2);
}

#[test]
fn a_table_without_a_key_is_left_out() {
    let schema = schema([users(), table("log").column(column("line", text()))]);
    assert!(!written(&schema, SQLITE).contains("log"));
}

#[test]
fn wide_tables_need_a_feature() {
    for (columns, feature) in [
        (16, Some("")),
        (17, Some("32-column-tables")),
        (33, Some("64-column-tables")),
        (65, Some("128-column-tables")),
        (129, None),
    ] {
        assert_eq!(needed_feature(columns), feature);
    }
}

#[test]
fn wide_tables_of_data_steps_name_the_feature_of_diesel() {
    for (columns, limit, expected) in [
        (32, 32, None),
        (33, 32, Some("`64-column-tables`")),
        (33, 64, None),
        (65, 64, Some("`128-column-tables`")),
        (65, 128, None),
        (129, 128, Some("at most 128")),
    ] {
        let wide = (2..columns).fold(users(), |table, at| table.column(column(&format!("c{at}"), text()).nullable()));
        let schema = schema([wide]);
        let step = write_tables(&schema, &BTreeSet::from(["users".into()]), SQLITE, limit);
        match expected {
            Some(expected) => assert!(step.starts_with("::core::compile_error!") && step.contains(expected), "{step}"),
            None => assert!(step.starts_with("::migratable::diesel::table! {\n"), "{step}"),
        }
        assert!(written(&schema, SQLITE).starts_with("::diesel::table! {\n    use ::diesel"));
    }
}
