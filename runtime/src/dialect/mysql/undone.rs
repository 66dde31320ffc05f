//! Whether a statement of the tool was not done, whatever else became of its table: by the names that it adds and drops.

use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;

use super::catalogue;
use super::ddl::quoted;
use crate::dialect::statement::{Statement, without_mysql_spelling};

/// How a table is shown that has a name of some kind.
#[derive(Clone, Copy)]
enum Named {
    Column,
    Key,
    Constraint,
    ForeignKey,
}

const ADDS: [(&str, &[Named]); 6] = [
    ("ADD COLUMN", &[Named::Column]),
    ("ADD CONSTRAINT", &[Named::Constraint, Named::Key]),
    ("ADD INDEX", &[Named::Key]),
    ("ADD UNIQUE INDEX", &[Named::Key]),
    ("ADD FULLTEXT INDEX", &[Named::Key]),
    ("ADD SPATIAL INDEX", &[Named::Key]),
];

const DROPS: [(&str, &[Named]); 4] = [
    ("DROP COLUMN", &[Named::Column]),
    ("DROP FOREIGN KEY", &[Named::ForeignKey]),
    ("DROP INDEX", &[Named::Key]),
    ("DROP CONSTRAINT", &[Named::Constraint]),
];

/// Whether a table lacks what the statement adds to it, or has what it drops. A statement is done whole or not at all.
pub(super) fn is_undone(database: &mut MysqlConnection, statement: &str) -> QueryResult<bool> {
    let statement = without_mysql_spelling(statement);
    let Some(mut alter) = Statement::read(&statement) else { return Ok(false) };
    let table = if alter.takes("ALTER TABLE") { alter.name() } else { None };
    let Some(table) = table else { return Ok(false) };
    // A table that is not there was renamed or dropped since.
    let Ok(shown) = catalogue::shown(database, "BASE TABLE", &table) else { return Ok(false) };
    Ok(contradicts(alter.parts(), &shown))
}

fn contradicts(clauses: Vec<Statement<'_>>, shown: &str) -> bool {
    let added = names(&clauses, &ADDS);
    let dropped = names(&clauses, &DROPS);
    let is_in = |others: &[(String, &[Named])], name: &str| others.iter().any(|(other, _)| other == name);
    let has = |(name, kinds): &(String, &[Named])| kinds.iter().any(|kind| kind.is_shown(name, shown));
    // What is dropped and made anew under the same name tells nothing.
    added.iter().any(|it| !is_in(&dropped, &it.0) && !has(it))
        || dropped.iter().any(|it| !is_in(&added, &it.0) && has(it))
}

/// The names behind the words with which clauses begin.
fn names(clauses: &[Statement<'_>], all: &[(&str, &'static [Named])]) -> Vec<(String, &'static [Named])> {
    let name = |clause: &Statement<'_>| {
        let mut clause = clause.clone();
        let (_, kinds) = all.iter().find(|(words, _)| clause.takes(words))?;
        Some((clause.name()?.name, *kinds))
    };
    clauses.iter().filter_map(name).collect()
}

impl Named {
    fn is_shown(self, name: &str, shown: &str) -> bool {
        let name = quoted(name);
        match self {
            Named::Column => shown.contains(&format!("\n  {name} ")),
            Named::Key => shown.contains(&format!("KEY {name} (")),
            Named::Constraint => shown.contains(&format!("CONSTRAINT {name} ")),
            Named::ForeignKey => shown.contains(&format!("CONSTRAINT {name} FOREIGN KEY ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_tells_what_was_not_done_to_it() {
        let shown = "CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  `b``c` text DEFAULT NULL,\n  KEY `ix` (`a`),\n  \
                     UNIQUE KEY `uq` (`b``c`) USING HASH,\n  CONSTRAINT `fk` FOREIGN KEY (`a`) REFERENCES `u` (`id`),\n  \
                     CONSTRAINT `ck` CHECK (`a` > 0)\n) ENGINE=InnoDB";
        for (clauses, expected) in [
            ("ADD COLUMN `new` int(11) DEFAULT (1, 2)", true),
            ("ADD COLUMN `a` int(11) AFTER `b``c`", false),
            ("MODIFY COLUMN `a` bigint, ADD COLUMN `new` int", true),
            ("MODIFY COLUMN `a` bigint", false),
            ("DROP COLUMN `b``c`", true),
            ("DROP COLUMN IF EXISTS `gone`", false),
            ("ADD INDEX `new` (`a`)", true),
            ("ADD UNIQUE INDEX `uq` (`a`)", false),
            ("DROP INDEX `ix`, ADD INDEX `ix` (`a`, `b``c`)", false),
            ("DROP FOREIGN KEY `fk`", true),
            ("DROP FOREIGN KEY `ix`", false),
            ("ADD CONSTRAINT `new` FOREIGN KEY (`a`) REFERENCES `u` (`id`)", true),
            ("ADD CONSTRAINT `uq` UNIQUE (`a`)", false),
            ("DROP CONSTRAINT `ck`", true),
        ] {
            let text = without_mysql_spelling(clauses);
            let clauses = Statement::read(&text).unwrap().parts();
            assert_eq!(contradicts(clauses, shown), expected, "{text}");
        }
    }
}
