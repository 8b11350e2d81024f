/**
 * Everything that migrations make in the schema `public`, one row each: kind, name, and its definition as PostgreSQL itself
 * writes it. Two databases with the same rows behave the same. `_prisma_migrations` is Prisma's, and what an extension
 * brought is its own.
 *
 * Plan: reads the system catalogues, some hundred rows. Locks: none but those of reading a catalogue.
 */
export const READ_CATALOGUE = `
  WITH relation AS (
    SELECT c.oid, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'
  )
  SELECT 'table' AS kind, relname::text AS name,
         CASE relkind WHEN 'v' THEN pg_get_viewdef(oid) ELSE relkind::text END AS definition
  FROM relation WHERE relkind IN ('r', 'p', 'v', 'm')
  UNION ALL
  SELECT 'column', r.relname || '.' || a.attname,
         concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                   'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
                   CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || a.attcollation::regcollation END)
  FROM relation r
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE r.relkind IN ('r', 'p')
  UNION ALL
  SELECT 'index', r.relname::text, pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
  FROM relation r JOIN pg_index i ON i.indexrelid = r.oid
  UNION ALL
  SELECT 'constraint', r.relname || '.' || c.conname,
         pg_get_constraintdef(c.oid) || CASE WHEN c.convalidated THEN '' ELSE ' NOT VALID' END
  FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid
  -- Since PostgreSQL 18 NOT NULL is a constraint too; the columns tell it.
  WHERE c.contype <> 'n'
  UNION ALL
  SELECT 'trigger', r.relname || '.' || t.tgname,
         pg_get_triggerdef(t.oid) || CASE WHEN t.tgenabled = 'O' THEN '' ELSE ' DISABLED' END
  FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
  UNION ALL
  SELECT 'row security', relname::text, CASE WHEN relforcerowsecurity THEN 'forced' ELSE 'not forced' END
  FROM relation WHERE relrowsecurity
  UNION ALL
  SELECT 'policy', r.relname || '.' || p.polname,
         concat_ws(' ', CASE WHEN NOT p.polpermissive THEN 'RESTRICTIVE' END, p.polcmd, p.polroles::regrole[]::text,
                   pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
  UNION ALL
  SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
  FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`
