//! Notes of the rows that others write while a table is worked on.

use migratable_core::{Table, TableName};

use super::ddl::{in_schema_of, quoted};
use crate::batches::{Batches, Capture, KeyColumn};
use crate::settings::HistoryTable;

const MARKS: [&str; 2] = ["SET LOCAL migratable.batch = 'on'", "SET LOCAL migratable.batch = 'off'"];

pub(super) const CAPTURE: Capture = Capture {
    make,
    begin,
    end,
    forget: |table| vec![format!("DROP TABLE IF EXISTS {}", notes(table))],
    bar: |batches| vec![format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", batches.sql)],
    unbar: |_| Vec::new(),
    take,
    taken: None,
    lock: None,
    leaves: 0.0,
    marks: Some(MARKS),
    own: |_| MARKS.map(|it| vec![it.to_owned()]).into(),
    counted: None,
    keyless: |_| None,
};

/// The primary key of a table.
pub(super) fn key(table: &Table) -> Vec<KeyColumn> {
    let columns = table.primary_key.iter().flat_map(|key| &key.columns).enumerate();
    let column = |(at, name): (usize, &String)| KeyColumn {
        column: quoted(name),
        literal: format!("quote_literal({}::text)", quoted(name)),
        noted: format!("quote_literal(k{at}::text)"),
    };
    columns.map(column).collect()
}

fn notes(table: &TableName) -> String {
    in_schema_of(table, HistoryTable::CHANGED_ROWS)
}

fn function(table: &TableName) -> String {
    in_schema_of(table, "migratable_note_row")
}

/// Whoever writes to the table needs no right to the notes: the function has those of the owner.
fn make(batches: &Batches) -> Vec<String> {
    let (notes, key) = (notes(&batches.table), batches.noted_key().join(", "));
    vec![
        format!("CREATE TABLE {notes} AS SELECT {key}, 0 AS is_new FROM {} WITH NO DATA", batches.sql),
        format!(
            "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT \
             AS $$ BEGIN INSERT INTO {notes} VALUES ({}, (TG_OP = 'INSERT')::integer); RETURN NULL; END $$",
            function(&batches.table),
            batches.new_key()
        ),
    ]
}

fn begin(batches: &Batches) -> Vec<String> {
    let (table, function, sources) = (&batches.sql, function(&batches.table), batches.sources.join(", "));
    let others = "current_setting('migratable.batch', true) IS DISTINCT FROM 'on'";
    // As texts: not every type can be compared.
    let is_same = |column: &str| format!(" AND OLD.{column}::text IS NOT DISTINCT FROM NEW.{column}::text");
    let unless_set = batches.kept().map_or(String::new(), is_same);
    vec![
        format!(
            "CREATE TRIGGER migratable_new_row AFTER INSERT ON {table} FOR EACH ROW WHEN ({others}) EXECUTE FUNCTION \
             {function}()"
        ),
        format!(
            "CREATE TRIGGER migratable_changed_row AFTER UPDATE OF {sources} ON {table} FOR EACH ROW \
             WHEN ({others}{unless_set}) EXECUTE FUNCTION {function}()"
        ),
    ]
}

/// The triggers go with their function, whatever their table is called now.
fn end(table: &TableName) -> Vec<String> {
    vec![format!("DROP FUNCTION IF EXISTS {}() CASCADE", function(table))]
}

fn take(batches: &Batches, most: u64) -> String {
    let notes = notes(&batches.table);
    format!(
        "DELETE FROM {notes} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {notes} LIMIT {most})) RETURNING 0, is_new, {}",
        batches.taken_key()
    )
}
