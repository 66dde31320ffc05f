//! What tables are like, as far as a statement that was begun tells by it whether it was done.

use std::collections::BTreeSet;

use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;
use migratable_core::{Operation, TableName};

use super::ddl::table_name;
use crate::dialect::Connection;
use crate::dialect::statement::{Statement, without_mysql_spelling};

/// What stands beside tables, each behind its name.
const BESIDE_TABLES: &str = "\
    SELECT table_name, CONCAT_WS('\n', 'view', view_definition, definer, security_type, check_option) \
    FROM information_schema.views WHERE table_schema = DATABASE() \
    UNION ALL SELECT trigger_name, CONCAT_WS('\n', 'trigger', event_object_table, action_timing, event_manipulation, \
    action_order, action_statement, definer) FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
    UNION ALL SELECT routine_name, CONCAT_WS('\n', routine_type, dtd_identifier, routine_definition, is_deterministic, \
    sql_data_access, security_type, routine_comment, definer) \
    FROM information_schema.routines WHERE routine_schema = DATABASE() \
    UNION ALL SELECT specific_name, CONCAT_WS('\n', 'parameter', ordinal_position, parameter_mode, parameter_name, \
    dtd_identifier) FROM information_schema.parameters WHERE specific_schema = DATABASE() \
    UNION ALL SELECT event_name, CONCAT_WS('\n', 'event', event_definition, event_type, execute_at, interval_value, \
    interval_field, starts, ends, status, on_completion, event_comment, definer) \
    FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1, 2";

/// What has rows, and what counts.
const TABLES: &str = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE() \
                      AND table_type NOT LIKE '%VIEW' ORDER BY 1";

/// What the tables are like that operations are about and that a statement names. If somebody wrote it: what that is like
/// which it changes, and all the rest. The tool's own tables are no part of it.
pub(super) fn texts(
    database: &mut MysqlConnection,
    operations: &[&Operation],
    statement: &str,
) -> QueryResult<Vec<String>> {
    let is_written = operations.iter().any(|operation| matches!(operation, Operation::Execute { .. }));
    let all: Vec<(String, String)> = pairs(database.rows(TABLES)?).collect();
    if is_written {
        return of_written(database, &all, statement);
    }
    let mut tables: BTreeSet<TableName> = operations.iter().filter_map(|it| it.table()).cloned().collect();
    tables.extend(named(statement).map(|name| TableName { schema: None, name }));
    let mut text = String::new();
    for table in &tables {
        let found = all.iter().find(|(name, _)| table.schema.is_none() && *name == table.name);
        match (found, &table.schema) {
            (Some((_, kind)), _) => text.push_str(&shown(database, kind, table)?),
            // What is in another database is asked for there.
            (None, Some(_)) => text.push_str(&shown(database, "BASE TABLE", table).unwrap_or_default()),
            (None, None) => text.push_str(&format!("no {table}")),
        }
        text.push('\n');
    }
    Ok(vec![text])
}

/// The text of what a statement that somebody wrote changes, and that of all the rest.
fn of_written(
    database: &mut MysqlConnection,
    tables: &[(String, String)],
    statement: &str,
) -> QueryResult<Vec<String>> {
    let changed = changed(statement);
    let (mut own, mut others) = (String::new(), String::new());
    let mut add = |name: &str, text: &str| {
        let is_own = changed.iter().any(|it| it.schema.is_none() && it.name.eq_ignore_ascii_case(name));
        let texts = if is_own { &mut own } else { &mut others };
        texts.push_str(&format!("{name}\n{text}\n"));
    };
    for (name, kind) in tables.iter().filter(|(name, _)| !name.starts_with("migratable_")) {
        add(name, &shown(database, kind, &TableName { schema: None, name: name.clone() })?);
    }
    for (name, text) in pairs(database.rows(BESIDE_TABLES)?) {
        add(&name, &text);
    }
    for elsewhere in changed.iter().filter(|it| it.schema.is_some()) {
        own.push_str(&shown(database, "BASE TABLE", elsewhere).unwrap_or_default());
    }
    Ok(vec![own, others])
}

