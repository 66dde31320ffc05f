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

/// What stands between the parts of a domain that is noted.
const PART: char = '\u{2}';

/// Domains as lines of a text.
pub(super) fn note(domains: &BTreeMap<String, Domain>) -> String {
    let line = |(name, domain): (&String, &Domain)| {
        let (base, is_enum) = match &domain.base {
            ColumnType::Enum(name) => (name.clone(), true),
            base => (types::name(base).ok()?, false),
        };
        let flags = [is_enum, domain.not_null, domain.has_default].map(|flag| flag.to_string());
        let parts = [name.clone(), base].into_iter().chain(flags).chain(domain.checks.iter().cloned());
        Some(
            parts
                .map(|part| part.replace('\\', "\\\\").replace('\n', "\\n"))
                .collect::<Vec<_>>()
                .join(&PART.to_string()),
        )
    };
    domains.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn unescaped(part: &str) -> String {
    part.replace("\\\\", "\u{1}").replace("\\n", "\n").replace('\u{1}', "\\")
}

/// What such lines say.
pub(super) fn noted<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, Domain> {
    let domain = |line: &str| {
        let mut parts = line.split(PART);
        let (name, base) = (parts.next()?.to_owned(), parts.next()?);
        let mut flag = || Some(parts.next()? == "true");
        let (is_enum, not_null, has_default) = (flag()?, flag()?, flag()?);
        let base = if is_enum { ColumnType::Enum(base.to_owned()) } else { types::parse(base) };
        Some((name, Domain { base, not_null, has_default, checks: parts.map(unescaped).collect() }))
    };
    lines.filter_map(domain).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_again() {
        let domain = |base, not_null, checks: &[&str]| Domain {
            base,
            not_null,
            has_default: !not_null,
            checks: checks.iter().map(|&check| check.to_owned()).collect(),
        };
        let domains = BTreeMap::from([
            (
                "price".to_owned(),
                domain(ColumnType::Numeric(Some((10, 2))), true, &["(VALUE > 0)", "(VALUE <> E'\n\\n')"]),
            ),
            ("\"My Mood\"".to_owned(), domain(ColumnType::Enum("mood".to_owned()), false, &[])),
        ]);
        assert_eq!(noted(note(&domains).lines()), domains);
        assert_eq!(noted("".lines()), BTreeMap::new());
    }
}
