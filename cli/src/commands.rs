//! The commands, a file each.

mod branches;
mod check;
mod completions;
#[cfg(feature = "database")]
mod copies;
mod current;
#[cfg(feature = "database")]
mod diff;
#[cfg(feature = "database")]
mod downgrade;
mod edit;
#[cfg(feature = "database")]
mod ensure_version;
mod heads;
mod history;
mod listing;
mod lock;
mod man;
mod merge;
#[cfg(feature = "database")]
mod movement;
mod rebase;
mod remove;
#[cfg(feature = "database")]
mod repair;
mod revision;
#[cfg(feature = "database")]
mod script;
mod show;
mod squash;
#[cfg(feature = "database")]
mod stamp;
mod status;
#[cfg(feature = "database")]
mod unfinished;
#[cfg(feature = "database")]
mod upgrade;
#[cfg(feature = "database")]
mod verify;

use serde_json::json;

use crate::arguments::{Arguments, Command};
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;
#[cfg(feature = "database")]
use crate::settings::Settings;

/// Runs a command. Whoever reads JSON reads there too what stands in the way.
pub(crate) fn run(arguments: &Arguments, project: &Project, console: &mut Console<'_>) -> Outcome {
    let ended = dispatch(arguments, project, console);
    if let Err(failure) = &ended
        && let (Some(code), Some(message)) = (failure.code(), failure.message())
        && arguments.command.report().is_some_and(|report| report.json)
        && !console.has_reported()
    {
        console.json(&json!({ "error": { "code": code, "message": message } }));
    }
    ended
}

fn dispatch(arguments: &Arguments, project: &Project, console: &mut Console<'_>) -> Outcome {
    let url = arguments.connection.database_url.as_deref();
    #[cfg(feature = "database")]
    let project = &project.with_settings(&Settings::of(&arguments.connection, project, console)?.of_runtime());
    match &arguments.command {
        Command::Revision(it) => revision::run(it, project, console),
        Command::History(it) => history::run(it, url, project, console),
        Command::Heads(it) => heads::run(it, project, console),
        Command::Branches(it) => branches::run(it, project, console),
        Command::Show(it) => show::run(it, url, project, console),
        Command::Status(it) => status::run(it, &arguments.connection, project, console),
        Command::Check(it) => check::run(it, project, console),
        Command::Merge(it) => merge::run(it, url, project, console),
        Command::Rebase(it) => rebase::run(it, url, project, console),
        Command::Squash(it) => squash::run(it, project, console),
        Command::Edit(it) => edit::run(it, url, project, console),
        Command::Remove(it) => remove::run(it, url, project, console),
        Command::Lock(it) => lock::run(it, project, console),
        Command::Completions(it) => completions::run(it, console),
        Command::Man(it) => man::run(it, console),
        #[cfg(feature = "database")]
        Command::Upgrade(it) => upgrade::run(it, url, project, console),
        #[cfg(feature = "database")]
        Command::Downgrade(it) => downgrade::run(it, url, project, console),
        #[cfg(feature = "database")]
        Command::Current(it) => current::run(it, url, project, console),
        #[cfg(feature = "database")]
        Command::Stamp(it) => stamp::run(it, url, project, console),
        #[cfg(feature = "database")]
        Command::Repair(it) => repair::run(it, url, project, console),
        #[cfg(feature = "database")]
        Command::EnsureVersion(it) => ensure_version::run(it, url, project, console),
        #[cfg(feature = "database")]
        Command::Verify(it) => verify::run(it, url, project, console),
        #[cfg(feature = "database")]
        Command::Diff(it) => diff::run(it, project, console),
        #[cfg(not(feature = "database"))]
        Command::Upgrade(_) => Err(needs_database(project, "upgrade")),
        #[cfg(not(feature = "database"))]
        Command::Downgrade(_) => Err(needs_database(project, "downgrade")),
        #[cfg(not(feature = "database"))]
        Command::Current(_) => Err(needs_database(project, "current")),
        #[cfg(not(feature = "database"))]
        Command::Stamp(_) => Err(needs_database(project, "stamp head")),
        #[cfg(not(feature = "database"))]
        Command::Repair(_) => Err(needs_database(project, "repair REV --reason …")),
        #[cfg(not(feature = "database"))]
        Command::EnsureVersion(_) => Err(needs_database(project, "ensure-version")),
        #[cfg(not(feature = "database"))]
        Command::Verify(_) => Err(needs_database(project, "verify")),
        #[cfg(not(feature = "database"))]
        Command::Diff(_) => Err(needs_database(project, "diff --from … --to …")),
    }
}

/// The error of a command that needs a database, where none can be spoken to.
#[cfg(not(feature = "database"))]
fn needs_database(project: &Project, words: &str) -> crate::failure::Failure {
    crate::failure::Failure::Failed(format!(
        "this asks the database, and this `migrate` was built without (--no-default-features); what does: {}",
        project.command(words)
    ))
}
