//! Statements that PostgreSQL runs in no transaction, or that nobody can use inside of theirs.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;

use super::ddl::quoted;
use crate::dialect::statement::Statement;
use crate::dialect::{Boundary, Connection, Trace, literal};

/// What the manual says of: it "cannot be executed inside a transaction block".
const ALONE: [&str; 8] = [
    "VACUUM",
    "ALTER SYSTEM",
    "CREATE DATABASE",
    "DROP DATABASE",
    "CREATE TABLESPACE",
    "DROP TABLESPACE",
    "CREATE SUBSCRIPTION",
    "DROP SUBSCRIPTION",
];

/// The same of REINDEX, by what stands behind it and its options.
const REINDEX_ALONE: [&str; 3] = ["DATABASE", "SCHEMA", "SYSTEM"];

/// The same of these, if they are done CONCURRENTLY.
const CONCURRENTLY: [&str; 4] = ["CREATE INDEX", "CREATE UNIQUE INDEX", "DROP INDEX", "REINDEX"];

/// How a statement stands to transactions. A new value of an enum cannot be used before its transaction is committed.
pub(super) fn boundary(sql: &str) -> Boundary {
    // Several statements are sent as one, which is a transaction.
    let Some(statement) = Statement::read(sql) else { return Boundary::Inside };
    let begins = |words: &str| statement.clone().takes(words);
    let whole = |word: &str, is_all: fn(Statement<'_>) -> bool| {
        let mut behind = statement.clone();
        let begins = behind.takes(word);
        behind.skips_options();
        begins && is_all(behind)
    };
    let goes_through_all = whole("REINDEX", |behind| REINDEX_ALONE.iter().any(|kind| behind.clone().takes(kind)))
        // Without a table it is for all of them.
        || whole("CLUSTER", |mut behind| {
            behind.takes("VERBOSE");
            behind.is_over()
        });
    let detaches = begins("ALTER TABLE") && statement.has("DETACH");
    let concurrently = statement.has("CONCURRENTLY") && (detaches || CONCURRENTLY.iter().any(|words| begins(words)));
    let adds_value = begins("ALTER TYPE") && statement.behind("ADD").is_some_and(|mut behind| behind.takes("VALUE"));
    match () {
        () if concurrently || goes_through_all || ALONE.iter().any(|words| begins(words)) => Boundary::Outside,
        () if adds_value => Boundary::Last,
        () => Boundary::Inside,
    }
}

/// Whether what the last statement of a text does lasts no longer than its transaction.
pub(super) fn ends_with_transaction(sql: &str) -> bool {
    let Some(mut statement) = Statement::all(sql).pop() else { return false };
    let locks = |name: &str| name.starts_with("pg_") && name.contains("advisory_xact_lock");
    if ["SET LOCAL", "SET TRANSACTION", "SET CONSTRAINTS", "LOCK"].iter().any(|words| statement.takes(words)) {
        return true;
    }
    if statement.takes("SELECT") {
        let sets = statement.has("true") && statement.functions().any(|name| name == "set_config");
        return sets || statement.functions().any(|name| locks(&name));
    }
    let is_temporary = statement.takes("CREATE") && (statement.takes("TEMP") || statement.takes("TEMPORARY"));
    let goes = |mut behind: Statement<'_>| behind.takes("DROP") || behind.takes("DELETE");
    is_temporary && statement.behind("COMMIT").is_some_and(goes)
}

/// What became of a statement that was begun. An index that could not be made is there, but invalid.
pub(super) fn trace(database: &mut PgConnection, sql: &str) -> QueryResult<Trace> {
    let Some(mut statement) = Statement::read(sql) else { return Ok(Trace::Unknown) };
    if ["VACUUM", "ALTER SYSTEM", "CLUSTER"].iter().any(|words| statement.clone().takes(words)) {
        return Ok(Trace::NotDone);
    }
    if statement.takes("REINDEX") {
        let left = left_by_reindex(database, &statement)?;
        return Ok(if left.is_empty() { Trace::NotDone } else { Trace::InPart(left) });
    }
    let creates = statement.takes("CREATE INDEX CONCURRENTLY") || statement.takes("CREATE UNIQUE INDEX CONCURRENTLY");
    let name = if creates {
        statement.takes("IF NOT EXISTS");
        let name = statement.text_before(&["ON"]);
        // An index is made in the schema of its table.
        let mut table = statement.behind("ON").unwrap_or_else(|| statement.clone());
        table.takes("ONLY");
        match table.name().and_then(|table| table.schema) {
            Some(schema) if !name.is_empty() => format!("{}.{name}", quoted(&schema)),
            _ => name.to_owned(),
        }
    } else if statement.takes("DROP INDEX CONCURRENTLY") {
        statement.takes("IF EXISTS");
        statement.text_before(&["CASCADE", "RESTRICT"]).to_owned()
    } else {
        String::new()
    };
    if name.is_empty() || name.contains(',') {
        return Ok(Trace::Unknown);
    }
    let query = format!("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass({})", literal(&name));
    let valid = database.rows(&query)?.into_iter().flatten().flatten().next();
    Ok(match (valid.as_deref(), creates) {
        (None, true) | (Some(_), false) => Trace::NotDone,
        (None, false) | (Some("true"), true) => Trace::Done,
        (Some(_), true) => Trace::InPart(vec![format!("DROP INDEX CONCURRENTLY {name}")]),
    })
}

