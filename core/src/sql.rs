//! SQL texts inside a schema: checks, expressions, predicates, defaults.
//!
//! The texts are compared with the white space outside of quotes folded, and are searched for the columns that they
//! mention. They are never parsed further.

mod reserved;

use std::collections::BTreeMap;

use crate::Dialect;

pub use reserved::is_reserved;

/// A piece of SQL, the same for every dialect or one text for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sql {
    /// One text that every dialect understands.
    Portable(String),
    /// A text for each dialect that has one.
    Each(BTreeMap<Dialect, String>),
}

impl Sql {
    /// A text for every dialect, with white space outside of quotes folded.
    pub fn portable(text: &str) -> Sql {
        Sql::Portable(fold_spaces(text))
    }

    /// A text for each of some dialects.
    pub fn each<'a>(texts: impl IntoIterator<Item = (Dialect, &'a str)>) -> Sql {
        Sql::Each(texts.into_iter().map(|(dialect, text)| (dialect, fold_spaces(text))).collect())
    }

    /// The text for a dialect, if there is one.
    pub fn text(&self, dialect: Dialect) -> Option<&str> {
        match self {
            Sql::Portable(text) => Some(text),
            Sql::Each(texts) => texts.get(&dialect).map(String::as_str),
        }
    }

    /// All texts, each once.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, each) = match self {
            Sql::Portable(text) => (Some(text), None),
            Sql::Each(texts) => (None, Some(texts)),
        };
        one.into_iter().chain(each.into_iter().flat_map(BTreeMap::values)).map(String::as_str)
    }

    /// Whether any of the texts names this column.
    pub fn mentions(&self, column: &str) -> bool {
        self.texts().any(|text| identifiers(text).any(|word| word.is(text, column)))
    }

    /// The texts with every mention of one name put in place of another. Where that needs quotes, MySQL has others; where
    /// none are needed any more, those that only differ by such quotes are one text again.
    pub fn renamed(&self, renames: &[(&str, &str)]) -> Sql {
        let (texts, is_one) = match self {
            Sql::Portable(text) => (Dialect::ALL.map(|dialect| (dialect, text.clone())).into(), true),
            Sql::Each(texts) => (texts.clone(), differ_by_quotes(texts)),
        };
        let bare = is_one && matches!(self, Sql::Each(_));
        let quote = |dialect| if dialect == Dialect::Mysql { "`" } else { "\"" };
        let renamed: BTreeMap<Dialect, String> =
            texts.iter().map(|(dialect, text)| (*dialect, rename(text, renames, quote(*dialect), bare))).collect();
        let mut each = renamed.values();
        match each.next().filter(|first| is_one && each.all(|other| other == *first)) {
            Some(text) => Sql::Portable(text.clone()),
            None => Sql::Each(renamed),
        }
    }

    /// The texts with SQL in place of every mention of a column.
    pub fn with_value(&self, column: &str, value: &str) -> Sql {
        let put = |text: &String| rewritten(text, |word| word.is(text, column).then(|| value.to_owned()));
        match self {
            Sql::Portable(text) => Sql::Portable(put(text)),
            Sql::Each(texts) => Sql::Each(texts.iter().map(|(dialect, text)| (*dialect, put(text))).collect()),
        }
    }

    /// The texts with every mention of one value, in single quotes, put in place of another.
    pub fn with_text(&self, from: &str, to: &str) -> Sql {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let put = |text: &String| text.replace(&quoted(from), &quoted(to));
        match self {
            Sql::Portable(text) => Sql::Portable(put(text)),
            Sql::Each(texts) => Sql::Each(texts.iter().map(|(dialect, text)| (*dialect, put(text))).collect()),
        }
    }

    /// Which of these columns the texts name, in the order given.
    pub fn mentioned<'a>(&self, columns: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        columns.into_iter().filter(|column| self.mentions(column)).collect()
    }
}

impl From<&str> for Sql {
    fn from(text: &str) -> Sql {
        Sql::portable(text)
    }
}

