use migratable_core::{Dialect, Naming};

use super::{SQLITE, messages, package, post, scan_of};
use crate::models::{Databases, scan_database};

/// Asserts the only mistake of a source.
fn mistake(source: &str, line: usize, column: usize, parts: &[&str]) {
    let scan = scan_of(source, SQLITE);
    let [error] = scan.errors.as_slice() else { panic!("{source}\n{}", messages(&scan)) };
    for part in parts {
        assert!(error.message.contains(part), "{source}\n{}\nlacks {part}", error.message);
    }
    assert_eq!((error.line, error.column), (line, column), "{source}\n{}", error.message);
    assert!(!error.fatal && error.file.is_absolute());
}

#[test]
fn unknown_keys_name_the_nearest_and_the_list() {
    for (attributes, field, line, column, parts) in [
        (
            "#[migratable(indx(id))]",
            "",
            2,
            14,
            ["is `index` meant?", "the correct form is `#[migratable(index(author_id"],
        ),
        (
            "",
            "#[migratable(uniqe)] x: i64,",
            5,
            14,
            ["`uniqe` is no attribute of a field: is `unique` meant?", "takes column, type"],
        ),
        (
            "#[migratable(references = User)]",
            "",
            2,
            14,
            ["`references` belongs on a field, not on a struct", "references = User"],
        ),
        ("", "#[migratable(table = \"x\")] x: i64,", 5, 14, ["`table` belongs on a struct", "table = \"posts\""]),
        ("#[migratable(xyzzy)]", "", 2, 14, ["`xyzzy` is no attribute of a struct", "takes table, schema"]),
    ] {
        mistake(&post(attributes, field), line, column, &parts);
    }
}

#[test]
fn wrong_forms_show_the_correct_one() {
    for (attribute, column, part) in [
        ("table", 14, "table = \"posts\""),
        ("table = 3", 22, "table = \"posts\""),
        ("table = \"\"", 22, "a name cannot be empty"),
        ("table = ", 14, "table = \"posts\""),
        ("primary_key", 14, "primary_key(author_id, slug)"),
        ("primary_key = true", 28, "primary_key = false"),
        ("primary_key()", 14, "primary_key(author_id, slug)"),
        ("index", 14, "index(author_id"),
        ("index()", 14, "this index has no columns"),
        ("index(id up)", 20, "expected `asc` or `desc`"),
        ("index(id, colour = \"red\")", 24, "an index has no `colour`"),
        ("index(id, where = \"\")", 32, "this SQL is empty"),
        ("index(\"\")", 20, "this SQL is empty"),
        ("index(id, id)", 14, "the same column twice"),
        ("unique", 14, "unique(author_id, slug)"),
        ("unique(id, id)", 25, "`id` stands here twice"),
        ("unique(\"id\")", 21, "unique(author_id, slug)"),
        ("check = \"id > 0\"", 22, "check(\"age >= 0\")"),
        ("check(\"\")", 20, "this SQL is empty"),
        ("check(name = \"c\")", 14, "check(name = \"ck_age\""),
        ("check(sql(oracle = \"id > 0\"))", 24, "this is no dialect"),
        ("foreign_key(columns(id))", 14, "foreign_key(columns(a, b), references(Other(x, y))"),
        ("foreign_key(columns(id), references(Post), on_delete = explode)", 69, "cascade, restrict, set_null"),
        ("comment = 1", 24, "comment = \"what the table holds\""),
        ("database = \"other\"", 25, "remove `database`"),
        ("index(nme)", 20, "`Post` has no field `nme`"),
        ("index(old)", 20, "the field is named `new`"),
        ("index(secret)", 20, "the field `secret` is skipped"),
        ("renamed_from = \"posts\"", 29, "remove `renamed_from`"),
        ("table = \"a\", table = \"b\"", 27, "`table` stands here twice"),
        ("table = \"Migratable_x\"", 22, "names that begin with `migratable_`"),
        ("comment = \"a\",, table = \"b\"", 13, "between two commas"),
    ] {
        let fields = "#[migratable(column = \"old\")]\nnew: i64,\n#[migratable(skip)]\nsecret: Cache,";
        mistake(&post(&format!("#[migratable({attribute})]"), fields), 2, column, &[part]);
    }
}

