//! Columns whose type is a domain: what rows get in them is found among the values of the type beneath.

use migratable_core::{Column, ColumnType, Native, Table, TableName};

use super::super::ddl;
use super::super::types;
use super::super::verify::Rows;
use super::columns::{add, alter};
use super::fill::Fill;
use super::{Planned, Planner};
use crate::dialect::Work;
use crate::inspect::Domain;

/// The conditions of a domain on an expression.
pub(in super::super) fn conditions<'d>(domain: &'d Domain, value: &'d str) -> impl Iterator<Item = String> + 'd {
    // What the checks call VALUE is the column of this name.
    domain.checks.iter().map(move |check| format!("(SELECT {check} FROM (SELECT {value} AS value) AS migratable_of)"))
}

impl Planner<'_> {
    /// The domain that a type is, if it is one that is known.
    pub(super) fn domain(&self, column_type: &ColumnType) -> Option<&Domain> {
        self.surroundings.domains.get(&types::name(column_type).ok()?)
    }

    /// The column with the type beneath its domain.
    pub(super) fn on_base(&self, column: &Column) -> Column {
        let base = self.domain(&column.column_type).map_or(&column.column_type, |domain| &domain.base);
        Column { column_type: base.clone(), ..column.clone() }
    }

    /// The type beneath a domain, in an array as well.
    pub(super) fn base(&self, column_type: &ColumnType) -> ColumnType {
        match (self.domain(column_type), column_type) {
            (Some(domain), _) => domain.base.clone(),
            (None, ColumnType::Array(element)) => ColumnType::Array(Box::new(self.base(element))),
            (None, plain) => plain.clone(),
        }
    }

    /// Whether the rows of a table need nobody to give them a value in a new column.
    pub(super) fn fills_itself(&self, column: &Column) -> bool {
        match self.domain(&column.column_type) {
            Some(domain) if domain.has_default || column.default_value().is_some() => true,
            Some(domain) => column.nullable && !domain.not_null,
            None => column.fills_itself(),
        }
    }

    /// Adds a column of a domain, with values that the domain takes; stops at rows for which none is known.
    pub(super) fn add_of_domain(
        &mut self,
        before: &Table,
        name: &TableName,
        column: &Column,
        domain: &Domain,
    ) -> Planned {
        let based = Column { comment: None, native: Native::default(), ..self.on_base(column) };
        self.statements(add(name, &based, &ddl::define_with(name, &based, None, true)?)?);
        let update = match self.fill(before, column) {
            Fill::Same(value) => {
                format!("UPDATE {} SET {} = {value}", ddl::qualified(name), ddl::quoted(&column.name))
            }
            Fill::Update(sql) => sql,
        };
        self.statement(self.unnoticed(name, &update));
        let type_name = types::name(&column.column_type)?;
        let after = self.table(name)?;
        self.push(Work::Verify(Rows(&after).domain(&column.name, &type_name, domain)));
        let collation = column.collation.as_deref().map(|it| format!(" COLLATE {}", ddl::collation(it)));
        self.statement(alter(name, &column.name, &format!("TYPE {type_name}{}", collation.unwrap_or_default())));
        if !column.nullable {
            self.statement(alter(name, &column.name, "SET NOT NULL"));
        }
        self.statements(ddl::column_extras(name, column, &Native::default()));
        self.statements(column.comment.as_ref().map(|_| ddl::comment_on_column(name, column)));
        Ok(())
    }
}
