//! What can be typed behind `migrate`.

use clap::{Args, Parser, Subcommand};

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

REV is an id or its unique beginning, `head`, `heads`, `base`, `current`, `+2`, `-1`, or `3f2a+1`.
Exit status: 0 done or clean, 1 failed or something found, 2 wrong usage."
)]
pub struct Arguments {
    /// The database: `sqlite://file`, `postgres://…`, `mysql://…`. Else DATABASE_URL, a `.env` file, and the configuration are asked, in this order.
    #[arg(long, global = true, value_name = "URL", help_heading = "Database")]
    pub database_url: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
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
    Heads(Listing),
    /// List the revisions that more than one follows.
    Branches(Listing),
    /// Show one revision and what it does.
    Show(Show),
    /// Show on one screen where the database, the revisions, the lock and the models stand.
    Status(Status),
    /// Record revisions as applied without running anything.
    Stamp(Stamp),
    /// Compare the live database with the schema that its revision stands for.
    Verify(Verify),
    /// Show what turns one schema into another: two databases, the lock, the models, revisions.
    Diff(Diff),
    /// Find what is not in order; needs no database.
    Check(Check),
    /// Join several heads into one, and mend a lock that git could not merge.
    Merge(Merge),
    /// Open a revision in your editor.
    Edit(Edit),
    /// Take back the newest revision: its file goes, and the lock is as it was before.
    Remove(Remove),
    /// Compute schema.lock anew from the revisions.
    Lock(Lock),
}

/// How a command reports.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Report {
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `revision`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate revision -m \"add a bio to users\"
  migrate revision -m \"rename\" --rename users.nick=users.nickname
  migrate revision -m \"bio for all\" --default \"users.bio=''\"
  migrate revision -m \"fill the search table\" --empty

Names are those of the database. An answer is split at its first `=`, a column from its table at the last dot.")]
pub struct Revision {
    /// What the revision is for; the first line of the file and part of its name.
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// Write a revision without operations, to fill by hand.
    #[arg(long, conflicts_with_all = ["rename", "drop", "default"])]
    pub empty: bool,
    /// A column, table or enum value has a new name: `users.nick=users.nickname`, `users=people`.
    #[arg(long, value_name = "OLD=NEW")]
    pub rename: Vec<String>,
    /// A column or table really goes, with its values: `users.nick`, `users`.
    #[arg(long, value_name = "NAME")]
    pub drop: Vec<String>,
    /// SQL over the row for the rows that need a value: `users.bio=''`.
    #[arg(long, value_name = "COLUMN=SQL")]
    pub default: Vec<String>,
    /// The id, instead of one drawn at random: 12 digits of 0-9 and a-f.
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
    /// Alembic's word for what happens anyway.
    #[arg(long, hide = true, conflicts_with = "empty")]
    pub autogenerate: bool,
}

/// How the transactions of an upgrade or downgrade are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Transaction {
    /// One for all revisions.
    All,
    /// One for each revision.
    Revision,
}

