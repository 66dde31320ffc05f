//! `migrate` run inside of the test.

use std::ffi::OsString;
use std::path::Path;

use migratable_cli::{Console, Project};

use crate::Said;

/// Runs `migrate` in a folder, with nobody at the terminal and no variables.
pub fn migrate<'w>(project: &Project, folder: &Path, words: impl IntoIterator<Item = &'w str>) -> Said {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::new(&mut out, &mut err, folder.to_owned());
    let words = ["migrate"].into_iter().chain(words);
    let outcome = migratable_cli::run(project, words.map(OsString::from), &mut console);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (stdout, mut stderr) = (text(out), text(err));
    let status = match outcome {
        Ok(()) => 0,
        Err(failure) => {
            if let Some(message) = failure.message() {
                stderr.push_str(message);
            }
            failure.status().into()
        }
    };
    Said { stdout, stderr, status }
}
