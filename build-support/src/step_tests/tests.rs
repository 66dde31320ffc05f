use migratable_core::builder::*;
use migratable_core::diff::{Answers, diff};
use migratable_core::{ColumnType, Enum, Table};

use super::*;

const SQLITE: &[Dialect] = &[Dialect::Sqlite];
const POSTGRES: &[Dialect] = &[Dialect::Postgres];

fn schema(values: &[&str], tables: impl IntoIterator<Item = Table>) -> Schema {
    let tables = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    let mut schema = Schema { tables, ..Schema::default() };
    if !values.is_empty() {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        schema.enums.insert("mood".into(), Enum { name: "mood".into(), values, model: None });
    }
    schema
}

/// A column by a type in words.
fn of(name: &str, column_type: &str) -> Column {
    column(name, column_type.parse().unwrap())
}

fn keyed(name: &str) -> Table {
    table(name).column(column("id", bigint()).identity(identity())).primary_key("pk", ["id"])
}

/// The tests of the way from one schema to another, with `--default` and `--rename`.
fn written(before: &Schema, after: &Schema, flags: &[&str], dialects: &[Dialect]) -> String {
    let mut answers = Answers::default();
    for flag in flags {
        match flag.split_once(' ').unwrap() {
            ("default", text) => answers.fill(text).unwrap(),
            ("rename", text) => answers.rename(text).unwrap(),
            (other, _) => panic!("{other}"),
        }
    }
    let plan = diff(before, after, &answers).unwrap_or_else(|error| panic!("{error:?}"));
    write(&plan, before, after, dialects)
}

/// The test of `note`, which is added to `notes` and waits to be filled.
fn noted(tables: Vec<Table>, dialects: &[Dialect]) -> String {
    let before = schema(&["good", "bad"], tables);
    let mut after = before.clone();
    after.tables.get_mut(&TableName::plain("notes")).unwrap().columns.push(column("note", text()));
    written(&before, &after, &[], dialects)
}

fn functions(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.trim().strip_prefix("fn ")?.split('(').next()).collect()
}

#[test]
fn two_values_that_go_have_two_tests_with_a_row_each() {
    let users = || keyed("users").column(of("mood", "enum(mood)"));
    let before = schema(&["happy", "sad", "it's"], [users()]);
    let after = schema(&["happy"], [users()]);
    let defaults = written(&before, &after, &["default users.mood='happy'"], SQLITE);
    assert_eq!(functions(&defaults), ["backfill_users_mood_on_rows", "backfill_users_mood_on_rows_2"]);
    let open = written(&before, &after, &[], SQLITE);
    assert_eq!(functions(&open), ["replace_mood_sad_on_rows", "replace_mood_it_s_on_rows"]);
    for text in [defaults, open] {
        let (first, second) = (text.find("mood.eq(\"sad\")").unwrap(), text.find("mood.eq(\"it's\")").unwrap());
        assert!(first < second && text.matches(".eq(").count() == 2, "{text}");
    }
}

#[test]
fn a_value_that_has_another_name_is_not_one_that_goes() {
    let users = || keyed("users").column(of("mood", "enum(mood)"));
    let (before, after) = (schema(&["blue", "sad", "happy"], [users()]), schema(&["low", "happy"], [users()]));
    let mut answers = Answers::default();
    answers.value_renames.push(("mood".into(), "blue".into(), "low".into()));
    let plan = diff(&before, &after, &answers).unwrap();
    let text = write(&plan, &before, &after, SQLITE);
    assert!(text.contains("mood.eq(\"sad\")") && !text.contains("blue"), "{text}");
}

#[test]
fn values_that_only_stand_elsewhere_are_not_tested() {
    let users = || keyed("users").column(of("mood", "enum(mood)"));
    let (before, after) = (schema(&["a", "b", "c", "d"], [users()]), schema(&["d", "c", "b", "a"], [users()]));
    let plan = diff(&before, &after, &Answers::default()).unwrap();
    let own = plan.upgrade.iter().filter(|it| matches!(it, Operation::Backfill { .. })).count();
    assert!(own > 1, "{:?}", plan.upgrade);
    assert_eq!(write(&plan, &before, &after, POSTGRES), "");
}

