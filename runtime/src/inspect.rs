//! Reading live databases, and what turns one into another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use migratable_core::{ColumnType, Dialect, Native, Operation, Schema, Table, TableName};

use crate::dialect::{self, Database, literal};
use crate::error::Error;
use crate::settings::{HistoryTable, Settings};

/// What a live database holds, the tool's own tables aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspected {
    /// What a schema can hold.
    pub schema: Schema,
    /// What the dialect notes of the database and its server: what texts are like where nothing is said. It is not
    /// compared.
    pub native: Native,
    /// What is there and no schema can hold. It is left alone.
    pub not_managed: Vec<NotManaged>,
    /// Texts that the dialect keeps of its own accord, by the name of the object; of what is not managed, by what it is
    /// called there. They are not compared.
    pub definitions: BTreeMap<String, String>,
    /// Whether views, policies, triggers, rules or functions stand in the database of PostgreSQL, those as well that are
    /// left out of what is not managed: by their schema, or by a pattern.
    pub has_dependents: bool,
    /// What cannot go, because something rests on it that is not managed.
    pub needs: Vec<Need>,
    /// What PostgreSQL can neither drop and make again with what it rests on, nor leave as it is when that changes.
    pub held: Vec<Need>,
    /// The types of PostgreSQL whose values a cast makes those of another one, with that one.
    pub casts: BTreeSet<(String, String)>,
    /// The domains of PostgreSQL, by their names as types of columns.
    pub domains: BTreeMap<String, Domain>,
    /// What is made where a table needs it, by kind and name: `domain price`, `function price(integer)`.
    pub prerequisites: BTreeMap<String, Prerequisite>,
}

/// Something of PostgreSQL that is not managed, but made where a table needs it and has not got it: an extension, a type,
/// a function, a sequence, a collation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prerequisite {
    /// What it is, in the words of what is not managed: `domain`, `extension`…
    pub kind: String,
    /// Its name.
    pub name: TableName,
    /// The statements that make it, and its database schema if that is missing; none for the sequence of a column.
    pub create: Vec<String>,
    /// The names by which the text of a function calls for it.
    pub gives: BTreeSet<String>,
    /// The tables with something of it in a column, an index, a check or a default.
    pub users: BTreeSet<TableName>,
    /// Others that it needs itself, by the names that these have in [`Inspected::prerequisites`].
    pub needs: BTreeSet<String>,
    /// The enums and tables of which it has a type.
    pub rests_on: BTreeSet<TableName>,
}

/// A type that stands for another one and refuses some of its values. It is not managed, but rows are to fit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The type that values have, which is no domain.
    pub base: ColumnType,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Whether columns of it have a default of their own accord.
    pub has_default: bool,
    /// The conditions on a `VALUE`.
    pub checks: Vec<String>,
}

/// Something that is not managed and rests on a table or a type, which the database keeps because of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The table or type, or the index of a key.
    pub of: TableName,
    /// The column, if it is one.
    pub column: Option<String>,
    /// What rests on it: `view heavy`.
    pub by: String,
    /// The table that this belongs to and goes with, if it belongs to one.
    pub with: Option<TableName>,
}

impl Inspected {
    /// Forgets the order of columns, which nobody chooses who writes models: a column comes back behind the others.
    pub fn without_column_order(mut self) -> Inspected {
        for table in self.schema.tables.values_mut() {
            table.native.set(Table::COLUMN_ORDER, None::<String>);
        }
        self
    }

    /// Forgets some tables, and what is only there for them.
    pub fn without_tables(mut self, is_left_out: impl Fn(&TableName) -> bool) -> Inspected {
        let all = std::mem::take(&mut self.schema.tables);
        let (gone, kept) = all.into_iter().partition(|(name, _)| is_left_out(name));
        let gone = Schema { tables: gone, ..Schema::default() };
        self.schema.tables = kept;
        let enums = std::mem::take(&mut self.schema.enums);
        let is_kept = |name: &str| self.schema.users_of(name).next().is_some() || gone.users_of(name).next().is_none();
        self.schema.enums = enums.into_iter().filter(|(name, _)| is_kept(name)).collect();
        self.not_managed.retain(|object| {
            let own = TableName::parse(&object.name);
            !is_left_out(object.table.as_ref().unwrap_or(&own))
        });
        self
    }

