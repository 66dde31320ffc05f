//! What reads texts that people write: each takes any text, and must read it or refuse it, never panic.

use std::fs;
use std::path::Path;

use migratable_build::configuration::Configuration;
use migratable_cli::url;
use migratable_core::diff::{Answers, diff};
use migratable_core::graph::{Graph, Node};
use migratable_core::{Dialect, Schema, lock};
use migratable_syntax::{models, revision};

const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];

/// A lock. What is read is written as it is, and compared with another schema.
pub fn lock(text: &str, other: &Schema) {
    match lock::read(text) {
        Ok(read) => {
            let written = lock::write(&read.heads, &read.schema);
            let again =
                lock::read(&written).unwrap_or_else(|error| panic!("{error:?} in what was written:\n{written}"));
            assert_eq!(lock::write(&again.heads, &again.schema), written);
            let answers = Answers { allow_loss: true, ..Answers::default() };
            for (before, after) in [(&read.schema, other), (other, &read.schema)] {
                if let Ok(plan) = diff(before, after, &answers) {
                    let mut schema = before.clone();
                    plan.upgrade.iter().for_each(|operation| operation.apply(&mut schema).unwrap());
                }
            }
        }
        Err(error) => in_text(text, error.line),
    }
}

/// A revision file. What is read is done to a schema, which may not be what it is meant for.
pub fn revision(text: &str, schema: &Schema) {
    match revision::parse(text) {
        Ok(file) => {
            for operations in [file.upgrade_operations(), file.downgrade_operations()] {
                let mut schema = schema.clone();
                for operation in &operations {
                    let _ = operation.to_string();
                    if operation.apply(&mut schema).is_err() {
                        break;
                    }
                }
            }
            let _ = (file.checksum(), file.steps_checksum);
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            mistakes.iter().for_each(|mistake| in_text(text, mistake.line));
        }
    }
}

/// The source of models, with their attributes; the folder is for it alone.
pub fn models(text: &str, folder: &Path) {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), "[package]\nname = \"blog\"\n").unwrap();
    fs::write(folder.join("src/lib.rs"), text).unwrap();
    let found = models::scan("blog", folder, &DIALECTS, None);
    found.errors.iter().for_each(|error| in_text(text, error.line));
}

/// Words that name revisions, in a history with branches, labels and a merge.
pub fn revision_words(text: &str) {
    let node = |id: &str, after: &[&str], labels: &[&str]| Node {
        id: id.to_owned(),
        after: after.iter().map(|&it| it.to_owned()).collect(),
        depends_on: Vec::new(),
        labels: labels.iter().map(|&it| it.to_owned()).collect(),
        replaces: Vec::new(),
    };
    let graph = Graph::new(vec![
        node("aa01", &[], &[]),
        node("ab02", &["aa01"], &["shop"]),
        node("ac03", &["aa01"], &[]),
        node("ad04", &["ab02", "ac03"], &[]),
        node("ae05", &[], &["größe"]),
    ])
    .unwrap();
    for current in [&[][..], &["ab02", "ac03"], &["ad04", "ae05"]] {
        if let Ok(target) = graph.target(text, current) {
            assert!(target.revisions.iter().all(|id| graph.node(id).is_some()), "{text}: {target:?}");
        }
        for (from, to) in text.match_indices(':').map(|(at, _)| (&text[..at], &text[at + 1..])) {
            if let (Ok(from), Ok(to)) = (graph.target(from, current), graph.target(to, current)) {
                graph.between(&from, &to);
            }
        }
    }
}

/// The Cargo.toml of a migrations package.
pub fn configuration(text: &str) {
    if let Ok(configuration) = Configuration::of_text(Path::new("/nowhere"), text) {
        let _ = (configuration.lock(), configuration.versions(), configuration.each().len());
    }
}

/// A database URL. What is shown of it keeps no password that it is given.
pub fn url(text: &str) {
    const SECRET: &str = "k9ZqW7xU";
    let _ = (url::sqlite_file(text), url::decoded(text), url::is_secret(text), url::anchored(text, Path::new("/a")));
    if let Err(refused) = url::dialect(text) {
        assert!(refused.contains(&url::shown(text)), "{text}: {refused}");
    }
    let Some((scheme, rest)) = text.split_once("://") else { return };
    let secret = format!("{scheme}://user:{SECRET}@{}", rest.replace(['@', '/'], ""));
    let hushed = url::hushed(&format!("cannot open {secret}: no {SECRET}"), &secret);
    for said in [url::shown(&secret), url::dialect(&secret).err().unwrap_or_default(), hushed] {
        assert!(!said.contains(SECRET), "{secret}: {said}");
    }
}

fn in_text(text: &str, line: usize) {
    assert!(line <= text.lines().count() + 1, "line {line} of\n{text}");
}
