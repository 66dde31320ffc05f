//! What is not managed, but made where a table needs it: extensions, types, functions, sequences and collations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use migratable_core::TableName;

use super::Reader;
use crate::dialect::Connection;
use crate::dialect::postgres::ddl::{create_schema, qualified, quoted};
use crate::dialect::postgres::introspect::{Cells, cells};
use crate::inspect::{NotManaged, Prerequisite};

/// What is read of them.
pub(in crate::dialect::postgres) struct Found {
    objects: Vec<Cells>,
    uses: Vec<Cells>,
}

/// Reads those of some schemas, and all extensions.
pub(in crate::dialect::postgres) fn read(database: &mut PgConnection, scope: &str) -> QueryResult<Found> {
    let all = database.rows(&format!("WITH {}, {USES} {ALL}", OBJECTS.replace("{scope}", scope)))?;
    let (objects, uses) = all.into_iter().partition(|row| row.first().is_some_and(|key| key.is_some()));
    Ok(Found { objects: cells(objects), uses: cells(uses) })
}

impl Reader {
    /// By what they are called, a routine by the types of its parameters.
    pub(super) fn prerequisites(&self, found: Found) -> BTreeMap<String, Prerequisite> {
        let mut names = HashMap::new();
        let mut prerequisites: BTreeMap<String, Prerequisite> = BTreeMap::new();
        for mut row in found.objects {
            let (key, kind, schema) = (row.text(), row.text(), row.text());
            let (shown, own) = (self.name(&schema, row.text()), self.name(&schema, row.text()));
            let (head, rest, is_closed) = (row.text(), row.optional(), row.flag());
            let gives = row.list().into_iter().collect();
            let mut create = Vec::new();
            if kind == "extension" {
                create.push(extension(&own));
            } else if let Some(rest) = rest {
                // What a function calls may come later.
                create.extend((kind == "function").then(|| "SET LOCAL check_function_bodies = off".to_owned()));
                create.push(format!("{head} {}{}", qualified(&own), self.moved(&rest).trim_end()));
                if is_closed {
                    let parameters = &shown.name[own.name.len()..];
                    create.push(format!("REVOKE ALL ON FUNCTION {}{parameters} FROM PUBLIC", qualified(&own)));
                }
            }
            if !create.is_empty() {
                create.splice(0..0, create_schema(&own));
            }
            let shown = if kind == "extension" { shown.name } else { shown.to_string() };
            let object = NotManaged { kind: kind.clone(), name: shown, table: None }.to_string();
            let (users, needs, rests_on) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
            let it = Prerequisite { kind, name: own, create, gives, users, needs, rests_on };
            prerequisites.insert(object.clone(), it);
            names.insert(key, object);
        }
        for mut row in found.uses {
            row.optional();
            let (used, user) = (names.get(&row.text()), names.get(&row.text()));
            let other = row.optional().map(|schema| self.name(&schema, row.text()));
            match (used, user) {
                (Some(used), None) => prerequisites.entry(used.clone()).and_modify(|it| it.users.extend(other)),
                (None, Some(user)) => prerequisites.entry(user.clone()).and_modify(|it| it.rests_on.extend(other)),
                (Some(used), Some(user)) => prerequisites.entry(user.clone()).and_modify(|it| {
                    it.needs.insert(used.clone());
                }),
                (None, None) => continue,
            };
        }
        prerequisites
    }
}

/// Makes an extension with those that it needs itself. The server says at once if it has not got them.
fn extension(name: &TableName) -> String {
    let schema = name.schema.as_ref().map(|schema| format!(" SCHEMA {}", quoted(schema)));
    format!("CREATE EXTENSION IF NOT EXISTS {}{} CASCADE", quoted(&name.name), schema.unwrap_or_default())
}

