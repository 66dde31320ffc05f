//! Each option that the page for those who come from Alembic or Flask-Migrate names does what it is for: without it
//! something else is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use migratable::revision::*;
use migratable_cli::{Migrator, Project};

use crate::coming_from::named_here;
use crate::database::{CONFIGURATION, revision};
use crate::movement::say;
use crate::project::{Blog, Ran, run};

const USER: &str = "#[derive(Migratable)]\npub struct User {\n    pub id: i64,\n}\n";

static REVISIONS: [migratable::Revision; 2] = [
    revision(
        "aa0000000001",
        &[],
        "first",
        |op| op.create_table(table("greetings").column(column("text", text()).nullable())),
        |op| op.drop_table("greetings"),
    ),
    revision("bb0000000002", &["aa0000000001"], "greet", |op| op.run(say), |op| op.run(say)),
];

/// A command without the options, and what is seen with one of them and not without it.
struct Case {
    /// The options, which mean the same.
    options: &'static [&'static str],
    /// What is done before, a command each; one that begins with `SQL` is for the database.
    before: &'static [&'static str],
    /// The command, which the options belong to.
    command: &'static str,
    /// The value of the option.
    value: &'static str,
    /// What is seen with it; with a `!` in front, without it only.
    seen: &'static str,
}

const fn case(
    options: &'static [&'static str],
    before: &'static [&'static str],
    command: &'static str,
    value: &'static str,
    seen: &'static str,
) -> Case {
    Case { options, before, command, value, seen }
}

/// Commands on revisions in files: `bb` and, with the label `side`, `cc` follow `aa`; `cc` depends on `bb`.
const OF_FILES: &[Case] = &[
    case(&["--version"], &[], "", "", concat!("migrate ", env!("CARGO_PKG_VERSION"))),
    case(&["-m", "--message"], &[], "revision --empty --head bb", "hello", "//! hello"),
    case(&["--empty"], &[], "revision --head bb", "", "wrote migrations/"),
    case(&["--head"], &[], "revision --empty", "bb", "wrote migrations/"),
    case(&["--splice"], &[], "revision --empty --head aa --branch-label fresh", "", "wrote migrations/"),
    case(&["--branch-label"], &[], "revision --empty --head bb", "fresh", "labels = [\"fresh\"]"),
    case(&["--version-path"], &[], "revision --empty --head bb", "deep", "wrote migrations/versions/deep/"),
    case(&["--rev-id"], &[], "revision --empty --head bb", "ee0000000005", "revision!(\"ee0000000005\""),
    case(&["--depends-on"], &[], "revision --empty --head bb", "side@head", "depends_on = [\"cc0000000003\"]"),
    case(&["-m", "--message"], &[], "merge bb cc", "hello", "//! hello"),
    case(&["--branch-label"], &[], "merge bb cc", "fresh", "labels = [\"fresh\"]"),
    case(&["--rev-id"], &[], "merge bb cc", "ee0000000005", "revision!(\"ee0000000005\""),
    case(&["-r", "--rev-range"], &[], "history", "bb:", "!base -> aa0000000001"),
    case(&["-v", "--verbose"], &[], "history", "", "file: migrations/versions/"),
    case(&["-v", "--verbose"], &[], "heads", "", "file: migrations/versions/"),
    case(&["--resolve-dependencies"], &[], "heads", "", "!-> bb0000000002"),
    case(&["-v", "--verbose"], &[], "branches", "", "file: migrations/versions/"),
];

/// Commands on a database, by a program with two revisions.
const OF_DATABASES: &[Case] = &[
    case(&["--database"], &[], "upgrade", "adit", "there is no database `adit`"),
    case(&["-x", "--x-arg"], &[], "upgrade", "who=Ada", "Some(Ada)"),
    case(&["--tag"], &[], "upgrade", "spring", "Some(spring)"),
    case(&["--sql"], &[], "upgrade aa", "", "CREATE TABLE \"greetings\""),
    case(&["--dialect"], &[], "upgrade aa --sql", "mysql", "SET NAMES utf8mb4"),
    case(&["--idempotent"], &[], "upgrade aa --sql", "", "migratable_part.sql"),
    case(&["-x", "--x-arg"], &["upgrade"], "downgrade", "who=Ada", "Some(Ada)"),
    case(&["--tag"], &["upgrade"], "downgrade", "spring", "Some(spring)"),
    case(&["--sql"], &[], "downgrade aa:base", "", "DROP TABLE \"greetings\""),
    case(&["--dialect"], &[], "downgrade aa:base --sql", "mysql", "SET NAMES utf8mb4"),
    case(&["--idempotent"], &[], "downgrade aa:base --sql", "", "migratable_part.sql"),
    case(&["--sql"], &[], "stamp aa", "", "INSERT INTO migratable_revisions"),
    case(
        &["--purge"],
        &["upgrade", "SQL UPDATE migratable_revisions SET revision = 'gone' WHERE revision = 'bb0000000002'"],
        "stamp aa",
        "",
        "nothing was run",
    ),
    case(&["--sql"], &[], "ensure-version", "", "CREATE TABLE IF NOT EXISTS migratable_revisions"),
    case(&["-v", "--verbose"], &["upgrade"], "current", "", "message: greet"),
    case(&["-c", "--check-heads"], &["upgrade aa"], "current", "", "the head bb0000000002 is not applied"),
    case(&["-i", "--indicate-current"], &["upgrade aa"], "history", "", "(current)"),
];

