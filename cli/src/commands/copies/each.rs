//! One thing done with each of many copies, so many at a time, with a report of what became of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use serde_json::{Map, Value, json};

use crate::arguments::{Copies, Report};
use crate::console::Console;
use crate::database::Database;
use crate::failure::{Failure, Outcome};

/// What is done with each copy.
pub(in crate::commands) struct Task<'a> {
    /// The words for what became of copies that did not fail, each with what is to be said of it.
    pub(in crate::commands) words: [(&'static str, &'static str); 2],
    /// What is to be done when the copies that failed are mended.
    pub(in crate::commands) again: &'static str,
    /// Does it.
    pub(in crate::commands) run: &'a (dyn Fn(&Database) -> Outcome<Became> + Sync),
}

/// What became of a copy that did not fail.
pub(in crate::commands) struct Became {
    /// One of the words of the task.
    pub(in crate::commands) word: &'static str,
    /// Whether the command fails for it.
    pub(in crate::commands) is_bad: bool,
    /// What to say of it; nothing if that is not worth a line.
    pub(in crate::commands) line: Option<String>,
    /// The same as JSON, by name.
    pub(in crate::commands) json: Value,
}

struct Copy {
    database: String,
    became: Result<Became, Failure>,
}

impl Copy {
    fn word(&self) -> &'static str {
        self.became.as_ref().map_or("failed", |became| became.word)
    }

    fn json(&self) -> Value {
        let mut json = Map::new();
        if let Ok(Became { json: Value::Object(found), .. }) = &self.became {
            json.clone_from(found);
        }
        json.insert("database".to_owned(), self.database.clone().into());
        json.insert("outcome".to_owned(), self.word().into());
        let error = self.became.as_ref().err();
        let error = error.map(|failure| json!({ "code": failure.code(), "message": said(failure) }));
        json.insert("error".to_owned(), error.into());
        Value::Object(json)
    }
}

impl Task<'_> {
    /// Does it with all of them, and says what became of each. What fails stops no other.
    pub(in crate::commands) fn run(
        &self,
        databases: &[Database],
        asked: &Copies,
        report: Report,
        console: &mut Console<'_>,
    ) -> Outcome {
        let mut copies: Vec<Option<Copy>> = databases.iter().map(|_| None).collect();
        let next = AtomicUsize::new(0);
        let jobs = asked.jobs.get().min(databases.len());
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for _ in 0..jobs {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    while let Some((at, database)) = taken(next, databases) {
                        if sender.send((at, self.one(database))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (finished, (at, copy)) in (1..).zip(receiver) {
                console.progress("");
                if !report.json {
                    tell(&copy, console);
                }
                console.progress(format_args!("{finished} of {}", databases.len()));
                copies[at] = Some(copy);
            }
            console.progress("");
        });
        let copies: Vec<Copy> = copies.into_iter().flatten().collect();
        self.report(&copies, report, console)
    }

    fn one(&self, database: &Database) -> Copy {
        // A step that panics is a copy that failed; the connection is gone with it.
        let became = catch_unwind(AssertUnwindSafe(|| (self.run)(database)));
        let panicked = || Failure::Refused { code: "step", message: "a step panicked".to_owned() };
        Copy { database: database.shown(), became: became.unwrap_or_else(|_| Err(panicked())) }
    }

    fn report(&self, copies: &[Copy], report: Report, console: &mut Console<'_>) -> Outcome {
        let count = |word: &str| copies.iter().filter(|copy| copy.word() == word).count();
        let [first, second] = self.words;
        let words = [first, ("failed", ""), second];
        let failed = count("failed");
        if report.json {
            let mut json: Map<String, Value> =
                words.iter().map(|(word, _)| ((*word).to_owned(), count(word).into())).collect();
            json.insert("copies".to_owned(), copies.iter().map(Copy::json).collect());
            console.json(&json!(json));
        } else {
            let counted = words.map(|(word, remark)| format!("{} {word}{remark}", count(word)));
            console.line(format_args!("{} copies: {}", copies.len(), counted.join(", ")));
            if failed > 0 {
                console.note("What failed:");
                for copy in copies.iter().filter(|copy| copy.became.is_err()) {
                    console.note(format_args!("  {}", copy.database));
                }
                console.note(format_args!("When it is mended, {}.", self.again));
            }
        }
        let is_bad = copies.iter().any(|copy| copy.became.as_ref().is_ok_and(|became| became.is_bad));
        if failed == 0 && !is_bad { Ok(()) } else { Err(Failure::Said(1)) }
    }
}

/// The next database that nobody has taken.
fn taken<'a>(next: &AtomicUsize, databases: &'a [Database]) -> Option<(usize, &'a Database)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    databases.get(at).map(|database| (at, database))
}

/// Says of a copy what there is to say.
fn tell(copy: &Copy, console: &mut Console<'_>) {
    match &copy.became {
        Ok(Became { line: None, .. }) => {}
        Ok(Became { line: Some(line), .. }) => console.line(format_args!("{}: {line}", copy.database)),
        Err(failure) => console.note(format_args!("failed: {}: {}", copy.database, said(failure))),
    }
}

/// Why a copy failed.
fn said(failure: &Failure) -> String {
    failure.message().map_or_else(|| format!("it ended with {}", failure.status()), str::to_owned)
}
