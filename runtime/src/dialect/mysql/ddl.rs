//! Columns, keys and tables in MySQL's words.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use migratable_core::{
    Action, Check, Column, ColumnType, Deferrable, Enum, ForeignKey, Generated, Index, IndexPart, IndexTarget, Native,
    PrimaryKey, Table, TableName, Unique,
};

use super::flavour::Flavour;
use super::types::{self, sql_text, text};

/// The most characters of a name.
const LONGEST_NAME: usize = 64;

/// A name in backticks.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The name of a table in backticks, behind its database if it is not in the one that is in use.
pub(super) fn table_name(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(&name.name)),
        None => quoted(&name.name),
    }
}

/// SQL for a value that some row of a table has.
pub(super) fn some_value(table: &TableName, column: &str) -> String {
    format!("(SELECT MIN({}) FROM {})", quoted(column), table_name(table))
}

/// Some names in backticks, with commas between them.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// What the words for a table depend on beside the table.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) enums: &'a BTreeMap<String, Enum>,
    pub(super) flavour: Flavour,
}

impl Words<'_> {
    /// The name of a column's type.
    pub(super) fn type_name(&self, column: &Column) -> Result<String, String> {
        types::name(&column.column_type, self.enums)
    }

    /// A column as it stands in CREATE TABLE, ADD COLUMN and MODIFY COLUMN. `table` says what it takes over from its
    /// table.
    pub(super) fn column(&self, table: &Table, column: &Column) -> Result<String, String> {
        let mut sql = format!("{} {}", quoted(&column.name), self.type_name(column)?);
        if let Some(collation) = collation(table, column) {
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(generated) = &column.generated {
            let expression = computed(column, generated)?;
            let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
            sql.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {kind}"));
        }
        // MariaDB lets a generated column hold what its expression gives.
        match (column.nullable, column.generated.is_some() && self.flavour.mariadb) {
            (_, true) => {}
            (true, false) => sql.push_str(" NULL"),
            (false, false) => sql.push_str(" NOT NULL"),
        }
        let native = |word: &str| column.native.get(word);
        if native("invisible").is_some() && self.flavour.mariadb {
            sql.push_str(" INVISIBLE");
        }
        if let Some(default) = types::default(column)? {
            sql.push_str(&format!(" DEFAULT {default}"));
        }
        if let Some(value) = native("on_update") {
            sql.push_str(&format!(" ON UPDATE {value}"));
        }
        if column.identity.is_some() && is_in_key(table, &column.name) {
            sql.push_str(" AUTO_INCREMENT");
        }
        if native("invisible").is_some() && !self.flavour.mariadb {
            sql.push_str(" INVISIBLE");
        }
        if let Some(comment) = &column.comment {
            sql.push_str(&format!(" COMMENT {}", text(comment)));
        }
        if let Some(reference) = native("srid") {
            sql.push_str(&format!(" /*!80003 SRID {reference} */"));
        }
        if let Some(check) = native("check") {
            sql.push_str(&format!(" CHECK ({check})"));
        }
        Ok(sql)
    }

    /// CREATE TABLE, with those of its foreign keys that can be made at once.
    pub(super) fn create_table(
        &self,
        table: &Table,
        can_refer: impl Fn(&ForeignKey) -> bool,
    ) -> Result<String, String> {
        let mut lines = Vec::new();
        for column in &table.columns {
            lines.push(self.column(table, column)?);
        }
        lines.extend(table.primary_key.iter().map(primary_key));
        lines.extend(table.uniques.iter().map(unique));
        for index in indexes(table) {
            lines.push(self.index(&index)?);
        }
        for check in &table.checks {
            lines.push(self.check(check)?);
        }
        for key in table.foreign_keys.iter().filter(|key| can_refer(key)) {
            lines.push(foreign_key(key)?);
        }
        let mut sql = format!("CREATE TABLE {} (\n    {}\n)", table_name(&table.name), lines.join(",\n    "));
        for option in options(&Native::default(), &table.native) {
            sql.push_str(&format!(" {option}"));
        }
        if let Some(start) = table.columns.iter().filter_map(|it| it.identity.as_ref()).find_map(|it| it.start) {
            sql.push_str(&format!(" AUTO_INCREMENT={start}"));
        }
        if let Some(comment) = &table.comment {
            sql.push_str(&format!(" COMMENT={}", text(comment)));
        }
        Ok(sql)
    }

    /// An index as it stands in CREATE TABLE and behind ADD.
    pub(super) fn index(&self, index: &Index) -> Result<String, String> {
        if index.predicate.is_some() && index.unique {
            return Err(format!(
                "MySQL has no unique index over a part of the rows (`{}`): make a generated column unique that is NULL \
                 in the other rows",
                index.name
            ));
        }
        let parts: Vec<String> = index.parts.iter().map(|it| self.index_part(index, it)).collect::<Result<_, _>>()?;
        let method = index.method.as_deref().map(str::to_ascii_uppercase).unwrap_or_default();
        let kind = match method.as_str() {
            "FULLTEXT" => "FULLTEXT ",
            "SPATIAL" => "SPATIAL ",
            _ if index.unique => "UNIQUE ",
            _ => "",
        };
        let mut sql = format!("{kind}INDEX {} ({})", quoted(&index.name), parts.join(", "));
        if matches!(method.as_str(), "BTREE" | "HASH") {
            sql.push_str(&format!(" USING {method}"));
        }
        if let Some(size) = index.native.get("block_size") {
            sql.push_str(&format!(" KEY_BLOCK_SIZE={size}"));
        }
        if let Some(parser) = index.native.get("parser") {
            sql.push_str(&format!(" WITH PARSER {parser}"));
        }
        if let Some(comment) = index.native.get("comment") {
            sql.push_str(&format!(" COMMENT {}", text(comment)));
        }
        if index.native.has("ignored") {
            sql.push_str(if self.flavour.mariadb { " IGNORED" } else { " INVISIBLE" });
        }
        Ok(sql)
    }

    /// What makes the planner heed an index again, or ignore it.
    pub(super) fn heed(&self, index: &Index) -> String {
        let word = match (self.flavour.mariadb, index.native.has("ignored")) {
            (true, true) => "IGNORED",
            (true, false) => "NOT IGNORED",
            (false, true) => "INVISIBLE",
            (false, false) => "VISIBLE",
        };
        format!("ALTER INDEX {} {word}", quoted(&index.name))
    }

    fn index_part(&self, index: &Index, part: &IndexPart) -> Result<String, String> {
        let mut sql = match &part.target {
            IndexTarget::Column(name) => quoted(name),
            IndexTarget::Expression(_) if self.flavour.mariadb => {
                return Err(format!(
                    "MariaDB has no index over an expression (`{}`): index a generated column instead",
                    index.name
                ));
            }
            IndexTarget::Expression(sql) => {
                format!("({})", sql_text(sql, &format!("an expression of the index `{}`", index.name))?)
            }
        };
        if let Some(prefix) = part.native.get("prefix") {
            sql.push_str(&format!("({prefix})"));
        }
        if part.descending {
            sql.push_str(" DESC");
        }
        Ok(sql)
    }

    /// A check as it stands in CREATE TABLE and behind ADD.
    pub(super) fn check(&self, check: &Check) -> Result<String, String> {
        let condition = sql_text(&check.expression, &format!("the check `{}`", check.name))?;
        let enforced = if check.native.has("not_enforced") { " NOT ENFORCED" } else { "" };
        Ok(format!("CONSTRAINT {} CHECK ({condition}){enforced}", quoted(&check.name)))
    }
}

