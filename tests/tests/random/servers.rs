//! The same pairs on PostgreSQL and MariaDB, as far as these can hold them: models of one, rows, models of the other.

use std::collections::{BTreeMap, BTreeSet};

use migratable::{AnyConnection, Cause, Error, Migrator, Options, Report};
use migratable_core::builder::{sql, sql_each};
use migratable_core::diff::{Answers, diff};
use migratable_core::{ColumnType, Dialect, IndexTarget, Naming, Operation, Schema};
use migratable_tests::databases::client::{Database, Server};
use migratable_tests::databases::reader;
use migratable_tests::databases::rows::{self, Renames};
use migratable_tests::recorded::{migrator, set_downgrades, set_upgrades};

use super::plans;

/// What a dialect can hold of a schema: what it cannot is left out, or put in its own words.
fn fitted(mut schema: Schema, dialect: Dialect) -> Schema {
    let mysql = dialect == Dialect::Mysql;
    for table in schema.tables.values_mut() {
        let numbered = table.columns.iter().any(|column| column.identity.is_some());
        for column in &mut table.columns {
            column.collation = None;
            if let Some(generated) = &mut column.generated {
                generated.stored = true;
            }
            if mysql {
                column.generated = column.generated.take().filter(|_| !numbered);
                if column.column_type == ColumnType::Text {
                    // No key is over a text, and none has a literal for its default.
                    column.column_type = ColumnType::Varchar(60);
                }
            }
        }
        let first = table.columns.iter().map(|it| it.name.clone()).find(|name| name != "id" && name != "ref");
        for check in &mut table.checks {
            // MySQL lets no check look at a numbered column.
            let name = first.clone().unwrap_or_default();
            check.expression = sql_each()
                .postgres(&format!("\"{}\" IS NULL OR id >= 0", name.replace('"', "\"\"")))
                .mysql(&format!("`{name}` IS NULL OR 1 = 1"));
        }
        if mysql {
            let is_plain = |it: &migratable_core::IndexPart| matches!(it.target, IndexTarget::Column(_));
            table.indexes.retain(|index| index.parts.iter().all(is_plain));
        }
        forget_names(table);
        Naming::usual().fill(table);
    }
    if mysql { without_emoji(schema) } else { schema }
}

fn forget_names(table: &mut migratable_core::Table) {
    table.primary_key.iter_mut().for_each(|it| it.name.clear());
    table.uniques.iter_mut().for_each(|it| it.name.clear());
    table.indexes.iter_mut().for_each(|it| it.name.clear());
    table.checks.iter_mut().for_each(|it| it.name.clear());
    table.foreign_keys.iter_mut().for_each(|it| it.name.clear());
}

/// MySQL's names have no characters beyond U+FFFF.
fn without_emoji(mut schema: Schema) -> Schema {
    for table in schema.tables.values_mut() {
        if table.find("😀").is_some() {
            let rename = Operation::RenameColumn { table: table.name.clone(), from: "😀".into(), to: "grün".into() };
            let mut alone = Schema::default();
            alone
                .tables
                .insert(table.name.clone(), migratable_core::Table { foreign_keys: Vec::new(), ..table.clone() });
            rename.apply(&mut alone).unwrap();
            let keys = std::mem::take(&mut table.foreign_keys);
            *table = alone.tables.remove(&table.name).unwrap();
            table.foreign_keys = keys;
            for check in &mut table.checks {
                check.expression =
                    sql(&check.expression.text(Dialect::Mysql).unwrap_or_default().replace("😀", "grün"));
            }
            forget_names(table);
            Naming::usual().fill(table);
        }
    }
    schema
}

/// What happened to a pair.
#[derive(Default)]
pub struct Tally {
    pub done: usize,
    /// Rows stood in the way there, and nothing was changed.
    pub refused: usize,
    /// The same on the way back.
    pub refused_back: usize,
}

/// The databases in which pairs are tried, one after the other.
pub struct Traveller<'a> {
    dialect: Dialect,
    database: Database<'a>,
    fresh: Database<'a>,
}

type Ran = Result<Report, Error>;

fn run(database: &Database<'_>, work: impl FnOnce(Migrator<AnyConnection>, &mut AnyConnection) -> Ran) -> Ran {
    work(migrator(), &mut database.session().unwrap().connection)
}

/// What a database holds, without the places of the columns.
fn held(database: &Database<'_>) -> BTreeSet<String> {
    let held = reader::read(database).unwrap().managed;
    reader::without_places(held.into_iter().filter(|line| !line.starts_with("migratable_")).collect())
}

