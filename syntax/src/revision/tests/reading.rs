use migratable_core::builder::{OperationList, column, text};

use super::super::{HEADER, Mapper, Transaction, parse, read};
use super::file;

const EXAMPLE: &str = r#"//! add a bio to users
//!
//! More about it.

use migratable::revision::*;

revision!("3f2a9c41d0b7", after = ["1b2c3d4e5f60"], labels = ["social"],);

#[operations]
pub fn upgrade(op: &mut Operations) {
    // why
    op.add_column("users", column("bio", text()).nullable());
    op.run(fill_bio);
    op.alter_column("users", "bio").not_null();
}

#[operations]
pub fn downgrade(op: &mut Operations) {
    op.drop_column("users", "bio");
}

fn fill_bio(db: &mut Db) -> Result<()> {
    use fill_bio::users;
    Ok(())
}
"#;

#[test]
fn the_example_of_the_design_reads_as_its_compiled_calls_record() {
    let read = parse(EXAMPLE).unwrap();
    let mut upgrade = OperationList::default();
    upgrade.add_column("users", column("bio", text()).nullable());
    upgrade.run_named("fill_bio");
    upgrade.alter_column("users", "bio").not_null();
    let mut downgrade = OperationList::default();
    downgrade.drop_column("users", "bio");
    assert_eq!(read.upgrade_operations(), upgrade.operations);
    assert_eq!(read.downgrade_operations(), downgrade.operations);
    assert_eq!((read.id.as_str(), read.message.as_str()), ("3f2a9c41d0b7", "add a bio to users"));
    assert_eq!((read.after, read.labels), (vec!["1b2c3d4e5f60".to_owned()], vec!["social".to_owned()]));
    assert_eq!(read.steps, ["fill_bio"]);
    assert!(read.words.contains("users"));
}

#[test]
fn a_function_that_maps_rows_is_read_with_its_head_and_what_it_keeps() {
    let head = "fn join(old: before::audit::r#type::Row) -> Result<after::users::Row>";
    let text = format!(
        "{}{head} {{ Ok(after::users::Row {{ id: old.id, name: String::new() }}) }}",
        file("op.map_rows(\"audit.type\", join);", "")
    );
    let read = parse(&text).unwrap();
    let mut upgrade = OperationList::default();
    upgrade.map_rows_named("audit.type", "join", &[("id", "id")]);
    assert_eq!(read.upgrade_operations(), upgrade.operations);
    let [Mapper { name, from, to }] = &read.mappers[..] else { panic!("{:?}", read.mappers) };
    assert_eq!(
        (name.as_str(), from.join("::"), to.join("::")),
        ("join", "before::audit::r#type::Row".to_owned(), "after::users::Row".to_owned())
    );
    assert!(read.steps.is_empty() && read.steps_checksum.is_some());
    // A checksum is over this, for ever.
    let pinned = "map_rows\ntable = \"audit.type\"\nstep = \"join\"\n.\n";
    assert_eq!(migratable_core::operation::canonical(&upgrade.operations), pinned);
}

#[test]
fn no_step_takes_the_name_of_a_module_of_its_revision() {
    let step = |name: &str| format!("fn {name}(db: &mut Db) -> Result<()> {{ Ok(()) }}\nfn join() {{}}\n");
    let maps = "op.map_rows(\"users\", join);";
    let tests = "#[cfg(test)]\nmod tests { use super::testing::*; }\n";
    for (name, statement, items, is_taken) in [
        ("before", "", "", false),
        ("before", maps, "", true),
        ("after", maps, "", true),
        ("testing", maps, "", false),
        ("before", "", tests, true),
        ("after", "", tests, true),
        ("tables", "", tests, true),
        ("testing", "", tests, true),
        ("tests", "", tests, true),
        ("tests", "", "", false),
        ("helpers", "", "mod helpers {}\n", true),
        ("fill", maps, tests, false),
    ] {
        let text = file(&format!("op.run({name});\n{statement}"), "") + &step(name) + items;
        let said = parse(&text).err().unwrap_or_default();
        let expected = format!("`{name}` is a module of this revision already");
        assert_eq!(
            said.iter().filter(|it| it.message.starts_with(&expected)).count(),
            usize::from(is_taken),
            "{said:?}"
        );
        assert_eq!(said.len(), usize::from(is_taken), "{said:?}");
    }
}

#[test]
fn the_head_of_a_function_that_maps_rows_is_said_as_far_as_it_is_known() {
    let up = |statements: &str| file(statements, "");
    let down = |statements: &str| file("", statements);
    for (text, expected) in [
        (up("op.map_rows(\"a\", f);"), "write `fn f(old: before::a::Row) -> Result<after::a::Row> { .. }`"),
        (down("op.map_rows(\"a\", f);"), "write `fn f(old: after::a::Row) -> Result<before::a::Row> { .. }`"),
        (up("op.map_rows(\"s.a\", f);"), "write `fn f(old: before::s::a::Row) -> Result<after::s::a::Row> { .. }`"),
        (up("op.map_rows(\"type\", f);"), "write `fn f(old: before::..::Row) -> Result<after::..::Row> { .. }`"),
        (
            down("op.map_rows(\"b\", f);\nop.rename_table(\"b\", \"a\");"),
            "write `fn f(old: after::..::Row) -> Result<before::..::Row> { .. }`",
        ),
    ] {
        let mistakes = parse(&text).unwrap_err();
        assert!(mistakes.len() == 1 && mistakes[0].message.ends_with(expected), "{mistakes:?}");
    }
}

