//! Where a command runs: its streams, its folder, its variables, the time.
//!
//! Results go to stdout, everything else to stderr. Commands use nothing of the process but this, so that tests run
//! them inside their own.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Map, Value};

/// What surrounds a command.
pub struct Console<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    input: Option<&'a mut dyn BufRead>,
    variables: &'a dyn Fn(&str) -> Option<String>,
    current_dir: PathBuf,
    now: SystemTime,
    broken: Option<io::Error>,
    /// When something was said last of what takes long.
    reported: Option<Instant>,
    /// Whether JSON was written, which is one document.
    has_reported: bool,
    parts: Option<Parts>,
}

/// The results of a command that is run for several databases.
#[derive(Default)]
struct Parts {
    /// The one that is being run.
    name: String,
    /// Whether its name stands above its results.
    is_headed: bool,
    /// Whether it stands above what else is said.
    is_noted: bool,
    /// What was reported as JSON, by name.
    json: Map<String, Value>,
}

impl<'a> Console<'a> {
    /// A console on these streams in this folder, with nobody to ask and no variables.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write, current_dir: PathBuf) -> Console<'a> {
        Console {
            out,
            err,
            input: None,
            variables: &|_| None,
            current_dir,
            now: SystemTime::now(),
            broken: None,
            reported: None,
            has_reported: false,
            parts: None,
        }
    }

    /// Takes answers to questions from here.
    pub fn asking(mut self, input: &'a mut dyn BufRead) -> Console<'a> {
        self.input = Some(input);
        self
    }

    /// Takes environment variables from here.
    pub fn with_variables(mut self, variables: &'a dyn Fn(&str) -> Option<String>) -> Console<'a> {
        self.variables = variables;
        self
    }

    /// Runs a command on the streams of this process.
    pub(crate) fn of_process<T>(run: impl FnOnce(&mut Console<'_>) -> T) -> io::Result<T> {
        let current_dir = std::env::current_dir()?;
        // What is no UTF-8 is set all the same, and shows as such.
        let variables = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let (mut out, mut err, mut input) = (io::stdout().lock(), io::stderr().lock(), io::stdin().lock());
        let somebody = io::stdin().is_terminal() && io::stderr().is_terminal();
        let mut console = Console::new(&mut out, &mut err, current_dir).with_variables(&variables);
        if somebody {
            console.input = Some(&mut input);
        }
        let result = run(&mut console);
        let broken = console.broken.take();
        drop(console);
        match broken.map_or_else(|| out.flush(), Err) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(result),
        }
    }

    /// Prints a line of the result.
    pub fn line(&mut self, text: impl Display) {
        if let Some(parts) = self.parts.as_mut().filter(|parts| !parts.is_headed) {
            parts.is_headed = true;
            let heading = format!("[{}]", parts.name);
            self.print(heading);
        }
        self.print(text);
    }

    fn print(&mut self, text: impl Display) {
        if let Err(error) = writeln!(self.out, "{text}") {
            self.broken.get_or_insert(error);
        }
    }

    /// Prints the result as JSON.
    pub fn json(&mut self, value: &Value) {
        self.has_reported = true;
        match &mut self.parts {
            Some(parts) => drop(parts.json.insert(parts.name.clone(), value.clone())),
            None => self.print(format_args!("{value:#}")),
        }
    }

    /// Whether a result was written as JSON already.
    pub(crate) fn has_reported(&self) -> bool {
        match &self.parts {
            Some(parts) => parts.json.contains_key(&parts.name),
            None => self.has_reported,
        }
    }

    /// Begins what a command does for one of several databases: its lines stand below its name, and JSON is one object
    /// of all.
    pub(crate) fn begin_part(&mut self, name: &str) {
        let parts = self.parts.get_or_insert_default();
        name.clone_into(&mut parts.name);
        parts.is_headed = false;
        parts.is_noted = false;
    }

    /// Ends the last one.
    pub(crate) fn end_parts(&mut self) {
        if let Some(json) = self.parts.take().map(|parts| parts.json).filter(|json| !json.is_empty()) {
            self.json(&json.into());
        }
    }

    /// Says something that is not the result.
    pub fn note(&mut self, text: impl Display) {
        // When stderr is gone there is nobody to tell.
        if let Some(parts) = self.parts.as_mut().filter(|parts| !parts.is_headed && !parts.is_noted) {
            parts.is_noted = true;
            let _ = writeln!(self.err, "[{}]", parts.name);
        }
        let _ = writeln!(self.err, "{text}");
    }

    /// Shows somebody at the terminal what is being done; the next text takes its place, and an empty one takes it away.
    pub fn progress(&mut self, text: impl Display) {
        if self.is_interactive() {
            let _ = write!(self.err, "\r\x1b[K{text}");
            let _ = self.err.flush();
        }
    }

    /// Says how far something is that takes long: at the terminal all the time, elsewhere every ten seconds.
    pub fn report_progress(&mut self, text: impl Display) {
        const INTERVAL: Duration = Duration::from_secs(10);
        if self.is_interactive() {
            self.progress(text);
        } else if self.reported.get_or_insert_with(Instant::now).elapsed() >= INTERVAL {
            self.reported = Some(Instant::now());
            self.note(text);
        }
    }

    /// Whether there is somebody who can answer a question.
    pub fn is_interactive(&self) -> bool {
        self.input.is_some()
    }

    /// Asks and reads one line; `None` at the end of the input, or if there is nobody.
    pub fn ask(&mut self, question: impl Display) -> Option<String> {
        let input = self.input.as_deref_mut()?;
        let _ = write!(self.err, "{question} ");
        let _ = self.err.flush();
        let mut line = String::new();
        match input.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim().to_owned()),
        }
    }

    /// An environment variable; none if it is empty.
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }

    /// The folder in which the command was typed.
    pub fn current_dir(&self) -> &Path {
        &self.current_dir
    }

    /// When the command began.
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// A path as messages show it: from the current folder when it lies below.
    pub fn path(&self, path: &Path) -> String {
        match path.strip_prefix(&self.current_dir) {
            Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
            Ok(below) => below.display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }

    /// A message of another crate with the paths in it shortened as [`path`](Self::path) does.
    pub fn shortened(&self, message: &str) -> String {
        match self.current_dir.to_str() {
            Some(here) if here != "/" => message.replace(&format!("{here}/"), ""),
            _ => message.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_the_current_folder_are_shown_from_there() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let console = Console::new(&mut out, &mut err, "/a/b".into());
        for (path, shown) in [("/a/b/c/d.rs", "c/d.rs"), ("/a/c.rs", "/a/c.rs"), ("/a/b", "."), ("/a/bc", "/a/bc")] {
            assert_eq!(console.path(Path::new(path)), shown);
        }
    }

    #[test]
    fn nobody_is_asked_without_an_input() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        assert_eq!(Console::new(&mut out, &mut err, "/".into()).ask("?"), None);
        assert!(err.is_empty());
        let mut input = &b"yes \n"[..];
        assert_eq!(Console::new(&mut out, &mut err, "/".into()).asking(&mut input).ask("?"), Some("yes".into()));
        assert_eq!(err, b"? ");
    }
}
