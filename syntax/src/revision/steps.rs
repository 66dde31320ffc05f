//! The checksum of the functions of a revision.
//!
//! It is taken over their tokens in a normal form that rustfmt, comments and line ends do not change: without doc
//! comments, lint attributes and `use`, without trailing commas and semicolons, and without the braces around a single
//! expression behind `=>` and behind the parameters of a closure. Golden tests pin it.

use std::iter::once;

use migratable_core::hash;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Arm, Block, Expr, Item, Lit, Stmt};

/// Attributes that do not change what a function does.
const SILENT: [&str; 7] = ["doc", "allow", "expect", "warn", "deny", "forbid", "rustfmt"];

/// The checksum of these items: `v1:` and sixteen hexadecimal digits; nothing if there are none.
pub(super) fn checksum(items: &[&Item]) -> Option<String> {
    if items.is_empty() {
        return None;
    }
    let mut normal = Normal::default();
    for item in items {
        normal.sequence(item.to_token_stream(), Context::Block);
    }
    Some(format!("v1:{}", hash::hex(&normal.text, 16)))
}

/// Where a sequence of tokens stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// Between braces, or in the file.
    Block,
    /// Directly behind the parameters of a closure.
    Closure,
    /// Between other brackets.
    Other,
}

#[derive(Default)]
struct Normal {
    text: String,
}

impl Normal {
    fn word(&mut self, word: &str) {
        self.text.push_str(word);
        self.text.push(' ');
    }

    fn sequence(&mut self, tokens: TokenStream, context: Context) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let mut in_where = false;
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at + 1..];
            let skipped = skipped(token, rest);
            if skipped > 0 {
                at += skipped;
                continue;
            }
            let (derived, paths) = derives(&tokens[at..]);
            if derived > 0 {
                self.word("# [ derive (");
                self.sequence(paths, Context::Other);
                self.word(") ]");
                at += derived;
                continue;
            }
            let before = at.checked_sub(1).map(|before| &tokens[before]);
            match token {
                TokenTree::Punct(comma) if comma.as_char() == ',' => {
                    let last = match rest.first() {
                        None => true,
                        Some(TokenTree::Punct(next)) => next.as_char() == '>',
                        Some(TokenTree::Group(next)) => in_where && next.delimiter() == Delimiter::Brace,
                        Some(_) => false,
                    };
                    if !last {
                        self.word(",");
                    }
                }
                TokenTree::Punct(semicolon) if semicolon.as_char() == ';' => {
                    let block = context != Context::Other;
                    let behind_braces = match before {
                        None => true,
                        Some(TokenTree::Punct(before)) => before.as_char() == ';',
                        Some(TokenTree::Group(before)) => before.delimiter() == Delimiter::Brace,
                        Some(_) => false,
                    };
                    if !(block && (rest.is_empty() || behind_braces)) {
                        self.word(";");
                    }
                }
                TokenTree::Group(group) => {
                    let closure = is_punct(before, '|') || (before.is_none() && context == Context::Closure);
                    let called = is_punct(before, '!');
                    self.group(group.delimiter(), group.stream(), closure, called);
                    in_where &= group.delimiter() != Delimiter::Brace;
                }
                TokenTree::Literal(literal) => self.literal(literal.clone()),
                TokenTree::Ident(name) => {
                    in_where |= name == "where";
                    self.word(&name.to_string());
                }
                TokenTree::Punct(punct) => self.word(&punct.as_char().to_string()),
            }
            at += 1;
        }
    }

    /// The value of texts: their spelling can differ.
    fn literal(&mut self, literal: proc_macro2::Literal) {
        let spelt = literal.to_string();
        match Lit::new(literal) {
            Lit::Str(text) => {
                let value = text.value();
                self.word(&format!("text:{}:{value}{}", value.len(), text.suffix()));
            }
            _ => self.word(&spelt),
        }
    }

    fn group(&mut self, delimiter: Delimiter, tokens: TokenStream, closure: bool, called: bool) {
        let (open, close) = match delimiter {
            _ if called => ("(", ")"),
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => return self.sequence(tokens, Context::Other),
        };
        if delimiter == Delimiter::Brace
            && closure
            && let Some(expression) = single_expression(tokens.clone())
        {
            return self.sequence(expression, Context::Closure);
        }
        if let (Delimiter::Parenthesis, Some(inner)) = (delimiter, nested_parentheses(&tokens)) {
            return self.group(Delimiter::Parenthesis, inner, false, called);
        }
        self.word(open);
        match arms(&tokens) {
            Some(arms) => arms.into_iter().for_each(|arm| self.arm(arm)),
            None if delimiter == Delimiter::Brace => self.sequence(tokens, Context::Block),
            None => self.sequence(tokens, Context::Other),
        }
        self.word(close);
    }

    fn arm(&mut self, arm: Arm) {
        for attribute in &arm.attrs {
            self.sequence(attribute.to_token_stream(), Context::Other);
        }
        let mut pattern = arm.pat.to_token_stream().into_iter().peekable();
        if matches!(pattern.peek(), Some(TokenTree::Punct(bar)) if bar.as_char() == '|') {
            pattern.next();
        }
        self.sequence(pattern.collect(), Context::Other);
        if let Some((_, guard)) = &arm.guard {
            self.word("if");
            self.sequence(guard.to_token_stream(), Context::Other);
        }
        self.word("= >");
        let mut body = arm.body.to_token_stream();
        while let Some(Expr::Block(block)) = syn::parse2(body.clone()).ok().filter(is_plain_block) {
            match single(&block.block) {
                Some(inner) => body = inner,
                None => break,
            }
        }
        self.sequence(body, Context::Other);
        self.word(",");
    }
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

