//! Every call is read as it is compiled: one list stands here as code and, by `stringify!`, as text.

use migratable_core::Operation;
use migratable_core::builder::*;

use super::super::constructor::CONSTRUCTORS;
use super::super::operation::{ALTERATIONS, OPERATIONS};
use super::super::parse;
use super::file;

macro_rules! calls {
    ($op:ident: $($call:expr;)*) => {{
        let mut $op = OperationList::default();
        $({ let _ = $call; })*
        ($op.operations, [$(concat!(stringify!($call), ";")),*].join("\n"))
    }};
}

pub(super) fn every_call() -> (Vec<Operation>, String) {
    calls! { op:
        op.create_table(
            table("posts")
                .column(column("id", bigint()).identity(identity().always().start(-5).increment(0x10)))
                .column(column("small", smallint()).default(-3))
                .column(column("whole", integer()).default(2147483647))
                .column(column("big", bigint()).default(-9223372036854775808i64))
                .column(column("r", real()).default(1.5))
                .column(column("d", double()).default(-2.50e3f64))
                .column(column("n", numeric(10, 2)).default(decimal("0.10")))
                .column(column("any", any_numeric()).default(null()))
                .column(column("yes", boolean()).default(true))
                .column(column("t", text()).default("it's \"quoted\"\n\t\u{e9} \\"))
                .column(column("raw", text()).default(r#"a "raw" text"#))
                .column(column("v", varchar(140)).collate("NOCASE").comment("a comment"))
                .column(column("c", char(2)).nullable())
                .column(column("b", binary()).default(b"\x00\xff bytes"))
                .column(column("vb", varbinary(16)))
                .column(column("day", date()))
                .column(column("clock", time()))
                .column(column("at", timestamp()).default(now()))
                .column(column("zoned", timestamptz()).default(sql("now() at time zone 'utc'")))
                .column(column("span", interval()))
                .column(column("u", uuid()))
                .column(column("j", json()))
                .column(column("jb", jsonb()))
                .column(column("ip", inet()))
                .column(column("list", array(text())))
                .column(column("state", enumeration("state")))
                .column(column("ci", native(sql_each().sqlite("text collate nocase").postgres("citext").mysql("text"))))
                .column(column("sum", integer()).generated(stored(sql("small + whole"))))
                .column(column("lazy", integer()).generated(computed(sql("small - whole"))))
                .primary_key("pk_posts", ["id"])
                .unique("uq_posts_small_whole", ["small", "whole"])
                .index(
                    index("ix_posts_many")
                        .on("small")
                        .on(asc("whole").nulls_first())
                        .on(desc(sql("lower(t)")).nulls_last())
                        .on(sql("upper(t)"))
                        .unique()
                        .filter(sql("small > 0"))
                        .using("gin")
                        .include(["t"]),
                )
                .foreign_key(
                    foreign_key("fk_posts_big_users", ["big"])
                        .references("users", ["id"])
                        .on_delete(cascade())
                        .on_update(set_null())
                        .deferred(),
                )
                .check("ck_posts_small", sql("small > 0"))
                .comment("a table"),
        );
        op.drop_table("auth.users");
        op.rename_table("a", "b");
        op.add_column("a", column("b", text()));
        op.drop_column("a", "b");
        op.rename_column("a", "b", "c");
        op.alter_column("a", "b")
            .set_type(text())
            .using(sql("b::text"))
            .not_null()
            .nullable()
            .default(3)
            .identity(identity())
            .generated(stored(sql("1")))
            .collate("C")
            .comment("new");
        op.alter_column("a", "b").drop_default().drop_identity().drop_generated().drop_collate().comment("");
        op.create_index("a", index("i").on("b"));
        op.drop_index("a", "i");
        op.create_unique("a", unique("u", ["b"]));
        op.drop_unique("a", "u");
        op.create_check("a", check("k", sql("b > 0")));
        op.drop_check("a", "k");
        op.create_foreign_key("a", foreign_key("f", ["b"]).references("c", ["d"]).on_delete(restrict()).deferrable());
        op.create_foreign_key("a", foreign_key("g", ["b"]).on_delete(set_default()).on_update(no_action()));
        op.drop_foreign_key("a", "f");
        op.create_primary_key("a", primary_key("p", ["b", "c"]));
        op.drop_primary_key("a", "p");
        op.rename_index("a", "i", "j");
        op.rename_constraint("a", "u", "v");
        op.create_enum("e", ["x", "y"]);
        op.drop_enum("e");
        op.add_enum_value("e", "z");
        op.add_enum_value_before("e", "w", "x");
        op.rename_enum_value("e", "w", "v");
        op.drop_enum_value("e", "v");
        op.set_table_comment("a", "text");
        op.set_table_comment("a", "");
        op.set_table_option("a", "strict", "true");
        op.set_table_option("a", "strict", "");
        op.bulk_insert("a", ["b", "c"], [[value("x"), value(1)], [null(), value(-2.5)]]);
        op.backfill("a", "b", sql("c + 1"));
        op.backfill_where("a", "b", sql("0"), sql("b IS NULL"));
        op.execute(sql_each().sqlite("SELECT 1"));
        op.execute_as(sql("DROP TABLE a"), |op| {
            op.drop_table("a");
            op.alter_column("b", "c").not_null();
        });
        op.execute_as(sql("DROP TABLE a"), |inner| inner.drop_table("a"));
        op.irreversible("the \"old\" values are gone");
    }
}

#[test]
pub(super) fn every_call_reads_as_it_is_compiled() {
    let (compiled, text) = every_call();
    let read = parse(&file(&text, "")).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert_eq!(read.upgrade_operations(), compiled);
}

/// Checksums in histories are taken over this text: the file may grow by new calls, and never changes.
#[test]
fn what_checksums_are_taken_over_is_pinned() {
    let (compiled, _) = every_call();
    let text = migratable_core::operation::canonical(&compiled);
    let pinned = include_str!("every_call.v1.txt").replace('\r', "");
    for (now, pinned) in text.split("\n.\n").zip(pinned.split("\n.\n")) {
        assert_eq!(now, pinned);
    }
    assert_eq!(text.len(), pinned.len());
}

#[test]
fn no_call_is_left_out() {
    let (_, text) = every_call();
    let called = |name: &str| text.contains(&format!("{name}(")) || ["map_rows", "run"].contains(&name);
    for name in CONSTRUCTORS.iter().chain(&OPERATIONS).chain(&ALTERATIONS) {
        assert!(called(name), "`{name}` is never called in this test");
    }
}

#[test]
fn every_word_of_the_builder_is_known() {
    let source = concat!(
        include_str!("../../../../core/src/builder.rs"),
        include_str!("../../../../core/src/builder/operations.rs")
    );
    let own = ["push", "owned", "change", "with", "run_named", "map_rows_named"];
    let names = source.lines().filter_map(|line| line.trim().strip_prefix("pub fn ")).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        (!rest.starts_with('$')).then(|| rest[..end].to_owned())
    });
    let (_, text) = every_call();
    for name in names {
        let called = text.contains(&format!("{name}(")) || own.contains(&name.as_str());
        assert!(called, "`{name}` of the builder is never read in these tests");
    }
}
