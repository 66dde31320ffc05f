//! Texts with places that are filled: `{id}_{slug}`.

use std::fmt;

use crate::names;

/// A text with places that are filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
        let template = Template::of(text)?;
        let mut places = template.parts.iter().filter_map(|part| match part {
            Part::Place(place) => Some(place.as_str()),
            Part::Literal(_) => None,
        });
        if let Some(place) = places.clone().find(|place| !known.contains(place)) {
            return Err(names::unknown("place", place, known));
        }
        if !places.any(|place| place == required) {
            return Err(format!("`{{{required}}}` must stand in it"));
        }
        Ok(template)
    }

    /// Reads a template with whatever places.
    ///
    /// # Errors
    /// A sentence, if a place has no end.
    pub fn of(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, behind)) = rest.split_once('{') {
            let (place, behind) = behind.split_once('}').ok_or("a `{` has no `}` behind it")?;
            parts.extend([Part::Literal(literal.to_owned()), Part::Place(place.to_owned())]);
            rest = behind;
        }
        parts.push(Part::Literal(rest.to_owned()));
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

    /// The text with its places filled; one that is empty takes the `_` before it along.
    pub(crate) fn joined(&self, value: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Place(place) => match value(place) {
                    value if value.is_empty() && text.ends_with('_') => drop(text.pop()),
                    value => text.push_str(&value),
                },
            }
        }
        text
    }

    /// Whether a place has nothing at its sides, or what these separators begin and end with.
    pub fn is_apart(&self, name: &str, separators: &[char]) -> bool {
        let is_place = |part: &Part| matches!(part, Part::Place(place) if place == name);
        self.parts.iter().enumerate().filter(|(_, part)| is_place(part)).all(|(at, _)| {
            let before = at.checked_sub(1).and_then(|at| self.parts.get(at));
            let is_first = at <= 1;
            let is_last = at + 2 >= self.parts.len();
            matches!(before, Some(Part::Literal(text)) if text.ends_with(separators) || (text.is_empty() && is_first))
                && matches!(self.parts.get(at + 1), Some(Part::Literal(text))
                    if text.starts_with(separators) || (text.is_empty() && is_last))
        })
    }

    /// What stands between the places.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
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