/// The expression that a column is computed by.
pub(super) fn computed<'a>(column: &Column, generated: &'a Generated) -> Result<&'a str, String> {
    sql_text(&generated.expression, &format!("the expression of `{}`", column.name))
}

/// The collation that a column needs to be told, as its table's is another. A text for which nothing is said takes its
/// table's when it is made, and keeps the one that it has when the table's changes.
pub(super) fn collation<'a>(table: &'a Table, column: &'a Column) -> Option<&'a str> {
    let own = column.collation.as_deref();
    own.or_else(|| if is_text(&column.column_type) { table.native.get("collation") } else { None })
}

/// Whether values of a type have a collation.
pub(super) fn is_text(column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) | ColumnType::Enum(_) => true,
        ColumnType::Native(sql) => {
            let name = sql.text(migratable_core::Dialect::Mysql).unwrap_or_default().to_ascii_lowercase();
            ["char", "text", "enum", "set"].iter().any(|word| {
                name.split(|c: char| !c.is_ascii_alphanumeric()).next().is_some_and(|first| first.ends_with(word))
            })
        }
        _ => false,
    }
}

/// The primary key; the server gives all of them one name.
pub(super) fn primary_key(key: &PrimaryKey) -> String {
    let parts = key.native.get("parts").map_or_else(|| list(&key.columns), str::to_owned);
    let mut sql = format!("PRIMARY KEY ({parts})");
    if let Some(method) = key.native.get("using") {
        sql.push_str(&format!(" USING {}", method.to_ascii_uppercase()));
    }
    if let Some(comment) = key.native.get("comment") {
        sql.push_str(&format!(" COMMENT {}", text(comment)));
    }
    sql
}

/// A unique constraint.
pub(super) fn unique(unique: &Unique) -> String {
    format!("UNIQUE INDEX {} ({})", quoted(&unique.name), list(&unique.columns))
}

/// A foreign key.
pub(super) fn foreign_key(key: &ForeignKey) -> Result<String, String> {
    if key.deferrable != Deferrable::No {
        return Err(format!("MySQL checks every reference at once: `{}` cannot be deferrable there", key.name));
    }
    let mut sql = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        quoted(&key.name),
        list(&key.columns),
        table_name(&key.table),
        list(&key.references)
    );
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        match action {
            Action::SetDefault => {
                return Err(format!(
                    "MySQL has no SET DEFAULT (`{}`): use cascade, set_null, restrict or no_action",
                    key.name
                ));
            }
            // The server shows no rule where this one stands.
            Action::Restrict => {}
            action => sql.push_str(&format!(" ON {event} {}", action.sql())),
        }
    }
    Ok(sql)
}

