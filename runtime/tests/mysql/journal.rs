//! What was begun and did not come to its end is gone on with, at whatever piece it was stopped.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Direction, Error, Event, Migrator, Observer, Options, RepairOptions, Repaired, Settings, TablesAre};

use super::database::{Db, Program, Throwaway, connect, line, nothing, one, run, throwaway};
use super::shared::programs::{assert_is_planned, planned, revision};

/// Tables with rows.
fn first(op: &mut Operations) {
    op.create_table(
        table("cities")
            .column(column("id", bigint()).identity(identity()))
            .column(column("name", varchar(30)))
            .primary_key("pk_cities", ["id"]),
    );
    op.create_table(
        table("users")
            .column(column("id", bigint()).identity(identity()))
            .column(column("name", varchar(30)))
            .column(column("age", varchar(10)).nullable())
            .primary_key("pk_users", ["id"]),
    );
    op.bulk_insert("cities", ["id", "name"], [[value(1), value("Ulm")]]);
    op.bulk_insert(
        "users",
        ["id", "name", "age"],
        [[value(1), value("ann"), value("31")], [value(2), value("bob"), value("42")]],
    );
}

/// Every kind of piece: tables changed and made and dropped, rows changed in SQL and in Rust, SQL that somebody wrote.
fn second(op: &mut Operations) {
    op.create_table(
        table("notes")
            .column(column("id", bigint()).identity(identity()))
            .column(column("text", text()))
            .primary_key("pk_notes", ["id"]),
    );
    op.add_column("users", column("city_id", bigint()).nullable());
    op.backfill("users", "city_id", sql("1"));
    op.alter_column("users", "city_id").not_null();
    op.create_index("users", index("ix_users_city_id").on("city_id"));
    op.create_foreign_key("users", foreign_key("fk_users_city_id_cities", ["city_id"]).references("cities", ["id"]));
    op.execute(sql("UPDATE users SET name = CONCAT(name, '!')"));
    op.execute(sql("CREATE VIEW shouting AS SELECT name FROM users"));
    op.run(count_up);
    op.rename_column("users", "name", "full_name");
    op.alter_column("users", "age").set_type(integer());
    op.bulk_insert("notes", ["id", "text"], [[value(7), value("seven")]]);
    op.execute(sql("DROP VIEW shouting"));
    op.rename_table("notes", "remarks");
}

fn back(op: &mut Operations) {
    op.rename_table("remarks", "notes");
    op.run(count_down);
    op.alter_column("users", "age").set_type(varchar(10));
    op.rename_column("users", "full_name", "name");
    op.execute(sql("UPDATE users SET name = TRIM(TRAILING '!' FROM name)"));
    op.drop_foreign_key("users", "fk_users_city_id_cities");
    op.drop_index("users", "ix_users_city_id");
    op.drop_column("users", "city_id");
    op.drop_table("notes");
}

fn count_up(db: &mut Db) -> Result<()> {
    Ok(db.batch_execute("UPDATE users SET age = age + 1")?)
}

fn count_down(db: &mut Db) -> Result<()> {
    Ok(db.batch_execute("UPDATE users SET age = age - 1")?)
}

fn program() -> Program {
    line(&[(first, nothing), (second, back)])
}

/// What the database is: its tables as the server writes them, and its rows.
fn state(db: &mut Db) -> String {
    let mut state = String::new();
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
                  AND table_name NOT LIKE 'migratable%' ORDER BY 1";
    for table in super::database::values(db, tables) {
        state += &one(
            db,
            &format!(
                "SELECT GROUP_CONCAT(CONCAT_WS(' ', column_name, column_type, is_nullable, column_key) ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '{table}'"
            ),
        );
    }
    state + &one(db, "SELECT GROUP_CONCAT(CONCAT_WS(' ', u.id, u.age) ORDER BY id) FROM users u")
}

/// Goes to a target and is killed when the piece of that number begins; gives back whether it came so far.
fn killed_at(program: &Program, db: &mut Db, direction: Direction, piece: usize) -> bool {
    let seen = Cell::new(0);
    let observe = |event: &Event<'_>| {
        if let Event::Progresses { revision: "r2", .. } = event {
            assert!(seen.replace(seen.get() + 1) != piece, "killed");
        }
    };
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    let run = AssertUnwindSafe(|| match direction {
        Direction::Upgrade => program.upgrade_to(db, "head", &options),
        Direction::Downgrade => program.downgrade(db, "-1", &options),
    });
    catch_unwind(run).map(|ended| ended.map(drop).unwrap()).is_err()
}

