//! What the readers of a revision file share: the mistakes gathered so far.

use migratable_core::names;
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Expr};

use super::value::{Argument, Readable};

/// What a computed argument is told.
pub(super) const NOT_DATA: &str = "only literals and the constructors of migratable::revision can stand here, because \
the build step reads this call without running it; code belongs in a function that `op.run(f)` runs";

/// Something wrong at a place.
#[derive(Debug)]
pub(super) struct Mistake {
    pub span: Span,
    pub message: String,
}

/// The mistakes of a file.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    pub found: Vec<Mistake>,
}

impl Mistakes {
    /// Notes a mistake; `None`, so that a reader can end with it.
    pub(super) fn add<T>(&mut self, span: Span, message: impl Into<String>) -> Option<T> {
        self.found.push(Mistake { span, message: message.into() });
        None
    }

    /// Notes a word that is not known, with the one that is probably meant.
    pub(super) fn unknown<T>(&mut self, span: Span, message: &str, word: &str, known: &[&str]) -> Option<T> {
        match names::nearest(word, known.iter().copied()) {
            Some(near) => self.add(span, format!("{message}; is it `{near}`?")),
            None => self.add(span, format!("{message}; these are known: {}", known.join(", "))),
        }
    }

    /// Refuses attributes: with `#[cfg]` the compiled call and the one that is read here could differ.
    pub(super) fn no_attributes(&mut self, expression: &Expr) -> Option<()> {
        match attributes(expression).first() {
            Some(attribute) => self.add(attribute.span(), "no attribute can stand in `upgrade` and `downgrade`"),
            None => Some(()),
        }
    }
}

/// The attributes of the expressions that are read.
fn attributes(expression: &Expr) -> &[Attribute] {
    match expression {
        Expr::Array(it) => &it.attrs,
        Expr::Call(it) => &it.attrs,
        Expr::Closure(it) => &it.attrs,
        Expr::Group(it) => &it.attrs,
        Expr::Lit(it) => &it.attrs,
        Expr::MethodCall(it) => &it.attrs,
        Expr::Paren(it) => &it.attrs,
        Expr::Path(it) => &it.attrs,
        Expr::Unary(it) => &it.attrs,
        Expr::Block(it) => &it.attrs,
        _ => &[],
    }
}

/// The expression without parentheses around it.
pub(super) fn bare(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(it) if it.attrs.is_empty() => bare(&it.expr),
        Expr::Group(it) if it.attrs.is_empty() => bare(&it.expr),
        other => other,
    }
}

/// The arguments of one call.
pub(super) struct Arguments<'r> {
    pub mistakes: &'r mut Mistakes,
    /// The function or method, for messages.
    pub of: String,
    /// Where its name stands.
    pub span: Span,
    /// `None` for an argument that could not be read, which has been said already.
    pub values: Vec<Option<Argument>>,
}

impl Arguments<'_> {
    /// Reads a call without arguments.
    pub(super) fn zero<R>(mut self, make: impl FnOnce() -> R) -> Option<R> {
        self.count(0)?;
        Some(make())
    }

    /// Reads a call with one argument.
    pub(super) fn one<A: Readable, R>(mut self, make: impl FnOnce(A) -> R) -> Option<R> {
        self.count(1)?;
        Some(make(self.next()?))
    }

    /// Reads a call with two arguments.
    pub(super) fn two<A: Readable, B: Readable, R>(mut self, make: impl FnOnce(A, B) -> R) -> Option<R> {
        self.count(2)?;
        let (a, b) = (self.next(), self.next());
        Some(make(a?, b?))
    }

    /// Reads a call with three arguments.
    pub(super) fn three<A: Readable, B: Readable, C: Readable, R>(
        mut self,
        make: impl FnOnce(A, B, C) -> R,
    ) -> Option<R> {
        self.count(3)?;
        let (a, b, c) = (self.next(), self.next(), self.next());
        Some(make(a?, b?, c?))
    }

    /// Reads a call with four arguments.
    pub(super) fn four<A: Readable, B: Readable, C: Readable, D: Readable, R>(
        mut self,
        make: impl FnOnce(A, B, C, D) -> R,
    ) -> Option<R> {
        self.count(4)?;
        let (a, b, c, d) = (self.next(), self.next(), self.next(), self.next());
        Some(make(a?, b?, c?, d?))
    }

    fn count(&mut self, expected: usize) -> Option<()> {
        let given = self.values.len();
        if given == expected {
            return Some(());
        }
        let expected = match expected {
            0 => "no argument".to_owned(),
            1 => "one argument".to_owned(),
            many => format!("{many} arguments"),
        };
        self.mistakes.add(self.span, format!("`{}` takes {expected}, not {given}", self.of))
    }

    fn next<T: Readable>(&mut self) -> Option<T> {
        let argument = self.values.remove(0)?;
        match T::read(argument) {
            Ok(value) => Some(value),
            Err((span, Some(message))) => self.mistakes.add(span, message),
            Err((span, None)) => self.mistakes.add(span, format!("{} belongs here", T::FORM)),
        }
    }
}
