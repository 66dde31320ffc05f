//! `index(..)` and `unique(..)`, on structs and on fields.

use migratable_core::{Nulls, Sql};
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Token};

use super::entries::{Entry, Value, split};
use super::known::{Level, form};
use super::{At, Mistakes, values};

/// An index as attributes say it.
#[derive(Clone, Debug)]
pub(crate) struct IndexSpec {
    pub(crate) span: Span,
    pub(crate) name: Option<At<String>>,
    /// None on a field.
    pub(crate) parts: Vec<IndexPartOf>,
    pub(crate) unique: bool,
    pub(crate) predicate: Option<At<Sql>>,
    pub(crate) method: Option<String>,
    /// Fields.
    pub(crate) include: Vec<At<String>>,
}

/// One part of an index.
#[derive(Clone, Debug)]
pub(crate) struct IndexPartOf {
    pub(crate) target: IndexTargetOf,
    pub(crate) descending: bool,
    pub(crate) nulls: Option<Nulls>,
}

/// What a part orders by.
#[derive(Clone, Debug)]
pub(crate) enum IndexTargetOf {
    Field(At<String>),
    Expression(At<Sql>),
}

/// A unique constraint as attributes say it.
#[derive(Clone, Debug)]
pub(crate) struct UniqueSpec {
    pub(crate) span: Span,
    pub(crate) name: Option<At<String>>,
    /// Fields; none on a field.
    pub(crate) fields: Vec<At<String>>,
}

/// Reads `index`, and `index(..)` with all its options.
pub(super) fn index(entry: &Entry, level: Level, mistakes: &mut Mistakes) -> Option<IndexSpec> {
    let mut index = IndexSpec {
        span: entry.key.span(),
        name: None,
        parts: Vec::new(),
        unique: false,
        predicate: None,
        method: None,
        include: Vec::new(),
    };
    let tokens = match (&entry.value, level) {
        (Value::Flag, Level::Field) => return Some(index),
        (Value::Parens(tokens), _) => tokens.clone(),
        _ => {
            mistakes.add(entry.wrong(level));
            return None;
        }
    };
    let mut whole = true;
    for piece in split(tokens) {
        if let Err(error) = piece_of(piece.clone(), &mut index) {
            let at = piece.into_iter().next().map_or(entry.key.span(), |token| token.span());
            mistakes.add(explained(error, at, level, "index"));
            whole = false;
        }
    }
    if !whole {
        return None;
    }
    if level == Level::Struct && index.parts.is_empty() {
        mistakes.at(index.span, format!("this index has no columns\n{}", form(level, "index")));
        return None;
    }
    if level == Level::Field && !index.parts.is_empty() {
        let message = "an index on a field is over this field: put the attribute with its columns on the struct";
        mistakes.at(index.span, format!("{message}\n{}", form(Level::Struct, "index")));
        return None;
    }
    Some(index)
}

/// An error with the correct form, if it does not say yet what to write.
fn explained(error: syn::Error, at: Span, level: Level, key: &str) -> syn::Error {
    let message = error.to_string();
    if message.contains("\nhelp: ") || message.ends_with("empty") {
        return error;
    }
    syn::Error::new(at, format!("this is no part of `{key}`: {message}\n{}", form(level, key)))
}

fn piece_of(tokens: TokenStream, index: &mut IndexSpec) -> syn::Result<()> {
    let parse = |input: ParseStream<'_>| {
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
            let key = input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            return option(&key, input, index);
        }
        if input.peek(Ident::peek_any)
            && input.peek2(syn::token::Paren)
            && !input.fork().call(Ident::parse_any)?.eq("sql")
        {
            let key = input.call(Ident::parse_any)?;
            let inner;
            syn::parenthesized!(inner in input);
            let inner: TokenStream = inner.parse()?;
            return match key.to_string().as_str() {
                "columns" => {
                    for piece in split(inner) {
                        index.parts.push(part.parse2(piece)?);
                    }
                    Ok(())
                }
                "include" => {
                    index.include = values::fields(inner)?;
                    Ok(())
                }
                other => Err(no_option(key.span(), other)),
            };
        }
        let fork = input.fork();
        if fork.peek(Ident::peek_any) && fork.call(Ident::parse_any)? == "unique" && fork.is_empty() {
            input.call(Ident::parse_any)?;
            index.unique = true;
            return Ok(());
        }
        index.parts.push(part(input)?);
        Ok(())
    };
    parse.parse2(tokens)
}