    /// Forgets what stands in a database schema of which the expected schema has nothing: it is somebody else's, as the
    /// schemas of tenants are.
    pub fn without_other_schemas(self, expected: &Schema) -> Inspected {
        let named = |name: &str| TableName::parse(name).schema;
        let known: BTreeSet<String> = expected
            .tables
            .keys()
            .filter_map(|name| name.schema.clone())
            .chain(expected.enums.keys().filter_map(|name| named(name)))
            .collect();
        let is_other = |schema: &Option<String>| schema.as_ref().is_some_and(|it| !known.contains(it));
        let mut kept = self.without_tables(|table| is_other(&table.schema));
        kept.schema.enums.retain(|name, _| !is_other(&named(name)));
        kept
    }

    /// Leaves out tables, and the enums that only they use and the other database has not.
    fn leaving_alone(mut self, tables: &[TableName], enums_of_other: &BTreeSet<String>) -> Inspected {
        let mut gone = Schema::default();
        for name in tables {
            gone.tables.extend(self.schema.tables.remove_entry(name));
            self.not_managed.push(NotManaged { kind: "table".to_owned(), name: name.to_string(), table: None });
        }
        self.not_managed.sort();
        let schema = &self.schema;
        let goes = |name: &&String| {
            let is_used = gone.users_of(name).next().is_some();
            is_used && schema.users_of(name).next().is_none() && !enums_of_other.contains(*name)
        };
        let unused: Vec<String> = schema.enums.keys().filter(goes).cloned().collect();
        self.schema.enums.retain(|name, _| !unused.contains(name));
        self
    }

    /// Forgets the table of the history.
    pub fn without_history(self, history: &HistoryTable) -> Inspected {
        self.without_tables(|table| history.is(table))
    }
}

/// Leaves out the tables that are in the other database something that no schema can hold: a view, a partitioned table.
/// They are neither dropped nor made, and not managed on either side.
#[must_use]
pub fn left_alone(before: Inspected, after: Inspected) -> (Inspected, Inspected) {
    let otherwise = |one: &Inspected, other: &Inspected| -> Vec<TableName> {
        let names = other.not_managed.iter().filter(|it| it.is_like_a_table()).map(|it| TableName::parse(&it.name));
        names.filter(|name| one.schema.tables.contains_key(name)).collect()
    };
    let (of_before, of_after) = (otherwise(&before, &after), otherwise(&after, &before));
    let known = |it: &Inspected| it.schema.enums.keys().cloned().collect::<BTreeSet<_>>();
    let (enums_before, enums_after) = (known(&before), known(&after));
    (before.leaving_alone(&of_before, &enums_after), after.leaving_alone(&of_after, &enums_before))
}

/// Where tables, indexes and keys stand on PostgreSQL, if it is not the usual place.
const TABLESPACE: &str = "tablespace";

/// Takes the place of tables and indexes for granted, which nobody chooses who writes models: what both have stands where it
/// stands in the live database, the other things stand nowhere in particular.
#[must_use]
pub fn in_place(mut live: Inspected, mut expected: Inspected) -> (Inspected, Inspected) {
    for (name, table) in &mut live.schema.tables {
        let other = expected.schema.tables.get_mut(name);
        let mut other: BTreeMap<_, _> = other.map(placed).into_iter().flatten().collect();
        for (part, native) in placed(table) {
            match other.get_mut(&part) {
                Some(it) => it.set(TABLESPACE, native.get(TABLESPACE)),
                None => native.set(TABLESPACE, None::<String>),
            }
        }
    }
    (live, expected)
}

