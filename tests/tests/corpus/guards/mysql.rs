//! Values that a column of MySQL holds, and one of another type does not.

use migratable_core::Dialect::Mysql;

use super::{Guard, NO_EQUAL};

pub(super) const VALUES: &[Guard] = &[
    Guard {
        name: "a time that no number of seconds is kept of",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v DATETIME, w DATE NOT NULL);",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v TIMESTAMP NULL, w TIMESTAMP NOT NULL DEFAULT '2000-01-01');",
        fit: "INSERT INTO t VALUES (1, '2024-02-29 12:30:00', '2024-02-29'), (2, NULL, '2038-01-19');",
        offends: "INSERT INTO t VALUES (3, '1960-01-01 00:00:00', '2040-01-01');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a text with more bytes than the type",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(200)) CHARACTER SET utf8mb4;",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v TINYTEXT) CHARACTER SET utf8mb4;",
        fit: "INSERT INTO t VALUES (1, REPEAT('u', 200)), (2, NULL), (3, REPEAT('\u{fc}', 127));",
        offends: "INSERT INTO t VALUES (4, REPEAT('\u{fc}', 200));",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a long text with more bytes than the type",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v LONGTEXT NOT NULL) CHARACTER SET utf8mb4;",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL) CHARACTER SET utf8mb4;",
        fit: "INSERT INTO t VALUES (1, REPEAT('u', 65535));",
        offends: "INSERT INTO t VALUES (2, REPEAT('\u{fc}', 40000));",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a number that is no year",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER); CREATE TABLE t (id INTEGER PRIMARY KEY, v YEAR);",
        fit: "INSERT INTO t VALUES (1, 1901), (2, 2155), (3, 0), (4, NULL);",
        offends: "INSERT INTO t VALUES (5, 50);",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "a floating number that loses digits",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v DOUBLE, w FLOAT NOT NULL, x DECIMAL(5, 1) NOT NULL);",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v DOUBLE(8, 2), w FLOAT(8, 2) NOT NULL,
                             x DECIMAL(5, 1) UNSIGNED NOT NULL);",
        fit: "INSERT INTO t VALUES (1, 1.1, 0.1, 0.3), (2, NULL, 123.25, 9999.9), (3, -123456.78, -4, 0);",
        offends: "INSERT INTO t VALUES (4, 1.005, 0.125, -1);",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "texts that are no address",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(40), w VARCHAR(40), x BINARY(16));",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v UUID, w INET6, x UUID);",
        fit: "INSERT INTO t VALUES (1, '6ccd780c-baba-1026-9564-5b8c656024db', '2001:db8::1',
                                    X'00000000000000000000000000000001'), (2, NULL, NULL, NULL);",
        offends: "INSERT INTO t VALUES (3, 'nobody', 'nowhere', NULL);",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "numbers that are no address",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, w INET4, x UUID);",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v UUID, w INET6, x INTEGER);",
        fit: "INSERT INTO t VALUES (1, NULL, '192.0.2.1', NULL);",
        offends: "INSERT INTO t VALUES (2, 12, NULL, NULL);",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "members that a set gives up",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v SET ('a', 'b', 'c'), w VARCHAR(20));",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v SET ('c', 'a'), w SET ('a', 'b'));",
        fit: "INSERT INTO t VALUES (1, 'a,c', 'b,a'), (2, '', ''), (3, NULL, NULL);",
        offends: "INSERT INTO t VALUES (4, 'a,b', 'b,z');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "characters that the new set has not",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20)) CHARACTER SET utf8mb4;",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20)) CHARACTER SET latin1;",
        fit: "INSERT INTO t VALUES (1, 'f\u{fc}r 5 \u{20ac}'), (2, NULL);",
        offends: "INSERT INTO t VALUES (3, '\u{65e5}\u{672c}');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "bytes that are no text",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB);",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT CHARACTER SET utf8mb4);",
        fit: "INSERT INTO t VALUES (1, 'f\u{fc}r'), (2, NULL);",
        offends: "INSERT INTO t VALUES (3, X'ff41');",
        says: NO_EQUAL,
        converts: true,
    },
    Guard {
        name: "times that are no such number",
        dialects: &[Mysql],
        from: "CREATE TABLE a (id INTEGER PRIMARY KEY);
               CREATE TABLE t (id INTEGER PRIMARY KEY, v DATE, w ENUM ('1', 'x') NOT NULL, x INTEGER);",
        to: "CREATE TABLE a (id INTEGER PRIMARY KEY, more INTEGER);
             CREATE TABLE t (id INTEGER PRIMARY KEY, v SMALLINT, w INTEGER NOT NULL, x DATE);",
        fit: "INSERT INTO t VALUES (1, NULL, '1', 20240229);",
        offends: "INSERT INTO t VALUES (2, '2024-02-29', 'x', 12);",
        says: NO_EQUAL,
        converts: true,
    },
];
