//! A URL, and what is asked behind its question mark.

use std::fmt;

/// A URL in its pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url<'a> {
    front: &'a str,
    pairs: Vec<&'a str>,
    fragment: &'a str,
}

impl<'a> Url<'a> {
    pub(super) fn read(url: &'a str) -> Url<'a> {
        let (rest, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
        let (front, query) = rest.split_once('?').unwrap_or((rest, ""));
        Url { front, pairs: query.split('&').filter(|pair| !pair.is_empty()).collect(), fragment }
    }

    /// What is asked for.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().map(|pair| pair.split('=').next().unwrap_or_default())
    }

    /// What is asked by a key, if that is anything.
    pub(super) fn value(&self, wanted: &str) -> Option<&'a str> {
        let mut pairs = self.pairs.iter().filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, value)| *key == wanted && !value.is_empty()).map(|(_, value)| value)
    }

    /// Takes a key away, with all its values.
    pub(super) fn take(&mut self, key: &str) -> Vec<&'a str> {
        let is_of = |pair: &&'a str| pair.split_once('=').filter(|(of, _)| *of == key).map(|(_, value)| value);
        let values = self.pairs.iter().filter_map(is_of).collect();
        self.pairs.retain(|pair| is_of(pair).is_none());
        values
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.pairs.is_empty() { "" } else { "?" };
        write!(f, "{}{mark}{}{}", self.front, self.pairs.join("&"), self.fragment)
    }
}
