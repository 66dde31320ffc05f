//! SQL in its pieces.

use migratable_core::sql::closing;

/// A piece of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// As it is written, quotes and all.
    pub(super) text: &'a str,
    /// Where it stands.
    pub(super) at: usize,
}

/// What a piece of SQL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, or a name without quotes.
    Word,
    /// A name in double quotes, backticks or brackets; what is no name in double quotes is a text.
    Quoted,
    /// A text in single quotes.
    Text,
    /// Bytes: `x'00'`.
    Bytes,
    Number,
    /// An operator, a bracket, a comma.
    Symbol,
}

impl Token<'_> {
    /// Whether it is this keyword.
    pub(super) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this operator, bracket or comma.
    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// What stands in the quotes, or the text itself if it has none.
    pub(super) fn unquoted(&self) -> String {
        let quote = match (self.kind, self.text.as_bytes().first()) {
            (Kind::Quoted, Some(b'[')) => "]",
            (Kind::Quoted | Kind::Text, Some(_)) => &self.text[..1],
            _ => return self.text.to_owned(),
        };
        let inner = self.text[1..].strip_suffix(quote).unwrap_or(&self.text[1..]);
        if quote == "]" { inner.to_owned() } else { inner.replace(&quote.repeat(2), quote) }
    }
}

const OPERATORS: [&str; 10] = ["->>", "->", "||", "<=", ">=", "<>", "!=", "==", "<<", ">>"];

/// The pieces of a text, without spaces and comments.
pub(super) fn tokens(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < sql.len() {
            let (kind, end) = next(sql, at);
            let start = std::mem::replace(&mut at, end);
            if let Some(kind) = kind {
                return Some(Token { kind, text: &sql[start..end], at: start });
            }
        }
        None
    })
}

