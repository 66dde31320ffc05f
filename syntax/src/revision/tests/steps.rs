use std::io::Write;
use std::process::{Command, Stdio};

use super::super::parse;
use super::file;

fn checksum(functions: &str) -> Option<String> {
    parse(&format!("{}{functions}", file("", ""))).unwrap().steps_checksum
}

const STEPS: &str = r##"
/// What it does.
fn fill(db: &mut Db) -> Result<()> {
    use fill::users;
    use migratable::diesel::prelude::*;
    // why
    for (id, name) in users::table.select((users::id, users::name)).load::<(i64, String)>(db)? {
        let short = match name.len() { 0 => { "none".to_owned() } 1 | 2 => name, 3 => { return Ok(()) } _ => { let it = 3; name[..it].to_owned() } };
        diesel::update(users::table.find(id)).set(users::short.eq(short)).execute(db)?;
    }
    Ok(())
}

#[derive(Clone)]
#[derive(Debug)]
struct Row { id: i64, name: String }

impl Row {
    fn all(rows: Vec<Row>,) -> Vec<(i64, String)> where Row: Clone, { rows.into_iter().map(|row| { (row.id, row.name) }).filter(|(id, _)| { if *id > 3 { true } else { false } }).collect::<Vec<(i64, String,)>>() }
    fn nothing() -> () { while false {}; }
    fn early(&self) -> i64 { if self.id == ((3)) { return 4 } ; let list = vec!(1, 2, 3,); list.iter().map(|it| it * self.a_very_long_name_that_forces_a_break(it, it, it)).sum::<i64>() }
    fn other(it: Option<i64>) -> i64 {
        match it { Some(it) if it > 3 => it, | Some(1) | Some(2) => { println!("a text that is long enough to stay on a line of its own: {}", it.unwrap_or_default()) ; 3 } Some(_) => if true { 3 } else { 4 } None => { match 3 { _ => 5 } } }
    }
}

const SQL: &str = "UPDATE users
    SET name = 'x'";
"##;

/// What rustfmt makes of a file; nothing if there is no rustfmt.
pub(super) fn rustfmt(text: &str, options: &str) -> Option<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", options])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
pub(super) fn rustfmt_changes_no_checksum() {
    let text =
        format!("{}{STEPS}", file("op.drop_table(\"a\")", "op.execute_as(sql(\"a\"), |op| { op.drop_table(\"b\") });"));
    let expected = parse(&text).unwrap();
    for options in
        ["max_width=100", "max_width=50", "max_width=160,use_small_heuristics=Max", "match_block_trailing_comma=true"]
    {
        let Some(formatted) = rustfmt(&text, options) else { return };
        assert_ne!(formatted, text);
        let read = parse(&formatted).unwrap();
        assert_eq!(read.checksum(), expected.checksum(), "{formatted}");
        assert_eq!(read.steps_checksum, expected.steps_checksum, "{options}: {formatted}");
    }
}

#[test]
fn what_does_not_change_the_steps_changes_no_checksum() {
    let plain = checksum("fn a(db: &mut Db) -> Result<()> { f(1, 2); Ok(()) }");
    for same in [
        "/// docs\nfn a(db: &mut Db) -> Result<()> { f(1, 2); Ok(()) }",
        "// a comment\nfn a(db: &mut Db,) -> Result<()> {\r\n f(1, 2,);\r\n Ok(())\r\n}",
        "fn a(db: &mut Db) -> Result<()> { use a::users; f(1, 2); Ok(()) }",
        "use std::fmt;\nfn a(db: &mut Db) -> Result<()> { f(1, 2);; Ok(()) }",
        "#[allow(dead_code)]\nfn a(db: &mut Db) -> Result<()> { f(1, 2); /* b */ Ok(()) }",
    ] {
        assert_eq!(checksum(same), plain, "{same}");
    }
    assert_eq!(checksum("use std::fmt;"), None);
}

#[test]
fn tests_are_no_part_of_what_a_revision_does() {
    let step = "fn fill(db: &mut Db) -> Result<()> { use fill::users; Ok(()) }";
    let plain = parse(&format!("{}{step}", file("", ""))).unwrap();
    assert_eq!(plain.test_words, None);
    for test in [
        "#[cfg(test)]\nmod tests { use super::testing::*; #[test] fn a() { before::posts::table; fill(); } }",
        "#[test]\nfn a() { before::posts::table; }",
        "#[cfg(test)]\nfn rows() { before::posts::table; }\n#[cfg(test)]\nuse testing::*;",
    ] {
        let tested = parse(&format!("{}{step}\n{test}", file("", ""))).unwrap();
        assert!(tested.test_words.as_ref().is_some_and(|words| words.contains("posts")), "{test}");
        assert_eq!(super::super::RevisionFile { test_words: None, ..tested }, plain, "{test}");
    }
    let other = parse(&format!("{}{step}\n#[cfg(unix)] fn a() {{}}", file("", ""))).unwrap();
    assert_ne!(other.steps_checksum, plain.steps_checksum);
    assert_eq!(other.test_words, None);
}

#[test]
fn what_changes_the_steps_changes_the_checksum() {
    let texts = [
        "fn a() { f(1, 2); }",
        "fn a() { f(2, 1); }",
        "fn a() { f(1); f(2); }",
        "fn b() { f(1, 2); }",
        "fn a() { if b { c() } d() }",
        "fn a() { if b { c(); d() } }",
        "fn a() { g(\"1\"); }",
        "fn a() { g(\"2\"); }",
        "fn a() { g(b\"1\"); }",
        "fn a() { h(|x| x) }",
        "fn a() { h(|x| { y(); x }) }",
        "const A: [i64; 2] = [1, -2];",
        "const A: [i64; 2] = [1 - 2];",
    ];
    for (at, one) in texts.iter().enumerate() {
        for other in &texts[at + 1..] {
            assert_ne!(checksum(one), checksum(other), "{one} and {other}");
        }
    }
}

#[test]
fn checksums_stay_as_they_are_for_ever() {
    for (steps, expected) in [("fn a() { f(1, 2); }", "v1:714571617f8c9b2e"), (STEPS, "v1:ba8a2278cd94feff")] {
        assert_eq!(checksum(steps).as_deref(), Some(expected));
    }
}
