//! The catalogue of PostgreSQL, in its own words for each object.

use super::Held;
use crate::databases::client::Database;

/// One line an object, those of the product left out.
const OBJECTS: &str = "
WITH tables AS (
  SELECT c.oid, format('%s.%s: ', n.nspname, c.relname) AS name, c.relkind FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^migratable_'
)
SELECT t.name || concat_ws(' ', 'table', quote_literal(obj_description(t.oid, 'pg_class')))
FROM tables t WHERE t.relkind IN ('r', 'p')
UNION ALL
SELECT t.name || concat_ws(' ', 'column', a.attname, format_type(a.atttypid, a.atttypmod),
  CASE WHEN a.attnotnull THEN 'not null' END, 'identity ' || nullif(a.attidentity::text, ''),
  'generated ' || nullif(a.attgenerated::text, ''), 'default ' || pg_get_expr(d.adbin, d.adrelid),
  (SELECT 'collate ' || l.collname FROM pg_collation l JOIN pg_type y ON y.oid = a.atttypid
    WHERE l.oid = a.attcollation AND l.oid <> y.typcollation),
  quote_literal(col_description(t.oid, a.attnum)))
FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (t.oid, a.attnum)
WHERE t.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT t.name || concat_ws(' ', 'constraint', k.conname, pg_get_constraintdef(k.oid), CASE WHEN k.convalidated THEN '' ELSE 'not valid' END,
  quote_literal(obj_description(k.oid, 'pg_constraint')))
FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid
UNION ALL
SELECT t.name || concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), CASE WHEN i.indisvalid THEN '' ELSE 'not valid' END)
FROM tables t JOIN pg_index i ON i.indrelid = t.oid
UNION ALL
SELECT t.name || concat_ws(' ', 'sequence', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
FROM tables t JOIN pg_sequence s ON s.seqrelid = t.oid
UNION ALL
SELECT format('%s.%s: enum %s', n.nspname, y.typname, string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder))
FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace JOIN pg_enum e ON e.enumtypid = y.oid
GROUP BY n.nspname, y.typname";

/// Views, triggers and functions.
const OTHERS: &str = "
SELECT format('view %s %s', viewname, definition) FROM pg_views WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'
UNION ALL
SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.prokind = 'f'";

pub(super) fn read(database: &Database<'_>) -> Result<Held, String> {
    let lines = |sql: &str| Ok::<_, String>(database.query(sql)?.lines().map(str::to_owned).collect());
    Ok(Held { managed: lines(OBJECTS)?, others: lines(OTHERS)? })
}
