//! The tests that `revision` writes beside data steps: they compile, say what is to be written, and pass when it is.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use migratable_tests::Project;

const MAIN: &str = "mod models;\n\nmigratable::schema!();\n\nfn main() {}\n";

/// No dialect may be left out.
const EVERY_DIALECT: [(&str, &str); 1] = [("MIGRATABLE_TEST_EVERY_DIALECT", "1")];

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
    #[migratable(type = \"varchar(40)\", unique)]
    pub name: String,
    pub mood: Mood,
    pub picture: Vec<u8>,
}

#[derive(Migratable)]
pub struct Book {
    pub id: i64,
    #[migratable(references = Author)]
    pub author_id: i64,
    pub title: Option<String>,
    pub pages: i32,
}
";

#[test]
fn a_step_is_tested_on_the_rows_before_it() {
    let project = Project::new("tested");
    project.write("src/main.rs", MAIN);
    project.write("src/models.rs", MODELS);
    project.migrate(&["revision", "-m", "books"]).ok();

    for (from, to) in [
        ("pub title: Option<String>,", "pub title: String,\n    pub thick: bool,"),
        ("    Bored,\n", ""),
        ("pub picture", "pub bio: String,\n    pub picture"),
    ] {
        project.replace("src/models.rs", from, to);
    }
    project.migrate(&["revision", "-m", "more", "--default", "books.thick=pages > 500"]).ok();
    let revision = project.newest_revision();
    let holes = project.read(&revision).matches("hole!(").count();
    assert_eq!(holes, 3);
    // Each is said of the library and of its tests, if the one is not stopped by the other.
    let open = project.check_with("tested-migrations", &[], &["--tests"]);
    let said: BTreeSet<(&str, u64)> = open.iter().map(|it| (it.level.as_str(), it.line)).collect();
    assert!(said.len() == holes && said.iter().all(|(level, _)| *level == "error"), "{open:#?}");

    for (step, body) in [
        ("fill_authors_bio", "diesel::update(authors::table).set(authors::bio.eq(\"\")).execute(db)?;"),
        ("fill_books_title", "diesel::update(books::table).set(books::title.eq(\"untitled\")).execute(db)?;"),
        ("replace_mood_bored", "diesel::update(authors::table).set(authors::mood.eq(\"sad\")).execute(db)?;"),
    ] {
        let text = project.read(&revision);
        let start = text.find(&format!("fn {step}(")).unwrap_or_else(|| panic!("{step}: {text}"));
        let hole = start + text[start..].find("hole!(").unwrap();
        let end = hole + text[hole..].find("\n}").unwrap();
        project.write(&revision, &format!("{}{body}\n    Ok(()){}", &text[..hole], &text[end..]));
    }
    let test = ["test", "-q", "-p", "tested-migrations", "--lib"];
    let said = project.cargo(&test).failed(101);
    for part in ["what becomes of the row?", "[\"untitled\"]", "[\"\"]", "[\"sad\"]", "1 passed; 3 failed"] {
        assert!(said.stdout.contains(part), "{part}: {}\n{}", said.stdout, said.stderr);
    }
    let mut text = project.read(&revision);
    for (step, becomes) in [("fill_authors_bio", ""), ("fill_books_title", "untitled"), ("replace_mood_bored", "sad")] {
        let start = text.find(&format!("fn {step}_on_rows(")).unwrap();
        let open = "Vec::<String>::new(), \"what becomes of the row?\"";
        text = format!("{}{}", &text[..start], text[start..].replacen(open, &format!("[{becomes:?}]"), 1));
    }
    project.write(&revision, &text);
    let said = project.cargo(&test).ok();
    assert!(said.stdout.contains("4 passed"), "{}", said.stdout);
    project.migrate(&["check"]).ok();

    project.write(&revision, &text.replace("select(after::authors::bio)", "select(before::authors::bio)"));
    let found = project.check_with("tested-migrations", &[], &["--tests"]);
    let error = found.iter().find(|it| it.level == "error").unwrap();
    assert!(error.file.ends_with(&revision) && error.message.contains("bio"), "{found:#?}");
    assert!(project.check("tested-migrations").is_empty(), "a build without tests does not see them");
}

