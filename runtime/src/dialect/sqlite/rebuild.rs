//! Making a table anew in another form: create, copy, compare, drop, rename.
//!
//! The order matters: were the old table renamed first, references and views would follow it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::sqlite::SqliteConnection;
use migratable_core::{Column, Enum, Table};

use super::by_hand;
use super::ddl::{self, Form, create_index, quoted};
use super::guard;
use super::introspect::{self, Found};
use super::space;
use crate::dialect::{Connection, literal};
use crate::error::Stop;

/// A table that is made anew.
pub struct Rebuild {
    /// As it is in the database.
    pub(super) before: Table,
    /// The enums that there are in the database.
    pub(super) enums_before: BTreeMap<String, Enum>,
    /// As it is to be.
    pub(super) after: Table,
    /// The enums that there are then.
    pub(super) enums: BTreeMap<String, Enum>,
    /// The columns that get a value, and the SQL over the old table that gives it.
    pub(super) copy: Vec<(String, String)>,
    /// The columns that keep their values as they are: the name after and the name before, which are equal.
    pub(super) kept: Vec<String>,
    /// The indexes in the database that are the model's, under any name that they have had.
    pub(super) own_indexes: BTreeSet<String>,
}

/// The statements of a rebuild, apart where something is looked at in between.
struct Statements {
    copy: Vec<String>,
    swap: Vec<String>,
}

impl Rebuild {
    fn temporary(&self) -> String {
        format!("migratable_new_{}", self.after.name.name)
    }

    fn count(&self) -> String {
        let (old, new) = (quoted(&self.before.name.name), quoted(&self.temporary()));
        format!("SELECT (SELECT count(*) FROM {old}) - (SELECT count(*) FROM {new})")
    }

    fn statements(&self, found: &Found) -> Result<Statements, String> {
        let (old, temporary) = (quoted(&self.before.name.name), self.temporary());
        let form = self.form(found);
        let (mut columns, mut values): (Vec<String>, Vec<String>) =
            self.copy.iter().map(|(column, value)| (quoted(column), value.clone())).unzip();
        // Rowids are kept, although no model names them: full-text indexes and users may.
        if ddl::rowid_alias(&self.after).is_none()
            && !found.form.without_rowid
            && !form.without_rowid
            && let Some(rowid) = self.rowid()
        {
            columns.insert(0, rowid.to_owned());
            values.insert(0, format!("{old}.{rowid}"));
        }
        let mut copy = vec![
            ddl::create_table(&self.after, &self.enums, &temporary, &form)?,
            format!(
                "INSERT INTO {} ({}) SELECT {} FROM {old}",
                quoted(&temporary),
                columns.join(", "),
                values.join(", ")
            ),
        ];
        copy.extend(self.numbers(found));
        let mut swap = vec![
            format!("DROP TABLE {old}"),
            "PRAGMA legacy_alter_table = ON".to_owned(),
            format!("ALTER TABLE {} RENAME TO {}", quoted(&temporary), quoted(&self.after.name.name)),
            "PRAGMA legacy_alter_table = OFF".to_owned(),
        ];
        for index in &self.after.indexes {
            swap.push(create_index(&self.after.name.name, index)?);
        }
        swap.extend(self.left_alone(found).map(|it| it.sql.clone()));
        Ok(Statements { copy, swap })
    }

