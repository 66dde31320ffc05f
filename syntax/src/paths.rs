//! Paths as texts: nothing here asks the file system.

use std::path::{Component, Path, PathBuf};

/// A path without `.` and, where the text allows it, without `..`, so that one file has one path.
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match (component, plain.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                plain.pop();
            }
            (other, _) => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_loses_what_leads_nowhere() {
        for (path, expected) in [
            ("/work/./app//src", "/work/app/src"),
            ("/work/app/../shop", "/work/shop"),
            ("/../work", "/work"),
            ("./app/..", ""),
            ("../../shop", "../../shop"),
            ("app/../../shop", "../shop"),
        ] {
            assert_eq!(plain(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
