//! Pairs of schemas on a database, as far as it can hold them: one with rows, the other, compared with a fresh one, back,
//! and there again.

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
    if dialect == Dialect::Sqlite {
        return schema;
    }
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
        }
        let referred = table.foreign_keys.iter_mut().flat_map(|key| &mut key.references);
        referred.filter(|name| *name == "😀").for_each(|name| *name = "grün".to_owned());
        forget_names(table);
        Naming::usual().fill(table);
    }
    schema
}

/// What happened to a pair.
#[derive(Default)]
pub struct Tally {
    /// Rows stood in the way there, and nothing was changed.
    pub refused: usize,
    /// The same on the way back.
    pub refused_back: usize,
    /// The same, there again: what stands in for values that did not come back is in the way.
    pub refused_again: usize,
    /// How many operations of each kind there were.
    pub kinds: BTreeMap<&'static str, usize>,
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

/// What operations leave behind.
#[derive(Default)]
struct Traces {
    /// What has another name.
    renames: Vec<String>,
    /// What may have other values: columns under the names that they have before, and tables.
    touched: Vec<String>,
    /// The columns that have the same values in another type.
    retyped: Vec<String>,
}

fn traces(before: &Schema, operations: &[Operation]) -> Traces {
    let Traces { mut renames, mut touched, mut retyped } = Traces::default();
    let mut current = before.clone();
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
                let name = format!("{table}.{}", first.unwrap_or_else(|| column.clone()));
                match operation {
                    Operation::AlterColumn { change, .. } if change.using.is_none() && change.generated.is_none() => {
                        retyped.extend(change.column_type.is_some().then_some(name));
                    }
                    _ => touched.push(name),
                }
            }
            Operation::RenameEnumValue { name, .. } | Operation::DropEnumValue { name, .. } => {
                // Also the columns that have come to be of it.
                for (table, column) in current.users_of(name) {
                    let table = before_table(&table.name, &tables);
                    let first = columns.get(&(table.clone(), column.name.clone())).unwrap_or(&column.name);
                    touched.push(format!("{table}.{first}"));
                }
            }
            _ => {}
        }
        operation.apply(&mut current).unwrap();
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
    Traces { renames, touched, retyped }
}

/// That the rows are those of before, as far as the operations leave them.
fn are_kept(before: &rows::Rows, after: &rows::Rows, schema: &Schema, operations: &[Operation]) -> Result<(), String> {
    let Traces { renames, touched, retyped } = traces(schema, operations);
    rows::kept(before, after, &Renames(&renames), &touched)?;
    rows::same(before, after, &Renames(&renames), &[touched, retyped].concat())
}

impl Traveller<'_> {
    pub fn new<'a>(server: &'a Server, dialect: Dialect) -> Traveller<'a> {
        let database = |what: &str| server.database(what).unwrap().kept_open().unwrap();
        Traveller { dialect, database: database("random_there"), fresh: database("random_fresh") }
    }

    /// Tries a pair. Gives back whether it went there and back.
    pub fn travel(&self, a: &Schema, b: &Schema, rename: &[bool], tally: &mut Tally) -> bool {
        let Traveller { dialect, database, fresh } = self;
        let (a, b) = (fitted(a.clone(), *dialect), fitted(b.clone(), *dialect));
        let (first, second) = plans(&a, &b, rename);
        for operation in first.upgrade.iter().chain(&second.upgrade).chain(&second.downgrade) {
            *tally.kinds.entry(operation.kind()).or_default() += 1;
        }
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
                return false;
            }
            Err(error) => panic!("{error}\n{}", context()),
        }
        let (held_b, rows_b) = (held(database), rows::snapshot(database).unwrap());
        are_kept(&rows_a, &rows_b, &a, &second.upgrade).unwrap_or_else(|seen| panic!("rows: {seen}\n{}", context()));

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
                return false;
            }
            Err(error) => panic!("back: {error}\n{}", context()),
        }
        reader::same(&held(database), &held_a)
            .unwrap_or_else(|seen| panic!("the way back leads elsewhere: {seen}\n{}", context()));
        let rows_back = rows::snapshot(database).unwrap();
        are_kept(&rows_b, &rows_back, &b, &second.downgrade)
            .unwrap_or_else(|seen| panic!("rows back: {seen}\n{}", context()));

        // What stands in for values that are gone need not go there again.
        match run(database, |migrator, db| migrator.upgrade(db)) {
            Ok(_) => {}
            Err(error) if is_for_rows(&error) => {
                is_as_it_was(&error, &held_a, &rows_back);
                tally.refused_again += 1;
                return true;
            }
            Err(error) => panic!("again: {error}\n{}", context()),
        }
        reader::same(&held(database), &held_b)
            .unwrap_or_else(|seen| panic!("again it leads elsewhere: {seen}\n{}", context()));
        are_kept(&rows_back, &rows::snapshot(database).unwrap(), &a, &second.upgrade)
            .unwrap_or_else(|seen| panic!("rows again: {seen}\n{}", context()));
        true
    }
}
