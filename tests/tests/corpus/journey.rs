//! The way of one pair: there with rows, compared with a fresh database, and back.

use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};
use migratable_tests::databases::comparison::diff;
use migratable_tests::databases::reader::{self, Held};
use migratable_tests::databases::rows::{self, Renames};
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
}

impl Traveller<'_> {
    /// Makes the databases.
    ///
    /// # Errors
    /// With what the client said.
    pub fn new(server: &Server, number: usize) -> Result<Traveller<'_>, String> {
        let database = |what: &str| {
            let made = server.database(&format!("{number}_{what}"))?;
            // SQLite would be in memory, where its client does not find it.
            if made.dialect() == Dialect::Sqlite { Ok(made) } else { made.kept_open() }
        };
        Ok(Traveller { database: database("there")?, fresh_from: database("from")?, fresh_to: database("to")? })
    }
}

/// Tries a pair.
///
/// # Errors
/// At the first stage that does not come out as it should.
pub fn travel(traveller: &Traveller<'_>, pair: &Pair) -> Result<(), Wrong> {
    let at = |stage| move |seen| Wrong { pair: pair.name.clone(), stage, seen };
    let Traveller { database, fresh_from, fresh_to } = traveller;
    database.make_by_client(&pair.from).map_err(at("from"))?;
    rows::fill(database, &pair.rows).map_err(at("rows"))?;
    fresh_from.make_by_client(&pair.from).map_err(at("from"))?;
    fresh_to.make_by_client(&pair.to).map_err(at("to"))?;
    let held_from = reader::read_all(fresh_from).map_err(at("reader"))?;
    let held_to = reader::read_all(fresh_to).map_err(at("reader"))?;

    if pair.operations.is_empty() {
        reader::same(&held_from.managed, &held_to.managed).map_err(at("the pair itself"))?;
        nothing_to_do(database, fresh_to).map_err(at("only spelling"))?;
        let plan = Plan::read(database, fresh_to, &[]).map_err(at("diff"))?;
        return plan.is_as_expected(pair).map_err(at("not managed"));
    }
    if !pair.refused.is_empty() {
        return refused(database, fresh_to, pair).map_err(at("refused"));
    }
    let before = rows::snapshot(database).map_err(at("rows"))?;
    let plan = Plan::read(database, fresh_to, &pair.rename).map_err(at("diff"))?;
    plan.is_as_expected(pair).map_err(at("operations"))?;
    let script = plan.script;
    database.run_by_client(&script).map_err(with(&script)).map_err(at("script"))?;
    arrived(database, &held_from, &held_to).map_err(with(&script)).map_err(at("there"))?;
    let after = rows::snapshot(database).map_err(at("rows"))?;
    rows::kept(&before, &after, &Renames(&pair.rename)).map_err(with(&script)).map_err(at("rows kept"))?;
    nothing_to_do(database, fresh_to).map_err(with(&script)).map_err(at("second diff"))?;

    let rename_back: Vec<String> = pair.rename.iter().rev().map(|rename| turned(rename)).collect();
    let script = self::script(database, fresh_from, &rename_back).map_err(at("diff back"))?;
    database.run_by_client(&script).map_err(with(&script)).map_err(at("script back"))?;
    arrived(database, &held_from, &held_from).map_err(with(&script)).map_err(at("back"))?;
    let again = rows::snapshot(database).map_err(at("rows"))?;
    rows::kept(&after, &again, &Renames(&rename_back)).map_err(with(&script)).map_err(at("rows kept back"))
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

/// Whether a database holds what is wanted, and still all that is not managed.
fn arrived(database: &Database<'_>, began: &Held, wanted: &Held) -> Result<(), String> {
    let found = reader::read_all(database)?;
    reader::same(&found.managed, &wanted.managed)?;
    reader::same(&found.others, &began.others)
}

fn script(from: &Database<'_>, to: &Database<'_>, rename: &[String]) -> Result<String, String> {
    let said = diff(from, to, rename, &["--sql", "--allow-loss"])?;
    if said.out.trim().is_empty() { Err(format!("nothing was found to do\n{}", said.err)) } else { Ok(said.out) }
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
        if self.kinds != pair.operations {
            let (wanted, found) = (pair.operations.join(" "), self.kinds.join(" "));
            return Err(format!("- {wanted}\n+ {found}\n{}", self.texts.join("\n")));
        }
        match pair.not_managed.iter().find(|it| !self.not_managed.contains(*it)) {
            Some(missing) => Err(format!("`{missing}` is not among the not managed: {}", self.not_managed)),
            None => Ok(()),
        }
    }
}
