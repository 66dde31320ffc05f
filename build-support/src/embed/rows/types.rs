//! The Rust types of the fields of a row.

use std::collections::BTreeSet;

use migratable_core::{Column, ColumnType, Dialect};

use crate::diesel_schema::types::sql_type;

/// Where Diesel's SQL types stand.
const SQL_TYPES: &str = "::migratable::diesel::sql_types";

/// How a column stands in a row.
pub(super) struct FieldType {
    /// The type of the field.
    pub(super) rust: String,
    /// Diesel's type of the column on each dialect.
    sql: Vec<(Dialect, String)>,
    /// The dialects on which it is cast to text.
    pub(super) as_text: Vec<Dialect>,
    /// The feature of `migratable` that the field needs and that is off.
    pub(super) missing: Option<&'static str>,
    /// The dialects on which a text cannot hold it, although the field is one.
    pub(super) lossy: Vec<Dialect>,
}

impl FieldType {
    /// Diesel's type of the column on a dialect.
    pub(super) fn sql_on(&self, dialect: Dialect) -> &str {
        self.sql.iter().find(|(it, _)| *it == dialect).map_or("", |(_, sql)| sql)
    }
}

/// The types of the rows of a database.
pub(super) struct Types<'a> {
    pub(super) dialects: &'a [Dialect],
    /// The features of `migratable` that are on.
    pub(super) features: &'a BTreeSet<String>,
}

