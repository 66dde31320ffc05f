//! Where the values of a `bulk_insert` stand.

use migratable_core::operation::seed_place;
use proc_macro2::Span;
use syn::{Expr, Stmt};

use super::tokens::start_of;

/// The places of the values of all rows, by their names.
pub(super) fn places(statement: &Stmt, columns: &[String]) -> Vec<(String, Span)> {
    let Stmt::Expr(Expr::MethodCall(call), _) = statement else { return Vec::new() };
    let Some(Expr::Array(rows)) = call.args.last() else { return Vec::new() };
    let mut places = Vec::new();
    for (at, row) in rows.elems.iter().enumerate() {
        let Expr::Array(values) = row else { continue };
        let values = columns.iter().zip(&values.elems);
        places.extend(values.map(|(column, value)| (seed_place(at, column), start_of(literal(value)))));
    }
    places
}

/// What stands in `value(..)`, if it is a value so written.
fn literal(value: &Expr) -> &Expr {
    match value {
        Expr::Call(call) if call.args.len() == 1 => &call.args[0],
        other => other,
    }
}
