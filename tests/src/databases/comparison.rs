//! `migrate diff` of live databases.

use std::collections::BTreeMap;
use std::ffi::OsString;

use migratable_cli::{Console, Failure, Project};

use super::client::Database;

/// What `migrate diff` prints.
pub struct Said {
    /// On its standard output.
    pub out: String,
    /// On its standard error.
    pub err: String,
}

/// `migrate diff` of two databases, in this process.
///
/// # Errors
/// With what it said.
pub fn diff(from: &Database<'_>, to: &Database<'_>, rename: &[String], more: &[&str]) -> Result<Said, String> {
    let (from, to) = (from.url(), to.url());
    let mut words = vec!["migrate", "diff", "--from", &from, "--to", &to];
    words.extend(more);
    words.extend(rename.iter().flat_map(|rename| ["--rename", rename]));
    let folder = std::env::temp_dir();
    let manifest = "[package]\nname = \"corpus\"\n\n[package.metadata.migratable]\n\
                    dialects = [\"sqlite\", \"postgres\", \"mysql\"]\n";
    let project = Project::new(&folder, "corpus", manifest);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let variables = BTreeMap::<String, String>::new();
    let variable = |name: &str| variables.get(name).cloned();
    let mut console = Console::new(&mut out, &mut err, folder.clone()).with_variables(&variable);
    let outcome = migratable_cli::run(&project, words.iter().map(OsString::from), &mut console);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (out, err) = (text(out), text(err));
    match outcome {
        Ok(()) => Ok(Said { out, err }),
        Err(Failure::Failed(message) | Failure::Usage(message)) => Err(format!("{message}\n{err}")),
        Err(Failure::Said(status)) => Err(format!("exit {status}\n{err}")),
    }
}
