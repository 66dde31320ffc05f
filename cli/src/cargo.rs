//! `cargo migratable`: `init`, and a short way to the `migrate` of a workspace.

mod app;
mod changes;
mod forward;
mod init;
mod manifest;
mod migrations_package;
mod source;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::console::Console;
use crate::failure::Outcome;

/// Schema migrations that the compiler enforces, for the cargo workspace that you are in.
#[derive(Debug, Parser)]
#[command(
    name = "cargo migratable",
    bin_name = "cargo migratable",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "\
Every other command goes to the `migrate` of the workspace's migrations package:
  cargo migratable revision -m \"add a bio\"
  cargo migratable upgrade
  cargo migratable --help-migrate       what else there is"
)]
struct Arguments {
    /// The migrations package, if the workspace has several.
    #[arg(short, long, value_name = "NAME")]
    package: Option<String>,
    /// Show the help of `migrate`.
    #[arg(long, exclusive = true)]
    help_migrate: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up migrations for the package in this folder.
    Init(Init),
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

/// `init`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo migratable init
  cargo migratable init --database-url sqlite://blog.db
  cargo migratable init --migrations db              when migrations/ is taken

It may be run again at any time: what is there stays as it is.")]
pub(crate) struct Init {
    /// The database of the project; it decides the dialect. Without it `sqlite://<package>.db`.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// The folder of the migrations package, from here.
    #[arg(long, value_name = "FOLDER")]
    migrations: Option<PathBuf>,
    /// Depend on the packages of a checkout of Migratable's repository instead of on published ones.
    #[arg(long, value_name = "FOLDER")]
    checkout: Option<PathBuf>,
}

/// Runs `cargo migratable` in this process.
pub fn main() -> ExitCode {
    crate::in_process(|console| run(std::env::args_os(), console))
}

/// Runs `cargo migratable` with these arguments, the name of the program first.
///
/// # Errors
/// If it could not be done; the message is for the user.
pub fn run(arguments: impl IntoIterator<Item = OsString>, console: &mut Console<'_>) -> Outcome {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    // cargo calls `cargo-migratable migratable …`.
    if arguments.get(1).is_some_and(|first| first == "migratable") {
        arguments.remove(1);
    }
    let Some(arguments) = crate::parsed::<Arguments>(&arguments, console)? else { return Ok(()) };
    match arguments.command {
        Some(Command::Init(init)) => init::init(&init, console),
        Some(Command::Other(words)) => forward::forward(arguments.package.as_deref(), &words, console),
        None => forward::forward(arguments.package.as_deref(), &["--help".into()], console),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        super::Arguments::command().debug_assert();
    }
}
