//! The way of one pair: there with rows, compared with a fresh database, and back.

use std::collections::BTreeSet;

use migratable_tests::databases::client::{Database, Server};
use migratable_tests::databases::comparison::diff;
use migratable_tests::databases::reader::{self, Held};
use migratable_tests::databases::rows::{self, Renames, Rows};
use serde_json::Value;

use crate::pair::Pair;

/// Where a pair went wrong, and what was seen there.
pub struct Wrong {
    /// The name of the pair.
    pub pair: String,
    /// What was being done.
    pub stage: &'static str,
    /// What was seen.
    pub seen: String,
}

/// The databases in which pairs are tried, one after the other.
pub struct Traveller<'a> {
    /// Made of `from`, full of rows, turned into `to` and back.
    database: Database<'a>,
    fresh_from: Database<'a>,
    fresh_to: Database<'a>,
    haste: Haste,
}

/// How a pair is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// By the most thorough means.
    Thorough,
    /// Without a process for each look.
    Quick,
}

impl Traveller<'_> {
    /// Makes the databases.
    ///
    /// # Errors
    /// With what the client said.
    pub fn new(server: &Server, number: usize, haste: Haste) -> Result<Traveller<'_>, String> {
        let database = |what: &str| server.database(&format!("{number}_{what}"))?.kept_open();
        Ok(Traveller { database: database("there")?, fresh_from: database("from")?, fresh_to: database("to")?, haste })
    }
}

/// Tries a pair; carefully: by the script for which no loss is allowed, too.
///
/// # Errors
/// At the first stage that does not come out as it should.
pub fn travel(traveller: &Traveller<'_>, pair: &Pair, is_careful: bool) -> Result<(), Wrong> {
    let at = |stage| at(pair, stage);
    let Traveller { database, fresh_to, .. } = traveller;
    let mut start = traveller.start(pair)?;

    if pair.operations.as_ref().is_some_and(Vec::is_empty) {
        reader::same(&start.from.managed, &start.to.managed).map_err(at("the pair itself"))?;
        nothing_to_do(database, fresh_to).map_err(at("only spelling"))?;
        let plan = Plan::read(database, fresh_to, &[]).map_err(at("diff"))?;
        return plan.is_as_expected(pair).map_err(at("not managed"));
    }
    if !pair.refused.is_empty() {
        return refused(database, fresh_to, pair).map_err(at("refused"));
    }
    let plan = Plan::read(database, fresh_to, &pair.rename).map_err(at("diff"))?;
    plan.is_as_expected(pair).map_err(at("operations"))?;
    if is_careful {
        traveller.carefully(pair, &mut start, &plan.script)?;
    }
    traveller.there(pair, &start, &plan.script)?;
    traveller.back(pair, &start)
}

/// Whether a script stopped at a look of its own, and not at a statement that failed.
pub fn is_stopped(said: &str) -> bool {
    said.contains("rows of ") || said.contains("migratable_guard")
}

/// A word as a program gets it from a shell.
fn unquoted(word: &str) -> String {
    match word.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')) {
        Some(quoted) => quoted.replace("'\\''", "'"),
        None => word.trim_matches('"').to_owned(),
    }
}

/// What an object is and how it is called, in front of the rest of the statement that makes it.
fn named(statement: &str) -> String {
    let words = if statement.starts_with("CREATE MATERIALIZED") { 4 } else { 3 };
    statement.split(' ').take(words).collect::<Vec<_>>().join(" ")
}

/// An error of a stage.
fn at(pair: &Pair, stage: &'static str) -> impl FnOnce(String) -> Wrong {
    let pair = pair.name.clone();
    move |seen| Wrong { pair, stage, seen }
}

/// What both databases hold at the start.
pub struct Start {
    from: Held,
    to: Held,
    rows: Rows,
}

