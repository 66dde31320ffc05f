//! The files that a build script leaves.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use migratable_syntax::whole_file;

/// Files by their names.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    pub(super) files: BTreeMap<String, String>,
}

impl Outputs {
    pub(super) fn add(&mut self, name: &str, text: String) {
        self.files.insert(name.to_owned(), text);
    }

    /// Makes a folder hold these files and no others. A file that is right already keeps its time; none is ever seen
    /// half-written.
    pub(super) fn save(&self, folder: &Path) -> Result<(), String> {
        let failed = |path: &Path, error: io::Error| format!("cannot write {}: {error}", path.display());
        fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))?.flatten() {
            if !self.files.contains_key(&*entry.file_name().to_string_lossy()) {
                let _ = fs::remove_file(entry.path());
            }
        }
        for (name, text) in &self.files {
            let path = folder.join(name);
            if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
                continue;
            }
            whole_file::write(&path, text).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }
}
