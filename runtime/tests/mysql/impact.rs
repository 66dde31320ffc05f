//! What a dry run says of statements is what they do: the server takes the algorithm that is named, and no cheaper one.

use migratable::diesel::connection::SimpleConnection;
use migratable::revision::*;
use migratable::{Direction, PlannedStatement};

use super::database::{Db, Program, line, nothing, run, throwaway, values};
use super::shared::changes::{Case, ROWS, base, columns, tables};

/// How tables are changed, the cheapest first.
const ALGORITHMS: [&str; 4] = ["INSTANT", "NOCOPY", "INPLACE", "COPY"];

/// The number of a table's file changes with its rows.
fn ids(db: &mut Db) -> Vec<String> {
    values(
        db,
        "SELECT CONCAT(name, ' ', table_id) AS value FROM information_schema.innodb_sys_tables \
         WHERE name LIKE CONCAT(DATABASE(), '/%') ORDER BY name",
    )
}

/// Runs the statements of a plan, and compares each with what was said of it. Gives back those of which something was not
/// known.
fn check(db: &mut Db, statements: &[PlannedStatement], what: &str) -> Vec<String> {
    let (mut unknown, mut made) = (Vec::new(), Vec::new());
    for PlannedStatement { sql, impact } in statements.iter().filter(|it| !it.sql.starts_with("-- ")) {
        let context = format!("{what}: {sql}\n{impact}");
        let before = ids(db);
        let said = impact.algorithm.map(|it| ALGORITHMS.iter().position(|known| *known == it).unwrap());
        match said {
            Some(said) => {
                // MariaDB itself sees where an index only gets another name.
                let renames = sql.contains("DROP INDEX") && sql.contains("ADD INDEX");
                for (cost, algorithm) in
                    ALGORITHMS.iter().enumerate().take(said + 1).skip(if renames { said } else { 0 })
                {
                    let done = db.batch_execute(&format!("{sql}, ALGORITHM={algorithm}"));
                    assert_eq!(done.is_ok(), cost == said, "{algorithm}: {context}: {done:?}");
                }
            }
            None => run(db, sql),
        }
        let is_new = |id: &&String| {
            let name = id.split(' ').next().unwrap();
            let is_there = before.iter().any(|old| old.split(' ').next() == Some(name));
            is_there && !before.contains(id) && !made.iter().any(|made| made == name)
        };
        let was_rewritten = ids(db).iter().any(|id| is_new(&id));
        if sql.starts_with("CREATE TABLE") {
            let names = ids(db).into_iter().filter(|id| !before.contains(id));
            made.extend(names.map(|id| id.split(' ').next().unwrap().to_owned()));
        }
        match impact.rewrites {
            Some(rewrites) => assert_eq!(was_rewritten, rewrites, "{context}"),
            None => unknown.push(context.clone()),
        }
        if impact.locks.is_none() || impact.rows.is_none() {
            unknown.push(context);
        }
    }
    unknown
}

/// Compares both ways of a change, where no Rust is between its statements.
fn check_case(case: &Case) -> Vec<String> {
    let program: Program = line(&[(base, nothing), (case.up, case.down)]);
    let mut unknown = Vec::new();
    for direction in [Direction::Upgrade, Direction::Downgrade] {
        let mut db = throwaway();
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(&mut db, ROWS);
        let mut target = "head";
        if direction == Direction::Downgrade {
            program.upgrade(&mut db).unwrap();
            target = "r1";
        }
        let planned = program.plan(&mut db, target, direction).unwrap();
        let statements = &planned[0].statements;
        if !statements.iter().any(|it| it.sql.starts_with("-- runs the step")) {
            run(
                &mut db,
                "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,\
                 NO_AUTO_VALUE_ON_ZERO,PIPES_AS_CONCAT'",
            );
            unknown.extend(check(&mut db, statements, case.name));
        }
    }
    unknown
}

#[test]
fn every_statement_does_what_a_dry_run_says() {
    let unknown: Vec<String> = columns::CASES.iter().chain(tables::CASES).flat_map(check_case).collect();
    let unexpected: Vec<&String> =
        unknown.iter().filter(|it| !["MODIFY COLUMN", "CHANGE COLUMN"].iter().any(|word| it.contains(word))).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

fn documented(op: &mut Operations) {
    op.add_column("posts", column("note", varchar(9)).nullable());
    op.create_index("posts", index("ix_posts_title").on("title"));
}

#[test]
fn a_dry_run_names_locks_algorithms_and_rows() {
    let program: Program = line(&[(base, nothing), (documented, nothing)]);
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, ROWS);
    run(&mut db, "ANALYZE TABLE users, posts");
    let planned = program.plan(&mut db, "head", Direction::Upgrade).unwrap();
    let said: Vec<String> = planned[0].statements.iter().map(|it| it.impact.to_string()).collect();
    assert_eq!(said, ["metadata lock on posts; INPLACE; rewrites the table; about 2 rows"]);
}
