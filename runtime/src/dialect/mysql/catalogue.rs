//! What tables are like, as far as a statement that was begun tells by it whether it was done.

use std::collections::BTreeSet;

use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;
use migratable_core::{Operation, TableName};

use super::ddl::table_name;
use crate::dialect::Connection;

/// What stands beside tables: SQL that somebody wrote may change it.
const BESIDE_TABLES: &str = "\
    SELECT CONCAT_WS('\\n', table_name, view_definition) FROM information_schema.views WHERE table_schema = DATABASE() \
    UNION ALL SELECT CONCAT_WS('\\n', trigger_name, event_object_table, action_timing, event_manipulation, action_statement) \
    FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
    UNION ALL SELECT CONCAT_WS('\\n', routine_type, routine_name, routine_definition) \
    FROM information_schema.routines WHERE routine_schema = DATABASE() \
    UNION ALL SELECT CONCAT_WS('\\n', event_name, event_definition) \
    FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1";

/// The tables that operations are about and that a statement names, as the server writes them; everything, if SQL was
/// written by somebody. The tool's own tables are no part of it.
pub(super) fn text(database: &mut MysqlConnection, operations: &[&Operation], statement: &str) -> QueryResult<String> {
    let is_written = operations.iter().any(|operation| matches!(operation, Operation::Execute { .. }));
    let mut tables: BTreeSet<TableName> = operations.iter().filter_map(|it| it.table()).cloned().collect();
    tables.extend(named(statement).map(|name| TableName { schema: None, name }));
    let all = database.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'",
    )?;
    let all: BTreeSet<String> = all.into_iter().flatten().flatten().collect();
    let mut text = String::new();
    if is_written {
        let own = |name: &&String| name.starts_with("migratable_");
        tables.extend(all.iter().filter(|name| !own(name)).map(|name| TableName { schema: None, name: name.clone() }));
        let beside = database.rows(BESIDE_TABLES)?;
        text.extend(beside.into_iter().flatten().flatten().map(|it| it + "\n"));
    }
    for table in &tables {
        // What is in another database is asked for there.
        if table.schema.is_none() && !all.contains(&table.name) {
            text.push_str(&format!("no {table}\n"));
            continue;
        }
        let rows = database.rows(&format!("SHOW CREATE TABLE {}", table_name(table)));
        let rows = if table.schema.is_some() { rows.unwrap_or_default() } else { rows? };
        let shown = rows.into_iter().next().and_then(|row| row.into_iter().nth(1)).flatten();
        text.push_str(&without_next_number(&shown.unwrap_or_default()));
        text.push('\n');
    }
    Ok(text)
}

/// What stands in backticks in a statement of the tool: names of tables are among it.
fn named(statement: &str) -> impl Iterator<Item = String> + '_ {
    let unquoted = |text: &str| text.replace('\u{1}', "`");
    let parts = statement.replace("``", "\u{1}");
    let names: Vec<String> = parts.split('`').skip(1).step_by(2).map(unquoted).collect();
    names.into_iter()
}

fn without_next_number(shown: &str) -> String {
    const NEXT: &str = " AUTO_INCREMENT=";
    let Some(at) = shown.rfind(NEXT) else { return shown.to_owned() };
    let rest = shown[at + NEXT.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{}{rest}", &shown[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_found_by_their_quotes() {
        let names: Vec<String> = named("ALTER TABLE `it``s` DROP FOREIGN KEY `fk`").collect();
        assert_eq!(names, ["it`s", "fk"]);
    }

    #[test]
    fn the_next_number_is_no_change_of_a_table() {
        for (shown, expected) in [
            (
                "CREATE TABLE `a` (\n) ENGINE=InnoDB AUTO_INCREMENT=12 COMMENT='x'",
                "CREATE TABLE `a` (\n) ENGINE=InnoDB COMMENT='x'",
            ),
            ("CREATE TABLE `a` (\n) ENGINE=InnoDB", "CREATE TABLE `a` (\n) ENGINE=InnoDB"),
        ] {
            assert_eq!(without_next_number(shown), expected);
        }
    }
}
