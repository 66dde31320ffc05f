//! Attributes as lists of entries: `key`, `key = value`, `key(..)`. What stands in `cfg_attr` counts as if it stood alone.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Ident, Meta, Token};

use super::diesel::derives_migratable;
use super::known::{self, Level};
use super::{Mistakes, nearest};

/// One entry of an attribute.
pub(super) struct Entry {
    pub(super) key: Ident,
    pub(super) value: Value,
}

/// What stands behind the key of an entry.
pub(super) enum Value {
    /// Nothing.
    Flag,
    /// `= value`
    Equals(Box<Expr>),
    /// `(..)`
    Parens(TokenStream),
}

impl Entry {
    /// The key, without `r#`.
    pub(super) fn name(&self) -> String {
        self.key.unraw().to_string()
    }

    /// What stands behind `=`.
    pub(super) fn value(&self) -> Option<&Expr> {
        match &self.value {
            Value::Equals(value) => Some(value),
            _ => None,
        }
    }

    /// Where the value stands, or the key if there is none.
    pub(super) fn span(&self) -> Span {
        match &self.value {
            Value::Equals(value) => syn::spanned::Spanned::span(value),
            _ => self.key.span(),
        }
    }

    /// The error that shows how the entry is written.
    pub(super) fn wrong(&self, level: Level) -> syn::Error {
        let name = self.name();
        let form = known::form(level, &name);
        syn::Error::new(self.span(), format!("`{name}` is not written like this\n{form}"))
    }
}

/// Splits at the commas that stand in no bracket; a comma at the end ends the list.
pub(super) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![Vec::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => parts.push(Vec::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.push(token);
                }
            }
        }
    }
    if parts.last().is_some_and(Vec::is_empty) {
        parts.pop();
    }
    parts.into_iter().map(TokenStream::from_iter).collect()
}

/// Every attribute, with those in `cfg_attr` taken out of it.
pub(super) fn metas(attributes: &[Attribute]) -> Vec<Meta> {
    let mut found = Vec::new();
    for attribute in attributes {
        unwrap(attribute.meta.clone(), &mut found);
    }
    found
}

fn unwrap(meta: Meta, found: &mut Vec<Meta>) {
    match &meta {
        Meta::List(list) if meta.path().is_ident("cfg_attr") => {
            for inner in split(list.tokens.clone()).into_iter().skip(1) {
                if let Ok(inner) = syn::parse2(inner) {
                    unwrap(inner, found);
                }
            }
        }
        _ => found.push(meta),
    }
}

/// The entries of all attributes of one name, as `#[migratable(a, b = c)]`.
pub(super) fn entries(attributes: &[Attribute], of: &str, level: Level, mistakes: &mut Mistakes) -> Vec<Entry> {
    let mut found = Vec::new();
    for meta in metas(attributes) {
        if !meta.path().is_ident(of) {
            if let Some(error) = misspelt(&meta, of) {
                mistakes.add(error);
            }
            continue;
        }
        let Meta::List(list) = meta else {
            mistakes.add(syn::Error::new_spanned(meta, known::empty(of, level)));
            continue;
        };
        for part in split(list.tokens) {
            let span = list.delimiter.span().open();
            found.extend(mistakes.good(entry(part, of, level, span)));
        }
    }
    found
}

/// The error of an attribute whose name is nearly this one; whoever only scans has no compiler that says so.
fn misspelt(meta: &Meta, of: &str) -> Option<syn::Error> {
    let name = meta.path().get_ident()?.to_string();
    let is_near = name != of && of == "migratable" && nearest(&name, [of]).is_some();
    is_near.then(|| syn::Error::new_spanned(meta.path(), format!("there is no attribute `{name}`: is it `{of}`?")))
}

fn entry(tokens: TokenStream, of: &str, level: Level, list: Span) -> syn::Result<Entry> {
    let Some(first) = tokens.clone().into_iter().next() else {
        return Err(syn::Error::new(list, "nothing stands between two commas: remove one of them"));
    };
    let parse = |input: ParseStream<'_>| {
        let key = input.call(Ident::parse_any)?;
        let value = if input.is_empty() {
            Value::Flag
        } else if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Equals(Box::new(input.parse()?))
        } else {
            let inner;
            syn::parenthesized!(inner in input);
            Value::Parens(inner.parse()?)
        };
        Ok(Entry { key, value })
    };
    parse.parse2(tokens).map_err(|error| {
        let key = match &first {
            TokenTree::Ident(ident) => ident.unraw().to_string(),
            _ => String::new(),
        };
        if of == "migratable" && known::is_known(level, &key) {
            let form = known::form(level, &key);
            return syn::Error::new(first.span(), format!("`{key}` is not written like this: {error}\n{form}"));
        }
        syn::Error::new(first.span(), error)
    })
}

/// Whether `#[cfg(test)]` or `#[cfg(all(.., test, ..))]` takes the item out of every build but the tests'.
pub(crate) fn excluded_by_cfg(attributes: &[Attribute]) -> bool {
    fn needs_test(tokens: TokenStream) -> bool {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        match tokens.as_slice() {
            [TokenTree::Ident(word)] => word == "test",
            [TokenTree::Ident(word), TokenTree::Group(group)] if word == "all" => {
                split(group.stream()).into_iter().any(needs_test)
            }
            _ => false,
        }
    }
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => needs_test(list.tokens.clone()),
        _ => false,
    })
}

/// Whether some `cfg` may take the item out of a build.
pub(crate) fn has_cfg(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}

/// Whether some `cfg` or `cfg_attr` may take the item, or its derive, out of a build.
pub(crate) fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let attributes = std::slice::from_ref(attribute);
        has_cfg(attributes)
            || attribute.path().is_ident("cfg_attr")
                && (derives_migratable(attributes)
                    || metas(attributes).iter().any(|it| it.path().is_ident("cfg") || it.path().is_ident("path")))
    })
}

/// The paths of `#[path = ".."]`; the flag says whether one stands there under no condition.
pub(crate) fn path_attributes(attributes: &[Attribute]) -> (Vec<String>, bool) {
    let mut paths = Vec::new();
    let mut certain = false;
    for attribute in attributes {
        let mut inner = Vec::new();
        unwrap(attribute.meta.clone(), &mut inner);
        for meta in inner {
            if let Meta::NameValue(pair) = meta
                && pair.path.is_ident("path")
                && let Expr::Lit(literal) = pair.value
                && let syn::Lit::Str(text) = literal.lit
            {
                certain |= attribute.path().is_ident("path");
                paths.push(text.value());
            }
        }
    }
    (paths, certain)
}
