//! Random schemas as models, which `revision` reads.

use std::fmt::Write;

use migratable_core::diff::{Answers, drift};
use migratable_core::{
    Action, Column, ColumnType, DefaultValue, Dialect, Enum, Index, IndexTarget, Literal, Schema, Table, fingerprint,
    lock,
};
use migratable_tests::package::Package;

use super::answered;

/// How often `revision` found something, and had to be answered.
#[derive(Default)]
pub struct Twice {
    pub changed: usize,
    pub answered: usize,
}

impl Twice {
    /// Writes models, and others in their place: each time `revision` finds what there is once, and then nothing.
    pub fn check(&mut self, a: &Schema, b: &Schema, rename: &[bool]) {
        let package = Package::new(&[Dialect::Sqlite]).unwrap();
        if !a.tables.is_empty() {
            revise(&package, a, &["-m", "a"]);
        }
        let (plan, mut answers) = answered(a, b, rename);
        if b.tables.is_empty() {
            // When no model is left, each table that goes is to be named.
            answers.extend(a.tables.keys().flat_map(|table| ["--drop".to_owned(), table.to_string()]));
        }
        if !plan.upgrade.is_empty() {
            self.changed += 1;
            self.answered += usize::from(!answers.is_empty());
            let words: Vec<&str> = ["-m", "b"].into_iter().chain(answers.iter().map(String::as_str)).collect();
            revise(&package, b, &words);
        }
    }
}

fn revise(package: &Package, schema: &Schema, words: &[&str]) {
    let models = models(schema);
    package.models(&models).unwrap();
    let drift = |lock: &Schema| drift(lock, schema, &Answers::default(), true);
    assert!(!drift(&package.lock().unwrap().schema).is_empty(), "the build finds nothing\n{models}");
    let said = package.revision(words);
    assert!(said.status == 0 && said.stdout.contains("\nwrote "), "{words:?}\n{said:#?}\n{models}");
    let text = package.lock_text().unwrap();
    let read = lock::read(&text).unwrap();
    assert_eq!(fingerprint(&read.schema), fingerprint(schema), "the models say something else\n{models}\n{text}");
    assert_eq!(drift(&read.schema), [], "the build finds something\n{models}");
    assert_eq!(lock::write(&read.heads, &read.schema), text, "what is read is not what was written");
    let again = package.revision(&[]);
    let is_settled = again.stdout.starts_with("Nothing changed") && !again.stdout.contains("refreshed");
    assert!(is_settled && again.status == 0, "a second time: {again:#?}\n{models}");
    assert_eq!(package.lock_text().unwrap(), text, "the lock is written again");
}

/// The structs and enums of a schema.
fn models(schema: &Schema) -> String {
    let mut text = String::new();
    for enumeration in schema.enums.values() {
        write_enum(&mut text, enumeration).unwrap();
    }
    for (at, table) in schema.tables.values().enumerate() {
        write_table(&mut text, at, table).unwrap();
    }
    text
}

fn write_enum(text: &mut String, enumeration: &Enum) -> std::fmt::Result {
    writeln!(text, "#[migratable(rename = {:?})]\nenum E{} {{", enumeration.name, enumeration.name)?;
    for (at, value) in enumeration.values.iter().enumerate() {
        writeln!(text, "    #[migratable(rename = {value:?})]\n    V{at},")?;
    }
    writeln!(text, "}}\n")
}

fn write_table(text: &mut String, at: usize, table: &Table) -> std::fmt::Result {
    let mut attributes = vec![format!("table = {:?}", table.name.name)];
    let key = table.primary_key.as_ref().map(|key| fields(&key.columns)).unwrap_or_default();
    attributes.push(format!("primary_key({key})"));
    attributes.extend(table.uniques.iter().map(|unique| format!("unique({})", fields(&unique.columns))));
    attributes.extend(table.indexes.iter().map(index));
    attributes.extend(table.checks.iter().map(|check| format!("check({:?})", portable(&check.expression))));
    writeln!(text, "#[migratable({})]\nstruct T{at} {{", attributes.join(", "))?;
    for column in &table.columns {
        write_field(text, table, column)?;
    }
    writeln!(text, "}}\n")
}

