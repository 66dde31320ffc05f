//! A revision that was stopped in the middle, as the commands that look at a database show it.

use migratable::Unfinished;
use serde_json::{Value, json};

use crate::project::Project;

/// What happened, and the command that goes on with it.
pub(super) fn text(it: &Unfinished, project: &Project) -> String {
    let (word, done, of) = (it.direction.word(), it.done, it.of);
    let command = project.command(&format!("{word} {}", it.revision));
    format!("stopped in the middle of `{word}`, begun at {} UTC, {done} of {of} parts done: {command}", it.begun_at)
}

/// The same for programs.
pub(super) fn json(it: &Unfinished) -> Value {
    json!({
        "revision": it.revision,
        "direction": it.direction.word(),
        "done": it.done,
        "of": it.of,
        "begun_at": it.begun_at,
    })
}
