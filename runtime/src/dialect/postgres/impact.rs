//! What statements mean for those who use the database meanwhile: the locks of the manual's chapter "Explicit Locking" and
//! of the pages of the commands, and when a table is written anew.

use std::collections::{BTreeMap, BTreeSet};

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use migratable_core::{Column, ColumnType, Dialect, Enum, Schema, Table, TableName};

use super::types;
use crate::dialect::statement::Statement;
use crate::dialect::{Connection, literal};
use crate::impact::{Impact, Lock, RowCount, Situation};

const ROW_EXCLUSIVE: &str = "ROW EXCLUSIVE";
const SHARE_UPDATE_EXCLUSIVE: &str = "SHARE UPDATE EXCLUSIVE";
const SHARE: &str = "SHARE";
const SHARE_ROW_EXCLUSIVE: &str = "SHARE ROW EXCLUSIVE";
const ACCESS_EXCLUSIVE: &str = "ACCESS EXCLUSIVE";

/// The locks, the stronger the later.
const MODES: [&str; 5] = [ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE, SHARE, SHARE_ROW_EXCLUSIVE, ACCESS_EXCLUSIVE];

/// What takes no lock on a table.
const BESIDE_TABLES: [&str; 9] = [
    "CREATE TYPE",
    "ALTER TYPE",
    "DROP TYPE",
    "CREATE SEQUENCE",
    "ALTER SEQUENCE",
    "DROP SEQUENCE",
    "ALTER INDEX",
    "COMMENT ON INDEX",
    "SET CONSTRAINTS",
];

/// What a statement does to one table.
struct Change {
    mode: Option<&'static str>,
    rewrites: Option<bool>,
    /// Whether it reads or writes all rows.
    reads: bool,
    /// Other tables that it locks in the same way.
    others: Vec<TableName>,
}

impl Change {
    /// Nothing but the catalogue changes.
    fn catalogue(mode: &'static str) -> Change {
        Change { mode: Some(mode), rewrites: Some(false), reads: false, others: Vec::new() }
    }

    /// The rows are read.
    fn reads(mode: &'static str) -> Change {
        Change { reads: true, ..Change::catalogue(mode) }
    }

    /// The rows are written anew, or it is not known whether they are.
    fn rewrites(rewrites: Option<bool>) -> Change {
        Change { rewrites, reads: rewrites != Some(false), ..Change::catalogue(ACCESS_EXCLUSIVE) }
    }

    fn unknown() -> Change {
        Change { mode: None, rewrites: None, reads: true, others: Vec::new() }
    }

    fn with(self, others: impl IntoIterator<Item = TableName>) -> Change {
        Change { others: others.into_iter().collect(), ..self }
    }

    /// This one, and another one beside it.
    fn and(mut self, other: Change) -> Change {
        let strength = |mode| MODES.iter().position(|it| *it == mode);
        self.mode = self.mode.zip(other.mode).map(|(a, b)| if strength(a) > strength(b) { a } else { b });
        self.rewrites = match (self.rewrites, other.rewrites) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        };
        self.reads |= other.reads;
        self.others.extend(other.others);
        self
    }
}

pub(super) fn of(database: &mut PgConnection, sql: &str, around: &mut Situation) -> QueryResult<Impact> {
    let Some(mut it) = Statement::read(sql) else { return Ok(Impact::default()) };
    let (table, change) = if it.takes("CREATE TABLE") || it.takes("CREATE UNLOGGED TABLE") {
        return Ok(made(it, around));
    } else if BESIDE_TABLES.into_iter().any(|words| it.takes(words)) {
        return Ok(Impact::none());
    } else if it.takes("DROP TABLE") {
        let table = it.name().filter(|_| it.is_over());
        let others = table.as_ref().and_then(|name| around.schema.table(name)).map_or(Vec::new(), referred);
        (table, Change::reads(ACCESS_EXCLUSIVE).with(others))
    } else if it.takes("ALTER TABLE") {
        it.takes("ONLY");
        let Some(table) = it.name() else { return Ok(Impact::default()) };
        if let Some(to) = it.clone().takes("RENAME TO").then(|| it.behind("TO")).flatten().and_then(|mut it| it.name())
        {
            let schema = table.schema.clone();
            around.rename(&table, TableName { schema, ..to });
        }
        let mut change: Option<Change> = None;
        for part in it.parts() {
            let next = altered(database, part, &table, &around.schema)?;
            change = Some(match change {
                Some(before) => before.and(next),
                None => next,
            });
        }
        (Some(table), change.unwrap_or_else(Change::unknown))
    } else if it.takes("CREATE INDEX") || it.takes("CREATE UNIQUE INDEX") {
        let concurrently = it.takes("CONCURRENTLY");
        let mut on = it.behind("ON");
        on.as_mut().map(|on| on.takes("ONLY"));
        let mode = if concurrently { SHARE_UPDATE_EXCLUSIVE } else { SHARE };
        (on.and_then(|mut on| on.name()), Change::reads(mode))
    } else if it.takes("DROP INDEX") {
        let mode = if it.takes("CONCURRENTLY") { SHARE_UPDATE_EXCLUSIVE } else { ACCESS_EXCLUSIVE };
        (it.name().filter(|_| it.is_over()).and_then(|index| owner(around, &index)), Change::catalogue(mode))
    } else if it.takes("COMMENT ON TABLE") {
        (it.name(), Change::catalogue(SHARE_UPDATE_EXCLUSIVE))
    } else if it.takes("COMMENT ON COLUMN") {
        (it.name_of_column(), Change::catalogue(SHARE_UPDATE_EXCLUSIVE))
    } else if it.takes("COMMENT ON CONSTRAINT") {
        (it.behind("ON").and_then(|mut on| on.name()), Change::catalogue(SHARE_UPDATE_EXCLUSIVE))
    } else if it.takes("UPDATE") || it.takes("DELETE FROM") {
        it.takes("ONLY");
        (it.name(), Change::reads(ROW_EXCLUSIVE))
    } else if it.takes("INSERT INTO") {
        let mut impact = described(database, it.name(), Change::reads(ROW_EXCLUSIVE), around)?;
        let values = it.behind("VALUES").filter(|_| !it.has("SELECT"));
        impact.rows = values.map(|values| RowCount::exactly(values.parts().len() as u64));
        return Ok(impact);
    } else {
        return Ok(Impact::default());
    };
    described(database, table, change, around)
}

