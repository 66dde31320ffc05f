//! What rests on tables, columns and enums, and stands in the way of their changes.

/// What they cannot be dropped for.
pub(in crate::dialect::postgres) const NEEDS: &str = "
SELECT d.refobjid::text, d.refobjsubid, n.nspname::text, c.relname::text,
       CASE WHEN v.oid IS NULL THEN named.type || ' ' || named.identity
            ELSE CASE v.relkind WHEN 'v' THEN 'view ' ELSE 'materialized view ' END || v.oid::regclass END,
       coalesce(p.polrelid, t.tgrelid, r.ev_class, pub.prrelid)::text
FROM (SELECT DISTINCT classid, objid, refobjid, refobjsubid FROM pg_depend
      WHERE refclassid = 'pg_class'::regclass AND deptype = 'n' AND refobjid >= 16384
        AND classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_trigger'::regclass, 'pg_proc'::regclass,
                        'pg_publication_rel'::regclass)
      UNION
      SELECT d.classid, d.objid, c.oid, 0 FROM pg_class c
      JOIN pg_type t ON t.oid = c.reltype
      JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray) AND d.deptype = 'n'
      WHERE c.oid >= 16384 AND c.relkind = 'r' AND d.classid IN ('pg_type'::regclass, 'pg_proc'::regclass)) AS d
JOIN pg_class c ON c.oid = d.refobjid AND c.relkind = 'r'
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) AS named
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
LEFT JOIN pg_publication_rel pub ON d.classid = 'pg_publication_rel'::regclass AND pub.oid = d.objid
WHERE t.tgisinternal IS NOT TRUE AND {scope}
UNION ALL
SELECT '', 0, n.nspname::text, e.typname::text, named.type || ' ' || named.identity, NULL
FROM pg_type e
JOIN pg_namespace n ON n.oid = e.typnamespace
JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (e.oid, e.typarray) AND d.deptype = 'n'
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS named
WHERE e.typtype = 'e' AND {scope}
  AND (d.classid IN ('pg_type'::regclass, 'pg_proc'::regclass) OR c.relkind IN ('c', 'p', 'f') OR c.relispartition)
UNION ALL
SELECT '', 0, n.nspname::text, con.conname::text,
       CASE WHEN v.oid IS NULL THEN named.type || ' ' || named.identity ELSE 'view ' || v.oid::regclass END, NULL
FROM pg_constraint con
JOIN pg_namespace n ON n.oid = con.connamespace
JOIN pg_depend d ON d.refclassid = 'pg_constraint'::regclass AND d.refobjid = con.oid AND d.deptype = 'n'
    AND d.classid IN ('pg_proc'::regclass, 'pg_rewrite'::regclass)
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) AS named
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
WHERE con.contype IN ('p', 'u') AND {scope}";

/// What stops columns and enums from changing: it is not dropped and made again as views and routines are, or rests on
/// one of those.
pub(in crate::dialect::postgres) const HELD: &str = "
WITH RECURSIVE roots AS (
    SELECT 'pg_class'::regclass AS class, c.oid, d.refobjsubid AS part, n.nspname, c.relname AS name
    FROM (SELECT DISTINCT refobjid, refobjsubid FROM pg_depend
          WHERE refclassid = 'pg_class'::regclass AND refobjsubid > 0 AND deptype = 'n' AND refobjid >= 16384) AS d
    JOIN pg_class c ON c.oid = d.refobjid AND c.relkind = 'r'
    JOIN pg_namespace n ON n.oid = c.relnamespace AND {scope}
    UNION ALL
    SELECT 'pg_type'::regclass, of, 0, n.nspname, t.typname
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace AND {scope}
    CROSS JOIN unnest(ARRAY[t.oid, t.typarray]) AS of
    WHERE t.typtype = 'e'
), direct AS (
    SELECT roots.*, d.classid, d.objid, d.objsubid
    FROM roots
    JOIN pg_depend d ON refclassid = roots.class AND refobjid = roots.oid AND refobjsubid = part AND deptype = 'n'
), away AS (
    SELECT direct.class, direct.oid, part, nspname, name, 'pg_class'::regclass AS by_class, v.oid AS by
    FROM direct JOIN pg_rewrite r ON classid = 'pg_rewrite'::regclass AND r.oid = objid
    JOIN pg_class v ON v.oid = ev_class AND v.relkind IN ('v', 'm')
    UNION
    SELECT class, oid, part, nspname, name, classid, objid FROM direct WHERE classid = 'pg_proc'::regclass
    UNION
    SELECT class, away.oid, part, nspname, name, by_class, ev_class
    FROM away JOIN pg_depend d ON by_class = 'pg_class'::regclass AND refclassid = by_class AND refobjid = by
    JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND ev_class <> by
), holders AS (
    SELECT away.class, away.oid, part, nspname, away.name,
           concat(aside.type, ' ', aside.identity, ', on which the ') AS by,
           d.classid, d.objid, d.objsubid, ' rests,' AS rests
    FROM away
    LEFT JOIN pg_type t ON by_class = 'pg_class'::regclass AND t.typrelid = away.by
    CROSS JOIN LATERAL (
        SELECT * FROM pg_depend WHERE deptype = 'n' AND refclassid = by_class AND refobjid = away.by
        UNION ALL
        SELECT * FROM pg_depend
        WHERE deptype = 'n' AND refclassid = 'pg_type'::regclass AND refobjid IN (t.oid, t.typarray)
    ) AS d
    LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    LEFT JOIN pg_attrdef ad ON d.classid = 'pg_attrdef'::regclass AND ad.oid = d.objid
    LEFT JOIN pg_attribute a ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
    CROSS JOIN LATERAL pg_identify_object(by_class, away.by, 0) AS aside
    WHERE coalesce(attgenerated, '') = ''
      AND d.classid NOT IN ('pg_constraint'::regclass, 'pg_trigger'::regclass)
      AND (d.classid <> 'pg_class'::regclass OR d.objsubid > 0)
      AND (away.class::oid, away.oid, away.part, coalesce(ev_class, d.objid))
          NOT IN (SELECT class::oid, oid, part, by FROM away WHERE by_class = 'pg_class'::regclass)
      AND NOT EXISTS (SELECT FROM direct
                      WHERE (direct.class, direct.oid, direct.part) = (away.class, away.oid, away.part)
                      AND d.classid = 'pg_policy'::regclass AND direct.classid = d.classid AND direct.objid = d.objid)
    UNION ALL
    SELECT class, direct.oid, part, nspname, name, '', classid, objid, objsubid, ''
    FROM direct
    LEFT JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid
    LEFT JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
    WHERE classid IN ('pg_publication_rel'::regclass, 'pg_cast'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass)
       OR prokind = 'a' OR relkind IN ('c', 'p', 'f') OR reloftype <> 0
       OR objsubid > 0 AND EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent))
)
SELECT CASE class WHEN 'pg_class'::regclass THEN holders.oid::text ELSE '' END, part, nspname::text, holders.name::text,
       concat(holders.by, named.type, ' ', named.identity, rests), NULL
FROM holders CROSS JOIN LATERAL pg_identify_object(classid, objid, objsubid) AS named";
