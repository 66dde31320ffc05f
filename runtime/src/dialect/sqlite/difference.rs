//! The script for the `sqlite3` shell that turns one database into another.
//!
//! A table that changes is set aside under another name, made anew by the very text that the wanted database has, and
//! filled from the old one. It is set aside in the legacy way, by which references, views and triggers do not follow.

mod copy;
mod dependents;
mod fill;
mod lineage;
mod renames;
mod together;

use std::collections::BTreeSet;

use migratable_core::diff::{Answers, aligned};
use migratable_core::{Dialect, Index, Operation, Schema, Sql, Table, TableName, exact_text};

use self::lineage::Lineage;
use super::ddl::quoted;
use super::{OFFLINE, guard, parse, plan, spelling};
use crate::dialect::literal;
use crate::dialect::tokens::{Token, tokens};
use crate::inspect::{Inspected, Losses};
use crate::plan::Refusal;
use crate::script::terminated;
use crate::settings::Settings;
use crate::stranded::stranded;

pub(super) fn script(
    before: &Inspected,
    after: &Inspected,
    operations: &[Operation],
    losses: Losses,
    settings: &Settings,
) -> Result<String, Refusal> {
    if operations.is_empty() {
        return Ok(String::new());
    }
    // SQLite lets references stand that point nowhere: only what would have to be made up stops a script.
    let made_up = stranded(&before.schema, &after.schema, operations)
        .into_iter()
        .filter(|it| losses == Losses::Refused && !it.by_own_values);
    let stops = made_up.map(|it| guard(&it.message, &it.count(&quoted(&it.table.name), quoted)));
    let aside = free_prefix(before, after);
    let renamed = renames::apart(before, operations, &aside);
    let (statements, before, lineage, answers) = match &renamed {
        Some((statements, renamed)) => {
            (statements.as_slice(), renamed, Lineage::behind_renames(renamed, operations), Answers::default())
        }
        None => (&[][..], before, Lineage::of(before, operations), renames::answers(operations)),
    };
    let wanted = aligned(&before.schema, &after.schema, &answers);
    let wanted = wanted.as_ref().unwrap_or(&after.schema);
    let difference = Difference { before, after, wanted, operations, losses, lineage, aside };
    let changes = difference.statements()?;
    dependents::refuse(before, operations, &changes)?;
    let mut script = vec!["-- Written by migratable. Whatever fails takes everything back.".to_owned()];
    script.extend(operations.iter().map(|operation| format!("-- {}", operation.to_string().replace('\n', " "))));
    script.extend((OFFLINE.before)(settings));
    script.extend((OFFLINE.begin)(settings));
    let on = "(SELECT foreign_keys FROM pragma_foreign_keys)";
    script.push(terminated(&guard("foreign keys could not be switched off", on)));
    script.extend(stops.map(|sql| terminated(&sql)));
    script.extend(statements.iter().map(|sql| terminated(sql)));
    script.extend(changes.iter().map(|sql| terminated(sql)));
    script.extend(OFFLINE.commit.iter().map(|&line| line.to_owned()));
    script.push(String::new());
    Ok(script.join("\n"))
}

struct Difference<'a> {
    /// The database, behind the renames that were done apart.
    before: &'a Inspected,
    after: &'a Inspected,
    /// The wanted schema, in the spelling of `before` where that differs in the case of letters only.
    wanted: &'a Schema,
    operations: &'a [Operation],
    losses: Losses,
    lineage: Lineage,
    /// What the names of tables that are set aside begin with.
    aside: String,
}

