//! What a dry run says of statements is what they do: rewriting by the pages of the file that are others behind them, rows
//! by counting them.

use std::fs;
use std::path::Path;

use migratable::Direction;
use migratable::revision::*;

use super::database::{Program, line, nothing, one, open, run};

const ROWS: u64 = 3_000;

fn users(op: &mut Operations) {
    op.create_table(
        table("users")
            .column(column("id", bigint()))
            .column(column("name", text()))
            .column(column("age", text()).nullable())
            .primary_key("pk_users", ["id"]),
    );
    op.create_table(table("others").column(column("id", bigint())).primary_key("pk_others", ["id"]));
}

/// How many pages of the file are others than they were.
fn changed(before: &[u8], after: &[u8]) -> usize {
    let pages = |file: &[u8]| file.chunks(4096).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (before, after) = (pages(before), pages(after));
    after.iter().enumerate().filter(|(at, page)| before.get(*at) != Some(page)).count()
}

fn check(folder: &Path, name: &str, change: fn(&mut Operations), expected: &[&str]) {
    let file = folder.join(name.replace(' ', "_"));
    let mut db = open(&file);
    let program: Program = line(&[(users, nothing), (change, nothing)]);
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(
        &mut db,
        &format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) \
             INSERT INTO users SELECT i, printf('%0300d', i), '3' FROM n"
        ),
    );
    let whole = one(&mut db, "SELECT count(*) FROM dbstat WHERE name = 'users'");
    let half = whole.parse::<usize>().map_or(100, |pages| pages / 2);
    let planned = program.plan(&mut db, "head", Direction::Upgrade).unwrap();
    let said: Vec<String> = planned[0].statements.iter().map(|it| it.impact.to_string()).collect();
    assert_eq!(said, expected, "{name}");
    run(&mut db, "PRAGMA foreign_keys = OFF");
    // An UPDATE writes to every page too, but makes no table anew.
    let is_compared = |sql: &str| !sql.starts_with("-- ") && !sql.starts_with("UPDATE") && !sql.starts_with("REPLACE");
    for statement in planned[0].statements.iter().filter(|it| is_compared(&it.sql)) {
        let before = fs::read(&file).unwrap();
        run(&mut db, &statement.sql);
        let was_rewritten = changed(&before, &fs::read(&file).unwrap()) > half;
        assert_eq!(Some(was_rewritten), statement.impact.rewrites, "{name}: {}", statement.sql);
    }
}

const LOCK: &str = "the write lock on the whole file";

#[test]
fn every_statement_does_what_a_dry_run_says() {
    let folder = tempfile::tempdir().unwrap();
    let reads = format!("{LOCK}; 3000 rows");
    let rewrites = format!("{LOCK}; rewrites the table; 3000 rows");
    let looks = "no lock; 3000 rows";
    type Change = fn(&mut Operations);
    let cases: [(&str, Change, &[&str]); 8] = [
        ("new column", |op| op.add_column("users", column("bio", text()).nullable()), &[LOCK]),
        ("renamed column", |op| op.rename_column("users", "name", "title"), &[LOCK]),
        ("index", |op| op.create_index("users", index("ix").on("age")), &[&reads]),
        ("dropped column", |op| op.drop_column("users", "age"), &[&rewrites]),
        (
            "rebuilt table",
            |op| {
                op.alter_column("users", "age").not_null();
            },
            &[looks, LOCK, &rewrites, &reads, "no lock", LOCK, "no lock"],
        ),
        (
            "new table",
            |op| {
                op.create_table(table("notes").column(column("id", bigint())).primary_key("pk_notes", ["id"]));
                op.create_index("notes", index("ix_notes").on("id"));
            },
            &[LOCK, LOCK],
        ),
        (
            "rows",
            |op| {
                op.backfill("users", "age", sql("'4'"));
                op.bulk_insert("others", ["id"], [[value(1)], [value(2)]]);
            },
            &[&reads, "no lock; rows not known", &format!("{LOCK}; 2 rows"), "no lock; rows not known"],
        ),
        (
            "what somebody has written",
            |op| op.execute(sql("REPLACE INTO others VALUES (9)")),
            &[&format!("{LOCK}; rewriting not known; rows not known"), "no lock; rows not known"],
        ),
    ];
    for (name, change, expected) in cases {
        check(folder.path(), name, change, expected);
    }
}
