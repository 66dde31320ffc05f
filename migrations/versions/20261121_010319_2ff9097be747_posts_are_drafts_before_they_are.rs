//! posts are drafts before they are published

use migratable::revision::*;

revision!("2ff9097be747", after = ["39c56fd6bc37"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.create_enum("post_status", ["draft", "published", "archived"]);
    op.add_column(
        "posts",
        column("status", enumeration("post_status")).default("draft"),
    );
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_column("posts", "status");
    op.drop_enum("post_status");
}
