//! What PostgreSQL alone refuses beside rows that are worked on batch by batch.

use migratable::revision::*;
use migratable::{Direction, Error, Settings};

use crate::database::{line, nothing, one, run, values};
use crate::shared::batches::{beside, filling, first, inhabited};
use crate::shared::programs::Record;

#[test]
fn what_ends_with_its_transaction_is_refused_in_front_of_batches_where_it_is_shown_too() {
    fn waits(op: &mut Operations) {
        op.execute(sql("SET LOCAL lock_timeout = '7s'"));
        op.add_column("people", column("whole", varchar(70)).nullable());
        op.backfill("people", "whole", sql("first || last"));
    }
    for size in [5, 1_000] {
        let program = filling(waits, size);
        let (_stays, mut db, _) = inhabited(&program);
        let shown = program.plan(&mut db, "head", Direction::Upgrade).map(drop);
        let done = program.upgrade(&mut db).map(drop);
        for refused in [shown, done] {
            let Err(error) = refused else {
                assert_eq!(size, 1_000);
                continue;
            };
            assert_eq!(size, 5);
            assert!(matches!(error, Error::Plan { .. }) && error.to_string().contains("SET LOCAL"), "{error}");
        }
        let filled = if size == 5 { "0" } else { "1" };
        let there = "SELECT count(*)::text FROM information_schema.columns WHERE column_name = 'whole'";
        assert_eq!(one(&mut db, there), filled);
    }
}

fn added(op: &mut Operations, of: &str, value: &str) {
    op.add_column("people", column("c", native(sql(of))).nullable());
    op.backfill("people", "c", sql(value));
}

#[test]
fn columns_of_types_that_cannot_be_compared_are_filled_batch_by_batch() {
    for (name, fill, own) in [
        ("json", (|op| added(op, "json", "json_build_object('id', id, 'first', first)")) as Record, "{\"own\": 1}"),
        ("jsonb", |op| added(op, "jsonb", "jsonb_build_object('id', id, 'first', first)"), "{\"own\": 1}"),
        ("xml", |op| added(op, "xml", "xmlelement(name p, first)"), "<own/>"),
        ("point", |op| added(op, "point", "point(id, length(first))"), "(-1,-1)"),
        ("from others", |op| added(op, "json", "(SELECT to_json(pets) FROM pets WHERE owner_id = people.id)"), "1"),
    ] {
        let program = filling(fill, 5);
        let (_stays, mut db, mut other) = inhabited(&program);
        let batches = beside::upgrade(&program, &mut db, &mut other, |batch, other| {
            if batch == 1 {
                run(
                    other,
                    &format!("UPDATE people SET c = '{own}' WHERE id IN (2, 20); UPDATE people SET first = 'ggg'"),
                );
            }
        });
        assert!(batches.unwrap() > 4, "{name}");
        let filled = values(&mut db, "SELECT c::text FROM people ORDER BY id");
        assert!(filled.len() == 23 && filled.iter().all(|it| it != "NULL"), "{name}: {filled:?}");
        let wanted = match name {
            "point" => "(22,3)",
            "from others" => "{\"id\":22,\"owner_id\":22}",
            "xml" => "<p>ggg</p>",
            "json" => "{\"id\" : 22, \"first\" : \"ggg\"}",
            _ => "{\"id\": 22, \"first\": \"ggg\"}",
        };
        assert_eq!(filled[21], wanted);
    }
}

#[test]
fn a_column_that_has_the_default_of_its_domain_is_filled() {
    fn domain(op: &mut Operations) {
        first(op);
        op.execute(sql("CREATE DOMAIN shade AS text DEFAULT 'none'"));
    }
    let program = line(&[(domain, nothing), (|op| added(op, "shade", "first"), nothing)]);
    let program = program.with_settings(Settings::default().with_batch_size(5));
    let (_stays, mut db, mut other) = inhabited(&program);
    let batches = beside::upgrade(&program, &mut db, &mut other, |_, _| {});
    assert!(batches.unwrap() > 4);
    assert_eq!(one(&mut db, "SELECT count(*)::text FROM people WHERE c = first"), "23");
}

#[test]
fn triggers_of_others_see_that_it_is_the_tool_that_writes() {
    fn filled(op: &mut Operations) {
        op.add_column("people", column("whole", varchar(70)).nullable());
        op.backfill("people", "whole", sql("first || last"));
    }
    for size in [1_000, 5] {
        let program = filling(filled, size);
        let (_stays, mut db, mut other) = inhabited(&program);
        run(
            &mut db,
            "CREATE TABLE seen (by_tool boolean); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT \
             INTO seen VALUES (coalesce(current_setting('migratable.batch', true), '') = 'on'); RETURN NULL; END $$; CREATE \
             TRIGGER sees AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION see()",
        );
        beside::upgrade(&program, &mut db, &mut other, |batch, other| {
            if batch == 4 {
                run(other, "UPDATE people SET note = 'n' WHERE id = 2");
            }
        })
        .unwrap();
        let by_others = if size == 5 { "1" } else { "0" };
        assert_eq!(one(&mut db, "SELECT count(*) FROM seen WHERE NOT by_tool"), by_others);
        assert!(values(&mut db, "SELECT 1 FROM seen WHERE by_tool").len() >= 23);
        run(&mut db, "UPDATE people SET note = 'm' WHERE id = 2");
        assert_ne!(one(&mut db, "SELECT count(*) FROM seen WHERE NOT by_tool"), by_others);
    }
}
