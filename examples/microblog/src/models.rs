//! What the blog keeps. The database follows these structs; see `migrations/`.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use migratable::Migratable;

use crate::schema::{comments, followers, post_tags, posts, roles, tags, users};

/// What a user may do.
#[derive(Debug, Queryable, Selectable, Identifiable, Migratable)]
#[diesel(table_name = roles)]
pub struct Role {
    pub id: i64,
    #[migratable(type = "varchar(20)", unique)]
    pub name: String,
}

/// Somebody who writes or reads.
#[derive(Debug, Queryable, Selectable, Identifiable, Migratable)]
#[diesel(table_name = users)]
pub struct User {
    pub id: i64,
    #[migratable(type = "varchar(40)", unique)]
    pub username: String,
    #[migratable(type = "varchar(255)", unique, check = "email LIKE '%_@_%'")]
    pub email: String,
    pub bio: String,
    #[diesel(embed)]
    pub home: Home,
    #[migratable(references = Role, index)]
    pub role_id: i64,
    #[migratable(default = now)]
    pub created_at: NaiveDateTime,
}

/// Where a user lives.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
pub struct Home {
    pub city: Option<String>,
    pub country: Option<String>,
}

/// Whether readers see a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Migratable)]
pub enum PostStatus {
    Draft,
    Published,
    Archived,
}

/// A post.
#[derive(Debug, Queryable, Selectable, Identifiable, Associations, Migratable)]
#[diesel(table_name = posts, belongs_to(User, foreign_key = author_id))]
#[migratable(index(author_id, created_at desc))]
pub struct Post {
    pub id: i64,
    #[migratable(type = "varchar(140)")]
    pub title: String,
    pub body: String,
    #[migratable(type = "varchar(100)")]
    pub summary: String,
    /// How long it takes to read.
    pub minutes: i32,
    #[migratable(references = User, on_delete = cascade)]
    pub author_id: i64,
    #[migratable(default = "draft")]
    pub status: PostStatus,
    #[migratable(default = now)]
    pub created_at: NaiveDateTime,
}

/// A comment on a post, or an answer to another comment.
#[derive(Debug, Queryable, Selectable, Identifiable, Migratable)]
#[diesel(table_name = comments)]
pub struct Comment {
    pub id: i64,
    #[migratable(references = Post, on_delete = cascade, index)]
    pub post_id: i64,
    #[migratable(references = User, on_delete = cascade)]
    pub author_id: i64,
    #[migratable(references = Comment, on_delete = set_null)]
    pub parent_id: Option<i64>,
    pub body: String,
    #[migratable(default = now)]
    pub created_at: NaiveDateTime,
}

/// A word to find posts by.
#[derive(Debug, Queryable, Selectable, Identifiable, Migratable)]
#[diesel(table_name = tags)]
pub struct Tag {
    pub id: i64,
    #[migratable(type = "varchar(30)", unique)]
    pub name: String,
}

/// A post has a tag.
#[derive(Debug, Queryable, Selectable, Insertable, Identifiable, Migratable)]
#[diesel(table_name = post_tags, primary_key(post_id, tag_id))]
pub struct PostTag {
    #[migratable(references = Post, on_delete = cascade)]
    pub post_id: i64,
    #[migratable(references = Tag, on_delete = cascade, index)]
    pub tag_id: i64,
}

/// A user reads what another writes.
#[derive(Debug, Queryable, Selectable, Insertable, Identifiable, Migratable)]
#[diesel(table_name = followers, primary_key(follower_id, followed_id))]
#[migratable(check(name = "ck_followers_self", "follower_id <> followed_id"))]
pub struct Follower {
    #[migratable(references = User, on_delete = cascade)]
    pub follower_id: i64,
    #[migratable(references = User, on_delete = cascade, index)]
    pub followed_id: i64,
    #[migratable(default = now)]
    pub since: NaiveDateTime,
}
