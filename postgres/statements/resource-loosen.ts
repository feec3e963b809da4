/** Columns that were sent, or whose target is another by now: nothing is agreed on, and the row is edited until the cloud follows. */
import { unsureKey } from '#engine/merge/unsure.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface LooseRow {
  readonly table_name: string
  readonly row_id: number
  readonly columns: readonly string[]
}

export async function loosenColumns(
  db: Queryable,
  { schema: t }: Tenant,
  rows: readonly LooseRow[],
): Promise<void> {
  for (const page of inPages(rows)) {
    await db.run(
      // Reads that began before do not tell what came about, so the time counts as that of a write.
      `WITH l AS (
         SELECT * FROM jsonb_to_recordset(:rows::jsonb) AS l (table_name text, row_id bigint, columns text[])),
       loosened AS (
         UPDATE ${t}.iasql_resource r SET observed = r.observed - l.columns, written_at = clock_timestamp(),
           base = r.base || jsonb_build_object(CAST(:key AS text), (
             SELECT jsonb_agg(DISTINCT c.name ORDER BY c.name)
             FROM (SELECT unnest(l.columns) UNION ALL SELECT jsonb_array_elements_text(r.base->:key)) AS c (name)))
         FROM l WHERE r.table_name = l.table_name AND r.row_id = l.row_id AND r.base IS NOT NULL
           AND cardinality(l.columns) > 0)
       INSERT INTO ${t}.iasql_edit (table_name, row_id, op, login)
       SELECT l.table_name, l.row_id, CAST('U' AS "char"), 'iasql' FROM l`,
      { rows: JSON.stringify(page), key: unsureKey },
    )
  }
}

/** What was loosened for what did not come about after all is agreed on as before. */
export async function tightenColumns(
  db: Queryable,
  { schema: t }: Tenant,
  rows: readonly LooseRow[],
): Promise<void> {
  for (const page of inPages(rows)) {
    await db.run(
      `UPDATE ${t}.iasql_resource r SET base = CASE WHEN (r.base->:key) - l.columns = '[]' THEN r.base - CAST(:key AS text)
           ELSE r.base || jsonb_build_object(CAST(:key AS text), (r.base->:key) - l.columns) END,
         observed = r.observed || (SELECT jsonb_object_agg(c.name, r.base->c.name) FROM unnest(l.columns) AS c (name))
       FROM jsonb_to_recordset(:rows::jsonb) AS l (table_name text, row_id bigint, columns text[])
       WHERE r.table_name = l.table_name AND r.row_id = l.row_id AND r.base ? :key AND r.observed IS NOT NULL`,
      { rows: JSON.stringify(page), key: unsureKey },
    )
  }
}
