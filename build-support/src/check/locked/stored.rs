//! A lock in the form in which it is kept between builds.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fs::{self, Metadata};
use std::hash::Hasher;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use migratable_core::lock;
use migratable_core::{Model, Schema, TableName};
use migratable_syntax::whole_file;

use super::{Locked, LockedTable};

/// A file's time counts as new for so long after it: file systems round times, and a second write may get the same one.
const ROUNDING: Duration = Duration::from_secs(2);

/// What must be the same for the kept form to hold: this very program, and the lock by time and length.
pub(super) struct Key {
    text: String,
    /// The time of the lock.
    modified: Duration,
}

/// The key of a lock as it is now.
pub(super) fn key(lock: &Path) -> Option<Key> {
    let since = |metadata: &Metadata| metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok();
    let program = fs::metadata(std::env::current_exe().ok()?).ok()?;
    let metadata = fs::metadata(lock).ok()?;
    let modified = since(&metadata)?;
    let text = format!(
        "{} {} {} {} {}",
        since(&program)?.as_nanos(),
        program.len(),
        modified.as_nanos(),
        metadata.len(),
        lock.display()
    );
    Some(Key { text, modified })
}

fn hash(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    format!("{:016x}", hasher.finish())
}

/// Keeps a lock. If that fails, it is parsed again the next time.
pub(super) fn write(cache: &Path, key: &Key, locked: &Locked, text: &str) {
    let mut out = String::with_capacity(text.len());
    put(&mut out, &key.text);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    put(&mut out, if key.modified.saturating_add(ROUNDING) >= now { "recent" } else { "" });
    put(&mut out, &hash(text));
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
    // Without it the next build only reads the lock itself.
    let _ = whole_file::write(cache, hash(&out) + &out);
}

/// The lock that is kept under that key, if there is one. A damaged file counts as none.
pub(super) fn read(cache: &Path, key: &Key, path: &Path) -> Option<Locked> {
    let text = fs::read_to_string(cache).ok()?;
    let (checksum, body) = text.split_at_checked(16)?;
    if hash(body) != checksum {
        return None;
    }
    let mut words = Words(body);
    if words.next()? != key.text {
        return None;
    }
    let (recent, lock_hash) = (words.next()? == "recent", words.next()?);
    if recent && hash(&fs::read_to_string(path).ok()?) != lock_hash {
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
