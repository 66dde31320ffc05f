//! users and their posts

use migratable::revision::*;

revision!("54dea9036938", after = []);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.create_table(
        table("users")
            .column(column("id", bigint()).identity(identity()))
            .column(column("username", varchar(40)))
            .column(column("email", varchar(255)))
            .column(column("location", text()).nullable())
            .column(column("created_at", timestamp()).default(now()))
            .primary_key("pk_users", ["id"])
            .unique("uq_users_username", ["username"])
            .unique("uq_users_email", ["email"]),
    );
    op.create_table(
        table("posts")
            .column(column("id", bigint()).identity(identity()))
            .column(column("headline", varchar(140)))
            .column(column("body", text()))
            .column(column("author_id", bigint()))
            .column(column("created_at", timestamp()).default(now()))
            .primary_key("pk_posts", ["id"])
            .foreign_key(
                foreign_key("fk_posts_author_id_users", ["author_id"])
                    .references("users", ["id"])
                    .on_delete(cascade()),
            ),
    );
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_table("posts");
    op.drop_table("users");
}
