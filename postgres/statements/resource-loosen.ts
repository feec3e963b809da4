/** Rows whose references to a replaced resource still mean the old one: edited anew, until the cloud follows. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface LooseRow {
  readonly table_name: string
  readonly row_id: number
  /** Reference columns of which nothing is agreed on any more. */
  readonly columns: readonly string[]
}

export async function loosenReferences(
  db: Queryable,
  { schema: t }: Tenant,
  rows: readonly LooseRow[],
): Promise<void> {
  for (const page of inPages(rows)) {
    await db.run(
      `WITH l AS (
         SELECT l.table_name, l.row_id, (SELECT jsonb_object_agg(c.name, NULL) FROM unnest(l.columns) AS c (name)) AS nulls
         FROM jsonb_to_recordset(:rows::jsonb) AS l (table_name text, row_id bigint, columns text[])),
       loosened AS (
         UPDATE ${t}.iasql_resource r SET base = r.base || coalesce(l.nulls, '{}'),
           observed = r.observed || coalesce(l.nulls, '{}')
         FROM l WHERE r.table_name = l.table_name AND r.row_id = l.row_id AND r.base IS NOT NULL)
       INSERT INTO ${t}.iasql_edit (table_name, row_id, op, login)
       SELECT l.table_name, l.row_id, CAST('U' AS "char"), 'iasql' FROM l`,
      { rows: JSON.stringify(page) },
    )
  }
}
