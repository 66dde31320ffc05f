//! A disk that is full or read-only: one clear error, nothing half-written, and all is well when there is room again.

use std::collections::BTreeMap;
use std::fs;

use crate::project::{Blog, assert_says};
use crate::small_disk::on_a_small_disk;

const ID: &str = "aa0000000001";
const USER: &str = "#[derive(Migratable)]\npub struct User {\n    pub id: i64,\n}\n";
const WITH_BIO: &str = "#[derive(Migratable)]\npub struct User {\n    pub id: i64,\n    pub bio: Option<String>,\n}\n";

/// A project with one revision, and a change for another.
fn changed() -> Blog {
    let blog = Blog::new(USER);
    blog.ok(&["revision", "-m", "users", "--rev-id", ID]);
    blog.models(WITH_BIO);
    blog
}

/// Every file of the migrations package, those that a failed command may have left too.
fn everything(blog: &Blog) -> BTreeMap<String, String> {
    let folders = ["migrations", "migrations/versions"];
    let names = folders
        .into_iter()
        .flat_map(|folder| blog.names(folder).into_iter().map(move |name| format!("{folder}/{name}")));
    names.filter(|name| blog.path(name).is_file()).map(|name| (name.clone(), blog.read(&name))).collect()
}

/// The commands that write files, in a project in which each has something to write.
fn commands() -> [(&'static [&'static str], Blog); 3] {
    let with_a_stale_lock = changed();
    let lock = with_a_stale_lock.read("migrations/schema.lock");
    with_a_stale_lock.write("migrations/schema.lock", &lock.replace("bigint", "text"));
    [(&["revision", "-m", "bio"], changed()), (&["lock"], with_a_stale_lock), (&["remove"], changed())]
}

