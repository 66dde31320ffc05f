//! What can be typed behind `migrate`. The commands stand in groups.

mod comparison;
mod documentation;
pub(crate) mod elsewhere;
pub mod listing;
pub mod movement;
mod repair;
mod revision;

use clap::{Args, Parser, Subcommand};

pub use comparison::{Check, Diff, Verify};
pub use documentation::{Completions, Man};
pub use listing::{Branches, Current, Heads, History, Show, Status};
pub use movement::{Copies, Downgrade, EnsureVersion, Repair, Stamp, Upgrade};
pub use repair::{Edit, Lock, Merge, Rebase, Remove, Squash};
pub use revision::Revision;

#[cfg(feature = "init")]
use crate::revisions::needs_current;

/// Schema migrations that the compiler enforces.
#[derive(Debug, Parser)]
#[command(
    name = "migrate",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "\
The daily round:
  migrate revision -m \"add a bio\"    write a revision for what changed in the models
  migrate upgrade                    bring the database to it
  migrate downgrade                  and back by one

REV is an id or its unique beginning, `head`, `heads`, `base`, `current`, `+2`, `-1`, or `3f2a+1`;
in the branch of a label `shop@head`, `shop@base`, `shop@+2`.
Exit status: 0 done or clean, 1 failed or something found, 2 wrong usage."
)]
pub struct Arguments {
    /// The database.
    #[command(flatten)]
    pub connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Which database, and how it is spoken to.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Database")]
pub struct Connection {
    /// Which of several databases of the configuration: its name, or `default` for the one without. Else all of them.
    #[arg(long, global = true, value_name = "NAME")]
    pub database: Option<String>,
    /// The database: `sqlite://file`, `postgres://…`, `mysql://…`. Else DATABASE_URL, a `.env` file, and the configuration are asked, in this order.
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// How long to wait for others who hold a lock: `30s`, `500ms`. Else MIGRATABLE_LOCK_TIMEOUT and the configuration.
    #[arg(long, global = true, value_name = "TIME")]
    pub lock_timeout: Option<String>,
    /// How long a statement may take. Else MIGRATABLE_STATEMENT_TIMEOUT and the configuration.
    #[arg(long, global = true, value_name = "TIME")]
    pub statement_timeout: Option<String>,
    /// How often a server is asked again when others hold a lock for too long. Else MIGRATABLE_RETRIES and the configuration.
    #[arg(long, global = true, value_name = "N")]
    pub retries: Option<String>,
    /// How many rows a data step does at a time. Else MIGRATABLE_BATCH_SIZE and the configuration, else as many as take a quarter of a second.
    #[arg(long, global = true, value_name = "ROWS")]
    pub batch_size: Option<String>,
    /// How long it waits between two batches, for the others who use the database. Else MIGRATABLE_BATCH_PAUSE and the configuration.
    #[arg(long, global = true, value_name = "TIME")]
    pub batch_pause: Option<String>,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a revision for what changed in the models since the last one.
    #[command(visible_aliases = ["migrate", "generate"])]
    Revision(Revision),
    /// Bring the database up to a revision.
    Upgrade(Upgrade),
    /// Take the database back to a revision.
    Downgrade(Downgrade),
    /// Show at which revision the database is.
    Current(Current),
    /// List the revisions, newest first.
    History(History),
    /// List the revisions that nothing follows.
    Heads(Heads),
    /// List the revisions that more than one follows.
    Branches(Branches),
    /// Show one revision and what it does.
    Show(Show),
    /// Show on one screen where the database, the revisions, the lock and the models stand.
    Status(Status),
    /// Record revisions as applied without running anything.
    Stamp(Stamp),
    /// Take a revision that was edited, or stopped in the middle and ended by hand, for what you say it is.
    Repair(Repair),
    /// Make the table of the history where it is missing.
    #[command(alias = "ensure_version")]
    EnsureVersion(EnsureVersion),
    /// Compare the live database with the schema that its revision stands for.
    Verify(Verify),
    /// Show what turns one schema into another: two databases, the lock, the models, revisions.
    Diff(Diff),
    /// Find what is not in order; needs no database.
    Check(Check),
    /// Join several heads into one, and mend a lock that git could not merge.
    Merge(Merge),
    /// Put the revisions of another branch behind those of one's own, and mend the lock.
    Rebase(Rebase),
    /// Put one revision in the place of several, which go.
    Squash(Squash),
    /// Open a revision in your editor.
    Edit(Edit),
    /// Take back the newest revision: its file goes, and the lock is as it was before.
    Remove(Remove),
    /// Compute schema.lock anew from the revisions.
    Lock(Lock),
    /// Print a file that lets a shell complete what is typed.
    Completions(Completions),
    /// Print the manual page.
    Man(Man),
}

impl Command {
    /// Whether what it is about counts from where a database stands.
    #[cfg(feature = "init")]
    pub fn counts_from_current(&self) -> bool {
        match self {
            Command::History(it) => it.counts_from_current(),
            Command::Show(it) => needs_current(&it.revision),
            Command::Edit(it) => needs_current(&it.revision),
            _ => false,
        }
    }

    /// How it reports, if it does.
    pub fn report(&self) -> Option<Report> {
        Some(match self {
            Command::Revision(it) => it.report,
            Command::Upgrade(it) => it.how.report,
            Command::Downgrade(it) => it.how.report,
            Command::Current(it) => it.report,
            Command::History(it) => it.report,
            Command::Heads(it) => it.listing.report,
            Command::Branches(it) => it.listing.report,
            Command::Show(it) => it.report,
            Command::Status(it) => it.report,
            Command::Stamp(it) => it.report,
            Command::Repair(it) => it.report,
            Command::Verify(it) => it.report,
            Command::Diff(it) => it.report,
            Command::Check(it) => it.report,
            Command::Merge(it) => it.report,
            Command::Rebase(it) => it.report,
            Command::Squash(it) => it.report,
            Command::Remove(it) => it.report,
            Command::Lock(it) => it.report,
            Command::EnsureVersion(_) | Command::Edit(_) | Command::Completions(_) | Command::Man(_) => return None,
        })
    }
}

/// How a command reports.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Report {
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn relative_revisions_are_no_options() {
        for (typed, expected) in [("-1", "-1"), ("-12", "-12"), ("base", "base"), ("head:-1", "head:-1")] {
            let Command::Downgrade(it) = Arguments::parse_from(["migrate", "downgrade", typed]).command else {
                panic!("not a downgrade")
            };
            assert_eq!(it.revision, expected);
        }
        let Command::Downgrade(it) = Arguments::parse_from(["migrate", "downgrade", "-1", "--sql"]).command else {
            panic!("not a downgrade")
        };
        assert!(it.how.sql);
    }

    #[test]
    fn the_words_of_flask_and_alembic_are_understood() {
        for typed in [
            &["revision", "--autogenerate", "-m", "x"][..],
            &["migrate", "-m", "x"],
            &["generate", "-m", "x"],
            &["migrate", "--sql", "-m", "x"],
        ] {
            let arguments = Arguments::parse_from([&["migrate"], typed].concat());
            assert!(matches!(arguments.command, Command::Revision(Revision { message: Some(_), .. })), "{typed:?}");
        }
    }
}
