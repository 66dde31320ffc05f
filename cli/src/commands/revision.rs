//! `revision`.

mod answers;
mod place;

use migratable_build::step_tests;
use migratable_core::diff::{Answers, Hole, Plan, Uncastable, uncastable};
use migratable_core::{Operation, Schema, fingerprint, shell};
use serde_json::{Value, json};

use crate::arguments::Revision;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::models::Models;
use crate::new_file::{NewFile, Place};
use crate::project::Project;
use crate::revisions::operation_json;
use crate::sources::{Sources, Standing, refuse};
pub(super) use place::labels;

/// Writes a revision for what changed in the models since the last one.
pub(crate) fn run(arguments: &Revision, project: &Project, console: &mut Console<'_>) -> Outcome {
    let sources = Sources::open(project, console)?;
    let standing = match sources.standing() {
        Ok(standing) => standing,
        Err(found) => return refuse(&found, console),
    };
    if let Some(id) = arguments.rev_id.as_deref().filter(|id| standing.history.entry(id).is_some()) {
        return Err(Failure::Usage(format!("--rev-id {id}: there is a revision of that id already")));
    }
    let place = place::chosen(arguments, &standing.graph, project)?;
    let command = Command { arguments, project, sources: &sources, standing: &standing, place };
    if arguments.empty {
        return command.write_empty(console);
    }
    let models = sources.models()?;
    if !models.errors.is_empty() {
        return refuse(&models.findings(), console);
    }
    command.write_changes(&models, console)
}

/// A call of `revision` on a project in good order.
struct Command<'a> {
    arguments: &'a Revision,
    project: &'a Project,
    sources: &'a Sources,
    standing: &'a Standing,
    place: Place,
}

impl Command<'_> {
    fn write_empty(&self, console: &mut Console<'_>) -> Outcome {
        let schema = &self.standing.lock.schema;
        let message = self.arguments.message.as_deref().unwrap_or("empty revision");
        let file = self.written(message, &Plan::default(), schema, console)?;
        self.report(&file, message, &Plan::default(), console);
        if !self.arguments.report.json {
            console.note(format_args!("write what it does, then: {}", self.project.file_command("lock")));
        }
        Ok(())
    }

    fn write_changes(&self, models: &Models, console: &mut Console<'_>) -> Outcome {
        let before = &self.standing.lock.schema;
        let mut answers: Answers = answers::given(self.arguments, models)?;
        if models.is_empty() {
            answers::confirm_emptying(before, &answers, &|| self.typed(), console)?;
        }
        let mut plan = answers::plan(before, models, &mut answers, &|| self.typed(), console)?;
        if plan.upgrade.is_empty() {
            return self.nothing(models, console);
        }
        if !plan.holes.is_empty() {
            plan = answers::fill(plan, before, models, &mut answers, console)?;
        }
        refuse_uncastable(before, &plan)?;
        let message = match &self.arguments.message {
            Some(message) => message.clone(),
            None => message_for(&plan.upgrade),
        };
        let file = self.written(&message, &plan, &models.schema, console)?;
        self.report(&file, &message, &plan, console);
        Ok(())
    }

    /// The revision that leads to a schema, checked and written.
    fn written(&self, message: &str, plan: &Plan, schema: &Schema, console: &mut Console<'_>) -> Outcome<NewFile> {
        let id = self.arguments.rev_id.as_deref();
        let mut file = NewFile::new(id, message, &self.place, plan, self.sources, console)?;
        let before = &self.standing.lock.schema;
        if !self.arguments.no_tests {
            file.text.push_str(&step_tests::write(plan, before, schema, &self.sources.configuration.dialects));
        }
        file.check(before, schema)?;
        let after = &self.place.after;
        let others: Vec<&str> =
            self.standing.graph.heads().into_iter().filter(|head| !after.iter().any(|it| it == head)).collect();
        if !others.is_empty() || !self.place.depends_on.is_empty() {
            // What other branches have is not there for this one.
            if let Err(found) = file.check_among(self.sources, schema) {
                console.note("nothing was written: what changed does not fit in this place (--head, --depends-on)");
                return refuse(&found, console);
            }
        }
        let heads: Vec<String> = others.into_iter().chain([file.id.as_str()]).map(str::to_owned).collect();
        file.write(&heads, self.sources, schema, console)?;
        file.post_write(self.sources, console);
        Ok(file)
    }

    /// Nothing changed that needs a revision; names of models and the order of columns may have.
    fn nothing(&self, models: &Models, console: &mut Console<'_>) -> Outcome {
        let path = console.path(&self.sources.configuration.lock());
        let refreshed = fingerprint(&models.schema) == fingerprint(&self.standing.lock.schema)
            && self.sources.write_lock(&self.standing.lock.heads, &models.schema, console)?;
        if self.arguments.report.json {
            console.json(&json!({ "revision": null, "changes": [], "lock_refreshed": refreshed }));
            return Ok(());
        }
        console.line("Nothing changed: the revisions give what the models say. No revision was written.");
        if refreshed {
            console.line(format_args!("{path} was refreshed: names of models or the order of columns changed."));
        }
        if models.is_empty() {
            console.note("There is no model yet: put #[derive(migratable::Migratable)] on a struct that is a table.");
        } else {
            console.note("One that is filled by hand is written by --empty.");
        }
        Ok(())
    }

    /// Says what was written and what is to be done.
    fn report(&self, file: &NewFile, message: &str, plan: &Plan, console: &mut Console<'_>) {
        let path = console.path(&file.path);
        if self.arguments.report.json {
            console.json(&json!({
                "revision": file.id,
                "file": path,
                "message": message,
                "after": self.place.after,
                "depends_on": self.place.depends_on,
                "labels": self.place.labels,
                "changes": plan.upgrade.iter().map(operation_json).collect::<Vec<_>>(),
                "holes": plan.holes.iter().map(|hole| hole_json(hole, &path, file)).collect::<Vec<_>>(),
                "losses": plan.losses.iter().map(|loss| loss.note.as_str()).collect::<Vec<_>>(),
                "lock_refreshed": true,
            }));
        } else {
            for operation in &plan.upgrade {
                console.line(operation);
            }
            console.line(format_args!("wrote {path}"));
        }
        if self.begins_branch() && self.place.labels.is_empty() {
            console.note(format_args!("there is another head now; join them: {}", self.project.file_command("merge")));
        }
        for operation in plan.upgrade.iter().filter(|it| loses_values(it)) {
            console.note(format_args!("warning: {operation}: its values are lost"));
        }
        for loss in &plan.losses {
            console.note(format_args!("warning: on the way back: {}", loss.note));
        }
        for hole in &plan.holes {
            console.note(format_args!(
                "{path}:{}: {} waits to be written: {}",
                file.line_of(&hole.step),
                hole.step,
                hole.reason
            ));
        }
        if !plan.holes.is_empty() {
            let fills = plan.holes.iter().map(|hole| format!(" --default \"{}.{}=…\"", hole.table, hole.column));
            console.note(format_args!(
                "Write what stands open, or take the revision back and give the values as SQL:\n  {}\n  {}{}",
                self.project.file_command("remove"),
                self.typed(),
                fills.collect::<String>()
            ));
        }
        if !plan.upgrade.is_empty() {
            let first = if plan.holes.is_empty() { "Read the revision" } else { "When it is whole" };
            console.note(format_args!("{first}, then: {}", self.project.command("upgrade")));
        }
    }

    /// Whether there is a head more than before.
    fn begins_branch(&self) -> bool {
        let heads = self.standing.graph.heads();
        !heads.is_empty() && !self.place.after.iter().any(|it| heads.contains(&it.as_str()))
    }

    /// The command as it was typed.
    fn typed(&self) -> String {
        self.project.file_command(&typed(self.arguments))
    }
}

