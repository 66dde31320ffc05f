//! Revisions as a script for the database's own client.

use std::collections::BTreeSet;
use std::time::Duration;

use migratable_core::{Dialect, Operation};

use crate::dialect::{self, Database, Offline, Work};
use crate::error::Error;
use crate::history::{Position, Statements};
use crate::journal::{Parts, Place};
use crate::migrator::{Direction, Migrator, Revision};
use crate::parts::{PartKind, has_boundary, parts};
use crate::plan;
use crate::settings::{Settings, Transaction};

/// How a script is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptOptions {
    /// It may be run anywhere on its way, and again, and does only what is not done yet.
    pub idempotent: bool,
}

/// A script for the database's own client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevisionScript {
    /// The script.
    pub sql: String,
    /// Where it stops because a step is Rust: at the first, if it is not idempotent; what comes behind is not in it then.
    pub stops: Vec<ScriptStop>,
}

/// A revision that no script can run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptStop {
    /// The revision.
    pub revision: String,
    /// The step of it that is Rust.
    pub step: String,
    /// What the script says there: why it stops, and what goes on.
    pub message: String,
}

impl ScriptStop {
    /// If the revision runs a step.
    fn of(revision: &Revision, direction: Direction, options: &ScriptOptions) -> Option<ScriptStop> {
        let step = revision.operations(direction).into_iter().find_map(|operation| match operation {
            Operation::Run { step } | Operation::MapRows { step, .. } => Some(step),
            _ => None,
        })?;
        let id = revision.id;
        let command = match direction {
            Direction::Upgrade => format!("upgrade {id}"),
            Direction::Downgrade => format!("downgrade {id}@-1"),
        };
        let then = if options.idempotent { "then run this script again" } else { "then go on by a script from there" };
        let message = format!("revision {id} runs the step `{step}`, which is Rust: let `{command}` run it, {then}");
        Some(ScriptStop { revision: id.to_owned(), step, message })
    }
}

