/** How tables of a tenant's own are kept and looked through: nothing that a row shows, and all that somebody has thought about. */
import type { StatementQuery } from './statement-query.ts'

const inSpace = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :space`

export const columnTuning: StatementQuery = () => `
  SELECT format('tuning of column %I of %I', a.attname, c.relname) AS step,
    format('ALTER TABLE %I.%I ', n.nspname, c.relname) || concat_ws(', ',
      format('ALTER %I SET STATISTICS ', a.attname) || nullif(a.attstattarget, -1),
      format('ALTER %I SET (', a.attname) || array_to_string(a.attoptions, ', ') || ')',
      CASE a.attcompression WHEN 'p' THEN format('ALTER %I SET COMPRESSION pglz', a.attname)
        WHEN 'l' THEN format('ALTER %I SET COMPRESSION lz4', a.attname) END) AS sql
  ${inSpace} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'm')
    AND (coalesce(a.attstattarget, -1) <> -1 OR a.attoptions IS NOT NULL OR a.attcompression <> '')`

const indexName = (
  marked: string,
): string => `(SELECT x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
  WHERE i.indrelid = c.oid AND i.${marked})`

export const tableTuning: StatementQuery = () => `
  SELECT 'tuning of ' || quote_ident(t.name) AS step, format('ALTER TABLE %I.%I ', t.space, t.name) || t.changes AS sql
  FROM (SELECT n.nspname AS space, c.relname AS name, concat_ws(', ',
      CASE c.relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL' WHEN 'n' THEN 'REPLICA IDENTITY NOTHING'
        WHEN 'i' THEN format('REPLICA IDENTITY USING INDEX %I', ${indexName('indisreplident')}) END,
      'CLUSTER ON ' || quote_ident(${indexName('indisclustered')}),
      (SELECT format('SET (%s)', string_agg('toast.' || o, ', ')) FROM pg_class s CROSS JOIN unnest(s.reloptions) o
       WHERE s.oid = c.reltoastrelid HAVING count(*) > 0)) AS changes
    ${inSpace} WHERE c.relkind IN ('r', 'm')) t
  WHERE t.changes <> ''`
