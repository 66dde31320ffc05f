//! posts say how long they take to read

use migratable::revision::*;

revision!("b47d90c36e15", after = ["8c1f5be0a7d2"]);

#[operations]
pub fn upgrade(op: &mut Operations) {
    op.add_column("posts", column("minutes", integer()));
    op.map_rows("posts", estimate);
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_column("posts", "minutes");
}

/// By 200 words a minute.
fn estimate(old: before::posts::Row) -> Result<after::posts::Row> {
    let words = old.body.split_whitespace().count();
    Ok(after::posts::Row {
        id: old.id,
        title: old.title,
        body: old.body,
        author_id: old.author_id,
        created_at: old.created_at,
        status: old.status,
        summary: old.summary,
        minutes: i32::try_from(words.div_ceil(200))?,
    })
}

#[cfg(test)]
mod tests {
    use super::testing::*;

    #[test]
    fn two_hundred_words_are_a_minute() {
        each_database(|revision, db| {
            use before::{posts, users};

            let row = (users::id.eq(1), users::username.eq("ada"), users::email.eq("ada@example.org"));
            let row = (row, users::bio.eq(""), users::role_id.eq(1));
            diesel::insert_into(users::table).values(row).execute(db)?;
            for (id, words) in [(1, 0), (2, 1), (3, 200), (4, 201)] {
                let row = (posts::id.eq(id), posts::title.eq("Hello"), posts::body.eq("word ".repeat(words)));
                let row = (row, posts::author_id.eq(1), posts::summary.eq("word"));
                diesel::insert_into(posts::table).values(row).execute(db)?;
            }

            revision.upgrade(db)?;
            let found = after::posts::table.order(after::posts::id).select((after::posts::id, after::posts::minutes));
            assert_eq!(found.load::<(i64, i32)>(db)?, [(1, 0), (2, 1), (3, 1), (4, 2)]);

            revision.downgrade(db)?;
            let kept = posts::table.order(posts::id).select((posts::id, posts::summary)).load::<(i64, String)>(db)?;
            assert_eq!(kept, [1, 2, 3, 4].map(|id| (id, "word".to_owned())));
            Ok(())
        });
    }
}
