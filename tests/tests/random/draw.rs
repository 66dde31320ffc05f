//! Random schemas.

use std::collections::BTreeMap;

use migratable_core::builder::{cascade, foreign_key, index, no_action, sql};
use migratable_core::{
    Action, Check, Column, ColumnType, DefaultValue, Enum, ForeignKey, Generated, Identity, Index, IndexPart, Literal,
    Naming, Native, PrimaryKey, Schema, Table, TableName, Unique,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Names that a user may choose, the bad ones too.
const TABLES: [&str; 4] = ["users", "posts", "select", "a\"b"];
const COLUMNS: [&str; 6] = ["name", "age", "order", "it's", "😀", "rate"];

/// Values of an enum, some of which have the passing names of others.
const VALUES: [&str; 6] = ["calm", "it's ok", "wild", "calm_moved", "tired", "wild_renamed"];

fn column_type() -> impl Strategy<Value = ColumnType> {
    use ColumnType::{BigInt, Boolean, Date, Double, Integer, Numeric, SmallInt, Text, Timestamp, Varchar};
    let numbers = [SmallInt, Integer, BigInt, Double, Numeric(Some((8, 2)))];
    let others =
        [Boolean, Text, Varchar(40), Date, Timestamp, ColumnType::Enum("mood".into()), ColumnType::Enum("tone".into())];
    select(numbers.into_iter().chain(others).collect::<Vec<_>>())
}

fn default_of(column_type: &ColumnType, n: i64) -> Option<DefaultValue> {
    Some(match column_type {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Literal::Integer(n).into(),
        ColumnType::Double | ColumnType::Numeric(_) => Literal::Decimal(format!("{n}.5")).into(),
        ColumnType::Boolean => Literal::Boolean(n % 2 == 0).into(),
        ColumnType::Text | ColumnType::Varchar(_) => Literal::Text(format!("it's {n}")).into(),
        ColumnType::Date | ColumnType::Timestamp => DefaultValue::Now,
        _ => return None,
    })
}

fn column(name: &'static str) -> impl Strategy<Value = Column> {
    let parts = (column_type(), any::<bool>(), proptest::option::of(0..3_i64), 0..12);
    parts.prop_map(move |(column_type, nullable, default, extra)| {
        let mut column = Column::new(name, column_type);
        column.nullable = nullable;
        column.default = default.and_then(|n| default_of(&column.column_type, n));
        match (extra, &column.column_type) {
            (0, ColumnType::Text) => column.collation = Some("NOCASE".to_owned()),
            (1, ColumnType::Integer) => {
                column.default = None;
                column.generated = Some(Generated { expression: sql("id + 1"), stored: n_is_even(name) });
            }
            (2, _) => column.comment = Some("it's a \"comment\"".to_owned()),
            _ => {}
        }
        column
    })
}

fn n_is_even(name: &str) -> bool {
    name.len().is_multiple_of(2)
}

fn table(name: &'static str, others: Vec<&'static str>) -> impl Strategy<Value = Table> {
    let columns = subsequence(COLUMNS.to_vec(), 0..COLUMNS.len())
        .prop_flat_map(|names| names.into_iter().map(column).collect::<Vec<_>>());
    let reference = proptest::option::of((select(others), any::<bool>(), any::<bool>()));
    (columns, reference, any::<[bool; 6]>(), 0..4).prop_map(move |(columns, reference, flags, wide)| {
        let mut table = Table::new(TableName::plain(name));
        let mut id = Column::new("id", ColumnType::BigInt);
        id.identity = (wide != 0).then(Identity::default);
        table.columns.push(id);
        table.columns.extend(columns);
        table.primary_key =
            Some(PrimaryKey { name: String::new(), columns: vec!["id".into()], native: Native::default() });
        if let Some((target, follows, nullable)) = reference {
            let mut column = Column::new("ref", ColumnType::BigInt);
            column.nullable = nullable;
            table.columns.push(column);
            let action: Action = if follows { cascade() } else { no_action() };
            let key: ForeignKey = foreign_key("", ["ref"]).on_delete(action);
            table.foreign_keys.push(ForeignKey {
                table: TableName::plain(target),
                references: vec!["id".into()],
                ..key
            });
        }
        compute(&mut table);
        constrain(&mut table, flags, wide == 0);
        table
    })
}

/// Computes the last of several whole numbers from the first.
fn compute(table: &mut Table) {
    let is_whole =
        |it: &&mut Column| it.column_type == ColumnType::Integer && it.name.bytes().all(|c| c.is_ascii_lowercase());
    let mut whole: Vec<&mut Column> =
        table.columns.iter_mut().filter(is_whole).filter(|it| it.name != "order").collect();
    let [first, .., last] = whole.as_mut_slice() else { return };
    if first.generated.is_none() {
        last.default = None;
        last.nullable = true;
        last.generated = Some(Generated { expression: sql(&format!("{} + 1", first.name)), stored: true });
    }
}

fn constrain(table: &mut Table, flags: [bool; 6], wide: bool) {
    let plain: Vec<(String, bool)> = table
        .columns
        .iter()
        .filter(|it| it.generated.is_none() && it.name != "id" && it.name != "ref")
        .map(|it| (it.name.clone(), distinct(&it.column_type) && it.default.is_none()))
        .collect();
    let Some((first, _)) = plain.first() else { return };
    if let (true, Some((name, _))) = (flags[0], plain.iter().find(|(_, distinct)| *distinct)) {
        table.uniques.push(Unique { name: String::new(), columns: vec![name.clone()], native: Native::default() });
    }
    if flags[1] {
        let mut part = IndexPart::column(first.clone());
        part.descending = flags[2];
        table.indexes.push(Index { parts: vec![part, IndexPart::column("id")], ..index("") });
    }
    if flags[3] {
        let predicate = flags[4].then(|| sql("id > 0"));
        let part = IndexPart::expression(sql("abs(id)"));
        table.indexes.push(Index { parts: vec![part], predicate, unique: flags[5], ..index("") });
    }
    if flags[4] {
        let text = format!("\"{}\" IS NULL OR id >= 0", first.replace('"', "\"\""));
        table.checks.push(Check { name: String::new(), expression: sql(&text), native: Native::default() });
    }
    if wide && let Some(found) = table.columns.iter().position(|it| it.name == *first && it.generated.is_none()) {
        table.columns[found].nullable = false;
        if let Some(key) = &mut table.primary_key {
            key.columns.push(first.clone());
        }
        // What others refer to stays unique by itself.
        table.uniques.push(Unique { name: String::new(), columns: vec!["id".into()], native: Native::default() });
    }
}

fn distinct(column_type: &ColumnType) -> bool {
    !matches!(column_type, ColumnType::Boolean | ColumnType::Enum(_) | ColumnType::Date | ColumnType::Timestamp)
}

/// A schema of up to four tables that refer to one another and to themselves, some in circles.
pub fn schema() -> impl Strategy<Value = Schema> {
    let values = subsequence(VALUES.to_vec(), 1..=VALUES.len()).prop_shuffle();
    let tables = subsequence(TABLES.to_vec(), 0..=TABLES.len())
        .prop_flat_map(|names| names.iter().map(|&name| table(name, names.clone())).collect::<Vec<_>>());
    (tables, values).prop_map(|(tables, values)| {
        let mut schema = Schema::default();
        for table in tables {
            schema.tables.insert(table.name.clone(), table);
        }
        refer_to_uniques(&mut schema);
        schema.tables.values_mut().for_each(|table| Naming::usual().fill(table));
        for (name, values) in [("mood", &values[..]), ("tone", &values[values.len() / 2..])] {
            if schema.users_of(name).next().is_some() {
                let values = values.iter().map(|&value| value.to_owned()).collect();
                schema.enums.insert(name.into(), Enum { name: name.into(), values, model: None });
            }
        }
        schema
    })
}

/// Lets the references that delete nothing refer to a unique whole number, where another table has one.
fn refer_to_uniques(schema: &mut Schema) {
    let number = |table: &Table| {
        let is_number = |name: &String| {
            table.find(name).is_some_and(|it| it.column_type == ColumnType::Integer && it.generated.is_none())
        };
        let uniques = table.uniques.iter().filter(|it| it.columns.len() == 1);
        uniques.map(|it| it.columns[0].clone()).find(is_number)
    };
    let numbers: BTreeMap<TableName, String> =
        schema.tables.values().filter_map(|table| Some((table.name.clone(), number(table)?))).collect();
    for table in schema.tables.values_mut() {
        let refers = |key: &&mut ForeignKey| key.on_delete == no_action() && key.table != table.name;
        let Some(key) = table.foreign_keys.first_mut().filter(refers) else { continue };
        let Some(number) = numbers.get(&key.table) else { continue };
        key.references = vec![number.clone()];
        key.on_update = cascade();
        for column in table.columns.iter_mut().filter(|column| column.name == "ref") {
            column.column_type = ColumnType::Integer;
        }
    }
}

/// An expression that fills a hole: different in every row where that can be.
pub fn fill(after: &Schema, before: &Schema, table: &TableName, column: &str) -> String {
    let found = after.column(table, column).or_else(|| before.column(table, column));
    match found.map(|it| &it.column_type) {
        Some(ColumnType::Text | ColumnType::Varchar(_)) => "'f' || id".to_owned(),
        Some(ColumnType::Boolean) => "id % 2 = 1".to_owned(),
        Some(ColumnType::Date) => "'2020-01-01'".to_owned(),
        Some(ColumnType::Timestamp) => "'2020-01-01 00:00:00'".to_owned(),
        Some(ColumnType::Enum(name)) => {
            let kept = after.enums.get(name).and_then(|it| {
                let there = before.enums.get(name);
                it.values
                    .iter()
                    .find(|value| there.is_none_or(|there| there.values.contains(value)))
                    .or(it.values.first())
            });
            format!("'{}'", kept.map_or(String::new(), |value| value.replace('\'', "''")))
        }
        _ => "id".to_owned(),
    }
}
