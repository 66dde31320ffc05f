//! What a scan keeps between two runs: for each file its facts, its models, and what these ask of other files.
//!
//! The format is binary, of fixed-width numbers and counted strings, because it is decoded by unoptimised code. A cache
//! that is damaged, or was written by another build of the tool or for another package, counts as none.

mod codec;
mod records;

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::fs::{self, Metadata};
use std::hash::Hasher;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use migratable_core::{Dialect, Naming};

use self::codec::{Codec, Reader};
use super::databases::Databases;
use super::lookup::Dependency;
use super::module_tree::SourceFile;
use super::resolve::ResolvedModel;
use super::source::Facts;
use crate::whole_file;

const MAGIC: &[u8] = b"migratable models 1\n";

/// A file's time counts as new for so long after it: file systems round times, and a second write may get the same one.
const ROUNDING: Duration = Duration::from_secs(2);

/// The time and length of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    nanoseconds: u64,
    length: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Stamp {
        let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
        Stamp { nanoseconds: nanoseconds(modified), length: metadata.len() }
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The hash of a file's text.
pub(super) fn text_hash(text: &str) -> u64 {
    bytes_hash(text.as_bytes())
}

fn bytes_hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// What a cache is good for: one build of the tool, one package, what is set for it.
pub(super) struct Key(String);

impl Key {
    pub(super) fn new(
        package: &str,
        manifest_dir: &Path,
        dialects: &[Dialect],
        databases: &Databases,
        naming: &Naming,
    ) -> Key {
        let tool = std::env::current_exe().and_then(fs::metadata).map(|it| Stamp::of(&it)).unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION");
        Key(format!("{version} {tool:?} {package:?} {dialects:?} {databases:?} {naming:?} {}", manifest_dir.display()))
    }
}

/// What an earlier run has written.
#[derive(Default)]
pub(super) struct Stored {
    bytes: Rc<Vec<u8>>,
    records: HashMap<String, Record>,
}

/// What is kept of a file.
pub(super) struct Record {
    stamp: Stamp,
    /// Whether the file may have been written again in the moment of the stamp.
    is_recent: bool,
    pub(super) text_hash: u64,
    module: Vec<String>,
    facts: Range<usize>,
    results: Range<usize>,
}

impl Record {
    /// Whether the file is the one that was read, by its time and length alone.
    pub(super) fn is_fresh(&self, stamp: Stamp) -> bool {
        self.stamp == stamp && !self.is_recent
    }
}

/// The models of a file as an earlier run found them.
pub(super) struct StoredResults {
    pub(super) dependencies: Vec<Dependency>,
    /// The definitions of the file that are embedded somewhere.
    pub(super) embedded: Vec<String>,
    bytes: Rc<Vec<u8>>,
    models: Range<usize>,
    /// All of it, to be written again.
    whole: Range<usize>,
}

impl StoredResults {
    /// The models, or nothing if the cache is damaged.
    pub(super) fn models(&self) -> Option<Vec<ResolvedModel>> {
        Codec::get(&mut Reader::new(&self.bytes, self.models.clone()))
    }
}

/// The models of a file in this run; with what they ask if they were read anew.
pub(super) struct Results {
    pub(super) models: Vec<ResolvedModel>,
    pub(super) fresh: Option<(Vec<Dependency>, Vec<String>)>,
}

impl Stored {
    /// What is kept of a file that is still the same module.
    pub(super) fn record(&self, path: &Path, module: &[String]) -> Option<&Record> {
        self.records.get(path.to_str()?).filter(|record| record.module == module)
    }

    /// The facts and results of a record.
    pub(super) fn decode(&self, record: &Record) -> Option<(Facts, StoredResults)> {
        let facts = Facts::get(&mut Reader::new(&self.bytes, record.facts.clone()))?;
        let mut reader = Reader::new(&self.bytes, record.results.clone());
        let dependencies = Vec::get(&mut reader)?;
        let embedded = Vec::get(&mut reader)?;
        let models = reader.rest();
        let (bytes, whole) = (Rc::clone(&self.bytes), record.results.clone());
        Some((facts, StoredResults { dependencies, embedded, bytes, models, whole }))
    }
}

/// Reads a cache; one that is not there, damaged or of another key is empty.
pub(super) fn read(path: &Path, key: &Key) -> Stored {
    fs::read(path).ok().and_then(|bytes| parse(bytes, key)).unwrap_or_default()
}

fn parse(bytes: Vec<u8>, key: &Key) -> Option<Stored> {
    let body_at = MAGIC.len() + 8;
    let checksum = bytes.strip_prefix(MAGIC)?.get(..8)?;
    if bytes_hash(bytes.get(body_at..)?).to_le_bytes() != checksum {
        return None;
    }
    let mut reader = Reader::new(&bytes, body_at..bytes.len());
    if String::get(&mut reader)? != key.0 {
        return None;
    }
    let written = u64::get(&mut reader)?;
    let rounding = u64::try_from(ROUNDING.as_nanos()).unwrap_or(u64::MAX);
    let mut records = HashMap::new();
    for _ in 0..usize::get(&mut reader)? {
        let path = String::get(&mut reader)?;
        let stamp = Stamp { nanoseconds: u64::get(&mut reader)?, length: u64::get(&mut reader)? };
        let is_recent = stamp.nanoseconds.saturating_add(rounding) >= written;
        let text_hash = u64::get(&mut reader)?;
        let module = Vec::get(&mut reader)?;
        let facts = reader.counted()?;
        let results = reader.counted()?;
        records.insert(path, Record { stamp, is_recent, text_hash, module, facts, results });
    }
    Some(Stored { bytes: Rc::new(bytes), records })
}

/// Writes what was found, if it differs from what was stored. A cache that cannot be written is done without.
pub(super) fn write(path: &Path, key: &Key, stored: &Stored, files: &[SourceFile], results: &[Results]) {
    let unchanged = |(file, results): (&SourceFile, &Results)| {
        results.fresh.is_none()
            && stored.record(&file.path, &file.module).is_some_and(|record| record.is_fresh(file.stamp))
    };
    if files.len() == stored.records.len() && files.iter().zip(results).all(unchanged) {
        return;
    }
    let mut body = Vec::with_capacity(stored.bytes.len() + 4096);
    key.0.put(&mut body);
    nanoseconds(SystemTime::now()).put(&mut body);
    let kept: Vec<(&str, &SourceFile, &Results)> = files
        .iter()
        .zip(results)
        .filter(|(file, _)| file.facts.error.is_none())
        .filter_map(|(file, results)| Some((file.path.to_str()?, file, results)))
        .collect();
    kept.len().put(&mut body);
    for (path, file, results) in kept {
        path.to_owned().put(&mut body);
        file.stamp.nanoseconds.put(&mut body);
        file.stamp.length.put(&mut body);
        file.text_hash.put(&mut body);
        file.module.put(&mut body);
        codec::counted(&mut body, |body| file.facts.put(body));
        codec::counted(&mut body, |body| match (&results.fresh, &file.stored) {
            (Some((dependencies, embedded)), _) => {
                dependencies.put(body);
                embedded.put(body);
                results.models.put(body);
            }
            (None, Some(before)) => body.extend_from_slice(&before.bytes[before.whole.clone()]),
            (None, None) => {}
        });
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend(bytes_hash(&body).to_le_bytes());
    bytes.append(&mut body);
    // Without a cache the next scan only takes longer.
    let _ = whole_file::write(path, bytes);
}
