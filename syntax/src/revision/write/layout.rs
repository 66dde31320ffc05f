//! How statements, comments and holes are laid out.

use migratable_core::Operation;
use migratable_core::diff::Hole;
use proc_macro2::TokenStream;
use quote::quote;

use super::expression;

/// Comments are folded at this width.
const WIDTH: usize = 100;

/// A call that is too long for any line, so that the chain that it stands in is broken; taken out again.
const BREAK: &str =
    ".too_long_for_a_line_____________________________________________________________________________________()";

/// A statement, indented as in a function.
pub(super) fn statement(operation: &Operation) -> String {
    let mut tokens = expression::operation(operation);
    if let Operation::CreateTable(table) = operation {
        let (table, end) = (expression::table(table), BREAK.parse::<TokenStream>().unwrap_or_default());
        tokens = quote!(op.create_table(#table #end););
    }
    let function = syn::parse_quote!(fn statement() { #tokens });
    let file = syn::File { shebang: None, attrs: Vec::new(), items: vec![function] };
    let text = prettyplease::unparse(&file).replace(&format!("\n            {BREAK}"), "");
    text.lines().skip(1).filter(|line| *line != "}").map(|line| format!("{line}\n")).collect()
}

/// The lines of a comment.
pub(super) fn comment(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// A step that waits for its body. It needs no import that its body might leave unused.
pub(super) fn hole(hole: &Hole) -> String {
    let Hole { step, reason, .. } = hole;
    let text = format!("{reason}. Write the code for it in place of this line");
    let mut out = format!("fn {step}(db: &mut Db) -> Result<()> {{\n");
    out.push_str(&format!("    use {step}::*; // the tables as they are at this very step, and Diesel's prelude\n\n"));
    if let Some(example) = example(hole) {
        out.push_str(&format!("    // Such as:\n    // {example}\n    // Ok(())\n"));
    }
    out.push_str(&format!("    hole!({text:?})\n}}\n"));
    out
}

/// A statement that changes the column, if its names are names in Rust too.
fn example(hole: &Hole) -> Option<String> {
    let (table, column) = (hole.table.name.as_str(), hole.column.as_str());
    let plain = |name: &str| syn::parse_str::<syn::Ident>(name).is_ok();
    (hole.table.schema.is_none() && plain(table) && plain(column))
        .then(|| format!("diesel::update({table}::table).set({table}::{column}.eq(…)).execute(db)?;"))
}
