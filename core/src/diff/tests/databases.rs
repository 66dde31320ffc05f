//! Schemas that were read from databases.

use super::*;

fn read(tables: impl IntoIterator<Item = Table>) -> Schema {
    Schema { is_database: true, ..schema(tables) }
}

fn upgrade(before: &Schema, after: &Schema) -> Vec<String> {
    let answers = Answers { allow_loss: true, ..Answers::default() };
    let plan = diff(before, after, &answers).unwrap_or_else(|error| panic!("{error:?}"));
    plan.upgrade.iter().map(ToString::to_string).collect()
}

#[test]
fn values_move_without_a_passing_name() {
    let with = |values: &[&str]| with_enum(read([]), values);
    assert_eq!(
        upgrade(&with(&["new", "old"]), &with(&["old", "new"])),
        ["drop value old of enum status", "add value old to enum status before new"]
    );
}

#[test]
fn what_is_no_longer_computed_changes_before_what_it_was_computed_from() {
    let with = |x, twice| read([table("a").column(column("x", x)).column(twice)]);
    let before = with(integer(), column("twice", integer()).generated(stored(sql("x * 2"))));
    let after = with(bigint(), column("twice", integer()));
    assert_eq!(upgrade(&before, &after), ["alter column a.twice: not generated", "alter column a.x: type bigint"]);
}

#[test]
fn a_table_may_lose_its_last_column() {
    let before = read([table("a").column(column("x", integer()))]);
    assert_eq!(upgrade(&before, &read([table("a")])), ["drop column a.x"]);
}