#[test]
fn a_revision_says_what_is_one_transaction() {
    let said = |value: &str| {
        let text = EXAMPLE.replace("labels =", &format!("transaction = {value}, labels ="));
        parse(&text).map(|read| read.transaction).map_err(|errors| format!("{errors:?}"))
    };
    assert_eq!(parse(EXAMPLE).unwrap().transaction, None);
    assert_eq!(said("\"none\""), Ok(Some(Transaction::None)));
    assert_eq!(said("\"revision\""), Ok(Some(Transaction::Revision)));
    assert!(said("\"all\"").unwrap_err().contains("is one transaction, \\\"revision\\\", or as many"));
}

#[test]
fn words_stand_where_they_are_written() {
    let read = parse(EXAMPLE).unwrap();
    assert_eq!(read.upgrade[0].find("bio"), (12, 35, 8));
    assert_eq!(read.upgrade[1].find("fill_bio"), (13, 12, 4));
    assert_eq!(read.upgrade[2].find("unheard of"), (14, 5, 0));
}

#[test]
fn line_ends_a_byte_order_mark_comments_and_layout_do_not_matter() {
    let expected = parse(EXAMPLE).unwrap();
    let squeezed = EXAMPLE.replace("    op.", "/* a */ op\n  .  ").replace("text()", "text(\n)");
    for text in [EXAMPLE.replace('\n', "\r\n"), format!("\u{feff}{EXAMPLE}"), squeezed] {
        let read = parse(&text).unwrap();
        assert_eq!(read.checksum(), expected.checksum(), "{text}");
        assert_eq!(read.steps_checksum, expected.steps_checksum, "{text}");
        assert_eq!(read.message, expected.message, "{text}");
    }
}

/// A statement in which `‹` stands before the token that the message must point at.
fn assert_mistakes(statement: &str, expected: &[&str]) {
    let places: Vec<(usize, usize)> = statement
        .lines()
        .enumerate()
        .flat_map(|(line, text)| {
            let marks = text.chars().enumerate().filter(|(_, c)| *c == '‹').map(|(at, _)| at).collect::<Vec<_>>();
            marks.into_iter().enumerate().map(move |(nth, at)| (9 + line, at - nth + 1)).collect::<Vec<_>>()
        })
        .collect();
    let mistakes = parse(&file(&statement.replace('‹', ""), "")).unwrap_err();
    let found: Vec<_> = mistakes.iter().map(|it| (it.line, it.column)).collect();
    assert_eq!(found, places, "{statement}: {mistakes:#?}");
    for (mistake, expected) in mistakes.iter().zip(expected) {
        assert!(mistake.message.contains(expected), "{statement}: {}", mistake.message);
        assert_eq!(mistake.function.as_deref(), Some("upgrade"));
    }
}

