//! Programs to migrate databases, and what these hold.

use migratable::diesel::connection::SimpleConnection;
use migratable::diesel::{RunQueryDsl, sql_query};
use migratable::revision::*;
use std::cell::Cell;

use migratable::{Direction, Error, Event, Migrator, Observer, Options, PlannedRevision, Report, Revision};
use migratable_core::{Operation, Schema};

use crate::database::{Db, MESSAGE, as_texts};

pub type Program = Migrator<Db>;
pub type Record = fn(&mut Operations);

pub fn nothing(_: &mut Operations) {}

/// A revision behind another; the checksum is made from the identifier.
pub fn revision(id: &'static str, after: &'static [&'static str], upgrade: Record, downgrade: Record) -> Revision {
    Revision {
        id,
        after,
        depends_on: &[],
        labels: &[],
        replaces: &[],
        message: MESSAGE,
        file: "x.rs",
        checksum: format!("v1:{id}").leak(),
        steps_checksum: None,
        transaction: None,
        upgrade,
        downgrade,
    }
}

/// A program of revisions `r1`, `r2`… in a line.
pub fn line(changes: &[(Record, Record)]) -> Program {
    let mut revisions = Vec::new();
    for (at, (upgrade, downgrade)) in changes.iter().enumerate() {
        let id: &'static str = format!("r{}", at + 1).leak();
        let after: &'static [&'static str] = if at == 0 { &[] } else { vec![&*format!("r{at}").leak()].leak() };
        revisions.push(revision(id, after, *upgrade, *downgrade));
    }
    Migrator::new(revisions.leak())
}

pub fn down(program: &Program, db: &mut Db, target: &str) -> Result<Report, Error> {
    program.downgrade(db, target, &Options::default())
}

/// What a plan says of the last revision on the way to a target.
pub fn planned(program: &Program, db: &mut Db, target: &str, direction: Direction) -> PlannedRevision {
    program.plan(db, target, direction).unwrap().pop().unwrap()
}

/// Asserts that a plan is what is left of a revision that was stopped in the middle, and the run behind it begins there.
pub fn assert_is_planned(program: &Program, db: &mut Db, target: &str, whole: &PlannedRevision, direction: Direction) {
    let left = planned(program, db, target, direction);
    let texts = |planned: &PlannedRevision| planned.statements.iter().map(|it| it.sql.clone()).collect::<Vec<_>>();
    assert!(texts(whole).ends_with(&texts(&left)), "{:#?}\n{:#?}", texts(whole), texts(&left));
    let told = Cell::new(None);
    let observe = |event: &Event<'_>| {
        if let Event::Resumes { done, of, .. } = event {
            told.set(Some((*done, *of)));
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    match direction {
        Direction::Upgrade => program.upgrade_to(db, target, &options),
        Direction::Downgrade => program.downgrade(db, target, &options),
    }
    .unwrap();
    assert_eq!(left.resumes.map(|it| (it.done, it.of)), told.get());
    assert!(left.resumes.is_none_or(|it| it.done == 0 || left.statements.len() < whole.statements.len()));
}

pub fn run(db: &mut Db, statements: &str) {
    db.batch_execute(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
}

#[derive(diesel::QueryableByName)]
struct Value {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

/// The first column of every row, with commas between rows.
pub fn one(db: &mut Db, query: &str) -> String {
    values(db, query).join(",")
}

/// The first column of every row.
pub fn values(db: &mut Db, query: &str) -> Vec<String> {
    let query = as_texts(query);
    let rows: Vec<Value> = sql_query(&query).load(db).unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().map(|row| row.value).collect()
}

/// The schema after some revisions, replayed by core alone.
pub fn replay(program: &Program, also: &[Operation]) -> Schema {
    let mut schema = Schema::default();
    let all = program.revisions().iter().flat_map(|it| it.operations(Direction::Upgrade));
    for operation in all.chain(also.iter().cloned()) {
        operation.apply(&mut schema).unwrap_or_else(|error| panic!("{operation}: {error}"));
    }
    schema
}
