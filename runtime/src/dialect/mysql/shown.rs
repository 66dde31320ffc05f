//! What only SHOW CREATE TABLE tells: how an index was asked for, periods, whether Aria was asked for transactions; and
//! the rules of foreign keys, which stand elsewhere for those only who may do more than read.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;

use super::types::text;
use crate::dialect::Connection;

/// What was asked for when an index was made, each word as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// `BTREE` or `HASH`.
    pub(super) using: Option<String>,
    /// The size of its blocks.
    pub(super) block_size: Option<String>,
    /// The plugin that takes its text apart.
    pub(super) parser: Option<String>,
}

/// A table's indexes by name, the names of its periods, the rules of its foreign keys, and the value of its option.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) transactional: Option<String>,
    pub(super) indexes: BTreeMap<String, Asked>,
    pub(super) periods: Vec<String>,
    /// What stands behind foreign keys, by their names: ` ON DELETE CASCADE`.
    pub(super) rules: BTreeMap<String, String>,
}

/// Does something in a session in which the server shows tables whole, and with the quotes that are read here.
pub(super) fn usually<T>(
    database: &mut MysqlConnection,
    does: impl FnOnce(&mut MysqlConnection) -> T,
) -> QueryResult<T> {
    let rows = database.rows("SELECT @@sql_mode, @@sql_quote_show_create")?;
    let mut values = rows.into_iter().flatten().map(Option::unwrap_or_default);
    let (mode, quotes) = (values.next().unwrap_or_default(), values.next().unwrap_or_default());
    let is_other = |word: &str| word == "ANSI_QUOTES" || word.starts_with("NO_") && word.ends_with("_OPTIONS");
    if quotes != "0" && !mode.split(',').any(is_other) {
        return Ok(does(database));
    }
    database.batch_execute("SET SESSION sql_mode = '', SESSION sql_quote_show_create = 1")?;
    let done = does(database);
    let back = format!("SET SESSION sql_mode = {}, SESSION sql_quote_show_create = {quotes}", text(&mode));
    database.batch_execute(&back)?;
    Ok(done)
}

/// Reads the text of a table.
pub(super) fn read(sql: &str) -> Shown {
    let mut shown = Shown::default();
    for line in sql.lines().map(str::trim_start) {
        if let Some(period) = line.strip_prefix("PERIOD FOR ") {
            shown.periods.extend(name(period).map(|(name, _)| name));
            continue;
        }
        if let Some(options) = line.strip_prefix(") ENGINE=") {
            let options = options.split(" COMMENT='").next().unwrap_or_default();
            let value = options.split(' ').find_map(|option| option.strip_prefix("TRANSACTIONAL="));
            shown.transactional = value.map(str::to_owned);
            continue;
        }
        if let Some((key, rest)) = line.strip_prefix("CONSTRAINT ").and_then(name) {
            let behind = rest.trim_start().strip_prefix("FOREIGN KEY").and_then(|it| it.rsplit_once(')'));
            shown.rules.extend(behind.map(|(_, rules)| (key, rules.trim_end_matches(',').to_owned())));
            continue;
        }
        let Some((kind, rest)) = line.split_once("KEY ") else { continue };
        let found = match kind {
            "PRIMARY " => Some(("PRIMARY".to_owned(), rest)),
            "" | "UNIQUE " | "FULLTEXT " | "SPATIAL " => name(rest),
            _ => None,
        };
        if let Some((name, rest)) = found {
            let asked = asked(behind_columns(rest));
            if asked != Asked::default() {
                shown.indexes.insert(name, asked);
            }
        }
    }
    shown
}

/// The name in backticks at the beginning of a text, and what follows.
fn name(text: &str) -> Option<(String, &str)> {
    let rest = text.trim_start().strip_prefix('`')?;
    let mut from = 0;
    loop {
        let end = from + rest[from..].find('`')?;
        if !rest[end + 1..].starts_with('`') {
            return Some((rest[..end].replace("``", "`"), &rest[end + 1..]));
        }
        from = end + 2;
    }
}

/// What follows the columns of an index.
fn behind_columns(text: &str) -> &str {
    let (mut depth, mut quoted) = (0, false);
    for (at, character) in text.char_indices() {
        match character {
            '`' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if character == ')' && !quoted && depth == 0 {
            return &text[at + 1..];
        }
    }
    ""
}

fn asked(text: &str) -> Asked {
    let text = text.split(" COMMENT '").next().unwrap_or(text).trim_end_matches(',');
    let text = text.replace("/*!50100", "").replace("*/", "");
    let mut asked = Asked::default();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "USING" => asked.using = words.next().map(str::to_owned),
            "PARSER" => asked.parser = words.next().map(|parser| parser.trim_matches('`').to_owned()),
            _ => {
                if let Some(size) = word.strip_prefix("KEY_BLOCK_SIZE=") {
                    asked.block_size = Some(size.to_owned());
                }
            }
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_read() {
        let shown = read(
            "CREATE TABLE `t` (\n  `KEY a` int(11) COMMENT 'KEY `x` (`y`) USING HASH',\n  `from` date,\n  \
             PRIMARY KEY (`a`) USING BTREE,\n  KEY `odd ``) (` (`x)`(3),`b` DESC) USING HASH COMMENT 'USING BTREE',\n  \
             UNIQUE KEY `plain` (`a`) COMMENT 'KEY_BLOCK_SIZE=4',\n  \
             FULLTEXT KEY `ft` (`c`) KEY_BLOCK_SIZE=8 /*!50100 WITH PARSER `ngram` */ ,\n  \
             PERIOD FOR `valid` (`from`, `to`),\n  \
             CONSTRAINT `fk )` FOREIGN KEY (`a`) REFERENCES `t ` (`a`) ON DELETE SET NULL ON UPDATE CASCADE,\n  \
             CONSTRAINT `plain` FOREIGN KEY (`a`) REFERENCES `t` (`a`),\n  CONSTRAINT `ck` CHECK (`a` > 0)\n) ENGINE=InnoDB",
        );
        let asked = |using: Option<&str>, block_size: Option<&str>, parser: Option<&str>| Asked {
            using: using.map(str::to_owned),
            block_size: block_size.map(str::to_owned),
            parser: parser.map(str::to_owned),
        };
        let expected = [
            ("PRIMARY", asked(Some("BTREE"), None, None)),
            ("ft", asked(None, Some("8"), Some("ngram"))),
            ("odd `) (", asked(Some("HASH"), None, None)),
        ];
        assert_eq!(shown.indexes, expected.into_iter().map(|(name, it)| (name.to_owned(), it)).collect());
        assert_eq!(shown.periods, ["valid"]);
        let rules = [("fk )", " ON DELETE SET NULL ON UPDATE CASCADE"), ("plain", "")];
        assert_eq!(shown.rules, rules.map(|(key, rules)| (key.to_owned(), rules.to_owned())).into());
    }
}