/// What CREATE TABLE means. It waits for the tables that the new one refers to.
fn made(mut it: Statement<'_>, around: &mut Situation) -> Impact {
    if it.has("SELECT") {
        return Impact::default();
    }
    around.made.extend(it.made());
    let mut locks = BTreeSet::new();
    while let Some(mut next) = it.behind("REFERENCES") {
        let other = next.name();
        let on = other.as_ref().and_then(|table| around.now(table)).map(ToString::to_string);
        locks.extend(on.map(|on| Lock { on, mode: SHARE_ROW_EXCLUSIVE }));
        it = next;
    }
    Impact { locks: Some(locks.into_iter().collect()), ..Impact::none() }
}

fn described(
    database: &mut PgConnection,
    table: Option<TableName>,
    change: Change,
    around: &mut Situation,
) -> QueryResult<Impact> {
    let Some(table) = table else { return Ok(Impact { rewrites: change.rewrites, ..Impact::default() }) };
    let tables = std::iter::once(&table).chain(&change.others);
    let there: Vec<String> = tables.filter_map(|table| around.now(table)).map(ToString::to_string).collect();
    let locks = change.mode.map(|mode| there.into_iter().map(|on| Lock { on, mode }).collect::<Vec<_>>());
    let rows = match change.reads {
        true => around.count(database, &table)?,
        false => Some(RowCount::exactly(0)),
    };
    let is_new = around.now(&table).is_none();
    let locks = locks.map(|mut locks| {
        locks.sort();
        locks.dedup();
        locks
    });
    Ok(Impact { locks, algorithm: None, rewrites: if is_new { Some(false) } else { change.rewrites }, rows })
}

/// The tables that a table refers to.
fn referred(table: &Table) -> Vec<TableName> {
    table.foreign_keys.iter().map(|key| key.table.clone()).filter(|other| *other != table.name).collect()
}

/// The table of an index.
fn owner(around: &Situation, index: &TableName) -> Option<TableName> {
    let has =
        |table: &&Table| table.name.schema == index.schema && table.indexes.iter().any(|it| it.name == index.name);
    around.schema.tables.values().find(has).map(|table| table.name.clone())
}

/// One action of ALTER TABLE.
fn altered(
    database: &mut PgConnection,
    mut it: Statement<'_>,
    table: &TableName,
    schema: &Schema,
) -> QueryResult<Change> {
    let table = schema.table(table);
    let change = if it.takes("ADD COLUMN") {
        return Ok(Change::rewrites(adding_rewrites(database, &it)?));
    } else if it.takes("ADD CONSTRAINT") {
        let _ = it.name();
        let waits = it.has("VALID");
        let change = |mode| if waits { Change::catalogue(mode) } else { Change::reads(mode) };
        match it.takes("FOREIGN KEY") {
            true => change(SHARE_ROW_EXCLUSIVE).with(it.behind("REFERENCES").and_then(|mut it| it.name())),
            false => change(ACCESS_EXCLUSIVE),
        }
    } else if it.takes("DROP CONSTRAINT") {
        let name = it.name().map(|name| name.name);
        let keys = table.into_iter().flat_map(|table| &table.foreign_keys);
        let key = keys.into_iter().find(|key| Some(&key.name) == name.as_ref());
        Change::catalogue(ACCESS_EXCLUSIVE).with(key.map(|key| key.table.clone()))
    } else if it.takes("VALIDATE CONSTRAINT") {
        Change::reads(SHARE_UPDATE_EXCLUSIVE)
    } else if it.takes("ALTER COLUMN") {
        let column = it.name().and_then(|name| table?.find(&name.name));
        return Ok(altered_column(it, column, schema));
    } else if it.takes("SET LOGGED") || it.takes("SET UNLOGGED") || it.takes("SET ACCESS METHOD") {
        Change::rewrites(Some(true))
    } else if it.takes("CLUSTER ON") || it.takes("SET WITHOUT CLUSTER") {
        Change::catalogue(SHARE_UPDATE_EXCLUSIVE)
    } else if ["DROP COLUMN", "RENAME", "REPLICA IDENTITY"].into_iter().any(|words| it.takes(words))
        || it.has("SECURITY")
    {
        Change::catalogue(ACCESS_EXCLUSIVE)
    } else {
        Change::unknown()
    };
    Ok(change)
}

