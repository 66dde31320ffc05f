//! How constraints and indexes are named that nobody names.
//!
//! Revisions and the lock write every name out, so that another naming changes no revision that there is: it is only
//! asked when models are read. What it then names otherwise is renamed by the next revision.

mod clashes;

use std::sync::LazyLock;

pub use clashes::Clash;

use crate::{Check, ForeignKey, Index, IndexTarget, PrimaryKey, Table, TableName, Template, Unique, hash, names};

/// PostgreSQL's limit in bytes, the smallest of the dialects; names are cut to it everywhere, so that a dialect can be
/// added without renaming anything.
const LIMIT: usize = 63;

/// The patterns of names, by what they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    primary_key: Template,
    index: Template,
    unique: Template,
    foreign_key: Template,
    check: Template,
}

/// What stands in the places of a pattern.
struct Places<'a> {
    table: &'a TableName,
    columns: Vec<&'a str>,
    referred: Option<(&'a TableName, &'a [String])>,
}

impl Naming {
    /// What is named by a pattern, as SQLAlchemy calls it.
    pub const KEYS: [&'static str; 5] = ["pk", "ix", "uq", "fk", "ck"];

    /// The naming if none is set: `pk_users`, `ix_users_username`, `uq_users_email`, `fk_posts_author_id_users`,
    /// `ck_users_age`.
    pub fn usual() -> &'static Naming {
        static USUAL: LazyLock<Naming> = LazyLock::new(|| {
            let read = |text: &str| Template::of(text).unwrap_or_default();
            Naming {
                primary_key: read("pk_{table}"),
                index: read("ix_{table}_{columns}"),
                unique: read("uq_{table}_{columns}"),
                foreign_key: read("fk_{table}_{columns}_{referred_table}"),
                check: read("ck_{table}_{columns}"),
            }
        });
        &USUAL
    }

    /// Sets the pattern of a key.
    ///
    /// # Errors
    /// A sentence, if there is no such key or the pattern cannot be read.
    pub fn set(&mut self, key: &str, pattern: &str) -> Result<(), String> {
        const PLACES: [&str; 5] = ["table", "columns", "first_column", "referred_table", "referred_columns"];
        let known = if key == "fk" { &PLACES[..] } else { &PLACES[..3] };
        let template = Template::parse(pattern, known, "table")?;
        let odd = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'));
        if let Some(text) = template.literals().find(|text| text.contains(odd)) {
            return Err(format!("`{text}` cannot stand in a name; letters, digits, _ and $ can"));
        }
        match key {
            "pk" => self.primary_key = template,
            "ix" => self.index = template,
            "uq" => self.unique = template,
            "fk" => self.foreign_key = template,
            "ck" => self.check = template,
            _ => return Err(names::unknown("key", key, &Naming::KEYS)),
        }
        Ok(())
    }

    /// The patterns by their keys.
    pub fn patterns(&self) -> impl Iterator<Item = (&'static str, &Template)> {
        let patterns = [&self.primary_key, &self.index, &self.unique, &self.foreign_key, &self.check];
        Naming::KEYS.into_iter().zip(patterns)
    }

    /// The name of a table's primary key: `pk_users`.
    pub fn primary_key(&self, table: &TableName, key: &PrimaryKey) -> String {
        Places { table, columns: plain(&key.columns), referred: None }.fill(&self.primary_key)
    }

    /// The name of a unique constraint: `uq_users_email`.
    pub fn unique(&self, table: &TableName, unique: &Unique) -> String {
        Places { table, columns: plain(&unique.columns), referred: None }.fill(&self.unique)
    }

    /// The name of an index: `ix_users_username`. An expression counts as the columns that it mentions.
    pub fn index(&self, table: &Table, index: &Index) -> String {
        let all = || table.columns.iter().map(|column| column.name.as_str());
        let mut columns = Vec::new();
        for part in &index.parts {
            match &part.target {
                IndexTarget::Column(name) => columns.push(name.as_str()),
                IndexTarget::Expression(sql) => columns.extend(sql.mentioned(all())),
            }
        }
        Places { table: &table.name, columns, referred: None }.fill(&self.index)
    }