/// What happens to a table that is wanted.
enum Change<'a> {
    /// It is not there.
    Create,
    /// It is as it should be, but for its indexes.
    Keep(&'a Table),
    /// Some columns are put behind the last.
    Extend(&'a Table),
    /// It is made anew, from this one.
    Rebuild(&'a Table),
}

/// What no name of the two databases begins with.
fn free_prefix(before: &Inspected, after: &Inspected) -> String {
    let taken: Vec<String> = [before, after]
        .into_iter()
        .flat_map(|it| {
            let tables = it.schema.tables.values();
            let indexes = tables.clone().flat_map(|table| &table.indexes).map(|index| &index.name);
            tables.map(|table| &table.name.name).chain(indexes).chain(it.not_managed.iter().map(|it| &it.name))
        })
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let mut prefix = "migratable_old_".to_owned();
    while taken.iter().any(|name| name.starts_with(&prefix)) {
        prefix.push('_');
    }
    prefix
}

impl Difference<'_> {
    /// The name of a table while it is set aside.
    fn aside(&self, name: &TableName) -> String {
        format!("{}{}", self.aside, name.name)
    }

    fn statements(&self) -> Result<Vec<String>, Refusal> {
        let changes: Vec<(&Table, Change<'_>)> =
            self.wanted.tables.values().map(|table| (table, self.change(table))).collect();
        let checked = self.checked(&changes);
        let mut script = Vec::new();
        self.count_orphans(&checked, &mut script);
        self.set_aside(&changes, &mut script);
        let goes_on = |name: &TableName| self.lineage.tables.values().any(|origin| origin.name == *name);
        for name in self.before.schema.tables.keys().filter(|name| !goes_on(name)) {
            script.push(format!("DROP TABLE {}", quoted(&name.name)));
        }
        for (table, change) in &changes {
            if let Change::Keep(old) | Change::Extend(old) = change {
                let gone = old.indexes.iter().filter(|index| !table.indexes.contains(index));
                script.extend(gone.map(|index| format!("DROP INDEX {}", quoted(&index.name))));
            }
        }
        for (table, change) in &changes {
            match change {
                Change::Create | Change::Rebuild(_) => script.push(self.definition(&table.name, &table.name.name)?),
                Change::Extend(old) => {
                    let name = quoted(&table.name.name);
                    let added = self.added_columns(table, old);
                    script.extend(added.iter().map(|column| format!("ALTER TABLE {name} ADD COLUMN {column}")));
                }
                Change::Keep(_) => {}
            }
        }
        for (table, change) in &changes {
            if let Change::Rebuild(old) = change {
                self.copy(table, old, &mut script)?;
            }
        }
        for (_, change) in &changes {
            if let Change::Rebuild(old) = change {
                script.push(format!("DROP TABLE {}", quoted(&self.aside(&old.name))));
            }
        }
        for (table, change) in &changes {
            let there: &[Index] = match change {
                Change::Keep(old) | Change::Extend(old) => &old.indexes,
                Change::Create | Change::Rebuild(_) => &[],
            };
            for index in table.indexes.iter().filter(|index| !there.contains(index)) {
                script.push(self.definition(&table.name, &index.name)?);
            }
        }
        for (table, change) in &changes {
            if let Change::Rebuild(old) = change {
                self.triggers(table, old, &mut script)?;
            }
        }
        self.check_references(&checked, &mut script);
        Ok(script)
    }

    /// Gives the tables that are made anew other names.
    fn set_aside(&self, changes: &[(&Table, Change<'_>)], script: &mut Vec<String>) {
        let rebuilt = changes.iter().filter_map(|(_, change)| match change {
            Change::Rebuild(old) => Some(*old),
            _ => None,
        });
        let (named, others): (Vec<&Table>, Vec<&Table>) = rebuilt.partition(|old| self.names_itself_alone(old));
        let rename = |old: &&Table| {
            format!("ALTER TABLE {} RENAME TO {}", quoted(&old.name.name), quoted(&self.aside(&old.name)))
        };
        script.extend(named.iter().map(rename));
        if !others.is_empty() {
            script.push("PRAGMA legacy_alter_table = ON".to_owned());
            script.extend(others.iter().map(rename));
            script.push("PRAGMA legacy_alter_table = OFF".to_owned());
        }
    }

    /// Whether conditions of a table name it in front of a column, which the legacy rename does not follow, and nothing
    /// else names it, which the other rename would take along.
    fn names_itself_alone(&self, table: &Table) -> bool {
        let name = &table.name.name;
        let (texts, schema) = (&self.before.definitions, &self.before.schema);
        let own = [name].into_iter().chain(table.indexes.iter().map(|index| &index.name));
        let is_named = |text: &String| {
            let read: Vec<Token<'_>> = tokens(text).collect();
            read.windows(2).any(|it| it[1].is_symbol(".") && it[0].unquoted().eq_ignore_ascii_case(name))
        };
        let names_itself = own.filter_map(|own| texts.get(own)).any(is_named);
        let mut others = self.before.not_managed.iter().filter_map(|it| texts.get(&it.to_string()));
        names_itself
            && schema.references_to(&table.name).all(|(from, _)| *from == table.name)
            && !others.any(|text| Sql::portable(text).mentions(name))
    }

    fn change(&self, table: &Table) -> Change<'_> {
        let Some(origin) = self.lineage.tables.get(&table.name) else { return Change::Create };
        let Some(old) = self.before.schema.table(&origin.name) else { return Change::Create };
        let goes_on = |column: &str| origin.columns.get(column).is_some_and(|from| from.as_deref() == Some(column));
        let whole = old.name == table.name && old.columns.iter().all(|column| goes_on(&column.name));
        let filled = self
            .operations
            .iter()
            .any(|operation| matches!(operation, Operation::Backfill { table: of, .. } if *of == table.name));
        if !whole || filled {
            return Change::Rebuild(old);
        }
        let mut extended = Table { indexes: Vec::new(), ..old.clone() };
        let wanted = exact_text(&Table { indexes: Vec::new(), ..table.clone() });
        // What differs in the case of letters is brought along when something is done at all.
        if self.after.schema.table(&table.name) != Some(table) {
            return Change::Rebuild(old);
        }
        if exact_text(&extended) == wanted {
            return Change::Keep(old);
        }
        let added = table.columns.get(old.columns.len()..).unwrap_or_default();
        extended.columns.extend(added.iter().cloned());
        let can_add = added.iter().all(|column| plan::can_add(column, false));
        if can_add && exact_text(&extended) == wanted && self.reads_alike(table, old) {
            return Change::Extend(old);
        }
        Change::Rebuild(old)
    }

    /// Whether a table reads as the wanted one, but for spelling, once the new columns stand behind the last.
    fn reads_alike(&self, table: &Table, old: &Table) -> bool {
        let extended = || {
            let there = self.before.definitions.get(&old.name.name)?;
            let last = parse::table(there).ok()?.columns.pop()?;
            let added: String = self.added_columns(table, old).iter().map(|column| format!(", {column}")).collect();
            Some(format!("{}{added}{}", &there[..last.place.end], &there[last.place.end..]))
        };
        match (extended(), self.text(&table.name.name)) {
            (Some(extended), Some(wanted)) => spelling::alike(&extended, wanted),
            _ => false,
        }
    }

    /// The text of an object of the wanted database, in whatever case its name is spelled.
    fn text(&self, name: &str) -> Option<&str> {
        let texts = &self.after.definitions;
        let alike = || texts.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, text)| text);
        texts.get(name).or_else(alike).map(String::as_str)
    }

    /// The text of an object that is to be made.
    fn definition(&self, table: &TableName, name: &str) -> Result<String, Refusal> {
        let taken =
            self.before.not_managed.iter().find(|it| it.kind != "trigger" && it.name.eq_ignore_ascii_case(name));
        match (self.text(name), taken) {
            (Some(sql), None) => Ok(sql.to_owned()),
            (_, Some(taken)) => {
                Err(self.refuse(table, format!("the database has a {} of that name: drop it first", taken.kind)))
            }
            (None, None) => Err(self.refuse(table, format!("the text of `{name}` is not known"))),
        }
    }

    fn refuse(&self, table: &TableName, message: String) -> Refusal {
        let operation = self.operations.iter().position(|operation| operation.table() == Some(table));
        Refusal { operation: operation.unwrap_or_default(), message }
    }

    /// The definitions of the columns behind those that a table has, in the words of the wanted database.
    fn added_columns(&self, table: &Table, old: &Table) -> Vec<&str> {
        let Some(sql) = self.text(&table.name.name) else { return Vec::new() };
        let columns = parse::table(sql).map(|text| text.columns).unwrap_or_default();
        columns.into_iter().skip(old.columns.len()).map(|column| &sql[column.place]).collect()
    }

    /// Makes the triggers of a table again, which went with it.
    fn triggers(&self, table: &Table, old: &Table, script: &mut Vec<String>) -> Result<(), Refusal> {
        for trigger in self.before.not_managed.iter().filter(|it| it.table.as_ref() == Some(&old.name)) {
            if old.name != table.name {
                let message = format!("the {trigger} cannot follow: drop it first, and make it again afterwards");
                return Err(self.refuse(&old.name, message));
            }
            script.extend(self.before.definitions.get(&trigger.to_string()).cloned());
        }
        Ok(())
    }

    /// The tables whose references may come to point nowhere, and can be checked.
    fn checked(&self, changes: &[(&Table, Change<'_>)]) -> Vec<TableName> {
        let moved = |name: &TableName| {
            let stays = |change: &Change<'_>| matches!(change, Change::Keep(_) | Change::Extend(_));
            changes.iter().any(|(table, change)| table.name == *name && !stays(change))
        };
        let refers = |table: &&Table| {
            let keys = &table.foreign_keys;
            keys.iter().any(|key| moved(&table.name) || moved(&key.table)) && can_be_checked(table, self.wanted)
        };
        self.wanted.tables.values().filter(refers).map(|table| table.name.clone()).collect()
    }

    /// Notes how many references point nowhere already.
    fn count_orphans(&self, checked: &[TableName], script: &mut Vec<String>) {
        script.push("CREATE TEMP TABLE migratable_orphans (name TEXT, number INTEGER)".to_owned());
        for name in checked {
            let Some(origin) = self.lineage.tables.get(name) else { continue };
            let there = self.before.schema.table(&origin.name);
            if there.is_some_and(|table| can_be_checked(table, &self.before.schema)) {
                script.push(format!(
                    "INSERT INTO temp.migratable_orphans SELECT {}, count(*) FROM pragma_foreign_key_check({})",
                    literal(&name.name),
                    literal(&origin.name.name)
                ));
            }
        }
    }

    /// Stops if more references point nowhere than before. What refers to a table that was not there pointed nowhere.
    fn check_references(&self, checked: &[TableName], script: &mut Vec<String>) {
        for table in checked.iter().filter_map(|name| self.wanted.table(name)) {
            let is_new = |name: &&TableName| !self.lineage.tables.contains_key(*name);
            let new: BTreeSet<&TableName> = table.foreign_keys.iter().map(|key| &key.table).filter(is_new).collect();
            let new: Vec<String> = new.iter().map(|name| literal(&name.name)).collect();
            let name = literal(&table.name.name);
            script.push(guard(
                &format!("a reference of {} points nowhere", table.name),
                &format!(
                    "max(0, (SELECT count(*) FROM pragma_foreign_key_check({name}) \
                     WHERE parent COLLATE NOCASE NOT IN ({})) \
                     - (SELECT coalesce(sum(number), 0) FROM temp.migratable_orphans WHERE name = {name}))",
                    new.join(", ")
                ),
            ));
        }
        script.push("DROP TABLE temp.migratable_orphans".to_owned());
    }
}

/// Whether SQLite can check the references of a table: each to a key, if to a table that is there.
fn can_be_checked(table: &Table, schema: &Schema) -> bool {
    table.foreign_keys.iter().all(|key| {
        schema.table(&key.table).is_none_or(|parent| match &parent.primary_key {
            Some(primary) if key.references.is_empty() => primary.columns.len() == key.columns.len(),
            _ => !key.references.is_empty() && is_unique(parent, &key.references),
        })
    })
}

/// Whether no two rows of a table can be equal in these columns, whatever their order.
fn is_unique(table: &Table, columns: &[String]) -> bool {
    let same = |others: &[String]| others.len() == columns.len() && columns.iter().all(|name| others.contains(name));
    let index = |index: &&Index| index.unique && index.predicate.is_none();
    table.primary_key.as_ref().is_some_and(|key| same(&key.columns))
        || table.uniques.iter().any(|unique| same(&unique.columns))
        || table.indexes.iter().filter(index).any(|index| {
            let names: Option<Vec<String>> =
                index.parts.iter().map(|part| part.column_name().map(str::to_owned)).collect();
            names.is_some_and(|names| same(&names))
        })
}

/// SQL for SQLite, if it has such.
fn sql_of(sql: &migratable_core::Sql) -> Option<&str> {
    sql.text(Dialect::Sqlite)
}
