//! The words in which a user names revisions.

use std::fmt;

use super::{Graph, Target, reached};

/// Why a text names no revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// Nothing is called so.
    Unknown {
        /// The text.
        text: String,
    },
    /// The revision is gone, and another one stands for it.
    Replaced {
        /// The revision.
        id: String,
        /// What stands for it.
        by: String,
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
    /// One revision is needed and the database is at several.
    ManyCurrent {
        /// The text.
        steps: String,
        /// Where the database is.
        ids: Vec<String>,
    },
    /// What is named is not in the branch that is named.
    NotOnBranch {
        /// The text.
        text: String,
        /// The revision at which the branch begins.
        root: String,
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
            ResolveError::Replaced { id, by } => write!(f, "revision {id} is gone: {by} stands for it"),
            ResolveError::Ambiguous { text, ids } => write!(f, "`{text}` may be any of {}", shown(ids)),
            ResolveError::ManyHeads { ids } => {
                write!(f, "there are several heads: {}; name one, or `heads` for all", ids.join(", "))
            }
            ResolveError::ManyCurrent { steps, ids } => {
                let choices: Vec<String> = ids.iter().map(|id| format!("`{id}@{steps}`")).collect();
                write!(f, "the database is at several revisions, so `{steps}` may be any of {}", choices.join(", "))
            }
            ResolveError::NotOnBranch { text, root } => {
                write!(f, "`{text}` names nothing in the branch that begins at {root}")
            }
            ResolveError::TooFar { text } => write!(f, "`{text}` goes further than there are revisions"),
        }
    }
}

impl std::error::Error for ResolveError {}

impl Graph {
    /// The revisions that a text names; no revision at all is what `base` names. See [`target`](Self::target).
    ///
    /// # Errors
    /// If it names nothing, or more than one where one is needed, or goes too far.
    pub fn resolve(&self, text: &str, current: &[&str]) -> Result<Vec<String>, ResolveError> {
        Ok(self.target(text, current)?.revisions)
    }

    /// What a text names: `head`, `heads`, `base`, `current`, an identifier or a unique beginning of one, or a branch
    /// label, each also as `label@…` in a branch, and with `+2` or `-1` behind it. `+2` and `-1` alone, also as
    /// `label@+2`, count from `current`, where the database stands.
    ///
    /// A branch is what stands behind the revision that bears its label, or of that identifier; its base is what that
    /// follows.
    ///
    /// # Errors
    /// If it names nothing, or more than one where one is needed, or goes too far.
    pub fn target(&self, text: &str, current: &[&str]) -> Result<Target, ResolveError> {
        let (name, steps) = split_steps(text);
        let (branch, symbol) = match name.split_once('@') {
            Some((label, symbol)) => (Some(self.one(label)?), symbol),
            None => (None, name),
        };
        let word = Word { graph: self, text, symbol, steps, branch };
        let start = word.start(current)?;
        let anchor = branch.or(if steps < 0 { start.first().copied() } else { None });
        Ok(Target {
            revisions: self.ids(word.walk(start)?),
            branch: anchor.map(|place| self.order[place].clone()),
            is_base: branch.is_some() && symbol == "base",
        })
    }

    /// The one revision of that identifier, label, or beginning of an identifier.
    fn one(&self, name: &str) -> Result<usize, ResolveError> {
        if let Some(place) = self.place(name).or_else(|| self.labels.get(name).copied()) {
            return Ok(place);
        }
        let found = self.which(|place| !name.is_empty() && self.order[place].starts_with(name));
        match found[..] {
            [] => Err(self.replaced(name).unwrap_or_else(|| ResolveError::Unknown { text: name.to_owned() })),
            [id] => Ok(self.places[id]),
            _ => Err(ResolveError::Ambiguous {
                text: name.to_owned(),
                ids: found.into_iter().map(str::to_owned).collect(),
            }),
        }
    }
}

impl Graph {
    /// What to say of a revision that is gone because another one stands for it.
    fn replaced(&self, name: &str) -> Option<ResolveError> {
        let (id, &place) = self.replaced.iter().find(|(id, _)| !name.is_empty() && id.starts_with(name))?;
        Some(ResolveError::Replaced { id: id.clone(), by: self.order[place].clone() })
    }
}

/// What a user typed, in its parts.
struct Word<'a> {
    graph: &'a Graph,
    text: &'a str,
    symbol: &'a str,
    steps: i64,
    branch: Option<usize>,
}

