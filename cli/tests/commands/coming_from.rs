//! The page for those who come from Alembic or Flask-Migrate: it names all that they have, and nothing that is not here.

use std::collections::BTreeSet;

use clap::Command;

const PAGE: &str = include_str!("../../../docs/coming-from.md");

/// Every command and option of both, as their own parsers list them.
const THEIRS: &str = include_str!("coming_from.txt");

/// The texts in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The rows of the tables: what is there and what is here.
fn rows() -> Vec<(&'static str, &'static str)> {
    let cells = |line: &'static str| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ");
    PAGE.lines().filter_map(cells).filter(|(theirs, _)| theirs.contains('`')).collect()
}

/// What can be typed here, as the page names it.
#[cfg(feature = "database")]
pub fn named_here() -> impl Iterator<Item = &'static str> {
    rows().into_iter().flat_map(|(_, ours)| quoted(ours)).filter(|it| it.starts_with("migrate "))
}

/// What a cell names; an option without its command belongs to the one before it.
fn theirs(cell: &str) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    for text in quoted(cell) {
        let command = named.last().and_then(|it| it.rsplit_once(" -")).map(|(command, _)| command.to_owned());
        named.push(match command {
            Some(command) if text.starts_with('-') => format!("{command} {text}"),
            _ => text.to_owned(),
        });
    }
    named
}

/// Whether `migrate upgrade --sql` and the like can be typed.
fn is_there(words: &str, definition: &Command) -> bool {
    let mut words = words.split(' ').skip(1).peekable();
    let command = match words.peek() {
        Some(name) if !name.starts_with('-') => words.next().and_then(|name| definition.find_subcommand(name)),
        _ => Some(definition),
    };
    let Some(command) = command else { return false };
    words.all(|flag| {
        let is = |argument: &clap::Arg| {
            let long = argument.get_long_and_visible_aliases().unwrap_or_default();
            let short = argument.get_short_and_visible_aliases().unwrap_or_default();
            match flag.strip_prefix("--") {
                Some(name) => long.contains(&name),
                None => short.iter().any(|it| flag == format!("-{it}")),
            }
        };
        // What the tool itself takes it also takes behind each command.
        let everywhere = definition.get_arguments().filter(|it| it.is_global_set());
        flag == "--version" || command.get_arguments().chain(everywhere).any(is)
    })
}

#[test]
fn the_page_names_all_that_they_have() {
    let rows = rows();
    let named: BTreeSet<String> = rows.iter().flat_map(|(cell, _)| theirs(cell)).collect();
    let theirs: BTreeSet<String> = THEIRS.lines().map(str::to_owned).collect();
    // What the tool itself takes it also takes behind each command.
    let of_the_tool = |it: &str| {
        let option = it.split(' ').next_back().unwrap_or_default();
        ["alembic", "flask db"].iter().any(|tool| it.starts_with(tool) && named.contains(&format!("{tool} {option}")))
    };
    let missing: Vec<&String> = theirs.difference(&named).filter(|it| !of_the_tool(it)).collect();
    assert!(missing.is_empty(), "not on the page: {missing:#?}");
    let more: Vec<&String> = named.difference(&theirs).collect();
    assert!(more.is_empty(), "they do not have: {more:#?}");
}

#[test]
fn what_the_page_names_here_is_there_or_not_needed_for_a_reason() {
    let definition = migratable_cli::definition();
    for (theirs, ours) in rows() {
        let reason = ours.strip_prefix("Not needed: ");
        let named: Vec<&str> = quoted(ours).filter(|it| it.starts_with("migrate ")).collect();
        assert!(
            reason.is_some_and(|reason| reason.len() > 20)
                || !named.is_empty()
                || ours.contains("cargo migratable init"),
            "{theirs}: {ours}"
        );
        for words in named {
            assert!(is_there(words, &definition), "`{words}` cannot be typed: {theirs}");
        }
    }
}

/// What is said about words that are not needed here.
#[cfg(feature = "init")]
#[test]
fn what_is_not_needed_says_so_when_it_is_typed() {
    use std::ffi::OsString;

    use migratable_cli::{Console, Failure};

    use crate::project::Blog;

    let blog = Blog::new("");
    // Options that all commands of theirs have; none of the pages names them behind each.
    let more = ["alembic db", "flask db upgrade -d", "flask db -x", "alembic -x", "alembic -n", "alembic --name"];
    let not_needed = rows().into_iter().filter(|(_, ours)| ours.starts_with("Not needed: "));
    let typed: Vec<String> = not_needed.flat_map(|(cell, _)| theirs(cell)).chain(more.map(str::to_owned)).collect();
    assert!(typed.len() > 20, "{typed:?}");
    for typed in typed {
        let words: Vec<&str> = typed.split(' ').skip_while(|word| ["alembic", "flask"].contains(word)).collect();
        let words = words.strip_prefix(&["db"]).filter(|rest| !rest.is_empty()).unwrap_or(&words);
        let said = if words[0] == "init" {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let mut console = Console::new(&mut out, &mut err, blog.root.clone());
            let words = ["cargo-migratable", "migratable"].iter().chain(words).map(OsString::from);
            let Err(Failure::Usage(said)) = migratable_cli::cargo::run(words, &mut console) else {
                panic!("{typed}: {}", String::from_utf8_lossy(&err))
            };
            format!("error: {said}")
        } else {
            blog.fails(2, words)
        };
        let word = words.last().copied().unwrap_or_default();
        assert!(said.starts_with(&format!("error: `{word}` means nothing here: ")), "{typed}: {said}");
    }
}
