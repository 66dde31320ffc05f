use super::{Family, Key, Words};

pub(super) const WORDS: Words = Words {
    quote: '`',
    reserved: &["order"],
    tables: &["users", "posts", "order", "Line items"],
    ids: &["INT", "BIGINT UNSIGNED", "int(10) unsigned"],
    keys: &[
        &Key { columns: "id {id} PRIMARY KEY", constraint: "", option: "" },
        &Key { columns: "id {id} NOT NULL AUTO_INCREMENT", constraint: "PRIMARY KEY (id)", option: "" },
        &Key { columns: "id {id} NOT NULL AUTO_INCREMENT UNIQUE", constraint: "", option: "" },
        &Key { columns: "id {id} NOT NULL", constraint: "UNIQUE KEY {t}_key (id) USING BTREE", option: "" },
        &Key {
            columns: "id {id} NOT NULL, lang VARCHAR(5) NOT NULL",
            constraint: "PRIMARY KEY (lang, id), KEY (id)",
            option: "",
        },
    ],
    families: &[
        Family {
            name: "qty",
            types: &["INT", "INT UNSIGNED", "BIGINT(20)", "SMALLINT", "DECIMAL(10,2)", "MEDIUMINT"],
            defaults: &["0", "'7'"],
            extras: &["CHECK ({A} < 1000)", "UNIQUE", "COMMENT 'how; many'"],
            ..Family::USUAL
        },
        Family {
            name: "title",
            types: &[
                "VARCHAR(191)",
                "VARCHAR(80)",
                "CHAR(20)",
                "TEXT",
                "MEDIUMTEXT",
                "varchar(80) CHARACTER SET latin1",
            ],
            defaults: &["'it''s'", "''"],
            extras: &["COMMENT 'it''s'", "CHECK (char_length({A}) < 90)"],
            part: "{A}(10)",
            ..Family::USUAL
        },
        Family {
            name: "made at",
            types: &["DATETIME", "TIMESTAMP", "DATETIME(3)"],
            defaults: &["'1990-01-01 00:00:00'", "'2000-01-01 00:00:01'"],
            ..Family::USUAL
        },
        Family {
            name: "changed",
            types: &[
                "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
                "DATETIME DEFAULT now() ON UPDATE now()",
                "TIMESTAMP NULL DEFAULT NULL",
            ],
            computed: true,
            ..Family::USUAL
        },
        Family {
            name: "done",
            types: &["BOOLEAN", "tinyint(1)", "BIT(1)"],
            defaults: &["0", "1", "FALSE"],
            ..Family::USUAL
        },
        Family { name: "data", types: &["JSON", "LONGTEXT"], in_keys: false, ..Family::USUAL },
        Family { name: "raw", types: &["VARBINARY(255)", "BLOB", "LONGBLOB"], part: "{A}(10)", ..Family::USUAL },
        Family {
            name: "ratio",
            types: &["DOUBLE", "FLOAT", "decimal(6,3)"],
            defaults: &["0.5", "1e2"],
            extras: &["COMMENT '50%'"],
            ..Family::USUAL
        },
        Family {
            name: "state",
            types: &[
                "ENUM('good','bad','it''s')",
                "enum('good', 'bad', 'it''s', 'odd')",
                "ENUM('bad','it''s','good') CHARACTER SET ascii",
            ],
            defaults: &["'good'", "'bad'"],
            ..Family::USUAL
        },
        Family {
            name: "flags",
            types: &["SET('a','b','c')", "SET('a','b','c','d')"],
            defaults: &["'a,b'", "''"],
            ..Family::USUAL
        },
        Family {
            name: "twice",
            types: &[
                "BIGINT AS (`qty2` * 2) VIRTUAL, qty2 INT",
                "BIGINT GENERATED ALWAYS AS (`qty2` * 2) STORED, qty2 INT",
                "INT, qty2 INT",
            ],
            computed: true,
            in_keys: false,
            ..Family::USUAL
        },
        Family {
            name: "größe",
            types: &["VARCHAR(10)", "varchar(20) COLLATE utf8mb4_bin"],
            defaults: &["'m'"],
            ..Family::USUAL
        },
    ],
    actions: &[
        "",
        "ON DELETE CASCADE",
        "ON DELETE SET NULL ON UPDATE CASCADE",
        "ON DELETE RESTRICT",
        "ON UPDATE NO ACTION",
    ],
    inline_references: true,
    any_order: false,
    constraints: &[
        "UNIQUE KEY {t}_{a} ({partA}, id)",
        "KEY ({partA})",
        "CONSTRAINT {t}_{a}_ck CHECK ({A} IS NULL OR {B} IS NOT NULL OR 1 = 1)",
        "INDEX `{t} {a} {b}` ({partA} DESC, {partB}) COMMENT 'why'",
        "UNIQUE ({partB}, id, {partA})",
    ],
    statements: &[
        "CREATE INDEX {t}_{a}_later ON {T} ({partA})",
        "ALTER TABLE {T} ADD UNIQUE INDEX {t}_{b}_all (id, {partB}) USING BTREE",
    ],
    options: &[
        "",
        " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
        " ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci COMMENT = 'it''s'",
        " ENGINE=InnoDB AUTO_INCREMENT=100 DEFAULT CHARSET=latin1 ROW_FORMAT=DYNAMIC",
    ],
    labels: "",
};
