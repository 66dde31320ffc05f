//! The way of one transition on a database: there with rows, compared with a fresh database, back, and there again.

use std::collections::{BTreeMap, BTreeSet};

use migratable::inspect::{inspect, inspect_scratch};
use migratable::{AnyConnection, Cause, Error, Migrator, Options};
use migratable_core::diff::{Answers, diff};
use migratable_core::{Operation, Schema};
use migratable_tests::databases::client::{Database, Server};
use migratable_tests::databases::reader;
use migratable_tests::databases::rows::{self, Renames};
use migratable_tests::recorded::{migrator, set_downgrades, set_steps, set_upgrades};

use crate::numbers;
use crate::package::Written;
use crate::transition::Transition;

/// Where a transition went wrong, and what was seen there.
pub struct Wrong {
    /// What was being done.
    pub stage: &'static str,
    /// What was seen.
    pub seen: String,
}

fn at<T>(stage: &'static str, result: Result<T, String>) -> Result<T, Wrong> {
    result.map_err(|seen| Wrong { stage, seen })
}

/// The databases in which transitions are tried, one after the other.
pub struct Traveller<'a> {
    /// Made of the models before, full of rows, turned into the models after and back.
    database: Database<'a>,
    /// Made of the models after.
    fresh: Database<'a>,
}

impl Traveller<'_> {
    /// Makes the databases.
    pub fn new(server: &Server, number: usize) -> Result<Traveller<'_>, String> {
        let database = |what: &str| server.database(&format!("transitions_{number}_{what}"))?.kept_open();
        Ok(Traveller { database: database("there")?, fresh: database("fresh")? })
    }

    /// Tries a transition.
    pub fn travel(&self, transition: &Transition, written: &Written) -> Result<(), Wrong> {
        let Traveller { database, fresh } = self;
        let up = [written.first.upgrade_operations(), second(written, true)];
        let down = [written.first.downgrade_operations(), second(written, false)];
        set_steps(transition.fill.clone());
        set_upgrades(up.clone());
        set_downgrades(down);
        at("empty", database.make(""))?;
        at("before", run(database, |migrator, db| migrator.upgrade_to(db, "a0", &Options::default())).map(drop))?;
        at("rows", rows::fill(database, &transition.rows))?;
        at("numbers before", numbers::follow_the_rows(database, &transition.next, &written.before))?;
        let (rows_before, held_before) = (at("rows", rows::snapshot(database))?, at("reader", held(database))?);

        let there = run(database, |migrator, db| migrator.upgrade(db));
        if !transition.stopped.is_empty() {
            at("stopped", is_stopped(there, &transition.stopped))?;
            at("stopped, schema", reader::same(&at("reader", held(database))?, &held_before))?;
            let rows = at("rows", rows::snapshot(database))?;
            return at("stopped, rows", rows::same(&rows_before, &rows, &Renames(&[]), &[]));
        }
        at("upgrade", there)?;
        let (rows_after, held_after) = (at("rows", rows::snapshot(database))?, at("reader", held(database))?);
        at("verify after", is_clean(database, &written.after))?;
        let renames = [transition.renames(), written.renames.clone()].concat();
        at("rows after", rows::same(&rows_before, &rows_after, &Renames(&renames), &transition.changed))?;
        at("values after", sees(&rows_after, &transition.sees))?;
        at("numbers after", numbers::go_on(database, &transition.next, &written.after))?;

        let whole = diff(&Schema::default(), &written.after, &Answers::default());
        let whole = at("fresh", whole.map_err(|error| format!("{error:?}")))?;
        set_upgrades([whole.upgrade, Vec::new()]);
        at("fresh", fresh.make(""))?;
        at("fresh", run(fresh, |migrator, db| migrator.upgrade(db)))?;
        at("as a fresh database", reader::same(&held_after, &at("reader", held(fresh))?))?;

        if !transition.then.is_empty() {
            at("then", database.run(&transition.then))?;
        }
        let rows_then = at("rows", rows::snapshot(database))?;
        set_upgrades(up);
        let back = run(database, |migrator, db| migrator.downgrade(db, "a0", &Options::default()));
        if !transition.stopped_back.is_empty() {
            at("stopped on the way back", is_stopped(back, &transition.stopped_back))?;
            at("stopped back, schema", reader::same(&at("reader", held(database))?, &held_after))?;
            let rows = at("rows", rows::snapshot(database))?;
            return at("stopped back, rows", rows::same(&rows_then, &rows, &Renames(&[]), &[]));
        }
        at("downgrade", back)?;
        at("back", reader::same(&at("reader", held(database))?, &held_before))?;
        let rows_back = at("rows", rows::snapshot(database))?;
        at("rows back", rows::same(&rows_before, &rows_back, &Renames(&[]), &transition.lost))?;
        at("values back", sees(&rows_back, &transition.sees_back))?;
        at("verify back", is_clean(database, &written.before))?;
        at("numbers back", numbers::go_on(database, &transition.next, &written.before))?;

        at("upgrade again", run(database, |migrator, db| migrator.upgrade(db)))?;
        at("there again", reader::same(&at("reader", held(database))?, &held_after))?;
        let rows_again = at("rows", rows::snapshot(database))?;
        at("rows again", rows::same(&rows_back, &rows_again, &Renames(&renames), &transition.changed))?;
        at("numbers again", numbers::go_on(database, &transition.next, &written.after))
    }
}

