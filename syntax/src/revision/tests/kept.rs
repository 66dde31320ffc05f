//! What a function that maps rows is known to leave as it is, and what is never said of one.

use migratable_core::Operation;

use super::super::parse;
use super::file;

const WHOLE: &str = "old: before::users::Row";
const PARTS: &str = "before::users::Row { id, name: n, r#type, .. }: before::users::Row";

/// What is kept by a function with this parameter and this body, as `after=before`, in a file with this on its top.
fn kept_in(top: &str, parameter: &str, body: &str) -> String {
    let text = file("op.map_rows(\"users\", f);", "").replace("use migratable", &format!("{top}\nuse migratable"));
    let text = format!("{text}fn f({parameter}) -> Result<after::users::Row> {{ {body} }}");
    let read = parse(&text).unwrap_or_else(|mistakes| panic!("{body}: {mistakes:#?}"));
    let [Operation::MapRows { kept, .. }] = &read.upgrade_operations()[..] else { panic!("{body}") };
    kept.iter().map(|(after, before)| format!("{after}={before}")).collect::<Vec<_>>().join(" ")
}

fn kept(parameter: &str, body: &str) -> String {
    kept_in("", parameter, body)
}

#[test]
fn a_field_is_kept_that_every_way_out_leaves_as_it_is() {
    for (body, expected) in [
        ("Ok(after::users::Row { id: old.id, name: old.nick })", "id=id name=nick"),
        ("Ok(Row { id: old.id, r#type: old.r#type })", "id=id type=type"),
        ("Ok(Row { id: old.id, name: Some(old.name), age: old.age + 1 })", "id=id name=name"),
        ("return Ok(Row { id: old.id });", "id=id"),
        ("if old.age > 3 { Ok(Row { id: old.id, a: old.a }) } else { Ok(Row { id: old.id, a: old.b }) }", "id=id"),
        ("match old.age { 1 => { Ok(Row { id: old.id }) } 2 => Err(\"no\".into()), _ => unreachable!() }", "id=id"),
        ("let Some(x) = old.x else { return Err(\"no\".into()) }; Ok(Row { id: old.id, x })", "id=id"),
        ("let y = match old.x { Some(x) => x, None => return Err(\"no\")? }; Ok(Row { id: old.id, y })", "id=id"),
        ("if old.x.is_none() { return Ok(Row { id: old.id, x: 1 }); } Ok(Row { id: old.id, x: old.x })", "id=id"),
        ("let name = format!(\"{} {}\", old.first, old.last); Ok(Row { id: old.id, name })", "id=id"),
        ("let x: i64 = old.x.parse()?; Ok(Row { id: old.id, x })", "id=id"),
        ("use before::Status; Ok(Row { id: old.id })", "id=id"),
        ("if !(old.a) { return Err(\"no\".into()); } Ok(Row { id: old.id })", "id=id"),
        ("#[allow(unused)] let x = 3; Ok((Row { id: old.id }))", ""),
        ("Err(\"never\".into())", ""),
    ] {
        assert_eq!(kept(WHOLE, body), expected, "{body}");
    }
    for (body, expected) in [
        ("Ok(Row { id, name: n, r#type })", "id=id name=name type=type"),
        ("Ok(Row { id: id, name: Some(n) })", "id=id name=name"),
        ("let long = n.len(); Ok(Row { id, long, name: n })", "id=id name=name"),
        ("if n.is_empty() { return Ok(Row { id, name: other() }); } Ok(Row { id, name: n })", "id=id"),
        ("let name = format!(\"{n}\"); Ok(Row { id, name })", "id=id"),
    ] {
        assert_eq!(kept(PARTS, body), expected, "{body}");
    }
}