/// A type that a field may have, and the feature that it needs, if it needs one.
type Candidate = (String, &'static str);

impl Types<'_> {
    /// The type of a column's field; `enums` gives the path of an enum.
    pub(super) fn of(&self, column: &Column, enums: &dyn Fn(&str) -> String) -> FieldType {
        let mut dialects = self.dialects.to_vec();
        // What PostgreSQL has is told apart best.
        dialects.sort_by_key(|it| *it != Dialect::Postgres);
        let possible: Vec<(Dialect, Vec<Candidate>)> =
            dialects.iter().map(|it| (*it, self.candidates(&column.column_type, *it, enums))).collect();
        let shared = possible.first().and_then(|(_, first)| {
            first.iter().find(|it| possible.iter().all(|(_, candidates)| candidates.contains(it)))
        });
        let (plain, feature) = shared.cloned().unwrap_or_else(|| ("String".to_owned(), ""));
        let is_missing = !feature.is_empty() && !self.features.contains(feature);
        let plain = if is_missing { "String".to_owned() } else { plain };
        let mut field = FieldType {
            rust: if column.nullable { format!("::core::option::Option<{plain}>") } else { plain.clone() },
            sql: Vec::new(),
            as_text: Vec::new(),
            missing: is_missing.then_some(feature),
            lossy: Vec::new(),
        };
        for dialect in self.dialects {
            let found = written(&column.column_type, *dialect);
            let is_text = plain == "String";
            if is_text && (!is_text_type(&found) || is_foreign(&column.column_type, *dialect)) {
                field.as_text.push(*dialect);
            }
            if is_text && found == "Binary" {
                field.lossy.push(*dialect);
            }
            let sql = if is_text && !is_text_type(&found) { "Text".to_owned() } else { found };
            let sql = match sql.split_once('<') {
                Some((outer, inside)) => format!("{SQL_TYPES}::{outer}<{SQL_TYPES}::{inside}"),
                None => format!("{SQL_TYPES}::{sql}"),
            };
            field.sql.push((*dialect, if column.nullable { format!("{SQL_TYPES}::Nullable<{sql}>") } else { sql }));
        }
        field
    }

    /// The types that a field can have on a dialect, the best first.
    fn candidates(&self, column_type: &ColumnType, dialect: Dialect, enums: &dyn Fn(&str) -> String) -> Vec<Candidate> {
        if let ColumnType::Enum(name) = column_type {
            return vec![(enums(name), "")];
        }
        if let ColumnType::Array(element) = column_type.on(dialect) {
            if dialect != Dialect::Postgres {
                return vec![("String".to_owned(), "")];
            }
            let elements = self.candidates(&element, dialect, enums).into_iter();
            return elements.map(|(rust, feature)| (format!("::std::vec::Vec<{rust}>"), feature)).collect();
        }
        if is_foreign(column_type, dialect) {
            return vec![("String".to_owned(), "")];
        }
        let sql = written(column_type, dialect);
        let plain = |rust: &str| vec![(rust.to_owned(), "")];
        let of = |feature: &'static str, names: &[&str]| {
            names.iter().map(|name| (format!("::migratable::{feature}::{name}"), feature)).collect()
        };
        let is_time = self.features.contains("time") && !self.features.contains("chrono");
        match sql.as_str() {
            "SmallInt" => plain("i16"),
            "Integer" => plain("i32"),
            "BigInt" => plain("i64"),
            "TinyInt" => plain("i8"),
            "Unsigned<TinyInt>" => plain("u8"),
            "Unsigned<SmallInt>" => plain("u16"),
            "Unsigned<Integer>" => plain("u32"),
            "Unsigned<BigInt>" => plain("u64"),
            "Oid" => plain("u32"),
            "Float" => plain("f32"),
            "Double" => plain("f64"),
            "Bool" => plain("bool"),
            "Binary" => plain("::std::vec::Vec<u8>"),
            "Interval" => plain("::migratable::diesel::data_types::PgInterval"),
            "Money" => plain("::migratable::diesel::data_types::PgMoney"),
            "MacAddr" => plain("[u8; 6]"),
            "MacAddr8" => plain("[u8; 8]"),
            "Numeric" => of("bigdecimal", &["BigDecimal"]),
            "Uuid" => of("uuid", &["Uuid"]),
            "Json" | "Jsonb" => of("serde_json", &["Value"]),
            "Inet" | "Cidr" => of("ipnetwork", &["IpNetwork"]),
            "Date" if is_time => of("time", &["Date"]),
            "Time" if is_time => of("time", &["Time"]),
            "Timestamp" | "Datetime" if is_time => match column_type.on(dialect) {
                ColumnType::TimestampTz => of("time", &["OffsetDateTime", "PrimitiveDateTime"]),
                _ => of("time", &["PrimitiveDateTime"]),
            },
            "Timestamptz" | "TimestamptzSqlite" if is_time => of("time", &["OffsetDateTime", "PrimitiveDateTime"]),
            "Date" => of("chrono", &["NaiveDate"]),
            "Time" => of("chrono", &["NaiveTime"]),
            "Timestamp" | "Datetime" => of("chrono", &["NaiveDateTime"]),
            "Timestamptz" | "TimestamptzSqlite" => {
                of("chrono", &["DateTime<::migratable::chrono::Utc>", "NaiveDateTime"])
            }
            _ => plain("String"),
        }
    }
}

/// Diesel's type of a column. An enum is read and written as its label.
fn written(column_type: &ColumnType, dialect: Dialect) -> String {
    match column_type.on(dialect) {
        ColumnType::Enum(_) => "Text".to_owned(),
        ColumnType::Array(_) if dialect != Dialect::Postgres => "Text".to_owned(),
        ColumnType::Array(element) => format!("Array<{}>", written(&element, dialect)),
        other => sql_type(&other, &[dialect]).into_owned(),
    }
}

fn is_text_type(sql: &str) -> bool {
    ["Text", "Citext"].contains(&sql)
}

/// Whether Diesel has no type for it, or one that takes more to read than a text does.
fn is_foreign(column_type: &ColumnType, dialect: Dialect) -> bool {
    if !matches!(column_type.on(dialect), ColumnType::Native(_)) || dialect == Dialect::Sqlite {
        return false;
    }
    let sql = written(column_type, dialect);
    sql == "Text" || sql.ends_with("range")
}
