//! The names that constraints and indexes get when nobody names them.

use crate::{Action, Check, Deferrable, ForeignKey, Index, IndexTarget, Native, Table, TableName, Unique, hash};

/// PostgreSQL's limit in bytes, the smallest of the dialects; names are cut to it everywhere, so that a dialect can be
/// added without renaming anything.
const LIMIT: usize = 63;

/// The name of a table's primary key: `pk_users`.
pub fn primary_key(table: &TableName) -> String {
    fitted(format!("pk_{}", table.name))
}

/// The name of a unique constraint: `uq_users_email`.
pub fn unique<'a>(table: &TableName, columns: impl IntoIterator<Item = &'a str>) -> String {
    joined("uq", table, columns)
}

/// The name of an index: `ix_users_username`. An expression counts as the columns that it mentions.
pub fn index(table: &Table, index: &Index) -> String {
    let all = || table.columns.iter().map(|column| column.name.as_str());
    let mut columns = Vec::new();
    for part in &index.parts {
        match &part.target {
            IndexTarget::Column(name) => columns.push(name.as_str()),
            IndexTarget::Expression(sql) => columns.extend(sql.mentioned(all())),
        }
    }
    joined("ix", &table.name, columns)
}

/// The name of a foreign key: `fk_posts_author_id_users`.
pub fn foreign_key(table: &TableName, columns: &[String], references: &TableName) -> String {
    let columns = columns.iter().map(String::as_str).chain([references.name.as_str()]);
    joined("fk", table, columns)
}

/// The name of a check: `ck_users_age`, after the columns that it mentions in the order of the table.
pub fn check(table: &Table, check: &Check) -> String {
    let mut mentioned = check.expression.mentioned(table.columns.iter().map(|column| column.name.as_str()));
    mentioned.sort_unstable();
    joined("ck", &table.name, mentioned)
}

/// The name of the check that stands for an enum on SQLite: `ck_posts_status`.
pub fn enum_check(table: &TableName, column: &str) -> String {
    joined("ck", table, [column])
}

/// Gives every constraint and index whose name is empty its name. Of several that would get one name, all but the
/// first (in the order of what they say, not in which they were written) get a hash of what they say behind it.
pub fn fill(table: &mut Table) {
    let name = table.name.clone();
    if let Some(key) = table.primary_key.as_mut().filter(|key| key.name.is_empty()) {
        key.name = primary_key(&name);
    }
    let uniques: Vec<_> = table.uniques.iter().map(|it| unique(&name, it.columns.iter().map(String::as_str))).collect();
    let indexes: Vec<_> = table.indexes.iter().map(|it| index(table, it)).collect();
    let keys: Vec<_> = table.foreign_keys.iter().map(|it| foreign_key(&name, &it.columns, &it.table)).collect();
    let checks: Vec<_> = table.checks.iter().map(|it| check(table, it)).collect();
    assign(&mut table.uniques, uniques, |it: &mut Unique| &mut it.name);
    assign(&mut table.indexes, indexes, |it: &mut Index| &mut it.name);
    assign(&mut table.foreign_keys, keys, |it: &mut ForeignKey| &mut it.name);
    assign(&mut table.checks, checks, |it: &mut Check| &mut it.name);
}

fn assign<T: std::fmt::Debug>(items: &mut [T], wanted: Vec<String>, name: impl Fn(&mut T) -> &mut String) {
    let mut open: Vec<(String, String, usize)> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    for (at, (item, wanted)) in items.iter_mut().zip(wanted).enumerate() {
        let said = format!("{item:?}");
        let given = name(item);
        if given.is_empty() {
            open.push((wanted, said, at));
        } else {
            taken.push(given.clone());
        }
    }
    open.sort();
    for (wanted, said, at) in open {
        let chosen = if taken.contains(&wanted) { fitted(format!("{wanted}_{}", hash::hex(&said, 6))) } else { wanted };
        taken.push(chosen.clone());
        *name(&mut items[at]) = chosen;
    }
}

/// Gives every constraint without a name what it says as its name: `CHECK (age > 0)`. A database may have such.
pub fn spell_out(table: &mut Table) {
    fn set(name: &mut String, native: &Native, said: String) {
        if name.is_empty() {
            *name = if native.is_empty() { said } else { format!("{said} {native}") };
        }
    }
    if let Some(it) = &mut table.primary_key {
        set(&mut it.name, &Native::default(), "PRIMARY KEY".to_owned());
    }
    for it in &mut table.uniques {
        set(&mut it.name, &it.native, format!("UNIQUE ({})", it.columns.join(", ")));
    }
    for it in &mut table.checks {
        let texts: Vec<&str> = it.expression.texts().collect();
        set(&mut it.name, &it.native, format!("CHECK ({})", texts.join(" | ")));
    }
    for it in &mut table.foreign_keys {
        let mut said = format!("FOREIGN KEY ({}) REFERENCES {}", it.columns.join(", "), it.table);
        if !it.references.is_empty() {
            said.push_str(&format!(" ({})", it.references.join(", ")));
        }
        for (event, action) in [("DELETE", it.on_delete), ("UPDATE", it.on_update)] {
            if action != Action::NoAction {
                said.push_str(&format!(" ON {event} {}", action.sql()));
            }
        }
        said.push_str(match it.deferrable {
            Deferrable::No => "",
            Deferrable::Immediate => " DEFERRABLE",
            Deferrable::Deferred => " DEFERRABLE INITIALLY DEFERRED",
        });
        set(&mut it.name, &it.native, said);
    }
}

