//! What rests on a column that takes another type, or on an enum that is made anew: views, policies, triggers, rules and
//! functions. PostgreSQL lets nothing change that they rest on, so they are dropped before, and made again behind it with
//! all that belongs to them.

use migratable_core::{Operation, TableName};

use super::super::ddl::{block, qualified};
use super::{Planned, Planner};
use crate::dialect::{Work, literal, unmanaged};

/// Drops what rests on an object, and keeps in a temporary table how it is made.
const DROP: &str = "CREATE FUNCTION pg_temp.migratable_drop_dependents(class regclass, object oid, number integer)
RETURNS void LANGUAGE plpgsql AS $migratable$
DECLARE dependent record;
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS migratable_dependents (place serial, statements text[], is_routine boolean)
        ON COMMIT DROP;
    FOR dependent IN
        WITH RECURSIVE needs AS (
            SELECT DISTINCT rule.ev_class AS view, d.refclassid, d.refobjid, d.refobjsubid
            FROM pg_depend d
            JOIN pg_rewrite rule ON rule.oid = d.objid
            JOIN pg_class v ON v.oid = rule.ev_class AND v.relkind IN ('v', 'm')
            WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid <> rule.ev_class
        ), found AS (
            SELECT view, 1 AS depth FROM needs WHERE refclassid = class AND refobjid = object AND refobjsubid = number
            UNION ALL
            SELECT needs.view, found.depth + 1 FROM needs
            JOIN found ON needs.refclassid = 'pg_class'::regclass AND needs.refobjid = found.view
        )
        SELECT c.oid, c.oid::regclass::text AS name, c.relispopulated, c.reloptions, c.relowner, c.relacl,
               (SELECT ' TABLESPACE ' || quote_ident(spcname) FROM pg_tablespace s WHERE s.oid = reltablespace) AS place,
               CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END AS kind
        FROM (SELECT view, max(depth) AS depth FROM found GROUP BY view) AS deepest
        JOIN pg_class c ON c.oid = deepest.view ORDER BY deepest.depth DESC
    LOOP
        INSERT INTO migratable_dependents (statements) SELECT array_agg(statement ORDER BY place) FROM (
            SELECT 1 AS place, format('CREATE %s %s%s%s AS %s%s', dependent.kind, dependent.name,
                coalesce(' WITH (' || array_to_string(dependent.reloptions, ', ') || ')', ''), dependent.place,
                rtrim(pg_get_viewdef(dependent.oid), ';'),
                CASE WHEN dependent.relispopulated THEN '' ELSE ' WITH NO DATA' END) AS statement
            UNION ALL
            SELECT 2, format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', dependent.name, attname,
                pg_get_expr(adbin, adrelid))
            FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum WHERE adrelid = dependent.oid
            UNION ALL
            SELECT 2, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = dependent.oid
            UNION ALL
            SELECT 3, format('ALTER INDEX %s SET TABLESPACE %I', i.oid::regclass, spcname)
            FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_tablespace s ON s.oid = reltablespace
            WHERE indrelid = dependent.oid
            UNION ALL
            SELECT 3, format('ALTER MATERIALIZED VIEW %s CLUSTER ON %I', dependent.name, relname)
            FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = dependent.oid AND indisclustered
            UNION ALL
            SELECT 3, format('ALTER MATERIALIZED VIEW %s ALTER COLUMN %I SET STATISTICS %s', dependent.name, attname,
                attstattarget)
            FROM pg_attribute WHERE attrelid = dependent.oid AND attnum > 0 AND attstattarget >= 0
            UNION ALL
            SELECT 3, format('ALTER MATERIALIZED VIEW %s ALTER COLUMN %I SET (%s)', dependent.name, attname,
                string_agg(option, ', '))
            FROM pg_attribute, unnest(attoptions) AS option
            WHERE attrelid = dependent.oid AND option LIKE 'n_distinct%' GROUP BY attname
            UNION ALL
            SELECT 3, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext WHERE stxrelid = dependent.oid
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
            SELECT 5, format('COMMENT ON %s %s IS %L', replace(named.type, ' object', ''), named.identity, description)
            FROM (SELECT 'pg_class'::regclass AS class, indexrelid AS oid FROM pg_index WHERE indrelid = dependent.oid
                  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxrelid = dependent.oid
                  UNION ALL SELECT 'pg_trigger'::regclass, oid FROM pg_trigger WHERE tgrelid = dependent.oid
                  UNION ALL SELECT 'pg_rewrite'::regclass, oid FROM pg_rewrite WHERE ev_class = dependent.oid) AS part
            JOIN pg_description ON classoid = part.class AND objoid = part.oid AND objsubid = 0
            CROSS JOIN LATERAL pg_identify_object(part.class, part.oid, 0) AS named
            UNION ALL
            SELECT 6, format('ALTER TABLE %s OWNER TO %I', dependent.name, pg_get_userbyid(dependent.relowner))
            WHERE pg_get_userbyid(dependent.relowner) <> current_user
            UNION ALL
            SELECT 7, format('GRANT %s ON %s TO %s%s', privilege_type, dependent.name,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
            FROM aclexplode(dependent.relacl) WHERE grantee <> dependent.relowner
            UNION ALL
            SELECT 8, format('GRANT %s (%I) ON %s TO %s%s', privilege_type, attname, dependent.name,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
            FROM pg_attribute, aclexplode(attacl) WHERE attrelid = dependent.oid
        ) AS made;
        EXECUTE format('DROP %s %s', dependent.kind, dependent.name);
    END LOOP;
    FOR dependent IN
        SELECT DISTINCT d.classid, d.objid, named.type AS kind, named.identity AS name
        FROM pg_depend d, pg_identify_object(d.classid, d.objid, 0) AS named
        WHERE d.refclassid = class AND d.refobjid = object AND d.refobjsubid = number
          AND d.classid IN ('pg_policy'::regclass, 'pg_trigger'::regclass, 'pg_rewrite'::regclass, 'pg_proc'::regclass)
          AND NOT EXISTS (SELECT FROM pg_trigger WHERE d.classid = 'pg_trigger'::regclass AND oid = d.objid AND tgisinternal)
    LOOP
        INSERT INTO migratable_dependents (statements, is_routine)
        SELECT array_agg(statement ORDER BY place), dependent.classid = 'pg_proc'::regclass FROM (
            SELECT 1 AS place, format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', polname, polrelid::regclass,
                CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                    ELSE 'ALL' END,
                (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ')
                 FROM unnest(polroles) AS role),
                ' USING (' || pg_get_expr(polqual, polrelid) || ')',
                ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')') AS statement
            FROM pg_policy WHERE dependent.classid = 'pg_policy'::regclass AND oid = dependent.objid
            UNION ALL
            SELECT 1, pg_get_triggerdef(oid)
            FROM pg_trigger WHERE dependent.classid = 'pg_trigger'::regclass AND oid = dependent.objid
            UNION ALL
            SELECT 2, format('ALTER TABLE %s %s TRIGGER %I', tgrelid::regclass,
                CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, tgname)
            FROM pg_trigger WHERE dependent.classid = 'pg_trigger'::regclass AND oid = dependent.objid AND tgenabled <> 'O'
            UNION ALL
            SELECT 1, pg_get_ruledef(oid)
            FROM pg_rewrite WHERE dependent.classid = 'pg_rewrite'::regclass AND oid = dependent.objid
            UNION ALL
            SELECT 2, format('ALTER TABLE %s %s RULE %I', ev_class::regclass,
                CASE ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, rulename)
            FROM pg_rewrite WHERE dependent.classid = 'pg_rewrite'::regclass AND oid = dependent.objid AND ev_enabled <> 'O'
            UNION ALL
            SELECT 1, pg_get_functiondef(oid)
            FROM pg_proc WHERE dependent.classid = 'pg_proc'::regclass AND oid = dependent.objid
            UNION ALL
            SELECT 2, format('ALTER ROUTINE %s OWNER TO %I', dependent.name, pg_get_userbyid(proowner))
            FROM pg_proc WHERE dependent.classid = 'pg_proc'::regclass AND oid = dependent.objid
              AND pg_get_userbyid(proowner) <> current_user
            UNION ALL
            SELECT 3, format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', dependent.name)
            FROM pg_proc WHERE dependent.classid = 'pg_proc'::regclass AND oid = dependent.objid AND proacl IS NOT NULL
            UNION ALL
            SELECT 4, format('GRANT EXECUTE ON ROUTINE %s TO %s%s', dependent.name,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
            FROM pg_proc, aclexplode(proacl)
            WHERE dependent.classid = 'pg_proc'::regclass AND pg_proc.oid = dependent.objid AND grantee <> proowner
            UNION ALL
            SELECT 5, format('COMMENT ON %s %s IS %L', dependent.kind, dependent.name, description)
            FROM pg_description WHERE classoid = dependent.classid AND objoid = dependent.objid
        ) AS made;
        EXECUTE format('DROP %s %s', dependent.kind, dependent.name);
    END LOOP;
END $migratable$";

/// Makes the functions again: indexes and checks may call them.
const MAKE_ROUTINES: &str = "DO $migratable$
DECLARE statement text;
BEGIN
    FOR statement IN
        SELECT each FROM migratable_dependents, unnest(statements) WITH ORDINALITY AS made (each, number)
        WHERE is_routine ORDER BY place DESC, number
    LOOP
        EXECUTE statement;
    END LOOP;
    DELETE FROM migratable_dependents WHERE is_routine;
END $migratable$";

/// Makes it again, the last one first.
const MAKE: &str = "DO $migratable$
DECLARE statement text;
BEGIN
    FOR statement IN
        SELECT each FROM migratable_dependents, unnest(statements) WITH ORDINALITY AS made (each, number)
        ORDER BY place DESC, number
    LOOP
        EXECUTE statement;
    END LOOP;
    DROP TABLE migratable_dependents;
    DROP FUNCTION pg_temp.migratable_drop_dependents(regclass, oid, integer);
END $migratable$";

/// Whether something may rest on tables and types, and whether some of it has been set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dependents {
    /// There is nothing.
    None,
    /// There is something, all in its place.
    There,
    /// What rests on that which changes is away.
    Aside,
}