/// The operations of the second revision; none if there is none.
fn second(written: &Written, upgrade: bool) -> Vec<Operation> {
    let Some(file) = &written.second else { return Vec::new() };
    if upgrade { file.upgrade_operations() } else { file.downgrade_operations() }
}

fn run(
    database: &Database<'_>,
    work: impl FnOnce(Migrator<AnyConnection>, &mut AnyConnection) -> Result<migratable::Report, Error>,
) -> Result<(), String> {
    let mut session = database.session().ok_or("the database is not kept open")?;
    work(migrator(), &mut session.connection).map(drop).map_err(|error| match &error {
        Error::Failed(failure) if matches!(failure.cause, Cause::Rows(_)) => format!("{ROWS}{error}"),
        _ => error.to_string(),
    })
}

/// Stands before what is said of rows that were looked for before anything was changed.
const ROWS: &str = "for its rows: ";

fn is_stopped(outcome: Result<(), String>, why: &str) -> Result<(), String> {
    match outcome {
        Ok(()) => Err("nothing stopped it".to_owned()),
        Err(said) if said.starts_with(ROWS) && said.contains(why) => Ok(()),
        Err(said) => Err(said),
    }
}

/// What `verify` finds.
fn is_clean(database: &Database<'_>, expected: &Schema) -> Result<(), String> {
    let mut session = database.session().ok_or("the database is not kept open")?;
    let live = inspect(&mut session.connection).map_err(|error| error.to_string())?;
    let expected = inspect_scratch(&mut session.connection, expected).map_err(|error| error.to_string())?;
    let (live, expected) = (live.without_column_order(), expected.without_column_order());
    let answers = Answers { allow_loss: true, ..Answers::default() };
    let plan = diff(&expected.schema, &live.schema, &answers).map_err(|error| format!("{error:?}"))?;
    let lines: Vec<String> = plan.upgrade.iter().map(ToString::to_string).collect();
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}

/// What the database holds, without the places of the columns: a new one stands behind the others.
fn held(database: &Database<'_>) -> Result<BTreeSet<String>, String> {
    let held = reader::read(database)?.managed;
    Ok(reader::without_places(held.into_iter().filter(|line| !line.starts_with("migratable_")).collect()))
}

fn sees(rows: &rows::Rows, expected: &BTreeMap<String, Vec<String>>) -> Result<(), String> {
    for (column, values) in expected {
        let found = rows.values(column)?;
        if found != *values {
            return Err(format!("{column} holds {found:?}, not {values:?}"));
        }
    }
    Ok(())
}