impl Traveller<'_> {
    /// Makes the databases of a pair, and rows.
    ///
    /// # Errors
    /// If the pair is no SQL of its database, or its rows do not fit.
    pub fn start(&self, pair: &Pair) -> Result<Start, Wrong> {
        let at = |stage| at(pair, stage);
        let Traveller { fresh_from, fresh_to, .. } = self;
        let rows = self.filled(pair)?;
        self.make(fresh_from, &pair.from).map_err(at("from"))?;
        self.make(fresh_to, &pair.to).map_err(at("to"))?;
        let from = self.read(fresh_from).map_err(at("reader"))?;
        let to = self.read(fresh_to).map_err(at("reader"))?;
        Ok(Start { from, to, rows })
    }

    fn make(&self, database: &Database<'_>, sql: &str) -> Result<(), String> {
        match self.haste {
            Haste::Thorough => database.make_by_client(sql),
            Haste::Quick => database.make(sql),
        }
    }

    /// Makes the database that goes there, with rows.
    fn filled(&self, pair: &Pair) -> Result<Rows, Wrong> {
        let at = |stage| at(pair, stage);
        self.make(&self.database, &pair.from).map_err(at("from"))?;
        rows::fill(&self.database, &pair.rows).map_err(at("rows"))?;
        rows::snapshot(&self.database).map_err(at("rows"))
    }

    /// The script there; empty if there is nothing to do.
    ///
    /// # Errors
    /// If none is written.
    pub fn script_there(&self, pair: &Pair) -> Result<String, Wrong> {
        script(&self.database, &self.fresh_to, &pair.rename, &[]).map_err(at(pair, "diff"))
    }

    /// Goes there by the script for which no loss is allowed, if it is another one: it leads to the same place with the
    /// values as they were, or stops with nothing changed; all questions are answered by dropping. Behind it all is as it
    /// was at the start.
    ///
    /// # Errors
    /// At the first stage that does not come out as it should.
    pub fn carefully(&self, pair: &Pair, start: &mut Start, allowed: &str) -> Result<(), Wrong> {
        let at = |stage| at(pair, stage);
        let Traveller { database, fresh_to, .. } = self;
        let script = match diff(database, fresh_to, &pair.rename, &["--sql"]) {
            Err(said) if said.contains("Answer with these flags") => {
                let gone = said.lines().filter_map(|line| line.trim().strip_prefix("--drop "));
                let gone: Vec<String> = gone.map(unquoted).collect();
                let flags: Vec<&str> = gone.iter().flat_map(|it| ["--drop", it]).chain(["--sql"]).collect();
                diff(database, fresh_to, &pair.rename, &flags)
            }
            said => said,
        };
        let script = script.map_err(at("careful diff"))?.out;
        if script.trim_end() == allowed.trim_end() {
            return Ok(());
        }
        match database.run_by_client(&script) {
            Ok(()) => {
                self.is_there(pair, start, &script)?;
                start.rows = self.filled(pair)?;
                Ok(())
            }
            Err(said) if is_stopped(&said) => {
                self.is_unchanged(start).map_err(with(&script)).map_err(at("careful script stops"))
            }
            Err(said) => Err(at("careful script")(with(&script)(said))),
        }
    }

    /// Goes there.
    ///
    /// # Errors
    /// At the first stage that does not come out as it should.
    pub fn there(&self, pair: &Pair, start: &Start, script: &str) -> Result<(), Wrong> {
        let at = |stage| at(pair, stage);
        self.database.run_by_client(script).map_err(with(script)).map_err(at("script"))?;
        self.is_there(pair, start, script)
    }

    /// Whether a script has led there.
    fn is_there(&self, pair: &Pair, start: &Start, script: &str) -> Result<(), Wrong> {
        let at = |stage| at(pair, stage);
        let Traveller { database, fresh_to, .. } = self;
        self.arrived(start, &start.to).map_err(with(script)).map_err(at("there"))?;
        let after = rows::snapshot(database).map_err(at("rows"))?;
        rows::kept(&start.rows, &after, &Renames(&pair.rename), &[]).map_err(with(script)).map_err(at("rows kept"))?;
        nothing_to_do(database, fresh_to).map_err(with(script)).map_err(at("second diff"))
    }

    /// Goes back.
    ///
    /// # Errors
    /// At the first stage that does not come out as it should.
    pub fn back(&self, pair: &Pair, start: &Start) -> Result<(), Wrong> {
        let at = |stage| at(pair, stage);
        let Traveller { database, fresh_from, .. } = self;
        let rename_back: Vec<String> = pair.rename.iter().rev().map(|rename| turned(rename)).collect();
        let after = rows::snapshot(database).map_err(at("rows"))?;
        let script = script(database, fresh_from, &rename_back, &pair.drop_back).map_err(at("diff back"))?;
        database.run_by_client(&script).map_err(with(&script)).map_err(at("script back"))?;
        self.arrived(start, &start.from).map_err(with(&script)).map_err(at("back"))?;
        let again = rows::snapshot(database).map_err(at("rows"))?;
        rows::kept(&after, &again, &Renames(&rename_back), &pair.drop_back)
            .map_err(with(&script))
            .map_err(at("rows kept back"))
    }

    fn read(&self, database: &Database<'_>) -> Result<Held, String> {
        match self.haste {
            Haste::Thorough => reader::read_all(database),
            Haste::Quick => reader::read(database),
        }
    }

    /// Whether the database holds what is wanted, and still all that is not managed; of what the other database has of
    /// that, some was made where it was needed. A sequence that goes with a column in one of them is left out, and the text
    /// of what stands over columns of other types there, in which the server leaves casts.
    fn arrived(&self, start: &Start, wanted: &Held) -> Result<(), String> {
        let found = self.read(&self.database)?;
        reader::same(&found.managed, &wanted.managed)?;
        let made = found.others.intersection(&start.to.others);
        let of = |one: &Held, other: &Held| one.others.difference(&other.others).map(|it| named(it)).collect();
        let (before, after): (BTreeSet<_>, BTreeSet<_>) = (of(&start.from, &start.to), of(&start.to, &start.from));
        let shown = |it: &String| match named(it) {
            name if before.contains(&name) && after.contains(&name) => name,
            _ => it.clone(),
        };
        let is_owned = |it: &&String| {
            let name = it.strip_prefix("CREATE SEQUENCE ").and_then(|it| it.split([' ', ';']).next());
            let is_of = |it: &String| name.is_some_and(|name| it.starts_with(&format!("CREATE SEQUENCE {name} ")));
            start.from.managed.union(&start.to.managed).any(is_of)
        };
        let kept = start.from.others.iter().chain(made).filter(|it| !is_owned(it)).map(shown).collect();
        reader::same(&found.others.iter().filter(|it| !is_owned(it)).map(shown).collect(), &kept)
    }

    /// Whether all is as it was at the start.
    ///
    /// # Errors
    /// What is not.
    pub fn is_unchanged(&self, start: &Start) -> Result<(), String> {
        self.arrived(start, &start.from)?;
        rows::kept(&start.rows, &rows::snapshot(&self.database)?, &Renames(&[]), &[])
    }
}