/// Writes a script for a range of revisions.
pub(crate) fn write<Db: Database>(
    migrator: &Migrator<Db>,
    dialect: Dialect,
    range: &str,
    direction: Direction,
    options: &ScriptOptions,
) -> Result<RevisionScript, Error> {
    let wrong = |message: String| Error::Range { text: range.to_owned(), message };
    let settings = migrator.settings();
    let mut script = Script::new(dialect, settings)?;
    let offline = script.offline;
    let graph = migrator.graph()?;
    let (from, to) = match (range.split_once(':'), direction) {
        (Some((from, to)), _) => (from.trim(), to.trim()),
        (None, Direction::Upgrade) => ("", range.trim()),
        (None, Direction::Downgrade) => {
            return Err(wrong("without a database a downgrade needs both ends, as in `head:base`".to_owned()));
        }
    };
    let start = graph.resolve(if from.is_empty() { "base" } else { from }, &[])?;
    let applied = graph.ancestors(start.iter().map(String::as_str));
    let order = graph.in_order(&applied);
    let position = Position { applied, order, unknown: Vec::new(), taken_over: Vec::new() };
    let end = match (to, direction) {
        ("", Direction::Upgrade) => "head",
        ("", Direction::Downgrade) => "base",
        (to, _) => to,
    };
    let target = graph.target(end, &start.iter().map(String::as_str).collect::<Vec<_>>())?;
    let path = plan::path(&graph, &position, &target, direction);
    plan::reversible(migrator, &path, direction)?;
    if path.is_empty() && start != target.revisions {
        let way = if direction == Direction::Upgrade { "behind" } else { "before" };
        return Err(wrong(format!("`{end}` does not come {way} `{from}`")));
    }
    let set = match settings.transaction {
        Transaction::Revision | Transaction::None => Some(settings.transaction),
        Transaction::Usual | Transaction::All => None,
    };
    let mut replay = migrator.replay(&graph, position.order.iter())?;
    let stops = if options.idempotent {
        let (before, way) = way(&position.applied, &path, direction);
        script.history.stands_beside(&before, &way, direction)
    } else {
        script.history.stands_elsewhere(&start, &position.applied)
    };
    let path = migrator.find_all(&path);
    let stops_at: Vec<_> = path.iter().map(|revision| ScriptStop::of(revision, direction, options)).collect();
    let transaction = |revision: &Revision| revision.transaction.or(set);
    let in_parts = path.iter().any(|revision| {
        transaction(revision) == Some(Transaction::None) || has_boundary(&revision.operations(direction), dialect)
    });
    let each = path.iter().any(|revision| transaction(revision).is_some()) || stops_at.iter().any(Option::is_some);
    script.head(if in_parts {
        Taken::Part
    } else if each {
        Taken::Revision
    } else {
        Taken::All
    });
    let mut known = migrator.find_all(&position.order);
    known.extend(path.iter().filter(|_| options.idempotent));
    script.take_over(&known);
    script.begin(Some(&stops));
    let (mut applied, mut order) = (position.applied, position.order);
    let mut endangered = false;
    let mut is_under_way = false;
    let begin_again = |script: &mut Script<'_>, applied: &BTreeSet<String>, endangered| {
        script.commit(endangered, true);
        script.line("");
        let at: Vec<String> = graph.tips(applied).into_iter().map(str::to_owned).collect();
        let elsewhere = script.history.stands_elsewhere(&at, applied);
        script.begin(Some(if options.idempotent { &stops } else { &elsewhere }));
    };
    let mut stopped = Vec::new();
    let mut revisions = path.into_iter().zip(stops_at).peekable();
    while let Some((revision, stop)) = revisions.next() {
        let recorded = plan::record(&replay, &graph, revision, direction)?;
        let operations = &recorded.operations;
        let planned = (offline.plan)(&operations.operations, &mut replay.schema, direction)
            .map_err(|refusal| refusal.in_revision(revision, &operations.operations))?;
        recorded.note(&mut replay, (migrator, &graph), (revision, direction), &mut order)?;
        if (stop.is_some() || revision.transaction.is_some()) && std::mem::take(&mut is_under_way) {
            begin_again(&mut script, &applied, std::mem::take(&mut endangered));
        }
        script.heading(revision, direction);
        if let Some(stop) = stop {
            let is_open = script.history.is_open(revision.id, direction);
            script.comment(&stop.message);
            script.statement(&(offline.guard)(&stop.message, &format!("(CASE WHEN {is_open} THEN 1 ELSE 0 END)")));
            stopped.push(stop);
            // The client goes no further, and what is behind could not be run from there.
            if !options.idempotent {
                break;
            }
            move_on(&mut applied, revision, direction);
            continue;
        }
        is_under_way = true;
        let first = script.lines.len();
        endangered |= planned.endangers_references;
        let mut said = Vec::new();
        let each = transaction(revision) == Some(Transaction::None) && !offline.commit.is_empty();
        let cut = parts(&planned.pieces, &operations.operations, each, false, dialect)
            .map_err(|refusal| refusal.in_revision(revision, &operations.operations))?;
        let work = (&planned.pieces[..], &operations.operations[..]);
        let (mut journal, _) = Parts::open(settings, dialect, (revision, direction), work, offline.note, None)
            .map_err(|_| wrong(format!("revision {} cannot be written in parts", revision.id)))?;
        let mut is_open = true;
        for (number, part) in cut.iter().enumerate() {
            let is_outside = part.kind == PartKind::Outside;
            let place = Place { is_begun: is_outside, ..Place::at(part.pieces.start) };
            if is_open && (is_outside || number > 0) {
                journal.moves(place).iter().for_each(|sql| script.statement(sql));
                script.commit(endangered, false);
                is_open = false;
            }
            if !is_open && !is_outside {
                script.go_on(&journal);
                is_open = true;
            }
            for piece in &planned.pieces[part.pieces.clone()] {
                if piece.operations != said {
                    piece.operations.iter().for_each(|&at| script.comment(&operations.operations[at].to_string()));
                    said.clone_from(&piece.operations);
                }
                (offline.statements)(&piece.work).iter().for_each(|sql| script.statement(sql));
            }
            if is_outside {
                script.go_on(&journal);
                let next = Place::at(part.pieces.end);
                journal.moves(next).iter().for_each(|sql| script.statement(sql));
                is_open = true;
            }
        }
        journal.ends().iter().for_each(|sql| script.statement(sql));
        script.record(revision, direction);
        if options.idempotent {
            let lines = script.lines.split_off(first);
            script.lines.extend((offline.conditional)(&script.history.is_open(revision.id, direction), &lines));
        }
        move_on(&mut applied, revision, direction);
        if transaction(revision).is_some() && !offline.commit.is_empty() && revisions.peek().is_some() {
            is_under_way = false;
            begin_again(&mut script, &applied, std::mem::take(&mut endangered));
        }
    }
    script.commit(endangered, true);
    Ok(RevisionScript { sql: script.text(), stops: stopped })
}