/// All of them: what they are called, and what makes one, in front of its name and behind it.
const OBJECTS: &str = "
objects AS (
    SELECT found.class, found.oid, concat(found.class, ' ', found.oid) AS key, kind, n.nspname AS namespace,
           coalesce(shown, name) AS shown, name, head, rest, is_closed, name AS gives
    FROM (
        SELECT 'pg_type'::regclass AS class, t.oid, 'domain' AS kind, t.typnamespace AS namespace, NULL AS shown,
               t.typname::text AS name, 'CREATE DOMAIN' AS head, false AS is_closed,
               concat(' AS ', format_type(t.typbasetype, t.typtypmod),
                   (SELECT format(' COLLATE %I.%I', nspname, collname)
                    FROM pg_collation k JOIN pg_namespace ON pg_namespace.oid = collnamespace
                    WHERE k.oid = t.typcollation AND k.oid <> base.typcollation),
                   ' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0), CASE WHEN t.typnotnull THEN ' NOT NULL' END,
                   (SELECT string_agg(format(' CONSTRAINT %I %s', conname, regexp_replace(pg_get_constraintdef(con.oid), ' NOT VALID$', '')), '' ORDER BY conname)
                    FROM pg_constraint con WHERE contypid = t.oid AND contype = 'c')) AS rest
        FROM pg_type t JOIN pg_type base ON base.oid = t.typbasetype
        WHERE t.typtype = 'd'
        UNION ALL
        SELECT 'pg_type'::regclass, t.oid, 'range type', typnamespace, NULL, typname, 'CREATE TYPE', false,
               concat(' AS RANGE (SUBTYPE = ', format_type(rngsubtype, NULL),
                   (SELECT format(', SUBTYPE_OPCLASS = %I.%I', nspname, opcname)
                    FROM pg_opclass k JOIN pg_namespace ON pg_namespace.oid = opcnamespace WHERE k.oid = rngsubopc AND NOT opcdefault),
                   (SELECT format(', COLLATION = %I.%I', nspname, collname)
                    FROM pg_collation k JOIN pg_namespace ON pg_namespace.oid = collnamespace
                    WHERE k.oid = rngcollation AND collname <> 'default'),
                   ', SUBTYPE_DIFF = ' || nullif(rngsubdiff, 0)::regproc,
                   ', MULTIRANGE_TYPE_NAME = ' || format_type(nullif(to_jsonb(r) ->> 'rngmultitypid', '0')::oid, NULL), ')')
        FROM pg_range r JOIN pg_type t ON t.oid = rngtypid
        UNION ALL
        SELECT 'pg_type'::regclass, t.oid, 'composite type', typnamespace, NULL, typname, 'CREATE TYPE', false,
               concat(' AS (',
                   (SELECT string_agg(concat(quote_ident(attname), ' ', format_type(atttypid, atttypmod),
                        (SELECT format(' COLLATE %I.%I', nspname, collname)
                         FROM pg_collation k JOIN pg_namespace ON pg_namespace.oid = collnamespace
                         WHERE k.oid = attcollation AND k.oid <> of.typcollation)), ', ' ORDER BY attnum)
                    FROM pg_attribute JOIN pg_type of ON of.oid = atttypid
                    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), ')')
        FROM pg_class c JOIN pg_type t ON t.oid = c.reltype
        WHERE c.relkind = 'c'
        UNION ALL
        SELECT 'pg_class'::regclass, c.oid, 'sequence', relnamespace, NULL, relname, 'CREATE SEQUENCE', false,
               CASE WHEN owned.objid IS NULL THEN
                   format(' AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', format_type(seqtypid, NULL),
                          seqstart, seqincrement, seqmin, seqmax, seqcache, CASE WHEN seqcycle THEN ' CYCLE' END) END
        FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid
        -- Those of columns are managed.
        LEFT JOIN pg_depend owned ON owned.classid = 'pg_class'::regclass AND owned.objid = c.oid
            AND owned.refclassid = 'pg_class'::regclass AND owned.refobjsubid > 0 AND owned.deptype IN ('a', 'i')
        UNION ALL
        SELECT 'pg_proc'::regclass, p.oid, 'function', pronamespace,
               format('%s(%s)', proname, oidvectortypes(proargtypes)), proname, 'CREATE FUNCTION',
               proacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0),
               substr(pg_get_functiondef(p.oid), length(format('CREATE OR REPLACE FUNCTION %I.%I', nspname, proname)) + 1)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
        WHERE prokind IN ('f', 'w') AND {scope}
          AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND deptype = 'i')
        UNION ALL
        SELECT 'pg_collation'::regclass, k.oid, 'collation', collnamespace, NULL, collname, 'CREATE COLLATION', false,
               format(' (%s)', concat_ws(', ',
                   'PROVIDER = ' || CASE collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
                   CASE WHEN collprovider = 'c' THEN format('LC_COLLATE = %L, LC_CTYPE = %L', collcollate, collctype)
                        ELSE format('LOCALE = %L', coalesce(to_jsonb(k) ->> 'colllocale', to_jsonb(k) ->> 'colliculocale', collcollate))
                   END,
                   CASE WHEN NOT collisdeterministic THEN 'DETERMINISTIC = false' END,
                   'RULES = ' || quote_literal(to_jsonb(k) ->> 'collicurules')))
        FROM pg_collation k
        WHERE collprovider <> 'd'
    ) AS found JOIN pg_namespace n ON n.oid = found.namespace AND {scope}
    WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = found.class AND e.objid = found.oid AND e.deptype = 'e')
    UNION ALL
    SELECT 'pg_extension'::regclass, e.oid, concat('pg_extension ', e.oid), 'extension', nspname, extname, extname, '', NULL,
           false, (SELECT string_agg(DISTINCT coalesce(proname, typname), E'\\x1f')
                   FROM pg_depend d
                   LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
                   LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
                   WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e')
    FROM pg_extension e JOIN pg_namespace ON pg_namespace.oid = extnamespace
    WHERE extname <> 'plpgsql'
)";

