//! What could not stand while something else changes: dropped before, made again behind it.

use migratable_core::operation::conversion;
use migratable_core::{IndexTarget, Operation, Table, TableName};

use super::super::ddl::{self, qualified, quoted};
use super::{Planned, Planner};
use crate::dialect::{Work, literal};

/// Something that was dropped and is to be made again, as the schema then has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Aside {
    pub(super) table: TableName,
    pub(super) kind: Kind,
    pub(super) name: String,
    /// Waits until the end: what it refers to is not there before.
    pub(super) late: bool,
    /// The place of the operation that it made room for.
    at: usize,
    /// The setting that holds what is to be granted on it again.
    grants: Option<String>,
}

impl Aside {
    /// Whether it is this column, which is not in the database meanwhile.
    pub(super) fn is_column(&self, table: &TableName, name: &str) -> bool {
        self.kind == Kind::Column && self.table == *table && self.name == name
    }
}

/// What it is, in the order in which things are made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Column,
    PrimaryKey,
    Unique,
    Index,
    Check,
    ForeignKey,
}

impl Planner<'_> {
    /// Makes again what the next operation may need.
    pub(super) fn bring_back_before(&mut self, operation: &Operation) -> Planned {
        match operation {
            Operation::AlterColumn { .. } | Operation::AddEnumValue { .. } | Operation::DropEnumValue { .. } => Ok(()),
            // What rests on a column that is replaced comes back when the other is in its place.
            rename if conversion::is_replaced(rename) || conversion::replaces(rename) => Ok(()),
            Operation::RenameTable { .. }
            | Operation::RenameColumn { .. }
            | Operation::RenameIndex { .. }
            | Operation::RenameConstraint { .. } => self.bring_back(|_| true),
            Operation::CreateIndex { .. }
            | Operation::CreateUnique { .. }
            | Operation::CreateCheck { .. }
            | Operation::CreatePrimaryKey { .. }
            | Operation::CreateForeignKey { .. } => self.bring_back(|it| !it.late || it.kind == Kind::Column),
            data if data.is_data() => self.bring_back(|_| true),
            _ => self.bring_back(|it| !it.late),
        }
    }

    pub(super) fn bring_back(&mut self, which: impl Fn(&Aside) -> bool) -> Planned {
        let back = |it: &Aside| which(it) && !self.goes_later(it);
        let (mut back, left): (Vec<Aside>, Vec<Aside>) = self.aside.clone().into_iter().partition(back);
        self.aside = left;
        back.sort_by_key(|it| it.kind);
        let at = self.at;
        let regions = back.iter().filter(|it| it.grants.is_some()).count();
        for aside in back {
            self.at = aside.at;
            if let Some(table) = self.schema.table(&aside.table).cloned() {
                let statements = make(&table, &aside)?;
                self.statements(statements);
                if matches!(aside.kind, Kind::PrimaryKey | Kind::Unique | Kind::Index) {
                    self.indexed.insert((aside.table, aside.name));
                }
            }
        }
        self.at = at;
        (0..regions).for_each(|_| self.push(Work::Commit));
        self.bring_back_dependents();
        Ok(())
    }

    /// Whether an operation drops it before the next data step.
    fn goes_later(&self, aside: &Aside) -> bool {
        let mut next = self.operations[self.next..].iter().take_while(|it| !it.is_data());
        next.any(|operation| match operation {
            Operation::DropColumn { table, column } => {
                aside.kind == Kind::Column && *table == aside.table && *column == aside.name
            }
            Operation::DropForeignKey { table, name }
            | Operation::DropCheck { table, name }
            | Operation::DropIndex { table, name }
            | Operation::DropUnique { table, name }
            | Operation::DropPrimaryKey { table, name } => {
                aside.kind != Kind::Column && *table == aside.table && *name == aside.name
            }
            _ => false,
        })
    }

    /// Whether something was set aside, and is now no longer to be made again.
    pub(super) fn forget(&mut self, table: &TableName, name: &str) -> bool {
        let before = self.aside.len();
        self.aside.retain(|it| it.kind == Kind::Column || it.table != *table || it.name != name);
        self.aside.len() < before
    }

    /// Whether a column was not there yet, and is now not to be made.
    pub(super) fn forget_column(&mut self, table: &TableName, name: &str) -> bool {
        let before = self.aside.len();
        self.aside.retain(|it| it.kind != Kind::Column || it.table != *table || it.name != name);
        self.aside.len() < before
    }

    pub(super) fn is_aside(&self, table: &TableName, kind: Kind, name: &str) -> bool {
        self.aside.iter().any(|it| it.table == *table && it.kind == kind && it.name == name)
    }

    fn put_aside(&mut self, table: &TableName, kind: Kind, name: &str, late: bool) {
        if self.is_aside(table, kind, name) {
            return;
        }
        if kind == Kind::Column {
            // What is kept of its grants is gone with the transaction.
            self.push(Work::Begin);
        }
        let grants = (kind == Kind::Column).then(|| format!("migratable.grants_{}", self.planned.pieces.len()));
        self.statements(grants.iter().map(|setting| keep_grants(setting, table, name)));
        let drop = match kind {
            Kind::Column => format!("ALTER TABLE {} DROP COLUMN {}", qualified(table), quoted(name)),
            Kind::Index => format!("DROP INDEX {}", ddl::in_schema_of(table, name)),
            _ => ddl::drop_constraint(table, name),
        };
        self.statement(drop);
        self.aside.push(Aside { table: table.clone(), kind, name: name.to_owned(), late, at: self.at, grants });
    }

    /// Lets a new computed column wait until the columns that it is computed from are what they will be.
    pub(super) fn make_later(&mut self, table: &TableName, column: &str) {
        let (table, name) = (table.clone(), column.to_owned());
        self.aside.push(Aside { table, kind: Kind::Column, name, late: true, at: self.at, grants: None });
    }

    fn put_references_aside(&mut self, table: &TableName, late: bool, which: impl Fn(&[String], bool) -> bool) {
        let mut keys = Vec::new();
        for other in self.schema.tables.values() {
            for key in &other.foreign_keys {
                let refers = key.table == *table && which(&key.references, true);
                if refers || (other.name == *table && which(&key.columns, false)) {
                    keys.push((other.name.clone(), key.name.clone()));
                }
            }
        }
        for (table, name) in keys {
            self.put_aside(&table, Kind::ForeignKey, &name, late);
        }
    }

    /// Sets aside the references that need an index or a key which is about to go.
    pub(super) fn set_aside_references(&mut self, before: &Table, name: &str) -> Planned {
        let mut left = before.clone();
        left.indexes.retain(|it| it.name != name);
        left.uniques.retain(|it| it.name != name);
        left.primary_key = left.primary_key.filter(|it| it.name != name);
        let needs = |columns: &[String], refers: bool| refers && before.is_unique(columns) && !left.is_unique(columns);
        self.put_references_aside(&before.name, true, needs);
        Ok(())
    }

    /// Sets aside what holds the type of a column in its expressions.
    pub(super) fn set_aside_expressions(&mut self, table: &Table, column: &str) -> Planned {
        let name = &table.name;
        self.set_aside_dependents_of_column(name, column)?;
        self.put_references_aside(name, false, |columns, _| columns.iter().any(|it| it == column));
        for check in table.checks.iter().filter(|it| it.expression.mentions(column)) {
            self.put_aside(name, Kind::Check, &check.name, false);
        }
        for index in &table.indexes {
            let in_expression = index.parts.iter().any(|part| match &part.target {
                IndexTarget::Expression(sql) => sql.mentions(column),
                IndexTarget::Column(_) => false,
            });
            if in_expression || index.predicate.as_ref().is_some_and(|sql| sql.mentions(column)) {
                self.put_aside(name, Kind::Index, &index.name, false);
            }
        }
        let computed = |it: &&migratable_core::Column| {
            it.name != column && it.generated.as_ref().is_some_and(|it| it.expression.mentions(column))
        };
        table.columns.iter().filter(computed).try_for_each(|it| self.set_aside_column(table, &it.name))
    }

    /// Sets aside a column with all that is on it.
    pub(super) fn set_aside_column(&mut self, table: &Table, column: &str) -> Planned {
        let has = |columns: &[String]| columns.iter().any(|it| it == column);
        let name = &table.name;
        self.set_aside_expressions(table, column)?;
        for index in table.indexes.iter().filter(|it| it.mentions(column)) {
            self.put_aside(name, Kind::Index, &index.name, false);
        }
        for unique in table.uniques.iter().filter(|it| has(&it.columns)) {
            self.put_aside(name, Kind::Unique, &unique.name, false);
        }
        for key in table.primary_key.iter().filter(|it| has(&it.columns)) {
            self.put_aside(name, Kind::PrimaryKey, &key.name, false);
        }
        self.put_aside(name, Kind::Column, column, false);
        Ok(())
    }
}