#[test]
fn a_test_does_not_pass_where_a_database_is_left_out_that_was_asked_for() {
    let project = Project::new("skipped");
    project.replace("migrations/Cargo.toml", "dialects = [\"sqlite\"]", "dialects = [\"sqlite\", \"postgres\"]");
    project.write("src/main.rs", MAIN);
    project.write("src/models.rs", MODELS);
    project.migrate_files(&["revision", "-m", "books"]).ok();
    project.replace("src/models.rs", "pub title: Option<String>,", "pub title: String,");
    project.migrate_files(&["revision", "-m", "titles", "--default", "books.title='untitled'"]).ok();

    let test = ["test", "-q", "-p", "skipped-migrations", "--lib"];
    project.cargo_with(&[("MIGRATABLE_TEST_EVERY_DIALECT", "")], &test).ok();
    let said = project.cargo_with(&EVERY_DIALECT, &test).failed(101);
    assert!(said.stdout.contains("not on PostgreSQL: this build is without its feature `postgres`"), "{}", said.stdout);
}

const SHAPES: &str = "\
use migratable::Migratable;

#[derive(Clone, Copy, Debug, Migratable)]
pub enum Mood {
    Happy,
    Sad,
    Bored,
    Angry,
}

#[derive(Migratable)]
#[migratable(unique(x, y))]
pub struct Place {
    pub id: i64,
    pub x: i32,
    #[migratable(default = 7)]
    pub y: i32,
}

#[derive(Migratable)]
#[migratable(primary_key(key))]
pub struct Tag {
    #[migratable(type = \"varchar(36)\")]
    pub key: String,
    pub mood: Mood,
}

#[derive(Migratable)]
#[migratable(foreign_key(columns(x, y), references(Place(x, y))))]
pub struct Note {
    pub id: i64,
    pub x: i32,
    pub y: i32,
    #[migratable(references = Place)]
    pub place_id: i64,
    #[migratable(references = Note)]
    pub parent_id: i64,
    #[migratable(references = Tag, type = \"varchar(36)\")]
    pub tag: String,
    #[migratable(type = \"date\")]
    pub day: String,
    pub mood: Mood,
}
";

#[test]
fn rows_of_every_shape_are_there_on_every_database() {
    let project = Project::new("shapes");
    for (from, to) in [
        ("dialects = [\"sqlite\"]", "dialects = [\"sqlite\", \"postgres\", \"mysql\"]"),
        ("features = [\"sqlite\",", "features = [\"sqlite\", \"postgres\", \"mysql\","),
    ] {
        project.replace("migrations/Cargo.toml", from, to);
    }
    project.write("src/main.rs", MAIN);
    project.write("src/models.rs", SHAPES);
    project.migrate_files(&["revision", "-m", "shapes"]).ok();

    project.replace("src/models.rs", "    Sad,\n    Bored,\n", "");
    project.replace("src/models.rs", "    pub day: String,\n", "    pub day: String,\n    pub bio: String,\n");
    let moods = ["--default", "notes.mood='angry'", "--default", "tags.mood='angry'"];
    let more = ["revision", "-m", "more", "--default", "notes.bio='x'"];
    project.migrate_files(&[&more[..], &moods[..]].concat()).ok();
    let text = project.read(&project.newest_revision());
    assert!(text.matches("#[test]").count() == 5 && !text.contains("todo!"), "{text}");

    let said = project.cargo_with(&EVERY_DIALECT, &["test", "-q", "-p", "shapes-migrations", "--lib"]).ok();
    assert!(said.stdout.contains("5 passed"), "{}", said.stdout);
}
