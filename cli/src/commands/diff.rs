//! `diff`.

use migratable::inspect::{self, Inspected, Losses};
use migratable_core::diff::{Answers, DiffError, diff, holds_every_value_of};
use migratable_core::{Dialect, Operation, Schema, shell};
use serde_json::{Value, json};

use crate::arguments::Diff;
use crate::console::Console;
use crate::database::{Database, Foreign};
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::revisions::{Revisions, operation_json};
use crate::sources::Sources;
use crate::url;

/// Shows what turns one schema into another.
pub(crate) fn run(arguments: &Diff, project: &Project, console: &mut Console<'_>) -> Outcome {
    let from = Side::named(&arguments.from, project, console)?;
    let to = Side::named(&arguments.to, project, console)?;
    let pair = Pair::read(from, to, arguments, project, console)?;
    let answers = answers(arguments)?;
    warn_of_renames(&pair, &answers, console);
    let operations = match diff(&pair.from.schema, &pair.to.schema, &answers) {
        Ok(plan) => plan.upgrade,
        Err(error) => return Err(failed(error)),
    };
    let losses = if arguments.allow_loss { Losses::Allowed } else { Losses::Refused };
    warn_of_losses(&operations, &pair.from.schema, losses, console);
    let script = match pair.dialect.filter(|_| arguments.sql && !operations.is_empty()) {
        Some(dialect) => Some(
            inspect::script(dialect, &pair.from, &pair.to, &operations, losses, project.settings())
                .map_err(|error| Failure::of(&error))?,
        ),
        None => None,
    };
    if arguments.report.json {
        console.json(&report(&pair, &operations, script.as_deref()));
    } else if let Some(script) = script {
        console.line(script.trim_end());
    } else {
        operations.iter().for_each(|operation| console.line(operation));
    }
    for (name, side) in [(&arguments.from, &pair.from), (&arguments.to, &pair.to)] {
        for object in side.not_managed.iter().filter(|_| !arguments.report.json) {
            console.note(format_args!("not managed in {}: {object}", url::shown(name)));
        }
    }
    Ok(())
}

/// One side of a comparison.
enum Side {
    /// A live database.
    Database(Database),
    /// A schema that stands in files or in this program.
    Schema(Schema),
}

impl Side {
    /// What a word names: a database URL, `lock`, `models`, or a revision.
    fn named(word: &str, project: &Project, console: &mut Console<'_>) -> Outcome<Side> {
        Ok(match word {
            "lock" => Side::Schema(match Sources::open(project, console)?.standing() {
                Ok(standing) => standing.lock.schema,
                Err(found) => return crate::sources::refuse(&found, console),
            }),
            "models" => {
                let models = Sources::open(project, console)?.models()?;
                let found = models.findings();
                if !found.is_empty() {
                    return crate::sources::refuse(&found, console);
                }
                Side::Schema(models.schema)
            }
            url if url.contains("://") || (url.contains(':') && Dialect::from_url(url).is_some()) => {
                let database = Database::of(Some(url), project, console)?;
                if !database.exists() {
                    return Err(Failure::of_database(format!("{} is not there", database.shown())));
                }
                Side::Database(database)
            }
            revision => Side::Schema(Revisions::of(project, console)?.schema_at(revision)?),
        })
    }
}

/// Both sides, read in the same way.
struct Pair {
    from: Inspected,
    to: Inspected,
    /// The dialect of the script; none if no script is asked for and no side has one.
    dialect: Option<Dialect>,
}

impl Pair {
    /// Reads both sides. Where one is a database, the other is built in a scratch space of it and read from there, so
    /// that its own spelling of expressions is no difference.
    fn read(from: Side, to: Side, arguments: &Diff, project: &Project, console: &mut Console<'_>) -> Outcome<Pair> {
        let foreign = Foreign::of(project)?;
        let scratch = |schema: &Schema, database: &Database, like: &Inspected, console: &mut Console<'_>| {
            let space = match &arguments.scratch_url {
                Some(url) => Database::of(Some(url), project, console)?,
                None => database.clone(),
            };
            space.inspect_scratch(schema, like, &foreign)
        };
        match (from, to) {
            (Side::Database(from), Side::Database(to)) => {
                if from.dialect != to.dialect {
                    return Err(Failure::Usage(format!(
                        "{} is {} and {} is {}: only databases of one kind can be compared; compare each with `lock`",
                        from.shown(),
                        from.dialect,
                        to.shown(),
                        to.dialect
                    )));
                }
                // Two servers, or two connections of one, answer at the same time.
                let (there, wanted) = std::thread::scope(|scope| {
                    let wanted = scope.spawn(|| to.inspect(&foreign));
                    (from.inspect(&foreign), wanted.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                });
                let (there, wanted) = inspect::left_alone(there?, wanted?);
                Ok(Pair { from: there, to: wanted, dialect: Some(from.dialect) })
            }
            (Side::Database(from), Side::Schema(to)) => {
                let live = from.inspect(&foreign)?;
                let to = scratch(&to, &from, &live, console)?;
                let (live, to) = inspect::left_alone(live.without_other_schemas(&to.schema), to);
                let (live, to) = inspect::in_place(live, to);
                Ok(Pair { from: live, to, dialect: Some(from.dialect) }.without_column_order())
            }
            (Side::Schema(from), Side::Database(to)) => {
                let live = to.inspect(&foreign)?;
                let from = scratch(&from, &to, &live, console)?;
                let live = live.without_other_schemas(&from.schema);
                let (from, live) = inspect::left_alone(from, live);
                let (live, from) = inspect::in_place(live, from);
                Ok(Pair { from, to: live, dialect: Some(to.dialect) }.without_column_order())
            }
            (Side::Schema(from), Side::Schema(to)) => {
                let dialect = if arguments.sql { Some(dialect(arguments, project, console)?) } else { None };
                if dialect == Some(Dialect::Sqlite) {
                    let (memory, like) = (Database::in_memory(), Inspected::default());
                    let from = scratch(&from, &memory, &like, console)?;
                    return Ok(Pair { from, to: scratch(&to, &memory, &like, console)?, dialect });
                }
                let plain = |schema| Inspected { schema, ..Inspected::default() };
                Ok(Pair { from: plain(from), to: plain(to), dialect })
            }
        }
    }
}

