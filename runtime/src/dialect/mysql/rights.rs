//! What the user of a connection may not see. The server leaves it out without a word.

use std::collections::BTreeSet;

use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;

use super::flavour::Flavour;
use crate::dialect::Connection;
use crate::dialect::tokens::{Kind, Token, tokens};

/// The tables whose triggers a user sees.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SeenTriggers {
    is_all: bool,
    of: BTreeSet<String>,
}

impl SeenTriggers {
    /// Asks which they are of a database.
    pub(super) fn ask(connection: &mut MysqlConnection, flavour: Flavour, database: &str) -> QueryResult<SeenTriggers> {
        let mut ask = "SHOW GRANTS".to_owned();
        if !flavour.mariadb {
            // There it does not say what comes of roles.
            let roles = connection.rows("SELECT CURRENT_ROLE()")?.into_iter().flatten().flatten().next();
            ask.extend(roles.filter(|it| it != "NONE").map(|it| format!(" FOR CURRENT_USER() USING {it}")));
        }
        // A server that asks nobody for rights has no grants to show.
        let Ok(rows) = connection.rows(&ask) else { return Ok(SeenTriggers { is_all: true, of: BTreeSet::new() }) };
        Ok(SeenTriggers::read(rows.into_iter().flatten().flatten(), database))
    }

    fn read(grants: impl Iterator<Item = String>, database: &str) -> SeenTriggers {
        let mut seen = SeenTriggers::default();
        for grant in grants {
            let Some((rights, rest)) = grant.strip_prefix("GRANT ").and_then(|it| it.split_once(" ON ")) else {
                continue;
            };
            if !rights.split(", ").any(|right| matches!(right, "TRIGGER" | "ALL PRIVILEGES")) {
                continue;
            }
            let scope: Vec<Token<'_>> = tokens(rest).take(3).collect();
            let [of, dot, what] = &scope[..] else { continue };
            let is_own = of.is_symbol("*") || (of.kind == Kind::Quoted && is_like(&of.unquoted(), database));
            match what.kind {
                _ if !is_own || !dot.is_symbol(".") => {}
                Kind::Quoted => drop(seen.of.insert(what.unquoted())),
                _ => seen.is_all = true,
            }
        }
        seen
    }

    /// Whether the triggers of a table are among them.
    pub(super) fn has(&self, table: &str) -> bool {
        self.is_all || self.of.contains(table)
    }
}

/// Whether a pattern of LIKE means a name.
fn is_like(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    let (first, behind) = (rest.next(), rest.as_str());
    let mut left = name.chars();
    let (begins, ends) = (left.next(), left.as_str());
    match first {
        None => name.is_empty(),
        Some('%') => is_like(behind, name) || (begins.is_some() && is_like(pattern, ends)),
        Some('_') => begins.is_some() && is_like(behind, ends),
        Some('\\') => begins == rest.next() && is_like(rest.as_str(), ends),
        Some(plain) => begins == Some(plain) && is_like(behind, ends),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_triggers_is_told_by_grants() {
        for (grants, seen) in [
            (&["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"][..], "a b"),
            (&["GRANT USAGE ON *.* TO `ada`@`%`", "GRANT SELECT ON `shop`.* TO `ada`@`%`"], ""),
            (&["GRANT SELECT, TRIGGER ON `shop`.* TO `ada`@`%`"], "a b"),
            (&["GRANT SELECT, TRIGGER ON `sho\\_`.* TO `ada`@`%`"], ""),
            (&["GRANT TRIGGER ON `s_o%`.* TO `ada`@`%`"], "a b"),
            (&["GRANT TRIGGER ON \"shop\".* TO \"ada\"@\"%\""], "a b"),
            (&["GRANT SELECT (`a`, `b`), TRIGGER ON `shop`.`a` TO `ada`@`%`"], "a"),
            (&["GRANT TRIGGER ON `other`.`b` TO `ada`@`%`", "GRANT `role` TO `ada`@`%`"], ""),
            (&["GRANT EXECUTE ON PROCEDURE `shop`.`a` TO `ada`@`%`"], ""),
        ] {
            let found = SeenTriggers::read(grants.iter().map(ToString::to_string), "shop");
            let found: Vec<&str> = ["a", "b"].into_iter().filter(|table| found.has(table)).collect();
            assert_eq!(found.join(" "), seen, "{grants:?}");
        }
    }
}