#[test]
fn a_row_refers_to_rows_that_are_there_by_variables_that_are_declared() {
    let places =
        || keyed("places").column(of("x", "integer")).column(of("y", "text").default("far")).unique("uq", ["x", "y"]);
    let notes = || keyed("notes").column(of("a", "integer")).column(of("b", "text"));
    let refers = |table: Table, columns, references| {
        table.foreign_key(foreign_key("fk", columns).references("places", references))
    };
    let alone = |table: Table, column, reference| {
        table.foreign_key(foreign_key("fk", [column]).references("places", [reference]))
    };
    let twice = alone(alone(notes().column(of("c", "bigint")), "a", "x"), "c", "id");
    let raw = keyed("type").column(of("x", "text").default("a"));
    let cased = table("Type").column(of("X", "text").default("a")).column(of("id", "bigint")).primary_key("pk", ["id"]);
    let both = notes().foreign_key(foreign_key("fk_1", ["a"]).references("type", ["id"]));
    let both = both.foreign_key(foreign_key("fk_2", ["b"]).references("Type", ["X"]));
    for (what, tables, values) in [
        ("two columns", vec![places(), refers(notes(), ["a", "b"], ["x", "y"])], ["a.eq(1)", "b.eq(&places_y)"]),
        ("two keys", vec![places(), twice.column(of("d", "text"))], ["a.eq(1)", "c.eq(&places_id)"]),
        (
            "the same column twice",
            vec![places(), alone(alone(notes(), "a", "id").column(of("e", "bigint")), "e", "id")],
            ["a.eq(&places_id)", "e.eq(&places_id)"],
        ),
        ("odd names", vec![raw, cased, both], ["a.eq(&type_id)", "b.eq(&type_x)"]),
    ] {
        let text = noted(tables, SQLITE);
        for value in values {
            assert!(text.contains(&format!("before::notes::{value},")), "{what}: {value}: {text}");
        }
        let used: BTreeSet<&str> = text.split(".eq(&").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        let declared: Vec<&str> = text.split("let ").skip(1).filter_map(|rest| rest.split(':').next()).collect();
        for name in used {
            assert_eq!(declared.iter().filter(|it| **it == name).count(), 1, "{what}: {name}: {text}");
        }
    }
}

#[test]
fn rows_are_referred_to_by_keys_of_every_type() {
    for (column_type, value) in [
        ("uuid", "sql::<diesel::sql_types::Uuid>(\"'67e55044-10b1-426f-9247-bb680e5fe0c8'\")"),
        ("enum(mood)", "sql::<before::sql_types::Mood>(\"'good'\")"),
        ("numeric(9,2)", "sql::<diesel::sql_types::Numeric>(\"1\")"),
        ("date", "sql::<diesel::sql_types::Date>(\"'2000-01-01'\")"),
        ("varchar(9)", "\"a\""),
    ] {
        // The database would fill the key by itself, and what it puts there cannot be read.
        let default = sql("given()");
        let keys = table("keys").column(of("key", column_type).default(default)).primary_key("pk", ["key"]);
        let notes = keyed("notes").column(of("key", column_type));
        let text =
            noted(vec![keys, notes.foreign_key(foreign_key("fk", ["key"]).references("keys", ["key"]))], POSTGRES);
        match column_type {
            "varchar(9)" => {
                let read = "let keys_key: String = before::keys::table.select(before::keys::key).first(db)?;";
                assert!(text.contains(read) && text.contains("notes::key.eq(&keys_key)"), "{text}");
            }
            _ => assert_eq!(text.matches(&format!("key.eq(diesel::dsl::{value})")).count(), 2, "{text}"),
        }
    }
}

#[test]
fn what_the_databases_hold_in_different_ways_is_set_by_sql() {
    let uuid = || keyed("notes").column(of("key", "uuid")).column(of("day", "date"));
    let text = noted(vec![uuid()], &[Dialect::Sqlite, Dialect::Postgres]);
    assert!(text.contains("sql::<migratable::rows::DiffersByDatabase>(\"'67e55044-"), "{text}");
    assert!(text.contains("sql::<diesel::sql_types::Date>(\"'2000-01-01'\")"), "{text}");
}

