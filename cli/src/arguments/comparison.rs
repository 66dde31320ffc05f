//! What can be typed behind the commands that compare.

use clap::Args;

use super::{Copies, Report};

/// `check`.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status 1 if the models have changes without a revision, if there are several heads, or if the
lock and the revisions disagree. Made for a pipeline:
  migrate check --json")]
pub struct Check {
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status 1 if somebody has changed the schema of the database by other ways:
  migrate verify
  migrate verify --database-url postgres://host/blog --json
  migrate verify --each-url tenants.txt --jobs 4")]
pub struct Verify {
    /// Where the expected schema is built, if not in the database itself.
    #[arg(long, value_name = "URL")]
    pub scratch_url: Option<String>,
    /// The databases, if it is about many copies of one.
    #[command(flatten)]
    pub copies: Copies,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `diff`.
#[derive(Args, Debug)]
#[command(after_help = "\
A schema is named by a database URL, by `lock`, `models`, or by a revision. Nothing is printed if
the two are equal.
Examples:
  migrate diff --from lock --to models
  migrate diff --from sqlite://blog.db --to head --sql > mend.sql
  migrate diff --from sqlite://blog.db --to models --rename users.nick=users.name")]
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
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}
