//! Rows that a test puts in tables, in Diesel's words.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Column, ColumnType, Dialect, ForeignKey, Schema, Table, TableName};

use crate::diesel_schema::types::sql_type_in_steps;
use crate::diesel_schema::{TableIdentifiers, enums_have_types};

/// A column of a table.
type Place = (TableName, String);

/// The statements that put rows in tables, one in each table.
pub(super) struct Rows<'a> {
    schema: &'a Schema,
    dialects: &'a [Dialect],
    /// The statements.
    pub(super) text: String,
    /// The tables whose row has been begun, and those whose row is there.
    begun: BTreeSet<TableName>,
    made: BTreeSet<TableName>,
    /// The columns to which a value was given that is known here.
    given: BTreeSet<Place>,
    /// The variables that hold what the database has put in a column.
    variables: BTreeMap<Place, String>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(schema: &'a Schema, dialects: &'a [Dialect]) -> Rows<'a> {
        Rows {
            schema,
            dialects,
            text: String::new(),
            begun: BTreeSet::new(),
            made: BTreeSet::new(),
            given: BTreeSet::new(),
            variables: BTreeMap::new(),
        }
    }

    /// Puts a row in a table, and before it in those that it must refer to; `wanted` is a column of an enum and the value
    /// that it must hold. If the row cannot be made, says why.
    pub(super) fn row(&mut self, table: &Table, wanted: Option<(&str, &str)>) -> Result<(), String> {
        if self.made.contains(&table.name) {
            return Ok(());
        }
        if !self.begun.insert(table.name.clone()) {
            return Err(format!("a row of `{}` needs one that needs itself", table.name));
        }
        let identifiers = identifiers(table)?;
        let path = &identifiers.path;
        let mut values = Vec::new();
        for column in &table.columns {
            let wanted = wanted.filter(|(name, _)| *name == column.name).map(|(_, value)| value);
            if wanted.is_none() && column.fills_itself() && !self.is_set(table, column) {
                continue;
            }
            let value = match (wanted, reference(table, &column.name)) {
                (Some(value), _) => self.enumerated(column, value),
                (None, Some((key, at))) => self.referring(table, column, key, at)?,
                (None, None) => self.given(table, column, column)?,
            };
            let name = identifiers.column(&column.name).unwrap_or_default();
            values.push(format!("before::{path}::{name}.eq({value})"));
        }
        let values = match &values[..] {
            [] => ".default_values()".to_owned(),
            [one] => format!(".values({one})"),
            several => {
                let lines: String = several.iter().map(|it| format!("                    {it},\n")).collect();
                format!(".values((\n{lines}                ))")
            }
        };
        self.text.push_str(&format!(
            "            diesel::insert_into(before::{path}::table)\n                {values}\n                .execute(db)?;\n"
        ));
        self.made.insert(table.name.clone());
        Ok(())
    }

    /// Whether a column gets a value although it could fill itself: rows refer to it, and what the database would put in
    /// it cannot be read here, or not in time.
    fn is_set(&self, table: &Table, column: &Column) -> bool {
        let is_own =
            |key: &ForeignKey| key.columns.iter().any(|it| table.find(it).is_some_and(|it| !it.fills_itself()));
        let refers = |from: &Table| {
            let keys = from.foreign_keys.iter().filter(|key| key.table == table.name);
            keys.filter(|key| referenced(key, table).contains(&column.name))
                .any(|key| if from.name == table.name { is_own(key) } else { !self.is_read(column) })
        };
        let is_computed = column.generated.is_some() || column.identity.as_ref().is_some_and(|it| it.always);
        !is_computed && self.schema.tables.values().any(refers)
    }

    /// Whether the value of a column can be read into a variable.
    fn is_read(&self, column: &Column) -> bool {
        !column.nullable && rust_type(column, self.dialects).is_some()
    }

    /// The value of a column that refers to a row, by its place in a key.
    fn referring(&mut self, table: &Table, column: &Column, key: &ForeignKey, at: usize) -> Result<String, String> {
        let referred = self.schema.table(&key.table).ok_or_else(|| format!("there is no table `{}`", key.table))?;
        let unknown = || format!("it is not known what `{}.{}` refers to", table.name, column.name);
        let target = referenced(key, referred).get(at).and_then(|it| referred.find(it)).ok_or_else(unknown)?;
        if referred.name == table.name {
            if target.fills_itself() && !self.is_set(referred, target) {
                return Err(format!("`{}.{}` refers to a number that the database gives", table.name, column.name));
            }
            return self.given(table, column, target);
        }
        self.row(referred, None)?;
        let place = (referred.name.clone(), target.name.clone());
        if self.given.contains(&place) {
            return self.given(table, column, target);
        }
        if let Some(name) = self.variables.get(&place) {
            return Ok(format!("&{name}"));
        }
        let rust = rust_type(target, self.dialects).filter(|_| self.is_read(target)).ok_or_else(unknown)?;
        let of = identifiers(referred)?;
        let (path, it) = (&of.path, of.column(&target.name).unwrap_or_default());
        let mut name = format!("{}_{it}", path.replace("::", "_")).replace("r#", "").to_lowercase();
        while self.variables.values().any(|other| *other == name) {
            name.push('_');
        }
        self.text.push_str(&format!(
            "            let {name}: {rust} = before::{path}::table.select(before::{path}::{it}).first(db)?;\n"
        ));
        let expression = format!("&{name}");
        self.variables.insert(place, name);
        Ok(expression)
    }

    /// The value that a column gets, which is the one that another one, or itself, holds.
    fn given(&mut self, table: &Table, column: &Column, like: &Column) -> Result<String, String> {
        self.given.insert((table.name.clone(), column.name.clone()));
        self.value(column, &like.column_type).ok_or_else(|| {
            format!("no value is known for `{}.{}`, which is of the type {}", table.name, column.name, like.column_type)
        })
    }

    /// A column with a certain value of its enum.
    fn enumerated(&self, column: &Column, value: &str) -> String {
        let quoted = value.replace('\'', "''");
        match column.column_type {
            ColumnType::Array(_) => {
                let element = quoted.replace('\\', "\\\\").replace('"', "\\\"");
                self.sql(column, &format!("'{{\"{element}\"}}'"))
            }
            _ if enums_have_types(self.dialects) => self.sql(column, &format!("'{quoted}'")),
            _ => format!("{value:?}"),
        }
    }

    /// A value for a column, which a column of a type can hold.
    fn value(&self, column: &Column, of: &ColumnType) -> Option<String> {
        let of_sql = |text: &str| self.sql(column, text);
        let has = |dialect: Dialect| self.dialects.contains(&dialect);
        Some(match of {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "1".to_owned(),
            ColumnType::Real | ColumnType::Double => "1.0".to_owned(),
            ColumnType::Boolean => "true".to_owned(),
            ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => "\"a\"".to_owned(),
            ColumnType::Binary | ColumnType::Varbinary(_) => "vec![1_u8]".to_owned(),
            ColumnType::Numeric(_) => of_sql("1"),
            ColumnType::Date => of_sql("'2000-01-01'"),
            ColumnType::Time => of_sql("'12:00:00'"),
            ColumnType::Timestamp => of_sql("'2000-01-01 12:00:00'"),
            ColumnType::TimestampTz if has(Dialect::Mysql) => of_sql("'2000-01-01 12:00:00'"),
            ColumnType::TimestampTz => of_sql("'2000-01-01 12:00:00+00:00'"),
            ColumnType::Interval => of_sql("'1 day'"),
            ColumnType::Uuid => of_sql("'67e55044-10b1-426f-9247-bb680e5fe0c8'"),
            ColumnType::Json => of_sql("'{}'"),
            // SQLite keeps it in a form that no text has.
            ColumnType::Jsonb if !has(Dialect::Sqlite) => of_sql("'{}'"),
            ColumnType::Inet => of_sql("'10.0.0.1'"),
            ColumnType::Array(_) => of_sql("'{}'"),
            ColumnType::Enum(name) => self.enumerated(column, self.schema.enums.get(name)?.values.first()?),
            ColumnType::Jsonb | ColumnType::Native(_) => return None,
        })
    }

    /// SQL of the column's type.
    fn sql(&self, column: &Column, text: &str) -> String {
        let name = self.sql_type(&column.column_type);
        let name = if column.nullable { format!("diesel::sql_types::Nullable<{name}>") } else { name };
        format!("diesel::dsl::sql::<{name}>({text:?})")
    }

    /// The path of the SQL type of a column.
    fn sql_type(&self, of: &ColumnType) -> String {
        match (of, &*sql_type_in_steps(of, self.dialects)) {
            (_, "DiffersByDatabase") => "migratable::rows::DiffersByDatabase".to_owned(),
            (ColumnType::Array(element), _) => format!("diesel::sql_types::Array<{}>", self.sql_type(element)),
            (ColumnType::Enum(_), name) if enums_have_types(self.dialects) => format!("before::sql_types::{name}"),
            (_, name) => format!("diesel::sql_types::{name}"),
        }
    }
}

