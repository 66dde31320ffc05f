use std::path::Path;

use super::{SQLITE, messages, package, write};
use crate::models::{Scan, scan};

fn model(name: &str) -> String {
    format!("#[derive(Migratable)] pub struct {name} {{ id: i64 }}")
}

fn tables(scan: &Scan) -> Vec<String> {
    assert!(scan.errors.is_empty(), "{}", messages(scan));
    scan.schema.tables.keys().map(ToString::to_string).collect()
}

#[test]
fn modules_are_followed_as_rustc_follows_them() {
    let folder = package(&[
        (
            "src/lib.rs",
            "mod a; mod b; pub mod r#type; #[path = \"other/c.rs\"] mod c; mod inline { mod d; #[path = \"e2.rs\"] mod e; mod deep { mod f; } }",
        ),
        ("src/a.rs", &(model("A") + "mod below; mod inner { mod g; }")),
        ("src/a/below.rs", &model("Below")),
        ("src/a/inner/g.rs", &model("G")),
        ("src/b/mod.rs", &(model("B") + "mod under;")),
        ("src/b/under.rs", &model("Under")),
        ("src/type.rs", &model("R#Type").replace("R#Type", "Type")),
        ("src/other/c.rs", &(model("C") + "mod beside;")),
        ("src/other/beside.rs", &model("Beside")),
        ("src/inline/d.rs", &model("D")),
        ("src/inline/e2.rs", &model("E")),
        ("src/inline/deep/f.rs", &model("F")),
        ("src/orphan.rs", &model("Orphan")),
    ]);
    let found = scan("app", folder.path(), SQLITE, None);
    assert_eq!(tables(&found), ["as", "belows", "besides", "bs", "cs", "ds", "es", "fs", "gs", "types", "unders"]);
    assert_eq!(found.folders, [folder.path().join("src")]);
    assert!(found.files.contains(&folder.path().join("src/inline/deep/f.rs")));
    assert!(found.files.contains(&folder.path().join("Cargo.toml")));
}

#[test]
fn every_root_of_the_package_is_read_once() {
    let folder = package(&[
        ("src/lib.rs", "mod models;"),
        ("src/main.rs", "mod models; mod own;"),
        ("src/models.rs", &model("A")),
        ("src/own.rs", &model("B")),
        ("src/bin/tool.rs", &model("C")),
        ("src/bin/big/main.rs", &model("D")),
        ("tools/x.rs", &model("E")),
    ]);
    let manifest = "[package]\nname = \"app\"\n[[bin]] # one\nname = \"x\"\npath = \"tools/x.rs\"\n";
    write(folder.path(), "Cargo.toml", manifest);
    let found = scan("app", folder.path(), SQLITE, None);
    assert_eq!(tables(&found), ["as", "bs", "cs", "ds", "es"]);
    assert_eq!(found.folders, [folder.path().join("src"), folder.path().join("tools")]);

    write(folder.path(), "Cargo.toml", "[lib]\npath = 'tools/x.rs'\n");
    assert_eq!(tables(&scan("app", folder.path(), SQLITE, None)), ["as", "bs", "cs", "ds", "es"]);
}

#[test]
fn cfg_does_not_matter_except_for_tests() {
    let folder = package(&[
        (
            "src/lib.rs",
            "#[cfg(unix)] #[path = \"u.rs\"] mod sys; #[cfg(windows)] #[path = \"w.rs\"] mod sys; #[cfg(test)] mod tests; #[cfg(feature = \"x\")] mod gone; #[cfg_attr(x, path = \"p.rs\")] mod maybe;",
        ),
        ("src/u.rs", &model("Unix")),
        ("src/w.rs", &model("Windows")),
        ("src/tests.rs", &model("Test")),
        ("src/p.rs", &model("P")),
        ("src/maybe.rs", &model("Maybe")),
    ]);
    assert_eq!(tables(&scan("app", folder.path(), SQLITE, None)), ["maybes", "ps", "unixs", "windowss"]);
}

