//! A lock in the form in which it is kept between builds.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::UNIX_EPOCH;

use migratable_core::lock;
use migratable_core::{Model, Schema, TableName};

use super::{Locked, LockedTable};

/// What must be the same for the kept form to hold: this very program, and the lock by time and length.
pub(super) fn key(lock: &Path) -> Option<String> {
    let of = |path: &Path| {
        let metadata = fs::metadata(path).ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("{} {}", modified.as_nanos(), metadata.len()))
    };
    let program = std::env::current_exe().ok()?;
    Some(format!("{} {} {}", of(&program)?, of(lock)?, lock.display()))
}

/// Keeps a lock. If that fails, it is parsed again the next time.
pub(super) fn write(cache: &Path, key: &str, locked: &Locked, text: &str) {
    let mut out = String::with_capacity(text.len());
    put(&mut out, key);
    put(&mut out, &range(&locked.head));
    let enums = Schema { enums: locked.enums.clone(), ..Schema::default() };
    put(&mut out, &if enums.enums.is_empty() { String::new() } else { lock::write(&[], &enums) });
    for (name, table) in &locked.tables {
        put(&mut out, &name.to_string());
        put(&mut out, &range(&table.place));
        put(&mut out, if table.model.is_some() { "model" } else { "" });
        put(&mut out, table.model.as_ref().map_or("", |model| model.name.as_str()));
        put(&mut out, table.model.as_ref().map_or("", |model| model.package.as_str()));
        put(&mut out, &table.text);
    }
    let _ = fs::write(cache, out);
}

/// The lock that is kept under that key, if there is one.
pub(super) fn read(cache: &Path, key: &str, path: &Path) -> Option<Locked> {
    let text = fs::read_to_string(cache).ok()?;
    let mut words = Words(&text);
    if words.next()? != key {
        return None;
    }
    let head = parsed_range(words.next()?)?;
    let enums = match words.next()? {
        "" => BTreeMap::new(),
        text => lock::read(text).ok()?.schema.enums,
    };
    let mut tables = BTreeMap::new();
    while !words.0.is_empty() {
        let name = TableName::parse(words.next()?);
        let place = parsed_range(words.next()?)?;
        let has_model = words.next()? == "model";
        let model = Model { name: words.next()?.to_owned(), package: words.next()?.to_owned() };
        let text = words.next()?.to_owned();
        tables.insert(name, LockedTable { text, model: has_model.then_some(model), place });
    }
    Some(Locked { path: path.to_owned(), head, tables, enums })
}

/// Texts one after the other, each behind its length.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (length, rest) = self.0.split_once(':')?;
        let (word, rest) = rest.split_at_checked(length.parse().ok()?)?;
        self.0 = rest;
        Some(word)
    }
}

fn put(out: &mut String, word: &str) {
    out.push_str(&word.len().to_string());
    out.push(':');
    out.push_str(word);
}

fn range(range: &Range<usize>) -> String {
    format!("{} {}", range.start, range.end)
}

fn parsed_range(text: &str) -> Option<Range<usize>> {
    let (start, end) = text.split_once(' ')?;
    Some(start.parse().ok()?..end.parse().ok()?)
}
