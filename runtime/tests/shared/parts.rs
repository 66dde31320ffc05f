//! Revisions of several transactions, where a transaction takes changes of tables back.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{
    Direction, Error, Event, Migrator, Observer, Options, RepairOptions, Report, Settings, TablesAre, Transaction,
};

use crate::database::{Db, assert_is, line, nothing, one, replay, run, throwaway, values};
use crate::shared::programs::{Program, assert_is_planned, planned, revision};

fn options(transaction: Transaction) -> Options<'static> {
    Options { transaction, ..Options::default() }
}

/// Each part by itself.
fn each() -> Options<'static> {
    options(Transaction::None)
}

fn first(op: &mut Operations) {
    op.create_table(
        table("cities")
            .column(column("id", integer()).identity(identity()))
            .column(column("name", varchar(30)))
            .primary_key("pk_cities", ["id"]),
    );
    op.create_table(
        table("users")
            .column(column("id", integer()).identity(identity()))
            .column(column("name", varchar(30)))
            .column(column("age", text()))
            .primary_key("pk_users", ["id"]),
    );
    op.bulk_insert("cities", ["id", "name"], [[value(1), value("Ulm")]]);
    op.bulk_insert("users", ["id", "name", "age"], [[value(1), value("ann"), value("31")]]);
    op.bulk_insert("users", ["id", "name", "age"], [[value(2), value("bob"), value("42")]]);
}

fn second(op: &mut Operations) {
    op.add_column("users", column("city_id", integer()).nullable());
    op.backfill("users", "city_id", sql("1"));
    op.alter_column("users", "city_id").not_null();
    op.create_foreign_key("users", foreign_key("fk_users_city_id_cities", ["city_id"]).references("cities", ["id"]));
    op.run(shout);
    op.execute(sql("CREATE VIEW names AS SELECT name FROM users"));
    op.rename_table("cities", "towns");
    op.alter_column("users", "age").set_type(integer()).using(sql("CAST(age AS integer) + 1"));
}

fn back(op: &mut Operations) {
    op.alter_column("users", "age").set_type(text()).using(sql("CAST(age - 1 AS text)"));
    op.rename_table("towns", "cities");
    op.execute(sql("DROP VIEW names"));
    op.run(whisper);
    op.drop_foreign_key("users", "fk_users_city_id_cities");
    op.drop_column("users", "city_id");
}

fn shout(db: &mut Db) -> Result<()> {
    Ok(db.batch_execute("UPDATE users SET name = name || '!'")?)
}

fn whisper(db: &mut Db) -> Result<()> {
    Ok(db.batch_execute("UPDATE users SET name = replace(name, '!', '')")?)
}

thread_local! {
    /// Whether the step is mended.
    static IS_MENDED: Cell<bool> = const { Cell::new(false) };
}

fn shout_if_mended(db: &mut Db) -> Result<()> {
    if IS_MENDED.get() { shout(db) } else { Err("not today".into()) }
}

fn program() -> Program {
    line(&[(first, nothing), (second, back)])
}

fn rows(db: &mut Db) -> Vec<String> {
    values(db, "SELECT id || name || age FROM users ORDER BY id")
}

fn has_journal(db: &mut Db) -> bool {
    db.batch_execute("SELECT * FROM migratable_journal").is_ok()
}

/// Goes to a target and is killed when the piece of that number begins; gives back whether it came so far.
fn killed_at(program: &Program, db: &mut Db, direction: Direction, piece: usize) -> bool {
    let seen = Cell::new(0);
    let observe = |event: &Event<'_>| {
        if let Event::Progresses { revision: "r2", .. } = event {
            assert!(seen.replace(seen.get() + 1) != piece, "killed");
        }
    };
    let options = Options { observer: Observer::new(&observe), ..each() };
    let run = AssertUnwindSafe(|| match direction {
        Direction::Upgrade => program.upgrade_to(db, "head", &options),
        Direction::Downgrade => program.downgrade(db, "-1", &options),
    });
    catch_unwind(run).map(|ended| ended.map(drop).unwrap()).is_err()
}

#[test]
fn a_revision_that_was_killed_between_two_transactions_is_gone_on_with() {
    let (before, after) = (["1ann31", "2bob42"], ["1ann!32", "2bob!43"]);
    let program = program();
    let mut kills = 0;
    for piece in 0.. {
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &each()).unwrap();
        for (direction, expected) in [(Direction::Upgrade, after), (Direction::Downgrade, before)] {
            let was_killed = killed_at(&program, &mut db, direction, piece);
            kills += usize::from(was_killed);
            let unfinished = program.status(&mut db).unwrap().unfinished.map(|it| (it.revision, it.direction));
            assert_eq!(unfinished.is_some(), has_journal(&mut db));
            assert!(unfinished.iter().all(|it| *it == ("r2".to_owned(), direction)), "{unfinished:?}");
            assert!(was_killed || unfinished.is_none());
            let again = match direction {
                Direction::Upgrade => program.upgrade(&mut db).unwrap(),
                Direction::Downgrade => program.downgrade(&mut db, "r1", &Options::default()).unwrap(),
            };
            assert_eq!(again.resumed.is_empty(), unfinished.is_none(), "{direction:?} {piece}");
            assert_eq!(rows(&mut db), expected, "{direction:?} {piece}");
            assert!(!has_journal(&mut db));
        }
        let schema = replay(&line(&[(first, nothing)]), &[]);
        assert_is(&mut db, &schema, &format!("back from {piece}"));
        if piece > 20 {
            break;
        }
    }
    assert!(kills > 10, "only {kills}");
}

