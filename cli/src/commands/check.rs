//! `check`.

use migratable_core::diff::{DiffError, diff, drift};
use migratable_core::lock::Lock;
use serde_json::{Value, json};

use crate::arguments::Check;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::findings::{Finding, Kind};
use crate::models::Models;
use crate::project::Project;
use crate::sources::Sources;

/// Finds what is not in order.
pub(crate) fn run(arguments: &Check, project: &Project, console: &mut Console<'_>) -> Outcome {
    let sources = Sources::open(project, console)?;
    let found = everything(&sources, project)?;
    if arguments.report.json {
        let findings: Vec<Value> = found.iter().map(|finding| finding.json(console)).collect();
        console.json(&json!({ "clean": found.is_empty(), "findings": findings }));
    } else if found.is_empty() {
        console.line("clean: models, lock and revisions agree");
    }
    if found.is_empty() {
        return Ok(());
    }
    if !arguments.report.json {
        for finding in &found {
            let line = finding.line(console);
            console.line(line);
        }
    }
    Err(Failure::Said(1))
}

/// Everything that is not in order.
pub(crate) fn everything(sources: &Sources, project: &Project) -> Outcome<Vec<Finding>> {
    let models = sources.models()?;
    let mut found = models.findings();
    match sources.standing() {
        Ok(standing) => found.extend(changes(&standing.lock, &models, project)),
        Err(disagreements) => found.extend(disagreements),
    }
    Ok(found)
}

/// What the models say and no revision does.
fn changes(lock: &Lock, models: &Models, project: &Project) -> Vec<Finding> {
    let command = project.file_command("revision -m \"what changed\"");
    let told = |message: &str, answers: &str| format!("{message}; `{command}` writes a revision for it{answers}");
    let outcome = diff(&lock.schema, &models.schema, &models.answers);
    if let Err(DiffError::Answers(stale)) = outcome {
        return stale.into_iter().map(|message| Finding::new(Kind::Model, message, None)).collect();
    }
    let mut found: Vec<Finding> = drift(&lock.schema, &models.schema, &models.answers, models.is_whole)
        .into_iter()
        .map(|drift| (told(&drift.message, &drift.with_answers()), models.place(&drift.table, &drift.place)))
        .map(|(message, place)| match place {
            Some((file, line, column)) => Finding::at(Kind::Change, &file, line, column, message),
            None => Finding::new(Kind::Change, message, None),
        })
        .map(|finding| finding.mended_by(command.clone()))
        .collect();
    let differs = !outcome.is_ok_and(|plan| plan.upgrade.is_empty());
    if found.is_empty() && differs && models.is_whole {
        found.push(Finding::new(Kind::Change, told("the models differ from the lock", ""), Some(command)));
    }
    found
}
