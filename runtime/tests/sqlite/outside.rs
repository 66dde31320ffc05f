//! Statements that are in no transaction, and two processes that go on with one revision.

use std::cell::Cell;

use migratable::revision::*;
use migratable::{Event, Observer, Options, Standing, Transaction};

use super::database::{Db, Program, client, line, nothing, one, open, values};

fn first(op: &mut Operations) {
    op.create_table(table("t").column(column("a", integer())));
    op.bulk_insert("t", ["a"], [[value(1)], [value(2)]]);
}

fn count(db: &mut Db) -> Result<()> {
    use migratable::diesel::connection::SimpleConnection;

    Ok(db.batch_execute("UPDATE t SET a = a + 1")?)
}

fn second(op: &mut Operations) {
    op.run(count);
    op.execute(sql("VACUUM"));
    op.run(count);
    op.execute(sql("PRAGMA journal_mode = wal"));
    op.add_column("t", column("b", integer()).nullable());
}

fn program() -> Program {
    line(&[(first, nothing), (second, nothing)])
}

#[test]
fn what_no_transaction_holds_is_done_between_two() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(&folder.path().join("app.db"));
    program().upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT a FROM t"), ["3", "4"]);
    assert_eq!(one(&mut db, "SELECT journal_mode FROM pragma_journal_mode"), "wal");
    assert_eq!(one(&mut db, "SELECT count(*) FROM sqlite_master WHERE name = 'migratable_journal'"), "0");
}

#[test]
fn a_script_ends_its_transaction_before_what_no_transaction_holds() {
    fn plain(op: &mut Operations) {
        op.execute(sql("UPDATE t SET a = a + 1"));
        op.execute(sql("VACUUM"));
        op.add_column("t", column("b", integer()).nullable());
    }
    let program = line(&[(first, nothing), (plain, nothing), (|op| op.drop_column("t", "b"), nothing)]);
    let mut db = super::database::memory();
    let script = program.upgrade_sql(migratable::Dialect::Sqlite, "head").unwrap();
    client(&mut db, &script).unwrap();
    assert_eq!(values(&mut db, "SELECT a FROM t"), ["2", "3"], "{script}");
    assert_eq!(program.upgrade(&mut db).unwrap().done, []);
    assert!(script.starts_with("-- Written by migratable. What fails takes its transaction back"), "{script}");
}

#[test]
fn another_process_may_go_on_between_two_transactions_and_nothing_is_done_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    for until in 0..4 {
        std::fs::remove_file(&path).ok();
        let (mut db, commits) = (open(&path), Cell::new(0));
        let observe = |event: &Event<'_>| {
            if let Event::Committed { .. } = event
                && commits.replace(commits.get() + 1) == until
            {
                program().upgrade(&mut open(&path)).unwrap();
            }
        };
        let options =
            Options { observer: Observer::new(&observe), transaction: Transaction::None, ..Options::default() };
        let report = program().upgrade_to(&mut db, "head", &options).unwrap();
        assert_eq!(report.standing, Standing::Current, "{until}");
        assert_eq!(values(&mut db, "SELECT a FROM t"), ["3", "4"], "{until}");
        assert_eq!(program().applied(&mut db).unwrap().len(), 2, "{until}");
    }
}

#[test]
fn what_fails_behind_a_revision_of_several_transactions_leaves_it_whole() {
    fn fails(op: &mut Operations) {
        op.execute(sql("INSERT INTO nowhere VALUES (1)"));
    }
    let program = line(&[(first, nothing), (second, nothing), (fails, nothing)]);
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(&folder.path().join("app.db"));
    let error = program.upgrade(&mut db).unwrap_err().to_string();
    assert!(error.contains("r3") && error.contains("done before it, and kept: r1, r2"), "{error}");
    assert_eq!(program.status(&mut db).unwrap().unfinished, None);
    assert_eq!(values(&mut db, "SELECT revision FROM migratable_revisions"), ["r1", "r2"]);
}

