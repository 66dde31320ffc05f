//! What only a person can say about branches that do not fit together: which of two changes holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use migratable_build::history::{Conflict, End, History};
use migratable_core::diff::Plan;
use migratable_core::operation::reverse_all;
use migratable_core::{ColumnChange, Operation, Schema, fingerprint, shell};
use migratable_syntax::revision::without_statement;

use crate::applied::refuse_if_applied;
use crate::arguments::Merge;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::prompt;

/// The decisions about some heads.
pub(super) struct Decisions<'a> {
    pub(super) arguments: &'a Merge,
    pub(super) url: Option<&'a str>,
    pub(super) project: &'a Project,
    pub(super) heads: &'a [String],
}

/// Branches that fit together.
pub(super) struct Decided {
    /// The revisions as they are to be.
    pub(super) history: History,
    /// The files of which something was taken out, with their texts.
    pub(super) changes: BTreeMap<PathBuf, String>,
    /// What was taken out of them.
    pub(super) taken_out: Vec<String>,
    /// What the revision that joins them must do, so that every road ends in one schema.
    pub(super) plan: Plan,
    /// The schema before that, on the road that the history takes.
    pub(super) before: Schema,
    /// The schema behind that.
    pub(super) schema: Schema,
}

impl Decisions<'_> {
    /// Takes them, by the flags or by asking.
    pub(super) fn take(&self, mut history: History, console: &mut Console<'_>) -> Outcome<Decided> {
        let mut keep = self.kept(&history)?;
        let (mut changes, mut taken_out) = (BTreeMap::new(), Vec::new());
        let ends = loop {
            let conflicts = match history.roads(self.heads) {
                Ok(ends) => break ends,
                Err(conflicts) => conflicts,
            };
            let decided =
                conflicts.iter().find_map(|conflict| Some((conflict, self.loser(conflict, &keep, &history)?)));
            let Some((conflict, (loser, operation))) = decided else {
                let [first, ..] = &conflicts[..] else { return Err("the branches cannot be replayed".into()) };
                if !console.is_interactive() {
                    return Err(self.undecided(&conflicts, &history, console));
                }
                console.note(console.shortened(&history.sentence(first)));
                let sides = [&first.revision, &first.other];
                let options = sides.map(|id| format!("the change of {id} holds   (--keep {id})"));
                keep.push(sides[prompt::one_of(&options, console)?].clone());
                continue;
            };
            refuse_if_applied(std::slice::from_ref(&loser), "merge", self.url, self.project, console)?;
            let said = self.take_out(&loser, operation, &mut changes, &mut history).ok_or_else(|| {
                Failure::Failed(console.shortened(&format!(
                    "{}; it cannot be taken out by itself: edit the file of {loser}; nothing was written",
                    history.sentence(conflict)
                )))
            })?;
            taken_out.push(said);
        };
        let (before, schema) = self.agreed(&ends, &mut keep, &history, console)?;
        let plan = plan(&ends, &before, &schema).ok_or_else(|| {
            Failure::Failed(format!(
                "the branches end in another schema when they are applied in another order, and not only in facts of \
                 columns: compare `diff --from {} --to {}`, and edit the revisions; nothing was written",
                self.heads[0], self.heads[1]
            ))
        })?;
        Ok(Decided { history, changes, taken_out, plan, before, schema })
    }

    /// The revisions whose changes hold.
    fn kept(&self, history: &History) -> Outcome<Vec<String>> {
        let mut kept = Vec::new();
        for word in &self.arguments.keep {
            let ids = history.graph.as_ref().map(|graph| graph.resolve(word, &[]));
            kept.extend(
                ids.transpose().map_err(|error| Failure::Usage(format!("--keep: {error}")))?.unwrap_or_default(),
            );
        }
        Ok(kept)
    }

    /// The side of a conflict that has to give way, and which of its operations: the one that is not in the branch of
    /// what is kept.
    fn loser(&self, conflict: &Conflict, keep: &[String], history: &History) -> Option<(String, usize)> {
        let Conflict { revision, operation, other, other_operation, .. } = conflict;
        let graph = history.graph.as_ref()?;
        keep.iter().find_map(|kept| {
            let branch = graph.ancestors([kept.as_str()]);
            match (branch.contains(revision), branch.contains(other)) {
                (true, false) => Some((other.clone(), (*other_operation)?)),
                (false, true) => Some((revision.clone(), (*operation)?)),
                _ => None,
            }
        })
    }

    /// Takes an operation out of a revision, and what takes it back out of its downgrade. Gives back what that was.
    fn take_out(
        &self,
        id: &str,
        operation: usize,
        changes: &mut BTreeMap<PathBuf, String>,
        history: &mut History,
    ) -> Option<String> {
        let entry = history.entry(id)?;
        let statement = entry.file.upgrade.get(operation)?;
        let text = changes.get(&entry.path).cloned().or_else(|| fs::read_to_string(&entry.path).ok())?;
        let text = without_statement(&text, "upgrade", statement.index)?;
        let backs = entry.file.downgrade.iter().map(|it| without_statement(&text, "downgrade", it.index));
        let candidates = std::iter::once(Some(text.clone())).chain(backs).flatten();
        let found = candidates.into_iter().find_map(|text| {
            let mut changed: BTreeMap<PathBuf, Option<String>> =
                changes.iter().map(|(path, text)| (path.clone(), Some(text.clone()))).collect();
            changed.insert(entry.path.clone(), Some(text.clone()));
            let history = History::changed(&history.versions, &changed);
            goes_back(&history, id).then_some((text, history))
        });
        let (text, changed) = found?;
        let said = format!("`{}` of {}", statement.operation, entry.path.display());
        changes.insert(entry.path.clone(), text);
        *history = changed;
        Some(said)
    }

    /// The schema on the road of the history, and the one in which all roads are to end.
    fn agreed(
        &self,
        ends: &[End],
        keep: &mut Vec<String>,
        history: &History,
        console: &mut Console<'_>,
    ) -> Outcome<(Schema, Schema)> {
        let Some(first) = ends.first() else { return Err("there is nothing to join".into()) };
        if ends.iter().all(|end| fingerprint(&end.schema) == fingerprint(&first.schema)) {
            return Ok((first.schema.clone(), first.schema.clone()));
        }
        loop {
            let graph = history.graph.as_ref();
            let is_kept = |head: &String| {
                graph.is_some_and(|graph| {
                    let branch = graph.ancestors([head.as_str()]);
                    let others = self.heads.iter().filter(|other| *other != head).map(String::as_str);
                    let others = graph.ancestors(others);
                    keep.iter().any(|kept| branch.contains(kept) && !others.contains(kept))
                })
            };
            let kept = ends.iter().find(|end| end.last.as_ref().is_some_and(is_kept));
            if let Some(kept) = kept {
                return Ok((first.schema.clone(), kept.schema.clone()));
            }
            let mut text = String::from("the branches change the same, each in its own way:");
            for end in ends.iter().filter(|end| end.last.is_some()) {
                let differences =
                    ends.iter().flat_map(|other| migratable_build::history::differences(&other.schema, &end.schema));
                let mut differences: Vec<String> = differences.collect();
                differences.sort();
                differences.dedup();
                let head = end.last.as_deref().unwrap_or_default();
                text.push_str(&format!("\n  behind {head} {}", differences.join("; ")));
            }
            if !console.is_interactive() {
                let typed = self.project.file_command(&format!("{} --keep {}", self.typed(), self.heads[0]));
                return Err(Failure::Failed(format!(
                    "{text}\nsay which holds, as in:\n  {typed}\nnothing was written"
                )));
            }
            console.note(text);
            let options: Vec<String> =
                self.heads.iter().map(|head| format!("what {head} says holds   (--keep {head})")).collect();
            keep.push(self.heads[prompt::one_of(&options, console)?].clone());
        }
    }

    /// The error of conflicts that nobody is there to decide.
    fn undecided(&self, conflicts: &[Conflict], history: &History, console: &Console<'_>) -> Failure {
        let mut text = String::from("the branches do not fit together; nothing was written");
        for conflict in conflicts {
            text.push_str(&format!("\n{}", history.sentence(conflict)));
            for (kept, loser) in [(&conflict.revision, &conflict.other), (&conflict.other, &conflict.revision)] {
                text.push_str(&format!(
                    "\n    --keep {kept}   takes the other out of {loser}, for databases that have not run it"
                ));
            }
        }
        let example = conflicts.first().map_or("", |conflict| conflict.revision.as_str());
        let typed = self.project.file_command(&format!("{} --keep {example}", self.typed()));
        text.push_str(&format!("\nedit the files, or say which holds, as in:\n  {typed}"));
        Failure::Failed(console.shortened(&text))
    }

    /// The command as it was typed.
    fn typed(&self) -> String {
        let mut words = String::from("merge");
        self.arguments.revisions.iter().for_each(|revision| words.push_str(&format!(" {revision}")));
        let message = self.arguments.message.iter().map(|message| ("-m", message));
        for (flag, value) in message.chain(self.arguments.keep.iter().map(|kept| ("--keep", kept))) {
            words.push_str(&format!(" {flag} {}", shell::word(value)));
        }
        words
    }
}

