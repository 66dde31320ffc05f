//! Reads a database by SHOW CREATE TABLE, to compare it with another.

use migratable::diesel::{RunQueryDsl, sql_query};

use super::database::{Db, values};
pub use super::fresh::assert_same;

#[derive(diesel::QueryableByName)]
#[diesel(check_for_backend(diesel::mysql::Mysql))]
struct Shown {
    #[diesel(sql_type = diesel::sql_types::Text, column_name = "Create Table")]
    sql: String,
}

/// Every table as the server writes it, keys and checks by name, without the next number.
pub fn schema(db: &mut Db) -> String {
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
                  AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'migratable\\_%' ORDER BY table_name";
    let mut texts = Vec::new();
    for table in values(db, tables) {
        let query = format!("SHOW CREATE TABLE `{}`", table.replace('`', "``"));
        let shown: Vec<Shown> = sql_query(&query).load(db).unwrap_or_else(|error| panic!("{query}: {error}"));
        texts.push(plain(&shown[0].sql));
    }
    texts.join("\n\n")
}

fn plain(sql: &str) -> String {
    let mut lines: Vec<String> = sql.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
    let is_key = |line: &String| !line.trim_start().starts_with('`');
    let end = lines.len() - 1;
    let keys = lines[1..end].iter().position(is_key).map_or(end, |at| at + 1);
    lines[keys..end].sort();
    let words = lines[end].split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
    lines[end] = words.collect::<Vec<_>>().join(" ");
    lines.join("\n")
}
