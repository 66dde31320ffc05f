//! Questions to whoever sits at the terminal.

use migratable_core::diff::{Hole, Question};

use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// Asks what became of something that is gone. Gives back the flag that says the answer.
pub fn what_became_of(question: &Question, console: &mut Console<'_>) -> Outcome<String> {
    console.note(question);
    let flags = question.flags();
    for (number, flag) in flags.iter().enumerate() {
        let candidate = question.candidates.get(number);
        let answer = candidate.map_or_else(|| "dropped, with its values".to_owned(), |to| format!("renamed to {to}"));
        console.note(format_args!("  {}  {answer}   ({flag})", number + 1));
    }
    Ok(flags[number(flags.len(), console)?].clone())
}

/// Asks which of some things is meant. Gives back its place.
pub fn one_of(options: &[String], console: &mut Console<'_>) -> Outcome<usize> {
    for (number, option) in options.iter().enumerate() {
        console.note(format_args!("  {}  {option}", number + 1));
    }
    number(options.len(), console)
}

/// Asks for a number of so many. Gives back the place that it stands for.
fn number(count: usize, console: &mut Console<'_>) -> Outcome<usize> {
    loop {
        let Some(answer) = console.ask(format_args!("Which? [1-{count}]")) else {
            return Err(Failure::Failed("not answered; nothing was written".to_owned()));
        };
        match answer.parse().ok().filter(|number| (1..=count).contains(number)) {
            Some(number) => return Ok(number - 1),
            None => console.note(format_args!("Please type a number from 1 to {count}.")),
        }
    }
}

/// Asks for the values of a column; `None` leaves the step to be written by hand.
pub fn values_of(hole: &Hole, console: &mut Console<'_>) -> Option<String> {
    console.note(format_args!("{}.{}: {}", hole.table, hole.column, hole.reason));
    let answer = console.ask("SQL for the value, such as '' or 0 (nothing: write the step by hand):")?;
    (!answer.is_empty()).then_some(answer)
}

/// Asks whether something is meant; fails unless it is.
pub fn confirm(what: &str, console: &mut Console<'_>) -> Outcome {
    console.note(what);
    match console.ask("Is that meant? [y/N]").as_deref() {
        Some("y" | "Y" | "yes") => Ok(()),
        _ => Err(Failure::Failed("not meant; nothing was written".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use migratable_core::diff::QuestionKind;

    use super::*;

    fn ask(typed: &str) -> (Outcome<String>, String) {
        let question = Question {
            kind: QuestionKind::Column,
            gone: "users.nick".into(),
            candidates: vec!["users.nickname".into()],
        };
        let (mut out, mut err, mut input) = (Vec::new(), Vec::new(), typed.as_bytes());
        let mut console = Console::new(&mut out, &mut err, "/".into()).asking(&mut input);
        let answer = what_became_of(&question, &mut console);
        (answer, String::from_utf8(err).unwrap())
    }

    #[test]
    fn answers_are_the_flags_that_say_them() {
        assert_eq!(ask("1\n").0, Ok("--rename users.nick=users.nickname".into()));
        assert_eq!(ask("2\n").0, Ok("--drop users.nick".into()));
        let (answer, said) = ask("x\n0\n3\n2\n");
        assert_eq!(answer, Ok("--drop users.nick".into()));
        assert_eq!(said.matches("Please type a number from 1 to 2.").count(), 3);
        assert!(ask("").0.is_err());
    }
}
