//! A
use crate::inspect::Inspected;
use crate::plan::Refusal;
use migratable_core::Operation;
pub(super) fn script(_before: &Inspected, _after: &Inspected, _operations: &[Operation]) -> Result<String, Refusal> {
    todo!()
}
