//! The names of constraints and indexes: what they become, and which is meant.

use crate::{Action, Deferrable, Naming, Native, Table};

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
    let mut renames = follow(before, after, |table| Naming::usual().fill(table));
    renames.extend(follow(before, after, spell_out));
    renames
}

/// The names that are as `rule` makes them for `before`, and what it makes for `after`, where that differs.
fn follow(before: &Table, after: &Table, rule: fn(&mut Table)) -> Vec<(String, String)> {
    let mut bare = (before.clone(), after.clone());
    for table in [&mut bare.0, &mut bare.1] {
        table.names_mut().for_each(String::clear);
        rule(table);
    }
    let own: Vec<String> = bare.0.names().map(str::to_owned).collect();
    let renamed: Vec<String> = bare.1.names().map(str::to_owned).collect();
    before
        .names()
        .zip(own.iter().zip(renamed))
        .filter(|(name, (own, renamed))| name == own && *own != renamed)
        .map(|(name, (_, renamed))| (name.to_owned(), renamed))
        .collect()
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

/// A sentence about a name that is not known, with the one that is probably meant.
pub fn unknown(kind: &str, name: &str, known: &[&str]) -> String {
    let near = nearest(name, known.iter().copied());
    let near = near.map_or(String::new(), |near| format!("; is it `{near}`?"));
    format!("there is no {kind} `{name}`{near} ({} can stand here)", known.join(", "))
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
