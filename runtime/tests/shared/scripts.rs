//! Scripts that the database's own client runs: such as may be run again, and such as change only the history.

use migratable::revision::*;
use migratable::{Direction, Error, Given, Migrator, Options, Revision, ScriptOptions, StampOptions};

use super::programs::{Program, Record, down, line, nothing, one, revision, run};
use crate::database::{DIALECT, Db, assert_is, client, throwaway};

/// Four revisions with rows that must stay, and with texts that end nothing.
fn program() -> Program {
    let create: Record = |op| {
        op.create_table(
            table("users")
                .column(column("id", bigint()))
                .column(column("name", varchar(50)).nullable())
                .primary_key("pk_users", ["id"]),
        );
        op.create_table(
            table("posts")
                .column(column("id", bigint()))
                .column(column("user_id", bigint()))
                .primary_key("pk_posts", ["id"])
                .foreign_key(
                    foreign_key("fk_posts_user_id_users", ["user_id"]).references("users", ["id"]).on_delete(cascade()),
                ),
        );
    };
    let rows: Record = |op| {
        op.bulk_insert("users", ["id", "name"], [[value(1), value("it's; \\ -- \"x\"\n:y 'COMMIT;'")]]);
        op.bulk_insert("posts", ["id", "user_id"], [[value(7), value(1)]]);
    };
    let unrows: Record = |op| {
        op.execute(sql("DELETE FROM posts WHERE id = 7"));
        op.execute(sql("DELETE FROM users WHERE id = 1"));
    };
    let required: Record = |op| {
        op.alter_column("users", "name").not_null();
        op.add_column("users", column("bio", varchar(20)).default("none"));
        op.create_index("users", index("ix_users_name").on("name"));
    };
    let optional: Record = |op| {
        op.drop_index("users", "ix_users_name");
        op.drop_column("users", "bio");
        op.alter_column("users", "name").nullable();
    };
    line(&[
        (create, |op| {
            op.drop_table("posts");
            op.drop_table("users");
        }),
        (rows, unrows),
        (required, optional),
        (|op| op.rename_column("users", "name", "full_name"), |op| op.rename_column("users", "full_name", "name")),
    ])
}

fn script(program: &Program, range: &str, direction: Direction) -> String {
    program.script(DIALECT, range, direction, &ScriptOptions { idempotent: true }).unwrap().sql
}

fn history(db: &mut Db) -> String {
    one(db, "SELECT revision FROM migratable_revisions ORDER BY ordinal")
}

#[test]
fn an_idempotent_script_does_what_is_not_done_yet_wherever_it_begins() {
    let program = program();
    let up = script(&program, "base:head", Direction::Upgrade);
    let back = script(&program, "head:base", Direction::Downgrade);
    for start in ["base", "r1", "r2", "r3", "r4"] {
        let mut db = throwaway();
        if start != "base" {
            program.upgrade_to(&mut db, start, &Options::default()).unwrap();
        }
        for _ in 0..2 {
            client(&mut db, &up).unwrap();
            assert_eq!(history(&mut db), "r1,r2,r3,r4", "from {start}");
        }
        assert!(program.upgrade(&mut db).unwrap().done.is_empty());
        let expected = program.expected(&mut db).unwrap().1;
        assert_is(&mut db, &expected, &format!("from {start}"));
        let names = one(&mut db, "SELECT full_name FROM users WHERE bio = 'none'");
        assert_eq!(names, "it's; \\ -- \"x\"\n:y 'COMMIT;'", "from {start}");
        assert_eq!(one(&mut db, "SELECT user_id FROM posts"), "1");
        if start != "base" {
            down(&program, &mut db, start).unwrap();
        }
        for _ in 0..2 {
            client(&mut db, &back).unwrap();
            assert_eq!(history(&mut db), "", "back from {start}");
        }
        assert_is(&mut db, &migratable_core::Schema::default(), &format!("back from {start}"));
    }
}

#[test]
fn an_idempotent_script_stops_where_it_does_not_come_by() {
    let program = program();
    let (up, rest, back) = (
        script(&program, "base:head", Direction::Upgrade),
        script(&program, "r2:head", Direction::Upgrade),
        script(&program, "r3:r1", Direction::Downgrade),
    );
    let forget = "DELETE FROM migratable_revisions WHERE revision = ";
    let other = "UPDATE migratable_revisions SET revision = 'r0' WHERE revision = ";
    for (at, change, script, stops) in [
        ("r2", format!("{forget} 'r1'"), &up, true),
        ("r2", format!("{other} 'r2'"), &up, true),
        ("r1", String::new(), &rest, true),
        ("r3", String::new(), &rest, false),
        ("r3", format!("{forget} 'r2'"), &back, true),
        ("r3", format!("{forget} 'r1'"), &back, true),
        ("r1", String::new(), &back, false),
        ("r2", String::new(), &back, false),
        ("r4", String::new(), &back, true),
    ] {
        let mut db = throwaway();
        program.upgrade_to(&mut db, at, &Options::default()).unwrap();
        if !change.is_empty() {
            run(&mut db, &change);
        }
        let before = history(&mut db);
        match client(&mut db, script) {
            Err(said) if stops => assert!(said.contains("is at no place that this script comes by"), "{said}"),
            done => assert!(done.is_ok() && !stops, "at {at}; {change}: {done:?}"),
        }
        if stops {
            assert_eq!(history(&mut db), before, "at {at}; {change}");
        }
    }
}

