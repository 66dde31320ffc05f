//! What can be typed behind the commands that print documentation for other programs.

use clap::Args;
use clap_complete::Shell;

/// `completions`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate completions bash > ~/.local/share/bash-completion/completions/migrate
  migrate completions zsh > \"${fpath[1]}/_migrate\"
  migrate completions fish > ~/.config/fish/completions/migrate.fish")]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// `man`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  migrate man > migrate.1
  migrate man upgrade > migrate-upgrade.1 && man ./migrate-upgrade.1")]
pub struct Man {
    /// The command, if the page is not to be of all.
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}
