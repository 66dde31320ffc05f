//! What a dry run says of statements is what they do: locks by `pg_locks`, rewriting by the file of the table, rows by the
//! statistics of the transaction.

use std::cell::RefCell;
use std::collections::BTreeMap;

use migratable::revision::*;
use migratable::{Direction, Impact, PlannedStatement};
use migratable_core::ColumnType;

use super::database::{Db, Program, connect, line, nothing, run, throwaway, values};
use super::shared::changes::{Case, ROWS, base, columns, tables};

/// The locks that keep writers out, the stronger the later.
const MODES: [&str; 6] =
    ["RowExclusive", "ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive", "AccessExclusive"];

/// What the server knows of the tables that there are.
struct Seen {
    /// The strongest lock of this transaction on each table.
    locks: BTreeMap<String, usize>,
    /// The file of each table.
    files: BTreeMap<String, String>,
    /// How many rows were read and written.
    touched: u64,
}

/// Tables by the names that they have before a plan is run.
struct Tables(BTreeMap<String, String>);

impl Tables {
    fn of(db: &mut Db) -> Tables {
        let listed = values(
            db,
            "SELECT pg_class.oid || ' ' || CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END || relname \
             FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
             WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'",
        );
        Tables(listed.iter().map(|it| it.split_once(' ').unwrap()).map(|(id, name)| (id.into(), name.into())).collect())
    }

    fn pairs(&self, db: &mut Db, query: &str) -> Vec<(String, String)> {
        let found = values(db, query);
        let pairs = found.iter().filter_map(|it| it.split_once(' '));
        pairs.filter_map(|(id, value)| Some((self.0.get(id)?.clone(), value.to_owned()))).collect()
    }

    fn look(&self, db: &mut Db) -> Seen {
        let held = self.pairs(
            db,
            "SELECT relation || ' ' || mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted",
        );
        let mut locks = BTreeMap::new();
        for (table, mode) in held {
            if let Some(strength) = MODES.iter().position(|it| format!("{it}Lock") == mode) {
                let strongest = locks.entry(table).or_insert(strength);
                *strongest = strength.max(*strongest);
            }
        }
        let files = self.pairs(db, "SELECT oid || ' ' || relfilenode FROM pg_class");
        let touched = self.pairs(
            db,
            "SELECT relid || ' ' || seq_tup_read + n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables",
        );
        let touched = touched.iter().map(|(_, count)| count.parse::<u64>().unwrap()).sum();
        Seen { locks, files: files.into_iter().collect(), touched }
    }
}

/// The strengths of the locks that a dry run names.
fn said(impact: &Impact) -> Option<BTreeMap<String, usize>> {
    let strength = |mode: &str| {
        let spoken = |it: &str| it.chars().flat_map(|c| [c.is_uppercase().then_some(' '), Some(c)]).flatten().collect();
        MODES.iter().position(|it| {
            let words: String = spoken(it);
            words.trim().to_uppercase() == mode
        })
    };
    let locks = impact.locks.as_ref()?;
    Some(locks.iter().map(|lock| (lock.on.clone(), strength(lock.mode).unwrap())).collect())
}

/// Runs the statements of a plan in one transaction, and compares each with what was said of it. Gives back those
/// of which something was not known.
fn check(db: &mut Db, statements: &[PlannedStatement], what: &str) -> Vec<String> {
    let mut unknown = Vec::new();
    let tables = Tables::of(db);
    run(db, "SET TimeZone = 'UTC'; BEGIN");
    let mut before = tables.look(db);
    for PlannedStatement { sql, impact } in statements.iter().filter(|it| !it.sql.starts_with("-- ")) {
        run(db, sql);
        let after = tables.look(db);
        let context = format!("{what}: {sql}\n{impact}");
        match said(impact) {
            Some(said) => {
                let mut expected = before.locks.clone();
                for (table, strength) in said {
                    let strongest = expected.entry(table).or_insert(strength);
                    *strongest = strength.max(*strongest);
                }
                let named = |locks: &BTreeMap<String, usize>| -> Vec<String> {
                    locks.iter().map(|(table, strength)| format!("{} on {table}", MODES[*strength])).collect()
                };
                assert_eq!(named(&after.locks), named(&expected), "{context}");
            }
            None => unknown.push(context.clone()),
        }
        let is_other = |(table, file): (&String, &String)| after.files.get(table).is_some_and(|it| it != file);
        let was_rewritten = before.files.iter().any(is_other);
        match impact.rewrites {
            Some(rewrites) => assert_eq!(was_rewritten, rewrites, "{context}"),
            None => unknown.push(context.clone()),
        }
        match impact.rows {
            Some(rows) if rows.count == 0 => assert_eq!(after.touched, before.touched, "{context}"),
            Some(_) => {}
            None => unknown.push(context.clone()),
        }
        before = after;
    }
    run(db, "ROLLBACK");
    unknown
}

