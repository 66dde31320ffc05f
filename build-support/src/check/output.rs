//! The files in `OUT_DIR`: written only when they change, and removed when nothing needs them.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use migratable_syntax::findings::{ModelFindings, write_models};

pub(super) struct Output {
    folder: PathBuf,
    /// What could not be written.
    pub(super) errors: Vec<String>,
}

impl Output {
    pub(super) fn new(folder: PathBuf) -> Output {
        let mut output = Output { folder, errors: Vec::new() };
        let models = output.folder.join("models");
        if let Err(error) = fs::create_dir_all(&models) {
            output.failed(&models, &error);
        }
        output
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    pub(super) fn write(&mut self, file: &str, text: &str) {
        let path = self.path(file);
        if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
            return;
        }
        if let Err(error) = fs::write(&path, text) {
            self.failed(&path, &error);
        }
    }

    /// Writes the models of each source file, and removes the files of those that have none any more.
    pub(super) fn write_models(&mut self, models: &BTreeMap<String, Vec<ModelFindings>>) {
        for (file, findings) in models {
            self.write(file, &write_models(findings));
        }
        let Ok(entries) = fs::read_dir(self.path("models")) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let known = name.to_str().is_some_and(|name| models.contains_key(&format!("models/{name}")));
            if !known
                && let Err(error) = fs::remove_file(entry.path())
                && error.kind() != ErrorKind::NotFound
            {
                self.failed(&entry.path(), &error);
            }
        }
    }

    fn failed(&mut self, path: &Path, error: &std::io::Error) {
        self.errors.push(format!("{}: {error}", path.display()));
    }
}