#[test]
fn what_is_no_data_is_refused_at_its_token() {
    for (statement, expected) in [
        ("op.add_column(\"a\", column(\"b\", ‹numeric(2, 3)));", "`numeric(2, 3)` cannot be"),
        ("op.add_column(\"a\", column(\"b\", ‹numeric(0, 0)));", "at least 1"),
        ("op.drop_table(‹NAME);", "only literals and the constructors"),
        ("op.drop_table(‹&format!(\"a\"));", "only literals"),
        ("op.drop_table(‹concat!(\"a\", \"b\"));", "only literals"),
        ("op.drop_table(‹1 + 2);", "only literals"),
        ("op.drop_table(‹helper(\"a\"));", "`helper` is no constructor"),
        ("op.add_column(\"a\", ‹colunm(\"b\", text()));", "is it `column`?"),
        ("op.add_column(\"a\", column(\"b\", ‹my::text()));", "only literals"),
        ("op.add_column(\"a\", column(\"b\", text()).‹nulable());", "is it `nullable`?"),
        ("op.add_column(\"a\", column(\"b\", text().‹nullable()));", "only literals"),
        ("‹let name = \"a\";", "only calls on `op`"),
        ("‹if true { op.drop_table(\"a\"); }", "only calls on `op`"),
        ("‹for _ in 0..3 {}", "only calls on `op`"),
        ("‹helper(op);", "only calls on `op`"),
        ("‹println!(\"a\");", "only calls on `op`"),
        ("‹other.drop_table(\"a\");", "only calls on `op`"),
        ("op.‹drop_tabel(\"a\");", "is it `drop_table`?"),
        ("op.drop_table(\"a\").‹cascade();", "nothing can be called on what `drop_table` gives"),
        ("op.alter_column(\"a\", \"b\").‹notnull();", "is it `not_null`?"),
        ("op.‹drop_table();", "takes one argument, not 0"),
        ("op.‹rename_table(\"a\");", "takes 2 arguments, not 1"),
        ("op.drop_table(‹3);", "a text, as in `\"users\"` belongs here"),
        ("op.add_column(\"a\", ‹text());", "a column, as in"),
        ("op.add_column(\"a\", column(\"b\", varchar(‹-1)));", "from 0 to"),
        ("op.add_column(\"a\", column(\"b\", varchar(‹\"1\")));", "a whole number belongs here"),
        ("op.add_column(\"a\", column(\"b\", bigint()).default(‹5000000000));", "needs a suffix: `5000000000i64`"),
        ("op.add_column(\"a\", column(\"b\", text()).default(‹'c'));", "a literal of this kind"),
        ("op.create_enum(\"a\", [\"b\", ‹3]);", "a text"),
        ("op.run(‹|db| Ok(()));", "the name of a function"),
        ("op.run(‹steps::fill);", "the name of a function"),
        ("op.run(‹fill);", "there is no function `fill` in this file"),
        ("op.‹run();", "`run` takes one argument, not 0"),
        ("op.map_rows(‹users, f);", "only literals"),
        ("op.map_rows(\"users\", ‹|old| Ok(old));", "as in `op.map_rows(\"users\", join_names)`"),
        ("op.map_rows(\"users\", ‹f);", "write `fn f(old: before::users::Row) -> Result<after::users::Row> { .. }`"),
        ("op.‹map_rows(\"users\");", "`map_rows` takes 2 arguments, not 1"),
        ("op.execute_as(sql(\"a\"), ‹effect);", "a closure belongs here"),
        ("op.execute_as(sql(\"a\"), |op| { op.drop_table(‹name); });", "only literals"),
        ("‹#[cfg(a)] op.drop_table(\"a\");", "no attribute"),
        ("op.bulk_insert(\"a\", [\"b\"], [[‹\"c\"]]);", "a value, as in"),
    ] {
        assert_mistakes(statement, &[expected]);
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    assert_mistakes(
        "op.drop_table(‹a);\nop.add_column(‹b, column(‹c, varchar(‹d)));\n  op.‹nothing();",
        &["only literals", "only literals", "only literals", "only literals", "is no operation"],
    );
}

#[test]
fn mistakes_count_the_tokens_of_their_statement() {
    let text = file("op.drop_table(\"a\");\nop.add_column(\"a\", column(name, text()));", "");
    let mistake = parse(&text).unwrap_err().remove(0);
    assert_eq!((mistake.statement, mistake.token), (Some(1), Some(8)));
}

#[test]
fn the_head_of_a_file_is_checked() {
    let good = file("", "");
    for (from, to, function, expected) in [
        ("revision!(\"aaaaaaaaaaaa\", after = [\"bbbbbbbbbbbb\"]);", "", None, "the call of `revision!` is missing"),
        ("after =", "afterr =", Some(HEADER), "is it `after`?"),
        ("\"aaaaaaaaaaaa\"", "\"a-b\"", Some(HEADER), "letters, digits"),
        ("\"aaaaaaaaaaaa\"", "NAME", Some(HEADER), "an id belongs here"),
        ("#[operations]\npub fn upgrade", "pub fn upgrade", Some(HEADER), "`#[operations]` is missing above `upgrade`"),
        ("pub fn upgrade", "fn upgrade", Some("upgrade"), "must be `pub fn upgrade(op: &mut Operations)`"),
        ("pub fn downgrade", "pub async fn downgrade", Some("downgrade"), "must be `pub fn downgrade"),
        ("pub fn upgrade", "pub fn upgrad", Some(HEADER), "`upgrade` is missing"),
        ("//! a test", "#![cfg(test)]", None, "no `cfg`"),
        ("#[operations]\npub fn upgrade", "#[cfg(a)]\n#[operations]\npub fn upgrade", None, "no `cfg`"),
        ("revision!(", "#[cfg(a)]\nrevision!(", None, "no `cfg`"),
        ("use migratable::revision::*;", "use diesel::dsl::now;", Some(HEADER), "`now` is a constructor"),
        ("use migratable::revision::*;", "fn text() {}", Some(HEADER), "choose another name"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let mistakes = parse(&text).unwrap_err();
        let found = mistakes.iter().any(|it| it.message.contains(expected) && it.function.as_deref() == function);
        assert!(found, "{to}: {mistakes:#?}");
    }
    assert!(parse(&good.replace("::*", "::{column, text}")).is_ok());
}

#[test]
fn what_is_no_rust_is_left_to_the_compiler() {
    let reading = read("//! a\nfn broken( {");
    assert!(!reading.is_rust && reading.file.is_none());
    assert_eq!(reading.mistakes[0].line, 2);
}

#[test]
fn what_can_be_read_is_read_beside_mistakes() {
    let reading = read(&file("op.drop_table(\"a\");\nop.drop_table(b);", "op.drop_table(\"c\");"));
    let file = reading.file.as_ref().unwrap();
    assert_eq!((file.upgrade.len(), file.downgrade.len()), (1, 1));
    assert!(reading.is_broken("upgrade") && !reading.is_broken("downgrade"));
}