/// What has a place of its own: the table, and its indexes and keys by their names.
fn placed(table: &mut Table) -> Vec<(Option<String>, &mut Native)> {
    let indexes = table.indexes.iter_mut().map(|it| (Some(it.name.clone()), &mut it.native));
    let uniques = table.uniques.iter_mut().map(|it| (Some(it.name.clone()), &mut it.native));
    let key = table.primary_key.iter_mut().map(|it| (Some(it.name.clone()), &mut it.native));
    let own = std::iter::once((None, &mut table.native));
    own.chain(indexes).chain(uniques).chain(key).collect()
}

/// What a script does with values that the wanted database cannot hold as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Losses {
    /// It stops at them, before anything is changed for good.
    Refused,
    /// It converts them as the database does it on demand: a longer text is cut.
    Allowed,
}

/// Something that stands in a database and that no schema can hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotManaged {
    /// What it is: `view`, `trigger`, `partitioned table`…
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The table that it belongs to, if it belongs to one.
    pub table: Option<TableName>,
}

impl NotManaged {
    /// Whether it has rows and columns, and a name that no table can have beside it.
    fn is_like_a_table(&self) -> bool {
        self.table.is_none() && (self.kind.ends_with("table") || self.kind.ends_with("view"))
    }
}

impl fmt::Display for NotManaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        match &self.table {
            Some(table) => write!(f, " of {table}"),
            None => Ok(()),
        }
    }
}

/// Reads all that a database holds.
///
/// # Errors
/// If the database cannot be read, or holds something whose shape is not understood.
pub fn inspect<Db: Database>(database: &mut Db) -> Result<Inspected, Error> {
    database.inspect()
}

/// Makes a schema in a scratch space of a database, reads it as [`inspect`] reads, and leaves nothing of it.
///
/// # Errors
/// If the database cannot hold the schema, or does not let this user make a scratch space.
pub fn inspect_scratch<Db: Database>(database: &mut Db, schema: &Schema) -> Result<Inspected, Error> {
    database.inspect_scratch(schema, None)
}

/// The same, to be compared with a database that may be on another server: what is true of that as a whole, like the
/// usual character set of its texts, is true of the scratch space.
///
/// # Errors
/// As those of [`inspect_scratch`].
pub fn inspect_scratch_like<Db: Database>(
    database: &mut Db,
    schema: &Schema,
    like: &Inspected,
) -> Result<Inspected, Error> {
    database.inspect_scratch(schema, Some(like))
}

/// The script, for the database's own client, that turns the database read as `before` into the one read as `after`.
/// The operations are what the difference of the two schemas has planned; of the settings the timeouts count.
///
/// # Errors
/// If the dialect cannot do one of the operations, or this build has not the dialect.
pub fn script(
    dialect: Dialect,
    before: &Inspected,
    after: &Inspected,
    operations: &[Operation],
    losses: Losses,
    settings: &Settings,
) -> Result<String, Error> {
    let offline = dialect::offline(dialect).ok_or(Error::NoDialect { dialect })?;
    (offline.difference)(before, after, operations, losses, settings).map_err(|refusal| Error::Difference {
        operation: operations.get(refusal.operation).map(ToString::to_string).unwrap_or_default(),
        message: refusal.message,
    })
}

/// The schemas of a PostgreSQL database whose names are `LIKE` a pattern, in order.
///
/// # Errors
/// If the database cannot be read.
pub fn schemas_like<Db: Database>(database: &mut Db, pattern: &str) -> Result<Vec<String>, Error> {
    let query = format!(
        "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE {} AND nspname !~ '^pg_' \
         AND nspname <> 'information_schema' ORDER BY nspname",
        literal(pattern)
    );
    let rows = database.rows(&query).map_err(|source| Error::Database { doing: "look for schemas", source })?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// Lets a connection to a PostgreSQL database see one schema and no other: what names none stands there.
///
/// # Errors
/// If the connection is gone.
pub fn use_schema<Db: Database>(database: &mut Db, schema: &str) -> Result<(), Error> {
    let set = format!(
        "SELECT set_config('search_path', {}, false)",
        literal(&format!("\"{}\"", schema.replace('"', "\"\"")))
    );
    database.execute(&set).map_err(|source| Error::Database { doing: "turn to a schema", source })
}