impl Word<'_> {
    /// The revisions from which the steps are counted.
    fn start(&self, current: &[&str]) -> Result<Vec<usize>, ResolveError> {
        let graph = self.graph;
        match self.symbol {
            "" if self.steps != 0 => self.counted_from(current),
            "current" => self.counted_from(current),
            "base" => Ok(self.branch.map_or(Vec::new(), |root| graph.followed.before[root].clone())),
            "head" => match self.heads() {
                heads if heads.len() > 1 => Err(ResolveError::ManyHeads { ids: graph.ids(heads) }),
                heads => Ok(heads),
            },
            "heads" => Ok(self.heads()),
            name => {
                let found = graph.one(name)?;
                match self.branch {
                    Some(root) if !graph.lineage(root)[found] => Err(self.not_on_branch(root)),
                    _ => Ok(vec![found]),
                }
            }
        }
    }

    fn heads(&self) -> Vec<usize> {
        let below = self.branch.map(|root| reached([root], &self.graph.followed.behind));
        let is_head = |place: &usize| self.graph.followed.behind[*place].is_empty();
        (0..self.graph.order.len()).filter(is_head).filter(|&it| below.as_ref().is_none_or(|below| below[it])).collect()
    }

    /// Where the database stands; in a branch, or on the way to it.
    fn counted_from(&self, current: &[&str]) -> Result<Vec<usize>, ResolveError> {
        let graph = self.graph;
        let mut at: Vec<usize> = current.iter().filter_map(|id| graph.place(id)).collect();
        if let Some(root) = self.branch {
            let below = reached([root], &graph.followed.behind);
            let on_branch: Vec<usize> = at.iter().copied().filter(|&place| below[place]).collect();
            if on_branch.is_empty() && self.steps <= 0 {
                return Err(self.not_on_branch(root));
            }
            at = if on_branch.is_empty() { self.furthest(&at, root) } else { on_branch };
        }
        match at.len() {
            0 | 1 => Ok(at),
            _ if self.steps == 0 => Ok(at),
            _ => Err(ResolveError::ManyCurrent { steps: self.text.to_owned(), ids: graph.ids(at) }),
        }
    }

    /// The last applied revisions on the way to a branch of which nothing is applied.
    fn furthest(&self, at: &[usize], root: usize) -> Vec<usize> {
        let graph = self.graph;
        let applied = reached(at.iter().copied(), &graph.needed.before);
        let way = reached([root], &graph.followed.before);
        let is_on_it = |place: usize| applied[place] && way[place];
        let is_last = |place: &usize| !graph.followed.behind[*place].iter().any(|&it| is_on_it(it));
        (0..graph.order.len()).filter(|&place| is_on_it(place)).filter(is_last).collect()
    }

    fn walk(&self, mut at: Vec<usize>) -> Result<Vec<usize>, ResolveError> {
        let graph = self.graph;
        let branch = self.branch.map(|root| graph.lineage(root));
        let is_on_branch = |place: &usize| branch.as_ref().is_none_or(|branch| branch[*place]);
        let bases = || (0..graph.order.len()).filter(|&place| graph.followed.before[place].is_empty()).collect();
        for _ in 0..self.steps.unsigned_abs() {
            let next: Vec<usize> = match (self.steps > 0, &at[..]) {
                (true, []) => bases(),
                (true, &[place]) => graph.followed.behind[place].clone(),
                (false, &[place]) => {
                    at = graph.followed.before[place].iter().copied().filter(is_on_branch).collect();
                    continue;
                }
                (false, []) => Vec::new(),
                (_, several) => return Err(self.ambiguous(several.to_vec())),
            };
            at = next.into_iter().filter(is_on_branch).collect();
            match at.len() {
                0 => return Err(ResolveError::TooFar { text: self.text.to_owned() }),
                1 => {}
                _ => return Err(self.ambiguous(at)),
            }
        }
        Ok(at)
    }

    fn ambiguous(&self, places: Vec<usize>) -> ResolveError {
        ResolveError::Ambiguous { text: self.text.to_owned(), ids: self.graph.ids(places) }
    }

    fn not_on_branch(&self, root: usize) -> ResolveError {
        ResolveError::NotOnBranch { text: self.text.to_owned(), root: self.graph.order[root].clone() }
    }
}

