//! What stands in the way has a code in `--json` and says what to do: each that a person can meet, by the real process on
//! real databases.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use migratable_core::Dialect;
use migratable_tests::databases::client::{Database, Server};
use migratable_tests::databases::{reader, rows};
use serde_json::Value;

use super::pooler::pooled;

const ALL: &[Dialect] = &[Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];
const SERVERS: &[Dialect] = &[Dialect::Postgres, Dialect::Mysql];

/// Where a command finds the database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    ItsUrl,
    Pooler,
    NoServer,
}

struct Case {
    code: &'static str,
    on: &'static [Dialect],
    through: Through,
    /// What was done before: by the program of a history, with these words.
    before: &'static [(&'static str, &'static [&'static str])],
    /// And then by hand.
    by_hand: &'static str,
    history: &'static str,
    words: &'static [&'static str],
    says: &'static [&'static str],
}

const CASE: Case = Case {
    code: "",
    on: ALL,
    through: Through::ItsUrl,
    before: &[],
    by_hand: "",
    history: "sound",
    words: &["upgrade"],
    says: &[],
};

const APPLIED: &[(&str, &[&str])] = &[("sound", &["upgrade"])];
const FIRST: &[(&str, &[&str])] = &[("sound", &["upgrade", "a1"])];

const CASES: [Case; 30] = [
    Case { code: "ahead", before: APPLIED, history: "first", says: &["a2", "use the program that applied"], ..CASE },
    Case { code: "diverged", before: APPLIED, history: "branch", says: &["a2", "b2", "merge the branches"], ..CASE },
    Case {
        code: "gap",
        before: APPLIED,
        by_hand: "DELETE FROM migratable_revisions WHERE revision = 'a1';",
        says: &["has a2, but not a1", "record that by `stamp REV`"],
        ..CASE
    },
    Case { code: "halfway", before: FIRST, history: "squashed", says: &["it lacks a2", "from before"], ..CASE },
    Case {
        code: "changed",
        before: APPLIED,
        by_hand: "UPDATE migratable_revisions SET checksum = 'other' WHERE revision = 'a1';",
        says: &["undo the edit", "`repair a1 --reason …`"],
        ..CASE
    },
    Case {
        code: "steps_changed",
        before: APPLIED,
        history: "other steps",
        words: &["upgrade", "--strict"],
        says: &["a step of revision a2 was changed", "undo the edit", "`repair a2 --reason …`", "without --strict"],
        ..CASE
    },
    Case {
        code: "older_tool",
        before: APPLIED,
        by_hand: "UPDATE migratable_revisions SET tool_version = '99.0.0';",
        says: &["version 99.0.0", "use the newer one"],
        ..CASE
    },
    Case {
        code: "unstampable",
        before: APPLIED,
        history: "first",
        words: &["stamp", "a1"],
        says: &["a2, which this program does not know", "`stamp --purge`"],
        ..CASE
    },
    Case {
        code: "unfinished",
        before: &[("halves", &["upgrade", "a1"]), ("halves", &["upgrade", "--transaction", "none"])],
        history: "halves",
        words: &["downgrade", "base"],
        says: &["b2 was begun by `upgrade`", "Go on with it by `upgrade b2`", "`repair b2 --not-applied --reason …`"],
        ..CASE
    },
    Case {
        code: "not_repaired",
        before: APPLIED,
        words: &["repair", "a1", "--reason", "x"],
        says: &["a1: it was not edited"],
        ..CASE
    },
    Case {
        code: "rows",
        before: FIRST,
        by_hand: "INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'ann');",
        history: "unique",
        says: &["are not unique in name", "name = 'ann'", "Nothing was changed"],
        ..CASE
    },
    Case { code: "statement", history: "statement", says: &["INSERT INTO nowhere", "nowhere"], ..CASE },
    Case { code: "step", history: "step", says: &["run fail", "the file of names is not there"], ..CASE },
    Case { code: "refused", history: "commit", says: &["the step `commit` ended", "must leave it open"], ..CASE },
    Case { code: "does_not_fit", history: "twice", says: &["b2 cannot be run: create table users"], ..CASE },
    Case {
        code: "irreversible",
        before: &[("one way", &["upgrade"])],
        history: "one way",
        words: &["downgrade", "base"],
        says: &["the bios are gone", "Downgrade to b2 at most"],
        ..CASE
    },
    Case {
        code: "pooler",
        on: &[Dialect::Postgres],
        through: Through::Pooler,
        says: &["another session after each transaction", "give the URL of the server itself"],
        ..CASE
    },
    Case {
        code: "backup",
        on: SERVERS,
        words: &["upgrade", "--backup"],
        says: &["is not copied, and nothing was changed", "dump"],
        ..CASE
    },
    Case {
        code: "backup",
        on: &[Dialect::Sqlite],
        before: FIRST,
        words: &["upgrade", "--backup=/nowhere/at/all.db"],
        says: &["is not copied, and nothing was changed", "cannot write /nowhere/at/all.db"],
        ..CASE
    },
    Case {
        code: "no_script",
        on: SERVERS,
        before: &[("other dialect", &["stamp", "head"])],
        history: "other dialect",
        words: &["verify"],
        says: &["cannot write SQL to", "has no SQL for", "add `."],
        ..CASE
    },
    Case {
        code: "unreadable",
        on: &[Dialect::Sqlite, Dialect::Postgres],
        before: &[("unknown function", &["stamp", "head"])],
        history: "unknown function",
        words: &["verify"],
        says: &["cannot read", "nowhere"],
        ..CASE
    },
    Case { code: "database", through: Through::NoServer, says: &["cannot open"], ..CASE },
    Case {
        code: "database",
        on: &[Dialect::Sqlite],
        through: Through::NoServer,
        words: &["repair", "a1", "--reason", "x"],
        says: &["nothing to repair"],
        ..CASE
    },
    Case {
        code: "database",
        on: &[Dialect::Sqlite],
        words: &["diff", "--from", "sqlite:///nowhere/at/all.db", "--to", "head"],
        says: &["is not there"],
        ..CASE
    },
    Case {
        code: "questions",
        on: &[Dialect::Sqlite],
        history: "other column",
        words: &["diff", "--from", "a1", "--to", "b2"],
        says: &["may be the same under another name", "--rename"],
        ..CASE
    },
    Case { code: "graph", history: "torn", says: &["do not fit together", "a1"], ..CASE },
    Case { code: "graph", history: "torn", words: &["stamp", "head"], says: &["do not fit together"], ..CASE },
    Case { code: "graph", history: "torn", words: &["upgrade", "--sql"], says: &["do not fit together"], ..CASE },
    Case {
        code: "irreversible",
        history: "one way",
        words: &["downgrade", "head:base", "--sql"],
        says: &["the bios are gone", "Downgrade to b2 at most"],
        ..CASE
    },
    Case { code: "does_not_fit", history: "twice", words: &["upgrade", "--sql"], says: &["b2 cannot be run"], ..CASE },
];

