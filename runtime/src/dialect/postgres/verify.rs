//! Rows that stand in the way of a change, found before it is made.

use migratable_core::{Dialect, ForeignKey, Index, Table};

use super::casts;
use super::ddl::{self, qualified, quoted};
use super::plan::domains;
use super::types::sql_text;
use crate::dialect::literal;
use crate::dialect::verify::{EXAMPLES, Verify, Violation};
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

    fn verify(&self, columns: &[String], offends: &str, violation: Violation) -> Verify {
        let query = format!(
            "SELECT (count(*) OVER ())::text, {} FROM {} WHERE {offends} LIMIT {EXAMPLES}",
            self.example(columns),
            qualified(&self.0.name)
        );
        violation.found_by(query, &self.0.name)
    }

    /// Any row at all, where a column has nothing to put in it.
    pub(super) fn none(&self, column: &str) -> Verify {
        self.verify(&[], "true", Violation::none(&self.0.name, column))
    }

    pub(super) fn null(&self, column: &str) -> Verify {
        self.verify(&[column.to_owned()], &format!("{} IS NULL", quoted(column)), Violation::null(column))
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
        self.verify(&[], &offends.join(" OR "), Violation::new(problem, ""))
    }

    /// Values that another type does not hold.
    pub(super) fn cast(&self, column: &str, to: &str, offends: &str) -> Verify {
        let offends = format!("{} IS NOT NULL AND ({offends})", quoted(column));
        self.verify(&[column.to_owned()], &offends, Violation::no_equal(column, to))
    }

    /// Values of any kind.
    pub(super) fn any(&self, column: &str, problem: String) -> Verify {
        self.verify(&[column.to_owned()], &format!("{} IS NOT NULL", quoted(column)), Violation::new(problem, ""))
    }

    /// Rows that hold a value that an enum will not have.
    pub(super) fn removed(&self, column: &str, is_array: bool, values: &[String]) -> Verify {
        let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
        let values = values.join(", ");
        let problem = format!("hold {values} in `{column}`, which will be no value of its type");
        let name = quoted(column);
        let offends =
            if is_array { format!("{name}::text[] && ARRAY[{values}]") } else { format!("{name}::text IN ({values})") };
        self.verify(&[column.to_owned()], &offends, Violation::new(problem, "Give them another value before."))
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
        Violation::duplicates(names).found_by(query, &self.0.name)
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
        self.verify(&columns, &format!("NOT ({condition})"), Violation::check(name))
    }

    /// Rows that refer to nothing.
    pub(super) fn orphans(&self, key: &ForeignKey) -> Verify {
        let own = qualified(&self.0.name);
        let set = key.columns.iter().map(|column| format!("{own}.{} IS NOT NULL", quoted(column)));
        let ends = key.columns.iter().zip(&key.references);
        let mut ends: Vec<[String; 2]> = ends
            .map(|(column, target)| {
                [format!("migratable_parent.{}", quoted(target)), format!("{own}.{}", quoted(column))]
            })
            .collect();
        // The periods of all rows that it refers to must cover its own together.
        let period = if key.native.has("period") { ends.pop() } else { None };
        let mut wanted: Vec<String> = ends.iter().map(|[target, column]| format!("{target} = {column}")).collect();
        let mut covers = String::new();
        if let Some([target, column]) = period {
            wanted.push(format!("{target} && {column}"));
            covers = format!(" HAVING range_agg({target}) @> {column}");
        }
        let offends = format!(
            "{} AND NOT EXISTS (SELECT 1 FROM {} AS migratable_parent WHERE {}{covers})",
            set.collect::<Vec<_>>().join(" AND "),
            qualified(&key.table),
            wanted.join(" AND ")
        );
        self.verify(&key.columns, &offends, Violation::orphans(key))
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
