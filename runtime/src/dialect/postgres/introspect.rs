//! The catalogue of a live database, read in a handful of queries, whatever the number of tables.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;

use super::inspect::{needs, prerequisites};
use crate::dialect::{Connection, literal};

/// What stands between the parts of a list.
pub(super) const SEPARATOR: char = '\u{1f}';

/// The cells of a row, one after the other.
pub(super) struct Cells(std::vec::IntoIter<Option<String>>);

impl Cells {
    pub(super) fn optional(&mut self) -> Option<String> {
        self.0.next().flatten()
    }

    /// The cell at some place behind those that were taken.
    pub(super) fn peek(&self, at: usize) -> Option<&str> {
        self.0.as_slice().get(at)?.as_deref()
    }

    pub(super) fn text(&mut self) -> String {
        self.optional().unwrap_or_default()
    }

    pub(super) fn flag(&mut self) -> bool {
        self.optional().as_deref() == Some("true")
    }

    pub(super) fn list(&mut self) -> Vec<String> {
        self.optional().map(|it| it.split(SEPARATOR).map(str::to_owned).collect()).unwrap_or_default()
    }

    /// The numbers of a vector or an array of them.
    pub(super) fn numbers(&mut self) -> Vec<i64> {
        let text = self.text();
        text.split(|it: char| !(it.is_ascii_digit() || it == '-')).filter_map(|it| it.parse().ok()).collect()
    }
}

/// What is read of a database, in the shape of its catalogue.
pub(super) struct Catalogue {
    pub(super) classes: Vec<Cells>,
    pub(super) columns: Vec<Cells>,
    pub(super) constraints: Vec<Cells>,
    pub(super) indexes: Vec<Cells>,
    pub(super) enums: Vec<Cells>,
    pub(super) domains: Vec<Cells>,
    /// Operator classes that are no default or take parameters, and collations, by their number.
    pub(super) names: Vec<Cells>,
    pub(super) prerequisites: prerequisites::Found,
    pub(super) others: Vec<Cells>,
    /// What rests on tables and columns, and on enums.
    pub(super) needs: Vec<Cells>,
    /// What cannot be made again with what it rests on.
    pub(super) held: Vec<Cells>,
}

/// The version of the server as a number, and the schema in which a table without one is.
pub(super) fn server(database: &mut PgConnection) -> QueryResult<(u32, Option<String>)> {
    let rows = database.rows("SELECT current_setting('server_version_num'), current_schema()::text")?;
    let mut cells = cells(rows);
    let Some(row) = cells.first_mut() else { return Ok((0, None)) };
    Ok((row.text().parse().unwrap_or_default(), row.optional()))
}

/// All domains, by what columns call them.
pub(super) fn domains(database: &mut PgConnection) -> QueryResult<Vec<Cells>> {
    database.rows(DOMAINS).map(cells)
}

pub(super) fn cells(rows: Vec<Vec<Option<String>>>) -> Vec<Cells> {
    rows.into_iter().map(|row| Cells(row.into_iter())).collect()
}

/// Reads the schemas of these names, or all that are not the server's own.
pub(super) fn read(database: &mut PgConnection, version: u32, schemas: Option<&[String]>) -> QueryResult<Catalogue> {
    let which = match schemas {
        Some(names) => {
            let names: Vec<String> = names.iter().map(|name| literal(name)).collect();
            format!("nspname IN ({})", names.join(", "))
        }
        None => "nspname !~ '^pg_' AND nspname <> 'information_schema'".to_owned(),
    };
    let numbers = database.rows(&format!("SELECT string_agg(oid::text, ', ') FROM pg_namespace WHERE {which}"))?;
    let numbers = numbers.into_iter().flatten().flatten().next();
    let scope = format!("n.oid IN ({})", numbers.as_deref().unwrap_or("0"));
    let since = |needed: u32, sql: &'static str, else_sql: &'static str| if version >= needed { sql } else { else_sql };
    let mut ask = |sql: String| database.rows(&sql).map(cells);
    Ok(Catalogue {
        classes: ask(CLASSES.replace("{scope}", &scope))?,
        columns: ask(COLUMNS
            .replace("{scope}", &scope)
            .replace("{compression}", since(140_000, "a.attcompression::text", "''")))?,
        constraints: ask(CONSTRAINTS
            .replace("{scope}", &scope)
            .replace("{set_columns}", since(150_000, "con.confdelsetcols::text", "NULL::text"))
            .replace("{period}", since(180_000, "con.conperiod", "false"))
            .replace("{enforced}", since(180_000, "con.conenforced", "true")))?,
        indexes: ask(INDEXES
            .replace("{scope}", &scope)
            .replace("{nulls_not_distinct}", since(150_000, "i.indnullsnotdistinct", "false")))?,
        enums: ask(ENUMS.replace("{scope}", &scope))?,
        domains: ask(DOMAINS.to_owned())?,
        names: ask(NAMES.to_owned())?,
        others: ask(OTHERS.replace("{scope}", &scope))?,
        needs: ask(needs::NEEDS.replace("{scope}", &scope))?,
        held: ask(needs::HELD.replace("{scope}", &scope))?,
        prerequisites: prerequisites::read(database, &scope)?,
    })
}