#[test]
fn files_that_cannot_be_read_are_reported_where_rustc_reports_them() {
    for (text, line, column, message) in [
        ("pub struct A {\n    a: i64 b: i64,\n}", 2, 12, "expected `,`"),
        ("fn a() {\n", 1, 8, "opens or closes nothing"),
        ("fn a() {\n  let x = (1;\n}\nfn b() {}\n", 3, 1, "opens or closes nothing"),
        ("fn a() { }\n }\n", 2, 2, "opens or closes nothing"),
        ("const A: &str = \"abc;\n", 1, 17, "opens or closes nothing"),
        ("const A: char = 'ab';\n", 1, 17, "opens or closes nothing"),
        ("structt A { id: i64 }", 1, 9, "expected"),
        ("struct A { id: \"x\" }", 1, 16, "expected"),
    ] {
        let folder = package(&[("src/lib.rs", "mod a; mod b;"), ("src/a.rs", text), ("src/b.rs", &model("B"))]);
        let found = scan("app", folder.path(), SQLITE, None);
        let [error] = found.errors.as_slice() else { panic!("{}", messages(&found)) };
        assert!(error.fatal && error.message.contains(message), "{text}: {}", error.message);
        assert_eq!(
            (error.file.as_path(), error.line, error.column),
            (&*folder.path().join("src/a.rs"), line, column),
            "{text}"
        );
        assert_eq!(found.schema.tables.len(), 1);
        assert!(!found.is_whole());
    }
}

#[test]
fn modules_without_a_file_are_reported_at_their_name() {
    let folder = package(&[("src/lib.rs", "mod a;\n  mod gone;\n#[path = \"x.rs\"] mod x;"), ("src/a.rs", "")]);
    let found = scan("app", folder.path(), SQLITE, None);
    let places: Vec<(usize, usize, bool)> = found.errors.iter().map(|it| (it.line, it.column, it.fatal)).collect();
    assert_eq!(places, [(2, 7, true), (3, 22, true)]);
    assert!(found.errors[0].message.contains("file not found for module `gone`"), "{}", messages(&found));
    assert!(found.errors[0].message.contains("src/gone.rs"));
}

#[test]
fn a_package_without_roots_or_with_unreadable_files_is_an_error() {
    let folder = package(&[]);
    let found = scan("app", folder.path(), SQLITE, None);
    assert!(found.errors[0].fatal && found.errors[0].message.contains("no src/lib.rs"));

    let folder = package(&[("src/lib.rs", "")]);
    std::fs::write(folder.path().join("src/lib.rs"), b"// \xff").unwrap();
    let found = scan("app", folder.path(), SQLITE, None);
    assert!(found.errors[0].fatal && found.errors[0].message.contains("UTF-8"));
    assert_eq!(found.errors[0].file, folder.path().join("src/lib.rs"));
}

#[test]
fn a_byte_order_mark_and_a_shebang_and_crlf_are_no_mistakes() {
    let text = format!("\u{feff}#!/usr/bin/env x\r\n{}\r\n", model("A"));
    let folder = package(&[("src/lib.rs", &text)]);
    let found = scan("app", folder.path(), SQLITE, None);
    assert_eq!(tables(&found), ["as"]);
}

#[test]
fn no_folder_holds_the_target_folder() {
    let folder = package(&[("lib.rs", &(model("A") + "#[path = \"sub/b.rs\"] mod b;")), ("sub/b.rs", &model("B"))]);
    write(folder.path(), "Cargo.toml", "[lib]\npath = \"lib.rs\"\n");
    write(folder.path(), "sub/target/x", "");
    let found = scan("app", folder.path(), SQLITE, None);
    assert_eq!(tables(&found), ["as", "bs"]);
    assert_eq!(found.folders, Vec::<&Path>::new());
}