#[test]
fn wrong_forms_on_fields_show_the_correct_one() {
    for (attribute, rust, column, part) in [
        ("column", "i64", 14, "column = \"author\""),
        ("type = \"money\"", "i64", 21, "`money` is not a portable type"),
        ("type = \"citext\"", "i64", 21, "type(postgres = \"citext\")"),
        ("type = \"\"", "i64", 21, "this type is empty"),
        ("type(postgres)", "i64", 14, "type(postgres = \"citext\""),
        ("type(oracle = \"x\")", "i64", 19, "this is no dialect"),
        ("auto_increment", "i64", 14, "auto_increment = false"),
        ("auto_increment = false", "i64", 14, "belongs on the primary key"),
        ("identity(loudly)", "i64", 23, "identity(always, start = 2, increment = 7)"),
        ("identity", "String", 14, "only a smallint, integer or bigint"),
        ("unique = true", "i64", 23, "unique(name = \"uq_email\")"),
        ("index(id)", "i64", 14, "put the attribute with its columns on the struct"),
        ("default", "i64", 14, "default = sql("),
        ("default = later", "i64", 24, "default = now"),
        ("default = \"x\"", "i64", 24, "a text is no default of a column of type bigint"),
        ("default = 70000", "i16", 24, "it is too large"),
        ("default = 1", "bool", 24, "write true or false"),
        ("default = now", "i64", 24, "only a date, time"),
        ("default = sql(\"\")", "i64", 24, "this SQL is empty"),
        ("default = 1, generated = \"id\"", "i64", 24, "a generated column has no default"),
        ("stored", "i64", 14, "there is no `generated`"),
        ("generated = \"id\", stored, virtual", "i64", 40, "`stored` or `virtual`, not both"),
        ("references = \"users\"", "i64", 27, "references = \"users.id\""),
        ("references = 3", "i64", 27, "references = User"),
        ("on_delete = explode", "i64", 26, "cascade, restrict, set_null, set_default or no_action"),
        ("skip, index", "i64", 20, "a field that is skipped has no column"),
        ("skip = true", "i64", 21, "the correct form is `#[migratable(skip)]`"),
        ("renamed_from = \"x\"", "i64", 29, "the column is still named `x`"),
        ("column = \"ID\"", "i64", 31, "are both the column"),
        ("primary_key", "Option<i64>", 27, "NULL cannot stand in a primary key"),
    ] {
        let shift = format!("#[migratable({attribute})] x: {rust},");
        let column = if column == 31 || column == 27 && rust.starts_with("Option") {
            shift.find(" x:").unwrap() + 2
        } else {
            column
        };
        mistake(&post("", &shift), 5, column, &[part]);
    }
}

#[test]
fn all_mistakes_of_an_item_are_reported_at_once() {
    let source = post("#[migratable(indx, table = 3)]", "#[migratable(uniqe, column = 4)]\nx: i64,");
    let scan = scan_of(&source, SQLITE);
    let places: Vec<(usize, usize)> = scan.errors.iter().map(|error| (error.line, error.column)).collect();
    assert_eq!(places, [(2, 14), (2, 28), (5, 14), (5, 30)]);
    assert!(scan.errors.iter().all(|error| error.item.as_deref() == Some("Post")));
}

#[test]
fn items_that_are_no_model_are_refused() {
    for (item, column, part) in [
        ("struct A<T> { id: T }", 10, "no generic parameters"),
        ("struct A<'a> { id: &'a str }", 10, "no generic parameters"),
        ("struct A(i64, i64);", 8, "name its fields"),
        ("struct A;", 8, "without fields"),
        ("union A { id: i64 }", 7, "a union cannot be stored"),
        ("enum A { B(i64) }", 11, "`B` holds data"),
        ("enum A {}", 6, "without variants"),
        ("enum A { B, #[migratable(rename = \"b\")] C }", 35, "two variants have the value \"b\""),
        (
            "#[migratable(rename_all = \"Title Case\")] enum A { B }",
            27,
            "`Title Case` is no case: snake_case, lowercase",
        ),
        ("#[migratable(table = \"a\")] enum A { B }", 14, "`table` belongs on a struct, not on an enum"),
        ("#[migratable(index)] struct A(i64);", 14, "`index` belongs on a struct, not on a newtype"),
        ("struct A { name: String }", 8, "`A` has no primary key"),
        ("struct A { #[migratable(skip)] id: i64 }", 8, "at least one column"),
        ("struct A(Foo);", 10, "the column type of `Foo` is not known"),
        ("struct A(Option<i64>);", 10, "the type without Option"),
    ] {
        let key = if item.contains("skip") { "#[migratable(primary_key = false)]\n" } else { "" };
        let line = if key.is_empty() { 2 } else { 3 };
        mistake(&format!("#[derive(Migratable)]\n{key}{item}"), line, column, &[part]);
    }
}

