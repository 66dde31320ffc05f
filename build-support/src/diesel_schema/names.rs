//! Database names as Rust identifiers.

use std::collections::BTreeSet;

/// What `table!` makes in the module of each table, beside the columns.
const TAKEN: [&str; 7] = ["all_columns", "columns", "dsl", "star", "table", "SqlType", "BoxedQuery"];

/// The words that no raw identifier can be either.
const NEVER: [&str; 5] = ["self", "Self", "super", "crate", "_"];

const KEYWORDS: &str = " as break const continue else enum extern false fn for if impl in let loop match mod move mut \
    pub ref return static struct trait true type unsafe use where while async await dyn abstract become box do final \
    macro override priv typeof unsized virtual yield try gen ";

/// A name as an identifier: raw if it is a keyword, with `_` for what cannot stand in one.
pub(super) fn identifier(name: &str) -> String {
    if is_plain(name) {
        let padded = format!(" {name} ");
        return if KEYWORDS.contains(&padded) { format!("r#{name}") } else { name.to_owned() };
    }
    let mut made: String = name.chars().map(|it| if it.is_alphanumeric() || it == '_' { it } else { '_' }).collect();
    if NEVER.contains(&made.as_str()) {
        made.push('_');
    }
    if !made.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        made.insert(0, '_');
    }
    if made == "_" { "__".to_owned() } else { made }
}

/// Whether a name is an identifier as it is, or a keyword that can be a raw one.
pub(super) fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|it| it.is_ascii_alphanumeric() || it == '_')
        && !NEVER.contains(&name)
}

/// The module of a table, and the name in the database if that differs.
pub(super) fn table_identifier(name: &str) -> (String, Option<&str>) {
    (identifier(name), (!is_plain(name)).then_some(name))
}

/// The identifiers of the columns of a table, each with whether the name in the database differs from it.
pub(super) fn column_identifiers<'a>(
    table: &str,
    columns: impl Iterator<Item = &'a str> + Clone,
) -> Vec<(String, bool)> {
    let odd = |name: &str| !is_plain(name) || TAKEN.contains(&name) || identifier(name) == table;
    // Names that stand as they are come first, so that no made one takes theirs.
    let mut used: BTreeSet<String> = columns.clone().filter(|name| !odd(name)).map(identifier).collect();
    columns
        .map(|name| {
            if !odd(name) {
                return (identifier(name), false);
            }
            let mut made = identifier(name);
            if is_plain(name) {
                made = format!("{name}_");
            }
            while made == table || TAKEN.contains(&made.as_str()) || !used.insert(made.clone()) {
                made.push('_');
            }
            (made, true)
        })
        .collect()
}

/// The SQL type of an enum, as the Diesel schema and the derive name it.
pub(super) use migratable_syntax::findings::sql_type_name;

/// A text as a Rust literal.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}