fn altered_column(mut it: Statement<'_>, column: Option<&Column>, schema: &Schema) -> Change {
    if it.takes("TYPE") {
        let new = types::parse(it.text_before(&["COLLATE", "USING"]));
        let rewrites =
            column.and_then(|column| retyping_rewrites(&column.column_type.on(Dialect::Postgres), &new, &schema.enums));
        // The expression may leave the values as they are, or not.
        let rewrites = rewrites.filter(|rewrites| *rewrites || !it.has("USING"));
        return Change { reads: true, ..Change::rewrites(rewrites) };
    }
    if it.takes("SET NOT NULL") {
        return Change::reads(ACCESS_EXCLUSIVE);
    }
    let in_catalogue = [
        "DROP NOT NULL",
        "SET DEFAULT",
        "DROP DEFAULT",
        "DROP EXPRESSION",
        "DROP IDENTITY",
        "SET GENERATED",
        "ADD GENERATED",
        "SET STORAGE",
        "SET COMPRESSION",
    ];
    if in_catalogue.into_iter().any(|words| it.takes(words)) {
        return Change::catalogue(ACCESS_EXCLUSIVE);
    }
    if it.takes("SET STATISTICS") || it.takes("SET") || it.takes("RESET") {
        return Change::catalogue(SHARE_UPDATE_EXCLUSIVE);
    }
    Change::unknown()
}

/// Whether the values of one type are not those of another in the file as well.
fn retyping_rewrites(old: &ColumnType, new: &ColumnType, enums: &BTreeMap<String, Enum>) -> Option<bool> {
    use ColumnType::{Array, Binary, Native, Numeric, Text, Timestamp, TimestampTz, Varbinary, Varchar};
    let is_enum = |it: &ColumnType| match it {
        Native(name) => {
            name.text(Dialect::Postgres).is_some_and(|name| enums.contains_key(&TableName::parse(name).to_string()))
        }
        other => matches!(other, ColumnType::Enum(_)),
    };
    if is_enum(old) || is_enum(new) {
        return Some(true);
    }
    Some(match (old, new) {
        (Native(_) | Array(_), _) | (_, Native(_) | Array(_)) => return None,
        (Varchar(old), Varchar(new)) => new < old,
        (Varchar(_), Text) | (Numeric(Some(_)), Numeric(None)) => false,
        (Numeric(Some((old, of_old))), Numeric(Some((new, of_new)))) => new < old || of_new != of_old,
        // The session is in UTC.
        (Timestamp, TimestampTz) | (TimestampTz, Timestamp) => false,
        (Binary | Varbinary(_), Binary | Varbinary(_)) => false,
        (old, new) => old != new,
    })
}

/// Whether a new column has to be written to every row: it is computed, numbered, or has a default that may differ from
/// row to row, for a function in it is volatile.
fn adding_rewrites(database: &mut PgConnection, column: &Statement<'_>) -> QueryResult<Option<bool>> {
    if column.has("STORED") || column.has("IDENTITY") {
        return Ok(Some(true));
    }
    let Some(default) = column.behind("DEFAULT") else { return Ok(Some(false)) };
    let called: Vec<String> = default.functions().map(|name| literal(&name)).collect();
    if called.is_empty() {
        return Ok(Some(false));
    }
    let volatile = database.rows(&format!(
        "SELECT bool_or(always), bool_or(sometimes) FROM (SELECT bool_and(provolatile = 'v') AS always, \
         bool_or(provolatile = 'v') AS sometimes FROM pg_proc WHERE proname IN ({}) GROUP BY proname) AS called",
        called.join(", ")
    ))?;
    let flags: Vec<bool> = volatile.into_iter().flatten().map(|flag| flag.as_deref() == Some("true")).collect();
    // One of several functions of that name may be meant.
    Ok(match flags[..] {
        [true, _] => Some(true),
        [false, true] => None,
        _ => Some(false),
    })
}

/// What the statistics say.
pub(super) fn count(database: &mut PgConnection, table: &TableName) -> QueryResult<Option<RowCount>> {
    let name = literal(&super::ddl::qualified(table));
    let rows = database.rows(&format!(
        "SELECT CASE WHEN count > 0 OR pg_relation_size(oid) = 0 THEN count END FROM (SELECT pg_class.oid, \
         greatest(reltuples::bigint, n_live_tup, 0) AS count FROM pg_class \
         LEFT JOIN pg_stat_user_tables ON relid = pg_class.oid WHERE pg_class.oid = to_regclass({name})) AS counted"
    ))?;
    let count = rows.into_iter().flatten().flatten().find_map(|text| text.parse().ok());
    Ok(count.map(|count| RowCount { count, exact: false }))
}
