//! `pg_dump -s`, object by object.

use super::Held;
use crate::databases::client::Database;

/// The types of object, in pg_dump's words, that a comparison leaves alone.
const OTHERS: [&str; 12] = [
    "AGGREGATE",
    "COLLATION",
    "DOMAIN",
    "EVENT TRIGGER",
    "FUNCTION",
    "MATERIALIZED VIEW",
    "POLICY",
    "PROCEDURE",
    "RULE",
    "STATISTICS",
    "TRIGGER",
    "VIEW",
];

/// And what it leaves the comments of alone.
const COMMENTED: [&str; 2] = ["SEQUENCE", "TYPE"];

/// What says in which tablespace the next objects stand.
const PLACE: &str = "SET default_tablespace = ";

struct Object<'a> {
    name: &'a str,
    kind: &'a str,
    schema: &'a str,
    lines: Vec<&'a str>,
}

pub(super) fn read(database: &Database<'_>) -> Result<Held, String> {
    let dump = database.pg_dump()?;
    let objects = objects(&dump);
    let mut held = Held::default();
    for object in &objects {
        // A schema and an extension are made when a table needs them, and never dropped.
        if ["SCHEMA", "EXTENSION"].iter().any(|it| object.kind == *it || object.name.starts_with(&format!("{it} "))) {
            continue;
        }
        let lines = if is_other(object, &objects) { &mut held.others } else { &mut held.managed };
        match object.kind {
            "TABLE" => lines.extend(table(object)),
            _ => lines.extend([spelled(&object.lines.join(" "))]),
        }
    }
    Ok(held)
}

/// All objects, each with its tablespace if that is not the usual one.
fn objects(dump: &str) -> Vec<Object<'_>> {
    let mut objects: Vec<Object<'_>> = Vec::new();
    let mut place = "''";
    for part in dump.split("\n--\n-- Name: ") {
        if let Some(mut object) = object(part) {
            let is_placed = ["TABLE", "INDEX", "CONSTRAINT", "MATERIALIZED VIEW"].contains(&object.kind);
            object.lines.extend((is_placed && place != "''").then_some(place));
            objects.push(object);
        }
        // It stands in front of the next object.
        place = part.lines().find_map(|line| line.strip_prefix(PLACE)).map_or(place, |it| it.trim_end_matches(';'));
    }
    objects
}

/// `name; Type: TABLE; Schema: public; Owner: -`, a line of dashes, and the statements.
fn object(text: &str) -> Option<Object<'_>> {
    let (heading, body) = text.split_once('\n')?;
    let (name, rest) = heading.split_once("; Type: ")?;
    let (kind, rest) = rest.split_once("; Schema: ")?;
    let schema = rest.split(';').next().unwrap_or_default();
    let is_said = |line: &&str| !(line.is_empty() || line.starts_with("--") || line.starts_with('\\'));
    let is_setting = |line: &&str| line.starts_with("SET default_");
    let lines = body.lines().map(str::trim).filter(is_said).filter(|line| !is_setting(line)).collect();
    Some(Object { name, kind, schema, lines })
}

fn is_other(object: &Object<'_>, objects: &[Object<'_>]) -> bool {
    let is_owned = || {
        let owned = |it: &&Object<'_>| it.kind == "SEQUENCE OWNED BY" && it.schema == object.schema;
        objects.iter().filter(owned).any(|it| it.name == object.name)
    };
    match object.kind {
        "SEQUENCE" => object.lines.first().is_some_and(|line| line.starts_with("CREATE")) && !is_owned(),
        "INDEX" => {
            let of = |it: &&Object<'_>| it.kind == "MATERIALIZED VIEW" && it.schema == object.schema;
            let on =
                |name: &str| object.lines.iter().any(|line| line.contains(&format!(" ON {}.{name} ", object.schema)));
            objects.iter().filter(of).any(|it| on(it.name))
        }
        "TYPE" => !object.lines.iter().any(|line| line.contains(" AS ENUM (")),
        "COMMENT" => COMMENTED.iter().chain(&OTHERS).any(|kind| object.name.starts_with(kind)),
        kind => OTHERS.contains(&kind),
    }
}

/// A table line by line: PostgreSQL cannot change the order of columns.
fn table(object: &Object<'_>) -> impl Iterator<Item = String> {
    let line = |part: &&str| format!("{}.{}: {}", object.schema, object.name, spelled(part.trim_end_matches(',')));
    object.lines.iter().map(line)
}

/// A list of values in one spelling: what `IN` becomes is dumped in a form that, run again, is dumped in another one.
fn spelled(line: &str) -> String {
    let line = &without_name_of_not_null(line);
    if !line.contains(" = ANY (") {
        return line.to_owned();
    }
    let casts = ["::character varying", "::text[]", "::text", "(", ")"];
    casts.iter().fold(line.to_owned(), |line, cast| line.replace(cast, ""))
}

/// A column without the name of what makes it NOT NULL, which PostgreSQL 18 shows where it is not the usual one, as it
/// is behind a rename.
fn without_name_of_not_null(line: &str) -> String {
    match line.split_once(" CONSTRAINT ").and_then(|(before, rest)| Some((before, rest.split_once(" NOT NULL")?))) {
        Some((before, (name, after))) if !name.contains(' ') => format!("{before} NOT NULL{after}"),
        _ => line.to_owned(),
    }
}
