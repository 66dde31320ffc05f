//! Every kind of change to a model: the build refuses it at its place, one revision settles it, a second finds nothing.

#![allow(clippy::unwrap_used)]

use migratable_tests::{Project, place};

const MAIN: &str = "mod models;\n\nmigratable::schema!();\n\nfn main() {}\n";

const MODELS: &str = "\
use migratable::Migratable;

#[derive(Clone, Copy, Debug, Migratable)]
pub enum Status {
    Draft,
    Published,
}

#[derive(Migratable)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub age: i32,
    pub email: Option<String>,
}

#[derive(Migratable)]
pub struct Post {
    pub id: i64,
    pub title: String,
    pub author_id: i64,
    pub status: Status,
}

#[derive(Migratable)]
pub struct Tag {
    pub id: i64,
    pub name: String,
}
";

struct Case {
    what: &'static str,
    from: &'static str,
    to: &'static str,
    /// The errors: where in the changed file each stands, and a part of its message.
    errors: &'static [(&'static str, &'static str)],
    flags: &'static [&'static str],
    operations: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        what: "a field is added",
        from: "    pub email: Option<String>,\n",
        to: "    pub email: Option<String>,\n    pub city: Option<String>,\n",
        errors: &[("city", "`users.city` (text, nullable) is new")],
        flags: &[],
        operations: &["add column users.city"],
    },
    Case {
        what: "a field is removed",
        from: "    pub city: Option<String>,\n",
        to: "",
        errors: &[("User {", "`users.city` (text, nullable)")],
        flags: &[],
        operations: &["drop column users.city"],
    },
    Case {
        what: "a type changes",
        from: "    pub age: i32,\n",
        to: "    pub age: i64,\n",
        errors: &[("age", "schema.lock has integer, the model has bigint")],
        flags: &[],
        operations: &["alter column users.age: type bigint"],
    },
    Case {
        what: "an Option appears",
        from: "    pub age: i64,\n",
        to: "    pub age: Option<i64>,\n",
        errors: &[("age", "schema.lock has not null, the model has nullable")],
        flags: &[],
        operations: &["alter column users.age: nullable"],
    },
    Case {
        what: "an Option disappears",
        from: "    pub age: Option<i64>,\n",
        to: "    pub age: i64,\n",
        errors: &[("age", "schema.lock has nullable, the model has not null")],
        flags: &["--default", "users.age=0"],
        operations: &["fill users.age", "alter column users.age: not null"],
    },
    Case {
        what: "a default comes",
        from: "    pub age: i64,\n",
        to: "    #[migratable(default = 18)]\n    pub age: i64,\n",
        errors: &[("age: i64", "schema.lock has no default, the model has default 18")],
        flags: &[],
        operations: &["alter column users.age: default 18"],
    },
    Case {
        what: "an index comes",
        from: "    pub author_id: i64,\n",
        to: "    #[migratable(index)]\n    pub author_id: i64,\n",
        errors: &[("author_id", "the index `ix_posts_author_id`")],
        flags: &[],
        operations: &["create index ix_posts_author_id on posts"],
    },
    Case {
        what: "a reference comes",
        from: "    #[migratable(index)]\n    pub author_id: i64,\n",
        to: "    #[migratable(index, references = User, on_delete = cascade)]\n    pub author_id: i64,\n",
        errors: &[("author_id", "the foreign key `fk_posts_author_id_users`")],
        flags: &[],
        operations: &["create foreign key fk_posts_author_id_users"],
    },
    Case {
        what: "an enum variant comes",
        from: "    Published,\n",
        to: "    Published,\n    Archived,\n",
        errors: &[("Status {", "schema.lock has the enum `status` as draft, published")],
        flags: &[],
        operations: &["add value archived to enum status"],
    },
    Case {
        what: "several things change at once",
        from: "    pub title: String,\n",
        to: "    #[migratable(unique, type = \"varchar(80)\")]\n    pub title: String,\n    pub body: Option<String>,\n",
        errors: &[
            ("title", "schema.lock has text, the model has varchar(80)"),
            ("title", "the unique `uq_posts_title`"),
            ("body", "`posts.body` (text, nullable) is new"),
        ],
        flags: &["--default", "posts.title=substr(title, 1, 80)"],
        operations: &["add column posts.body", "alter column posts.title", "create unique uq_posts_title"],
    },
    Case {
        what: "a field is renamed",
        from: "    #[migratable(unique, type = \"varchar(80)\")]\n    pub title: String,\n",
        to: "    #[migratable(unique, type = \"varchar(80)\")]\n    pub headline: String,\n",
        errors: &[("headline", "--rename posts.title=posts.headline")],
        flags: &["--rename", "posts.title=posts.headline"],
        operations: &["rename column posts.title to headline"],
    },
    Case {
        what: "a check and a comment of the struct come",
        from: "#[derive(Migratable)]\npub struct Tag {",
        to: "#[derive(Migratable)]\n#[migratable(check(\"name <> id\"), comment = \"words\")]\npub struct Tag {",
        errors: &[("Tag {", "comment"), ("Tag {", "ck_tags_id_name")],
        flags: &[],
        operations: &["create check ck_tags_id_name", "set the comment of table tags"],
    },
];

