//! The tables of a database and their columns, asked of its own catalogue.

use migratable_core::Dialect;

use crate::databases::client::Database;

/// A table.
pub struct Table {
    /// The name, as renames write it.
    pub name: String,
    /// The name in SQL.
    pub sql: String,
    /// The columns, in order.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Clone)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The name in SQL.
    pub sql: String,
    /// The type, in small letters.
    pub column_type: String,
    /// Whether NULL may stand in it.
    pub nullable: bool,
    /// `stored` or `virtual`, if it is computed.
    pub generated: String,
    /// Whether it is part of a foreign key, at either end.
    pub refers: bool,
    /// The values of an enum, or of a check that stands for one.
    pub labels: Vec<String>,
}

/// One line a column: table, its name in SQL, column, its name in SQL, type, nullable, generated, refers, labels.
const POSTGRES: &str = "
SELECT concat_ws(chr(31), CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END,
  format('%I.%I', n.nspname, c.relname), a.attname, quote_ident(a.attname),
  CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END,
  CASE WHEN a.attnotnull OR t.typnotnull THEN '' ELSE 'nullable' END,
  CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' ELSE '' END,
  CASE WHEN EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey))
    OR EXISTS (SELECT FROM pg_constraint k WHERE k.confrelid = c.oid AND a.attnum = ANY (k.confkey))
    THEN 'refers' ELSE '' END,
  (SELECT string_agg(e.enumlabel, chr(30) ORDER BY e.enumsortorder) FROM pg_enum e
    WHERE e.enumtypid IN (a.atttypid, t.typelem)))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND a.attnum > 0 AND NOT a.attisdropped ORDER BY n.nspname, c.relname, a.attnum";

const MYSQL: &str = "
SELECT concat_ws(char(31), c.table_name, concat('`', replace(c.table_name, '`', '``'), '`'), c.column_name,
  concat('`', replace(c.column_name, '`', '``'), '`'), c.column_type, IF(c.is_nullable = 'YES', 'nullable', ''),
  CASE WHEN c.is_generated = 'NEVER' THEN '' WHEN c.extra LIKE 'STORED%' THEN 'stored' ELSE 'virtual' END,
  IF(k.table_name IS NULL, '', 'refers'), '')
FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
LEFT JOIN (
  SELECT table_name, column_name FROM information_schema.key_column_usage
  WHERE table_schema = database() AND referenced_table_name IS NOT NULL
  UNION SELECT referenced_table_name, referenced_column_name FROM information_schema.key_column_usage
  WHERE table_schema = database() AND referenced_table_name IS NOT NULL
) k ON (k.table_name, k.column_name) = (c.table_name, c.column_name)
WHERE c.table_schema = database() AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
ORDER BY c.table_name, c.ordinal_position";

const SQLITE: &str = "
SELECT m.name || char(31) || '\"' || replace(m.name, '\"', '\"\"') || '\"' || char(31) || c.name || char(31) ||
  '\"' || replace(c.name, '\"', '\"\"') || '\"' || char(31) || c.type || char(31) ||
  iif(c.\"notnull\" OR c.pk, '', 'nullable') || char(31) ||
  CASE c.hidden WHEN 2 THEN 'virtual' WHEN 3 THEN 'stored' ELSE '' END || char(31) ||
  iif(c.name IN (SELECT \"from\" FROM pragma_foreign_key_list(m.name)) OR EXISTS (SELECT 1 FROM sqlite_master AS o,
    pragma_foreign_key_list(o.name) AS k WHERE k.\"table\" = m.name AND k.\"to\" = c.name), 'refers', '') || char(31) ||
  coalesce((SELECT replace(trim(substr(list, 1, instr(list, ')') - 1), ''''), ''', ''', char(30)) FROM (SELECT
    substr(m.sql, nullif(instr(m.sql, '\"' || c.name || '\" IN ('), 0) + length(c.name) + 7) AS list)), '')
FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
WHERE m.name IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table')
  AND m.name NOT LIKE 'sqlite_%' AND m.type = 'table'
ORDER BY m.name, c.cid";

/// The tables of a database, without those of the product.
///
/// # Errors
/// With what the client said.
pub fn tables(database: &Database<'_>) -> Result<Vec<Table>, String> {
    let text = database.query(match database.dialect() {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
        Dialect::Mysql => MYSQL,
    })?;
    let mut tables: Vec<Table> = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\x1f').collect();
        let [table, table_sql, name, sql, column_type, nullable, generated, refers] = fields[..8.min(fields.len())]
        else {
            return Err(format!("this line of the catalogue is not understood: {line:?}"));
        };
        let column_type = column_type.to_owned();
        let labels = match fields.get(8).filter(|labels| !labels.is_empty()) {
            // Those of SQLite are texts of SQL.
            Some(labels) if database.dialect() == Dialect::Sqlite => {
                labels.split('\x1e').map(|label| label.replace("''", "'")).collect()
            }
            Some(labels) => labels.split('\x1e').map(str::to_owned).collect(),
            None => labels_in(&column_type),
        };
        let column = Column {
            name: name.to_owned(),
            sql: sql.to_owned(),
            column_type: if labels.is_empty() { column_type.to_lowercase() } else { column_type },
            nullable: !nullable.is_empty(),
            generated: generated.to_owned(),
            refers: !refers.is_empty(),
            labels,
        };
        match tables.last_mut().filter(|last| last.sql == table_sql) {
            Some(last) => last.columns.push(column),
            None => {
                tables.push(Table { name: table.to_owned(), sql: table_sql.to_owned(), columns: vec![column] });
            }
        }
    }
    tables.retain(|table| !table.name.starts_with("migratable_"));
    Ok(tables)
}

/// The values of `enum('a','b')` or `set('a','b')`.
fn labels_in(column_type: &str) -> Vec<String> {
    let list = ["enum(", "set("].iter().find_map(|word| column_type.strip_prefix(word));
    let Some(list) = list.and_then(|list| list.strip_suffix(')')) else { return Vec::new() };
    list.trim_matches('\'').split("','").map(|label| label.replace("''", "'")).collect()
}