/// The words of the command as they were typed.
fn typed(arguments: &Revision) -> String {
    let mut words = String::from("revision");
    if arguments.empty {
        words.push_str(" --empty");
    }
    let message = arguments.message.iter().map(|message| ("-m", message));
    let id = arguments.rev_id.iter().map(|id| ("--rev-id", id));
    let renames = arguments.rename.iter().map(|it| ("--rename", it));
    let drops = arguments.drop.iter().map(|it| ("--drop", it));
    let defaults = arguments.default.iter().map(|it| ("--default", it));
    let head = arguments.head.iter().map(|it| ("--head", it));
    let labels = arguments.branch_label.iter().map(|it| ("--branch-label", it));
    let depends_on = arguments.depends_on.iter().map(|it| ("--depends-on", it));
    let place = head.chain(labels).chain(depends_on);
    for (flag, value) in message.chain(id).chain(place).chain(renames).chain(drops).chain(defaults) {
        words.push_str(&format!(" {flag} {}", shell::word(value)));
    }
    for (flag, is_set) in [("--splice", arguments.splice), ("--no-tests", arguments.no_tests)] {
        if is_set {
            words.push_str(&format!(" {flag}"));
        }
    }
    if let Some(folder) = &arguments.version_path {
        words.push_str(&format!(" --version-path {}", shell::word(&folder.to_string_lossy())));
    }
    words
}

/// A message for who gave none: what the first change is.
fn message_for(operations: &[Operation]) -> String {
    let first = operations.first().map(ToString::to_string).unwrap_or_default();
    let first = first.split(" (").next().unwrap_or_default();
    match operations.len() {
        0 | 1 => first.to_owned(),
        count => format!("{first} and {} more", count - 1),
    }
}

fn loses_values(operation: &Operation) -> bool {
    matches!(operation, Operation::DropTable { .. } | Operation::DropColumn { .. })
}

fn hole_json(hole: &Hole, path: &str, file: &NewFile) -> Value {
    json!({
        "step": hole.step,
        "table": hole.table.to_string(),
        "column": hole.column,
        "reason": hole.reason,
        "file": path,
        "line": file.line_of(&hole.step),
    })
}

/// Refuses changes of type that no database makes, as long as nobody says what the values become.
fn refuse_uncastable(before: &Schema, plan: &Plan) -> Outcome {
    let found = uncastable(before, &plan.upgrade);
    let lines: Vec<String> = found
        .iter()
        .map(|Uncastable { table, column, from, to }| {
            format!(
                "{table}.{column} changes from {from} to {to}, and no database makes one of the other: say what the \
                 values become, in SQL over the row, by --default \"{table}.{column}=…\""
            )
        })
        .collect();
    if lines.is_empty() { Ok(()) } else { Err(Failure::Failed(lines.join("\nerror: "))) }
}
