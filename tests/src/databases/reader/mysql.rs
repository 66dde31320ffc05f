//! `SHOW CREATE TABLE` of every table.

use super::Held;
use crate::databases::client::Database;

/// Stands before each table in what the client prints.
const MARK: &str = "-- next table";

const TABLES: &str = "SELECT concat('`', replace(table_name, '`', '``'), '`') FROM information_schema.tables \
                      WHERE table_schema = database() AND table_type = 'BASE TABLE' \
                      AND engine <> 'MRG_MyISAM'";

/// Views, triggers, routines, events, sequences and tables that merge others, one a line.
const OTHERS: &str = "
SELECT concat('view ', table_name, ' ', replace(view_definition, concat('`', database(), '`.'), ''))
FROM information_schema.views WHERE table_schema = database();
SELECT concat('trigger ', trigger_name, ' ', event_manipulation, ' ', event_object_table, ' ', action_statement)
FROM information_schema.triggers WHERE trigger_schema = database();
SELECT concat(routine_type, ' ', routine_name, ' ', routine_definition)
FROM information_schema.routines WHERE routine_schema = database();
SELECT concat('event ', event_name, ' ', event_definition) FROM information_schema.events WHERE event_schema = database();
SELECT concat('sequence ', table_name) FROM information_schema.tables
WHERE table_schema = database() AND table_type = 'SEQUENCE';
SELECT concat('merge table ', table_name) FROM information_schema.tables
WHERE table_schema = database() AND engine = 'MRG_MyISAM';
";

pub(super) fn read(database: &Database<'_>) -> Result<Held, String> {
    let mut held = Held::default();
    let tables = database.query(TABLES)?;
    let shown: String = tables.lines().map(|name| format!("SELECT '{MARK}';\nSHOW CREATE TABLE {name};\n")).collect();
    for table in database.query(&shown)?.split(&format!("{MARK}\n")).skip(1) {
        let (name, text) = table.split_once('\t').unwrap_or_default();
        let mut columns = 0;
        for line in text.lines().map(|line| line.trim().trim_end_matches(',')) {
            let place = if line.starts_with('`') {
                columns += 1;
                format!("{columns} ")
            } else {
                String::new()
            };
            let line = without_counter(line).replace(&format!("`{}`.", database.name()), "");
            held.managed.insert(format!("{name}: {place}{line}"));
        }
    }
    held.others = database.query(OTHERS)?.lines().map(str::to_owned).collect();
    Ok(held)
}

/// The line without the next number of AUTO_INCREMENT, which the rows decide.
fn without_counter(line: &str) -> String {
    match line.split_once(" AUTO_INCREMENT=") {
        Some((before, after)) => format!("{before}{}", after.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => line.to_owned(),
    }
}
