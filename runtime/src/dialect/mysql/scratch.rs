use crate::error::Error;
use crate::inspect::Inspected;
use diesel::mysql::MysqlConnection;
use migratable_core::Schema;
pub(super) fn inspect(_database: &mut MysqlConnection, _schema: &Schema) -> Result<Inspected, Error> {
    todo!()
}
