//! Rows that a script between two databases would leave without a parent: what they are to refer to is new, and empty.

use std::collections::BTreeMap;

use migratable_core::{ForeignKey, Operation, Schema, TableName};

/// Rows that would refer to nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stranded {
    /// Their table, as it is called before.
    pub(crate) table: TableName,
    /// The columns, as they are called before, that must all hold something; if there are none, it is every row.
    pub(crate) columns: Vec<String>,
    /// Whether what they refer by is there before.
    pub(crate) by_own_values: bool,
    /// What is wrong with them.
    pub(crate) message: String,
}

impl Stranded {
    /// SQL for their number, in a table that stands in SQL like this.
    pub(crate) fn count(&self, table: &str, quoted: impl Fn(&str) -> String) -> String {
        let set: Vec<String> = self.columns.iter().map(|column| format!("{} IS NOT NULL", quoted(column))).collect();
        let which = if set.is_empty() { "1 = 1".to_owned() } else { set.join(" AND ") };
        format!("(SELECT count(*) FROM {table} WHERE {which})")
    }
}

/// What operations would strand.
pub(crate) fn stranded(before: &Schema, after: &Schema, operations: &[Operation]) -> Vec<Stranded> {
    let names = Names::of(operations);
    let is_new =
        |name: &TableName| operations.iter().any(|it| matches!(it, Operation::CreateTable(it) if it.name == *name));
    let mut found = Vec::new();
    for table in after.tables.values().filter(|table| !is_new(&table.name)) {
        let name = names.table_before(&table.name);
        let Some(old) = before.table(name) else { continue };
        // SQLite lets a reference stand whose table is not there.
        let stood =
            |key: &ForeignKey| old.foreign_keys.iter().any(|it| it.table == key.table && it.columns == key.columns);
        let unlooked = |key: &&ForeignKey| is_new(&key.table) && !key.native.has("not_valid") && !stood(key);
        for key in table.foreign_keys.iter().filter(unlooked) {
            let kept = |column: &String| {
                let column = names.column_before(&table.name, column);
                old.find(column).filter(|_| !names.is_dropped(&table.name, column))
            };
            let stays_empty = |column: &&String| {
                let new = table.find(column);
                kept(column).is_none() && new.is_some_and(|it| it.nullable && it.default.is_none())
            };
            if key.columns.iter().any(|column| stays_empty(&column)) {
                continue;
            }
            let may_be_empty =
                |column: &String| kept(column).filter(|_| table.find(column).is_some_and(|it| it.nullable));
            let columns = key.columns.iter().filter_map(may_be_empty).map(|column| column.name.clone()).collect();
            let by_own_values = key.columns.iter().all(|column| kept(column).is_some());
            found.push(Stranded { table: name.clone(), columns, by_own_values, message: message(name, key) });
        }
    }
    found
}

fn message(table: &TableName, key: &ForeignKey) -> String {
    format!(
        "rows of {table} would refer by {} to {}, which is new and holds no rows",
        key.columns.join(", "),
        key.table
    )
}

/// What tables and columns are called before.
struct Names<'a> {
    tables: BTreeMap<&'a TableName, &'a TableName>,
    columns: BTreeMap<(&'a TableName, &'a str), &'a str>,
    dropped: Vec<(&'a TableName, &'a str)>,
}

impl<'a> Names<'a> {
    fn of(operations: &'a [Operation]) -> Names<'a> {
        let mut names = Names { tables: BTreeMap::new(), columns: BTreeMap::new(), dropped: Vec::new() };
        for operation in operations {
            match operation {
                Operation::RenameTable { from, to } => {
                    let first = names.tables.remove(from).unwrap_or(from);
                    names.tables.insert(to, first);
                }
                Operation::RenameColumn { table, from, to } => {
                    let first = names.columns.remove(&(table, from.as_str())).unwrap_or(from);
                    names.columns.insert((table, to), first);
                }
                Operation::DropColumn { table, column } => names.dropped.push((table, column)),
                _ => {}
            }
        }
        names
    }

    fn table_before<'t>(&self, name: &'t TableName) -> &'t TableName
    where
        'a: 't,
    {
        self.tables.get(name).copied().unwrap_or(name)
    }

    fn column_before<'t>(&self, table: &TableName, column: &'t str) -> &'t str
    where
        'a: 't,
    {
        self.columns.get(&(table, column)).copied().unwrap_or(column)
    }

    /// Whether a column goes: one of its name is another.
    fn is_dropped(&self, table: &TableName, column: &str) -> bool {
        self.dropped.iter().any(|(of, name)| (*of == table || *of == self.table_before(table)) && *name == column)
    }
}

#[cfg(test)]
mod tests {
    use migratable_core::builder::{bigint, column, foreign_key, table};
    use migratable_core::diff::{Answers, diff};
    use migratable_core::{Schema, Table};

    use super::*;

    fn schema(tables: impl IntoIterator<Item = Table>) -> Schema {
        let mut schema = Schema::default();
        schema.tables.extend(tables.into_iter().map(|table| (table.name.clone(), table)));
        schema
    }

    fn users() -> Table {
        table("users").column(column("id", bigint())).primary_key("pk", ["id"])
    }

    #[test]
    fn rows_that_come_to_refer_to_a_new_table_are_found() {
        let plain = || table("posts").column(column("id", bigint())).primary_key("pk", ["id"]);
        let with = |author: migratable_core::Column| plain().column(author);
        let refers = |table: Table| table.foreign_key(foreign_key("fk", ["author"]).references("users", ["id"]));
        let (given, maybe) = (column("author", bigint()), column("author", bigint()).nullable());
        for (before, after, expected) in [
            (plain(), refers(with(given.clone())), Some(vec![])),
            (plain(), refers(with(maybe.clone())), None),
            (with(given.clone()), refers(with(given.clone())), Some(vec![])),
            (with(maybe.clone()), refers(with(maybe.clone())), Some(vec!["author".to_owned()])),
            (with(maybe.clone()), refers(with(given.clone())), Some(vec![])),
        ] {
            let (before, after) = (schema([before]), schema([after, users()]));
            let plan = diff(&before, &after, &Answers::default()).unwrap();
            let found: Vec<_> = stranded(&before, &after, &plan.upgrade).into_iter().map(|it| it.columns).collect();
            assert_eq!(found, Vec::from_iter(expected));
        }
    }

    #[test]
    fn rows_of_a_new_table_are_none() {
        let posts = table("posts")
            .column(column("author", bigint()))
            .foreign_key(foreign_key("fk", ["author"]).references("users", ["id"]));
        let (before, after) = (schema([]), schema([posts, users()]));
        let plan = diff(&before, &after, &Answers::default()).unwrap();
        assert_eq!(stranded(&before, &after, &plan.upgrade), []);
    }
}