#[test]
fn models_that_are_wrong_together() {
    for (first, second, column, part) in [
        (
            "struct A { id: i64 }",
            "#[migratable(table = \"As\")] struct B { id: i64 }",
            36,
            "`A` is the table `As` already",
        ),
        ("enum A { X }", "#[migratable(rename = \"a\")] enum B { X }", 34, "`A` is the enum `a` already"),
        (
            "#[migratable(index(id, name = \"ix\"))] struct A { id: i64 }",
            "#[migratable(index(id, name = \"ix\"))] struct B { id: i64 }",
            14,
            "`ix` is the name of the index of `as` already",
        ),
        (
            "struct A { id: i64 }",
            "#[migratable(index(id, name = \"as\"))] struct B { id: i64 }",
            14,
            "is the name of the table `as`",
        ),
        (
            "enum A { X }",
            "struct B { id: i64, #[migratable(default = \"y\")] a: A }",
            50,
            "\"y\" is no value of the enum `a`, whose values are x",
        ),
    ] {
        mistake(&format!("#[derive(Migratable)] {first}\n#[derive(Migratable)]\n{second}"), 3, column, &[part]);
    }
}

#[test]
fn a_name_that_a_pattern_makes_twice_says_which_pattern() {
    let package = |source: &str, patterns: &[(&str, &str)], dialects: &[Dialect]| {
        let folder = package(&[("src/lib.rs", source)]);
        let mut naming = Naming::default();
        patterns.iter().for_each(|(key, pattern)| naming.set(key, pattern).unwrap());
        let scan = scan_database("app", folder.path(), dialects, &Databases::default(), &naming, None);
        scan.errors.into_iter().map(|it| format!("{}:{} {}", it.line, it.column, it.message)).collect::<Vec<_>>()
    };
    let two = |first: &str, second: &str| {
        format!(
            "#[derive(Migratable)]\n#[migratable(table = \"a\")]\nstruct A {{ id: i64, {first} }}\n\
             #[derive(Migratable)]\n#[migratable(table = \"a_b\")]\nstruct B {{ id: i64, {second} }}"
        )
    };
    let key = package("#[derive(Migratable)]\nstruct User { id: i64 }", &[("pk", "{table}")], SQLITE);
    let help = "\nhelp: set another pattern `pk` in [package.metadata.migratable.naming]";
    assert_eq!(key, [format!("2:8 `users` is the name of the table `users` already{help}")]);

    let indexes =
        two("#[migratable(index)] b_c: i64", "#[migratable(index)] c: i64, #[migratable(index(name = \"A\"))] d: i64");
    let help = "\nhelp: name this one, `#[migratable(index(name = \"…\"))]`, or set another pattern `ix` in \
                [package.metadata.migratable.naming]";
    let expected = [
        format!("6:34 `ix_a_b_c` is the name of the index of `a` already{help}"),
        "6:63 `A` is the name of the table `a` already: give this one another name".to_owned(),
    ];
    for dialects in [SQLITE, &[Dialect::Postgres], &Dialect::ALL] {
        assert_eq!(package(&indexes, &[], dialects), expected);
    }
    let references = two("#[migratable(references = A)] b_c: i64", "#[migratable(references = A)] c: i64");
    let pattern = [("fk", "{table}_{columns}")];
    let help = "\nhelp: name this one, `#[migratable(reference_name = \"…\")]`, or set another pattern `fk` in \
                [package.metadata.migratable.naming]";
    let expected = format!("6:47 on MySQL `a_b_c` is the name of the reference of `a` already{help}");
    assert_eq!(package(&references, &pattern, &[Dialect::Mysql]), [expected]);

    // MySQL has indexes by table, SQLite and PostgreSQL so have references.
    assert_eq!(package(&indexes, &[], &[Dialect::Mysql]), [""; 0]);
    assert_eq!(package(&references, &pattern, &[Dialect::Sqlite, Dialect::Postgres]), [""; 0]);
}
