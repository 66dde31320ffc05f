//! Statements that PostgreSQL runs in no transaction, or that nobody can use inside of theirs.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;

use crate::dialect::{Boundary, Connection, Trace, literal};

/// How a statement stands to transactions. The manual says of each of these "cannot be executed inside a transaction
/// block", and of a new value of an enum that it cannot be used before its transaction is committed.
pub(super) fn boundary(sql: &str) -> Boundary {
    let words = words(sql);
    let begins = |with: &[&str]| words.len() >= with.len() && words.iter().zip(with).all(|(word, it)| word.is(it));
    let concurrently = words.iter().any(|word| word.is("CONCURRENTLY"));
    let indexes = [&["CREATE", "INDEX"][..], &["CREATE", "UNIQUE", "INDEX"], &["DROP", "INDEX"], &["REINDEX"]];
    let alone = [
        &["VACUUM"][..],
        &["ALTER", "SYSTEM"],
        &["CREATE", "DATABASE"],
        &["DROP", "DATABASE"],
        &["CREATE", "TABLESPACE"],
        &["DROP", "TABLESPACE"],
        &["REINDEX", "DATABASE"],
        &["REINDEX", "SCHEMA"],
        &["REINDEX", "SYSTEM"],
    ];
    let detaches = begins(&["ALTER", "TABLE"]) && words.iter().any(|word| word.is("DETACH"));
    if words.iter().rev().skip(1).any(|word| word.text == ";") {
        // Several statements are sent as one, which is a transaction.
        return Boundary::Inside;
    }
    if alone.iter().any(|it| begins(it)) || concurrently && (detaches || indexes.iter().any(|it| begins(it))) {
        return Boundary::Outside;
    }
    let adds_value = begins(&["ALTER", "TYPE"]) && words.windows(2).any(|two| two[0].is("ADD") && two[1].is("VALUE"));
    if adds_value { Boundary::Last } else { Boundary::Inside }
}

/// What became of a statement that was begun. An index that could not be made is there, but invalid.
pub(super) fn trace(database: &mut PgConnection, sql: &str) -> QueryResult<Trace> {
    let words = words(sql);
    let is = |at: usize, it: &str| words.get(at).is_some_and(|word| word.is(it));
    let creates = is(0, "CREATE");
    let drops = is(0, "DROP") && is(1, "INDEX");
    if !creates && !drops {
        let again = is(0, "VACUUM") || is(0, "REINDEX") || is(0, "ALTER") && is(1, "SYSTEM");
        return Ok(if again { Trace::NotDone } else { Trace::Unknown });
    }
    let Some(concurrently) = words.iter().position(|word| word.is("CONCURRENTLY")) else { return Ok(Trace::Unknown) };
    let end = if creates { words.iter().position(|word| word.is("ON")) } else { Some(words.len()) };
    let begin = concurrently + 1 + if is(concurrently + 1, "IF") { if creates { 3 } else { 2 } } else { 0 };
    let named = words.get(begin..end.unwrap_or(begin)).unwrap_or_default();
    let name: String = named.iter().map(|word| word.text).filter(|it| *it != ";").collect();
    if name.is_empty() || name.contains(',') {
        return Ok(Trace::Unknown);
    }
    // An index is made in the schema of its table.
    let of = end.map_or(0, |on| on + 1 + usize::from(is(on + 1, "ONLY")));
    let schema = if creates && is(of + 1, ".") { format!("{}.", words[of].text) } else { String::new() };
    let name = schema + &name;
    let query = format!("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass({})", literal(&name));
    let valid = database.rows(&query)?.into_iter().flatten().flatten().next();
    Ok(match (valid.as_deref(), creates) {
        (None, true) | (Some(_), false) => Trace::NotDone,
        (None, false) | (Some("true"), true) => Trace::Done,
        (Some(_), true) => Trace::InPart(format!("DROP INDEX CONCURRENTLY {name}")),
    })
}

/// A word, a quoted name, or a sign.
struct Word<'a> {
    text: &'a str,
}

impl Word<'_> {
    fn is(&self, keyword: &str) -> bool {
        self.text.eq_ignore_ascii_case(keyword)
    }
}

/// The words of a statement, without comments.
fn words(sql: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
        let (length, is_word) = match first {
            '-' if rest.starts_with("--") => (until("\n", 2), false),
            '/' if rest.starts_with("/*") => (until("*/", 2), false),
            '"' => (until("\"", 1), true),
            '\'' => (until("'", 1), true),
            _ if first.is_alphanumeric() || first == '_' => {
                (rest.find(|it: char| !it.is_alphanumeric() && it != '_' && it != '$').unwrap_or(rest.len()), true)
            }
            _ => (first.len_utf8(), true),
        };
        if is_word {
            words.push(Word { text: &rest[..length] });
        }
        rest = rest[length..].trim_start();
    }
    words
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
}
