//! Indexes, and what constraints have of theirs.

use std::collections::HashSet;

use migratable_core::{Index, IndexPart, IndexTarget, Native, Nulls};

use super::super::ddl::list;
use super::super::introspect::{Catalogue, Cells};
use super::{Numbers, Reader};

/// What a constraint has of its index.
pub(super) struct OfConstraint {
    pub(super) native: Native,
}

impl Reader {
    pub(super) fn indexes(&self, catalogue: &mut Catalogue, numbers: &mut Numbers, of_constraints: &HashSet<String>) {
        for mut row in std::mem::take(&mut catalogue.indexes) {
            let relation = row.text();
            if !numbers.tables.contains_key(&relation) {
                continue;
            }
            let number = row.text();
            let is_own = !of_constraints.contains(&number);
            self.index(&relation, number, is_own, &mut row, numbers);
        }
    }

    fn index(&self, relation: &str, number: String, is_own: bool, row: &mut Cells, numbers: &mut Numbers) {
        let (name, unique, method) = (row.text(), row.flag(), row.text());
        let key_count: usize = row.text().parse().unwrap_or_default();
        let keys = row.numbers();
        let (options, classes, collations) = (row.numbers(), row.numbers(), row.numbers());
        let predicate = row.optional().map(|it| self.sql(&it));
        let mut expressions = row.list().into_iter();
        let parameters = row.list();
        let mut native = Native::default();
        native.set("storage_parameters", row.optional());
        native.set("nulls_not_distinct", row.flag().then_some("true"));
        native.set("invalid", (!row.flag()).then_some("true"));
        let (clustered, replica) = (row.flag(), row.flag());
        let comment = row.optional();
        native.set("statistics", Some(row.list().join(", ")).filter(|it| !it.is_empty()));
        native.set("tablespace", row.optional());
        let include = numbers.names(relation, keys.get(key_count..).unwrap_or_default());
        let mut parts = Vec::new();
        for (at, key) in keys.iter().take(key_count).enumerate() {
            let attribute = numbers.columns.get(relation).and_then(|of| of.get(key));
            let (target, usual_collation) = match attribute {
                Some(attribute) => (IndexTarget::Column(attribute.name.clone()), attribute.collation.as_str()),
                None => (IndexTarget::Expression(self.sql(&expressions.next().unwrap_or_default())), "100"),
            };
            let text_of = |numbers: &[i64]| numbers.get(at).map(ToString::to_string).unwrap_or_default();
            let option = options.get(at).copied().unwrap_or_default();
            let (descending, nulls_first) = (option & 1 != 0, option & 2 != 0);
            let mut part = IndexPart { target, descending, nulls: None, native: Native::default() };
            part.nulls = match (descending, nulls_first) {
                (false, true) => Some(Nulls::First),
                (true, false) => Some(Nulls::Last),
                _ => None,
            };
            let prefix = format!("{}:", at + 1);
            let of_class = parameters.iter().find_map(|it| it.strip_prefix(&prefix));
            let of_class = of_class.filter(|it| !it.starts_with("pg_"));
            let class = text_of(&classes);
            let unusual = numbers.classes.get(&class);
            part.native.set(
                "operator_class",
                match (unusual.or_else(|| numbers.usual_classes.get(&class)), of_class) {
                    (Some(class), Some(parameters)) => Some(format!("{} ({parameters})", self.text(class))),
                    (_, None) => unusual.map(|class| self.text(class)),
                    (None, _) => None,
                },
            );
            let collation = text_of(&collations);
            let unusual = collation != "0" && collation != usual_collation;
            part.native.set("collation", unusual.then(|| numbers.collations.get(&collation)).flatten().cloned());
            parts.push(part);
        }
        let Some(found) = numbers.tables.get_mut(relation) else { return };
        if clustered {
            found.table.native.set("clustered", Some(name.as_str()));
        }
        if replica && found.replica_identity == "i" {
            found.table.native.set("replica_identity", Some(format!("USING INDEX {}", list([&name]))));
        }
        if is_own {
            native.set("comment", comment);
            let method = Some(method).filter(|it| it != "btree");
            found.table.indexes.push(Index { name, parts, unique, predicate, method, include, native });
        } else {
            native.set("index_comment", comment);
            native.set("include", (!include.is_empty()).then(|| list(&include)));
            numbers.indexes.insert(number, OfConstraint { native });
        }
    }
}
