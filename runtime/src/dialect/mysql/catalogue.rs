//! What tables are like, as far as a statement that was begun tells by it whether it was done.

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

/// The tables that operations are about, as the server writes them; everything, if one of them is SQL.
pub(super) fn text(database: &mut MysqlConnection, operations: &[&Operation]) -> QueryResult<String> {
    let mut tables: Vec<TableName> = Vec::new();
    let mut text = String::new();
    if operations.iter().any(|operation| matches!(operation, Operation::Execute { .. })) {
        let all = database.rows(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'",
        )?;
        tables.extend(all.into_iter().flatten().flatten().map(|name| TableName { schema: None, name }));
        let beside = database.rows(BESIDE_TABLES)?;
        text.extend(beside.into_iter().flatten().flatten().map(|it| it + "\n"));
    }
    for operation in operations {
        tables.extend(operation.table().cloned());
        if let Operation::RenameTable { to, .. } = operation {
            tables.push(to.clone());
        }
    }
    tables.sort();
    tables.dedup();
    for table in &tables {
        text.push_str(&shown(database, table));
        text.push('\n');
    }
    Ok(text)
}

/// A table as the server writes it, without the next number, which rows change; nothing if it is not there.
fn shown(database: &mut MysqlConnection, table: &TableName) -> String {
    let rows = database.rows(&format!("SHOW CREATE TABLE {}", table_name(table))).unwrap_or_default();
    let Some(shown) = rows.into_iter().next().and_then(|row| row.into_iter().nth(1)).flatten() else {
        return format!("no {table}");
    };
    without_next_number(&shown)
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
