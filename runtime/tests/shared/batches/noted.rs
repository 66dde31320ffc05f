//! Rows that others have written meanwhile, when there are many of them.

use migratable::revision::*;

use super::{PEOPLE, beside, filling, inhabited};
use crate::database::{one, run, values};

fn noted(op: &mut Operations) {
    op.add_column("people", column("copy", varchar(30)).nullable());
    op.backfill("people", "copy", sql("note"));
}

#[test]
fn many_noted_rows_are_done_before_others_are_kept_away_however_small_a_batch_is() {
    let program = filling(noted, 1);
    let (_stays, mut db, mut other) = inhabited(&program);
    let times = 70;
    let mut left = Vec::new();
    let batches = beside::upgrade(&program, &mut db, &mut other, |batch, other| {
        if batch == 4 {
            (1..=times).for_each(|time| run(other, &format!("UPDATE people SET note = 'n{time}'")));
        }
        left.push(one(other, "SELECT count(*) FROM migratable_changed_rows").parse::<i64>().unwrap());
    });
    let most = PEOPLE * times;
    assert!(most > 1_500 && left.contains(&most), "{left:?}");
    assert!(left.last().is_some_and(|left| *left < 500), "{left:?}");
    assert!(batches.unwrap() < 40, "{left:?}");
    assert_eq!(values(&mut db, "SELECT DISTINCT copy FROM people"), [format!("n{times}")]);
}
