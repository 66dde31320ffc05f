//! Database names as Rust identifiers.

use std::collections::BTreeSet;

use unicode_ident::{is_xid_continue, is_xid_start};

/// What `table!` makes in the module of each table, beside the columns.
const TAKEN: [&str; 7] = ["all_columns", "columns", "dsl", "star", "table", "SqlType", "BoxedQuery"];

/// The words that no raw identifier can be either.
const NEVER: [&str; 5] = ["self", "Self", "super", "crate", "_"];

/// A name as an identifier: raw if it is a keyword, with `_` for what cannot stand in one.
pub(crate) fn identifier(name: &str) -> String {
    if is_plain(name) {
        return if is_keyword(name) { format!("r#{name}") } else { name.to_owned() };
    }
    let mut made: String = name.chars().map(|it| if is_xid_continue(it) { it } else { '_' }).collect();
    if NEVER.contains(&made.as_str()) {
        made.push('_');
    }
    if !made.starts_with(|first: char| is_xid_start(first) || first == '_') {
        made.insert(0, '_');
    }
    if made == "_" { "__".to_owned() } else { made }
}

/// Whether a name is an identifier as it is, or a keyword that can be a raw one.
pub(crate) fn is_plain(name: &str) -> bool {
    for (at, &byte) in name.as_bytes().iter().enumerate() {
        let fits = byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_uppercase();
        if !fits && (at == 0 || !byte.is_ascii_digit()) {
            return false;
        }
    }
    !name.is_empty() && (name.len() > 5 || !NEVER.contains(&name))
}

/// Whether a name is a word of Rust, which can be a raw identifier.
pub(crate) fn is_keyword(name: &str) -> bool {
    match name.len() {
        2 => matches!(name, "as" | "do" | "fn" | "if" | "in"),
        3 => matches!(name, "box" | "dyn" | "for" | "gen" | "let" | "mod" | "mut" | "pub" | "ref" | "try" | "use"),
        4 => matches!(name, "else" | "enum" | "impl" | "loop" | "move" | "priv" | "true" | "type"),
        5 => matches!(
            name,
            "async"
                | "await"
                | "break"
                | "const"
                | "false"
                | "final"
                | "macro"
                | "match"
                | "trait"
                | "where"
                | "while"
                | "yield"
        ),
        6 => matches!(name, "become" | "extern" | "return" | "static" | "struct" | "typeof" | "unsafe"),
        7 => matches!(name, "unsized" | "virtual"),
        8 => matches!(name, "abstract" | "continue" | "override"),
        _ => false,
    }
}

/// The module of a table, and the name in the database if that differs.
pub(crate) fn table_identifier(name: &str) -> (String, Option<&str>) {
    (identifier(name), (!is_plain(name)).then_some(name))
}

/// The identifiers of the columns of a table, each with whether the name in the database differs from it.
pub(crate) fn column_identifiers<'a>(
    table: &str,
    columns: impl Iterator<Item = &'a str> + Clone,
) -> Vec<(String, bool)> {
    let mut made: Vec<(String, bool)> = columns.clone().map(|name| (identifier(name), is_odd(name, table))).collect();
    if made.iter().all(|(_, odd)| !odd) {
        return made;
    }
    // Names that stand as they are come first, so that no other one takes theirs.
    let mut used: BTreeSet<String> = made.iter().filter(|(_, odd)| !odd).map(|(name, _)| name.clone()).collect();
    for ((identifier, _), name) in made.iter_mut().zip(columns).filter(|((_, odd), _)| *odd) {
        if is_plain(name) {
            *identifier = format!("{name}_");
        }
        while identifier == table || TAKEN.contains(&identifier.as_str()) || !used.insert(identifier.clone()) {
            identifier.push('_');
        }
    }
    made
}

/// Whether a column cannot have its name in the module of its table.
pub(super) fn is_odd(name: &str, table: &str) -> bool {
    !is_plain(name) || TAKEN.contains(&name) || name == table.strip_prefix("r#").unwrap_or(table)
}

/// The SQL type of an enum, as the Diesel schema and the derive name it.
pub(crate) use migratable_syntax::findings::sql_type_name;

/// A text as a Rust literal.
pub(crate) fn quoted(text: &str) -> String {
    format!("{text:?}")
}
