//! Tokens counted, so that a place found in the text is found again in the tokens of the compiler.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprPath};

/// The place of every token, brackets and what is in them included, in the order of the text.
pub fn spans(tokens: TokenStream) -> Vec<Span> {
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<Span>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => collect(group.stream(), found),
            TokenTree::Group(group) => {
                found.push(group.span_open());
                collect(group.stream(), found);
                found.push(group.span_close());
            }
            other => found.push(other.span()),
        }
    }
}

/// The place of every token of every statement of a function.
pub fn body_spans(function: &syn::ItemFn) -> Vec<Vec<Span>> {
    function.block.stmts.iter().map(|statement| spans(statement.to_token_stream())).collect()
}

/// Which token stands at a place.
pub(super) fn position(spans: &[Span], of: Span) -> Option<usize> {
    let start = of.start();
    spans.iter().position(|span| span.start() == start)
}

/// Where something begins: one token, because tokens of the compiler cannot be joined.
pub(super) fn start(of: &impl ToTokens) -> Span {
    match of.to_token_stream().into_iter().next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => start(&group.stream()),
        Some(TokenTree::Group(group)) => group.span_open(),
        Some(other) => other.span(),
        None => Span::call_site(),
    }
}

/// Where an expression begins, found without writing all of it out.
pub(super) fn start_of(expression: &Expr) -> Span {
    match expression {
        Expr::Array(it) => it.bracket_token.span.open(),
        Expr::Call(it) => start_of(&it.func),
        Expr::Lit(it) => it.lit.span(),
        Expr::MethodCall(it) => start_of(&it.receiver),
        Expr::Path(ExprPath { qself: None, path, .. }) if path.leading_colon.is_none() => {
            path.segments.first().map_or_else(Span::call_site, |first| first.ident.span())
        }
        other => start(other),
    }
}
