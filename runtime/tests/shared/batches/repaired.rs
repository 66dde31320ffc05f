//! Work on rows that was stopped, and that a person has ended by hand.

use std::panic::{AssertUnwindSafe, catch_unwind};

use migratable::{Event, Observer, Options, RepairOptions, Repaired, StampOptions, TablesAre};

use super::{PEOPLE, Program, expected, inhabited, people, person, program};
use crate::database::{Db, run, values};
use crate::shared::each;

/// What the tool has put beside tables.
pub fn beside(db: &mut Db) -> Vec<String> {
    values(
        db,
        each(
            "SELECT name FROM sqlite_master WHERE name LIKE 'migratable%row%'",
            "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'migratable%' UNION ALL SELECT proname FROM pg_proc WHERE \
             proname LIKE 'migratable%' UNION ALL SELECT relname FROM pg_class WHERE relname LIKE 'migratable%row%'",
            "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database() UNION ALL SELECT \
             table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE \
             'migratable%row%'",
        ),
    )
}

/// Stops an upgrade in the middle of the batches.
fn stop(program: &Program, db: &mut Db) {
    let observe = |event: &Event<'_>| assert!(!matches!(event, Event::Rows { done: 10, .. }), "stop here");
    let options = Options { observer: Observer::new(&observe), ..Options::default() };
    catch_unwind(AssertUnwindSafe(|| program.upgrade_to(db, "head", &options))).unwrap_err();
    assert!(beside(db).len() >= 3, "{:?}", beside(db));
}

#[test]
fn what_a_stopped_revision_has_put_beside_a_table_goes_when_it_is_ended_by_hand() {
    for (tables, repaired) in [(TablesAre::After, Repaired::Applied), (TablesAre::Before, Repaired::NotApplied)] {
        let program = program(5);
        let (_stays, mut db, mut other) = inhabited(&program);
        stop(&program, &mut db);

        let options = RepairOptions { reason: "by hand".to_owned(), tables: Some(tables) };
        assert_eq!(program.repair(&mut db, "r2", &options).unwrap(), ("r2".to_owned(), repaired));

        assert_eq!(beside(&mut db), [] as [&str; 0]);
        run(&mut other, &format!("{}; UPDATE people SET note = 'free' WHERE id = 2", person(-1, "40")));
        if tables == TablesAre::Before {
            for column in ["name", "nick", "migratable_new_2", "migratable_new_3"] {
                run(&mut db, &format!("ALTER TABLE people DROP COLUMN {column}"));
            }
            program.upgrade(&mut db).unwrap();
            let mut wanted: Vec<String> = [-1].into_iter().chain(1..=PEOPLE).map(expected).collect();
            wanted[2] = "2|f2 l2|40|e2!|free".to_owned();
            assert_eq!(people(&mut db), wanted);
        }
    }
}

#[test]
fn what_a_stopped_revision_has_put_beside_a_table_goes_when_another_state_is_stamped() {
    let program = program(5);
    let (_stays, mut db, mut other) = inhabited(&program);
    stop(&program, &mut db);

    program.stamp(&mut db, &["r1"], &StampOptions::default()).unwrap();

    assert_eq!(beside(&mut db), [] as [&str; 0]);
    run(&mut other, &person(-1, "40"));
}
