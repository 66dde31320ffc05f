//! Columns that the database numbers: identity columns, and serial columns, which are a default and a sequence.

use migratable_core::{Column, Identity, TableName};

use super::ddl::{self, in_schema_of, qualified, quoted};
use super::types;
use crate::dialect::literal;

/// The words for what is said of a sequence and no model can say.
pub(super) const OPTIONS: [(&str, &str, &str); 4] = [
    ("sequence_minimum", "MINVALUE", "NO MINVALUE"),
    ("sequence_maximum", "MAXVALUE", "NO MAXVALUE"),
    ("sequence_cache", "CACHE", "CACHE 1"),
    ("sequence_cycle", "CYCLE", "NO CYCLE"),
];

/// Whether the numbers come by a default.
pub(super) fn is_serial(column: &Column) -> bool {
    column.identity.is_some() && column.native.has("serial")
}

/// The name that PostgreSQL itself gives to the sequence of a column.
pub(super) fn usual_sequence(table: &str, column: &str) -> String {
    const ROOM: usize = 63 - "__seq".len();
    let (mut first, mut second) = (table.len(), column.len());
    while first + second > ROOM {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let cut = |name: &str, mut length: usize| {
        while !name.is_char_boundary(length) {
            length -= 1;
        }
        name[..length].to_owned()
    };
    format!("{}_{}_seq", cut(table, first), cut(column, second))
}

/// The name of the sequence of a column.
pub(super) fn sequence(table: &TableName, column: &Column) -> String {
    column.native.get("sequence").map_or_else(|| usual_sequence(&table.name, &column.name), str::to_owned)
}

/// What stands behind a column that is numbered.
pub(super) fn clause(table: &TableName, column: &Column) -> Result<String, String> {
    let Some(identity) = &column.identity else { return Ok(String::new()) };
    if is_serial(column) {
        return Ok(format!(" DEFAULT {}", next_value(table, column)));
    }
    let always = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
    let mut options = Vec::new();
    if column.native.has("sequence") {
        options.push(format!("SEQUENCE NAME {}", in_schema_of(table, &sequence(table, column))));
    }
    options.extend(set_options(column, identity));
    let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(" ")) };
    Ok(format!(" GENERATED {always} AS IDENTITY{options}"))
}

fn next_value(table: &TableName, column: &Column) -> String {
    format!("nextval({}::regclass)", literal(&in_schema_of(table, &sequence(table, column))))
}

/// The options that are not as they usually are.
fn set_options(column: &Column, identity: &Identity) -> Vec<String> {
    let mut options = Vec::new();
    options.extend(identity.start.map(|start| format!("START WITH {start}")));
    options.extend(identity.increment.map(|step| format!("INCREMENT BY {step}")));
    for (word, set, _) in OPTIONS {
        options.extend(column.native.get(word).map(|value| option(set, value)));
    }
    options
}

fn option(set: &str, value: &str) -> String {
    if set == "CYCLE" { set.to_owned() } else { format!("{set} {value}") }
}

/// All options, those as well that are as they usually are.
fn all_options(column: &Column, identity: &Identity) -> String {
    let usual_start = if identity.increment.is_some_and(|step| step < 0) { -1 } else { 1 };
    let mut options = vec![
        format!("START WITH {}", identity.start.unwrap_or(usual_start)),
        format!("INCREMENT BY {}", identity.increment.unwrap_or(1)),
    ];
    for (word, set, usual) in OPTIONS {
        options.push(column.native.get(word).map_or_else(|| usual.to_owned(), |value| option(set, value)));
    }
    options.join(" ")
}

/// Makes the sequence that a column takes its numbers from, where it is made apart.
pub(super) fn create_sequence(table: &TableName, column: &Column) -> Result<Option<String>, String> {
    if let Some(free) = column.native.get("free_sequence") {
        return Ok(Some(format!("CREATE SEQUENCE IF NOT EXISTS {free}")));
    }
    let Some(identity) = column.identity.as_ref().filter(|_| is_serial(column)) else { return Ok(None) };
    let name = in_schema_of(table, &sequence(table, column));
    let type_name = sequence_type(column)?;
    let mut sql = format!("CREATE SEQUENCE {name} AS {type_name}");
    for option in set_options(column, identity) {
        sql.push_str(&format!(" {option}"));
    }
    Ok(Some(sql))
}

fn sequence_type(column: &Column) -> Result<String, String> {
    column.native.get("sequence_type").map_or_else(|| types::name(&column.column_type), |it| Ok(it.to_owned()))
}

/// What is left to be said of a sequence once its column is there: that it goes with it, or that it is of another type.
/// That of an identity column is made with the type of the column.
pub(super) fn settle_sequence(table: &TableName, column: &Column) -> Option<String> {
    let identity = column.identity.as_ref()?;
    let sequence = in_schema_of(table, &sequence(table, column));
    if is_serial(column) {
        return Some(format!("ALTER SEQUENCE {sequence} OWNED BY {}.{}", qualified(table), quoted(&column.name)));
    }
    let other_type = column.native.get("sequence_type")?;
    Some(format!("ALTER SEQUENCE {sequence} AS {other_type} {}", all_options(column, identity)))
}

