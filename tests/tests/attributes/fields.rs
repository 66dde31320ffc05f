//! The cases of fields.

use super::cases::{Case, Outcome, case, left_out, reaches};

/// The cases.
pub const CASES: &[Case] = &[
    case(
        "field: column",
        "pub rank: i32",
        r#"#[migratable(column = "place")]
    pub rank: i32"#,
        reaches(r#"name = "place""#, r#""place" INTEGER NOT NULL"#, "is it renamed to posts.place"),
    ),
    case(
        "field: type",
        "pub title: String",
        r#"#[migratable(type = "varchar(140)")]
    pub title: String"#,
        reaches(
            r#"type = "varchar(140)""#,
            r#""title" VARCHAR(140) NOT NULL"#,
            "schema.lock has text, the model has varchar(140)",
        ),
    ),
    case(
        "field: type(dialect)",
        "pub title: String",
        r#"#[migratable(type(postgres = "citext", sqlite = "varchar(9)"))]
    pub title: String"#,
        reaches(r#"sqlite = "varchar(9)""#, r#""title" VARCHAR(9) NOT NULL"#, "varchar(9)"),
    ),
    case(
        "field: primary_key",
        "pub rank: i32",
        "#[migratable(primary_key)]\n    pub rank: i32",
        reaches(
            r#"columns = ["rank"]"#,
            r#""rank" INTEGER NOT NULL CONSTRAINT "pk_posts" PRIMARY KEY"#,
            "the primary key",
        ),
    ),
    case(
        "field: auto_increment = false",
        "pub id: i64,\n    pub title",
        "#[migratable(auto_increment = false)]\n    pub id: i64,\n    pub title",
        reaches(
            r#"name = "id"
type = "bigint"

[[table.column]]
name = "title""#,
            r#""id" BIGINT"#,
            "`posts.id` differs",
        ),
    ),
    case(
        "field: identity",
        "#[migratable(references = User)]",
        "#[migratable(references = User, identity)]",
        reaches(
            r#"name = "pk_profiles", columns = ["id"] }

[[table.column]]
name = "id"
type = "bigint"
identity = true"#,
            r#"CREATE TABLE "profiles" ( "id" INTEGER NOT NULL CONSTRAINT "pk_profiles" PRIMARY KEY,"#,
            "`profiles.id` differs",
        ),
    ),
    case(
        "field: identity(always)",
        "pub id: i64,\n    pub title",
        "#[migratable(identity(always))]\n    pub id: i64,\n    pub title",
        Outcome::Refused("has no `identity(always)`"),
    ),
    case(
        "field: identity(start)",
        "pub id: i64,\n    pub title",
        "#[migratable(identity(start = 2))]\n    pub id: i64,\n    pub title",
        Outcome::Refused("has no `start`"),
    ),
    case(
        "field: identity(increment)",
        "pub id: i64,\n    pub title",
        "#[migratable(identity(increment = 2))]\n    pub id: i64,\n    pub title",
        Outcome::Refused("has no `increment`"),
    ),
    case(
        "field: unique",
        "pub rank: i32",
        "#[migratable(unique)]\n    pub rank: i32",
        reaches(
            r#"name = "uq_posts_rank"
columns = ["rank"]"#,
            r#"CONSTRAINT "uq_posts_rank" UNIQUE ("rank")"#,
            "the unique `uq_posts_rank`",
        ),
    ),
    case(
        "field: index",
        "pub rank: i32",
        "#[migratable(index)]\n    pub rank: i32",
        reaches(
            r#"name = "ix_posts_rank"
on = ["rank"]"#,
            r#"CREATE INDEX "ix_posts_rank" ON "posts" ("rank")"#,
            "the index `ix_posts_rank`",
        ),
    ),
    case(
        "field: unique(name)",
        "pub rank: i32",
        r#"#[migratable(unique(name = "uq_best"))]
    pub rank: i32"#,
        reaches(r#"name = "uq_best""#, r#"CONSTRAINT "uq_best" UNIQUE ("rank")"#, "the unique `uq_best`"),
    ),
    case(
        "field: index(name)",
        "pub rank: i32",
        r#"#[migratable(index(name = "ix_best"))]
    pub rank: i32"#,
        reaches(r#"name = "ix_best""#, r#"CREATE INDEX "ix_best" ON "posts" ("rank")"#, "the index `ix_best`"),
    ),
    case(
        "field: default = literal",
        "pub rank: i32",
        "#[migratable(default = 7)]\n    pub rank: i32",
        reaches("default = 7", r#""rank" INTEGER NOT NULL DEFAULT 7"#, "no default, the model has default 7"),
    ),
    case(
        "field: default = now",
        "pub rank: i32",
        "#[migratable(default = now)]\n    pub rank: chrono::NaiveDateTime",
        reaches("default = { now = true }", "DEFAULT (CURRENT_TIMESTAMP)", "default now"),
    ),
    case(
        "field: default = sql",
        "pub rank: i32",
        r#"#[migratable(default = sql("1 + 1"))]
    pub rank: i32"#,
        reaches(r#"default = { sql = "1 + 1" }"#, "DEFAULT (1 + 1)", r#"default sql("1 + 1")"#),
    ),
    case(
        "field: default = sql(dialect)",
        "pub rank: i32",
        r#"#[migratable(default = sql(postgres = "2", sqlite = "3 + 3"))]
    pub rank: i32"#,
        reaches("3 + 3", "DEFAULT (3 + 3)", "3 + 3"),
    ),
    case(
        "field: generated",
        "pub rank: i32",
        r#"#[migratable(generated = "author_id + 1", stored)]
    pub rank: i32"#,
        reaches("author_id + 1", "GENERATED ALWAYS AS (author_id + 1)", "author_id + 1"),
    ),
    case(
        "field: stored",
        "pub rank: i32",
        r#"#[migratable(generated = "author_id + 2", stored)]
    pub rank: i32"#,
        reaches("stored", "AS (author_id + 2) STORED", "stored"),
    ),
    case(
        "field: virtual",
        "pub rank: i32",
        r#"#[migratable(generated = "author_id + 3", virtual)]
    pub rank: i32"#,
        reaches("author_id + 3", "AS (author_id + 3) VIRTUAL", "author_id + 3"),
    ),
    case(
        "field: references = Model",
        "pub author_id: i64",
        "#[migratable(references = User)]\n    pub author_id: i64",
        reaches(
            r#"name = "fk_posts_author_id_users"
columns = ["author_id"]
table = "users"
references = ["id"]"#,
            r#"FOREIGN KEY ("author_id") REFERENCES "users" ("id")"#,
            "the foreign key `fk_posts_author_id_users`",
        ),
    ),
    case(
        "field: references = text",
        "pub author_id: i64",
        r#"#[migratable(references = "users.id")]
    pub author_id: i64"#,
        reaches(
            r#"name = "fk_posts_author_id_users"
columns = ["author_id"]
table = "users"
references = ["id"]"#,
            r#"FOREIGN KEY ("author_id") REFERENCES "users" ("id")"#,
            "the foreign key `fk_posts_author_id_users`",
        ),
    ),
    case(
        "field: reference_name",
        "pub author_id: i64",
        r#"#[migratable(references = User, reference_name = "fk_author")]
    pub author_id: i64"#,
        reaches(r#"name = "fk_author""#, r#"CONSTRAINT "fk_author" FOREIGN KEY"#, "the foreign key `fk_author`"),
    ),
    case(
        "field: on_delete",
        "pub author_id: i64",
        "#[migratable(references = User, on_delete = cascade)]\n    pub author_id: i64",
        reaches(r#"on_delete = "cascade""#, "ON DELETE CASCADE", r#"on_delete = "cascade""#),
    ),
    case(
        "field: on_update",
        "pub author_id: i64",
        "#[migratable(references = User, on_update = cascade)]\n    pub author_id: i64",
        reaches(r#"on_update = "cascade""#, "ON UPDATE CASCADE", r#"on_update = "cascade""#),
    ),
    case(
        "field: cascade",
        "pub author_id: i64",
        "#[migratable(references = User, on_delete = cascade, on_update = cascade)]\n    pub author_id: i64",
        reaches(
            r#"on_delete = "cascade"
on_update = "cascade""#,
            "ON DELETE CASCADE ON UPDATE CASCADE",
            r#"on_delete = "cascade", on_update = "cascade""#,
        ),
    ),
    case(
        "field: restrict",
        "pub author_id: i64",
        "#[migratable(references = User, on_delete = restrict, on_update = restrict)]\n    pub author_id: i64",
        reaches(
            r#"on_delete = "restrict"
on_update = "restrict""#,
            "ON DELETE RESTRICT ON UPDATE RESTRICT",
            r#"on_delete = "restrict", on_update = "restrict""#,
        ),
    ),
    case(
        "field: set_null",
        "pub author_id: i64",
        "#[migratable(references = User, on_delete = set_null)]\n    pub author_id: Option<i64>",
        reaches(r#"on_delete = "set_null""#, "ON DELETE SET NULL", r#"on_delete = "set_null""#),
    ),
    case(
        "field: set_default",
        "pub author_id: i64",
        "#[migratable(default = 1, references = User, on_delete = set_default)]\n    pub author_id: i64",
        reaches(r#"on_delete = "set_default""#, "ON DELETE SET DEFAULT", r#"on_delete = "set_default""#),
    ),
    case(
        "field: no_action",
        "pub author_id: i64",
        "#[migratable(references = User, on_delete = no_action)]\n    pub author_id: i64",
        reaches(
            r#"name = "fk_posts_author_id_users"
columns = ["author_id"]
table = "users"
references = ["id"]

[[table]]"#,
            r#""email" TEXT NOT NULL, CONSTRAINT "fk_posts_author_id_users" FOREIGN KEY ("author_id") REFERENCES "users" ("id") )"#,
            "(author_id) to users (id) is new",
        ),
    ),
    case(
        "field: deferrable",
        "pub author_id: i64",
        "#[migratable(references = User, deferrable)]\n    pub author_id: i64",
        reaches("deferrable", "DEFERRABLE INITIALLY", "deferrable"),
    ),
    case(
        "field: check",
        "pub rank: i32",
        r#"#[migratable(check = "rank < 100")]
    pub rank: i32"#,
        reaches(
            r#"name = "ck_posts_rank"
expression = "rank < 100""#,
            r#"CONSTRAINT "ck_posts_rank" CHECK (rank < 100)"#,
            "the check `ck_posts_rank`",
        ),
    ),
    case(
        "field: check = sql(dialect)",
        "pub rank: i32",
        r#"#[migratable(check = sql(postgres = "rank < 5", sqlite = "rank < 6"))]
    pub rank: i32"#,
        reaches("rank < 6", "CHECK (rank < 6)", "rank < 6"),
    ),
    case(
        "field: collate",
        "pub title: String",
        r#"#[migratable(collate = "NOCASE")]
    pub title: String"#,
        reaches(r#"collate = "NOCASE""#, r#""title" TEXT NOT NULL COLLATE "NOCASE""#, "NOCASE"),
    ),
    case(
        "field: comment",
        "pub title: String",
        r#"#[migratable(comment = "in short")]
    pub title: String"#,
        left_out(r#"comment = "in short""#, "in short", "SQLite has no comments, and nobody loses by it", "in short"),
    ),
    case(
        "field: renamed_from",
        "pub rank: i32",
        r#"#[migratable(renamed_from = "rank")]
    pub place: i32"#,
        reaches(
            r#"name = "place""#,
            r#""place" INTEGER NOT NULL"#,
            "schema.lock has `posts.rank`, which this field renames to `place`",
        ),
    ),
    case(
        "field: skip",
        "pub rank: i32",
        "#[migratable(skip)]\n    pub rank: i32",
        reaches(
            r#"name = "author_id"
type = "bigint"

[[table.column]]
name = "status""#,
            r#""author_id" BIGINT NOT NULL, "status""#,
            "`posts.rank` (integer, not null), and no field has it any more",
        ),
    ),
];
