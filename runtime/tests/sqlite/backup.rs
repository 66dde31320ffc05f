//! The copy that is made of a database before anything is changed.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use migratable::revision::*;
use migratable::{Backup, Event, Observer, Options, Report, Settings};

use super::database::{Db, Program, line, memory, nothing, open, run, values};

fn parents(op: &mut Operations) {
    op.create_table(
        table("parents")
            .column(column("id", bigint()))
            .column(column("name", text()).nullable())
            .primary_key("pk_parents", ["id"]),
    );
    op.create_table(
        table("children")
            .column(column("id", bigint()))
            .column(column("parent", bigint()))
            .primary_key("pk_children", ["id"])
            .foreign_key(foreign_key("fk_children", ["parent"]).references("parents", ["id"]).on_delete(cascade())),
    );
}

fn require_name(op: &mut Operations) {
    op.alter_column("parents", "name").not_null();
}

fn free_name(op: &mut Operations) {
    op.alter_column("parents", "name").nullable();
}

fn program() -> Program {
    line(&[(parents, nothing), (require_name, free_name)])
}

/// A database at the first revision, with rows.
fn with_rows(file: &Path, mode: &str) -> Db {
    let mut db = open(file);
    run(&mut db, &format!("PRAGMA journal_mode = {mode}"));
    program().upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    run(&mut db, "INSERT INTO parents VALUES (1, 'Ada'), (2, 'Bob'); INSERT INTO children VALUES (1, 1), (2, 2)");
    db
}

fn to(file: impl Into<PathBuf>) -> Options<'static> {
    Options { backup: Some(Backup::To(file.into())), ..Options::default() }
}

/// All that a database holds, in the words of the shell.
fn dump(file: &Path) -> String {
    let ran = Command::new("sqlite3").arg(file).args(["PRAGMA integrity_check;", ".dump"]).output().unwrap();
    assert!(ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_copy_is_the_database_as_it_was_before() {
    for mode in ["DELETE", "WAL"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.db");
        let mut db = with_rows(&file, mode);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        type Move = fn(&Program, &mut Db, &Options<'_>) -> Report;
        let moves: [(&str, Move); 2] = [
            ("up.db", |program, db, options| program.upgrade_to(db, "head", options).unwrap()),
            ("down.db", |program, db, options| program.downgrade(db, "-1", options).unwrap()),
        ];
        for (name, run) in moves {
            let (before, copy) = (dump(&file), folder.path().join(name));
            let told = RefCell::new(Vec::new());
            let observe = |event: &Event<'_>| {
                if let Event::BackedUp { file } = event {
                    told.borrow_mut().push(file.to_path_buf());
                }
            };
            let report = run(&program(), &mut db, &Options { observer: Observer::new(&observe), ..to(&copy) });
            assert_eq!((report.backup.as_ref(), report.done.len()), (Some(&copy), 1), "{mode}");
            assert_eq!(told.into_inner(), std::slice::from_ref(&copy));
            assert_eq!(dump(&copy), before, "{mode} {name}");
            assert_ne!(dump(&file), before, "{mode} {name}");
            assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        }
        drop(db);
        assert_eq!(names(folder.path()), ["app.db", "down.db", "up.db"]);
    }
}

#[test]
fn a_copy_that_is_put_back_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("app.db"), folder.path().join("copy.db"));
    let mut db = with_rows(&file, "DELETE");
    program().upgrade_to(&mut db, "head", &to(&copy)).unwrap();
    run(&mut db, "DELETE FROM parents");
    drop(db);
    fs::rename(&copy, &file).unwrap();
    let mut db = open(&file);
    assert_eq!(program().current(&mut db).unwrap(), ["r1"]);
    program().upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT name FROM parents"), ["Ada", "Bob"]);
    assert_eq!(values(&mut db, "SELECT parent FROM children"), ["1", "2"]);
}

