//! What a function that maps rows leaves as it is: the fields of the new row that are, on every way out, a field of the old
//! one.
//!
//! A field that is said to be kept is not written. So nothing is said that the tokens do not show: where a name could
//! come to mean something else, or a macro could hide a way out, nothing is kept, which costs time and no row.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Block, Expr, ExprStruct, File, FnArg, Item, ItemFn, Member, Pat, Stmt, Token};

use super::steps::is_silent;

/// Macros that neither bind a name around them nor give the function a way out.
const PLAIN: [&str; 15] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprintln",
    "format",
    "matches",
    "println",
    "vec",
    "write",
    "writeln",
];

/// Macros behind which the function does not go on.
const ENDS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];

/// What begins an item, or a body with ways out of its own.
const OTHER_BODIES: [&str; 9] = ["async", "const", "fn", "impl", "macro_rules", "mod", "static", "trait", "union"];

/// Words that can stand before `!(..)` and are no macro's name.
const BEFORE_NOT: [&str; 7] = ["break", "else", "if", "in", "match", "return", "while"];

/// The fields that the function leaves as they are: each by its name after and before.
pub(super) fn kept(function: &ItemFn, file: &File) -> Vec<(String, String)> {
    kept_fields(function, file).unwrap_or_default()
}

fn kept_fields(function: &ItemFn, file: &File) -> Option<Vec<(String, String)>> {
    let old = Old::of(function)?;
    let mut ways = Ways::default();
    let is_plain = function.attrs.iter().all(|it| is_silent(&it.to_token_stream()));
    (is_plain && file.items.iter().all(leaves_names)).then_some(())?;
    let body: TokenStream = function.block.stmts.iter().map(ToTokens::to_token_stream).collect();
    ways.tokens(body.clone())?;
    ways.block(&function.block)?;
    let mut literals = ways.literals.iter().map(|literal| old.kept_in(literal));
    let mut kept = literals.next()?;
    literals.for_each(|other| kept.retain(|pair| other.contains(pair)));
    let kept = kept.into_iter().filter(|(_, _, name)| old.stays(name, &body, &ways.literals));
    Some(kept.map(|(after, before, _)| (after, before)).collect())
}

/// Whether an item of the file leaves the names that are known here what they are.
fn leaves_names(item: &Item) -> bool {
    match item {
        Item::Use(it) => {
            let path = it.tree.to_token_stream().to_string().replace(' ', "");
            path == "migratable::revision::*" || path.ends_with("prelude::*") || imports_none(it.tree.to_token_stream())
        }
        Item::Fn(it) => !is_known(&it.sig.ident.to_string()),
        Item::Macro(it) => it.mac.path.is_ident("revision"),
        _ => true,
    }
}

/// Whether what is imported cannot be one of the names that are known here.
fn imports_none(tokens: TokenStream) -> bool {
    tokens.into_iter().all(|token| match token {
        TokenTree::Group(group) => imports_none(group.stream()),
        TokenTree::Ident(name) => !is_known(&name.to_string()),
        TokenTree::Punct(it) => it.as_char() != '*',
        TokenTree::Literal(_) => true,
    })
}

fn is_known(name: &str) -> bool {
    PLAIN.contains(&name) || ENDS.contains(&name) || ["Err", "Ok", "Some"].contains(&name)
}

/// What the old row is called.
enum Old {
    /// The whole row.
    Row(String),
    /// Its fields, each with the name that it is bound to.
    Fields(Vec<(String, String)>),
}

/// A field after, the field before that it is, and the name that this stands behind.
type Pair = (String, String, String);

impl Old {
    fn of(function: &ItemFn) -> Option<Old> {
        let Some(FnArg::Typed(parameter)) = function.sig.inputs.first() else { return None };
        match &*parameter.pat {
            Pat::Struct(pattern) => {
                let fields = pattern.fields.iter().map(|field| match (&field.member, bound(&field.pat)) {
                    (Member::Named(member), Some(name)) => Some((member.unraw().to_string(), name)),
                    _ => None,
                });
                Some(Old::Fields(fields.flatten().collect()))
            }
            pattern => bound(pattern).map(Old::Row),
        }
    }

