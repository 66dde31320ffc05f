//! every user has a bio

use migratable::revision::*;

revision!("643bae5d58d0", after = ["adaf0076dac5"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.add_column("users", column("bio", text()).nullable());
    op.run(fill_users_bio);
    op.alter_column("users", "bio").not_null();
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_column("users", "bio");
}

fn fill_users_bio(db: &mut Db) -> Result<()> {
    use fill_users_bio::*;

    // Whoever has written something is introduced by it.
    let authors = posts::table.select(posts::author_id);
    diesel::update(users::table).set(users::bio.eq("")).execute(db)?;
    diesel::update(users::table.filter(users::id.eq_any(authors))).set(users::bio.eq("Writes here.")).execute(db)?;
    Ok(())
}
