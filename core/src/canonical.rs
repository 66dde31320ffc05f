//! The one text form of tables and enums: the lock is written in it, fingerprints and checksums are taken over it.
//!
//! It is TOML with one fact a line. Facts that have their default value are left out, so that a fact that a newer
//! version knows does not change the text of schemas that do not use it.

use std::fmt::Write;

use crate::{
    Column, ColumnType, DefaultValue, Deferrable, Enum, ForeignKey, Identity, Index, IndexTarget, Literal, Model,
    Native, Nulls, Schema, Sql, Table, hash,
};

/// The fingerprint of a schema: sha256 over its text, without models and without the order of columns.
pub fn fingerprint(schema: &Schema) -> String {
    let mut text = String::new();
    for enumeration in schema.enums.values() {
        write_enum(&mut text, enumeration, Form::Compared);
    }
    for table in schema.tables.values() {
        write_table(&mut text, table, Form::Compared);
    }
    hash::hex(&text, 64)
}

/// What of a table or enum is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Everything, as in the lock.
    #[cfg_attr(not(feature = "lock"), allow(dead_code))]
    Whole,
    /// What counts when two are compared: no models, columns by name.
    Compared,
    /// Everything in its order, without models.
    Ordered,
    /// As compared, with what only the dialect knows.
    Exact,
}

/// The text of a table that counts when two tables are compared: equal texts are equal tables.
pub fn table_text(table: &Table) -> String {
    let mut text = String::new();
    write_table(&mut text, table, Form::Compared);
    text
}

/// The text of a table that was read from a database: equal texts are equal tables there.
pub fn exact_text(table: &Table) -> String {
    let mut text = String::new();
    write_table(&mut text, table, Form::Exact);
    text
}

pub(crate) fn write_enum(out: &mut String, enumeration: &Enum, form: Form) {
    out.push_str("[[enum]]\n");
    line(out, "name", &quoted(&enumeration.name));
    write_model(out, &enumeration.model, form);
    out.push_str("values = [\n");
    for value in &enumeration.values {
        let _ = writeln!(out, "  {},", quoted(value));
    }
    out.push_str("]\n\n");
}

pub(crate) fn write_table(out: &mut String, table: &Table, form: Form) {
    out.push_str("[[table]]\n");
    line(out, "name", &quoted(&table.name.to_string()));
    let native = |out: &mut String, it: &Native| match form {
        Form::Exact if !it.is_empty() => line(out, "native", &quoted(&it.to_string())),
        _ => {}
    };
    write_model(out, &table.model, form);
    optional(out, "comment", &table.comment);
    native(out, &table.native);
    if let Some(key) = &table.primary_key {
        line(out, "primary_key", &format!("{{ name = {}, columns = {} }}", quoted(&key.name), list(&key.columns)));
        native(out, &key.native);
    }
    out.push('\n');
    let mut columns: Vec<&Column> = table.columns.iter().collect();
    if matches!(form, Form::Compared | Form::Exact) {
        columns.sort_by(|a, b| a.name.cmp(&b.name));
    }
    for column in columns {
        out.push_str("[[table.column]]\n");
        write_column(out, column);
        native(out, &column.native);
        out.push('\n');
    }
    for unique in by_name(&table.uniques, |it| &it.name) {
        out.push_str("[[table.unique]]\n");
        line(out, "name", &quoted(&unique.name));
        line(out, "columns", &list(&unique.columns));
        native(out, &unique.native);
        out.push('\n');
    }
    for index in by_name(&table.indexes, |it| &it.name) {
        out.push_str("[[table.index]]\n");
        write_index(out, index);
        native(out, &index.native);
        index.parts.iter().for_each(|part| native(out, &part.native));
        out.push('\n');
    }
    for key in by_name(&table.foreign_keys, |it| &it.name) {
        out.push_str("[[table.foreign_key]]\n");
        write_foreign_key(out, key);
        native(out, &key.native);
        out.push('\n');
    }
    for check in by_name(&table.checks, |it| &it.name) {
        out.push_str("[[table.check]]\n");
        line(out, "name", &quoted(&check.name));
        line(out, "expression", &sql(&check.expression));
        native(out, &check.native);
        out.push('\n');
    }
}

fn by_name<T>(items: &[T], name: impl Fn(&T) -> &String) -> Vec<&T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by(|a, b| name(a).cmp(name(b)));
    items
}

fn write_model(out: &mut String, model: &Option<Model>, form: Form) {
    if let (Form::Whole, Some(model)) = (form, model) {
        line(out, "model", &quoted(&model.name));
        line(out, "package", &quoted(&model.package));
    }
}