/// What is applied once a revision is run.
fn move_on(applied: &mut BTreeSet<String>, revision: &Revision, direction: Direction) {
    match direction {
        Direction::Upgrade => applied.insert(revision.id.to_owned()),
        Direction::Downgrade => applied.remove(revision.id),
    };
}

/// What must be applied wherever a script begins, and its revisions in the order in which they are applied.
fn way<'a>(applied: &BTreeSet<String>, path: &'a [String], direction: Direction) -> (BTreeSet<String>, Vec<&'a str>) {
    match direction {
        Direction::Upgrade => (applied.clone(), path.iter().map(String::as_str).collect()),
        Direction::Downgrade => {
            let way = path.iter().rev().map(String::as_str).collect();
            (applied.iter().filter(|id| !path.contains(id)).cloned().collect(), way)
        }
    }
}

/// Why a script stops where a journal knows of more than the history.
pub(crate) const UNFINISHED: &str =
    "a revision was stopped in the middle of its work: let `upgrade` or `downgrade` go on with it";

/// What a statement that fails takes back with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Everything.
    All,
    /// The revision.
    Revision,
    /// Its part of the revision.
    Part,
}

/// A script that is being written.
pub(crate) struct Script<'a> {
    offline: &'static Offline,
    settings: &'a Settings,
    pub(crate) history: Statements,
    taken_over: Vec<String>,
    /// Whether no transaction has begun yet.
    is_new: bool,
    /// Each a comment, a command of the client, or statements with their semicolons.
    lines: Vec<String>,
}

