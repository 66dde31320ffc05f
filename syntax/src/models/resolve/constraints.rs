//! Uniques, indexes and checks.

use migratable_core::{Check, Dialect, Index, IndexPart, IndexTarget, Native, Nulls, Sql, Unique};

use super::{Building, Kind};
use crate::models::attributes::{At, CheckSpec, IndexPartOf, IndexSpec, IndexTargetOf, UniqueSpec};
use crate::models::item::StructItem;

impl Building<'_, '_, '_> {
    /// Reads what the fields and the struct say about uniques, indexes and checks.
    pub(super) fn constraints(&mut self, found: &StructItem) {
        let mut uniques: Vec<(UniqueSpec, Option<String>)> = Vec::new();
        let mut indexes: Vec<(IndexSpec, Option<String>)> = Vec::new();
        let mut checks: Vec<(CheckSpec, Option<String>)> = Vec::new();
        for flat in self.flats.iter() {
            let attributes = &flat.field.attributes;
            let own = Some(flat.own_name());
            let itself = || At { value: flat.field.name(), span: flat.place(flat.field.ident.span()) };
            if let Some(unique) = &attributes.unique {
                let unique = UniqueSpec { span: flat.place(unique.span), fields: vec![itself()], ..unique.clone() };
                uniques.push((unique, own.clone()));
            }
            if let Some(index) = &attributes.index {
                let part = IndexPartOf { target: IndexTargetOf::Field(itself()), descending: false, nulls: None };
                let index = IndexSpec { span: flat.place(index.span), parts: vec![part], ..index.clone() };
                indexes.push((index, own.clone()));
            }
            for check in &attributes.checks {
                checks.push((CheckSpec { span: flat.place(check.span), ..check.clone() }, own.clone()));
            }
        }
        let attributes = &found.attributes;
        uniques.extend(attributes.uniques.iter().map(|it| (it.clone(), None)));
        indexes.extend(attributes.indexes.iter().map(|it| (it.clone(), None)));
        checks.extend(attributes.checks.iter().map(|it| (it.clone(), None)));
        for (unique, field) in uniques {
            self.unique(&unique, field);
        }
        for (index, field) in indexes {
            self.index(&index, field);
        }
        for (check, field) in checks {
            self.check(&check, field);
        }
    }

    fn unique(&mut self, unique: &UniqueSpec, field: Option<String>) {
        let Some(columns) = self.columns_of(&unique.fields) else { return };
        let unique_of = Unique { name: given(unique.name.as_ref()), columns, native: Native::default() };
        if !self.table.uniques.contains(&unique_of) {
            self.remember(Kind::Unique, self.table.uniques.len(), unique.span, field, false);
            self.table.uniques.push(unique_of);
        }
    }

    fn index(&mut self, index: &IndexSpec, field: Option<String>) {
        let mut parts: Vec<IndexPart> = Vec::with_capacity(index.parts.len());
        for part in &index.parts {
            let target = match &part.target {
                IndexTargetOf::Field(name) => match self.column_of(name) {
                    Some(column) => IndexTarget::Column(column),
                    None => return,
                },
                IndexTargetOf::Expression(sql) => {
                    self.covered(sql, field.as_deref());
                    self.expression(&sql.value)
                }
            };
            if parts.iter().any(|before| before.target == target) {
                let message = "this index has the same column twice: remove one of them";
                self.error(index.span, field.as_deref(), message);
                return;
            }
            let nulls = part.nulls.filter(|nulls| !self.is_default(part.descending, *nulls));
            parts.push(IndexPart { target, descending: part.descending, nulls, native: Native::default() });
        }
        let Some(include) = self.columns_of(&index.include) else { return };
        if let Some(predicate) = &index.predicate {
            self.covered(predicate, field.as_deref());
        }
        let index_of = Index {
            name: given(index.name.as_ref()),
            parts,
            unique: index.unique,
            predicate: index.predicate.as_ref().map(|predicate| predicate.value.clone()),
            method: index.method.clone(),
            include,
            native: Native::default(),
        };
        if !self.table.indexes.contains(&index_of) {
            self.remember(Kind::Index, self.table.indexes.len(), index.span, field, false);
            self.table.indexes.push(index_of);
        }
    }

    /// An expression that is only the name of a column is that column.
    fn expression(&self, sql: &Sql) -> IndexTarget {
        match sql {
            Sql::Portable(text) if self.table.find(text).is_some() => IndexTarget::Column(text.clone()),
            _ => IndexTarget::Expression(sql.clone()),
        }
    }

    /// Whether every dialect of the project puts NULLs there anyway: PostgreSQL counts them as largest, the others as
    /// smallest.
    fn is_default(&self, descending: bool, nulls: Nulls) -> bool {
        let dialects = self.context.dialects;
        !dialects.is_empty()
            && dialects.iter().all(|dialect| {
                let largest = *dialect == Dialect::Postgres;
                (nulls == Nulls::Last) == (largest != descending)
            })
    }

    fn check(&mut self, check: &CheckSpec, field: Option<String>) {
        self.covered(&check.expression, field.as_deref());
        let check_of = Check {
            name: given(check.name.as_ref()),
            expression: check.expression.value.clone(),
            native: Native::default(),
        };
        if !self.table.checks.contains(&check_of) {
            self.remember(Kind::Check, self.table.checks.len(), check.span, field, false);
            self.table.checks.push(check_of);
        }
    }
}

/// The name that an attribute gives; the others are filled in later.
pub(super) fn given(name: Option<&At<String>>) -> String {
    name.map_or_else(String::new, |name| name.value.clone())
}
