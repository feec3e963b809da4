/** Tables and views of a tenant's own, with what makes rows of them valid and quick to find. */
import type { StatementQuery } from './statement-query.ts'
import { collationSql, sequenceOptionsSql } from './user-types.ts'

const options = `coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '')`

const identity = `(SELECT format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I ',
    CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, sn.nspname, sc.relname) || ${sequenceOptionsSql('s')} || ')'
  FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid JOIN pg_class sc ON sc.oid = s.seqrelid
  JOIN pg_namespace sn ON sn.oid = sc.relnamespace
  WHERE d.classid = CAST('pg_class' AS regclass) AND d.refclassid = CAST('pg_class' AS regclass)
    AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i')`

const value = `CASE WHEN a.attidentity <> '' THEN ${identity}
  WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(v.adbin, v.adrelid))
  ELSE coalesce(' DEFAULT ' || pg_get_expr(v.adbin, v.adrelid), '') END`

const storage = `CASE WHEN a.attstorage = ty.typstorage THEN '' ELSE ' STORAGE '
  || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END END`

const columns = `coalesce((SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) || ${storage}
      || ${collationSql('a.attcollation', 'a.atttypid')} || ${value}
      || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid
    LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '')`

const inSpace = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :space`

export const tables: StatementQuery = () => `
  SELECT 'table ' || quote_ident(c.relname) AS step,
    format('CREATE %sTABLE %I.%I (%s)', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
      n.nspname, c.relname, ${columns}) || ${options} AS sql
  ${inSpace} WHERE c.relkind = 'r'`

/** Without rows in the materialized ones. */
export const views: StatementQuery = () => `
  SELECT 'view ' || quote_ident(c.relname) AS step,
    format('CREATE %s %I.%I', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, n.nspname, c.relname)
      || ${options} || ' AS ' || rtrim(pg_get_viewdef(c.oid), ';')
      || CASE c.relkind WHEN 'm' THEN ' WITH NO DATA' ELSE '' END AS sql
  ${inSpace} WHERE c.relkind IN ('v', 'm')`

export const viewDefaults: StatementQuery = () => `
  SELECT format('default of %I.%I', c.relname, a.attname) AS step,
    format('ALTER VIEW %I.%I ALTER COLUMN %I SET DEFAULT %s', n.nspname, c.relname, a.attname,
      pg_get_expr(v.adbin, v.adrelid)) AS sql
  ${inSpace} JOIN pg_attribute a ON a.attrelid = c.oid
  JOIN pg_attrdef v ON v.adrelid = c.oid AND v.adnum = a.attnum WHERE c.relkind = 'v'`

const constraints =
  (kinds: string): StatementQuery =>
  () =>
    `
  SELECT format('constraint %I of %I', k.conname, c.relname) AS step,
    format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)) AS sql
  ${inSpace} JOIN pg_constraint k ON k.conrelid = c.oid WHERE k.contype IN (${kinds})`

export const keys = constraints("'p', 'u', 'x'")
export const checks = constraints("'c'")
export const references = constraints("'f'")

export const indexes: StatementQuery = () => `
  SELECT 'index ' || quote_ident(x.relname) AS step, pg_get_indexdef(x.oid) AS sql
  ${inSpace} JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
  WHERE c.relkind IN ('r', 'm') AND NOT EXISTS (
    SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))`

export const statistics: StatementQuery = () => `
  SELECT 'statistics ' || quote_ident(s.stxname) AS step, pg_get_statisticsobjdef(s.oid) AS sql
  FROM pg_statistic_ext s WHERE s.stxnamespace = CAST(:space AS regnamespace)`