/// How many tokens from here on are left out: an attribute, a `use`, or `-> ()`.
fn skipped(token: &TokenTree, rest: &[TokenTree]) -> usize {
    match token {
        TokenTree::Punct(hash) if hash.as_char() == '#' => {
            let inner = usize::from(is_punct(rest.first(), '!'));
            match rest.get(inner) {
                Some(TokenTree::Group(group)) if SILENT.contains(&attribute_name(group.stream()).as_str()) => inner + 2,
                _ => 0,
            }
        }
        TokenTree::Ident(name) if name == "use" && !is_punct(rest.first(), '<') => {
            rest.iter().position(|token| is_punct(Some(token), ';')).map_or(0, |end| end + 2)
        }
        TokenTree::Punct(minus) if minus.as_char() == '-' && is_punct(rest.first(), '>') => match rest.get(1) {
            Some(TokenTree::Group(unit)) if unit.delimiter() == Delimiter::Parenthesis && unit.stream().is_empty() => 3,
            _ => 0,
        },
        _ => 0,
    }
}

/// Whether an attribute, with its `#`, changes nothing that a function does.
pub(super) fn is_silent(attribute: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = attribute.clone().into_iter().collect();
    tokens.first().is_some_and(|hash| skipped(hash, &tokens[1..]) > 0)
}

/// The first name of what stands in an attribute.
fn attribute_name(tokens: TokenStream) -> String {
    tokens.into_iter().next().map_or(String::new(), |name| name.to_string())
}

/// The `derive` attributes that stand here in a row: how many tokens they are, and all their paths.
fn derives(tokens: &[TokenTree]) -> (usize, TokenStream) {
    let mut paths = TokenStream::new();
    let mut count = 0;
    while let [TokenTree::Punct(hash), TokenTree::Group(group), ..] = &tokens[count..] {
        let content: Vec<TokenTree> = group.stream().into_iter().collect();
        let [TokenTree::Ident(name), TokenTree::Group(list)] = content.as_slice() else { break };
        if hash.as_char() != '#' || name != "derive" {
            break;
        }
        for path in list.stream() {
            paths.extend(once(path));
        }
        if !ends_with_comma(&list.stream()) {
            paths.extend(once(TokenTree::from(proc_macro2::Punct::new(',', proc_macro2::Spacing::Alone))));
        }
        count += 2;
    }
    (count, paths)
}

fn ends_with_comma(tokens: &TokenStream) -> bool {
    is_punct(tokens.clone().into_iter().last().as_ref(), ',')
}

/// What stands in the inner of two pairs of parentheses, unless it is a tuple.
fn nested_parentheses(tokens: &TokenStream) -> Option<TokenStream> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Parenthesis => {
            let inner = group.stream();
            let tuple = inner.is_empty() || inner.clone().into_iter().any(|token| is_punct(Some(&token), ','));
            (!tuple).then_some(inner)
        }
        _ => None,
    }
}

/// The arms of a `match`, if these tokens are some.
fn arms(tokens: &TokenStream) -> Option<Vec<Arm>> {
    let all: Vec<TokenTree> = tokens.clone().into_iter().collect();
    if !all.windows(2).any(|pair| is_punct(pair.first(), '=') && is_punct(pair.get(1), '>')) {
        return None;
    }
    struct Arms(Vec<Arm>);
    impl Parse for Arms {
        fn parse(input: ParseStream) -> syn::Result<Arms> {
            let mut arms = Vec::new();
            while !input.is_empty() {
                arms.push(input.parse()?);
            }
            Ok(Arms(arms))
        }
    }
    syn::parse2::<Arms>(tokens.clone()).ok().map(|arms| arms.0)
}

fn is_plain_block(expression: &Expr) -> bool {
    matches!(expression, Expr::Block(block) if block.attrs.is_empty() && block.label.is_none())
}

/// The expression that is all that stands between two braces.
fn single_expression(tokens: TokenStream) -> Option<TokenStream> {
    let stmts = Block::parse_within.parse2(tokens).ok()?;
    single(&Block { brace_token: syn::token::Brace::default(), stmts })
}

fn single(block: &Block) -> Option<TokenStream> {
    match block.stmts.as_slice() {
        [Stmt::Expr(expression, _)] => Some(expression.to_token_stream()),
        [Stmt::Macro(call)] if call.attrs.is_empty() => Some(call.mac.to_token_stream()),
        _ => None,
    }
}
