//! What a data step may say of a column: values of its type at that step, on each database that the package means.

#![allow(clippy::unwrap_used)]

use migratable_core::Dialect;
use migratable_tests::Project;
use migratable_tests::databases::client::Server;

const MODELS: &str = "\
use migratable::Migratable;

#[derive(Clone, Copy, Debug, Migratable)]
pub enum Mood {
    Happy,
    Sad,
    Bored,
}

#[derive(Migratable)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub mood: Mood,
    pub earlier: Option<Mood>,
    #[migratable(type(sqlite = \"text\"))]
    pub key: uuid::Uuid,
    pub seen: Option<chrono::DateTime<chrono::Utc>>,
}
";

const BODY: &str = "
    let bored = authors::table.filter(authors::mood.eq(Mood::Bored).or(authors::earlier.eq(Mood::Bored)));
    let found: Vec<(i64, Mood, Option<Mood>)> =
        bored.select((authors::id, authors::mood, authors::earlier)).load(db)?;
    for (id, mood, earlier) in found {
        let no_longer = |it| if it == Mood::Bored { Mood::Sad } else { it };
        diesel::update(authors::table.filter(authors::id.eq(id)))
            .set((authors::mood.eq(no_longer(mood)), authors::earlier.eq(earlier.map(no_longer))))
            .execute(db)?;
    }
    Ok(())";

const ROWS: &str = "INSERT INTO authors (id, name, mood, earlier, key) VALUES \
                    (1, 'ada', 'bored', 'happy', '00000000-0000-0000-0000-000000000001'), \
                    (2, 'bob', 'happy', 'bored', '00000000-0000-0000-0000-000000000002'), \
                    (3, 'cyd', 'sad', NULL, '00000000-0000-0000-0000-000000000003');";

const MOODS: &str =
    "SELECT string_agg(id || coalesce(mood::text, '') || coalesce(earlier::text, '-'), ' ' ORDER BY id) FROM authors";

/// A build for SQLite alone had types of PostgreSQL in it; and an enum had no values on PostgreSQL.
#[test]
fn an_enum_has_its_values_and_a_package_for_two_databases_builds_for_one() {
    let server = Server::of(Dialect::Postgres).unwrap();
    let database = server.database("values").unwrap();
    let project = Project::new("valued");
    project.write("src/main.rs", "mod models;\n\nfn main() {}\n");
    project.write("src/models.rs", MODELS);
    let manifest = project.read("migrations/Cargo.toml");
    let manifest = manifest.replace("dialects = [\"sqlite\"]", "dialects = [\"sqlite\", \"postgres\"]");
    project.write("migrations/Cargo.toml", &manifest);
    project.migrate_files(&["revision", "-m", "authors"]).ok();
    project.migrate(&["upgrade"]).ok();
    project.sqlite(ROWS);

    project.replace("src/models.rs", "    Bored,\n", "");
    project.migrate_files(&["revision", "-m", "not bored", "--no-tests"]).ok();
    let revision = project.newest_revision();
    let text = project.read(&revision);
    let hole = text.find("hole!(").unwrap_or_else(|| panic!("{text}"));
    let end = hole + text[hole..].find("\n}").unwrap();
    project.write(&revision, &format!("{}{BODY}{}", text[..hole].trim_end(), &text[end..]));
    project.migrate(&["upgrade"]).ok();
    assert_eq!(project.sqlite("SELECT mood, earlier FROM authors ORDER BY id"), "sad|happy\nhappy|sad\nsad|");

    project.write(
        "migrations/Cargo.toml",
        &manifest.replace("features = [\"sqlite\",", "features = [\"sqlite\", \"postgres\","),
    );
    let url = database.url();
    project.migrate(&["--database-url", &url, "upgrade", "+1"]).ok();
    database.run(ROWS).unwrap();
    project.migrate(&["--database-url", &url, "upgrade"]).ok();
    assert_eq!(database.query(MOODS).unwrap().trim_end(), "1sadhappy 2happysad 3sad-");

    // What the databases hold in different ways is no value.
    let text = project.read(&revision);
    project.write(&revision, &text.replace("let found:", "let _ = authors::key.eq(\"x\");\n    let found:"));
    let errors = project.check("valued-migrations");
    assert!(
        errors.iter().any(|it| it.file.ends_with(&revision) && it.rendered.contains("DiffersByDatabase")),
        "{errors:#?}"
    );
}
