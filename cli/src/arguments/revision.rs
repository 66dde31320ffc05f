//! What can be typed behind the commands that write revisions.

use std::path::PathBuf;

use clap::Args;

use super::Report;

/// `revision`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate revision -m \"add a bio to users\"
  migrate revision -m \"rename\" --rename users.nick=users.nickname
  migrate revision -m \"bio for all\" --default \"users.bio=''\"
  migrate revision -m \"fill the search table\" --empty
  migrate revision -m \"a shop\" --head base --branch-label shop --version-path shop
  migrate revision -m \"orders\" --head shop@head --depends-on 3f2a

A branch with a label of its own lives on beside the others; two heads without are joined by
`merge`.
Names are those of the database. An answer is split at its first `=`, a column from its table at the
last dot.")]
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
    /// The head that it follows, where there are several; `base` for none.
    #[arg(long, value_name = "REV")]
    pub head: Option<String>,
    /// Let --head name a revision that others follow already: a branch begins behind it.
    #[arg(long, requires = "head")]
    pub splice: bool,
    /// Name the branch that begins with it.
    #[arg(long, value_name = "NAME")]
    pub branch_label: Vec<String>,
    /// A revision of another branch that must be applied before it.
    #[arg(long, value_name = "REV")]
    pub depends_on: Vec<String>,
    /// The id, instead of one drawn at random: 12 digits of 0-9 and a-f.
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
    /// The folder of its file, below `versions/`.
    #[arg(long, value_name = "FOLDER")]
    pub version_path: Option<PathBuf>,
    /// Write no tests of the data steps into the file.
    #[arg(long)]
    pub no_tests: bool,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
    /// Alembic's word for what happens anyway.
    #[arg(long, hide = true, conflicts_with = "empty")]
    pub autogenerate: bool,
    /// The same: no database is asked, so there is nothing to print instead.
    #[arg(long, hide = true)]
    pub sql: bool,
}