/// Which of them are used by which others, and in which tables.
const USES: &str = "
parts AS (
    SELECT key, class, oid FROM objects
    UNION ALL
    SELECT key, classid, objid FROM objects
    JOIN pg_depend ON refclassid = class AND refobjid = oid AND deptype = 'e' AND kind = 'extension'
), members AS (
    SELECT key, class, oid FROM parts
    UNION ALL
    SELECT key, class, typarray FROM parts JOIN pg_type t ON class = 'pg_type'::regclass AND t.oid = parts.oid AND typarray <> 0
    UNION ALL
    SELECT key, 'pg_class'::regclass, typrelid FROM parts
    JOIN pg_type t ON class = 'pg_type'::regclass AND t.oid = parts.oid AND typtype = 'c'
    UNION ALL
    SELECT key, class, t.oid FROM parts JOIN pg_range r ON class = 'pg_type'::regclass AND rngtypid = parts.oid
    JOIN pg_type t ON t.oid = (to_jsonb(r) ->> 'rngmultitypid')::oid
), used AS (
    SELECT DISTINCT members.key, coalesce(i.indrelid, con.conrelid, ad.adrelid, d.objid) AS relation,
           CASE WHEN con.contypid <> 0 THEN 'pg_type'::regclass ELSE d.classid END AS class,
           CASE WHEN con.contypid <> 0 THEN con.contypid ELSE d.objid END AS oid
    FROM members
    JOIN pg_depend d ON d.refclassid = members.class AND d.refobjid = members.oid AND d.deptype <> 'e'
    LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
    LEFT JOIN pg_constraint con ON d.classid = 'pg_constraint'::regclass AND con.oid = d.objid
    LEFT JOIN pg_attrdef ad ON d.classid = 'pg_attrdef'::regclass AND ad.oid = d.objid
), uses AS (
    SELECT used.key AS used, '' AS by, nspname::text AS schema, relname::text AS name
    FROM used JOIN pg_class c ON c.oid = relation AND relkind = 'r' JOIN pg_namespace n ON n.oid = relnamespace
    WHERE used.class IN ('pg_class'::regclass, 'pg_constraint'::regclass, 'pg_attrdef'::regclass)
    UNION
    SELECT used.key, members.key, NULL, NULL
    FROM used JOIN members ON members.class = used.class AND members.oid = used.oid
    UNION
    SELECT '', members.key, nspname, coalesce(enum.typname, relname)
    FROM (SELECT refobjid, coalesce(nullif(contypid, 0), objid) AS oid,
                 CASE WHEN contypid <> 0 THEN 'pg_type'::regclass ELSE classid END AS class
          FROM pg_depend LEFT JOIN pg_constraint ON classid = 'pg_constraint'::regclass AND pg_constraint.oid = objid
          WHERE refclassid = 'pg_type'::regclass AND deptype <> 'e') AS needing
    JOIN members ON members.class = needing.class AND members.oid = needing.oid
    JOIN pg_type t ON t.oid = refobjid
    JOIN pg_type one ON one.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
    LEFT JOIN pg_type enum ON enum.oid = one.oid AND enum.typtype = 'e'
    LEFT JOIN pg_class c ON c.oid = one.typrelid AND relkind = 'r'
    JOIN pg_namespace n ON n.oid = coalesce(enum.typnamespace, relnamespace)
    WHERE members.key NOT LIKE 'pg_extension%'
)";

/// The objects, and with no key in front what uses what.
const ALL: &str = "
SELECT key, kind, namespace, shown, name, head, rest, is_closed, gives FROM objects
UNION ALL
SELECT NULL, used, by, schema, name, NULL, NULL, NULL, NULL FROM uses";