    /// What a literal of the new row keeps.
    fn kept_in(&self, literal: &ExprStruct) -> Vec<Pair> {
        let pairs = literal.fields.iter().map(|field| {
            let Member::Named(after) = &field.member else { return None };
            let (before, name) = self.field(&field.expr)?;
            Some((after.unraw().to_string(), before, name))
        });
        pairs.flatten().collect()
    }

    /// The field of the old row that an expression is.
    fn field(&self, expression: &Expr) -> Option<(String, String)> {
        match (expression, self) {
            (Expr::Call(call), _) if call.args.len() == 1 && is_path(&call.func, "Some") => self.plain(&call.args[0]),
            (expression, _) => self.plain(expression),
        }
    }

    fn plain(&self, expression: &Expr) -> Option<(String, String)> {
        match (self, expression) {
            (Old::Row(name), Expr::Field(it)) if it.attrs.is_empty() && is_path(&it.base, name) => match &it.member {
                Member::Named(field) => Some((field.unraw().to_string(), name.clone())),
                Member::Unnamed(_) => None,
            },
            (Old::Fields(fields), expression) => fields.iter().find(|(_, name)| is_path(expression, name)).cloned(),
            _ => None,
        }
    }

    /// Whether a name means the same from the head of the function to its end: behind it stands a dot, so that it binds
    /// nothing, or it stands in a literal of the new row.
    fn stays(&self, name: &str, body: &TokenStream, literals: &[ExprStruct]) -> bool {
        let in_literals = match self {
            Old::Row(_) => 0,
            Old::Fields(_) => literals.iter().map(|literal| self.named_in(literal, name)).sum(),
        };
        open_uses(body.clone(), name) == in_literals
    }

    /// How often a literal of the new row has the name, as a field or as a value that is kept.
    fn named_in(&self, literal: &ExprStruct, name: &str) -> usize {
        let count = literal.fields.iter().map(|field| {
            let is_field = matches!(&field.member, Member::Named(it) if it == name);
            let is_value = self.field(&field.expr).is_some_and(|(_, value)| value == name);
            if field.colon_token.is_none() {
                usize::from(is_field)
            } else {
                usize::from(is_field) + usize::from(is_value)
            }
        });
        count.sum()
    }
}

/// The name that a pattern binds for good.
fn bound(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(it) if it.by_ref.is_none() && it.mutability.is_none() && it.subpat.is_none() => {
            Some(it.ident.to_string())
        }
        _ => None,
    }
}

fn is_path(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Path(it) if it.attrs.is_empty() && it.qself.is_none() && it.path.is_ident(name))
}

/// How often a name stands with no dot beside it.
fn open_uses(tokens: TokenStream, name: &str) -> usize {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_dot = |at: Option<usize>| at.is_some_and(|at| is_punct(tokens.get(at), '.'));
    let uses = tokens.iter().enumerate().map(|(at, token)| match token {
        TokenTree::Group(group) => open_uses(group.stream(), name),
        TokenTree::Ident(it) if it == name && !is_dot(at.checked_sub(1)) && !is_dot(Some(at + 1)) => 1,
        _ => 0,
    });
    uses.sum()
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(it)) if it.as_char() == character)
}

/// The ways out of the function. Whatever may be another one ends the search with `None`.
#[derive(Default)]
struct Ways {
    literals: Vec<ExprStruct>,
}

