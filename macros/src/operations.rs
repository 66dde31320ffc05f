//! `#[operations]`: shows what the build step found in `upgrade` and `downgrade`.

use migratable_syntax::findings::Place;
use migratable_syntax::revision::body_spans;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ItemFn, Stmt};

use crate::report;
use crate::revision::findings_of_this_file;

/// Leaves the function as it is, and sets errors beside it at the tokens that they are about.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        let error = report::error(Span::call_site(), "`#[operations]` stands above `upgrade` and `downgrade`");
        return quote!(#item #error);
    };
    let mut beside = TokenStream::new();
    if !attribute.is_empty() {
        beside.extend(report::error(Span::call_site(), "`#[operations]` takes nothing"));
    }
    let spans = body_spans(&function);
    let own_name = &function.sig.ident;
    let mut wrong: Vec<usize> = Vec::new();
    for finding in findings_of_this_file() {
        match &finding.place {
            Place::Token { function, statement, token } if own_name == function => {
                let of_statement = spans.get(*statement).map(Vec::as_slice).unwrap_or_default();
                let span = of_statement.get(*token).or(of_statement.first()).copied();
                beside.extend(report::finding(span.unwrap_or(own_name.span()), &finding));
                wrong.push(*statement);
            }
            Place::Function(function) if own_name == function => {
                beside.extend(report::finding(own_name.span(), &finding));
            }
            _ => {}
        }
    }
    for (at, statement) in function.block.stmts.iter().enumerate() {
        if let (Some(step), false) = (step(statement), wrong.contains(&at)) {
            beside.extend(takes_the_connection(step));
        }
    }
    quote! {
        #[allow(unused_variables)]
        #item
        #beside
    }
}

/// The function that a statement runs.
fn step(statement: &Stmt) -> Option<&Ident> {
    match statement {
        Stmt::Expr(Expr::MethodCall(call), _) if call.method == "run" => match call.args.first() {
            Some(Expr::Path(path)) => path.path.get_ident(),
            _ => None,
        },
        _ => None,
    }
}

/// `run` takes steps on any connection; those of a revision must be for that of the project.
fn takes_the_connection(step: &Ident) -> TokenStream {
    quote_spanned! {step.span()=>
        const _: fn() = || {
            fn runs<R>(_: fn(&mut Db) -> R) {}
            runs(#step);
        };
    }
}