#[test]
fn a_script_stamps_as_the_program_does() {
    let program = program();
    let stamp = |targets: &[&str], purge| program.stamp_sql(DIALECT, targets, &StampOptions { purge }).unwrap();
    let mut db = throwaway();
    client(&mut db, &program.ensure_history_sql(DIALECT).unwrap()).unwrap();
    assert_eq!(history(&mut db), "");
    for (target, expected) in
        [("r2", "r1,r2"), ("head", "r1,r2,r3,r4"), ("r1", "r1"), ("head-1", "r1,r2,r3"), ("base", "")]
    {
        client(&mut db, &stamp(&[target], false)).unwrap();
        assert_eq!(history(&mut db), expected, "{target}");
    }
    client(&mut db, &stamp(&["r2"], false)).unwrap();
    run(&mut db, "UPDATE migratable_revisions SET revision = 'r0' WHERE revision = 'r2'");
    let said = client(&mut db, &stamp(&["r1"], false)).unwrap_err();
    assert!(said.contains("the history has a revision that this script does not know"), "{said}");
    assert_eq!(history(&mut db), "r1,r0");
    client(&mut db, &stamp(&["r1"], true)).unwrap();
    assert_eq!(history(&mut db), "r1");
}

#[test]
fn the_history_is_made_when_that_is_asked() {
    let mut db = throwaway();
    for _ in 0..2 {
        program().ensure_history(&mut db).unwrap();
        assert_eq!(history(&mut db), "");
    }
}

#[test]
fn steps_see_what_is_given_to_the_run_that_they_are_in() {
    fn greet(db: &mut Db) -> Result<()> {
        let [who, tag] = [argument("who"), tag()].map(|it| it.unwrap_or_else(|| "nobody".to_owned()));
        run(db, &format!("INSERT INTO greetings VALUES ('{who} {tag}')"));
        if who == "fail" { Err("it was asked to".into()) } else { Ok(()) }
    }
    let create: Record = |op| op.create_table(table("greetings").column(column("who", varchar(50))));
    let program = line(&[(create, nothing), (|op| op.run(greet), |op| op.run(greet))]);
    let options = |who: &str, tag: &str| Options {
        given: Given { arguments: [("who".to_owned(), who.to_owned())].into(), tag: Some(tag.to_owned()) },
        ..Options::default()
    };
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
    program.upgrade_to(&mut db, "head", &options("Ada", "spring")).unwrap();
    program.downgrade(&mut db, "r1", &options("Bob", "fall")).unwrap();
    program.upgrade_to(&mut db, "head", &options("fail", "x")).unwrap_err();
    program.upgrade(&mut db).unwrap();
    let found = one(&mut db, "SELECT who FROM greetings WHERE who <> 'fail x' ORDER BY who");
    assert_eq!(found, "Ada spring,Bob fall,nobody nobody");
}

#[test]
fn one_branch_goes_back_and_the_other_stays() {
    fn of(name: &'static str) -> (Record, Record) {
        match name {
            "a" => (|op| op.create_table(table("a").column(column("x", bigint()))), |op| op.drop_table("a")),
            "b" => (|op| op.create_table(table("b").column(column("x", bigint()))), |op| op.drop_table("b")),
            _ => (|op| op.create_table(table("c").column(column("x", bigint()))), |op| op.drop_table("c")),
        }
    }
    let make = |id: &'static str, after: &'static [&'static str]| {
        let (up, back) = of(id);
        revision(id, after, up, back)
    };
    let mut shop = make("b", &["a"]);
    shop.labels = &["shop"];
    let revisions: Vec<Revision> = vec![make("a", &[]), shop, make("c", &["a"])];
    let program: Program = Migrator::new(revisions.leak());
    for (target, left) in [("b@-1", "a,c"), ("shop@base", "a,c"), ("c@-1", "a,b"), ("a", "a")] {
        let mut db = throwaway();
        program.upgrade(&mut db).unwrap();
        run(&mut db, "INSERT INTO a VALUES (1)");
        run(&mut db, "INSERT INTO c VALUES (1)");
        let said = down(&program, &mut db, "-1").unwrap_err();
        assert!(matches!(said, Error::Resolve(_)), "{said}");
        assert!(said.to_string().contains("may be any of `b@-1`, `c@-1`"), "{said}");
        down(&program, &mut db, target).unwrap();
        assert_eq!(history(&mut db), left, "{target}");
        if left.contains('c') {
            assert_eq!(one(&mut db, "SELECT x FROM c"), "1");
        }
        assert_eq!(one(&mut db, "SELECT x FROM a"), "1");
    }
}

