//! Columns that come and columns that change.

use migratable_core::{Column, ColumnType, Native, Operation, Table, TableName};

use super::super::ddl::{self, qualified, quoted};
use super::super::losses::Conversion;
use super::super::types::{self, sql_text};
use super::super::verify::Rows;
use super::super::{casts, numbers};
use super::aside::Kind;
use super::{Planned, Planner, data};
use crate::dialect::Work;
use crate::inspect::Losses;
use crate::plan::Mode;

/// The statements that add a column by this definition.
pub(super) fn add(table: &TableName, column: &Column, definition: &str) -> Planned<Vec<String>> {
    let mut statements: Vec<String> = numbers::create_free_sequence(column).into_iter().collect();
    statements.extend(numbers::create_sequence(table, column)?);
    statements.push(format!("ALTER TABLE {} ADD COLUMN {definition}", qualified(table)));
    statements.extend(numbers::settle_sequence(table, column));
    statements.extend(ddl::column_extras(table, column, &Native::default()));
    statements.extend(column.comment.as_ref().map(|_| ddl::comment_on_column(table, column)));
    Ok(statements)
}

/// ALTER TABLE … ALTER COLUMN.
pub(super) fn alter(table: &TableName, column: &str, action: &str) -> String {
    format!("ALTER TABLE {} ALTER COLUMN {} {action}", qualified(table), quoted(column))
}

