//! The script for the `mariadb` client that turns one database into another.

use migratable_core::Operation;

use super::OFFLINE;
use super::flavour::Flavour;
use super::plan;
use crate::dialect::Work;
use crate::inspect::Inspected;
use crate::migrator::Direction;
use crate::plan::Refusal;

/// Writes the script. It is planned as a way back is: rows stay, and what they need is filled with neutral values.
pub(super) fn script(before: &Inspected, _after: &Inspected, operations: &[Operation]) -> Result<String, Refusal> {
    let mut schema = before.schema.clone();
    let pieces = plan::plan(operations, &mut schema, Direction::Downgrade, Flavour::USUAL)?;
    let mut script = String::new();
    for line in &OFFLINE.before[..4] {
        script.push_str(line);
        script.push('\n');
    }
    for piece in &pieces.pieces {
        if let Work::Statement(sql) = &piece.work {
            script.push_str(sql);
            script.push_str(";\n");
        }
    }
    Ok(script)
}
