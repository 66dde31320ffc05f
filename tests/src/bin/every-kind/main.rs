//! `migrate` for processes that are killed: with the example's history, or with one that holds every kind of operation.

#[cfg(test)]
mod complete;
mod history;
mod own;
mod revisions;
mod rows;

use std::process::ExitCode;

use migratable::{AnyConnection, Dialect, Migrator};
use migratable_cli::Project;

fn main() -> ExitCode {
    let project = Project::new("/nowhere", "every-kind", "[package]\nname = \"every-kind\"\n");
    let dialect = std::env::args().find_map(|argument| Dialect::from_url(&argument)).unwrap_or(Dialect::Sqlite);
    migratable_cli::main(&match std::env::var("HISTORY").as_deref() {
        Ok("example") => project.with_migrator(microblog_migrations::migrator()),
        _ => project.with_migrator(Migrator::<AnyConnection>::new(history::of(dialect))),
    })
}