/// Whether the downgrade of a revision gives back the schema before it, or says that it cannot.
fn goes_back(history: &History, id: &str) -> bool {
    let Some(entry) = history.entry(id).filter(|entry| entry.upgrade_is_read && entry.downgrade_is_read) else {
        return false;
    };
    if entry.file.irreversible().is_some() {
        return true;
    }
    let parents: Vec<String> = entry.file.after.iter().chain(&entry.file.depends_on).cloned().collect();
    let Ok(before) = history.schema_at(&parents) else { return false };
    let mut schema = before.clone();
    let both = entry.file.upgrade.iter().chain(&entry.file.downgrade);
    let fits = both.into_iter().try_for_each(|it| it.operation.apply(&mut schema)).is_ok();
    fits && fingerprint(&schema) == fingerprint(&before)
}

/// What leads from every end to one schema, as far as columns differ; `None` if more differs.
fn plan(ends: &[End], before: &Schema, schema: &Schema) -> Option<Plan> {
    let mut upgrade = Vec::new();
    for (name, table) in &schema.tables {
        for wanted in &table.columns {
            let mut all = ColumnChange::default();
            for found in ends.iter().filter_map(|end| end.schema.column(name, &wanted.name)) {
                all = together(all, ColumnChange::between(found, wanted));
            }
            if !all.is_empty() {
                upgrade.push(Operation::AlterColumn { table: name.clone(), column: wanted.name.clone(), change: all });
            }
        }
    }
    for end in ends {
        let mut reached = end.schema.clone();
        upgrade.iter().try_for_each(|operation| operation.apply(&mut reached)).ok()?;
        if fingerprint(&reached) != fingerprint(schema) {
            return None;
        }
    }
    let is_something =
        |operation: &Operation| !matches!(operation, Operation::AlterColumn { change, .. } if change.is_empty());
    let mut downgrade = reverse_all(&upgrade, before).ok()?;
    downgrade.retain(is_something);
    Some(Plan { upgrade, downgrade, ..Plan::default() })
}

/// Two changes to the same facts of a column as one.
fn together(one: ColumnChange, other: ColumnChange) -> ColumnChange {
    ColumnChange {
        column_type: one.column_type.or(other.column_type),
        using: one.using.or(other.using),
        nullable: one.nullable.or(other.nullable),
        default: one.default.or(other.default),
        identity: one.identity.or(other.identity),
        generated: one.generated.or(other.generated),
        collation: one.collation.or(other.collation),
        comment: one.comment.or(other.comment),
        native: one.native.or(other.native),
    }
}
