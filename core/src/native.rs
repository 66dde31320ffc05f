//! What only one dialect knows.

use std::collections::BTreeMap;
use std::fmt;

/// What a database says of an object and no model can, by the words of its dialect: `engine`, `operator_class`,
/// `strict`, `prefix`…
///
/// Only schemas that were read from a database have any. They count when two databases are compared; the lock and
/// its fingerprint leave them out.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Native(BTreeMap<String, String>);

impl Native {
    /// The value of a word.
    pub fn get(&self, word: &str) -> Option<&str> {
        self.0.get(word).map(String::as_str)
    }

    /// Whether the word stands there at all.
    pub fn has(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }

    /// Sets a word to a value, or takes it away.
    pub fn set(&mut self, word: &str, value: Option<impl Into<String>>) {
        match value {
            Some(value) => drop(self.0.insert(word.to_owned(), value.into())),
            None => drop(self.0.remove(word)),
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words and their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(word, value)| (word.as_str(), value.as_str()))
    }

    /// The words whose values differ, with the value that `after` has.
    pub fn changes<'a>(&'a self, after: &'a Native) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let gone = self.0.keys().filter(|word| !after.has(word)).map(|word| (word.as_str(), None));
        let set = after.iter().filter(|(word, value)| self.get(word) != Some(value));
        gone.chain(set.map(|(word, value)| (word, Some(value))))
    }
}

impl fmt::Display for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (word, value) in self.iter() {
            write!(f, "{separator}{word} {value}")?;
            separator = ", ";
        }
        Ok(())
    }
}
