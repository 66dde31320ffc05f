//! The revisions as the commands that list them need them: from their files, or as they were compiled in.

use std::collections::{BTreeSet, HashMap};

use migratable_build::history::Entry;
use migratable_core::Operation;
#[cfg(feature = "database")]
use migratable_core::Schema;
use migratable_core::graph::Graph;
#[cfg(feature = "database")]
use migratable_core::replay::Replay;
use serde_json::{Value, json};

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::sources::{Sources, problems, refuse};

/// A revision.
pub(crate) struct Revision {
    /// The identifier.
    pub(crate) id: String,
    /// The revisions that it follows.
    pub(crate) after: Vec<String>,
    /// Revisions of other branches that must be applied before it.
    pub(crate) depends_on: Vec<String>,
    /// Names of the branch that begins here.
    pub(crate) labels: Vec<String>,
    /// Revisions that are gone and for which it stands.
    pub(crate) replaces: Vec<String>,
    /// What it is for.
    pub(crate) message: String,
    /// Its file, as messages show it.
    pub(crate) file: String,
    /// What it does.
    pub(crate) upgrade: Vec<Operation>,
    /// What takes it back.
    pub(crate) downgrade: Vec<Operation>,
}

/// All revisions of a project.
pub(crate) struct Revisions {
    /// Each behind all that it follows.
    pub(crate) all: Vec<Revision>,
    /// What follows what.
    pub(crate) graph: Graph,
    places: HashMap<String, usize>,
    /// The labels of the branches in which each is.
    branches: HashMap<String, String>,
}

impl Revisions {
    fn new(all: Vec<Revision>, graph: Graph) -> Revisions {
        let places = all.iter().enumerate().map(|(place, revision)| (revision.id.clone(), place)).collect();
        let labels = graph.branch_labels().into_iter().map(|labels| labels.join(", "));
        let branches = graph.order().iter().cloned().zip(labels).collect();
        Revisions { all, graph, places, branches }
    }

    /// Those of the files; where there are no sources, those that were compiled in.
    pub(crate) fn of(project: &Project, console: &mut Console<'_>) -> Outcome<Revisions> {
        #[cfg(feature = "database")]
        if let Some(migrator) = project.migrator().filter(|_| !project.has_sources()) {
            return compiled_in(migrator);
        }
        of_files(&Sources::open(project, console)?, console)
    }

    /// The one revision that a text names. `current` is where a database stands.
    pub(crate) fn one(&self, text: &str, current: &[&str]) -> Outcome<&Revision> {
        let ids = self.graph.resolve(text, current).map_err(|error| Failure::Usage(error.to_string()))?;
        match &ids[..] {
            [id] => self.find(id).ok_or_else(|| Failure::Usage(format!("no revision is called `{text}`"))),
            [] if self.all.is_empty() => Err("there is no revision yet".into()),
            [] => Err(Failure::Usage(format!("`{text}` is no revision but what comes before the first one"))),
            several => Err(Failure::Usage(format!("`{text}` are several revisions: {}", several.join(", ")))),
        }
    }

    /// The revision of that identifier.
    pub(crate) fn find(&self, id: &str) -> Option<&Revision> {
        self.places.get(id).map(|&place| &self.all[place])
    }

    /// The schema that a revision leads to.
    #[cfg(feature = "database")]
    pub(crate) fn schema_at(&self, text: &str) -> Outcome<Schema> {
        if needs_current(text) || text.contains(':') {
            return Err(Failure::Usage(format!(
                "`{text}` depends on where a database stands: name a revision by its id, or `head`, `head-1`, `base`"
            )));
        }
        let ids = self.graph.resolve(text, &[]).map_err(|error| Failure::Usage(error.to_string()))?;
        let applied = self.graph.ancestors(ids.iter().map(String::as_str));
        let mut replay = Replay::default();
        for revision in self.graph.in_order(&applied).iter().filter_map(|id| self.find(id)) {
            replay
                .apply(&self.graph, &revision.id, &revision.upgrade)
                .map_err(|misfit| Failure::Failed(format!("revision {} cannot be replayed: {misfit}", revision.id)))?;
        }
        Ok(replay.schema)
    }

