//! The files of a migrations package: revisions and lock, and whether they agree.

use std::fs;
use std::io;

use migratable_build::configuration::Configuration;
use migratable_build::history::{History, LockProblem, Problem};
use migratable_core::Schema;
use migratable_core::graph::Graph;
use migratable_core::lock::{self, Lock, LockErrorKind};
use migratable_syntax::whole_file;

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::findings::{Finding, Kind};
use crate::models::Models;
use crate::project::Project;
use crate::rewrite;

/// The migrations package as it lies on the disk.
pub(crate) struct Sources {
    /// Its configuration.
    pub(crate) configuration: Configuration,
}

/// Revisions and lock that agree.
pub(crate) struct Standing {
    /// The revisions.
    pub(crate) history: History,
    /// What follows what.
    pub(crate) graph: Graph,
    /// The lock.
    pub(crate) lock: Lock,
}

impl Sources {
    /// Finds them where they were when this `migrate` was built.
    pub(crate) fn open(project: &Project, console: &Console<'_>) -> Outcome<Sources> {
        if !project.has_sources() {
            return Err(Failure::Failed(format!(
                "this command works on the sources of the migrations package, and there are none in {}: run it in a \
                 checkout of the project; upgrade, downgrade, current and stamp need no sources",
                project.manifest_dir().display()
            )));
        }
        rewrite::finish(project.manifest_dir(), console)?;
        let configuration = Configuration::read(project.manifest_dir())
            .and_then(|it| it.of_database(project.database()))
            .map_err(|message| Failure::Failed(console.shortened(&message)))?;
        Ok(Sources { configuration })
    }

    /// The revisions.
    pub(crate) fn history(&self) -> History {
        History::read(&self.configuration.versions())
    }

    /// The models.
    pub(crate) fn models(&self) -> Outcome<Models> {
        Models::read(&self.configuration)
    }

    /// The text of the lock; empty if there is none.
    pub(crate) fn lock_text(&self) -> Outcome<String> {
        let path = self.configuration.lock();
        match fs::read(&path) {
            // What is no UTF-8 is found wrong as a lock, and computed anew as one.
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(Failure::Failed(format!("cannot read {}: {error}", path.display()))),
        }
    }

    /// Revisions and lock.
    ///
    /// # Errors
    /// Everything in which they do not agree.
    pub(crate) fn standing(&self) -> Result<Standing, Vec<Finding>> {
        let history = self.history();
        let (replayed, mut found) = match history.replay() {
            Ok(replay) => (Some(replay.schema), Vec::new()),
            Err(problems) => (None, problems.iter().map(finding).collect()),
        };
        let lock = LockProblem::check(&self.configuration.lock(), &history, replayed.as_ref());
        match (lock, history.graph.clone()) {
            (Ok(lock), Some(graph)) if found.is_empty() => return Ok(Standing { history, graph, lock }),
            (Ok(_), _) => {}
            (Err(problem), _) => found.push(self.of_lock(&problem)),
        }
        Err(found)
    }

    fn of_lock(&self, problem: &LockProblem) -> Finding {
        let path = self.configuration.lock();
        let message = problem.message(&self.configuration);
        let message = match message.strip_prefix("schema.lock") {
            Some(rest) => format!("{}{rest}", path.display()),
            None => message,
        };
        let command = |words| Some(self.configuration.file_command(words));
        match problem {
            LockProblem::Heads(_) => Finding::new(Kind::Heads, message, command("merge")),
            LockProblem::Wrong(error) if error.kind == LockErrorKind::Newer => Finding::new(Kind::Lock, message, None),
            LockProblem::Unreadable(_) => Finding::new(Kind::Lock, message, None),
            _ => Finding::new(Kind::Lock, message, command("lock")),
        }
    }

    /// What a schema is as the lock writes it: with the names of the models and the order of columns, taken from the
    /// models of now, else from the lock of before.
    pub(crate) fn dressed(&self, mut schema: Schema) -> Schema {
        schema = self.dressed_as_before(schema);
        if let Ok(models) = self.models() {
            dress(&mut schema, &models.schema);
        }
        schema
    }

