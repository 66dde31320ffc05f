//! A statement of SQL, read from its beginning as far as that tells what it does.

use migratable_core::TableName;

pub(crate) use super::tokens::without_mysql_spelling;
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

    /// All of several statements. The body of a routine is part of the one that makes it.
    pub(crate) fn all(sql: &'a str) -> Vec<Statement<'a>> {
        let mut statements: Vec<Statement<'a>> = Vec::new();
        let (mut is_over, mut blocks) = (true, 0_i32);
        for token in tokens(sql) {
            if token.is_symbol(";") && blocks == 0 {
                is_over = true;
                continue;
            }
            if is_over {
                statements.push(Statement { sql, rest: Vec::new() });
            }
            is_over = false;
            if let Some(statement) = statements.last_mut() {
                blocks = (blocks + statement.opens_block(&token)).max(0);
                statement.rest.push(token);
            }
        }
        statements
    }

    /// Whether the next token opens a block of a routine, or closes one.
    fn opens_block(&self, token: &Token<'_>) -> i32 {
        let is = |words: &[&str]| words.iter().any(|word| token.is(word));
        let is_behind_end = self.rest.last().is_some_and(|last| last.is("END"));
        match () {
            () if !self.makes_routine() => 0,
            () if is(&["END"]) => -1,
            () if is_behind_end => i32::from(is(&["IF", "LOOP", "WHILE", "REPEAT", "FOR"])),
            () => i32::from(is(&["BEGIN", "CASE"])),
        }
    }

    /// Whether it makes what has statements of its own.
    pub(crate) fn makes_routine(&self) -> bool {
        self.rest.first().is_some_and(|first| first.is("CREATE"))
            && ["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE"].iter().any(|kind| self.has(kind))
    }

    /// Whether it puts something into a variable of the session.
    pub(crate) fn assigns(&self) -> bool {
        self.rest.windows(2).any(|pair| match pair {
            [one, next] if one.is("INTO") => next.is_symbol("@"),
            [one, next] => one.is_symbol(":") && next.is_symbol("=") && next.at == one.at + 1,
            _ => false,
        })
    }

    /// Whether it changes rows of a table, or may: what stands behind the words with which rows begin is only read.
    #[cfg(feature = "mysql")]
    pub(super) fn may_write(&self, table: &str) -> bool {
        const ROWS: [&str; 5] = ["VALUES", "VALUE", "SELECT", "SET", "WHERE"];
        let is_rows = |token: &&Token<'_>| ROWS.iter().any(|word| token.is(word));
        let tells = ["INSERT", "REPLACE", "UPDATE", "DELETE"].iter().any(|word| self.rest[0].is(word));
        let mut tokens = self.rest.iter().take_while(|token| !tells || !is_rows(token));
        tokens.any(|token| token.unquoted().eq_ignore_ascii_case(table))
    }

    /// Whether a word is the first among some.
    #[cfg(feature = "mysql")]
    pub(super) fn is_before(&self, word: &str, words: &[&str]) -> bool {
        self.rest.iter().find(|token| words.iter().any(|it| token.is(it))).is_some_and(|token| token.is(word))
    }

    /// What is left behind one of some words, the first of them that comes.
    pub(crate) fn behind_first(&self, words: &[&str]) -> Option<Statement<'a>> {
        let at = self.rest.iter().position(|token| words.iter().any(|word| token.is(word)))?;
        Some(Statement { sql: self.sql, rest: self.rest[at + 1..].to_vec() })
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

    /// Goes on behind options in parentheses, if it begins with such.
    #[cfg(feature = "postgres")]
    pub(super) fn skips_options(&mut self) {
        if self.rest.first().is_some_and(|token| token.is_symbol("("))
            && let Some(end) = self.rest.iter().position(|token| token.is_symbol(")"))
        {
            self.rest.drain(..=end);
        }
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
    pub(crate) fn behind(&self, word: &str) -> Option<Statement<'a>> {
        self.behind_first(&[word])
    }

    /// The text that is left in front of some words.
    #[cfg(feature = "postgres")]
    pub(super) fn text_before(&self, words: &[&str]) -> &'a str {
        let ends = self.rest.iter().find(|token| words.iter().any(|word| token.is(word)));
        let start = self.rest.first().map_or(self.sql.len(), |token| token.at);
        self.sql[start..ends.map_or(self.sql.len(), |token| token.at)].trim().trim_end_matches(';')
    }

    /// What is left, in the parts that have commas between them.
    pub(crate) fn parts(self) -> Vec<Statement<'a>> {
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
    fn several_statements_are_told_apart_from_the_body_of_one() {
        let body = "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN IF NEW.x THEN SET NEW.x = CASE NEW.x WHEN 1 \
                    THEN 2 END; END IF; CASE NEW.x WHEN 1 THEN SET @a = 1; END CASE; END";
        for (sql, expected) in [
            ("", 0),
            ("; UPDATE a SET b = ';';; -- c;", 1),
            ("UPDATE a SET b = 1; DROP TABLE a", 2),
            (body, 1),
            (&format!("{body}; {body}; SELECT 1"), 3),
            ("CREATE TABLE a (b INT); CREATE TABLE begin_here (b INT); DROP TABLE a", 3),
        ] {
            assert_eq!(Statement::all(sql).len(), expected, "{sql}");
        }
    }

    #[test]
    fn variables_of_the_session_are_told_from_texts() {
        for (sql, expected) in [
            ("UPDATE a SET b = (@n := 1)", true),
            ("SELECT 1 INTO @a", true),
            ("UPDATE a SET b = ' := INTO @a'", false),
            ("UPDATE a SET b = @n", false),
            ("INSERT INTO a SELECT @n", false),
        ] {
            assert_eq!(Statement::read(sql).unwrap().assigns(), expected, "{sql}");
        }
    }

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
