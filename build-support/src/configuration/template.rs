//! Texts with places that are filled: `{id}_{slug}`.

use std::fmt;

use super::manifest::unknown;

/// A text with places that are filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Place(String),
}

impl Template {
    /// Reads a template, in which one of the known places must stand.
    ///
    /// # Errors
    /// A sentence, if it cannot be read.
    pub fn parse(text: &str, known: &[&str], required: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, behind)) = rest.split_once('{') {
            let Some((place, behind)) = behind.split_once('}') else {
                return Err("a `{` has no `}` behind it".to_owned());
            };
            if !known.contains(&place) {
                return Err(unknown("place", place, known));
            }
            parts.extend([Part::Literal(literal.to_owned()), Part::Place(place.to_owned())]);
            rest = behind;
        }
        parts.push(Part::Literal(rest.to_owned()));
        if !parts.iter().any(|part| matches!(part, Part::Place(place) if place == required)) {
            return Err(format!("`{{{required}}}` must stand in it"));
        }
        Ok(Template { parts })
    }

    /// The text with its places filled.
    pub fn fill(&self, mut value: impl FnMut(&str) -> String) -> String {
        let filled = self.parts.iter().map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Place(place) => value(place),
        });
        filled.collect()
    }

    /// What stands between the places.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Place(_) => None,
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fill(|place| format!("{{{place}}}")))
    }
}
