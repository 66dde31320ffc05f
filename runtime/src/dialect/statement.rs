//! A statement of SQL, read from its beginning as far as that tells what it does.

use migratable_core::TableName;

use super::tokens::{Kind, Token, tokens};

/// What is left of a statement.
#[derive(Clone)]
pub(crate) struct Statement<'a> {
    sql: &'a str,
    rest: Vec<Token<'a>>,
}

impl<'a> Statement<'a> {
    /// One statement; nothing if there are several, or none.
    pub(crate) fn read(sql: &'a str) -> Option<Statement<'a>> {
        let mut rest: Vec<Token<'a>> = tokens(sql).collect();
        if rest.last().is_some_and(|token| token.is_symbol(";")) {
            rest.pop();
        }
        let is_one = !rest.is_empty() && !rest.iter().any(|token| token.is_symbol(";"));
        is_one.then_some(Statement { sql, rest })
    }

    /// The last of several statements; nothing if there is none.
    #[cfg(feature = "postgres")]
    pub(crate) fn last(sql: &'a str) -> Option<Statement<'a>> {
        let all: Vec<Token<'a>> = tokens(sql).collect();
        let mut statements = all.split(|token| token.is_symbol(";")).filter(|tokens| !tokens.is_empty());
        let last = statements.next_back()?;
        Some(Statement { sql, rest: last.to_vec() })
    }

    /// Whether it goes on with these words; then what is left is behind them.
    pub(crate) fn takes(&mut self, words: &str) -> bool {
        let words: Vec<&str> = words.split(' ').collect();
        let found = self.rest.len() >= words.len() && self.rest.iter().zip(&words).all(|(token, word)| token.is(word));
        if found {
            self.rest.drain(..words.len());
        }
        found
    }

    /// The table that CREATE TABLE makes, if it is sure that it is not there yet.
    pub(super) fn made(&mut self) -> Option<TableName> {
        let is_sure = !self.takes("IF NOT EXISTS");
        self.name().filter(|_| is_sure)
    }

    /// Whether nothing is left.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    /// The name that it goes on with, with that of its schema.
    pub(super) fn name(&mut self) -> Option<TableName> {
        self.takes("IF EXISTS");
        named(self.names())
    }

    /// The table whose column it goes on with.
    #[cfg(feature = "postgres")]
    pub(super) fn name_of_column(&mut self) -> Option<TableName> {
        let mut names = self.names();
        names.pop();
        named(names)
    }

    /// The names that it goes on with, with dots between them.
    fn names(&mut self) -> Vec<String> {
        let mut names: Vec<String> = self.part().into_iter().collect();
        while !names.is_empty() && self.rest.first().is_some_and(|token| token.is_symbol(".")) {
            self.rest.remove(0);
            names.extend(self.part());
        }
        names
    }

    fn part(&mut self) -> Option<String> {
        let first = self.rest.first().filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted))?.unquoted();
        self.rest.remove(0);
        Some(first)
    }

    /// Whether a word stands in what is left.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.rest.iter().any(|token| token.is(word))
    }

    /// What is left behind a word, if that is there.
    pub(super) fn behind(&self, word: &str) -> Option<Statement<'a>> {
        let at = self.rest.iter().position(|token| token.is(word))?;
        Some(Statement { sql: self.sql, rest: self.rest[at + 1..].to_vec() })
    }

    /// The text that is left in front of some words.
    #[cfg(feature = "postgres")]
    pub(super) fn text_before(&self, words: &[&str]) -> &'a str {
        let ends = self.rest.iter().find(|token| words.iter().any(|word| token.is(word)));
        let start = self.rest.first().map_or(self.sql.len(), |token| token.at);
        self.sql[start..ends.map_or(self.sql.len(), |token| token.at)].trim().trim_end_matches(';')
    }

    /// What is left, in the parts that have commas between them.
    pub(super) fn parts(self) -> Vec<Statement<'a>> {
        let mut parts = vec![Vec::new()];
        let mut depth = 0;
        for token in self.rest {
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
            match token.is_symbol(",") && depth == 0 {
                true => parts.push(Vec::new()),
                false => parts.last_mut().into_iter().for_each(|part| part.push(token)),
            }
        }
        parts.into_iter().map(|rest| Statement { sql: self.sql, rest }).collect()
    }

    /// The names of what is called like a function in what is left.
    #[cfg(feature = "postgres")]
    pub(super) fn functions(&self) -> impl Iterator<Item = String> + '_ {
        let calls = self.rest.windows(2).filter(|pair| pair[1].is_symbol("(") && pair[0].kind != Kind::Symbol);
        calls.map(|pair| match pair[0].kind {
            Kind::Word => pair[0].text.to_ascii_lowercase(),
            _ => pair[0].unquoted(),
        })
    }
}

fn named(mut names: Vec<String>) -> Option<TableName> {
    let name = names.pop()?;
    Some(TableName { schema: names.pop(), name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_from_its_beginning() {
        let mut statement = Statement::read("ALTER TABLE \"a\".\"b c\" ADD x int DEFAULT f(1, 2), DROP y;").unwrap();
        assert!(!statement.takes("ALTER INDEX") && statement.takes("ALTER TABLE"));
        assert_eq!(statement.name(), Some(TableName { schema: Some("a".to_owned()), name: "b c".to_owned() }));
        let mut parts = statement.parts();
        assert_eq!(parts.len(), 2);
        assert!(parts[0].behind("default").is_some() && parts[1].behind("DEFAULT").is_none());
        assert!(parts[1].takes("DROP"));
        assert_eq!(parts[1].name().unwrap().name, "y");
        for several in ["", "-- nothing", "UPDATE a SET b = 1; DROP TABLE a"] {
            assert!(Statement::read(several).is_none(), "{several}");
        }
    }
}
