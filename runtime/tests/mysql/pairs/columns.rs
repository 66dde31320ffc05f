//! Columns.

use super::Pair;

pub const PAIRS: &[Pair] = &[
    Pair {
        name: "a column in the middle",
        a: "CREATE TABLE t (a int PRIMARY KEY, c int); INSERT INTO t VALUES (1, 2)",
        b: "CREATE TABLE t (a int PRIMARY KEY, b int, c int); INSERT INTO t VALUES (1, 2, 3)",
        kept: "SELECT CONCAT(a, c) FROM t",
    },
    Pair {
        name: "columns in another order",
        a: "CREATE TABLE t (a int PRIMARY KEY, b int, c int, d int); INSERT INTO t VALUES (1, 2, 3, 4)",
        b: "CREATE TABLE t (d int, b int, a int PRIMARY KEY, c int); INSERT INTO t VALUES (4, 2, 1, 3)",
        kept: "SELECT CONCAT(a, b, c, d) FROM t",
    },
    Pair {
        name: "NOT NULL columns of every sort without a default",
        a: "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b varchar(3) NOT NULL, c date NOT NULL, d datetime(3) NOT NULL, \
            e timestamp NOT NULL, f time NOT NULL, g year NOT NULL, h enum('x','y') NOT NULL, i set('x','y') NOT NULL, \
            j json NOT NULL, k blob NOT NULL, l text NOT NULL, m bit(4) NOT NULL, n decimal(5,2) NOT NULL, o uuid NOT NULL, \
            p inet6 NOT NULL, q point NOT NULL, r double NOT NULL, s tinyint(1) NOT NULL, u binary(4) NOT NULL, \
            v polygon NOT NULL, w geometrycollection NOT NULL)",
        kept: "SELECT id FROM t",
    },
    Pair {
        name: "NULL becomes NOT NULL beside a clock",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(9), c date, seen datetime ON UPDATE current_timestamp()); \
            INSERT INTO t VALUES (1, NULL, NULL, NULL, '2001-01-01'), (2, 3, 'x', '2020-02-02', '2002-02-02')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b varchar(9) NOT NULL DEFAULT 'q', c date NOT NULL, \
            seen datetime ON UPDATE current_timestamp()); INSERT INTO t VALUES (1, 1, 'q', '2000-01-01', '2001-01-01')",
        kept: "SELECT CONCAT(id, seen) FROM t",
    },
    Pair {
        name: "a wider and a narrower type",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(9), c decimal(8,2), d datetime, e text); \
            INSERT INTO t VALUES (1, 7, 'x', 1.50, '2001-01-01', 'abc')",
        b: "CREATE TABLE t (id bigint unsigned PRIMARY KEY, a smallint, b varchar(99), c decimal(12,4), d datetime(6), e varchar(10)); \
            INSERT INTO t VALUES (1, 7, 'x', 1.50, '2001-01-01', 'abc')",
        kept: "SELECT CONCAT(id, a, b, c + 0e0, LEFT(d, 19), e) FROM t",
    },
    Pair {
        name: "a number becomes a text and a text a number, with NULLs filled",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(9), KEY (a), UNIQUE (b)); INSERT INTO t VALUES (1, 7, '8'), (2, NULL, NULL)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a varchar(9) NOT NULL, b int NOT NULL, KEY (a), UNIQUE (b)); INSERT INTO t VALUES (1, '7', 8)",
        kept: "SELECT CONCAT(a, b) FROM t WHERE id = 1",
    },
    Pair {
        name: "an enum with values added, gone and in another order",
        a: "CREATE TABLE t (id int PRIMARY KEY, e enum('a','b','it''s') NOT NULL DEFAULT 'a'); INSERT INTO t VALUES (1, 'b'), (2, 'it''s')",
        b: "CREATE TABLE t (id int PRIMARY KEY, e enum('x','it''s','b') NOT NULL DEFAULT 'x'); INSERT INTO t VALUES (1, 'b'), (2, 'x')",
        kept: "SELECT CAST(e AS CHAR) FROM t ORDER BY id",
    },
    Pair {
        name: "an enum value that rows hold goes",
        a: "CREATE TABLE t (id int PRIMARY KEY, e enum('a','b')); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        b: "CREATE TABLE t (id int PRIMARY KEY, e enum('b')); INSERT INTO t VALUES (2, 'b'), (3, NULL)",
        kept: "SELECT CAST(e AS CHAR) FROM t WHERE id = 2",
    },
    Pair {
        name: "text, enum and number",
        a: "CREATE TABLE t (id int PRIMARY KEY, e enum('1','2'), v varchar(5), n int); INSERT INTO t VALUES (1, '2', 'b', 2)",
        b: "CREATE TABLE t (id int PRIMARY KEY, e int, v enum('a','b'), n enum('2','1')); INSERT INTO t VALUES (1, 2, 'b', '2')",
        kept: "SELECT CONCAT(CAST(e AS CHAR), CAST(v AS CHAR), CAST(n AS CHAR)) FROM t",
    },
    Pair {
        name: "sets",
        a: "CREATE TABLE t (id int PRIMARY KEY, s set('a','b')); INSERT INTO t VALUES (1, 'a,b')",
        b: "CREATE TABLE t (id int PRIMARY KEY, s set('b','c','a') DEFAULT 'c'); INSERT INTO t VALUES (1, 'a')",
        kept: "SELECT FIND_IN_SET('a', s) > 0 FROM t",
    },
    Pair {
        name: "defaults of every sort",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 3, b varchar(20) DEFAULT 'it''s \\\\ b', c datetime(6) DEFAULT current_timestamp(6), \
            d decimal(5,2) DEFAULT 2.50, e bit(3) DEFAULT b'101', f blob DEFAULT x'00ff', g varchar(40) DEFAULT uuid(), h int DEFAULT (1 + 2), \
            i date DEFAULT (curdate()), j tinyint(1) DEFAULT 1, k text DEFAULT 'a\\nb'); INSERT INTO t (id) VALUES (1)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20) DEFAULT '', c datetime(6), d decimal(5,2) DEFAULT -1, e bit(3), f blob, \
            g varchar(40) DEFAULT concat('a', lower('B')), h int DEFAULT 0, i date DEFAULT '2020-01-01', j tinyint(1) DEFAULT 0, k text); INSERT INTO t (id) VALUES (1)",
        kept: "SELECT CONCAT(a, b, c, d, e, f, g, h, i, j, k) FROM t",
    },
    Pair {
        name: "unsigned, zerofill and widths",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int, b int(5) zerofill, c tinyint, d mediumint unsigned, e float(7,3), f double unsigned); INSERT INTO t VALUES (1, 2, 3, 4, 5, 6, 7)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int unsigned, b int, c tinyint unsigned, d int(7), e float, f double(9,2)); INSERT INTO t VALUES (1, 2, 3, 4, 5, 6, 7)",
        kept: "SELECT CONCAT(a, b + 0, c, d, ROUND(e), ROUND(f)) FROM t",
    },
    Pair {
        name: "sizes of texts and blobs",
        a: "CREATE TABLE t (id int PRIMARY KEY, a tinytext, b mediumtext, c tinyblob, d longblob, e char(4), f binary(3)); INSERT INTO t VALUES (1, 'a', 'b', 'c', 'd', 'e', 'f')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a text, b longtext, c mediumblob, d blob, e varchar(4), f varbinary(3)); INSERT INTO t VALUES (1, 'a', 'b', 'c', 'd', 'e', 'f')",
        kept: "SELECT CONCAT(a, b, c, d, e) FROM t",
    },
    Pair {
        name: "clocks",
        a: "CREATE TABLE t (id int PRIMARY KEY, a datetime, b timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(), c int); INSERT INTO t VALUES (1, '2001-01-01', '2001-01-01', NULL)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a datetime DEFAULT current_timestamp() ON UPDATE current_timestamp(), b timestamp NULL, c int NOT NULL); INSERT INTO t VALUES (1, '2001-01-01', NULL, 4)",
        kept: "SELECT CONCAT(a, b) FROM t WHERE b IS NOT NULL",
    },
    Pair {
        name: "generated columns",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a * 2) VIRTUAL, s int AS (a * 3) STORED, w int AS (a * 4) VIRTUAL, p int, KEY (s)); INSERT INTO t (id, a, p) VALUES (1, 2, 9)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a * 2) STORED, s int AS (a * 5) STORED, w int, p int AS (a + 1) VIRTUAL, KEY (s), x int AS (a) VIRTUAL); INSERT INTO t (id, a, w) VALUES (1, 2, 8)",
        kept: "SELECT CONCAT(a, v, w) FROM t",
    },
    Pair {
        name: "a generated column and what it is made of go",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int, g int AS (a + 1) STORED, KEY (g)); INSERT INTO t (id, a) VALUES (1, 2)",
        b: "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)",
        kept: "SELECT id FROM t",
    },
    Pair {
        name: "collations and character sets",
        a: "CREATE TABLE t (id int PRIMARY KEY, a varchar(9), b varchar(9) COLLATE utf8mb4_bin, c varchar(9) CHARACTER SET latin1, e enum('a') CHARACTER SET ascii); INSERT INTO t VALUES (1, 'é', 'é', 'é', 'a')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a varchar(9) COLLATE utf8mb4_unicode_ci, b varchar(9), c varchar(9), e enum('a')); INSERT INTO t VALUES (1, 'é', 'é', 'é', 'a')",
        kept: "SELECT CONCAT(a, b, c) FROM t",
    },
    Pair {
        name: "comments and visibility",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int COMMENT 'it''s \\\\ old', b int INVISIBLE DEFAULT 3, c int); INSERT INTO t (id, a, c) VALUES (1, 2, 3)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int, b int DEFAULT 3, c int INVISIBLE COMMENT 'new\\nline'); INSERT INTO t (id, a) VALUES (1, 2)",
        kept: "SELECT CONCAT(a, b, c) FROM t",
    },
    Pair {
        name: "numbering",
        a: "CREATE TABLE t (id int NOT NULL, a int, PRIMARY KEY (id)); INSERT INTO t VALUES (0, 1), (7, 2)",
        b: "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, a int, PRIMARY KEY (id)); INSERT INTO t VALUES (3, 1)",
        kept: "SELECT CONCAT(id, a) FROM t ORDER BY id",
    },
    Pair {
        name: "a numbered key for a table without one",
        a: "CREATE TABLE t (a int); INSERT INTO t VALUES (5), (6)",
        b: "CREATE TABLE t (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, a int); INSERT INTO t VALUES (1, 5)",
        kept: "SELECT a FROM t ORDER BY a",
    },
    Pair {
        name: "json and text",
        a: "CREATE TABLE t (id int PRIMARY KEY, a json, b longtext, c json NOT NULL); INSERT INTO t VALUES (1, '{\"a\": 1}', 'free text', '1')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a longtext, b json, c json); INSERT INTO t VALUES (1, 'x', '[]', NULL)",
        kept: "SELECT a FROM t WHERE id = 1 AND a LIKE '{%'",
    },
    Pair {
        name: "a check of a column",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a > 0), b int); INSERT INTO t VALUES (1, 2, 3)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int, b int CHECK (b <> 7)); INSERT INTO t VALUES (1, 2, 3)",
        kept: "SELECT CONCAT(a, b) FROM t",
    },
    Pair {
        name: "names of every sort",
        a: "CREATE TABLE `a``b` (`select` int PRIMARY KEY, `x.y` int, `é` int, KEY `k k` (`x.y`)); INSERT INTO `a``b` VALUES (1, 2, 3)",
        b: "CREATE TABLE `a``b` (`select` bigint PRIMARY KEY, `x.y` varchar(9), `Ünï` int, KEY `k k` (`x.y`, `Ünï`)); INSERT INTO `a``b` VALUES (1, 2, 3)",
        kept: "SELECT `x.y` FROM `a``b`",
    },
    Pair {
        name: "a name in another case",
        a: "CREATE TABLE t (Id int PRIMARY KEY, Name varchar(9), KEY (Name)); INSERT INTO t VALUES (1, 'x')",
        b: "CREATE TABLE t (id int PRIMARY KEY, NAME varchar(9) NOT NULL, KEY (Name)); INSERT INTO t VALUES (1, 'x')",
        kept: "SELECT CONCAT(id, name) FROM t",
    },
    Pair {
        name: "times and days",
        a: "CREATE TABLE t (id int PRIMARY KEY, a date, b datetime, c time, d timestamp NULL, y year); INSERT INTO t VALUES (1, '2001-01-01', '2002-01-01', '10:11:12', '2003-01-01', 2004)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a datetime, b date, c time(3), d datetime(3), y smallint); INSERT INTO t VALUES (1, '2001-01-01', '2002-01-01', '10:11:12', '2003-01-01', 2004)",
        kept: "SELECT CONCAT(LEFT(a, 10), LEFT(b, 10), LEFT(c, 8), LEFT(d, 19), y) FROM t",
    },
];
