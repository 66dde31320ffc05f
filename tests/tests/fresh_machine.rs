//! What the first command of the README needs on a machine that has Rust and a C compiler and nothing else.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use migratable_tests::checkout;

#[test]
fn the_first_command_links_no_library_of_a_server() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--prefix", "none", "--edges", "normal,build"])
        .current_dir(checkout())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("microblog-migrations ") && tree.contains("libsqlite3-sys "), "{tree}");
    for library in ["pq-sys ", "mysqlclient-sys "] {
        assert!(!tree.contains(library), "`cargo run --bin migrate` needs {library}");
    }
}
