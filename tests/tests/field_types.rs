//! What only the compiler knows of a model: which types its fields really have, and whether it is code of tests.

#![allow(clippy::unwrap_used)]

use migratable_tests::{Project, place};

const MODELS: &str = "\
use migratable::Migratable;

#[derive(Migratable)]
pub struct Post {
    pub id: i64,
    pub title: String,
    pub body: String,
    pub note: Option<String>,
}
";

const LOOK_ALIKE: &str = "
macro_rules! look_alike {
    () => {
        type String = i64;
    };
}

look_alike!();
";

const OF_TESTS: &str = "
#[cfg(test)]
mod tests {
    #[derive(migratable::Migratable)]
    pub struct Draft {
        pub id: i64,
    }
}
";

#[test]
fn what_the_build_script_cannot_see_is_an_error_of_the_compiler() {
    let project = Project::new("alike");
    project.write("src/main.rs", "mod models;\n\nmigratable::schema!();\n\nfn main() {}\n");
    project.write("src/models.rs", MODELS);
    project.migrate_files(&["revision", "-m", "posts"]).ok();
    assert_eq!(project.errors(), []);

    // Every field whose type is not what its name says.
    let text = format!("{MODELS}{LOOK_ALIKE}");
    project.write("src/models.rs", &text);
    let mut found: Vec<_> = project.errors().into_iter().map(|it| (it.line, it.column, it.message)).collect();
    let message = "this type is `bigint` in the database, but the build script read its name as `text`";
    let expected = ["title: ", "body: ", "note: "].map(|field| {
        let (line, column) = place(&text, field);
        (line, column + field.len() as u64, message.to_owned())
    });
    found.sort();
    assert_eq!(found, expected);

    // A model of tests, when the tests are built.
    let text = format!("{MODELS}{OF_TESTS}");
    project.write("src/models.rs", &text);
    assert_eq!(project.errors(), []);
    let mut found = project.check_with("alike", &[], &["--tests"]);
    found.dedup_by(|a, b| a.message == b.message);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].line, found[0].column), place(&text, "Draft"));
    assert!(
        found[0].message.contains("behind `#[cfg(test)]` or in `tests/`, has no migrations"),
        "{}",
        found[0].message
    );
}
