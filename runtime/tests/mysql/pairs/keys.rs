//! Keys, indexes and constraints.

use super::Pair;

pub const PAIRS: &[Pair] = &[
    Pair {
        name: "a foreign key without an index of its own",
        a: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int, CONSTRAINT f FOREIGN KEY (pid) REFERENCES p (id)); \
            INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1)",
        b: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1)",
        kept: "SELECT pid FROM c",
    },
    Pair {
        name: "an index that takes the place of the one that a foreign key has",
        a: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int, x int, FOREIGN KEY (pid) REFERENCES p (id)); \
            INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1, 2)",
        b: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int, x int, KEY k (pid, x), FOREIGN KEY (pid) REFERENCES p (id)); \
            INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1, 2)",
        kept: "SELECT pid FROM c",
    },
    Pair {
        name: "both indexes stay",
        a: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int, x int, CONSTRAINT f FOREIGN KEY (pid) REFERENCES p (id)); \
            INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1, 2)",
        b: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int, x int, KEY f (pid), KEY k (pid, x), CONSTRAINT f FOREIGN KEY (pid) REFERENCES p (id)); \
            INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1, 2)",
        kept: "SELECT pid FROM c",
    },
    Pair {
        name: "a foreign key with other actions under the same name",
        a: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int, CONSTRAINT f FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE); \
            INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1)",
        b: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int, CONSTRAINT f FOREIGN KEY (pid) REFERENCES p (id) ON DELETE SET NULL ON UPDATE NO ACTION); \
            INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1)",
        kept: "SELECT pid FROM c",
    },
    Pair {
        name: "a foreign key whose name differs in case",
        a: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int, CONSTRAINT FK FOREIGN KEY (pid) REFERENCES p (id)); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1)",
        b: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int, CONSTRAINT fk FOREIGN KEY (pid) REFERENCES p (id)); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1)",
        kept: "SELECT pid FROM c",
    },
    Pair {
        name: "both sides of a reference take another type",
        a: "CREATE TABLE p (id int PRIMARY KEY AUTO_INCREMENT); CREATE TABLE c (id int PRIMARY KEY, pid int NOT NULL, FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE); INSERT INTO p VALUES (5); INSERT INTO c VALUES (1, 5)",
        b: "CREATE TABLE p (id bigint unsigned PRIMARY KEY AUTO_INCREMENT); CREATE TABLE c (id int PRIMARY KEY, pid bigint unsigned, FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE); INSERT INTO p VALUES (5); INSERT INTO c VALUES (1, 5)",
        kept: "SELECT CONCAT(p.id, pid) FROM c JOIN p ON p.id = pid",
    },
    Pair {
        name: "references to itself and of two columns",
        a: "CREATE TABLE t (a int, b int, up int, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 1, NULL), (1, 2, 1)",
        b: "CREATE TABLE t (a int, b int, up int, PRIMARY KEY (a, b), KEY (b), FOREIGN KEY (a, up) REFERENCES t (a, b)); INSERT INTO t VALUES (1, 1, NULL), (1, 2, 1); \
            CREATE TABLE s (id int PRIMARY KEY, x int, y int, CONSTRAINT two FOREIGN KEY (x, y) REFERENCES t (a, b) ON UPDATE CASCADE); INSERT INTO s VALUES (1, 1, 2)",
        kept: "SELECT CONCAT(a, b) FROM t ORDER BY b",
    },
    Pair {
        name: "tables that refer to each other",
        a: "CREATE TABLE x (id int PRIMARY KEY); INSERT INTO x VALUES (1)",
        b: "CREATE TABLE x (id int PRIMARY KEY); INSERT INTO x VALUES (1); CREATE TABLE l (id int PRIMARY KEY, r int); CREATE TABLE r (id int PRIMARY KEY, l int, FOREIGN KEY (l) REFERENCES l (id)); \
            ALTER TABLE l ADD FOREIGN KEY (r) REFERENCES r (id); INSERT INTO l VALUES (1, NULL); INSERT INTO r VALUES (1, 1); UPDATE l SET r = 1",
        kept: "SELECT id FROM x",
    },
    Pair {
        name: "another primary key",
        a: "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, code varchar(9) NOT NULL, UNIQUE (code)); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        b: "CREATE TABLE t (id int NOT NULL, code varchar(9) NOT NULL, PRIMARY KEY (code)); INSERT INTO t VALUES (1, 'a')",
        kept: "SELECT CONCAT(id, code) FROM t",
    },
    Pair {
        name: "a numbered column in a longer key",
        a: "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, k int NOT NULL, PRIMARY KEY (id)); INSERT INTO t VALUES (4, 1)",
        b: "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, k int NOT NULL, PRIMARY KEY (id, k), KEY (k)); INSERT INTO t VALUES (4, 1)",
        kept: "SELECT CONCAT(id, k) FROM t",
    },
    Pair {
        name: "a primary key that others refer to",
        a: "CREATE TABLE p (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a)); CREATE TABLE c (id int PRIMARY KEY, x int, CONSTRAINT f FOREIGN KEY (x) REFERENCES p (a)); INSERT INTO p VALUES (1, 2); INSERT INTO c VALUES (1, 1)",
        b: "CREATE TABLE p (a int NOT NULL, b int NOT NULL, PRIMARY KEY (b), UNIQUE KEY (a)); CREATE TABLE c (id int PRIMARY KEY, x int, CONSTRAINT f FOREIGN KEY (x) REFERENCES p (a)); INSERT INTO p VALUES (1, 2); INSERT INTO c VALUES (1, 1)",
        kept: "SELECT x FROM c",
    },
    Pair {
        name: "indexes of every sort",
        a: "CREATE TABLE t (id int PRIMARY KEY, a varchar(50), b int, g point NOT NULL, x text, KEY one (a), KEY two (b) COMMENT 'why', KEY five (a, b)); INSERT INTO t VALUES (1, 'a', 2, point(1,1), 'x')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a varchar(50), b int, g point NOT NULL, x text, KEY one (a(10)), UNIQUE two (b), FULLTEXT three (x), SPATIAL four (g), KEY five (a DESC, b), KEY six (b) IGNORED, KEY seven (x(5))); INSERT INTO t VALUES (1, 'a', 2, point(1,1), 'x')",
        kept: "SELECT CONCAT(a, b, x) FROM t",
    },
    Pair {
        name: "uniques of every sort",
        a: "CREATE TABLE t (id int PRIMARY KEY, a varchar(50), b int, x text, UNIQUE u (a)); INSERT INTO t VALUES (1, 'a', 2, 'x')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a varchar(50), b int, x text, UNIQUE u (a(5)), UNIQUE v (b, a), UNIQUE w (x)); INSERT INTO t VALUES (1, 'a', 2, 'x')",
        kept: "SELECT CONCAT(a, b, x) FROM t",
    },
    Pair {
        name: "an index under another name",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int, b int, KEY old (a), UNIQUE ub (b)); INSERT INTO t VALUES (1, 2, 3)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int, b int, KEY new (a), UNIQUE bu (b)); INSERT INTO t VALUES (1, 2, 3)",
        kept: "SELECT CONCAT(a, b) FROM t",
    },
    Pair {
        name: "checks",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(9), CHECK (a > 0), CONSTRAINT long_b CHECK (length(b) > 0)); INSERT INTO t VALUES (1, 2, 'x')",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(9), CONSTRAINT c CHECK (a > 0), CONSTRAINT long_b CHECK (b in ('x', 'it''s', 'a\\\\b') and a is not null)); INSERT INTO t VALUES (1, 2, 'x')",
        kept: "SELECT CONCAT(a, b) FROM t",
    },
    Pair {
        name: "new NOT NULL columns that are unique, or refer",
        a: "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (7), (8); CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)",
        b: "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (7), (8); CREATE TABLE t (id int PRIMARY KEY, u varchar(9) NOT NULL UNIQUE, d date NOT NULL UNIQUE, p int NOT NULL, FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO t VALUES (1, 'x', '2001-01-01', 7)",
        kept: "SELECT id FROM t",
    },
    Pair {
        name: "a column with all its keys goes",
        a: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, a int, b int, KEY (a, b), UNIQUE (a), CHECK (a > b), FOREIGN KEY (a) REFERENCES p (id)); INSERT INTO p VALUES (3); INSERT INTO t VALUES (1, 3, 2)",
        b: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, b int, KEY (b)); INSERT INTO p VALUES (3); INSERT INTO t VALUES (1, 2)",
        kept: "SELECT b FROM t",
    },
    Pair {
        name: "a MEMORY table",
        a: "CREATE TABLE t (id int PRIMARY KEY, a int, KEY (a) USING BTREE) ENGINE=MEMORY; INSERT INTO t VALUES (1, 2)",
        b: "CREATE TABLE t (id int PRIMARY KEY, a int, KEY (a)) ENGINE=MEMORY; INSERT INTO t VALUES (1, 2)",
        kept: "SELECT a FROM t",
    },
];
