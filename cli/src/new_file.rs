//! A new revision file: checked before it is written, and written before the lock.

use std::fs;
use std::path::PathBuf;

use migratable_core::diff::Plan;
use migratable_core::{Operation, Schema, fingerprint};
use migratable_syntax::revision::{NewRevision, RevisionFile, parse, write};
use migratable_syntax::whole_file;

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::post_write;
use crate::revision_name;
use crate::sources::Sources;

/// A revision that is to be written.
pub(crate) struct NewFile {
    /// Its identifier.
    pub(crate) id: String,
    /// Its file.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
}

impl NewFile {
    /// A revision that follows some others.
    pub(crate) fn new(
        asked_id: Option<&str>,
        message: &str,
        after: &[String],
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
        let there: Vec<String> = fs::read_dir(&versions)
            .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        let time = revision_name::time_behind(console.now(), there.iter().map(String::as_str));
        let path = versions.join(revision_name::file_name(&sources.configuration.file_name(), time, &id, message));
        let message = revision_name::message(&sources.configuration.message(), time, &id, message);
        let text = write(&NewRevision { id: &id, after, message: &message, plan });
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

    /// Writes the revision, and the lock behind it; the revision goes again if the lock cannot be written.
    pub(crate) fn write(&self, sources: &Sources, after: &Schema, console: &Console<'_>) -> Outcome {
        let folder = sources.configuration.versions();
        let is_new = !folder.exists();
        fs::create_dir_all(&folder)
            .and_then(|()| whole_file::write_durably(&self.path, &self.text))
            .map_err(|error| Failure::cannot_write(&self.path, &error, console))
            .and_then(|()| sources.write_lock(std::slice::from_ref(&self.id), after, console).map(drop))
            .inspect_err(|_| {
                let _ = fs::remove_file(&self.path);
                if is_new {
                    let _ = fs::remove_dir(&folder);
                }
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
