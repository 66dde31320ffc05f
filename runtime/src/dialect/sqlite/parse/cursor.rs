//! Pieces of SQL, taken one after another.

use std::ops::Range;

use super::Parsed;
use crate::dialect::sqlite::tokens::{Kind, Token, tokens};

/// A place in some pieces of SQL.
pub(super) struct Cursor<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

/// What a key or an index orders by.
#[derive(Debug)]
pub(in crate::dialect::sqlite) struct Part<'a> {
    /// The column, if it is nothing else.
    pub(in crate::dialect::sqlite) name: Option<String>,
    pub(in crate::dialect::sqlite) target: Vec<Token<'a>>,
    pub(in crate::dialect::sqlite) collation: Option<String>,
    pub(in crate::dialect::sqlite) descending: bool,
    pub(in crate::dialect::sqlite) autoincrement: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(sql: &'a str) -> Cursor<'a> {
        Cursor::over(tokens(sql).collect())
    }

    pub(super) fn over(tokens: Vec<Token<'a>>) -> Cursor<'a> {
        Cursor { tokens, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    /// Whether these two keywords come next.
    pub(super) fn sees(&self, first: &str, second: &str) -> bool {
        matches!(self.tokens.get(self.at..), Some([one, two, ..]) if one.is(first) && two.is(second))
    }

    /// Where the next piece stands in the text.
    pub(super) fn place(&self) -> Range<usize> {
        self.peek().map_or(0..0, |token| token.at..token.at + token.text.len())
    }

    /// Where the last piece stands in the text.
    pub(super) fn place_before(&self) -> Range<usize> {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(0..0, |token| token.at..token.at + token.text.len())
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Takes a keyword, if it is the next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(word));
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_symbol(symbol));
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, word: &str) -> Parsed<()> {
        if self.take(word) { Ok(()) } else { Err(format!("{} where {word} should be", self.unexpected())) }
    }

    pub(super) fn unexpected(&self) -> String {
        match self.peek() {
            Some(token) => format!("there is `{}`", token.text),
            None => "the text ends".to_owned(),
        }
    }

    /// A name in any kind of quotes, or in none.
    pub(super) fn name(&mut self) -> Parsed<String> {
        match self.peek().filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Text)) {
            Some(token) => {
                self.advance();
                Ok(token.unquoted())
            }
            None => Err(format!("{} where a name should be", self.unexpected())),
        }
    }

    /// What stands in the brackets that begin here.
    pub(super) fn group(&mut self) -> Parsed<Vec<Token<'a>>> {
        if !self.take_symbol("(") {
            return Err(format!("{} where `(` should be", self.unexpected()));
        }
        let start = self.at;
        let mut depth = 1;
        while let Some(token) = self.peek() {
            self.advance();
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
            if depth == 0 {
                return Ok(self.tokens[start..self.at - 1].to_vec());
            }
        }
        Err("a bracket is not closed".to_owned())
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> Vec<Token<'a>> {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        self.at = self.tokens.len();
        rest.iter().filter(|token| !token.is_symbol(";")).copied().collect()
    }

    /// The value behind DEFAULT, without the brackets that it may stand in.
    pub(super) fn default(&mut self) -> Parsed<Vec<Token<'a>>> {
        if self.peek().is_some_and(|token| token.is_symbol("(")) {
            return self.group();
        }
        let start = self.at;
        if !self.take_symbol("-") {
            self.take_symbol("+");
        }
        self.advance();
        self.tokens.get(start..self.at).map(<[_]>::to_vec).ok_or_else(|| self.unexpected())
    }

    /// The names in the brackets that begin here.
    pub(super) fn names(&mut self) -> Parsed<Vec<String>> {
        let mut inner = Cursor::over(self.group()?);
        let mut names = Vec::new();
        while !inner.is_at_end() {
            names.push(inner.name()?);
            inner.take_symbol(",");
        }
        Ok(names)
    }

    /// What a key or an index orders by, in the brackets that begin here.
    pub(super) fn parts(&mut self) -> Parsed<Vec<Part<'a>>> {
        let mut parts = vec![Vec::new()];
        let mut depth = 0;
        for token in self.group()? {
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
            match parts.last_mut() {
                Some(part) if !(depth == 0 && token.is_symbol(",")) => part.push(token),
                _ => parts.push(Vec::new()),
            }
        }
        Ok(parts.into_iter().map(Part::new).collect())
    }

    /// What happens on a conflict, if it is said and is not what happens anyway.
    pub(super) fn on_conflict(&mut self) -> Parsed<Option<String>> {
        if !self.take("ON") {
            return Ok(None);
        }
        self.expect("CONFLICT")?;
        Ok(Some(self.name()?.to_ascii_uppercase()).filter(|action| action != "ABORT"))
    }
}

impl<'a> Part<'a> {
    fn new(mut target: Vec<Token<'a>>) -> Part<'a> {
        if let [.., nulls, place] = target.as_slice()
            && nulls.is("NULLS")
            && (place.is("FIRST") || place.is("LAST"))
        {
            target.truncate(target.len() - 2);
        }
        let last = |word: &str, target: &[Token<'_>]| target.len() > 1 && target.last().is_some_and(|it| it.is(word));
        let autoincrement = last("AUTOINCREMENT", &target);
        if autoincrement {
            target.pop();
        }
        let descending = last("DESC", &target);
        if descending || last("ASC", &target) {
            target.pop();
        }
        let mut collation = None;
        if let [_, .., word, name] = target.as_slice()
            && word.is("COLLATE")
        {
            collation = Some(name.unquoted().to_ascii_uppercase());
            target.truncate(target.len() - 2);
        }
        let name = match target.as_slice() {
            [only] if matches!(only.kind, Kind::Word | Kind::Quoted | Kind::Text) => Some(only.unquoted()),
            _ => None,
        };
        Part { name, target, collation, descending, autoincrement }
    }
}
