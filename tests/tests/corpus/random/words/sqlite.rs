use super::{Family, Key, Words};

pub(super) const WORDS: Words = Words {
    quote: '"',
    reserved: &["order"],
    tables: &["users", "posts", "order", "Line items"],
    ids: &["INTEGER", "INT", "BIGINT"],
    keys: &[
        &Key { columns: "id INTEGER PRIMARY KEY", constraint: "", option: "" },
        &Key { columns: "id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", constraint: "", option: "" },
        &Key { columns: "id {id} NOT NULL", constraint: "CONSTRAINT {t}_pk PRIMARY KEY (id)", option: "" },
        &Key { columns: "id INTEGER NOT NULL", constraint: "PRIMARY KEY (id AUTOINCREMENT)", option: "" },
        &Key { columns: "id {id} PRIMARY KEY NOT NULL", constraint: "", option: " WITHOUT ROWID" },
        &Key { columns: "id {id} NOT NULL UNIQUE", constraint: "", option: "" },
        &Key {
            columns: "id {id} NOT NULL, lang TEXT NOT NULL",
            constraint: "PRIMARY KEY (lang, id), UNIQUE (id) ON CONFLICT IGNORE",
            option: "",
        },
    ],
    families: &[
        Family {
            name: "qty",
            types: &["INTEGER", "INT UNSIGNED", "NUMERIC(10,2)", "REAL", "tinyint(4)", ""],
            defaults: &["0", "(1 + 2)", "-1", "+7"],
            extras: &["CHECK ({A} < 1000)", "CONSTRAINT not_nine CHECK ({A} <> 9 OR {A} IS NULL)", "UNIQUE"],
            ..Family::USUAL
        },
        Family {
            name: "title",
            types: &["TEXT", "VARCHAR(80)", "nvarchar(20)", "CHARACTER VARYING(255)", "STRING"],
            defaults: &["''", "'it''s'", "NULL", "(lower('X'))"],
            extras: &["COLLATE NOCASE", "UNIQUE", "CHECK (length({A}) < 90 /* long, enough */)", "COLLATE RTRIM"],
            ..Family::USUAL
        },
        Family {
            name: "made at",
            types: &["DATETIME", "TIMESTAMP", "TEXT", "timestamp with time zone"],
            defaults: &["CURRENT_TIMESTAMP", "(datetime('now', 'localtime'))", "'1970-01-01 00:00:00'"],
            ..Family::USUAL
        },
        Family {
            name: "done",
            types: &["BOOLEAN", "bool", "INTEGER"],
            defaults: &["0", "1", "FALSE", "true"],
            extras: &["CHECK ({A} BETWEEN 0 AND 3)"],
            ..Family::USUAL
        },
        Family { name: "data", types: &["BLOB", "", "JSON"], defaults: &["x'00ff'", "NULL"], ..Family::USUAL },
        Family {
            name: "ratio",
            types: &["REAL", "DOUBLE PRECISION", "FLOAT"],
            defaults: &["0.5", "1e3", ".25"],
            ..Family::USUAL
        },
        Family {
            name: "twice",
            types: &[
                "INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL",
                "INTEGER AS (id + id) STORED",
                "INTEGER GENERATED ALWAYS AS (id * 2) STORED",
                "TEXT AS ('#' || id)",
            ],
            computed: true,
            ..Family::USUAL
        },
        Family { name: "größe", types: &["TEXT", "INTEGER"], defaults: &["'m'"], ..Family::USUAL },
    ],
    actions: &[
        "",
        "ON DELETE CASCADE",
        "ON DELETE SET NULL ON UPDATE CASCADE",
        "ON DELETE RESTRICT",
        "ON UPDATE NO ACTION DEFERRABLE INITIALLY DEFERRED",
    ],
    inline_references: true,
    any_order: true,
    constraints: &[
        "UNIQUE ({A}, id)",
        "CONSTRAINT {t}_{a}_ck CHECK ({A} IS NULL OR {B} IS NOT NULL OR 1 = 1)",
        "CONSTRAINT \"{t} {a}\" UNIQUE (id, {A} COLLATE BINARY) ON CONFLICT REPLACE",
        "CHECK (id > 0 AND {A} IS NOT 'never; -- ever')",
    ],
    statements: &[
        "CREATE INDEX {t}_{a} ON {T} ({A})",
        "CREATE UNIQUE INDEX IF NOT EXISTS {t}_{a}_id ON {T} ({A} DESC, id)",
        "CREATE INDEX {t}_{a}_some ON {T} ({A} COLLATE NOCASE) WHERE {B} IS NOT NULL",
        "CREATE INDEX \"{t} {a}+{b}\" ON {T} (lower({A}), {B})",
        "CREATE INDEX [{t}_{a}_both] ON {T} ({partA}, {partB})",
    ],
    options: &[""],
    labels: "",
};