/// A line with steps in Rust on the way there and on the way back.
fn with_steps() -> Program {
    fn fill(db: &mut Db) -> Result<()> {
        run(db, "UPDATE users SET name = 'filled'");
        Ok(())
    }
    fn empty(db: &mut Db) -> Result<()> {
        run(db, "UPDATE users SET name = 'emptied'");
        Ok(())
    }
    let create: Record = |op| {
        op.create_table(table("users").column(column("id", bigint())).column(column("name", varchar(50)).nullable()));
        op.bulk_insert("users", ["id"], [[value(1)]]);
    };
    let required: Record = |op| {
        op.add_column("users", column("age", integer()).nullable());
        op.run(fill);
        op.alter_column("users", "name").not_null();
    };
    let optional: Record = |op| {
        op.run(empty);
        op.alter_column("users", "name").nullable();
        op.drop_column("users", "age");
    };
    line(&[
        (create, |op| op.drop_table("users")),
        (|op| op.add_column("users", column("bio", varchar(9)).default("x")), |op| op.drop_column("users", "bio")),
        (required, optional),
        (|op| op.drop_column("users", "bio"), |op| op.add_column("users", column("bio", varchar(9)).default("y"))),
    ])
}

#[test]
fn a_step_in_rust_stops_the_script_at_that_point_and_what_came_before_stays() {
    let program = with_steps();
    for idempotent in [false, true] {
        let script = |range: &str, direction| program.script(DIALECT, range, direction, &ScriptOptions { idempotent });
        let up = script("base:head", Direction::Upgrade).unwrap();
        let [stop] = &up.stops[..] else { panic!("{:?}", up.stops) };
        assert_eq!((stop.revision.as_str(), stop.step.as_str()), ("r3", "fill"));
        let then = if idempotent { "then run this script again" } else { "then go on by a script from there" };
        let said = format!("revision r3 runs the step `fill`, which is Rust: let `upgrade r3` run it, {then}");
        assert_eq!(stop.message, said);

        let mut db = throwaway();
        for _ in 0..if idempotent { 2 } else { 1 } {
            let error = client(&mut db, &up.sql).unwrap_err();
            assert!(error.contains("revision r3 runs the step `fill`, which is Rust"), "{error}");
            assert_eq!(history(&mut db), "r1,r2");
            assert_eq!(one(&mut db, "SELECT bio FROM users"), "x");
        }
        program.upgrade_to(&mut db, "r3", &Options::default()).unwrap();
        let rest = if idempotent { up.sql } else { script("r3:head", Direction::Upgrade).unwrap().sql };
        client(&mut db, &rest).unwrap();
        assert_eq!(history(&mut db), "r1,r2,r3,r4");
        assert_eq!(one(&mut db, "SELECT name FROM users"), "filled");
        let expected = program.expected(&mut db).unwrap().1;
        assert_is(&mut db, &expected, "behind the script");

        let back = script("head:base", Direction::Downgrade).unwrap();
        assert!(back.stops[0].message.contains("the step `empty`, which is Rust: let `downgrade r3@-1` run it"));
        let error = client(&mut db, &back.sql).unwrap_err();
        assert!(error.contains("revision r3 runs the step `empty`"), "{error}");
        assert_eq!(history(&mut db), "r1,r2,r3");
        down(&program, &mut db, "r3@-1").unwrap();
        assert_eq!(one(&mut db, "SELECT name FROM users"), "emptied");
        let rest = if idempotent { back.sql } else { script("r2:base", Direction::Downgrade).unwrap().sql };
        client(&mut db, &rest).unwrap();
        assert_eq!(history(&mut db), "");
        assert_is(&mut db, &migratable_core::Schema::default(), "back at the base");
    }
}

#[test]
fn a_script_that_begins_with_a_step_in_rust_stops_at_once() {
    let program = with_steps();
    let mut db = throwaway();
    program.upgrade_to(&mut db, "r2", &Options::default()).unwrap();
    let script = program.upgrade_sql(DIALECT, "r2:head").unwrap();
    assert!(client(&mut db, &script).unwrap_err().contains("revision r3 runs the step `fill`"));
    assert_eq!(history(&mut db), "r1,r2");
    let mut elsewhere = throwaway();
    assert!(client(&mut elsewhere, &script).unwrap_err().contains("the database is not at r2"));
}
