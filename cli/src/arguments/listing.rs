//! What can be typed behind the commands that list revisions and say where a database stands.

use clap::Args;

use super::{Copies, Report};
use crate::revisions::needs_current;

/// `current`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate current --json
  migrate current --check-heads      for a pipeline: exit status 1 if a head is not applied
  migrate current --each-schema 'tenant_%' --jobs 4")]
pub struct Current {
    /// Show file and parents too.
    #[arg(short, long)]
    pub verbose: bool,
    /// Fail with exit status 1 unless the database is at every head.
    #[arg(short, long)]
    pub check_heads: bool,
    /// The databases, if it is about many copies of one.
    #[command(flatten)]
    pub copies: Copies,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `history`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate history
  migrate history -v -r 1b2c:head       from one revision to another
  migrate history -r shop@base:         a branch
  migrate history -r -3:current         the last that are applied
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
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

impl History {
    /// Whether it is about where a database stands.
    pub fn counts_from_current(&self) -> bool {
        self.indicate_current || self.rev_range.iter().flat_map(|range| range.split(':')).any(needs_current)
    }
}

/// `heads`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate heads\n  migrate heads -v --resolve-dependencies")]
pub struct Heads {
    /// Leave out what another branch depends on.
    #[arg(long)]
    pub resolve_dependencies: bool,
    /// How they are listed.
    #[command(flatten)]
    pub listing: Listing,
}

/// `branches`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate branches\n  migrate branches -v")]
pub struct Branches {
    /// How they are listed.
    #[command(flatten)]
    pub listing: Listing,
}

/// How some revisions are listed.
#[derive(Args, Debug)]
pub struct Listing {
    /// Show file, parents and operations too.
    #[arg(short, long)]
    pub verbose: bool,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `show`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate show          the head\n  migrate show 3f2a")]
pub struct Show {
    /// The revision.
    #[arg(value_name = "REV", default_value = "head", allow_negative_numbers = true)]
    pub revision: String,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}

/// `status`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate status\n  migrate status -v      with what is set, and where")]
pub struct Status {
    /// Show every setting too, and where it comes from.
    #[arg(short, long)]
    pub verbose: bool,
    /// How it reports.
    #[command(flatten)]
    pub report: Report,
}
