/** Resources that an execution wrote and could not read before it ended. */

import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isOpen } from './open-change.ts'

export interface UnreadResource {
  readonly resource_id: number
  readonly table_name: string
  readonly row_id: number
  readonly account_id: string | null
  readonly region: string | null
}

/** Those that nobody works on, the longest untried ones first: what cannot be read hides nothing that can. */
export async function unreadResources(
  db: Queryable,
  { schema: t }: Tenant,
): Promise<readonly UnreadResource[]> {
  return await db.query<UnreadResource>(
    `SELECT resource_id, table_name, row_id, account_id, region FROM ${t}.iasql_resource r
     WHERE unread AND cloud_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM ${t}.iasql_change_record c WHERE c.table_name = r.table_name AND c.row_id = r.row_id
         AND c.execution_id IS NOT NULL AND ${isOpen('c')})
     ORDER BY tried_at NULLS FIRST, resource_id LIMIT 1000`,
  )
}

export async function noteTried(
  db: Queryable,
  { schema: t }: Tenant,
  resourceIds: readonly number[],
): Promise<void> {
  await db.run(
    `UPDATE ${t}.iasql_resource SET tried_at = clock_timestamp()
     WHERE resource_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))`,
    { ids: JSON.stringify(resourceIds) },
  )
}

export async function noteRead(
  db: Queryable,
  { schema: t }: Tenant,
  resourceIds: readonly number[],
): Promise<void> {
  await db.run(
    `UPDATE ${t}.iasql_resource SET unread = false, tried_at = NULL
     WHERE resource_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))`,
    { ids: JSON.stringify(resourceIds) },
  )
}
