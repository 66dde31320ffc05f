//! What PostgreSQL alone refuses beside rows that are worked on batch by batch.

use migratable::revision::*;
use migratable::{Direction, Error, Settings};

use crate::database::{line, nothing, one};
use crate::shared::batches::{first, inhabited};

#[test]
fn what_ends_with_its_transaction_is_refused_in_front_of_batches_where_it_is_shown_too() {
    fn waits(op: &mut Operations) {
        op.execute(sql("SET LOCAL lock_timeout = '7s'"));
        op.add_column("people", column("whole", varchar(70)).nullable());
        op.backfill("people", "whole", sql("first || last"));
    }
    for size in [5, 1_000] {
        let program =
            line(&[(first, nothing), (waits, nothing)]).with_settings(Settings::default().with_batch_size(size));
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
