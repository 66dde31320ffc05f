//! The values of attributes: names, SQL, types, defaults, the targets of references.

use std::collections::BTreeMap;

use migratable_core::{Action, ColumnType, DefaultValue, Dialect, Identity, Literal, Sql};
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Token, UnOp};

use super::At;
use super::entries::{Entry, Value, split};
use super::known::Level;

/// A type as an attribute says it.
#[derive(Clone, Debug)]
pub(crate) enum TypeSpec {
    /// `type = "varchar(140)"`
    Portable(ColumnType),
    /// `type(postgres = "citext")`
    Each(BTreeMap<Dialect, String>),
}

/// What a foreign key refers to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) table: TargetTable,
    /// The columns or fields; none for the primary key.
    pub(crate) columns: Vec<At<String>>,
}

/// The table of a target.
#[derive(Clone, Debug)]
pub(crate) enum TargetTable {
    /// A model; `columns` are its fields.
    Model(Path),
    /// A table of the database; `columns` are its columns.
    Named(At<String>),
}

/// The text behind `=`.
pub(super) fn text(entry: &Entry, level: Level) -> syn::Result<LitStr> {
    match entry.value() {
        Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Ok(text.clone()),
        _ => Err(entry.wrong(level)),
    }
}

/// The name behind `=`.
pub(super) fn name(entry: &Entry, level: Level) -> syn::Result<At<String>> {
    checked_name(&text(entry, level)?)
}

/// A name of the database.
pub(super) fn checked_name(text: &LitStr) -> syn::Result<At<String>> {
    let (value, span) = (text.value(), text.span());
    if value.trim().is_empty() {
        return Err(syn::Error::new(span, "a name cannot be empty"));
    }
    if value.contains('\0') {
        return Err(syn::Error::new(span, "a name cannot hold a NUL character"));
    }
    Ok(At { value, span })
}

/// The comment behind `=`; an empty one is none.
pub(super) fn comment(entry: &Entry, level: Level) -> syn::Result<Option<String>> {
    Ok(Some(text(entry, level)?.value()).filter(|text| !text.is_empty()))
}

/// Nothing behind the key.
pub(super) fn flag(entry: &Entry, level: Level) -> syn::Result<Span> {
    match entry.value {
        Value::Flag => Ok(entry.key.span()),
        _ => Err(entry.wrong(level)),
    }
}

/// `true` or `false` behind `=`.
pub(super) fn boolean(entry: &Entry, level: Level) -> syn::Result<At<bool>> {
    match entry.value() {
        Some(Expr::Lit(ExprLit { lit: Lit::Bool(value), .. })) => Ok(At { value: value.value, span: entry.key.span() }),
        _ => Err(entry.wrong(level)),
    }
}

/// The action behind `=`.
pub(super) fn action(entry: &Entry, level: Level) -> syn::Result<At<Action>> {
    let Some(value) = entry.value() else { return Err(entry.wrong(level)) };
    let word = match value {
        Expr::Path(path) => path.path.get_ident().map(Ident::to_string),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    };
    match word.as_deref().and_then(Action::from_name) {
        Some(action) => Ok(At { value: action, span: entry.key.span() }),
        None => {
            let key = entry.name();
            Err(syn::Error::new(
                value.span(),
                format!(
                    "`{key}` is cascade, restrict, set_null, set_default or no_action\nhelp: the correct form is \
                     `#[migratable({key} = cascade)]`"
                ),
            ))
        }
    }
}

/// `"…"` or `sql(postgres = "…", ..)`.
pub(super) fn sql(value: &Expr) -> syn::Result<At<Sql>> {
    let span = value.span();
    let sql = match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Sql::portable(&text.value()),
        Expr::Call(call) if is_word(&call.func, "sql") => match (call.args.first(), call.args.len()) {
            (Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })), 1) => Sql::portable(&text.value()),
            (Some(_), _) => {
                let mut texts = BTreeMap::new();
                for argument in &call.args {
                    let Expr::Assign(assign) = argument else { return Err(wrong_sql(argument.span())) };
                    let dialect = dialect(&assign.left)?;
                    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &*assign.right else {
                        return Err(wrong_sql(assign.right.span()));
                    };
                    if texts.insert(dialect, text.value()).is_some() {
                        return Err(syn::Error::new(
                            argument.span(),
                            format!("`{}` stands here twice", dialect.name()),
                        ));
                    }
                }
                Sql::each(texts.iter().map(|(dialect, text)| (*dialect, text.as_str())))
            }
            (None, _) => return Err(wrong_sql(span)),
        },
        _ => return Err(wrong_sql(span)),
    };
    if sql.texts().any(str::is_empty) {
        return Err(syn::Error::new(span, "this SQL is empty"));
    }
    Ok(At { value: sql, span })
}

