//! Changes to the text of a revision file that leave all the rest of it as it is.

use std::ops::Range;

use proc_macro2::{Span, TokenTree};
use syn::spanned::Spanned;
use syn::{Item, ItemFn, ItemMacro};

/// The text with other parents in its `revision!`; `None` if that cannot be read.
pub fn with_parents(text: &str, after: &[String], depends_on: &[String]) -> Option<String> {
    let text = with_list(text, "after", after)?;
    with_list(&text, "depends_on", depends_on)
}

/// The text with another list in its `revision!`; an empty one is not written anew.
fn with_list(text: &str, key: &str, values: &[String]) -> Option<String> {
    let file = syn::parse_file(text).ok()?;
    let call: &ItemMacro = file.items.iter().find_map(|item| match item {
        Item::Macro(call) if call.mac.path.is_ident("revision") => Some(call),
        _ => None,
    })?;
    let list = format!("{values:?}");
    let tokens: Vec<TokenTree> = call.mac.tokens.clone().into_iter().collect();
    let found = tokens.windows(3).find_map(|window| match window {
        [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Group(group)] if name == key => {
            Some(range(group.span(), text))
        }
        _ => None,
    });
    match found {
        Some(range) => Some(replaced(text, range?, &list)),
        None if values.is_empty() => Some(text.to_owned()),
        None => {
            let end = range(tokens.first()?.span(), text)?.end;
            Some(replaced(text, end..end, &format!(", {key} = {list}")))
        }
    }
}

/// The text without a statement of `upgrade` or `downgrade`, from 0; `None` if there is no such.
pub fn without_statement(text: &str, function: &str, index: usize) -> Option<String> {
    let file = syn::parse_file(text).ok()?;
    let function: &ItemFn = file.items.iter().find_map(|item| match item {
        Item::Fn(it) if it.sig.ident == function => Some(it),
        _ => None,
    })?;
    let Range { mut start, mut end } = range(function.block.stmts.get(index)?.span(), text)?;
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    if text[line_start..start].trim().is_empty() && text[end..line_end].trim().is_empty() {
        (start, end) = (line_start, line_end);
    }
    Some(replaced(text, start..end, ""))
}

/// The bytes of the text that a span covers.
pub(super) fn range(span: Span, text: &str) -> Option<Range<usize>> {
    // Spans count a byte order mark, and the file that was parsed has none any more.
    let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let Range { start, end } = span.byte_range();
    let range = start + skipped..end + skipped;
    text.get(range.clone()).map(|_| range)
}

fn replaced(text: &str, range: Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..range.start], &text[range.end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "//! größe\n\nuse migratable::revision::*;\n\nrevision!(\"a\", after = [\"b\", \"c\"]);\n\n\
                        #[operations]\npub fn upgrade(op: &mut Operations) {\n    // why\n    op.drop_table(\"a\");\n    \
                        op.drop_table(\n        \"b\",\n    );\n}\n";

    #[test]
    fn parents_are_replaced_and_all_the_rest_stays() {
        for (text, after, depends_on, expected) in [
            (TEXT.to_owned(), &["x"][..], &[][..], "revision!(\"a\", after = [\"x\"]);"),
            (TEXT.to_owned(), &[], &["y"], "revision!(\"a\", depends_on = [\"y\"], after = []);"),
            (
                TEXT.replace(", after = [\"b\", \"c\"]", ""),
                &["x", "y"],
                &[],
                "revision!(\"a\", after = [\"x\", \"y\"]);",
            ),
        ] {
            let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
            let changed = with_parents(&text, &owned(after), &owned(depends_on)).unwrap();
            assert_eq!(changed, TEXT.replace("revision!(\"a\", after = [\"b\", \"c\"]);", expected));
            let windows = with_parents(&text.replace('\n', "\r\n"), &owned(after), &owned(depends_on)).unwrap();
            assert_eq!(windows, changed.replace('\n', "\r\n"));
        }
        assert_eq!(with_parents("fn main() {}", &[], &[]), None);
    }

    #[test]
    fn a_statement_goes_with_its_lines() {
        let without = without_statement(TEXT, "upgrade", 1).unwrap();
        assert_eq!(without, TEXT.replace("    op.drop_table(\n        \"b\",\n    );\n", ""));
        let without = without_statement(&TEXT.replace('\n', "\r\n"), "upgrade", 0).unwrap();
        assert_eq!(without.replace("\r\n", "\n"), TEXT.replace("    op.drop_table(\"a\");\n", ""));
        assert_eq!(without_statement(TEXT, "upgrade", 2), None);
        assert_eq!(without_statement(TEXT, "downgrade", 0), None);
    }
}
