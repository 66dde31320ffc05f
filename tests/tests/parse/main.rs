//! Whatever somebody writes, and however it is broken, is read or refused with its place.

#![allow(clippy::unwrap_used)]

mod parsed;

use migratable_core::{Schema, lock};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

const LOCK: &str = include_str!("../../../migrations/schema.lock");
const MODELS: &str = include_str!("../../../examples/microblog/src/models.rs");
const CONFIGURATION: &str = include_str!("../../../migrations/Cargo.toml");
const REVISIONS: [&str; 4] = [
    include_str!("../../../migrations/versions/20261121_010316_54dea9036938_users_and_their_posts.rs"),
    include_str!("../../../migrations/versions/20261121_010318_39c56fd6bc37_comments_tags_and_followers.rs"),
    include_str!("../../../migrations/versions/20261121_010323_dd1a2aa4fc26_users_have_roles.rs"),
    include_str!(
        "../../../migrations/versions/20261121_010324_0d5813c7508d_split_the_location_into_city_and_country.rs"
    ),
];
const WORDS: [&str; 6] = ["head-1", "shop@+2", "base:head", "aa01:größe@head", "-3:current", "ab02@base"];
const URLS: [&str; 5] = [
    "postgres://ada@db.example.org:5432/blog?sslmode=require&password=secret",
    "mysql://ada:secret@localhost/blog",
    "sqlite://data/blog.db?mode=ro",
    "sqlite::memory:",
    "host=localhost password=secret dbname=blog",
];
/// What people and programs leave behind.
const SCRAPS: [&str; 34] = [
    "",
    "\"",
    "'",
    "`",
    "\\",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "[[",
    "]]",
    "=",
    ",",
    "#",
    "//",
    "@",
    ":",
    "+",
    "-",
    "é",
    "\u{2603}",
    "99999999999999999999",
    "-1",
    "true",
    "r#\"",
    "<<<<<<< HEAD\n",
    "=======\n",
    ">>>>>>> b\n",
];

/// How many cases each: some in CI, as many as are asked for by hand.
fn cases() -> u32 {
    std::env::var("MIGRATABLE_PARSE_CASES").map_or(400, |count| count.parse().unwrap())
}

/// A change of a text: from one place to another something else stands there, or what stands elsewhere.
#[derive(Clone, Debug)]
enum Edit {
    Put(Index, u8, &'static str),
    Copy(Index, Index, u8),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let put =
        (any::<Index>(), 0..12u8, select(&SCRAPS[..])).prop_map(|(at, length, scrap)| Edit::Put(at, length, scrap));
    let copy = (any::<Index>(), any::<Index>(), 1..80u8).prop_map(|(to, from, length)| Edit::Copy(to, from, length));
    proptest::collection::vec(prop_oneof![put, copy], 1..5)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for edit in edits {
        let end = |at: usize, length: u8, of: &[char]| (at + usize::from(length)).min(of.len());
        match edit {
            Edit::Put(at, length, scrap) => {
                let at = at.index(chars.len() + 1);
                let end = end(at, *length, &chars);
                chars.splice(at..end, scrap.chars());
            }
            Edit::Copy(to, from, length) => {
                let (to, from) = (to.index(chars.len() + 1), from.index(chars.len() + 1));
                let copied = chars[from..end(from, *length, &chars)].to_vec();
                chars.splice(to..to, copied);
            }
        }
    }
    chars.into_iter().collect()
}

/// Edits the seeds and has them read.
fn broken(seeds: &'static [&'static str], read: impl Fn(&str)) {
    let mut runner = TestRunner::new(Config { cases: cases(), ..Config::default() });
    runner
        .run(&(select(seeds), edits()), |(seed, edits)| {
            read(&edited(seed, &edits));
            Ok(())
        })
        .unwrap();
}

fn schema() -> Schema {
    lock::read(LOCK).unwrap().schema
}

#[test]
fn a_broken_lock_is_read_or_refused() {
    let other = schema();
    broken(&[LOCK], |text| parsed::lock(text, &other));
}

#[test]
fn a_broken_revision_is_read_or_refused() {
    let schema = schema();
    broken(&REVISIONS, |text| parsed::revision(text, &schema));
}

#[test]
fn broken_models_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    broken(&[MODELS], |text| parsed::models(text, folder.path()));
}

#[test]
fn broken_words_name_revisions_or_none() {
    broken(&WORDS, parsed::revision_words);
}

#[test]
fn a_broken_url_is_read_or_refused_and_keeps_its_secret() {
    broken(&URLS, parsed::url);
}

#[test]
fn a_broken_configuration_is_read_or_refused() {
    broken(&[CONFIGURATION], parsed::configuration);
}
