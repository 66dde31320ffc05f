//! Many copies of one database: a file of URLs, or the schemas of a PostgreSQL database.

mod each;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use migratable_core::Dialect;

use crate::arguments::Copies;
use crate::console::Console;
use crate::database::Database;
use crate::failure::{Failure, Outcome};
use crate::project::Project;

pub(super) use each::{Became, Task};

/// The copies that are asked for; none if one database is.
pub(super) fn asked(
    copies: &Copies,
    url: Option<&str>,
    project: &Project,
    console: &Console<'_>,
) -> Outcome<Option<Vec<Database>>> {
    match (&copies.each_url, &copies.each_schema) {
        (Some(file), _) => of_file(file, project, console).map(Some),
        (None, Some(pattern)) => of_schemas(pattern, &Database::of(url, project, console)?, project).map(Some),
        (None, None) => Ok(None),
    }
}

/// The databases whose URLs stand in a file, one a line; relative files are taken from its folder.
fn of_file(file: &Path, project: &Project, console: &Console<'_>) -> Outcome<Vec<Database>> {
    let path = console.current_dir().join(file);
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::Usage(format!("--each-url: cannot read {}: {error}", console.path(&path))))?;
    let folder = path.parent().unwrap_or(&path);
    let mut databases = Vec::new();
    let mut seen = HashMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |message: String| Failure::Usage(format!("{}:{number}: {message}", console.path(&path)));
        let database = Database::named(line, folder, project).map_err(|failure| match failure.message() {
            Some(message) => wrong(message.to_owned()),
            None => failure,
        })?;
        if let Some(first) = seen.insert(database.shown(), number) {
            return Err(wrong(format!("{} stands in line {first} already", database.shown())));
        }
        databases.push(database);
    }
    if databases.is_empty() {
        return Err(Failure::Usage(format!("--each-url: {} has no URL in it", console.path(&path))));
    }
    Ok(databases)
}

/// The schemas of a PostgreSQL database whose names are like a pattern.
fn of_schemas(pattern: &str, database: &Database, project: &Project) -> Outcome<Vec<Database>> {
    if database.dialect != Dialect::Postgres {
        return Err(Failure::Usage(format!(
            "--each-schema is for PostgreSQL, and {} is {}: name its databases by --each-url",
            database.shown(),
            database.dialect
        )));
    }
    if let Some(schema) = &project.settings().history.schema {
        return Err(Failure::Usage(format!(
            "--each-schema: each schema has a history of its own, and `history-schema` puts all of them in {schema}"
        )));
    }
    let schemas = database.schemas_like(pattern)?;
    if schemas.is_empty() {
        let shown = database.shown();
        return Err(Failure::Usage(format!("--each-schema: no schema of {shown} is like `{pattern}`")));
    }
    Ok(schemas.into_iter().map(|schema| database.with_schema(schema)).collect())
}
