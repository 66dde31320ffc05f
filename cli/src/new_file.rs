//! A new revision file: checked before it is written, and written before the lock.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use migratable_build::history::{History, differences, files};
use migratable_core::diff::Plan;
use migratable_core::{Operation, Schema, fingerprint};
use migratable_syntax::revision::{NewRevision, RevisionFile, parse, write};
use migratable_syntax::whole_file;

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::findings::{Finding, Kind};
use crate::post_write;
use crate::revision_name;
use crate::sources::{Sources, replay};

/// A revision that is to be written.
pub(crate) struct NewFile {
    /// Its identifier.
    pub(crate) id: String,
    /// Its file.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
}

/// Where a revision stands among the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The revisions that it follows.
    pub(crate) after: Vec<String>,
    /// Revisions of other branches that must be applied before it.
    pub(crate) depends_on: Vec<String>,
    /// Names of the branch that begins with it.
    pub(crate) labels: Vec<String>,
    /// Revisions that are gone and for which it stands.
    pub(crate) replaces: Vec<String>,
    /// The folder of its file, below `versions/`.
    pub(crate) folder: PathBuf,
}

impl NewFile {
    /// A revision at a place among the others.
    pub(crate) fn new(
        asked_id: Option<&str>,
        message: &str,
        place: &Place,
        plan: &Plan,
        sources: &Sources,
        console: &Console<'_>,
    ) -> Outcome<NewFile> {
        let id = match asked_id {
            Some(id) if revision_name::is_id(id) => id.to_owned(),
            Some(id) => {
                return Err(Failure::Usage(format!("--rev-id {id}: an id is 12 digits of 0-9 and a-f")));
            }
            None => revision_name::new_id(console.now()),
        };
        let versions = sources.configuration.versions();
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let there: Vec<String> = files(&versions).unwrap_or_default().iter().map(name).collect();
        let time = revision_name::time_behind(console.now(), there.iter().map(String::as_str));
        let file_name = revision_name::file_name(&sources.configuration.file_name(), time, &id, message);
        let path = versions.join(&place.folder).join(file_name);
        let message = revision_name::message(&sources.configuration.message(), time, &id, message);
        let Place { after, depends_on, labels, replaces, .. } = place;
        let text = write(&NewRevision { id: &id, after, depends_on, labels, replaces, message: &message, plan });
        Ok(NewFile { id, path, text })
    }

    /// Checks, without writing anything, that the text leads from one schema to another and back.
    pub(crate) fn check(&self, before: &Schema, after: &Schema) -> Outcome {
        let wrong = |what: String| {
            Failure::Failed(format!(
                "the revision that would be written is wrong ({what}); nothing was written. This is a mistake in \
                 Migratable, please report it with your models; the revision was:\n{}",
                self.text
            ))
        };
        let file: RevisionFile = parse(&self.text)
            .map_err(|mistakes| wrong(mistakes.first().map(ToString::to_string).unwrap_or_default()))?;
        let up = applied(before, &file.upgrade_operations()).map_err(|error| wrong(format!("upgrade: {error}")))?;
        if fingerprint(&up) != fingerprint(after) {
            return Err(wrong("upgrade does not give the schema of the models".to_owned()));
        }
        let down = applied(&up, &file.downgrade_operations()).map_err(|error| wrong(format!("downgrade: {error}")))?;
        if fingerprint(&down) != fingerprint(before) {
            return Err(wrong("downgrade does not give the schema before".to_owned()));
        }
        Ok(())
    }

    /// Checks, without writing anything, that all revisions give this schema together with it.
    ///
    /// # Errors
    /// What does not fit. A change to what only another branch has is such.
    pub(crate) fn check_among(&self, sources: &Sources, after: &Schema) -> Result<(), Vec<Finding>> {
        let changes = BTreeMap::from([(self.path.clone(), Some(self.text.clone()))]);
        let found = replay(&History::changed(&sources.configuration.versions(), &changes))?;
        if fingerprint(&found) == fingerprint(after) {
            return Ok(());
        }
        let message = format!(
            "in this place it does not lead to the schema of the models: {}",
            differences(&found, after).join("; ")
        );
        Err(vec![Finding::at(Kind::Revision, &self.path, 0, 0, message)])
    }

    /// Writes the revision, and the lock of these heads behind it; the revision goes again if the lock cannot be
    /// written.
    pub(crate) fn write(&self, heads: &[String], sources: &Sources, after: &Schema, console: &Console<'_>) -> Outcome {
        let folder = self.path.parent().unwrap_or(&self.path);
        let new: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
        fs::create_dir_all(folder)
            .and_then(|()| whole_file::write_durably(&self.path, &self.text))
            .map_err(|error| Failure::cannot_write(&self.path, &error, console))
            .and_then(|()| sources.write_lock(heads, after, console).map(drop))
            .inspect_err(|_| {
                let _ = fs::remove_file(&self.path);
                new.iter().for_each(|folder| drop(fs::remove_dir(folder)));
            })
    }

    /// Runs the commands for new files on it, once it is written, and takes in what they made of it.
    pub(crate) fn post_write(&mut self, sources: &Sources, console: &mut Console<'_>) {
        post_write::run(&self.path, sources, console);
        if let Ok(text) = fs::read_to_string(&self.path) {
            self.text = text;
        }
    }

    /// The line, from 1, on which a step of the revision waits for its body.
    pub(crate) fn line_of(&self, step: &str) -> usize {
        let begins = format!("fn {step}(");
        let lines = || self.text.lines().enumerate();
        let start = lines().find(|(_, line)| line.trim_start().starts_with(&begins)).map_or(0, |(at, _)| at);
        lines().skip(start).find(|(_, line)| line.contains("hole!")).map_or(start, |(at, _)| at) + 1
    }
}

/// A schema after some operations.
fn applied(before: &Schema, operations: &[Operation]) -> Result<Schema, String> {
    let mut schema = before.clone();
    for operation in operations {
        operation.apply(&mut schema).map_err(|error| format!("{operation}: {error}"))?;
    }
    Ok(schema)
}