fn wrong_sql(span: Span) -> syn::Error {
    syn::Error::new(
        span,
        "SQL is a text, or a text for each dialect\nhelp: the correct form is `\"lower(email)\"` or `sql(postgres = \
         \"lower(email)\", sqlite = \"email COLLATE NOCASE\")`",
    )
}

fn dialect(key: &Expr) -> syn::Result<Dialect> {
    let word = match key {
        Expr::Path(path) => path.path.get_ident().map(Ident::to_string),
        _ => None,
    };
    word.as_deref().and_then(Dialect::from_name).ok_or_else(|| no_dialect(key.span()))
}

fn no_dialect(span: Span) -> syn::Error {
    syn::Error::new(span, "this is no dialect: sqlite, postgres and mysql are")
}

fn is_word(value: &Expr, word: &str) -> bool {
    matches!(value, Expr::Path(path) if path.path.is_ident(word))
}

/// `type = "…"` or `type(postgres = "…", ..)`.
pub(super) fn type_spec(entry: &Entry, level: Level) -> syn::Result<At<TypeSpec>> {
    let span = entry.key.span();
    match &entry.value {
        Value::Equals(_) => {
            let text = text(entry, level)?;
            if text.value().trim().is_empty() {
                return Err(syn::Error::new(text.span(), "this type is empty"));
            }
            match text.value().parse() {
                Ok(ColumnType::Enum(_)) => Err(syn::Error::new(
                    text.span(),
                    "an enum is the Rust type of the field: derive `Migratable` on it and leave `type` out",
                )),
                Ok(portable) => Ok(At { value: TypeSpec::Portable(portable), span }),
                Err(message) => Err(syn::Error::new(
                    text.span(),
                    format!(
                        "{message}\nhelp: for a type of one database the correct form is `#[migratable(type(postgres \
                         = {:?}))]`",
                        text.value()
                    ),
                )),
            }
        }
        Value::Parens(tokens) => {
            let mut texts = BTreeMap::new();
            for part in split(tokens.clone()) {
                let pair = |input: ParseStream<'_>| {
                    let key = input.call(Ident::parse_any)?;
                    input.parse::<Token![=]>()?;
                    Ok((key, input.parse::<LitStr>()?))
                };
                let (key, text) = pair.parse2(part).map_err(|_| entry.wrong(level))?;
                let dialect = Dialect::from_name(&key.to_string()).ok_or_else(|| no_dialect(key.span()))?;
                let native = native_text(&text.value());
                if native.is_empty() {
                    return Err(syn::Error::new(text.span(), "this type is empty"));
                }
                if texts.insert(dialect, native).is_some() {
                    return Err(syn::Error::new(key.span(), format!("`{key}` stands here twice")));
                }
            }
            if texts.is_empty() { Err(entry.wrong(level)) } else { Ok(At { value: TypeSpec::Each(texts), span }) }
        }
        Value::Flag => Err(entry.wrong(level)),
    }
}

/// The one spelling of a type: portable ones as they are listed, others in lower case with single spaces.
fn native_text(text: &str) -> String {
    if let Ok(portable) = text.parse::<ColumnType>() {
        return portable.to_string();
    }
    let folded = migratable_core::sql::fold_spaces(text);
    let mut native = String::with_capacity(folded.len());
    let mut quote = None;
    for character in folded.chars() {
        match quote {
            Some(open) if open == character => quote = None,
            Some(_) => {}
            None if matches!(character, '\'' | '"' | '`') => quote = Some(character),
            None if matches!(character, '(' | ')' | ',' | '[' | ']') && native.ends_with(' ') => {
                native.pop();
            }
            None if character == ' ' && native.ends_with(['(', ',']) => continue,
            None => {}
        }
        if quote.is_none() { native.extend(character.to_lowercase()) } else { native.push(character) }
    }
    native
}