#[test]
fn a_view_that_a_part_broke_is_found_by_the_run_that_goes_on() {
    fn breaks(op: &mut Operations) {
        op.execute(sql("DROP TABLE u"));
        op.execute(sql("VACUUM"));
        op.execute(sql("UPDATE t SET a = 0"));
    }
    let program = line(&[(first, nothing), (breaks, nothing)]);
    let mut db = super::database::memory();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    let views = "CREATE TABLE u (a); CREATE VIEW v AS SELECT a FROM u; CREATE VIEW gone AS SELECT * FROM nowhere";
    super::database::run(&mut db, views);
    for _ in 0..2 {
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains("the view `v` would no longer work") && !error.contains("gone"), "{error}");
    }
}

#[test]
fn a_statement_that_fails_does_not_take_back_how_far_another_process_has_come() {
    thread_local!(static COPIES: Cell<[&'static str; 2]> = const { Cell::new(["", ""]) });
    fn copies(op: &mut Operations) {
        op.execute(sql(COPIES.get()[0]));
        op.add_column("t", column("b", integer()).nullable());
        op.execute(sql(COPIES.get()[1]));
        op.add_column("t", column("c", integer()).nullable());
    }
    let program = line(&[(first, nothing), (copies, nothing)]);
    let folder = tempfile::tempdir().unwrap();
    // A copy is made once: the second try finds it there.
    COPIES.set(["one", "two"].map(|it| &*format!("VACUUM INTO '{}'", folder.path().join(it).display()).leak()));
    let path = folder.path().join("app.db");
    let mut db = open(&path);
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    let is_first = Cell::new(true);
    let observe = |event: &Event<'_>| {
        if let Event::Committed { .. } = event
            && is_first.replace(false)
        {
            let stops = |event: &Event<'_>| {
                assert!(!matches!(event, Event::Progresses { done: 3, .. }), "killed");
            };
            let options = Options { observer: Observer::new(&stops), ..Options::default() };
            let run = || program.upgrade_to(&mut open(&path), "head", &options).map(drop);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    let error = program.upgrade_to(&mut db, "head", &options).unwrap_err().to_string();
    assert!(error.contains("output file already exists"), "{error}");
    assert_eq!(program.status(&mut db).unwrap().unfinished.unwrap().done, 3);
    assert_eq!(program.upgrade(&mut db).unwrap().resumed, ["r2"]);
    assert_eq!(values(&mut db, "SELECT name FROM pragma_table_info('t')"), ["a", "b", "c"]);
}

#[test]
fn a_way_back_that_is_killed_behind_a_column_that_came_back_is_planned_as_it_was_begun() {
    fn pair(op: &mut Operations) {
        op.create_table(table("t").column(column("a", integer()).nullable()).column(column("b", integer())));
        op.bulk_insert("t", ["a", "b"], [[value(1), value(2)]]);
    }
    fn retype(op: &mut Operations) {
        op.alter_column("t", "b").set_type(text());
    }
    fn retype_back(op: &mut Operations) {
        op.execute(sql("UPDATE t SET b = b + 1"));
        op.alter_column("t", "b").set_type(integer());
    }
    fn lose(op: &mut Operations) {
        op.drop_column("t", "a");
    }
    fn lose_back(op: &mut Operations) {
        op.add_column("t", column("a", integer()).nullable());
    }
    let program = line(&[(pair, nothing), (retype, retype_back), (lose, lose_back)]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    program.upgrade(&mut open(&path)).unwrap();
    let stops = |event: &Event<'_>| {
        assert!(!matches!(event, Event::Progresses { revision: "r2", done: 2.., .. }), "killed");
    };
    let transaction = Transaction::None;
    let options = Options { observer: Observer::new(&stops), transaction, ..Options::default() };
    let run = || program.downgrade(&mut open(&path), "r1", &options).map(drop);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
    let mut db = open(&path);
    assert!(program.status(&mut db).unwrap().unfinished.is_some());
    program.downgrade(&mut db, "r1", &Options { transaction, ..Options::default() }).unwrap();
    assert_eq!(values(&mut db, "SELECT b FROM t"), ["3"]);
}
