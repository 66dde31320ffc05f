//! Primary keys, and which columns the database numbers.

use migratable_core::{ColumnType, Identity, Native, PrimaryKey};
use proc_macro2::Span;

use super::Building;
use crate::models::attributes::{At, KeySpec};
use crate::models::item::StructItem;

impl Building<'_, '_, '_> {
    /// Sets the primary key: the fields that say so, or the field `id`.
    pub(super) fn primary_key(&mut self, found: &StructItem, span: Span) {
        let marked: Vec<At<String>> = self
            .flats
            .iter()
            .filter_map(|it| {
                it.field.attributes.primary_key.map(|at| At { value: it.field.name(), span: it.place(at) })
            })
            .collect();
        let columns = match &found.attributes.primary_key {
            Some(_) if !marked.is_empty() => {
                let message = "the struct says its primary key as well: remove `primary_key` from one of the two";
                return self.error(marked[0].span, None, message);
            }
            Some(KeySpec::None) => return,
            Some(KeySpec::Fields(fields)) => self.columns_of(fields),
            Some(KeySpec::Columns(columns)) => {
                let fields: Vec<At<String>> = columns
                    .iter()
                    .map(|column| At { value: self.field_of_column(&column.value), span: column.span })
                    .collect();
                self.columns_of(&fields)
            }
            None if !marked.is_empty() => self.columns_of(&marked),
            None => match self.columns.iter().find(|built| built.field == "id") {
                Some(built) => Some(vec![built.column.clone()]),
                None => {
                    let message = format!(
                        "`{}` has no primary key: no field is named `id`\nhelp: mark one with \
                         `#[migratable(primary_key)]`, name several on the struct: `#[migratable(primary_key(a, b))]`, \
                         or say that the table has none: `#[migratable(primary_key = false)]`",
                        self.name
                    );
                    return self.error(span, None, message);
                }
            },
        };
        let Some(columns) = columns else { return };
        for column in &columns {
            let wrong = match self.table.find(column) {
                Some(found) if found.nullable => "NULL cannot stand in a primary key: write the type without Option",
                Some(found) if found.generated.is_some() => "a generated column cannot be in the primary key",
                _ => continue,
            };
            let (at, field) = self.built_place(column, span);
            self.error(at, Some(&field), wrong);
        }
        self.table.primary_key = Some(PrimaryKey { name: String::new(), columns, native: Native::default() });
    }

    fn field_of_column(&self, column: &str) -> String {
        let built = self.columns.iter().find(|built| built.column == column);
        built.map_or_else(|| column.to_owned(), |built| built.field.clone())
    }

    /// Lets the database number the rows: where an attribute says so, and in a single integer key that refers to nothing.
    pub(super) fn identity(&mut self) {
        let single = match &self.table.primary_key {
            Some(key) if key.columns.len() == 1 => Some(key.columns[0].clone()),
            _ => None,
        };
        let mut explicit = Vec::new();
        let mut refused = Vec::new();
        let mut mistakes = Vec::new();
        for flat in self.flats.iter() {
            let attributes = &flat.field.attributes;
            let name = flat.field.name();
            match (&attributes.identity, attributes.auto_increment.clone()) {
                (Some(identity), Some(At { value: false, .. })) => {
                    let message = "`identity` and `auto_increment = false` contradict each other: remove one";
                    mistakes.push((flat.place(identity.span), name, message.to_owned()));
                }
                (Some(identity), _) => explicit.push((name, identity.value.clone(), flat.place(identity.span))),
                (None, Some(At { value: true, span })) => {
                    explicit.push((name, Identity::default(), flat.place(span)));
                }
                (None, Some(At { value: false, span })) => refused.push((name, flat.place(span))),
                (None, None) => {}
            }
        }
        for (span, field, message) in mistakes {
            self.error(span, Some(&field), message);
        }
        for (field, span) in &refused {
            let Some(column) = self.columns.iter().find(|built| built.field == *field) else { continue };
            if !self.table.is_key(&column.column) && self.table.primary_key.is_some() {
                let own = column.own_field.clone();
                let message = "`auto_increment = false` belongs on the primary key: the database numbers nothing else";
                self.error(*span, Some(&own), message);
            }
        }
        let dialects = self.context.dialects;
        let is_integer = |column_type: &ColumnType| match column_type {
            ColumnType::Native(_) => !dialects.is_empty() && dialects.iter().all(|it| column_type.on(*it).is_integer()),
            portable => portable.is_integer(),
        };
        for (field, identity, span) in explicit {
            let Some(built) = self.columns.iter().find(|built| built.field == field) else { continue };
            let (name, own) = (built.column.clone(), built.own_field.clone());
            let Some(column) = self.table.find_mut(&name) else { continue };
            let wrong = if !is_integer(&column.column_type) {
                format!(
                    "only a smallint, integer or bigint is numbered by the database, and this is {}",
                    column.column_type
                )
            } else if column.nullable {
                "a column that the database numbers holds no NULL: write the type without Option".to_owned()
            } else if column.default.is_some() || column.generated.is_some() {
                "a column that the database numbers has no default and no expression".to_owned()
            } else {
                column.identity = Some(identity);
                continue;
            };
            self.error(span, Some(&own), wrong);
        }
        let Some(key) = single else { return };
        let refers = self.table.foreign_keys.iter().any(|it| it.columns.contains(&key) && it.table != self.table.name);
        let is_refused = |field: &str| refused.iter().any(|(name, _)| name == field);
        let Some(built) = self.columns.iter().find(|built| built.column == key) else { return };
        if refers || is_refused(&built.field) {
            return;
        }
        if let Some(column) = self.table.find_mut(&key)
            && column.identity.is_none()
            && column.default.is_none()
            && column.generated.is_none()
            && is_integer(&column.column_type)
        {
            column.identity = Some(Identity::default());
        }
    }

    /// Where a column is reported, and at which field.
    pub(super) fn built_place(&self, column: &str, otherwise: Span) -> (Span, String) {
        let built = self.columns.iter().find(|built| built.column == column);
        built.map_or((otherwise, String::new()), |built| (built.span, built.own_field.clone()))
    }
}
