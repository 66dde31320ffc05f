//! What statements mean for those who use the database meanwhile: by the pages "Online DDL Operations" of MySQL's manual
//! and "InnoDB Online DDL Overview" of MariaDB's.

use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;
use migratable_core::TableName;

use super::flavour::{self, Flavour};
use super::types::text;
use crate::dialect::Connection;
use crate::dialect::statement::Statement;
use crate::impact::{Impact, Lock, RowCount, Situation};

/// Taken for a moment at the beginning and at the end; it waits for every transaction that has used the table.
const METADATA: &str = "metadata lock";
/// The same, and nobody writes to the table in between.
const NO_WRITES: &str = "metadata lock without writes";
const ROWS: &str = "row locks";

/// How a change of a table is made, the cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Instant,
    /// In place, without writing the rows anew.
    Nocopy,
    /// In place, with every row written anew.
    Inplace,
    Copy,
}

pub(super) fn of(database: &mut MysqlConnection, sql: &str, around: &mut Situation) -> QueryResult<Impact> {
    let Some(mut it) = Statement::read(sql) else { return Ok(Impact::default()) };
    if it.takes("CREATE TABLE") {
        if it.has("SELECT") {
            return Ok(Impact::default());
        }
        let mut keys = it.clone();
        around.made.extend(it.made());
        let mut locks = Vec::new();
        while let Some(mut next) = keys.behind("REFERENCES") {
            let other = next.name();
            locks.extend(other.as_ref().and_then(|table| around.now(table)).map(|on| (METADATA, on.to_string())));
            keys = next;
        }
        return Ok(Impact::locks(locks));
    }
    if it.takes("ALTER TABLE") {
        let flavour = flavour::ask(database)?;
        let Some(table) = it.name() else { return Ok(Impact::default()) };
        return altered(database, &table, it, flavour, around);
    }
    if it.takes("RENAME TABLE") {
        let Some(table) = it.name() else { return Ok(Impact::default()) };
        let locks = Impact::locks(around.now(&table).map(|on| (METADATA, on.to_string())));
        if it.takes("TO") {
            it.name().into_iter().for_each(|to| around.rename(&table, to));
        }
        return Ok(locks);
    }
    let (mode, table) = if it.takes("DROP TABLE") {
        (METADATA, it.name().filter(|_| it.is_over()))
    } else if it.takes("UPDATE") || it.takes("DELETE FROM") || it.takes("INSERT INTO") {
        (ROWS, it.name())
    } else if ["SET", "START TRANSACTION", "COMMIT"].into_iter().any(|words| it.takes(words)) {
        return Ok(Impact::none());
    } else {
        return Ok(Impact::default());
    };
    let Some(table) = table else { return Ok(Impact::default()) };
    let rows = match it.behind("VALUES").filter(|_| !it.has("SELECT") && mode == ROWS) {
        Some(values) => Some(RowCount::exactly(values.parts().len() as u64)),
        None => around.count(database, &table)?,
    };
    Ok(Impact { rows, ..Impact::locks(around.now(&table).map(|on| (mode, on.to_string()))) })
}

