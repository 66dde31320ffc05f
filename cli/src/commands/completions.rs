//! `completions`.

use crate::arguments::Completions;
use crate::console::Console;
use crate::failure::Outcome;

/// Prints a file that lets a shell complete what is typed.
pub(crate) fn run(arguments: &Completions, console: &mut Console<'_>) -> Outcome {
    let mut file = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::definition(), "migrate", &mut file);
    console.line(String::from_utf8_lossy(&file).trim_end());
    Ok(())
}
