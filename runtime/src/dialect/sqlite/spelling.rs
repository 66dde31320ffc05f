//! One way to write what can be written in several: so that two spellings of one thing are equal.

use migratable_core::{ColumnType, DefaultValue, Dialect, Literal, Sql};

use super::ddl::quoted;
use super::tokens::{Kind, Token, tokens};
use crate::dialect::literal;

/// An expression over a table: columns in double quotes by their own names, other words in capitals, texts in single
/// quotes, one space between pieces or none.
pub(super) fn expression(tokens: &[Token<'_>], columns: &[String]) -> Sql {
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        let calls = tokens.get(at + 1).is_some_and(|next| next.is_symbol("("));
        let before = at.checked_sub(1).map(|before| tokens[before]);
        if before.is_some_and(|before| stands_apart(before, *token)) {
            text.push(' ');
        }
        text.push_str(&piece(*token, columns, calls));
    }
    Sql::each([(Dialect::Sqlite, text.as_str())])
}

/// Whether two texts are the same but for spaces, comments, letters and quotes.
pub(super) fn alike(one: &str, other: &str) -> bool {
    fn plain(token: Token<'_>) -> String {
        match token.kind {
            Kind::Text => token.text.to_owned(),
            _ => token.unquoted().to_ascii_lowercase(),
        }
    }
    tokens(one).map(plain).eq(tokens(other).map(plain))
}

/// Whether a space stands between two pieces.
fn stands_apart(before: Token<'_>, token: Token<'_>) -> bool {
    const BEFORE_BRACKETS: [&str; 19] = [
        "AND", "OR", "NOT", "IN", "IS", "LIKE", "GLOB", "REGEXP", "MATCH", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE",
        "AS", "EXISTS", "ESCAPE", "SELECT", "WHERE",
    ];
    let tight = |token: Token<'_>, symbols: &[&str]| symbols.iter().any(|symbol| token.is_symbol(symbol));
    if tight(before, &["(", "."]) || tight(token, &[")", ",", "."]) {
        return false;
    }
    let is_name = matches!(before.kind, Kind::Word | Kind::Quoted);
    !(token.is_symbol("(") && is_name && !BEFORE_BRACKETS.iter().any(|word| before.is(word)))
}

fn piece(token: Token<'_>, columns: &[String], calls: bool) -> String {
    let column = |name: &str| columns.iter().find(|column| column.eq_ignore_ascii_case(name)).map(|it| quoted(it));
    match token.kind {
        Kind::Word if !calls => column(token.text).unwrap_or_else(|| token.text.to_ascii_uppercase()),
        Kind::Word | Kind::Bytes | Kind::Number => token.text.to_ascii_uppercase(),
        // SQLite takes a name in double quotes that nothing has for a text.
        Kind::Quoted if token.text.starts_with('"') && !calls => {
            column(&token.unquoted()).unwrap_or_else(|| literal(&token.unquoted()))
        }
        Kind::Quoted => column(&token.unquoted()).unwrap_or_else(|| quoted(&token.unquoted())),
        Kind::Text => literal(&token.unquoted()),
        Kind::Symbol => token.text.to_owned(),
    }
}

/// A type: the portable one if it is written exactly so, else its words.
pub(super) fn column_type(name: &str) -> ColumnType {
    match name.parse::<ColumnType>() {
        Ok(portable @ (ColumnType::Array(_) | ColumnType::Enum(_))) => native(&portable.to_string()),
        Ok(portable) if portable.to_string() == name => portable,
        _ => native(name),
    }
}

fn native(name: &str) -> ColumnType {
    ColumnType::Native(Sql::each([(Dialect::Sqlite, name)]))
}

/// What stands behind DEFAULT: a plain value where it is one.
pub(super) fn default(tokens: &[Token<'_>]) -> DefaultValue {
    const NAMED: [&str; 6] = ["NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"];
    let (negative, value) = match tokens {
        [sign, rest @ ..] if sign.is_symbol("-") => (true, rest),
        all => (false, all),
    };
    let plain = match value {
        [only] => match only.kind {
            Kind::Number => number(only.text, negative),
            Kind::Word if only.is("NULL") => Some(Literal::Null),
            Kind::Word if NAMED.iter().any(|word| only.is(word)) => None,
            Kind::Word | Kind::Quoted | Kind::Text => Some(Literal::Text(only.unquoted())),
            Kind::Bytes => bytes(only.text),
            Kind::Symbol => None,
        },
        _ => None,
    };
    match plain {
        Some(Literal::Text(_) | Literal::Null | Literal::Bytes(_)) if negative => {
            DefaultValue::Sql(expression(tokens, &[]))
        }
        Some(plain) => DefaultValue::Literal(plain),
        None => DefaultValue::Sql(expression(tokens, &[])),
    }
}

fn number(digits: &str, negative: bool) -> Option<Literal> {
    let text = if negative { format!("-{digits}") } else { digits.to_owned() };
    match text.parse() {
        Ok(whole) => Some(Literal::Integer(whole)),
        Err(_) if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => Some(Literal::Decimal(text)),
        Err(_) => None,
    }
}

fn bytes(text: &str) -> Option<Literal> {
    let digits = text.get(2..)?.strip_suffix('\'')?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect::<Option<_>>().map(Literal::Bytes)
}

/// The words of a type as a database has it.
pub(super) fn type_text(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Native(sql) => sql.text(Dialect::Sqlite).unwrap_or_default().to_owned(),
        portable => portable.to_string(),
    }
}