/// With how many looks at rows `r2` begins, where it is next.
fn looks(program: &Program, db: &mut Db, direction: Direction) -> usize {
    let target = if direction == Direction::Upgrade { "head" } else { "r1" };
    planned(program, db, target, direction)
        .statements
        .iter()
        .take_while(|it| it.sql.starts_with("-- stops if rows"))
        .count()
}

#[test]
fn a_revision_that_was_killed_at_any_piece_is_gone_on_with() {
    let program = program();
    let mut whole = throwaway();
    program.upgrade(&mut whole).unwrap();
    let after = state(&mut whole);
    program.downgrade(&mut whole, "-1", &Options::default()).unwrap();
    let before = state(&mut whole);
    assert_ne!(before, after);
    let mut killed = 0;
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    for (direction, end) in [(Direction::Upgrade, &after), (Direction::Downgrade, &before)].into_iter().cycle() {
        let was_killed = killed_at(&program, &mut db, direction, killed / 2);
        if was_killed {
            let unfinished = program.status(&mut db).unwrap().unfinished;
            // While rows are only looked at, nothing is begun.
            assert_eq!(
                unfinished.is_none(),
                killed / 2 <= looks(&program, &mut db, direction),
                "{direction:?} {killed}"
            );
            let resumed: &[&str] = match unfinished {
                Some(unfinished) => {
                    assert_eq!((unfinished.revision.as_str(), unfinished.direction), ("r2", direction));
                    &["r2"]
                }
                None => &[],
            };
            let again = match direction {
                Direction::Upgrade => program.upgrade(&mut db),
                Direction::Downgrade => program.downgrade(&mut db, "r1", &Options::default()),
            };
            assert_eq!(again.unwrap().resumed, resumed, "{direction:?} {killed}");
        }
        assert_eq!(state(&mut db), *end, "{direction:?} {killed}");
        assert_eq!(program.status(&mut db).unwrap().unfinished, None);
        if !was_killed && direction == Direction::Upgrade {
            break;
        }
        killed += 1;
    }
    assert!(killed > 30, "only {killed}");
}

#[test]
fn a_plan_is_what_is_left_of_a_revision_that_was_stopped() {
    // What was stopped goes on in batches.
    let program = program().with_settings(Settings::default().with_batch_size(1));
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    for piece in 0.. {
        for (direction, target) in [(Direction::Upgrade, "r2"), (Direction::Downgrade, "r1")] {
            let whole = planned(&program, &mut db, target, direction);
            let was_killed = killed_at(&program, &mut db, direction, piece);
            if was_killed {
                assert_is_planned(&program, &mut db, target, &whole, direction);
            } else if direction == Direction::Upgrade {
                assert!(piece > 10, "only {piece}");
                return;
            }
        }
    }
}

/// A database where `r2` was stopped in the middle.
fn stopped() -> Throwaway {
    let mut db = throwaway();
    program().upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    let looks = looks(&program(), &mut db, Direction::Upgrade);
    assert!(killed_at(&program(), &mut db, Direction::Upgrade, looks + 3));
    db
}

fn refused(outcome: Result<migratable::Report, Error>, why: &str) {
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("r2") && error.contains(why), "{error}");
}

#[test]
fn nothing_goes_past_a_revision_that_is_unfinished() {
    let (program, mut db) = (program(), stopped());
    refused(program.downgrade(&mut db, "base", &Options::default()), "Go on with it by `upgrade r2`");
    assert!(matches!(program.ensure_current(&mut db), Err(Error::Unfinished { .. })));
    let without = line(&[(first, nothing)]);
    refused(without.upgrade(&mut db), "this program does not know it");
    assert_eq!(program.upgrade_to(&mut db, "r1", &Options::default()).unwrap().resumed, ["r2"]);
    program.ensure_current(&mut db).unwrap();
}

#[test]
fn a_revision_that_was_edited_since_it_was_begun_is_refused() {
    let mut db = stopped();
    let edited = |checksum: &'static str, upgrade| -> Program {
        let mut second = revision("r2", &["r1"], upgrade, back);
        second.checksum = checksum;
        Migrator::new(vec![revision("r1", &[], first, nothing), second].leak())
    };
    let and_more = |op: &mut Operations| {
        second(op);
        op.create_table(table("more").column(column("id", bigint())).primary_key("pk_more", ["id"]));
    };
    refused(edited("v1:other", and_more).upgrade(&mut db), "edited since it was begun");
    refused(edited("v1:r2", |op| op.drop_table("cities")).upgrade(&mut db), "its work is planned in other pieces now");
}

