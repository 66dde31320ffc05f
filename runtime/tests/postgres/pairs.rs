//! Pairs of databases in hand-written SQL, each turned into the other and back by `psql`, with rows in the tables.

use std::collections::BTreeMap;
use std::process::Command;

use migratable::Settings;
use migratable::diesel::connection::SimpleConnection;
use migratable::inspect::{Inspected, Losses, inspect, script};
use migratable_core::diff::{Answers, diff};
use migratable_core::{Dialect, Operation};

use super::database::{Db, Throwaway, assert_same, run, values};

struct Pair {
    name: String,
    from: String,
    to: String,
    renames: Vec<String>,
    /// Why there is no way back, in the words of the refusal.
    one_way: Option<String>,
    /// The two differ in spelling only.
    same: bool,
}

/// Reads `=== name`, `--- to`, `--- rename a.b=a.c`, `--- one way: reason` and `--- same`; what stands between them is SQL.
fn pairs(text: &str) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut to = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            let name = name.to_owned();
            pairs.push(Pair {
                name,
                from: String::new(),
                to: String::new(),
                renames: Vec::new(),
                one_way: None,
                same: false,
            });
            to = false;
            continue;
        }
        let Some(pair) = pairs.last_mut() else { continue };
        match line.strip_prefix("--- ").map(|it| it.split_once(' ').unwrap_or((it, ""))) {
            Some(("one", reason)) => pair.one_way = reason.strip_prefix("way: ").map(str::to_owned),
            Some(("same", _)) => pair.same = true,
            Some(("rename", answer)) => pair.renames.push(answer.to_owned()),
            Some(_) => to = true,
            None => {
                let sql = if to { &mut pair.to } else { &mut pair.from };
                sql.push_str(line);
                sql.push('\n');
            }
        }
    }
    pairs
}

fn empty(db: &mut Db) {
    for schema in values(
        db,
        "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'",
    ) {
        run(db, &format!("DROP SCHEMA {schema} CASCADE"));
    }
    run(db, "CREATE SCHEMA public");
}

fn planned(before: &Inspected, after: &Inspected, renames: &[String]) -> Result<Vec<Operation>, String> {
    let mut answers = Answers { allow_loss: true, ..Answers::default() };
    renames.iter().try_for_each(|it| answers.rename(it))?;
    diff(&before.schema, &after.schema, &answers).map(|plan| plan.upgrade).map_err(|error| format!("{error:?}"))
}

/// What `pg_dump` says of a database, with the lines of each statement in the order of the alphabet.
fn dump(url: &str) -> Vec<String> {
    let out = Command::new("pg_dump").args(["-s", "--no-owner", "-d", url]).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let is_noise = |line: &str| {
        line.is_empty() || line.starts_with("--") || line.starts_with('\\') || line.starts_with("CREATE SCHEMA")
    };
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !is_noise(line))
        .map(|line| line.trim_end_matches(',').trim().replace(", ALTER COLUMN", " ALTER COLUMN"))
        .collect();
    lines.sort();
    lines
}

/// How many rows each table has.
fn counts(db: &mut Db) -> BTreeMap<String, String> {
    let tables = values(
        db,
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace >= 2200 AND relnamespace::regnamespace::text !~ '^(pg_|information)'",
    );
    tables.into_iter().map(|it| (it.clone(), values(db, &format!("SELECT count(*) FROM {it}")).join(""))).collect()
}

/// Turns the database `there` into one like `wanted`.
pub fn turn(there: &Throwaway, wanted: &Inspected, renames: &[String]) -> Result<(), String> {
    let before = inspect(&mut there.connect()).map_err(|error| error.to_string())?;
    let operations = planned(&before, wanted, renames)?;
    let sql = script(Dialect::Postgres, &before, wanted, &operations, Losses::Allowed, &Settings::USUAL)
        .map_err(|error| error.to_string())?;
    there.psql(&sql).map_err(|error| format!("{error}\n{sql}"))?;
    let after = inspect(&mut there.connect()).map_err(|error| error.to_string())?;
    let left = planned(&after, wanted, &[])?;
    if !left.is_empty() {
        let left: Vec<String> = left.iter().map(ToString::to_string).collect();
        return Err(format!("the second difference is {}\n{sql}", left.join("; ")));
    }
    assert_same(&after, wanted, "second inspection");
    Ok(())
}

