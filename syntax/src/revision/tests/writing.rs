use migratable_core::builder::*;
use migratable_core::diff::{Hole, Loss, Plan};
use migratable_core::operation::canonical;

use super::super::parse;
use super::super::write::{NewRevision, write};
use super::calls::every_call;

fn written(plan: &Plan, message: &str) -> String {
    let after = ["1b2c3d4e5f60".to_owned()];
    write(&NewRevision {
        id: "3f2a9c41d0b7",
        after: &after,
        depends_on: &[],
        labels: &[],
        replaces: &[],
        message,
        plan,
    })
}

#[test]
fn a_written_revision_looks_like_the_one_of_the_design() {
    let mut upgrade = OperationList::default();
    upgrade.add_column("users", column("bio", text()).nullable());
    upgrade.run_named("fill_users_bio");
    upgrade.alter_column("users", "bio").not_null();
    upgrade.create_table(table("tags").column(column("id", bigint())).primary_key("pk_tags", ["id"]));
    let mut downgrade = OperationList::default();
    downgrade.drop_table("tags");
    downgrade.drop_column("users", "bio");
    downgrade.add_column("users", column("age", integer()));
    let plan = Plan {
        upgrade: upgrade.operations,
        downgrade: downgrade.operations,
        holes: vec![Hole {
            step: "fill_users_bio".to_owned(),
            table: "users".into(),
            column: "bio".to_owned(),
            value: None,
            reason: "users.bio is NOT NULL and has no default: every row needs a value".to_owned(),
        }],
        losses: vec![Loss { at: 2, note: "The values of users.age do not come back.".to_owned() }],
    };
    let text = written(&plan, "add a bio to users");
    assert_eq!(
        text,
        r#"//! add a bio to users

use migratable::revision::*;

revision!("3f2a9c41d0b7", after = ["1b2c3d4e5f60"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
    op.run(fill_users_bio);
    op.alter_column("users", "bio").not_null();
    op.create_table(
        table("tags")
            .column(column("id", bigint()))
            .primary_key("pk_tags", ["id"]),
    );
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_table("tags");
    op.drop_column("users", "bio");
    // The values of users.age do not come back.
    op.add_column("users", column("age", integer()));
}

fn fill_users_bio(db: &mut Db) -> Result<()> {
    use fill_users_bio::*; // the tables as they are at this very step, and Diesel's prelude

    // Such as:
    // diesel::update(users::table).set(users::bio.eq(…)).execute(db)?;
    // Ok(())
    hole!("users.bio is NOT NULL and has no default: every row needs a value. Write the code for it in place of this line")
}
"#
    );
    let read = parse(&text).unwrap();
    assert!(read.words.contains("hole"));
    assert_eq!(read.upgrade_operations(), plan.upgrade);
    assert_eq!(read.downgrade_operations(), plan.downgrade);
}

#[test]
fn what_is_written_reads_back_as_the_same_operations() {
    let (mut operations, _) = every_call();
    operations.push(migratable_core::Operation::Run { step: "fill".to_owned() });
    for operation in operations {
        let (upgrade, downgrade) = (vec![operation.clone()], vec![operation.clone()]);
        let text = written(&Plan { upgrade, downgrade, ..Plan::default() }, "") + "fn fill() {}";
        let read = parse(&text).unwrap_or_else(|mistakes| panic!("{text}: {mistakes:#?}"));
        assert_eq!(read.upgrade_operations(), std::slice::from_ref(&operation), "{text}");
        assert_eq!(canonical(&read.downgrade_operations()), canonical(&[operation]), "{text}");
    }
}

#[test]
fn what_rustfmt_makes_of_a_written_revision_reads_the_same() {
    let (upgrade, _) = every_call();
    let text = written(&Plan { upgrade, ..Plan::default() }, "");
    if let Some(formatted) = super::steps::rustfmt(&text, "max_width=100") {
        assert_eq!(parse(&formatted).unwrap().checksum(), parse(&text).unwrap().checksum());
    }
}

#[test]
fn an_empty_revision_and_odd_messages_read_back() {
    let plan = Plan::default();
    let revision = NewRevision {
        id: "a1",
        after: &[],
        depends_on: &["b2".into()],
        labels: &["shop".into(), "till".into()],
        replaces: &["c3".into()],
        message: "one\r\n\n two */ \"x\"",
        plan: &plan,
    };
    let read = parse(&write(&revision)).unwrap();
    assert_eq!((read.message.as_str(), read.after), ("one", Vec::new()));
    assert!(read.upgrade.is_empty() && read.steps_checksum.is_none());
}
