//! Schemas that were read from databases.

use super::{schema, users, with_enum};
use crate::builder::*;
use crate::diff::{Answers, DiffError, diff};
use crate::{Schema, Table};

fn database(tables: impl IntoIterator<Item = Table>) -> Schema {
    Schema { is_database: true, ..schema(tables) }
}

fn planned(before: &Schema, after: &Schema) -> Vec<String> {
    let plan = diff(before, after, &Answers { allow_loss: true, ..Answers::default() }).unwrap();
    assert!(plan.downgrade.is_empty() && plan.holes.is_empty());
    let mut reached = before.clone();
    plan.upgrade.iter().for_each(|operation| operation.apply(&mut reached).unwrap());
    assert_eq!(diff(&reached, after, &Answers::default()).unwrap().upgrade, [], "a second diff finds something");
    plan.upgrade.iter().map(ToString::to_string).collect()
}

#[test]
fn a_database_may_hold_what_no_model_can() {
    let odd = table("odd")
        .column(column("id", bigint()).nullable())
        .column(column("gone_id", bigint()).nullable())
        .primary_key("pk", ["id"])
        .unique("same_name", ["gone_id"])
        .index(index("same_name").on("gone_id"))
        .foreign_key(foreign_key("fk", ["gone_id"]).references("nowhere", ["x"]));
    assert_eq!(planned(&database([]), &database([odd.clone()])), ["create table odd (2 columns)"]);
    assert_eq!(planned(&database([odd]), &database([])), ["drop table odd"]);
}

#[test]
fn what_rows_need_is_left_to_the_dialect() {
    let before = database([users().column(column("a", text()).nullable())]);
    let after = database([users().column(column("a", text())).column(column("b", integer()))]);
    assert_eq!(planned(&before, &after), ["add column users.b (integer, not null)", "alter column users.a: not null"]);
}

#[test]
fn a_renamed_value_is_renamed_in_the_default_too() {
    let of = |value: &str| {
        let default = sql_each().postgres(&format!("'{value}'::mood"));
        let table = users().column(column("mood", enumeration("mood")).default(default));
        let mut schema = database([table]);
        let values = vec!["sad".to_owned(), value.to_owned()];
        schema.enums.insert("mood".into(), crate::Enum { name: "mood".into(), values, model: None });
        schema
    };
    let mut answers = Answers::default();
    answers.rename("mood.ok=mood.fine").unwrap();
    let plan = diff(&of("ok"), &of("fine"), &answers).unwrap();
    let lines: Vec<String> = plan.upgrade.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["rename value ok of enum mood to fine"]);
}

#[test]
fn what_only_the_dialect_knows_is_a_change() {
    let plain = || users().column(column("a", text())).index(index("ix").on("a"));
    let before = database([plain()]);
    let mut table = plain();
    table.native.set("strict", Some("true"));
    table.columns[1].native.set("charset", Some("utf8mb4"));
    table.indexes[0].parts[0].native.set("prefix", Some("10"));
    let after = database([table]);
    assert_eq!(
        planned(&before, &after),
        [
            "drop index ix of users",
            "alter column users.a: charset utf8mb4",
            "create index ix on users (a prefix 10)",
            "set strict of table users to true"
        ]
    );
    assert_eq!(planned(&after, &before).last().map(String::as_str), Some("take strict from table users"));
    assert_eq!(crate::fingerprint(&before), crate::fingerprint(&after), "the lock does not say it");
}

#[test]
fn what_may_be_a_rename_is_asked_unless_loss_is_allowed() {
    let before = database([users().column(column("nick", text()))]);
    let after = database([users().column(column("name", text()))]);
    assert!(matches!(diff(&before, &after, &Answers::default()), Err(DiffError::Questions(_))));
    assert_eq!(planned(&before, &after), ["add column users.name (text, not null)", "drop column users.nick"]);
}

#[test]
fn values_move_without_a_passing_name() {
    let with = |values: &[&str]| with_enum(database([]), values);
    assert_eq!(
        planned(&with(&["new", "old"]), &with(&["old", "new"])),
        ["drop value old of enum status", "add value old to enum status before new"]
    );
}

#[test]
fn what_is_no_longer_computed_changes_before_what_it_was_computed_from() {
    let with = |x, twice| database([table("a").column(column("x", x)).column(twice)]);
    let before = with(integer(), column("twice", integer()).generated(stored(sql("x * 2"))));
    let after = with(bigint(), column("twice", integer()));
    assert_eq!(planned(&before, &after), ["alter column a.twice: not generated", "alter column a.x: type bigint"]);
}

#[test]
fn a_table_may_lose_its_last_column() {
    let before = database([table("a").column(column("x", integer()))]);
    assert_eq!(planned(&before, &database([table("a")])), ["drop column a.x"]);
}

#[test]
fn a_name_is_taken_again_behind_a_rename() {
    let renamed = |text: &str, before: &Schema, after: &Schema| {
        let mut answers = Answers::default();
        answers.rename(text).unwrap();
        let plan = diff(before, after, &answers).unwrap();
        plan.upgrade.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let before = database([users().column(column("a", integer()))]);
    let after = database([users().column(column("b", integer())).column(column("a", text()).nullable())]);
    assert_eq!(
        renamed("users.a=users.b", &before, &after),
        ["rename column users.a to b", "add column users.a (text, nullable)"]
    );
    let plain = |name: &str| table(name).column(column("id", bigint()));
    let after = database([plain("people"), plain("users").column(column("a", integer()))]);
    assert_eq!(
        renamed("users=people", &database([plain("users")]), &after),
        ["rename table users to people", "create table users (2 columns)"]
    );
}