/// What has another name behind operations, and what may have other values: columns under the names that they have before,
/// and tables.
fn traces(before: &Schema, operations: &[Operation]) -> (Vec<String>, Vec<String>) {
    let (mut renames, mut touched) = (Vec::new(), Vec::new());
    let mut tables: BTreeMap<String, String> = BTreeMap::new();
    let mut columns: BTreeMap<(String, String), String> = BTreeMap::new();
    for operation in operations {
        let before_table = |table: &str, tables: &BTreeMap<String, String>| {
            tables.get(table).cloned().unwrap_or_else(|| table.to_owned())
        };
        match operation {
            Operation::RenameTable { from, to } => {
                let first = before_table(&from.name, &tables);
                tables.remove(&from.name);
                tables.insert(to.name.clone(), first);
            }
            Operation::CreateTable(table) => touched.push(table.name.name.clone()),
            Operation::DropTable { table } => touched.push(before_table(&table.name, &tables)),
            Operation::RenameColumn { table, from, to } => {
                let table = before_table(&table.name, &tables);
                let first = columns.remove(&(table.clone(), from.clone())).unwrap_or_else(|| from.clone());
                columns.insert((table, to.clone()), first);
            }
            Operation::AddColumn { table, column } => {
                touched.push(format!("{}.{}", before_table(&table.name, &tables), column.name));
            }
            Operation::AlterColumn { table, column, .. }
            | Operation::Backfill { table, column, .. }
            | Operation::DropColumn { table, column } => {
                let table = before_table(&table.name, &tables);
                let first = columns.get(&(table.clone(), column.clone())).cloned();
                touched.push(format!("{table}.{}", first.unwrap_or_else(|| column.clone())));
            }
            Operation::RenameEnumValue { name, .. } | Operation::DropEnumValue { name, .. } => {
                let users = before.users_of(name);
                touched.extend(users.map(|(table, column)| format!("{}.{}", table.name, column.name)));
            }
            _ => {}
        }
    }
    renames.extend(tables.iter().map(|(to, from)| format!("{from}={to}")));
    let after = |table: &String| tables.iter().find(|(_, from)| *from == table).map_or(table, |(to, _)| to).clone();
    renames.extend(columns.iter().map(|((table, to), from)| format!("{table}.{from}={}.{to}", after(table))));
    // What is computed follows what it is computed from.
    let computed = before.tables.values().flat_map(|table| {
        let computed = table.columns.iter().filter(|column| column.generated.is_some());
        computed.map(|column| format!("{}.{}", table.name.name, column.name))
    });
    touched.extend(computed);
    (renames, touched)
}

impl Traveller<'_> {
    pub fn new<'a>(server: &'a Server, dialect: Dialect) -> Traveller<'a> {
        let database = |what: &str| server.database(what).unwrap().kept_open().unwrap();
        Traveller { dialect, database: database("random_there"), fresh: database("random_fresh") }
    }

    /// Tries a pair.
    pub fn travel(&self, a: &Schema, b: &Schema, rename: &[bool], tally: &mut Tally) {
        let Traveller { dialect, database, fresh } = self;
        let (a, b) = (fitted(a.clone(), *dialect), fitted(b.clone(), *dialect));
        let (first, second) = plans(&a, &b, rename);
        set_upgrades([first.upgrade.clone(), second.upgrade.clone()]);
        set_downgrades([first.downgrade.clone(), second.downgrade.clone()]);
        let context = || format!("{dialect}: upgrade {:#?}\ndowngrade {:#?}", second.upgrade, second.downgrade);
        let is_for_rows = |error: &Error| matches!(error, Error::Failed(it) if matches!(it.cause, Cause::Rows(_)));
        let is_no_value = |error: &Error| {
            let said = error.to_string();
            said.contains("invalid input syntax") && said.contains("Nothing was changed")
        };
        let is_as_it_was = |error: &Error, held_before: &BTreeSet<String>, rows_before: &rows::Rows| {
            reader::same(&held(database), held_before).unwrap_or_else(|seen| panic!("{error}\n{seen}\n{}", context()));
            rows::same(rows_before, &rows::snapshot(database).unwrap(), &Renames(&[]), &[])
                .unwrap_or_else(|seen| panic!("{error}\n{seen}\n{}", context()));
        };

        database.make("").unwrap();
        run(database, |migrator, db| migrator.upgrade_to(db, "a0", &Options::default()))
            .unwrap_or_else(|error| panic!("{error}\n{a:#?}"));
        rows::fill(database, "").unwrap_or_else(|error| panic!("{dialect}: {error}\n{a:#?}"));
        let (held_a, rows_a) = (held(database), rows::snapshot(database).unwrap());
        match run(database, |migrator, db| migrator.upgrade(db)) {
            Ok(_) => {}
            Err(error) if is_for_rows(&error) => {
                is_as_it_was(&error, &held_a, &rows_a);
                tally.refused += 1;
                return;
            }
            Err(error) => panic!("{error}\n{}", context()),
        }
        let (held_b, rows_b) = (held(database), rows::snapshot(database).unwrap());
        let (renames, touched) = traces(&a, &second.upgrade);
        rows::same(&rows_a, &rows_b, &Renames(&renames), &touched)
            .unwrap_or_else(|seen| panic!("rows: {seen}\n{}", context()));

        let whole = diff(&Schema::default(), &b, &Answers::default()).unwrap();
        set_upgrades([whole.upgrade, Vec::new()]);
        fresh.make("").unwrap();
        run(fresh, |migrator, db| migrator.upgrade(db)).unwrap_or_else(|error| panic!("{error}\n{b:#?}"));
        reader::same(&held_b, &held(fresh))
            .unwrap_or_else(|seen| panic!("not what a fresh database has: {seen}\n{}", context()));

        set_upgrades([first.upgrade, second.upgrade.clone()]);
        match run(database, |migrator, db| migrator.downgrade(db, "a0", &Options::default())) {
            Ok(_) => {}
            Err(error) if is_for_rows(&error) || is_no_value(&error) => {
                is_as_it_was(&error, &held_b, &rows_b);
                tally.refused_back += 1;
                return;
            }
            Err(error) => panic!("back: {error}\n{}", context()),
        }
        reader::same(&held(database), &held_a)
            .unwrap_or_else(|seen| panic!("the way back leads elsewhere: {seen}\n{}", context()));
        let (renames, touched) = traces(&b, &second.downgrade);
        rows::same(&rows_b, &rows::snapshot(database).unwrap(), &Renames(&renames), &touched)
            .unwrap_or_else(|seen| panic!("rows back: {seen}\n{}", context()));
        tally.done += 1;
    }
}
