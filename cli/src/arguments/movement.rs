//! What can be typed behind the commands that move a database.

use clap::Args;

use super::Report;

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
