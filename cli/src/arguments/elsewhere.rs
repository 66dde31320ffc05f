//! Words of Alembic and Flask-Migrate that are no words here, and what is typed instead.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The command that they belong to, none for each; the words; what is to be known.
const INSTEAD: [(Option<&str>, &[&str], &str); 15] = [
    (
        Some("init"),
        &["--multidb"],
        "a section [package.metadata.migratable.databases.NAME] in the Cargo.toml of the migrations package adds a \
         database at any time, and #[migratable(database = \"NAME\")] puts a model into it",
    ),
    (Some("init"), &["--package"], "the migrations always are a package"),
    (Some("init"), &["-d", "--directory"], "the folder is named by --migrations FOLDER"),
    (Some("init"), &["-t", "--template"], NO_TEMPLATES),
    (None, &["list-templates", "list_templates"], NO_TEMPLATES),
    (
        Some("merge"),
        &["--splice"],
        "heads are joined; behind another revision a branch begins by revision --head REV --splice",
    ),
    (Some("stamp"), &["--tag"], "nothing is run that could ask for it"),
    (Some("revision"), &["-x", "--x-arg"], NOTHING_RUNS),
    (Some("migrate"), &["-x", "--x-arg"], NOTHING_RUNS),
    (None, &["-x", "--x-arg"], "it stands behind the command that runs data steps: upgrade -x key=value"),
    (
        None,
        &["-d", "--directory"],
        "the folder is known, that of the migrations package; of several packages one is chosen by \
         cargo migratable --package NAME",
    ),
    (
        None,
        &["-c", "--config"],
        "the configuration is [package.metadata.migratable] in the Cargo.toml of the migrations package, compiled in",
    ),
    (None, &["-n", "--name"], "one of several databases is chosen by --database NAME"),
    (
        None,
        &["-q", "--quiet", "--raiseerr"],
        "only results go to stdout, `2> /dev/null` leaves nothing else; and an error has no stack of calls to show",
    ),
    (None, &["db"], "the command stands right behind, without `db`"),
];

const NO_TEMPLATES: &str = "there are no templates: a migrations package is a Cargo.toml and three files of a few lines, \
                            which are yours to edit";
const NOTHING_RUNS: &str = "no code of the project runs while a revision is written";

/// What to say of a word that was typed and is one of theirs.
pub(crate) fn instead(refused: &clap::Error, typed: &[OsString]) -> Option<String> {
    let kind = match refused.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => return None,
    };
    let Some(ContextValue::String(word)) = refused.get(kind) else { return None };
    let belongs = |command: &str| typed.iter().any(|it| it == command);
    let (_, _, known) =
        INSTEAD.iter().find(|(command, words, _)| words.contains(&word.as_str()) && command.is_none_or(belongs))?;
    Some(format!("`{word}` means nothing here: {known}"))
}
