//! comments, tags and followers

use migratable::revision::*;

revision!("39c56fd6bc37", after = ["54dea9036938"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.create_table(
        table("comments")
            .column(column("id", bigint()).identity(identity()))
            .column(column("post_id", bigint()))
            .column(column("author_id", bigint()))
            .column(column("parent_id", bigint()).nullable())
            .column(column("body", text()))
            .column(column("created_at", timestamp()).default(now()))
            .primary_key("pk_comments", ["id"])
            .index(index("ix_comments_post_id").on("post_id"))
            .foreign_key(
                foreign_key("fk_comments_post_id_posts", ["post_id"])
                    .references("posts", ["id"])
                    .on_delete(cascade()),
            )
            .foreign_key(
                foreign_key("fk_comments_author_id_users", ["author_id"])
                    .references("users", ["id"])
                    .on_delete(cascade()),
            )
            .foreign_key(
                foreign_key("fk_comments_parent_id_comments", ["parent_id"])
                    .references("comments", ["id"])
                    .on_delete(set_null()),
            ),
    );
    op.create_table(
        table("followers")
            .column(column("follower_id", bigint()))
            .column(column("followed_id", bigint()))
            .column(column("since", timestamp()).default(now()))
            .primary_key("pk_followers", ["follower_id", "followed_id"])
            .index(index("ix_followers_followed_id").on("followed_id"))
            .foreign_key(
                foreign_key("fk_followers_follower_id_users", ["follower_id"])
                    .references("users", ["id"])
                    .on_delete(cascade()),
            )
            .foreign_key(
                foreign_key("fk_followers_followed_id_users", ["followed_id"])
                    .references("users", ["id"])
                    .on_delete(cascade()),
            )
            .check("ck_followers_self", sql("follower_id <> followed_id")),
    );
    op.create_table(
        table("tags")
            .column(column("id", bigint()).identity(identity()))
            .column(column("name", varchar(30)))
            .primary_key("pk_tags", ["id"])
            .unique("uq_tags_name", ["name"]),
    );
    op.create_table(
        table("post_tags")
            .column(column("post_id", bigint()))
            .column(column("tag_id", bigint()))
            .primary_key("pk_post_tags", ["post_id", "tag_id"])
            .index(index("ix_post_tags_tag_id").on("tag_id"))
            .foreign_key(
                foreign_key("fk_post_tags_post_id_posts", ["post_id"])
                    .references("posts", ["id"])
                    .on_delete(cascade()),
            )
            .foreign_key(
                foreign_key("fk_post_tags_tag_id_tags", ["tag_id"])
                    .references("tags", ["id"])
                    .on_delete(cascade()),
            ),
    );
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_table("post_tags");
    op.drop_table("tags");
    op.drop_table("followers");
    op.drop_table("comments");
}
