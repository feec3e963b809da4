/** Rows that have come back: what the cloud has given their resources is to come into them again. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isOpen } from './open-change.ts'
import { inPages } from './paging.ts'
import { mergedProjection } from './resource-unprojected.ts'

interface ReturnedRows {
  readonly table: string
  /** Columns that are the cloud's. */
  readonly outputs: readonly string[]
  readonly ids: readonly number[]
}

const write = `(SELECT coalesce(jsonb_object_agg(o.key, o.value), '{}') FROM jsonb_each(r.observed) o
  WHERE o.key IN (SELECT jsonb_array_elements_text(:outputs::jsonb)))`

/** How many are due. What stands for none of them any more, or may be going, gives nothing. */
export async function storeReturned(
  db: Queryable,
  { schema: t }: Tenant,
  { table, outputs, ids }: ReturnedRows,
): Promise<number> {
  let due = 0
  for (const page of inPages(ids, 5_000)) {
    due += await db.run(
      `UPDATE ${t}.iasql_resource r
       SET unprojected = ${mergedProjection('r.unprojected', `jsonb_build_object('write', ${write}, 'expected', '{}'::jsonb)`)}
       WHERE r.table_name = :table AND r.row_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))
         AND r.cloud_id IS NOT NULL AND jsonb_typeof(r.observed) = 'object'
         AND NOT EXISTS (SELECT FROM ${t}.iasql_change_record c
           WHERE c.table_name = :table AND c.row_id = r.row_id AND c.execution_id IS NOT NULL AND ${isOpen('c')})`,
      { table, outputs: JSON.stringify(outputs), ids: JSON.stringify(page) },
    )
  }
  return due
}