#[test]
fn where_a_name_could_mean_something_else_nothing_is_kept() {
    for body in [
        "let old = other(); Ok(Row { id: old.id })",
        "let id = 3; Ok(Row { id })",
        "for old in all() { return Ok(Row { id: old.id }); } Err(\"no\".into())",
        "if let Some(old) = other() { Ok(Row { id: old.id }) } else { Err(\"no\".into()) }",
        "match other() { old => Ok(Row { id: old.id }) }",
        "match other() { Pair { old, .. } => Ok(Row { id: old.id }) }",
        "all().map(|old| old.id); Ok(Row { id: old.id })",
        "use other::old; Ok(Row { id: old.id })",
        "helper(&old); Ok(Row { id: old.id })",
    ] {
        assert_eq!(kept(WHOLE, body), "", "{body}");
    }
    for body in [
        "let id = 3; Ok(Row { id })",
        "if let Some(id) = other() { Ok(Row { id }) } else { Err(\"no\".into()) }",
        "all().map(|id| 3); Ok(Row { id })",
        "helper(id); Ok(Row { id })",
    ] {
        assert_eq!(kept(PARTS, body), "", "{body}");
    }
    for parameter in [
        "mut old: before::users::Row",
        "old @ _: before::users::Row",
        "ref old: before::users::Row",
        "before::users::Row { mut id, .. }: before::users::Row",
        "before::users::Row { ref id, .. }: before::users::Row",
    ] {
        let body = if parameter.contains('{') { "Ok(Row { id })" } else { "Ok(Row { id: old.id })" };
        assert_eq!(kept(parameter, body), "", "{parameter}");
    }
}

#[test]
fn where_there_may_be_another_way_out_nothing_is_kept() {
    for body in [
        "Ok(Row { id: old.id, ..other() })",
        "Ok(other::Line { id: old.id })",
        "Ok(make(old.id))",
        "let new = Row { id: old.id }; Ok(new)",
        "Ok::<Row, Error>(Row { id: old.id })",
        "loop { break Ok(Row { id: old.id }) }",
        "'a: { if old.a { break 'a Ok(Row { id: 3 }) } Ok(Row { id: old.id }) }",
        "other(old.id).map(|id| Row { id })",
        "if old.a { return other(); } Ok(Row { id: old.id })",
        "if old.a { return Ok(other()); } Ok(Row { id: old.id })",
        "if old.a { return Err(3).or_else(|_: i32| Ok(Row { id: 3 })); } Ok(Row { id: old.id })",
        "if old.a { return Ok(Row { id: 3 }).map(other); } Ok(Row { id: old.id })",
        "vec![return Ok(Row { id: 3 })]; Ok(Row { id: old.id })",
        "ensure!(old.a); Ok(Row { id: old.id })",
        "my::format!(\"\"); Ok(Row { id: old.id })",
        "use my::format; format!(\"\"); Ok(Row { id: old.id })",
        "use my::*; Ok(Row { id: old.id })",
        "macro_rules! m { () => { return Ok(Row { id: 3 }) } } Ok(Row { id: old.id })",
        "fn inner() -> i64 { 3 } Ok(Row { id: old.id })",
        "#[cfg(a)] return Err(\"no\".into()); Ok(Row { id: old.id })",
        "Ok(Row { #[cfg(a)] id: old.id, #[cfg(not(a))] id: 3 })",
        "hole!(\"which?\")",
    ] {
        assert_eq!(kept(WHOLE, body), "", "{body}");
    }
    for top in ["use my::format;", "use my::{Ok};", "use my::*;", "macro_rules! vec { () => {} }", "fn Ok() {}"] {
        assert_eq!(kept_in(top, WHOLE, "Ok(Row { id: old.id })"), "", "{top}");
    }
    for top in ["use my::thing;", "use diesel::prelude::*;", "fn other() {}"] {
        assert_eq!(kept_in(top, WHOLE, "Ok(Row { id: old.id })"), "id=id", "{top}");
    }
    let text = file("op.map_rows(\"users\", f);", "")
        + "#[other]\nfn f(old: before::users::Row) -> Result<after::users::Row> { Ok(Row { id: old.id }) }";
    let [Operation::MapRows { kept, .. }] = &parse(&text).unwrap().upgrade_operations()[..] else { panic!() };
    assert_eq!(*kept, []);
}
