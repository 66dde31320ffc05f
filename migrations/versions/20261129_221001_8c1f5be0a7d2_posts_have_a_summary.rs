//! posts have a summary

use migratable::revision::*;

revision!("8c1f5be0a7d2", after = ["0d5813c7508d"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.add_column("posts", column("summary", varchar(100)).nullable());
    op.backfill("posts", "summary", sql("substr(body, 1, 100)"));
    op.alter_column("posts", "summary").not_null();
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_column("posts", "summary");
}

#[cfg(test)]
mod tests {
    use super::testing::*;

    #[test]
    fn a_summary_is_what_a_post_begins_with() {
        each_database(|revision, db| {
            use before::{posts, users};

            let row = (users::id.eq(1), users::username.eq("ada"), users::email.eq("ada@example.org"));
            let row = (row, users::bio.eq(""), users::role_id.eq(1));
            diesel::insert_into(users::table).values(row).execute(db)?;
            let long = "größer ".repeat(20);
            for (id, body) in [(1, "first words"), (2, long.as_str()), (3, "")] {
                let row = (posts::id.eq(id), posts::title.eq("Hello"), posts::body.eq(body), posts::author_id.eq(1));
                diesel::insert_into(posts::table).values(row).execute(db)?;
            }

            revision.upgrade(db)?;
            let found = after::posts::table.order(after::posts::id).select(after::posts::summary);
            let begin: String = long.chars().take(100).collect();
            assert_eq!(found.load::<String>(db)?, ["first words", begin.as_str(), ""]);

            revision.downgrade(db)?;
            let kept = posts::table.order(posts::id).select(posts::body).load::<String>(db)?;
            assert_eq!(kept, ["first words", long.as_str(), ""]);
            Ok(())
        });
    }
}