/// What takes away the copies of indexes that a REINDEX has left: the new one if it was stopped while it made that, the old
/// one if it was stopped while it dropped that. Nobody else's: another may be made at the same time.
fn left_by_reindex(database: &mut PgConnection, statement: &Statement<'_>) -> QueryResult<Vec<String>> {
    let named = |word: &str| {
        let mut behind = statement.behind(word)?;
        behind.takes("CONCURRENTLY");
        Some(literal(behind.text_before(&[])))
    };
    let of_table = |table: &str| {
        format!("indrelid = {table} OR indrelid IN (SELECT relid FROM pg_partition_tree({table}))", table = table)
    };
    let is_its = if let Some(table) = named("TABLE") {
        of_table(&format!("to_regclass({table})"))
    } else if let Some(index) = named("INDEX") {
        of_table(&format!("(SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass({index}))"))
    } else if let Some(schema) = named("SCHEMA") {
        format!("relnamespace = to_regnamespace({schema})")
    } else {
        "true".to_owned()
    };
    let query = format!(
        "SELECT format('DROP INDEX CONCURRENTLY %I.%I', nspname, relname) FROM pg_index JOIN pg_class ON \
         pg_class.oid = indexrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace \
         WHERE NOT indisvalid AND relname ~ '_cc(new|old)[0-9]*$' AND nspname <> 'pg_toast' AND ({is_its}) ORDER BY 1"
    );
    Ok(database.rows(&query)?.into_iter().flatten().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_no_transaction_holds_are_known() {
        for (sql, expected) in [
            ("CREATE INDEX CONCURRENTLY a ON t (x)", Boundary::Outside),
            ("create unique index concurrently if not exists a on t (x);", Boundary::Outside),
            ("-- CONCURRENTLY\nCREATE INDEX a ON t (x)", Boundary::Inside),
            ("CREATE INDEX \"CONCURRENTLY\" ON t (x)", Boundary::Inside),
            ("/* fast */ DROP INDEX CONCURRENTLY a", Boundary::Outside),
            ("REINDEX TABLE CONCURRENTLY t", Boundary::Outside),
            ("VACUUM t", Boundary::Outside),
            ("REINDEX (VERBOSE, TABLESPACE x) DATABASE blog", Boundary::Outside),
            ("REINDEX SCHEMA s", Boundary::Outside),
            ("REINDEX (VERBOSE) TABLE schema", Boundary::Inside),
            ("CLUSTER VERBOSE", Boundary::Outside),
            ("CLUSTER (VERBOSE);", Boundary::Outside),
            ("CLUSTER t", Boundary::Inside),
            ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", Boundary::Outside),
            ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", Boundary::Outside),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", Boundary::Inside),
            ("ALTER TYPE mood ADD VALUE 'so'", Boundary::Last),
            ("ALTER TYPE mood RENAME VALUE 'so' TO 'ADD VALUE'", Boundary::Inside),
            ("VACUUM t; SELECT 1", Boundary::Inside),
            ("SELECT 'VACUUM'", Boundary::Inside),
        ] {
            assert_eq!(boundary(sql), expected, "{sql}");
        }
    }
    #[test]
    fn what_ends_with_its_transaction_is_known() {
        for (sql, expected) in [
            ("SET LOCAL lock_timeout = '2s'", true),
            ("set /* here */ local role app;", true),
            ("SET lock_timeout = '2s'", false),
            ("SET CONSTRAINTS ALL DEFERRED", true),
            ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", true),
            ("LOCK TABLE t IN SHARE MODE", true),
            ("SELECT set_config('work_mem', '1GB', true)", true),
            ("SELECT set_config('work_mem', '1GB', false)", false),
            ("SELECT pg_advisory_xact_lock(1)", true),
            ("SELECT pg_advisory_lock(1)", false),
            ("CREATE TEMP TABLE x ON COMMIT DELETE ROWS AS SELECT 1", true),
            ("CREATE TEMPORARY TABLE x (a int)", false),
            ("SET LOCAL lock_timeout = '2s'; ALTER TABLE t ADD a int", false),
            ("UPDATE t SET a = 1; SET LOCAL lock_timeout = '2s';", true),
            ("SELECT 'SET LOCAL'", false),
            ("-- SET LOCAL", false),
        ] {
            assert_eq!(ends_with_transaction(sql), expected, "{sql}");
        }
    }
}