/// What is wrong usage, which is said on stderr alone.
const USAGE: [(&str, &[&str], &str); 3] = [
    ("no_such_revision", &["upgrade", "zz", "--json"], "no revision is called `zz`"),
    ("no_such_revision", &["stamp", "+9", "--json"], "goes further than there are revisions"),
    ("no_range", &["downgrade", "a1", "--sql", "--json"], "a downgrade needs both ends, as in `head:base`"),
];

/// What no process of `migrate` can meet.
const NOT_PROVOKED: [(&str, &str); 4] = [
    ("failed", "it has nothing to do with a database; the tests of the commands provoke it"),
    ("behind", "`upgrade` is what is to be done about it; an application is told by `ensure_current`"),
    ("in_transaction", "the connection of a process is its own; an application may hand over one in a transaction"),
    ("no_dialect", "this `migrate` is built with every dialect; one without refuses the URL as wrong usage"),
];

fn migrate(history: &str, url: &str, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refused"));
    command.env("HISTORY", history).current_dir(std::env::temp_dir()).args(["--database-url", url]).args(words);
    command.output().unwrap()
}

fn said(output: &Output) -> (String, String) {
    (String::from_utf8(output.stdout.clone()).unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

/// Where a database stands, its tables and its rows; the tool's own tables aside, which may be made to look.
fn all_of(database: &Database<'_>) -> (String, BTreeSet<String>, Vec<String>) {
    let held = reader::read_all(database).unwrap();
    let is_own = |line: &String| line.starts_with("migratable_");
    let rows = rows::snapshot(database).unwrap().lines();
    (
        said(&migrate("sound", &database.url(), &["current"])).0,
        held.managed.into_iter().chain(held.others).filter(|line| !is_own(line)).collect(),
        rows.into_iter().filter(|line| !is_own(line)).collect(),
    )
}

fn assert_refused(case: &Case, database: &Database<'_>) {
    let (dialect, code) = (database.dialect(), case.code);
    database.make("").unwrap();
    for (history, words) in case.before {
        let (ran, is_to_fail) = (migrate(history, &database.url(), words), words.contains(&"none"));
        assert_eq!(ran.status.code(), Some(i32::from(is_to_fail)), "{dialect} {code}: {:?}", said(&ran));
    }
    database.run(case.by_hand).unwrap();
    let url = match (case.through, dialect) {
        (Through::ItsUrl, _) => database.url(),
        (Through::Pooler, _) => pooled(database, 0),
        (Through::NoServer, Dialect::Sqlite) => "sqlite:///nowhere/at/all.db?mode=rw".to_owned(),
        (Through::NoServer, Dialect::Postgres) => "postgres://ann@127.0.0.1:1/nowhere".to_owned(),
        (Through::NoServer, Dialect::Mysql) => "mysql://ann@127.0.0.1:1/nowhere".to_owned(),
    };
    let before = all_of(database);

    let ran = migrate(case.history, &url, &[case.words, &["--json"]].concat());

    let (out, err) = said(&ran);
    assert_eq!(ran.status.code(), Some(1), "{dialect} {code}: {out}{err}");
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{dialect} {code}: {error}: {out}"));
    let message = report["error"]["message"].as_str().unwrap_or_default();
    assert_eq!(report["error"]["code"], code, "{dialect}: {out}");
    for part in case.says {
        assert!(message.contains(part), "{dialect} {code} says nothing of {part:?}: {message}");
    }
    assert_eq!(err, format!("error: {message}\n"), "{dialect} {code}");
    if !["statement", "step", "refused", "does_not_fit"].contains(&code) {
        assert_eq!(all_of(database), before, "{dialect} {code}: something was changed");
    }
}

#[test]
fn what_stands_in_the_way_has_a_code_and_says_what_to_do() {
    for &dialect in ALL {
        let server = Server::of(dialect).unwrap();
        let database = server.database("codes").unwrap();
        for case in CASES.iter().filter(|case| case.on.contains(&dialect)) {
            assert_refused(case, &database);
        }
        database.make("").unwrap();
        for (code, words, says) in USAGE {
            let ran = migrate("sound", &database.url(), words);
            let (out, err) = said(&ran);
            assert_eq!((ran.status.code(), out.as_str()), (Some(2), ""), "{dialect} {code}: {err}");
            assert!(err.contains(says), "{dialect} {code}: {err}");
        }
    }
}

#[test]
fn every_code_is_provoked_or_it_is_said_why_not() {
    let page = include_str!("../../../docs/refusals.md");
    let all: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let provoked: BTreeSet<&str> =
        CASES.iter().map(|case| case.code).chain(USAGE.iter().map(|(code, ..)| *code)).collect();
    let not_provoked: BTreeSet<&str> = NOT_PROVOKED.iter().map(|(code, _)| *code).collect();
    assert!(provoked.is_disjoint(&not_provoked));
    assert_eq!(&provoked | &not_provoked, all);
}