#[test]
fn statements_that_were_written_as_one_are_left_to_a_person() {
    let both: fn(&mut Operations) = |op| op.execute(sql("CREATE TABLE a (x INT); CREATE TABLE cities (x INT)"));
    let program = line(&[(first, nothing), (both, nothing)]);
    let mut db = throwaway();
    program.upgrade(&mut db).unwrap_err();
    refused(program.upgrade(&mut db), "only a person can tell");
    run(&mut db, "DROP TABLE a");
    refused(program.upgrade(&mut db), "only a person can tell");
    program.repair(&mut db, "r2", &by_hand(Some(TablesAre::Before))).unwrap();
    refused(program.upgrade(&mut db), "already exists");
}

fn by_hand(tables: Option<TablesAre>) -> RepairOptions {
    RepairOptions { reason: "by hand".to_owned(), tables }
}

#[test]
fn a_statement_that_was_refused_is_done_when_its_reason_is_mended_by_hand() {
    type Change = fn(&mut Operations);
    let cases: [(Change, &str, &str, &str); 4] = [
        (
            |op| {
                op.create_table(table("a").column(column("x", bigint())).primary_key("pk_a", ["x"]));
                op.create_table(table("b").column(column("x", bigint())).primary_key("pk_b", ["x"]));
            },
            "CREATE TABLE b (y INT)",
            "DROP TABLE b",
            "SELECT COUNT(x) FROM b",
        ),
        (
            |op| {
                op.create_table(table("a").column(column("x", bigint())).primary_key("pk_a", ["x"]));
                op.run(nothing_to_do);
                op.add_column("users", column("bio", text()).nullable());
            },
            "ALTER TABLE users ADD bio INT",
            "ALTER TABLE users DROP bio",
            "SELECT COUNT(*) - 2 FROM users WHERE bio IS NULL",
        ),
        (
            |op| {
                op.create_table(table("a").column(column("x", bigint())).primary_key("pk_a", ["x"]));
                op.execute(sql("UPDATE users SET age = '1234567890123'"));
            },
            "DO 0",
            "ALTER TABLE users MODIFY age VARCHAR(20)",
            "SELECT COUNT(*) - 2 FROM users WHERE age = '1234567890123'",
        ),
        (
            |op| {
                op.create_table(table("a").column(column("x", bigint())).primary_key("pk_a", ["x"]));
                op.execute(sql("CREATE VIEW v AS SELECT id FROM users"));
            },
            "CREATE TABLE v (y INT)",
            "DROP TABLE v",
            "SELECT COUNT(*) - 2 FROM v",
        ),
    ];
    for (change, stands_in_the_way, mended, done) in cases {
        let program = line(&[(first, nothing), (change, nothing)]);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        run(&mut db, stands_in_the_way);
        program.upgrade(&mut db).unwrap_err();
        assert!(program.status(&mut db).unwrap().unfinished.is_some(), "{done}");
        // A repair that is refused changes nothing either.
        program.repair(&mut db, "r2", &by_hand(None)).unwrap_err();
        run(&mut db, mended);
        assert_eq!(program.upgrade(&mut db).unwrap().resumed, ["r2"], "{done}");
        assert_eq!(one(&mut db, done), "0");
    }
}

fn nothing_to_do(_: &mut Db) -> Result<()> {
    Ok(())
}

