//! Whole cargo projects for tests: made in a temporary folder by `cargo migratable init`, as a user makes one.

pub mod databases;
pub mod drawn;
pub mod in_process;
pub mod package;
pub mod reader;
pub mod recorded;
pub mod revisions;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock, PoisonError};

use tempfile::TempDir;

/// The checkout of this repository.
pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"))
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// Its exit status; -1 if a signal ended it.
    pub status: i32,
}

impl Said {
    fn of(output: Output) -> Said {
        Said {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            status: output.status.code().unwrap_or(-1),
        }
    }

    /// Itself, if it ended well.
    ///
    /// # Panics
    /// With all that was said, if it did not.
    pub fn ok(self) -> Said {
        assert_eq!(self.status, 0, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Itself, if it failed with this status.
    ///
    /// # Panics
    /// With all that was said, if it did not.
    pub fn failed(self, status: i32) -> Said {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// An error or warning of rustc, from its JSON output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `error` or `warning`.
    pub level: String,
    /// The file, as rustc names it; empty without a span.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    /// The message.
    pub message: String,
    /// The message with its place and source as rustc prints it.
    pub rendered: String,
}

/// The variable that says how much is known of the source in a build: so much as Cargo.toml says.
const DEBUG: &str = "CARGO_PROFILE_DEV_DEBUG";

/// A project outside of the repository.
pub struct Project {
    folder: TempDir,
    name: String,
}

impl Project {
    /// `cargo new`, Diesel as a dependency, `cargo migratable init`.
    pub fn new(name: &str) -> Project {
        let project = Project::bare(name);
        project.init(&["--database-url", "sqlite://app.db"]).ok();
        project
    }

    /// `cargo new`, with Diesel as a dependency.
    pub fn bare(name: &str) -> Project {
        let folder = tempfile::Builder::new().prefix("migratable-").tempdir().unwrap_or_else(|error| panic!("{error}"));
        let project = Project { folder, name: name.to_owned() };
        project.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                 diesel = {{ version = \"2.3\", default-features = false, features = [\"sqlite\"] }}\n"
            ),
        );
        project.write("src/main.rs", "fn main() {}\n");
        if let Ok(lock) = fs::read_to_string(checkout().join("Cargo.lock")) {
            project.write("Cargo.lock", &lock);
        }
        project
    }

    /// `cargo migratable init` with these arguments, on this checkout.
    pub fn init(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(cargo_migratable());
        command.args(["migratable", "init"]).args(arguments).arg("--checkout").arg(checkout());
        self.run(command.current_dir(self.path()))
    }

    /// `cargo migratable …`: the short way to the project's own `migrate`.
    pub fn short(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(cargo_migratable());
        self.run(command.arg("migratable").args(arguments).current_dir(self.path().join("src")))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, and the folders that it stands in.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        let done = fs::create_dir_all(path.parent().unwrap_or(self.path())).and_then(|()| fs::write(&path, text));
        done.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Reads a file.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Changes a piece of a file that stands there once.
    pub fn replace(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}:\n{text}");
        self.write(file, &text.replace(from, to));
    }

    /// The revision files, oldest first.
    pub fn revisions(&self) -> Vec<PathBuf> {
        let folder = self.path().join("migrations/versions");
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
        files.sort();
        files
    }

    /// The newest revision file, relative to the project.
    pub fn newest_revision(&self) -> String {
        let file = self.revisions().pop().unwrap_or_else(|| panic!("there is no revision"));
        file.strip_prefix(self.path()).unwrap_or(&file).to_string_lossy().into_owned()
    }

    /// Runs cargo in the project.
    pub fn cargo(&self, arguments: &[&str]) -> Said {
        self.run(Command::new(env!("CARGO")).args(arguments).current_dir(self.path()))
    }

    /// The same with variables in the environment.
    pub fn cargo_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Said {
        self.run_with(Command::new(env!("CARGO")).args(arguments).current_dir(self.path()), variables)
    }

    /// `cargo run --bin migrate -- …`.
    pub fn migrate(&self, arguments: &[&str]) -> Said {
        self.cargo(&[&["run", "-q", "-p", &self.migrations(), "--bin", "migrate", "--"], arguments].concat())
    }

    /// `cargo run --no-default-features --bin migrate -- …`: what works in every state of the revisions.
    pub fn migrate_files(&self, arguments: &[&str]) -> Said {
        let package = self.migrations();
        let run = ["run", "-q", "-p", &package, "--no-default-features", "--bin", "migrate", "--"];
        self.cargo(&[&run, arguments].concat())
    }

    /// The same with the databases all the same: what can be asked of one in every state of the revisions.
    pub fn migrate_databases(&self, arguments: &[&str]) -> Said {
        let package = self.migrations();
        let features = ["--no-default-features", "--features", "database"];
        let run = [&["run", "-q", "-p", &package], &features[..], &["--bin", "migrate", "--"]].concat();
        self.cargo(&[&run, arguments].concat())
    }

    /// The name of the migrations package.
    pub fn migrations(&self) -> String {
        format!("{}-migrations", self.name)
    }

    /// `cargo check` of one package: what rustc reports, without the lines that only count.
    pub fn check(&self, package: &str) -> Vec<Diagnostic> {
        self.check_with(package, &[], &[])
    }

    /// The same with variables in the environment and further arguments.
    pub fn check_with(&self, package: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Vec<Diagnostic> {
        let mut command = Command::new(env!("CARGO"));
        command.args(["check", "-q", "-p", package, "--message-format=json"]).args(arguments);
        let said = self.run_with(command.current_dir(self.path()), variables);
        let mut found = Vec::new();
        for line in said.stdout.lines() {
            let Ok(value) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let message = &value["message"];
            let (Some(level), Some(text)) = (message["level"].as_str(), message["message"].as_str()) else { continue };
            if text.starts_with("aborting due to")
                || text.contains("warning emitted")
                || text.contains("warnings emitted")
            {
                continue;
            }
            let span = message["spans"].as_array().into_iter().flatten().find(|span| span["is_primary"] == true);
            let span = span.map(written_at);
            found.push(Diagnostic {
                level: level.to_owned(),
                file: span.and_then(|it| it["file_name"].as_str()).unwrap_or_default().to_owned(),
                line: span.and_then(|it| it["line_start"].as_u64()).unwrap_or(0),
                column: span.and_then(|it| it["column_start"].as_u64()).unwrap_or(0),
                message: text.to_owned(),
                rendered: message["rendered"].as_str().unwrap_or_default().to_owned(),
            });
        }
        if found.is_empty() && said.status != 0 {
            panic!("cargo failed without a diagnostic:\n{}\n{}", said.stdout, said.stderr);
        }
        found
    }

    /// The errors of the app.
    pub fn errors(&self) -> Vec<Diagnostic> {
        self.check(&self.name).into_iter().filter(|it| it.level == "error").collect()
    }

    /// Runs SQL with the `sqlite3` of the migrations' own database and gives back the rows, columns parted by `|`.
    pub fn sqlite(&self, sql: &str) -> String {
        let said = self.run(Command::new("sqlite3").arg(self.path().join("app.db")).arg(sql));
        said.ok().stdout.trim_end().to_owned()
    }

    /// Builds the project's `migrate` and copies it.
    pub fn copy_migrate(&self, to: &Path) {
        let _alone = alone();
        self.run_now(
            Command::new(env!("CARGO")).args(["build", "-q", "-p", &self.migrations()]).current_dir(self.path()),
            &[],
        )
        .ok();
        fs::copy(checkout().join("target/projects/debug/migrate"), to).unwrap_or_else(|error| panic!("{error}"));
    }

    fn run(&self, command: &mut Command) -> Said {
        self.run_with(command, &[])
    }

    fn run_with(&self, command: &mut Command, variables: &[(&str, &str)]) -> Said {
        let _alone = alone();
        self.run_now(command, variables)
    }

    fn run_now(&self, command: &mut Command, variables: &[(&str, &str)]) -> Said {
        share_builds(command);
        for name in ["DATABASE_URL", "MIGRATABLE", "CARGO_MANIFEST_DIR", "OUT_DIR", "RUSTFLAGS"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        Said::of(command.output().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }
}

/// Where a user wrote what a span stands in: the outermost call of the macros around it.
fn written_at(span: &serde_json::Value) -> &serde_json::Value {
    let outer = &span["expansion"]["span"];
    if outer.is_object() { written_at(outer) } else { span }
}

/// All projects share one target folder and the name of the `migrate` in it: one command at a time.
fn alone() -> impl Drop {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The line and column, from 1, at which a text stands for the first time in a file.
pub fn place(text: &str, of: &str) -> (u64, u64) {
    let at = text.find(of).unwrap_or_else(|| panic!("`{of}` does not stand in:\n{text}"));
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    (line as u64, column as u64)
}

/// The `cargo-migratable` of this checkout, built once.
fn cargo_migratable() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "-q", "-p", "migratable-cli", "--bin", "cargo-migratable"]).current_dir(checkout());
        share_builds(&mut command);
        assert!(command.status().is_ok_and(|status| status.success()), "cargo-migratable does not build");
        checkout().join("target/projects/debug/cargo-migratable")
    })
}

/// Lets cargo take what it has compiled for others already, as far as it can: dependencies, in the workspace's profile.
fn share_builds(command: &mut Command) {
    command.env("CARGO_TARGET_DIR", checkout().join("target/projects"));
    command.env("CARGO_BUILD_BUILD_DIR", checkout().join("target"));
    if env::var_os(DEBUG).is_none() {
        command.env(DEBUG, "line-tables-only");
    }
}
