//! Attributes of fields.

use migratable_core::{Action, ColumnType, DefaultValue, Generated, Identity, Sql};
use proc_macro2::Span;
use syn::Attribute;

use super::entries::{Value, entries};
use super::index::{IndexSpec, UniqueSpec, index, unique};
use super::known::{Level, form, unknown};
use super::struct_level::{CheckSpec, check};
use super::{At, Mistakes, Target, TypeSpec, diesel, once, values};

/// What the attributes of a field say.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldAttributes {
    pub(crate) column: Option<At<String>>,
    pub(crate) column_type: Option<At<TypeSpec>>,
    pub(crate) sql_type: Option<At<ColumnType>>,
    pub(crate) nullable_sql_type: bool,
    pub(crate) primary_key: Option<Span>,
    pub(crate) auto_increment: Option<At<bool>>,
    pub(crate) identity: Option<At<Identity>>,
    pub(crate) unique: Option<UniqueSpec>,
    pub(crate) index: Option<IndexSpec>,
    pub(crate) default: Option<At<DefaultValue>>,
    pub(crate) generated: Option<At<Generated>>,
    pub(crate) references: Option<At<Target>>,
    pub(crate) reference_name: Option<At<String>>,
    pub(crate) on_delete: Option<At<Action>>,
    pub(crate) on_update: Option<At<Action>>,
    pub(crate) deferrable: Option<Span>,
    pub(crate) checks: Vec<CheckSpec>,
    pub(crate) collation: Option<At<String>>,
    pub(crate) comment: Option<String>,
    pub(crate) renamed_from: Option<At<String>>,
    pub(crate) skip: Option<Span>,
    pub(crate) embed: bool,
}

const LEVEL: Level = Level::Field;

/// Reads the attributes of a field.
pub(crate) fn field(attributes: &[Attribute], mistakes: &mut Mistakes) -> FieldAttributes {
    let mut found = FieldAttributes::default();
    let mut generated: Option<At<Sql>> = None;
    let (mut stored, mut computed) = (None, None);
    let mut others = None;
    for entry in entries(attributes, "migratable", LEVEL, mistakes) {
        let key = &entry.key;
        let name = entry.name();
        if name != "skip" {
            others = Some(key.clone());
        }
        macro_rules! set {
            ($place:expr, $value:expr) => {{
                let value = mistakes.good($value);
                once(&mut $place, key, value, mistakes);
            }};
        }
        match name.as_str() {
            "column" => set!(found.column, values::name(&entry, LEVEL)),
            "type" => set!(found.column_type, values::type_spec(&entry, LEVEL)),
            "primary_key" => set!(found.primary_key, values::flag(&entry, LEVEL)),
            "auto_increment" => set!(found.auto_increment, values::boolean(&entry, LEVEL)),
            "identity" => set!(found.identity, values::identity(&entry, LEVEL)),
            "unique" => {
                let value = unique(&entry, LEVEL, mistakes);
                once(&mut found.unique, key, value, mistakes);
            }
            "index" => {
                let value = index(&entry, LEVEL, mistakes);
                once(&mut found.index, key, value, mistakes);
            }
            "default" => set!(found.default, values::default(&entry, LEVEL)),
            "generated" => match &entry.value {
                Value::Equals(value) => set!(generated, values::sql(value)),
                _ => mistakes.add(entry.wrong(LEVEL)),
            },
            "stored" => set!(stored, values::flag(&entry, LEVEL)),
            "virtual" => set!(computed, values::flag(&entry, LEVEL)),
            "references" => set!(found.references, values::references(&entry, LEVEL)),
            "reference_name" => set!(found.reference_name, values::name(&entry, LEVEL)),
            "on_delete" => set!(found.on_delete, values::action(&entry, LEVEL)),
            "on_update" => set!(found.on_update, values::action(&entry, LEVEL)),
            "deferrable" => set!(found.deferrable, values::flag(&entry, LEVEL)),
            "check" => found.checks.extend(mistakes.good(check(&entry, LEVEL))),
            "collate" => set!(found.collation, values::name(&entry, LEVEL)),
            "comment" => {
                let value = mistakes.good(values::comment(&entry, LEVEL)).flatten();
                once(&mut found.comment, key, value, mistakes);
            }
            "renamed_from" => set!(found.renamed_from, values::name(&entry, LEVEL)),
            "skip" => set!(found.skip, values::flag(&entry, LEVEL)),
            other => mistakes.at(key.span(), unknown(LEVEL, other)),
        }
    }
    found.generated = match (generated, stored, computed) {
        (Some(_), Some(_), Some(at)) => {
            mistakes.at(at, "a generated column is `stored` or `virtual`, not both");
            None
        }
        (Some(expression), _, computed) => Some(At {
            span: expression.span,
            value: Generated { expression: expression.value, stored: computed.is_none() },
        }),
        (None, Some(at), _) | (None, _, Some(at)) => {
            let form = form(LEVEL, "generated");
            mistakes.at(at, format!("this says how a generated column is kept, and there is no `generated`\n{form}"));
            None
        }
        (None, None, None) => None,
    };
    diesel::field_level(attributes, &mut found, mistakes);
    if let (Some(_), Some(key)) = (found.skip, others) {
        mistakes.at(key.span(), format!("a field that is skipped has no column: remove `{key}` or `skip`"));
    }
    found
}
