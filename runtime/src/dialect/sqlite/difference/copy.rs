//! The rows of a table, copied into its new form.

use migratable_core::{Column, DefaultValue, Literal, Operation, Table, TableName};

use super::{Difference, fill, sql_of};
use crate::dialect::literal;
use crate::dialect::sqlite::ddl::quoted;
use crate::dialect::sqlite::rebuild::{carry_numbers, free_rowid};
use crate::dialect::sqlite::types::{Storage, affinity};
use crate::dialect::sqlite::verify::no_equal;
use crate::dialect::sqlite::{guard, parse, spelling};
use crate::dialect::verify::Violation;
use crate::inspect::Losses;
use crate::plan::Refusal;

impl Difference<'_> {
    /// Fills a table from the one that was set aside.
    pub(super) fn copy(&self, table: &Table, old: &Table, script: &mut Vec<String>) -> Result<(), Refusal> {
        let from = quoted(&self.aside(&old.name));
        let into = quoted(&table.name.name);
        let rowid = free_rowid([old, table]).filter(|_| !old.native.has("without_rowid"));
        let rowid = rowid.map(|name| (name, format!("{from}.{name}")));
        let numbered = table.columns.iter().any(|column| column.identity.is_some());
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        if let (Some((name, value)), false) = (&rowid, numbered || table.native.has("without_rowid")) {
            columns.push((*name).to_owned());
            values.push(value.clone());
        }
        for column in &table.columns {
            if let Some(value) = self.value(table, old, column, rowid.as_ref().map(|(_, value)| value.as_str())) {
                columns.push(quoted(&column.name));
                values.push(value);
            }
        }
        script.extend(table.columns.iter().filter_map(|column| self.no_value_changes(table, old, column)));
        script.push(format!(
            "INSERT OR ABORT INTO {into} ({})\n  SELECT {} FROM {from}",
            columns.join(", "),
            values.join(", ")
        ));
        script.push(guard(
            &format!("the new form of {} does not hold as many rows as the old one", table.name),
            &format!("(SELECT count(*) FROM {from}) - (SELECT count(*) FROM {into})"),
        ));
        let counts = |table: &Table| table.columns.iter().any(|column| column.native.has("autoincrement"));
        if counts(old) && counts(table) {
            script.extend(carry_numbers(&self.aside(&old.name), &table.name.name));
        }
        Ok(())
    }

    /// The column that the values of a column come from; a new one has them from nowhere.
    fn source<'a>(&self, table: &Table, old: &'a Table, column: &Column) -> Option<Option<&'a Column>> {
        let origin = self.lineage.tables.get(&table.name)?.columns.get(&column.name)?;
        Some(origin.as_deref().and_then(|name| old.find(name)))
    }

    /// Stops at values that a column would hold as others, unless that is allowed.
    fn no_value_changes(&self, table: &Table, old: &Table, column: &Column) -> Option<String> {
        let there = self.source(table, old, column)??;
        let allowed = self.losses == Losses::Allowed || self.given(table, column).is_some();
        if allowed || column.generated.is_some() {
            return None;
        }
        let from = quoted(&self.aside(&old.name));
        let raw = format!("{from}.{}", quoted(&there.name));
        let (violation, offends) = match cast(there, table, column) {
            Some(to @ (Storage::Integer | Storage::Real)) => no_equal(&column.name, &raw, to),
            Some(_) => return None,
            None => made_numbers(&raw, there, column)?,
        };
        let mut rows = format!("{raw} IS NOT NULL AND ({offends})");
        for operation in self.operations {
            if let Operation::Backfill { table: of, column: name, predicate, .. } = operation
                && *of == table.name
                && *name == column.name
            {
                rows.push_str(&format!(" AND ({}) IS NOT TRUE", sql_of(predicate.as_ref()?)?));
            }
        }
        Some(guard(
            &format!("rows of {} {}", table.name, violation.problem),
            &format!("(SELECT count(*) FROM {from} WHERE {rows})"),
        ))
    }

    /// SQL over the old table for the values of a column; nothing if it fills itself.
    fn value(&self, table: &Table, old: &Table, column: &Column, rowid: Option<&str>) -> Option<String> {
        if column.generated.is_some() {
            return None;
        }
        let there = self.source(table, old, column)?;
        let mut value = there.map(|there| {
            let source = format!("{}.{}", quoted(&self.aside(&old.name)), quoted(&there.name));
            self.given(table, column).unwrap_or_else(|| converted(&source, there, table, column))
        });
        for operation in self.operations {
            if let Operation::Backfill { table: of, column: name, value: sql, predicate } = operation
                && *of == table.name
                && *name == column.name
            {
                let given = format!("({})", sql_of(sql)?);
                value = Some(match (predicate.as_ref().and_then(sql_of), value) {
                    (Some(predicate), Some(value)) => format!("CASE WHEN {predicate} THEN {given} ELSE {value} END"),
                    _ => given,
                });
            }
        }
        let fills_itself = column.identity.is_some();
        match value {
            Some(value) if column.nullable || fills_itself || there.is_some_and(|it| !it.nullable) => Some(value),
            Some(value) => Some(format!("coalesce({value}, {})", self.filler(table, old, column, true))),
            None if fills_itself => rowid.map(str::to_owned),
            None => self.new_value(table, old, column),
        }
    }

    /// The conversion that an answer gives.
    fn given(&self, table: &Table, column: &Column) -> Option<String> {
        self.operations.iter().find_map(|operation| match operation {
            Operation::AlterColumn { table: of, column: name, change } if *of == table.name && *name == column.name => {
                change.using.as_ref().and_then(sql_of).map(|sql| format!("({sql})"))
            }
            _ => None,
        })
    }

    /// What the rows get in a new column; nothing if that is its default or NULL.
    fn new_value(&self, table: &Table, old: &Table, column: &Column) -> Option<String> {
        let default = column.default_value();
        let alone = fill::is_unique_alone(table, &column.name);
        match (default, column.nullable) {
            (Some(_), true) if alone => Some("NULL".to_owned()),
            (Some(_), _) if !alone => None,
            (None, true) => None,
            _ => Some(self.filler(table, old, column, false)),
        }
    }

    /// What stands for no value in a column that takes no NULL.
    fn filler(&self, table: &Table, old: &Table, column: &Column, beside_others: bool) -> String {
        if let Some(parent) = self.any_parent(table, column) {
            return parent;
        }
        if fill::is_unique(table, &column.name) {
            let number = if beside_others { "-row_number() OVER ()" } else { "row_number() OVER ()" };
            return fill::distinct(column, number);
        }
        match column.default_value() {
            None => fill::neutral(table, old, column),
            Some(_) => match self.default_text(&table.name, &column.name) {
                Some(default) => format!("({default})"),
                None => fill::neutral(table, old, column),
            },
        }
    }

    /// The default of a column in the words of the wanted database.
    fn default_text(&self, table: &TableName, column: &str) -> Option<String> {
        let sql = self.text(&table.name)?;
        let text = parse::table(sql).ok()?;
        let tokens = text.columns.into_iter().find(|it| it.name.eq_ignore_ascii_case(column))?.default?;
        let spelled = match spelling::default(&tokens) {
            DefaultValue::Literal(Literal::Text(text)) => literal(&text),
            _ => tokens.iter().map(|token| token.text).collect::<Vec<_>>().join(" "),
        };
        Some(spelled)
    }

    /// A row that a column may refer to.
    fn any_parent(&self, table: &Table, column: &Column) -> Option<String> {
        let key = table.foreign_keys.iter().find(|key| key.columns.contains(&column.name))?;
        let parent = self.wanted.table(&key.table)?;
        let references = match &parent.primary_key {
            Some(primary) if key.references.is_empty() => &primary.columns,
            _ => &key.references,
        };
        let at = key.columns.iter().position(|name| *name == column.name)?;
        let origin = self.lineage.tables.get(&parent.name)?;
        let from = |name: &String| origin.columns.get(name).cloned().flatten().map(|name| quoted(&name));
        let columns: Vec<String> = references.iter().map(from).collect::<Option<_>>()?;
        let old = self.before.schema.table(&origin.name)?;
        let rebuilt = matches!(self.change(parent), super::Change::Rebuild(_));
        let source = if rebuilt { self.aside(&old.name) } else { old.name.name.clone() };
        Some(format!("(SELECT {} FROM {} ORDER BY {} LIMIT 1)", columns.get(at)?, quoted(&source), columns.join(", ")))
    }
}