#[test]
fn each_change_is_refused_at_its_place_and_settled_by_one_revision() {
    let project = Project::new("drift");
    project.write("src/main.rs", MAIN);
    project.write("src/models.rs", MODELS);
    project.migrate_files(&["revision", "-m", "start"]).ok();
    assert_eq!(project.errors(), []);
    for case in CASES {
        project.replace("src/models.rs", case.from, case.to);
        let text = project.read("src/models.rs");
        let mut wanted: Vec<_> = case.errors.to_vec();
        for error in project.errors() {
            assert_eq!(error.file, "src/models.rs", "{}: {}", case.what, error.rendered);
            let found = wanted
                .iter()
                .position(|(at, part)| (error.line, error.column) == place(&text, at) && error.message.contains(part));
            let found = found.unwrap_or_else(|| panic!("{}: not expected: {}", case.what, error.rendered));
            wanted.remove(found);
        }
        assert!(wanted.is_empty(), "{}: missing {wanted:?}", case.what);

        let said = project.migrate_files(&[&["revision", "-m", case.what], case.flags].concat()).ok();
        for operation in case.operations {
            assert!(said.stdout.contains(operation), "{}: no `{operation}` in\n{}", case.what, said.stdout);
        }
        assert_eq!(project.errors(), [], "{}", case.what);
        let count = project.revisions().len();
        project.migrate_files(&["revision", "-m", "again"]).ok();
        assert_eq!(project.revisions().len(), count, "{}: a second revision finds something", case.what);
        project.migrate_files(&["check"]).ok();
    }

    // A removed struct has no place of its own: the error stands at schema!().
    let models = project.read("src/models.rs");
    let start = models.find("#[derive(Migratable)]\n#[migratable(check").unwrap();
    project.write("src/models.rs", &models[..start]);
    let errors = project.errors();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!((errors[0].file.as_str(), errors[0].line), ("src/main.rs", 3), "{}", errors[0].rendered);
    assert!(errors[0].message.contains("`tags`"), "{}", errors[0].message);
    project.migrate_files(&["revision", "-m", "no tags"]).ok();
    assert_eq!(project.errors(), []);

    // All of it runs, up and down, with the compiler's blessing.
    project.migrate(&["upgrade"]).ok();
    project.migrate(&["downgrade", "base"]).ok();
    project.migrate(&["upgrade"]).ok();
}

#[test]
fn one_field_for_another_is_asked_about_and_never_dropped_silently() {
    let project = Project::new("asked");
    project.write("src/main.rs", MAIN);
    project.write("src/models.rs", MODELS);
    project.migrate_files(&["revision", "-m", "start"]).ok();
    project.replace("src/models.rs", "pub email: Option<String>", "pub mail: Option<String>");
    let said = project.migrate_files(&["revision", "-m", "mail"]).failed(1);
    for flag in ["--rename users.email=users.mail", "--drop users.email"] {
        assert!(said.stderr.contains(flag), "{}", said.stderr);
    }
    assert_eq!(project.revisions().len(), 1);

    project.replace("src/models.rs", "    pub mail:", "    #[migratable(renamed_from = \"email\")]\n    pub mail:");
    project.migrate_files(&["revision", "-m", "mail"]).ok();
    let text = project.read(&project.newest_revision());
    assert!(text.contains("op.rename_column(\"users\", \"email\", \"mail\")"), "{text}");
    let found = project.check("asked");
    assert!(found.iter().all(|it| it.level == "warning"), "right behind the revision the app builds: {found:#?}");
    assert!(found.iter().any(|it| it.message.contains("remove the attribute")), "{found:#?}");
    let said = project.migrate_files(&["revision", "-m", "again"]).failed(1);
    assert!(said.stderr.contains("renamed_from"), "a stale renamed_from is an error: {}", said.stderr);
}

#[test]
fn warnings_in_place_of_errors_are_for_exploring_only() {
    let project = Project::new("warned");
    project.write("src/main.rs", MAIN);
    project.write("src/models.rs", MODELS);
    project.migrate_files(&["revision", "-m", "start"]).ok();
    project.replace("src/models.rs", "pub age: i32", "pub age: i64");
    assert_eq!(project.errors().len(), 1);
    let found = project.check_with("warned", &[("MIGRATABLE", "warn")], &[]);
    assert!(found.iter().all(|it| it.level == "warning"), "{found:#?}");
    assert!(found.iter().any(|it| it.message.contains("users.age")), "{found:#?}");
    let refused = project.check_with("warned", &[("MIGRATABLE", "warn")], &["--release"]);
    assert!(refused.iter().any(|it| it.level == "error"), "{refused:#?}");
}