/// The indexes of a table with those that its foreign keys need and nobody has asked for. The server would make these
/// by itself, and drop them again when it sees fit. In which order the keys came does not count.
pub(super) fn indexes(table: &Table) -> Vec<Index> {
    let mut all = table.indexes.clone();
    let mut keys: Vec<&ForeignKey> = table.foreign_keys.iter().collect();
    keys.sort_by_key(|key| (Reverse(key.columns.len()), &key.name));
    for key in keys {
        let constraints =
            table.primary_key.iter().map(|it| &it.columns).chain(table.uniques.iter().map(|it| &it.columns));
        let covered = constraints.into_iter().any(|columns| columns.starts_with(&key.columns))
            || all.iter().any(|index| leads_with(index, &key.columns));
        if !covered {
            all.push(Index {
                name: key.name.clone(),
                parts: key.columns.iter().map(IndexPart::column).collect(),
                unique: false,
                predicate: None,
                method: None,
                include: Vec::new(),
                native: Native::default(),
            });
        }
    }
    all
}

/// Whether an index finds rows by these columns.
pub(super) fn leads_with(index: &Index, columns: &[String]) -> bool {
    let ordered = !index.method.as_deref().is_some_and(|it| matches!(it, "fulltext" | "spatial"));
    ordered
        && index.parts.len() >= columns.len()
        && index
            .parts
            .iter()
            .zip(columns)
            .all(|(part, column)| part.column_name() == Some(column.as_str()) && !part.native.has("prefix"))
}

/// The engine that writes checksums of pages without being asked.
pub(super) const ARIA: &str = "Aria";

/// The options whose usual value is 0, and not DEFAULT.
const NUMBERS: &[&str] = &["key_block_size", "checksum", "delay_key_write", "max_rows", "min_rows", "avg_row_length"];

/// The options that make one table's into another's, as they stand in ALTER TABLE and CREATE TABLE.
pub(super) fn options(before: &Native, after: &Native) -> Vec<String> {
    let spelled = |(word, value): (&str, Option<&str>)| {
        let name = match word {
            "collation" => "DEFAULT COLLATE",
            Table::COLUMN_ORDER => return None,
            // Other engines do not know the word.
            "transactional" if after.get("engine") != Some(ARIA) => return None,
            word => word,
        };
        Some(match value {
            Some(value) => format!("{}={value}", name.to_ascii_uppercase()),
            // What was set stays by DEFAULT.
            None if word == "page_checksum" && after.get("engine") == Some(ARIA) => "PAGE_CHECKSUM=1".to_owned(),
            None if NUMBERS.contains(&word) => {
                format!("{}=0", name.to_ascii_uppercase())
            }
            None => format!("{}=DEFAULT", name.to_ascii_uppercase()),
        })
    };
    before.changes(after).filter_map(spelled).collect()
}

/// Whether a key begins with a column, without which the server does not number it; to some engines it may stand
/// anywhere in one. In the middle of a revision it may be between one key and the next.
fn is_in_key(table: &Table, column: &str) -> bool {
    let anywhere = table.native.get("engine").is_some_and(|it| ["MyISAM", "Aria"].contains(&it));
    let begins = |columns: &[String]| match anywhere {
        true => columns.iter().any(|name| name == column),
        false => columns.first().is_some_and(|name| name == column),
    };
    table.primary_key.iter().any(|it| begins(&it.columns))
        || table.uniques.iter().any(|it| begins(&it.columns))
        || indexes(table).iter().any(|it| leads_with(it, &[column.to_owned()]) || (anywhere && it.mentions(column)))
}

/// Refuses numbers that the server cannot give.
pub(super) fn check_numbers(table: &Table) -> Result<(), String> {
    for column in table.columns.iter().filter(|column| column.identity.is_some()) {
        let place = format!("`{}.{}`", table.name, column.name);
        if !is_in_key(table, &column.name) {
            return Err(format!("MySQL numbers only a column that a key begins with: give {place} one"));
        }
        if column.identity.as_ref().is_some_and(|it| it.increment.is_some_and(|step| step != 1)) {
            return Err(format!("MySQL numbers the rows of {place} in the server's own steps: leave `increment` out"));
        }
    }
    Ok(())
}

/// Refuses names that the server would refuse, before anything is done.
pub(super) fn check_names(table: &Table) -> Result<(), String> {
    let own = [&table.name.name].into_iter().chain(table.columns.iter().map(|it| &it.name));
    let keys = table.uniques.iter().map(|it| &it.name).chain(table.indexes.iter().map(|it| &it.name));
    let rules = table.foreign_keys.iter().map(|it| &it.name).chain(table.checks.iter().map(|it| &it.name));
    match own.chain(keys).chain(rules).find(|name| name.chars().count() > LONGEST_NAME) {
        Some(name) => {
            Err(format!("MySQL takes names of at most {LONGEST_NAME} characters: `{name}` needs another one"))
        }
        None => Ok(()),
    }
}