    /// The name of a foreign key: `fk_posts_author_id_users`.
    pub fn foreign_key(&self, table: &TableName, key: &ForeignKey) -> String {
        let referred = Some((&key.table, key.references.as_slice()));
        Places { table, columns: plain(&key.columns), referred }.fill(&self.foreign_key)
    }

    /// The name of a check: `ck_users_age`, after the columns that it mentions in the order of the alphabet.
    pub fn check(&self, table: &Table, check: &Check) -> String {
        let mut columns = check.expression.mentioned(table.columns.iter().map(|column| column.name.as_str()));
        columns.sort_unstable();
        Places { table: &table.name, columns, referred: None }.fill(&self.check)
    }

    /// Gives every constraint and index whose name is empty its name. Of several that would get one name, all but the
    /// first (in the order of what they say, not in which they were written) get a hash of what they say behind it.
    pub fn fill(&self, table: &mut Table) {
        let name = table.name.clone();
        if let Some(key) = table.primary_key.as_mut().filter(|key| key.name.is_empty()) {
            key.name = self.primary_key(&name, key);
        }
        let uniques: Vec<_> = table.uniques.iter().map(|it| self.unique(&name, it)).collect();
        let indexes: Vec<_> = table.indexes.iter().map(|it| self.index(table, it)).collect();
        let keys: Vec<_> = table.foreign_keys.iter().map(|it| self.foreign_key(&name, it)).collect();
        let checks: Vec<_> = table.checks.iter().map(|it| self.check(table, it)).collect();
        let mut taken: Vec<String> = table.names().map(str::to_owned).collect();
        assign(&mut table.uniques, uniques, &mut taken, |it: &mut Unique| &mut it.name);
        assign(&mut table.indexes, indexes, &mut taken, |it: &mut Index| &mut it.name);
        assign(&mut table.foreign_keys, keys, &mut taken, |it: &mut ForeignKey| &mut it.name);
        assign(&mut table.checks, checks, &mut taken, |it: &mut Check| &mut it.name);
    }

    /// The name of the check that stands for an enum on SQLite: `ck_posts_status`. It stands in no revision, and so
    /// follows no naming that may change.
    pub fn enum_check(table: &TableName, column: &str) -> String {
        fitted(format!("ck_{}_{column}", table.name))
    }
}

impl Default for Naming {
    fn default() -> Naming {
        Naming::usual().clone()
    }
}

impl Places<'_> {
    fn fill(&self, template: &Template) -> String {
        let name = template.joined(|place| match (place, &self.referred) {
            ("table", _) => self.table.name.clone(),
            ("columns", _) => self.columns.join("_"),
            ("first_column", _) => self.columns.first().copied().unwrap_or_default().to_owned(),
            ("referred_table", Some((table, _))) => table.name.clone(),
            ("referred_columns", Some((_, columns))) => columns.join("_"),
            _ => String::new(),
        });
        fitted(name)
    }
}

fn plain(columns: &[String]) -> Vec<&str> {
    columns.iter().map(String::as_str).collect()
}

fn assign<T: std::fmt::Debug>(
    items: &mut [T],
    wanted: Vec<String>,
    taken: &mut Vec<String>,
    name: impl Fn(&mut T) -> &mut String,
) {
    let mut open: Vec<(String, String, usize)> = Vec::new();
    for (at, (item, wanted)) in items.iter_mut().zip(wanted).enumerate() {
        let said = format!("{item:?}");
        if name(item).is_empty() {
            open.push((wanted, said, at));
        }
    }
    open.sort();
    for (wanted, said, at) in open {
        let chosen = if taken.contains(&wanted) { fitted(format!("{wanted}_{}", hash::hex(&said, 6))) } else { wanted };
        taken.push(chosen.clone());
        *name(&mut items[at]) = chosen;
    }
}

fn fitted(name: String) -> String {
    if name.len() <= LIMIT {
        return name;
    }
    let suffix = hash::hex(&name, 8);
    let mut cut = LIMIT - suffix.len() - 1;
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}_{suffix}", &name[..cut])
}

#[cfg(test)]
mod tests;
