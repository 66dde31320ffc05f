//! Keys, indexes and checks of a table that changes.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Index, IndexPart, PrimaryKey, Table, Unique};

use super::super::ddl::{self, quoted};
use super::Alteration;

impl Alteration<'_> {
    /// Drops the keys and checks that go or stand on a column that is made anew, and gives back what adds them.
    pub(super) fn keys_and_checks(
        &self,
        remade: &BTreeSet<&str>,
        clauses: &mut Vec<String>,
    ) -> Result<Vec<String>, String> {
        let mut added = Vec::new();
        let on_remade = |columns: &[String]| columns.iter().any(|column| remade.contains(column.as_str()));
        let (there, wanted) = (self.checks(self.before)?, self.checks(self.after)?);
        let stands_on_remade = |name: &str| {
            let checks = self.before.checks.iter().filter(|check| check.name == name);
            checks.into_iter().any(|check| remade.iter().any(|column| check.expression.mentions(column)))
        };
        for (name, sql) in &there {
            if wanted.get(name) != Some(sql) || stands_on_remade(name) {
                clauses.push(format!("DROP CONSTRAINT {}", quoted(name)));
            }
        }
        let (key, wanted_key) = (&self.before.primary_key, &self.after.primary_key);
        let same = |it: &PrimaryKey| (it.columns.clone(), it.native.clone());
        let stays = key.as_ref().map(same) == wanted_key.as_ref().map(same);
        if key.as_ref().is_some_and(|key| !stays || on_remade(&key.columns)) {
            clauses.push("DROP PRIMARY KEY".to_owned());
        }
        if let Some(key) = wanted_key.as_ref().filter(|key| !stays || on_remade(&key.columns)) {
            added.push(format!("ADD {}", ddl::primary_key(key)));
        }
        self.indexes(remade, clauses, &mut added)?;
        for (name, sql) in &wanted {
            if there.get(name) != Some(sql) || stands_on_remade(name) {
                added.push(format!("ADD {sql}"));
            }
        }
        Ok(added)
    }

    /// The checks by name, as they stand in SQL.
    fn checks(&self, table: &Table) -> Result<BTreeMap<String, String>, String> {
        table.checks.iter().map(|check| Ok((check.name.clone(), self.words.check(check)?))).collect()
    }

    fn indexes(
        &self,
        remade: &BTreeSet<&str>,
        clauses: &mut Vec<String>,
        added: &mut Vec<String>,
    ) -> Result<(), String> {
        let (there, wanted) = (all_indexes(self.before), all_indexes(self.after));
        let on_remade = |index: &Index| remade.iter().any(|column| index.mentions(column));
        let comes: Vec<&Index> = wanted.iter().filter(|index| !there.contains(index)).collect();
        // An index that the server made for a foreign key goes by itself when a longer one comes.
        let displaced = |index: &Index| {
            let columns: Option<Vec<String>> =
                index.parts.iter().map(|it| it.column_name().map(str::to_owned)).collect();
            columns.is_some_and(|columns| {
                self.before.foreign_keys.iter().any(|key| key.columns == columns)
                    && comes.iter().any(|longer| ddl::leads_with(longer, &columns))
            })
        };
        let renamed_from = |index: &Index| {
            let same = |it: &&Index| Index { name: index.name.clone(), ..(*it).clone() } == *index;
            let gone = there.iter().filter(|it| !wanted.iter().any(|other| other.name == it.name) && !on_remade(it));
            let is_new = !there.iter().any(|it| it.name.eq_ignore_ascii_case(&index.name));
            gone.filter(|_| is_new).find(same).map(|it| it.name.clone())
        };
        let mut renamed = BTreeSet::new();
        for index in comes.iter().filter(|index| !on_remade(index)) {
            if let Some(from) = renamed_from(index).filter(|from| !renamed.contains(from)) {
                added.push(format!("RENAME INDEX {} TO {}", quoted(&from), quoted(&index.name)));
                renamed.insert(from);
                renamed.insert(index.name.clone());
            }
        }
        // The server forgets the word where an index is dropped and added again under one name.
        let plain = |index: &Index| {
            let mut plain = index.clone();
            plain.native.set("ignored", None::<String>);
            plain
        };
        for index in comes.iter().filter(|index| !on_remade(index)) {
            if there.iter().any(|it| plain(it) == plain(index)) {
                added.push(self.words.heed(index));
                renamed.insert(index.name.clone());
            }
        }
        let stays = |index: &Index, other: &[Index]| other.contains(index) && !on_remade(index) && !displaced(index);
        for index in there.iter().filter(|index| !stays(index, &wanted) && !renamed.contains(&index.name)) {
            clauses.push(format!("DROP INDEX {}", quoted(&index.name)));
        }
        for index in wanted.iter().filter(|index| !stays(index, &there) && !renamed.contains(&index.name)) {
            added.push(format!("ADD {}", self.words.index(index)?));
        }
        Ok(())
    }
}

/// The indexes and uniques, which are one thing to the server.
fn all_indexes(table: &Table) -> Vec<Index> {
    let of_unique = |unique: &Unique| Index {
        name: unique.name.clone(),
        parts: unique.columns.iter().map(IndexPart::column).collect(),
        unique: true,
        predicate: None,
        method: None,
        include: Vec::new(),
        native: unique.native.clone(),
    };
    table.uniques.iter().map(of_unique).chain(ddl::indexes(table)).collect()
}
