//! A whole PostgreSQL database as a schema.

mod columns;
mod constraints;
mod indexes;
pub(super) mod needs;
pub(super) mod prerequisites;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use migratable_core::{Dialect, Enum, Schema, Sql, Table, TableName};

use super::ddl::quoted;
use super::domains;
use super::introspect::{self, Catalogue, Cells};
use super::texts;
use crate::error::Error;
use crate::inspect::{Inspected, Need, NotManaged};
use crate::settings::HistoryTable;

/// What may rest on tables and types, in the words of what is not managed.
const DEPENDENTS: [&str; 7] = ["view", "materialized view", "policy", "trigger", "rule", "function", "procedure"];

/// Reads the tables, enums and what stands beside them.
pub(super) fn inspect(database: &mut PgConnection) -> Result<Inspected, Error> {
    in_passing(database, |database| {
        let (version, schema) = introspect::server(database)?;
        let default = schema.unwrap_or_else(|| "public".to_owned());
        database.batch_execute(&format!("SET LOCAL search_path = {}", quoted(&default)))?;
        let catalogue = introspect::read(database, version, None)?;
        Ok(Reader::new(default, Vec::new()).inspected(catalogue))
    })
}

/// Does something in a transaction that is rolled back.
pub(super) fn in_passing<T>(
    database: &mut PgConnection,
    action: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
) -> Result<T, Error> {
    let failed = |source| Error::Database { doing: "read the tables", source };
    AnsiTransactionManager::begin_transaction(database).map_err(failed)?;
    let done = action(database);
    let back = AnsiTransactionManager::rollback_transaction(database);
    let done = done.map_err(failed)?;
    back.map_err(failed)?;
    Ok(done)
}

/// What is needed to understand a catalogue.
pub(super) struct Reader {
    /// The schema whose tables are named without one.
    default: String,
    /// Schemas with a passing name, and the names that they stand for.
    passing: Vec<(String, String)>,
    /// What leads the server to its first spelling of a text, by the second one.
    sources: RefCell<BTreeMap<String, String>>,
}

/// A table on its way to become one of a schema.
struct Found {
    table: Table,
    /// What it is, if no schema can hold it.
    not_managed: Option<&'static str>,
    replica_identity: String,
}

/// What is known of the catalogue's numbers.
#[derive(Default)]
struct Numbers {
    tables: HashMap<String, Found>,
    /// The names of columns, by the number of their table.
    columns: HashMap<String, HashMap<i64, Attribute>>,
    classes: HashMap<String, String>,
    /// Those that are the default and take parameters somewhere.
    usual_classes: HashMap<String, String>,
    collations: HashMap<String, String>,
    indexes: HashMap<String, indexes::OfConstraint>,
}

struct Attribute {
    name: String,
    collation: String,
}

impl Numbers {
    fn names(&self, table: &str, numbers: &[i64]) -> Vec<String> {
        let of = self.columns.get(table);
        numbers.iter().filter_map(|it| Some(of?.get(it)?.name.clone())).collect()
    }
}

impl Reader {
    pub(super) fn new(default: String, passing: Vec<(String, String)>) -> Reader {
        Reader { default, passing, sources: RefCell::default() }
    }

    pub(super) fn inspected(&self, mut catalogue: Catalogue) -> Inspected {
        let mut inspected = Inspected::default();
        inspected.schema.is_database = true;
        self.enums(&mut catalogue, &mut inspected.schema);
        let mut numbers = Numbers::default();
        for mut row in std::mem::take(&mut catalogue.names) {
            let (kind, number, name) = (row.text(), row.text(), row.text());
            match kind.as_str() {
                "class" => drop(numbers.classes.insert(number, name)),
                "usual class" => drop(numbers.usual_classes.insert(number, name)),
                "collation" => drop(numbers.collations.insert(number, name)),
                _ => drop(inspected.casts.insert((self.text(&number), self.text(&name)))),
            }
        }
        self.classes(&mut catalogue, &mut numbers, &mut inspected.not_managed);
        self.columns(&mut catalogue, &mut numbers);
        let of_constraints = constraints::indexes(&catalogue.constraints);
        self.indexes(&mut catalogue, &mut numbers, &of_constraints);
        self.constraints(&mut catalogue, &mut numbers);
        inspected.needs = self.needs(std::mem::take(&mut catalogue.needs), &numbers);
        inspected.held = self.needs(std::mem::take(&mut catalogue.held), &numbers);
        inspected.domains = domains::read(std::mem::take(&mut catalogue.domains), |text| self.text(text));
        for mut found in std::mem::take(&mut numbers.tables).into_values() {
            match found.replica_identity.as_str() {
                "n" => found.table.native.set("replica_identity", Some("NOTHING")),
                "f" => found.table.native.set("replica_identity", Some("FULL")),
                _ => {}
            }
            if found.not_managed.is_none() {
                inspected.schema.tables.insert(found.table.name.clone(), found.table);
            }
        }
        self.others(&mut catalogue, &mut inspected.not_managed);
        inspected.prerequisites = self.prerequisites(catalogue.prerequisites);
        inspected.not_managed.sort();
        inspected.has_dependents = inspected.not_managed.iter().any(|it| DEPENDENTS.contains(&&*it.kind));
        inspected.definitions = self.sources.take();
        inspected
    }