/// Whether no script is written, for the reason that is given.
fn refused(database: &Database<'_>, fresh_to: &Database<'_>, pair: &Pair) -> Result<(), String> {
    let said = diff(database, fresh_to, &pair.rename, &["--json", "--allow-loss"])?;
    Plan::of(&said.out)?.is_as_expected(pair)?;
    match diff(database, fresh_to, &pair.rename, &["--sql", "--allow-loss"]) {
        Ok(said) => Err(format!("a script was written:\n{}", said.out)),
        Err(error) if error.contains(&pair.refused) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What was seen, with the script that led there.
fn with(script: &str) -> impl Fn(String) -> String {
    move |seen| format!("{}\nby:\n{script}", seen.trim_end())
}

/// `b=a` for `a=b`.
fn turned(rename: &str) -> String {
    rename.split_once('=').map_or_else(|| rename.to_owned(), |(from, to)| format!("{to}={from}"))
}

fn script(from: &Database<'_>, to: &Database<'_>, rename: &[String], drop: &[String]) -> Result<String, String> {
    let mut flags = vec!["--sql", "--allow-loss"];
    flags.extend(drop.iter().flat_map(|it| ["--drop", it]));
    diff(from, to, rename, &flags).map(|said| said.out)
}

fn nothing_to_do(from: &Database<'_>, to: &Database<'_>) -> Result<(), String> {
    let said = diff(from, to, &[], &["--sql", "--allow-loss"])?;
    if said.out.is_empty() { Ok(()) } else { Err(said.out) }
}

/// What `diff --json --sql` says.
struct Plan {
    kinds: Vec<String>,
    texts: Vec<String>,
    not_managed: String,
    script: String,
}

impl Plan {
    fn read(from: &Database<'_>, to: &Database<'_>, rename: &[String]) -> Result<Plan, String> {
        Plan::of(&diff(from, to, rename, &["--json", "--sql", "--allow-loss"])?.out)
    }

    fn of(printed: &str) -> Result<Plan, String> {
        let json: Value = serde_json::from_str(printed).map_err(|error| format!("{error}: {printed}"))?;
        let operations = json["operations"].as_array().cloned().unwrap_or_default();
        let all = |key: &str| operations.iter().filter_map(|it| it[key].as_str().map(str::to_owned)).collect();
        Ok(Plan {
            kinds: all("operation"),
            texts: all("text"),
            not_managed: json["not_managed"].to_string(),
            script: json["sql"].as_str().unwrap_or_default().to_owned(),
        })
    }

    fn is_as_expected(&self, pair: &Pair) -> Result<(), String> {
        if let Some(operations) = pair.operations.as_ref().filter(|it| **it != self.kinds) {
            let (wanted, found) = (operations.join(" "), self.kinds.join(" "));
            return Err(format!("- {wanted}\n+ {found}\n{}", self.texts.join("\n")));
        }
        match pair.not_managed.iter().find(|it| !self.not_managed.contains(*it)) {
            Some(missing) => Err(format!("`{missing}` is not among the not managed: {}", self.not_managed)),
            None => Ok(()),
        }
    }
}
