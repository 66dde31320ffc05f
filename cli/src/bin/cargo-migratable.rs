//! `cargo migratable`.

use std::process::ExitCode;

fn main() -> ExitCode {
    migratable_cli::cargo::main()
}