#[test]
fn a_row_can_refer_to_itself() {
    let notes = keyed("notes").column(of("parent_id", "bigint"));
    let text = noted(vec![notes.foreign_key(foreign_key("fk", ["parent_id"]).references("notes", ["id"]))], SQLITE);
    for value in ["before::notes::id.eq(1),", "before::notes::parent_id.eq(1),"] {
        assert!(text.contains(value), "{text}");
    }
}

#[test]
fn an_array_of_an_enum_has_the_type_that_the_tables_have() {
    let array = ColumnType::Array(Box::new(ColumnType::Enum("mood".into())));
    let notes = || keyed("notes").column(column("moods", array.clone()));
    let text = noted(vec![notes()], POSTGRES);
    assert!(text.contains("sql::<diesel::sql_types::Array<before::sql_types::Mood>>(\"'{}'\")"), "{text}");
    let (before, after) = (schema(&["good", "b\"ad"], [notes()]), schema(&["good"], [notes()]));
    let text = written(&before, &after, &[], POSTGRES);
    assert!(text.contains(r#"Array<before::sql_types::Mood>>("'{\"b\\\"ad\"}'")"#), "{text}");
}

#[test]
fn a_row_that_is_not_known_is_asked_for() {
    let refers = |from: &str, to: &str| {
        keyed(from).column(of("other_id", "bigint")).foreign_key(foreign_key("fk", ["other_id"]).references(to, ["id"]))
    };
    let always = table("notes").column(column("id", bigint()).identity(identity().always())).primary_key("pk", ["id"]);
    let always = always.column(of("up", "bigint")).foreign_key(foreign_key("fk", ["up"]).references("notes", ["id"]));
    let native = ColumnType::Native(sql("point"));
    for (tables, reason) in [
        (vec![table("notes").column(of("id", "bigint"))], "`notes` has no primary key"),
        (vec![keyed("notes").column(of("data", "jsonb"))], "`notes.data`, which is of the type jsonb"),
        (vec![keyed("notes").column(column("at", native))], "`notes.at`, which is of the type point"),
        (vec![refers("notes", "others"), refers("others", "notes")], "a row of `notes` needs one that needs itself"),
        (vec![always], "`notes.up` refers to a number that the database gives"),
    ] {
        let text = noted(tables, SQLITE);
        assert_eq!(functions(&text), ["fill_notes_note_on_rows"], "{text}");
        assert!(text.contains("each_database(|_revision, _db| {\n            todo!(\""), "{text}");
        assert!(text.contains(reason) && !text.contains("insert_into"), "{text}");
    }
    let data = keyed("notes").column(of("data", "jsonb"));
    assert!(noted(vec![data], POSTGRES).contains("sql::<diesel::sql_types::Jsonb>(\"'{}'\")"));
}

#[test]
fn the_test_of_an_open_step_fails_whatever_the_type() {
    for (column_type, dialects, expected) in [
        ("text", POSTGRES, "assert_eq!(found, Vec::<String>::new(), \"what becomes of the row?\");"),
        ("enum(mood)", SQLITE, "assert_eq!(found, Vec::<String>::new(), \"what becomes of the row?\");"),
        (
            "enum(mood)",
            POSTGRES,
            "            Err(\"what becomes of the row in after::notes::at?\".into())\n        });",
        ),
        ("uuid", POSTGRES, "            Err(\"what becomes of the row in after::notes::at?\".into())\n        });"),
        ("date", SQLITE, "            Err(\"what becomes of the row in after::notes::at?\".into())\n        });"),
    ] {
        let before = schema(&["good"], [keyed("notes")]);
        let after = schema(&["good"], [keyed("notes").column(of("at", column_type))]);
        let text = written(&before, &after, &[], dialects);
        assert!(text.contains(expected) && !(text.contains("Ok(())") && text.contains("Err(")), "{text}");
        let text = written(&before, &after, &["default notes.at='x'"], dialects);
        assert!(text.contains("Ok(())") && !text.contains("what becomes of"), "{text}");
    }
}
