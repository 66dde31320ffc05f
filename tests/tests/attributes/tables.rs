//! The cases of structs, and of the indexes on them.

use super::cases::{Case, Outcome, case, left_out, reaches};

/// The cases.
pub const CASES: &[Case] = &[
    case(
        "struct: table",
        "pub struct Post {",
        r#"#[migratable(table = "articles")]
pub struct Post {"#,
        reaches(r#"name = "articles""#, r#"CREATE TABLE "articles""#, "is it renamed to articles"),
    ),
    case(
        "struct: schema",
        "pub struct Post {",
        r#"#[migratable(schema = "blog")]
pub struct Post {"#,
        Outcome::Refused("SQLite has no schemas"),
    ),
    case(
        "struct: primary_key",
        "pub struct Post {",
        "#[migratable(primary_key(author_id, rank))]\npub struct Post {",
        reaches(
            r#"primary_key = { name = "pk_posts", columns = ["author_id", "rank"] }"#,
            r#"PRIMARY KEY ("author_id", "rank")"#,
            "the primary key",
        ),
    ),
    case(
        "struct: primary_key = false",
        "pub struct Post {\n    pub id: i64",
        "#[migratable(primary_key = false)]\npub struct Post {\n    pub id: i64",
        reaches(
            r#"name = "posts"
model = "Post"
package = "app"

[[table.column]]"#,
            r#"CREATE TABLE "posts" ( "id" BIGINT NOT NULL"#,
            "the primary key",
        ),
    ),
    case(
        "struct: index",
        "pub struct Post {",
        "#[migratable(index(author_id, rank))]\npub struct Post {",
        reaches(
            r#"name = "ix_posts_author_id_rank"
on = ["author_id", "rank"]"#,
            r#"CREATE INDEX "ix_posts_author_id_rank" ON "posts" ("author_id", "rank")"#,
            "the index `ix_posts_author_id_rank`",
        ),
    ),
    case(
        "struct: unique",
        "pub struct Post {",
        "#[migratable(unique(author_id, rank))]\npub struct Post {",
        reaches(
            r#"name = "uq_posts_author_id_rank"
columns = ["author_id", "rank"]"#,
            r#"CONSTRAINT "uq_posts_author_id_rank" UNIQUE ("author_id", "rank")"#,
            "the unique `uq_posts_author_id_rank`",
        ),
    ),
    case(
        "struct: unique(columns)",
        "pub struct Post {",
        r#"#[migratable(unique(columns(author_id, rank), name = "uq_place"))]
pub struct Post {"#,
        reaches(
            r#"name = "uq_place"
columns = ["author_id", "rank"]"#,
            r#"CONSTRAINT "uq_place" UNIQUE ("author_id", "rank")"#,
            "the unique `uq_place`",
        ),
    ),
    case(
        "struct: check(expression)",
        "pub struct Post {",
        r#"#[migratable(check("rank >= 0"))]
pub struct Post {"#,
        reaches(
            r#"name = "ck_posts_rank"
expression = "rank >= 0""#,
            r#"CONSTRAINT "ck_posts_rank" CHECK (rank >= 0)"#,
            "the check `ck_posts_rank`",
        ),
    ),
    case(
        "struct: check(name)",
        "pub struct Post {",
        r#"#[migratable(check(name = "ck_order", "rank <> author_id"))]
pub struct Post {"#,
        reaches(
            r#"name = "ck_order"
expression = "rank <> author_id""#,
            r#"CONSTRAINT "ck_order" CHECK (rank <> author_id)"#,
            "the check `ck_order`",
        ),
    ),
    case(
        "struct: foreign_key",
        "pub struct Post {",
        "#[migratable(foreign_key(columns(author_id), references(User(id))))]\npub struct Post {",
        reaches(
            r#"name = "fk_posts_author_id_users"
columns = ["author_id"]
table = "users"
references = ["id"]"#,
            r#"CONSTRAINT "fk_posts_author_id_users" FOREIGN KEY ("author_id") REFERENCES "users" ("id")"#,
            "the foreign key `fk_posts_author_id_users`",
        ),
    ),
    case(
        "struct: foreign_key name",
        "pub struct Post {",
        r#"#[migratable(foreign_key(columns(author_id), references(User(id)), name = "fk_author"))]
pub struct Post {"#,
        reaches(r#"name = "fk_author""#, r#"CONSTRAINT "fk_author" FOREIGN KEY"#, "the foreign key `fk_author`"),
    ),
    case(
        "struct: foreign_key on_delete",
        "pub struct Post {",
        "#[migratable(foreign_key(columns(author_id), references(User(id)), on_delete = cascade))]\npub struct Post {",
        reaches(r#"on_delete = "cascade""#, "ON DELETE CASCADE", r#"on_delete = "cascade""#),
    ),
    case(
        "struct: renamed_from",
        "pub struct Post {",
        r#"#[migratable(renamed_from = "posts")]
pub struct Article {"#,
        reaches(
            r#"name = "articles""#,
            r#"CREATE TABLE "articles""#,
            "schema.lock has the table as `posts`, the model as `articles`",
        ),
    ),
    case(
        "struct: comment",
        "pub struct Post {",
        r#"#[migratable(comment = "what people write")]
pub struct Post {"#,
        left_out(
            r#"comment = "what people write""#,
            "what people write",
            "SQLite has no comments, and nobody loses by it",
            r#"schema.lock has no comment, the model has "what people write""#,
        ),
    ),
    case(
        "struct: database",
        "pub struct Post {",
        r#"#[migratable(database = "archive")]
pub struct Post {"#,
        Outcome::Refused(
            r#"this project has one database, and none is named "archive"
help: add it by a section [package.metadata.migratable.databases.archive]"#,
        ),
    ),
    case(
        "index: column",
        "pub struct Post {",
        "#[migratable(index(rank))]\npub struct Post {",
        reaches(
            r#"name = "ix_posts_rank"
on = ["rank"]"#,
            r#"CREATE INDEX "ix_posts_rank" ON "posts" ("rank")"#,
            "the index `ix_posts_rank`",
        ),
    ),
    case(
        "index: desc",
        "pub struct Post {",
        "#[migratable(index(rank desc))]\npub struct Post {",
        reaches(
            r#"on = [{ column = "rank", desc = true }]"#,
            r#"ON "posts" ("rank" DESC)"#,
            r#"{ column = "rank", desc = true }"#,
        ),
    ),
    case(
        "index: nulls",
        "pub struct Post {",
        "#[migratable(index(rank nulls last))]\npub struct Post {",
        left_out(
            r#"nulls = "last""#,
            "nulls",
            "SQLite has no NULLS FIRST or LAST in an index; it orders only how the index is stored",
            r#"nulls = "last""#,
        ),
    ),
    case(
        "index: expression",
        "pub struct Post {",
        r#"#[migratable(index("lower(title)", name = "ix_lower"))]
pub struct Post {"#,
        reaches(r#"on = [{ expression = "lower(title)" }]"#, r#"ON "posts" ((lower(title)))"#, "lower(title)"),
    ),
    case(
        "index: name",
        "pub struct Post {",
        r#"#[migratable(index(rank, name = "ix_best"))]
pub struct Post {"#,
        reaches(r#"name = "ix_best""#, r#"CREATE INDEX "ix_best""#, "the index `ix_best`"),
    ),
    case(
        "index: columns",
        "pub struct Post {",
        "#[migratable(index(columns(rank, title)))]\npub struct Post {",
        reaches(
            r#"name = "ix_posts_rank_title"
on = ["rank", "title"]"#,
            r#"("rank", "title")"#,
            "the index `ix_posts_rank_title`",
        ),
    ),
    case(
        "index: unique",
        "pub struct Post {",
        "#[migratable(index(rank, unique))]\npub struct Post {",
        reaches("unique = true", "CREATE UNIQUE INDEX", "unique"),
    ),
    case(
        "index: where",
        "pub struct Post {",
        r#"#[migratable(index(rank, where = "rank > 0"))]
pub struct Post {"#,
        reaches(r#"where = "rank > 0""#, "WHERE rank > 0", r#"where = "rank > 0""#),
    ),
    case(
        "index: using",
        "pub struct Post {",
        "#[migratable(index(rank, using = gin))]\npub struct Post {",
        left_out(r#"using = "gin""#, " using ", "SQLite has one kind of index", r#"using = "gin""#),
    ),
    case(
        "index: include",
        "pub struct Post {",
        "#[migratable(index(rank, include(title)))]\npub struct Post {",
        left_out(
            r#"include = ["title"]"#,
            "include",
            "SQLite has no covering columns; a query finds the same rows without them",
            "include",
        ),
    ),
];
