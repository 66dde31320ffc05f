//! Writing `schema.lock`.

use super::VERSION;
use crate::canonical::{Form, line, list, quoted, write_enum, write_table};
use crate::{Schema, fingerprint};

/// The text of the lock for a schema at these heads.
pub fn write(heads: &[String], schema: &Schema) -> String {
    let mut out =
        String::from("# Written by `migrate`. Commit it; change the models or the revisions, not this file.\n");
    let mut heads = heads.to_vec();
    heads.sort();
    line(&mut out, "heads", &list(&heads));
    line(&mut out, "fingerprint", &quoted(&fingerprint(schema)));
    line(&mut out, "version", &VERSION.to_string());
    out.push('\n');
    for enumeration in schema.enums.values() {
        write_enum(&mut out, enumeration, Form::Whole);
    }
    for table in schema.tables.values() {
        write_table(&mut out, table, Form::Whole);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