fn write_field(text: &mut String, table: &Table, column: &Column) -> std::fmt::Result {
    let mut attributes = vec![format!("column = {:?}", column.name)];
    let is_key = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.clone()]);
    if is_key && column.identity.is_none() {
        attributes.push("auto_increment = false".to_owned());
    } else if !is_key && column.identity.is_some() {
        attributes.push("identity".to_owned());
    }
    if let ColumnType::Varchar(_) | ColumnType::Numeric(_) = column.column_type {
        attributes.push(format!("type = \"{}\"", column.column_type));
    }
    attributes.extend(column.default.as_ref().map(|default| format!("default = {}", literal(default))));
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "stored" } else { "virtual" };
        attributes.push(format!("generated = {:?}, {kind}", portable(&generated.expression)));
    }
    attributes.extend(column.collation.as_ref().map(|collation| format!("collate = {collation:?}")));
    attributes.extend(column.comment.as_ref().map(|comment| format!("comment = {comment:?}")));
    for key in table.foreign_keys.iter().filter(|key| key.columns == [column.name.clone()]) {
        let action = if key.on_delete == Action::Cascade { "cascade" } else { "no_action" };
        let target = format!("{}.{}", key.table.name, key.references[0]);
        attributes.push(format!("references = {target:?}, on_delete = {action}"));
        attributes.extend((key.on_update == Action::Cascade).then(|| "on_update = cascade".to_owned()));
    }
    let rust = rust_type(&column.column_type);
    let rust = if column.nullable { format!("Option<{rust}>") } else { rust };
    writeln!(text, "    #[migratable({})]\n    pub {}: {rust},", attributes.join(", "), field(&column.name))
}

/// A field's name for whatever a column is called.
fn field(column: &str) -> String {
    column.chars().fold("f_".to_owned(), |name, c| match c.is_ascii_alphanumeric() {
        true => format!("{name}{c}"),
        false => format!("{name}{:x}", u32::from(c)),
    })
}

fn fields(columns: &[String]) -> String {
    columns.iter().map(|column| field(column)).collect::<Vec<_>>().join(", ")
}

fn index(index: &Index) -> String {
    let mut parts: Vec<String> = index
        .parts
        .iter()
        .map(|part| match &part.target {
            IndexTarget::Column(name) => format!("{}{}", field(name), if part.descending { " desc" } else { "" }),
            IndexTarget::Expression(sql) => format!("{:?}", portable(sql)),
        })
        .collect();
    parts.extend(index.unique.then(|| "unique".to_owned()));
    parts.extend(index.predicate.as_ref().map(|sql| format!("where = {:?}", portable(sql))));
    format!("index({})", parts.join(", "))
}

fn rust_type(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::SmallInt => "i16".to_owned(),
        ColumnType::Integer => "i32".to_owned(),
        ColumnType::BigInt => "i64".to_owned(),
        ColumnType::Double => "f64".to_owned(),
        ColumnType::Boolean => "bool".to_owned(),
        ColumnType::Text | ColumnType::Varchar(_) => "String".to_owned(),
        ColumnType::Numeric(_) => "bigdecimal::BigDecimal".to_owned(),
        ColumnType::Date => "chrono::NaiveDate".to_owned(),
        ColumnType::Timestamp => "chrono::NaiveDateTime".to_owned(),
        ColumnType::Enum(name) => format!("E{name}"),
        other => panic!("no column of the type {other} is drawn"),
    }
}

fn literal(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Now => "now".to_owned(),
        DefaultValue::Sql(sql) => format!("sql({:?})", portable(sql)),
        DefaultValue::Literal(Literal::Text(text)) => format!("{text:?}"),
        DefaultValue::Literal(Literal::Integer(number)) => number.to_string(),
        DefaultValue::Literal(Literal::Decimal(digits)) => digits.clone(),
        DefaultValue::Literal(Literal::Boolean(value)) => value.to_string(),
        DefaultValue::Literal(other) => panic!("no default {other:?} is drawn"),
    }
}

fn portable(sql: &migratable_core::Sql) -> &str {
    sql.text(Dialect::Sqlite).unwrap_or_default()
}
