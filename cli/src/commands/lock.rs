//! `lock`.

use std::collections::BTreeSet;

use migratable_core::lock;
use migratable_core::{Schema, table_text};
use serde_json::json;

use crate::arguments::Lock;
use crate::console::Console;
use crate::failure::Outcome;
use crate::project::Project;
use crate::sources::{Sources, refuse, replay, sound_graph};

/// Computes the lock anew from the revisions, and says what changed.
pub(crate) fn run(arguments: &Lock, project: &Project, console: &mut Console<'_>) -> Outcome {
    let sources = Sources::open(project, console)?;
    let text = sources.lock_text()?;
    let before = lock::read(&text);
    let history = sources.history();
    let graph = sound_graph(&history, console)?;
    let schema = match replay(&history) {
        Ok(schema) => sources.dressed(schema),
        Err(found) => return refuse(&found, console),
    };
    let heads: Vec<String> = graph.heads().into_iter().map(str::to_owned).collect();
    let changed = sources.write_lock(&heads, &schema, console)?;

    let mut differences = Vec::new();
    match &before {
        Ok(before) => {
            if before.heads != heads {
                differences.push(format!("heads: {} -> {}", list(&before.heads), list(&heads)));
            }
            differences.extend(between(&before.schema, &schema));
        }
        Err(_) => differences.push("it could not be read before".to_owned()),
    }
    let path = console.path(&sources.configuration.lock());
    if arguments.report.json {
        console.json(&json!({ "file": path, "changed": changed, "heads": heads, "differences": differences }));
    } else if changed {
        console.line(format_args!("{path} was computed anew:"));
        if differences.is_empty() {
            differences.push("only its form, names of models or the order of columns".to_owned());
        }
        for difference in differences {
            console.line(format_args!("  {difference}"));
        }
    } else {
        console.line(format_args!("{path} is what the revisions give; nothing was changed."));
    }
    for heads in graph.colliding_heads() {
        let merge = project.file_command(&format!("merge {}", heads.join(" ")));
        console.note(format_args!("there are {} heads in one branch; join them: {merge}", heads.len()));
    }
    Ok(())
}

fn list(heads: &[String]) -> String {
    if heads.is_empty() { "base".to_owned() } else { heads.join(", ") }
}

/// What differs between two schemas, a line each: `-` what was, `+` what is.
fn between(before: &Schema, after: &Schema) -> Vec<String> {
    let mut differences = Vec::new();
    let names: BTreeSet<_> = before.tables.keys().chain(after.tables.keys()).collect();
    for name in names {
        match (before.tables.get(name), after.tables.get(name)) {
            (Some(_), None) => differences.push(format!("- table {name}")),
            (None, Some(_)) => differences.push(format!("+ table {name}")),
            (Some(before), Some(after)) => {
                let texts = (table_text(before), table_text(after));
                differences.extend(lines(&format!("table {name}"), &texts.0, &texts.1));
            }
            (None, None) => {}
        }
    }
    let names: BTreeSet<_> = before.enums.keys().chain(after.enums.keys()).collect();
    for name in names {
        let values = |schema: &Schema| schema.enums.get(name).map(|it| it.values.join(", "));
        let (old, new) = (values(before), values(after));
        if old != new {
            differences.extend(old.map(|values| format!("- enum {name} ({values})")));
            differences.extend(new.map(|values| format!("+ enum {name} ({values})")));
        }
    }
    differences
}

/// The blocks (columns, indexes…) that only one of two texts of a table has.
fn lines(of: &str, before: &str, after: &str) -> Vec<String> {
    let blocks = |text: &str| -> Vec<String> {
        let text = text.trim().split("\n\n");
        text.map(|block| block.trim_start_matches("[[table.").replace("]]\n", ": ").replace('\n', ", ")).collect()
    };
    let (old, new) = (blocks(before), blocks(after));
    let gone = old.iter().filter(|block| !new.contains(block)).map(|block| format!("- {of}: {block}"));
    let come = new.iter().filter(|block| !old.contains(block)).map(|block| format!("+ {of}: {block}"));
    gone.chain(come).collect()
}

#[cfg(test)]
mod tests {
    use migratable_core::builder::{bigint, column, table, text};

    use super::*;

    #[test]
    fn differences_name_what_was_and_what_is() {
        let schema = |tables: Vec<migratable_core::Table>| Schema {
            tables: tables.into_iter().map(|table| (table.name.clone(), table)).collect(),
            ..Schema::default()
        };
        let before = schema(vec![
            table("users").column(column("id", bigint())).column(column("bio", text())),
            table("old").column(column("id", bigint())),
        ]);
        let after = schema(vec![
            table("users").column(column("id", bigint())).column(column("bio", text()).nullable()),
            table("young").column(column("id", bigint())),
        ]);
        assert_eq!(
            between(&before, &after),
            [
                "- table old",
                "- table users: column: name = \"bio\", type = \"text\"",
                "+ table users: column: name = \"bio\", type = \"text\", nullable = true",
                "+ table young",
            ]
        );
        assert!(between(&after, &after).is_empty());
    }
}