    /// What a schema is as the lock writes it, with models and order of the lock of before.
    pub(crate) fn dressed_as_before(&self, mut schema: Schema) -> Schema {
        if let Some(before) = self.lock_text().ok().and_then(|text| lock::read(&text).ok()) {
            dress(&mut schema, &before.schema);
        }
        schema
    }

    /// A lock of a newer release says more than this one understands: it must stay.
    pub(crate) fn refuse_newer(&self, console: &Console<'_>) -> Outcome {
        match lock::read(&self.lock_text()?) {
            Err(error) if error.kind == LockErrorKind::Newer => {
                Err(Failure::Failed(format!("{}:{error}", console.path(&self.configuration.lock()))))
            }
            _ => Ok(()),
        }
    }

    /// Writes the lock. Gives back whether that changed it.
    pub(crate) fn write_lock(&self, heads: &[String], schema: &Schema, console: &Console<'_>) -> Outcome<bool> {
        let text = lock::write(heads, schema);
        if self.lock_text().is_ok_and(|before| before == text) {
            return Ok(false);
        }
        let path = self.configuration.lock();
        self.refuse_newer(console)?;
        // A database that has a name has a folder of its own, which nobody may have made yet.
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| whole_file::write_durably(&path, &text))
            .map_err(|error| Failure::cannot_write(&path, &error, console))?;
        Ok(true)
    }
}

/// What is wrong in the revision files.
pub(crate) fn problems(history: &History) -> Vec<Finding> {
    history.problems.iter().map(finding).collect()
}

/// The graph of revision files in which nothing is wrong; else prints what is.
pub(crate) fn sound_graph(history: &History, console: &mut Console<'_>) -> Outcome<Graph> {
    let found = problems(history);
    match &history.graph {
        Some(graph) if found.is_empty() => Ok(graph.clone()),
        _ => refuse(&found, console),
    }
}

/// The schema at the heads.
pub(crate) fn replay(history: &History) -> Result<Schema, Vec<Finding>> {
    match history.replay() {
        Ok(replay) => Ok(replay.schema),
        Err(problems) => Err(problems.iter().map(finding).collect()),
    }
}

/// What is wrong in a revision file.
pub(crate) fn finding(problem: &Problem) -> Finding {
    Finding::at(Kind::Revision, &problem.path, problem.line, problem.column, problem.message.clone())
}

/// Prints findings as errors, and fails.
pub(crate) fn refuse<T>(found: &[Finding], console: &mut Console<'_>) -> Outcome<T> {
    for finding in found {
        let line = finding.line(console);
        console.note(format_args!("error: {line}"));
    }
    Err(Failure::Said(1))
}

/// Gives the tables and enums of a schema the models, and the order of columns, that another one has.
fn dress(schema: &mut Schema, like: &Schema) {
    for (name, table) in &mut schema.tables {
        let Some(other) = like.tables.get(name) else { continue };
        table.model.clone_from(&other.model);
        let place = |column: &str| other.columns.iter().position(|it| it.name == column).unwrap_or(usize::MAX);
        table.columns.sort_by_key(|column| place(&column.name));
    }
    for (name, enumeration) in &mut schema.enums {
        if let Some(other) = like.enums.get(name) {
            enumeration.model.clone_from(&other.model);
        }
    }
}

#[cfg(test)]
mod tests {
    use migratable_core::{Column, ColumnType, Model, Table};

    use super::*;

    #[test]
    fn a_schema_takes_models_and_order_from_another() {
        let table = |columns: &[&str], model: Option<&str>| {
            let mut table = Table::new("users");
            table.columns = columns.iter().map(|name| Column::new(*name, ColumnType::Text)).collect();
            table.model = model.map(|name| Model { name: name.into(), package: "blog".into() });
            Schema { tables: [(table.name.clone(), table)].into(), ..Schema::default() }
        };
        let mut schema = table(&["a", "b", "new", "c"], None);
        dress(&mut schema, &table(&["c", "b", "gone", "a"], Some("User")));
        assert_eq!(schema, table(&["c", "b", "a", "new"], Some("User")));
    }
}
