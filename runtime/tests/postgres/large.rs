//! Databases of many tables.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use migratable::diesel::Connection;
use migratable::diesel::connection::InstrumentationEvent;
use migratable::inspect::inspect;

use super::database::{Throwaway, run};

#[test]
fn any_number_of_tables_is_read_by_a_handful_of_queries() {
    let queries = [1, 200].map(|tables| {
        let throwaway = Throwaway::new();
        let mut db = throwaway.connect();
        let mut sql = String::from("CREATE EXTENSION citext; CREATE DOMAIN few AS integer CHECK (VALUE < 9);");
        for at in 0..tables {
            let refers = if at == 0 { String::new() } else { format!(" REFERENCES t{}", at - 1) };
            let columns = "m few, e citext, UNIQUE (m), CHECK (m > 0)";
            write!(sql, "CREATE TABLE t{at} (id serial PRIMARY KEY, p integer{refers}, {columns});").unwrap();
            write!(sql, "CREATE INDEX ON t{at} (lower(e)); CREATE VIEW v{at} AS SELECT m FROM t{at};").unwrap();
        }
        run(&mut db, &sql);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        db.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        assert_eq!(inspect(&mut db).unwrap().schema.tables.len(), tables);
        asked.load(Ordering::Relaxed)
    });
    assert_eq!(queries[0], queries[1]);
    assert!(queries[0] <= 16, "{queries:?}");
}