#[test]
fn what_a_routine_did_before_it_failed_is_taken_back() {
    let call: fn(&mut Operations) = |op| op.execute(sql("CALL fix()"));
    let program = line(&[(first, nothing), (call, nothing)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "CREATE PROCEDURE fix() BEGIN UPDATE users SET age = 0; UPDATE users SET age = 'far too long'; END");
    let before = state(&mut db);
    program.upgrade(&mut db).unwrap_err();
    assert_eq!(state(&mut db), before);
}

#[test]
fn the_journal_stays_in_its_database_when_sql_turns_to_another() {
    let other = throwaway();
    let change: &'static str = format!("USE {}", other.name).leak();
    thread_local!(static TURN: Cell<&'static str> = const { Cell::new("") });
    TURN.set(change);
    let turn: fn(&mut Operations) = |op| op.execute(sql(TURN.get()));
    let program = line(&[(first, nothing), (turn, nothing)]);
    let mut db = throwaway();
    refused(program.upgrade(&mut db), "turned the connection to another database");
    assert_eq!(program.status(&mut db).unwrap().unfinished, None, "nothing was done, and nothing is left of it");
    assert_eq!(program.current(&mut db).unwrap(), ["r1"]);
}

#[test]
fn nothing_goes_on_behind_what_was_set_for_a_session_that_is_over() {
    let set: fn(&mut Operations) = |op| {
        op.add_column("users", column("bonus", integer()).nullable());
        op.execute(sql("SET @n = 5"));
        op.execute(sql("UPDATE nowhere SET bonus = @n"));
    };
    let and_change: fn(&mut Operations) = |op| {
        op.execute(sql("SET @n = 5"));
        op.add_column("users", column("bonus", integer()).nullable());
        op.execute(sql("UPDATE nowhere SET bonus = @n"));
    };
    for (change, is_refused) in [(set, false), (and_change, true)] {
        let program = line(&[(first, nothing), (change, nothing)]);
        let mut db = throwaway();
        program.upgrade(&mut db).unwrap_err();
        run(&mut db, "CREATE VIEW nowhere AS SELECT * FROM users");
        if is_refused {
            refused(program.upgrade(&mut db), "sets something for the session, which is over");
        } else {
            assert_eq!(program.upgrade(&mut db).unwrap().resumed, ["r2"]);
            assert_eq!(one(&mut db, "SELECT bonus FROM users"), "5,5");
        }
    }
}

#[test]
fn a_stamp_forgets_what_was_begun() {
    let (program, mut db) = (program(), stopped());
    run(&mut db, "ALTER TABLE users DROP city_id; DROP TABLE notes");
    program.stamp(&mut db, &["r1"], &Default::default()).unwrap();
    assert_eq!(program.status(&mut db).unwrap().unfinished, None);
    program.upgrade(&mut db).unwrap();
    let mut other = connect(&db.url);
    assert_eq!(one(&mut other, "SELECT text FROM remarks"), "seven");
}

#[test]
fn a_revision_that_was_ended_or_undone_by_hand_is_recorded_so() {
    let program = program();
    let repair =
        |db: &mut Db, tables| program.repair(db, "r2", &RepairOptions { reason: "by hand".to_owned(), tables });
    let mut db = stopped();
    let error = repair(&mut db, None).unwrap_err().to_string();
    assert!(error.contains("say what the tables are like now, --applied or --not-applied"), "{error}");
    assert_eq!(repair(&mut db, Some(TablesAre::After)).unwrap(), ("r2".to_owned(), Repaired::Applied));
    assert_eq!(program.current(&mut db).unwrap(), ["r2"]);
    program.ensure_current(&mut db).unwrap();

    let mut db = stopped();
    run(&mut db, "ALTER TABLE users DROP city_id; DROP TABLE notes");
    assert_eq!(repair(&mut db, Some(TablesAre::Before)).unwrap(), ("r2".to_owned(), Repaired::NotApplied));
    assert_eq!(program.current(&mut db).unwrap(), ["r1"]);
    program.upgrade(&mut db).unwrap();
    let looks = looks(&program, &mut db, Direction::Downgrade);
    assert!(killed_at(&program, &mut db, Direction::Downgrade, looks + 3));
    assert_eq!(repair(&mut db, Some(TablesAre::Before)).unwrap().1, Repaired::NotApplied);
    assert_eq!(program.current(&mut db).unwrap(), ["r1"]);
    assert_eq!(one(&mut db, "SELECT repaired FROM migratable_repairs"), "not applied,not applied");
}

#[test]
fn a_trigger_that_the_revision_makes_does_not_change_its_plan() {
    fn noticed(op: &mut Operations) {
        op.execute(sql("CREATE TRIGGER notices BEFORE UPDATE ON users FOR EACH ROW SET NEW.name = 'noticed'"));
        op.add_column("users", column("bio", text()).nullable());
        op.backfill("users", "bio", sql("name"));
        op.alter_column("users", "bio").not_null();
    }
    let program = line(&[(first, nothing), (noticed, nothing)]);
    let pieces = |db: &mut Db| program.plan(db, "head", Direction::Upgrade).unwrap()[0].statements.len();
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    for piece in 1..pieces(&mut db) {
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        assert!(killed_at(&program, &mut db, Direction::Upgrade, piece), "{piece}");
        program.upgrade(&mut db).unwrap();
        assert_eq!(one(&mut db, "SELECT bio FROM users ORDER BY id"), "ann,bob", "{piece}");
    }
}