fn option(key: &Ident, input: ParseStream<'_>, index: &mut IndexSpec) -> syn::Result<()> {
    match key.to_string().as_str() {
        "name" => index.name = Some(values::checked_name(&input.parse()?)?),
        "where" => index.predicate = Some(values::sql(&input.parse::<Expr>()?)?),
        "using" if input.peek(LitStr) => index.method = Some(input.parse::<LitStr>()?.value().to_lowercase()),
        "using" => index.method = Some(input.call(Ident::parse_any)?.to_string().to_lowercase()),
        other => return Err(no_option(key.span(), other)),
    }
    if index.method.as_deref() == Some("btree") {
        index.method = None;
    }
    Ok(())
}

fn no_option(span: Span, key: &str) -> syn::Error {
    syn::Error::new(
        span,
        format!(
            "an index has no `{key}`\nhelp: besides its columns it takes name = \"…\", columns(…), unique, where = \
             \"…\", using = gin, include(…), and expressions in quotes: index(\"lower(email)\")"
        ),
    )
}

/// `a`, `a desc`, `a nulls first`, `"lower(email)" desc`, `sql(postgres = "…")`.
fn part(input: ParseStream<'_>) -> syn::Result<IndexPartOf> {
    let target = if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        IndexTargetOf::Expression(values::sql(&syn::parse_quote!(#text))?)
    } else if input.peek2(syn::token::Paren) {
        IndexTargetOf::Expression(values::sql(&input.parse::<Expr>()?)?)
    } else {
        let ident = input.call(Ident::parse_any)?;
        IndexTargetOf::Field(At { value: ident.unraw().to_string(), span: ident.span() })
    };
    let mut part = IndexPartOf { target, descending: false, nulls: None };
    let order = |input: ParseStream<'_>, words: [&str; 2]| -> syn::Result<bool> {
        let word = input.call(Ident::parse_any)?;
        match words.iter().position(|known| word == known) {
            Some(at) => Ok(at == 1),
            None => Err(syn::Error::new(word.span(), format!("expected `{}` or `{}`", words[0], words[1]))),
        }
    };
    if input.peek(Ident) && input.fork().parse::<Ident>()? != "nulls" {
        part.descending = order(input, ["asc", "desc"])?;
    }
    if input.peek(Ident) && input.fork().parse::<Ident>()? == "nulls" {
        input.parse::<Ident>()?;
        part.nulls = Some(if order(input, ["first", "last"])? { Nulls::Last } else { Nulls::First });
    }
    Ok(part)
}

/// Reads `unique`, `unique(a, b)`, `unique(name = "…", columns(a, b))`, and on a field `unique(name = "…")`.
pub(super) fn unique(entry: &Entry, level: Level, mistakes: &mut Mistakes) -> Option<UniqueSpec> {
    let mut unique = UniqueSpec { span: entry.key.span(), name: None, fields: Vec::new() };
    let tokens = match (&entry.value, level) {
        (Value::Flag, Level::Field) => return Some(unique),
        (Value::Parens(tokens), _) => tokens.clone(),
        _ => {
            mistakes.add(entry.wrong(level));
            return None;
        }
    };
    let mut whole = true;
    for piece in split(tokens) {
        let parse = |input: ParseStream<'_>| {
            let key = input.call(Ident::parse_any)?;
            if input.peek(Token![=]) && key == "name" {
                input.parse::<Token![=]>()?;
                unique.name = Some(values::checked_name(&input.parse()?)?);
            } else if input.peek(syn::token::Paren) && key == "columns" {
                let inner;
                syn::parenthesized!(inner in input);
                unique.fields.extend(values::fields(inner.parse()?)?);
            } else if input.is_empty() {
                unique.fields.push(At { value: key.unraw().to_string(), span: key.span() });
            } else {
                return Err(syn::Error::new(key.span(), format!("`{key}` is neither a field nor an option")));
            }
            Ok(())
        };
        let at = piece.clone().into_iter().next().map_or(entry.key.span(), |token| token.span());
        if let Err(error) = parse.parse2(piece) {
            mistakes.add(explained(error, at, level, "unique"));
            whole = false;
        }
    }
    if !whole {
        return None;
    }
    if unique.fields.is_empty() != (level == Level::Field) {
        mistakes.add(entry.wrong(level));
        return None;
    }
    Some(unique)
}
