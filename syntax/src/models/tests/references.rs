use migratable_core::{Action, Deferrable, Dialect};

use super::{SQLITE, good, messages, post, scan_of};

const USER: &str = "#[derive(Migratable)] struct User { id: i64, #[migratable(unique)] email: String }";

#[test]
fn belongs_to_and_an_equal_reference_are_one_foreign_key() {
    for (attributes, field) in [
        ("#[diesel(belongs_to(User))]", "user_id: i64,"),
        ("#[diesel(belongs_to(User, foreign_key = author))]", "#[diesel(column_name = author)] a: i64,"),
        ("#[diesel(belongs_to(User))]", "#[migratable(references = User)] user_id: i64,"),
        ("#[diesel(belongs_to(crate::User))]", "#[migratable(references = \"users.id\")] user_id: i64,"),
        ("#[diesel(belongs_to(Summary, foreign_key = user_id))]", "#[migratable(references = User)] user_id: i64,"),
        ("#[diesel(belongs_to(User))] #[migratable(foreign_key(columns(user_id), references(User)))]", "user_id: i64,"),
    ] {
        let summary = "#[diesel(table_name = users)] struct Summary { id: i64 }";
        let scan = good(&(post(attributes, field) + USER + summary), SQLITE);
        let keys = &scan.schema.tables[&"posts".into()].foreign_keys;
        assert_eq!(keys.len(), 1, "{attributes} {field}");
        assert_eq!((keys[0].table.clone(), keys[0].references.as_slice()), ("users".into(), &["id".to_owned()][..]));
    }
}

#[test]
fn a_field_says_how_its_belongs_to_behaves() {
    let source =
        post("#[diesel(belongs_to(User))]", "#[migratable(on_delete = set_null, deferrable)] user_id: Option<i64>,");
    let scan = good(&(source + USER), SQLITE);
    let key = &scan.schema.tables[&"posts".into()].foreign_keys[0];
    assert_eq!((key.on_delete, key.deferrable), (Action::SetNull, Deferrable::Deferred));
}

#[test]
fn references_are_columns_of_the_other_table() {
    for (field, around, references) in [
        ("#[migratable(references = User)] u: i64,", USER, "users(id)"),
        ("#[migratable(references = crate::User)] u: i64,", USER, "users(id)"),
        (
            "#[migratable(references = Author)] u: i64,",
            "type Author = User; #[derive(Migratable)] struct User { id: i64 }",
            "users(id)",
        ),
        ("#[migratable(references = \"users.email\")] u: String,", USER, "users(email)"),
        (
            "#[migratable(references = a::User)] u: i64,",
            "mod a { #[derive(Migratable)] #[migratable(table = \"x.y\")] pub struct User { #[migratable(primary_key, column = \"no\")] id: i64 } }",
            "\"x.y\"(no)",
        ),
    ] {
        let scan = good(&(post("", field) + around), SQLITE);
        let key = &scan.schema.tables[&"posts".into()].foreign_keys[0];
        assert_eq!(format!("{}({})", key.table, key.references.join(", ")), references, "{field}");
    }
    let source = post(
        "#[migratable(foreign_key(columns(a, b), references(Pair(x, y)), name = \"fk\"))]",
        "a: i64, b: i64,",
    ) + "#[derive(Migratable)] #[migratable(primary_key(y, x))] struct Pair { x: i64, #[migratable(column = \"z\")] y: i64 }";
    let scan = good(&source, SQLITE);
    let key = &scan.schema.tables[&"posts".into()].foreign_keys[0];
    assert_eq!((key.name.as_str(), key.references.as_slice()), ("fk", &["x".to_owned(), "z".to_owned()][..]));
}

#[test]
fn references_that_do_not_fit_are_errors() {
    for (field, message) in [
        ("#[migratable(references = Usr)] u: i64,", "there is no model `Usr`: is `User` meant?"),
        ("#[migratable(references = Status)] u: i64,", "`Status` is no model"),
        ("#[migratable(references = Pair)] u: i64,", "`Pair` is referred to by 2 columns (x, y), and 1 stand here"),
        ("#[migratable(references = Keyless)] u: i64,", "`Keyless` has no primary key"),
        (
            "#[migratable(references = \"users.name\")] u: i64,",
            "the table `users` has no column `name`: it has id, email",
        ),
        ("#[migratable(references = \"keylesss.x\")] u: i64,", "the column `x` of `keylesss` is not unique"),
        ("#[migratable(references = User)] u: String,", "`posts.u` is text and refers to `users.id`, which is bigint"),
        ("#[migratable(references = User, on_delete = set_null)] u: i64,", "make the field an Option"),
        ("#[migratable(references = User, on_delete = set_default)] u: i64,", "add `default = …`"),
        ("#[migratable(on_delete = cascade)] u: i64,", "the field refers to nothing"),
    ] {
        let around = "#[derive(Migratable)] enum Status { A }
            #[derive(Migratable)] #[migratable(primary_key(x, y))] struct Pair { x: i64, y: i64 }
            #[derive(Migratable)] #[migratable(primary_key = false)] struct Keyless { x: i64 }";
        let scan = scan_of(&(post("", field) + USER + around), SQLITE);
        let [error] = scan.errors.as_slice() else { panic!("{field}\n{}", messages(&scan)) };
        assert!(error.message.contains(message), "{field}\n{}", error.message);
        assert_eq!(
            (error.line, error.field.as_deref(), error.item.as_deref()),
            (5, Some("u"), Some("Post")),
            "{field}"
        );
    }
}

#[test]
fn belongs_to_without_its_column_shows_how_to_name_it() {
    let scan = scan_of(&(post("#[diesel(belongs_to(User))]", "") + USER), SQLITE);
    assert!(messages(&scan).contains("#[diesel(belongs_to(User, foreign_key = user_id))]"), "{}", messages(&scan));
}

#[test]
fn tables_of_other_packages_are_left_to_who_knows_them() {
    let scan = good(&post("", "#[migratable(references = \"users.id\")] u: i64,"), SQLITE);
    let [error] = &scan.dangling(&Default::default())[..] else { panic!() };
    assert!(error.message.contains("no model has the table `users` with the column `id`"), "{}", error.message);
    assert_eq!(error.field.as_deref(), Some("u"));
    assert!(scan.dangling(&good(USER, SQLITE).schema).is_empty());
}

#[test]
fn a_model_with_mistakes_is_lost_and_takes_no_other_mistakes_along() {
    let broken = "#[derive(Migratable)] struct User { #[migratable(indx)] id: i64 }";
    let scan = scan_of(&(post("", "#[migratable(references = User)] u: i64,") + broken), SQLITE);
    assert_eq!(scan.errors.len(), 1, "{}", messages(&scan));
    assert!(scan.dangling(&Default::default()).is_empty());
    assert!(!scan.is_whole());
    let unknown = "#[derive(Migratable)] struct User { id: Foo }";
    let scan = scan_of(&(post("", "#[migratable(references = User)] u: i64,") + unknown), &[Dialect::Sqlite]);
    assert_eq!(scan.errors.len(), 1, "{}", messages(&scan));
    assert!(scan.dangling(&Default::default()).is_empty());
}
