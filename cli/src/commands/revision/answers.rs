//! What only a person can say about a change: given as flags and attributes, or asked.

use std::collections::BTreeSet;

use migratable_core::Schema;
use migratable_core::diff::{Answers, DiffError, Plan, Question, diff};

use crate::arguments::Revision;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::models::Models;
use crate::prompt;

/// The answers of the flags, and those that the models declare.
pub(super) fn given(arguments: &Revision, models: &Models) -> Outcome<Answers> {
    let mut answers = models.answers.clone();
    for rename in &arguments.rename {
        answers.rename(rename).map_err(Failure::Usage)?;
    }
    for drop in &arguments.drop {
        answers.drop(drop);
    }
    for fill in &arguments.default {
        answers.fill(fill).map_err(Failure::Usage)?;
    }
    // A flag may say what an attribute says.
    let mut seen = Vec::new();
    answers.table_renames.retain(|it| {
        !seen.contains(it) && {
            seen.push(it.clone());
            true
        }
    });
    let mut seen = Vec::new();
    answers.column_renames.retain(|it| {
        !seen.contains(it) && {
            seen.push(it.clone());
            true
        }
    });
    Ok(answers)
}

/// Compares, and asks what stays open; without a terminal that is an error with the flags that answer.
pub(super) fn plan(
    before: &Schema,
    models: &Models,
    answers: &mut Answers,
    typed: &dyn Fn() -> String,
    console: &mut Console<'_>,
) -> Outcome<Plan> {
    loop {
        match diff(before, &models.schema, answers) {
            Ok(plan) => return Ok(plan),
            Err(DiffError::Answers(wrong)) => return Err(Failure::Failed(wrong.join("\nerror: "))),
            Err(DiffError::Impossible(why)) => return Err(Failure::Failed(why)),
            Err(DiffError::Questions(questions)) => {
                let Some(first) = questions.first().filter(|_| console.is_interactive()) else {
                    return Err(Failure::Failed(open(&questions, &typed())));
                };
                let flag = prompt::what_became_of(first, console)?;
                take(&flag, answers)?;
            }
        }
    }
}

/// Asks for the values that columns need; what is not answered stays a step to be written.
pub(super) fn fill(
    mut plan: Plan,
    before: &Schema,
    models: &Models,
    answers: &mut Answers,
    console: &mut Console<'_>,
) -> Outcome<Plan> {
    let mut asked = BTreeSet::new();
    while console.is_interactive() {
        let open = plan.holes.iter().find(|hole| !asked.contains(&hole.step));
        let Some(hole) = open.cloned() else { break };
        asked.insert(hole.step.clone());
        if let Some(sql) = prompt::values_of(&hole, console) {
            answers.fills.insert((hole.table, hole.column), sql);
            plan = match diff(before, &models.schema, answers) {
                Ok(plan) => plan,
                Err(error) => return Err(Failure::Failed(format!("{error:?}"))),
            };
        }
    }
    Ok(plan)
}

/// Takes the answer that a flag says.
fn take(flag: &str, answers: &mut Answers) -> Outcome {
    match flag.split_once(' ') {
        Some(("--rename", what)) => answers.rename(what).map_err(Failure::Failed),
        Some(("--drop", what)) => {
            answers.drop(what);
            Ok(())
        }
        _ => Err(Failure::Failed(format!("`{flag}` is no answer"))),
    }
}

/// The error of questions that nobody is there to answer.
fn open(questions: &[Question], typed: &str) -> String {
    let mut text = String::from("something is gone, and it must be said what became of it; nothing was written");
    for question in questions {
        text.push_str(&format!("\n{question}"));
        for flag in question.flags() {
            text.push_str(&format!("\n    {flag}"));
        }
    }
    let example: Vec<String> = questions.iter().filter_map(|question| question.flags().into_iter().next()).collect();
    text.push_str(&format!("\ntype it again with one of the flags for each, as in:\n  {typed} {}", example.join(" ")));
    text
}