impl Pair {
    fn without_column_order(self) -> Pair {
        Pair { from: self.from.without_column_order(), to: self.to.without_column_order(), ..self }
    }
}

/// The dialect of a script between two schemas that no database holds.
fn dialect(arguments: &Diff, project: &Project, console: &Console<'_>) -> Outcome<Dialect> {
    match &arguments.dialect {
        Some(name) => Dialect::from_name(name).ok_or_else(|| {
            let known = Dialect::ALL.map(Dialect::name).join(", ");
            Failure::Usage(format!("`--dialect {name}`: the dialects are {known}"))
        }),
        None => Ok(Database::of(None, project, console)?.dialect),
    }
}

fn answers(arguments: &Diff) -> Outcome<Answers> {
    let mut answers = Answers { allow_loss: arguments.allow_loss, ..Answers::default() };
    for rename in &arguments.rename {
        answers.rename(rename).map_err(Failure::Usage)?;
    }
    arguments.drop.iter().for_each(|drop| answers.drop(drop));
    Ok(answers)
}

/// Says what may be a rename, also where it is taken as drop and add.
fn warn_of_renames(pair: &Pair, answers: &Answers, console: &mut Console<'_>) {
    let asked = Answers { allow_loss: false, ..answers.clone() };
    if let (true, Err(DiffError::Questions(questions))) =
        (answers.allow_loss, diff(&pair.from.schema, &pair.to.schema, &asked))
    {
        for question in questions {
            console.note(format_args!("{question} Taken as dropped; else: {}", shell::flag(&question.flags()[0])));
        }
    }
}

/// Says which values may become others: a script stops at those that the new type does not hold, or converts them by
/// the rules of the database; rows without a value get one.
fn warn_of_losses(operations: &[Operation], before: &Schema, losses: Losses, console: &mut Console<'_>) {
    for operation in operations {
        let (narrows, fills) = match operation {
            Operation::AlterColumn { table, column, change } => {
                let Some(old) = before.column(table, column) else { continue };
                let new = change.column_type.as_ref();
                let narrows = new.is_some_and(|new| !holds_every_value_of(new, &old.column_type));
                (narrows, old.nullable && change.nullable == Some(false))
            }
            Operation::AddColumn { column, .. } => (false, !column.nullable && !column.fills_itself()),
            Operation::DropEnumValue { .. } => (true, false),
            Operation::DropTable { .. } | Operation::DropColumn { .. } => {
                console.note(format_args!("what it holds is lost: {operation}"));
                continue;
            }
            _ => continue,
        };
        match losses {
            Losses::Refused if narrows => console.note(format_args!(
                "a script stops if a row does not fit: {operation}. With --allow-loss the database converts it, if it can."
            )),
            Losses::Allowed if narrows => console.note(format_args!("look at the rows first: {operation}")),
            _ => {}
        }
        if fills {
            console.note(format_args!("rows without a value get a neutral one: {operation}"));
        }
    }
}

/// Why there is no plan, in words.
pub(super) fn failed(error: DiffError) -> Failure {
    match error {
        DiffError::Impossible(message) => Failure::Failed(message),
        DiffError::Answers(messages) => Failure::Failed(messages.join("\nerror: ")),
        DiffError::Questions(questions) => {
            let lines: Vec<String> = questions
                .iter()
                .map(|question| {
                    format!(
                        "  {question}\n    {}",
                        question.flags().iter().map(|it| shell::flag(it)).collect::<Vec<_>>().join("\n    ")
                    )
                })
                .collect();
            let message = format!(
                "what goes and what comes may be the same under another name:\n{}\nAnswer with these flags, or with \
                 --allow-loss if all of it is dropped.",
                lines.join("\n")
            );
            Failure::Refused { code: "questions", message }
        }
    }
}

fn report(pair: &Pair, operations: &[Operation], script: Option<&str>) -> Value {
    let names = |side: &Inspected| side.not_managed.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "equal": operations.is_empty(),
        "operations": operations.iter().map(operation_json).collect::<Vec<_>>(),
        "sql": script,
        "not_managed": { "from": names(&pair.from), "to": names(&pair.to) },
    })
}
