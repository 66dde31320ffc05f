//! The script for the `sqlite3` shell that turns one database into another.

use migratable_core::Operation;

use crate::inspect::Inspected;
use crate::plan::Refusal;

pub(super) fn script(_before: &Inspected, _after: &Inspected, _operations: &[Operation]) -> Result<String, Refusal> {
    todo!()
}
