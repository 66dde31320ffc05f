//! A project on the disk, in which `revision` is asked for what has changed.

use std::fs;

use migratable_core::Schema;
use migratable_syntax::revision::{RevisionFile, parse};
use migratable_tests::Said;
use migratable_tests::package::Package;

use crate::transition::Transition;

/// What `revision` has written for a transition.
pub struct Written {
    /// The schema after, as the lock has it.
    pub after: Schema,
    /// The first revision, from nothing to the models before.
    pub first: RevisionFile,
    /// The second, from there to the models after; none if there is nothing to do.
    pub second: Option<RevisionFile>,
}

/// Writes the revisions of a transition, and holds what `revision` says against what the transition expects; none if it
/// is expected that there is no revision.
pub fn written(transition: &Transition) -> Result<Option<Written>, String> {
    let package = Package::new(&transition.dialects)?;
    package.models(&transition.before)?;
    let empty: &[&str] = if transition.before.is_empty() { &["--empty"] } else { &[] };
    let said = package.revision(&[&["-m", "first"], empty].concat());
    if said.status != 0 {
        return Err(format!("the models before: {}", said.stderr));
    }
    let first = newest(&package)?;
    package.models(&transition.after)?;
    asks(&package, transition)?;

    let mut words = vec!["-m", "second"];
    words.extend(transition.answers.iter().filter_map(|answer| answer.split_once(' ')).flat_map(|(a, b)| [a, b]));
    let said = package.revision(&words);
    if !transition.refused.is_empty() {
        return is_refused(&package, &said, &transition.refused).map(|()| None);
    }
    if said.status != 0 {
        return Err(said.stderr);
    }
    let lines: Vec<&str> = said.stdout.lines().take_while(|line| !line.starts_with("wrote ")).collect();
    let is_unchanged = said.stdout.starts_with("Nothing changed");
    let found = if is_unchanged { Vec::new() } else { lines };
    if found != transition.operations {
        let lines: Vec<String> = found.iter().map(|line| format!("    {line:?},\n")).collect();
        return Err(format!("operations = [\n{}]", lines.concat()));
    }
    let second = if is_unchanged { None } else { Some(newest(&package)?) };
    is_settled(&package, transition)?;
    let after = package.lock()?.schema;
    Ok(Some(Written { after, first, second }))
}

/// That the transition has a body for each step that is left open, and for no other.
pub fn steps_are_filled(transition: &Transition, written: &Written) -> Result<(), String> {
    let open = written.second.as_ref().map_or(&[][..], |file| &file.steps);
    let mut open: Vec<&String> = open.iter().collect();
    open.sort();
    let filled: Vec<&String> = transition.fill.keys().collect();
    if open == filled { Ok(()) } else { Err(format!("the open steps are {open:?}")) }
}

/// Without answers `revision` asks, and writes nothing.
fn asks(package: &Package, transition: &Transition) -> Result<(), String> {
    if transition.asks.is_empty() {
        return Ok(());
    }
    let said = package.revision(&[]);
    let flags: Vec<&str> = said.stderr.lines().map(str::trim).filter(|line| line.starts_with("--")).collect();
    if flags != transition.asks {
        return Err(format!("it asks for {flags:#?}\n{}", said.stderr));
    }
    is_refused(package, &said, "")
}

/// That nothing was written, for this reason.
fn is_refused(package: &Package, said: &Said, why: &str) -> Result<(), String> {
    if said.status != 1 || !said.stderr.contains(why) {
        return Err(format!("`{why}` is not the reason: {}{}", said.stdout, said.stderr));
    }
    match package.files()?.len() {
        1 => Ok(()),
        count => Err(format!("{count} revisions are there after a refusal")),
    }
}

/// That `revision` finds nothing more, and says of a rename that is declared in the models that it is done.
fn is_settled(package: &Package, transition: &Transition) -> Result<(), String> {
    let said = package.revision(&[]);
    let is_declared = transition.after.contains("renamed_from");
    let expected = if is_declared {
        said.stderr.contains("remove this `renamed_from`")
    } else {
        said.stdout.starts_with("Nothing changed") && !said.stdout.contains("refreshed")
    };
    if expected { Ok(()) } else { Err(format!("a second time it says {}{}", said.stdout, said.stderr)) }
}

/// The newest revision file, read.
fn newest(package: &Package) -> Result<RevisionFile, String> {
    let files = package.files()?;
    let file = files.last().ok_or("there is no revision")?;
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    parse(&text).map_err(|mistakes| format!("{mistakes:?}\n{text}"))
}