    /// A name of the rowid that no column has taken.
    pub(super) fn rowid(&self) -> Option<&'static str> {
        free_rowid([&self.before, &self.after])
    }

    fn form(&self, found: &Found) -> Form {
        let mut form = found.form.clone();
        // What somebody set by hand stays as it is.
        let (before, after) = (Form::of(&self.before), Form::of(&self.after));
        if before.strict != after.strict {
            form.strict = after.strict;
        }
        if before.without_rowid != after.without_rowid {
            form.without_rowid = after.without_rowid;
        }
        let identity = |table: &Table| ddl::rowid_alias(table).and_then(|column| column.identity.clone());
        form.autoincrement &= identity(&self.before) == identity(&self.after);
        let same_type = |name: &String| {
            let (before, after) = (self.before.find(name), self.after.find(name));
            before.map(|it| &it.column_type) == after.map(|it| &it.column_type)
        };
        let is_key = |table: &Table, name: &String| {
            table.primary_key.as_ref().is_some_and(|key| key.columns.as_slice() == std::slice::from_ref(name))
        };
        // A column that becomes the key must not become another name of the rowid by its type.
        let same_key = |name: &String| is_key(&self.before, name) || !is_key(&self.after, name);
        form.declared.retain(|name, _| form.strict && self.kept.contains(name) && same_type(name) && same_key(name));
        form
    }

    /// What carries over how far the rows were numbered.
    fn numbers(&self, found: &Found) -> Vec<String> {
        let counts = |table: &Table| {
            ddl::rowid_alias(table)
                .and_then(|column| column.identity.as_ref())
                .is_some_and(|identity| identity.always || identity.start.is_some())
        };
        let temporary = self.temporary();
        if !counts(&self.after) && !self.form(found).autoincrement {
            return Vec::new();
        }
        if !counts(&self.before) && !found.form.autoincrement {
            // A number is given as the greater of this one and the greatest rowid, so that the rows do not matter.
            let start = ddl::first_number(&self.after, &temporary);
            let delete = format!("DELETE FROM sqlite_sequence WHERE name = {}", literal(&temporary));
            return start.map(|start| vec![delete, start]).unwrap_or_default();
        }
        carry_numbers(&self.before.name.name, &temporary).into()
    }

    /// The triggers and indexes that the model does not have.
    fn left_alone<'a>(&'a self, found: &'a Found) -> impl Iterator<Item = &'a introspect::Dependent> {
        found
            .dependents
            .iter()
            .filter(|it| it.kind != "index" || !self.own_indexes.iter().any(|name| name.eq_ignore_ascii_case(&it.name)))
    }

    /// Refuses a table that is not what the revisions say, because what they do not say would be lost.
    fn check_columns(&self, found: &Found) -> Result<(), Stop> {
        let table = &self.before.name;
        let known = |name: &String| self.before.columns.iter().any(|it| it.name.eq_ignore_ascii_case(name));
        if let Some(extra) = found.columns.iter().find(|name| !known(name)) {
            return Err(Stop::refused(format!(
                "`{table}` has a column `{extra}` in the database that no revision made; it would be lost with its \
                 values: drop it, or write a revision that adds it and is only recorded there"
            )));
        }
        let is_there = |column: &Column| found.columns.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
        if let Some(missing) = self.before.columns.iter().find(|column| !is_there(column)) {
            return Err(Stop::refused(format!(
                "`{table}` has no column `{}` in the database, although the revisions before this one say so",
                missing.name
            )));
        }
        Ok(())
    }

    /// Refuses if the name that the new form has for a while is taken: whose that is, nobody knows.
    fn check_name(&self, database: &mut SqliteConnection) -> Result<(), Stop> {
        let temporary = self.temporary();
        let query =
            format!("SELECT type, name FROM main.sqlite_master WHERE name = {} COLLATE NOCASE", literal(&temporary));
        let rows = database.rows(&query).map_err(|error| Stop::at(&query, error))?;
        match rows.into_iter().next().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")) {
            Some(taken) => Err(Stop::refused(format!(
                "the database has a {taken}, and `{}` needs this name while it is made anew: rename it, or drop it if \
                 nobody needs it",
                self.before.name
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn perform(&self, database: &mut SqliteConnection) -> Result<(), Stop> {
        let found = introspect::table(database, &self.before.name.name)?.ok_or_else(|| {
            Stop::refused(format!(
                "there is no table `{}` in the database, although its revisions say so",
                self.before.name
            ))
        })?;
        self.check_columns(&found)?;
        by_hand::check(database, &self.before, &self.enums_before)?;
        self.check_name(database)?;
        space::check(database, &self.before.name.name)?;
        let statements = self.statements(&found).map_err(Stop::refused)?;
        run(database, &statements.copy)?;
        let count = self.count();
        let lost = database.rows(&count).map_err(|error| Stop::at(&count, error))?;
        if lost != [[Some("0".to_owned())]] {
            return Err(Stop::refused(format!(
                "the new form of `{}` does not hold as many rows as the old one",
                self.before.name
            )));
        }
        run(database, &statements.swap)
    }

    /// The table as revisions have made it.
    fn made(&self) -> Found {
        Found { form: Form::of(&self.before), ..Found::default() }
    }

    /// The statements, for a table that may be in the database.
    pub(super) fn preview(&self, found: Option<&Found>) -> Vec<String> {
        match self.statements(found.unwrap_or(&self.made())) {
            Ok(statements) => statements.copy.into_iter().chain(statements.swap).collect(),
            Err(message) => vec![format!("-- {message}")],
        }
    }

    /// SQL for how much there is that a script would lose.
    fn lost_offline(&self) -> Result<String, String> {
        let table = literal(&self.before.name.name);
        let own: Vec<String> = self.own_indexes.iter().map(|name| literal(name)).collect();
        let columns: Vec<String> = self.before.columns.iter().map(|column| literal(&column.name)).collect();
        let made = Form::of(&self.before);
        let mut counts = vec![
            format!(
                "(SELECT count(*) FROM main.sqlite_master WHERE tbl_name = {table} COLLATE NOCASE \
                 AND type IN ('trigger', 'index') AND sql IS NOT NULL AND name COLLATE NOCASE NOT IN ({}))",
                own.join(", ")
            ),
            format!(
                "(SELECT count(*) FROM pragma_table_list({table}) WHERE schema = 'main' AND (wr > {} OR strict > {}))",
                made.without_rowid, made.strict
            ),
            format!(
                "(SELECT count(*) FROM pragma_table_xinfo({table}) WHERE name COLLATE NOCASE NOT IN ({}))",
                columns.join(", ")
            ),
        ];
        let by_hand = by_hand::offline(&self.before, &self.enums_before)?;
        counts.extend(by_hand.iter().map(|query| format!("(SELECT count(*) FROM ({query}))")));
        Ok(counts.join("\n    + "))
    }

    /// The statements of a script, which stops where something would be lost that it cannot carry over.
    pub(super) fn offline(&self) -> Vec<String> {
        let planned = self.statements(&self.made()).and_then(|statements| Ok((statements, self.lost_offline()?)));
        let (statements, lost) = match planned {
            Ok(planned) => planned,
            Err(message) => return vec![format!("-- {message}")],
        };
        let mut script = vec![
            "-- A script cannot carry over what no revision made: triggers, indexes, constraints, columns, AUTOINCREMENT,"
                .to_owned(),
            "-- STRICT, WITHOUT ROWID. It stops here if the table has such; run it without --sql then.".to_owned(),
            guard(&format!("{} has something that this script would lose", self.before.name), &lost),
        ];
        script.extend(statements.copy);
        script.push(guard(
            &format!("the new form of {} does not hold as many rows as the old one", self.before.name),
            self.count().trim_start_matches("SELECT "),
        ));
        script.extend(statements.swap);
        script
    }
}

/// What carries over how far the rows of a table were numbered to another.
pub(super) fn carry_numbers(old: &str, new: &str) -> [String; 2] {
    let (old, new) = (literal(old), literal(new));
    [
        format!("DELETE FROM sqlite_sequence WHERE name = {new}"),
        format!("INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"),
    ]
}

/// A name of the rowid that no column of these tables has taken.
pub(super) fn free_rowid<const N: usize>(tables: [&Table; N]) -> Option<&'static str> {
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| {
        !tables.iter().flat_map(|table| &table.columns).any(|column| column.name.eq_ignore_ascii_case(name))
    })
}

fn run(database: &mut SqliteConnection, statements: &[String]) -> Result<(), Stop> {
    statements.iter().try_for_each(|sql| database.execute(sql).map_err(|error| Stop::at(sql, error)))
}