/// Keeps in a setting of the transaction what is granted on a column.
fn keep_grants(setting: &str, table: &TableName, column: &str) -> String {
    let (setting, table, column) = (literal(setting), literal(&qualified(table)), literal(column));
    ddl::block(&format!(
        "BEGIN PERFORM set_config({setting}, coalesce(string_agg(format('GRANT %s (%I) ON %s TO %s%s', \
         privilege_type, attname, attrelid::regclass, \
         CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END, \
         CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; '), ''), true) \
         FROM pg_attribute, aclexplode(attacl) \
         WHERE attrelid = {table}::regclass AND attname = {column}; END"
    ))
}

/// The statements that make it again; none if the table no longer has it.
fn make(table: &Table, aside: &Aside) -> Planned<Vec<String>> {
    let name = &table.name;
    let mut statements = Vec::new();
    let mut constraint = |sql: String, native| {
        statements.push(ddl::add_constraint(name, &sql));
        statements.extend(ddl::comment_on_constraint(name, &aside.name, native));
    };
    match aside.kind {
        Kind::Column => {
            if let Some(column) = table.find(&aside.name) {
                statements = super::columns::add(name, column, &ddl::define(name, column)?)?;
                let again = |it| ddl::block(&format!("BEGIN EXECUTE current_setting({}); END", literal(it)));
                statements.extend(aside.grants.as_deref().map(again));
            }
        }
        Kind::PrimaryKey => {
            if let Some(key) = table.primary_key.as_ref().filter(|it| it.name == aside.name) {
                constraint(ddl::primary_key(key)?, &key.native);
            }
        }
        Kind::Unique => {
            if let Some(unique) = table.uniques.iter().find(|it| it.name == aside.name) {
                constraint(ddl::unique(unique)?, &unique.native);
            }
        }
        Kind::Index => {
            if let Some(index) = table.indexes.iter().find(|it| it.name == aside.name) {
                return ddl::create_index(name, index);
            }
        }
        Kind::Check => {
            if let Some(check) = table.checks.iter().find(|it| it.name == aside.name) {
                constraint(ddl::check(check)?, &check.native);
            }
        }
        Kind::ForeignKey => {
            if let Some(key) = table.foreign_keys.iter().find(|it| it.name == aside.name) {
                constraint(ddl::foreign_key(key)?, &key.native);
            }
        }
    }
    Ok(statements)
}
