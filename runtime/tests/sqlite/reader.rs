//! Reads a database through the PRAGMAs and sqlite_master, to compare it with another.

use super::database::{Db, values};
pub use super::fresh::assert_same;

/// Everything that a database says about its schema, a fact a line.
pub fn schema(db: &mut Db) -> String {
    let mut facts = Vec::new();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                  AND name <> 'migratable_revisions' ORDER BY name";
    for table in values(db, tables) {
        let name = format!("'{}'", table.replace('\'', "''"));
        facts.push(format!("table {table}"));
        facts.extend(values(
            db,
            &format!(
                "SELECT name || ' ' || type || ' ' || \"notnull\" || ' ' || coalesce(dflt_value, '-') || ' ' || pk || ' ' \
                 || hidden FROM pragma_table_xinfo({name})"
            ),
        ));
        facts.extend(values(
            db,
            &format!("SELECT wr || ' ' || strict FROM pragma_table_list({name}) WHERE schema = 'main'"),
        ));
        facts.extend(values(
            db,
            &format!(
                "SELECT * FROM (SELECT 'fk ' || group_concat(\"from\" || ' ' || coalesce(\"to\", '-')) || ' ' || \"table\" || ' ' \
                 || on_update || ' ' || on_delete AS fact FROM pragma_foreign_key_list({name}) GROUP BY id) ORDER BY 1"
            ),
        ));
        for index in values(
            db,
            &format!(
                "SELECT name || '|' || \"unique\" || '|' || origin || '|' || partial FROM pragma_index_list({name}) \
                 ORDER BY CASE origin WHEN 'c' THEN name ELSE origin END"
            ),
        ) {
            let (index_name, shape) = index.split_once('|').unwrap();
            let shown = if shape.contains("|c|") { index_name } else { "auto" };
            facts.push(format!("index {shown} {shape}"));
            facts.extend(values(
                db,
                &format!(
                    "SELECT seqno || ' ' || coalesce(name, 'expression') || ' ' || \"desc\" || ' ' || coll || ' ' || key \
                     FROM pragma_index_xinfo('{}')",
                    index_name.replace('\'', "''")
                ),
            ));
        }
    }
    let texts = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'migratable_revisions' \
                 AND name <> 'sqlite_sequence' ORDER BY sql";
    facts.extend(values(db, texts).iter().map(|text| plain(text)));
    let last = facts.len();
    facts[..last].join("\n")
}

/// SQL without what does not matter: white space, and quotes around names that need none.
fn plain(sql: &str) -> String {
    let words = sql.split('\'').enumerate().map(|(at, part)| {
        if at % 2 == 1 {
            part.to_owned()
        } else {
            part.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" ")
        }
    });
    words.collect::<Vec<_>>().join("'").replace("( ", "(").replace(" )", ")").replace(" ,", ",")
}
