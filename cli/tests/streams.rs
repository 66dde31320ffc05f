//! The process: streams that are closed or full.

#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::{self, Read};
use std::process::{Command, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-migratable"));
    command.arg("migratable").args(arguments).stdin(Stdio::null()).env("RUST_BACKTRACE", "0");
    command
}

/// A pipe from which nobody reads any more, as behind `| head -1`.
fn left() -> Stdio {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let output = program(&["init", "--help"]).stdout(left()).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
    let status = program(&["init", "--nonsense"]).stderr(left()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure_and_no_panic() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let (mut reader, writer) = io::pipe().unwrap();
    let status = program(&["--help"]).stdout(full()).stderr(writer).status().unwrap();
    let mut said = String::new();
    reader.read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(said.starts_with("error: cannot write the result: No space left"), "{said}");
    let status = program(&["--help"]).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}