impl Planner<'_> {
    pub(super) fn add_column(&mut self, operation: &Operation, name: &TableName, column: &Column) -> Planned {
        let column = &self.with_sequence(name, column)?;
        let before = self.table(name)?;
        self.apply(operation)?;
        self.added.insert((name.clone(), column.name.clone()));
        if column.generated.is_some() {
            self.make_later(name, &column.name);
            return Ok(());
        }
        if self.fills_itself(column) {
            self.statements(add(name, column, &ddl::define(name, column)?)?);
            return Ok(());
        }
        if !self.mode.fills() {
            self.verify(Rows(&before).none(&column.name));
            self.statements(add(name, column, &ddl::define(name, column)?)?);
            return Ok(());
        }
        if let Some(domain) = self.domain(&column.column_type).cloned() {
            return self.add_of_domain(&before, name, column, &domain);
        }
        match self.fill(&before, column) {
            super::fill::Fill::Same(value) => {
                self.statements(add(name, column, &ddl::define_with(name, column, Some(&value), false)?)?);
                self.statement(alter(name, &column.name, "DROP DEFAULT"));
            }
            super::fill::Fill::Update(sql) => {
                self.statements(add(name, column, &ddl::define_with(name, column, None, true)?)?);
                self.statement(self.unnoticed(name, &sql));
                self.statement(alter(name, &column.name, "SET NOT NULL"));
            }
        }
        if let Some(default) = types::default(column)? {
            self.statement(alter(name, &column.name, &format!("SET DEFAULT {default}")));
        }
        Ok(())
    }

    pub(super) fn alter_column(&mut self, operation: &Operation, name: &TableName, column: &str) -> Planned {
        let Operation::AlterColumn { change, .. } = operation else { return Ok(()) };
        let is_there = self.has_sequence(name, column, change)?;
        let before = self.table(name)?;
        self.apply(operation)?;
        let mut after = self.table(name)?;
        if let Some(it) = after.columns.iter_mut().find(|it| it.name == column && is_there) {
            it.native.set(numbers::IS_THERE, Some("true"));
        }
        let (Some(old), Some(new)) = (before.find(column), after.find(column)) else { return Ok(()) };
        if self.is_aside(name, Kind::Column, column) {
            return Ok(());
        }
        let retyped =
            types::name(&old.column_type)? != types::name(&new.column_type)? || old.collation != new.collation;
        let recomputed = old.generated != new.generated || old.native.has("virtual") != new.native.has("virtual");
        if new.generated.is_some() && (recomputed || retyped) {
            return self.set_aside_column(&before, column);
        }
        if old.generated.is_some() && new.generated.is_none() {
            self.statement(alter(name, column, "DROP EXPRESSION"));
        }
        let same_sequence = numbers::own_sequence(name, old) == numbers::own_sequence(name, new);
        let renumbered = old.identity.is_some() != new.identity.is_some()
            || numbers::is_serial(old) != numbers::is_serial(new)
            || (is_there && !same_sequence);
        if renumbered && old.identity.is_some() {
            let stays = (is_there && same_sequence) || self.let_sequence_go(name, old);
            self.statements(numbers::stop(name, old, stays));
        }
        let redefaulted = old.default != new.default || retyped;
        if old.default.is_some() && (retyped || new.default.is_none()) {
            self.statement(alter(name, column, "DROP DEFAULT"));
        }
        if retyped {
            self.retype(operation, &before, old, new)?;
        }
        self.change_null(&after, old, new)?;
        self.make_sequences(name, old, new, redefaulted)?;
        if let Some(default) = types::default(new)?.filter(|_| redefaulted && new.generated.is_none()) {
            self.statement(alter(name, column, &format!("SET DEFAULT {default}")));
        }
        self.settle_sequences(name, old, new, redefaulted);
        if renumbered && new.identity.is_some() {
            self.statements(numbers::start(name, new)?);
        } else if !renumbered {
            self.statements(numbers::change(name, old, new)?);
        }
        self.statements(ddl::column_extras(name, new, &old.native));
        if old.comment != new.comment {
            self.statement(ddl::comment_on_column(name, new));
        }
        Ok(())
    }

    fn retype(&mut self, operation: &Operation, before: &Table, old: &Column, new: &Column) -> Planned {
        self.set_aside_expressions(before, &old.name)?;
        let Operation::AlterColumn { change, .. } = operation else { return Ok(()) };
        let mut action = format!("TYPE {}", types::name(&new.column_type)?);
        match (&new.collation, &old.collation) {
            (Some(collation), _) => action.push_str(&format!(" COLLATE {}", ddl::collation(collation))),
            (None, Some(_)) if old.column_type == new.column_type => action.push_str(" COLLATE \"default\""),
            _ => {}
        }
        if let Some(using) = &change.using {
            let value = data::value(&new.column_type, sql_text(using, "the expression")?)?;
            action.push_str(&format!(" USING {value}"));
        } else if old.column_type != new.column_type {
            let using = self.conversion(before, old, new)?;
            action.extend(using.map(|using| format!(" USING {using}")));
        }
        self.statement(alter(&before.name, &old.name, &action));
        Ok(())
    }

    /// What makes the values of a column those of its new type, behind a look for those that would be others.
    fn conversion(&mut self, before: &Table, old: &Column, new: &Column) -> Planned<Option<String>> {
        let name = quoted(&old.name);
        let renumbered = casts::renumbered(&old.column_type, &new.column_type, &name);
        let using = match renumbered.filter(|_| self.mode.is_difference()) {
            Some(value) => Some(value),
            None => match self.using(old, new, &name) {
                Ok(using) => using,
                Err(why) if self.mode.is_difference() => return self.empty(before, new, &why).map(Some),
                Err(why) => return Err(format!("{why}: say by `.using(sql(\"…\"))` what the values become")),
            },
        };
        let (from, to) = (self.base(&old.column_type), self.base(&new.column_type));
        let (enums, casts) = (&self.schema.enums, &self.surroundings.casts);
        let Some(offends) = (Conversion { from: &from, to: &to, enums, casts }).offends(&name) else {
            return Ok(using);
        };
        let to = types::name(&new.column_type)?;
        self.verify_losses(Rows(before).cast(&old.name, &to, &offends));
        // Only where it is asked for, a text is cut.
        let cut = self.mode == Mode::Difference(Losses::Allowed);
        Ok(using.or_else(|| cut.then(|| format!("{name}::{to}"))))
    }

    /// What makes the values of a column those of its new type, by the types beneath domains.
    fn using(&self, old: &Column, new: &Column, name: &str) -> Planned<Option<String>> {
        let (from, to) = (self.on_base(old).column_type, self.on_base(new).column_type);
        if casts::is_missing(&from, &to, &self.surroundings.casts) {
            return Err(casts::no_cast(&old.column_type, &new.column_type));
        }
        let from = if matches!(from, ColumnType::Array(_)) { &from } else { &old.column_type };
        casts::using(from, &new.column_type, name)
    }

    /// What a column has in it that cannot be converted: nothing, or the script stops.
    fn empty(&mut self, before: &Table, column: &Column, why: &str) -> Planned<String> {
        let to = types::name(&column.column_type)?;
        let problem = format!(
            "hold something in `{name}`, and {why}: `--drop {table}.{name}` makes the column anew, without its values; \
             or convert them yourself before, by {alter}, and compare again",
            name = column.name,
            table = before.name,
            alter = alter(&before.name, &column.name, &format!("TYPE {to} USING (…)"))
        );
        self.push(Work::Verify(Rows(before).any(&column.name, problem)));
        Ok(format!("NULL::{to}"))
    }

    fn change_null(&mut self, table: &Table, old: &Column, new: &Column) -> Planned {
        match (old.nullable, new.nullable) {
            (true, false) if new.generated.is_none() => {
                let added = self.added.contains(&(table.name.clone(), new.name.clone()));
                if self.mode.fills() || (added && new.default.is_some()) {
                    let fill = self.fill_null(table, new)?;
                    self.statement(self.unnoticed(&table.name, &fill));
                    // What it refers to may hold no row.
                    self.verify(Rows(table).null(&new.name));
                } else {
                    self.verify(Rows(table).null(&new.name));
                }
                self.statement(alter(&table.name, &new.name, "SET NOT NULL"));
            }
            (true, false) => self.statement(alter(&table.name, &new.name, "SET NOT NULL")),
            (false, true) => self.statement(alter(&table.name, &new.name, "DROP NOT NULL")),
            _ => {}
        }
        Ok(())
    }
}