/// Lets the numbers go on behind the largest one that is there.
pub(super) fn go_on(table: &TableName, column: &Column) -> Option<String> {
    let identity = column.identity.as_ref()?;
    let backwards = identity.increment.is_some_and(|step| step < 0);
    let (last, behind, usual) = if backwards { ("min", "<=", -1) } else { ("max", ">=", 1) };
    let name = quoted(&column.name);
    Some(ddl::block(&format!(
        "BEGIN PERFORM setval(pg_get_serial_sequence({}, {}), {last}({name})) FROM {} \
         HAVING {last}({name}) {behind} {}; END",
        literal(&qualified(table)),
        literal(&column.name),
        qualified(table),
        identity.start.unwrap_or(usual)
    )))
}

/// Takes the numbering from a column, and the sequence unless it stays.
pub(super) fn stop(table: &TableName, column: &Column, stays: bool) -> Vec<String> {
    let alter = format!("ALTER TABLE {} ALTER COLUMN {}", qualified(table), quoted(&column.name));
    if is_serial(column) {
        let sequence = in_schema_of(table, &sequence(table, column));
        let mut statements = vec![format!("{alter} DROP DEFAULT")];
        statements.extend((!stays).then(|| format!("DROP SEQUENCE {sequence}")));
        statements
    } else {
        vec![format!("{alter} DROP IDENTITY")]
    }
}

/// Lets the database number a column from now on, by the sequence that it takes its values from already, if it does so.
pub(super) fn start(table: &TableName, before: &Column, column: &Column) -> Result<Vec<String>, String> {
    let alter = format!("ALTER TABLE {} ALTER COLUMN {}", qualified(table), quoted(&column.name));
    let own = in_schema_of(table, &sequence(table, column));
    let is_own = |free: &str| in_schema_of(&TableName::parse(free), &TableName::parse(free).name) == own;
    if let Some(identity) = &column.identity
        && is_serial(column)
        && before.native.get("free_sequence").is_some_and(is_own)
    {
        let options = all_options(column, identity);
        let mut statements = vec![
            format!("ALTER SEQUENCE {own} AS {} {options}", sequence_type(column)?),
            format!("{alter} SET DEFAULT {}", next_value(table, column)),
        ];
        statements.extend(settle_sequence(table, column));
        return Ok(statements);
    }
    let mut statements: Vec<String> = create_sequence(table, column)?.into_iter().collect();
    if is_serial(column) {
        statements.push(format!("{alter} SET DEFAULT {}", next_value(table, column)));
    } else {
        statements.push(format!("{alter} ADD{}", clause(table, column)?));
    }
    statements.extend(settle_sequence(table, column));
    statements.extend(go_on(table, column));
    Ok(statements)
}

/// What makes one way of numbering into another.
pub(super) fn change(table: &TableName, before: &Column, after: &Column) -> Result<Vec<String>, String> {
    let (Some(old), Some(new)) = (&before.identity, &after.identity) else { return Ok(Vec::new()) };
    let mut statements = Vec::new();
    let (from, to) = (sequence(table, before), sequence(table, after));
    if from != to {
        statements.push(format!("ALTER SEQUENCE {} RENAME TO {}", in_schema_of(table, &from), quoted(&to)));
    }
    // The sequence of an identity column follows the type of the column.
    let retyped = match is_serial(after) {
        true => sequence_type(before)? != sequence_type(after)?,
        false => before.native.get("sequence_type") != after.native.get("sequence_type"),
    };
    let (of_old, of_new) = (all_options(before, old), all_options(after, new));
    if retyped || of_old != of_new {
        let kind = if retyped { format!(" AS {}", sequence_type(after)?) } else { String::new() };
        statements.push(format!("ALTER SEQUENCE {}{kind} {of_new}", in_schema_of(table, &to)));
    }
    if old.always != new.always {
        let always = if new.always { "ALWAYS" } else { "BY DEFAULT" };
        let (table, column) = (qualified(table), quoted(&after.name));
        statements.push(format!("ALTER TABLE {table} ALTER COLUMN {column} SET GENERATED {always}"));
    }
    Ok(statements)
}

/// Lets the names of sequences that PostgreSQL made follow a rename.
pub(super) fn follow(from: (&TableName, &Column), to: (&TableName, &Column)) -> Option<String> {
    let (old, new) = (usual_sequence(&from.0.name, &from.1.name), usual_sequence(&to.0.name, &to.1.name));
    let own = from.1.identity.is_some() && !from.1.native.has("sequence");
    let name = in_schema_of(to.0, &old);
    (own && old != new).then(|| format!("ALTER SEQUENCE IF EXISTS {name} RENAME TO {}", quoted(&new)))
}
