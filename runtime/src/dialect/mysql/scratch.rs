//! A schema made in a database of its own for a moment, so that the server spells it.

use diesel::connection::SimpleConnection;
use diesel::mysql::MysqlConnection;
use migratable_core::{Operation, Schema};

use super::ddl::quoted;
use super::flavour::Surroundings;
use super::types::text;
use super::{flavour, plan, session};
use crate::dialect::{Connection, Work};
use crate::error::Error;
use crate::inspect::Inspected;
use crate::plan::Mode;

/// The words by which what is read of a database has what texts are like in it if nothing else is said.
pub(super) const CHARACTERS: &str = "characters";
pub(super) const COLLATION: &str = "collation";

/// Drops the scratch databases of those who have gone without it: a lock of its name is held while one is in use.
fn drop_left_over(database: &mut MysqlConnection) {
    let left = database.rows(
        "SELECT schema_name FROM information_schema.schemata \
         WHERE schema_name REGEXP '^migratable_scratch_[0-9]+$' AND IS_FREE_LOCK(schema_name)",
    );
    for name in left.into_iter().flatten().flatten().flatten() {
        // This user may have no right to; whoever has it will drop it.
        let _ = database.batch_execute(&format!("DROP DATABASE IF EXISTS {}", quoted(&name)));
    }
}

/// Makes a schema in a scratch database, reads it, and drops the database whatever happens. Texts are as in the database
/// that it is compared with, or as in the one in use.
pub(super) fn inspect(
    database: &mut MysqlConnection,
    schema: &Schema,
    like: Option<&Inspected>,
) -> Result<Inspected, Error> {
    if let Some(table) = schema.tables.keys().find(|name| name.schema.is_some()) {
        return Err(Error::Unreadable {
            object: format!("the table {table}"),
            message: "it stands in another database, which is neither made nor read here".to_owned(),
        });
    }
    let failed = |source| Error::Database {
        doing: "make a scratch database (give the URL of a server where this user may, by `--scratch-url`)",
        source,
    };
    let rows = database
        .rows(
            "SELECT DATABASE(), @@SESSION.sql_mode, @@SESSION.foreign_key_checks, @@character_set_database, \
             @@collation_database, UUID_SHORT()",
        )
        .map_err(failed)?;
    let mut values = rows.into_iter().flatten();
    let mut next = || values.next().flatten();
    let (own, mode, checks) = (next(), next().unwrap_or_default(), next().unwrap_or_default());
    let mut as_in = |word: &str| {
        let own = next().unwrap_or_default();
        like.and_then(|it| it.native.get(word)).map_or(own, str::to_owned)
    };
    let (characters, collation) = (as_in(CHARACTERS), as_in(COLLATION));
    let name = format!("migratable_scratch_{}", next().unwrap_or_default());
    let lock = text(&name);
    let name = quoted(&name);
    drop_left_over(database);
    database
        .batch_execute(&format!(
            "DO GET_LOCK({lock}, 0); CREATE DATABASE {name} CHARACTER SET {characters} COLLATE {collation}"
        ))
        .map_err(failed)?;
    let inspected = database
        .batch_execute(&format!("USE {name}; {} SET SESSION foreign_key_checks = 1", session::SET_MODE))
        .map_err(failed)
        .and_then(|()| make(database, schema))
        .and_then(|()| super::inspect::inspect(database));
    let back = own.map_or(String::new(), |own| format!("USE {};", quoted(&own)));
    let left = database.batch_execute(&format!(
        "DROP DATABASE {name}; DO RELEASE_LOCK({lock}); {back} SET SESSION sql_mode = {}, SESSION foreign_key_checks = {checks}",
        text(&mode)
    ));
    let inspected = inspected?;
    left.map_err(|source| Error::Database { doing: "leave the scratch database", source })?;
    Ok(inspected)
}

fn make(database: &mut MysqlConnection, schema: &Schema) -> Result<(), Error> {
    let reading = |source| Error::Database { doing: "make the schema in the scratch database", source };
    let enums = schema.enums.values().cloned().map(Operation::CreateEnum);
    let operations: Vec<Operation> = enums.chain(schema.tables.values().cloned().map(Operation::CreateTable)).collect();
    // The tables come by name, and so before what they refer to.
    let mut made = Schema { is_database: true, ..Schema::default() };
    let flavour = flavour::ask(database).map_err(reading)?;
    let pieces =
        plan::plan(&operations, &mut made, Mode::Upgrade, &Surroundings::none(flavour)).map_err(|refusal| {
            Error::Difference {
                operation: operations.get(refusal.operation).map(ToString::to_string).unwrap_or_default(),
                message: refusal.message,
            }
        })?;
    for piece in pieces.pieces {
        if let Work::Statement(sql) = piece.work {
            database.batch_execute(&sql).map_err(reading)?;
        }
    }
    Ok(())
}
