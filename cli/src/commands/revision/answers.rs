//! What only a person can say about a change: given as flags and attributes, or asked.

use std::collections::BTreeSet;

use migratable_core::diff::{Answers, DiffError, Drop, Plan, Question, diff};
use migratable_core::{Schema, shell};

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

/// Asks before every table goes because no model is left: a `mod` line that is gone looks the same.
pub(super) fn confirm_emptying(
    before: &Schema,
    answers: &Answers,
    typed: &dyn Fn() -> String,
    console: &mut Console<'_>,
) -> Outcome {
    let open = before.tables.keys().filter(|&table| !answers.drops.contains(&Drop::Table(table.clone())));
    let open: Vec<String> = open.map(ToString::to_string).collect();
    if open.is_empty() || before.tables.len() < 2 {
        return Ok(());
    }
    let what = format!("no model is left, and all tables would be dropped with their rows: {}", open.join(", "));
    if console.is_interactive() {
        return prompt::confirm(&what, console);
    }
    let flags: String = open.iter().map(|table| format!(" {}", shell::flag(&format!("--drop {table}")))).collect();
    Err(Failure::Failed(format!(
        "{what}; nothing was written. Is a `mod` line of the models missing? If they are to go:\n  {}{flags}",
        typed()
    )))
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
            Err(error @ (DiffError::Answers(_) | DiffError::Impossible(_))) => return Err(failed(error)),
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
            plan = diff(before, &models.schema, answers).map_err(failed)?;
        }
    }
    Ok(plan)
}

/// What there is to say about a change that cannot be planned.
fn failed(error: DiffError) -> Failure {
    Failure::Failed(match error {
        DiffError::Answers(wrong) => wrong.join("\nerror: "),
        DiffError::Impossible(why) => why,
        DiffError::Questions(questions) => {
            questions.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nerror: ")
        }
    })
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
            text.push_str(&format!("\n    {}", shell::flag(&flag)));
        }
    }
    let example = example(questions).join(" ");
    text.push_str(&format!("\ntype it again with one of the flags for each, as in:\n  {typed} {example}"));
    text
}

/// A flag for each question that go together: what has come can be only one of the things that are gone.
fn example(questions: &[Question]) -> Vec<String> {
    let mut taken: Vec<&String> = Vec::new();
    let mut flags = Vec::new();
    for question in questions {
        let free = question.candidates.iter().position(|candidate| !taken.contains(&candidate));
        taken.extend(free.map(|at| &question.candidates[at]));
        // Behind the renames stands the drop.
        let flag = question.flags().into_iter().nth(free.unwrap_or(question.candidates.len()));
        flags.extend(flag.map(|flag| shell::flag(&flag)));
    }
    flags
}

#[cfg(test)]
mod tests {
    use migratable_core::diff::QuestionKind;

    use super::*;

    fn question(gone: &str, candidates: &[&str]) -> Question {
        let candidates = candidates.iter().map(|it| (*it).to_owned()).collect();
        Question { kind: QuestionKind::Column, gone: gone.to_owned(), candidates }
    }

    #[test]
    fn the_example_gives_each_candidate_once_and_drops_the_rest() {
        let both = ["t.c", "t.d"];
        let questions = [question("t.a", &both), question("t.b", &both), question("t.x y", &both)];
        let text = open(&questions, "migrate revision");
        let example = "migrate revision --rename t.a=t.c --rename t.b=t.d --drop \"t.x y\"";
        assert_eq!(text.lines().last().map(str::trim), Some(example), "{text}");
        assert!(text.contains("\n    --rename \"t.x y=t.c\"\n"), "{text}");
    }

    #[test]
    fn what_cannot_be_planned_is_said_in_sentences() {
        let wrong = DiffError::Answers(vec!["one".into(), "two".into()]);
        assert_eq!(failed(wrong), Failure::Failed("one\nerror: two".into()));
        assert_eq!(failed(DiffError::Impossible("why".into())), Failure::Failed("why".into()));
        let Failure::Failed(text) = failed(DiffError::Questions(vec![question("t.a", &["t.b"])])) else { panic!() };
        assert!(text.contains("is it renamed to t.b, or dropped?"), "{text}");
    }
}
