use crate::error::Error;
use crate::inspect::Inspected;
use diesel::mysql::MysqlConnection;
pub(super) fn inspect(_database: &mut MysqlConnection) -> Result<Inspected, Error> {
    todo!()
}