fn swapped(renames: &[String]) -> Vec<String> {
    let swap = |it: &String| it.split_once('=').map(|(from, to)| format!("{to}={from}")).unwrap_or_default();
    renames.iter().rev().map(swap).collect()
}

fn check(pair: &Pair, there: &Throwaway, fresh: &Throwaway) -> Result<(), String> {
    let mut db = there.connect();
    empty(&mut db);
    let ddl: String =
        pair.from.lines().filter(|line| !line.starts_with("INSERT")).map(|it| format!("{it}\n")).collect();
    db.batch_execute(&pair.from).map_err(|error| error.to_string())?;
    let mut other = fresh.connect();
    empty(&mut other);
    other.batch_execute(&ddl).map_err(|error| error.to_string())?;
    let (first, first_dump) = (inspect(&mut other).map_err(|error| error.to_string())?, dump(&fresh.url));
    empty(&mut other);
    other.batch_execute(&pair.to).map_err(|error| error.to_string())?;
    let (second, second_dump) = (inspect(&mut other).map_err(|error| error.to_string())?, dump(&fresh.url));
    let same = |name: &str, wanted: &[String]| {
        let found = dump(&there.url);
        let without = |a: &[String], b: &[String]| a.iter().filter(|it| !b.contains(it)).cloned().collect::<Vec<_>>();
        let (more, less) = (without(&found, wanted), without(wanted, &found));
        match more.is_empty() && less.is_empty() {
            true => Ok(()),
            false => {
                Err(format!("{name}: pg_dump finds\n  {}\ninstead of\n  {}", more.join("\n  "), less.join("\n  ")))
            }
        }
    };
    if pair.same {
        let operations = planned(&first, &second, &[])?;
        let sql = script(Dialect::Postgres, &first, &second, &operations, Losses::Allowed, &Settings::USUAL)
            .map_err(|error| error.to_string())?;
        return if operations.is_empty() && sql.is_empty() { Ok(()) } else { Err(sql) };
    }
    let rows = counts(&mut db);
    turn(there, &second, &pair.renames).map_err(|error| format!("there: {error}"))?;
    same("there", &second_dump)?;
    let kept = counts(&mut db);
    let renamed = !pair.renames.is_empty();
    if let Some((table, count)) =
        rows.iter().filter(|_| !renamed).find(|(table, count)| kept.get(*table).is_some_and(|it| it != *count))
    {
        return Err(format!("{table} had {count} rows"));
    }
    match (turn(there, &first, &swapped(&pair.renames)), &pair.one_way) {
        (Ok(()), None) => {}
        (Err(error), Some(reason)) if error.contains(reason.as_str()) => return Ok(()),
        (Err(error), _) => return Err(format!("back: {error}")),
        (Ok(()), Some(_)) => return Err("there is a way back".to_owned()),
    }
    same("back", &first_dump)
}

#[test]
fn every_pair_turns_into_the_other_and_back() {
    let (there, fresh) = (Throwaway::new(), Throwaway::new());
    let only = std::env::var("MIGRATABLE_PAIR").unwrap_or_default();
    let mut failed = Vec::new();
    for pair in pairs(include_str!("pairs.sql")).iter().filter(|pair| pair.name.contains(&only)) {
        if let Err(error) = check(pair, &there, &fresh) {
            failed.push(format!("{}: {error}", pair.name));
        }
    }
    assert!(failed.is_empty(), "{} pairs failed\n\n{}", failed.len(), failed.join("\n\n"));
}
