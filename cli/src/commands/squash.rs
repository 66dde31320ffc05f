//! `squash`.

mod content;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use migratable_build::history::{Entry, History};
use migratable_core::graph::Graph;
use migratable_core::{fingerprint, lock};
use migratable_syntax::revision::with_parents;
use serde_json::json;

use crate::arguments::Squash;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::new_file::{NewFile, Place};
use crate::post_write;
use crate::project::Project;
use crate::rewrite::Rewrite;
use crate::sources::{Sources, finding, refuse, replay};

/// Puts one revision in the place of several, which go.
pub(crate) fn run(arguments: &Squash, project: &Project, console: &mut Console<'_>) -> Outcome {
    let sources = Sources::open(project, console)?;
    let standing = match sources.standing() {
        Ok(standing) => standing,
        Err(found) => return refuse(&found, console),
    };
    let (history, graph) = (&standing.history, &standing.graph);
    let members = members(&arguments.range, graph)?;
    let entries: Vec<&Entry> = members.iter().filter_map(|id| history.entry(id)).collect();
    let place = place(&members, history, graph)?;
    let content = match content::of(&entries, &place, history, graph) {
        Ok(content) => content,
        Err(content::Problem::Found(problems)) => {
            return refuse(&problems.iter().map(finding).collect::<Vec<_>>(), console);
        }
        Err(content::Problem::Failed(message)) => return Err(Failure::Failed(console.shortened(&message))),
    };
    let message = match &arguments.message {
        Some(message) => message.clone(),
        None => format!("stands for {} revisions up to {}", members.len(), members[members.len() - 1]),
    };
    let id = arguments.rev_id.as_deref();
    let mut file = NewFile::new(id, &message, &place, &content.plan, &sources, console)?;
    if graph.node(&file.id).is_some() {
        return Err(Failure::Usage(format!("--rev-id {}: there is a revision of that id already", file.id)));
    }
    file.text = content.with_functions(&file.text);
    file.check(&content.before, &content.after)?;

    let moved = moved(&members, &file.id, history, graph, console)?;
    let mut changes: BTreeMap<PathBuf, Option<String>> =
        entries.iter().map(|entry| (entry.path.clone(), None)).collect();
    changes.insert(file.path.clone(), Some(file.text.clone()));
    changes.extend(moved.iter().map(|(path, text)| (path.clone(), Some(text.clone()))));
    let squashed = History::changed(&history.versions, &changes);
    let schema = match replay(&squashed) {
        Ok(schema) => schema,
        Err(found) => return refuse(&found, console),
    };
    if fingerprint(&schema) != standing.lock.fingerprint {
        return Err("the revisions would no longer give the schema of the lock; nothing was written".into());
    }
    let heads = squashed.graph.iter().flat_map(Graph::heads).map(str::to_owned).collect::<Vec<_>>();

    let mut rewrite = Rewrite::new(&sources.configuration.dir);
    rewrite.write(&file.path, file.text.clone());
    moved.iter().for_each(|(path, text)| rewrite.write(path, text.clone()));
    entries.iter().for_each(|entry| rewrite.remove(&entry.path));
    rewrite.write(&sources.configuration.lock(), lock::write(&heads, &standing.lock.schema));
    rewrite.run(console)?;
    post_write::run(&file.path, &sources, console);

    let path = console.path(&file.path);
    if arguments.report.json {
        console.json(&json!({
            "revision": file.id,
            "file": path,
            "message": message,
            "after": place.after,
            "replaces": members,
            "moved": moved.keys().map(|path| console.path(path)).collect::<Vec<_>>(),
            "heads": heads,
        }));
    } else {
        console.line(format_args!("{} stands for {}", file.id, members.join(", ")));
        console.line(format_args!("wrote {path}"));
        for path in moved.keys() {
            let path = console.path(path);
            console.line(format_args!("{path} follows it"));
        }
    }
    for entry in entries.iter().filter(|entry| entry.file.test_words.is_some()) {
        console.note(format_args!("the tests of {} are gone with it: they begin where it began", entry.file.id));
    }
    let last = &members[members.len() - 1];
    console.note(format_args!(
        "a database that is at {last} or beyond is taken over by its next upgrade, and nothing is run; one in the middle \
         goes to {last} first, by a program of today. When all are, take `replaces` out of the file"
    ));
    Ok(())
}

