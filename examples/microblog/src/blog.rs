//! Writing and reading posts.

use diesel::prelude::*;

use crate::models::{Home, Post, PostStatus, PostTag, Tag, User};
use crate::schema::{comments, followers, post_tags, posts, roles, tags, users};

/// Publishes a post; an author who is new gets an account. Words of the title that begin with `#` become tags.
pub fn publish(db: &mut SqliteConnection, author: &str, title: &str, body: &str) -> QueryResult<()> {
    db.transaction(|db| {
        let author = find_or_create_user(db, author)?;
        let post: Post = diesel::insert_into(posts::table)
            .values((
                posts::title.eq(title),
                posts::body.eq(body),
                posts::summary.eq(body.chars().take(100).collect::<String>()),
                posts::minutes.eq(minutes(body)),
                posts::author_id.eq(author.id),
                posts::status.eq(PostStatus::Published),
            ))
            .returning(Post::as_returning())
            .get_result(db)?;
        for word in title.split_whitespace().filter_map(|word| word.strip_prefix('#')) {
            diesel::insert_or_ignore_into(tags::table).values(tags::name.eq(word)).execute(db)?;
            let tag: Tag = tags::table.filter(tags::name.eq(word)).select(Tag::as_select()).first(db)?;
            diesel::insert_or_ignore_into(post_tags::table)
                .values(PostTag { post_id: post.id, tag_id: tag.id })
                .execute(db)?;
        }
        Ok(())
    })
}

/// How long it takes to read a text, by 200 words a minute.
fn minutes(text: &str) -> i32 {
    i32::try_from(text.split_whitespace().count().div_ceil(200)).unwrap_or(i32::MAX)
}

fn find_or_create_user(db: &mut SqliteConnection, username: &str) -> QueryResult<User> {
    let found = users::table.filter(users::username.eq(username)).select(User::as_select()).first(db).optional()?;
    if let Some(user) = found {
        return Ok(user);
    }
    let role: i64 = roles::table.filter(roles::name.eq("author")).select(roles::id).first(db)?;
    diesel::insert_into(users::table)
        .values((
            users::username.eq(username),
            users::email.eq(format!("{username}@example.org")),
            users::bio.eq(""),
            Home { city: None, country: None },
            users::role_id.eq(role),
        ))
        .returning(User::as_returning())
        .get_result(db)
}

/// The published posts, newest first, a line each.
pub fn timeline(db: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let found: Vec<(Post, User)> = posts::table
        .inner_join(users::table)
        .filter(posts::status.eq(PostStatus::Published))
        .order((posts::created_at.desc(), posts::id.desc()))
        .select((Post::as_select(), User::as_select()))
        .load(db)?;
    found
        .into_iter()
        .map(|(post, author)| {
            let comments: i64 = comments::table.filter(comments::post_id.eq(post.id)).count().get_result(db)?;
            let readers: i64 = followers::table.filter(followers::followed_id.eq(author.id)).count().get_result(db)?;
            let from = author.home.city.map_or(String::new(), |city| format!(" in {city}"));
            Ok(format!(
                "{} {}{from} ({readers} followers): {} ({} min, {comments} comments)",
                post.created_at.format("%Y-%m-%d"),
                author.username,
                post.title,
                post.minutes
            ))
        })
        .collect()
}
