//! Columns, with their defaults and numbers.

use std::collections::BTreeMap;

use migratable_core::{Column, ColumnType, DefaultValue, Dialect, Generated, Identity, Sql, TableName};

use super::super::introspect::{Catalogue, Cells};
use super::super::numbers::usual_sequence;
use super::super::types;
use super::{Attribute, Numbers, Reader};

impl Reader {
    pub(super) fn columns(&self, catalogue: &mut Catalogue, numbers: &mut Numbers) {
        for mut row in std::mem::take(&mut catalogue.columns) {
            let relation = row.text();
            let number = row.text().parse().unwrap_or_default();
            let name = row.text();
            let Some(found) = numbers.tables.get_mut(&relation) else {
                // A table of nobody's business that one of these refers to.
                let attribute = Attribute { name, collation: String::new() };
                numbers.columns.entry(relation).or_default().insert(number, attribute);
                continue;
            };
            let table = &found.table.name;
            let (column, collation) = self.column(table, name, &mut row, &numbers.collations);
            let attribute = Attribute { name: column.name.clone(), collation };
            numbers.columns.entry(relation).or_default().insert(number, attribute);
            // Of two sequences of one column the first counts.
            if found.table.columns.last().is_none_or(|last| last.name != column.name) {
                found.table.columns.push(column);
            } else if column.identity.is_some()
                && let Some(last) = found.table.columns.last_mut()
            {
                *last = column;
            }
        }
    }

    fn column(
        &self,
        table: &TableName,
        name: String,
        row: &mut Cells,
        collations: &std::collections::HashMap<String, String>,
    ) -> (Column, String) {
        let spelled = row.text();
        let (enum_schema, enum_name, is_array) = (row.text(), row.optional(), row.flag());
        let column_type = match enum_name {
            Some(name) => {
                let plain = ColumnType::Enum(self.name(&enum_schema, name).to_string());
                if is_array { ColumnType::Array(Box::new(plain)) } else { plain }
            }
            None => types::parse(&self.text(&spelled)),
        };
        let mut column = Column::new(name, column_type);
        column.nullable = !row.flag();
        let expression = row.optional();
        let (identity, generated) = (row.text(), row.text());
        let collation = row.text();
        column.collation = row.flag().then(|| collations.get(&collation)).flatten().map(|it| self.text(it));
        column.comment = row.optional();
        let (storage, usual, compression) = (row.optional(), row.text(), row.text());
        let statistics = row.optional();
        column.native.set("storage", storage.as_deref().map(storage_name));
        if storage.is_some() {
            column.native.set("storage_usual", Some(storage_name(&usual)));
        }
        column.native.set(
            "compression",
            match compression.as_str() {
                "p" => Some("pglz"),
                "l" => Some("lz4"),
                _ => None,
            },
        );
        column.native.set("statistics", statistics);
        column.native.set("options", row.optional().and_then(|it| of_planner(&it)));
        if !generated.is_empty() {
            column.generated = expression.map(|it| Generated { expression: self.sql(&it), stored: generated == "s" });
            column.native.set("virtual", (generated == "v").then_some("true"));
            return (column, collation);
        }
        let (sequence, next) = (row.optional(), row.optional());
        let serial = sequence.is_some() && next == expression;
        if !identity.is_empty() || serial {
            numbered(table, &mut column, sequence.unwrap_or_default(), row);
            column.native.set("serial", serial.then_some("true"));
            if let Some(identity_of) = &mut column.identity {
                identity_of.always = identity == "a";
            }
            return (column, collation);
        }
        if let Some(sequence) = sequence {
            let mut number = || row.text();
            let options = format!(
                "{} START WITH {} INCREMENT BY {} MINVALUE {} MAXVALUE {} CACHE {}",
                number(),
                number(),
                number(),
                number(),
                number(),
                number()
            );
            let cycle = if row.flag() { "CYCLE" } else { "NO CYCLE" };
            column.native.set("own_sequence", Some(sequence));
            column.native.set("own_sequence_options", Some(format!("{options} {cycle}")));
        }
        if let Some(expression) = expression {
            let free = expression.strip_prefix("nextval('").and_then(|it| it.strip_suffix("'::regclass)"));
            column.native.set("free_sequence", free.map(|it| self.text(&it.replace("''", "'"))));
            column.default = Some(DefaultValue::Sql(self.default(&expression)));
        }
        (column, collation)
    }

    fn default(&self, expression: &str) -> Sql {
        Sql::Each(BTreeMap::from([(Dialect::Postgres, self.text(expression))]))
    }
}

/// The options of a column that a person can set. Some servers keep marks of their own among them.
fn of_planner(options: &str) -> Option<String> {
    let options: Vec<&str> = options.split(", ").filter(|option| option.starts_with("n_distinct")).collect();
    (!options.is_empty()).then(|| options.join(", "))
}

fn storage_name(letter: &str) -> &'static str {
    match letter {
        "p" => "PLAIN",
        "e" => "EXTERNAL",
        "m" => "MAIN",
        _ => "EXTENDED",
    }
}

/// What is said of a sequence, where it is not as usual.
fn numbered(table: &TableName, column: &mut Column, sequence: String, row: &mut Cells) {
    let kind = row.text();
    let mut number = || row.text().parse::<i64>().unwrap_or_default();
    let (start, increment, least, most, cache) = (number(), number(), number(), number(), number());
    let cycle = row.flag();
    let (lowest, highest) = match kind.as_str() {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (usual_least, usual_most) = if increment > 0 { (1, highest) } else { (lowest, -1) };
    let usual_start = if increment > 0 { 1 } else { -1 };
    column.identity = Some(Identity {
        always: false,
        start: (start != usual_start).then_some(start),
        increment: (increment != 1).then_some(increment),
    });
    let native = &mut column.native;
    let unusual = |value: i64, usual: i64| (value != usual).then(|| value.to_string());
    native.set("sequence", Some(sequence).filter(|it| *it != usual_sequence(&table.name, &column.name)));
    native.set("sequence_minimum", unusual(least, usual_least));
    native.set("sequence_maximum", unusual(most, usual_most));
    native.set("sequence_cache", unusual(cache, 1));
    native.set("sequence_cycle", cycle.then_some("true"));
    let of_column = types::name(&column.column_type).unwrap_or_default();
    native.set("sequence_type", Some(kind).filter(|it| *it != of_column));
}
