/** What an apply has to show for itself: changes done, failed, skipped; what only went with its parent is not one. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { readPages } from './paging.ts'

export interface ChangeResult {
  readonly change_id: number
  readonly action: string
  readonly table_name: string
  readonly row_id: number
  readonly natural_name: string | null
  readonly cloud_id: CloudId | null
  readonly changed: JsonObject
  readonly state: string
  readonly error: JsonObject | null
  /** Calls that were begun; 0: none was. */
  readonly attempt: number
  readonly elapsed_ms: number | null
}

export async function readChangeResults(
  db: Queryable,
  tenant: Tenant,
  executionId: number,
): Promise<readonly ChangeResult[]> {
  return await readPages<ChangeResult & { readonly sort: number }>(
    db,
    `SELECT change_id AS sort, change_id, action, table_name, row_id, natural_name, cloud_id,
      coalesce(changed, '{}') AS changed, state, error, attempt,
      (extract(epoch FROM ended_at - started_at) * 1000)::bigint AS elapsed_ms
    FROM ${tenant.schema}.iasql_change_record
    WHERE execution_id = :execution::bigint AND NOT coalesce((planned->>'companion')::boolean, false)
      AND change_id > :after::bigint ORDER BY change_id LIMIT :most::int`,
    { execution: executionId },
  )
}