/// Folds white space outside of quotes to single spaces, and trims. A comment to the end of a line keeps that end; `#`
/// begins one on MySQL.
pub fn fold_spaces(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut quote = None;
    let (mut in_comment, mut behind_hash) = (false, false);
    let mut characters = text.trim().chars().peekable();
    while let Some(character) = characters.next() {
        match quote {
            _ if in_comment => in_comment = character != '\n',
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '\'' | '"' | '`') => quote = Some(character),
            None if character == '-' && characters.peek() == Some(&'-') => in_comment = true,
            None if character == '\n' && behind_hash => {
                folded.truncate(folded.trim_end_matches(' ').len());
                behind_hash = false;
            }
            None if character.is_whitespace() => {
                if !folded.ends_with([' ', '\n']) {
                    folded.push(' ');
                }
                continue;
            }
            None => behind_hash |= character == '#',
        }
        if character != '\r' || quote.is_some() {
            folded.push(character);
        }
    }
    folded
}

struct Identifier {
    start: usize,
    end: usize,
    quoted: bool,
}

impl Identifier {
    fn is(&self, text: &str, name: &str) -> bool {
        let word = &text[self.start..self.end];
        if !self.quoted {
            return word.eq_ignore_ascii_case(name);
        }
        let quote = &word[..1];
        word[1..word.len() - 1].replace(&quote.repeat(2), quote) == name
    }
}

