//! The way of one pair: there with rows, compared with a fresh database, and back.

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

/// Tries a pair.
///
/// # Errors
/// At the first stage that does not come out as it should.
pub fn travel(traveller: &Traveller<'_>, pair: &Pair) -> Result<(), Wrong> {
    let at = |stage| at(pair, stage);
    let Traveller { database, fresh_to, .. } = traveller;
    let start = traveller.start(pair)?;

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
    traveller.there(pair, &start, &plan.script)?;
    traveller.back(pair, &start)
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
        let Traveller { database, fresh_from, fresh_to, haste } = self;
        let make = match haste {
            Haste::Thorough => Database::make_by_client,
            Haste::Quick => Database::make,
        };
        make(database, &pair.from).map_err(at("from"))?;
        rows::fill(database, &pair.rows).map_err(at("rows"))?;
        make(fresh_from, &pair.from).map_err(at("from"))?;
        make(fresh_to, &pair.to).map_err(at("to"))?;
        let from = self.read(fresh_from).map_err(at("reader"))?;
        let to = self.read(fresh_to).map_err(at("reader"))?;
        let rows = rows::snapshot(database).map_err(at("rows"))?;
        Ok(Start { from, to, rows })
    }

    /// The script there; empty if there is nothing to do.
    ///
    /// # Errors
    /// If none is written.
    pub fn script_there(&self, pair: &Pair) -> Result<String, Wrong> {
        script(&self.database, &self.fresh_to, &pair.rename, &[]).map_err(at(pair, "diff"))
    }

    /// Goes there.
    ///
    /// # Errors
    /// At the first stage that does not come out as it should.
    pub fn there(&self, pair: &Pair, start: &Start, script: &str) -> Result<(), Wrong> {
        let at = |stage| at(pair, stage);
        let Traveller { database, fresh_to, .. } = self;
        database.run_by_client(script).map_err(with(script)).map_err(at("script"))?;
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
    /// that, some was made where it was needed. A sequence that goes with a column in one of them is left out.
    fn arrived(&self, start: &Start, wanted: &Held) -> Result<(), String> {
        let found = self.read(&self.database)?;
        reader::same(&found.managed, &wanted.managed)?;
        let made = found.others.intersection(&start.to.others);
        let is_owned = |it: &&String| {
            let name = it.strip_prefix("CREATE SEQUENCE ").and_then(|it| it.split([' ', ';']).next());
            let is_of = |it: &String| name.is_some_and(|name| it.starts_with(&format!("CREATE SEQUENCE {name} ")));
            start.from.managed.union(&start.to.managed).any(is_of)
        };
        let kept = start.from.others.iter().chain(made).filter(|it| !is_owned(it)).cloned().collect();
        reader::same(&found.others.iter().filter(|it| !is_owned(it)).cloned().collect(), &kept)
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
