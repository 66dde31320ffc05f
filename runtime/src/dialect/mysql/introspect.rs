//! What the information schema says of the database in use: one query for each kind of thing.

use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;
use migratable_core::TableName;

use super::ddl::table_name;
use super::flavour::Flavour;
use crate::dialect::Connection;

/// A table or something like it.
pub(super) struct TableRow {
    pub(super) name: String,
    /// `BASE TABLE`, `VIEW`, `SEQUENCE`…
    pub(super) kind: String,
    pub(super) engine: String,
    pub(super) collation: Option<String>,
    pub(super) options: String,
    pub(super) comment: String,
}

/// A column.
pub(super) struct ColumnRow {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) default: Option<String>,
    pub(super) nullable: bool,
    /// The whole type: `int(10) unsigned`.
    pub(super) column_type: String,
    pub(super) collation: Option<String>,
    /// `auto_increment`, `on update current_timestamp()`, `INVISIBLE`…
    pub(super) extra: String,
    pub(super) comment: String,
    pub(super) expression: Option<String>,
    /// The number of the reference system that its places are in.
    pub(super) reference_system: Option<String>,
}

/// A part of an index.
pub(super) struct IndexRow {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) unique: bool,
    pub(super) column: Option<String>,
    pub(super) descending: bool,
    pub(super) prefix: Option<String>,
    /// `BTREE`, `HASH`, `FULLTEXT`, `SPATIAL`…
    pub(super) method: String,
    pub(super) comment: String,
    pub(super) ignored: bool,
    pub(super) expression: Option<String>,
}

/// A column of a foreign key.
pub(super) struct ReferenceRow {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) column: String,
    /// The other database, if it is another.
    pub(super) schema: Option<String>,
    pub(super) target: String,
    pub(super) target_column: String,
}

/// A check.
pub(super) struct CheckRow {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) clause: String,
    /// Whether it is part of a column's definition.
    pub(super) of_column: bool,
    pub(super) enforced: bool,
}

/// Something beside tables.
pub(super) struct BesideRow {
    pub(super) kind: String,
    pub(super) name: String,
    /// The table of a trigger.
    pub(super) table: Option<String>,
    /// What a trigger notices.
    pub(super) event: Option<String>,
    /// What a trigger does, or a view reads.
    pub(super) text: Option<String>,
}

/// The values of a row, one after the other.
struct Values(std::vec::IntoIter<Option<String>>);

impl Values {
    fn optional(&mut self) -> Option<String> {
        self.0.next().flatten()
    }

    fn text(&mut self) -> String {
        self.optional().unwrap_or_default()
    }

    fn is(&mut self, value: &str) -> bool {
        self.text().eq_ignore_ascii_case(value)
    }
}

fn read<T>(database: &mut MysqlConnection, sql: &str, row: impl Fn(&mut Values) -> T) -> QueryResult<Vec<T>> {
    Ok(database.rows(sql)?.into_iter().map(|values| row(&mut Values(values.into_iter()))).collect())
}

pub(super) fn tables(database: &mut MysqlConnection) -> QueryResult<Vec<TableRow>> {
    let sql = "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT \
               FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME";
    read(database, sql, |it| TableRow {
        name: it.text(),
        kind: it.text(),
        engine: it.text(),
        collation: it.optional(),
        options: it.text(),
        comment: it.text(),
    })
}

pub(super) fn columns(database: &mut MysqlConnection, flavour: Flavour) -> QueryResult<Vec<ColumnRow>> {
    let reference_system = if flavour.mariadb || flavour.version < (8, 0, 3) { "NULL" } else { "SRS_ID" };
    let sql = format!(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME, EXTRA, \
         COLUMN_COMMENT, GENERATION_EXPRESSION, {reference_system} FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION"
    );
    read(database, &sql, |it| ColumnRow {
        table: it.text(),
        name: it.text(),
        default: it.optional(),
        nullable: it.is("YES"),
        column_type: it.text(),
        collation: it.optional(),
        extra: it.text(),
        comment: it.text(),
        expression: it.optional().filter(|expression| !expression.is_empty()),
        reference_system: it.optional(),
    })
}

