//! The commands that are run on each new revision file: those of the configuration, else rustfmt where it is.

use std::path::Path;
use std::process::{Command, Stdio};

use migratable_build::configuration::USUAL_HOOK;

use crate::console::Console;
use crate::sources::Sources;

/// What stands for the file.
const FILE: &str = "{file}";

/// Runs them on a file. One that fails is told of, and the file stays.
pub(crate) fn run(path: &Path, sources: &Sources, console: &mut Console<'_>) {
    let Some(hooks) = &sources.configuration.post_write_hooks else {
        // Without rustfmt the file stays as it is written, which is nearly the same.
        let _ = command(&USUAL_HOOK, path, sources).output();
        return;
    };
    for hook in hooks {
        let words: Vec<&str> = hook.iter().map(String::as_str).collect();
        let typed = words.join(" ").replace(FILE, &console.path(path));
        match command(&words, path, sources).output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                console.note(format_args!("warning: `{typed}` ended with {}: {}", output.status, said.trim()));
            }
            Err(error) => console.note(format_args!("warning: cannot run `{typed}`: {error}")),
        }
    }
}

fn command(words: &[&str], path: &Path, sources: &Sources) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().unwrap_or(&"true"));
    let file = path.to_string_lossy();
    command.args(words.map(|word| word.replace(FILE, &file))).current_dir(&sources.configuration.dir);
    command.stdin(Stdio::null());
    command
}
