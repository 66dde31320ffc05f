//! SQL in words, as far as it is needed to see what a text is about.

/// The bare words of a text: nothing that stands in quotes, brackets or comments; `;` is a word of its own.
pub(super) fn words(sql: &str) -> impl Iterator<Item = &str> {
    let bytes = sql.as_bytes();
    let mut at = 0;
    let past = |from: usize, end: &str| sql[from..].find(end).map_or(sql.len(), |found| from + found + end.len());
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            match bytes[at] {
                b'\'' => at = past(at + 1, "'"),
                b'"' => at = past(at + 1, "\""),
                b'`' => at = past(at + 1, "`"),
                b'[' => at = past(at + 1, "]"),
                b'-' if sql[at..].starts_with("--") => at = past(at, "\n"),
                b'/' if sql[at..].starts_with("/*") => at = past(at + 2, "*/"),
                b';' => {
                    at += 1;
                    return Some(&sql[start..at]);
                }
                byte if is_word(byte) => {
                    while at < bytes.len() && is_word(bytes[at]) {
                        at += 1;
                    }
                    return Some(&sql[start..at]);
                }
                _ => at += 1,
            }
        }
        None
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
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