impl<'a> Script<'a> {
    pub(crate) fn new(dialect: Dialect, settings: &'a Settings) -> Result<Script<'a>, Error> {
        let offline = dialect::offline(dialect).ok_or(Error::NoDialect { dialect })?;
        Ok(Script {
            offline,
            settings,
            history: Statements::of(&settings.history, dialect),
            taken_over: Vec::new(),
            is_new: true,
            lines: Vec::new(),
        })
    }

    /// What stands before everything.
    pub(crate) fn head(&mut self, taken: Taken) {
        self.line(match taken {
            _ if self.offline.commit.is_empty() => "-- Written by migratable.",
            Taken::Part => {
                "-- Written by migratable. What fails takes its transaction back; what was committed before stays, and \
                 `upgrade` or `downgrade` goes on from there."
            }
            Taken::Revision => "-- Written by migratable. What fails takes its revision back; those before it stay.",
            Taken::All => "-- Written by migratable. Whatever fails takes everything back.",
        });
        (self.offline.before)(self.settings).iter().for_each(|line| self.line(line));
    }

    /// Lets the first transaction begin with taking a database over that has what these revisions stand for.
    fn take_over(&mut self, revisions: &[&Revision]) {
        self.taken_over = revisions.iter().flat_map(|revision| self.history.take_over(revision)).collect();
    }

    /// Begins a transaction, with a check of the database if there is one: why the script stops, and SQL that gives zero
    /// if it does not.
    pub(crate) fn begin(&mut self, stops: Option<&(String, String)>) {
        (self.offline.begin)(self.settings).iter().for_each(|line| self.line(line));
        self.history.create().iter().for_each(|sql| self.statement(sql));
        std::mem::take(&mut self.taken_over).iter().for_each(|sql| self.statement(sql));
        if std::mem::take(&mut self.is_new) {
            self.stop_if_unfinished();
        }
        if let Some((stops_if, number)) = stops {
            self.statement(&(self.offline.guard)(stops_if, number));
        }
    }

    /// Stops where a revision was stopped in the middle of its work, if that is told by a journal that is there: no
    /// script knows how far it came. MySQL's looks into the journal when it takes the lock.
    fn stop_if_unfinished(&mut self) {
        if self.offline.commit.is_empty() {
            return;
        }
        let is_there = Statements::is_there(&self.settings.history.journal(), self.history.dialect());
        self.statement(&(self.offline.guard)(
            UNFINISHED,
            &format!("(CASE WHEN EXISTS ({is_there}) THEN 1 ELSE 0 END)"),
        ));
    }

    fn record(&mut self, revision: &Revision, direction: Direction) {
        self.statement(&match direction {
            Direction::Upgrade => self.history.insert(revision, &self.history.next_ordinal(), Duration::ZERO),
            Direction::Downgrade => self.history.delete(revision.id),
        });
    }

    /// Begins the next transaction of a revision, where the journal says that the one before it was the last.
    fn go_on(&mut self, journal: &Parts<'_>) {
        self.line("");
        (self.offline.begin)(self.settings).iter().for_each(|line| self.line(line));
        if let Some(number) = journal.is_elsewhere() {
            self.statement(&(self.offline.guard)("somebody else has gone on with the revision", &number));
        }
    }

    /// Ends the transaction, at the end of a revision or in its middle.
    pub(crate) fn commit(&mut self, endangered: bool, at_end: bool) {
        self.line("");
        if endangered {
            let check = Work::CheckReferences { at_end };
            (self.offline.statements)(&check).iter().for_each(|sql| self.statement(sql));
        }
        self.offline.commit.iter().for_each(|line| self.line(line));
    }

    /// Ends the script.
    pub(crate) fn text(mut self) -> String {
        self.offline.after.iter().for_each(|line| self.line(line));
        self.lines.join("\n") + "\n"
    }

    fn heading(&mut self, revision: &Revision, direction: Direction) {
        self.line("");
        let verb = if direction == Direction::Upgrade { "upgrade" } else { "downgrade" };
        self.comment(&format!("{verb} {}: {}", revision.id, revision.message));
    }

    fn comment(&mut self, text: &str) {
        comments(text).for_each(|line| self.line(&line));
    }

    fn line(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    /// Ends a statement with a semicolon, on a line of its own if it ends in a comment.
    pub(crate) fn statement(&mut self, sql: &str) {
        let sql = sql.trim_end();
        if sql.starts_with("-- ") && !sql.contains('\n') {
            return self.line(sql);
        }
        self.line(&terminated(sql));
    }
}

/// A text as comments. To some clients a comment ends at either half of a line break.
pub(crate) fn comments(text: &str) -> impl Iterator<Item = String> {
    text.split(['\r', '\n']).filter(|line| !line.is_empty()).map(|line| format!("-- {line}"))
}

/// A statement with a semicolon behind it, on a line of its own if the statement ends in a comment.
pub(crate) fn terminated(sql: &str) -> String {
    let ends = sql.ends_with(';');
    let in_comment = sql.lines().next_back().is_some_and(|line| line.contains("--"));
    let semicolon = match (ends, in_comment) {
        (true, false) => "",
        (false, false) => ";",
        (_, true) => "\n;",
    };
    format!("{sql}{semicolon}")
}
