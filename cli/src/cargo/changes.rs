//! Files that are to be written together, or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use migratable_syntax::whole_file;

use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// What is to be written, in order.
#[derive(Default)]
pub(super) struct Changes {
    files: Vec<File>,
}

struct File {
    path: PathBuf,
    text: String,
    before: Option<String>,
    what: String,
}

impl Changes {
    /// Makes a file, unless it is there. Gives back whether it will be made.
    pub(super) fn create(&mut self, path: PathBuf, text: String) -> bool {
        let free = !path.exists();
        if free {
            self.files.push(File { path, text, before: None, what: "created".to_owned() });
        }
        free
    }

    /// Gives a file another text.
    pub(super) fn change(&mut self, path: PathBuf, before: String, text: String, what: &[String]) {
        if before != text {
            self.files.push(File { path, text, before: Some(before), what: format!("changed ({})", what.join(", ")) });
        }
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Writes everything and lets `accepted` look at it. If something cannot be written or is not accepted, everything
    /// is as it was before.
    pub(super) fn write(&self, console: &Console<'_>, accepted: impl FnOnce() -> Outcome) -> Outcome {
        let mut folders = Vec::new();
        for (at, file) in self.files.iter().enumerate() {
            if let Err(error) =
                make_folders(&file.path, &mut folders).and_then(|()| whole_file::write_durably(&file.path, &file.text))
            {
                self.undo(at, &folders);
                return Err(Failure::cannot_write(&file.path, &error, console));
            }
        }
        accepted().inspect_err(|_| self.undo(self.files.len(), &folders))
    }

    fn undo(&self, written: usize, folders: &[PathBuf]) {
        for file in self.files[..written].iter().rev() {
            let _ = match &file.before {
                Some(before) => whole_file::write_durably(&file.path, before),
                None => fs::remove_file(&file.path),
            };
        }
        for folder in folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }

    /// Says what was written.
    pub(super) fn report(&self, console: &mut Console<'_>) {
        for file in &self.files {
            let path = console.path(&file.path);
            console.line(format_args!("{path}: {}", file.what));
        }
    }
}

/// Makes the missing folders above a file, and notes them from the outside in.
fn make_folders(path: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let missing: Vec<&Path> = folder.ancestors().take_while(|it| !it.exists()).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(folder)?;
        made.push(folder.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn what_is_not_accepted_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there");
        fs::write(&there, "old").unwrap();
        let mut changes = Changes::default();
        assert!(changes.create(folder.path().join("a/b/new"), "new".into()));
        assert!(!changes.create(there.clone(), "overwritten".into()));
        changes.change(there.clone(), "old".into(), "changed".into(), &[]);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let console = Console::new(&mut out, &mut err, folder.path().to_owned());

        let refused = changes.write(&console, || {
            assert_eq!(fs::read_to_string(&there).unwrap(), "changed");
            Err("no".into())
        });

        assert_eq!(refused, Err("no".into()));
        assert_eq!(fs::read_to_string(&there).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_stops_everything() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let mut changes = Changes::default();
        changes.create(folder.path().join("new"), "new".into());
        changes.create(folder.path().join("file/below"), "new".into());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let console = Console::new(&mut out, &mut err, folder.path().to_owned());

        let Err(Failure::Failed(message)) = changes.write(&console, || Ok(())) else { panic!("written") };

        assert!(message.starts_with("cannot write file/below: "), "{message}");
        assert!(!folder.path().join("new").exists());
    }
}
