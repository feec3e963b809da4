/** The changes of a commit, on its way forward and back. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Json, JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { readPages } from './paging.ts'

export interface CommitChange {
  readonly change_id: number
  readonly action: string
  readonly table_name: string
  readonly row_id: number
  readonly natural_name: string | null
  readonly cloud_id: CloudId | null
  readonly changed: Readonly<Record<string, { readonly from: Json; readonly to: Json }>>
  readonly risk: string | null
  readonly state: string
  readonly error: JsonObject | null
  readonly ended_at: string | null
  /** A call was made, or was about to be. */
  readonly is_touched: boolean
  readonly companion: boolean
}

/** Of a commit, also those that it took itself back with. */
export async function commitChanges(
  db: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<readonly CommitChange[]> {
  return await readPages<CommitChange & { readonly sort: number }>(
    db,
    `SELECT change_id AS sort, change_id, action, table_name, row_id, natural_name, cloud_id,
       coalesce(changed, '{}') AS changed, risk, state, error, ended_at,
       state = 'done' OR attempt > 0 OR called_at IS NOT NULL AS is_touched, companion
     FROM ${t}.iasql_change_record WHERE execution_id = :execution::bigint AND change_id > :after::bigint
     ORDER BY change_id LIMIT :most::int`,
    { execution: executionId },
  )
}
