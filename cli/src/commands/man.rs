//! `man`.

use clap_mangen::Man as Page;

use crate::arguments::Man;
use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// Prints the manual page, of all or of one command.
pub(crate) fn run(arguments: &Man, console: &mut Console<'_>) -> Outcome {
    let mut definition = crate::definition();
    definition.build();
    let page = match &arguments.command {
        None => Page::new(definition),
        Some(name) => {
            let Some(command) = definition.find_subcommand(name) else {
                let names: Vec<&str> = definition.get_subcommands().map(clap::Command::get_name).collect();
                return Err(Failure::Usage(format!("there is no command `{name}`: there are {}", names.join(", "))));
            };
            let title = format!("migrate-{}", command.get_name());
            Page::new(command.clone()).title(title)
        }
    };
    let mut text = Vec::new();
    page.render(&mut text).map_err(|error| Failure::Failed(format!("the page cannot be written: {error}")))?;
    console.line(String::from_utf8_lossy(&text).trim_end());
    Ok(())
}
