use migratable_core::{Dialect, TableName};

use super::{SQLITE, good, post, table_of, text};

/// What the table of `post` says besides its name, its key and the column `id`.
fn beyond(attributes: &str, fields: &str) -> String {
    let text = table_of(&post(attributes, fields));
    let plain = table_of(&post("", ""));
    text.lines().filter(|line| !plain.lines().any(|other| other == *line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_of_the_design() {
    let source = r#"
        #[derive(Migratable)]
        #[migratable(index(author_id, created_at desc))]
        pub struct Post {
            pub id: i64,
            #[migratable(type = "varchar(140)")]
            pub title: String,
            #[migratable(references = User, on_delete = cascade, index)]
            pub author_id: i64,
            #[migratable(default = now)]
            pub created_at: chrono::NaiveDateTime,
            pub status: Status,
            pub note: Option<String>,
        }
        #[derive(Migratable)]
        pub struct User { pub id: i64 }
        #[derive(Migratable)]
        pub enum Status { Draft, InReview }
    "#;
    let scan = good(source, SQLITE);
    assert_eq!(
        text(&scan.schema.tables[&"posts".into()]),
        r#"[[table]]
name = "posts"
primary_key = { name = "pk_posts", columns = ["id"] }
[[table.column]]
name = "author_id"
type = "bigint"
[[table.column]]
name = "created_at"
type = "timestamp"
default = { now = true }
[[table.column]]
name = "id"
type = "bigint"
identity = true
[[table.column]]
name = "note"
type = "text"
nullable = true
[[table.column]]
name = "status"
type = "enum(status)"
[[table.column]]
name = "title"
type = "varchar(140)"
[[table.index]]
name = "ix_posts_author_id"
on = ["author_id"]
[[table.index]]
name = "ix_posts_author_id_created_at"
on = [{ column = "author_id" }, { column = "created_at", desc = true }]
[[table.foreign_key]]
name = "fk_posts_author_id_users"
columns = ["author_id"]
table = "users"
references = ["id"]
on_delete = "cascade""#
    );
    assert_eq!(scan.schema.enums["status"].values, ["draft", "in_review"]);
    let model = scan.schema.tables[&"posts".into()].model.clone().unwrap();
    assert_eq!((model.name.as_str(), model.package.as_str()), ("Post", "app"));
    let columns: Vec<&str> =
        scan.schema.tables[&"posts".into()].columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["id", "title", "author_id", "created_at", "status", "note"]);
    let found = &scan.models[0];
    assert_eq!((found.name.as_str(), found.line, found.column), ("Post", 4, 20));
    assert_eq!((found.fields[2].line, found.fields[2].column_number), (9, 17));
}

#[test]
fn names_of_tables() {
    for (source, name) in [
        ("#[derive(Migratable)] struct HTTPLog { id: i64 }", "h_t_t_p_logs"),
        ("#[derive(Migratable)] #[diesel(table_name = crate::schema::logs)] struct A { id: i64 }", "logs"),
        (
            "#[derive(Migratable)] #[migratable(table = \"a \\\"b\")] #[diesel(table_name = b)] struct A { id: i64 }",
            "a \"b",
        ),
    ] {
        assert_eq!(good(source, SQLITE).schema.tables.keys().next(), Some(&TableName::plain(name)), "{source}");
    }
    let source =
        "#[derive(Migratable)] #[migratable(schema = \"auth\", renamed_from = \"members\")] struct User { id: i64 }";
    let scan = good(source, &[Dialect::Postgres]);
    assert_eq!(scan.schema.tables.keys().next(), Some(&"auth.users".into()));
    assert_eq!(scan.table_renames, [("auth.members".into(), "auth.users".into())]);
}

#[test]
fn names_of_columns() {
    for (field, column) in [
        ("r#type: i64,", "type"),
        ("#[migratable(column = \"order by\")] a: i64,", "order by"),
        ("#[diesel(column_name = b)] a: i64,", "b"),
        ("#[diesel(column_name = \"b\")] a: i64,", "b"),
        ("#[diesel(column_name = type_)] #[migratable(column = \"type\")] a: i64,", "type"),
    ] {
        let scan = good(&post("", field), SQLITE);
        assert_eq!(scan.models[0].fields[1].column, column, "{field}");
    }
}

#[test]
fn primary_keys() {
    for (source, key, identity) in [
        ("struct A { id: i64 }", "[\"id\"]", true),
        ("struct A { id: i16 }", "[\"id\"]", true),
        ("struct A { id: String }", "[\"id\"]", false),
        ("struct A { #[migratable(auto_increment = false)] id: i64 }", "[\"id\"]", false),
        ("struct A { #[migratable(default = 7)] id: i64 }", "[\"id\"]", false),
        ("struct A { #[migratable(identity)] id: i64 }", "[\"id\"]", true),
        ("struct A { #[migratable(column = \"no\")] id: i64 }", "[\"no\"]", true),
        ("struct A { #[migratable(primary_key)] slug: String, id: i64 }", "[\"slug\"]", false),
        ("struct A { #[migratable(primary_key)] x: i64, #[migratable(primary_key)] y: i64 }", "[\"x\", \"y\"]", false),
        (
            "#[migratable(primary_key(y, x))] struct A { x: i64, #[migratable(column = \"z\")] y: i64 }",
            "[\"z\", \"x\"]",
            false,
        ),
        ("#[diesel(primary_key(z))] struct A { #[diesel(column_name = z)] y: i64 }", "[\"z\"]", true),
        (
            "struct A { #[migratable(references = B)] id: i64 } #[derive(Migratable)] struct B { id: i64 }",
            "[\"id\"]",
            false,
        ),
        (
            "#[diesel(belongs_to(B, foreign_key = id))] struct A { id: i64 } #[derive(Migratable)] struct B { id: i64 }",
            "[\"id\"]",
            false,
        ),
        ("struct A { #[migratable(references = Self)] id: i64 }", "[\"id\"]", true),
    ] {
        let scan = good(&format!("#[derive(Migratable)] {source}"), SQLITE);
        let text = text(&scan.schema.tables[&"as".into()]);
        assert!(text.contains(&format!("primary_key = {{ name = \"pk_as\", columns = {key} }}")), "{source}\n{text}");
        assert_eq!(text.contains("identity = true"), identity, "{source}\n{text}");
    }
    let none = table_of("#[derive(Migratable)] #[migratable(primary_key = false)] struct A { id: i64 }");
    assert!(!none.contains("primary_key") && !none.contains("identity"), "{none}");
}

#[test]
fn facts_of_columns() {
    for (field, expected) in [
        ("#[migratable(default = -5)] x: i32,", "default = -5"),
        ("#[migratable(default = 1.50)] x: f64,", "default = { decimal = \"1.50\" }"),
        ("#[migratable(default = true)] x: bool,", "default = true"),
        ("#[migratable(default = \"a\")] x: String,", "default = \"a\""),
        ("#[migratable(default = b\"\\x01\")] x: Vec<u8>,", "default = { bytes = \"01\" }"),
        ("#[migratable(default = now)] x: chrono::NaiveDate,", "default = { now = true }"),
        ("#[migratable(default = sql(\"1  +  1\"))] x: i32,", "default = { sql = \"1 + 1\" }"),
        (
            "#[migratable(default = sql(sqlite = \"1\", postgres = \"2\"))] x: i32,",
            "default = { sql = { sqlite = \"1\", postgres = \"2\" } }",
        ),
        ("#[migratable(generated = \"id + 1\")] x: i32,", "stored = \"id + 1\""),
        ("#[migratable(generated = sql(sqlite = \"id\"), virtual)] x: i32,", "virtual = { sqlite = \"id\" }"),
        ("#[migratable(collate = \"NOCASE\")] x: String,", "collate = \"NOCASE\""),
        ("#[migratable(comment = \"c\")] x: String,", "comment = \"c\""),
    ] {
        let text = beyond("", field);
        assert_eq!(
            text.lines().find(|line| !line.starts_with("name") && !line.starts_with("type")),
            Some(expected),
            "{field}\n{text}"
        );
    }
    assert!(!beyond("#[migratable(comment = \"\")]", "#[migratable(comment = \"\")] x: i32,").contains("comment"));
}

#[test]
fn indexes_uniques_and_checks() {
    let fields = "#[migratable(column = \"c\")]\na: i64,\nb: i64,\nemail: String,";
    for (attribute, expected) in [
        ("index(a)", "ix_posts_c\"\non = [\"c\"]"),
        ("index(a asc, b)", "ix_posts_c_b\"\non = [\"c\", \"b\"]"),
        ("index(a desc nulls last)", "ix_posts_c\"\non = [{ column = \"c\", desc = true }]"),
        ("index(a nulls last)", "ix_posts_c\"\non = [{ column = \"c\", nulls = \"last\" }]"),
        ("index(a asc nulls first)", "ix_posts_c\"\non = [\"c\"]"),
        (
            "index(\"lower(email)\", b)",
            "ix_posts_email_b\"\non = [{ expression = \"lower(email)\" }, { column = \"b\" }]",
        ),
        ("index(\"lower(email)\" desc)", "ix_posts_email\"\non = [{ expression = \"lower(email)\", desc = true }]"),
        (
            "index(sql(sqlite = \"lower(email)\"))",
            "ix_posts_email\"\non = [{ expression = { sqlite = \"lower(email)\" } }]",
        ),
        ("index(\"email\")", "ix_posts_email\"\non = [\"email\"]"),
        (
            "index(columns(a, b desc), name = \"mine\", unique)",
            "mine\"\non = [{ column = \"c\" }, { column = \"b\", desc = true }]\nunique = true",
        ),
        ("index(a, where = \"b >  0\")", "ix_posts_c\"\non = [\"c\"]\nwhere = \"b > 0\""),
        (
            "index(a, using = GIN, include(b, email))",
            "ix_posts_c\"\non = [\"c\"]\nusing = \"gin\"\ninclude = [\"b\", \"email\"]",
        ),
        ("index(a, using = btree)", "ix_posts_c\"\non = [\"c\"]"),
        ("unique(a, b)", "uq_posts_c_b\"\ncolumns = [\"c\", \"b\"]"),
        ("unique(name = \"u\", columns(a))", "u\"\ncolumns = [\"c\"]"),
        ("check(\"b > 0\")", "ck_posts_b\"\nexpression = \"b > 0\""),
        ("check(name = \"k\", \"b > 0\")", "k\"\nexpression = \"b > 0\""),
        (
            "check(sql(sqlite = \"b > 0\", postgres = \"b > 1\"))",
            "ck_posts_b\"\nexpression = { sqlite = \"b > 0\", postgres = \"b > 1\" }",
        ),
    ] {
        let text = table_of(&post(&format!("#[migratable({attribute})]"), fields));
        assert!(text.ends_with(&format!("name = \"{expected}")), "{attribute}\n{text}");
    }
}

#[test]
fn on_the_field_or_on_the_struct_is_the_same() {
    for (of_field, of_struct) in [
        ("index", "index(x)"),
        ("index(name = \"n\", unique, where = \"x > 0\")", "index(x, unique, where = \"x > 0\", name = \"n\")"),
        ("unique", "unique(x)"),
        ("unique(name = \"n\")", "unique(columns(x), name = \"n\")"),
        ("check = \"x > 0\"", "check(\"x > 0\")"),
        ("check(name = \"n\", \"x > 0\")", "check(name = \"n\", \"x > 0\")"),
        ("references = Self", "foreign_key(columns(x), references(Post))"),
        ("references = \"posts.id\"", "foreign_key(columns(x), references(Self(id)))"),
        (
            "references = Post, on_delete = cascade, on_update = restrict, deferrable, reference_name = \"n\"",
            "foreign_key(columns(x), references(\"posts\"(\"id\")), on_delete = cascade, on_update = restrict, deferrable, name = \"n\")",
        ),
    ] {
        let field = post("", &format!("#[migratable({of_field})] x: i64,"));
        let whole = post(&format!("#[migratable({of_struct})]"), "x: i64,");
        let both = post(&format!("#[migratable({of_struct})]"), &format!("#[migratable({of_field})] x: i64,"));
        assert_eq!(table_of(&field), table_of(&whole), "{of_field}");
        if !of_field.contains("references") {
            assert_eq!(table_of(&both), table_of(&whole), "{of_field}");
        }
    }
}

#[test]
fn skipped_fields_are_no_columns() {
    let scan = good(&post("", "#[migratable(skip)]\ncache: Cache,"), SQLITE);
    assert_eq!(scan.schema.tables[&"posts".into()].columns.len(), 1);
    assert!(scan.models[0].fields[1].skip);
}

#[test]
fn renames_are_handed_on() {
    let scan = good(
        &post("#[migratable(renamed_from = \"articles\")]", "#[migratable(renamed_from = \"old\")] new: i64,"),
        SQLITE,
    );
    assert_eq!(scan.table_renames, [("articles".into(), "posts".into())]);
    let [rename] = scan.column_renames.as_slice() else { panic!() };
    assert_eq!((rename.table.clone(), rename.from.as_str(), rename.to.as_str()), ("posts".into(), "old", "new"));
}

#[test]
fn enums_have_the_names_that_they_say() {
    for (attributes, variants, name, values) in [
        ("", "Draft, InReview", "post_status", vec!["draft", "in_review"]),
        ("#[migratable(rename_all = \"SCREAMING_SNAKE_CASE\")]", "InReview", "post_status", vec!["IN_REVIEW"]),
        ("#[migratable(rename_all = \"kebab-case\", rename = \"s\")]", "InReview", "s", vec!["in-review"]),
        ("", "#[migratable(rename = \"in review\")] InReview, Done = 4", "post_status", vec!["in review", "done"]),
    ] {
        let source = format!("#[derive(Migratable)] {attributes} enum PostStatus {{ {variants} }}");
        let scan = good(&source, SQLITE);
        assert_eq!(scan.schema.enums[name].values, values, "{source}");
    }
}

#[test]
fn embedded_structs_are_columns_of_the_table() {
    let source = r#"
        #[derive(Migratable)]
        struct User {
            id: i64,
            #[diesel(embed)]
            home: places::Address,
            #[diesel(embed)]
            work: Option<Work>,
        }
        mod places {
            pub struct Address {
                pub street: String,
                #[diesel(column_name = zip_code)]
                pub zip: Zip,
                #[diesel(embed)]
                pub at: super::Point,
            }
            type Zip = i32;
        }
        struct Point { x: f64 }
        #[derive(Migratable)]
        struct Work {
            #[migratable(index, renamed_from = "firm")]
            company: String,
        }
    "#;
    let scan = good(source, SQLITE);
    assert_eq!(scan.schema.tables.len(), 1);
    let table = &scan.schema.tables[&"users".into()];
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|it| format!("{} {}{}", it.name, it.column_type, if it.nullable { "?" } else { "" }))
        .collect();
    assert_eq!(columns, ["id bigint", "street text", "zip_code integer", "x double", "company text?"]);
    assert_eq!(table.indexes[0].name, "ix_users_company");
    assert_eq!(scan.column_renames[0].from, "firm");
    let user = scan.models.iter().find(|model| model.name == "User").unwrap();
    assert_eq!(user.fields[1].embed, ["street", "zip_code", "x"]);
    assert!(!user.fields[1].asserted);
    let work = scan.models.iter().find(|model| model.name == "Work").unwrap();
    assert_eq!(work.kind, crate::models::ModelKind::Embedded);
}