/// What begins at a place, and where it ends. Spaces and comments are nothing.
fn next(sql: &str, at: usize) -> (Option<Kind>, usize) {
    let bytes = sql.as_bytes();
    let while_is = |from: usize, is: &dyn Fn(u8) -> bool| {
        bytes[from..].iter().position(|byte| !is(*byte)).map_or(sql.len(), |length| from + length)
    };
    let past = |from: usize, end: &str| sql[from..].find(end).map_or(sql.len(), |found| from + found + end.len());
    match bytes[at] {
        b'\'' => (Some(Kind::Text), closing(bytes, at)),
        b'"' | b'`' => (Some(Kind::Quoted), closing(bytes, at)),
        b'[' => (Some(Kind::Quoted), past(at + 1, "]")),
        b'x' | b'X' if bytes.get(at + 1) == Some(&b'\'') => (Some(Kind::Bytes), closing(bytes, at + 1)),
        b'-' if sql[at..].starts_with("--") => (None, past(at, "\n")),
        b'/' if sql[at..].starts_with("/*") => (None, past(at + 2, "*/")),
        byte if byte.is_ascii_whitespace() => (None, at + 1),
        byte if byte.is_ascii_digit() || (byte == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)) => {
            let end = while_is(at, &|byte| byte == b'.' || is_word(byte));
            let exponent = matches!(bytes[end - 1], b'e' | b'E') && !sql[at..].starts_with("0x");
            let signed = exponent && matches!(bytes.get(end), Some(b'+' | b'-'));
            (Some(Kind::Number), if signed { while_is(end + 1, &|byte| byte.is_ascii_digit()) } else { end })
        }
        byte if is_word(byte) => (Some(Kind::Word), while_is(at, &is_word)),
        _ => {
            let operator = OPERATORS.iter().find(|operator| sql[at..].starts_with(**operator));
            (Some(Kind::Symbol), at + operator.map_or(1, |operator| operator.len()))
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// A text of MySQL in the words that every dialect has: what only MySQL takes for a comment is blank, what only it escapes
/// in a text is no quote, and what stands in a comment that it reads is none.
pub(crate) fn without_mysql_spelling(sql: &str) -> String {
    let bytes = sql.as_bytes();
    let mut plain = bytes.to_vec();
    let (mut at, mut is_read) = (0, false);
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = match rest[0] {
            b'#' => {
                let end = rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length);
                plain[at..end].fill(b' ');
                end
            }
            quote @ (b'\'' | b'"') => {
                let mut end = at + 1;
                while end < bytes.len() && bytes[end] != quote {
                    if bytes[end] == b'\\' {
                        plain[end..(end + 2).min(bytes.len())].fill(b' ');
                        end += 1;
                    }
                    end += 1;
                }
                end + 1
            }
            b'/' if rest.starts_with(b"/*!") || rest.starts_with(b"/*M!") => {
                let opens = |byte: &u8| b"/*M!".contains(byte) || byte.is_ascii_digit();
                let end = at + rest.iter().take_while(|byte| opens(byte)).count();
                plain[at..end].fill(b' ');
                is_read = true;
                end
            }
            b'*' if is_read && rest.starts_with(b"*/") => {
                plain[at..at + 2].fill(b' ');
                is_read = false;
                at + 2
            }
            // A name, or a comment of any dialect.
            b'`' | b'-' | b'/' => next(sql, at).1,
            _ => at + 1,
        };
        at = end;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The bare words of a text: nothing that stands in quotes, brackets or comments; `;` is a word of its own.
pub(super) fn words(sql: &str) -> impl Iterator<Item = &str> {
    tokens(sql).filter(|token| token.kind == Kind::Word || token.is_symbol(";")).map(|token| token.text)
}

/// Whether a word stands in a text.
pub(super) fn has_word(sql: &str, wanted: &str) -> bool {
    words(sql).any(|word| word.eq_ignore_ascii_case(wanted))
}

/// Which of some words comes first in a text.
pub(super) fn first_of(sql: &str, wanted: &[&'static str]) -> Option<&'static str> {
    words(sql).find_map(|word| wanted.iter().find(|it| it.eq_ignore_ascii_case(word))).copied()
}

/// A statement among some that would end the transaction that they are run in, or cannot stand in one.
pub(super) fn outside_of_transactions(sql: &str) -> Option<&'static str> {
    const REFUSED: [&str; 8] = ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "VACUUM", "DETACH"];
    let mut first = true;
    let mut created = false;
    let mut in_trigger = false;
    for word in words(sql) {
        let is = |wanted: &str| word.eq_ignore_ascii_case(wanted);
        if word == ";" {
            first = true;
            continue;
        }
        if in_trigger {
            in_trigger = !(first && is("END"));
        } else if first {
            if let Some(refused) = REFUSED.iter().find(|it| is(it)) {
                return Some(refused);
            }
            created = is("CREATE");
        } else if created {
            in_trigger = is("TRIGGER");
            created = is("TEMP") || is("TEMPORARY");
        }
        first = false;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_what_sqlite_takes_them_for() {
        let sql = "a->>'it''s'<=-1.5e-3 || [b c]\"d\"\"e\"`f`x'0f'.25 0xe+1/* g */--h\n!=?";
        let found: Vec<(Kind, &str)> = tokens(sql).map(|token| (token.kind, token.text)).collect();
        use Kind::{Bytes, Number, Quoted, Symbol, Text, Word};
        let expected = [
            (Word, "a"),
            (Symbol, "->>"),
            (Text, "'it''s'"),
            (Symbol, "<="),
            (Symbol, "-"),
            (Number, "1.5e-3"),
            (Symbol, "||"),
            (Quoted, "[b c]"),
            (Quoted, "\"d\"\"e\""),
            (Quoted, "`f`"),
            (Bytes, "x'0f'"),
            (Number, ".25"),
            (Number, "0xe"),
            (Symbol, "+"),
            (Number, "1"),
            (Symbol, "!="),
            (Symbol, "?"),
        ];
        assert_eq!(found, expected);
        let names: Vec<String> = tokens("[b c] \"d\"\"e\" `f` 'it''s' g").map(|token| token.unquoted()).collect();
        assert_eq!(names, ["b c", "d\"e", "f", "it's", "g"]);
        assert_eq!(tokens("'open [open \"").count(), 1, "what is not closed goes on to the end");
    }

    #[test]
    fn quotes_and_comments_hide_words() {
        let sql = "a 'b' \"c\" [d] `e` -- f\n/* g; */ h;i";
        assert_eq!(words(sql).collect::<Vec<_>>(), ["a", "h", ";", "i"]);
        assert!(!has_word(
            "CREATE TABLE t (\"autoincrement\" TEXT, b TEXT DEFAULT 'it''s AUTOINCREMENT')",
            "AUTOINCREMENT"
        ));
        assert_eq!(first_of("CREATE TRIGGER \"delete\" AFTER update ON t", &["DELETE", "UPDATE"]), Some("UPDATE"));
    }

    #[test]
    fn what_only_mysql_reads_so_is_read_so() {
        for (sql, expected) in [
            ("# why; \nUPDATE a", "UPDATE a"),
            ("a 'it\\'s; \\\\' b", "a 'it  s;   ' b"),
            ("a \"#\\\"\" `#` '#' -- ' #\nb", "a \"#  \" `#` '#' b"),
            ("/*!50003 CREATE TRIGGER */ a /* b */ /*M! c */", "CREATE TRIGGER a c"),
            ("'\u{e9}\\\u{e9}' # \u{e9}", "'\u{e9}  \u{fffd}'"),
        ] {
            let plain = without_mysql_spelling(sql);
            let texts = |sql: &str| tokens(sql).map(|token| token.text.to_owned()).collect::<Vec<_>>();
            assert_eq!(texts(&plain), texts(expected), "{plain}");
        }
    }

    #[test]
    fn statements_that_would_end_the_transaction_are_found() {
        for (sql, expected) in [
            ("UPDATE a SET b = 1; COMMIT", Some("COMMIT")),
            ("vacuum", Some("VACUUM")),
            ("CREATE TABLE begin_here (a); INSERT INTO a VALUES ('; COMMIT')", None),
            ("CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = 1; END; SELECT 1", None),
            ("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; END; END", Some("END")),
            ("UPDATE a SET b = 1 -- ; COMMIT", None),
        ] {
            assert_eq!(outside_of_transactions(sql), expected, "{sql}");
        }
    }
}
