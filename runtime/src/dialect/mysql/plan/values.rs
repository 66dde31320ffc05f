//! The values that rows get where a change leaves them without, and what their columns hold by then.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Column, Dialect, Sql, Table};

use super::super::convert::{self, Conversion};
use super::super::ddl::{self, quoted};
use super::super::types;
use super::super::verify::Rows;
use super::{Pending, Planned, Planner};
use crate::dialect::Verify;

/// What the rows of a table need before it changes.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) values: BTreeMap<String, String>,
    pub(super) in_place_of_null: BTreeMap<String, String>,
    /// What must not be among the rows as they are before.
    pub(super) looks: Vec<Verify>,
    /// What the columns hold behind the change, as SQL over the rows before it.
    pub(super) becomes: Vec<(String, String)>,
    /// What is computed from that.
    pub(super) computed: Vec<(String, String)>,
    /// Whether values may become others that the new type does not hold.
    pub(super) is_lossy: bool,
    /// The columns whose values stay as they are, or are equal only where they were.
    pub(super) kept: BTreeSet<String>,
}

/// A table that changes, and its rows before.
pub(super) struct Change<'a> {
    pending: &'a Pending,
    pub(super) before: &'a Table,
    pub(super) after: &'a Table,
    rows: &'a Rows<'a>,
}

/// A value for rows of which nothing is known.
struct Neutral {
    sql: String,
    /// Whether there may be none, as it is that of a row of another table.
    may_be_null: bool,
}

impl Planner<'_> {
    /// Finds what the rows need, and which must not be there.
    pub(super) fn needs(&self, pending: &Pending, before: &Table, after: &Table) -> Planned<Needs> {
        let mut needs = Needs { values: pending.values.clone(), ..Needs::default() };
        let foreseen = self.foresight.rows();
        let rows = Rows { table: before, foreseen: &foreseen };
        let change = Change { pending, before, after, rows: &rows };
        for column in &after.columns {
            match change.old(column) {
                Some(old) => self.for_changed(&change, (old, column), &mut needs)?,
                None => self.for_new(&change, column, &mut needs)?,
            }
        }
        let computed = |column: &&Column| column.generated.is_some();
        for column in after.columns.iter().filter(|column| !computed(column)) {
            self.foresee(&change, column, &mut needs)?;
        }
        for column in after.columns.iter().filter(computed) {
            foresee_computed(&change, column, &mut needs)?;
        }
        Ok(needs)
    }

    fn for_new(&self, change: &Change<'_>, column: &Column, needs: &mut Needs) -> Planned {
        let default = types::default(column)?;
        if needs.values.get(&column.name) == default.as_ref() {
            needs.values.remove(&column.name);
        }
        let given = default.is_some() || column.nullable || column.generated.is_some() || column.identity.is_some();
        if given {
            let read_default = default.filter(|sql| !column.nullable && change.is_known(sql));
            needs.looks.extend(read_default.map(|sql| change.rows.null_given(&column.name, &sql)));
            return Ok(());
        }
        if let Some(value) = needs.values.get(&column.name) {
            needs.looks.push(change.rows.null_given(&column.name, value));
        } else if self.mode.fills() {
            let neutral = self.neutral(change, column)?;
            if neutral.may_be_null {
                needs.looks.push(change.rows.null_given(&column.name, &neutral.sql));
            }
            needs.values.insert(column.name.clone(), neutral.sql);
        } else {
            needs.looks.push(change.rows.none(&change.after.name, &column.name));
        }
        Ok(())
    }

    fn for_changed(&self, change: &Change<'_>, (old, new): (&Column, &Column), needs: &mut Needs) -> Planned {
        if new.generated.is_some() {
            needs.values.remove(&new.name);
            return Ok(());
        }
        let (was, is) =
            (self.words(&change.pending.enums).type_name(old)?, self.words(&self.schema.enums).type_name(new)?);
        let place = quoted(&old.name);
        if let Some(value) = needs.values.get(&new.name) {
            let refused = convert::refused(value, &is).filter(|_| self.mode.refuses_losses());
            needs.looks.extend(refused.map(|refused| change.rows.refused(&new.name, &is, &refused)));
        } else {
            let conversion = change.conversion((old, &was), (new, &is));
            let nearest = || conversion.nearest(&place).filter(|_| !self.mode.refuses_losses());
            if let Some(value) = conversion.value(&place, self.mode.is_difference()).or_else(nearest) {
                let filled = self.mode.is_difference() && !new.nullable && !old.nullable;
                let value = if filled { format!("COALESCE({value}, {})", types::neutral(&is)) } else { value };
                needs.values.insert(new.name.clone(), value);
            }
            match conversion.offends(&place) {
                Some(offends) if self.mode.refuses_losses() => {
                    needs.looks.push(change.rows.unlike(&new.name, &is, &offends));
                }
                offends => needs.is_lossy |= offends.is_some(),
            }
        }
        let tightened = old.nullable && !new.nullable && new.identity.is_none();
        let given = needs.values.get(&new.name).cloned();
        if !self.mode.fills() {
            match given {
                Some(value) if !new.nullable => needs.looks.push(change.rows.null_given(&new.name, &value)),
                None if tightened => needs.looks.push(change.rows.null(&new.name)),
                _ => {}
            }
        } else if tightened {
            let value = match types::default(new)? {
                Some(sql) if !is_unique(change.after, &new.name) => Neutral { sql, may_be_null: false },
                _ => self.neutral(change, new)?,
            };
            let otherwise = |given: &str| format!("COALESCE({given}, {})", value.sql);
            if value.may_be_null {
                let value = otherwise(given.as_deref().unwrap_or(&place));
                needs.looks.push(change.rows.null_given(&new.name, &value));
            }
            // Triggers would notice an update.
            let is_noticed = self.noticed.contains(&change.before.name);
            if was == is && given.is_none() && old.generated.is_none() && !is_noticed {
                needs.in_place_of_null.insert(new.name.clone(), value.sql);
            } else {
                // Beside a number bits would count as text.
                let sum = if is.starts_with("bit") { " + 0" } else { "" };
                let given = given.as_deref().unwrap_or(&place);
                needs.values.insert(new.name.clone(), format!("COALESCE({given}, {}{sum})", value.sql));
            }
        }
        Ok(())
    }

    /// Notes what a column holds behind the change.
    fn foresee(&self, change: &Change<'_>, column: &Column, needs: &mut Needs) -> Planned {
        let name = &column.name;
        let is = self.words(&self.schema.enums).type_name(column)?;
        let mut value = match (needs.values.get(name), change.old(column)) {
            (Some(given), _) => convert::stored(&types::unnumbered(given), &is),
            (None, Some(old)) => {
                let was = self.words(&change.pending.enums).type_name(old)?;
                let conversion = change.conversion((old, &was), (column, &is));
                let is_equal = conversion.keeps_all() && !change.collates_anew(column);
                if is_equal && !needs.in_place_of_null.contains_key(name) {
                    needs.kept.insert(name.clone());
                }
                if was == is { quoted(name) } else { convert::stored(&quoted(name), &is) }
            }
            (None, None) => match types::default(column)? {
                Some(default) => convert::stored(&default, &is),
                None => "NULL".to_owned(),
            },
        };
        if let Some(instead) = needs.in_place_of_null.get(name) {
            value = convert::stored(&format!("COALESCE({value}, {})", types::unnumbered(instead)), &is);
        }
        if let Some(collation) = ddl::collation(change.after, column).filter(|_| change.collates_anew(column)) {
            value = convert::collated(&value, collation);
        }
        needs.becomes.push((name.clone(), value));
        Ok(())
    }

    /// A value for rows of which nothing is known: a row that exists where it refers to one, a value of its own where
    /// values must differ, else the type's zero, or what the checks take instead.
    fn neutral(&self, change: &Change<'_>, column: &Column) -> Planned<Neutral> {
        let name = self.words(&self.schema.enums).type_name(column)?;
        let reference = change.after.foreign_keys.iter().find_map(|key| {
            let at = key.columns.iter().position(|it| *it == column.name)?;
            Some((key, key.references.get(at)?))
        });
        let (sql, may_be_null) = match reference {
            Some((key, target)) if key.table == change.after.name && change.before.find(target).is_some() => {
                (quoted(target), false)
            }
            Some((key, target)) if !self.new_tables.contains(&key.table) => (ddl::some_value(&key.table, target), true),
            _ => {
                let distinct = types::distinct(&name).filter(|_| is_unique(change.after, &column.name));
                match distinct {
                    Some(distinct) => (distinct, false),
                    None => (self.fitting(change, column, types::neutral(&name))?, false),
                }
            }
        };
        Ok(Neutral { sql, may_be_null })
    }
}

