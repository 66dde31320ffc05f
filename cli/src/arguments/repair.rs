//! What can be typed behind the commands that mend revisions and the lock.

use clap::Args;

use super::Report;

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
