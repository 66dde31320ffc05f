//! The cases of Diesel's own attributes, enums and newtypes.

use super::cases::{Case, case, left_out, reaches};

/// The cases.
pub const CASES: &[Case] = &[
    case(
        "diesel: table_name",
        "pub struct Post {",
        "#[diesel(table_name = articles)]\npub struct Post {",
        reaches(r#"name = "articles""#, r#"CREATE TABLE "articles""#, "is it renamed to articles"),
    ),
    case(
        "diesel: primary_key",
        "pub struct Post {",
        "#[diesel(primary_key(author_id, rank))]\npub struct Post {",
        reaches(
            r#"primary_key = { name = "pk_posts", columns = ["author_id", "rank"] }"#,
            r#"PRIMARY KEY ("author_id", "rank")"#,
            "the primary key",
        ),
    ),
    case(
        "diesel: column_name",
        "pub rank: i32",
        "#[diesel(column_name = place)]\n    pub rank: i32",
        reaches(r#"name = "place""#, r#""place" INTEGER NOT NULL"#, "is it renamed to posts.place"),
    ),
    case(
        "diesel: belongs_to",
        "pub struct Post {",
        "#[diesel(belongs_to(User, foreign_key = author_id))]\npub struct Post {",
        reaches(
            r#"name = "fk_posts_author_id_users""#,
            r#"FOREIGN KEY ("author_id") REFERENCES "users" ("id")"#,
            "the foreign key `fk_posts_author_id_users`",
        ),
    ),
    case(
        "diesel: sql_type",
        "pub rank: i32",
        "#[diesel(sql_type = diesel::sql_types::BigInt)]\n    pub rank: i32",
        reaches(
            r#"name = "rank"
type = "bigint""#,
            r#""rank" BIGINT NOT NULL"#,
            "schema.lock has integer, the model has bigint",
        ),
    ),
    case(
        "diesel: embed",
        "pub rank: i32",
        "#[diesel(embed)]\n    pub place: Place,\n    pub rank: i32",
        reaches(
            r#"name = "city"
type = "text""#,
            r#""city" TEXT NOT NULL"#,
            "`posts.city` (text",
        ),
    ),
    case(
        "enum: rename_all",
        "pub enum Status {",
        r#"#[migratable(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {"#,
        reaches(r#""IN_REVIEW""#, "IN ('DRAFT', 'IN_REVIEW')", "is it renamed to status.IN_REVIEW"),
    ),
    case(
        "enum: rename",
        "pub enum Status {",
        r#"#[migratable(rename = "stage")]
pub enum Status {"#,
        left_out(
            r#"type = "enum(stage)""#,
            "stage",
            "SQLite has no enum types, only a text with a check of the values",
            "the enum `stage` is new",
        ),
    ),
    case(
        "variant: rename",
        "InReview,",
        r#"#[migratable(rename = "in review")]
    InReview,"#,
        reaches(r#""in review""#, "IN ('draft', 'in review')", "is it renamed to status.in review"),
    ),
    case(
        "newtype: type",
        "pub struct Email(",
        r#"#[migratable(type = "varchar(80)")]
pub struct Email("#,
        reaches(
            r#"type = "varchar(80)""#,
            r#""email" VARCHAR(80) NOT NULL"#,
            "schema.lock has text, the model has varchar(80)",
        ),
    ),
];
