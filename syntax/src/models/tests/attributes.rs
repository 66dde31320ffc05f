use super::{SQLITE, good, post, text};
use crate::models::attributes::{Level, known_names};

/// Every attribute of DESIGN.md with a form of it; the schema must show each.
const STRUCT: &[(&str, &str)] = &[
    ("table", "#[migratable(table = \"articles\")]"),
    ("schema", "#[migratable(schema = \"blog\")]"),
    ("primary_key", "#[migratable(primary_key(a, b))]"),
    ("index", "#[migratable(index(a, b desc))]"),
    ("unique", "#[migratable(unique(a, b))]"),
    ("check", "#[migratable(check(\"a > 0\"))]"),
    ("foreign_key", "#[migratable(foreign_key(columns(a), references(Post)))]"),
    ("renamed_from", "#[migratable(renamed_from = \"articles\")]"),
    ("comment", "#[migratable(comment = \"what was written\")]"),
    ("database", ""),
    ("appear_with", "#[migratable(appear_with(Post))]"),
];

const FIELD: &[(&str, &str)] = &[
    ("column", "#[migratable(column = \"c\")]"),
    ("type", "#[migratable(type = \"smallint\")]"),
    ("primary_key", "#[migratable(primary_key)]"),
    ("auto_increment", "#[migratable(primary_key, auto_increment = false)]"),
    ("identity", "#[migratable(identity(always, start = 2, increment = 7))]"),
    ("unique", "#[migratable(unique(name = \"uq\"))]"),
    ("index", "#[migratable(index)]"),
    ("default", "#[migratable(default = 1)]"),
    ("generated", "#[migratable(generated = \"a + 1\", stored)]"),
    ("stored", "#[migratable(stored, generated = \"a + 1\")]"),
    ("virtual", "#[migratable(generated = \"a + 1\", virtual)]"),
    ("references", "#[migratable(references = Post)]"),
    ("reference_name", "#[migratable(references = Post, reference_name = \"fk\")]"),
    ("on_delete", "#[migratable(references = Post, on_delete = cascade)]"),
    ("on_update", "#[migratable(references = Post, on_update = restrict)]"),
    ("deferrable", "#[migratable(references = Post, deferrable)]"),
    ("check", "#[migratable(check = \"x > 0\")]"),
    ("collate", "#[migratable(collate = \"NOCASE\")]"),
    ("comment", "#[migratable(comment = \"how many\")]"),
    ("renamed_from", "#[migratable(renamed_from = \"y\")]"),
    ("skip", "#[migratable(skip)]"),
];

fn said(attributes: &str, field: &str) -> String {
    let source = post(attributes, &format!("a: i64,\nb: i64,\n{field}\nx: i64,"));
    // Schemas and identities with options are PostgreSQL's.
    let own = if field.contains("primary_key") { source.replace("pub id: i64,", "") } else { source };
    let own = if own.contains("references") { own + "\n" } else { own };
    let scan = good(&own, &[migratable_core::Dialect::Postgres]);
    let table = scan.schema.tables.values().next().unwrap();
    let model = &scan.models[0];
    format!("{}\n{:?} {:?} {:?}", text(table), scan.table_renames, scan.column_renames, model.appear_with)
}

#[test]
fn every_attribute_of_the_design_is_known_and_reaches_the_schema() {
    let names = |list: &[(&'static str, &str)]| list.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    assert_eq!(known_names(Level::Struct), names(STRUCT));
    assert_eq!(known_names(Level::Field), names(FIELD));
    assert_eq!(known_names(Level::Enum), ["rename_all", "rename"]);
    assert_eq!(known_names(Level::Variant), ["rename"]);
    assert_eq!(known_names(Level::Newtype), ["type"]);
    let plain = said("", "");
    for (name, attribute) in STRUCT.iter().filter(|(_, attribute)| !attribute.is_empty()) {
        assert_ne!(said(attribute, ""), plain, "{name}");
    }
    for (name, attribute) in FIELD {
        assert_ne!(said("", attribute), plain, "{name}");
    }
}

#[test]
fn attributes_in_cfg_attr_count_as_if_they_stood_alone() {
    let plain = "#[derive(Migratable)]\n#[migratable(table = \"a\")]\nstruct A {\n#[migratable(index)]\nid: i64 }";
    let hidden = "#[cfg_attr(feature = \"db\", derive(Migratable))]\n\
                  #[cfg_attr(any(x, y), doc = \"d\", cfg_attr(z, migratable(table = \"a\")))]\nstruct A {\n\
                  #[cfg_attr(true, migratable(index))]\nid: i64 }";
    assert_eq!(good(plain, SQLITE).schema, good(hidden, SQLITE).schema);
}