/// The bare and quoted identifiers of a text: not numbers, not what stands in `'…'` or in comments, not function names.
fn identifiers(text: &str) -> impl Iterator<Item = Identifier> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            match bytes[at] {
                b'\'' => at = closing(bytes, at),
                b'"' | b'`' => {
                    at = closing(bytes, at);
                    if at - start >= 2 {
                        return Some(Identifier { start, end: at, quoted: true });
                    }
                }
                b'-' if bytes.get(at + 1) == Some(&b'-') => {
                    at = bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |end| at + end);
                }
                byte if byte.is_ascii_digit() => {
                    while at < bytes.len() && (is_word(bytes[at]) || bytes[at] == b'.') {
                        at += 1;
                    }
                }
                byte if is_word(byte) => {
                    while at < bytes.len() && is_word(bytes[at]) {
                        at += 1;
                    }
                    let next = bytes[at..].iter().find(|byte| !byte.is_ascii_whitespace());
                    if next != Some(&b'(') {
                        return Some(Identifier { start, end: at, quoted: false });
                    }
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

/// The index behind the quote that closes the one at `open`; doubled quotes are part of the text. A quote that nothing
/// closes ends with the text.
pub fn closing(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        if bytes[at] == bytes[open] {
            if bytes.get(at + 1) != Some(&bytes[open]) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

/// Whether a name is one without quotes in every dialect, whatever becomes of the case of its letters.
pub fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !is_reserved(name)
}

/// Whether these are texts for all dialects, and one but for the quotes around names that need them.
fn differ_by_quotes(texts: &BTreeMap<Dialect, String>) -> bool {
    let [Some(sqlite), Some(postgres), Some(mysql)] = Dialect::ALL.map(|dialect| texts.get(&dialect)) else {
        return false;
    };
    let mut other = String::with_capacity(sqlite.len());
    let mut copied = 0;
    for word in identifiers(sqlite) {
        let inside = sqlite[word.start..word.end].strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        if let Some(name) = inside.map(|it| it.replace("\"\"", "\"")).filter(|name| !is_plain(name)) {
            other.push_str(&sqlite[copied..word.start]);
            other.push_str(&format!("`{}`", name.replace('`', "``")));
            copied = word.end;
        }
    }
    other.push_str(&sqlite[copied..]);
    sqlite == postgres && sqlite != mysql && other == *mysql
}

/// Puts names in place of others; what needs quotes and stands without gets these. `bare` lets quotes go that no name
/// needs any more.
fn rename(text: &str, renames: &[(&str, &str)], quote: &str, bare: bool) -> String {
    rewritten(text, |word| {
        let (from, to) = renames.iter().find(|(from, _)| word.is(text, from))?;
        if is_plain(to) && (!word.quoted || (bare && !is_plain(from))) {
            return Some((*to).to_owned());
        }
        let quote = if word.quoted { &text[word.start..word.start + 1] } else { quote };
        Some(format!("{quote}{}{quote}", to.replace(quote, &quote.repeat(2))))
    })
}

/// A text with other words in place of some identifiers.
fn rewritten(text: &str, instead: impl Fn(&Identifier) -> Option<String>) -> String {
    let mut rewritten = String::with_capacity(text.len());
    let mut copied = 0;
    for word in identifiers(text) {
        let Some(words) = instead(&word) else { continue };
        rewritten.push_str(&text[copied..word.start]);
        rewritten.push_str(&words);
        copied = word.end;
    }
    rewritten.push_str(&text[copied..]);
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_fold_outside_of_quotes_only() {
        assert_eq!(fold_spaces("  a   >\n 0 AND b = 'x  y' "), "a > 0 AND b = 'x  y'");
        assert_eq!(fold_spaces("SELECT 1 -- why  so\r\n,  2"), "SELECT 1 -- why  so\n, 2");
        assert_eq!(fold_spaces("# why  so\r\n  UPDATE a\n  SET b = 1"), "# why so\nUPDATE a SET b = 1");
        assert_eq!(fold_spaces("a #>  '{b}'\n\n  IS NULL"), "a #> '{b}'\nIS NULL");
    }

    #[test]
    fn mentions_are_identifiers_and_nothing_else() {
        let sql = Sql::portable("lower(email) <> 'age' AND \"Age\" > 10 AND NOT(deleted)");
        for (name, expected) in
            [("email", true), ("age", false), ("Age", true), ("lower", false), ("EMAIL", true), ("deleted", true)]
        {
            assert_eq!(sql.mentions(name), expected, "{name}");
        }
    }

    #[test]
    fn rename_touches_identifiers_and_nothing_else() {
        let sql = Sql::portable("age > 0 AND page <> 'age' AND \"age\" < 9");
        assert_eq!(sql.renamed(&[("age", "years")]), Sql::portable("years > 0 AND page <> 'age' AND \"years\" < 9"));
        assert_eq!(sql.renamed(&[("age", "the age")]).text(Dialect::Sqlite).unwrap().split(' ').next(), Some("\"the"));
    }

    #[test]
    fn a_name_that_needs_quotes_gets_those_of_each_dialect() {
        let sql = Sql::portable("age > 0");
        for (name, double, backtick) in
            [("order", "\"order\" > 0", "`order` > 0"), ("a`b", "\"a`b\" > 0", "`a``b` > 0")]
        {
            let expected =
                Sql::each([(Dialect::Sqlite, double), (Dialect::Postgres, double), (Dialect::Mysql, backtick)]);
            assert_eq!(sql.renamed(&[("age", name)]), expected);
            assert_eq!(expected.renamed(&[(name, "age")]), sql);
        }
        // Quotes that somebody has set stay on the way back, too.
        let mixed = Sql::portable("\"age\" > size");
        for name in ["order", "Größe"] {
            assert_eq!(mixed.renamed(&[("size", name)]).renamed(&[(name, "size")]), mixed);
            assert_eq!(mixed.renamed(&[("age", name)]).renamed(&[(name, "age")]), mixed);
        }
        assert_eq!(mixed.renamed(&[("age", "order")]), Sql::portable("\"order\" > size"));
    }

    #[test]
    fn a_value_stands_in_place_of_a_column() {
        assert_eq!(
            Sql::portable("lo < `hi` AND 'lo' <> lo").with_value("lo", "(1 + 1)").texts().next(),
            Some("(1 + 1) < `hi` AND 'lo' <> (1 + 1)")
        );
    }

    #[test]
    fn two_columns_can_swap_their_names() {
        assert_eq!(Sql::portable("a < b").renamed(&[("a", "b"), ("b", "a")]), Sql::portable("b < a"));
    }
}
