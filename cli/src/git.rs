//! What git knows of a merge: which side is one's own.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The names of the files in a folder as they are on one's own side: at HEAD while something is being merged, else at the
/// first parent of the merge that HEAD is. `None` without git, or if nothing was merged.
pub(crate) fn own_side(folder: &Path) -> Option<BTreeSet<String>> {
    let is_there = |revision: &str| git(folder, &["rev-parse", "-q", "--verify", revision]).is_some();
    let own = if ["MERGE_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD"].iter().any(|it| is_there(it)) {
        "HEAD"
    } else if is_there("HEAD^2") {
        "HEAD^1"
    } else {
        return None;
    };
    let paths = git(folder, &["ls-tree", "-r", "-z", "--name-only", own])?;
    let names = paths.split('\0').map(|path| path.rsplit('/').next().unwrap_or(path));
    Some(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    if output.status.success() { String::from_utf8(output.stdout).ok() } else { None }
}
