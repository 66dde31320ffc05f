//! Several files of the migrations changed at once: all of them or none, also when the process is killed in between.
//!
//! The new texts are written beside, then a list of what is to be done, then it is done. Whoever comes next and finds the
//! list does the rest.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use migratable_syntax::whole_file;

use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// The folder of the new texts, in `versions/`; no revision is read from it.
const FOLDER: &str = ".rewrite";

/// The list in it: `write 0 versions/a.rs` and `remove versions/b.rs`.
const LIST: &str = "list";

/// Files that are to change together.
pub(crate) struct Rewrite {
    dir: PathBuf,
    writes: Vec<(PathBuf, String)>,
    removes: Vec<PathBuf>,
}

impl Rewrite {
    /// Of nothing yet, in a migrations package.
    pub(crate) fn new(dir: &Path) -> Rewrite {
        Rewrite { dir: dir.to_owned(), writes: Vec::new(), removes: Vec::new() }
    }

    /// A file gets a text.
    pub(crate) fn write(&mut self, path: &Path, text: String) {
        self.writes.push((path.to_owned(), text));
    }

    /// A file goes.
    pub(crate) fn remove(&mut self, path: &Path) {
        self.removes.push(path.to_owned());
    }

    /// Does it.
    ///
    /// # Errors
    /// If a file cannot be written; nothing is changed then.
    pub(crate) fn run(&self, console: &Console<'_>) -> Outcome {
        let folder = self.dir.join("versions").join(FOLDER);
        let prepared = self.prepare(&folder).inspect_err(|_| {
            let _ = fs::remove_dir_all(&folder);
        });
        prepared.map_err(|error| Failure::cannot_write(&folder, &error, console))?;
        finish(&self.dir, console).map(drop)
    }

    fn prepare(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut list = String::new();
        for (number, (path, text)) in self.writes.iter().enumerate() {
            whole_file::write_durably(&folder.join(number.to_string()), text)?;
            list.push_str(&format!("write {number} {}\n", self.below(path)?));
        }
        for path in &self.removes {
            list.push_str(&format!("remove {}\n", self.below(path)?));
        }
        whole_file::write_durably(&folder.join(LIST), list)
    }

    fn below<'a>(&self, path: &'a Path) -> io::Result<&'a str> {
        let below = path.strip_prefix(&self.dir).ok().and_then(Path::to_str).filter(|path| !path.contains('\n'));
        below.ok_or_else(|| io::Error::other(format!("{} cannot be named in a list", path.display())))
    }
}

/// Does what a command that was killed has left to be done. Gives back whether there was something.
pub(crate) fn finish(dir: &Path, console: &Console<'_>) -> Outcome<bool> {
    let folder = dir.join("versions").join(FOLDER);
    if !folder.is_dir() {
        return Ok(false);
    }
    let list = fs::read_to_string(folder.join(LIST));
    let done = match &list {
        Ok(list) => list.lines().try_for_each(|line| step(line, dir, &folder)),
        // What was killed before the list was written has changed nothing.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
    };
    done.and_then(|()| fs::remove_dir_all(&folder)).map_err(|error| {
        Failure::Failed(format!(
            "cannot finish what is listed in {}: {error}; make its folder writable, and run any command again: it \
             does the rest",
            console.path(&folder.join(LIST))
        ))
    })?;
    Ok(list.is_ok())
}

fn step(line: &str, dir: &Path, folder: &Path) -> io::Result<()> {
    let gone_is_done = |done: io::Result<()>| match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    };
    match line.split_once(' ') {
        Some(("write", rest)) => {
            let (number, path) = rest.split_once(' ').unwrap_or((rest, ""));
            gone_is_done(fs::rename(folder.join(number), dir.join(path)))
        }
        Some(("remove", path)) => gone_is_done(fs::remove_file(dir.join(path))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(dir: &Path) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(dir.join("versions"))
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_file())
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    }

    /// A folder in which `a` becomes `b`, and `lock` changes.
    fn project() -> (tempfile::TempDir, Rewrite) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("versions")).unwrap();
        fs::write(dir.path().join("versions/a"), "old").unwrap();
        fs::write(dir.path().join("versions/lock"), "old").unwrap();
        let mut rewrite = Rewrite::new(dir.path());
        rewrite.write(&dir.path().join("versions/b"), "new".into());
        rewrite.write(&dir.path().join("versions/lock"), "new".into());
        rewrite.remove(&dir.path().join("versions/a"));
        (dir, rewrite)
    }

    #[test]
    fn whoever_comes_behind_a_killed_command_does_the_rest() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let console = Console::new(&mut out, &mut err, "/".into());
        let owned = |files: &[(&str, &str)]| -> Vec<(String, String)> {
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let (before, after) = (owned(&[("a", "old"), ("lock", "old")]), owned(&[("b", "new"), ("lock", "new")]));
        // Killed with so many of its steps done, or before its list was there.
        for steps in [None, Some(0), Some(1), Some(2), Some(3)] {
            let (dir, rewrite) = project();
            let folder = dir.path().join("versions").join(FOLDER);
            rewrite.prepare(&folder).unwrap();
            match steps {
                None => fs::remove_file(folder.join(LIST)).unwrap(),
                Some(steps) => {
                    let list = fs::read_to_string(folder.join(LIST)).unwrap();
                    list.lines().take(steps).for_each(|line| step(line, dir.path(), &folder).unwrap());
                }
            }
            assert_eq!(finish(dir.path(), &console), Ok(steps.is_some()));
            assert_eq!(&files(dir.path()), if steps.is_some() { &after } else { &before }, "{steps:?}");
            assert!(!folder.exists());
            assert_eq!(finish(dir.path(), &console), Ok(false));
        }
        let (dir, rewrite) = project();
        rewrite.run(&console).unwrap();
        assert_eq!(files(dir.path()), after);
    }
}
