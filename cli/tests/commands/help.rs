//! What is said about usage.

use crate::project::{Blog, assert_says};

#[test]
fn help_is_a_result_and_wrong_usage_is_not() {
    let blog = Blog::new("");
    let help = blog.run(&["--help"]);
    assert_eq!((help.status, help.err.as_str()), (0, ""));
    assert_says(&help.out, &["revision", "upgrade", "The daily round", "Exit status"]);
    for (arguments, expected) in [
        (&["upgarde"][..], "unrecognized subcommand 'upgarde'"),
        (&["revision", "--default", "x"], "the correct form is `--default table.column=SQL`"),
        (&["revision", "--rename", "x"], "the correct form is `--rename table.old=table.new`"),
        (&["revision", "--empty", "--drop", "x"], "cannot be used with"),
        (&["revision", "--empty", "--rev-id", "XYZ"], "an id is 12 digits of 0-9 and a-f"),
        (&["show"], "<REV>"),
        (&["show", "zz"], "no revision is called `zz`"),
        (&["history", "-r", "head"], "`head` is no range; the form is `a:b`, `a:` or `:b`"),
        (&["edit"], "no revision"),
        (&["stamp"], "<REV>"),
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
