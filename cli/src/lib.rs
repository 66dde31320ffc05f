//! The command line of Migratable: what stands behind `bin migrate`, and `cargo migratable`.

#![deny(missing_docs)]

mod applied;
mod arguments;
#[cfg(feature = "init")]
pub mod cargo;
mod commands;
mod console;
#[cfg(feature = "database")]
mod database;
mod databases;
mod failure;
mod findings;
mod git;
mod models;
mod new_file;
mod post_write;
mod project;
mod prompt;
mod revision_name;
mod revisions;
mod rewrite;
mod settings;
mod sources;
pub mod url;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

pub use console::Console;
#[cfg(feature = "database")]
pub use database::{Db, Migrator};
pub use failure::{Failure, Outcome};
pub use project::Project;

/// The `main` of a migrations package's `bin migrate`: `migratable_cli::main!(blog_migrations);`, with the name of the
/// package's library.
#[macro_export]
macro_rules! main {
    ($migrations:ident) => {
        fn main() -> ::std::process::ExitCode {
            let project = $crate::Project::new(
                ::core::env!("CARGO_MANIFEST_DIR"),
                ::core::env!("CARGO_PKG_NAME"),
                ::core::include_str!(::core::concat!(::core::env!("OUT_DIR"), "/migratable/configuration.toml")),
            );
            #[cfg(feature = "revisions")]
            let project = project.with_migrator($migrations::migrator()).with_databases($migrations::DATABASES);
            $crate::main(&project)
        }
    };
}

/// What can be typed, for whoever documents or completes it.
pub fn definition() -> clap::Command {
    <arguments::Arguments as clap::CommandFactory>::command()
}

/// Runs `migrate` in this process.
pub fn main(project: &Project) -> ExitCode {
    in_process(|console| run(project, std::env::args_os(), console))
}

/// Runs `migrate` with these arguments, the name of the program first.
///
/// # Errors
/// If it could not be done; the message is for the user.
pub fn run(project: &Project, arguments: impl IntoIterator<Item = OsString>, console: &mut Console<'_>) -> Outcome {
    let typed: Vec<OsString> = arguments.into_iter().collect();
    let ended = match parsed::<arguments::Arguments>(&typed, console)? {
        Some(arguments) => databases::run(&arguments, project, console),
        None => Ok(()),
    };
    ended.map_err(|failure| match failure {
        Failure::Usage(message) => Failure::Usage(without_passwords(&message, &typed)),
        failure => failure,
    })
}

/// A text that may quote what was typed, without the passwords in it: a URL may stand where something else was meant.
fn without_passwords(text: &str, typed: &[OsString]) -> String {
    let typed = typed.iter().filter_map(|word| word.to_str());
    // `--option=value` is quoted without the option.
    let values = typed.map(|word| match word.split_once('=') {
        Some((option, value)) if option.starts_with('-') => value,
        _ => word,
    });
    let is_url = |word: &&str| word.contains(":/") || word.contains("password=");
    values.filter(is_url).fold(text.to_owned(), |text, word| text.replace(word, &url::shown(word)))
}

/// Reads arguments; `None` if they asked for help, which is then said.
fn parsed<T: clap::Parser>(arguments: &[OsString], console: &mut Console<'_>) -> Outcome<Option<T>> {
    match T::try_parse_from(arguments) {
        Ok(parsed) => Ok(Some(parsed)),
        Err(said) if said.use_stderr() => {
            if let Some(instead) = arguments::elsewhere::instead(&said, arguments) {
                return Err(Failure::Usage(instead));
            }
            console.note(without_passwords(said.to_string().trim_end(), arguments));
            Err(Failure::Said(2))
        }
        Err(help) => {
            console.line(help.to_string().trim_end());
            Ok(None)
        }
    }
}

/// Runs a command on the streams of this process.
fn in_process(run: impl FnOnce(&mut Console<'_>) -> Outcome) -> ExitCode {
    let outcome = Console::of_process(|console| {
        let outcome = run(console);
        if let Some(message) = outcome.as_ref().err().and_then(Failure::message) {
            console.note(format_args!("error: {message}"));
        }
        outcome
    });
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.exit_code(),
        Err(error) => {
            // `eprintln!` would panic when stderr is gone too.
            let _ = writeln!(io::stderr(), "error: cannot write the result: {error}");
            ExitCode::FAILURE
        }
    }
}
