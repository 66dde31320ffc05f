//! Keys, uniques, checks, exclusion constraints and foreign keys.

use std::collections::HashSet;

use migratable_core::{Action, Check, Deferrable, ForeignKey, Native, PrimaryKey, Unique};

use super::super::ddl::list;
use super::super::introspect::{Catalogue, Cells};
use super::{Numbers, Reader};

/// The numbers of the indexes that belong to constraints.
pub(super) fn indexes(constraints: &[Cells]) -> HashSet<String> {
    const KIND: usize = 2;
    const INDEX: usize = 9;
    let owners = constraints.iter().filter(|row| matches!(row.peek(KIND), Some("p" | "u" | "x")));
    owners.filter_map(|row| row.peek(INDEX)).map(str::to_owned).collect()
}

impl Reader {
    pub(super) fn constraints(&self, catalogue: &mut Catalogue, numbers: &mut Numbers) {
        for mut row in std::mem::take(&mut catalogue.constraints) {
            let relation = row.text();
            if !numbers.tables.contains_key(&relation) {
                continue;
            }
            self.constraint(&relation, &mut row, numbers);
        }
    }

    fn constraint(&self, relation: &str, row: &mut Cells, numbers: &mut Numbers) {
        let (name, kind) = (row.text(), row.text());
        let deferrable = match (row.flag(), row.flag()) {
            (true, true) => Deferrable::Deferred,
            (true, false) => Deferrable::Immediate,
            (false, _) => Deferrable::No,
        };
        let mut native = Native::default();
        let is_valid = row.flag();
        let no_inherit = row.flag();
        let columns = numbers.names(relation, &row.numbers());
        let expression = row.text();
        let index = numbers.indexes.remove(&row.text());
        let (of, schema, table, keys) = (row.text(), row.text(), row.text(), row.numbers());
        let references = numbers.names(&of, &keys);
        let (on_update, on_delete) = (action(&row.text()), action(&row.text()));
        native.set("match_full", row.flag().then_some("true"));
        let set_columns = numbers.names(relation, &row.numbers());
        native.set("set_columns", (!set_columns.is_empty()).then(|| list(&set_columns)));
        native.set("comment", row.optional());
        native.set("period", row.flag().then_some("true"));
        native.set(
            "not_valid",
            match (row.flag(), is_valid) {
                (false, _) => Some("not enforced"),
                (true, false) => Some("true"),
                (true, true) => None,
            },
        );
        let Some(found) = numbers.tables.get_mut(relation) else { return };
        let target = &mut found.table;
        if let Some(index) = index {
            index.native.iter().for_each(|(word, value)| native.set(word, Some(value)));
        }
        if kind != "f" {
            native.set(
                "deferrable",
                match deferrable {
                    Deferrable::No => None,
                    Deferrable::Immediate => Some("immediate"),
                    Deferrable::Deferred => Some("deferred"),
                },
            );
        }
        match kind.as_str() {
            "p" => target.primary_key = Some(PrimaryKey { name, columns, native }),
            "u" => target.uniques.push(Unique { name, columns, native }),
            "f" => {
                let table = self.name(&schema, table);
                let key = ForeignKey { name, columns, table, references, on_delete, on_update, deferrable, native };
                target.foreign_keys.push(key);
            }
            kind => {
                native.set("no_inherit", (no_inherit && kind == "c").then_some("true"));
                if kind == "x" {
                    // The definition says all the rest.
                    let comments = ["comment", "index_comment"].map(|word| (word, native.get(word).map(str::to_owned)));
                    native = Native::default();
                    comments.into_iter().for_each(|(word, comment)| native.set(word, comment));
                    native.set("exclusion", Some("true"));
                }
                target.checks.push(Check { name, expression: self.sql(&expression), native });
            }
        }
    }
}

fn action(letter: &str) -> Action {
    match letter {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}