impl Ways {
    /// Looks through all tokens for what hides a way out, and for every `return`.
    fn tokens(&mut self, tokens: TokenStream) -> Option<()> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let rest = &tokens[at + 1..];
            match token {
                TokenTree::Group(group) => self.tokens(group.stream())?,
                TokenTree::Punct(hash) if hash.as_char() == '#' => match rest.first() {
                    Some(TokenTree::Group(_)) if is_silent(&tokens[at..at + 2].iter().cloned().collect()) => {}
                    _ => return None,
                },
                TokenTree::Ident(name) => {
                    let word = name.to_string();
                    let is_macro = is_punct(rest.first(), '!')
                        && matches!(rest.get(1), Some(TokenTree::Group(_)))
                        && !BEFORE_NOT.contains(&word.as_str());
                    if is_macro {
                        let is_plain = at.checked_sub(1).is_none_or(|before| !is_punct(tokens.get(before), ':'));
                        (is_plain && is_known(&word)).then_some(())?;
                    } else if OTHER_BODIES.contains(&word.as_str()) {
                        return None;
                    } else if word == "use" {
                        let end = rest.iter().position(|it| is_punct(Some(it), ';'))?;
                        imports_none(rest[..end].iter().cloned().collect()).then_some(())?;
                    } else if word == "return" {
                        self.returned(rest)?;
                    }
                }
                _ => {}
            }
        }
        Some(())
    }

    /// What stands behind a `return`: `Err(..)` or `Ok(Row { .. })` and nothing more.
    fn returned(&mut self, rest: &[TokenTree]) -> Option<()> {
        let [TokenTree::Ident(name), TokenTree::Group(group), rest @ ..] = rest else { return None };
        let rest = if is_punct(rest.first(), '?') { &rest[1..] } else { rest };
        let is_end = rest.first().is_none_or(|it| is_punct(Some(it), ',') || is_punct(Some(it), ';'));
        if group.delimiter() != Delimiter::Parenthesis || !is_end {
            return None;
        }
        if name == "Err" {
            return Some(());
        }
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(group.stream()).ok()?;
        (name == "Ok" && arguments.len() == 1).then_some(())?;
        self.literal(&arguments[0])
    }

    fn block(&mut self, block: &Block) -> Option<()> {
        match block.stmts.last() {
            Some(Stmt::Expr(expression, None)) => self.tail(expression),
            Some(Stmt::Macro(it)) if it.semi_token.is_none() => ends(&it.mac.path),
            // It does not come to its end: it would have to give a row there.
            _ => Some(()),
        }
    }

    fn tail(&mut self, expression: &Expr) -> Option<()> {
        match expression {
            Expr::Paren(it) => self.tail(&it.expr),
            Expr::Block(it) if it.label.is_none() => self.block(&it.block),
            Expr::If(it) => {
                self.block(&it.then_branch)?;
                self.tail(&it.else_branch.as_ref()?.1)
            }
            Expr::Match(it) => it.arms.iter().try_for_each(|arm| self.tail(&arm.body)),
            Expr::Macro(it) => ends(&it.mac.path),
            // Every one was seen among the tokens.
            Expr::Return(_) => Some(()),
            Expr::Try(it) => is_call(&it.expr, "Err").map(drop),
            other => match is_call(other, "Ok") {
                Some(value) => self.literal(value),
                None => is_call(other, "Err").map(drop),
            },
        }
    }

    fn literal(&mut self, expression: &Expr) -> Option<()> {
        let Expr::Struct(literal) = expression else { return None };
        let is_row = literal.path.segments.last().is_some_and(|it| it.ident == "Row");
        let is_whole = literal.dot2_token.is_none() && literal.qself.is_none();
        (is_row && is_whole && literal.fields.iter().all(|it| it.attrs.is_empty())).then_some(())?;
        self.literals.push(literal.clone());
        Some(())
    }
}

/// The one argument of a call of that function.
fn is_call<'e>(expression: &'e Expr, name: &str) -> Option<&'e Expr> {
    match expression {
        Expr::Call(it) if it.args.len() == 1 && is_path(&it.func, name) => it.args.first(),
        _ => None,
    }
}

fn ends(path: &syn::Path) -> Option<()> {
    path.get_ident().is_some_and(|name| ENDS.contains(&name.to_string().as_str())).then_some(())
}
