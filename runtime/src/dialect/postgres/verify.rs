//! Rows that stand in the way of a change, found before it is made.

use migratable_core::{Dialect, ForeignKey, Index, Table};

use super::casts;
use super::ddl::{self, qualified, quoted};
use super::plan::domains;
use super::types::sql_text;
use crate::dialect::{EXAMPLES, Verify, literal};
use crate::inspect::Domain;

/// The rows of a table, as they are when they are looked at.
pub(super) struct Rows<'a>(pub(super) &'a Table);

impl Rows<'_> {
    /// A value for a person to read: what is no number stands in quotes.
    fn shown(expression: &str) -> String {
        format!("left(quote_nullable(({expression})::text), 60)")
    }

    fn part(&self, column: &str) -> String {
        let name = quoted(column);
        let is_number = self.0.find(column).is_some_and(|it| casts::is_number(&it.column_type.on(Dialect::Postgres)));
        let value = if is_number { format!("coalesce({name}::text, 'NULL')") } else { Self::shown(&name) };
        format!("{} || {value}", literal(&format!("{column} = ")))
    }

    /// SQL that says which row it is, by its key and by these columns.
    fn example(&self, columns: &[String]) -> String {
        let mut named: Vec<String> = match &self.0.primary_key {
            Some(key) => key.columns.iter().map(|column| self.part(column)).collect(),
            None => vec!["'ctid = ' || ctid".to_owned()],
        };
        named.extend(columns.iter().filter(|column| !self.0.is_key(column)).map(|column| self.part(column)));
        named.join(" || ', ' || ")
    }

    fn verify(&self, columns: &[String], offends: &str, problem: String, advice: &str) -> Verify {
        let query = format!(
            "SELECT (count(*) OVER ())::text, {} FROM {} WHERE {offends} LIMIT {EXAMPLES}",
            self.example(columns),
            qualified(&self.0.name)
        );
        Verify { table: self.0.name.to_string(), problem, advice: advice.to_owned(), query }
    }

    /// Any row at all, where a column has nothing to put in it.
    pub(super) fn none(&self, column: &str) -> Verify {
        let table = &self.0.name;
        let advice = format!(
            "Add it as nullable, fill it by `op.run(..)` or `op.backfill(..)`, and then make it NOT NULL; \
             or let the tool write that: `revision --default {table}.{column}=EXPR`."
        );
        let problem = format!("would have nothing in the new column `{column}`, which is NOT NULL and has no default");
        self.verify(&[], "true", problem, &advice)
    }

    pub(super) fn null(&self, column: &str) -> Verify {
        let problem = format!("have NULL in `{column}`, which is to be NOT NULL");
        let advice = "Fill them by `op.run(..)` or `op.backfill_where(..)` before.";
        self.verify(&[column.to_owned()], &format!("{} IS NULL", quoted(column)), problem, advice)
    }

    /// Rows that were given nothing which the domain of a new column takes.
    pub(super) fn domain(&self, column: &str, to: &str, domain: &Domain) -> Verify {
        let name = quoted(column);
        let refused = |condition: String| format!("NOT {condition}");
        let none = std::iter::once(format!("{name} IS NULL"));
        let offends: Vec<String> = none.chain(domains::conditions(domain, &name).map(refused)).collect();
        let problem = format!(
            "need a value in the new column `{column}` that the domain {to} takes, and none is known: add the column \
             with values before, by SQL of your own"
        );
        self.verify(&[], &offends.join(" OR "), problem, "")
    }

    /// Values that another type does not hold.
    pub(super) fn cast(&self, column: &str, to: &str, offends: &str) -> Verify {
        let problem = format!("hold something in `{column}` that has no equal as {to}");
        let advice = "Say by `.using(sql(\"…\"))` what it becomes, or change the rows before.";
        let offends = format!("{} IS NOT NULL AND ({offends})", quoted(column));
        self.verify(&[column.to_owned()], &offends, problem, advice)
    }

    /// Values of any kind.
    pub(super) fn any(&self, column: &str, problem: String) -> Verify {
        self.verify(&[column.to_owned()], &format!("{} IS NOT NULL", quoted(column)), problem, "")
    }

    /// Rows that hold a value that an enum will not have.
    pub(super) fn removed(&self, column: &str, is_array: bool, values: &[String]) -> Verify {
        let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
        let values = values.join(", ");
        let problem = format!("hold {values} in `{column}`, which will be no value of its type");
        let name = quoted(column);
        let offends =
            if is_array { format!("{name}::text[] && ARRAY[{values}]") } else { format!("{name}::text IN ({values})") };
        self.verify(&[column.to_owned()], &offends, problem, "Give them another value before.")
    }

    fn duplicates(&self, names: &[String], expressions: &[String], predicate: Option<&str>) -> Verify {
        let shown = |(name, expression): (&String, &String)| match self.0.find(name) {
            Some(column) => self.part(&column.name),
            None => format!("{} || {}", literal(&format!("{name} = ")), Self::shown(expression)),
        };
        let values: Vec<String> = names.iter().zip(expressions).map(shown).collect();
        let mut conditions: Vec<String> = expressions.iter().map(|it| format!("{it} IS NOT NULL")).collect();
        conditions.extend(predicate.map(|it| format!("({it})")));
        let query = format!(
            "SELECT (sum(count(*)) OVER ())::text, {} || ' in the rows with ' || left(string_agg({}, '; '), 200) \
             FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1 ORDER BY 2 LIMIT {EXAMPLES}",
            values.join(" || ', ' || "),
            self.example(&[]),
            qualified(&self.0.name),
            conditions.join(" AND "),
            expressions.join(", ")
        );
        Verify {
            table: self.0.name.to_string(),
            problem: format!("are not unique in {}", names.join(", ")),
            advice: "Change or delete rows until one of each is left.".to_owned(),
            query,
        }
    }

    /// Rows that a new unique constraint or primary key would not take.
    pub(super) fn unique(&self, columns: &[String]) -> Verify {
        let expressions: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        self.duplicates(columns, &expressions, None)
    }

    /// Rows that a new unique index would not take.
    pub(super) fn index(&self, index: &Index) -> Result<Verify, String> {
        let expressions: Vec<String> =
            index.parts.iter().map(|part| ddl::expression(index, part)).collect::<Result<_, _>>()?;
        let named = index.parts.iter().zip(&expressions);
        let names: Vec<String> =
            named.map(|(part, sql)| part.column_name().map_or_else(|| sql.clone(), str::to_owned)).collect();
        let condition = |sql| sql_text(sql, &format!("the condition of the index `{}`", index.name));
        let predicate = index.predicate.as_ref().map(condition).transpose()?;
        Ok(self.duplicates(&names, &expressions, predicate))
    }

    /// Rows that a new check would not take.
    pub(super) fn condition(&self, name: &str, condition: &str, columns: Vec<String>) -> Verify {
        let problem = format!("do not meet the check `{name}`");
        self.verify(&columns, &format!("NOT ({condition})"), problem, "Change these rows before.")
    }

    /// Rows that refer to nothing.
    pub(super) fn orphans(&self, key: &ForeignKey) -> Verify {
        let own = qualified(&self.0.name);
        let set = key.columns.iter().map(|column| format!("{own}.{} IS NOT NULL", quoted(column)));
        let equal = key
            .columns
            .iter()
            .zip(&key.references)
            .map(|(column, target)| format!("migratable_parent.{} = {own}.{}", quoted(target), quoted(column)));
        let offends = format!(
            "{} AND NOT EXISTS (SELECT 1 FROM {} AS migratable_parent WHERE {})",
            set.collect::<Vec<_>>().join(" AND "),
            qualified(&key.table),
            equal.collect::<Vec<_>>().join(" AND ")
        );
        let problem = format!("refer by {} to rows of `{}` that are not there", key.columns.join(", "), key.table);
        self.verify(&key.columns, &offends, problem, "Delete these rows, or let them refer to something, before.")
    }
}

/// Makes a script stop if there are such rows.
pub(super) fn guard_rows(verify: &Verify) -> String {
    guard(
        &format!("rows of {} {}", verify.table, verify.problem),
        &format!("(SELECT count(*) FROM ({}) AS offending)", verify.query),
    )
}

/// Makes a script stop if a number is not zero.
pub(super) fn guard(stops_if: &str, number: &str) -> String {
    let message = literal(stops_if);
    ddl::block(&format!("BEGIN IF {number} <> 0 THEN RAISE EXCEPTION USING MESSAGE = {message}; END IF; END"))
}
