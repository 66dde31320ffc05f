//! A whole SQLite database as a schema.

use std::collections::{BTreeMap, BTreeSet};

use diesel::Connection as _;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use migratable_core::{
    Check, Column, ColumnType, ForeignKey, Generated, Identity, Index, IndexPart, IndexTarget, Native, PrimaryKey,
    Schema, Table, TableName, Unique, names,
};

use super::parse::{self, Constraint, Part, Rule, TableText};
use super::{ddl, spelling};
use crate::dialect::{Connection, literal};
use crate::error::Error;
use crate::inspect::{Inspected, NotManaged};
use crate::settings::HistoryTable;

/// What the database keeps of an object.
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

/// Reads the tables and indexes of the main database.
pub(super) fn inspect(database: &mut SqliteConnection) -> Result<Inspected, Error> {
    let failed = |source| Error::Database { doing: "read the schema", source };
    let objects = objects(database).map_err(failed)?;
    let shadows = shadows(database, &objects).map_err(failed)?;
    let schema = Schema { is_database: true, ignores_case: true, ..Schema::default() };
    let mut found = Inspected { schema, ..Inspected::default() };
    for object in &objects {
        let unreadable =
            |message| Error::Unreadable { object: format!("the {} `{}`", object.kind, object.name), message };
        match object.kind.as_str() {
            "table" if shadows.contains(&object.name) => {}
            "table" if is_virtual(object) => found.leave_alone("virtual table", object),
            "table" => {
                let table = table(object).map_err(unreadable)?;
                found.definitions.insert(object.name.clone(), object.sql.clone());
                found.schema.tables.insert(table.name.clone(), table);
            }
            "index" => {
                let name = TableName::plain(object.table.clone());
                if let Some(table) = found.schema.tables.get_mut(&name) {
                    table.indexes.push(index(object, table).map_err(unreadable)?);
                    found.definitions.insert(object.name.clone(), object.sql.clone());
                }
            }
            kind => found.leave_alone(kind, object),
        }
    }
    resolve(&mut found.schema);
    found.schema.tables.values_mut().for_each(name);
    found.not_managed.sort();
    Ok(found)
}

/// Makes a schema in memory and reads it.
pub(super) fn scratch(schema: &Schema) -> Result<Inspected, Error> {
    let mut database = memory()?;
    for table in schema.tables.values() {
        let object = || format!("the table `{}`", table.name);
        let statements =
            ddl::create_all(table, &schema.enums).map_err(|message| Error::Unreadable { object: object(), message })?;
        for sql in statements {
            database
                .execute(&sql)
                .map_err(|source| Error::Unreadable { object: object(), message: source.to_string() })?;
        }
    }
    inspect(&mut database)
}

/// An empty database in memory.
pub(super) fn memory() -> Result<SqliteConnection, Error> {
    SqliteConnection::establish(":memory:").map_err(|error| Error::Unreadable {
        object: "a scratch database in memory".to_owned(),
        message: error.to_string(),
    })
}

/// Everything that has a text, in the order in which it was made, tables first.
fn objects(database: &mut SqliteConnection) -> QueryResult<Vec<Object>> {
    let own = HistoryTable::OWN.map(literal).join(", ");
    let rows = database.rows(&format!(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL \
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name COLLATE NOCASE NOT IN ({own}) \
         ORDER BY type <> 'table', rowid"
    ))?;
    let object = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || row.next().unwrap_or_default();
        Object { kind: next(), name: next(), table: next(), sql: next() }
    };
    Ok(rows.into_iter().map(object).collect())
}

fn is_virtual(object: &Object) -> bool {
    object.sql.to_ascii_uppercase().starts_with("CREATE VIRTUAL")
}

/// The tables that virtual tables keep their rows in.
fn shadows(database: &mut SqliteConnection, objects: &[Object]) -> QueryResult<BTreeSet<String>> {
    // The list of tables is slow to make in a large schema.
    if !objects.iter().any(is_virtual) {
        return Ok(BTreeSet::new());
    }
    let rows = database.rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'")?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

impl Inspected {
    /// Notes what no schema can hold. Triggers are made again with their tables, from their texts.
    fn leave_alone(&mut self, kind: &str, object: &Object) {
        let table = (kind == "trigger").then(|| TableName::plain(object.table.clone()));
        let it = NotManaged { kind: kind.to_owned(), name: object.name.clone(), table };
        self.definitions.insert(it.to_string(), object.sql.clone());
        self.not_managed.push(it);
    }
}

fn table(object: &Object) -> Result<Table, String> {
    let text = parse::table(&object.sql)?;
    let mut table = Table::new(TableName::plain(object.name.clone()));
    let names: Vec<String> = text.columns.iter().map(|column| column.name.clone()).collect();
    table.columns = text.columns.iter().map(|column| self::column(column, &names)).collect();
    table.native.set(ddl::Form::STRICT, text.strict.then_some("true"));
    table.native.set(ddl::Form::WITHOUT_ROWID, text.without_rowid.then_some("true"));
    for constraint in &text.constraints {
        add_constraint(&mut table, constraint, &names);
    }
    number_rows(&mut table, &text);
    Ok(table)
}

/// Names what has no name after what it says. What is said twice is said once; what else has a name that is taken gets a
/// number behind it.
fn name(table: &mut Table) {
    fn once<T: PartialEq>(items: &mut Vec<T>, name: impl Fn(&mut T) -> &mut String) {
        let mut kept: Vec<T> = Vec::new();
        for item in items.drain(..) {
            if !kept.contains(&item) {
                kept.push(item);
            }
        }
        let mut taken = BTreeSet::new();
        for item in &mut kept {
            let own = name(item);
            let numbered = (2..).map(|number| format!("{own} ({number})"));
            if let Some(free) = std::iter::once(own.clone()).chain(numbered).find(|it| !taken.contains(it)) {
                taken.insert(free.clone());
                *own = free;
            }
        }
        *items = kept;
    }
    names::spell_out(table);
    once(&mut table.uniques, |it| &mut it.name);
    once(&mut table.checks, |it| &mut it.name);
    once(&mut table.foreign_keys, |it| &mut it.name);
}

fn column(text: &parse::ColumnText<'_>, names: &[String]) -> Column {
    let mut column = Column::new(text.name.clone(), spelling::column_type(&text.type_name));
    column.nullable = !text.not_null;
    column.default = text.default.as_deref().map(spelling::default);
    column.generated = text
        .generated
        .as_ref()
        .map(|(tokens, stored)| Generated { expression: spelling::expression(tokens, names), stored: *stored });
    column.collation = text.collation.clone().filter(|collation| collation != "BINARY");
    column.native = text.native.clone();
    column
}

/// The name as the table itself spells it.
fn spelled<'a>(name: &str, names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().find(|it| it.eq_ignore_ascii_case(name)).map_or_else(|| name.to_owned(), Clone::clone)
}

