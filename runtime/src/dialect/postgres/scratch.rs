//! The database that a schema stands for: made beside the live one, read in the same way, and rolled back.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::result::{Error as DieselError, QueryResult};
use migratable_core::{ColumnType, Operation, Schema, TableName};

use super::ddl::quoted;
use super::inspect::{Reader, in_passing};
use super::introspect;
use super::plan::{self, Surroundings};
use crate::dialect::{Connection, Work};
use crate::error::{Error, Stop};
use crate::inspect::{Inspected, Losses};
use crate::plan::Mode;

/// Makes a schema in scratch schemas and reads it.
pub(super) fn inspect(database: &mut PgConnection, schema: &Schema) -> Result<Inspected, Error> {
    let mut failed = None;
    let inspected = in_passing(database, |database| {
        let (version, default) = introspect::server(database)?;
        let default = default.unwrap_or_else(|| "public".to_owned());
        let scratch = free_name(database)?;
        let mut passing = vec![(scratch.clone(), default.clone())];
        let others = schemas(schema).into_iter().filter(|it| *it != default);
        passing.extend(others.enumerate().map(|(at, name)| (format!("{scratch}_{at}"), name)));
        for (name, _) in &passing {
            if let Err(source) = database.batch_execute(&format!("CREATE SCHEMA {name}")) {
                failed = Some(no_room(source));
                return Err(DieselError::RollbackTransaction);
            }
        }
        database.batch_execute(&format!("SET LOCAL search_path = {scratch}, {}", quoted(&default)))?;
        if let Err(error) = build(database, schema, &passing) {
            failed = Some(error);
            return Err(DieselError::RollbackTransaction);
        }
        let names: Vec<String> = passing.iter().map(|(name, _)| name.clone()).collect();
        let catalogue = introspect::read(database, version, Some(&names))?;
        Ok(Reader::new(default, passing).inspected(catalogue))
    });
    match failed {
        Some(error) => Err(error),
        None => inspected,
    }
}

/// The schemas that a schema names.
fn schemas(schema: &Schema) -> BTreeSet<String> {
    let enums = schema.enums.keys().map(|name| TableName::parse(name));
    schema.tables.keys().cloned().chain(enums).filter_map(|name| name.schema).collect()
}

fn build(database: &mut PgConnection, schema: &Schema, passing: &[(String, String)]) -> Result<(), Error> {
    let schema = moved(schema, passing);
    let mut operations: Vec<Operation> = schema.enums.values().cloned().map(Operation::CreateEnum).collect();
    let mut keys = Vec::new();
    for table in schema.tables.values() {
        let mut table = table.clone();
        let name = table.name.clone();
        keys.extend(
            table
                .foreign_keys
                .drain(..)
                .map(|foreign_key| Operation::CreateForeignKey { table: name.clone(), foreign_key }),
        );
        operations.push(Operation::CreateTable(table));
    }
    operations.extend(keys);
    let mut built = Schema { is_database: true, ..Schema::default() };
    let surroundings = Surroundings::default();
    let planned =
        plan::plan(&operations, &mut built, Mode::Difference(Losses::Allowed), &surroundings).map_err(|refusal| {
            Error::Difference {
                operation: operations.get(refusal.operation).map(ToString::to_string).unwrap_or_default(),
                message: refusal.message,
            }
        })?;
    for piece in &planned.pieces {
        if let Work::Statement(sql) = &piece.work {
            database.execute(sql).map_err(|source| unreadable(sql, source))?;
        }
    }
    Ok(())
}

/// The passing name of the default schema: no other session has it. Names that need no quotes can be found in texts.
fn free_name(database: &mut PgConnection) -> QueryResult<String> {
    let free = "SELECT 'migratable_scratch_' || pg_backend_pid()";
    Ok(database.rows(free)?.into_iter().flatten().flatten().next().unwrap_or_default())
}

fn no_room(source: DieselError) -> Error {
    Error::Database {
        doing: "make a schema that is rolled back, in which what the revisions lead to is built (let this user make one by \
                `GRANT CREATE ON DATABASE … TO …`, or name a database by `--scratch-url` in which it may)",
        source,
    }
}

fn unreadable(sql: &str, source: DieselError) -> Error {
    let stop = Stop::at(sql, source);
    Error::Unreadable {
        object: "what the revisions lead to".to_owned(),
        message: format!("{} (the statement was: {sql})", stop.cause),
    }
}

/// The schema with everything in schemas of passing names.
fn moved(schema: &Schema, passing: &[(String, String)]) -> Schema {
    let name = |name: &TableName| {
        // The first one is the default, which goes unnamed.
        let others = passing.get(1..).unwrap_or_default();
        let schema = name.schema.as_ref().and_then(|schema| others.iter().find(|(_, meant)| meant == schema));
        let schema = schema.map(|(passing, _)| passing.clone());
        TableName { schema, name: name.name.clone() }
    };
    let mut moved = Schema { is_database: true, ..Schema::default() };
    for table in schema.tables.values() {
        let mut table = table.clone();
        table.name = name(&table.name);
        table.foreign_keys.iter_mut().for_each(|key| key.table = name(&key.table));
        table.columns.iter_mut().for_each(|column| move_type(&mut column.column_type, &name));
        moved.tables.insert(table.name.clone(), table);
    }
    for found in schema.enums.values() {
        let mut found = found.clone();
        found.name = name(&TableName::parse(&found.name)).to_string();
        moved.enums.insert(found.name.clone(), found);
    }
    moved
}

fn move_type(column_type: &mut ColumnType, name: &impl Fn(&TableName) -> TableName) {
    match column_type {
        ColumnType::Enum(it) => *it = name(&TableName::parse(it)).to_string(),
        ColumnType::Array(element) => move_type(element, name),
        _ => {}
    }
}
