//! Domains: types that stand for others and refuse some of their values.

use std::collections::BTreeMap;

use migratable_core::{ColumnType, TableName};

use super::introspect::Cells;
use super::types;
use crate::inspect::Domain;

/// Reads domains, each with all that it has from the domains that it rests on; `text` spells what the server says.
pub(super) fn read(rows: Vec<Cells>, text: impl Fn(&str) -> String) -> BTreeMap<String, Domain> {
    let mut found = BTreeMap::new();
    for mut row in rows {
        let (name, base) = (text(&row.text()), text(&row.text()));
        let base = match row.flag() {
            true => ColumnType::Enum(TableName::parse(&base).to_string()),
            false => types::parse(&base),
        };
        let (not_null, has_default) = (row.flag(), row.flag());
        let checks = row.list().iter().map(|check| text(check)).collect();
        found.insert(name, Domain { base, not_null, has_default, checks });
    }
    found.keys().map(|name| (name.clone(), resolved(&found, name))).collect()
}

/// A domain on a type that is none.
fn resolved(domains: &BTreeMap<String, Domain>, name: &str) -> Domain {
    let mut domain = domains[name].clone();
    while let Some(base) = types::name(&domain.base).ok().and_then(|base| domains.get(&base)) {
        domain.base = base.base.clone();
        domain.not_null |= base.not_null;
        domain.checks.extend(base.checks.iter().cloned());
    }
    domain
}
