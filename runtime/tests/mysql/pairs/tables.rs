//! Tables.

use super::Pair;

pub const PAIRS: &[Pair] = &[
    Pair {
        name: "tables come and go with their references",
        a: "CREATE TABLE z (id int PRIMARY KEY); CREATE TABLE a (id int PRIMARY KEY, z int, FOREIGN KEY (z) REFERENCES z (id)); CREATE TABLE k (id int); INSERT INTO z VALUES (1); INSERT INTO a VALUES (1, 1); INSERT INTO k VALUES (3)",
        b: "CREATE TABLE k (id int); INSERT INTO k VALUES (3)",
        kept: "SELECT id FROM k",
    },
    Pair {
        name: "engine, collation, format and comment",
        a: "CREATE TABLE t (id int PRIMARY KEY, a varchar(9), b varchar(9) COLLATE utf8mb4_bin) COMMENT 'it''s \\\\ old'; INSERT INTO t VALUES (1, 'é', 'b')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a varchar(9), b varchar(9)) ENGINE=MyISAM DEFAULT CHARSET=latin1 COMMENT 'new' CHECKSUM=1; INSERT INTO t VALUES (1, 'é', 'b')",
        kept: "SELECT CONCAT(a, b) FROM t",
    },
    Pair {
        name: "row formats",
        a: "CREATE TABLE t (id int PRIMARY KEY, a varchar(9)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 STATS_PERSISTENT=1; INSERT INTO t VALUES (1, 'a')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a varchar(9)) ROW_FORMAT=COMPACT; INSERT INTO t VALUES (1, 'a')",
        kept: "SELECT a FROM t",
    },
    Pair {
        name: "the character set of a table, with its columns",
        a: "CREATE TABLE t (id int PRIMARY KEY, a varchar(9), b text, e enum('é')) DEFAULT CHARSET=latin1; INSERT INTO t VALUES (1, 'é', 'ü', 'é')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a varchar(9), b text, e enum('é')) DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_unicode_ci; INSERT INTO t VALUES (1, 'é', 'ü', 'é')",
        kept: "SELECT CONCAT(a, b) FROM t",
    },
    Pair {
        name: "a table with everything, new",
        a: "CREATE TABLE k (id int PRIMARY KEY); INSERT INTO k VALUES (1)",
        b: "CREATE TABLE k (id int PRIMARY KEY); INSERT INTO k VALUES (1); CREATE TABLE t (id bigint unsigned NOT NULL AUTO_INCREMENT, a varchar(50) CHARACTER SET latin1 DEFAULT 'x' COMMENT 'c', \
            b decimal(5,2) unsigned NOT NULL DEFAULT 1.00, g int AS (id % 7) VIRTUAL, s varchar(60) AS (concat(a, '!')) STORED, j json CHECK (json_valid(j)), e enum('a','b') NOT NULL DEFAULT 'b', \
            seen timestamp(3) NOT NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3), hid int INVISIBLE, k int, PRIMARY KEY (id), UNIQUE ux (a), KEY (b DESC, a(3)), FULLTEXT (a), \
            CONSTRAINT ck CHECK (b > 0), CONSTRAINT fk FOREIGN KEY (k) REFERENCES k (id) ON DELETE SET NULL ON UPDATE CASCADE) COMMENT 'all' ROW_FORMAT=DYNAMIC; INSERT INTO t (a) VALUES ('y')",
        kept: "SELECT id FROM k",
    },
    Pair {
        name: "many changes of one table at once",
        a: "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(9) DEFAULT 'x', c int, KEY ka (a), UNIQUE ub (b), CHECK (c > 0), FOREIGN KEY (a) REFERENCES p (id)); INSERT INTO t VALUES (1, 1, 'y', 2)",
        b: "CREATE TABLE p (id bigint PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE t (n int NOT NULL, id int PRIMARY KEY, a bigint, b varchar(20) NOT NULL, d date NOT NULL, KEY ka (a, b), CHECK (n >= 0), FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE) COMMENT 'x'; INSERT INTO t VALUES (0, 1, 1, 'y', '2001-01-01')",
        kept: "SELECT CONCAT(id, a, b) FROM t",
    },
];
