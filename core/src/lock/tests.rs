use super::{Lock, read, write};
use crate::builder::*;
use crate::{Enum, Model, Schema};

fn schema() -> Schema {
    let mut schema = Schema::default();
    let mut status = Enum { name: "status".into(), values: vec!["draft".into(), "it's \"on\"".into()], model: None };
    status.model = Some(Model { name: "Status".into(), package: "app".into() });
    schema.enums.insert("status".into(), status);
    let mut users = table("auth.users")
        .column(column("id", bigint()).identity(identity().always().start(2)))
        .column(column("name", varchar(20)).default("x\ny").collate("nocase").comment("😀"))
        .column(column("price", numeric(10, 2)).default(1.5))
        .column(column("blob", native(sql_each().sqlite("blob").postgres("bytea"))).nullable())
        .column(column("at", timestamp()).default(now()))
        .column(column("key", binary()).default(b"\x00\xff"))
        .column(column("low", text()).generated(stored(sql("lower(name)"))))
        .column(column("status", enumeration("status")).default("draft"))
        .primary_key("pk_users", ["id"])
        .unique("uq_users_name", ["name", "price"])
        .index(index("ix_users_at").on("at").filter(sql("at > 0")).using("btree").include(["name"]))
        .index(index("ix_users_name").on("name").on(desc("price").nulls_last()).on(sql("lower(name)")).unique())
        .foreign_key(foreign_key("fk", ["id"]).references("users", ["id"]).on_delete(cascade()).deferred())
        .check("ck_users_name", sql_each().sqlite("name <> ''"))
        .comment("people");
    users.model = Some(Model { name: "User".into(), package: "app".into() });
    schema.tables.insert(users.name.clone(), users);
    schema
}

#[test]
fn a_lock_reads_back_as_it_was_written() {
    let text = write(&["b".into(), "a".into()], &schema());
    let lock = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(lock.schema, schema());
    assert_eq!(lock.heads, ["a", "b"]);
    assert!(lock.is_intact());
    assert_eq!(read(&text.replace('\n', "\r\n")).unwrap(), lock);
    assert_eq!(read(&write(&[], &Schema::default())).unwrap(), Lock::empty());
}

#[test]
fn a_hand_edit_shows() {
    let text = write(&[], &schema()).replace("varchar(20)", "varchar(21)");
    assert!(!read(&text).unwrap().is_intact());
}

#[test]
fn models_and_the_order_of_columns_are_not_part_of_the_fingerprint() {
    let mut other = schema();
    for table in other.tables.values_mut() {
        table.model = None;
        table.columns.reverse();
    }
    assert_eq!(crate::fingerprint(&other), crate::fingerprint(&schema()));
}

#[test]
fn mistakes_are_found_where_they_stand() {
    let good = write(&[], &schema());
    for (from, to, place, message) in [
        ("version = 1", "version = 2", (4, 11), "use the release that wrote it"),
        ("heads = []", "<<<<<<< HEAD\nheads = []", (2, 1), "conflict markers"),
        ("heads = []", "heads = [", (3, 13), ""),
        ("version = 1", "version = 1\nwhat = 1", (5, 1), "has no `what`"),
        ("type = \"varchar(20)\"", "type = \"varchar\"", (29, 8), "needs a length"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let error = read(&text).unwrap_err();
        assert!(error.message.contains(message), "{error}");
        assert_eq!((error.line, error.column), place, "{error}\n{text}");
    }
}
