//! A command for one of several databases, or for all.

use migratable_build::configuration::DEFAULT;

use crate::arguments::{Arguments, Command, Current, Revision, Upgrade, Verify};
use crate::commands;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::project::Project;

/// Runs a command for the database that is asked for, else for all that the configuration names, one after another:
/// one that fails stops no other.
pub(crate) fn run(arguments: &Arguments, project: &Project, console: &mut Console<'_>) -> Outcome {
    let asked = arguments.connection.database.as_deref();
    if let Some(name) = asked {
        return commands::run(arguments, &project.of_database(name)?, console);
    }
    if matches!(arguments.command, Command::Completions(_) | Command::Man(_)) {
        return commands::run(arguments, project, console);
    }
    let configuration = project.configuration()?;
    let names: Vec<&str> = configuration.names().collect();
    if names == [DEFAULT] {
        return commands::run(arguments, project, console);
    }
    if let Some(why) = is_for_one(arguments) {
        let names = names.join(", ");
        return Err(Failure::Usage(format!(
            "there are several databases, and {why}: say which by --database ({names})"
        )));
    }
    let mut worst = 0;
    for name in names {
        console.begin_part(name);
        let ended = commands::run(arguments, &project.of_database(name)?, console);
        let Err(failure) = ended else { continue };
        worst = worst.max(failure.status());
        if let Some(message) = failure.message() {
            console.note(format_args!("error: in the database {name}: {message}"));
        }
    }
    console.end_parts();
    if worst == 0 { Ok(()) } else { Err(Failure::Said(worst)) }
}

/// Why a command cannot be meant for all databases, if it cannot.
fn is_for_one(arguments: &Arguments) -> Option<&'static str> {
    const REVISION: &str = "a revision is of one of them";
    if arguments.connection.database_url.is_some() {
        return Some("--database-url is the URL of one");
    }
    let is_relative = |word: &str| word == "head" || word == "heads" || word == "base" || word.starts_with(['+', '-']);
    match &arguments.command {
        Command::Revision(it) if it.empty || it.rev_id.is_some() || is_placed(it) => Some(REVISION),
        Command::Revision(it) if !(it.rename.is_empty() && it.drop.is_empty() && it.default.is_empty()) => {
            Some("an answer is for the models of one")
        }
        Command::Upgrade(it) if it.how.sql => Some("a script is for one"),
        Command::Upgrade(Upgrade { copies, .. })
        | Command::Current(Current { copies, .. })
        | Command::Verify(Verify { copies, .. })
            if copies.each_url.is_some() || copies.each_schema.is_some() =>
        {
            Some("the copies are those of one")
        }
        Command::Upgrade(it) if !is_relative(&it.revision) => Some(REVISION),
        Command::EnsureVersion(it) if it.sql => Some("a script is for one"),
        Command::Downgrade(_) => Some("what takes something back is for one"),
        Command::Show(it) if is_relative(&it.revision) => None,
        Command::Squash(_)
        | Command::Show(_)
        | Command::Stamp(_)
        | Command::Repair(_)
        | Command::Edit(_)
        | Command::Remove(_) => Some(REVISION),
        Command::Merge(_) | Command::Rebase(_) => Some("the heads of one are joined"),
        Command::Diff(_) => Some("the schemas of one are compared"),
        _ => None,
    }
}

/// Whether it is said where a new revision goes.
fn is_placed(it: &Revision) -> bool {
    let stands = it.head.is_some() || it.splice || it.version_path.is_some();
    stands || !(it.branch_label.is_empty() && it.depends_on.is_empty())
}
