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

#[cfg(test)]
mod tests {
    use super::testing::*;

    #[test]
    fn who_writes_is_introduced_by_it() {
        each_database(|revision, db| {
            use before::{posts, users};

            for (id, username) in [(1, "ada"), (2, "bob")] {
                let email = format!("{username}@example.org");
                let row = (users::id.eq(id), users::username.eq(username), users::email.eq(email));
                diesel::insert_into(users::table).values(row).execute(db)?;
            }
            let row = (posts::title.eq("Hello"), posts::body.eq("first words"), posts::author_id.eq(1));
            diesel::insert_into(posts::table).values(row).execute(db)?;

            revision.upgrade(db)?;
            let bios = after::users::table.order(after::users::id).select(after::users::bio);
            assert_eq!(bios.load::<String>(db)?, ["Writes here.", ""]);

            revision.downgrade(db)?;
            let kept = users::table.order(users::id).select(users::username).load::<String>(db)?;
            assert_eq!(kept, ["ada", "bob"]);
            Ok(())
        });
    }
}
