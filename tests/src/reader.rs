//! What a SQLite database holds, read with the PRAGMAs and sqlite_master, by nothing of the product.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Nullable, Text};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Nullable<Text>)]
    line: Option<String>,
}

fn lines(db: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let found: Vec<Line> = sql_query(sql).load(db).unwrap_or_else(|error| panic!("{error}: {sql}"));
    found.into_iter().map(|line| line.line.unwrap_or_else(|| "NULL".to_owned())).collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

fn tables(db: &mut SqliteConnection) -> Vec<String> {
    lines(
        db,
        "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name NOT LIKE 'migratable_%' ORDER BY name",
    )
}

/// Every table: its columns, indexes and foreign keys by the PRAGMAs, and the parts of its CREATE TABLE in no order.
pub fn schema(db: &mut SqliteConnection) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for table in tables(db) {
        let name = text(&table);
        let mut facts = Vec::new();
        facts.extend(lines(
            db,
            &format!(
                "SELECT 'column ' || name || ' ' || type || ' ' || \"notnull\" || ' ' || coalesce(dflt_value, '-') || ' ' \
                 || pk || ' ' || hidden AS line FROM pragma_table_xinfo({name}) ORDER BY name"
            ),
        ));
        facts.extend(lines(
            db,
            &format!(
                "SELECT 'index ' || CASE l.origin WHEN 'c' THEN l.name ELSE l.origin END || ' ' || l.\"unique\" || ' ' || \
                 l.partial || ' ' || (SELECT group_concat(coalesce(name, '?') || ' ' || \"desc\" || ' ' || coll, ', ') FROM \
                 pragma_index_xinfo(l.name) WHERE key = 1) || ' ' || \
                 coalesce((SELECT sql FROM sqlite_master WHERE type = 'index' AND name = l.name), '-') AS line \
                 FROM pragma_index_list({name}) AS l ORDER BY line"
            ),
        ));
        facts.extend(lines(
            db,
            &format!(
                "SELECT 'key ' || group_concat(\"from\" || ' > ' || \"table\" || '.' || coalesce(\"to\", '?'), ', ') || ' ' || \
                 on_update || ' ' || on_delete AS line FROM (SELECT * FROM pragma_foreign_key_list({name}) ORDER BY id, seq) \
                 GROUP BY id ORDER BY line"
            ),
        ));
        let sql = lines(db, &format!("SELECT sql AS line FROM sqlite_master WHERE type = 'table' AND name = {name}"));
        let mut parts = parts(&sql[0]);
        parts.sort();
        facts.extend(parts.into_iter().map(|part| format!("sql {part}")));
        found.insert(table, facts);
    }
    found
}

/// What stands between the commas of a CREATE TABLE.
fn parts(sql: &str) -> Vec<String> {
    let (start, end) = (sql.find('(').unwrap_or(0), sql.rfind(')').unwrap_or(sql.len()));
    let mut parts = vec![String::new()];
    let (mut depth, mut quote) = (0, None);
    for character in sql[start + 1..end].chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts.into_iter().map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Every value of every row: table, then column, then the values as SQL writes them, in the order of the rows.
pub fn rows(db: &mut SqliteConnection) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let mut found = BTreeMap::new();
    for table in tables(db) {
        let columns = lines(db, &format!("SELECT name AS line FROM pragma_table_xinfo({})", text(&table)));
        let values = columns.into_iter().map(|column| {
            let sql = format!("SELECT quote({}) AS line FROM {} ORDER BY rowid", quoted(&column), quoted(&table));
            let values = lines(db, &sql);
            (column, values)
        });
        found.insert(table.clone(), values.collect());
    }
    found
}
