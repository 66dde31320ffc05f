//! find the newest posts of an author fast

use migratable::revision::*;

revision!("adaf0076dac5", after = ["47b05a9867ad"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.create_index(
        "posts",
        index("ix_posts_author_id_created_at").on("author_id").on(desc("created_at")),
    );
    op.create_check("users", check("ck_users_email", sql("email LIKE '%_@_%'")));
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_check("users", "ck_users_email");
    op.drop_index("posts", "ix_posts_author_id_created_at");
}