/// `default = <literal | now | sql(..)>`.
pub(super) fn default(entry: &Entry, level: Level) -> syn::Result<At<DefaultValue>> {
    let Some(value) = entry.value() else { return Err(entry.wrong(level)) };
    let span = value.span();
    let default = match value {
        Expr::Path(_) if is_word(value, "now") => DefaultValue::Now,
        Expr::Call(_) => DefaultValue::Sql(sql(value)?.value),
        Expr::Lit(literal) => {
            DefaultValue::Literal(self::literal(&literal.lit, false).ok_or_else(|| entry.wrong(level))?)
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match &*unary.expr {
            Expr::Lit(literal) => {
                DefaultValue::Literal(self::literal(&literal.lit, true).ok_or_else(|| entry.wrong(level))?)
            }
            _ => return Err(entry.wrong(level)),
        },
        _ => return Err(entry.wrong(level)),
    };
    Ok(At { value: default, span })
}

fn literal(literal: &Lit, negative: bool) -> Option<Literal> {
    let sign = if negative { "-" } else { "" };
    match literal {
        Lit::Int(number) => format!("{sign}{}", number.base10_digits()).parse().ok().map(Literal::Integer),
        Lit::Float(number) => Some(Literal::Decimal(format!("{sign}{}", number.base10_digits()))),
        _ if negative => None,
        Lit::Str(text) => Some(Literal::Text(text.value())),
        Lit::ByteStr(bytes) => Some(Literal::Bytes(bytes.value())),
        Lit::Bool(value) => Some(Literal::Boolean(value.value)),
        _ => None,
    }
}

/// `identity` or `identity(always, start = 2, increment = 7)`.
pub(super) fn identity(entry: &Entry, level: Level) -> syn::Result<At<Identity>> {
    let mut identity = Identity::default();
    match &entry.value {
        Value::Flag => {}
        Value::Equals(_) => return Err(entry.wrong(level)),
        Value::Parens(tokens) => {
            for part in split(tokens.clone()) {
                let fact = |input: ParseStream<'_>| {
                    let key = input.call(Ident::parse_any)?;
                    let number = if input.peek(Token![=]) {
                        input.parse::<Token![=]>()?;
                        let negative = input.parse::<Option<Token![-]>>()?.is_some();
                        let number = input.parse::<syn::LitInt>()?;
                        let sign = if negative { "-" } else { "" };
                        let number = format!("{sign}{}", number.base10_digits()).parse::<i64>();
                        Some(number.map_err(|error| syn::Error::new(key.span(), error))?)
                    } else {
                        None
                    };
                    Ok((key, number))
                };
                let (key, number) = fact.parse2(part).map_err(|_| entry.wrong(level))?;
                match (key.to_string().as_str(), number) {
                    ("always", None) => identity.always = true,
                    ("start", Some(number)) => identity.start = Some(number),
                    ("increment", Some(0)) => return Err(syn::Error::new(key.span(), "the step cannot be 0")),
                    ("increment", Some(number)) => identity.increment = Some(number),
                    _ => return Err(syn::Error::new(key.span(), entry.wrong(level))),
                }
            }
        }
    }
    Ok(At { value: identity, span: entry.key.span() })
}

/// `references = User` or `references = "users.id"`.
pub(super) fn references(entry: &Entry, level: Level) -> syn::Result<At<Target>> {
    let Some(value) = entry.value() else { return Err(entry.wrong(level)) };
    let span = value.span();
    let target = match value {
        Expr::Path(path) => Target { table: TargetTable::Model(path.path.clone()), columns: Vec::new() },
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            let written = text.value();
            match written.rsplit_once('.') {
                Some((table, column)) if !table.is_empty() && !column.is_empty() => Target {
                    table: TargetTable::Named(At { value: table.to_owned(), span }),
                    columns: vec![At { value: column.to_owned(), span }],
                },
                _ => return Err(entry.wrong(level)),
            }
        }
        _ => return Err(entry.wrong(level)),
    };
    Ok(At { value: target, span })
}

/// What stands in `references(Other(x, y))` or `references("others"("x", "y"))`.
pub(super) fn target(tokens: TokenStream) -> syn::Result<Target> {
    let parse = |input: ParseStream<'_>| {
        let table = if input.peek(LitStr) {
            TargetTable::Named(checked_name(&input.parse()?)?)
        } else {
            TargetTable::Model(input.call(Path::parse_mod_style)?)
        };
        let mut columns = Vec::new();
        if input.peek(syn::token::Paren) {
            let inner;
            syn::parenthesized!(inner in input);
            columns = match &table {
                TargetTable::Model(_) => fields(inner.parse()?)?,
                TargetTable::Named(_) => inner
                    .parse_terminated(|input: ParseStream<'_>| input.parse::<LitStr>(), Token![,])?
                    .iter()
                    .map(checked_name)
                    .collect::<syn::Result<_>>()?,
            };
        }
        Ok(Target { table, columns })
    };
    parse.parse2(tokens)
}

/// The names of fields, separated by commas.
pub(super) fn fields(tokens: TokenStream) -> syn::Result<Vec<At<String>>> {
    let parse = |input: ParseStream<'_>| input.parse_terminated(Ident::parse_any, Token![,]);
    let idents = parse.parse2(tokens)?;
    Ok(idents.into_iter().map(|ident| At { value: ident.unraw().to_string(), span: ident.span() }).collect())
}

#[cfg(test)]
mod tests {
    use super::native_text;

    #[test]
    fn types_ignore_case_and_spaces() {
        for (text, expected) in [
            ("VARCHAR ( 140 )", "varchar(140)"),
            ("Double  Precision", "double precision"),
            ("ENUM( 'A' , 'b c')", "enum('A','b c')"),
            ("bit ( 3 )", "bit(3)"),
        ] {
            assert_eq!(native_text(text), expected);
        }
    }
}