fn altered(
    database: &mut MysqlConnection,
    table: &TableName,
    it: Statement<'_>,
    flavour: Flavour,
    around: &mut Situation,
) -> QueryResult<Impact> {
    let Some(now) = around.now(table).map(ToString::to_string) else { return Ok(Impact::none()) };
    let clauses = it.parts();
    // A key that goes beside one that comes is one change.
    let is_added = |mut clause: Statement<'_>| clause.takes("ADD PRIMARY KEY");
    let replaces = clauses.iter().any(|clause| is_added(clause.clone()));
    let algorithms: Vec<Option<Algorithm>> =
        clauses.iter().map(|clause| algorithm(clause.clone(), replaces, flavour)).collect();
    let adds_keys = clauses.iter().any(|clause| {
        let mut clause = clause.clone();
        clause.takes("ADD") && (clause.has("INDEX") || clause.has("KEY")) && !clause.takes("COLUMN")
    });
    let changes_columns = clauses.iter().any(|clause| clause.has("COLUMN"));
    let worst = match algorithms.iter().flatten().max() {
        // What is copied is copied whatever stands beside it.
        Some(Algorithm::Copy) => Some(Algorithm::Copy),
        _ => match algorithms.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max()) {
            // A column that comes or goes does so at once only if nothing else takes longer.
            Some(Algorithm::Nocopy) if changes_columns && (adds_keys || !flavour.mariadb) => Some(Algorithm::Inplace),
            worst => worst,
        },
    };
    let others = clauses.into_iter().filter_map(|clause| clause.behind("REFERENCES")?.name());
    let others: Vec<String> =
        others.filter_map(|other| around.now(&other).map(ToString::to_string)).filter(|other| *other != now).collect();
    let mode = if worst == Some(Algorithm::Copy) { NO_WRITES } else { METADATA };
    let mut locks = vec![Lock { on: now, mode }];
    locks.extend(others.into_iter().map(|on| Lock { on, mode: METADATA }));
    let rewrites = worst.map(|worst| worst >= Algorithm::Inplace);
    let rows = match rewrites {
        Some(false) if !adds_keys => Some(RowCount::exactly(0)),
        _ => around.count(database, table)?,
    };
    let name = |algorithm| match algorithm {
        Algorithm::Instant => "INSTANT",
        Algorithm::Nocopy if flavour.mariadb => "NOCOPY",
        Algorithm::Nocopy | Algorithm::Inplace => "INPLACE",
        Algorithm::Copy => "COPY",
    };
    Ok(Impact { locks: Some(locks), algorithm: worst.map(name), rewrites, rows })
}

/// How one clause of ALTER TABLE is done.
fn algorithm(mut it: Statement<'_>, replaces_key: bool, flavour: Flavour) -> Option<Algorithm> {
    use Algorithm::{Copy, Inplace, Instant, Nocopy};
    let since = |mariadb: (u32, u32, u32), mysql: (u32, u32, u32)| {
        flavour.version >= if flavour.mariadb { mariadb } else { mysql }
    };
    if it.takes("ADD COLUMN") {
        if it.has("STORED") {
            return Some(Copy);
        }
        let is_plain = !["AUTO_INCREMENT", "UNIQUE", "PRIMARY", "CHECK"].into_iter().any(|word| it.has(word));
        let is_placed = it.has("AFTER") || it.has("FIRST");
        let instant = if is_placed { since((10, 4, 0), (8, 0, 29)) } else { since((10, 3, 2), (8, 0, 12)) };
        return (is_plain && instant).then_some(Instant);
    }
    if it.takes("DROP COLUMN") {
        return since((10, 4, 0), (8, 0, 29)).then_some(Instant);
    }
    if it.takes("RENAME COLUMN") {
        return since((10, 5, 3), (8, 0, 28)).then_some(Instant);
    }
    if it.takes("ALTER COLUMN") && (it.has("DEFAULT")) {
        return Some(Instant);
    }
    if it.takes("ADD PRIMARY KEY") {
        return Some(Inplace);
    }
    if it.takes("DROP PRIMARY KEY") {
        return replaces_key.then_some(Inplace);
    }
    if it.takes("DROP FOREIGN KEY") || it.takes("RENAME INDEX") {
        return Some(if flavour.mariadb { Instant } else { Nocopy });
    }
    if it.takes("ADD INDEX") || it.takes("ADD UNIQUE INDEX") || it.takes("DROP INDEX") {
        return Some(Nocopy);
    }
    if it.takes("ADD CONSTRAINT") && it.name().is_some() && (it.takes("FOREIGN KEY") || it.takes("CHECK")) {
        return Some(Copy);
    }
    if flavour.mariadb && it.takes("DROP CONSTRAINT") {
        return Some(Instant);
    }
    None
}

/// What the statistics say.
pub(super) fn count(database: &mut MysqlConnection, table: &TableName) -> QueryResult<Option<RowCount>> {
    let schema = table.schema.as_deref().map_or_else(|| "DATABASE()".to_owned(), text);
    let rows = database.rows(&format!(
        "SELECT CAST(table_rows AS CHAR) FROM information_schema.tables WHERE table_schema = {schema} \
         AND table_name = {}",
        text(&table.name)
    ))?;
    let count = rows.into_iter().flatten().flatten().find_map(|text| text.parse().ok());
    Ok(count.map(|count| RowCount { count, exact: false }))
}
