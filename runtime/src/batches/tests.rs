use std::time::Duration;

use super::*;

fn batches(key: &[&str]) -> Batches {
    let key = key.iter().map(|it| KeyColumn {
        column: (*it).to_owned(),
        literal: format!("quote({it})"),
        noted: String::new(),
    });
    Batches {
        table: "t".into(),
        sql: "t".to_owned(),
        key: key.collect(),
        sources: Vec::new(),
        of: RowWork::Fill {
            column: "c".to_owned(),
            statement: "UPDATE t SET c = 1".to_owned(),
            predicate: Some("a OR b".to_owned()),
            differs: None,
            is_unset: false,
        },
    }
}

#[test]
fn batches_are_ranges_of_the_key() {
    let key = |values: &[&str]| values.iter().map(|it| (*it).to_owned()).collect::<Key>();
    let (one, two) = (batches(&["a"]), batches(&["a", "b"]));
    assert_eq!(one.range(Dialect::Sqlite, None, None), None);
    assert_eq!(one.range(Dialect::Mysql, Some(&key(&["1"])), Some(&key(&["9"]))).unwrap(), "a > 1 AND a <= 9");
    let (after, until) = (key(&["1", "'x'"]), key(&["2", "'y'"]));
    assert_eq!(
        two.range(Dialect::Postgres, Some(&after), Some(&until)).unwrap(),
        "(a, b) > (1, 'x') AND (a, b) <= (2, 'y')"
    );
    assert_eq!(
        two.range(Dialect::Mysql, Some(&after), Some(&until)).unwrap(),
        "(a > 1 OR a = 1 AND b > 'x') AND (a < 2 OR a = 2 AND b <= 'y')"
    );
    assert_eq!(two.bound(Dialect::Sqlite, None, 10), "SELECT quote(a), quote(b) FROM t ORDER BY a, b LIMIT 1 OFFSET 9");
    assert_eq!(two.among(&[&after, &until]), "(a, b) IN ((1, 'x'), (2, 'y'))");
    assert_eq!(one.fill(Some("a > 1")).unwrap(), "UPDATE t SET c = 1 WHERE (a OR b) AND a > 1");
}

#[test]
fn a_batch_takes_about_as_long_as_it_should() {
    let mut size = Size::of(&batches(&["a"]), &BatchSettings::USUAL);
    size.learn(Duration::from_millis(1));
    assert_eq!(size.rows, 2_000);
    size.learn(Duration::from_millis(500));
    assert_eq!(size.rows, 1_000);
    size.learn(Duration::from_secs(60));
    assert_eq!(size.rows, 250);
    let mut fixed = Size::of(&batches(&["a"]), &BatchSettings { size: Some(7), pause: None });
    fixed.learn(Duration::from_millis(1));
    assert_eq!(fixed.rows, 7);
    fixed.grow_to(500);
    fixed.learn(Duration::from_millis(1));
    assert_eq!(fixed.rows, 500);
}

#[test]
fn others_have_the_longer_one_of_two_pauses() {
    let milliseconds = Duration::from_millis;
    for (set, leaves, expected) in [
        (None, 0, None),
        (None, 60, Some(60)),
        (Some(0), 60, Some(60)),
        (Some(10), 60, Some(60)),
        (Some(100), 60, Some(100)),
        (Some(100), 0, Some(100)),
    ] {
        let settings = BatchSettings { size: None, pause: set.map(milliseconds) };
        assert_eq!(settings.rest(milliseconds(leaves)), expected.map(milliseconds), "{set:?} {leaves}");
    }
}