#[test]
fn files_on_a_read_only_disk_stay_as_they_are() {
    on_a_small_disk("disk::files_on_a_read_only_disk_stay_as_they_are", |disk| {
        for (command, blog) in commands() {
            let before = everything(&blog);
            let said = disk.with_read_only(&[&blog.root], &[], || blog.fails(1, command));
            assert_says(&said, &["error: cannot write migrations/", "nothing was changed: make its folder writable"]);
            assert_eq!(said.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{said}");
            assert_eq!(everything(&blog), before, "{command:?}");
            blog.ok(command);
        }
        let blog = changed();
        let before = everything(&blog);
        let versions = blog.path("migrations/versions");
        let said = disk.with_read_only(&[&versions], &[], || blog.fails(1, &["remove"]));
        assert_says(&said, &["error: cannot remove migrations/versions/", "nothing was changed"]);
        assert_eq!(everything(&blog), before);
    });
}

#[test]
fn files_on_a_full_disk_stay_as_they_are() {
    on_a_small_disk("disk::files_on_a_full_disk_stay_as_they_are", |disk| {
        for (command, blog) in commands() {
            let before = everything(&blog);
            let needed = (0..20).find(|left| {
                let filling = disk.fill(*left);
                let ran = blog.run(command);
                fs::remove_file(filling).unwrap();
                if ran.status != 0 {
                    assert_says(
                        &ran.err,
                        &["error: cannot write migrations/", "nothing was changed: make room on the"],
                    );
                    assert_eq!(everything(&blog), before, "{command:?} with {left} blocks");
                }
                ran.status == 0
            });
            assert!(needed.is_some_and(|blocks| blocks > 0), "{command:?}: {needed:?}");
            assert_ne!(everything(&blog), before, "{command:?}");
        }
        let blog = Blog::new(USER);
        fs::remove_dir(blog.path("migrations/versions")).unwrap();
        let filling = disk.fill(0);
        blog.fails(1, &["revision", "-m", "users"]);
        fs::remove_file(filling).unwrap();
        assert!(!blog.path("migrations/versions").exists());
    });
}

#[cfg(feature = "database")]
mod database {
    use std::path::Path;

    use migratable::diesel::{self, Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
    use migratable::revision::*;
    use migratable_cli::{Migrator, Project};

    use super::*;
    use crate::database::revision;
    use crate::project::{Ran, run};

    static REVISIONS: [migratable::Revision; 3] = [
        revision(ID, &[], "users", create_users, drop_users),
        revision("bb0000000002", &[ID], "posts", create_posts, drop_posts),
        revision("cc0000000003", &["bb0000000002"], "every user has a bio", require_bio, free_bio),
    ];

    fn create_users(op: &mut Operations) {
        op.create_table(
            table("users")
                .column(column("id", bigint()))
                .column(column("bio", text()).nullable())
                .primary_key("pk_users", ["id"]),
        );
        op.execute(sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
             INSERT INTO users (id, bio) SELECT i, printf('%01000d', i) FROM n"));
    }

    fn drop_users(op: &mut Operations) {
        op.drop_table("users");
    }

    fn create_posts(op: &mut Operations) {
        op.create_table(table("posts").column(column("id", bigint())).primary_key("pk_posts", ["id"]));
    }

    fn drop_posts(op: &mut Operations) {
        op.drop_table("posts");
    }

    fn require_bio(op: &mut Operations) {
        op.alter_column("users", "bio").not_null();
    }

    fn free_bio(op: &mut Operations) {
        op.alter_column("users", "bio").nullable();
    }

    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }

    /// Schema and rows of a database, and what SQLite thinks of the file.
    fn content(file: &Path) -> Vec<String> {
        let mut db = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        let query = "SELECT coalesce(sql, name) AS line FROM sqlite_master UNION ALL SELECT id || bio FROM users \
                     UNION ALL SELECT revision FROM migratable_revisions \
                     UNION ALL SELECT integrity_check FROM pragma_integrity_check";
        let lines: Vec<Line> = sql_query(query).load(&mut db).unwrap();
        lines.into_iter().map(|it| it.line).collect()
    }

    fn migrate(blog: &Blog, arguments: &[&str]) -> Ran {
        let project = Project::new(
            blog.path("migrations"),
            "blog-migrations",
            "[package]\nname = \"blog-migrations\"\n[package.metadata.migratable]\n\
             database-url = \"sqlite://data/blog.db\"\n",
        )
        .with_migrator(Migrator::new(&REVISIONS));
        run(&project, &blog.root, &BTreeMap::new(), None, arguments)
    }

    fn ok(blog: &Blog, arguments: &[&str]) -> String {
        let ran = migrate(blog, arguments);
        assert_eq!(ran.status, 0, "{arguments:?}: {}", ran.err);
        ran.out
    }

    /// A command that must fail by one error, which names the database.
    fn fails(blog: &Blog, arguments: &[&str], parts: &[&str]) {
        let ran = migrate(blog, arguments);
        assert_eq!((ran.status, ran.err.matches("error: ").count()), (1, 1), "{arguments:?}: {}", ran.err);
        let database = format!("sqlite://{}", blog.path("data/blog.db").display());
        assert_says(&ran.err, &[&[&*database], parts].concat());
    }

    #[test]
    fn a_database_that_cannot_be_written_stays_as_it_is_and_can_be_looked_at() {
        on_a_small_disk(
            "disk::database::a_database_that_cannot_be_written_stays_as_it_is_and_can_be_looked_at",
            |disk| {
                let blog = Blog::new("");
                let (folder, file) = (blog.path("data"), blog.path("data/blog.db"));
                fs::create_dir(&folder).unwrap();
                disk.with_read_only(&[&folder], &[], || {
                    fails(&blog, &["upgrade"], &["the file cannot be made: Read-only file system"]);
                    assert_eq!(ok(&blog, &["current"]), "");
                });
                ok(&blog, &["upgrade", "bb"]);
                let before = content(&file);
                let advice = "make both writable, and run this again";
                for (what, read_only, writable) in [
                    ("all", &[&*folder][..], &[][..]),
                    ("the folder, so that there can be no journal", &[&folder], &[&*file]),
                    ("the file", &[&file], &[]),
                ] {
                    disk.with_read_only(read_only, writable, || {
                        for command in ["upgrade", "downgrade"] {
                            fails(&blog, &[command], &[advice]);
                        }
                        fails(&blog, &["stamp", "head"], &[advice]);
                        assert_eq!(ok(&blog, &["current"]), "bb0000000002\n", "{what}");
                    });
                    assert_eq!(content(&file), before, "{what}");
                }

                let mut db = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
                sql_query("PRAGMA journal_mode = WAL").execute(&mut db).unwrap();
                drop(db);
                disk.with_read_only(&[&folder], &[&file], || {
                    for command in ["upgrade", "current"] {
                        fails(&blog, &[command], &["unable to open database file: ", advice]);
                    }
                });
                ok(&blog, &["upgrade"]);
                ok(&blog, &["downgrade"]);
            },
        );
    }

    #[test]
    fn a_copy_for_which_there_is_no_room_stops_everything_and_leaves_nothing() {
        on_a_small_disk(
            "disk::database::a_copy_for_which_there_is_no_room_stops_everything_and_leaves_nothing",
            |disk| {
                let blog = Blog::new("");
                fs::create_dir(blog.path("data")).unwrap();
                ok(&blog, &["upgrade", "aa"]);
                let before = content(&blog.path("data/blog.db"));
                for left in [8, 500] {
                    let filling = disk.fill(left);
                    fails(&blog, &["upgrade", "--backup"], &["database or disk is full: make room on the disk"]);
                    fs::remove_file(filling).unwrap();
                    assert_eq!(blog.names("data"), ["blog.db"], "{left}");
                    assert_eq!(content(&blog.path("data/blog.db")), before);
                }
                ok(&blog, &["upgrade", "--backup"]);
                assert_eq!(content(&blog.path("data").join(&blog.names("data")[1])), before);
            },
        );
    }

    #[test]
    fn a_table_is_not_made_anew_where_there_is_no_room_for_it() {
        on_a_small_disk("disk::database::a_table_is_not_made_anew_where_there_is_no_room_for_it", |disk| {
            let blog = Blog::new("");
            let file = blog.path("data/blog.db");
            fs::create_dir(blog.path("data")).unwrap();
            ok(&blog, &["upgrade", "bb"]);
            let before = content(&file);
            // The table takes some three megabytes.
            for left in [0, 100, 600] {
                let filling = disk.fill(left);
                let said = migrate(&blog, &["upgrade"]).err;
                let needs = "at `alter column users.bio: not null`\nthe copy of `users` needs ";
                let has =
                    format!(" MB, and the disk of {} has {} ", file.display(), if left == 600 { 3 } else { left * 4 });
                assert_says(&said, &["error: sqlite://", needs, &has, "make room on the disk", "Nothing was changed."]);
                fs::remove_file(filling).unwrap();
                assert_eq!(content(&file), before);
            }
            // Pages that are free in the file are room too: other tables are gone from them.
            let mut db = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
            sql_query("CREATE TABLE gone AS SELECT * FROM users").execute(&mut db).unwrap();
            sql_query("DROP TABLE gone").execute(&mut db).unwrap();
            let filling = disk.fill(600);
            let said = migrate(&blog, &["upgrade"]).err;
            assert!(!said.contains("the copy of `users` needs"), "{said}");
            fs::remove_file(filling).unwrap();
            ok(&blog, &["upgrade"]);
        });
    }

    #[test]
    fn wherever_the_disk_fills_up_nothing_is_lost() {
        on_a_small_disk("disk::database::wherever_the_disk_fills_up_nothing_is_lost", |disk| {
            let blog = Blog::new("");
            let (folder, file) = (blog.path("data"), blog.path("data/blog.db"));
            fs::create_dir(&folder).unwrap();
            let filling = disk.fill(0);
            fails(&blog, &["upgrade"], &["database or disk is full: make room on the disk, and run this again"]);
            fs::remove_file(filling).unwrap();
            ok(&blog, &["upgrade", "aa"]);

            for command in ["upgrade", "downgrade"] {
                let before = content(&file);
                let needed = (0..16).chain((16..3000).step_by(61)).find(|left| {
                    let filling = disk.fill(*left);
                    let ran = migrate(&blog, &[command, if command == "upgrade" { "head" } else { "aa" }]);
                    if ran.status != 0 {
                        assert_says(
                            &ran.err,
                            &["error: sqlite://", "blog.db: ", "make room on the disk", "Nothing was"],
                        );
                        assert_eq!(ok(&blog, &["current"]).lines().count(), 1);
                        assert_eq!(content(&file), before, "{command} with {left} blocks");
                        assert_eq!(blog.names("data"), ["blog.db"], "{command} with {left} blocks");
                    }
                    fs::remove_file(filling).unwrap();
                    ran.status == 0
                });

                assert!(needed.is_some_and(|blocks| blocks > 5), "{command}: {needed:?}");
                assert_ne!(content(&file), before);
            }
        });
    }
}
