//! Apps beyond the usual size: 150 tables with a generated Diesel schema, and a table of 60 columns.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use migratable_tests::{Project, place};

/// 150 models; every third refers to the one before it and to the one before that.
fn many_models() -> String {
    let mut models = "use migratable::Migratable;\n".to_owned();
    for number in 0..150 {
        write!(models, "\n#[derive(Migratable)]\npub struct Item{number} {{\n    pub id: i64,\n").unwrap();
        if number % 3 == 2 {
            for (field, other) in [("first", number - 1), ("second", number - 2)] {
                writeln!(models, "    #[migratable(references = Item{other}, index)]\n    pub {field}_id: i64,")
                    .unwrap();
            }
        }
        models.push_str("    pub name: String,\n    pub note: Option<String>,\n}\n");
    }
    models
}

/// Queries over single tables, and over two that a reference connects.
const MANY: &str = "\
#[allow(dead_code)]
mod models;

migratable::schema!();

use diesel::prelude::*;
use schema::{item0s, item1s, item2s, item149s};

fn main() {
    let last = item149s::table.filter(item149s::note.is_null()).select(item149s::name);
    let joined = item2s::table.inner_join(item1s::table).select((item2s::name, item1s::name));
    let other = item2s::table.inner_join(item0s::table).select((item2s::name, item0s::name));
    println!(\"{}\", diesel::debug_query::<diesel::sqlite::Sqlite, _>(&last));
    println!(\"{}\", diesel::debug_query::<diesel::sqlite::Sqlite, _>(&joined));
    println!(\"{}\", diesel::debug_query::<diesel::sqlite::Sqlite, _>(&other));
}
";

#[test]
fn an_app_of_150_tables_is_checked() {
    let project = Project::new("many");
    project.write("src/main.rs", MANY);
    project.write("src/models.rs", &many_models());
    project.migrate_files(&["revision", "-m", "start"]).ok();
    assert_eq!(project.check("many"), [], "neither errors nor warnings");

    project.replace("src/models.rs", "pub struct Item149 {\n", "pub struct Item149 {\n    pub bio: Option<String>,\n");
    let errors = project.errors();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let (line, column) = place(&project.read("src/models.rs"), "bio");
    assert_eq!((errors[0].file.as_str(), errors[0].line, errors[0].column), ("src/models.rs", line, column));
}

#[test]
fn a_table_of_60_columns_needs_a_feature_of_diesel_that_the_error_names() {
    let mut models =
        "use migratable::Migratable;\n\n#[derive(Migratable)]\npub struct Wide {\n    pub id: i64,\n".to_owned();
    for number in 1..60 {
        writeln!(models, "    pub value_{number}: i32,").unwrap();
    }
    models.push_str("}\n");
    let project = Project::new("wide");
    project.write("src/main.rs", "#[allow(dead_code)]\nmod models;\n\nmigratable::schema!();\n\nfn main() {}\n");
    project.write("src/models.rs", &models);
    project.migrate_files(&["revision", "-m", "start"]).ok();

    let errors = project.errors();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].message.contains("`64-column-tables`"), "{}", errors[0].rendered);
    assert!(errors[0].message.contains("60 columns"), "{}", errors[0].rendered);
    let (line, column) = place(&models, "Wide");
    assert_eq!((errors[0].file.as_str(), errors[0].line, errors[0].column), ("src/models.rs", line, column));

    let sqlite = "default-features = false, features = [\"sqlite\"] }";
    project.replace("Cargo.toml", sqlite, "default-features = false, features = [\"sqlite\", \"64-column-tables\"] }");
    assert_eq!(project.check("wide"), [], "neither errors nor warnings");
}
