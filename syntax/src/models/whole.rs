//! All models together: one schema, and what is wrong between its tables.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use migratable_core::diff::ColumnRename;
use migratable_core::{ColumnType, DefaultValue, Dialect, ForeignKey, Literal, Schema, Table, TableName};

use super::resolve::{Context, Place, ResolvedModel};
use super::{ModelKind, OutsideReference, Scan, ScanError, ScannedModel};

/// Puts the models into one schema and checks what only shows between them.
pub(super) fn assemble(models: Vec<ResolvedModel>, context: &Context<'_>, scan: &mut Scan) {
    let dialects = context.dialects;
    let mut elsewhere = Vec::new();
    let mut tables: BTreeMap<TableName, (Table, usize, Vec<Place>)> = BTreeMap::new();
    let mut taken: HashMap<(Option<String>, String), usize> = HashMap::new();
    let mut schema = Schema::default();
    for resolved in models {
        if resolved.elsewhere {
            let tables = resolved.table.map(|table| (table.name.clone(), table)).into_iter().collect();
            elsewhere.push(Schema { tables, ..Schema::default() });
            continue;
        }
        let at = scan.models.len();
        let model = resolved.model;
        scan.errors.extend(resolved.errors);
        if resolved.lost {
            scan.lost.push(model.name.clone());
        }
        if let Some(enumeration) = resolved.enumeration {
            let name = enumeration.name.clone();
            match schema.enums.get(&name) {
                Some(other) => {
                    let other = other.model.as_ref().map_or("another enum", |model| model.name.as_str());
                    let message = format!(
                        "`{other}` is the enum `{name}` already\nhelp: give one another name: `#[migratable(rename = \
                         \"{name}_2\")]`"
                    );
                    scan.errors.push(model.error(message));
                    scan.lost.push(model.name.clone());
                }
                None => {
                    schema.enums.insert(name, enumeration);
                }
            }
        }
        if let Some(table) = resolved.table {
            let name = table.name.clone();
            let lower = (name.schema.as_deref().map(|it| lower(it).into_owned()), lower(&name.name).into_owned());
            if let Some(other) = taken.get(&lower) {
                let other = &scan.models[*other];
                let message = format!(
                    "`{}` is the table `{name}` already ({}:{})\nhelp: name another table: `#[migratable(table = \
                     \"{}\")]`, or derive `Migratable` on one of the two only",
                    other.name,
                    other.file.display(),
                    other.line,
                    name.name.clone() + "_2",
                );
                scan.errors.push(model.error(message));
                scan.lost.push(model.name.clone());
            } else {
                taken.insert(lower, at);
                if let Some(from) = resolved.renamed_from {
                    scan.table_renames.push((from, name.clone()));
                }
                scan.column_renames.extend::<Vec<ColumnRename>>(resolved.column_renames);
                tables.insert(name, (table, at, resolved.places));
            }
        }
        scan.models.push(model);
    }
    enums(&tables, &schema, dialects, scan);
    names(&tables, context, scan);
    defaults(&tables, &schema, scan);
    foreign_keys(&tables, dialects, scan);
    if !context.databases.names.is_empty() {
        for outside in &mut scan.outside_references {
            outside.error.message.push_str("\nhelp: a reference leads to a table of the same database");
        }
    }
    schema.tables = tables.into_iter().map(|(name, (table, _, _))| (name, table)).collect();
    let uses = |schema: &Schema, name: &str| schema.users_of(name).next().is_some();
    let unused_is_own = context.databases.chosen.is_none();
    let enums = std::mem::take(&mut schema.enums);
    let is_own = |name: &str| uses(&schema, name) || (unused_is_own && !elsewhere.iter().any(|it| uses(it, name)));
    schema.enums = enums.into_iter().filter(|(name, _)| is_own(name)).collect();
    scan.schema = schema;
}

fn error_at_place(model: &ScannedModel, place: Option<&Place>, message: String) -> ScanError {
    match place {
        Some(place) => {
            ScanError { line: place.line, column: place.column, field: place.field.clone(), ..model.error(message) }
        }
        None => model.error(message),
    }
}

type Tables = BTreeMap<TableName, (Table, usize, Vec<Place>)>;

/// On PostgreSQL a table is a type, and so no enum has its name.
fn enums(tables: &Tables, schema: &Schema, dialects: &[Dialect], scan: &mut Scan) {
    if !dialects.contains(&Dialect::Postgres) {
        return;
    }
    for (name, enumeration) in &schema.enums {
        let Some(table) = tables.keys().find(|it| it.schema.is_none() && lower(&it.name) == lower(name)) else {
            continue;
        };
        let message = format!(
            "on PostgreSQL the table `{table}` is a type of this name\nhelp: give the enum another one: \
             `#[migratable(rename = \"{name}_type\")]`"
        );
        let model = enumeration.model.as_ref().map(|model| model.name.as_str());
        let found = scan.models.iter().find(|it| Some(it.name.as_str()) == model);
        let error = found.map(|model| model.error(message));
        scan.errors.extend(error);
    }
}

/// No two things have a name of which there is one.
fn names(tables: &Tables, context: &Context<'_>, scan: &mut Scan) {
    for clash in context.naming.clashes(tables.values().map(|(table, _, _)| table), context.dialects) {
        let Some((_, at, places)) = tables.get(&clash.table) else { continue };
        let place = places.iter().rev().find(|place| place.name == clash.name);
        scan.errors.push(error_at_place(&scan.models[*at], place, clash.message));
    }
}

