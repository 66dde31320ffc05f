//! What can be typed behind the commands that mend revisions and the lock.

use clap::Args;

use super::Report;

/// `merge`.
#[derive(Args, Debug)]
#[command(after_help = "\
The morning after a git merge:
  migrate merge -m \"merge bios and badges\"
  migrate merge --keep 3f2a        where both change the same: the change of 3f2a holds

A database at the head of one branch runs the other one behind it, in the names that it was written
for. It is checked that every order ends in one schema; what leaves no room for the other branch is
named with both files, and asked about.")]
pub struct Merge {
    /// The heads to join; all of them if none is named.
    #[arg(value_name = "REV")]
    pub revisions: Vec<String>,
    /// Of two changes that cannot both be, that of this revision or its branch holds.
    #[arg(long, value_name = "REV")]
    pub keep: Vec<String>,
    /// What the revision is for.
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// Name the branch that begins with it.
    #[arg(long, value_name = "NAME")]
    pub branch_label: Vec<String>,
    /// The id, instead of one drawn at random: 12 digits of 0-9 and a-f.
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `rebase`.
#[derive(Args, Debug)]
#[command(after_help = "\
The morning after a git merge, if no database that matters has run the other branch yet:
  migrate rebase             git tells which branch is one's own: the first parent of the merge
  migrate rebase 3f2a        the others go behind the head 3f2a
  migrate rebase --database-url postgres://host/blog     refuses if this database has run them")]
pub struct Rebase {
    /// The head of one's own branch, behind which the others go.
    #[arg(value_name = "REV")]
    pub onto: Option<String>,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `squash`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate squash base:3f2a -m \"all up to the first release\"
  migrate squash 1b2c:3f2a

From the base, and if none of them is about rows, the new revision makes the schema at once; else
it does what they did, one behind the other. Its `replaces` names them: a database that has all of
them is taken over by its next upgrade, and nothing is run; one that has only some is told what to
do. Take `replaces` out when every database was upgraded.")]
pub struct Squash {
    /// The revisions, from the older to the newer, both included: `a:b`, `a:`, `:b`.
    #[arg(value_name = "A:B", allow_hyphen_values = true)]
    pub range: String,
    /// What the new revision is for.
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// The id, instead of one drawn at random: 12 digits of 0-9 and a-f.
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `edit`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  EDITOR=vi migrate edit head

An edit of the newest revision changes what the lock must say: `migrate lock` computes it anew.")]
pub struct Edit {
    /// The revision.
    #[arg(value_name = "REV", default_value = "head", allow_negative_numbers = true)]
    pub revision: String,
}

/// `remove`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate remove\n  migrate remove 3f2a     which of several heads")]
pub struct Remove {
    /// The revision; nothing may follow it.
    #[arg(value_name = "REV", default_value = "head", allow_negative_numbers = true)]
    pub revision: String,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `lock`.
#[derive(Args, Debug)]
#[command(after_help = "After an edit of the newest revision by hand:\n  migrate lock")]
pub struct Lock {
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}
