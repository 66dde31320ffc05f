//! The functions of a revision file, to be carried over into another one.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Item, UseTree};

use super::edit::range;
use super::file::is_test;

/// What stands in a revision file beside its operations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The `use` lines, but for the one that every revision has.
    pub uses: Vec<String>,
    /// Everything else, as it is written, with its comments.
    pub text: String,
    /// The names that it declares.
    pub names: BTreeSet<String>,
}

/// What stands in a revision file beside its operations; `None` if it cannot be read.
pub fn carry(text: &str) -> Option<Carried> {
    let file = syn::parse_file(text).ok()?;
    let mut carried = Carried::default();
    for item in &file.items {
        match item {
            Item::Macro(call) if call.mac.path.is_ident("revision") => {}
            Item::Fn(function) if ["upgrade", "downgrade"].iter().any(|name| function.sig.ident == name) => {}
            Item::Use(it) if is_prelude(&it.tree) => {}
            // Tests are about the revision that they stand in.
            test if is_test(test) => {}
            Item::Use(it) => carried.uses.push(text.get(range(it.span(), text)?)?.to_owned()),
            other => {
                let Range { start, end } = range(other.span(), text)?;
                if !carried.text.is_empty() {
                    carried.text.push_str("\n\n");
                }
                carried.text.push_str(comments_before(text.get(..start)?));
                carried.text.push_str(text.get(start..end)?);
                carried.names.extend(name_of(other));
            }
        }
    }
    carried.text = carried.text.replace("\r\n", "\n");
    Some(carried)
}

impl Carried {
    /// Gives something another name wherever the name stands.
    pub fn rename(&mut self, from: &str, to: &str) {
        let Ok(tokens) = self.text.parse::<TokenStream>() else { return };
        let mut places = Vec::new();
        find(tokens, from, &mut places);
        places.sort_by_key(|place: &Range<usize>| std::cmp::Reverse(place.start));
        places.into_iter().for_each(|place| self.text.replace_range(place, to));
        if self.names.remove(from) {
            self.names.insert(to.to_owned());
        }
    }
}

/// The comments that stand directly above what follows.
fn comments_before(text: &str) -> &str {
    let mut start = text.len();
    for line in text.split_inclusive('\n').rev() {
        if !line.trim_start().starts_with("//") || line.trim_start().starts_with("//!") {
            break;
        }
        start -= line.len();
    }
    &text[start..]
}

fn find(tokens: TokenStream, name: &str, places: &mut Vec<Range<usize>>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => find(group.stream(), name, places),
            TokenTree::Ident(ident) if ident == name => places.push(ident.span().byte_range()),
            _ => {}
        }
    }
}

/// Whether it is `use migratable::revision::*`.
fn is_prelude(tree: &UseTree) -> bool {
    tree.to_token_stream().to_string().replace(' ', "") == "migratable::revision::*"
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Mod(it) => &it.ident,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::Type(it) => &it.ident,
        Item::Macro(it) => it.ident.as_ref()?,
        _ => return None,
    };
    Some(name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_come_with_their_comments_and_uses_and_under_other_names() {
        let text = "//! größe\n\nuse migratable::revision::*;\nuse std::fmt;\n\nrevision!(\"a\", after = []);\n\n\
                    #[operations]\npub fn upgrade(op: &mut Operations) {\n    op.run(fill);\n}\n\n\
                    /// Fills größe.\n#[allow(dead_code)]\nfn fill(db: &mut Db) -> Result<()> {\n    use fill::users;\n    \
                    help(\"fill\", db)\n}\n\n// why\nconst FILL: u8 = 1;\n\n\
                    #[operations]\npub fn downgrade(op: &mut Operations) {}\n\n\
                    #[cfg(test)]\nmod tests {\n    #[test]\n    fn fill() {}\n}\n";
        let mut carried = carry(text).unwrap();
        assert_eq!(carried.uses, ["use std::fmt;"]);
        assert_eq!(carried.names, ["FILL", "fill"].map(str::to_owned).into());
        carried.rename("fill", "fill_2");
        let expected = "/// Fills größe.\n#[allow(dead_code)]\nfn fill_2(db: &mut Db) -> Result<()> {\n    \
                        use fill_2::users;\n    help(\"fill\", db)\n}\n\n// why\nconst FILL: u8 = 1;";
        assert_eq!(carried.text, expected);
        assert_eq!(
            carry(&text.replace('\n', "\r\n"))
                .map(|mut it| {
                    it.rename("fill", "fill_2");
                    it.text
                })
                .unwrap(),
            expected
        );
        assert_eq!(carry("fn"), None);
    }
}
