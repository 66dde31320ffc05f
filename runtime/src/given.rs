//! What is given to data steps from outside: arguments of the command line, and a tag.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;

/// What a program gives to the data steps that it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The arguments by name, as `-x key=value` gives them.
    pub arguments: BTreeMap<String, String>,
    /// What the run is called, as `--tag` gives it.
    pub tag: Option<String>,
}

thread_local! {
    static GIVEN: RefCell<Given> = RefCell::default();
}

/// The argument of that name which was given to this upgrade or downgrade: `migrate upgrade -x tenant=blue`.
pub fn argument(name: &str) -> Option<String> {
    GIVEN.with_borrow(|given| given.arguments.get(name).cloned())
}

/// What this upgrade or downgrade is called: `migrate upgrade --tag release-7`.
pub fn tag() -> Option<String> {
    GIVEN.with_borrow(|given| given.tag.clone())
}

impl Given {
    /// Is seen by the functions above on this thread until what comes back is dropped.
    pub(crate) fn during(&self) -> During {
        During { before: GIVEN.replace(self.clone()) }
    }
}

/// Puts back what was given before, also behind a panic.
pub(crate) struct During {
    before: Given,
}

impl Drop for During {
    fn drop(&mut self) {
        GIVEN.set(mem::take(&mut self.before));
    }
}
