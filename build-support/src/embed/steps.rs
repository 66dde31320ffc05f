//! The typed tables of the data steps: for each a module of its name, with the tables as they are when it runs.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Operation, Schema, TableName};

use super::index::module_of;
use crate::configuration::Configuration;
use crate::diesel_schema::names::table_identifier;
use crate::diesel_schema::{Sharing, write_shared_tables, write_tables};
use crate::history::{Entry, Problem, Step};

/// The steps seen so far.
pub(super) struct Steps<'a> {
    configuration: &'a Configuration,
    /// How many columns a table may have.
    limit: usize,
    /// The tables, by revision and function.
    tables: BTreeMap<(String, String), Tables>,
    /// What the steps declare.
    pub(super) sharing: Sharing,
    /// Functions that run where they cannot.
    pub(super) problems: Vec<Problem>,
}

/// The tables that a step can name, and all enums.
struct Tables {
    schema: Schema,
    /// Their declarations.
    text: String,
}

impl Steps<'_> {
    pub(super) fn new(configuration: &Configuration, limit: usize) -> Steps<'_> {
        Steps { configuration, limit, tables: BTreeMap::new(), sharing: Sharing::default(), problems: Vec::new() }
    }

    /// Notes the tables that a step meets.
    pub(super) fn add(&mut self, step: &Step<'_>) {
        let schema = tables_of(step.entry, &step.entry.file.words, step.schema);
        let names = schema.tables.keys().cloned().collect();
        let text = write_tables(&schema, &names, &self.configuration.dialects, self.limit);
        let tables = Tables { schema, text };
        let key = (step.entry.file.id.clone(), step.name.to_owned());
        match self.tables.get(&key) {
            Some(other) if other.text != tables.text => {
                let message = format!(
                    "`{0}` runs at two places between which its tables change: write a function for each, because the \
                     tables that `{0}` can name are those of one moment",
                    step.name
                );
                let located = step.statement.located(step.function, step.name, message);
                self.problems.push(Problem::located(step.entry.path.clone(), located));
            }
            Some(_) => {}
            None => {
                self.tables.insert(key, tables);
            }
        }
    }

    /// What a revision takes in: the connection, and the modules of its steps. It is made for one revision behind the
    /// other: tables that an earlier one has are not declared again.
    pub(super) fn text(&mut self, entry: &Entry) -> String {
        let file = &entry.file;
        let of = self.configuration.database.as_ref().map_or(String::new(), |name| format!("{name}::"));
        let mut out = format!("#[allow(unused_imports)]\nuse super::{of}Db;\n\n");
        for step in &file.steps {
            module(&mut out, step, &self.shared(&file.id, step, step));
        }
        // A function whose name is misspelt where it is run is one error, not one for each table that it names.
        if let Some(misspelt) = file.steps.iter().find(|step| !file.functions.contains(step)) {
            let is_other =
                |it: &&String| !file.steps.contains(it) && !file.mappers.iter().any(|mapper| mapper.name == **it);
            for function in file.functions.iter().filter(is_other) {
                module(&mut out, function, &self.shared(&file.id, misspelt, function));
            }
        }
        out
    }

    /// The tables of a step of a revision, in the module of that name.
    fn shared(&mut self, id: &str, step: &str, module: &str) -> String {
        let Some(Tables { schema, .. }) = self.tables.get(&(id.to_owned(), step.to_owned())) else {
            return String::new();
        };
        let here = format!("{}::{module}", module_of(id));
        write_shared_tables(schema, &self.configuration.dialects, self.limit, &mut self.sharing, &here)
    }
}

/// The part of a schema that the operations of a revision and some of its functions name.
pub(super) fn tables_of(entry: &Entry, words: &BTreeSet<String>, schema: &Schema) -> Schema {
    let mut tables = BTreeSet::new();
    for statement in entry.file.upgrade.iter().chain(&entry.file.downgrade) {
        named(&statement.operation, &mut tables);
    }
    tables.extend(schema.tables.keys().filter(|table| words.contains(&word(&table.name))).cloned());
    let found = tables.into_iter().filter_map(|name| Some((name.clone(), schema.tables.get(&name)?.clone())));
    Schema { tables: found.collect(), enums: schema.enums.clone(), ..Schema::default() }
}

fn module(out: &mut String, step: &str, tables: &str) {
    let tables: String =
        tables.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("    {line}\n") }).collect();
    out.push_str(&format!(
        "/// The tables as they are when `{step}` runs.\n#[allow(missing_docs, dead_code, unused_imports, non_snake_case)]\npub mod {step} {{\n    \
         pub use ::migratable::diesel::prelude::*;\n\n{}\n}}\n\n",
        tables.trim_end()
    ));
}

/// The tables that an operation names.
fn named(operation: &Operation, tables: &mut BTreeSet<TableName>) {
    tables.extend(operation.table().cloned());
    match operation {
        Operation::RenameTable { to, .. } => {
            tables.insert(to.clone());
        }
        Operation::Execute { effect, .. } => effect.iter().for_each(|operation| named(operation, tables)),
        _ => {}
    }
}

/// The word by which a table is named in Rust.
fn word(name: &str) -> String {
    let (identifier, _) = table_identifier(name);
    identifier.strip_prefix("r#").unwrap_or(&identifier).to_owned()
}