fn of_files() -> Blog {
    let blog = Blog::new(USER);
    let users = "op.create_table(table(\"users\").column(column(\"id\", bigint()).identity(identity()))\
         .primary_key(\"pk_users\", [\"id\"]));";
    blog.revision("aa0000000001", &[], users, "op.drop_table(\"users\");");
    blog.revision("bb0000000002", &["aa0000000001"], "", "");
    blog.revision("cc0000000003", &["aa0000000001"], "", "");
    let file = blog.file("cc0000000003");
    let placed = "after = [\"aa0000000001\"], labels = [\"side\"], depends_on = [\"bb0000000002\"])";
    blog.write(&file, &blog.read(&file).replace("after = [\"aa0000000001\"])", placed));
    blog.ok(&["lock"]);
    blog
}

fn of_databases() -> Blog {
    let blog = Blog::new("");
    blog.revision("aa0000000001", &[], "", "");
    blog.revision("bb0000000002", &["aa0000000001"], "", "");
    blog
}

/// The text of every file below a folder.
fn texts(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => texts(&path, all),
            false => all.push_str(&fs::read_to_string(path).unwrap()),
        }
    }
}

/// Runs some commands, each of which must end well, and then another one.
fn after(blog: &Blog, before: &[&str], words: &[&str]) -> Ran {
    let project = Project::new(blog.path("migrations"), "blog-migrations", CONFIGURATION);
    let project = project.with_migrator(Migrator::new(&REVISIONS));
    let run = |words: &[&str]| run(&project, &blog.root, &BTreeMap::new(), None, words);
    for before in before {
        if let Some(sql) = before.strip_prefix("SQL ") {
            sqlite(blog, sql);
            continue;
        }
        let ran = run(&before.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.status, 0, "{before}: {}", ran.err);
    }
    run(words)
}

fn sqlite(blog: &Blog, sql: &str) -> String {
    let said = Command::new("sqlite3").arg(blog.path("blog.db")).arg(sql).output().unwrap();
    String::from_utf8(said.stdout).unwrap()
}

/// All that can be seen after a command: what it says, what the files hold, what the step wrote.
fn seen(case: &Case, world: fn() -> Blog, option: Option<&str>) -> String {
    let blog = world();
    let mut words: Vec<&str> = case.command.split(' ').filter(|word| !word.is_empty()).collect();
    words.extend(option.into_iter().chain(option.and(Some(case.value))).filter(|word| !word.is_empty()));
    let ran = after(&blog, case.before, &words);
    let mut all = ran.out + &ran.err;
    texts(&blog.path("migrations/versions"), &mut all);
    if blog.path("blog.db").exists() {
        all.push_str(&sqlite(&blog, "SELECT text FROM greetings"));
    }
    all
}

#[test]
fn what_each_option_does_is_not_seen_without_it() {
    for (cases, world) in [(OF_FILES, of_files as fn() -> Blog), (OF_DATABASES, of_databases)] {
        for case in cases {
            let without = seen(case, world, None);
            for option in case.options {
                let with = seen(case, world, Some(option));
                let (there, gone) = match case.seen.strip_prefix('!') {
                    Some(words) => (&without, (&with, words)),
                    None => (&with, (&without, case.seen)),
                };
                let (other, words) = gone;
                assert!(there.contains(words), "`{} {option}`: no `{words}` in\n{there}", case.command);
                assert!(!other.contains(words), "`{} {option}`: `{words}` is in\n{other}", case.command);
            }
        }
    }
}

#[test]
fn no_option_of_the_page_is_left_out() {
    let tried: BTreeSet<String> = OF_FILES
        .iter()
        .chain(OF_DATABASES)
        .flat_map(|case| {
            let command = case.command.split(' ').next().unwrap_or_default();
            case.options.iter().map(move |option| format!("migrate {command} {option}").replace("  ", " "))
        })
        .collect();
    let named = named_here().filter(|words| words.contains(" -"));
    let missing: Vec<&str> = named.filter(|words| !tried.contains(*words)).collect();
    assert!(missing.is_empty(), "nothing tries {missing:#?}");
}

/// A command of each name that takes `--json`, and what is done before.
const REPORTING: &[(&[&str], &str)] = &[
    (&[], "revision --empty --head bb"),
    (&[], "history"),
    (&[], "heads"),
    (&[], "branches"),
    (&[], "show bb"),
    (&[], "check"),
    (&[], "merge bb cc"),
    (&[], "rebase bb"),
    (&["remove cc"], "squash base:bb"),
    (&[], "remove cc"),
    (&[], "lock"),
    (&[], "upgrade"),
    (&["upgrade"], "downgrade"),
    (&["upgrade"], "current"),
    (&["upgrade"], "status"),
    (&[], "stamp bb"),
    (&["upgrade aa", "SQL UPDATE migratable_revisions SET checksum = 'other'"], "repair aa --reason why"),
    (&["upgrade"], "verify"),
    (&[], "diff --from base --to aa"),
];

#[test]
fn what_reports_prints_one_json_value_and_nothing_else() {
    let definition = migratable_cli::definition();
    let reporting: BTreeSet<&str> = definition
        .get_subcommands()
        .filter(|command| command.get_arguments().any(|it| it.get_long() == Some("json")))
        .map(clap::Command::get_name)
        .collect();
    let name = |command: &'static str| command.split(' ').next().unwrap();
    assert_eq!(REPORTING.iter().map(|(_, command)| name(command)).collect::<BTreeSet<_>>(), reporting);
    for (before, command) in REPORTING {
        let blog = of_files();
        let words: Vec<&str> = command.split(' ').chain(["--json"]).collect();
        let ran = after(&blog, before, &words);
        let value = serde_json::from_str::<serde_json::Value>(&ran.out);
        assert!(value.is_ok_and(|it| it.is_object() || it.is_array()), "{command}: {}{}", ran.out, ran.err);
    }
}
