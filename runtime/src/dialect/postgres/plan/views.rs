//! Views over a column that takes another type: PostgreSQL lets no such column change, so they are dropped before, and
//! made again behind it with all that belongs to them.

use migratable_core::TableName;

use super::super::ddl::{block, qualified};
use super::Planner;
use crate::dialect::literal;

/// Drops the views over a column, and keeps in a temporary table how they are made.
const DROP: &str = "CREATE FUNCTION pg_temp.migratable_drop_views(changed regclass, changed_column name) RETURNS void
LANGUAGE plpgsql AS $migratable$
DECLARE dependent record;
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS migratable_views (place serial, statements text[]) ON COMMIT DROP;
    FOR dependent IN
        WITH RECURSIVE needs AS (
            SELECT DISTINCT rule.ev_class AS view, d.refobjid AS relation, d.refobjsubid AS number
            FROM pg_depend d
            JOIN pg_rewrite rule ON rule.oid = d.objid
            JOIN pg_class v ON v.oid = rule.ev_class AND v.relkind IN ('v', 'm')
            WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
              AND d.refobjid <> rule.ev_class
        ), found AS (
            SELECT needs.view, 1 AS depth FROM needs
            JOIN pg_attribute a ON a.attrelid = needs.relation AND a.attnum = needs.number
            WHERE needs.relation = changed AND a.attname = changed_column
            UNION ALL
            SELECT needs.view, found.depth + 1 FROM needs JOIN found ON needs.relation = found.view
        )
        SELECT c.oid, c.oid::regclass::text AS name, c.relispopulated, c.reloptions, c.relowner, c.relacl,
               CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END AS kind
        FROM found JOIN pg_class c ON c.oid = found.view GROUP BY c.oid ORDER BY max(found.depth) DESC
    LOOP
        INSERT INTO migratable_views (statements) SELECT array_agg(statement ORDER BY place) FROM (
            SELECT 1 AS place, format('CREATE %s %s%s AS %s%s', dependent.kind, dependent.name,
                coalesce(' WITH (' || array_to_string(dependent.reloptions, ', ') || ')', ''),
                rtrim(pg_get_viewdef(dependent.oid), ';'),
                CASE WHEN dependent.relispopulated THEN '' ELSE ' WITH NO DATA' END) AS statement
            UNION ALL
            SELECT 2, format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', dependent.name, attname,
                pg_get_expr(adbin, adrelid))
            FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum WHERE adrelid = dependent.oid
            UNION ALL
            SELECT 2, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = dependent.oid
            UNION ALL
            SELECT 3, pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class = dependent.oid AND rulename <> '_RETURN'
            UNION ALL
            SELECT 4, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = dependent.oid AND NOT tgisinternal
            UNION ALL
            SELECT 5, CASE objsubid WHEN 0 THEN format('COMMENT ON %s %s IS %L', dependent.kind, dependent.name, description)
                ELSE format('COMMENT ON COLUMN %s.%I IS %L', dependent.name,
                            (SELECT attname FROM pg_attribute WHERE attrelid = objoid AND attnum = objsubid), description) END
            FROM pg_description WHERE objoid = dependent.oid AND classoid = 'pg_class'::regclass
            UNION ALL
            SELECT 6, format('ALTER TABLE %s OWNER TO %I', dependent.name, pg_get_userbyid(dependent.relowner))
            WHERE pg_get_userbyid(dependent.relowner) <> current_user
            UNION ALL
            SELECT 7, format('GRANT %s ON %s TO %s%s', privilege_type, dependent.name,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
            FROM aclexplode(dependent.relacl) WHERE grantee <> dependent.relowner
            UNION ALL
            SELECT 8, format('GRANT %s (%I) ON %s TO %s', privilege_type, attname, dependent.name,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
            FROM pg_attribute, aclexplode(attacl) WHERE attrelid = dependent.oid
        ) AS made;
        EXECUTE format('DROP %s %s', dependent.kind, dependent.name);
    END LOOP;
END $migratable$";

/// Makes the views again, the last one first.
const MAKE: &str = "DO $migratable$
DECLARE statement text;
BEGIN
    FOR statement IN
        SELECT each FROM migratable_views, unnest(statements) WITH ORDINALITY AS made (each, number)
        ORDER BY place DESC, number
    LOOP
        EXECUTE statement;
    END LOOP;
    DROP TABLE migratable_views;
    DROP FUNCTION pg_temp.migratable_drop_views(regclass, name);
END $migratable$";

/// Whether there may be views, and whether some have been set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Views {
    /// There are none.
    None,
    /// There are some, all in their place.
    There,
    /// Those over columns that change are away.
    Aside,
}

impl Planner<'_> {
    /// Sets the views over a column aside.
    pub(super) fn set_aside_views(&mut self, table: &TableName, column: &str) {
        if self.views == Views::None {
            return;
        }
        if self.views == Views::There {
            self.statement(DROP.to_owned());
            self.views = Views::Aside;
        }
        self.statement(block(&format!(
            "BEGIN PERFORM pg_temp.migratable_drop_views({}, {}); END",
            literal(&qualified(table)),
            literal(column)
        )));
    }

    /// Makes the views again that were set aside.
    pub(super) fn bring_back_views(&mut self) {
        if self.views == Views::Aside {
            self.statement(MAKE.to_owned());
            self.views = Views::There;
        }
    }
}
