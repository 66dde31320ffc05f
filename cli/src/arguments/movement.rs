//! What can be typed behind the commands that move a database.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use migratable_core::Dialect;

use super::Report;

/// How the transactions of an upgrade or downgrade are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Transaction {
    /// One for all revisions.
    All,
    /// One for each revision.
    Revision,
    /// One for each part of a revision; the journal remembers how far it has come.
    None,
}

/// The dialect of a script.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ScriptDialect {
    /// The dialect of the script, if it is not that of the database that is named: sqlite, postgres, mysql.
    #[arg(long, value_name = "NAME", requires = "sql", value_parser = dialect)]
    pub dialect: Option<Dialect>,
}

fn dialect(name: &str) -> Result<Dialect, String> {
    Dialect::from_name(name).ok_or_else(|| "the dialects are sqlite, postgres and mysql".to_owned())
}

fn argument(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("the form is key=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// How a database is moved.
#[derive(Args, Clone, Debug)]
pub struct Move {
    /// Print a script instead of running it; takes ranges: `base:head`. It stops where a database is not at the start,
    /// and at a step in Rust; without --idempotent it ends there, with exit status 1.
    #[arg(long, conflicts_with_all = ["dry_run", "each_url", "each_schema"])]
    pub sql: bool,
    /// The dialect of the script.
    #[command(flatten)]
    pub dialect: ScriptDialect,
    /// The script may be run at any place on its way, and again, and does only what is not done yet. On SQLite it needs
    /// a current folder to write to, for a file `migratable_part.sql`.
    #[arg(long, requires = "sql")]
    pub idempotent: bool,
    /// Show what would be done with this database: each statement, its locks, whether it rewrites the table, its rows.
    #[arg(long)]
    pub dry_run: bool,
    /// Copy a SQLite database before anything is changed: to this new file, into this folder, or else beside it under its
    /// name and the time. Where nothing is to be done, nothing is copied.
    #[arg(long, value_name = "FILE", require_equals = true, conflicts_with_all = ["sql", "dry_run"])]
    pub backup: Option<Option<PathBuf>>,
    /// Where transactions begin and end; usually one for all on SQLite, one for each on servers.
    #[arg(long, value_enum)]
    pub transaction: Option<Transaction>,
    /// Refuse also if a data step of an applied revision was changed since.
    #[arg(long)]
    pub strict: bool,
    /// An argument for the data steps, which they get by `argument("key")`.
    #[arg(short, long = "x-arg", value_name = "KEY=VALUE", value_parser = argument, conflicts_with_all = ["sql", "dry_run"])]
    pub x: Vec<(String, String)>,
    /// What this run is called; the data steps get it by `tag()`.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["sql", "dry_run"])]
    pub tag: Option<String>,
    /// How it reports.
    #[command(flatten)]
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
  migrate upgrade 3f2a:head --sql       print a script for databases that are at 3f2a
  migrate upgrade base:head --sql --idempotent --dialect mysql
                                        print one that may be run again, at any place
  migrate upgrade --backup              copy the file of the database first
  migrate upgrade -x tenant=blue        give the data steps an argument
  migrate upgrade --each-url tenants.txt --jobs 4
  migrate upgrade --each-schema 'tenant_%' --database-url postgres://host/shop")]
pub struct Upgrade {
    /// The revision to reach, or with --sql a range.
    #[arg(value_name = "REV", default_value = "head")]
    pub revision: String,
    /// The databases, if it is about many copies of one.
    #[command(flatten)]
    pub copies: Copies,
    /// How far it goes, and how.
    #[command(flatten)]
    pub how: Move,
}

/// Many copies of one database.
#[derive(Args, Debug)]
#[command(next_help_heading = "Many copies of one database")]
pub struct Copies {
    /// Every database whose URL stands in this file, one a line; `#` begins a remark.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["each_schema", "database_url"])]
    pub each_url: Option<PathBuf>,
    /// Every schema of the PostgreSQL database whose name is LIKE this, each with a history of its own.
    #[arg(long, value_name = "PATTERN")]
    pub each_schema: Option<String>,
    /// How many at a time.
    #[arg(long, value_name = "N", default_value = "1")]
    pub jobs: NonZeroUsize,
}

/// `downgrade`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate downgrade                     back by one revision
  migrate downgrade 3f2a                back to this revision, which stays applied
  migrate downgrade base                back to the empty database
  migrate downgrade shop@base           take back the branch of that label, and no other
  migrate downgrade --sql               print a script from the head, without a database
  migrate downgrade head:3f2a --sql     print one that goes back to 3f2a
  migrate downgrade 3f2a --each-url tenants.txt --jobs 4

Where the database is at several revisions, `3f2a@-1` says which goes back by one.")]
pub struct Downgrade {
    /// The revision to go back to, or with --sql a range from the newer to the older.
    #[arg(value_name = "REV", default_value = "-1", allow_negative_numbers = true)]
    pub revision: String,
    /// The databases, if it is about many copies of one.
    #[command(flatten)]
    pub copies: Copies,
    /// How far it goes, and how.
    #[command(flatten)]
    pub how: Move,
}

/// `stamp`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate stamp head               the database already is what the revisions make
  migrate stamp base               forget that any was applied
  migrate stamp --purge current    forget revisions whose files are gone, and record the others anew
  migrate stamp head --sql         print it as a script, without a database

Only the history changes, never a table. Without --purge a history is refused that has a revision
which this `migrate` does not know, or which was edited since it was applied. Before you use it: is
there no newer `migrate` that knows it, and are the tables as REV says? What a lost revision has
made stays until you take it back by hand.")]
pub struct Stamp {
    /// The revisions at which the database is from now on.
    #[arg(value_name = "REV", default_value = "head", allow_negative_numbers = true)]
    pub revisions: Vec<String>,
    /// Empty the history first, with what this `migrate` does not know.
    #[arg(long)]
    pub purge: bool,
    /// Print a script instead of running it.
    #[arg(long)]
    pub sql: bool,
    /// The dialect of the script.
    #[command(flatten)]
    pub dialect: ScriptDialect,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `repair`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate repair 3f2a --reason \"only a comment was edited\"
  migrate repair 3f2a --applied --reason \"the index was made by hand\"
  migrate repair 3f2a --not-applied --reason \"the new table was dropped by hand\"

Nothing of a revision is run. Without --applied and --not-applied, a revision that was edited
after it was applied counts as it is now. The two are for one that was interrupted between its
transactions; `upgrade` or `downgrade` resumes it by itself, and is what you want unless you have
finished or undone it by hand. Triggers and records next to a table that was worked on in batches
are removed. The reasons are kept in the table migratable_repairs.")]
pub struct Repair {
    /// The revision.
    #[arg(value_name = "REV")]
    pub revision: String,
    /// Why it is right.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub reason: String,
    /// The tables are as the revision leaves them.
    #[arg(long, conflicts_with = "not_applied")]
    pub applied: bool,
    /// The tables are as the revision finds them.
    #[arg(long)]
    pub not_applied: bool,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `ensure-version`.
#[derive(Args, Debug)]
#[command(after_help = "\
Every upgrade makes the table by itself. For a user who may not make tables later:
  migrate ensure-version
  migrate ensure-version --sql --dialect postgres")]
pub struct EnsureVersion {
    /// Print a script instead of running it.
    #[arg(long)]
    pub sql: bool,
    /// The dialect of the script.
    #[command(flatten)]
    pub dialect: ScriptDialect,
}
