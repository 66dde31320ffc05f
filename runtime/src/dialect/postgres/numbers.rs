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

/// The mark of a column whose sequence is in the database already.
pub(super) const IS_THERE: &str = "sequence_is_there";

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

/// The sequence that goes with a column: that of its numbers, or one that it owns and that is not, or not by itself, its
/// default.
pub(super) fn own_sequence(table: &TableName, column: &Column) -> Option<TableName> {
    let name = match column.identity {
        Some(_) => sequence(table, column),
        None => column.native.get("own_sequence")?.to_owned(),
    };
    Some(TableName { name, ..table.clone() })
}

/// The sequence of others that is the default of a column.
pub(super) fn free_sequence(column: &Column) -> Option<TableName> {
    column.native.get("free_sequence").map(TableName::parse)
}

/// Whether the sequence of a column is a part of it, as no other is.
pub(super) fn is_identity(column: &Column) -> bool {
    column.identity.is_some() && !is_serial(column)
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

/// Makes the sequence that others have as well and a column takes its default from.
pub(super) fn create_free_sequence(column: &Column) -> Option<String> {
    column.native.get("free_sequence").map(|it| format!("CREATE SEQUENCE IF NOT EXISTS {it}"))
}

/// Makes the sequence that goes with a column, where it is made apart, or makes one of it that is there already.
pub(super) fn create_sequence(table: &TableName, column: &Column) -> Result<Option<String>, String> {
    let is_there = column.native.has(IS_THERE);
    let options = match &column.identity {
        Some(_) if !is_serial(column) => return Ok(None),
        Some(identity) => {
            let set = if is_there { all_options(column, identity) } else { set_options(column, identity).join(" ") };
            format!("{} {set}", sequence_type(column)?)
        }
        None => column.native.get("own_sequence_options").unwrap_or_default().to_owned(),
    };
    let make = if is_there { "ALTER" } else { "CREATE" };
    Ok(own_sequence(table, column).map(|it| format!("{make} SEQUENCE {} AS {}", qualified(&it), options.trim_end())))
}

fn sequence_type(column: &Column) -> Result<String, String> {
    column.native.get("sequence_type").map_or_else(|| types::name(&column.column_type), |it| Ok(it.to_owned()))
}

/// What is left to be said of a sequence once its column is there: that it goes with it, or that it is of another type.
/// That of an identity column is made with the type of the column.
pub(super) fn settle_sequence(table: &TableName, column: &Column) -> Option<String> {
    let sequence = qualified(&own_sequence(table, column)?);
    let Some(identity) = column.identity.as_ref().filter(|_| !is_serial(column)) else {
        return Some(format!("ALTER SEQUENCE {sequence} OWNED BY {}.{}", qualified(table), quoted(&column.name)));
    };
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

/// Lets a sequence that more than one column may take numbers from go on behind the last one of this column.
pub(super) fn go_on_behind(sequence: &TableName, table: &TableName, column: &Column) -> Option<String> {
    if !column.column_type.is_integer() {
        return None;
    }
    let (name, of) = (quoted(&column.name), literal(&qualified(sequence)));
    Some(ddl::block(&format!(
        "BEGIN PERFORM setval({of}, last) FROM pg_sequence, {sequence} AS now, LATERAL ( \
         SELECT CASE WHEN seqincrement < 0 THEN min({name}) ELSE max({name}) END AS last FROM {table}) AS numbers \
         WHERE seqrelid = {of}::regclass AND last BETWEEN seqmin AND seqmax \
         AND CASE WHEN seqincrement < 0 THEN last <= now.last_value ELSE last >= now.last_value END; END",
        sequence = qualified(sequence),
        table = qualified(table)
    )))
}

/// Takes the numbering from a column, and the sequence unless it stays.
pub(super) fn stop(table: &TableName, column: &Column, stays: bool) -> Vec<String> {
    let alter = format!("ALTER TABLE {} ALTER COLUMN {}", qualified(table), quoted(&column.name));
    if is_serial(column) {
        let mut statements = vec![format!("{alter} DROP DEFAULT")];
        statements.extend(drop_sequence(table, column).filter(|_| !stays));
        statements
    } else {
        vec![format!("{alter} DROP IDENTITY")]
    }
}

/// Drops the sequence that goes with a column.
pub(super) fn drop_sequence(table: &TableName, column: &Column) -> Option<String> {
    own_sequence(table, column).map(|it| format!("DROP SEQUENCE {}", qualified(&it)))
}

/// Lets the database number a column from now on.
pub(super) fn start(table: &TableName, column: &Column) -> Result<Vec<String>, String> {
    let alter = format!("ALTER TABLE {} ALTER COLUMN {}", qualified(table), quoted(&column.name));
    let mut statements: Vec<String> = create_sequence(table, column)?.into_iter().collect();
    if is_serial(column) {
        statements.push(format!("{alter} SET DEFAULT {}", next_value(table, column)));
    } else {
        statements.push(format!("{alter} ADD{}", clause(table, column)?));
    }
    statements.extend(settle_sequence(table, column));
    statements.extend(match own_sequence(table, column) {
        Some(own) if column.native.has(IS_THERE) => go_on_behind(&own, table, column),
        _ => go_on(table, column),
    });
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
