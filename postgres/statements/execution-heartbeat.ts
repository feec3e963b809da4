/** Prolongs the lease of an execution and tells whether its work is still wanted; one given back stays given back. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function heartbeatExecution(
  db: Queryable,
  tenant: Tenant,
  input: { readonly executionId: number; readonly fence: number; readonly leaseSeconds: number },
): Promise<'held' | 'cancelled' | 'lost'> {
  const rows = await db.query<{ cancel_requested: boolean }>(
    `UPDATE ${tenant.schema}.iasql_execution_record
     SET lease_until = clock_timestamp() + make_interval(secs => :seconds::int)
     WHERE execution_id = :id::bigint AND fence = :fence::bigint AND ended_at IS NULL AND lease_holder IS NOT NULL
     RETURNING cancel_requested`,
    { id: input.executionId, fence: input.fence, seconds: input.leaseSeconds },
  )
  const row = rows[0]
  if (!row) return 'lost'
  return row.cancel_requested ? 'cancelled' : 'held'
}