/// What is wrong with texts that SQLite would make numbers of, and that would read otherwise then, with the condition by
/// which they are found.
fn made_numbers(raw: &str, there: &Column, column: &Column) -> Option<(Violation, String)> {
    let is_number = |column: &Column| {
        let storage = affinity(&spelling::type_text(&column.column_type));
        matches!(storage, Some(Storage::Integer | Storage::Real | Storage::Numeric))
    };
    if is_number(there) || !is_number(column) {
        return None;
    }
    let (violation, offends) = no_equal(&column.name, raw, Storage::Numeric);
    // A text that is no number stays as it is; SQLite compares the others as numbers.
    Some((violation, format!("{raw} = CAST({raw} AS NUMERIC) AND ({offends})")))
}

/// A value in the form that its column keeps.
fn converted(source: &str, there: &Column, table: &Table, column: &Column) -> String {
    match cast(there, table, column) {
        Some(to) => format!("CAST({source} AS {})", to.name()),
        None => source.to_owned(),
    }
}

/// What values must be made, if anything. SQLite itself makes numbers of texts that are numbers, and texts of numbers;
/// what is neither stays as it is, unless the column takes nothing else.
fn cast(there: &Column, table: &Table, column: &Column) -> Option<Storage> {
    let storage = |column: &Column| affinity(&spelling::type_text(&column.column_type));
    if column.identity.is_some() && there.identity.is_none() {
        return Some(Storage::Integer);
    }
    match (storage(there), storage(column)?) {
        (from, to) if from != Some(to) && table.native.has("strict") => Some(to),
        (Some(Storage::Text), Storage::Blob) => Some(Storage::Blob),
        (Some(Storage::Blob), Storage::Text) => Some(Storage::Text),
        _ => None,
    }
}