pub(super) fn indexes(database: &mut MysqlConnection, flavour: Flavour) -> QueryResult<Vec<IndexRow>> {
    let (ignored, expression) = match flavour.mariadb {
        true if flavour.version >= (10, 6, 0) => ("IGNORED", "NULL"),
        true => ("'NO'", "NULL"),
        false => ("IF(IS_VISIBLE = 'NO', 'YES', 'NO')", "EXPRESSION"),
    };
    let sql = format!(
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE, INDEX_COMMENT, \
         {ignored}, {expression} FROM information_schema.STATISTICS \
         WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
    );
    read(database, &sql, |it| IndexRow {
        table: it.text(),
        name: it.text(),
        unique: it.is("0"),
        column: it.optional(),
        descending: it.is("D"),
        prefix: it.optional(),
        method: it.text(),
        comment: it.text(),
        ignored: it.is("YES"),
        expression: it.optional(),
    })
}

pub(super) fn references(database: &mut MysqlConnection) -> QueryResult<Vec<ReferenceRow>> {
    let sql = "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, NULLIF(REFERENCED_TABLE_SCHEMA, DATABASE()), \
               REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE \
               WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL \
               ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";
    read(database, sql, |it| ReferenceRow {
        table: it.text(),
        name: it.text(),
        column: it.text(),
        schema: it.optional(),
        target: it.text(),
        target_column: it.text(),
    })
}

pub(super) fn checks(database: &mut MysqlConnection, flavour: Flavour) -> QueryResult<Vec<CheckRow>> {
    let sql = match flavour.mariadb {
        true => {
            "SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, LEVEL, 'YES' FROM information_schema.CHECK_CONSTRAINTS \
             WHERE CONSTRAINT_SCHEMA = DATABASE() ORDER BY TABLE_NAME, CONSTRAINT_NAME"
        }
        false => {
            "SELECT t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, 'Table', t.ENFORCED \
             FROM information_schema.CHECK_CONSTRAINTS AS c JOIN information_schema.TABLE_CONSTRAINTS AS t \
             ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME \
             WHERE c.CONSTRAINT_SCHEMA = DATABASE() AND t.CONSTRAINT_TYPE = 'CHECK' \
             ORDER BY t.TABLE_NAME, c.CONSTRAINT_NAME"
        }
    };
    read(database, sql, |it| CheckRow {
        table: it.text(),
        name: it.text(),
        clause: it.text(),
        of_column: it.is("Column"),
        enforced: it.is("YES"),
    })
}

/// A table as the server writes it, for what the information schema does not tell.
pub(super) fn shown(database: &mut MysqlConnection, table: &TableName) -> QueryResult<String> {
    let shown = read(database, &format!("SHOW CREATE TABLE {}", table_name(table)), |it| {
        it.text();
        it.text()
    })?;
    Ok(shown.into_iter().next().unwrap_or_default())
}

/// Triggers, views, procedures, functions and events.
pub(super) fn beside(database: &mut MysqlConnection) -> QueryResult<Vec<BesideRow>> {
    let sql = "SELECT 'trigger', TRIGGER_NAME, EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_STATEMENT \
               FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() \
               UNION ALL SELECT 'view', TABLE_NAME, NULL, NULL, VIEW_DEFINITION FROM information_schema.VIEWS \
               WHERE TABLE_SCHEMA = DATABASE() \
               UNION ALL SELECT LOWER(ROUTINE_TYPE), ROUTINE_NAME, NULL, NULL, NULL FROM information_schema.ROUTINES \
               WHERE ROUTINE_SCHEMA = DATABASE() \
               UNION ALL SELECT 'event', EVENT_NAME, NULL, NULL, NULL FROM information_schema.EVENTS \
               WHERE EVENT_SCHEMA = DATABASE()";
    read(database, sql, |it| BesideRow {
        kind: it.text(),
        name: it.text(),
        table: it.optional(),
        event: it.optional(),
        text: it.optional(),
    })
}
