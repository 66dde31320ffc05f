//! What views and triggers need of tables. They are not managed, do not follow renames, and are made by the server
//! whether they work or not.

use std::collections::BTreeSet;

use migratable_core::{Operation, Schema, TableName};

use crate::dialect::tokens::{Kind, Token, tokens, without_mysql_spelling};
use crate::dialect::unmanaged;
use crate::inspect::{Inspected, Need, NotManaged};
use crate::plan::Refusal;

/// The word by which what is read of a database has the rights without which it is not known what they need.
pub(super) const UNSEEN: &str = "unseen";

/// What one of them needs of the tables of a schema, by the text of what it does. `database` is the one that it is in.
pub(super) fn needs(one: &NotManaged, text: &str, database: &str, schema: &Schema) -> Vec<Need> {
    let text = without_mysql_spelling(text);
    let read: Vec<Token<'_>> = tokens(&text).collect();
    let (by, with) = (one.to_string(), one.table.clone());
    let (named, owners) = match &with {
        Some(table) => {
            let owners = ["new", "old"].map(|row| (row.to_owned(), table.clone()));
            (tables_of_statements(&read, database, schema), Vec::from(owners))
        }
        None => tables_of_view(&read, database, schema),
    };
    let names = read.windows(3).filter(|it| is_name(&it[0]) && it[1].is_symbol(".") && is_name(&it[2]));
    let columns = names.flat_map(|it| {
        let (owner, name) = (it[0].unquoted().to_lowercase(), it[2].unquoted().to_lowercase());
        let tables = owners.iter().filter(move |(of, _)| *of == owner).map(|(_, table)| table);
        tables.filter_map(move |table| {
            let column = schema.table(table)?.columns.iter().find(|it| it.name.to_lowercase() == name)?;
            Some((table.clone(), column.name.clone()))
        })
    });
    let columns: BTreeSet<(TableName, String)> = columns.collect();
    let need = |of, column| Need { of, column, by: by.clone(), with: with.clone() };
    let of_tables = named.into_iter().map(|of| need(of, None));
    of_tables.chain(columns.into_iter().map(|(of, column)| need(of, Some(column)))).collect()
}

fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Word | Kind::Quoted)
}