/// What the names of a table that follow its and its columns' names become when those are renamed: the names that are
/// still the tool's own, for `before` on the left and for `after` on the right. Given names are left out.
pub(crate) fn renames(before: &Table, after: &Table) -> Vec<(String, String)> {
    let mut renames = follow(before, after, fill);
    renames.extend(follow(before, after, spell_out));
    renames
}

/// The names that are as `rule` makes them for `before`, and what it makes for `after`, where that differs.
fn follow(before: &Table, after: &Table, rule: fn(&mut Table)) -> Vec<(String, String)> {
    let mut bare = (before.clone(), after.clone());
    for table in [&mut bare.0, &mut bare.1] {
        table.primary_key.iter_mut().for_each(|it| it.name.clear());
        table.uniques.iter_mut().for_each(|it| it.name.clear());
        table.indexes.iter_mut().for_each(|it| it.name.clear());
        table.foreign_keys.iter_mut().for_each(|it| it.name.clear());
        table.checks.iter_mut().for_each(|it| it.name.clear());
        rule(table);
    }
    let own: Vec<String> = all(&bare.0).map(str::to_owned).collect();
    let renamed: Vec<String> = all(&bare.1).map(str::to_owned).collect();
    all(before)
        .zip(own.iter().zip(renamed))
        .filter(|(name, (own, renamed))| name == own && *own != renamed)
        .map(|(name, (_, renamed))| (name.to_owned(), renamed))
        .collect()
}

/// The names of everything that has one in a table, always in the same order.
pub(crate) fn all(table: &Table) -> impl Iterator<Item = &str> {
    let key = table.primary_key.iter().map(|it| it.name.as_str());
    let uniques = table.uniques.iter().map(|it| it.name.as_str());
    let indexes = table.indexes.iter().map(|it| it.name.as_str());
    let foreign_keys = table.foreign_keys.iter().map(|it| it.name.as_str());
    let checks = table.checks.iter().map(|it| it.name.as_str());
    key.chain(uniques).chain(indexes).chain(foreign_keys).chain(checks)
}

/// The name that a misspelt one is most likely meant for, if there is one.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, name)| *distance * 3 <= wanted.chars().count().max(name.chars().count()))
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance in characters.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn joined<'a>(prefix: &str, table: &TableName, columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut name = format!("{prefix}_{}", table.name);
    for column in columns {
        name.push('_');
        name.push_str(column);
    }
    fitted(name)
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
mod tests {
    use super::*;
    use crate::{Column, ColumnType, IndexPart, Sql};

    fn users() -> Table {
        let mut table = Table::new("users");
        table.columns = vec![Column::new("age", ColumnType::Integer), Column::new("email", ColumnType::Text)];
        table
    }

    #[test]
    fn names_are_those_of_the_design() {
        let table = users();
        let mut by_email = Index {
            name: String::new(),
            parts: vec![IndexPart::column("email")],
            unique: false,
            predicate: None,
            method: None,
            include: Vec::new(),
            native: Native::default(),
        };
        assert_eq!(primary_key(&table.name), "pk_users");
        assert_eq!(index(&table, &by_email), "ix_users_email");
        by_email.parts = vec![IndexPart::expression(Sql::portable("lower(email)"))];
        assert_eq!(index(&table, &by_email), "ix_users_email");
        assert_eq!(unique(&table.name, ["email"]), "uq_users_email");
        assert_eq!(foreign_key(&"posts".into(), &["author_id".into()], &table.name), "fk_posts_author_id_users");
        let age = Check { name: String::new(), expression: Sql::portable("age > 0"), native: Native::default() };
        assert_eq!(check(&table, &age), "ck_users_age");
    }

    #[test]
    fn long_names_are_cut_at_a_character_and_stay_different() {
        let long = |last: &str| unique(&"é".repeat(40).as_str().into(), ["a", last]);
        assert!(long("b").len() <= LIMIT);
        assert_ne!(long("b"), long("c"));
    }

    #[test]
    fn names_do_not_depend_on_the_order_of_attributes() {
        let two = |first: &str, second: &str| {
            let mut table = users();
            for text in [first, second] {
                table.checks.push(Check {
                    name: String::new(),
                    expression: Sql::portable(text),
                    native: Native::default(),
                });
            }
            fill(&mut table);
            let mut named: Vec<_> = table.checks.into_iter().map(|it| (it.expression, it.name)).collect();
            named.sort();
            named
        };
        let names = two("age > 0", "age < 150");
        assert_eq!(names, two("age < 150", "age > 0"));
        assert_ne!(names[0].1, names[1].1);
    }
}