fn add_constraint(table: &mut Table, constraint: &Constraint<'_>, names: &[String]) {
    let name = constraint.name.clone().unwrap_or_default();
    let mut native = Native::default();
    native.set("on_conflict", constraint.on_conflict.as_deref());
    match &constraint.rule {
        Rule::PrimaryKey { parts, .. } => {
            let columns = key(parts, table, names, &mut native);
            table.primary_key = Some(PrimaryKey { name, columns, native });
        }
        Rule::Unique(parts) => {
            let columns = key(parts, table, names, &mut native);
            table.uniques.push(Unique { name, columns, native });
        }
        Rule::Check(tokens) => {
            table.checks.push(Check { name, expression: spelling::expression(tokens, names), native });
        }
        Rule::ForeignKey(text) => {
            native.set("match", text.matching.as_deref());
            table.foreign_keys.push(ForeignKey {
                name,
                columns: text.columns.iter().map(|column| spelled(column, names)).collect(),
                table: TableName::plain(text.table.clone()),
                references: text.references.clone(),
                on_delete: text.on_delete,
                on_update: text.on_update,
                deferrable: text.deferrable,
                native,
            });
        }
    }
}

/// The columns of a key. What else it says of them goes to what only SQLite knows.
fn key(parts: &[Part<'_>], table: &Table, names: &[String], native: &mut Native) -> Vec<String> {
    let mut columns = Vec::new();
    for (part, place) in parts.iter().zip(1..) {
        let column = spelled(&part.name.clone().unwrap_or_default(), names);
        native.set(&format!("collate {place}"), collation(part, table, &column));
        native.set(&format!("order {place}"), part.descending.then_some("desc"));
        columns.push(column);
    }
    columns
}

/// The collation of a part, if it is not that of its column.
fn collation(part: &Part<'_>, table: &Table, column: &str) -> Option<String> {
    let own = table.find(column).and_then(|it| it.collation.as_deref()).unwrap_or("BINARY");
    part.collation.clone().filter(|collation| collation != own)
}

/// Finds the column by which the rows are numbered, and what a table without rowid demands of its key.
fn number_rows(table: &mut Table, text: &TableText<'_>) {
    let key = text.constraints.iter().find_map(|it| match &it.rule {
        Rule::PrimaryKey { parts, inline } => Some((parts, *inline)),
        _ => None,
    });
    let (Some((parts, inline)), Some(primary_key)) = (key, table.primary_key.clone()) else { return };
    for name in &primary_key.columns {
        let Some(column) = table.columns.iter_mut().find(|column| column.name == *name) else { continue };
        column.nullable &= !text.without_rowid;
        let is_integer = column.column_type == ColumnType::Integer;
        if let ([part], true, false) = (parts.as_slice(), is_integer, text.without_rowid)
            && !(inline && part.descending)
        {
            column.identity = Some(Identity::default());
            column.native.set("autoincrement", part.autoincrement.then_some("true"));
        }
    }
}

fn index(object: &Object, table: &Table) -> Result<Index, String> {
    let text = parse::index(&object.sql)?;
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let part = |part: &Part<'_>| {
        let column = part.name.as_ref().and_then(|name| names.iter().find(|it| it.eq_ignore_ascii_case(name)));
        let mut native = Native::default();
        let target = match column {
            Some(column) => {
                native.set("collate", collation(part, table, column));
                IndexTarget::Column(column.clone())
            }
            None => {
                native.set("collate", part.collation.clone());
                IndexTarget::Expression(spelling::expression(&part.target, &names))
            }
        };
        IndexPart { target, descending: part.descending, nulls: None, native }
    };
    Ok(Index {
        name: object.name.clone(),
        parts: text.parts.iter().map(part).collect(),
        unique: text.unique,
        predicate: text.predicate.map(|tokens| spelling::expression(&tokens, &names)),
        method: None,
        include: Vec::new(),
        native: Native::default(),
    })
}

/// Spells what foreign keys refer to as it is spelled there.
fn resolve(schema: &mut Schema) {
    let known: BTreeMap<String, (TableName, Vec<String>)> = schema
        .tables
        .values()
        .map(|table| {
            let columns = table.columns.iter().map(|column| column.name.clone()).collect();
            (table.name.name.to_ascii_lowercase(), (table.name.clone(), columns))
        })
        .collect();
    for table in schema.tables.values_mut() {
        for key in &mut table.foreign_keys {
            let Some((name, columns)) = known.get(&key.table.name.to_ascii_lowercase()) else { continue };
            key.table = name.clone();
            key.references = key.references.iter().map(|column| spelled(column, columns)).collect();
        }
    }
}
