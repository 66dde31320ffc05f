//! A project on the disk, in which `revision` is asked for what has changed.

use std::fs;

use migratable_core::diff::{Answers, Drift, diff, drift};
use migratable_core::{Schema, TableName};
use migratable_syntax::models::{Scan, scan};
use migratable_syntax::revision::{RevisionFile, parse};
use migratable_tests::Said;
use migratable_tests::package::Package;

use crate::transition::Transition;

/// What `revision` has written for a transition.
pub struct Written {
    /// The schema before, as the lock has it.
    pub before: Schema,
    /// The schema after, as the lock has it.
    pub after: Schema,
    /// The first revision, from nothing to the models before.
    pub first: RevisionFile,
    /// The renames that the models after declare: `table.old=table.new`, `old=new`.
    pub renames: Vec<String>,
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
    let (first, _) = newest(&package)?;
    let before = package.lock()?.schema;
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
    let second = match is_unchanged {
        true => None,
        false => {
            let (file, text) = newest(&package)?;
            says_what_is_lost(&text, transition, &before, &package.lock()?.schema)?;
            Some(file)
        }
    };
    is_settled(&package, transition)?;
    let after = package.lock()?.schema;
    let renames = declared(&package, transition);
    Ok(Some(Written { before, after, first, renames, second }))
}

/// That the transition has a body for each step that is left open, and for no other.
pub fn steps_are_filled(transition: &Transition, written: &Written) -> Result<(), String> {
    let open = written.second.as_ref().map_or(&[][..], |file| &file.steps);
    let mut open: Vec<&String> = open.iter().collect();
    open.sort();
    let filled: Vec<&String> = transition.fill.keys().collect();
    if open == filled { Ok(()) } else { Err(format!("the open steps are {open:?}")) }
}

/// The models, and the renames that they declare.
fn models(package: &Package, transition: &Transition) -> (Schema, Answers) {
    let Scan { schema, table_renames, column_renames, .. } = scan("app", &package.app(), &transition.dialects, None);
    (schema, Answers { table_renames, column_renames, ..Answers::default() })
}

/// The renames that the models declare, as they are typed.
fn declared(package: &Package, transition: &Transition) -> Vec<String> {
    let (_, renames) = models(package, transition);
    let tables = renames.table_renames.iter().map(|(from, to)| format!("{from}={to}"));
    let columns = renames.column_renames.iter().map(|it| format!("{0}.{1}={0}.{2}", it.table, it.from, it.to));
    tables.chain(columns).collect()
}

/// What the build finds different between lock and models, and whether a plan does.
fn drifts(package: &Package, transition: &Transition) -> Result<(Vec<Drift>, bool), String> {
    let (models, declared) = models(package, transition);
    let lock = package.lock()?.schema;
    let is_same = diff(&lock, &models, &declared).is_ok_and(|plan| plan.upgrade.is_empty());
    Ok((drift(&lock, &models, &declared, true), is_same))
}

/// The build finds what `revision` finds, and asks for the same answers. Without them `revision` writes nothing.
fn asks(package: &Package, transition: &Transition) -> Result<(), String> {
    let (drifts, is_same) = drifts(package, transition)?;
    if drifts.is_empty() != is_same {
        return Err(format!("the build finds {drifts:?}, and the plan is {}", if is_same { "empty" } else { "not" }));
    }
    let is_plain = transition.answers.is_empty() && transition.refused.is_empty();
    if is_plain && drifts.is_empty() != transition.operations.is_empty() {
        return Err(format!("the build finds {drifts:?}"));
    }
    let mut wanted: Vec<String> = drifts.into_iter().flat_map(|drift| drift.answers).collect();
    if wanted.is_empty() && transition.asks.is_empty() {
        return Ok(());
    }
    let said = package.revision(&[]);
    let mut flags: Vec<&str> = said.stderr.lines().map(str::trim).filter(|line| line.starts_with("--")).collect();
    if !transition.asks.is_empty() && flags != transition.asks {
        return Err(format!("it asks for {flags:#?}\n{}", said.stderr));
    }
    wanted.sort();
    flags.sort_unstable();
    if flags != wanted {
        return Err(format!("it asks for {flags:#?}, and the build for {wanted:#?}\n{}", said.stderr));
    }
    is_refused(package, &said, "")
}

/// That the way back says in a comment what it does not bring back: nothing of what an answer gives values on the way
/// back, or of what is computed, has to be said.
fn says_what_is_lost(text: &str, transition: &Transition, before: &Schema, after: &Schema) -> Result<(), String> {
    let back = text.split_once("pub fn downgrade").map_or("", |(_, back)| back);
    let back = back.split_once("\n}").map_or(back, |(back, _)| back);
    let comments: String = back.lines().map(str::trim).filter(|line| line.starts_with("//")).collect();
    let needs_none = |name: &str| {
        let (table, column) = name.rsplit_once('.').unwrap_or((name, ""));
        let of = |schema: &'_ Schema| schema.column(&TableName::parse(table), column).cloned();
        let is_answered = transition.answers.iter().any(|it| it.starts_with(&format!("--default {name}=")));
        of(before).is_some_and(|it| it.generated.is_some()) || (is_answered && of(after).is_none())
    };
    match transition.lost.iter().find(|name| !comments.contains(name.as_str()) && !needs_none(name)) {
        Some(name) => Err(format!("no comment of the way back names {name}:{back}")),
        None if transition.lost.is_empty() && comments.contains("do not come back:") => {
            Err(format!("what is lost?{back}"))
        }
        None => Ok(()),
    }
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
    if !expected {
        return Err(format!("a second time it says {}{}", said.stdout, said.stderr));
    }
    match drifts(package, transition)?.0 {
        drifts if drifts.is_empty() => Ok(()),
        drifts => Err(format!("the build still finds {drifts:?}")),
    }
}

/// The newest revision file, read, and its text.
fn newest(package: &Package) -> Result<(RevisionFile, String), String> {
    let files = package.files()?;
    let file = files.last().ok_or("there is no revision")?;
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let file = parse(&text).map_err(|mistakes| format!("{mistakes:?}\n{text}"))?;
    Ok((file, text))
}