    fn name(&self, schema: &str, name: String) -> TableName {
        let meant = self.passing.iter().find(|(passing, _)| passing == schema).map_or(schema, |(_, meant)| meant);
        TableName { schema: (meant != self.default).then(|| meant.to_owned()), name }
    }

    /// A text of the server, in the one form in which texts are compared.
    fn text(&self, text: &str) -> String {
        let first = text;
        let text = texts::normal(first);
        if text != first
            && let Some(source) = texts::source(first)
        {
            self.sources.borrow_mut().insert(text.clone(), source);
        }
        self.moved(&text)
    }

    /// A text with the names that schemas with a passing one stand for.
    fn moved(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (passing, meant) in &self.passing {
            if text.contains(passing.as_str()) {
                text = text.replace(&format!("{passing}."), &format!("{}.", texts::identifier(meant)));
            }
        }
        text
    }

    fn sql(&self, text: &str) -> Sql {
        Sql::Each(BTreeMap::from([(Dialect::Postgres, self.text(text))]))
    }

    fn enums(&self, catalogue: &mut Catalogue, schema: &mut Schema) {
        for mut row in std::mem::take(&mut catalogue.enums) {
            let (namespace, name) = (row.text(), row.text());
            let name = self.name(&namespace, name).to_string();
            schema.enums.insert(name.clone(), Enum { name, values: row.list(), model: None });
        }
    }

    fn classes(&self, catalogue: &mut Catalogue, numbers: &mut Numbers, not_managed: &mut Vec<NotManaged>) {
        for mut row in std::mem::take(&mut catalogue.classes) {
            let (number, namespace, name, kind) = (row.text(), row.text(), row.text(), row.text());
            if HistoryTable::OWN.contains(&name.as_str()) {
                continue;
            }
            let mut table = Table::new(self.name(&namespace, name));
            table.native.set("unlogged", row.flag().then_some("true"));
            table.native.set("access_method", row.optional().filter(|it| it != "heap"));
            table.native.set("storage_parameters", row.optional());
            table.comment = row.optional();
            let (inherited, typed) = (row.flag(), row.flag());
            let (row_security, forced) = (row.flag(), row.flag());
            table.native.set("row_security", row_security.then_some(if forced { "force" } else { "true" }));
            let replica_identity = row.text();
            let owned = row.flag();
            table.native.set("tablespace", row.optional());
            let kind = match kind.as_str() {
                "r" if inherited => Some("inherited table"),
                "r" if typed => Some("typed table"),
                "r" => None,
                "p" => Some("partitioned table"),
                "v" => Some("view"),
                "m" => Some("materialized view"),
                "f" => Some("foreign table"),
                "S" if owned => continue,
                "S" => Some("sequence"),
                _ => Some("composite type"),
            };
            if let Some(kind) = kind {
                not_managed.push(NotManaged { kind: kind.to_owned(), name: table.name.to_string(), table: None });
            }
            numbers.tables.insert(number, Found { table, not_managed: kind, replica_identity });
        }
    }

    fn needs(&self, rows: Vec<Cells>, numbers: &Numbers) -> Vec<Need> {
        let mut needs = Vec::new();
        for mut row in rows {
            let (table, column) = (row.text(), row.text().parse().unwrap_or_default());
            let (namespace, name) = (row.text(), row.text());
            let by = row.text();
            let owner = row.optional().and_then(|number| numbers.tables.get(&number));
            needs.push(Need {
                of: self.name(&namespace, name),
                column: numbers.columns.get(&table).and_then(|of| of.get(&column)).map(|it| it.name.clone()),
                by: self.text(&by),
                with: owner.map(|found| found.table.name.clone()),
            });
        }
        needs.sort();
        needs
    }

    fn others(&self, catalogue: &mut Catalogue, not_managed: &mut Vec<NotManaged>) {
        for mut row in std::mem::take(&mut catalogue.others) {
            let (kind, namespace, name) = (row.text(), row.text(), row.text());
            let table = row.optional().map(|table| self.name(&namespace, table));
            let is_full = table.is_some() || kind == "comment" || row.flag();
            let name = if is_full { name } else { self.name(&namespace, name).to_string() };
            not_managed.push(NotManaged { kind, name, table });
        }
    }
}