pub(crate) fn write_column(out: &mut String, column: &Column) {
    line(out, "name", &quoted(&column.name));
    line(out, "type", &column_type(&column.column_type));
    flag(out, "nullable", column.nullable);
    if let Some(default) = &column.default {
        line(out, "default", &default_value(default));
    }
    if let Some(it) = &column.identity {
        line(out, "identity", &identity(it));
    }
    if let Some(generated) = &column.generated {
        line(out, if generated.stored { "stored" } else { "virtual" }, &sql(&generated.expression));
    }
    optional(out, "collate", &column.collation);
    optional(out, "comment", &column.comment);
}

pub(crate) fn write_index(out: &mut String, index: &Index) {
    line(out, "name", &quoted(&index.name));
    let simple: Option<Vec<String>> = index
        .parts
        .iter()
        .map(|part| match (&part.target, part.descending, part.nulls) {
            (IndexTarget::Column(name), false, None) => Some(name.clone()),
            _ => None,
        })
        .collect();
    match simple {
        Some(columns) => line(out, "on", &list(&columns)),
        None => {
            let parts: Vec<String> = index
                .parts
                .iter()
                .map(|part| {
                    let mut text = match &part.target {
                        IndexTarget::Column(name) => format!("{{ column = {}", quoted(name)),
                        IndexTarget::Expression(expression) => format!("{{ expression = {}", sql(expression)),
                    };
                    if part.descending {
                        text.push_str(", desc = true");
                    }
                    match part.nulls {
                        Some(Nulls::First) => text.push_str(", nulls = \"first\""),
                        Some(Nulls::Last) => text.push_str(", nulls = \"last\""),
                        None => {}
                    }
                    text.push_str(" }");
                    text
                })
                .collect();
            line(out, "on", &format!("[{}]", parts.join(", ")));
        }
    }
    flag(out, "unique", index.unique);
    if let Some(predicate) = &index.predicate {
        line(out, "where", &sql(predicate));
    }
    optional(out, "using", &index.method);
    if !index.include.is_empty() {
        line(out, "include", &list(&index.include));
    }
}

pub(crate) fn write_foreign_key(out: &mut String, key: &ForeignKey) {
    line(out, "name", &quoted(&key.name));
    line(out, "columns", &list(&key.columns));
    line(out, "table", &quoted(&key.table.to_string()));
    line(out, "references", &list(&key.references));
    for (name, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
        if action != Default::default() {
            line(out, name, &quoted(action.name()));
        }
    }
    match key.deferrable {
        Deferrable::No => {}
        Deferrable::Immediate => line(out, "deferrable", "\"immediate\""),
        Deferrable::Deferred => line(out, "deferrable", "\"deferred\""),
    }
}

pub(crate) fn column_type(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Native(native) => format!("{{ native = {} }}", sql(native)),
        portable => quoted(&portable.to_string()),
    }
}

pub(crate) fn default_value(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Literal(literal) => self::literal(literal),
        DefaultValue::Now => "{ now = true }".to_owned(),
        DefaultValue::Sql(text) => format!("{{ sql = {} }}", sql(text)),
    }
}

pub(crate) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Null => "{ null = true }".to_owned(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Decimal(value) => format!("{{ decimal = {} }}", quoted(value)),
        Literal::Text(value) => quoted(value),
        Literal::Bytes(value) => {
            let mut hex = String::with_capacity(value.len() * 2);
            for byte in value {
                let _ = write!(hex, "{byte:02x}");
            }
            format!("{{ bytes = \"{hex}\" }}")
        }
    }
}

pub(crate) fn identity(identity: &Identity) -> String {
    let mut facts = Vec::new();
    if identity.always {
        facts.push("always = true".to_owned());
    }
    facts.extend(identity.start.map(|start| format!("start = {start}")));
    facts.extend(identity.increment.map(|increment| format!("increment = {increment}")));
    if facts.is_empty() { "true".to_owned() } else { format!("{{ {} }}", facts.join(", ")) }
}

pub(crate) fn sql(sql: &Sql) -> String {
    match sql {
        Sql::Portable(text) => quoted(text),
        Sql::Each(texts) => {
            let each: Vec<String> =
                texts.iter().map(|(dialect, text)| format!("{} = {}", dialect.name(), quoted(text))).collect();
            format!("{{ {} }}", each.join(", "))
        }
    }
}

pub(crate) fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

pub(crate) fn line(out: &mut String, key: &str, value: &str) {
    out.push_str(key);
    out.push_str(" = ");
    out.push_str(value);
    out.push('\n');
}

fn optional(out: &mut String, key: &str, value: &Option<String>) {
    if let Some(value) = value {
        line(out, key, &quoted(value));
    }
}

fn flag(out: &mut String, key: &str, value: bool) {
    if value {
        line(out, key, "true");
    }
}

/// A TOML basic string (TOML 1.0, "String").
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    // Nearly every text is like this, and build scripts, which compare all tables, are not optimised.
    if is_plain(text) {
        out.push_str(text);
        out.push('"');
        return out;
    }
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Whether a text is ASCII without anything to escape.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'\\' => return false,
            b' '..=b'~' => at += 1,
            _ => return false,
        }
    }
    true
}