const CLASSES: &str = "
SELECT c.oid::text, n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence = 'u', am.amname::text,
       nullif(concat_ws(', ', array_to_string(c.reloptions, ', '),
           (SELECT string_agg('toast.' || option, ', ') FROM unnest(toast.reloptions) AS option)), ''),
       d.description, c.relispartition OR inherited.oid IS NOT NULL, c.reloftype <> 0,
       c.relrowsecurity, c.relforcerowsecurity, c.relreplident::text, owned.objid IS NOT NULL, space.spcname::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace space ON space.oid = c.reltablespace
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
LEFT JOIN (SELECT inhrelid AS oid FROM pg_inherits UNION SELECT inhparent FROM pg_inherits) AS inherited
    ON inherited.oid = c.oid
LEFT JOIN (SELECT DISTINCT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
           AND deptype IN ('a', 'i') AND refobjsubid > 0) AS owned ON owned.objid = c.oid
LEFT JOIN pg_depend e ON e.objid = c.oid AND e.classid = 'pg_class'::regclass AND e.deptype = 'e'
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND e.objid IS NULL AND {scope}
ORDER BY n.nspname, c.relname";

const COLUMNS: &str = "
SELECT a.attrelid::text, a.attnum, a.attname::text, format_type(a.atttypid, a.atttypmod), en.nspname::text,
       et.typname::text, CASE WHEN et.oid <> t.oid THEN true END, a.attnotnull,
       pg_get_expr(ad.adbin, CASE WHEN a.attgenerated = '' THEN 0 ELSE ad.adrelid END), nullif(a.attidentity::text, ''),
       nullif(a.attgenerated::text, ''), nullif(a.attcollation::text, '0'),
       CASE WHEN a.attcollation <> t.typcollation THEN true END, d.description,
       CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END,
       CASE WHEN a.attstorage <> t.typstorage THEN t.typstorage::text END, nullif({compression}, ''),
       nullif(a.attstattarget::text, '-1'),
       CASE WHEN a.attoptions::text LIKE '%n_distinct%' THEN array_to_string(a.attoptions, ', ') END,
       s.relname::text, s.regclass, s.type, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type et ON et.typtype = 'e' AND et.oid = CASE WHEN t.typtype = 'e' THEN t.oid
                                                          WHEN t.typcategory = 'A' THEN t.typelem END
LEFT JOIN pg_namespace en ON en.oid = et.typnamespace
LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
LEFT JOIN pg_description d ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
LEFT JOIN (SELECT dep.refobjid, dep.refobjsubid, sc.relname, format('nextval(%L::regclass)', sc.oid::regclass) AS regclass,
                  format_type(seqtypid, NULL) AS type, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle
           FROM pg_depend dep
           JOIN pg_sequence seq ON seq.seqrelid = dep.objid
           JOIN pg_class sc ON sc.oid = seq.seqrelid
           WHERE dep.classid = 'pg_class'::regclass AND dep.refclassid = 'pg_class'::regclass
             AND dep.deptype IN ('a', 'i') AND dep.refobjsubid > 0) AS s
    ON s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND ({scope} OR c.oid IN (SELECT confrelid FROM pg_constraint WHERE contype = 'f'))
ORDER BY a.attrelid, a.attnum, s.relname";

const CONSTRAINTS: &str = "
SELECT con.conrelid::text, con.conname::text, con.contype::text, con.condeferrable, con.condeferred, con.convalidated,
       con.connoinherit, con.conkey::text,
       CASE con.contype WHEN 'c' THEN pg_get_expr(con.conbin, con.conrelid)
                        WHEN 'x' THEN pg_get_constraintdef(con.oid) END,
       con.conindid::text, con.confrelid::text, rn.nspname::text, rc.relname::text, con.confkey::text,
       con.confupdtype::text, con.confdeltype::text, con.confmatchtype = 'f', {set_columns}, d.description,
       {period}, {enforced}
