/** Types, sequences and functions of a tenant's own. */
import type { StatementQuery } from './statement-query.ts'

/** Of a column, attribute or domain whose collation is not that of its type. */
export const collationSql = (collation: string, type: string): string =>
  `coalesce((SELECT format(' COLLATE %I.%I', cs.nspname, co.collname) FROM pg_collation co
     JOIN pg_namespace cs ON cs.oid = co.collnamespace WHERE co.oid = ${collation}
       AND ${collation} <> (SELECT ct.typcollation FROM pg_type ct WHERE ct.oid = ${type})), '')`

/** What a sequence begins and goes on with. */
export const sequenceOptionsSql = (sequence: string): string =>
  `format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s', ${sequence}.seqincrement,
     ${sequence}.seqmin, ${sequence}.seqmax, ${sequence}.seqstart, ${sequence}.seqcache,
     CASE WHEN ${sequence}.seqcycle THEN ' CYCLE' ELSE '' END)`

const made = `CASE t.typtype
  WHEN 'e' THEN format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
    (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
  WHEN 'c' THEN format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname,
    (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
         || ${collationSql('a.attcollation', 'a.atttypid')}, ', ' ORDER BY a.attnum)
     FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
  ELSE format('CREATE DOMAIN %I.%I AS %s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod))
    || ${collationSql('t.typcollation', 't.typbasetype')}
    || coalesce(' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0), '')
    || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
    || coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), '' ORDER BY k.conname)
         FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated), '') END`

export const types: StatementQuery = () => `
  SELECT 'type ' || quote_ident(t.typname) AS step, ${made} AS sql
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE n.nspname = :space AND (t.typtype IN ('e', 'd') OR c.relkind = 'c')`

/** Those that hold for new values only. */
export const domainChecks: StatementQuery = () => `
  SELECT format('check %I of type %I', k.conname, t.typname) AS step,
    format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, k.conname, pg_get_constraintdef(k.oid)) AS sql
  FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE n.nspname = :space AND k.contype = 'c' AND NOT k.convalidated`

/** Those of identity columns come with their tables. */
export const sequences: StatementQuery = () => `
  SELECT 'sequence ' || quote_ident(c.relname) AS step,
    format('CREATE %sSEQUENCE %I.%I AS %s ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
      n.nspname, c.relname, format_type(s.seqtypid, NULL)) || ${sequenceOptionsSql('s')} AS sql
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
  WHERE n.nspname = :space AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = CAST('pg_class' AS regclass) AND d.objid = c.oid AND d.deptype = 'i')`

export const routines: StatementQuery = () => `
  SELECT format('%s %I(%s)', CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, p.proname,
      pg_get_function_identity_arguments(p.oid)) AS step, pg_get_functiondef(p.oid) AS sql
  FROM pg_proc p WHERE p.pronamespace = CAST(:space AS regnamespace) AND p.prokind IN ('f', 'p')`