/// The tables that a view reads, and all of them by what they are called there. The server writes every name in
/// backticks, a table behind its database, and an alias right behind its table; one alias may stand for several.
fn tables_of_view(
    read: &[Token<'_>],
    database: &str,
    schema: &Schema,
) -> (BTreeSet<TableName>, Vec<(String, TableName)>) {
    let of_name = |name: &Token<'_>| {
        let name = name.unquoted().to_lowercase();
        schema.tables.keys().find(|table| table.name.to_lowercase() == name).cloned()
    };
    let is_table = |it: &&[Token<'_>]| is_name(&it[0]) && it[0].unquoted() == database && it[1].is_symbol(".");
    let named = read.windows(3).filter(is_table).filter_map(|it| of_name(&it[2])).collect();
    let plain = schema.tables.keys().map(|table| (table.name.to_lowercase(), table.clone()));
    let pairs = read.windows(2).filter(|it| it.iter().all(|it| it.kind == Kind::Quoted));
    let aliases = pairs.filter_map(|it| Some((it[1].unquoted().to_lowercase(), of_name(&it[0])?)));
    (named, plain.chain(aliases).collect())
}

/// The tables that the statements of a trigger name, as somebody has written them.
fn tables_of_statements(read: &[Token<'_>], database: &str, schema: &Schema) -> BTreeSet<TableName> {
    const BEFORE: [&str; 7] = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "INSERT", "REPLACE"];
    const BETWEEN: [&str; 8] = ["IGNORE", "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "INTO", "ONLY", "IF", "EXISTS"];
    let mut named = BTreeSet::new();
    let mut at = 0;
    while at < read.len() {
        // Two of the words are functions too.
        let is_function = ["INSERT", "REPLACE"].iter().any(|word| read[at].is(word))
            && read.get(at + 1).is_some_and(|it| it.is_symbol("("));
        let is_before = !is_function && BEFORE.iter().any(|word| read[at].is(word));
        at += 1;
        if !is_before {
            continue;
        }
        // A list of them, each perhaps behind its database and before another name for it.
        loop {
            let opens = |it: &Token<'_>| it.is_symbol("(") || BETWEEN.iter().any(|word| it.is(word));
            at += read[at..].iter().take_while(|it| opens(it)).count();
            let is_behind = |it: &[Token<'_>]| it[1].is_symbol(".") && it[0].unquoted() == database;
            at += if read[at..].windows(2).next().is_some_and(is_behind) { 2 } else { 0 };
            let Some(name) = read.get(at).filter(|it| is_name(it)) else { break };
            let name = name.unquoted().to_lowercase();
            named.extend(schema.tables.keys().find(|table| table.name.to_lowercase() == name).cloned());
            at += 1;
            let alias = read[at..].iter().take_while(|it| is_name(it) && !it.is("SELECT")).count();
            if alias > 2 || !read.get(at + alias).is_some_and(|it| it.is_symbol(",")) {
                break;
            }
            at += alias + 1;
        }
    }
    named
}

/// Refuses the first operation by which something goes, or gets another name, that one of them needs.
pub(super) fn refuse(before: &Inspected, operations: &[Operation]) -> Result<(), Refusal> {
    let goes =
        |table: &TableName| operations.iter().any(|it| matches!(it, Operation::DropTable { table: it } if it == table));
    let comes = |of: &TableName, name: &str| {
        let added =
            |it: &Operation| matches!(it, Operation::AddColumn { table, column } if table == of && column.name == name);
        operations.iter().any(added)
    };
    let mut needs = before.needs.clone();
    for (at, operation) in operations.iter().enumerate() {
        let of_column = |table: &TableName, column: &str| {
            let need = needs.iter().find(|it| it.of == *table && it.column.as_deref() == Some(column));
            need.map(|need| (need, format!("{table}.{column}")))
        };
        let found = match operation {
            Operation::DropColumn { table, column } if !comes(table, column) => of_column(table, column),
            Operation::RenameColumn { table, from, to } if !from.eq_ignore_ascii_case(to) => of_column(table, from),
            // Triggers go, and are renamed, with their table.
            Operation::DropTable { table } | Operation::RenameTable { from: table, .. } => {
                let rests = |it: &&Need| it.of == *table && it.with.is_none();
                needs.iter().find(rests).map(|need| (need, table.to_string()))
            }
            _ => None,
        };
        if let Some((need, what)) = found.filter(|(need, _)| !need.with.as_ref().is_some_and(goes)) {
            return Err(Refusal { operation: at, message: unmanaged::needs(&need.by, &what) });
        }
        unmanaged::follow(&mut needs, operation);
    }
    Ok(())
}

/// Refuses the first operation by which a table goes, or gets another name, that a trigger of another table names; and by
/// which something does that views and triggers may need of which this user sees nothing.
pub(super) fn refuse_named_or_unseen(before: &Inspected, operations: &[Operation]) -> Result<(), Refusal> {
    let goes =
        |table: &TableName| operations.iter().any(|it| matches!(it, Operation::DropTable { table: it } if it == table));
    for (operation, at) in operations.iter().zip(0..) {
        let (table, column) = match operation {
            Operation::DropTable { table } | Operation::RenameTable { from: table, .. } => (table, None),
            Operation::DropColumn { table, column } | Operation::RenameColumn { table, from: column, .. } => {
                (table, Some(column))
            }
            _ => continue,
        };
        let what = column.map_or_else(|| table.to_string(), |column| format!("{table}.{column}"));
        let names = |it: &&Need| {
            let is_of_other = it.with.as_ref().is_some_and(|with| with != table && !goes(with));
            is_of_other && it.of == *table && it.column.is_none() && column.is_none()
        };
        let message = match (before.needs.iter().find(names), before.native.get(UNSEEN)) {
            (Some(need), _) => unmanaged::needs(&need.by, &what),
            (None, Some(rights)) => format!(
                "views and triggers may need `{what}`, and this user may not see what they do: grant {rights}, or let \
                 somebody ask who may"
            ),
            (None, None) => continue,
        };
        return Err(Refusal { operation: at, message });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use migratable_core::{Column, ColumnType, Table};

    use super::*;

    fn needed(kind: &str, table: Option<&str>, text: &str) -> Vec<String> {
        let mut schema = Schema::default();
        for name in ["t", "log", "other"] {
            let mut made = Table::new(name);
            made.columns = vec![Column::new("id", ColumnType::Integer), Column::new("log", ColumnType::Integer)];
            schema.tables.insert(made.name.clone(), made);
        }
        let one = NotManaged { kind: kind.to_owned(), name: "x".to_owned(), table: table.map(TableName::from) };
        let name = |need: Need| need.column.map_or(need.of.to_string(), |column| format!("{}.{column}", need.of));
        needs(&one, text, "shop", &schema).into_iter().map(name).collect()
    }

    #[test]
    fn a_view_needs_the_tables_and_columns_that_it_reads() {
        for (text, expected) in [
            ("select count(0) AS `count(*)` from `shop`.`t`", "t"),
            ("select `shop`.`t`.`id` AS `log` from `shop`.`t`", "t t.id"),
            (
                "select `a`.`id` AS `id` from `shop`.`t` `a` where `a`.`id` in (select `a`.`log` from `shop`.`log` `a`)",
                "log t log.id log.log t.id t.log",
            ),
            ("select 1 AS `t`", ""),
        ] {
            assert_eq!(needed("view", None, text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_trigger_needs_the_tables_that_its_statements_name() {
        for (text, expected) in [
            ("SET NEW.id = OLD.log", "t.id t.log"),
            ("INSERT INTO log (id) VALUES (NEW.id)", "log t.id"),
            ("BEGIN INSERT IGNORE INTO shop.`log` SELECT id, log FROM other; END", "log other"),
            ("UPDATE t AS a, log b, Other SET a.id = 1", "log other t"),
            ("DELETE FROM log WHERE log = 'other'", "log"),
            ("SET @x = (SELECT COUNT(*) FROM (other JOIN log USING (id)))", "log other"),
            ("SET @log = 1, @x = (SELECT log FROM elsewhere.log)", ""),
        ] {
            assert_eq!(needed("trigger", Some("t"), text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_a_trigger_of_another_table_names_stays_as_long_as_that_does() {
        let [log, other] = ["log", "other"].map(TableName::from);
        let need = Need { of: log.clone(), column: None, by: "trigger x of t".to_owned(), with: Some("t".into()) };
        let named = Inspected { needs: vec![need], ..Inspected::default() };
        let mut hidden = Inspected::default();
        hidden.native.set(UNSEEN, Some("TRIGGER"));
        let drop = |table: &TableName| Operation::DropTable { table: table.clone() };
        for (before, operations, refused) in [
            (&named, vec![drop(&other)], None),
            (&named, vec![drop(&other), drop(&log)], Some("the trigger x of t needs `log`")),
            (&named, vec![drop(&log), drop(&"t".into())], None),
            (&named, vec![Operation::RenameTable { from: log.clone(), to: other.clone() }], Some("needs `log`")),
            (&hidden, vec![drop(&log)], Some("grant TRIGGER")),
            (&hidden, vec![Operation::CreateTable(Table::new(log.clone()))], None),
        ] {
            let message = refuse_named_or_unseen(before, &operations).err().map(|refusal| refusal.message);
            let is_as_expected = match (&message, refused) {
                (Some(message), Some(part)) => message.contains(part),
                (message, part) => message.is_none() && part.is_none(),
            };
            assert!(is_as_expected, "{operations:?}: {message:?}");
        }
    }
}