#[test]
fn a_copy_has_the_time_in_its_name_and_stays_when_the_upgrade_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (file, others) = (folder.path().join("app.db"), folder.path().join("copies"));
    fs::create_dir(&others).unwrap();
    let mut db = with_rows(&file, "DELETE");
    run(&mut db, "INSERT INTO parents VALUES (3, NULL)");
    let before = dump(&file);
    let beside = program().with_settings(Settings::default().with_backup(Backup::Beside));
    beside.upgrade(&mut db).unwrap_err();
    program().upgrade_to(&mut db, "head", &to(&others)).unwrap_err();
    beside.upgrade(&mut db).unwrap_err();
    let stamped = |name: &str| {
        let time = name.strip_prefix("app.db.backup-").unwrap_or_default();
        let digits: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        digits == "00000000T000000Z" || digits == "00000000T000000Z-0"
    };
    let (found, in_folder) = (names(folder.path()), names(&others));
    assert!(found.len() == 4 && stamped(&found[1]) && stamped(&found[2]), "{found:?}");
    assert!(in_folder.len() == 1 && stamped(&in_folder[0]), "{in_folder:?}");
    for copy in [folder.path().join(&found[1]), others.join(&in_folder[0])] {
        assert_eq!(dump(&copy), before);
    }
}

#[test]
fn nothing_is_copied_where_nothing_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let mut db = with_rows(&file, "DELETE");
    let report = program().upgrade_to(&mut db, "r1", &to(folder.path().join("copy.db"))).unwrap();
    assert_eq!((report.backup, names(folder.path())), (None, vec!["app.db".to_owned()]));
}

#[test]
fn a_new_database_is_copied_too() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    program().upgrade_to(&mut open(&folder.path().join("app.db")), "head", &to(&copy)).unwrap();
    assert_eq!(program().current(&mut open(&copy)).unwrap(), [""; 0]);
}

#[test]
fn what_cannot_be_copied_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let mut db = with_rows(&file, "DELETE");
    let before = dump(&file);
    fs::write(folder.path().join("there.db"), "mine").unwrap();
    for (name, said) in [
        ("there.db", "there.db is there already, and is not written over; name another file"),
        ("app.db", "app.db is there already"),
        ("nowhere/copy.db", "nowhere/copy.db: No such file or directory"),
    ] {
        let error = program().upgrade_to(&mut db, "head", &to(folder.path().join(name))).unwrap_err();
        assert_eq!(error.code(), "backup");
        let text = error.to_string();
        assert!(
            text.contains("the database is not copied, and nothing was changed: ") && text.contains(said),
            "{text}"
        );
        assert_eq!(dump(&file), before);
        assert_eq!(names(folder.path()), ["app.db", "there.db"]);
    }
    assert_eq!(fs::read_to_string(folder.path().join("there.db")).unwrap(), "mine");
    let error = program().upgrade_to(&mut memory(), "head", &to(folder.path().join("copy.db"))).unwrap_err();
    assert!(error.to_string().contains("it is in no file"), "{error}");
}

#[test]
fn a_copy_that_was_stopped_in_the_middle_stands_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("app.db"), folder.path().join("copy.db"));
    let mut db = with_rows(&file, "DELETE");
    let before = dump(&file);
    let left = format!("copy.db.part-{}-7", std::process::id());
    fs::write(folder.path().join(&left), "half of a copy").unwrap();
    program().upgrade_to(&mut db, "head", &to(&copy)).unwrap();
    assert_eq!(dump(&copy), before);
    assert_eq!(names(folder.path()), ["app.db", "copy.db", &*left]);
}

#[test]
fn nobody_comes_between_a_copy_and_what_it_was_made_for() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("app.db"), folder.path().join("copy.db"));
    let mut db = with_rows(&file, "DELETE");
    let mut other = open(&file);
    run(&mut other, "PRAGMA busy_timeout = 0");
    let written = RefCell::new(None);
    let other = RefCell::new(other);
    let observe = |event: &Event<'_>| {
        if let Event::BackedUp { .. } = event {
            use migratable::diesel::connection::SimpleConnection;
            *written.borrow_mut() = Some(other.borrow_mut().batch_execute("INSERT INTO parents VALUES (9, 'Eve')"));
        }
    };
    program().upgrade_to(&mut db, "head", &Options { observer: Observer::new(&observe), ..to(&copy) }).unwrap();
    assert!(written.into_inner().unwrap().unwrap_err().to_string().contains("database is locked"));
}
