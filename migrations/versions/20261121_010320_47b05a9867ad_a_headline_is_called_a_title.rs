//! a headline is called a title

use migratable::revision::*;

revision!("47b05a9867ad", after = ["2ff9097be747"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.rename_column("posts", "headline", "title");
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.rename_column("posts", "title", "headline");
}