/// What a statement makes, changes or drops.
fn changed(statement: &str) -> Vec<TableName> {
    const KINDS: [&str; 8] = ["TABLE", "VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "SEQUENCE", "INDEX"];
    let statement = without_mysql_spelling(statement);
    let Some(statement) = Statement::all(&statement).into_iter().next() else { return Vec::new() };
    let Some(mut behind) = statement.behind_first(&KINDS) else { return Vec::new() };
    if statement.is_before("INDEX", &KINDS) {
        behind = behind.behind("ON").unwrap_or(behind);
    }
    behind.takes("IF NOT EXISTS");
    let mut names = Vec::from_iter(behind.name());
    // A table that gets another name, and others beside it.
    let may_rename = ["ALTER", "RENAME"].iter().any(|word| statement.clone().takes(word));
    while let Some(next) = behind.behind_first(&["RENAME", "TO"]).filter(|_| may_rename) {
        behind = next;
        for word in ["TO", "AS"] {
            behind.takes(word);
        }
        names.extend(behind.clone().name());
    }
    names
}

/// The rows of a query with two columns.
fn pairs(rows: Vec<Vec<Option<String>>>) -> impl Iterator<Item = (String, String)> {
    rows.into_iter().map(|row| {
        let mut values = row.into_iter().map(Option::unwrap_or_default);
        (values.next().unwrap_or_default(), values.next().unwrap_or_default())
    })
}

/// A table as the server writes it.
pub(super) fn shown(database: &mut MysqlConnection, kind: &str, table: &TableName) -> QueryResult<String> {
    let kind = if kind == "SEQUENCE" { "SEQUENCE" } else { "TABLE" };
    let rows = database.rows(&format!("SHOW CREATE {kind} {}", table_name(table)))?;
    let shown = rows.into_iter().next().and_then(|row| row.into_iter().nth(1)).flatten();
    Ok(without_next_number(&shown.unwrap_or_default()))
}

/// Whether a transaction takes back what a statement does to rows: the tables that it changes are all of a kind that is
/// part of transactions. A step may change every table.
pub(super) fn takes_rows_back(database: &mut MysqlConnection, statement: Option<&str>) -> QueryResult<bool> {
    const OTHERS: &str = "SELECT table_name FROM information_schema.tables JOIN information_schema.engines USING (engine) \
                          WHERE table_schema = DATABASE() AND transactions <> 'YES'";
    let others: Vec<String> = database.rows(OTHERS)?.into_iter().flatten().flatten().collect();
    let Some(statement) = statement else { return Ok(others.is_empty()) };
    let statement = without_mysql_spelling(statement);
    Ok(!Statement::all(&statement).iter().any(|it| others.iter().any(|table| it.may_write(table))))
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
    fn what_a_statement_changes_is_told_from_what_it_only_names() {
        for (statement, expected) in [
            ("CREATE OR REPLACE VIEW v AS SELECT * FROM users", "v"),
            ("create table if not exists `a b` like c", "a b"),
            ("CREATE UNIQUE INDEX ix ON users (name)", "users"),
            ("DROP INDEX ix ON users", "users"),
            ("ALTER TABLE users ADD COLUMN posts INT", "users"),
            ("ALTER TABLE users RENAME TO people", "users people"),
            ("RENAME TABLE a TO b, c TO d", "a b d"),
            ("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW BEGIN SET NEW.a = 1; END", "t"),
            ("CREATE DEFINER = a@b PROCEDURE p(x INT) UPDATE users SET y = x", "p"),
            ("DROP TABLE IF EXISTS other.users", "other.users"),
            ("EXECUTE change", ""),
        ] {
            let names: Vec<String> = changed(statement).iter().map(ToString::to_string).collect();
            assert_eq!(names.join(" "), expected, "{statement}");
        }
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
