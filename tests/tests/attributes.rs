//! Every attribute of a model reaches the lock, the DDL and the message of the drift, or is refused.

#![allow(clippy::unwrap_used)]

mod attributes {
    pub mod cases;
    pub mod diesel_and_types;
    pub mod fields;
    pub mod tables;
}

use std::collections::BTreeSet;
use std::fs;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use migratable_core::diff::{Answers, DiffError, diff, drift};
use migratable_core::{Dialect, Operation, Schema, lock};
use migratable_syntax::models::{Scan, scan};
use migratable_tests::reader;
use migratable_tests::recorded::{connect, migrator, set_upgrades};

use attributes::cases::{Case, Ddl, Outcome};
use attributes::{diesel_and_types, fields, tables};

/// What every case changes in one place.
const MODELS: &str = r#"
#[derive(Migratable)]
pub struct User {
    pub id: i64,
    pub name: String,
}

#[derive(Migratable)]
pub enum Status {
    Draft,
    InReview,
}

#[derive(Migratable)]
pub struct Email(String);

pub struct Place {
    pub city: String,
}

#[derive(Migratable)]
pub struct Profile {
    #[migratable(references = User)]
    pub id: i64,
}

#[derive(Migratable)]
pub struct Post {
    pub id: i64,
    pub title: String,
    pub author_id: i64,
    pub rank: i32,
    pub status: Status,
    pub email: Email,
}
"#;

/// The attributes of DESIGN.md, section "Models", in its order: the item, then what stands on it.
const ATTRIBUTES: &str = "
    struct: table, schema, primary_key, primary_key = false, index, unique, unique(columns), check(expression),
        check(name), foreign_key, foreign_key name, foreign_key on_delete, renamed_from, comment, database
    index: column, desc, nulls, expression, name, columns, unique, where, using, include
    field: column, type, type(dialect), primary_key, auto_increment = false, identity, identity(always),
        identity(start), identity(increment), unique, index, unique(name), index(name), default = literal,
        default = now, default = sql, default = sql(dialect), generated, stored, virtual, references = Model,
        references = text, reference_name, on_delete, on_update, cascade, restrict, set_null, set_default, no_action,
        deferrable, check, check = sql(dialect), collate, comment, renamed_from, skip
    diesel: table_name, primary_key, column_name, belongs_to, sql_type, embed
    enum: rename_all, rename
    variant: rename
    newtype: type
";

fn scan_of(models: &str) -> Scan {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[package]\nname = \"app\"\n").unwrap();
    fs::write(folder.path().join("src/lib.rs"), models).unwrap();
    scan("app", folder.path(), &[Dialect::Sqlite], None)
}

fn messages(scan: &Scan) -> String {
    scan.errors.iter().map(|error| format!("{}:{} {}\n", error.line, error.column, error.message)).collect()
}

fn operations(before: &Schema, after: &Schema, answers: &Answers) -> Vec<Operation> {
    let mut answers = answers.clone();
    loop {
        match diff(before, after, &answers) {
            Err(DiffError::Questions(questions)) => answers.drop(&questions[0].gone),
            Err(error) => panic!("{error:?}"),
            Ok(plan) => match plan.holes.first() {
                None => return plan.upgrade,
                Some(hole) => {
                    answers.fills.insert((hole.table.clone(), hole.column.clone()), "'0'".to_owned());
                }
            },
        }
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    sql: String,
}

/// What sqlite_master says, spaces made one, after the models changed from the one to the other.
fn ddl(before: &Schema, after: &Schema, answers: &Answers) -> String {
    let (mut db, mut fresh) = (connect(), connect());
    let first = operations(&Schema::default(), before, &Answers::default());
    set_upgrades([first, operations(before, after, answers)]);
    migrator().upgrade(&mut db).unwrap_or_else(|error| panic!("{error}"));
    set_upgrades([operations(&Schema::default(), after, &Answers::default()), Vec::new()]);
    migrator().upgrade(&mut fresh).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(reader::schema(&mut db), reader::schema(&mut fresh), "the migrated database is not like a new one");
    let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'migratable_%' ORDER BY name";
    let lines: Vec<Line> = sql_query(sql).load(&mut db).unwrap();
    lines.iter().map(|it| it.sql.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

fn cases() -> impl Iterator<Item = &'static Case> {
    tables::CASES.iter().chain(fields::CASES).chain(diesel_and_types::CASES)
}

/// What a case does not keep, if anything.
fn missing(models: &str, case: &Case) -> Vec<String> {
    assert_eq!(models.matches(case.from).count(), 1, "{}: `{}` stands once in the models", case.attribute, case.from);
    let before = scan_of(models);
    assert!(before.errors.is_empty(), "{}", messages(&before));
    let after = scan_of(&models.replace(case.from, case.to));
    let Outcome::Reaches { lock: in_lock, ddl: in_ddl, drift: in_drift } = &case.outcome else {
        let Outcome::Refused(part) = case.outcome else { unreachable!() };
        let said = messages(&after);
        return if said.contains(part) { vec![] } else { vec![format!("no refusal with `{part}` in:\n{said}")] };
    };
    if !after.errors.is_empty() {
        return vec![format!("not accepted:\n{}", messages(&after))];
    }
    let mut found = Vec::new();
    let text = lock::write(&[], &after.schema);
    if !text.contains(in_lock) || lock::write(&[], &before.schema).contains(in_lock) {
        found.push(format!("`{in_lock}` does not come to the lock:\n{text}"));
    }
    let answers = Answers {
        table_renames: after.table_renames.clone(),
        column_renames: after.column_renames.clone(),
        ..Answers::default()
    };
    let text = ddl(&before.schema, &after.schema, &answers);
    match in_ddl {
        Ddl::Has(part) if !text.contains(part) => found.push(format!("no `{part}` in the DDL:\n{text}")),
        Ddl::LeavesOut { word, .. } if text.to_lowercase().contains(word) => {
            found.push(format!("`{word}` in the DDL:\n{text}"));
        }
        _ => {}
    }
    let drifts = drift(&before.schema, &after.schema, &answers, true);
    let text: String = drifts.iter().map(|it| format!("{:?}: {}\n", it.place, it.message)).collect();
    if !text.contains(in_drift) {
        found.push(format!("no `{in_drift}` in the drift:\n{text}"));
    }
    found
}

#[test]
fn every_case_reaches_the_lock_the_ddl_and_the_drift_or_is_refused() {
    let mut failed = String::new();
    for case in cases() {
        for problem in missing(MODELS, case) {
            failed.push_str(&format!("\n=== {}: {problem}", case.attribute));
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn every_attribute_has_a_case() {
    let mut wanted = BTreeSet::new();
    let mut item = "";
    for line in ATTRIBUTES.lines() {
        let names = match line.split_once(": ") {
            Some((name, rest)) => {
                item = name.trim();
                rest
            }
            None => line,
        };
        let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        wanted.extend(names.map(|name| format!("{item}: {name}")));
    }
    let cases: Vec<String> = cases().map(|case| case.attribute.to_owned()).collect();
    let found: BTreeSet<String> = cases.iter().cloned().collect();
    assert_eq!(found.len(), cases.len(), "an attribute has two cases");
    let without: Vec<_> = wanted.difference(&found).collect();
    assert!(without.is_empty(), "without a case: {without:?}");
    let unknown: Vec<_> = found.difference(&wanted).collect();
    assert!(unknown.is_empty(), "not of DESIGN.md: {unknown:?}");
}
