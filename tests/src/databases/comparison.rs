//! `migrate diff` of live databases.

use migratable_cli::Project;

use super::client::Database;
use crate::in_process::migrate;

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
    let mut words = vec!["diff", "--from", &from, "--to", &to];
    words.extend(more);
    words.extend(rename.iter().flat_map(|rename| ["--rename", rename]));
    let folder = std::env::temp_dir();
    let manifest = "[package]\nname = \"corpus\"\n\n[package.metadata.migratable]\n\
                    dialects = [\"sqlite\", \"postgres\", \"mysql\"]\n";
    let project = Project::new(&folder, "corpus", manifest);
    match migrate(&project, &folder, words) {
        said if said.status == 0 => Ok(Said { out: said.stdout, err: said.stderr }),
        said => Err(said.stderr),
    }
}
