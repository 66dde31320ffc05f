//! A program whose scripts have much to quote.

use migratable::revision::*;

use crate::shared::programs::{Program, line};

pub fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    op.create_table(
        table("users")
            .column(column("id", bigint()).identity(identity().always()))
            .column(column("name", text()).default("it's; \\ -- \"fine\""))
            .column(column("mood", enumeration("mood")).default("sad"))
            .primary_key("pk_users", ["id"]),
    );
    op.create_table(
        table("posts")
            .column(column("id", bigint()).identity(identity()))
            .column(column("user_id", bigint()))
            .primary_key("pk_posts", ["id"])
            .foreign_key(foreign_key("fk_p", ["user_id"]).references("users", ["id"]).on_delete(cascade())),
    );
}

/// Three revisions with names, texts and rows that have to be quoted.
pub fn program() -> Program {
    line(&[
        (base, |op| {
            op.drop_table("posts");
            op.drop_table("users");
            op.drop_enum("mood");
        }),
        (
            |op| {
                op.alter_column("users", "name").nullable();
                op.create_unique("users", unique("uq_users_name", ["name"]));
                op.execute(sql("UPDATE users SET name = name || '!' -- loud"));
            },
            |op| {
                op.drop_unique("users", "uq_users_name");
                op.backfill_where("users", "name", sql("''"), sql("name IS NULL"));
                op.alter_column("users", "name").not_null();
            },
        ),
        (
            |op| {
                op.rename_column("users", "name", "full name");
                op.bulk_insert("users", ["full name"], [[value("a;b")]]);
            },
            |op| op.rename_column("users", "full name", "name"),
        ),
    ])
}