/// A list of revisions, of many only the first.
fn shown(ids: &[String]) -> String {
    const SHOWN: usize = 10;
    match ids.len().checked_sub(SHOWN) {
        None | Some(0) => ids.join(", "),
        Some(more) => format!("{}, and {more} more", ids[..SHOWN].join(", ")),
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

    /// Asserts what each word names, in the form `revisions`, or `revisions in branch`.
    fn assert_words(lines: &[&str], words: &[(&str, &str, Result<&str, &str>)]) {
        let graph = graph(lines);
        for (text, current, expected) in words {
            let current: Vec<&str> = current.split_whitespace().collect();
            let found = graph.target(text, &current).map(|target| {
                let branch = target.branch.map_or(String::new(), |branch| format!(" in {branch}"));
                format!("{}{branch}", target.revisions.join(" "))
            });
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, *expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn words_name_revisions() {
        assert_words(
            &["aa1:", "aa2@blog: aa1", "b3: aa2", "b4=old1: b3"],
            &[
                ("head", "", Ok("b4")),
                ("heads", "", Ok("b4")),
                ("base", "b3", Ok("")),
                ("current", "b3", Ok("b3")),
                ("b4", "", Ok("b4")),
                ("aa", "", Err("`aa` may be any of aa1, aa2")),
                ("old", "", Err("revision old1 is gone: b4 stands for it")),
                ("zz", "", Err("no revision is called `zz`")),
                ("", "", Err("no revision is called ``")),
                ("+2", "", Ok("aa2")),
                ("+1", "b3", Ok("b4")),
                ("+1", "b4", Err("goes further")),
                ("-1", "b4", Ok("b3 in b4")),
                ("-1", "aa1", Ok(" in aa1")),
                ("-2", "aa1", Err("goes further")),
                ("head-1", "", Ok("b3 in b4")),
                ("aa1+2", "", Ok("b3")),
                ("base+1", "", Ok("aa1")),
                ("blog", "", Ok("aa2")),
                ("blog@head", "", Ok("b4 in aa2")),
                ("blog@base", "", Ok("aa1 in aa2")),
                ("blog+1", "", Ok("b3")),
                ("blog@b3", "", Ok("b3 in aa2")),
            ],
        );
    }

    #[test]
    fn of_many_revisions_that_begin_alike_the_first_are_shown() {
        let lines: Vec<String> = (0..12).map(|at| format!("a{at:02}:")).collect();
        let said = graph(&lines.iter().map(String::as_str).collect::<Vec<_>>()).target("a", &[]).unwrap_err();
        let expected = "`a` may be any of a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, and 2 more";
        assert_eq!(said.to_string(), expected);
    }

    #[test]
    fn words_keep_to_the_branch_that_they_name() {
        assert_words(
            &["a:", "b1@shop: a", "c1: a", "b2: b1", "c2: c1", "m: b2 c2", "n@other:", "n2: n"],
            &[
                ("head", "", Err("several heads: m, n2")),
                ("heads", "", Ok("m n2")),
                ("shop@head", "", Ok("m in b1")),
                ("shop@heads", "", Ok("m in b1")),
                ("other@head", "", Ok("n2 in n")),
                ("other@base", "", Ok(" in n")),
                ("shop@base", "", Ok("a in b1")),
                ("shop@n2", "", Err("names nothing in the branch that begins at b1")),
                ("+1", "a", Err("`+1` may be any of b1, c1")),
                ("a+1", "", Err("`a+1` may be any of b1, c1")),
                ("+1", "", Err("`+1` may be any of a, n")),
                ("shop@+1", "", Ok("a in b1")),
                ("shop@+2", "", Ok("b1 in b1")),
                ("shop@+1", "a", Ok("b1 in b1")),
                ("shop@+1", "c1 n", Ok("b1 in b1")),
                ("shop@+1", "b1 c1", Ok("b2 in b1")),
                ("c1@+1", "b1 c1", Ok("c2 in c1")),
                ("-1", "b2 c2", Err("may be any of `b2@-1`, `c2@-1`")),
                ("+1", "b1 c1", Err("may be any of `b1@+1`, `c1@+1`")),
                ("b2@-1", "b2 c2", Ok("b1 in b2")),
                ("b2@-2", "b2 c2", Ok("a in b2")),
                ("b2-1", "b2 c2", Ok("b1 in b2")),
                ("shop@-1", "c2", Err("names nothing in the branch that begins at b1")),
                ("shop@current", "b1 c1", Ok("b1 in b1")),
                ("-1", "m", Ok("b2 c2 in m")),
                ("-2", "m", Err("`-2` may be any of b2, c2")),
                ("shop@-2", "m", Ok("b1 in b1")),
            ],
        );
    }
}