/// How a database is moved.
#[derive(Args, Clone, Copy, Debug)]
pub struct Move {
    /// Print a script instead of running it; takes ranges: `base:head`. It stops where a database is not at the start.
    #[arg(long, conflicts_with = "dry_run")]
    pub sql: bool,
    /// Show what would be done with this database.
    #[arg(long)]
    pub dry_run: bool,
    /// Where transactions begin and end; usually one for all on SQLite, one for each on servers.
    #[arg(long, value_enum)]
    pub transaction: Option<Transaction>,
    /// Refuse also if a data step of an applied revision was changed since.
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `upgrade`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate upgrade                       to the head
  migrate upgrade +1                    one revision further
  migrate upgrade 3f2a --dry-run        show what would run
  migrate upgrade base:head --sql       print a script for a new database, without one
  migrate upgrade 3f2a:head --sql       print a script for databases that are at 3f2a")]
pub struct Upgrade {
    /// The revision to reach, or with --sql a range.
    #[arg(value_name = "REV", default_value = "head")]
    pub revision: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub how: Move,
}

/// `downgrade`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate downgrade                     back by one revision
  migrate downgrade 3f2a                back to this revision, which stays applied
  migrate downgrade base                back to the empty database
  migrate downgrade head:-1 --sql       print a script, without a database")]
pub struct Downgrade {
    /// The revision to go back to, or with --sql a range from the newer to the older.
    #[arg(value_name = "REV", default_value = "-1", allow_hyphen_values = true)]
    pub revision: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub how: Move,
}

/// `current`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  migrate current --json")]
pub struct Current {
    /// Show file and parents too.
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `history`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate history
  migrate history -v -r 1b2c:head       from one revision to another
  migrate history -r base:3f2a          from the beginning")]
pub struct History {
    /// Only this part, from the older to the newer: `a:b`, `a:`, `:b`.
    #[arg(short, long, value_name = "A:B", allow_hyphen_values = true)]
    pub rev_range: Option<String>,
    /// Show file, parents and operations too.
    #[arg(short, long)]
    pub verbose: bool,
    /// Mark the revision at which the database is.
    #[arg(short, long)]
    pub indicate_current: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `heads` and `branches`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate heads\n  migrate branches -v")]
pub struct Listing {
    /// Show file, parents and operations too.
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `show`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate show head\n  migrate show 3f2a")]
pub struct Show {
    /// The revision.
    #[arg(value_name = "REV", allow_hyphen_values = true)]
    pub revision: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `status`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  migrate status")]
pub struct Status {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `stamp`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate stamp head               the database already is what the revisions make
  migrate stamp base               forget that any was applied
  migrate stamp --purge current    forget revisions whose files are gone, and record the others anew

Only the history changes, never a table. Without --purge a history is refused that has a revision
which this `migrate` does not know, or which was edited since it was applied. Before you use it: is
there no newer `migrate` that knows it, and are the tables as REV says? What a lost revision has made
stays until you take it back by hand.")]
pub struct Stamp {
    /// The revisions at which the database is from now on.
    #[arg(value_name = "REV", required = true, allow_negative_numbers = true)]
    pub revisions: Vec<String>,
    /// Empty the history first, with what this `migrate` does not know.
    #[arg(long)]
    pub purge: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status 1 if somebody has changed the schema of the database by other ways:
  migrate verify
  migrate verify --database-url postgres://host/blog --json")]
pub struct Verify {
    /// Where the expected schema is built, if not in the database itself.
    #[arg(long, value_name = "URL")]
    pub scratch_url: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `diff`.
#[derive(Args, Debug)]
#[command(after_help = "\
A schema is named by a database URL, by `lock`, `models`, or by a revision. Nothing is printed if the two are equal.
Examples:
  migrate diff --from lock --to models
  migrate diff --from sqlite://blog.db --to head --sql > mend.sql
  migrate diff --from postgres://localhost/blog --to postgres://localhost/wanted --sql --rename users.nick=users.name")]
pub struct Diff {
    /// What there is.
    #[arg(long, value_name = "SCHEMA")]
    pub from: String,
    /// What is wanted.
    #[arg(long, value_name = "SCHEMA")]
    pub to: String,
    /// Print the script for the database's own client instead of the operations.
    #[arg(long)]
    pub sql: bool,
    /// The dialect of the script between two schemas that are in no database: sqlite, postgres, mysql.
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<String>,
    /// A column, table or enum value has a new name: `users.nick=users.nickname`, `users=people`.
    #[arg(long, value_name = "OLD=NEW")]
    pub rename: Vec<String>,
    /// A column or table really goes, with its values: `users.nick`, `users`.
    #[arg(long, value_name = "NAME")]
    pub drop: Vec<String>,
    /// Everything that goes is dropped, also beside something that comes.
    #[arg(long)]
    pub allow_loss: bool,
    /// Where a schema that is in no database is built, if not beside the one that it is compared with.
    #[arg(long, value_name = "URL")]
    pub scratch_url: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `check`.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status 1 if the models have changes without a revision, if there are several heads, or if the lock and the
revisions disagree. Made for a pipeline:
  migrate check --json")]
pub struct Check {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `merge`.
#[derive(Args, Debug)]
#[command(after_help = "\
The morning after a git merge:
  migrate merge -m \"merge bios and badges\"")]
pub struct Merge {
    /// What the revision is for.
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// The id, instead of one drawn at random: 12 digits of 0-9 and a-f.
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `edit`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  EDITOR=vi migrate edit head")]
pub struct Edit {
    /// The revision.
    #[arg(value_name = "REV", default_value = "head", allow_hyphen_values = true)]
    pub revision: String,
}

/// `remove`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate remove\n  migrate remove 3f2a     which of several heads")]
pub struct Remove {
    /// The revision; nothing may follow it.
    #[arg(value_name = "REV", default_value = "head", allow_hyphen_values = true)]
    pub revision: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
}

/// `lock`.
#[derive(Args, Debug)]
#[command(after_help = "After an edit of the newest revision by hand:\n  migrate lock")]
pub struct Lock {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: Report,
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
    fn every_command_has_an_example() {
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("migrate "), "{} has no example", command.get_name());
        }
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
        for typed in [&["revision", "--autogenerate", "-m", "x"][..], &["migrate", "-m", "x"], &["generate", "-m", "x"]]
        {
            let arguments = Arguments::parse_from([&["migrate"], typed].concat());
            assert!(matches!(arguments.command, Command::Revision(Revision { message: Some(_), .. })), "{typed:?}");
        }
    }
}
