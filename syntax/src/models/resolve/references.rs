//! Foreign keys: `references` on fields, `foreign_key(..)` on structs, Diesel's `belongs_to`.

use migratable_core::{Action, Deferrable, ForeignKey, Native, TableName};
use proc_macro2::Span;

use super::constraints::given;
use super::{Building, Kind};
use crate::models::attributes::{At, Target, TargetTable};
use crate::models::item::StructItem;
use crate::models::lookup::TypeError;
use crate::models::rust_type::TypePath;

/// A foreign key, and where it was said.
struct Said {
    key: ForeignKey,
    span: Span,
    field: Option<String>,
    by_name: bool,
}

/// The facts that a field says about its foreign key.
#[derive(Clone)]
struct FieldFacts {
    name: Option<At<String>>,
    on_delete: Option<At<Action>>,
    on_update: Option<At<Action>>,
    deferrable: Option<Span>,
    span: Span,
    own: String,
    column: String,
    used: bool,
}

impl Building<'_, '_, '_> {
    /// Reads every foreign key of the struct.
    pub(super) fn references(&mut self, found: &StructItem) {
        let mut facts: Vec<FieldFacts> = Vec::new();
        let mut fields = Vec::new();
        for flat in self.flats.iter() {
            let attributes = &flat.field.attributes;
            let first = None
                .or(attributes.reference_name.as_ref().map(|it| it.span))
                .or(attributes.on_delete.as_ref().map(|it| it.span))
                .or(attributes.on_update.as_ref().map(|it| it.span))
                .or(attributes.deferrable);
            if first.is_none() && attributes.references.is_none() {
                continue;
            }
            let Some(built) = self.columns.iter().find(|built| built.field == flat.field.name()) else { continue };
            facts.push(FieldFacts {
                name: attributes.reference_name.clone(),
                on_delete: attributes.on_delete.clone(),
                on_update: attributes.on_update.clone(),
                deferrable: attributes.deferrable,
                span: flat.place(first.unwrap_or(flat.field.ident.span())),
                own: flat.own_name(),
                column: built.column.clone(),
                used: false,
            });
            if let Some(target) = &attributes.references {
                fields.push((facts.len() - 1, target.value.clone(), flat.place(target.span)));
            }
        }
        let mut said = Vec::new();
        for (at, target, span) in fields {
            facts[at].used = true;
            let own = facts[at].own.clone();
            if let Some((table, references, by_name)) = self.target(&target, span, 1, Some(&own)) {
                let key = key_of(&facts[at], vec![facts[at].column.clone()], table, references);
                said.push(Said { key, span, field: Some(own), by_name });
            }
        }
        self.struct_keys(found, &mut said);
        self.belongs_to(found, &mut facts, &mut said);
        for unused in facts.iter().filter(|facts| !facts.used) {
            let message = "this says how a reference behaves, and the field refers to nothing\nhelp: the correct form \
                           is `#[migratable(references = User, on_delete = cascade)]`";
            self.error(unused.span, Some(&unused.own), message);
        }
        for Said { key, span, field, by_name } in said {
            self.check_actions(&key, span, field.as_deref());
            self.remember(Kind::ForeignKey, self.table.foreign_keys.len(), span, field, by_name);
            self.table.foreign_keys.push(key);
        }
    }

    fn struct_keys(&mut self, found: &StructItem, said: &mut Vec<Said>) {
        for spec in &found.attributes.foreign_keys {
            let Some(columns) = self.columns_of(&spec.fields) else { continue };
            let Some((table, references, by_name)) = self.target(&spec.target, spec.span, columns.len(), None) else {
                continue;
            };
            let key = ForeignKey {
                name: given(spec.name.as_ref()),
                columns,
                table,
                references,
                on_delete: spec.on_delete.as_ref().map_or_else(Action::default, |it| it.value),
                on_update: spec.on_update.as_ref().map_or_else(Action::default, |it| it.value),
                deferrable: if spec.deferrable { Deferrable::Deferred } else { Deferrable::No },
                native: Native::default(),
            };
            if said.iter().any(|other| same(&other.key, &key)) {
                self.error(spec.span, None, "this foreign key stands here twice: remove one of them");
                continue;
            }
            said.push(Said { key, span: spec.span, field: None, by_name });
        }
    }

    fn belongs_to(&mut self, found: &StructItem, facts: &mut [FieldFacts], said: &mut Vec<Said>) {
        for spec in &found.attributes.belongs_to {
            let Some(built) = self.columns.iter().find(|built| built.column == spec.column.value) else {
                let message = format!(
                    "`belongs_to` means the column `{0}`, and no field has it\nhelp: name the column: \
                     `#[diesel(belongs_to({1}, foreign_key = {0}))]`",
                    spec.column.value,
                    crate::models::rust_type::text(&spec.parent)
                );
                self.error(spec.column.span, None, message);
                continue;
            };
            let (column, own) = (built.column.clone(), built.own_field.clone());
            let target = Target { table: TargetTable::Model(spec.parent.clone()), columns: Vec::new() };
            let Some((table, references, _)) = self.target(&target, spec.span, 1, None) else { continue };
            let at_field = facts.iter_mut().find(|facts| facts.column == column);
            let key = match at_field {
                Some(facts) if !facts.used => {
                    facts.used = true;
                    key_of(facts, vec![column], table, references)
                }
                _ => ForeignKey {
                    name: String::new(),
                    columns: vec![column],
                    table,
                    references,
                    on_delete: Action::default(),
                    on_update: Action::default(),
                    deferrable: Deferrable::No,
                    native: Native::default(),
                },
            };
            if !said.iter().any(|other| same(&other.key, &key)) {
                said.push(Said { key, span: spec.span, field: Some(own), by_name: false });
            }
        }
    }

    /// The table and columns of a target, and whether a text names them.
    fn target(
        &mut self,
        target: &Target,
        span: Span,
        count: usize,
        field: Option<&str>,
    ) -> Option<(TableName, Vec<String>, bool)> {
        let path = match &target.table {
            TargetTable::Named(table) => {
                let columns: Vec<String> = target.columns.iter().map(|column| column.value.clone()).collect();
                if columns.len() != count {
                    let message = format!(
                        "a reference by name names as many columns as refer, and here are {} for {count}",
                        columns.len()
                    );
                    self.error(table.span, field, message);
                    return None;
                }
                return Some((TableName::parse(&table.value), columns, true));
            }
            TargetTable::Model(path) if path.is_ident("Self") => self.scope.own_path(&self.name),
            TargetTable::Model(path) => TypePath::of(path, self.scope),
        };
        let (table, key) = match self.asking.model(&path) {
            Ok(found) => found,
            Err(TypeError::Broken) => {
                self.done.lost = true;
                return None;
            }
            Err(TypeError::Unknown(message)) => {
                let help = "help: refer to a model, or to a table by name: `#[migratable(references = \"users.id\")]`";
                self.error(span, field, format!("{message}\n{help}"));
                return None;
            }
        };
        let model = path.name();
        let references = if target.columns.is_empty() {
            if key.is_empty() {
                let message = format!("`{model}` has no primary key to refer to: name its column by a text");
                self.error(span, field, message);
                return None;
            }
            key
        } else {
            target.columns.iter().map(|column| self.asking.column_of(&path, &column.value)).collect()
        };
        if references.len() != count {
            let list = references.join(", ");
            let message = format!(
                "`{model}` is referred to by {} columns ({list}), and {count} stand here\nhelp: the correct form is \
                 `#[migratable(foreign_key(columns(…), references({model}({list}))))]` on the struct",
                references.len()
            );
            self.error(span, field, message);
            return None;
        }
        Some((table, references, false))
    }

    fn check_actions(&mut self, key: &ForeignKey, span: Span, field: Option<&str>) {
        for (word, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
            for name in &key.columns {
                let Some(column) = self.table.find(name) else { continue };
                let wrong = match action {
                    Action::SetNull if !column.nullable => "sets the column to NULL: make the field an Option",
                    Action::SetDefault if column.default.is_none() && !column.nullable => {
                        "sets the column to its default, and it has none: add `default = …`"
                    }
                    _ => continue,
                };
                self.error(span, field, format!("`{word} = {action}` {wrong}"));
                break;
            }
        }
    }
}

fn key_of(facts: &FieldFacts, columns: Vec<String>, table: TableName, references: Vec<String>) -> ForeignKey {
    ForeignKey {
        name: given(facts.name.as_ref()),
        columns,
        table,
        references,
        on_delete: facts.on_delete.as_ref().map_or_else(Action::default, |it| it.value),
        on_update: facts.on_update.as_ref().map_or_else(Action::default, |it| it.value),
        deferrable: if facts.deferrable.is_some() { Deferrable::Deferred } else { Deferrable::No },
        native: Native::default(),
    }
}

/// Whether two foreign keys refer from the same columns to the same.
fn same(a: &ForeignKey, b: &ForeignKey) -> bool {
    a.columns == b.columns && a.table == b.table && a.references == b.references
}
