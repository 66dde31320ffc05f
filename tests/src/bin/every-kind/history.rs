//! The revisions in their order.

use migratable::{Dialect, Revision};
use migratable_tests::revisions::{Record, revision};

use super::{own, revisions};

const fn with(own: Record, not_own: Record) -> [Revision; 7] {
    use revisions::*;
    [
        revision("aa0000000001", &[], tables, no_tables),
        revision("ab0000000002", &["aa0000000001"], own, not_own),
        revision("bb0000000003", &["ab0000000002"], columns, no_columns),
        revision("cc0000000004", &["bb0000000003"], keys, no_keys),
        revision("dd0000000005", &["cc0000000004"], names, no_names),
        revision("ee0000000006", &["dd0000000005"], initials, no_initials),
        revision("ff0000000007", &["ee0000000006"], facts, no_facts),
    ]
}

static SQLITE: [Revision; 7] = with(own::sqlite, own::no_sqlite);
static POSTGRES: [Revision; 7] = with(own::postgres, own::no_postgres);
static MYSQL: [Revision; 7] = with(own::mysql, own::no_mysql);

/// The history as a dialect has it: the second revision is in its own words. None says that it is irreversible, as the
/// ways back lead over all but the first.
pub fn of(dialect: Dialect) -> &'static [Revision] {
    match dialect {
        Dialect::Sqlite => &SQLITE,
        Dialect::Postgres => &POSTGRES,
        Dialect::Mysql => &MYSQL,
    }
}