impl Planner<'_> {
    /// Sets aside what rests on a column.
    pub(super) fn set_aside_dependents_of_column(&mut self, table: &TableName, column: &str) -> Planned {
        self.can_set_aside(table, Some(column))?;
        let (table, column) = (literal(&qualified(table)), literal(column));
        self.set_aside_dependents(&format!(
            "pg_temp.migratable_drop_dependents('pg_class', attrelid, attnum) \
             FROM pg_attribute WHERE attrelid = {table}::regclass AND attname = {column}"
        ));
        Ok(())
    }

    /// Sets aside what rests on a type or on arrays of it.
    pub(super) fn set_aside_dependents_of_type(&mut self, name: &TableName) -> Planned {
        self.can_set_aside(name, None)?;
        let name = literal(&qualified(name));
        self.set_aside_dependents(&format!(
            "pg_temp.migratable_drop_dependents('pg_type', of, 0) \
             FROM pg_type, unnest(ARRAY[pg_type.oid, typarray]) AS of WHERE pg_type.oid = {name}::regtype"
        ));
        Ok(())
    }

    /// Refuses what something stands in the way of that cannot be made again.
    fn can_set_aside(&self, of: &TableName, column: Option<&str>) -> Planned {
        let Some(need) = self.held.iter().find(|it| it.of == *of && it.column.as_deref() == column) else {
            return Ok(());
        };
        let what = column.map_or_else(|| of.to_string(), |column| format!("{of}.{column}"));
        Err(unmanaged::needs(&need.by, &what))
    }

    /// Sets aside what rests on a primary key: a view that groups by it.
    pub(super) fn set_aside_dependents_of_key(&mut self, table: &TableName, name: &str) {
        let (of, name) = (literal(&qualified(table)), literal(name));
        self.keyless.insert(table.clone());
        self.set_aside_dependents(&format!(
            "pg_temp.migratable_drop_dependents('pg_constraint', oid, 0) \
             FROM pg_constraint WHERE conrelid = {of}::regclass AND conname = {name}"
        ));
    }

    fn set_aside_dependents(&mut self, call: &str) {
        if self.dependents == Dependents::None {
            return;
        }
        if self.dependents == Dependents::There {
            // What is kept is gone with the transaction.
            self.push(Work::Begin);
            self.statement(DROP.to_owned());
            self.dependents = Dependents::Aside;
        }
        self.statement(block(&format!("BEGIN PERFORM {call}; END")));
    }

    /// Makes the functions again that were set aside.
    pub(super) fn bring_back_routines(&mut self) {
        if self.dependents == Dependents::Aside && !self.awaits_key() {
            self.statement(MAKE_ROUTINES.to_owned());
        }
    }

    /// Whether a key is still away that some of what was set aside rests on.
    fn awaits_key(&self) -> bool {
        let mut next = self.operations[self.next..].iter().take_while(|it| !it.is_data());
        next.any(
            |operation| matches!(operation, Operation::CreatePrimaryKey { table, .. } if self.keyless.contains(table)),
        )
    }

    /// Makes again what was set aside.
    pub(super) fn bring_back_dependents(&mut self) {
        if self.dependents == Dependents::Aside && !self.awaits_key() {
            self.keyless.clear();
            self.statement(MAKE.to_owned());
            self.push(Work::Commit);
            self.dependents = Dependents::There;
        }
    }

    /// A statement that fills columns, which is no business of the triggers and rules for updates.
    pub(super) fn unnoticed(&self, table: &TableName, update: &str) -> String {
        if self.dependents == Dependents::None {
            return update.to_owned();
        }
        let of = literal(&qualified(table));
        block(&format!(
            "DECLARE migratable_off text[]; migratable_on text[]; migratable_each text; BEGIN \
             SELECT array_agg(format('ALTER TABLE %s DISABLE %s', {of}, what)), \
             array_agg(format('ALTER TABLE %s ENABLE %s%s', {of}, \
             CASE mode WHEN 'A' THEN 'ALWAYS ' WHEN 'R' THEN 'REPLICA ' ELSE '' END, what)) \
             INTO migratable_off, migratable_on FROM ( \
             SELECT format('TRIGGER %I', tgname) AS what, tgenabled AS mode FROM pg_trigger \
             WHERE tgrelid = {of}::regclass AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 16 <> 0 \
             UNION ALL SELECT format('RULE %I', rulename), ev_enabled FROM pg_rewrite \
             WHERE ev_class = {of}::regclass AND ev_type = '2' AND ev_enabled <> 'D') AS noticing; \
             FOREACH migratable_each IN ARRAY coalesce(migratable_off, '{{}}') LOOP EXECUTE migratable_each; END LOOP; \
             {update}; \
             FOREACH migratable_each IN ARRAY coalesce(migratable_on, '{{}}') LOOP EXECUTE migratable_each; END LOOP; \
             END"
        ))
    }
}