#[test]
fn a_plan_is_what_is_left_of_a_revision_that_was_stopped() {
    // What was stopped goes on in batches.
    let program = program().with_settings(Settings::default().with_batch_size(1));
    for piece in 0.. {
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &each()).unwrap();
        for (direction, target) in [(Direction::Upgrade, "r2"), (Direction::Downgrade, "r1")] {
            let whole = planned(&program, &mut db, target, direction);
            let was_killed = killed_at(&program, &mut db, direction, piece);
            if was_killed {
                assert_is_planned(&program, &mut db, target, &whole, direction);
            } else if direction == Direction::Upgrade {
                assert!(piece > 5, "only {piece}");
                return;
            }
        }
    }
}

#[test]
fn a_revision_may_say_that_each_of_its_parts_is_a_transaction() {
    fn adds(op: &mut Operations) {
        op.add_column("users", column("bio", text()).nullable());
        op.run(shout_if_mended);
        op.drop_column("users", "age");
    }
    let program = |transaction: Option<Transaction>| -> Program {
        let second = migratable::Revision { transaction, ..revision("r2", &["r1"], adds, nothing) };
        let last = revision("r3", &["r2"], |op| op.drop_table("cities"), nothing);
        Migrator::new(vec![revision("r1", &[], first, nothing), second, last].leak())
    };
    let failed = |transaction, options: &Options<'_>| {
        let mut db = throwaway();
        let error = program(transaction).upgrade_to(&mut db, "head", options).unwrap_err();
        let Error::Failed(failure) = error else { panic!("{error}") };
        (db, failure.stays, failure.done.iter().map(|it| it.revision.clone()).collect::<Vec<_>>(), failure.to_string())
    };
    let all = options(Transaction::All);
    let (mut db, stays, done, _) = failed(None, &all);
    assert!(!stays && done.is_empty() && program(None).applied(&mut db).unwrap().is_empty());
    let (mut db, stays, done, _) = failed(Some(Transaction::Revision), &all);
    assert!(!stays && done == ["r1"] && one(&mut db, "SELECT count(*) FROM users") == "2");
    let (mut db, stays, done, text) = failed(Some(Transaction::None), &all);
    assert!(stays && done == ["r1"], "{text}");
    assert!(text.contains("stays, and is remembered"), "{text}");
    assert_eq!(values(&mut db, "SELECT bio FROM users"), ["NULL", "NULL"]);
    IS_MENDED.set(true);
    let report = program(Some(Transaction::None)).upgrade_to(&mut db, "head", &all).unwrap();
    assert_eq!(report.resumed, ["r2"]);
    assert_eq!(report.done.iter().map(|it| it.revision.as_str()).collect::<Vec<_>>(), ["r2", "r3"]);
    assert_eq!(values(&mut db, "SELECT name FROM users ORDER BY id"), ["ann!", "bob!"]);
    assert!(!has_journal(&mut db));
}

#[test]
fn a_revision_that_is_unfinished_is_ended_by_hand_or_gone_on_with_but_not_passed() {
    let stopped = || {
        let mut db = throwaway();
        program().upgrade_to(&mut db, "r1", &each()).unwrap();
        assert!(killed_at(&program(), &mut db, Direction::Upgrade, 2));
        db
    };
    let refused = |outcome: Result<Report, Error>, why: &str| {
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("r2") && error.contains(why), "{error}");
    };
    let mut db = stopped();
    assert!(matches!(program().ensure_current(&mut db), Err(Error::Unfinished { .. })));
    refused(program().downgrade(&mut db, "base", &each()), "Go on with it by `upgrade r2`");
    refused(line(&[(first, nothing)]).upgrade(&mut db), "this program does not know it");
    let error = program().plan(&mut db, "base", Direction::Downgrade).unwrap_err().to_string();
    assert!(error.contains("Go on with it by `upgrade r2`"), "{error}");
    let and_more = |op: &mut Operations| {
        second(op);
        op.add_column("users", column("bio", text()).nullable());
    };
    let mut edited = revision("r2", &["r1"], and_more, back);
    edited.checksum = "v1:other";
    let edited: Program = Migrator::new(vec![revision("r1", &[], first, nothing), edited].leak());
    refused(edited.upgrade(&mut db), "edited since it was begun");
    let error = edited.plan(&mut db, "head", Direction::Upgrade).unwrap_err().to_string();
    assert!(error.contains("edited since it was begun"), "{error}");
    run(&mut db, "ALTER TABLE users DROP COLUMN city_id");
    let repair = RepairOptions { reason: "taken back by hand".into(), tables: Some(TablesAre::Before) };
    program().repair(&mut db, "r2", &repair).unwrap();
    assert!(!has_journal(&mut db));
    assert_eq!(program().upgrade(&mut db).unwrap().resumed, [""; 0]);
    assert_eq!(rows(&mut db), ["1ann!32", "2bob!43"]);
    let mut db = stopped();
    let stamped = program().stamp(&mut db, &["r1"], &migratable::StampOptions::default()).unwrap();
    assert_eq!((stamped.current, stamped.forgotten.unwrap().revision), (vec!["r1".to_owned()], "r2".to_owned()));
    assert!(!has_journal(&mut db));
}
