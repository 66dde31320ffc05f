//! Notes of the rows that others write while a table is worked on.

use migratable_core::{Table, TableName};

use super::ddl::{in_schema_of, quoted};
use crate::batches::{Batches, Capture, KeyColumn, Take};
use crate::settings::HistoryTable;

pub(super) const CAPTURE: Capture = Capture {
    begin,
    end,
    bar: |batches| vec![format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", batches.sql)],
    unbar: |_| Vec::new(),
    take,
    now: "",
    leaves: 0.0,
    own: None,
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

/// Whoever writes to the table needs no right to the notes: the function has those of the owner.
fn begin(batches: &Batches) -> Vec<String> {
    let (table, notes, key) = (&batches.sql, notes(&batches.table), batches.noted_key().join(", "));
    let function = in_schema_of(&batches.table, "migratable_note_row");
    let unless_set = batches
        .filled()
        .map_or(String::new(), |column| format!(" WHEN (OLD.{column} IS NOT DISTINCT FROM NEW.{column})"));
    let sources = batches.sources.join(", ");
    vec![
        format!("CREATE TABLE {notes} AS SELECT {key}, 0 AS is_new FROM {table} WITH NO DATA"),
        format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT \
             AS $$ BEGIN INSERT INTO {notes} VALUES ({}, (TG_OP = 'INSERT')::integer); RETURN NULL; END $$",
            batches.new_key()
        ),
        format!("CREATE TRIGGER migratable_new_row AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"),
        format!(
            "CREATE TRIGGER migratable_changed_row AFTER UPDATE OF {sources} ON {table} FOR EACH ROW{unless_set} \
             EXECUTE FUNCTION {function}()"
        ),
    ]
}

fn end(batches: &Batches) -> Vec<String> {
    let (table, notes) = (&batches.sql, notes(&batches.table));
    vec![
        format!("DROP TRIGGER IF EXISTS migratable_new_row ON {table}"),
        format!("DROP TRIGGER IF EXISTS migratable_changed_row ON {table}"),
        format!("DROP FUNCTION IF EXISTS {}()", in_schema_of(&batches.table, "migratable_note_row")),
        format!("DROP TABLE IF EXISTS {notes}"),
    ]
}

fn take(batches: &Batches, most: u64) -> Take {
    let notes = notes(&batches.table);
    let read = format!(
        "DELETE FROM {notes} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {notes} LIMIT {most})) RETURNING 0, is_new, {}",
        batches.taken_key()
    );
    Take { read, delete: None }
}
