//! What is said about usage.

use crate::project::{Blog, assert_says};

#[test]
fn help_is_a_result_and_wrong_usage_is_not() {
    let blog = Blog::new("");
    let help = blog.run(&["--help"]);
    assert_eq!((help.status, help.err.as_str()), (0, ""));
    assert_says(&help.out, &["revision", "upgrade", "The daily round", "Exit status"]);
    assert_says(&blog.fails(1, &["show"]), &["there is no revision yet"]);
    for (arguments, expected) in [
        (&["upgarde"][..], "unrecognized subcommand 'upgarde'"),
        (&["revision", "--default", "x"], "the correct form is `--default table.column=SQL`"),
        (&["revision", "--rename", "x"], "the correct form is `--rename table.old=table.new`"),
        (&["revision", "--empty", "--drop", "x"], "cannot be used with"),
        (&["revision", "--empty", "--rev-id", "XYZ"], "an id is 12 digits of 0-9 and a-f"),
        (&["show", "zz"], "no revision is called `zz`"),
        (&["history", "-r", "head"], "`head` is no range; the form is `a:b`, `a:` or `:b`"),
        (&["edit"], "no revision"),
        (&["repair"], "<REV>"),
    ] {
        let ran = blog.run(arguments);
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(expected), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn without_sources_the_commands_on_files_say_where_they_looked() {
    let blog = Blog::new("");
    std::fs::remove_dir_all(blog.path("migrations")).unwrap();
    for arguments in [&["revision", "-m", "x"][..], &["check"], &["merge"], &["lock"], &["remove"], &["edit"]] {
        let said = blog.fails(1, arguments);
        assert_says(&said, &["works on the sources", "there are none in", "migrations: run it in a checkout"]);
    }
}

#[test]
fn a_wrong_configuration_is_shown_at_its_place() {
    let blog = Blog::new("");
    blog.write("migrations/Cargo.toml", "[package]\nname = \"m\"\n[package.metadata.migratable]\nmodel = []\n");
    assert_says(&blog.fails(1, &["check"]), &["error: migrations/Cargo.toml:4:1: there is no key `model`"]);
    blog.write(
        "migrations/Cargo.toml",
        "[package]\nname = \"m\"\n[package.metadata.migratable]\nmodels = [\"../no\"]\n",
    );
    assert_says(&blog.fails(1, &["check"]), &["no/Cargo.toml: No such file", "`models` of the migrations package"]);
}

/// All commands with all that is below them.
fn walked(command: &clap::Command, visit: &mut dyn FnMut(&clap::Command)) {
    visit(command);
    command.get_subcommands().for_each(|below| walked(below, visit));
}

#[test]
fn every_command_shows_an_example() {
    walked(&migratable_cli::definition(), &mut |command| {
        let name = command.get_name();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let typed = if name == "migrate" { "migrate ".to_owned() } else { format!("migrate {name}") };
        assert!(help.contains(&typed), "`{name}` shows none: {help}");
        assert!(command.get_about().is_some(), "{name} does not say what it does");
        // What is longer would be broken again.
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{name}: {help}");
    });
}

/// The texts of the tests of this crate and of whole projects.
fn tests() -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests"), root.join("../tests/tests"), root.join("src")];
    let mut texts = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_source = path.starts_with(root.join("src"));
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                // Of the sources only the tests in them.
                texts.push_str(if is_source { text.split("mod tests {").nth(1).unwrap_or("") } else { &text });
            }
        }
    }
    texts
}

#[test]
fn every_option_is_typed_in_a_test() {
    let tests = tests();
    let mut untested = Vec::new();
    walked(&migratable_cli::definition(), &mut |command| {
        for argument in command.get_arguments() {
            let long = argument.get_long().map(|it| format!("\"--{it}\""));
            let short = argument.get_short().map(|it| format!("\"-{it}\""));
            let names: Vec<String> = long.into_iter().chain(short).collect();
            if !names.is_empty() && !names.iter().any(|name| tests.contains(name)) {
                untested.push(format!("{} {}", command.get_name(), names.join(" or ")));
            }
        }
    });
    assert!(untested.is_empty(), "{untested:#?}");
}

#[test]
fn shells_complete_and_there_is_a_manual() {
    let blog = Blog::new("");
    for (shell, expected) in [
        ("bash", "complete -F _migrate"),
        ("zsh", "#compdef migrate"),
        ("fish", "complete -c migrate"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let file = blog.ok(&["completions", shell]);
        assert_says(&file, &[expected]);
        for word in ["upgrade", "idempotent", "ensure-version"] {
            assert!(file.contains(word), "{shell}: {word}");
        }
    }
    assert_says(&blog.fails(2, &["completions", "tcsh"]), &["[possible values: bash, elvish, fish, powershell, zsh]"]);
    assert_says(&blog.ok(&["man"]), &[".TH", "migrate", "The daily round"]);
    assert_says(&blog.ok(&["man", "upgrade"]), &[".TH", "upgrade", "idempotent", "migrate upgrade +1"]);
    assert_says(&blog.fails(2, &["man", "upgarde"]), &["there is no command `upgarde`: there are revision, upgrade"]);
}