    /// What is special about a revision, as it stands behind its id.
    fn marks(&self, id: &str, current: &BTreeSet<String>) -> Vec<&'static str> {
        let mut marks = Vec::new();
        match self.graph.children(id).len() {
            0 => marks.push("head"),
            1 => {}
            _ => marks.push("branch point"),
        }
        if self.graph.node(id).is_some_and(|node| node.after.len() > 1) {
            marks.push("merge");
        }
        if current.contains(id) {
            marks.push("current");
        }
        marks
    }

    /// A revision in one line: where it comes from, its id, its branches, what is special about it, its message.
    pub(crate) fn line(&self, revision: &Revision, current: &BTreeSet<String>) -> String {
        let from = if revision.after.is_empty() { "base".to_owned() } else { revision.after.join(", ") };
        let branches = self.branches.get(&revision.id).cloned().unwrap_or_default();
        let marks = [branches, self.marks(&revision.id, current).join(", ")];
        let marks: String = marks.iter().filter(|it| !it.is_empty()).map(|it| format!(" ({it})")).collect();
        format!("{from} -> {}{marks}, {}", revision.id, revision.message)
    }

    /// A revision with all there is to say.
    pub(crate) fn details(&self, revision: &Revision, current: &BTreeSet<String>) -> String {
        let mut text = self.line(revision, current);
        text.push_str(&format!("\n  file: {}", revision.file));
        let lists =
            [("depends on", &revision.depends_on), ("labels", &revision.labels), ("replaces", &revision.replaces)];
        for (what, names) in lists {
            if !names.is_empty() {
                text.push_str(&format!("\n  {what}: {}", names.join(", ")));
            }
        }
        for (what, operations) in [("upgrade", &revision.upgrade), ("downgrade", &revision.downgrade)] {
            text.push_str(&format!("\n  {what}:"));
            if operations.is_empty() {
                text.push_str(" nothing");
            }
            for operation in operations {
                text.push_str(&format!("\n    {operation}"));
            }
        }
        text
    }

    /// A revision as JSON.
    pub(crate) fn json(&self, revision: &Revision, current: Option<&BTreeSet<String>>) -> Value {
        let mut value = json!({
            "revision": revision.id,
            "after": revision.after,
            "depends_on": revision.depends_on,
            "labels": revision.labels,
            "replaces": revision.replaces,
            "message": revision.message,
            "file": revision.file,
            "head": self.graph.children(&revision.id).is_empty(),
            "upgrade": revision.upgrade.iter().map(operation_json).collect::<Vec<_>>(),
            "downgrade": revision.downgrade.iter().map(operation_json).collect::<Vec<_>>(),
        });
        if let Some(current) = current {
            value["current"] = current.contains(&revision.id).into();
        }
        value
    }
}

/// Whether what a word names depends on where a database stands.
pub(crate) fn needs_current(word: &str) -> bool {
    let symbol = word.rsplit('@').next().unwrap_or(word);
    symbol.starts_with("current") || symbol.starts_with(['+', '-'])
}

fn of_files(sources: &Sources, console: &mut Console<'_>) -> Outcome<Revisions> {
    let history = sources.history();
    let found = problems(&history);
    let Some(graph) = history.graph.clone() else { return refuse(&found, console) };
    for finding in &found {
        let line = finding.line(console);
        console.note(format_args!("warning: {line}"));
    }
    let read = |entry: &Entry| Revision {
        id: entry.file.id.clone(),
        after: entry.file.after.clone(),
        depends_on: entry.file.depends_on.clone(),
        labels: entry.file.labels.clone(),
        replaces: entry.file.replaces.clone(),
        message: entry.file.message.clone(),
        file: console.path(&entry.path),
        upgrade: entry.file.upgrade_operations(),
        downgrade: entry.file.downgrade_operations(),
    };
    let all = graph.order().iter().filter_map(|id| history.entry(id)).map(read).collect();
    Ok(Revisions::new(all, graph))
}

#[cfg(feature = "database")]
fn compiled_in(migrator: &crate::database::Migrator) -> Outcome<Revisions> {
    use migratable::Direction;

    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let read = |revision: &migratable::Revision| Revision {
        id: revision.id.to_owned(),
        after: owned(revision.after),
        depends_on: owned(revision.depends_on),
        labels: owned(revision.labels),
        replaces: owned(revision.replaces),
        message: revision.message.to_owned(),
        file: revision.file.to_owned(),
        upgrade: revision.operations(Direction::Upgrade),
        downgrade: revision.operations(Direction::Downgrade),
    };
    let graph = migrator.graph().map_err(|error| Failure::of(&error))?;
    Ok(Revisions::new(migrator.revisions().iter().map(read).collect(), graph))
}

/// An operation as JSON.
pub(crate) fn operation_json(operation: &Operation) -> Value {
    json!({
        "operation": operation.kind(),
        "table": operation.table().map(ToString::to_string),
        "text": operation.to_string(),
    })
}