/// Compares both ways of a change, where no Rust is between its statements.
fn check_case(case: &Case) -> Vec<String> {
    let program: Program = line(&[(base, nothing), (case.up, case.down)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    let mut unknown = Vec::new();
    for (direction, target) in [(Direction::Upgrade, "head"), (Direction::Downgrade, "r1")] {
        run(&mut db, "ANALYZE");
        let planned = program.plan(&mut db, target, direction).unwrap();
        let statements = &planned[0].statements;
        if !statements.iter().any(|it| it.sql.starts_with("-- runs the step")) {
            unknown.extend(check(&mut connect(&db.url), statements, case.name));
        }
        program.upgrade(&mut db).unwrap();
    }
    unknown
}

#[test]
fn every_statement_does_what_a_dry_run_says() {
    let unknown: Vec<String> = columns::CASES.iter().chain(tables::CASES).flat_map(check_case).collect();
    let unexpected: Vec<&String> = unknown.iter().filter(|it| !it.contains(": DO $migratable$")).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

thread_local! {
    /// The type that a column has, and the one that it gets.
    static TYPES: RefCell<[ColumnType; 2]> = const { RefCell::new([ColumnType::Text, ColumnType::Text]) };
}

fn of_the_first_type(op: &mut Operations) {
    let [before, _] = TYPES.with_borrow(Clone::clone);
    op.create_table(
        table("t").column(column("id", bigint())).column(column("a", before).nullable()).primary_key("pk_t", ["id"]),
    );
    op.create_index("t", index("ix_t_a").on("a"));
}

fn of_the_second_type(op: &mut Operations) {
    let [_, after] = TYPES.with_borrow(Clone::clone);
    op.alter_column("t", "a").set_type(after);
}

#[test]
fn whether_a_new_type_writes_the_rows_anew_is_known() {
    for (before, after, rewrites) in [
        (varchar(10), varchar(20), Some(false)),
        (varchar(20), varchar(10), Some(true)),
        (varchar(10), text(), Some(false)),
        (text(), varchar(10), Some(true)),
        (numeric(6, 2), numeric(8, 2), Some(false)),
        (numeric(8, 2), numeric(6, 2), Some(true)),
        (numeric(6, 2), numeric(8, 4), Some(true)),
        (integer(), bigint(), Some(true)),
        (smallint(), integer(), Some(true)),
        (real(), double(), Some(true)),
        (timestamp(), timestamptz(), Some(false)),
        (timestamptz(), timestamp(), Some(false)),
        (timestamp(), date(), Some(true)),
        (char(5), char(9), Some(true)),
        (char(5), text(), Some(true)),
        (text(), uuid(), Some(true)),
        (varchar(9), integer(), Some(true)),
        (array(integer()), array(bigint()), None),
    ] {
        let what = format!("{before} to {after}");
        TYPES.set([before, after]);
        let program: Program = line(&[(of_the_first_type, nothing), (of_the_second_type, nothing)]);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(&mut db, "INSERT INTO t (id) VALUES (1), (2); ANALYZE");
        let planned = program.plan(&mut db, "head", Direction::Upgrade).unwrap();
        let statements = &planned[0].statements;
        let retypes = statements.iter().find(|it| it.sql.contains(" TYPE ")).unwrap_or_else(|| panic!("{what}"));
        assert_eq!(retypes.impact.rewrites, rewrites, "{what}");
        check(&mut connect(&db.url), statements, &what);
    }
}

thread_local! {
    /// SQL that somebody has written.
    static WRITTEN: RefCell<String> = const { RefCell::new(String::new()) };
}

fn written(op: &mut Operations) {
    WRITTEN.with_borrow(|text| op.execute(sql(text)));
}

#[test]
fn what_somebody_has_written_is_known_where_it_is_one_statement() {
    for (text, rewrites) in [
        ("ALTER TABLE users ADD COLUMN a text", Some(false)),
        ("ALTER TABLE users ADD COLUMN a int NOT NULL DEFAULT 3", Some(false)),
        ("ALTER TABLE users ADD COLUMN a varchar(9) NOT NULL DEFAULT 'x(1)'::character varying(9)", Some(false)),
        ("ALTER TABLE users ADD COLUMN a timestamptz DEFAULT now()", Some(false)),
        ("ALTER TABLE users ADD COLUMN a timestamptz DEFAULT CURRENT_TIMESTAMP", Some(false)),
        ("ALTER TABLE users ADD COLUMN a text DEFAULT lower('T') || abs(-2)", Some(false)),
        ("ALTER TABLE users ADD COLUMN a timestamptz DEFAULT clock_timestamp()", Some(true)),
        ("ALTER TABLE users ADD COLUMN a float DEFAULT random()", Some(true)),
        ("ALTER TABLE users ADD COLUMN a uuid DEFAULT gen_random_uuid()", Some(true)),
        ("ALTER TABLE users ADD COLUMN a int GENERATED ALWAYS AS (id + 1) STORED", Some(true)),
        ("ALTER TABLE users ADD COLUMN a bigint GENERATED BY DEFAULT AS IDENTITY", Some(true)),
        ("ALTER TABLE users ADD COLUMN a int DEFAULT mixed(1)", None),
        ("ALTER TABLE users ADD COLUMN a text, ADD COLUMN b float DEFAULT random()", Some(true)),
        ("alter table only posts set unlogged", Some(true)),
        ("ALTER TABLE users SET (fillfactor = 50)", None),
        ("ALTER TABLE posts ADD CONSTRAINT x FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID", Some(false)),
        ("ALTER TABLE posts ADD CONSTRAINT x CHECK (id > 0) NOT VALID", Some(false)),
        ("UPDATE users SET age = 3 WHERE id = 1;", Some(false)),
        ("DELETE FROM posts", Some(false)),
        ("INSERT INTO posts (user_id, title) VALUES (1, 'a'), (5, 'b')", Some(false)),
        ("CREATE INDEX x ON users (age)", Some(false)),
        ("DROP TABLE posts", Some(false)),
        ("DROP TABLE IF EXISTS posts", Some(false)),
        ("CREATE TABLE a (id int REFERENCES users (id), other int REFERENCES posts (id))", Some(false)),
        ("CREATE TABLE IF NOT EXISTS users (id int)", Some(false)),
        ("CREATE TABLE a AS SELECT * FROM users", None),
        ("DROP INDEX IF EXISTS ix_users_age, uq_x", Some(false)),
        ("UPDATE users SET age = 3; UPDATE users SET age = 4", None),
        ("DO $$ BEGIN UPDATE users SET age = 3; END $$", None),
        ("WITH gone AS (DELETE FROM posts RETURNING id) SELECT 1", None),
    ] {
        WRITTEN.set(text.to_owned());
        let program: Program = line(&[(base, nothing), (written, nothing)]);
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(&mut db, ROWS);
        run(
            &mut db,
            "CREATE FUNCTION mixed(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; \
             CREATE FUNCTION mixed(text) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'; ANALYZE",
        );
        let planned = program.plan(&mut db, "head", Direction::Upgrade).unwrap();
        let statement = &planned[0].statements[0];
        assert_eq!((statement.sql.as_str(), statement.impact.rewrites), (text, rewrites));
        check(&mut connect(&db.url), &planned[0].statements[..1], text);
    }
}
