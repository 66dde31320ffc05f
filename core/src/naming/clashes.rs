//! Names that two things would have, where a database has room for one.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::{Dialect, Naming, Table, TableName};

/// A name that is taken already.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Clash {
    /// The table whose constraint or index it is.
    pub table: TableName,
    /// The name.
    pub name: String,
    /// Who has it, and what to do.
    pub message: String,
}

/// A schema, and a name in it in lower case.
type Shared<'t> = (Option<&'t str>, Cow<'t, str>);

/// A constraint or index.
struct Named<'t> {
    kind: Kind,
    name: &'t str,
    /// What the pattern of its kind gives.
    usual: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    PrimaryKey,
    Unique,
    Index,
    ForeignKey,
    Check,
}

impl Kind {
    /// What it is called.
    fn noun(self) -> &'static str {
        match self {
            Kind::PrimaryKey => "primary key",
            Kind::Unique => "unique",
            Kind::Index => "index",
            Kind::ForeignKey => "reference",
            Kind::Check => "check",
        }
    }

    /// The key of its pattern, and the attribute that names one of them.
    fn named_by(self) -> (&'static str, Option<&'static str>) {
        match self {
            Kind::PrimaryKey => ("pk", None),
            Kind::Unique => ("uq", Some("unique(name = \"…\")")),
            Kind::Index => ("ix", Some("index(name = \"…\")")),
            Kind::ForeignKey => ("fk", Some("reference_name = \"…\"")),
            Kind::Check => ("ck", Some("check(name = \"…\", \"…\")")),
        }
    }

    /// Whether it has its name beside tables on SQLite and PostgreSQL, else beside those of its kind on MySQL.
    fn is_relation(self) -> bool {
        matches!(self, Kind::PrimaryKey | Kind::Unique | Kind::Index)
    }
}

impl Naming {
    /// The names of constraints and indexes that another thing has already. On SQLite and PostgreSQL keys, uniques and
    /// indexes share theirs with tables, on MySQL references theirs with each other, and so do checks; on all of them no
    /// two of a table have one name. Upper and lower case are one.
    pub fn clashes<'t>(&self, tables: impl Iterator<Item = &'t Table> + Clone, dialects: &[Dialect]) -> Vec<Clash> {
        let with_relations = dialects.iter().any(|dialect| *dialect != Dialect::Mysql);
        let with_constraints = dialects.contains(&Dialect::Mysql);
        let mut relations: HashMap<Shared<'_>, (Option<Kind>, &TableName)> = HashMap::new();
        let mut constraints: HashMap<(Kind, Shared<'_>), &TableName> = HashMap::new();
        for table in tables.clone().filter(|_| with_relations) {
            relations.insert(shared(&table.name, &table.name.name), (None, &table.name));
        }
        let mut found = Vec::new();
        for table in tables {
            let mut own: Vec<Cow<'_, str>> = Vec::new();
            for it in self.named(table) {
                let key = shared(&table.name, it.name);
                let lower = key.1.clone();
                let other = if own.contains(&lower) {
                    Some(format!("`{}` has something named `{}` already", table.name, it.name))
                } else if it.kind.is_relation() {
                    let before = with_relations.then(|| relations.insert(key, (Some(it.kind), &table.name))).flatten();
                    let what =
                        |kind: Option<Kind>| kind.map_or("table".to_owned(), |kind| format!("{} of", kind.noun()));
                    before.map(|(kind, of)| format!("`{}` is the name of the {} `{of}` already", it.name, what(kind)))
                } else {
                    let before = with_constraints.then(|| constraints.insert((it.kind, key), &table.name)).flatten();
                    let what = it.kind.noun();
                    before.map(|of| format!("on MySQL `{}` is the name of the {what} of `{of}` already", it.name))
                };
                own.push(lower);
                found.extend(other.map(|other| Clash {
                    table: table.name.clone(),
                    name: it.name.to_owned(),
                    message: format!("{other}{}", it.way_out()),
                }));
            }
        }
        found
    }

    /// What has a name in a table.
    fn named<'t>(&self, table: &'t Table) -> Vec<Named<'t>> {
        let of = |kind, name: &'t str, usual| Named { kind, name, usual };
        let name = &table.name;
        let key = table.primary_key.iter().map(|it| of(Kind::PrimaryKey, &it.name, self.primary_key(name, it)));
        let uniques = table.uniques.iter().map(|it| of(Kind::Unique, &it.name, self.unique(name, it)));
        let indexes = table.indexes.iter().map(|it| of(Kind::Index, &it.name, self.index(table, it)));
        let keys = table.foreign_keys.iter().map(|it| of(Kind::ForeignKey, &it.name, self.foreign_key(name, it)));
        let checks = table.checks.iter().map(|it| of(Kind::Check, &it.name, self.check(table, it)));
        key.chain(uniques).chain(indexes).chain(keys).chain(checks).collect()
    }
}

impl Named<'_> {
    /// How to come to another name: what nobody has named is named, or follows another pattern.
    fn way_out(&self) -> String {
        let (key, attribute) = self.kind.named_by();
        if self.name != self.usual {
            return ": give this one another name".to_owned();
        }
        let named = attribute.map_or(String::new(), |it| format!("name this one, `#[migratable({it})]`, or "));
        format!("\nhelp: {named}set another pattern `{key}` in [package.metadata.migratable.naming]")
    }
}

fn shared<'t>(table: &'t TableName, name: &'t str) -> Shared<'t> {
    let lower = if name.bytes().any(|byte| !byte.is_ascii() || byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_lowercase())
    } else {
        Cow::Borrowed(name)
    };
    (table.schema.as_deref(), lower)
}