FROM pg_constraint con
JOIN pg_class c ON c.oid = con.conrelid AND c.relkind = 'r'
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class rc ON rc.oid = con.confrelid
LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
LEFT JOIN pg_description d ON d.objoid = con.oid AND d.classoid = 'pg_constraint'::regclass
WHERE con.contype IN ('p', 'u', 'c', 'f', 'x') AND con.conparentid = 0 AND {scope}
ORDER BY con.conrelid, con.conname";

const INDEXES: &str = "
SELECT i.indrelid::text, i.indexrelid::text, ic.relname::text, i.indisunique, am.amname::text, i.indnkeyatts,
       i.indkey::text, i.indoption::text, i.indclass::text, i.indcollation::text,
       pg_get_expr(i.indpred, i.indrelid),
       CASE WHEN i.indexprs IS NOT NULL THEN
           (SELECT string_agg(pg_get_indexdef(i.indexrelid, k, false), E'\\x1f' ORDER BY k)
            FROM generate_series(1, i.indnkeyatts) AS k WHERE i.indkey[k - 1] = 0) END,
       options.list, array_to_string(ic.reloptions, ', '), {nulls_not_distinct}, i.indisvalid, i.indisclustered,
       i.indisreplident, d.description,
       (SELECT string_agg(attnum || ' ' || attstattarget, E'\\x1f' ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = i.indexrelid AND attstattarget >= 0),
       space.spcname::text
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid AND c.relkind = 'r'
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class ic ON ic.oid = i.indexrelid
LEFT JOIN pg_tablespace space ON space.oid = ic.reltablespace
JOIN pg_am am ON am.oid = ic.relam
LEFT JOIN (SELECT attrelid, string_agg(attnum || ':' || array_to_string(attoptions, ', '), E'\\x1f') AS list
           FROM pg_attribute WHERE attoptions IS NOT NULL GROUP BY attrelid) AS options
    ON options.attrelid = i.indexrelid
LEFT JOIN pg_description d ON d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
WHERE {scope}
ORDER BY i.indrelid, ic.relname";

const ENUMS: &str = "
SELECT n.nspname::text, t.typname::text, string_agg(l.enumlabel, E'\\x1f' ORDER BY l.enumsortorder)
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_enum l ON l.enumtypid = t.oid
LEFT JOIN pg_depend e ON e.objid = t.oid AND e.classid = 'pg_type'::regclass AND e.deptype = 'e'
WHERE t.typtype = 'e' AND e.objid IS NULL AND {scope}
GROUP BY n.nspname, t.typname";

const DOMAINS: &str = "
SELECT format_type(t.oid, NULL), format_type(b.oid, t.typtypmod), b.typtype = 'e', t.typnotnull,
       t.typdefault IS NOT NULL,
       (SELECT string_agg(pg_get_expr(conbin, 0), E'\\x1f' ORDER BY conname) FROM pg_constraint
        WHERE contypid = t.oid AND contype = 'c')
FROM pg_type t
JOIN pg_type b ON b.oid = t.typbasetype
WHERE t.typtype = 'd' AND t.oid >= 16384";

const NAMES: &str = "
SELECT 'class', o.oid::text, CASE WHEN pg_opclass_is_visible(o.oid) THEN quote_ident(opcname)
                                  ELSE format('%I.%I', n.nspname, opcname) END
FROM pg_opclass o JOIN pg_namespace n ON n.oid = opcnamespace WHERE NOT opcdefault
UNION ALL
SELECT 'usual class', o.oid::text, CASE WHEN pg_opclass_is_visible(o.oid) THEN quote_ident(opcname)
                                        ELSE format('%I.%I', n.nspname, opcname) END
FROM pg_opclass o JOIN pg_namespace n ON n.oid = opcnamespace
WHERE opcdefault AND o.oid IN (SELECT unnest(indclass) FROM pg_index JOIN pg_attribute ON attrelid = indexrelid
                               WHERE attoptions IS NOT NULL)
UNION ALL
SELECT 'collation', o.oid::text, CASE WHEN pg_collation_is_visible(o.oid) THEN quote_ident(collname)
                                      ELSE format('%I.%I', n.nspname, collname) END
FROM pg_collation o JOIN pg_namespace n ON n.oid = collnamespace
WHERE o.oid IN (SELECT unnest(indcollation) FROM pg_index WHERE indrelid >= 16384
                UNION SELECT attcollation FROM pg_attribute WHERE attrelid >= 16384)
UNION ALL
SELECT DISTINCT 'cast', format_type(castsource, NULL), format_type(casttarget, NULL) FROM pg_cast";

const OTHERS: &str = "
SELECT found.kind, n.nspname::text, found.name, found.rel, found.hidden FROM (
    SELECT 'trigger' AS kind, c.relnamespace AS namespace, tgname::text AS name, c.relname::text AS rel, false AS hidden
    FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL
    SELECT 'policy', c.relnamespace, polname::text, c.relname::text, false
    FROM pg_policy JOIN pg_class c ON c.oid = polrelid
    UNION ALL
    SELECT 'rule', c.relnamespace, rulename::text, c.relname::text, false
    FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class WHERE rulename <> '_RETURN'
    UNION ALL
    SELECT CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, pronamespace,
           format('%s(%s)', proname, pg_get_function_identity_arguments(p.oid)), NULL, false
    FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace AND {scope}
    WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = p.oid AND e.classid = 'pg_proc'::regclass AND deptype IN ('e', 'i'))
    UNION ALL
    SELECT CASE typtype WHEN 'd' THEN 'domain' ELSE 'range type' END, typnamespace, typname::text, NULL, false
    FROM pg_type t WHERE typtype IN ('d', 'r')
     AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = t.oid AND e.classid = 'pg_type'::regclass AND deptype = 'e')
    UNION ALL
    SELECT 'statistics object', stxnamespace, stxname::text, c.relname::text, false
    FROM pg_statistic_ext JOIN pg_class c ON c.oid = stxrelid
    UNION ALL
    SELECT named.kind, named.namespace, named.name, NULL, false FROM (
        SELECT 'collation' AS kind, oid, collnamespace AS namespace, collname::text AS name FROM pg_collation
        UNION ALL SELECT 'operator', oid, oprnamespace, oprname FROM pg_operator
        UNION ALL SELECT 'operator class', oid, opcnamespace, opcname FROM pg_opclass
        UNION ALL SELECT 'operator family', oid, opfnamespace, opfname FROM pg_opfamily
        UNION ALL SELECT 'conversion', oid, connamespace, conname FROM pg_conversion
        UNION ALL SELECT 'text search configuration', oid, cfgnamespace, cfgname FROM pg_ts_config
        UNION ALL SELECT 'text search dictionary', oid, dictnamespace, dictname FROM pg_ts_dict
        UNION ALL SELECT 'text search parser', oid, prsnamespace, prsname FROM pg_ts_parser
        UNION ALL SELECT 'text search template', oid, tmplnamespace, tmplname FROM pg_ts_template
    ) AS named WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = named.oid AND deptype = 'e')
    UNION ALL
    SELECT 'comment', typnamespace, 'on type ' || typname, NULL, false
    FROM pg_description JOIN pg_type t ON t.oid = objoid WHERE classoid = 'pg_type'::regclass AND typtype = 'e'
    UNION ALL
    SELECT 'comment', relnamespace, 'on sequence ' || relname, NULL, false
    FROM pg_description JOIN pg_class c ON c.oid = objoid WHERE classoid = 'pg_class'::regclass AND relkind = 'S'
    UNION ALL
    SELECT named.kind, 'pg_catalog'::regnamespace, named.name, NULL, true FROM (
        SELECT 'extension' AS kind, oid, extname::text AS name FROM pg_extension WHERE extname <> 'plpgsql'
        UNION ALL SELECT 'publication', oid, pubname FROM pg_publication
        UNION ALL SELECT 'subscription', 16384::oid, subname FROM pg_subscription
        WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL SELECT 'event trigger', oid, evtname FROM pg_event_trigger
        UNION ALL SELECT 'foreign data wrapper', oid, fdwname FROM pg_foreign_data_wrapper
        UNION ALL SELECT 'foreign server', oid, srvname FROM pg_foreign_server
        UNION ALL SELECT 'user mapping', umid, format('for %s on %s', usename, srvname) FROM pg_user_mappings
        UNION ALL SELECT 'language', oid, lanname FROM pg_language
        UNION ALL SELECT 'access method', oid, amname FROM pg_am
        UNION ALL SELECT 'cast', oid, format('%s AS %s', format_type(castsource, NULL), format_type(casttarget, NULL)) FROM pg_cast
        UNION ALL SELECT 'transform', t.oid, format('for %s language %s', format_type(trftype, NULL), lanname)
        FROM pg_transform t JOIN pg_language l ON l.oid = trflang
    ) AS named
    WHERE named.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = named.oid AND deptype IN ('e', 'i'))
) AS found JOIN pg_namespace n ON n.oid = found.namespace
WHERE found.hidden OR {scope}
ORDER BY 1, 2, 3";