impl<'a> Change<'a> {
    /// The column as it is before, if it goes on.
    pub(super) fn old(&self, column: &Column) -> Option<&'a Column> {
        self.before.find(&column.name).filter(|old| !self.pending.dropped.contains(&old.name))
    }

    /// Whether SQL reads columns, and all of them as they are before, NULL or not.
    fn is_known(&self, sql: &str) -> bool {
        let sql = Sql::each([(Dialect::Mysql, sql)]);
        let stays = |name: &&str| {
            let (old, new) = (self.before.find(name), self.after.find(name));
            old.zip(new).is_some_and(|(old, new)| self.old(new).is_some() && old.nullable == new.nullable)
        };
        let read = sql.mentioned(self.after.columns.iter().map(|it| it.name.as_str()));
        !read.is_empty() && read.iter().all(stays)
    }

    /// What becomes of the values of a column, whose type goes by these names.
    fn conversion(&self, (old, was): (&Column, &str), (new, is): (&Column, &str)) -> Conversion {
        convert::between((was, ddl::collation(self.before, old)), (is, ddl::collation(self.after, new)))
    }

    /// Whether the column comes to compare its texts in another way.
    fn collates_anew(&self, column: &Column) -> bool {
        self.old(column).map(|old| ddl::collation(self.before, old)) != Some(ddl::collation(self.after, column))
    }
}

/// Notes what is computed in a column behind the change.
fn foresee_computed(change: &Change<'_>, column: &Column, needs: &mut Needs) -> Planned {
    let (name, Some(generated)) = (&column.name, &column.generated) else { return Ok(()) };
    let read = generated.expression.mentioned(change.after.columns.iter().map(|it| it.name.as_str()));
    let is_equal = |old: &Column| old.column_type == column.column_type && old.generated == column.generated;
    if change.old(column).is_some_and(is_equal) && read.iter().all(|column| needs.kept.contains(*column)) {
        needs.kept.insert(name.clone());
        needs.becomes.push((name.clone(), quoted(name)));
    } else {
        needs.computed.push((name.clone(), ddl::computed(column, generated)?.to_owned()));
    }
    Ok(())
}

/// Whether two rows may not be equal in something that the column is part of.
pub(super) fn is_unique(table: &Table, column: &str) -> bool {
    table.is_key(column)
        || table.uniques.iter().any(|it| it.columns.iter().any(|name| name == column))
        || table.indexes.iter().any(|it| it.unique && it.mentions(column))
}