/// What a table is called in Rust; else why it is not called anything.
pub(super) fn identifiers(table: &Table) -> Result<TableIdentifiers, String> {
    TableIdentifiers::new(table).ok_or_else(|| match table.primary_key {
        None => format!("`{}` has no primary key, and so there is no typed table of it", table.name),
        Some(_) => format!("the schema of `{}` is no name in Rust, and so there is no typed table of it", table.name),
    })
}

/// The foreign key that says what a column refers to, and its place in it. One to another table comes first: what that
/// says of a row holds for those beside it too.
fn reference<'t>(table: &'t Table, column: &str) -> Option<(&'t ForeignKey, usize)> {
    let place = |key: &'t ForeignKey| Some((key, key.columns.iter().position(|it| it == column)?));
    let (own, others): (Vec<_>, Vec<_>) = table.foreign_keys.iter().partition(|key| key.table == table.name);
    others.into_iter().chain(own).find_map(place)
}

/// The columns that a key refers to.
fn referenced<'t>(key: &'t ForeignKey, table: &'t Table) -> &'t [String] {
    match (&key.references[..], &table.primary_key) {
        ([], Some(primary)) => &primary.columns,
        (references, _) => references,
    }
}

/// The Rust type of a column's values, if no crate is needed for it.
pub(super) fn rust_type(column: &Column, dialects: &[Dialect]) -> Option<String> {
    let plain = match &column.column_type {
        ColumnType::SmallInt => "i16",
        ColumnType::Integer => "i32",
        ColumnType::BigInt => "i64",
        ColumnType::Real => "f32",
        ColumnType::Double => "f64",
        ColumnType::Boolean => "bool",
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => "String",
        ColumnType::Enum(_) if !enums_have_types(dialects) => "String",
        ColumnType::Binary | ColumnType::Varbinary(_) => "Vec<u8>",
        _ => return None,
    };
    Some(if column.nullable { format!("Option<{plain}>") } else { plain.to_owned() })
}
