//! The words in which a user names revisions.

use std::fmt;

use super::Graph;

/// Why a text names no revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// Nothing is called so.
    Unknown {
        /// The text.
        text: String,
    },
    /// Several revisions begin so.
    Ambiguous {
        /// The text.
        text: String,
        /// The revisions.
        ids: Vec<String>,
    },
    /// One revision is needed and there are several heads.
    ManyHeads {
        /// The heads.
        ids: Vec<String>,
    },
    /// There are not as many steps.
    TooFar {
        /// The text.
        text: String,
    },
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResolveError::Unknown { text } => write!(f, "no revision is called `{text}`"),
            ResolveError::Ambiguous { text, ids } => write!(f, "`{text}` may be any of {}", ids.join(", ")),
            ResolveError::ManyHeads { ids } => {
                write!(f, "there are several heads: {}; name one, or `heads` for all", ids.join(", "))
            }
            ResolveError::TooFar { text } => write!(f, "`{text}` goes further than there are revisions"),
        }
    }
}

impl std::error::Error for ResolveError {}

impl Graph {
    /// The revisions that a text names: `head`, `heads`, `base`, `current`, an identifier or a unique beginning of
    /// one, a branch label, `label@head`, each also with `+2` or `-1` behind it, or `+2` and `-1` alone, counted from
    /// where the database stands.
    ///
    /// No revision at all is what `base` names.
    ///
    /// # Errors
    /// If it names nothing, or more than one where one is needed, or goes too far.
    pub fn resolve(&self, text: &str, current: &[&str]) -> Result<Vec<String>, ResolveError> {
        let (name, steps) = split_steps(text);
        let start = self.named(name, current, steps)?;
        self.walk(text, start, steps)
    }

    fn named(&self, name: &str, current: &[&str], steps: i64) -> Result<Vec<String>, ResolveError> {
        let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let one_head = |heads: Vec<&str>| match heads.len() {
            0 | 1 => Ok(owned(&heads)),
            _ => Err(ResolveError::ManyHeads { ids: owned(&heads) }),
        };
        match name {
            "" if steps != 0 => Ok(owned(current)),
            "current" => Ok(owned(current)),
            "base" => Ok(Vec::new()),
            "head" => one_head(self.heads()),
            "heads" => Ok(owned(&self.heads())),
            _ => match name.split_once('@') {
                Some((label, "head")) => {
                    let root = self.one(label)?;
                    let below = self.descendants([root.as_str()]);
                    one_head(self.heads().into_iter().filter(|id| below.contains(*id)).collect())
                }
                Some((label, "base")) => {
                    let root = self.one(label)?;
                    Ok(self.node(&root).map(|node| node.after.clone()).unwrap_or_default())
                }
                Some((label, rest)) => {
                    let root = self.one(label)?;
                    let below = self.descendants([root.as_str()]);
                    let found = self.one(rest)?;
                    if below.contains(&found) {
                        Ok(vec![found])
                    } else {
                        Err(ResolveError::Unknown { text: name.to_owned() })
                    }
                }
                None => Ok(vec![self.one(name)?]),
            },
        }
    }

    /// The one revision of that identifier, label, or beginning of an identifier.
    fn one(&self, name: &str) -> Result<String, ResolveError> {
        if self.nodes.contains_key(name) {
            return Ok(name.to_owned());
        }
        if let Some(node) = self.nodes.values().find(|node| node.labels.iter().any(|label| label == name)) {
            return Ok(node.id.clone());
        }
        let ids: Vec<String> =
            self.order.iter().filter(|id| !name.is_empty() && id.starts_with(name)).cloned().collect();
        match ids.as_slice() {
            [] => Err(ResolveError::Unknown { text: name.to_owned() }),
            [id] => Ok(id.clone()),
            _ => Err(ResolveError::Ambiguous { text: name.to_owned(), ids }),
        }
    }

    fn walk(&self, text: &str, mut at: Vec<String>, steps: i64) -> Result<Vec<String>, ResolveError> {
        let too_far = || ResolveError::TooFar { text: text.to_owned() };
        for _ in 0..steps.unsigned_abs() {
            let next: Vec<String> = match (steps > 0, at.as_slice()) {
                (true, []) => self.bases().into_iter().map(str::to_owned).collect(),
                (true, [id]) => self.children(id).into_iter().map(str::to_owned).collect(),
                (false, [id]) => {
                    at = self.nodes[id].after.clone();
                    continue;
                }
                (false, []) => return Err(too_far()),
                (_, several) => return Err(ResolveError::ManyHeads { ids: several.to_vec() }),
            };
            match next.as_slice() {
                [] => return Err(too_far()),
                [_] => at = next,
                _ => return Err(ResolveError::Ambiguous { text: text.to_owned(), ids: next }),
            }
        }
        Ok(at)
    }
}

/// `rev+2` is `rev` and 2. Identifiers have neither sign in them.
fn split_steps(text: &str) -> (&str, i64) {
    if let Some(at) = text.rfind(['+', '-'])
        && let Ok(steps) = text[at..].parse()
    {
        return (&text[..at], steps);
    }
    (text, 0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::graph;

    #[test]
    fn words_name_revisions() {
        let line = graph(&["aa1:", "aa2@blog: aa1", "b3: aa2", "b4: b3"]);
        for (text, current, expected) in [
            ("head", "", Ok("b4")),
            ("heads", "", Ok("b4")),
            ("base", "b3", Ok("")),
            ("current", "b3", Ok("b3")),
            ("b4", "", Ok("b4")),
            ("aa", "", Err("`aa` may be any of aa1, aa2")),
            ("zz", "", Err("no revision is called `zz`")),
            ("+2", "", Ok("aa2")),
            ("+1", "b3", Ok("b4")),
            ("+1", "b4", Err("goes further")),
            ("-1", "b4", Ok("b3")),
            ("-1", "aa1", Ok("")),
            ("-2", "aa1", Err("goes further")),
            ("head-1", "", Ok("b3")),
            ("aa1+2", "", Ok("b3")),
            ("blog@head", "", Ok("b4")),
            ("blog@base", "", Ok("aa1")),
            ("blog+1", "", Ok("b3")),
        ] {
            let current: Vec<&str> = current.split_whitespace().collect();
            match (line.resolve(text, &current), expected) {
                (Ok(ids), Ok(expected)) => assert_eq!(ids.join(" "), expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
        let branched = graph(&["a:", "b: a", "c: a"]);
        assert!(branched.resolve("head", &[]).unwrap_err().to_string().contains("several heads: b, c"));
        assert_eq!(branched.resolve("heads", &[]).unwrap(), ["b", "c"]);
    }
}
