/** Who started these executions. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function executionHolders(
  db: Queryable,
  tenant: Tenant,
  executionIds: readonly number[],
): Promise<readonly { readonly execution_id: number; readonly actor: string }[]> {
  if (executionIds.length === 0) return []
  return await db.query(
    `SELECT execution_id, actor FROM ${tenant.schema}.iasql_execution_record
     WHERE execution_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb)) ORDER BY execution_id`,
    { ids: JSON.stringify(executionIds) },
  )
}