/// The name in lower case, for names that differ only in case are one on SQLite and MySQL.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| !byte.is_ascii() || byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// The default of an enum column is one of its values.
fn defaults(tables: &Tables, schema: &Schema, scan: &mut Scan) {
    for (table, at, _) in tables.values() {
        for column in &table.columns {
            let ColumnType::Enum(name) = &column.column_type else { continue };
            let Some(DefaultValue::Literal(Literal::Text(value))) = &column.default else { continue };
            let Some(enumeration) = schema.enums.get(name) else { continue };
            if enumeration.values.contains(value) {
                continue;
            }
            let values = enumeration.values.join(", ");
            let message = format!("{value:?} is no value of the enum `{name}`, whose values are {values}");
            let model = &scan.models[*at];
            let error = match field_of(model, &column.name) {
                Some((line, column, field)) => ScanError { line, column, field: Some(field), ..model.error(message) },
                None => model.error(message),
            };
            scan.errors.push(error);
        }
    }
}

fn field_of(model: &ScannedModel, column: &str) -> Option<(usize, usize, String)> {
    let field = model
        .fields
        .iter()
        .find(|field| field.column == column || field.embed.iter().any(|embedded| embedded == column))?;
    Some((field.line, field.column_number, field.name.clone()))
}

/// A reference leads to columns that are there, that are unique together, and that hold the same kind of values.
fn foreign_keys(tables: &Tables, dialects: &[Dialect], scan: &mut Scan) {
    for (table, at, places) in tables.values() {
        for key in &table.foreign_keys {
            let place = places.iter().find(|place| place.name == key.name);
            let Some((target, _, _)) = tables.get(&key.table) else {
                missing_table(key, &scan.models[*at], place, &mut scan.outside_references);
                continue;
            };
            if let Some(message) = unfit(table, key, target, dialects) {
                scan.errors.push(error_at_place(&scan.models[*at], place, message));
            }
        }
    }
    // A table that could not be read has its own error; of some not even the name is known.
    let lost: Vec<&ModelKind> =
        scan.models.iter().filter(|model| scan.lost.contains(&model.name)).map(|model| &model.kind).collect();
    if lost.contains(&&ModelKind::Embedded) {
        scan.outside_references.clear();
    }
    let is_lost = |table: &TableName| lost.iter().any(|kind| matches!(kind, ModelKind::Table(name) if name == table));
    scan.outside_references.retain(|outside| !is_lost(&outside.table));
}

fn missing_table(key: &ForeignKey, model: &ScannedModel, place: Option<&Place>, outside: &mut Vec<OutsideReference>) {
    let message = format!("no model has the table `{}` with {}", key.table, listed(&key.references));
    let error = error_at_place(model, place, message);
    outside.push(OutsideReference { table: key.table.clone(), columns: key.references.clone(), error });
}

fn unfit(table: &Table, key: &ForeignKey, target: &Table, dialects: &[Dialect]) -> Option<String> {
    for (from, to) in key.columns.iter().zip(&key.references) {
        let Some(there) = target.find(to) else {
            let columns: Vec<&str> = target.columns.iter().map(|column| column.name.as_str()).collect();
            return Some(format!("the table `{}` has no column `{to}`: it has {}", target.name, columns.join(", ")));
        };
        let Some(here) = table.find(from) else { continue };
        for dialect in dialects {
            let (here, there) = (here.column_type.on(*dialect), there.column_type.on(*dialect));
            if !may_refer(&here, &there, *dialect) {
                return Some(format!(
                    "`{}.{from}` is {here} and refers to `{}.{to}`, which is {there}: give both the same type",
                    table.name, target.name
                ));
            }
        }
    }
    let same = |columns: &[String]| {
        columns.len() == key.references.len() && columns.iter().all(|column| key.references.contains(column))
    };
    let whole_index = target.indexes.iter().any(|index| {
        let columns: Option<Vec<String>> =
            index.parts.iter().map(|part| part.column_name().map(str::to_owned)).collect();
        index.unique && index.predicate.is_none() && columns.is_some_and(|columns| same(&columns))
    });
    let unique = target.primary_key.iter().any(|it| same(&it.columns))
        || target.uniques.iter().any(|it| same(&it.columns))
        || whole_index;
    (!unique).then(|| {
        format!(
            "{} of `{}` is not unique, and a reference leads to one row\nhelp: refer to the primary key, or add \
             `#[migratable(unique)]` there",
            listed(&key.references),
            target.name
        )
    })
}

/// Whether values of one type may refer to values of the other.
fn may_refer(here: &ColumnType, there: &ColumnType, dialect: Dialect) -> bool {
    use ColumnType as T;
    let text = |it: &ColumnType| matches!(it, T::Text | T::Varchar(_) | T::Char(_));
    match (here, there) {
        (T::Native(_), _) | (_, T::Native(_)) => true,
        (here, there) if here.is_integer() && there.is_integer() => dialect != Dialect::Mysql || here == there,
        (here, there) if text(here) && text(there) => true,
        (T::Numeric(_), T::Numeric(_)) => true,
        (T::Binary | T::Varbinary(_), T::Binary | T::Varbinary(_)) => true,
        (here, there) => here == there,
    }
}

fn listed(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    format!("the column{} {}", if columns.len() == 1 { "" } else { "s" }, quoted.join(", "))
}
