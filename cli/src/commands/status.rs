//! `status`.

use serde_json::{Map, Value, json};

use super::check;
use crate::arguments::{Connection, Status};
use crate::console::Console;
use crate::failure::Outcome;
use crate::findings::{Finding, Kind};
use crate::project::Project;
use crate::settings::{Setting, Settings};
use crate::sources::Sources;

/// One line of the screen: its name, what it says to people, and to programs.
struct Row {
    name: &'static str,
    text: String,
    value: Value,
}

fn row(name: &'static str, text: impl Into<String>, value: Value) -> Row {
    Row { name, text: text.into(), value }
}

/// Shows on one screen where everything stands.
pub(crate) fn run(
    arguments: &Status,
    connection: &Connection,
    project: &Project,
    console: &mut Console<'_>,
) -> Outcome {
    let url = connection.database_url.as_deref();
    let mut rows = of_database(url, project, console)?;
    rows.extend(of_files(project, console)?);
    if arguments.verbose {
        rows.push(of_settings(connection, project, console)?);
    }
    if arguments.report.json {
        let values: Map<String, Value> = rows.into_iter().map(|row| (row.name.to_owned(), row.value)).collect();
        console.json(&values.into());
        return Ok(());
    }
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    for row in rows {
        console.line(format_args!("{:width$}  {}", row.name, row.text.replace('\n', &format!("\n{:width$}  ", ""))));
    }
    Ok(())
}

#[cfg(not(feature = "database"))]
fn of_database(_: Option<&str>, project: &Project, _: &mut Console<'_>) -> Outcome<Vec<Row>> {
    let text = format!("not asked (--no-default-features); type: {}", project.command("status"));
    Ok(vec![row("database", text, Value::Null)])
}

#[cfg(feature = "database")]
fn of_database(url: Option<&str>, project: &Project, console: &mut Console<'_>) -> Outcome<Vec<Row>> {
    use super::unfinished;
    use crate::database::{Database, migrator};
    use crate::failure::Failure;

    let database = match Database::of(url, project, console) {
        Ok(database) => database,
        Err(Failure::Usage(message)) if url.is_none() => return Ok(vec![row("database", message, Value::Null)]),
        Err(failure) => return Err(failure),
    };
    let migrator = migrator(project)?;
    let status = migrator.status(&mut database.open_to_read()?).map_err(|error| database.failure(&error))?;
    let named = |ids: &[String], none: &str| -> String {
        let named = ids.iter().map(|id| match migrator.revisions().iter().find(|it| it.id == id) {
            Some(revision) => format!("{id} {}", revision.message),
            None => id.clone(),
        });
        let named: Vec<String> = named.collect();
        if named.is_empty() { none.to_owned() } else { named.join("\n") }
    };
    let shown = database.shown();
    let there = if database.exists() { shown.clone() } else { format!("{shown} (not there yet)") };
    let mut rows = vec![
        row("database", there, shown.into()),
        row("current", named(&status.current, "base: no revision is applied"), status.current.clone().into()),
        row("pending", named(&status.pending, "nothing"), status.pending.clone().into()),
    ];
    for (name, ids, why) in [
        ("unknown", &status.unknown, "applied by a newer `migrate`; or their files are gone: see `stamp --help`"),
        ("changed", &status.changed, "edited since it was applied: undo that, an upgrade refuses it"),
        ("steps", &status.changed_steps, "a data step was edited since it was applied"),
    ] {
        if !ids.is_empty() {
            rows.push(row(name, format!("{}\n{why}", named(ids, "")), ids.clone().into()));
        }
    }
    if let Some(it) = &status.unfinished {
        let text = format!("{}\n{}", named(std::slice::from_ref(&it.revision), ""), unfinished::text(it, project));
        rows.push(row("unfinished", text, unfinished::json(it)));
    }
    if let Some(why) = status.halfway {
        rows.push(row("halfway", why.clone(), why.into()));
    }
    Ok(rows)
}

/// What is set, and where.
fn of_settings(connection: &Connection, project: &Project, console: &Console<'_>) -> Outcome<Row> {
    let listed = Settings::of(connection, project, console)?.listed(console);
    #[cfg(feature = "database")]
    let listed = with_database(listed, connection, project, console);
    let width = listed.iter().map(|setting| setting.key.len()).max().unwrap_or(0);
    let line = |setting: &Setting| {
        let value = setting.value.as_deref().unwrap_or("-");
        let from = setting.from.as_deref().map_or("as usual".to_owned(), |from| format!("from {from}"));
        format!("{:width$}  {value}  ({from})", setting.key)
    };
    let lines: Vec<String> = listed.iter().map(line).collect();
    let values: Vec<Value> =
        listed.iter().map(|it| json!({ "key": it.key, "value": it.value, "from": it.from })).collect();
    Ok(row("settings", lines.join("\n"), values.into()))
}

/// The settings with the database that is really meant.
#[cfg(feature = "database")]
fn with_database(
    mut listed: Vec<Setting>,
    connection: &Connection,
    project: &Project,
    console: &Console<'_>,
) -> Vec<Setting> {
    if let Ok(database) = crate::database::Database::of(connection.database_url.as_deref(), project, console)
        && let Some(setting) = listed.iter_mut().find(|it| it.key == "database-url")
    {
        setting.value = Some(database.shown());
        setting.from = database.from.or(setting.from.take());
    }
    listed
}

fn of_files(project: &Project, console: &mut Console<'_>) -> Outcome<Vec<Row>> {
    if !project.has_sources() {
        return Ok(vec![row("sources", format!("none in {}", project.manifest_dir().display()), Value::Null)]);
    }
    let sources = Sources::open(project, console)?;
    let history = sources.history();
    let heads: Vec<String> = history.graph.iter().flat_map(|graph| graph.heads()).map(str::to_owned).collect();
    let found = check::everything(&sources, project)?;
    let shown = |kinds: &[Kind], fine: &str| -> (String, Value) {
        let of: Vec<&Finding> = found.iter().filter(|finding| kinds.contains(&finding.kind)).collect();
        let lines: Vec<String> = of.iter().map(|finding| finding.line(console)).collect();
        let values: Vec<Value> = of.iter().map(|finding| finding.json(console)).collect();
        (if lines.is_empty() { fine.to_owned() } else { lines.join("\n") }, json!(values))
    };
    let (lock, lock_findings) = shown(&[Kind::Lock, Kind::Revision, Kind::Heads], "in step with the revisions");
    let (models, model_findings) = shown(&[Kind::Model, Kind::Change], "in step with the lock");
    let none = if heads.is_empty() { "none: there is no revision yet".to_owned() } else { heads.join("\n") };
    Ok(vec![row("heads", none, heads.into()), row("lock", lock, lock_findings), row("models", models, model_findings)])
}