/// The revisions of the range, each behind all that it follows.
fn members(range: &str, graph: &Graph) -> Outcome<Vec<String>> {
    let wrong = |why: String| Failure::Usage(format!("{range}: {why}"));
    let (from, to) = range.split_once(':').ok_or_else(|| wrong("the form is `a:b`, `a:` or `:b`".to_owned()))?;
    let target = |word: &str| graph.target(word, &[]).map_err(|error| wrong(error.to_string()));
    let start = target(if from.is_empty() { "base" } else { from })?;
    let end = target(if to.is_empty() { "head" } else { to })?;
    let members = graph.in_order(&graph.between(&start, &end));
    match members.len() {
        0 => Err(wrong("there is no revision in it".to_owned())),
        1 => Err(wrong(format!("{} alone needs nothing that stands for it", members[0]))),
        _ => Ok(members),
    }
}

/// Where the one revision stands that takes the place of these.
///
/// # Errors
/// If others follow what would be gone, or these follow others in several places.
fn place(members: &[String], history: &History, graph: &Graph) -> Outcome<Place> {
    let all: BTreeSet<&String> = members.iter().collect();
    let last = &members[members.len() - 1];
    let refused = |message: String| Err(Failure::Usage(format!("{message}; choose another range")));
    let mut place = Place { replaces: members.to_vec(), ..Place::default() };
    for (at, node) in members.iter().filter_map(|id| graph.node(id)).enumerate() {
        if !node.replaces.is_empty() {
            return refused(format!(
                "{} stands for others itself: take `replaces` out of its file when every database has been upgraded",
                node.id
            ));
        }
        let outside = |ids: &[String]| ids.iter().filter(|id| !all.contains(id)).cloned().collect::<Vec<_>>();
        match outside(&node.after) {
            parents if at == 0 => place.after = parents,
            parents if parents.is_empty() => {}
            parents => return refused(format!("{} follows {}, which is not in it", node.id, parents.join(", "))),
        }
        for id in outside(&node.depends_on) {
            if !place.depends_on.contains(&id) {
                place.depends_on.push(id);
            }
        }
        place.labels.extend(node.labels.iter().cloned());
    }
    for node in graph.order().iter().filter(|id| !all.contains(id)).filter_map(|id| graph.node(id)) {
        let mut gone = node.after.iter().chain(&node.depends_on).filter(|id| all.contains(id) && *id != last);
        if let Some(gone) = gone.next() {
            return refused(format!("{} follows {gone}, which would be gone", node.id));
        }
    }
    let folder = history.entry(last).and_then(|entry| entry.path.parent()).unwrap_or(Path::new(""));
    place.folder = folder.strip_prefix(&history.versions).unwrap_or(Path::new("")).to_path_buf();
    Ok(place)
}

/// The files of the revisions that follow the last one or depend on it, with texts in which they follow the new one.
fn moved(
    members: &[String],
    id: &str,
    history: &History,
    graph: &Graph,
    console: &Console<'_>,
) -> Outcome<BTreeMap<PathBuf, String>> {
    let last = &members[members.len() - 1];
    let mut moved = BTreeMap::new();
    for entry in graph.order().iter().filter(|it| !members.contains(it)).filter_map(|it| history.entry(it)) {
        let file = &entry.file;
        if !file.after.contains(last) && !file.depends_on.contains(last) {
            continue;
        }
        let instead = |ids: &[String]| {
            ids.iter().map(|it| if it == last { id.to_owned() } else { it.clone() }).collect::<Vec<_>>()
        };
        let path = console.path(&entry.path);
        let text =
            fs::read_to_string(&entry.path).map_err(|error| Failure::Failed(format!("cannot read {path}: {error}")))?;
        let text = with_parents(&text, &instead(&file.after), &instead(&file.depends_on))
            .ok_or_else(|| format!("{path}: its `revision!` cannot be changed"))?;
        moved.insert(entry.path.clone(), text);
    }
    Ok(moved)
}
