//! Reading the files and putting them in order.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::{fs, io, thread};

use migratable_core::graph::{Graph, GraphError, Node};
use migratable_syntax::revision::{self, Reading};

use super::{Entry, History, Problem, ProblemPlace};

impl History {
    /// Reads the revisions in a folder; none if there is no such folder.
    pub fn read(versions: &Path) -> History {
        History::changed(versions, &BTreeMap::new())
    }

    /// Reads the revisions in a folder as they would be with some files changed: to a text, or gone.
    pub fn changed(versions: &Path, changes: &BTreeMap<PathBuf, Option<String>>) -> History {
        let mut history = History {
            versions: versions.to_path_buf(),
            revisions: Vec::new(),
            unread: Vec::new(),
            graph: None,
            problems: Vec::new(),
            places: HashMap::new(),
        };
        match files(versions) {
            Ok(mut files) => {
                files.retain(|file| !changes.contains_key(file));
                files.extend(changes.iter().filter(|(_, text)| text.is_some()).map(|(file, _)| file.clone()));
                sort(&mut files);
                for (file, read) in read_all(&files, changes) {
                    history.take(file, read);
                }
            }
            Err(error) => {
                let message = format!("the folder cannot be read: {error}");
                history.problems.push(Problem::nowhere(versions.to_path_buf(), message));
            }
        }
        for (place, entry) in history.revisions.iter().enumerate() {
            history.places.entry(entry.file.id.clone()).or_insert(place);
        }
        history.check_names();
        history.check_graph();
        history
    }

    fn take(&mut self, path: PathBuf, read: io::Result<Reading>) {
        let reading = match read {
            Ok(reading) => reading,
            Err(error) => {
                self.problems.push(Problem::nowhere(path.clone(), format!("the file cannot be read: {error}")));
                self.unread.push(path);
                return;
            }
        };
        let upgrade_is_read = !reading.is_broken("upgrade");
        let downgrade_is_read = !reading.is_broken("downgrade");
        for mistake in reading.mistakes {
            let mut problem = Problem::located(path.clone(), mistake);
            if !reading.is_rust {
                problem.place = ProblemPlace::Compiler;
            } else if matches!(&problem.place, ProblemPlace::Located(it) if it.function.is_none()) {
                problem.place = ProblemPlace::Nowhere;
            }
            self.problems.push(problem);
        }
        match reading.file {
            Some(file) => self.revisions.push(Entry { path, file, upgrade_is_read, downgrade_is_read }),
            None => self.unread.push(path),
        }
    }

    /// A file is found by the identifier in its name, in git and by people.
    fn check_names(&mut self) {
        for entry in &self.revisions {
            let id = &entry.file.id;
            if !names(&entry.stem(), id) {
                let message = format!(
                    "the name of this file does not hold its id `{id}`: rename it to `{}`, or put back the id",
                    with_id(&entry.stem(), id)
                );
                self.problems.push(Problem::located(entry.path.clone(), entry.file.located(id, message)));
            }
        }
    }

    fn check_graph(&mut self) {
        let mut files: BTreeMap<&str, &Entry> = BTreeMap::new();
        let mut problems = Vec::new();
        for entry in &self.revisions {
            if let Some(first) = files.insert(&entry.file.id, entry) {
                let message = format!(
                    "has the id `{}` of {}: a copied revision needs an id and a file name of its own",
                    entry.file.id,
                    first.file_name(),
                );
                problems.push(Problem::nowhere(entry.path.clone(), message));
            }
        }
        for entry in &self.revisions {
            for parent in entry.file.after.iter().chain(&entry.file.depends_on) {
                if files.contains_key(parent.as_str()) || self.unread.iter().any(|path| names(&stem(path), parent)) {
                    continue;
                }
                let near = migratable_core::names::nearest(parent, files.keys().copied());
                let near = near.map_or(".".to_owned(), |near| format!("; is it `{near}`?"));
                let message = format!(
                    "there is no revision `{parent}` in {}{near} Bring its file back, or name the revision that this one \
                     follows",
                    self.versions.display()
                );
                problems.push(Problem::located(entry.path.clone(), entry.file.located(parent, message)));
            }
        }
        let nodes = self.revisions.iter().map(|entry| Node {
            id: entry.file.id.clone(),
            after: entry.file.after.clone(),
            depends_on: entry.file.depends_on.clone(),
            labels: entry.file.labels.clone(),
            replaces: entry.file.replaces.clone(),
        });
        match Graph::new(nodes.collect()) {
            Ok(graph) => self.graph = Some(graph),
            Err(ref error @ GraphError::Replaced { ref id, ref by }) => {
                if let Some(entry) = self.entry(by) {
                    problems.push(Problem::located(entry.path.clone(), entry.file.located(id, error.to_string())));
                }
            }
            Err(ref error @ GraphError::Label { ref label, ids: [_, ref id] }) => {
                if let Some(entry) = self.entry(id) {
                    problems.push(Problem::located(entry.path.clone(), entry.file.located(label, error.to_string())));
                }
            }
            Err(error @ GraphError::Cycle { .. }) => {
                problems.push(Problem::nowhere(self.versions.clone(), error.to_string()));
            }
            // Said above, for all of them.
            Err(GraphError::Duplicate { .. } | GraphError::Missing { .. }) => {}
        }
        self.problems.extend(problems);
    }
}

/// Reads files as they are, or as they would be with some changed, on all processors if there are many.
fn read_all(files: &[PathBuf], changes: &BTreeMap<PathBuf, Option<String>>) -> Vec<(PathBuf, io::Result<Reading>)> {
    const ALONE: usize = 50;
    const STACK: usize = 8 << 20;
    let one = |path: &PathBuf| {
        let text = match changes.get(path).cloned().flatten() {
            Some(text) => Ok(text),
            None => fs::read_to_string(path),
        };
        (path.clone(), text.map(|text| revision::read(&text)))
    };
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let share = files.len().div_ceil(processors).max(ALONE);
    let (mine, others) = files.split_at(share.min(files.len()));
    thread::scope(|scope| {
        let mut spawned = Vec::new();
        for files in others.chunks(share) {
            let read = move || files.iter().map(one).collect::<Vec<_>>();
            spawned.push((files, thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read)));
        }
        let mut read: Vec<_> = mine.iter().map(one).collect();
        for (files, thread) in spawned {
            match thread {
                Ok(thread) => read.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))),
                // The system has no thread to give.
                Err(_) => read.extend(files.iter().map(one)),
            }
        }
        read
    })
}

/// The `.rs` files of a folder and of those in it, by name.
///
/// # Errors
/// If a folder cannot be read; one that is not there has no files.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            } else if entry.file_type()?.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
                folders.push(path);
            }
        }
    }
    sort(&mut files);
    Ok(files)
}

/// Puts files in the order of their names, whichever folder they are in.
fn sort(files: &mut [PathBuf]) {
    files.sort_by_cached_key(|file| (file.file_name().unwrap_or_default().to_owned(), file.clone()));
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a file name holds an identifier between its `_`, `-` and `.`.
fn names(stem: &str, id: &str) -> bool {
    format!("_{stem}_").replace(['-', '.'], "_").contains(&format!("_{id}_"))
}

/// The file name with the identifier where `migrate` puts it: behind the date and the time.
fn with_id(stem: &str, id: &str) -> String {
    let mut parts: Vec<&str> = stem.split('_').collect();
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() >= 3 && parts[..2].iter().all(is_number) {
        parts[2] = id;
        format!("{}.rs", parts.join("_"))
    } else {
        format!("{id}_{stem}.rs")
    }
}
